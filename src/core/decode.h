/* Reads JSON into Lua values. */
#ifndef WA_DECODE_H
#define WA_DECODE_H

#include "../compat.h"

/* [-0, +1|2, m] decode(text) -> value | nil, text */
WA_FUNC int wa_decode(lua_State *L);

#endif
