/* One request over libcurl: see transfer.h. */
#define _POSIX_C_SOURCE 200809L

#include "transfer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { KEPT = 64 << 10 }; /* bytes that a buffer keeps between two requests */

WA_DATA_DEFINITION const char *const wa_no_memory = "not enough memory";

/* ---- libcurl's callbacks ---- */

bool wa_transfer_begin(wa_transfer *t)
{
#ifdef WA_WHOLE_BODY
    bool may_have_left = true;
#else
    bool may_have_left = t->request.size == 0 || t->offset > 0;
#endif
    if (t->begun && !t->idempotent && may_have_left) return false;
    t->begun = true;
    return true;
}

/* Lets libcurl go back to the start of a body of which it has read nothing. After it has read a byte, the body may have
 * arrived. */
static int go_back(bool untouched, curl_off_t offset, int origin)
{
    return untouched && offset == 0 && origin == SEEK_SET ? CURL_SEEKFUNC_OK : CURL_SEEKFUNC_FAIL;
}

#ifndef WA_WHOLE_BODY

static size_t on_read(char *to, size_t size, size_t count, void *context)
{
    wa_transfer *t = context;
    size_t room = size * count, left = t->request.size - t->offset;
    size_t length = left < room ? left : room;
    if (length > 0) memcpy(to, t->request.body + t->offset, length);
    t->offset += length;
    return length;
}

/* libcurl calls this to start again after a kept connection died. If we refuse, libcurl fails instead of sending the
 * body a second time. */
static int on_seek(void *context, curl_off_t offset, int origin)
{
    const wa_transfer *t = context;
    return go_back(t->offset == 0, offset, origin);
}

#endif

/* does the same for a streamed part; libcurl reads the parts of a form one after the other */
static size_t on_part(char *to, size_t size, size_t count, void *context)
{
    wa_part *p = context;
    size_t length = wa_stream_read(p, to, size * count);
    return p->stream->failure == WA_STREAM_FINE ? length : CURL_READFUNC_ABORT;
}

static int on_part_seek(void *context, curl_off_t offset, int origin)
{
    const wa_part *p = context;
    return go_back(p->stream->sent == 0, offset, origin);
}

static size_t on_body(char *bytes, size_t size, size_t count, void *context)
{
    wa_transfer *t = context;
    size_t length = size * count;
    if (wa_transfer_is_in_file(t)) return wa_stream_write(t->request.stream, bytes, length) ? length : 0;
    wa_buffer_add(&t->body, bytes, length);
    return t->body.failure == WA_NO_FAILURE ? length : 0;
}

static size_t on_header(char *bytes, size_t size, size_t count, void *context)
{
    wa_transfer *t = context;
    size_t length = size * count;
    if (length >= 5 && memcmp(bytes, "HTTP/", 5) == 0) { /* a new answer: the one before was a 100 */
        t->head.length = 0;
        t->head_ended = false;
    }
    if (length > 0 && (bytes[0] == '\r' || bytes[0] == '\n')) t->head_ended = true;
    wa_buffer_add(&t->head, bytes, length);
    return t->head.failure == WA_NO_FAILURE ? length : 0;
}

/* ---- settings ---- */

/* clang-format off */
#define SETTING(name, kind, option) {#name, kind, offsetof(wa_settings, name), option}
/* clang-format on */

static const wa_option options[] = {
    SETTING(timeout, WA_SECONDS, CURLOPT_TIMEOUT_MS),
    SETTING(connect_timeout, WA_SECONDS, CURLOPT_CONNECTTIMEOUT_MS),
    SETTING(proxy, WA_STRING, CURLOPT_PROXY),
    SETTING(ca_file, WA_STRING, CURLOPT_CAINFO),
    SETTING(user_agent, WA_STRING, 0),
    SETTING(max_body, WA_NUMBER, CURLOPT_MAXFILESIZE_LARGE),
    SETTING(max_requests, WA_NUMBER, 0),
    SETTING(allow_http, WA_FLAG, 0),
    {NULL, WA_FLAG, 0, 0},
};

