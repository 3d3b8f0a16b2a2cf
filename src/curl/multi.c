/* Many transfers over libcurl: see multi.h. libcurl tells us which sockets it watches. On a system with epoll, one
 * epoll set has them all, and keeps the socket of a connection between two requests; on other systems we pass a list of
 * them to poll(). */
#define _DEFAULT_SOURCE

#include "multi.h"

#include <errno.h>
#include <string.h>

#if WA_HAS_EPOLL
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>
#endif

/* HTTP/2: the most connections of a pool to one host, and of a new pool while a retired one still has connections; at
 * most 4 together. */
enum { HOST_CONNECTIONS = 3, MORE_CONNECTIONS = 1 };

/* The most streams of a connection, if the server allows as many. libcurl's own limit is 100. */
enum { STREAMS = 1000 };

/* Bits of the state of a socket. CONNECTION: we opened it for a connection; it stays in the epoll set when libcurl
 * stops watching it (IDLE), which is mostly for a moment. We take any other socket out of the set then, because libcurl
 * closes it without telling us. */
enum { READS = 1, WRITES = 2, IDLE = 4, CONNECTION = 8 };

static void *resize(wa_multi *m, void *block, size_t from, size_t to)
{
    return m->settings.allocate(m->settings.context, block, from, to);
}

/* ---- connections ---- */

static void find_most(wa_pool *p)
{
    p->most = 0;
    for (size_t i = 0; i < p->count; i++) {
        if (p->connections[i].port != 0 && p->connections[i].begun > p->most) p->most = p->connections[i].begun;
    }
}

static void forget_connection(wa_pool *p, int port)
{
    for (size_t i = 0; port != 0 && i < p->count; i++) {
        if (p->connections[i].port == port) p->connections[i].port = 0;
    }
    find_most(p);
}

/* Returns the index of a free place for a connection; -1 without memory. */
static int new_connection(wa_pool *p)
{
    for (size_t i = 0; i < p->count; i++) {
        if (p->connections[i].port == 0 && p->connections[i].under_way == 0) return (int) i;
    }
    if (p->count == p->capacity) {
        size_t capacity = p->capacity == 0 ? 4 : p->capacity * 2, size = sizeof(wa_connection);
        wa_connection *longer = resize(p->multi, p->connections, p->capacity * size, capacity * size);
        if (longer == NULL) return -1;
        p->connections = longer;
        p->capacity = capacity;
    }
    return (int) p->count++;
}

static unsigned hash_of(const char *address, int port)
{
    unsigned hash = (unsigned) port;
    for (; address != NULL && *address != '\0'; address++) hash = hash * 31 + (unsigned char) *address;
    return hash;
}

/* Returns the index of the connection with this local port, or -1. It looks first at the one that the transfer had
 * before, which is the right one for most. */
static int find_connection(wa_pool *p, const wa_transfer *t, int port)
{
    if (t->connection >= 0 && (size_t) t->connection < p->count && p->connections[t->connection].port == port)
        return t->connection;
    for (size_t i = 0; i < p->count; i++) {
        if (p->connections[i].port == port) return (int) i;
    }
    return -1;
}

/* Uncounts a transfer that no longer waits for a connection, or that has ended. */
static void leave_connection(wa_pool *p, wa_transfer *t)
{
    if (t->waiting) p->waiting--;
    if (t->on_connection) p->connections[t->connection].under_way--;
    t->waiting = t->on_connection = false;
}

/* counts a request that libcurl begins on a connection */
static void note_begin(wa_transfer *t, const char *address, int peer_port, int port)
{
    wa_pool *p = t->pool;
    leave_connection(p, t);
    int found = find_connection(p, t, port);
    if (found < 0) {
        found = new_connection(p);
        if (found < 0) {
            p->most++; /* it cannot be counted: assume the worst */
            return;
        }
        p->connections[found] = (wa_connection){.port = port, .peer = hash_of(address, peer_port)};
    }
    wa_connection *c = &p->connections[found];
    t->connection = found;
    t->on_connection = true;
    if (++c->begun > p->most) p->most = c->begun;
    /* only a guess: a request of HTTP/1.1 that has ended is counted until it is collected */
    if (++c->under_way > 1 && p->multi->protocol == WA_UNKNOWN) p->multi->protocol = WA_MULTIPLEXED;
}

/* notes the protocol of a transfer that has ended */
static void note_protocol(const wa_transfer *t)
{
    long version = 0;
    curl_easy_getinfo(t->easy, CURLINFO_HTTP_VERSION, &version);
    if (version == CURL_HTTP_VERSION_1_1 || version == CURL_HTTP_VERSION_1_0) t->pool->multi->protocol = WA_SERIAL;
    else if (version != 0) t->pool->multi->protocol = WA_MULTIPLEXED;
}

