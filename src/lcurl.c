/* whatsapp.curl: sends requests with libcurl and gives their answers. A client object keeps one multi handle, with its
 * connections, and one easy handle for as long as it lives. Knows nothing of messages. libcurl's callbacks never see a
 * lua_State, and libcurl is never let send a body twice: what may have been sent is said to be so. */
#define _POSIX_C_SOURCE 200809L

#include "buffer.h"
#include "compat.h"

#include <curl/curl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define CLIENT "whatsapp.curl"
#define GLOBAL "whatsapp.curl.global"

enum { MAX_HEAD = 64 << 10, MAX_BODY = 16 << 20, MAX_HEADERS = 64 << 10, MAX_URL = 8 << 10, KEPT = 64 << 10 };

static const double default_timeout = 30, default_connect_timeout = 10;
static const char no_memory[] = "not enough memory";

/* one exchange; kept for the next one */
typedef struct transfer {
    CURL *easy;
    CURLU *url;
    struct curl_slist *headers;
    wa_buffer sent_headers;    /* name: value, each ended by a NUL */
    wa_buffer current_headers; /* those that `headers` was made of */
    wa_buffer sent_url, current_url;
    wa_buffer head, body; /* of the answer */
    const char *data;     /* the request's body: a Lua string on the stack of perform */
    size_t size, offset;
    bool with_body, idempotent, added;
    bool interrupted;
    bool begun;      /* libcurl began to send this request, on whatever connection */
    bool head_ended; /* the empty line behind the answer's headers came */
    char error[CURL_ERROR_SIZE];
} transfer;

typedef struct client {
    CURLM *multi;
    transfer transfer;
    double timeout;
    bool allow_http, closed;
} client;

/* ---- libcurl's callbacks: bytes in, bytes out ---- */

static size_t on_read(char *to, size_t size, size_t count, void *context)
{
    transfer *t = context;
    size_t room = size * count, left = t->size - t->offset;
    size_t length = left < room ? left : room;
    if (length > 0) memcpy(to, t->data + t->offset, length);
    t->offset += length;
    return length;
}

/* libcurl asks to start again when a kept connection died. Once a byte was read the body may have arrived: refused, and
 * libcurl then fails instead of sending it a second time. */
static int on_seek(void *context, curl_off_t offset, int origin)
{
    transfer *t = context;
    return t->offset == 0 && offset == 0 && origin == SEEK_SET ? CURL_SEEKFUNC_OK : CURL_SEEKFUNC_FAIL;
}

/* Called before each request on each connection. What has no body is whole with its head, and no seek stands in the
 * way; what has one and begins again without a seek (HTTP_1_1_REQUIRED) would send a head and then nothing. */
#if LIBCURL_VERSION_NUM >= 0x075000
static int on_request(void *context, char *ip, char *local_ip, int port, int local_port)
{
    transfer *t = context;
    (void) ip, (void) local_ip, (void) port, (void) local_port;
    if (t->begun && !t->idempotent && (t->size == 0 || t->offset > 0)) return CURL_PREREQFUNC_ABORT;
    t->begun = true;
    return CURL_PREREQFUNC_OK;
}
#endif

static size_t on_body(char *bytes, size_t size, size_t count, void *context)
{
    transfer *t = context;
    wa_buffer_add(&t->body, bytes, size * count);
    return t->body.failure == WA_NO_FAILURE ? size * count : 0;
}

