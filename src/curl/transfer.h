/* One request on one easy handle of libcurl: the bytes that are sent, the bytes that came back, and whether the request
 * may have left. Knows no Lua, and nothing of messages. libcurl never sends a body a second time by itself. */
#ifndef WA_TRANSFER_H
#define WA_TRANSFER_H

#include "../buffer.h"
#include "body.h"

#include <curl/curl.h>
#include <stdint.h>

#if LIBCURL_VERSION_NUM < 0x073d00
#error "lua-whatsapp needs the headers of libcurl 7.61 or later"
#endif

/* libcurl 7.80 and later say when a request begins on a connection; 7.62 and later have functions that split a URL. */
#define WA_HAS_PREREQ (LIBCURL_VERSION_NUM >= 0x075000)
#define WA_HAS_URL_API (LIBCURL_VERSION_NUM >= 0x073e00)

/* If libcurl has the whole body, it sends head and body together, with half the system calls. Then we must know when a
 * request begins for the second time; libcurl 7.80 and later tell us. With an older libcurl, or with WA_READ_BODY,
 * libcurl asks for the body piece by piece. Before it sends the body again it asks us to go back, and we refuse. */
#if WA_HAS_PREREQ && !defined(WA_READ_BODY)
#define WA_WHOLE_BODY 1
#endif

enum {
    WA_MAX_HEAD = 64 << 10, /* bytes of an answer's head */
    WA_MAX_HEADERS = 64 << 10,
    WA_MAX_URL = 8 << 10
};

WA_DATA const char *const wa_no_memory;

/* ---- settings ---- */

/* The settings of a client, for all of its requests. The owner of the settings keeps the strings alive. */
typedef struct wa_settings {
    double timeout, connect_timeout; /* seconds */
    const char *proxy, *ca_file, *user_agent;
    int64_t max_body;     /* bytes */
    int64_t max_requests; /* the most requests over one connection */
    bool allow_http;
    wa_allocator allocate;
    void *context;
} wa_settings;

typedef enum wa_option_kind { WA_SECONDS, WA_STRING, WA_NUMBER, WA_FLAG } wa_option_kind;

/* A setting: its name in Lua, its type, its place in wa_settings (double, const char *, int64_t, bool), and libcurl's
 * option, or 0 if libcurl has no such option. A new setting is a member of wa_settings and a row of this type. */
typedef struct wa_option {
    const char *name;
    wa_option_kind kind;
    size_t offset;
    int option;
} wa_option;

WA_FUNC const wa_option *wa_options(void); /* returns the rows; the last one has the name NULL */
WA_DATA const wa_settings wa_default_settings;

/* Returns a sentence that says what is wrong with the settings, or NULL. */
WA_FUNC const char *wa_check_settings(const wa_settings *settings);

/* ---- a request ---- */

/* The caller fills it. It keeps the strings alive until wa_transfer_set returns, and the bytes of the body until the
 * transfer has ended. */
typedef struct wa_request {
    const char *method, *url;
    wa_buffer headers; /* name: value, each ended by a NUL */
    double timeout;    /* seconds */
    const char *body;  /* NULL: the request has no body, or `stream` has it */
    size_t size;
    wa_stream *stream; /* the body from files or of a form, and the file for the answer; NULL for most requests */
    bool same_head;    /* URL and headers are those of the previous request of this transfer */
} wa_request;

/* The state of a transfer. SPARE: it is unused, or the caller fills it. UNDER_WAY: libcurl has it. ENDED: its outcome
 * waits for the caller. */
typedef enum wa_state { WA_SPARE, WA_UNDER_WAY, WA_ENDED } wa_state;

/* Lifecycle:
 *   1. wa_transfer_open makes libcurl's handle, which all requests of the transfer use.
 *   2. wa_transfer_reset; then the caller fills `request` (SPARE).
 *   3. wa_transfer_set gives the request to libcurl.
 *   4. wa_multi_start starts it (UNDER_WAY). wa_transfer_begin is called each time libcurl begins it on a connection.
 *   5. wa_transfer_finish closes the files (ENDED); the caller reads the outcome.
 *   6. wa_transfer_hand_over leaves a whole file in its place (SPARE); the next request begins with 2.
 *   7. wa_transfer_close, at any time. */
