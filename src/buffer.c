/* A byte buffer that grows: see buffer.h. */
#include "buffer.h"

void wa_buffer_init(wa_buffer *buffer, wa_allocator allocate, void *context, size_t limit)
{
    *buffer = (wa_buffer){.allocate = allocate, .context = context, .limit = limit};
}

void wa_buffer_free(wa_buffer *buffer)
{
    if (buffer->bytes != NULL) buffer->allocate(buffer->context, buffer->bytes, buffer->capacity, 0);
    buffer->bytes = NULL;
    buffer->length = buffer->capacity = 0;
}

static bool give_up(wa_buffer *buffer, wa_failure failure)
{
    buffer->failure = failure;
    return false;
}

bool wa_buffer_grow(wa_buffer *buffer, size_t more)
{
    if (buffer->failure != WA_NO_FAILURE) return false;
    if (more > buffer->limit - buffer->length) return give_up(buffer, WA_TOO_LONG);
    size_t needed = buffer->length + more;
    size_t capacity = buffer->capacity < 512 ? 512 : buffer->capacity;
    while (capacity < needed) capacity = capacity > buffer->limit / 2 ? buffer->limit : capacity * 2;
    char *bytes = buffer->allocate(buffer->context, buffer->bytes, buffer->capacity, capacity);
    if (bytes == NULL) return give_up(buffer, WA_NO_MEMORY);
    buffer->bytes = bytes;
    buffer->capacity = capacity;
    return true;
}
