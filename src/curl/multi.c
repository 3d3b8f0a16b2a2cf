/* Many exchanges over one multi handle: see multi.h. All its sockets stand in one epoll set, and stay there between two
 * exchanges: only what has something to read is looked at. Where there is no epoll, libcurl's own poll waits. */
#define _DEFAULT_SOURCE

#include "multi.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#if defined(__linux__)
#define WA_HAS_EPOLL 1
#include <sys/epoll.h>
#include <sys/timerfd.h>
#endif

/* ---- whose process this is ---- */

enum { PAGE = 4096, MARKED = 1 };

static void unmark(wa_multi *m)
{
    if (m->mark != NULL) munmap(m->mark, PAGE);
    m->mark = NULL;
}

/* A system call for each question would cost as much as a tenth of a send: where the system can, it empties a page in
 * the child instead. */
static void mark_owner(wa_multi *m)
{
    m->owner = getpid();
    m->mark = NULL;
#if defined(MADV_WIPEONFORK)
    void *page = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (page == MAP_FAILED) return;
    m->mark = page;
    if (madvise(page, PAGE, MADV_WIPEONFORK) != 0) unmark(m);
    else *m->mark = MARKED;
#endif
}

static bool is_owner(const wa_multi *m)
{
    return m->mark != NULL ? *m->mark == MARKED : m->owner == getpid();
}

/* ---- life ---- */

static bool open_handle(wa_multi *m)
{
    unmark(m);
    mark_owner(m);
    m->handle = curl_multi_init();
    m->broken = false;
    m->epoll = m->timer = -1;
    m->due = m->armed = -1;
    m->running = 0;
    if (m->watched_size > 0) memset(m->watched, 0, m->watched_size);
    return m->handle != NULL;
}

bool wa_multi_open(wa_multi *m, const wa_settings *settings)
{
    memset(m, 0, sizeof *m);
    m->settings = *settings;
    return open_handle(m);
}

static void close_descriptors(wa_multi *m)
{
    if (m->timer >= 0) close(m->timer);
    if (m->epoll >= 0) close(m->epoll);
    m->timer = m->epoll = -1;
}

/* what libcurl holds for a child that is not its owner's: to clean it up would say goodbye on the parent's connections
 */
static void forget(wa_transfer *t)
{
    t->easy = NULL;
    t->list = NULL;
    t->url = NULL;
    t->added = false;
}

void wa_multi_close(wa_multi *m)
{
    bool own = is_owner(m);
    for (size_t i = 0; i < m->count; i++) {
        wa_transfer *t = m->transfers[i];
        if (t->added && own) curl_multi_remove_handle(m->handle, t->easy);
        else if (t->added) forget(t);
        wa_transfer_close(t);
        m->settings.allocate(m->settings.context, t, sizeof *t, 0);
    }
    if (own) curl_multi_cleanup(m->handle);
    if (m->transfers != NULL) {
        m->settings.allocate(m->settings.context, m->transfers, m->capacity * sizeof(wa_transfer *), 0);
    }
    if (m->watched != NULL) m->settings.allocate(m->settings.context, m->watched, m->watched_size, 0);
    close_descriptors(m);
    unmark(m);
    m->handle = NULL;
    m->transfers = NULL;
    m->watched = NULL;
    m->watched_size = 0;
    m->count = m->capacity = m->running = 0;
    m->spare = m->first = m->last = NULL;
}

/* ---- transfers ---- */

static void end(wa_multi *m, wa_transfer *t)
{
    t->added = false;
    t->ended = true;
    t->next = NULL;
    wa_transfer_finish(t);
    if (t->awaited) return; /* by somebody who holds it */
    if (m->last != NULL) m->last->next = t;
    else m->first = t;
    m->last = t;
}

static bool replace_multi(wa_multi *m);

bool wa_multi_renew(wa_multi *m)
{
    if (is_owner(m)) return m->handle != NULL || replace_multi(m);
    close_descriptors(m); /* of the set that is the parent's too, nothing is taken out */
    for (size_t i = 0; i < m->count; i++) {
        wa_transfer *t = m->transfers[i];
        if (!t->added) continue;
        forget(t);
        t->carried = true;
        t->code = CURLE_ABORTED_BY_CALLBACK;
        end(m, t);
    }
    return open_handle(m);
}

