/* Clock, process and sockets of this system: see system.h. */
#define _POSIX_C_SOURCE 200809L
#if defined(_WIN32)
#define _WIN32_WINNT 0x0600 /* Vista: WSAPoll, GetTickCount64 */
#endif

#include "system.h"

#if defined(_WIN32)

#include <process.h>
#include <windows.h>
#include <ws2tcpip.h>

double wa_clock(void)
{
    LARGE_INTEGER ticks, per_second;
    QueryPerformanceCounter(&ticks);
    QueryPerformanceFrequency(&per_second);
    return (double) ticks.QuadPart / (double) per_second.QuadPart;
}

void wa_sleep(double seconds)
{
    Sleep((DWORD) (seconds * 1000));
}

long wa_process(void)
{
    return (long) _getpid();
}

int wa_close_socket(curl_socket_t socket)
{
    return closesocket(socket);
}

int wa_poll(wa_pollfd *sockets, size_t count, int milliseconds)
{
    if (count > 0) return WSAPoll(sockets, (ULONG) count, milliseconds);
    Sleep((DWORD) milliseconds);
    return 0;
}

#else

#include <netinet/in.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

double wa_clock(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double) t.tv_sec + (double) t.tv_nsec / 1e9;
}

void wa_sleep(double seconds)
{
    struct timespec t = {.tv_sec = (time_t) seconds};
    t.tv_nsec = (long) ((seconds - (double) t.tv_sec) * 1e9);
    nanosleep(&t, NULL);
}

long wa_process(void)
{
    return (long) getpid();
}

int wa_close_socket(curl_socket_t socket)
{
    return close(socket);
}

int wa_poll(wa_pollfd *sockets, size_t count, int milliseconds)
{
    return poll(sockets, (nfds_t) count, milliseconds);
}

#endif

int wa_local_port(curl_socket_t socket)
{
    struct sockaddr_storage address = {.ss_family = AF_UNSPEC};
    struct sockaddr_in *v4 = (void *) &address;
    struct sockaddr_in6 *v6 = (void *) &address;
    socklen_t length = sizeof address;
    if (getsockname(socket, (void *) &address, &length) != 0) return 0;
    if (address.ss_family == AF_INET) return ntohs(v4->sin_port);
    return address.ss_family == AF_INET6 ? ntohs(v6->sin6_port) : 0;
}

/* ---- SIGPIPE ---- */

#if !defined(WA_SIGPIPE_BEFORE)
#define WA_SIGPIPE_BEFORE 0x075700
#endif

bool wa_raises_sigpipe(void)
{
    return curl_version_info(CURLVERSION_NOW)->version_num < WA_SIGPIPE_BEFORE;
}

/* macOS has no sigtimedwait, and its sockets have SO_NOSIGPIPE */
#if defined(_WIN32) || defined(__APPLE__)

void wa_sigpipe_block(wa_sigpipe *saved, bool needed)
{
    (void) needed;
    saved->blocked = saved->pending = false;
}

void wa_sigpipe_restore(const wa_sigpipe *saved)
{
    (void) saved;
}

#else

void wa_sigpipe_block(wa_sigpipe *saved, bool needed)
{
    sigset_t pipe, pending;
    saved->blocked = saved->pending = false;
    if (!needed) return;
    sigemptyset(&pipe);
    sigaddset(&pipe, SIGPIPE);
    saved->pending = sigpending(&pending) == 0 && sigismember(&pending, SIGPIPE) == 1;
    saved->blocked = pthread_sigmask(SIG_BLOCK, &pipe, &saved->before) == 0;
}

void wa_sigpipe_restore(const wa_sigpipe *saved)
{
    static const struct timespec at_once = {0, 0};
    sigset_t pipe;
    if (!saved->blocked) return;
    sigemptyset(&pipe);
    sigaddset(&pipe, SIGPIPE);
    if (!saved->pending) sigtimedwait(&pipe, NULL, &at_once);
    pthread_sigmask(SIG_SETMASK, &saved->before, NULL);
}

#endif
