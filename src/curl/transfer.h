/* One request on one easy handle of libcurl: what is sent, what came back, and whether the request may have left. Bytes
 * in, bytes out: knows no Lua, and nothing of messages. libcurl never sends a body a second time by itself. */
#ifndef WA_TRANSFER_H
#define WA_TRANSFER_H

#include "../buffer.h"
#include "body.h"

#include <curl/curl.h>
#include <stdint.h>

#if LIBCURL_VERSION_NUM < 0x073d00
#error "lua-whatsapp needs the headers of libcurl 7.61 or later"
#endif

/* 7.80 says when a request begins on a connection; 7.62 reads URLs. */
#define WA_HAS_PREREQ (LIBCURL_VERSION_NUM >= 0x075000)
#define WA_HAS_URL_API (LIBCURL_VERSION_NUM >= 0x073e00)

/* A body that libcurl has as a whole leaves together with the head: half the system calls. Then a request that begins
 * for the second time must be seen, which 7.80 and later let. With others, or with WA_READ_BODY, libcurl asks for the
 * body bit by bit and, before it sends it again, to go back in it. */
#if WA_HAS_PREREQ && !defined(WA_READ_BODY)
#define WA_WHOLE_BODY 1
#endif

enum {
    WA_MAX_HEAD = 64 << 10, /* of an answer */
    WA_MAX_HEADERS = 64 << 10,
    WA_MAX_URL = 8 << 10
};

WA_DATA const char *const wa_no_memory;

/* ---- settings ---- */

/* what is the same for every request of a client; the strings are the owner's */
typedef struct wa_settings {
    double timeout, connect_timeout; /* seconds */
    const char *proxy, *ca_file, *user_agent;
    int64_t max_body;     /* bytes */
    int64_t max_requests; /* over one connection */
    bool allow_http;
    wa_allocator allocate;
    void *context;
} wa_settings;

typedef enum wa_option_kind { WA_SECONDS, WA_STRING, WA_NUMBER, WA_FLAG } wa_option_kind;

/* A setting: its name in Lua, its type, its place in wa_settings (double, const char *, int64_t, bool), and libcurl's
 * option, or 0 where libcurl has none. A new one is a row here and a member there. */
typedef struct wa_option {
    const char *name;
    wa_option_kind kind;
    size_t offset;
    int option;
} wa_option;

WA_FUNC const wa_option *wa_options(void); /* returns the rows, behind the last a name of NULL */
WA_DATA const wa_settings wa_default_settings;

/* returns what is wrong with the settings, or NULL */
WA_FUNC const char *wa_check_settings(const wa_settings *settings);

/* ---- a request ---- */

/* Filled by the caller, whose strings stay until libcurl has it; the body's bytes until the transfer has ended. */
typedef struct wa_request {
    const char *method, *url;
    wa_buffer headers; /* name: value, each ended by a NUL */
    double timeout;    /* seconds */
    const char *body;  /* NULL: it has none, or `stream` has it */
    size_t size;
    wa_stream *stream; /* what goes from or to files; NULL for most */
    bool same_head;    /* URL and headers are those of this transfer's request before */
} wa_request;

/* Where a transfer is. SPARE: unused, or being filled. UNDER_WAY: libcurl has it. ENDED: its outcome waits for the
 * caller. */
typedef enum wa_state { WA_SPARE, WA_UNDER_WAY, WA_ENDED } wa_state;

/* Lifecycle: 1. wa_transfer_open makes libcurl's handle, which is used again and again. 2. wa_transfer_reset; the
 * caller fills `request` (SPARE). 3. wa_transfer_set gives it to libcurl. 4. wa_multi_start (UNDER_WAY);
 * wa_transfer_begin each time libcurl begins it on a connection. 5. wa_transfer_finish closes the files (ENDED); the
 * caller reads the outcome.
 * 6. wa_transfer_hand_over: a whole file stays (SPARE). 7. wa_transfer_close, at any time. */