static bool grow(wa_multi *m)
{
    size_t capacity = m->capacity == 0 ? 8 : m->capacity * 2;
    wa_transfer **longer = m->settings.allocate(
        m->settings.context, m->transfers, m->capacity * sizeof(wa_transfer *), capacity * sizeof(wa_transfer *));
    if (longer == NULL) return false;
    m->transfers = longer;
    m->capacity = capacity;
    return true;
}

static void tell_of_sockets(wa_multi *m, const wa_transfer *t);

static wa_transfer *new_transfer(wa_multi *m)
{
    if (m->count == m->capacity && !grow(m)) return NULL;
    wa_transfer *t = m->settings.allocate(m->settings.context, NULL, 0, sizeof *t);
    if (t == NULL) return NULL;
    if (!wa_transfer_open(t, &m->settings)) {
        m->unusable = t->code != CURLE_OUT_OF_MEMORY;
        wa_transfer_close(t);
        m->settings.allocate(m->settings.context, t, sizeof *t, 0);
        return NULL;
    }
    tell_of_sockets(m, t);
    t->slot = (unsigned) m->count;
    m->transfers[m->count++] = t;
    return t;
}

wa_transfer *wa_multi_spare(wa_multi *m)
{
    if (m->spare == NULL) m->spare = new_transfer(m);
    return m->spare;
}

/* ---- time ---- */

/* Seconds after which a transfer is ended here that libcurl should have ended: it loses one now and then where its
 * memory runs out, and would wait for ever. */
static const double grace = 1;

static double clock_seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double) t.tv_sec + (double) t.tv_nsec / 1e9;
}

static void take_out(wa_multi *m, wa_transfer *t, CURLcode code)
{
    curl_multi_remove_handle(m->handle, t->easy);
    m->running--;
    t->code = code;
    end(m, t);
}

static void end_overdue(wa_multi *m)
{
    double time = clock_seconds();
    if (m->running == 0 || time < m->soonest) return;
    m->soonest = time + 86400;
    for (size_t i = 0; i < m->count; i++) {
        wa_transfer *t = m->transfers[i];
        if (t->added && t->deadline <= time) take_out(m, t, CURLE_OPERATION_TIMEDOUT);
        else if (t->added && t->deadline < m->soonest) m->soonest = t->deadline;
    }
}

/* ---- one set for all ---- */

#ifdef WA_HAS_EPOLL

/* What the set has of a descriptor. A connection's socket stays in it when libcurl has no more use for it, because that
 * mostly is for a moment; what else libcurl watches it closes without a word, so that it is taken out. */
enum { IN = 1, OUT = 2, UNUSED = 4, CONNECTION = 8, EVENTS = 128 };

static unsigned char watched(const wa_multi *m, int fd)
{
    return (size_t) fd < m->watched_size ? m->watched[fd] : 0;
}

/* what cannot be remembered, for want of memory, is only done again */
static void remember(wa_multi *m, int fd, int state)
{
    size_t size = m->watched_size;
    if (fd < 0 || (state == 0 && (size_t) fd >= size)) return;
    if ((size_t) fd >= size) {
        size_t larger = size < 64 ? 64 : size;
        while (larger <= (size_t) fd) larger *= 2;
        unsigned char *longer = m->settings.allocate(m->settings.context, m->watched, size, larger);
        if (longer == NULL) return;
        memset(longer + size, 0, larger - size);
        m->watched = longer;
        m->watched_size = larger;
    }
    m->watched[fd] = (unsigned char) state;
}

static void take_from_set(wa_multi *m, int fd)
{
    struct epoll_event event = {.data.fd = fd};
    epoll_ctl(m->epoll, EPOLL_CTL_DEL, fd, &event);
    remember(m, fd, watched(m, fd) & CONNECTION);
}