#if WA_HAS_PREREQ

static int on_request(void *context, char *address, char *local_address, int peer_port, int port)
{
    wa_transfer *t = context;
    (void) local_address;
    if (!wa_transfer_begin(t)) return CURL_PREREQFUNC_ABORT;
    note_begin(t, address, peer_port, port);
    return CURL_PREREQFUNC_OK;
}

#else

/* Counts a request at its end, because this libcurl does not say when it begins. */
static void note_end(wa_transfer *t)
{
    long port = 0;
    curl_easy_getinfo(t->easy, CURLINFO_LOCAL_PORT, &port);
    if (port != 0) note_begin(t, NULL, 0, (int) port);
}

#endif

/* ---- pools ---- */

static void ask_for_sockets(wa_pool *p);

static bool open_pool(wa_pool *p)
{
    p->handle = curl_multi_init();
    p->broken = false;
    p->due = -1;
    p->limit = 0;
    p->count = p->most = 0;
    if (p->handle == NULL) return false;
    curl_multi_setopt(p->handle, CURLMOPT_PIPELINING, CURLPIPE_MULTIPLEX);
#if LIBCURL_VERSION_NUM >= 0x074300
    curl_multi_setopt(p->handle, CURLMOPT_MAX_CONCURRENT_STREAMS, (long) STREAMS);
#endif
    ask_for_sockets(p);
    return true;
}

static wa_pool *new_pool(wa_multi *m)
{
    wa_pool *p = resize(m, NULL, 0, sizeof *p);
    if (p == NULL) return NULL;
    *p = (wa_pool){.multi = m};
    if (!open_pool(p)) {
        resize(m, p, sizeof *p, 0);
        return NULL;
    }
    p->next = m->pools;
    m->pools = p;
    return p;
}

/* `owned` is false in a forked child: libcurl's handle belongs to the parent, and stays as it is */
static void free_pool(wa_multi *m, wa_pool *p, bool owned)
{
    wa_pool **link = &m->pools;
    while (*link != p) link = &(*link)->next;
    *link = p->next;
    for (size_t i = 0; i < m->count; i++) {
        if (m->transfers[i]->pool == p) m->transfers[i]->pool = NULL;
    }
    if (owned) curl_multi_cleanup(p->handle);
    if (p->connections != NULL) resize(m, p->connections, p->capacity * sizeof(wa_connection), 0);
    resize(m, p, sizeof *p, 0);
}

static size_t busy_connections(const wa_pool *p)
{
    size_t busy = 0;
    for (size_t i = 0; i < p->count; i++) busy += p->connections[i].under_way > 0;
    return busy;
}

static void set_limit(wa_pool *p, long limit)
{
    if (p->limit == limit) return;
    p->limit = limit;
    curl_multi_setopt(p->handle, CURLMOPT_MAX_HOST_CONNECTIONS, limit);
}

/* Limits the connections to one host: HTTP/1.1 needs a connection for each request under way, HTTP/2 only a few for all
 * of them. With a libcurl that does not say when a request begins, only the first answer shows which of the two the
 * server speaks. */
static void limit_connections(wa_multi *m)
{
    bool others = false;
    for (const wa_pool *p = m->pools; p != NULL; p = p->next) others = others || (p != m->current && p->running > 0);
    if (m->protocol == WA_SERIAL) set_limit(m->current, 0);
    else set_limit(m->current, others && m->protocol == WA_MULTIPLEXED ? MORE_CONNECTIONS : HOST_CONNECTIONS);
}

/* Retires a pool: each of its connections closes after its last request, and new requests go to another pool, before
 * the server ends a connection with GOAWAY. A request that a GOAWAY ends may have been sent: libcurl tells the last
 * stream of a GOAWAY, and the stream of a request, only in its debug text, whose words change with each release. */
static void retire(wa_multi *m, wa_pool *p)
{
    p->retired = true;
    for (size_t i = 0; i < m->count; i++) {
        wa_transfer *t = m->transfers[i];
        if (t->state != WA_UNDER_WAY || t->pool != p) continue;
        curl_easy_setopt(t->easy, CURLOPT_FORBID_REUSE, 1L);
        t->last = true;
    }
}

/* Returns the pool that the next request goes to; NULL without memory. */
static wa_pool *choose_pool(wa_multi *m)
{
    if (m->current != NULL && !m->current->retired) return m->current;
    m->current = m->pools;
    while (m->current != NULL && m->current->retired) m->current = m->current->next;
    if (m->current == NULL) m->current = new_pool(m);
    if (m->current != NULL) limit_connections(m);
    return m->current;
}

static bool replace_handle(wa_pool *p)
{
    curl_multi_cleanup(p->handle);
    return open_pool(p);
}

