/* One exchange over libcurl: see transfer.h. */
#define _POSIX_C_SOURCE 200809L

#include "transfer.h"

#include <stdio.h>
#include <string.h>

enum { KEPT = 64 << 10 }; /* bytes of a buffer between two exchanges */

WA_DATA_DEFINITION const char *const wa_no_memory = "not enough memory";

/* ---- libcurl's callbacks ---- */

bool wa_transfer_begin(wa_transfer *t)
{
#ifdef WA_WHOLE_BODY
    bool may_have_left = true;
#else
    bool may_have_left = t->size == 0 || t->offset > 0;
#endif
    if (t->begun && !t->idempotent && may_have_left) return false;
    t->begun = true;
    return true;
}

/* once a byte was read, the body may have arrived */
static int go_back(bool untouched, curl_off_t offset, int origin)
{
    return untouched && offset == 0 && origin == SEEK_SET ? CURL_SEEKFUNC_OK : CURL_SEEKFUNC_FAIL;
}

#ifndef WA_WHOLE_BODY

static size_t on_read(char *to, size_t size, size_t count, void *context)
{
    wa_transfer *t = context;
    size_t room = size * count, left = t->size - t->offset;
    size_t length = left < room ? left : room;
    if (length > 0) memcpy(to, t->data + t->offset, length);
    t->offset += length;
    return length;
}

/* libcurl asks to start again when a kept connection died: refused, and libcurl then fails instead of sending it a
 * second time. */
static int on_seek(void *context, curl_off_t offset, int origin)
{
    const wa_transfer *t = context;
    return go_back(t->offset == 0, offset, origin);
}

#endif

/* the same of what is streamed; a form's parts are read one after the other */
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
    if (t->stream != NULL && wa_transfer_is_in_file(t)) return wa_stream_write(t->stream, bytes, length) ? length : 0;
    wa_buffer_add(&t->body, bytes, length);
    return t->body.failure == WA_NO_FAILURE ? length : 0;
}

static size_t on_header(char *bytes, size_t size, size_t count, void *context)
{
    wa_transfer *t = context;
    size_t length = size * count;
    if (length >= 5 && memcmp(bytes, "HTTP/", 5) == 0) { /* the last answer counts, not a 100 */
        t->head.length = 0;
        t->head_ended = false;
    }
    if (length > 0 && (bytes[0] == '\r' || bytes[0] == '\n')) t->head_ended = true;
    wa_buffer_add(&t->head, bytes, length);
    return t->head.failure == WA_NO_FAILURE ? length : 0;
}

/* ---- life ---- */

static long milliseconds(double seconds)
{
    return seconds < 0.001 ? 1 : (long) (seconds * 1000 + 0.5);
}

