/* What a request streams: bytes to send, in strings or in regular files, and a file that takes the answer. Knows
 * neither Lua nor libcurl. Never holds a file whole, never writes to what exists already, and leaves no half file
 * behind. */
#ifndef WA_BODY_H
#define WA_BODY_H

#include "../buffer.h"

#include <stdint.h>
#include <sys/types.h>

struct wa_stream;

/* Bytes to send; the strings are the caller's and stay until the stream is closed. */
typedef struct wa_part {
    const char *name, *filename, *type; /* of a form */
    const char *data, *path;            /* one of the two */
    uint64_t start, size, sent;         /* in a file: where the bytes begin, as many as it held when it was opened */
    int file;                           /* -1: none is open */
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
    bool form;           /* the parts are those of a form; else there is one at most, the body */
    uint64_t size, sent; /* of all parts */
    char *path;          /* what is written; NULL: nothing */
    uint64_t limit, written;
    int file;   /* -1: not open */
    bool made;  /* the file stands there, and is to be removed */
    bool whole; /* all of the answer is in it */
    pid_t owner;
    wa_stream_failure failure;
    int error;
    wa_allocator allocate;
    void *context;
} wa_stream;

WA_FUNC wa_stream *wa_stream_new(wa_allocator allocate, void *context); /* NULL: no memory */

/* closes all files; what was written is removed, unless it is whole and was handed over */
WA_FUNC void wa_stream_free(wa_stream *s, bool handed_over);

WA_FUNC wa_part *wa_stream_add_part(wa_stream *s);                               /* a part to fill; NULL: no memory */
WA_FUNC bool wa_stream_set_path(wa_stream *s, const char *path, uint64_t limit); /* false: no memory */

/* Opens what a part names, from `start` on; or makes the file that takes the answer, which must not exist. What is
 * wrong, possibly in `text`, or NULL. */
WA_FUNC const char *wa_stream_open_part(wa_part *p, char *text, size_t size);
WA_FUNC const char *wa_stream_make_file(wa_stream *s, char *text, size_t size);

WA_FUNC size_t wa_stream_read(wa_part *p, char *to, size_t room); /* 0: the end, or a failure */
WA_FUNC bool wa_stream_write(wa_stream *s, const char *bytes, size_t length);

/* the exchange is over: closes all files; what was written is removed, unless it is whole */
WA_FUNC void wa_stream_finish(wa_stream *s, bool whole);

/* what went wrong; names no file */
WA_FUNC const char *wa_stream_reason(const wa_stream *s, char *text, size_t size);

#endif