/* Lets a retired pool without requests take new ones: its handle has read the certificates, and a new handle would take
 * 20 ms of CPU to read those of a system. Replaces the handle if one of its connections has no request left, which may
 * be as it was idle when the pool was retired. Frees the pool if there are two others. */
static void reopen(wa_multi *m, wa_pool *p)
{
    p->retired = false;
    if (p != m->current && m->current != NULL && !m->current->retired && m->pools->next->next != NULL)
        free_pool(m, p, true);
    else if (p->most >= (size_t) m->settings.max_requests && !replace_handle(p)) p->broken = true;
}

/* ---- sockets ---- */

/* Returns the entry of a socket, or NULL if it has no entry. With `make`, makes the entry; then NULL means that there
 * is no memory. */
static wa_socket *find_socket(wa_multi *m, curl_socket_t number, bool make)
{
    size_t count = m->socket_count, place = 0;
#if WA_HAS_EPOLL
    place = (size_t) number;
#else
    while (place < count && m->sockets[place].state != 0 && m->sockets[place].number != number) place++;
#endif
    if (place < count) return make || m->sockets[place].state != 0 ? &m->sockets[place] : NULL;
    if (!make) return NULL;
    size_t larger = count < 16 ? 16 : count;
    while (larger <= place) larger *= 2;
    wa_socket *longer = resize(m, m->sockets, count * sizeof *longer, larger * sizeof *longer);
    if (longer == NULL) return NULL;
    memset(longer + count, 0, (larger - count) * sizeof *longer);
    m->sockets = longer;
    m->socket_count = larger;
    return &longer[place];
}

/* Without epoll, the used entries come before the unused ones. */
static void drop_socket(wa_multi *m, wa_socket *s)
{
#if !WA_HAS_EPOLL
    wa_socket *last = s;
    while (last + 1 < m->sockets + m->socket_count && last[1].state != 0) last++;
    *s = *last;
    s = last;
#endif
    (void) m;
    *s = (wa_socket){.state = 0};
}

bool wa_multi_socket(const wa_multi *m, size_t *at, curl_socket_t *number, bool *reads, bool *writes)
{
    for (; *at < m->socket_count; ++*at) {
        const wa_socket *s = &m->sockets[*at];
        if ((s->state & (READS | WRITES)) == 0 || (s->state & IDLE) != 0) continue;
        *number = s->number;
        *reads = (s->state & READS) != 0;
        *writes = (s->state & WRITES) != 0;
        ++*at;
        return true;
    }
    return false;
}

static void act(wa_pool *p, curl_socket_t socket, int mask)
{
    int running;
    if (p->broken) return;
    if (curl_multi_socket_action(p->handle, socket, mask, &running) != CURLM_OK) p->broken = true;
}

static void act_on_socket(wa_multi *m, curl_socket_t number, int mask)
{
    wa_socket *s = find_socket(m, number, false);
    if (s != NULL) {
        act(s->pool, number, mask);
        return;
    }
    for (wa_pool *p = m->pools; p != NULL; p = p->next) act(p, number, mask); /* only one pool knows the socket */
}

/* ---- time ---- */

/* Seconds after its deadline at which we end a transfer that libcurl should have ended: libcurl sometimes loses a
 * transfer when its memory runs out. It never ends one that waits for a connection (7.88): we end such a transfer after
 * a moment. */
static const double grace = 0.9, moment = 0.05;

double wa_multi_timeout(const wa_multi *m)
{
    double due = -1, now;
    for (const wa_pool *p = m->pools; p != NULL; p = p->next) {
        if (p->due >= 0 && (due < 0 || p->due < due)) due = p->due;
    }
    if (m->running > 0 && (due < 0 || m->soonest < due)) due = m->soonest;
    if (due < 0) return -1;
    now = wa_clock();
    return due > now ? due - now : 0;
}

static int in_milliseconds(double seconds)
{
    return seconds <= 0 ? 0 : seconds > 3600 ? 3600000 : (int) (seconds * 1000) + 1;
}

static void arm(wa_multi *m);

static int on_timer(CURLM *handle, long milliseconds, void *context)
{
    wa_pool *p = context;
    (void) handle;
    p->due = milliseconds < 0 ? -1 : wa_clock() + (double) milliseconds / 1000;
    arm(p->multi);
    return 0;
}

/* calls libcurl for each pool whose time has come; returns false if there is no such pool */
static bool act_in_time(wa_multi *m)
{
    bool acted = false;
    for (wa_pool *p = m->pools; p != NULL; p = p->next) {
        long milliseconds = -1;
        if (p->broken || p->due < 0 || wa_clock() < p->due) continue;
        acted = true;
        p->due = -1;
        act(p, CURL_SOCKET_TIMEOUT, 0);
        if (p->due < 0 && curl_multi_timeout(p->handle, &milliseconds) == CURLM_OK)
            on_timer(p->handle, milliseconds, p);
    }
    return acted;
}

