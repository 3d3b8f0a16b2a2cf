/* Many transfers at once over libcurl, which keeps the connections. The caller either waits here, or watches one
 * descriptor (or libcurl's sockets) and calls wa_multi_step when there is something to do. Knows no Lua, and never
 * sends a request a second time. */
#ifndef WA_MULTI_H
#define WA_MULTI_H

#include "system.h"
#include "transfer.h"

/* a connection that has begun a request, known by its local port */
typedef struct wa_connection {
    int port;         /* 0: it is closed, and its place is free once nothing is under way */
    unsigned peer;    /* a hash of the address and the port of the server */
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
    size_t most;    /* the largest `begun` of its open connections */
    size_t running; /* transfers that libcurl has */
    size_t waiting; /* those of them that have not begun on a connection */
    long limit;     /* libcurl's limit of connections to one host; 0: no limit */
    double due;     /* the time at which libcurl must be called even if no socket is ready; negative: no time is set */
    bool retired;
    bool broken; /* libcurl ran out of memory, and its state is undefined */
} wa_pool;

/* a socket that libcurl watches */
typedef struct wa_socket {
    wa_pool *pool;
    curl_socket_t number;
    unsigned char state; /* bits of multi.c: READS, WRITES, IDLE, CONNECTION */
} wa_socket;

/* the protocol of the latest server: HTTP/1.1 is serial, HTTP/2 is multiplexed */
typedef enum wa_protocol { WA_UNKNOWN, WA_SERIAL, WA_MULTIPLEXED } wa_protocol;

typedef struct wa_multi {
    wa_settings settings;
    wa_pool *pools, *current;
    wa_transfer **transfers; /* all transfers, by slot; each serves many requests */
    size_t count, capacity;
    wa_transfer *spare;        /* a list of the unused ones */
    wa_transfer *first, *last; /* a queue of the ended ones whose outcome the caller has not read */
    size_t running;            /* transfers that libcurl has, in all pools */
    wa_protocol protocol;
    double soonest;     /* a time before which no transfer is overdue */
    wa_socket *sockets; /* by number on a system with epoll, else in any order */
    size_t socket_count;
    wa_pollfd *polled; /* the list for poll(), on a system without epoll */
    size_t polled_count;
    int epoll;           /* the epoll set of the sockets; -1: it is not made yet, or this system has no epoll */
    int timer;           /* a timer in that set, for a caller that watches the set; -1: it is not made */
    double armed;        /* the time at which the timer goes off; negative: no time is set */
    long owner;          /* the process to which the connections belong */
    bool sigpipe;        /* this libcurl raises SIGPIPE */
    const char *problem; /* why wa_multi_spare returned NULL: wa_no_memory, `text`, or a static sentence */
    char text[160];
} wa_multi;

/* Returns false without memory. The caller calls wa_multi_close also after a failure. */
WA_FUNC bool wa_multi_open(wa_multi *m, const wa_settings *settings);
WA_FUNC void wa_multi_close(wa_multi *m); /* may be called again */

/* Makes new connections in a forked child; does nothing in any other process. The child never writes to the connections
 * of the parent and never closes them. Transfers that were under way end with `carried`. Returns false without memory.
 */
WA_FUNC bool wa_multi_after_fork(wa_multi *m);

/* Returns a transfer to fill: the same one until it is started. Returns NULL, and sets `problem`, if there is none. */
WA_FUNC wa_transfer *wa_multi_spare(wa_multi *m);
WA_FUNC bool wa_multi_start(wa_multi *m, wa_transfer *t); /* returns false without memory */

/* Returns the first transfer that has ended, or NULL. The caller reads its outcome, then gives it back. */
WA_FUNC wa_transfer *wa_multi_ended(const wa_multi *m);
WA_FUNC void wa_multi_release(wa_multi *m, wa_transfer *t);

WA_FUNC void wa_multi_abort(wa_multi *m, wa_transfer *t); /* ends a transfer early */

WA_FUNC void wa_multi_step(wa_multi *m);                 /* sends and receives without waiting */
WA_FUNC void wa_multi_wait(wa_multi *m, double seconds); /* waits for something to do, and does it; may end early */

/* Returns a descriptor that is readable when there is something to do; -1 if this system has no epoll, or the process
 * has no descriptor left. */
WA_FUNC int wa_multi_pollfd(wa_multi *m);

/* Iterates over libcurl's sockets, for a caller to whom wa_multi_pollfd returns -1: it watches these sockets, and calls
 * wa_multi_step when one is ready or the time of wa_multi_timeout is over. *at is 0 at first. Returns false after the
 * last socket. */
WA_FUNC bool wa_multi_socket(const wa_multi *m, size_t *at, curl_socket_t *number, bool *reads, bool *writes);
WA_FUNC double wa_multi_timeout(const wa_multi *m); /* seconds until the next step; negative: no time is set */

#endif
