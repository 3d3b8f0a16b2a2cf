/* What the files of the core give to Lua besides core.c itself. */
#ifndef WA_CORE_H
#define WA_CORE_H

#include "../compat.h"

/* [-0, +1|2, m] decode(text [, metatable]) -> value | nil, err. If the value is a table, it gets the metatable. Upvalue
 * 1 is the metatable that marks lists. */
WA_FUNC int wa_decode(lua_State *L);

/* [-0, +3, v] schema() -> objects by name, name of the root, terms: lists of kinds, formats, rules and codes, each
 * found by its name too, and the address that the sections of objects are under */
WA_FUNC int wa_schema(lua_State *L);

#endif
