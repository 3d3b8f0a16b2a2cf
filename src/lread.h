/* Reads JSON into Lua values. */
#ifndef WA_LREAD_H
#define WA_LREAD_H

#include "compat.h"

/* [-0, +1|2, m] decode(text) -> value | nil, text */
int wa_decode(lua_State *L);

#endif
