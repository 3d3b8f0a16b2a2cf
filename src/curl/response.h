/* The outcome of a transfer as Lua values: an answer with its wanted headers, or a failure. Never looks into a body.
 * Asks libcurl only about transfers that have ended. */
#ifndef WA_RESPONSE_H
#define WA_RESPONSE_H

#include "../compat.h"
#include "transfer.h"

/* The table that belongs to a client: the headers of the latest answer, and from WA_OF_TRANSFERS on the values of the
 * transfers. */
enum { WA_LATEST_HEADERS, WA_OF_TRANSFERS };

typedef struct wa_reader {
    bool choosing;    /* only the headers in `wanted` are wanted; else all headers of an answer */
    wa_buffer wanted; /* names of headers, each after a byte that is its length */
    wa_buffer lines;  /* the lines of an answer's head that are wanted */
    wa_buffer seen;   /* the same lines of the previous answer */
} wa_reader;

WA_FUNC void wa_reader_init(wa_reader *reader, wa_allocator allocate, void *context);
WA_FUNC void wa_reader_free(wa_reader *reader); /* may be called again */

/* [-0, +0, v] Reads `headers` from the table of options: the names, in lower case, of the headers that are wanted. */
WA_FUNC void wa_reader_choose(lua_State *L, wa_reader *reader, int options);

/* [-0, +1|3, m] Pushes the response, or nil, err, details. Answers with equal headers share one table of headers, which
 * nothing may write to. `kept` is the index of the client's table. */
WA_FUNC int wa_push_outcome(lua_State *L, wa_reader *reader, const wa_transfer *t, int kept);

/* [-0, +1, m] pushes a number of bytes, as an integer if this Lua has one of that size */
WA_FUNC void wa_push_bytes(lua_State *L, int64_t bytes);

#endif