static void put_in_set(wa_multi *m, int fd, int what, bool there)
{
    struct epoll_event event = {.data.fd = fd};
    event.events = ((what & IN) != 0 ? EPOLLIN : 0u) | ((what & OUT) != 0 ? EPOLLOUT : 0u);
    if (epoll_ctl(m->epoll, there ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, fd, &event) != 0)
        epoll_ctl(m->epoll, errno == ENOENT ? EPOLL_CTL_ADD : EPOLL_CTL_MOD, fd, &event);
}

static int on_socket(CURL *easy, curl_socket_t socket, int what, void *context, void *known)
{
    wa_multi *m = context;
    int fd = (int) socket, state = watched(m, fd), kept = state & CONNECTION;
    (void) easy, (void) known;
    if (what == CURL_POLL_REMOVE) {
        if (kept != 0) remember(m, fd, state | UNUSED);
        else take_from_set(m, fd);
        return 0;
    }
    int wanted = ((what & CURL_POLL_IN) != 0 ? IN : 0) | ((what & CURL_POLL_OUT) != 0 ? OUT : 0);
    if ((state & (IN | OUT)) != wanted) put_in_set(m, fd, wanted, (state & (IN | OUT)) != 0);
    remember(m, fd, wanted | kept);
    return 0;
}

/* A number that was closed and comes again is another socket. */
static curl_socket_t on_open(void *context, curlsocktype purpose, struct curl_sockaddr *address)
{
    wa_multi *m = context;
    (void) purpose;
    int fd = socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
    if (fd >= 0) remember(m, fd, CONNECTION);
    return fd < 0 ? CURL_SOCKET_BAD : (curl_socket_t) fd;
}

/* The set would keep what a forked child has open too, and wake us for it for ever. */
static int on_close(void *context, curl_socket_t socket)
{
    wa_multi *m = context;
    if (m->epoll >= 0) take_from_set(m, (int) socket);
    remember(m, (int) socket, 0);
    return close((int) socket);
}

/* the clock goes off in time; earlier does no harm */
static void arm(wa_multi *m)
{
    struct itimerspec when = {.it_value.tv_sec = 0};
    double at = m->due;
    if (m->timer < 0) return;
    if (m->running > 0 && (at < 0 || m->soonest < at)) at = m->soonest;
    if (at < 0 || (m->armed >= 0 && m->armed <= at)) return;
    double left = at - clock_seconds();
    when.it_value.tv_sec = left > 0 ? (time_t) left : 0;
    when.it_value.tv_nsec = left > 0 ? (long) ((left - (double) when.it_value.tv_sec) * 1e9) : 0;
    if (when.it_value.tv_sec == 0 && when.it_value.tv_nsec == 0) when.it_value.tv_nsec = 1; /* nothing would stop it */
    if (timerfd_settime(m->timer, 0, &when, NULL) == 0) m->armed = at;
}

static int on_timer(CURLM *multi, long milliseconds, void *context)
{
    wa_multi *m = context;
    (void) multi;
    m->due = milliseconds < 0 ? -1 : clock_seconds() + (double) milliseconds / 1000;
    arm(m);
    return 0;
}

static void ask_for_sockets(wa_multi *m)
{
    curl_multi_setopt(m->handle, CURLMOPT_SOCKETFUNCTION, on_socket);
    curl_multi_setopt(m->handle, CURLMOPT_SOCKETDATA, m);
    curl_multi_setopt(m->handle, CURLMOPT_TIMERFUNCTION, on_timer);
    curl_multi_setopt(m->handle, CURLMOPT_TIMERDATA, m);
}

/* while nothing is under way, so that libcurl tells of all its sockets */
static bool make_set(wa_multi *m)
{
    if (m->epoll >= 0) return true;
    m->epoll = epoll_create1(EPOLL_CLOEXEC);
    if (m->epoll < 0) return false;
    ask_for_sockets(m);
    return true;
}