static size_t on_header(char *bytes, size_t size, size_t count, void *context)
{
    transfer *t = context;
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

static void close_client(client *c)
{
    transfer *t = &c->transfer;
    if (t->added) curl_multi_remove_handle(c->multi, t->easy);
    curl_easy_cleanup(t->easy);
    curl_slist_free_all(t->headers);
    curl_url_cleanup(t->url);
    curl_multi_cleanup(c->multi);
    wa_buffer *buffers[] = {&t->sent_headers, &t->current_headers, &t->sent_url, &t->current_url, &t->head, &t->body};
    for (size_t i = 0; i < sizeof buffers / sizeof buffers[0]; i++) wa_buffer_free(buffers[i]);
    t->added = false;
    t->easy = NULL;
    t->headers = NULL;
    t->url = NULL;
    c->multi = NULL;
    c->closed = true;
}

/* [-0, +0, v] close(), __gc, __close: as often as one likes */
static int client_close(lua_State *L)
{
    client *c = luaL_checkudata(L, 1, CLIENT);
    if (!c->closed) close_client(c);
    return 0;
}

static int client_tostring(lua_State *L)
{
    client *c = luaL_checkudata(L, 1, CLIENT);
    lua_pushfstring(L, "%s (%s)", CLIENT, c->closed ? "closed" : "open");
    return 1;
}

static int global_gc(lua_State *L)
{
    (void) L;
    curl_global_cleanup();
    return 0;
}

/* ---- new ---- */

/* [-0, +1, m] the option, by raw access */
static int option(lua_State *L, int table, const char *name)
{
    lua_pushstring(L, name);
    lua_rawget(L, table);
    return lua_type(L, -1);
}

/* [-0, +0, v] */
static double seconds_option(lua_State *L, int table, const char *name, double otherwise)
{
    int type = option(L, table, name);
    double seconds = type == LUA_TNIL ? otherwise : (double) lua_tonumber(L, -1);
    lua_pop(L, 1);
    if ((type != LUA_TNIL && type != LUA_TNUMBER) || !(seconds > 0 && seconds <= 86400)) {
        luaL_error(L, "%s must be a number of seconds, over 0 and up to 86400", name);
    }
    return seconds;
}

/* [-0, +1, v] a string without NUL, or NULL; it stays on the stack */
static const char *string_option(lua_State *L, int table, const char *name)
{
    size_t length;
    int type = option(L, table, name);
    if (type == LUA_TNIL) return NULL;
    if (type != LUA_TSTRING) luaL_error(L, "%s must be a string", name);
    const char *text = lua_tolstring(L, -1, &length);
    if (strlen(text) != length) luaL_error(L, "%s must not hold a NUL", name);
    return text;
}

static bool flag_option(lua_State *L, int table, const char *name)
{
    option(L, table, name);
    bool set = lua_toboolean(L, -1) != 0;
    lua_pop(L, 1);
    return set;
}

static long milliseconds(double seconds)
{
    return seconds < 0.001 ? 1 : (long) (seconds * 1000 + 0.5);
}

/* what stays the same for every request; false if libcurl refuses */
static bool set_up(client *c, double connect_timeout, const char *proxy, const char *ca_file, const char *user_agent)
{
    transfer *t = &c->transfer;
    CURL *e = t->easy;
    CURLcode worst = CURLE_OK;
#define SET(name, value)                                                                                               \
    do {                                                                                                               \
        CURLcode code = curl_easy_setopt(e, CURLOPT_##name, value);                                                    \
        if (code != CURLE_OK) worst = code;                                                                            \
    } while (0)
    SET(ERRORBUFFER, t->error);
    SET(NOSIGNAL, 1L);
    SET(PRIVATE, t);
    SET(READFUNCTION, on_read);
    SET(READDATA, t);
    SET(SEEKFUNCTION, on_seek);
    SET(SEEKDATA, t);
#if LIBCURL_VERSION_NUM >= 0x075000
    SET(PREREQFUNCTION, on_request);
    SET(PREREQDATA, t);
#endif
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
    SET(PIPEWAIT, 1L);
    SET(TCP_KEEPALIVE, 1L);
    SET(CONNECTTIMEOUT_MS, milliseconds(connect_timeout));
    SET(MAXFILESIZE_LARGE, (curl_off_t) t->body.limit);
#if LIBCURL_VERSION_NUM >= 0x075500
    SET(PROTOCOLS_STR, "http,https");
#else
    SET(PROTOCOLS, (long) (CURLPROTO_HTTP | CURLPROTO_HTTPS));
#endif
    if (user_agent != NULL) SET(USERAGENT, user_agent);
    if (proxy != NULL) SET(PROXY, proxy);
    if (ca_file != NULL) SET(CAINFO, ca_file);
    /* with a directory of certificates set, which Debian does, libcurl parses the whole bundle at each connection */
    if (ca_file != NULL || curl_version_info(CURLVERSION_NOW)->cainfo != NULL) SET(CAPATH, (char *) NULL);
#undef SET
    return worst == CURLE_OK;
}

static void init_buffers(lua_State *L, transfer *t, size_t max_body)
{
    void *context;
    lua_Alloc allocate = lua_getallocf(L, &context);
    wa_buffer_init(&t->sent_headers, allocate, context, MAX_HEADERS);
    wa_buffer_init(&t->current_headers, allocate, context, MAX_HEADERS);
    wa_buffer_init(&t->sent_url, allocate, context, MAX_URL);
    wa_buffer_init(&t->current_url, allocate, context, MAX_URL);
    wa_buffer_init(&t->head, allocate, context, MAX_HEAD);
    wa_buffer_init(&t->body, allocate, context, max_body);
}

/* [-0, +1, v] new{timeout =, connect_timeout =, proxy =, ca_file =, user_agent =, allow_http =, max_body =} -> client
 */
static int new_client(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_settop(L, 1);
    double timeout = seconds_option(L, 1, "timeout", default_timeout);
    double connect_timeout = seconds_option(L, 1, "connect_timeout", default_connect_timeout);
    bool allow_http = flag_option(L, 1, "allow_http");
    int64_t max_body = MAX_BODY;
    if (option(L, 1, "max_body") != LUA_TNIL &&
        (lua_type(L, -1) != LUA_TNUMBER || !wa_integer(L, -1, &max_body) || max_body < 1 || max_body > INT32_MAX))
        return luaL_error(L, "max_body must be a number of bytes");
    const char *proxy = string_option(L, 1, "proxy");
    const char *ca_file = string_option(L, 1, "ca_file");
    const char *user_agent = string_option(L, 1, "user_agent");

    client *c = lua_newuserdata(L, sizeof *c);
    memset(c, 0, sizeof *c);
    c->closed = true;
    luaL_getmetatable(L, CLIENT);
    lua_setmetatable(L, -2);
    init_buffers(L, &c->transfer, (size_t) max_body);
    c->closed = false; /* from here on what it holds is freed with it */
    c->timeout = timeout;
    c->allow_http = allow_http;
    c->multi = curl_multi_init();
    c->transfer.easy = curl_easy_init();
    c->transfer.url = curl_url();
    if (c->multi == NULL || c->transfer.easy == NULL || c->transfer.url == NULL) return luaL_error(L, "%s", no_memory);
    if (!set_up(c, connect_timeout, proxy, ca_file, user_agent)) {
        return luaL_error(L, "this libcurl (%s) cannot be used", curl_version_info(CURLVERSION_NOW)->version);
    }
    return 1;
}

/* ---- a request ---- */

/* [-0, +3, m] nil, text, details: refused before libcurl was touched */
static int refuse(lua_State *L, const char *text)
{
    lua_pushnil(L);
    lua_pushstring(L, text);
    lua_createtable(L, 0, 5);
    lua_pushliteral(L, "invalid");
    lua_setfield(L, -2, "kind");
    lua_newtable(L);
    lua_setfield(L, -2, "problems");
    lua_pushinteger(L, 0);
    lua_setfield(L, -2, "count");
    lua_pushboolean(L, 0);
    lua_setfield(L, -2, "retryable");
    lua_pushboolean(L, 0);
    lua_setfield(L, -2, "may_have_been_sent");
    return 3;
}

static bool is_token(const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        unsigned char c = (unsigned char) text[i];
        bool alphanumeric = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
        if (!alphanumeric && memchr("!#$%&'*+-.^_`|~", c, 15) == NULL) return false;
    }
    return length > 0;
}

static bool is_header_value(const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        unsigned char c = (unsigned char) text[i];
        if ((c < 0x20 && c != '\t') || c == 0x7F) return false;
    }
    return true;
}

