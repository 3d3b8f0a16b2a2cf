/* A stream: bytes to send, from strings or from regular files, and a file that takes the answer. Knows neither Lua nor
 * libcurl. Never has a whole file in memory, never writes to a file that existed before, and leaves no half file. */
#ifndef WA_BODY_H
#define WA_BODY_H

#include "../buffer.h"

#include <stdint.h>
#include <sys/types.h>

struct wa_stream;

/* Bytes to send. The caller keeps the strings alive until the stream is freed. */
typedef struct wa_part {
    const char *name, *filename, *type; /* of a part of a form */
    const char *data, *path;            /* the bytes, or the path of a file that has them */
    uint64_t start;                     /* the offset of the first byte in the file */
    uint64_t size, sent; /* of a file: the bytes from `start` to the end that it had when it was opened */
    int file;            /* its descriptor; -1: it is not open */
    struct wa_stream *stream;
} wa_part;

typedef enum wa_stream_failure {
    WA_STREAM_FINE,
    WA_STREAM_UNREADABLE, /* `error` says why */
    WA_STREAM_SHORTENED,
    WA_STREAM_UNWRITABLE, /* `error` says why */
    WA_STREAM_TOO_LONG
} wa_stream_failure;

typedef struct wa_stream {
    wa_part *parts;
    size_t count, capacity;
    bool form;               /* the parts are those of a form; else there is at most one part, the body */
    uint64_t size, sent;     /* of all parts together */
    char *path;              /* the file that takes the answer, or NULL */
    uint64_t limit, written; /* bytes of that file */
    int file;                /* its descriptor; -1: it is not open */
    bool made;               /* the file exists, and is removed unless it stays */
    bool whole;              /* the whole answer is in the file */
    pid_t owner;             /* the process that made the file */
    wa_stream_failure failure;
    int error;
    wa_allocator allocate;
    void *context;
} wa_stream;

WA_FUNC wa_stream *wa_stream_new(wa_allocator allocate, void *context); /* returns NULL without memory */

/* closes all files; removes the written file, unless it is whole and was handed over */
WA_FUNC void wa_stream_free(wa_stream *s, bool handed_over);

WA_FUNC wa_part *wa_stream_add_part(wa_stream *s); /* returns a part to fill; NULL without memory */
WA_FUNC bool wa_stream_set_path(wa_stream *s, const char *path, uint64_t limit); /* returns false without memory */

/* Opens the file of a part; makes the file that takes the answer, which must not exist. Both return NULL, or a sentence
 * that says what is wrong, which may be in `text`. */
WA_FUNC const char *wa_stream_open_part(wa_part *p, char *text, size_t size);
WA_FUNC const char *wa_stream_make_file(wa_stream *s, char *text, size_t size);

/* Returns the number of bytes; 0 at the end and after a failure. */
WA_FUNC size_t wa_stream_read(wa_part *p, char *to, size_t room);

/* Returns false after a failure. */
WA_FUNC bool wa_stream_write(wa_stream *s, const char *bytes, size_t length);

/* closes all files after the transfer has ended; removes the written file, unless it is whole */
WA_FUNC void wa_stream_finish(wa_stream *s, bool whole);

/* Returns what went wrong, in words that name no file. */
WA_FUNC const char *wa_stream_reason(const wa_stream *s, char *text, size_t size);

#endif