static void tell_of_sockets(wa_multi *m, const wa_transfer *t)
{
    curl_easy_setopt(t->easy, CURLOPT_OPENSOCKETFUNCTION, on_open);
    curl_easy_setopt(t->easy, CURLOPT_OPENSOCKETDATA, m);
    curl_easy_setopt(t->easy, CURLOPT_CLOSESOCKETFUNCTION, on_close);
    curl_easy_setopt(t->easy, CURLOPT_CLOSESOCKETDATA, m);
}

int wa_multi_pollfd(wa_multi *m)
{
    if (m->timer >= 0) return m->epoll;
    if ((m->epoll < 0 && m->running > 0) || !make_set(m)) return -1;
    m->timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    struct epoll_event event = {.events = EPOLLIN, .data.fd = m->timer};
    if (m->timer >= 0 && epoll_ctl(m->epoll, EPOLL_CTL_ADD, m->timer, &event) != 0) {
        close(m->timer);
        m->timer = -1;
    }
    arm(m);
    return m->timer >= 0 ? m->epoll : -1;
}

static void act(wa_multi *m, curl_socket_t socket, int mask)
{
    int running;
    if (curl_multi_socket_action(m->handle, socket, mask, &running) != CURLM_OK) m->broken = true;
}

/* calls libcurl if its time has come; false: there was nothing to do */
static bool act_in_time(wa_multi *m)
{
    long milliseconds = -1;
    if (m->due < 0 || clock_seconds() < m->due) return false;
    m->due = -1;
    act(m, CURL_SOCKET_TIMEOUT, 0);
    if (m->due < 0 && curl_multi_timeout(m->handle, &milliseconds) == CURLM_OK) on_timer(m->handle, milliseconds, m);
    return true;
}

static void act_on(wa_multi *m, const struct epoll_event *event)
{
    int mask = 0, fd = event->data.fd;
    if (fd == m->timer) {
        uint64_t times;
        if (read(fd, &times, sizeof times) >= 0) m->armed = -1;
        return;
    }
    if ((watched(m, fd) & UNUSED) != 0) { /* the other side closed a connection that is kept: libcurl will see */
        take_from_set(m, fd);
        return;
    }
    if ((event->events & EPOLLIN) != 0) mask |= CURL_CSELECT_IN;
    if ((event->events & EPOLLOUT) != 0) mask |= CURL_CSELECT_OUT;
    if ((event->events & (EPOLLERR | EPOLLHUP)) != 0) mask |= CURL_CSELECT_ERR;
    act(m, fd, mask);
}

static void act_on_all(wa_multi *m, int timeout)
{
    struct epoll_event events[EVENTS];
    int count;
    do {
        count = epoll_wait(m->epoll, events, EVENTS, timeout);
        for (int i = 0; i < count && !m->broken; i++) act_on(m, &events[i]);
        timeout = 0;
    } while (count == EVENTS && !m->broken);
    if (!m->broken) act_in_time(m);
    arm(m); /* if it went off early */
}

#else

static bool make_set(wa_multi *m)
{
    (void) m;
    return false;
}

static void ask_for_sockets(wa_multi *m)
{
    (void) m;
}

static void tell_of_sockets(wa_multi *m, const wa_transfer *t)
{
    (void) m, (void) t;
}

int wa_multi_pollfd(wa_multi *m)
{
    (void) m;
    return -1;
}

static bool act_in_time(wa_multi *m)
{
    (void) m;
    return false;
}

static void act_on_all(wa_multi *m, int timeout)
{
    (void) m, (void) timeout;
}

#endif

/* ---- under way ---- */

bool wa_multi_start(wa_multi *m, wa_transfer *t)
{
    if (m->running == 0) make_set(m); /* where that fails, libcurl's poll does */
    t->deadline = clock_seconds() + (double) t->timeout / 1000 + grace;
    if (m->running == 0 || t->deadline < m->soonest) m->soonest = t->deadline;
    m->running++; /* the timer is set while it is added */
    if (curl_multi_add_handle(m->handle, t->easy) != CURLM_OK) {
        m->running--;
        wa_transfer_finish(t);
        return false;
    }
    m->spare = t->next;
    t->next = NULL;
    t->added = true;
    return true;
}

