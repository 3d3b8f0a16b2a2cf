/* A server on 127.0.0.1 for hosts in C, in a process of its own: takes whatever is posted and counts it. Includer
 * defines _DEFAULT_SOURCE. */
#ifndef ANSWERING_H
#define ANSWERING_H

#include <arpa/inet.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

static void broken(const char *what)
{
    fprintf(stderr, "BROKEN: %s\n", what);
    exit(1);
}

/* what answers, and how many requests reached it */
static struct {
    int port;
    volatile int *arrivals;
} server;

/* reads one request; false: there is none */
static bool read_request(int connection)
{
    char bytes[8192];
    size_t length = 0;
    for (;;) {
        ssize_t got = read(connection, bytes + length, sizeof bytes - 1 - length);
        if (got <= 0) return false;
        length += (size_t) got;
        bytes[length] = '\0';
        const char *end = strstr(bytes, "\r\n\r\n"), *size = strstr(bytes, "Content-Length:");
        if (end == NULL) continue;
        size_t whole = (size_t) (end + 4 - bytes) + (size != NULL ? (size_t) strtoul(size + 15, NULL, 10) : 0);
        if (length >= whole) return true;
    }
}

static void serve(int connection)
{
    static const char body[] = "{\"messages\":[{\"id\":\"wamid.1\"}]}";
    char answer[256];
    struct timeval patience = {.tv_sec = 60}; /* a connection inherits the listener's second, too short on a busy machine */
    setsockopt(connection, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    int length = snprintf(answer, sizeof answer, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\nX-FB-Debug: x\r\n\r\n%s",
        (int) sizeof body - 1, body);
    while (read_request(connection)) {
        __sync_fetch_and_add(server.arrivals, 1);
        if (write(connection, answer, (size_t) length) != length) break;
    }
    _exit(0);
}

/* a process that answers until this one ends, and one more for each connection */
static void start_server(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    server.arrivals = mmap(NULL, sizeof(int), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (server.arrivals == MAP_FAILED || listener < 0) broken("no server");
    if (bind(listener, (struct sockaddr *) &address, size) != 0 || listen(listener, 64) != 0) broken("no server");
    if (getsockname(listener, (struct sockaddr *) &address, &size) != 0) broken("no server");
    server.port = ntohs(address.sin_port);
    pid_t parent = getpid();
    if (fork() != 0) {
        close(listener);
        return;
    }
    signal(SIGCHLD, SIG_IGN);
    struct timeval patience = {.tv_sec = 1};
    setsockopt(listener, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    while (getppid() == parent) {
        int connection = accept(listener, NULL, NULL);
        if (connection >= 0 && fork() == 0) serve(connection);
        if (connection >= 0) close(connection);
    }
    _exit(0);
}

#endif
