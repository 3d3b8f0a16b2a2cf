/* Many exchanges at once over one multi handle of libcurl, which keeps the connections. Whoever drives it either waits
 * here, or watches one file descriptor and steps when it can be read. Knows no Lua. */
#ifndef WA_MULTI_H
#define WA_MULTI_H

#include "transfer.h"

#include <sys/types.h>

typedef struct wa_multi {
    CURLM *handle;
    wa_settings settings;
    wa_transfer **transfers; /* all of them, by slot; they are used again and again */
    size_t count, capacity;
    wa_transfer *spare;        /* those that are not used */
    wa_transfer *first, *last; /* those that have ended and were not fetched */
    size_t running;            /* added to libcurl */
    double soonest;            /* when the first of them is overdue, or earlier */
    double due;                /* when libcurl wants to be called though nothing came; negative: it does not */
    int epoll;                 /* the set of its sockets; -1: none was needed yet, or this system has no such */
    int timer;                 /* a clock in that set, for who watches it; -1: nobody does */
    double armed;              /* when the clock goes off; negative: it does not */
    unsigned char *watched;    /* what the set has of each descriptor, by number */
    size_t watched_size;
    pid_t owner;   /* the process that the connections belong to */
    char *mark;    /* a page that is nothing but zeros in a forked child; NULL: this system has no such */
    bool unusable; /* this libcurl lacks something */
    bool broken;   /* libcurl had no memory, and knows no more what it has */
} wa_multi;

/* false: no memory; wa_multi_close is right all the same */
WA_FUNC bool wa_multi_open(wa_multi *m, const wa_settings *settings);
WA_FUNC void wa_multi_close(wa_multi *m); /* may be called again */

/* In a forked child the connections are the parent's: they are left as they are, never written to and never closed, and
 * new ones are made. What was under way ends with `carried`. False: no memory, now or when libcurl's was to be
 * replaced. */
WA_FUNC bool wa_multi_renew(wa_multi *m);

/* A transfer to fill; the same one until it is started. NULL: no memory, or `unusable`. */
WA_FUNC wa_transfer *wa_multi_spare(wa_multi *m);
WA_FUNC bool wa_multi_start(wa_multi *m, wa_transfer *t); /* false: no memory */

/* takes the first that has ended; NULL: none. Whoever has read it gives it back. */
WA_FUNC wa_transfer *wa_multi_ended(const wa_multi *m);
WA_FUNC void wa_multi_give(wa_multi *m, wa_transfer *t);

/* ends one early */
WA_FUNC void wa_multi_abort(wa_multi *m, wa_transfer *t);

WA_FUNC void wa_multi_step(wa_multi *m); /* does what can be done without waiting */
WA_FUNC void wa_multi_wait(
    wa_multi *m, double seconds); /* and waits for something to do, up to so long; may end early */

/* One descriptor, of all connections and of the clock. -1: not on this system, or no descriptor was left when the
 * first exchange began and that is still under way. */
WA_FUNC int wa_multi_pollfd(wa_multi *m);

#endif