const wa_option *wa_options(void)
{
    return options;
}

/* max_requests: nginx ends an HTTP/2 connection after 1,000 requests, and those under way then may have been sent */
WA_DATA_DEFINITION const wa_settings wa_default_settings = {
    .timeout = 30, .connect_timeout = 10, .max_body = 16 << 20, .max_requests = 900};

/* WISHED: a libcurl that does not have the option works without it. NEEDED: such a libcurl is refused. */
typedef enum wa_need { WISHED, NEEDED } wa_need;

/* The options that are the same for every request of every client. */
/* clang-format off */
#define FIXED(name, value, need) {CURLOPT_##name, value, need, "CURLOPT_" #name}
/* clang-format on */

static const struct fixed_option {
    CURLoption option;
    long value;
    wa_need need;
    const char *name;
} fixed_options[] = {
    FIXED(FOLLOWLOCATION, 0, NEEDED),
    FIXED(SSL_VERIFYPEER, 1, NEEDED),
    FIXED(SSL_VERIFYHOST, 2, NEEDED),
    FIXED(SSLVERSION, CURL_SSLVERSION_TLSv1_2, NEEDED),
#if LIBCURL_VERSION_NUM < 0x075500
    FIXED(PROTOCOLS, CURLPROTO_HTTP | CURLPROTO_HTTPS, NEEDED),
#endif
    FIXED(NOSIGNAL, 1, WISHED),
    FIXED(TCP_KEEPALIVE, 1, WISHED),
#if LIBCURL_VERSION_NUM >= 0x075700
    /* without it, libcurl waits for a resolver that still looks up a name, for longer than the time-out */
    FIXED(QUICK_EXIT, 1, WISHED),
#endif
};

static long milliseconds(double seconds)
{
    return seconds < 0.001 ? 1 : (long) (seconds * 1000 + 0.5);
}

static CURLcode set_setting(CURL *e, const wa_settings *s, const wa_option *o)
{
    const char *place = (const char *) s + o->offset;
    const char *string;
    switch (o->kind) {
    case WA_SECONDS:
        return curl_easy_setopt(e, (CURLoption) o->option, milliseconds(*(const double *) (const void *) place));
    case WA_NUMBER:
        return curl_easy_setopt(e, (CURLoption) o->option, (curl_off_t) * (const int64_t *) (const void *) place);
    case WA_STRING:
        string = *(const char *const *) (const void *) place;
        return string == NULL ? CURLE_OK : curl_easy_setopt(e, (CURLoption) o->option, string);
    case WA_FLAG:
        break;
    }
    return CURLE_OK;
}

/* Debian's libcurl sets a directory of certificates besides the bundle: then libcurl parses the whole bundle for each
 * connection, which takes 20 ms of CPU. Without the directory, libcurl 7.87 and later keep the parsed bundle. */
static void set_no_directory(CURL *e, const wa_settings *s)
{
    bool bundle = s->ca_file != NULL;
#if LIBCURL_VERSION_NUM >= 0x074600
    const curl_version_info_data *info = curl_version_info(CURLVERSION_NOW);
    bundle = bundle || (info->age >= CURLVERSION_SEVENTH && info->cainfo != NULL);
#endif
    if (bundle) curl_easy_setopt(e, CURLOPT_CAPATH, (char *) NULL);
}