/* what stays the same for every request */
static CURLcode set_up(wa_transfer *t, const wa_settings *s)
{
    CURL *e = t->easy;
    CURLcode worst = CURLE_OK;
#define SET(name, value)                                                                                               \
    do {                                                                                                               \
        CURLcode code = curl_easy_setopt(e, CURLOPT_##name, value);                                                    \
        if (code != CURLE_OK) worst = code;                                                                            \
    } while (0)
    SET(ERRORBUFFER, t->error);
    SET(NOSIGNAL, 1L);
#if LIBCURL_VERSION_NUM >= 0x075700
    SET(QUICK_EXIT, 1L); /* else a resolver that still asks for a name is waited for, whatever the time-out is */
#endif
    SET(PRIVATE, t);
    SET(WRITEFUNCTION, on_body);
    SET(WRITEDATA, t);
    SET(HEADERFUNCTION, on_header);
    SET(HEADERDATA, t);
    SET(FOLLOWLOCATION, 0L);
    SET(MAXREDIRS, 0L);
    SET(SSL_VERIFYPEER, 1L);
    SET(SSL_VERIFYHOST, 2L);
    SET(SSLVERSION, (long) CURL_SSLVERSION_TLSv1_2);
    SET(HTTP_VERSION, (long) CURL_HTTP_VERSION_2TLS);
    SET(TCP_KEEPALIVE, 1L);
    SET(CONNECTTIMEOUT_MS, milliseconds(s->connect_timeout));
    SET(MAXFILESIZE_LARGE, (curl_off_t) s->max_body);
#if LIBCURL_VERSION_NUM >= 0x075500
    SET(PROTOCOLS_STR, "http,https");
#else
    SET(PROTOCOLS, (long) (CURLPROTO_HTTP | CURLPROTO_HTTPS));
#endif
    if (s->user_agent != NULL) SET(USERAGENT, s->user_agent);
    if (s->proxy != NULL) SET(PROXY, s->proxy);
    if (s->ca_file != NULL) SET(CAINFO, s->ca_file);
    /* with a directory of certificates set, which Debian does, libcurl parses the whole bundle at each connection */
    if (s->ca_file != NULL || curl_version_info(CURLVERSION_NOW)->cainfo != NULL) SET(CAPATH, (char *) NULL);
#undef SET
    return worst;
}

bool wa_transfer_open(wa_transfer *t, const wa_settings *s)
{
    memset(t, 0, sizeof *t);
    wa_buffer_init(&t->headers, s->allocate, s->context, WA_MAX_HEADERS);
    wa_buffer_init(&t->listed, s->allocate, s->context, WA_MAX_HEADERS);
    wa_buffer_init(&t->address, s->allocate, s->context, WA_MAX_URL);
    wa_buffer_init(&t->set, s->allocate, s->context, WA_MAX_URL);
    wa_buffer_init(&t->head, s->allocate, s->context, WA_MAX_HEAD);
    wa_buffer_init(&t->body, s->allocate, s->context, s->max_body);
    t->easy = curl_easy_init();
    t->url = curl_url();
    t->connection = -1;
    t->code = t->easy == NULL || t->url == NULL ? CURLE_OUT_OF_MEMORY : set_up(t, s);
    return t->code == CURLE_OK;
}

static void drop_stream(wa_transfer *t, bool handed_over)
{
    curl_mime_free(t->mime);
    if (t->stream != NULL) wa_stream_free(t->stream, handed_over);
    t->mime = NULL;
    t->stream = NULL;
}

void wa_transfer_close(wa_transfer *t)
{
    wa_buffer *buffers[] = {&t->headers, &t->listed, &t->address, &t->set, &t->head, &t->body};
    drop_stream(t, false);
    curl_easy_cleanup(t->easy);
    curl_slist_free_all(t->list);
    curl_url_cleanup(t->url);
    for (size_t i = 0; i < sizeof buffers / sizeof buffers[0]; i++) wa_buffer_free(buffers[i]);
    t->easy = NULL;
    t->list = NULL;
    t->url = NULL;
}

void wa_transfer_forget(wa_transfer *t)
{
    t->easy = NULL;
    t->list = NULL;
    t->url = NULL;
}

double wa_transfer_timeout(const wa_transfer *t)
{
    return (double) t->timeout / 1000;
}

/* ---- a request ---- */

/* what became of the exchange before */
static void forget_outcome(wa_transfer *t)
{
    if (t->stream != NULL) drop_stream(t, false);
    wa_buffer_reset(&t->head, KEPT);
    wa_buffer_reset(&t->body, KEPT);
    t->error[0] = '\0';
    t->offset = 0;
    t->begun = t->head_ended = t->interrupted = t->carried = t->awaited = false;
    t->code = CURLE_OK;
}

void wa_transfer_reset(wa_transfer *t)
{
    forget_outcome(t);
    wa_buffer_reset(&t->headers, KEPT);
    wa_buffer_reset(&t->address, KEPT);
    wa_buffer_add(&t->headers, "Expect:", 8); /* with its NUL: libcurl is not to add one */
    t->prepared = 0;
    t->size = 0;
    t->data = NULL;
    t->with_body = false;
}

void wa_transfer_add_header(wa_transfer *t, const char *name, size_t name_length, const char *value, size_t length)
{
    wa_buffer_add(&t->headers, name, name_length);
    wa_buffer_add(&t->headers, length > 0 ? ": " : ";", length > 0 ? 2 : 1); /* libcurl's form of an empty one */
    wa_buffer_add(&t->headers, value, length);
    wa_buffer_add(&t->headers, "", 1);
}

wa_stream *wa_transfer_stream(wa_transfer *t)
{
    if (t->stream == NULL) t->stream = wa_stream_new(t->head.allocate, t->head.context);
    return t->stream;
}

static bool same_bytes(const wa_buffer *a, const wa_buffer *b)
{
    return a->length > 0 && a->length == b->length && memcmp(a->bytes, b->bytes, a->length) == 0;
}

static void swap(wa_buffer *a, wa_buffer *b)
{
    wa_buffer c = *a;
    *a = *b;
    *b = c;
}

/* makes libcurl's list of the headers, unless it is the one it has; false: no memory */
static bool set_headers(wa_transfer *t)
{
    if (same_bytes(&t->headers, &t->listed)) return true;
    struct curl_slist *list = NULL;
    for (size_t at = 0; at < t->headers.length; at += strlen(t->headers.bytes + at) + 1) {
        struct curl_slist *longer = curl_slist_append(list, t->headers.bytes + at);
        if (longer == NULL) {
            curl_slist_free_all(list);
            return false;
        }
        list = longer;
    }
    curl_easy_setopt(t->easy, CURLOPT_HTTPHEADER, list);
    curl_slist_free_all(t->list);
    t->list = list;
    swap(&t->headers, &t->listed);
    return true;
}

static bool is_loopback(const char *host)
{
    return strcmp(host, "localhost") == 0 || strcmp(host, "[::1]") == 0 ||
           (strncmp(host, "127.", 4) == 0 && strspn(host, "0123456789.") == strlen(host));
}

/* libcurl takes the URL apart, so that what is checked is what is used; what is wrong with it, or NULL */
static const char *set_url(wa_transfer *t, bool allow_http)
{
    char *scheme = NULL, *host = NULL;
    if (same_bytes(&t->address, &t->set)) return NULL;
    t->set.length = 0;
    if (t->address.failure == WA_TOO_LONG) return "the URL is longer than 8 KiB";
    if (t->address.failure != WA_NO_FAILURE) return wa_no_memory;
    if (curl_url_set(t->url, CURLUPART_URL, t->address.bytes, 0) != CURLUE_OK ||
        curl_url_get(t->url, CURLUPART_SCHEME, &scheme, 0) != CURLUE_OK ||
        curl_url_get(t->url, CURLUPART_HOST, &host, 0) != CURLUE_OK) {
        curl_free(scheme);
        curl_free(host);
        return "the URL cannot be read";
    }
    bool https = strcmp(scheme, "https") == 0, http = strcmp(scheme, "http") == 0;
    bool allowed = https || (http && (allow_http || is_loopback(host)));
    curl_free(scheme);
    curl_free(host);
    if (!allowed)
        return http ? "plain http is only for loopback, or with allow_http = true" : "the URL must start with https://";
    if (curl_easy_setopt(t->easy, CURLOPT_CURLU, t->url) != CURLE_OK) return wa_no_memory;
    /* The first handshake says whether the server speaks HTTP/2, which the others wait for. Over plain http nothing
     * says so, and libcurl (7.88) lets them wait for the end of the first request. */
    curl_easy_setopt(t->easy, CURLOPT_PIPEWAIT, https ? 1L : 0L);
    swap(&t->address, &t->set);
    return NULL;
}

static bool is_streamed(const wa_transfer *t)
{
    return t->stream != NULL && t->stream->count > 0;
}

/* most requests are a POST like the one before */
static bool is_same_method(const wa_transfer *t, const char *method)
{
    return t->posted && t->with_body && strcmp(method, "POST") == 0;
}

static void set_body(const wa_transfer *t)
{
#ifdef WA_WHOLE_BODY
    curl_easy_setopt(t->easy, CURLOPT_POSTFIELDS, t->data != NULL ? t->data : ""); /* NULL: it would read its input */
#else
    curl_easy_setopt(t->easy, CURLOPT_POSTFIELDS, (char *) NULL);
#endif
    curl_easy_setopt(t->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t) t->size);
}