static bool is_name(const char *text, size_t length, const char *lower)
{
    for (size_t i = 0; i < length; i++) {
        char c = text[i] >= 'A' && text[i] <= 'Z' ? (char) (text[i] - 'A' + 'a') : text[i];
        if (lower[i] == '\0' || c != lower[i]) return false;
    }
    return lower[length] == '\0';
}

/* [-0, +0, -] gathers the headers; what is wrong with them, or NULL. The text never names a value. */
static const char *read_headers(lua_State *L, int table, wa_buffer *headers)
{
    wa_buffer_add(headers, "Expect:", 8);
    lua_pushnil(L);
    while (lua_next(L, table)) {
        size_t name_length, length;
        if (lua_type(L, -2) != LUA_TSTRING || lua_type(L, -1) != LUA_TSTRING) return "headers must be strings by name";
        const char *name = lua_tolstring(L, -2, &name_length), *text = lua_tolstring(L, -1, &length);
        if (!is_token(name, name_length)) return "a header's name holds a byte that it must not";
        if (!is_header_value(text, length)) return "a header's value holds a line end or another control character";
        if (is_name(name, name_length, "content-length") || is_name(name, name_length, "transfer-encoding")) {
            return "Content-Length and Transfer-Encoding are the transport's to set";
        }
        wa_buffer_add(headers, name, name_length);
        wa_buffer_add(headers, length > 0 ? ": " : ";", length > 0 ? 2 : 1); /* libcurl's form of an empty one */
        wa_buffer_add(headers, text, length);
        wa_buffer_add(headers, "", 1);
        lua_pop(L, 1);
    }
    return headers->failure == WA_TOO_LONG ? "the headers are longer than 64 KiB" : NULL;
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
static bool set_headers(transfer *t)
{
    if (t->sent_headers.failure != WA_NO_FAILURE) return false;
    if (same_bytes(&t->sent_headers, &t->current_headers)) return true;
    struct curl_slist *list = NULL;
    for (size_t at = 0; at < t->sent_headers.length; at += strlen(t->sent_headers.bytes + at) + 1) {
        struct curl_slist *longer = curl_slist_append(list, t->sent_headers.bytes + at);
        if (longer == NULL) {
            curl_slist_free_all(list);
            return false;
        }
        list = longer;
    }
    curl_easy_setopt(t->easy, CURLOPT_HTTPHEADER, list);
    curl_slist_free_all(t->headers);
    t->headers = list;
    swap(&t->sent_headers, &t->current_headers);
    return true;
}

static bool is_loopback(const char *host)
{
    return strcmp(host, "localhost") == 0 || strcmp(host, "[::1]") == 0 ||
           (strncmp(host, "127.", 4) == 0 && strspn(host, "0123456789.") == strlen(host));
}

/* libcurl takes the URL apart, so that what is checked is what is used; what is wrong with it, or NULL */
static const char *set_url(client *c, transfer *t)
{
    char *scheme = NULL, *host = NULL;
    if (same_bytes(&t->sent_url, &t->current_url)) return NULL;
    t->current_url.length = 0;
    if (t->sent_url.failure == WA_TOO_LONG) return "the URL is longer than 8 KiB";
    if (t->sent_url.failure != WA_NO_FAILURE) return no_memory;
    if (curl_url_set(t->url, CURLUPART_URL, t->sent_url.bytes, 0) != CURLUE_OK ||
        curl_url_get(t->url, CURLUPART_SCHEME, &scheme, 0) != CURLUE_OK ||
        curl_url_get(t->url, CURLUPART_HOST, &host, 0) != CURLUE_OK) {
        curl_free(scheme);
        curl_free(host);
        return "the URL cannot be read";
    }
    bool https = strcmp(scheme, "https") == 0, http = strcmp(scheme, "http") == 0;
    bool allowed = https || (http && (c->allow_http || is_loopback(host)));
    curl_free(scheme);
    curl_free(host);
    if (!allowed)
        return http ? "plain http is only for loopback, or with allow_http = true" : "the URL must start with https://";
    if (curl_easy_setopt(t->easy, CURLOPT_CURLU, t->url) != CURLE_OK) return no_memory;
    swap(&t->sent_url, &t->current_url);
    return NULL;
}

static void set_method(transfer *t, const char *method)
{
    bool get = strcmp(method, "GET") == 0, head = strcmp(method, "HEAD") == 0, post = strcmp(method, "POST") == 0;
    curl_easy_setopt(t->easy, CURLOPT_NOBODY, head ? 1L : 0L);
    if (t->with_body || post) {
        curl_easy_setopt(t->easy, CURLOPT_POST, 1L);
        curl_easy_setopt(t->easy, CURLOPT_POSTFIELDS, (char *) NULL);
        curl_easy_setopt(t->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t) t->size);
        curl_easy_setopt(t->easy, CURLOPT_CUSTOMREQUEST, post ? NULL : method);
    } else if (!head) {
        curl_easy_setopt(t->easy, CURLOPT_HTTPGET, 1L);
        curl_easy_setopt(t->easy, CURLOPT_CUSTOMREQUEST, get ? NULL : method);
    }
    t->idempotent = get || head || strcmp(method, "DELETE") == 0;
}