/* ---- the epoll set ---- */

#if WA_HAS_EPOLL

enum { EVENTS = 128 };

static void take_from_set(wa_multi *m, int fd)
{
    struct epoll_event event = {.data.fd = fd};
    if (m->epoll >= 0) epoll_ctl(m->epoll, EPOLL_CTL_DEL, fd, &event);
}

static void put_in_set(wa_multi *m, int fd, int wanted, bool there)
{
    struct epoll_event event = {.data.fd = fd};
    if (m->epoll < 0) return;
    event.events = ((wanted & READS) != 0 ? EPOLLIN : 0u) | ((wanted & WRITES) != 0 ? EPOLLOUT : 0u);
    if (epoll_ctl(m->epoll, there ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, fd, &event) != 0)
        epoll_ctl(m->epoll, errno == ENOENT ? EPOLL_CTL_ADD : EPOLL_CTL_MOD, fd, &event);
}

/* Makes the epoll set. Returns false if this process has no descriptor left. */
static bool make_set(wa_multi *m)
{
    if (m->epoll >= 0) return true;
    m->epoll = epoll_create1(EPOLL_CLOEXEC);
    for (size_t i = 0; m->epoll >= 0 && i < m->socket_count; i++) {
        int wanted = m->sockets[i].state & (READS | WRITES);
        if (wanted != 0) put_in_set(m, (int) i, wanted, false);
    }
    return m->epoll >= 0;
}

/* Sets the timer to the time of the next step, unless it goes off earlier already, which does no harm. */
static void arm(wa_multi *m)
{
    struct itimerspec when = {.it_value.tv_sec = 0};
    if (m->timer < 0) return;
    double left = wa_multi_timeout(m), at = left < 0 ? -1 : wa_clock() + left;
    if (at < 0 || (m->armed >= 0 && m->armed <= at)) return;
    when.it_value.tv_sec = (time_t) left;
    when.it_value.tv_nsec = (long) ((left - (double) when.it_value.tv_sec) * 1e9);
    if (when.it_value.tv_sec == 0 && when.it_value.tv_nsec == 0) when.it_value.tv_nsec = 1; /* 0 would stop the timer */
    if (timerfd_settime(m->timer, 0, &when, NULL) == 0) m->armed = at;
}

int wa_multi_pollfd(wa_multi *m)
{
    if (m->timer >= 0) return m->epoll;
    if (!make_set(m)) return -1;
    m->timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    struct epoll_event event = {.events = EPOLLIN, .data.fd = m->timer};
    if (m->timer >= 0 && epoll_ctl(m->epoll, EPOLL_CTL_ADD, m->timer, &event) != 0) {
        close(m->timer);
        m->timer = -1;
    }
    arm(m);
    return m->timer >= 0 ? m->epoll : -1;
}

static void close_descriptors(wa_multi *m)
{
    if (m->timer >= 0) close(m->timer);
    if (m->epoll >= 0) close(m->epoll);
    m->timer = m->epoll = -1;
}

static void act_on(wa_multi *m, const struct epoll_event *event)
{
    int mask = 0, fd = event->data.fd;
    if (fd == m->timer) {
        uint64_t times;
        if (read(fd, &times, sizeof times) >= 0) m->armed = -1;
        return;
    }
    wa_socket *s = find_socket(m, fd, false);
    /* the server closed an idle connection: libcurl finds out when it next uses the connection */
    if (s != NULL && (s->state & IDLE) != 0) {
        take_from_set(m, fd);
        s->state &= CONNECTION;
        return;
    }
    if ((event->events & EPOLLIN) != 0) mask |= CURL_CSELECT_IN;
    if ((event->events & EPOLLOUT) != 0) mask |= CURL_CSELECT_OUT;
    if ((event->events & (EPOLLERR | EPOLLHUP)) != 0) mask |= CURL_CSELECT_ERR;
    act_on_socket(m, fd, mask);
}

static bool wait_in_set(wa_multi *m, int milliseconds)
{
    struct epoll_event events[EVENTS];
    int count;
    if (!make_set(m)) return false;
    do {
        count = epoll_wait(m->epoll, events, EVENTS, milliseconds);
        for (int i = 0; i < count; i++) act_on(m, &events[i]);
        milliseconds = 0;
    } while (count == EVENTS);
    return true;
}

#else

static void take_from_set(wa_multi *m, curl_socket_t socket)
{
    (void) m, (void) socket;
}

static void put_in_set(wa_multi *m, curl_socket_t socket, int wanted, bool there)
{
    (void) m, (void) socket, (void) wanted, (void) there;
}

static void arm(wa_multi *m)
{
    (void) m;
}

