/* Reads JSON into Lua values. */
#ifndef WA_LREAD_H
#define WA_LREAD_H

#include "compat.h"

#pragma GCC visibility push(hidden)

/* [-0, +1|2, m] decode(text) -> value | nil, text */
int wa_decode(lua_State *L);

#pragma GCC visibility pop

#endif
