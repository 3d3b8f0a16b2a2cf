/* What differs between systems below libcurl: clock, process, sockets. Knows neither Lua nor transfers, and never waits
 * but where its name says so. */
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

WA_FUNC double wa_clock(void); /* seconds of a clock that never goes back */
WA_FUNC void wa_sleep(double seconds);
WA_FUNC long wa_process(void); /* its number; a forked child has another one */

WA_FUNC int wa_close_socket(curl_socket_t socket);
WA_FUNC int wa_local_port(curl_socket_t socket); /* 0: it has none */

/* waits until one of them is ready, at most so long; may end early when a signal comes */
WA_FUNC int wa_poll(wa_pollfd *sockets, size_t count, int milliseconds);

/* libcurl before 7.87 writes over OpenSSL in a way that raises SIGPIPE, and CURLOPT_NOSIGNAL lets it pass. Between
 * begin and end SIGPIPE does not reach this thread. */
typedef struct wa_quiet {
    bool blocked, pending;
#if !defined(_WIN32)
    sigset_t before;
#endif
} wa_quiet;

WA_FUNC bool wa_raises_sigpipe(void); /* whether this libcurl does */
WA_FUNC void wa_quiet_begin(wa_quiet *quiet, bool needed);
WA_FUNC void wa_quiet_end(const wa_quiet *quiet);

#endif
