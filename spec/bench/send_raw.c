/* What no client made of libcurl can be cheaper than: libcurl sending bytes that are ready, over handles that are set
 * up once, and of the answer only the status is looked at. For the benchmark of sending; never installed, and sends to
 * whatever URL it is given:
 *   send_raw MODE URL CA_FILE COUNT WARM_UP IN_FLIGHT CONNECTIONS BODY_FILE [untimed]
 * MODE is blocking (one easy handle) or many (IN_FLIGHT easy handles in one multi handle). Prints one line; if it is
 * untimed, nothing, and it takes no times: for the count of instructions. */
#define _POSIX_C_SOURCE 200809L

#include <curl/curl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define TOKEN "EAABwzLixnjYBO0000000000000000000000000000000000000000000000000000000000000000000000"

enum { MAX_BODY = 64 << 10 };

typedef struct exchange {
    CURL *easy;
    double started;
} exchange;

typedef struct sender {
    CURLU *url;
    struct curl_slist *headers;
    const char *ca_file;
    char body[MAX_BODY];
    size_t body_length;
    CURLM *multi; /* NULL: one at a time */
    exchange *exchanges;
    size_t in_flight;
    double *latencies; /* in seconds; NULL: untimed */
    size_t done;
} sender;

/* ---- sending ---- */

static void fail(const char *what, const char *why)
{
    fprintf(stderr, "send_raw: %s: %s\n", what, why);
    exit(1);
}

static double seconds(clockid_t clock_id)
{
    struct timespec now;
    clock_gettime(clock_id, &now);
    return (double) now.tv_sec + (double) now.tv_nsec / 1e9;
}

static double begin(const sender *s)
{
    return s->latencies != NULL ? seconds(CLOCK_MONOTONIC) : 0;
}

static void note(sender *s, double started)
{
    if (s->latencies != NULL) s->latencies[s->done] = seconds(CLOCK_MONOTONIC) - started;
}

static size_t ignore(char *bytes, size_t size, size_t count, void *context)
{
    (void) bytes, (void) context;
    return size * count;
}

static void read_body(sender *s, const char *path)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL) fail(path, "cannot be read");
    s->body_length = fread(s->body, 1, sizeof s->body, file);
    fclose(file);
}