/* libcurl asks for the body bit by bit */
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

/* Also strings go through our callbacks: what libcurl has itself, it would send again by itself. */
static CURLcode add_to_form(curl_mime *mime, wa_part *p)
{
    curl_mimepart *part = curl_mime_addpart(mime);
    CURLcode code = part == NULL ? CURLE_OUT_OF_MEMORY : curl_mime_name(part, p->name);
    if (code == CURLE_OK && p->filename != NULL) code = curl_mime_filename(part, p->filename);
    if (code == CURLE_OK && p->type != NULL) code = curl_mime_type(part, p->type);
    if (code != CURLE_OK) return code;
    return curl_mime_data_cb(part, (curl_off_t) p->size, on_part, on_part_seek, NULL, p);
}

/* false: no memory */
static bool set_form(wa_transfer *t)
{
    t->mime = curl_mime_init(t->easy);
    if (t->mime == NULL) return false;
    for (size_t i = 0; i < t->stream->count; i++) {
        if (add_to_form(t->mime, &t->stream->parts[i]) != CURLE_OK) return false;
    }
    return curl_easy_setopt(t->easy, CURLOPT_MIMEPOST, t->mime) == CURLE_OK;
}

/* what kind of body is sent, if there is one; false: no memory */
static bool set_post(wa_transfer *t)
{
    if (is_streamed(t) && t->stream->form) return set_form(t);
    curl_easy_setopt(t->easy, CURLOPT_POST, 1L);
    if (is_streamed(t)) {
        set_part(t, t->stream->parts);
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
    bool with_body = t->with_body || is_streamed(t);
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
    t->posted = post && t->with_body;
    return true;
}

/* libcurl refuses by its announced length what is too long; into a file more may go, and of the rest we see to it */
static void set_answer_limit(wa_transfer *t)
{
    uint64_t most = t->body.limit;
    t->to_file = t->stream != NULL && t->stream->path != NULL;
    if (t->to_file && t->stream->limit > most) most = t->stream->limit;
    curl_easy_setopt(t->easy, CURLOPT_MAXFILESIZE_LARGE, (curl_off_t) most);
}

const char *wa_transfer_prepare(wa_transfer *t, const wa_settings *s, const char *method, double timeout)
{
    const char *problem = set_url(t, s->allow_http);
    if (problem != NULL) return problem;
    if (t->headers.failure == WA_TOO_LONG) return "the headers are longer than 64 KiB";
    if (t->headers.failure != WA_NO_FAILURE || !set_headers(t)) return wa_no_memory;
    if (!set_method(t, method)) return wa_no_memory;
    if (t->stream != NULL || t->to_file) set_answer_limit(t);
    if (milliseconds(timeout) != t->timeout) {
        t->timeout = milliseconds(timeout);
        curl_easy_setopt(t->easy, CURLOPT_TIMEOUT_MS, t->timeout);
    }
    return NULL;
}

/* ---- a request that many have in common ---- */

static bool copy_bytes(wa_buffer *to, const wa_buffer *from)
{
    wa_buffer_init(to, from->allocate, from->context, from->limit);
    wa_buffer_add(to, from->bytes, from->length);
    return to->failure == WA_NO_FAILURE;
}

bool wa_prepared_copy(wa_prepared *p, const wa_transfer *t)
{
    p->timeout = (double) t->timeout / 1000;
    return copy_bytes(&p->headers, &t->listed) && copy_bytes(&p->address, &t->set);
}

void wa_prepared_free(wa_prepared *p)
{
    wa_buffer_free(&p->headers);
    wa_buffer_free(&p->address);
}

const char *wa_transfer_post(wa_transfer *t, const wa_settings *s, const wa_prepared *p, const char *body, size_t size)
{
    bool same = t->prepared == p->id;
    if (same) forget_outcome(t);
    else wa_transfer_reset(t);
    t->data = body;
    t->size = size;
    if (same) {
        set_body(t);
        return NULL;
    }
    t->with_body = true;
    t->headers.length = 0; /* all are in what was kept */
    wa_buffer_add(&t->headers, p->headers.bytes, p->headers.length);
    wa_buffer_add(&t->address, p->address.bytes, p->address.length);
    const char *problem = wa_transfer_prepare(t, s, "POST", p->timeout);
    if (problem == NULL) t->prepared = p->id;
    return problem;
}

/* ---- what became of it ---- */

long wa_transfer_status(const wa_transfer *t)
{
    long status = 0;
    if (t->carried || t->head.length == 0) return 0;
    curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &status);
    return status;
}

