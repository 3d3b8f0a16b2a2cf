/* Bytes from files and into a file: see body.h. */
#define _POSIX_C_SOURCE 200809L
#define _FILE_OFFSET_BITS 64

#include "body.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

/* ---- the system ---- */

#if defined(_WIN32)

#include <io.h>
#include <process.h>

#define getpid _getpid
#define READ_FLAGS (_O_RDONLY | _O_BINARY | _O_NOINHERIT)
#define MAKE_FLAGS (_O_WRONLY | _O_CREAT | _O_EXCL | _O_BINARY | _O_NOINHERIT)

enum { MODE = _S_IREAD | _S_IWRITE };

typedef struct _stat64 file_status;

static int read_status(int file, file_status *status)
{
    return _fstat64(file, status);
}

static const char *error_text(int error, char *text, size_t size)
{
    if (strerror_s(text, size, error) != 0) snprintf(text, size, "error %d of the system", error);
    return text;
}

/* On Windows no other process shares the position of the file. */
static int read_at(int file, char *to, size_t length, uint64_t place)
{
    if (_lseeki64(file, (__int64) place, SEEK_SET) < 0) return -1;
    return _read(file, to, length > INT32_MAX ? INT32_MAX : (unsigned) length);
}

static int write_some(int file, const char *bytes, size_t length)
{
    return _write(file, bytes, length > INT32_MAX ? INT32_MAX : (unsigned) length);
}

#else

#include <unistd.h>

/* O_NONBLOCK: without it, open() of a FIFO waits until another process writes to the FIFO */
#define READ_FLAGS (O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK)
#define MAKE_FLAGS (O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC)

enum { MODE = 0600 }; /* only the owner may read the file: the answer may be private */

typedef struct stat file_status;

static int read_status(int file, file_status *status)
{
    return fstat(file, status);
}

/* Works with both kinds of strerror_r: the one of GNU returns a text, and may leave the buffer as it is. */
static const char *error_text(int error, char *text, size_t size)
{
    text[0] = '\0';
    if (strerror_r(error, text, size) && text[0] == '\0') snprintf(text, size, "error %d of the system", error);
    return text;
}

/* Reads at a position: a forked child shares the position of the descriptor with its parent. */
static ssize_t read_at(int file, char *to, size_t length, uint64_t place)
{
    return pread(file, to, length, (off_t) place);
}

static ssize_t write_some(int file, const char *bytes, size_t length)
{
    return write(file, bytes, length);
}

#endif

/* ---- life ---- */

wa_stream *wa_stream_new(wa_allocator allocate, void *context)
{
    wa_stream *s = allocate(context, NULL, 0, sizeof *s);
    if (s == NULL) return NULL;
    memset(s, 0, sizeof *s);
    s->file = -1;
    s->allocate = allocate;
    s->context = context;
    return s;
}

static void close_parts(wa_stream *s)
{
    for (size_t i = 0; i < s->count; i++) {
        if (s->parts[i].file >= 0) close(s->parts[i].file);
        s->parts[i].file = -1;
    }
}

/* Removes the file, unless this is a forked child: the file belongs to its parent. */
static void remove_file(wa_stream *s)
{
    if (s->made && s->owner == getpid()) unlink(s->path);
    s->made = false;
}

/* Closes the file. Returns false if the bytes may not have reached the disk. */
static bool close_file(wa_stream *s)
{
    int file = s->file;
    s->file = -1;
    return file < 0 || close(file) == 0 || errno == EINTR;
}

void wa_stream_finish(wa_stream *s, bool whole)
{
    close_parts(s);
    if (!close_file(s) && s->failure == WA_STREAM_FINE) {
        s->failure = WA_STREAM_UNWRITABLE;
        s->error = errno;
    }
    s->whole = whole && s->failure == WA_STREAM_FINE;
    if (!s->whole) remove_file(s);
}

void wa_stream_free(wa_stream *s, bool handed_over)
{
    close_parts(s);
    close_file(s);
    if (!s->whole || !handed_over) remove_file(s);
    if (s->path != NULL) s->allocate(s->context, s->path, strlen(s->path) + 1, 0);
    if (s->parts != NULL) s->allocate(s->context, s->parts, s->capacity * sizeof(wa_part), 0);
    s->allocate(s->context, s, sizeof *s, 0);
}