static CURL *new_easy(const sender *s)
{
    CURL *e = curl_easy_init();
    if (e == NULL) fail("curl", "no handle");
    curl_easy_setopt(e, CURLOPT_CURLU, s->url);
    curl_easy_setopt(e, CURLOPT_PROXY, "");
    curl_easy_setopt(e, CURLOPT_CAINFO, s->ca_file);
    curl_easy_setopt(e, CURLOPT_CAPATH, (char *) NULL); /* else the bundle is parsed at each connection */
    curl_easy_setopt(e, CURLOPT_HTTP_VERSION, (long) CURL_HTTP_VERSION_2TLS);
    curl_easy_setopt(e, CURLOPT_PIPEWAIT, 1L);
    curl_easy_setopt(e, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(e, CURLOPT_POSTFIELDSIZE, (long) s->body_length);
    curl_easy_setopt(e, CURLOPT_POSTFIELDS, s->body);
    curl_easy_setopt(e, CURLOPT_HTTPHEADER, s->headers);
    curl_easy_setopt(e, CURLOPT_USERAGENT, "lua-whatsapp/0.2.0");
    curl_easy_setopt(e, CURLOPT_WRITEFUNCTION, ignore);
    return e;
}

static void check(CURL *easy, CURLcode code)
{
    long status = 0;
    curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
    if (code != CURLE_OK) fail("send", curl_easy_strerror(code));
    if (status != 200) fail("send", "the status is not 200");
}

static void send_blocking(sender *s, size_t count)
{
    CURL *easy = s->exchanges[0].easy;
    for (s->done = 0; s->done < count; s->done++) {
        double started = begin(s);
        check(easy, curl_easy_perform(easy));
        note(s, started);
    }
}

static void start(const sender *s, exchange *x)
{
    x->started = begin(s);
    if (curl_multi_add_handle(s->multi, x->easy) != CURLM_OK) fail("send", "not added");
}

/* each handle that is done is sent off again, until all are out */
static void send_many(sender *s, size_t in_flight, size_t count)
{
    size_t begun = 0;
    int running, left;
    for (; begun < in_flight && begun < count; begun++) start(s, &s->exchanges[begun]);
    for (s->done = 0; s->done < count;) {
        if (curl_multi_perform(s->multi, &running) != CURLM_OK) fail("send", "not performed");
        for (CURLMsg *message; (message = curl_multi_info_read(s->multi, &left)) != NULL;) {
            char *context = NULL;
            CURL *easy = message->easy_handle;
            check(easy, message->data.result);
            curl_easy_getinfo(easy, CURLINFO_PRIVATE, &context);
            exchange *x = (void *) context;
            note(s, x->started);
            s->done++;
            curl_multi_remove_handle(s->multi, easy);
            if (begun < count) {
                begun++;
                start(s, x);
            }
        }
        if (s->done < count) curl_multi_poll(s->multi, NULL, 0, 1000, NULL);
    }
}

static void send_all(sender *s, size_t count)
{
    if (s->multi != NULL) send_many(s, s->in_flight, count);
    else send_blocking(s, count);
}

/* ---- what is printed ---- */

static int by_size(const void *a, const void *b)
{
    double x = *(const double *) a, y = *(const double *) b;
    return (x > y) - (x < y);
}

static long peak_memory(void)
{
    char line[256];
    long kib = 0;
    FILE *status = fopen("/proc/self/status", "r");
    if (status == NULL) return 0;
    while (fgets(line, sizeof line, status) != NULL) {
        if (strncmp(line, "VmHWM:", 6) == 0) kib = strtol(line + 6, NULL, 10);
    }
    fclose(status);
    return kib;
}

static void print(sender *s, double cpu, double wall)
{
    double count = (double) s->done;
    qsort(s->latencies, s->done, sizeof *s->latencies, by_size);
    printf("cpu=%.3f rate=%.1f p50=%.1f p99=%.1f peak=%ld\n", cpu * 1e6 / count, count / wall,
        s->latencies[s->done / 2] * 1e6, s->latencies[s->done * 99 / 100] * 1e6, peak_memory());
}

static size_t number(const char *text)
{
    long value = strtol(text, NULL, 10);
    if (value < 1 || value > 100000000) fail(text, "is no number that can be used");
    return (size_t) value;
}

/* ---- the run ---- */

static void set_up(sender *s, const char *url, const char *ca_file, const char *body_file)
{
    s->url = curl_url();
    s->ca_file = ca_file;
    s->headers = curl_slist_append(NULL, "Expect:");
    s->headers = curl_slist_append(s->headers, "Content-Type: application/json");
    s->headers = curl_slist_append(s->headers, "Authorization: Bearer " TOKEN);
    if (s->headers == NULL || curl_url_set(s->url, CURLUPART_URL, url, 0) != CURLUE_OK) fail(url, "cannot be used");
    read_body(s, body_file);
    for (size_t i = 0; i < s->in_flight; i++) {
        s->exchanges[i].easy = new_easy(s);
        curl_easy_setopt(s->exchanges[i].easy, CURLOPT_PRIVATE, &s->exchanges[i]);
    }
}

static void take_down(sender *s)
{
    for (size_t i = 0; i < s->in_flight; i++) curl_easy_cleanup(s->exchanges[i].easy);
    curl_multi_cleanup(s->multi);
    curl_slist_free_all(s->headers);
    curl_url_cleanup(s->url);
    free(s->exchanges);
    free(s->latencies);
}

int main(int argc, char **argv)
{
    static sender s;
    if (argc != 9 && argc != 10)
        fail("usage", "send_raw MODE URL CA_FILE COUNT WARM_UP IN_FLIGHT CONNECTIONS BODY_FILE [untimed]");
    bool many = strcmp(argv[1], "many") == 0, timed = argc == 9;
    size_t count = number(argv[4]), warm_up = number(argv[5]);
    curl_global_init(CURL_GLOBAL_DEFAULT);
    s.in_flight = many ? number(argv[6]) : 1;
    s.multi = many ? curl_multi_init() : NULL;
    s.exchanges = calloc(s.in_flight, sizeof *s.exchanges);
    s.latencies = timed ? calloc(count > warm_up ? count : warm_up, sizeof *s.latencies) : NULL;
    if ((many && s.multi == NULL) || s.exchanges == NULL || (timed && s.latencies == NULL))
        fail("curl", "not enough memory");
    if (many) curl_multi_setopt(s.multi, CURLMOPT_MAX_HOST_CONNECTIONS, (long) number(argv[7]));
    set_up(&s, argv[2], argv[3], argv[8]);

    if (many) send_many(&s, 1, 1); /* else each opens a connection */
    send_all(&s, warm_up);
    double cpu = seconds(CLOCK_PROCESS_CPUTIME_ID), wall = seconds(CLOCK_MONOTONIC);
    send_all(&s, count);
    if (timed) print(&s, seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu, seconds(CLOCK_MONOTONIC) - wall);
    take_down(&s);
    curl_global_cleanup();
    return 0;
}
