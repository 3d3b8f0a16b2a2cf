/* What became of an exchange, as Lua values: an answer, of whose headers those that are wanted, or what failed. Never
 * looks into a body, and calls libcurl for nothing but what it knows of a transfer that has ended. */
#ifndef WA_RESPONSE_H
#define WA_RESPONSE_H

#include "../compat.h"
#include "transfer.h"

/* The table that belongs to a client: the headers of the latest answer, and from WA_OF_TRANSFERS on the values of the
 * transfers. */
enum { WA_LATEST_HEADERS, WA_OF_TRANSFERS };

typedef struct wa_reader {
    bool choosing;         /* of an answer's headers only some are wanted: */
    wa_buffer wanted;      /* their names, each behind a byte that is its length */
    wa_buffer lines, seen; /* of the answer's head, those that are wanted; of the answer before */
} wa_reader;

WA_FUNC void wa_reader_init(wa_reader *reader, wa_allocator allocate, void *context);
WA_FUNC void wa_reader_free(wa_reader *reader); /* may be called again */

/* [-0, +0, v] option headers in the table of options: names in lower case; the answers' other headers are left out */
WA_FUNC void wa_reader_choose(lua_State *L, wa_reader *reader, int options);

/* [-0, +1|3, m] response, or nil, err, details. The table of its headers is shared: it is read only. `kept` is the
 * index of the client's table. */
WA_FUNC int wa_push_outcome(lua_State *L, wa_reader *reader, const wa_transfer *t, int kept);

/* [-0, +1, m] a number of bytes, an integer where Lua has such and can hold it */
WA_FUNC void wa_push_bytes(lua_State *L, int64_t bytes);

#endif