/* Returns the name of a needed option that this libcurl refuses, or NULL. */
static const char *set_up(wa_transfer *t, const wa_settings *s)
{
    CURL *e = t->easy;
    for (size_t i = 0; i < sizeof fixed_options / sizeof fixed_options[0]; i++) {
        const struct fixed_option *o = &fixed_options[i];
        if (curl_easy_setopt(e, o->option, o->value) != CURLE_OK && o->need == NEEDED) return o->name;
    }
#if LIBCURL_VERSION_NUM >= 0x075500
    if (curl_easy_setopt(e, CURLOPT_PROTOCOLS_STR, "http,https") != CURLE_OK) return "CURLOPT_PROTOCOLS_STR";
#endif
    for (const wa_option *o = options; o->name != NULL; o++) {
        if (o->option != 0 && set_setting(e, s, o) != CURLE_OK) return o->name;
    }
    set_no_directory(e, s);
    if ((curl_version_info(CURLVERSION_NOW)->features & CURL_VERSION_HTTP2) != 0)
        curl_easy_setopt(e, CURLOPT_HTTP_VERSION, (long) CURL_HTTP_VERSION_2TLS);
    curl_easy_setopt(e, CURLOPT_ERRORBUFFER, t->error);
    curl_easy_setopt(e, CURLOPT_PRIVATE, t);
    curl_easy_setopt(e, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(e, CURLOPT_WRITEDATA, t);
    curl_easy_setopt(e, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(e, CURLOPT_HEADERDATA, t);
    t->timeout = milliseconds(s->timeout);
    return NULL;
}

const char *wa_check_settings(const wa_settings *s)
{
    static const char *const schemes[] = {"http", "https", "socks4", "socks4a", "socks5", "socks5h"};
    const char *end = s->proxy != NULL ? strstr(s->proxy, "://") : NULL;
    if (end == NULL) return NULL; /* without a scheme it is an http proxy */
    for (size_t i = 0; i < sizeof schemes / sizeof schemes[0]; i++) {
        size_t length = strlen(schemes[i]);
        if ((size_t) (end - s->proxy) == length && strncmp(s->proxy, schemes[i], length) == 0) return NULL;
    }
    return "proxy must be a URL of http, https, socks4, socks4a, socks5 or socks5h";
}

/* ---- life ---- */

const char *wa_transfer_open(wa_transfer *t, const wa_settings *s, char *text, size_t size)
{
    memset(t, 0, sizeof *t);
    wa_buffer_init(&t->request.headers, s->allocate, s->context, WA_MAX_HEADERS);
    wa_buffer_init(&t->head, s->allocate, s->context, WA_MAX_HEAD);
    wa_buffer_init(&t->body, s->allocate, s->context, (size_t) s->max_body);
    t->connection = -1;
    t->easy = curl_easy_init();
    if (t->easy == NULL) return wa_no_memory;
#if WA_HAS_URL_API
    t->url = curl_url();
    if (t->url == NULL) return wa_no_memory;
#endif
    const char *refused = set_up(t, s);
    if (refused == NULL) return NULL;
    snprintf(text, size, "this libcurl (%s) cannot be used: it refuses %s", curl_version_info(CURLVERSION_NOW)->version,
        refused);
    return text;
}

static void drop_stream(wa_transfer *t, bool handed_over)
{
    curl_mime_free(t->mime);
    if (t->request.stream != NULL) wa_stream_free(t->request.stream, handed_over);
    t->mime = NULL;
    t->request.stream = NULL;
}

void wa_transfer_forget(wa_transfer *t)
{
    t->easy = NULL;
    t->list = NULL;
#if WA_HAS_URL_API
    t->url = NULL;
#endif
}

void wa_transfer_close(wa_transfer *t)
{
    drop_stream(t, false);
    curl_easy_cleanup(t->easy);
    curl_slist_free_all(t->list);
#if WA_HAS_URL_API
    curl_url_cleanup(t->url);
#endif
    wa_buffer_free(&t->request.headers);
    wa_buffer_free(&t->head);
    wa_buffer_free(&t->body);
    wa_transfer_forget(t);
}

/* ---- a request ---- */

void wa_transfer_reset(wa_transfer *t)
{
    if (t->request.stream != NULL) drop_stream(t, false);
    wa_buffer_reset(&t->request.headers, KEPT);
    wa_buffer_reset(&t->head, KEPT);
    wa_buffer_reset(&t->body, KEPT);
    t->request.body = NULL;
    t->request.size = 0;
    t->request.same_head = false;
    t->error[0] = '\0';
    t->offset = 0;
    t->begun = t->head_ended = t->interrupted = t->carried = t->awaited = false;
    t->code = CURLE_OK;
}

void wa_transfer_add_header(wa_transfer *t, const char *name, size_t name_length, const char *value, size_t length)
{
    wa_buffer *headers = &t->request.headers;
    wa_buffer_add(headers, name, name_length);
    wa_buffer_add(headers, length > 0 ? ": " : ";", length > 0 ? 2 : 1); /* "name;" is an empty header for libcurl */
    wa_buffer_add(headers, value, length);
    wa_buffer_add(headers, "", 1);
}

wa_stream *wa_transfer_stream(wa_transfer *t)
{
    if (t->request.stream == NULL) t->request.stream = wa_stream_new(t->head.allocate, t->head.context);
    return t->request.stream;
}

/* makes libcurl's list of the headers; returns false without memory */
static bool set_headers(wa_transfer *t)
{
    const wa_buffer *headers = &t->request.headers;
    struct curl_slist *list = curl_slist_append(NULL, "Expect:"); /* keeps libcurl from adding one */
    for (size_t at = 0; list != NULL && at < headers->length; at += strlen(headers->bytes + at) + 1) {
        struct curl_slist *longer = curl_slist_append(list, headers->bytes + at);
        if (longer == NULL) curl_slist_free_all(list);
        list = longer;
    }
    if (list == NULL) return false;
    curl_easy_setopt(t->easy, CURLOPT_HTTPHEADER, list);
    curl_slist_free_all(t->list);
    t->list = list;
    return true;
}

/* Accepts only the form in which libcurl writes addresses. libcurl would look up any other form, such as 127.0.0.1. or
 * 127.1.1.1.1, as a name. */
static bool is_loopback_address(const char *host)
{
    if (strncmp(host, "127", 3) != 0) return false;
    const char *at = host + 3;
    for (int i = 0; i < 3; i++) {
        if (*at++ != '.') return false;
        size_t digits = strspn(at, "0123456789");
        if (digits == 0 || digits > 3 || (digits > 1 && *at == '0') || strtol(at, NULL, 10) > 255) return false;
        at += digits;
    }
    return *at == '\0';
}

static bool is_loopback(const char *host)
{
    return curl_strequal(host, "localhost") || strcmp(host, "[::1]") == 0 || is_loopback_address(host);
}

#if WA_HAS_URL_API

/* libcurl itself splits the URL, so that we check the same host that libcurl then uses. Returns what is wrong with the
 * URL, or NULL. */
static const char *read_url(wa_transfer *t, bool *https, bool *loopback)
{
    char *scheme = NULL, *host = NULL;
    bool ok = curl_url_set(t->url, CURLUPART_URL, t->request.url, 0) == CURLUE_OK &&
              curl_url_get(t->url, CURLUPART_SCHEME, &scheme, 0) == CURLUE_OK &&
              curl_url_get(t->url, CURLUPART_HOST, &host, 0) == CURLUE_OK;
    bool http = ok && strcmp(scheme, "http") == 0;
    *https = ok && strcmp(scheme, "https") == 0;
    *loopback = ok && is_loopback(host);
    curl_free(scheme);
    curl_free(host);
    if (!ok) return "the URL cannot be read";
    if (!http && !*https) return "the URL must start with https://";
    return curl_easy_setopt(t->easy, CURLOPT_CURLU, t->url) == CURLE_OK ? NULL : wa_no_memory;
}

#else

/* This libcurl does not split a URL for us. We accept only a plain host, in which libcurl cannot find another host than
 * we do. */
static const char *read_url(wa_transfer *t, bool *https, bool *loopback)
{
    const char *url = t->request.url;
    char host[256];
    bool http = strncmp(url, "http://", 7) == 0;
    *https = strncmp(url, "https://", 8) == 0;
    if (!http && !*https) return "the URL must start with https://";
    const char *from = url + (http ? 7 : 8);
    bool v6 = from[0] == '[';
    size_t length = v6 ? strspn(from, "[0123456789abcdefABCDEF:.]")
                       : strspn(from, "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-");
    size_t authority = strcspn(from, "/?#");
    if (length == 0 || length >= sizeof host || (v6 && from[length - 1] != ']') ||
        (length < authority && from[length] != ':') || length + strspn(from + length, ":0123456789") != authority)
        return "the URL cannot be read";
    memcpy(host, from, length);
    host[length] = '\0';
    *loopback = is_loopback(host);
    return curl_easy_setopt(t->easy, CURLOPT_URL, url) == CURLE_OK ? NULL : wa_no_memory;
}

#endif

/* Returns true if the URL has a scheme. libcurl would read a URL without one as relative to the previous URL. */
static bool has_scheme(const char *url)
{
    size_t length = strspn(url, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ");
    return length > 0 && strncmp(url + length, "://", 3) == 0;
}

/* Returns what is wrong with the URL, or NULL. */
static const char *set_url(wa_transfer *t, const wa_settings *s)
{
    bool https = false, loopback = false;
    if (strlen(t->request.url) >= WA_MAX_URL) return "the URL is longer than 8 KiB";
    if (!has_scheme(t->request.url)) return "the URL must start with https://";
    const char *problem = read_url(t, &https, &loopback);
    if (problem != NULL) return problem;
    if (!https && !loopback && !s->allow_http) return "plain http is only for loopback, or with allow_http = true";
    /* With https, other requests wait until the first handshake shows if the server speaks HTTP/2. With plain http
     * there is no handshake, and libcurl (7.88) would let them wait until the first request has ended. */
    curl_easy_setopt(t->easy, CURLOPT_PIPEWAIT, https ? 1L : 0L);
    /* Plain http to this machine does not go through the proxy, which would see the token. */
    curl_easy_setopt(t->easy, CURLOPT_PROXY, !https && loopback ? "" : s->proxy);
    return NULL;
}

static bool is_streamed(const wa_transfer *t)
{
    return t->request.stream != NULL && t->request.stream->count > 0;
}

/* Returns true if the handle is set for this method already, as for a POST after a POST. This saves three options,
 * which are at most 1,100 instructions a message (make bench-send ROUNDS=0). */
static bool is_same_method(const wa_transfer *t, const char *method)
{
    return t->posted && t->request.body != NULL && strcmp(method, "POST") == 0;
}

static void set_body(const wa_transfer *t)
{
#ifdef WA_WHOLE_BODY
    const char *body = t->request.body;
    curl_easy_setopt(t->easy, CURLOPT_POSTFIELDS, body != NULL ? body : ""); /* with NULL, libcurl would read stdin */
#else
    curl_easy_setopt(t->easy, CURLOPT_POSTFIELDS, (char *) NULL);
#endif
    curl_easy_setopt(t->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t) t->request.size);
}

/* makes libcurl ask for the body piece by piece */
static void set_callbacks(CURL *easy, curl_read_callback read, curl_seek_callback seek, void *context)
{
    curl_easy_setopt(easy, CURLOPT_READFUNCTION, read);
    curl_easy_setopt(easy, CURLOPT_READDATA, context);
    curl_easy_setopt(easy, CURLOPT_SEEKFUNCTION, seek);
    curl_easy_setopt(easy, CURLOPT_SEEKDATA, context);
}

static void set_part(const wa_transfer *t, wa_part *p)
{
    set_callbacks(t->easy, on_part, on_part_seek, p);
    curl_easy_setopt(t->easy, CURLOPT_POSTFIELDS, (char *) NULL);
    curl_easy_setopt(t->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t) p->size);
}

/* Strings go through our callbacks too: libcurl would send again, by itself, a string that it has. */
static CURLcode add_to_form(curl_mime *mime, wa_part *p)
{
    curl_mimepart *part = curl_mime_addpart(mime);
    CURLcode code = part == NULL ? CURLE_OUT_OF_MEMORY : curl_mime_name(part, p->name);
    if (code == CURLE_OK && p->filename != NULL) code = curl_mime_filename(part, p->filename);
    if (code == CURLE_OK && p->type != NULL) code = curl_mime_type(part, p->type);
    if (code != CURLE_OK) return code;
    return curl_mime_data_cb(part, (curl_off_t) p->size, on_part, on_part_seek, NULL, p);
}

/* returns false without memory */
static bool set_form(wa_transfer *t)
{
    t->mime = curl_mime_init(t->easy);
    if (t->mime == NULL) return false;
    for (size_t i = 0; i < t->request.stream->count; i++) {
        if (add_to_form(t->mime, &t->request.stream->parts[i]) != CURLE_OK) return false;
    }
    return curl_easy_setopt(t->easy, CURLOPT_MIMEPOST, t->mime) == CURLE_OK;
}

/* sets the kind of the body, and the body; returns false without memory */
static bool set_post(wa_transfer *t)
{
    if (is_streamed(t) && t->request.stream->form) return set_form(t);
    curl_easy_setopt(t->easy, CURLOPT_POST, 1L);
    if (is_streamed(t)) {
        set_part(t, t->request.stream->parts);
        return true;
    }
#ifndef WA_WHOLE_BODY
    set_callbacks(t->easy, on_read, on_seek, t);
#endif
    set_body(t);
    return true;
}

static bool set_method(wa_transfer *t, const char *method)
{
    if (is_same_method(t, method)) {
        set_body(t);
        return true;
    }
    bool get = strcmp(method, "GET") == 0, head = strcmp(method, "HEAD") == 0, post = strcmp(method, "POST") == 0;
    bool with_body = t->request.body != NULL || is_streamed(t);
    t->posted = false;
    curl_easy_setopt(t->easy, CURLOPT_NOBODY, head ? 1L : 0L);
    if (with_body || post) {
        if (!set_post(t)) return false;
        curl_easy_setopt(t->easy, CURLOPT_CUSTOMREQUEST, post ? NULL : method);
    } else if (!head) {
        curl_easy_setopt(t->easy, CURLOPT_HTTPGET, 1L);
        curl_easy_setopt(t->easy, CURLOPT_CUSTOMREQUEST, get ? NULL : method);
    }
    t->idempotent = get || head || strcmp(method, "DELETE") == 0;
    t->posted = post && t->request.body != NULL;
    return true;
}

/* Sets the length from which on libcurl refuses an answer that announces it. A file may have a larger limit of its own;
 * on_body enforces the limits while bytes come. */
static void set_response_limit(wa_transfer *t)
{
    uint64_t most = t->body.limit;
    t->to_file = t->request.stream != NULL && t->request.stream->path != NULL;
    if (t->to_file && t->request.stream->limit > most) most = t->request.stream->limit;
    curl_easy_setopt(t->easy, CURLOPT_MAXFILESIZE_LARGE, (curl_off_t) most);
}

const char *wa_transfer_set(wa_transfer *t, const wa_settings *s)
{
    const wa_request *r = &t->request;
    if (!r->same_head) {
        const char *problem = set_url(t, s);
        if (problem != NULL) return problem;
        if (r->headers.failure == WA_TOO_LONG) return "the headers are longer than 64 KiB";
        if (r->headers.failure != WA_NO_FAILURE || !set_headers(t)) return wa_no_memory;
    }
    if (!set_method(t, r->method)) return wa_no_memory;
    if (r->stream != NULL || t->to_file) set_response_limit(t);
    if (milliseconds(r->timeout) != t->timeout) {
        t->timeout = milliseconds(r->timeout);
        curl_easy_setopt(t->easy, CURLOPT_TIMEOUT_MS, t->timeout);
    }
    return NULL;
}

/* ---- the outcome ---- */

long wa_transfer_status(const wa_transfer *t)
{
    long status = 0;
    if (t->carried || t->head.length == 0) return 0;
    curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &status);
    return status;
}

