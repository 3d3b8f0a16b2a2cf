/* Many exchanges at once over libcurl, which keeps the connections. The caller either waits here, or watches one
 * descriptor (or libcurl's sockets) and steps when something can be done. Knows no Lua, and never sends a request a
 * second time. */
#ifndef WA_MULTI_H
#define WA_MULTI_H

#include "system.h"
#include "transfer.h"

/* a connection that has begun a request, known by its local port */
typedef struct wa_connection {
    int port;         /* 0: closed, the place is free once nothing is under way */
    unsigned peer;    /* a hash of the address and port on the other side */
    size_t begun;     /* requests so far */
    size_t under_way; /* requests that have no outcome yet */
} wa_connection;

/* A multi handle of libcurl with its connections.
 * Lifecycle: 1. It takes new requests. 2. It is retired as soon as one of its connections may reach max_requests: new
 * requests go to another pool, and each of its connections closes with its last request. 3. When nothing is under way
 * it takes requests again; a second one that is idle is freed. */
typedef struct wa_pool {
    struct wa_multi *multi;
    struct wa_pool *next;
    CURLM *handle;
    wa_connection *connections;
    size_t count, capacity;
    size_t most;    /* requests begun on the connection that has begun most */
    size_t running; /* added to libcurl */
    size_t waiting; /* of these, not yet begun on a connection */
    long limit;     /* connections to one host, as libcurl has it; 0: no limit */
    double due;     /* when libcurl wants to be called though nothing came; negative: it does not */
    bool retired;
    bool broken; /* libcurl ran out of memory, and its state is undefined */
} wa_pool;

/* what libcurl watches a socket for */
typedef struct wa_socket {
    wa_pool *pool;
    curl_socket_t number;
    unsigned char state;
} wa_socket;

/* what the server of most requests speaks, as far as it is known */
typedef enum wa_protocol { WA_UNKNOWN, WA_SERIAL, WA_MULTIPLEXED } wa_protocol;

typedef struct wa_multi {
    wa_settings settings;
    wa_pool *pools, *current;
    wa_transfer **transfers; /* all, by slot; they are used again and again */
    size_t count, capacity;
    wa_transfer *spare;        /* a list of those that are not used */
    wa_transfer *first, *last; /* a queue of those whose outcome was not fetched */
    size_t running;            /* in all pools */
    wa_protocol protocol;
    double soonest;     /* when the first transfer is overdue, or earlier */
    wa_socket *sockets; /* by number where there is epoll, else in any order */
    size_t socket_count;
    wa_pollfd *polled; /* where there is no epoll */
    size_t polled_count;
    int epoll;           /* the set of the sockets; -1: not made yet, or this system has none */
    int timer;           /* a clock in that set, for a caller that watches it; -1: not made */
    double armed;        /* when the clock goes off; negative: it does not */
    long owner;          /* the process that the connections belong to */
    bool sigpipe;        /* this libcurl raises it */
    const char *problem; /* why there is no transfer: wa_no_memory, or a sentence, perhaps in `text` */
    char text[160];
} wa_multi;

/* returns false without memory; wa_multi_close is right all the same */
WA_FUNC bool wa_multi_open(wa_multi *m, const wa_settings *settings);
WA_FUNC void wa_multi_close(wa_multi *m); /* may be called again */

/* In a forked child the connections are the parent's: they are left as they are, never written to and never closed, and
 * new ones are made. What was under way ends with `carried`. Returns false without memory. */
WA_FUNC bool wa_multi_renew(wa_multi *m);

/* Returns a transfer to fill, the same one until it is started; NULL, and `problem` says why. */
WA_FUNC wa_transfer *wa_multi_spare(wa_multi *m);
WA_FUNC bool wa_multi_start(wa_multi *m, wa_transfer *t); /* returns false without memory */

/* Returns the first transfer that has ended, or NULL. The caller reads it and gives it back. */
WA_FUNC wa_transfer *wa_multi_ended(const wa_multi *m);
WA_FUNC void wa_multi_give(wa_multi *m, wa_transfer *t);

WA_FUNC void wa_multi_abort(wa_multi *m, wa_transfer *t); /* ends one early */

WA_FUNC void wa_multi_step(wa_multi *m);                 /* does what can be done without waiting */
WA_FUNC void wa_multi_wait(wa_multi *m, double seconds); /* waits at most so long for something to do; may end early */

/* Returns one descriptor that can be read when there is something to do; -1: not on this system, or none was left. */
WA_FUNC int wa_multi_pollfd(wa_multi *m);

/* For systems where that gives -1: the caller watches libcurl's sockets and steps when one is ready or after the time
 * of wa_multi_timeout. `at` is 0 at first; returns false at the end. */
WA_FUNC bool wa_multi_socket(const wa_multi *m, size_t *at, curl_socket_t *number, bool *reads, bool *writes);
WA_FUNC double wa_multi_timeout(const wa_multi *m); /* seconds until the next step; negative: no time is set */

#endif