typedef struct wa_transfer {
    wa_request request;
    wa_state state;

    /* what libcurl was given, kept for the next request */
    CURL *easy;
#if WA_HAS_URL_API
    CURLU *url;
#endif
    struct curl_slist *list;
    bool adds_agent; /* the last header of `list` is the client's User-Agent: the request names none */
    curl_mime *mime; /* of a form */
    long timeout;    /* milliseconds */
    bool posted;     /* it is set for a POST with a body in memory */
    bool to_file;    /* it is set for an answer that goes into a file */
    bool idempotent; /* the method may be repeated */

    /* the outcome */
    size_t offset;    /* bytes of the body that libcurl has read */
    wa_buffer head;   /* of the answer */
    wa_buffer body;   /* of the answer */
    bool begun;       /* libcurl began to send this request, on whatever connection */
    bool head_ended;  /* the empty line behind the answer's headers came */
    bool interrupted; /* by the caller */
    bool carried;     /* over a fork, while it was under way: it is the parent's */
    CURLcode code;
    char error[CURL_ERROR_SIZE];

    /* for wa_multi */
    struct wa_transfer *next;
    struct wa_pool *pool; /* the latest one that it was in */
    int connection;       /* its latest connection there; -1: it had none */
    unsigned slot;
    double deadline;    /* when its time is over */
    bool waiting;       /* it has not begun on any connection */
    bool connecting;    /* it opens one */
    bool on_connection; /* it is counted there */
    bool last;          /* its connection closes after it */
    bool awaited;       /* by a caller who holds it, so that it is not queued */

    /* for wa_request's reader: what the latest head was made of */
    const void *headers_table, *url_string;
} wa_transfer;

/* Returns NULL, or why not: wa_no_memory, or in `text` what this libcurl lacks. wa_transfer_close is right all the
 * same. */
WA_FUNC const char *wa_transfer_open(wa_transfer *t, const wa_settings *settings, char *text, size_t size);
WA_FUNC void wa_transfer_close(wa_transfer *t);
WA_FUNC void wa_transfer_forget(wa_transfer *t); /* leaves libcurl's objects to the parent of a forked process */

WA_FUNC void wa_transfer_reset(wa_transfer *t); /* forgets request and outcome */
WA_FUNC void wa_transfer_add_header(
    wa_transfer *t, const char *name, size_t name_length, const char *value, size_t length);

/* Returns the stream of the request, made at the first call; NULL without memory. The caller opens its files: parts
 * before wa_transfer_set, the file for the answer after it. */
WA_FUNC wa_stream *wa_transfer_stream(wa_transfer *t);

/* Gives the request to libcurl. Returns what is wrong with it, or wa_no_memory, or NULL. */
WA_FUNC const char *wa_transfer_set(wa_transfer *t, const wa_settings *settings);

/* A request begins on a connection. Returns false where it began before and may have arrived: libcurl begins again by
 * itself when a kept connection dies. libcurl then fails instead of sending it a second time. */
WA_FUNC bool wa_transfer_begin(wa_transfer *t);
WA_FUNC void wa_transfer_finish(wa_transfer *t);    /* it has ended, in whatever way: closes files */
WA_FUNC void wa_transfer_hand_over(wa_transfer *t); /* its outcome was read: a file that is whole stays */

/* ---- the outcome ---- */

/* how many bytes of a stream have gone or come, and of how many; -1: unknown */
WA_FUNC void wa_transfer_progress(const wa_transfer *t, int64_t *moved, int64_t *all);

WA_FUNC bool wa_transfer_is_in_file(const wa_transfer *t); /* the answer's body goes there, as far as it came */
WA_FUNC long wa_transfer_status(const wa_transfer *t);     /* 0: no answer */
WA_FUNC bool wa_transfer_is_whole(const wa_transfer *t);
WA_FUNC bool wa_transfer_may_have_left(const wa_transfer *t);
WA_FUNC bool wa_transfer_may_be_repeated(const wa_transfer *t); /* it helps, and cannot send twice */

/* returns what went wrong; no URL in it, and nothing of the user's */
WA_FUNC const char *wa_transfer_reason(const wa_transfer *t, char *text, size_t size);

#endif