wa_transfer *wa_multi_ended(const wa_multi *m)
{
    return m->first;
}

/* the handle of what was carried over a fork is the parent's; another is made */
static bool replace_handle(wa_multi *m, wa_transfer *t)
{
    unsigned slot = t->slot;
    wa_transfer_close(t);
    bool ok = wa_transfer_open(t, &m->settings);
    if (ok) tell_of_sockets(m, t);
    t->slot = slot;
    return ok;
}

void wa_multi_give(wa_multi *m, wa_transfer *t)
{
    if (m->first == t) {
        m->first = t->next;
        if (m->first == NULL) m->last = NULL;
    }
    t->data = NULL;
    t->ended = t->awaited = false;
    wa_transfer_hand_over(t);
    if (t->easy == NULL && !replace_handle(m, t)) return; /* it stays unused until the end */
    t->next = m->spare;
    m->spare = t;
}

static void collect(wa_multi *m)
{
    int left;
    for (CURLMsg *message; (message = curl_multi_info_read(m->handle, &left)) != NULL;) {
        char *context = NULL;
        if (message->msg != CURLMSG_DONE) continue;
        CURL *easy = message->easy_handle;
        CURLcode code = message->data.result; /* the message is gone with its handle */
        curl_easy_getinfo(easy, CURLINFO_PRIVATE, &context);
        wa_transfer *t = (void *) context;
        curl_multi_remove_handle(m->handle, easy);
        m->running--;
        t->code = code == CURLE_OK && !t->head_ended ? CURLE_PARTIAL_FILE : code;
        end(m, t);
    }
}

void wa_multi_abort(wa_multi *m, wa_transfer *t)
{
    t->interrupted = true;
    if (t->added) take_out(m, t, CURLE_ABORTED_BY_CALLBACK);
}

/* ---- driving ---- */

/* a handle that has nothing of the one before: its connections are closed. False: no memory. */
static bool replace_multi(wa_multi *m)
{
    curl_multi_cleanup(m->handle);
    m->handle = curl_multi_init();
    m->broken = false;
    m->due = -1;
    if (m->handle != NULL && m->epoll >= 0) ask_for_sockets(m);
    return m->handle != NULL;
}

/* libcurl must not be called again before all were removed that it had, and is wrong about sockets even then (7.88) */
static void begin_anew(wa_multi *m)
{
    for (size_t i = 0; i < m->count; i++) {
        if (m->transfers[i]->added) take_out(m, m->transfers[i], CURLE_OUT_OF_MEMORY);
    }
    replace_multi(m);
}

/* after something may have happened */
static void settle(wa_multi *m)
{
    collect(m);
    if (m->broken) begin_anew(m);
    end_overdue(m);
}

void wa_multi_step(wa_multi *m)
{
    int running;
    if (m->epoll >= 0) {
        act_in_time(m);
        act_on_all(m, 0);
    } else if (curl_multi_perform(m->handle, &running) != CURLM_OK) {
        m->broken = true;
    }
    settle(m);
}

/* how long may be waited for libcurl, in milliseconds */
static int patience(const wa_multi *m, double seconds)
{
    if (m->running > 0) {
        double time = clock_seconds(), till = m->due >= 0 && m->due < m->soonest ? m->due : m->soonest;
        if (till - time < seconds) seconds = till - time;
    }
    return seconds <= 0 ? 0 : seconds > 3600 ? 3600000 : (int) (seconds * 1000) + 1;
}

enum { MOST_TURNS = 3 };

void wa_multi_wait(wa_multi *m, double seconds)
{
    if (m->epoll >= 0) {
        size_t before = m->running;
        for (int i = 0; i < MOST_TURNS && act_in_time(m); i++) settle(m); /* what can go on at once does */
        if (m->running < before) return;                                  /* something has ended */
        act_on_all(m, patience(m, seconds));
        settle(m);
    } else {
        curl_multi_poll(m->handle, NULL, 0, patience(m, seconds), NULL);
        wa_multi_step(m); /* also where that had no memory: what is overdue ends */
    }
}