bool wa_transfer_is_in_file(const wa_transfer *t)
{
    if (t->request.stream == NULL || t->request.stream->path == NULL) return false;
    long status = wa_transfer_status(t);
    return status >= 200 && status < 300;
}

/* A server may answer before it has read the body, and then reset the stream or the connection. The answer counts if
 * all of it came. On the other hand, libcurl reports success for an answer whose connection ended within the headers.
 */
bool wa_transfer_is_whole(const wa_transfer *t)
{
    curl_off_t length = -1;
    if (t->carried || !t->head_ended) return false;
    if (t->request.stream != NULL && t->request.stream->failure == WA_STREAM_UNWRITABLE) return false;
    if (t->code == CURLE_OK) return true;
    curl_easy_getinfo(t->easy, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length);
    uint64_t came = wa_transfer_is_in_file(t) ? t->request.stream->written : t->body.length;
    return wa_transfer_status(t) >= 200 && length >= 0 && (uint64_t) length == came;
}

void wa_transfer_finish(wa_transfer *t)
{
    if (t->request.stream == NULL) return;
    wa_stream_finish(t->request.stream, wa_transfer_is_whole(t) && wa_transfer_is_in_file(t));
    if (t->request.stream->failure == WA_STREAM_UNWRITABLE && t->code == CURLE_OK) t->code = CURLE_WRITE_ERROR;
}