int wa_multi_pollfd(wa_multi *m)
{
    (void) m;
    return -1;
}

static void close_descriptors(wa_multi *m)
{
    (void) m;
}

static bool make_set(wa_multi *m)
{
    (void) m;
    return false;
}

static bool wait_in_set(wa_multi *m, int milliseconds)
{
    (void) m, (void) milliseconds;
    return false;
}

#endif

/* ---- poll() ---- */

/* Lists the sockets for poll(). Returns their number; SIZE_MAX without memory. */
static size_t list_sockets(wa_multi *m)
{
    size_t count = 0, at = 0;
    curl_socket_t number;
    bool reads, writes;
    if (m->polled_count < m->socket_count) {
        size_t size = sizeof(wa_pollfd);
        wa_pollfd *longer = resize(m, m->polled, m->polled_count * size, m->socket_count * size);
        if (longer == NULL) return SIZE_MAX;
        m->polled = longer;
        m->polled_count = m->socket_count;
    }
    while (wa_multi_socket(m, &at, &number, &reads, &writes)) {
        m->polled[count++] =
            (wa_pollfd){.fd = number, .events = (short) ((reads ? POLLIN : 0) | (writes ? POLLOUT : 0))};
    }
    return count;
}

static void wait_by_poll(wa_multi *m, int milliseconds)
{
    size_t count = list_sockets(m);
    if (count == SIZE_MAX) {
        count = 0;
        if (milliseconds > 10) milliseconds = 10; /* to try again soon */
    }
    if (wa_poll(m->polled, count, milliseconds) <= 0) return;
    for (size_t i = 0; i < count; i++) {
        int mask = 0, events = m->polled[i].revents;
        if ((events & POLLIN) != 0) mask |= CURL_CSELECT_IN;
        if ((events & POLLOUT) != 0) mask |= CURL_CSELECT_OUT;
        if ((events & (POLLERR | POLLHUP | POLLNVAL)) != 0) mask |= CURL_CSELECT_ERR;
        if (mask != 0) act_on_socket(m, m->polled[i].fd, mask);
    }
}

/* ---- libcurl's callbacks about sockets ---- */

static int on_socket(CURL *easy, curl_socket_t number, int what, void *context, void *known)
{
    wa_pool *p = context;
    wa_multi *m = p->multi;
    wa_socket *s = find_socket(m, number, what != CURL_POLL_REMOVE);
    (void) easy, (void) known;
    if (what == CURL_POLL_REMOVE) {
        if (s != NULL && WA_HAS_EPOLL && (s->state & CONNECTION) != 0) {
            s->state |= IDLE;
            return 0;
        }
        take_from_set(m, number);
        if (s != NULL) drop_socket(m, s);
        return 0;
    }
    int wanted = ((what & CURL_POLL_IN) != 0 ? READS : 0) | ((what & CURL_POLL_OUT) != 0 ? WRITES : 0);
    int had = s != NULL ? s->state & (READS | WRITES) : 0, kept = s != NULL ? s->state & CONNECTION : 0;
    if (had != wanted) put_in_set(m, number, wanted, had != 0);
    if (s != NULL) *s = (wa_socket){.pool = p, .number = number, .state = (unsigned char) (wanted | kept)};
    else if (m->epoll < 0) p->broken = true; /* neither the set nor the list has it */
    return 0;
}

#if WA_HAS_EPOLL

/* Opens a socket for libcurl. Its number may be that of a socket that was closed, so that it needs a new entry. */
static curl_socket_t on_open(void *context, curlsocktype purpose, struct curl_sockaddr *address)
{
    wa_transfer *t = context;
    (void) purpose;
    int fd = socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
    if (fd < 0) return CURL_SOCKET_BAD;
    wa_socket *s = find_socket(t->pool->multi, fd, true);
    if (s != NULL) *s = (wa_socket){.pool = t->pool, .number = fd, .state = CONNECTION};
    t->connecting = true;
    return fd;
}

#else

static curl_socket_t on_open(void *context, curlsocktype purpose, struct curl_sockaddr *address)
{
    wa_transfer *t = context;
    (void) purpose;
    t->connecting = true;
    return socket(address->family, address->socktype, address->protocol);
}

#endif

/* Closes a socket for libcurl. Before, takes it out of the epoll set: the set would keep a socket that a forked child
 * has open too, and wake us for it again and again. */
static int on_close(void *context, curl_socket_t number)
{
    wa_pool *p = context;
    wa_multi *m = p->multi;
    wa_socket *s = find_socket(m, number, false);
    take_from_set(m, number);
    if (s != NULL) drop_socket(m, s);
    forget_connection(p, wa_local_port(number));
    return wa_close_socket(number);
}