typedef struct wa_transfer {
    wa_request request;
    wa_state state;

    /* the objects and options that libcurl has, kept for the next request */
    CURL *easy;
#if WA_HAS_URL_API
    CURLU *url;
#endif
    struct curl_slist *list;
    bool adds_agent; /* the last header of `list` is the client's User-Agent, as the request has none of its own */
    curl_mime *mime; /* the form, or NULL */
    long timeout;    /* milliseconds */
    bool posted;     /* the handle is set for a POST with a body in memory */
    bool to_file;    /* the handle is set for an answer that goes into a file */
    bool idempotent; /* the method may be repeated */

    /* the outcome */
    size_t offset;    /* bytes of the body that libcurl has read */
    wa_buffer head;   /* the head of the answer */
    wa_buffer body;   /* the body of the answer */
    bool begun;       /* libcurl began to send this request, on any connection */
    bool head_ended;  /* the empty line after the answer's headers came */
    bool interrupted; /* the caller ended it */
    bool carried;     /* the process was forked while it was under way: it belongs to the parent */
    CURLcode code;
    char error[CURL_ERROR_SIZE];

    /* for wa_multi */
    struct wa_transfer *next;
    struct wa_pool *pool; /* the latest pool that it was in */
    int connection;       /* the index of its latest connection there; -1: it had none */
    unsigned slot;        /* its index among the transfers of wa_multi */
    double deadline;      /* the time at which it has to end */
    bool waiting;         /* it has not begun on any connection */
    bool connecting;      /* libcurl opens a connection for it */
    bool on_connection;   /* its connection counts it as under way */
    bool last;            /* its connection closes after it */
    bool awaited;         /* a caller waits for it and holds it, so that it is not queued */

    /* for request.c: the addresses of the table of headers and of the URL that the handle was set from */
    const void *headers_table, *url_string;
} wa_transfer;

/* Returns NULL, or what is wrong: wa_no_memory, or `text`, which then says what this libcurl lacks. The caller calls
 * wa_transfer_close also after a failure. */
WA_FUNC const char *wa_transfer_open(wa_transfer *t, const wa_settings *settings, char *text, size_t size);
WA_FUNC void wa_transfer_close(wa_transfer *t);
WA_FUNC void wa_transfer_forget(wa_transfer *t); /* leaves libcurl's objects to the parent of a forked process */

WA_FUNC void wa_transfer_reset(wa_transfer *t); /* forgets request and outcome */
WA_FUNC void wa_transfer_add_header(
    wa_transfer *t, const char *name, size_t name_length, const char *value, size_t length);

/* Returns the stream of the request, which the first call makes; NULL without memory. The caller opens its files: those
 * of the parts before wa_transfer_set, the file for the answer after it. */
WA_FUNC wa_stream *wa_transfer_stream(wa_transfer *t);

/* Gives the request to libcurl. Returns NULL, or wa_no_memory, or a sentence that says what is wrong with the request.
 */
WA_FUNC const char *wa_transfer_set(wa_transfer *t, const wa_settings *settings);

/* Notes that libcurl begins the request on a connection. Returns false if the request began before and may have
 * arrived, as when libcurl begins again by itself because a kept connection died. The caller then lets libcurl fail
 * instead of sending the request a second time. */
WA_FUNC bool wa_transfer_begin(wa_transfer *t);
WA_FUNC void wa_transfer_finish(wa_transfer *t);    /* closes the files of a transfer that has ended in any way */
WA_FUNC void wa_transfer_hand_over(wa_transfer *t); /* the caller has read the outcome: a whole file stays */

/* ---- the outcome ---- */

/* Sets the number of bytes of files and forms that were sent or received, and their total (-1: unknown). */
WA_FUNC void wa_transfer_progress(const wa_transfer *t, int64_t *moved, int64_t *all);

WA_FUNC bool wa_transfer_is_in_file(const wa_transfer *t); /* true if the answer's body goes into a file */
WA_FUNC long wa_transfer_status(const wa_transfer *t);     /* returns the HTTP status; 0: no answer came */
WA_FUNC bool wa_transfer_is_whole(const wa_transfer *t);   /* true if a whole answer came */
WA_FUNC bool wa_transfer_may_have_left(const wa_transfer *t);
WA_FUNC bool wa_transfer_may_be_repeated(const wa_transfer *t); /* true if that may help and cannot send twice */

/* Returns what went wrong, in words that contain no URL and nothing of the user's. */
WA_FUNC const char *wa_transfer_reason(const wa_transfer *t, char *text, size_t size);

#endif