void wa_transfer_hand_over(wa_transfer *t)
{
    if (t->request.stream != NULL) drop_stream(t, true);
}

void wa_transfer_progress(const wa_transfer *t, int64_t *moved, int64_t *all)
{
    curl_off_t length = -1;
    *moved = 0;
    *all = -1;
    if (t->request.stream == NULL || t->carried) return;
    if (t->request.stream->path == NULL) {
        *moved = (int64_t) t->request.stream->sent;
        *all = (int64_t) t->request.stream->size;
    } else if (wa_transfer_is_in_file(t)) {
        curl_easy_getinfo(t->easy, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length);
        *moved = (int64_t) t->request.stream->written;
        *all = (int64_t) length;
    }
}

/* Returns true if the whole request may have left. libcurl does not count the bytes of a whole body that the system
 * takes late, so that only a request that never began has certainly not left. Of a streamed body we know how many bytes
 * libcurl has taken: until it takes the last byte, the server cannot have the whole request. */
bool wa_transfer_may_have_left(const wa_transfer *t)
{
    if (t->carried) return true;
    if (is_streamed(t) && t->request.stream->sent < t->request.stream->size) return false;
#ifdef WA_WHOLE_BODY
    return t->begun;
#else
    long size = 0;
    if (t->request.size > 0) return t->offset > 0;
    curl_easy_getinfo(t->easy, CURLINFO_REQUEST_SIZE, &size);
    return size > 0;
#endif
}

