/* A byte buffer that grows, up to a limit. Knows no Lua. After a failure all further writing does nothing, so that a
 * writer need not check each step. The memory comes from an allocator like lua_Alloc. */
#ifndef WA_BUFFER_H
#define WA_BUFFER_H

#include "linkage.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

typedef void *(*wa_allocator)(void *context, void *block, size_t old_size, size_t new_size);

typedef enum wa_failure { WA_NO_FAILURE, WA_NO_MEMORY, WA_TOO_LONG } wa_failure;

typedef struct wa_buffer {
    char *bytes;
    size_t length, capacity, limit;
    wa_allocator allocate;
    void *context;
    wa_failure failure;
} wa_buffer;

WA_FUNC void wa_buffer_init(wa_buffer *buffer, wa_allocator allocate, void *context, size_t limit);
WA_FUNC void wa_buffer_free(wa_buffer *buffer); /* may be called again */

/* Makes room for `more` bytes after the length. Returns false after a failure. */
WA_FUNC bool wa_buffer_grow(wa_buffer *buffer, size_t more);

/* empties the buffer; frees its memory if that is more than `keep` bytes */
static inline void wa_buffer_reset(wa_buffer *buffer, size_t keep)
{
    if (buffer->capacity > keep) wa_buffer_free(buffer);
    buffer->length = 0;
    buffer->failure = WA_NO_FAILURE;
}

/* Does the same, and is quick if there is room already. */
static inline bool wa_buffer_reserve(wa_buffer *buffer, size_t more)
{
    return buffer->capacity - buffer->length >= more || wa_buffer_grow(buffer, more);
}

static inline void wa_buffer_add(wa_buffer *buffer, const char *bytes, size_t length)
{
    if (!wa_buffer_reserve(buffer, length)) return;
    if (length > 0) memcpy(buffer->bytes + buffer->length, bytes, length);
    buffer->length += length;
}

enum { WA_STRIDE = 32 };

/* Copies `length` bytes, at least one, in whole strides: it reads and writes up to WA_STRIDE - 1 bytes more. Returns
 * the end of the copy. If it copied `length` bytes only, encode would take 1 to 3 % more instructions (make bench). */
static inline char *wa_copy_strides(char *to, const char *bytes, size_t length)
{
    memcpy(to, bytes, WA_STRIDE);
    for (size_t at = WA_STRIDE; at < length; at += WA_STRIDE) memcpy(to + at, bytes + at, WA_STRIDE);
    return to + length;
}

static inline void wa_buffer_add_strides(wa_buffer *buffer, const char *bytes, size_t length)
{
    if (!wa_buffer_reserve(buffer, length + WA_STRIDE)) return;
    wa_copy_strides(buffer->bytes + buffer->length, bytes, length);
    buffer->length += length;
}

#endif