/* [-0, +3, v] Reads the request at index 2 and sets it up. Its strings stay on the stack. Returns what is wrong. */
static const char *read_request(lua_State *L, client *c, transfer *t)
{
    size_t length;
    double timeout = seconds_option(L, 2, "timeout", c->timeout);
    const char *problem = NULL;
    wa_buffer_reset(&t->sent_headers, KEPT);
    wa_buffer_reset(&t->sent_url, KEPT);
    wa_buffer_reset(&t->head, KEPT);
    wa_buffer_reset(&t->body, KEPT);
    t->error[0] = '\0';
    t->offset = t->size = 0;
    t->data = NULL;
    t->begun = t->head_ended = false;

    int headers = option(L, 2, "headers");
    if (headers == LUA_TTABLE) problem = read_headers(L, lua_gettop(L), &t->sent_headers);
    else if (headers == LUA_TNIL) wa_buffer_add(&t->sent_headers, "Expect:", 8);
    else problem = "headers must be strings by name";
    lua_settop(L, 2);
    if (problem != NULL) return problem;

    bool named = option(L, 2, "method") == LUA_TSTRING;
    const char *method = named ? lua_tolstring(L, -1, &length) : NULL;
    if (!named || !is_token(method, length)) return "the method must be a word such as GET or POST";
    if (option(L, 2, "url") != LUA_TSTRING) return "the URL must be a string";
    const char *url = lua_tolstring(L, -1, &length);
    if (strlen(url) != length) return "the URL holds a NUL";
    wa_buffer_add(&t->sent_url, url, length + 1);
    if ((problem = set_url(c, t)) != NULL) return problem;
    if (!set_headers(t)) return no_memory;

    int body = option(L, 2, "body");
    if (body != LUA_TNIL && body != LUA_TSTRING) return "the body must be a string";
    t->with_body = body == LUA_TSTRING;
    if (t->with_body) t->data = lua_tolstring(L, -1, &t->size);
    set_method(t, method);
    curl_easy_setopt(t->easy, CURLOPT_TIMEOUT_MS, milliseconds(timeout));
    return NULL;
}