bool wa_transfer_is_in_file(const wa_transfer *t)
{
    if (t->stream == NULL || t->stream->path == NULL) return false;
    long status = wa_transfer_status(t);
    return status >= 200 && status < 300;
}

/* A server may refuse before it has read the body and then reset the stream or the connection. The answer counts, if
 * all of it came. On the other hand libcurl calls an answer whole whose connection ended within its headers. */
bool wa_transfer_is_whole(const wa_transfer *t)
{
    curl_off_t length = -1;
    if (t->carried || !t->head_ended) return false;
    if (t->stream != NULL && t->stream->failure == WA_STREAM_UNWRITABLE) return false;
    if (t->code == CURLE_OK) return true;
    curl_easy_getinfo(t->easy, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length);
    uint64_t came = wa_transfer_is_in_file(t) ? t->stream->written : t->body.length;
    return wa_transfer_status(t) >= 200 && length >= 0 && (uint64_t) length == came;
}

void wa_transfer_finish(wa_transfer *t)
{
    if (t->stream == NULL) return;
    wa_stream_finish(t->stream, wa_transfer_is_whole(t) && wa_transfer_is_in_file(t));
    if (t->stream->failure == WA_STREAM_UNWRITABLE && t->code == CURLE_OK) t->code = CURLE_WRITE_ERROR;
}