/* Returns true if the same request may succeed the next time. */
static bool repeating_helps(CURLcode code)
{
    static const CURLcode never[] = {CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CACERT_BADFILE, CURLE_SSL_CERTPROBLEM,
        CURLE_SSL_CIPHER, CURLE_SSL_ISSUER_ERROR, CURLE_URL_MALFORMAT, CURLE_UNSUPPORTED_PROTOCOL, CURLE_FAILED_INIT,
        CURLE_NOT_BUILT_IN, CURLE_FILESIZE_EXCEEDED, CURLE_WRITE_ERROR, CURLE_OUT_OF_MEMORY,
        CURLE_COULDNT_RESOLVE_PROXY};
    for (size_t i = 0; i < sizeof never / sizeof never[0]; i++) {
        if (never[i] == code) return false;
    }
    return true;
}

enum { PROXY_PASSWORD = 407 };

/* the status with which a proxy answered CONNECT; 0: no proxy did */
static long proxy_status(const wa_transfer *t)
{
    long status = 0;
    if (!t->carried && t->code != CURLE_OK) curl_easy_getinfo(t->easy, CURLINFO_HTTP_CONNECTCODE, &status);
    return status;
}

/* A proxy refused the tunnel: the password is wrong or the host is not allowed. After 408, 425 and 429 waiting helps.
 */