static void ask_for_sockets(wa_pool *p)
{
    curl_multi_setopt(p->handle, CURLMOPT_SOCKETFUNCTION, on_socket);
    curl_multi_setopt(p->handle, CURLMOPT_SOCKETDATA, p);
    curl_multi_setopt(p->handle, CURLMOPT_TIMERFUNCTION, on_timer);
    curl_multi_setopt(p->handle, CURLMOPT_TIMERDATA, p);
}

/* Returns false if this libcurl, unlike its headers, cannot say when a request begins: without that, a request might be
 * sent twice. */
static bool ask_for_connections(wa_transfer *t)
{
    curl_easy_setopt(t->easy, CURLOPT_OPENSOCKETFUNCTION, on_open);
    curl_easy_setopt(t->easy, CURLOPT_OPENSOCKETDATA, t);
    curl_easy_setopt(t->easy, CURLOPT_CLOSESOCKETFUNCTION, on_close);
#if WA_HAS_PREREQ
    if (curl_easy_setopt(t->easy, CURLOPT_PREREQFUNCTION, on_request) != CURLE_OK) return false;
    curl_easy_setopt(t->easy, CURLOPT_PREREQDATA, t);
#endif
    return true;
}

/* ---- life ---- */

bool wa_multi_open(wa_multi *m, const wa_settings *settings)
{
    memset(m, 0, sizeof *m);
    m->settings = *settings;
    m->owner = wa_process();
    m->sigpipe = wa_raises_sigpipe();
    m->epoll = m->timer = -1;
    m->armed = -1;
    return choose_pool(m) != NULL;
}

/* For a forked child: leaves libcurl's handles as they are. To clean them up would send the end of a connection over
 * the sockets of the parent. */
static void forget(wa_transfer *t)
{
    wa_transfer_forget(t);
    t->pool = NULL;
    t->waiting = t->on_connection = false;
}

void wa_multi_close(wa_multi *m)
{
    bool owned = m->owner == wa_process();
    wa_sigpipe saved;
    wa_sigpipe_block(&saved, m->sigpipe);
    for (size_t i = 0; i < m->count; i++) {
        wa_transfer *t = m->transfers[i];
        if (t->state == WA_UNDER_WAY && owned) curl_multi_remove_handle(t->pool->handle, t->easy);
        else if (t->state == WA_UNDER_WAY) forget(t);
        wa_transfer_close(t);
        resize(m, t, sizeof *t, 0);
    }
    if (m->transfers != NULL) resize(m, m->transfers, m->capacity * sizeof(wa_transfer *), 0);
    m->transfers = NULL;
    m->count = 0;
    while (m->pools != NULL) free_pool(m, m->pools, owned);
    wa_sigpipe_restore(&saved);
    if (m->sockets != NULL) resize(m, m->sockets, m->socket_count * sizeof(wa_socket), 0);
    if (m->polled != NULL) resize(m, m->polled, m->polled_count * sizeof(wa_pollfd), 0);
    close_descriptors(m);
    m->current = NULL;
    m->sockets = NULL;
    m->polled = NULL;
    m->socket_count = m->polled_count = m->capacity = m->running = 0;
    m->spare = m->first = m->last = NULL;
}

/* ---- transfers ---- */

static void end(wa_multi *m, wa_transfer *t)
{
    t->state = WA_ENDED;
    t->next = NULL;
    wa_transfer_finish(t);
    if (t->awaited) return; /* a caller waits for it */
    if (m->last != NULL) m->last->next = t;
    else m->first = t;
    m->last = t;
}

bool wa_multi_after_fork(wa_multi *m)
{
    if (m->owner == wa_process()) return choose_pool(m) != NULL;
    close_descriptors(m); /* the sockets stay in the epoll set, which the parent shares */
    for (size_t i = 0; i < m->count; i++) {
        wa_transfer *t = m->transfers[i];
        if (t->state != WA_UNDER_WAY) continue;
        forget(t);
        t->carried = true;
        t->code = CURLE_ABORTED_BY_CALLBACK;
        end(m, t);
    }
    while (m->pools != NULL) free_pool(m, m->pools, false);
    m->current = NULL;
    m->running = 0;
    m->owner = wa_process();
    m->armed = -1;
    if (m->socket_count > 0) memset(m->sockets, 0, m->socket_count * sizeof(wa_socket));
    return choose_pool(m) != NULL;
}

static bool grow(wa_multi *m)
{
    size_t capacity = m->capacity == 0 ? 8 : m->capacity * 2, size = sizeof(wa_transfer *);
    wa_transfer **longer = resize(m, m->transfers, m->capacity * size, capacity * size);
    if (longer == NULL) return false;
    m->transfers = longer;
    m->capacity = capacity;
    return true;
}