void wa_transfer_hand_over(wa_transfer *t)
{
    if (t->stream != NULL) drop_stream(t, true);
}

void wa_transfer_progress(const wa_transfer *t, int64_t *moved, int64_t *all)
{
    curl_off_t length = -1;
    *moved = 0;
    *all = -1;
    if (t->stream == NULL || t->carried) return;
    if (t->stream->path == NULL) {
        *moved = (int64_t) t->stream->sent;
        *all = (int64_t) t->stream->size;
    } else if (wa_transfer_is_in_file(t)) {
        curl_easy_getinfo(t->easy, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length);
        *moved = (int64_t) t->stream->written;
        *all = (int64_t) length;
    }
}

/* Whether the request, all of it, may have left. A whole body that the system takes late is not counted by libcurl, so
 * that only a request that was never begun is certain not to have left. Of what is streamed we know how much libcurl
 * has taken: without its last byte nobody has it whole. */
bool wa_transfer_may_have_left(const wa_transfer *t)
{
    if (t->carried) return true;
    if (is_streamed(t) && t->stream->sent < t->stream->size) return false;
#ifdef WA_WHOLE_BODY
    return t->begun;
#else
    long size = 0;
    if (t->size > 0) return t->offset > 0;
    curl_easy_getinfo(t->easy, CURLINFO_REQUEST_SIZE, &size);
    return size > 0;
#endif
}

/* whether the same request can do better the next time */
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

bool wa_transfer_may_be_repeated(const wa_transfer *t)
{
    if (t->stream != NULL && t->stream->failure != WA_STREAM_FINE) return false;
    return (t->idempotent || !wa_transfer_may_have_left(t)) && repeating_helps(t->code);
}

const char *wa_transfer_reason(const wa_transfer *t, char *text, size_t size)
{
    if (t->carried) return "it was under way when this process was forked, and is the parent's";
    if (t->interrupted) return "interrupted";
    if (t->stream != NULL && t->stream->failure != WA_STREAM_FINE) return wa_stream_reason(t->stream, text, size);
    if (t->body.failure == WA_TOO_LONG || t->code == CURLE_FILESIZE_EXCEEDED) {
        uint64_t limit = wa_transfer_is_in_file(t) ? t->stream->limit : t->body.limit;
        snprintf(text, size, "the answer is longer than %llu bytes", (unsigned long long) limit);
        return text;
    }
    if (t->head.failure == WA_TOO_LONG) {
        snprintf(text, size, "the answer's headers are longer than %d bytes", WA_MAX_HEAD);
        return text;
    }
    if (t->code == CURLE_SEND_FAIL_REWIND || t->code == CURLE_ABORTED_BY_CALLBACK)
        return "the connection broke after the request was handed over, and it is not sent again by itself";
    /* libcurl's own words, unless they hold a URL: a proxy's may hold a password */
    bool usable = t->error[0] != '\0' && strstr(t->error, "://") == NULL;
    return usable ? t->error : curl_easy_strerror(t->code);
}