/* ---- the exchange ---- */

/* [-0, +0, -] Ends early where a hook was set meanwhile: that is how the lua program asks a script to stop (Ctrl-C). */
static CURLcode run(lua_State *L, client *c, transfer *t)
{
    CURLcode result = CURLE_OK;
    lua_Hook hook = lua_gethook(L);
    int running = 1, left;
    if (curl_multi_add_handle(c->multi, t->easy) != CURLM_OK) return CURLE_OUT_OF_MEMORY;
    t->added = true;
    while (running > 0) {
        if (curl_multi_perform(c->multi, &running) != CURLM_OK) result = CURLE_OUT_OF_MEMORY;
        if (result == CURLE_OK && running > 0 && curl_multi_poll(c->multi, NULL, 0, 1000, NULL) != CURLM_OK) {
            result = CURLE_OUT_OF_MEMORY;
        }
        t->interrupted = lua_gethook(L) != hook;
        if (result == CURLE_OK && t->interrupted && running > 0) result = CURLE_ABORTED_BY_CALLBACK;
        if (result != CURLE_OK) break;
    }
    for (CURLMsg *message; (message = curl_multi_info_read(c->multi, &left)) != NULL;) {
        if (message->msg == CURLMSG_DONE && message->easy_handle == t->easy) result = message->data.result;
    }
    curl_multi_remove_handle(c->multi, t->easy);
    t->added = false;
    return result;
}

