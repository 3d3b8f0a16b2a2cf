/* The functions that differ between systems: clock, process, sockets, SIGPIPE. Knows neither Lua nor transfers. Only
 * wa_sleep and wa_poll wait. */
#ifndef WA_SYSTEM_H
#define WA_SYSTEM_H

#include "../linkage.h"

#include <curl/curl.h>
#include <stdbool.h>
#include <stddef.h>

#if defined(__linux__)
#define WA_HAS_EPOLL 1
#else
#define WA_HAS_EPOLL 0
#endif

#if defined(_WIN32)
typedef WSAPOLLFD wa_pollfd;
#else
#include <poll.h>
#include <signal.h>
typedef struct pollfd wa_pollfd;
#endif

WA_FUNC double wa_clock(void); /* returns the seconds of a clock that never goes back */
WA_FUNC void wa_sleep(double seconds);
WA_FUNC long wa_process(void); /* returns the number of this process; a forked child has another one */

WA_FUNC int wa_close_socket(curl_socket_t socket);
WA_FUNC int wa_local_port(curl_socket_t socket); /* returns 0 if it has no port */

/* Waits until one of the sockets is ready or the time is over; ends early if a signal comes. Returns as poll() does. */
WA_FUNC int wa_poll(wa_pollfd *sockets, size_t count, int milliseconds);

/* libcurl before 7.87 raises SIGPIPE when it writes over OpenSSL, and does not ignore it because of CURLOPT_NOSIGNAL.
 * Between wa_sigpipe_block and wa_sigpipe_restore, SIGPIPE does not reach this thread. */
typedef struct wa_sigpipe {
    bool blocked, pending;
#if !defined(_WIN32)
    sigset_t before;
#endif
} wa_sigpipe;

WA_FUNC bool wa_raises_sigpipe(void); /* returns true if this libcurl raises it */
WA_FUNC void wa_sigpipe_block(wa_sigpipe *saved, bool needed);
WA_FUNC void wa_sigpipe_restore(const wa_sigpipe *saved);

#endif