/* ---- parts and file ---- */

wa_part *wa_stream_add_part(wa_stream *s)
{
    if (s->count == s->capacity) {
        size_t capacity = s->capacity == 0 ? 4 : s->capacity * 2;
        wa_part *parts = s->allocate(s->context, s->parts, s->capacity * sizeof(wa_part), capacity * sizeof(wa_part));
        if (parts == NULL) return NULL;
        s->parts = parts;
        s->capacity = capacity;
    }
    wa_part *p = &s->parts[s->count++];
    *p = (wa_part){.file = -1, .stream = s};
    return p;
}

bool wa_stream_set_path(wa_stream *s, const char *path, uint64_t limit)
{
    size_t size = strlen(path) + 1;
    s->path = s->allocate(s->context, NULL, 0, size);
    if (s->path == NULL) return false;
    memcpy(s->path, path, size);
    s->limit = limit;
    return true;
}

const char *wa_stream_open_part(wa_part *p, char *text, size_t size)
{
    file_status about;
    if (p->path != NULL) {
        p->file = open(p->path, READ_FLAGS);
        if (p->file < 0 || read_status(p->file, &about) != 0) return error_text(errno, text, size);
        if (!S_ISREG(about.st_mode)) return "is not a regular file";
        if ((uint64_t) about.st_size < p->start) return "ends before the byte at which the body begins";
        p->size = (uint64_t) about.st_size - p->start;
    }
    p->stream->size += p->size;
    return NULL;
}

const char *wa_stream_make_file(wa_stream *s, char *text, size_t size)
{
    s->owner = getpid();
    s->file = open(s->path, MAKE_FLAGS, MODE);
    s->made = s->file >= 0;
    return s->made ? NULL : error_text(errno, text, size);
}

/* ---- reading and writing ---- */

static bool fail_stream(wa_stream *s, wa_stream_failure failure, int error)
{
    s->failure = failure;
    s->error = error;
    return false;
}

static size_t read_file(wa_part *p, char *to, size_t length)
{
    ssize_t got;
    do got = read_at(p->file, to, length, p->start + p->sent);
    while (got < 0 && errno == EINTR);
    if (got > 0) return (size_t) got;
    fail_stream(p->stream, got < 0 ? WA_STREAM_UNREADABLE : WA_STREAM_SHORTENED, errno);
    return 0;
}

size_t wa_stream_read(wa_part *p, char *to, size_t room)
{
    uint64_t left = p->size - p->sent;
    size_t length = left < room ? (size_t) left : room;
    if (length == 0) return 0;
    if (p->data != NULL) memcpy(to, p->data + p->sent, length);
    else length = read_file(p, to, length);
    p->sent += length;
    p->stream->sent += length;
    return length;
}

bool wa_stream_write(wa_stream *s, const char *bytes, size_t length)
{
    if (s->failure != WA_STREAM_FINE) return false;
    if (length > s->limit - s->written) return fail_stream(s, WA_STREAM_TOO_LONG, 0);
    while (length > 0) {
        ssize_t put = write_some(s->file, bytes, length);
        if (put < 0 && errno == EINTR) continue;
        if (put <= 0) return fail_stream(s, WA_STREAM_UNWRITABLE, put < 0 ? errno : ENOSPC);
        bytes += put;
        length -= (size_t) put;
        s->written += (uint64_t) put;
    }
    return true;
}

const char *wa_stream_reason(const wa_stream *s, char *text, size_t size)
{
    char why[128];
    switch (s->failure) {
    case WA_STREAM_UNREADABLE:
        snprintf(text, size, "the file that is sent cannot be read: %s", error_text(s->error, why, sizeof why));
        break;
    case WA_STREAM_SHORTENED:
        return "the file that is sent became shorter during the request";
    case WA_STREAM_UNWRITABLE:
        snprintf(text, size, "the answer cannot be written to its file: %s", error_text(s->error, why, sizeof why));
        break;
    case WA_STREAM_TOO_LONG:
        snprintf(text, size, "the answer is longer than %llu bytes, and was to go into a file of at most as many",
            (unsigned long long) s->limit);
        break;
    case WA_STREAM_FINE:
        return "";
    }
    return text;
}
