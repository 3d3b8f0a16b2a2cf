/* What the files of the core give to Lua besides core.c itself. */
#ifndef WA_CORE_H
#define WA_CORE_H

#include "../compat.h"

/* [-0, +1|2, m] decode(text) -> value | nil, text */
WA_FUNC int wa_decode(lua_State *L);

/* [-0, +2, m] the objects by name, and the name of the root */
WA_FUNC int wa_schema(lua_State *L);

#endif