static bool open_transfer(wa_multi *m, wa_transfer *t)
{
    const char *problem = wa_transfer_open(t, &m->settings, m->text, sizeof m->text);
    if (problem == NULL && !ask_for_connections(t)) problem = "this libcurl is older than its headers, before 7.80";
    m->problem = problem;
    return problem == NULL;
}

static wa_transfer *new_transfer(wa_multi *m)
{
    m->problem = wa_no_memory;
    if (m->count == m->capacity && !grow(m)) return NULL;
    wa_transfer *t = resize(m, NULL, 0, sizeof *t);
    if (t == NULL) return NULL;
    if (!open_transfer(m, t)) {
        wa_transfer_close(t);
        resize(m, t, sizeof *t, 0);
        return NULL;
    }
    t->slot = (unsigned) m->count;
    m->transfers[m->count++] = t;
    return t;
}

wa_transfer *wa_multi_spare(wa_multi *m)
{
    if (m->spare == NULL) m->spare = new_transfer(m);
    return m->spare;
}

static void put_in_pool(wa_transfer *t, wa_pool *p)
{
    if (t->pool != p) {
        curl_easy_setopt(t->easy, CURLOPT_CLOSESOCKETDATA, p); /* a connection belongs to one pool */
        t->connection = -1;
    }
    if (t->last) curl_easy_setopt(t->easy, CURLOPT_FORBID_REUSE, 0L);
    t->pool = p;
    t->last = t->on_connection = t->connecting = false;
    t->waiting = true;
    p->waiting++;
    p->running++; /* before curl_multi_add_handle, which sets the timer */
    p->multi->running++;
}

static void take_from_pool(wa_transfer *t)
{
    leave_connection(t->pool, t);
    t->pool->running--;
    t->pool->multi->running--;
}

static bool start(wa_multi *m, wa_transfer *t)
{
    wa_pool *p = choose_pool(m);
    if (p == NULL) return false;
    make_set(m); /* if it fails, poll() is used */
    t->deadline = wa_clock() + t->request.timeout;
    if (m->running == 0 || t->deadline + moment < m->soonest) m->soonest = t->deadline + moment;
    put_in_pool(t, p);
    if (curl_multi_add_handle(p->handle, t->easy) != CURLM_OK) {
        take_from_pool(t);
        return false;
    }
    t->state = WA_UNDER_WAY;
    /* with HTTP/2, all waiting requests may go to one connection; with HTTP/1.1, each goes to another one */
    size_t waiting = m->protocol == WA_SERIAL && p->waiting > 1 ? 1 : p->waiting;
    if (p->most + waiting >= (size_t) m->settings.max_requests) retire(m, p);
    return true;
}

bool wa_multi_start(wa_multi *m, wa_transfer *t)
{
    wa_transfer *next = t->next;
    wa_sigpipe saved;
    wa_sigpipe_block(&saved, m->sigpipe);
    bool started = start(m, t);
    wa_sigpipe_restore(&saved);
    if (!started) {
        wa_transfer_finish(t);
        return false;
    }
    m->spare = next;
    t->next = NULL;
    return true;
}

wa_transfer *wa_multi_ended(const wa_multi *m)
{
    return m->first;
}

/* makes new handles for a transfer that was carried over a fork; returns false if that fails */
static bool replace_easy(wa_multi *m, wa_transfer *t)
{
    unsigned slot = t->slot;
    wa_transfer_close(t);
    bool ok = open_transfer(m, t);
    t->slot = slot;
    return ok;
}

void wa_multi_release(wa_multi *m, wa_transfer *t)
{
    if (m->first == t) {
        m->first = t->next;
        if (m->first == NULL) m->last = NULL;
    }
    t->awaited = false;
    t->request.body = NULL;
    t->state = WA_SPARE;
    wa_transfer_hand_over(t);
    if (t->easy == NULL && !replace_easy(m, t)) return; /* the transfer stays unused */
    t->next = m->spare;
    m->spare = t;
}

/* ---- ends ---- */

static void take_out(wa_multi *m, wa_transfer *t, CURLcode code)
{
    curl_multi_remove_handle(t->pool->handle, t->easy);
    take_from_pool(t);
    t->code = code;
    end(m, t);
}

void wa_multi_abort(wa_multi *m, wa_transfer *t)
{
    wa_sigpipe saved;
    t->interrupted = true;
    if (t->state != WA_UNDER_WAY) return;
    wa_sigpipe_block(&saved, m->sigpipe);
    take_out(m, t, CURLE_ABORTED_BY_CALLBACK);
    wa_sigpipe_restore(&saved);
}

static void end_overdue(wa_multi *m)
{
    if (m->running == 0) return;
    double time = wa_clock();
    if (time < m->soonest) return;
    m->soonest = time + 86400;
    for (size_t i = 0; i < m->count; i++) {
        wa_transfer *t = m->transfers[i];
        if (t->state != WA_UNDER_WAY) continue;
        double latest = t->deadline + (t->waiting ? moment : grace);
        if (latest <= time) take_out(m, t, CURLE_OPERATION_TIMEDOUT);
        else if (latest < m->soonest) m->soonest = latest;
    }
}