static bool is_refused_by_proxy(const wa_transfer *t)
{
    long status = proxy_status(t);
    return status >= 400 && status <= 499 && status != 408 && status != 425 && status != 429;
}

bool wa_transfer_may_be_repeated(const wa_transfer *t)
{
    if (t->request.stream != NULL && t->request.stream->failure != WA_STREAM_FINE) return false;
    if (is_refused_by_proxy(t)) return false;
    return (t->idempotent || !wa_transfer_may_have_left(t)) && repeating_helps(t->code);
}

/* Returns true if the time was over before a connection was free or made. libcurl does not say so, and 7.88 does not
 * even end such a transfer. */
static bool is_timeout_before_connection(const wa_transfer *t)
{
    return WA_HAS_PREREQ && t->code == CURLE_OPERATION_TIMEDOUT && !t->begun && !t->connecting &&
           (t->error[0] == '\0' || strncmp(t->error, "Operation", 9) == 0);
}

/* Returns true if libcurl could not connect to the proxy. Its error names the host and port that it tried: if they are
 * not those of the URL, they are those of the proxy. */
static bool is_proxy_error(const wa_transfer *t)
{
    bool ours = true;
#if WA_HAS_URL_API
    char *host = NULL, *port = NULL, named[300];
    if (t->code != CURLE_COULDNT_CONNECT || strncmp(t->error, "Failed to connect to ", 21) != 0) return false;
    if (curl_url_get(t->url, CURLUPART_HOST, &host, 0) == CURLUE_OK &&
        curl_url_get(t->url, CURLUPART_PORT, &port, CURLU_DEFAULT_PORT) == CURLUE_OK) {
        size_t v6 = host[0] == '[';
        snprintf(named, sizeof named, "%.*s port %s ", (int) (strlen(host) - 2 * v6), host + v6, port);
        ours = strncmp(t->error + 21, named, strlen(named)) == 0;
    }
    curl_free(host);
    curl_free(port);
#else
    (void) t;
#endif
    return !ours;
}