static long status_of(const transfer *t)
{
    long status = 0;
    curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &status);
    return t->head.length > 0 ? status : 0;
}

/* A server may refuse before it has read the body and then reset the stream or the connection. The answer counts, if
 * all of it came. */
static bool is_complete(const transfer *t)
{
    curl_off_t length = -1;
    curl_easy_getinfo(t->easy, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length);
    return t->head_ended && status_of(t) >= 200 && length >= 0 && (size_t) length == t->body.length;
}

/* whether the request, all of it, may have left */
static bool may_have_left(const transfer *t)
{
    long size = 0;
    if (t->size > 0) return t->offset > 0;
    curl_easy_getinfo(t->easy, CURLINFO_REQUEST_SIZE, &size);
    return size > 0;
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

/* [-0, +1, m] */
static void push_reason(lua_State *L, const transfer *t, CURLcode code)
{
    if (t->body.failure == WA_TOO_LONG || code == CURLE_FILESIZE_EXCEEDED) {
        lua_pushfstring(L, "the answer is longer than %d bytes", (int) t->body.limit);
    } else if (t->head.failure == WA_TOO_LONG) {
        lua_pushfstring(L, "the answer's headers are longer than %d bytes", MAX_HEAD);
    } else if (t->interrupted && code == CURLE_ABORTED_BY_CALLBACK) {
        lua_pushliteral(L, "interrupted");
    } else if (code == CURLE_SEND_FAIL_REWIND || code == CURLE_ABORTED_BY_CALLBACK) {
        lua_pushliteral(
            L, "the connection broke after the request was handed over, and it is not sent again by itself");
    } else { /* libcurl's own words, unless they hold a URL: a proxy's may hold a password */
        bool usable = t->error[0] != '\0' && strstr(t->error, "://") == NULL;
        lua_pushstring(L, usable ? t->error : curl_easy_strerror(code));
    }
}

/* [-0, +3, m] */
static int push_failure(lua_State *L, const transfer *t, CURLcode code)
{
    bool sent = may_have_left(t);
    lua_pushnil(L);
    push_reason(L, t, code);
    lua_pushfstring(L, " (curl %d%s)", (int) code, sent ? "; the request may have been sent" : "; nothing was sent");
    lua_concat(L, 2);
    lua_createtable(L, 0, 5);
    lua_pushliteral(L, "transport");
    lua_setfield(L, -2, "kind");
    lua_pushboolean(L, (!sent || t->idempotent) && repeating_helps(code));
    lua_setfield(L, -2, "retryable");
    lua_pushboolean(L, sent);
    lua_setfield(L, -2, "may_have_been_sent");
    lua_pushinteger(L, (lua_Integer) code);
    lua_setfield(L, -2, "curl_code");
    if (status_of(t) > 0) {
        lua_pushinteger(L, (lua_Integer) status_of(t));
        lua_setfield(L, -2, "http_status");
    }
    return 3;
}

/* [-0, +0, m] sets one header of the table on top; a name that comes again is joined with a comma */
static void set_header(lua_State *L, const char *line, size_t length)
{
    const char *colon = memchr(line, ':', length);
    char name[256];
    if (colon == NULL || colon == line || (size_t) (colon - line) > sizeof name) return;
    size_t name_length = (size_t) (colon - line);
    for (size_t i = 0; i < name_length; i++) {
        name[i] = line[i] >= 'A' && line[i] <= 'Z' ? (char) (line[i] - 'A' + 'a') : line[i];
    }
    const char *from = colon + 1, *to = line + length;
    while (from < to && (*from == ' ' || *from == '\t')) from++;
    while (to > from && (to[-1] == ' ' || to[-1] == '\t' || to[-1] == '\r')) to--;
    lua_pushlstring(L, name, name_length);
    lua_pushvalue(L, -1);
    lua_rawget(L, -3);
    if (lua_isnil(L, -1)) {
        lua_pop(L, 1);
        lua_pushlstring(L, from, (size_t) (to - from));
    } else {
        lua_pushliteral(L, ", ");
        lua_pushlstring(L, from, (size_t) (to - from));
        lua_concat(L, 3);
    }
    lua_rawset(L, -3);
}

/* [-0, +1, m] */
static void push_headers(lua_State *L, const wa_buffer *head)
{
    lua_newtable(L);
    for (size_t at = 0; at < head->length;) {
        const char *line = head->bytes + at, *end = memchr(line, '\n', head->length - at);
        size_t length = end == NULL ? head->length - at : (size_t) (end - line);
        if (at > 0) set_header(L, line, length); /* the first one is the status line */
        at += length + 1;
    }
}

/* [-0, +1, m] */
static int push_response(lua_State *L, const transfer *t)
{
    lua_createtable(L, 0, 3);
    lua_pushinteger(L, (lua_Integer) status_of(t));
    lua_setfield(L, -2, "status");
    lua_pushlstring(L, t->body.length > 0 ? t->body.bytes : "", t->body.length);
    lua_setfield(L, -2, "body");
    push_headers(L, &t->head);
    lua_setfield(L, -2, "headers");
    return 1;
}

/* [-0, +1|3, v] client:perform(request) -> response | nil, text, details */
static int client_perform(lua_State *L)
{
    client *c = luaL_checkudata(L, 1, CLIENT);
    if (c->closed) return luaL_error(L, "attempt to use a closed client");
    luaL_checktype(L, 2, LUA_TTABLE);
    lua_settop(L, 2);
    const char *problem = read_request(L, c, &c->transfer);
    if (problem == no_memory) return luaL_error(L, "%s", no_memory);
    if (problem != NULL) return refuse(L, problem);
    CURLcode code = run(L, c, &c->transfer);
    c->transfer.data = NULL;
    /* libcurl calls an answer whole whose connection ended within its headers */
    if (code == CURLE_OK && !c->transfer.head_ended) code = CURLE_PARTIAL_FILE;
    bool whole = code == CURLE_OK || is_complete(&c->transfer);
    return whole ? push_response(L, &c->transfer) : push_failure(L, &c->transfer, code);
}

/* ---- time ---- */

/* [-0, +1, -] now() -> seconds of a clock that never goes back */
static int now(lua_State *L)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    lua_pushnumber(L, (lua_Number) t.tv_sec + (lua_Number) t.tv_nsec / 1e9);
    return 1;
}