static void collect(wa_multi *m, wa_pool *p)
{
    int left;
    for (CURLMsg *message; (message = curl_multi_info_read(p->handle, &left)) != NULL;) {
        char *context = NULL;
        if (message->msg != CURLMSG_DONE) continue;
        CURLcode code = message->data.result; /* libcurl frees the message with its handle */
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &context);
        wa_transfer *t = (void *) context;
#if !WA_HAS_PREREQ
        note_end(t);
#endif
        note_protocol(t);
        take_out(m, t, code == CURLE_OK && !t->head_ended ? CURLE_PARTIAL_FILE : code);
    }
}

/* Replaces the handle of a broken pool, and ends its transfers. libcurl must not be called again before all transfers
 * are removed, and then (7.88) it still has wrong sockets. */
static void replace_broken(wa_multi *m, wa_pool *p)
{
    for (size_t i = 0; i < m->count; i++) {
        wa_transfer *t = m->transfers[i];
        if (t->state == WA_UNDER_WAY && t->pool == p) take_out(m, t, CURLE_OUT_OF_MEMORY);
    }
    if (!replace_handle(p)) {
        if (m->current == p) m->current = NULL;
        free_pool(m, p, false); /* it has no handle */
    }
}

/* ---- HTTP/1.1 or HTTP/2 ---- */

/* Returns true if two connections to one server have one request each, while other requests wait: with HTTP/2, both
 * requests would be on one connection. */
static bool is_serial(const wa_pool *p)
{
    for (size_t i = 0; i < p->count; i++) {
        for (size_t j = 0; j < i; j++) {
            const wa_connection *a = &p->connections[i], *b = &p->connections[j];
            if (a->under_way == 1 && b->under_way == 1 && a->peer == b->peer) return true;
        }
    }
    return false;
}

/* Adds the waiting requests again, which have not begun: libcurl lets them begin one by one, each when the one before
 * has its connection. */
static void restart_waiting(wa_multi *m, wa_pool *p)
{
    for (size_t i = 0; i < m->count; i++) {
        wa_transfer *t = m->transfers[i];
        if (t->state != WA_UNDER_WAY || t->pool != p || !t->waiting || t->connecting) continue;
        curl_multi_remove_handle(p->handle, t->easy);
        if (curl_multi_add_handle(p->handle, t->easy) == CURLM_OK) continue;
        take_from_pool(t);
        t->code = CURLE_OUT_OF_MEMORY;
        end(m, t);
    }
}

static void look_at_connections(wa_multi *m)
{
    wa_pool *p = m->current;
    bool learned = WA_HAS_PREREQ && p->limit > 0 && p->waiting > 0 && busy_connections(p) < 8 && is_serial(p);
    if (learned) m->protocol = WA_SERIAL;
    limit_connections(m);
    if (learned) restart_waiting(m, p);
}

/* ---- driving ---- */

/* looks at what has happened: collects outcomes, replaces broken pools, ends overdue transfers */
static void settle(wa_multi *m)
{
    for (wa_pool *p = m->pools, *next; p != NULL; p = next) {
        next = p->next;
        collect(m, p);
        if (p->broken) replace_broken(m, p);
        else if (p->retired && p->running == 0) reopen(m, p);
    }
    end_overdue(m);
    if (m->current != NULL && m->running > 0) look_at_connections(m);
}

static void act_on_all(wa_multi *m, int milliseconds)
{
    if (!wait_in_set(m, milliseconds)) wait_by_poll(m, milliseconds);
    act_in_time(m);
    arm(m); /* the timer may have gone off early */
}

void wa_multi_step(wa_multi *m)
{
    wa_sigpipe saved;
    wa_sigpipe_block(&saved, m->sigpipe);
    act_in_time(m);
    act_on_all(m, 0);
    settle(m);
    wa_sigpipe_restore(&saved);
}

enum { MOST_TURNS = 3 };

void wa_multi_wait(wa_multi *m, double seconds)
{
    size_t before = m->running;
    wa_sigpipe saved;
    wa_sigpipe_block(&saved, m->sigpipe);
    for (int i = 0; i < MOST_TURNS && act_in_time(m); i++) settle(m); /* whatever can be done at once */
    if (m->running >= before) {                                       /* otherwise something has ended */
        double left = m->running > 0 ? wa_multi_timeout(m) : -1;
        act_on_all(m, in_milliseconds(left >= 0 && left < seconds ? left : seconds));
        settle(m);
    }
    wa_sigpipe_restore(&saved);
}
