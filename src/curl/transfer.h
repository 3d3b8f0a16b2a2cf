/* One exchange over libcurl: what is sent, what came back, and whether the request may have left. Bytes in, bytes out:
 * knows no Lua, and nothing of messages. A body is never sent a second time by libcurl itself. */
#ifndef WA_TRANSFER_H
#define WA_TRANSFER_H

#include "../buffer.h"
#include "body.h"

#include <curl/curl.h>
#include <stdint.h>

enum {
    WA_MAX_HEAD = 64 << 10, /* of an answer */
    WA_MAX_HEADERS = 64 << 10,
    WA_MAX_URL = 8 << 10
};

/* what stays the same for every exchange of a client; the strings are the owner's */
typedef struct wa_settings {
    double timeout, connect_timeout; /* seconds */
    const char *proxy, *ca_file, *user_agent;
    size_t max_body;     /* bytes */
    size_t max_requests; /* over one connection */
    bool allow_http;
    wa_allocator allocate;
    void *context;
} wa_settings;

/* What many requests have in common: a POST's URL, headers and time-out, as they were found good. */
typedef struct wa_prepared {
    unsigned long id;           /* never 0; another one has another */
    wa_buffer headers, address; /* as a transfer has them */
    double timeout;             /* seconds */
} wa_prepared;

/* 7.80 says when a request begins on a connection */
#define WA_HAS_PREREQ (LIBCURL_VERSION_NUM >= 0x075000)

/* SPARE: to be filled, or unused. UNDER_WAY: libcurl has it. ENDED: the outcome is there, until the caller gives it
 * back. */
typedef enum wa_state { WA_SPARE, WA_UNDER_WAY, WA_ENDED } wa_state;

/* kept for the next exchange: libcurl's handle, the URL and the headers as they were last given to it */
typedef struct wa_transfer {
    CURL *easy;
    CURLU *url;
    struct curl_slist *list;
    wa_buffer headers, listed; /* name: value, each ended by a NUL; those that `list` was made of */
    wa_buffer address, set;    /* the URL; the one that `url` was made of */
    wa_buffer head, body;      /* of the answer */
    const char *data;          /* the request's body; the caller keeps it until the exchange has ended */
    size_t size, offset;
    wa_stream *stream;      /* what goes from or to files; NULL for most */
    curl_mime *mime;        /* of a form */
    long timeout;           /* as libcurl has it, in milliseconds */
    unsigned long prepared; /* what it is set for; 0: a request of its own */
    bool with_body, idempotent;
    bool posted;      /* libcurl is set for a POST with a body */
    bool to_file;     /* libcurl is set for an answer that goes into a file */
    bool begun;       /* libcurl began to send this request, on whatever connection */
    bool head_ended;  /* the empty line behind the answer's headers came */
    bool interrupted; /* by the caller */
    bool carried;     /* over a fork, while it was under way: it is the parent's */
    CURLcode code;    /* once it has ended */
    char error[CURL_ERROR_SIZE];
    /* for wa_multi */
    wa_state state;
    struct wa_transfer *next;
    struct wa_pool *pool; /* the latest one that it was in */
    int connection;       /* its latest connection there; -1: it had none */
    unsigned slot;
    double deadline;    /* when it is overdue */
    bool waiting;       /* it has not begun on any connection */
    bool connecting;    /* it opens one */
    bool on_connection; /* it is counted there */
    bool last;          /* its connection closes after it */
    bool awaited;       /* by a caller who holds it, so that it is not queued */
} wa_transfer;

/* A request begins on a connection. Returns false where it began before and may have arrived: libcurl begins again by
 * itself when a kept connection dies. libcurl then fails instead of sending it a second time. */
WA_FUNC bool wa_transfer_begin(wa_transfer *t);
WA_FUNC double wa_transfer_timeout(const wa_transfer *t); /* seconds */
WA_FUNC void wa_transfer_forget(wa_transfer *t); /* leaves libcurl's objects to the parent of a forked process */

/* false: `code` is CURLE_OUT_OF_MEMORY, or what this libcurl lacks; wa_transfer_close is right all the same */
WA_FUNC bool wa_transfer_open(wa_transfer *t, const wa_settings *settings);
WA_FUNC void wa_transfer_close(wa_transfer *t);

/* forgets the exchange before; then the caller adds to `headers` and `address` and sets the body */
WA_FUNC void wa_transfer_reset(wa_transfer *t);
WA_FUNC void wa_transfer_add_header(
    wa_transfer *t, const char *name, size_t name_length, const char *value, size_t length);

/* Of the exchange that is prepared, made at the first call; then the caller fills it, and opens its files: parts before
 * the request is prepared, the file for the answer after it. NULL: no memory. */
WA_FUNC wa_stream *wa_transfer_stream(wa_transfer *t);

WA_DATA const char *const wa_no_memory;

/* A body that libcurl has as a whole leaves together with the head: half the system calls. Then a request that begins
 * for the second time must be seen, which libcurl 7.80 and later let. With others, or with WA_READ_BODY, libcurl asks
 * for the body bit by bit and, before it sends it again, to go back in it. */
#if WA_HAS_PREREQ && !defined(WA_READ_BODY)
#define WA_WHOLE_BODY 1
#endif

/* Gives libcurl all of it. What is wrong with the request, or wa_no_memory, or NULL. */
WA_FUNC const char *wa_transfer_prepare(
    wa_transfer *t, const wa_settings *settings, const char *method, double timeout);

/* The same of a POST that was prepared, with a body of its own: where the exchange before was of the same, nothing but
 * that is set. Takes the place of wa_transfer_reset too. */
WA_FUNC const char *wa_transfer_post(
    wa_transfer *t, const wa_settings *settings, const wa_prepared *prepared, const char *body, size_t size);

/* Keeps what a transfer that was given to libcurl has, for others; false: no memory. */
WA_FUNC bool wa_prepared_copy(wa_prepared *prepared, const wa_transfer *t);
WA_FUNC void wa_prepared_free(wa_prepared *prepared); /* may be called again */

WA_FUNC void wa_transfer_finish(wa_transfer *t);    /* it has ended, whether or not it got through: closes files */
WA_FUNC void wa_transfer_hand_over(wa_transfer *t); /* its outcome was read: a file that is whole stays */

/* how many bytes of a stream have gone or come, and of how many; -1: nobody knows */
WA_FUNC void wa_transfer_progress(const wa_transfer *t, int64_t *moved, int64_t *all);

/* of what has ended */
WA_FUNC bool wa_transfer_is_in_file(const wa_transfer *t); /* the answer's body, as far as it came */
WA_FUNC long wa_transfer_status(const wa_transfer *t);     /* 0: no answer */
WA_FUNC bool wa_transfer_is_whole(const wa_transfer *t);
WA_FUNC bool wa_transfer_may_have_left(const wa_transfer *t);
WA_FUNC bool wa_transfer_may_be_repeated(const wa_transfer *t); /* it helps, and cannot send twice */

/* what went wrong; no URL in it, and nothing of the user's */
WA_FUNC const char *wa_transfer_reason(const wa_transfer *t, char *text, size_t size);

#endif