const char *wa_transfer_reason(const wa_transfer *t, char *text, size_t size)
{
    if (t->carried) return "it was under way when this process was forked, and is the parent's";
    if (t->interrupted) return "interrupted";
    if (t->request.stream != NULL && t->request.stream->failure != WA_STREAM_FINE)
        return wa_stream_reason(t->request.stream, text, size);
    if (t->body.failure == WA_TOO_LONG || t->code == CURLE_FILESIZE_EXCEEDED) {
        uint64_t limit = wa_transfer_is_in_file(t) ? t->request.stream->limit : t->body.limit;
        snprintf(text, size, "the answer is longer than %llu bytes", (unsigned long long) limit);
        return text;
    }
    if (t->head.failure == WA_TOO_LONG) {
        snprintf(text, size, "the answer's headers are longer than %d bytes", WA_MAX_HEAD);
        return text;
    }
    if (t->code == CURLE_SEND_FAIL_REWIND || t->code == CURLE_ABORTED_BY_CALLBACK)
        return "the connection broke after the request was handed over, and it is not sent again by itself";
    if (is_timeout_before_connection(t)) return "the time was over before a connection was free or made for it";
    if (proxy_status(t) == PROXY_PASSWORD)
        return "the proxy asks for a name and a password: set them in the option proxy (HTTP 407)";
    if (is_proxy_error(t)) {
        snprintf(text, size, "the proxy cannot be reached: %.200s", t->error);
        return text;
    }
    /* libcurl's own words, unless they contain a URL: that of a proxy may contain a password */
    bool usable = t->error[0] != '\0' && strstr(t->error, "://") == NULL;
    return usable ? t->error : curl_easy_strerror(t->code);
}
