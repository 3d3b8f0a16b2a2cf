/* Many exchanges over one multi handle: see multi.h. By default libcurl's own poll waits, which takes the fewest system
 * calls; from the first pollfd on, all its sockets and its timer stand in one epoll set. */
#define _DEFAULT_SOURCE

#include "multi.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
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
    m->epoll = m->timer = -1;
    m->running = 0;
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
    close_descriptors(m);
    unmark(m);
    m->handle = NULL;
    m->transfers = NULL;
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

bool wa_multi_renew(wa_multi *m)
{
    if (is_owner(m)) return true;
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

static double now(void)
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
    double time = now();
    if (m->running == 0 || time < m->soonest) return;
    m->soonest = time + 86400;
    for (size_t i = 0; i < m->count; i++) {
        wa_transfer *t = m->transfers[i];
        if (t->added && t->deadline <= time) take_out(m, t, CURLE_OPERATION_TIMEDOUT);
        else if (t->added && t->deadline < m->soonest) m->soonest = t->deadline;
    }
}

/* how long libcurl may be waited for */
static long milliseconds_left(const wa_multi *m, long milliseconds)
{
    if (m->running == 0) return milliseconds;
    double left = (m->soonest - now()) * 1000 + 1;
    if (left < 0) left = 0;
    return milliseconds < 0 || left < (double) milliseconds ? (long) left : milliseconds;
}

bool wa_multi_start(wa_multi *m, wa_transfer *t)
{
    t->deadline = now() + (double) t->timeout / 1000 + grace;
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

/* ---- one descriptor for all ---- */

#ifdef WA_HAS_EPOLL

enum { EVENTS = 64 };

static int on_socket(CURL *easy, curl_socket_t socket, int what, void *context, void *known)
{
    wa_multi *m = context;
    struct epoll_event event = {.data.fd = (int) socket};
    (void) easy;
    if (what == CURL_POLL_REMOVE) {
        epoll_ctl(m->epoll, EPOLL_CTL_DEL, (int) socket, &event);
        return 0;
    }
    event.events = ((what & CURL_POLL_IN) != 0 ? EPOLLIN : 0u) | ((what & CURL_POLL_OUT) != 0 ? EPOLLOUT : 0u);
    if (epoll_ctl(m->epoll, known != NULL ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, (int) socket, &event) != 0) {
        /* a number that was closed and came again is another socket */
        epoll_ctl(m->epoll, errno == ENOENT ? EPOLL_CTL_ADD : EPOLL_CTL_MOD, (int) socket, &event);
    }
    curl_multi_assign(m->handle, socket, m);
    return 0;
}

static int on_timer(CURLM *multi, long milliseconds, void *context)
{
    wa_multi *m = context;
    struct itimerspec when = {.it_value.tv_sec = 0}; /* all nothing: the clock is stopped */
    (void) multi;
    milliseconds = milliseconds_left(m, milliseconds);
    if (milliseconds >= 0) {
        when.it_value.tv_sec = milliseconds / 1000;
        when.it_value.tv_nsec = milliseconds == 0 ? 1 : milliseconds % 1000 * 1000000;
    }
    return timerfd_settime(m->timer, 0, &when, NULL) == 0 ? 0 : -1;
}

int wa_multi_pollfd(wa_multi *m)
{
    if (m->epoll >= 0) return m->epoll;
    if (m->running > 0) return -1;
    m->epoll = epoll_create1(EPOLL_CLOEXEC);
    m->timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    struct epoll_event event = {.events = EPOLLIN, .data.fd = m->timer};
    if (m->epoll < 0 || m->timer < 0 || epoll_ctl(m->epoll, EPOLL_CTL_ADD, m->timer, &event) != 0) {
        close_descriptors(m);
        return -1;
    }
    /* kept connections have no socket in the set: libcurl names them when they are used again */
    curl_multi_setopt(m->handle, CURLMOPT_SOCKETFUNCTION, on_socket);
    curl_multi_setopt(m->handle, CURLMOPT_SOCKETDATA, m);
    curl_multi_setopt(m->handle, CURLMOPT_TIMERFUNCTION, on_timer);
    curl_multi_setopt(m->handle, CURLMOPT_TIMERDATA, m);
    return m->epoll;
}

static void act(wa_multi *m, const struct epoll_event *event)
{
    int running, mask = 0;
    if (event->data.fd == m->timer) {
        uint64_t times;
        if (read(m->timer, &times, sizeof times) < 0) return; /* another came first */
        curl_multi_socket_action(m->handle, CURL_SOCKET_TIMEOUT, 0, &running);
        return;
    }
    if ((event->events & EPOLLIN) != 0) mask |= CURL_CSELECT_IN;
    if ((event->events & EPOLLOUT) != 0) mask |= CURL_CSELECT_OUT;
    if ((event->events & (EPOLLERR | EPOLLHUP)) != 0) mask |= CURL_CSELECT_ERR;
    curl_multi_socket_action(m->handle, event->data.fd, mask, &running);
}

static void act_on_all(wa_multi *m, int timeout)
{
    struct epoll_event events[EVENTS];
    int count;
    do {
        count = epoll_wait(m->epoll, events, EVENTS, timeout);
        for (int i = 0; i < count; i++) act(m, &events[i]);
        timeout = 0;
    } while (count == EVENTS);
}

#else

int wa_multi_pollfd(wa_multi *m)
{
    (void) m;
    return -1;
}

static void act_on_all(wa_multi *m, int timeout)
{
    (void) m, (void) timeout;
}

#endif

/* ---- driving ---- */

/* after something may have happened */
static void settle(wa_multi *m)
{
    collect(m);
    if (m->first == NULL) end_overdue(m);
}

void wa_multi_step(wa_multi *m)
{
    int running;
    if (m->epoll >= 0) act_on_all(m, 0);
    else curl_multi_perform(m->handle, &running);
    settle(m);
}

void wa_multi_wait(wa_multi *m, double seconds)
{
    long most = seconds <= 0 ? 0 : seconds > 3600 ? 3600000 : (long) (seconds * 1000) + 1;
    int timeout = (int) milliseconds_left(m, most);
    if (m->epoll >= 0) {
        act_on_all(m, timeout);
        settle(m);
    } else if (curl_multi_poll(m->handle, NULL, 0, timeout, NULL) == CURLM_OK) {
        wa_multi_step(m);
    }
}