/* [-0, +0, v] sleep(seconds): may end early, when a signal comes */
static int sleep_for(lua_State *L)
{
    double seconds = (double) luaL_checknumber(L, 1);
    if (!(seconds > 0)) return 0;
    if (seconds > 86400) seconds = 86400;
    struct timespec t = {.tv_sec = (time_t) seconds};
    t.tv_nsec = (long) ((seconds - (double) t.tv_sec) * 1e9);
    nanosleep(&t, NULL);
    return 0;
}

/* ---- the module ---- */

WA_EXPORT int luaopen_whatsapp_curl(lua_State *L);

/* [-0, +1, m] */
int luaopen_whatsapp_curl(lua_State *L)
{
    static const luaL_Reg methods[] = {{"perform", client_perform}, {"close", client_close}, {"__gc", client_close},
        {"__close", client_close}, {"__tostring", client_tostring}, {NULL, NULL}};
    static const luaL_Reg functions[] = {{"new", new_client}, {"now", now}, {"sleep", sleep_for}, {NULL, NULL}};
    /* libcurl counts its users: one per state, given back when the state closes, after its clients */
    if (luaL_newmetatable(L, GLOBAL)) {
        lua_newuserdata(L, 1);
        lua_pushcfunction(L, global_gc);
        lua_setfield(L, -3, "__gc");
        if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) return luaL_error(L, "libcurl could not be initialised");
        lua_pushvalue(L, -2);
        lua_setmetatable(L, -2);
        lua_setfield(L, -2, "held");
    }
    lua_pop(L, 1);
    luaL_newmetatable(L, CLIENT);
    wa_register(L, methods);
    lua_pushvalue(L, -1);
    lua_setfield(L, -2, "__index");
    lua_pop(L, 1);
    lua_createtable(L, 0, 4);
    wa_register(L, functions);
    lua_pushfstring(L, "libcurl/%s", curl_version_info(CURLVERSION_NOW)->version);
    lua_setfield(L, -2, "version");
    return 1;
}
