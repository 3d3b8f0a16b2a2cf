/* The functions for Lua that other files of the core have: core.c puts them into the module. */
#ifndef WA_CORE_H
#define WA_CORE_H

#include "../compat.h"

/* [-0, +1|2, m] decode(text [, metatable]) -> value | nil, err. If the value is a table, it gets the metatable. Upvalue
 * 1 is the metatable that marks lists. */
WA_FUNC int wa_decode(lua_State *L);

/* [-0, +3, v] schema() -> objects by name, name of the root, terms: lists of kinds, formats, rules and codes, each
 * found by its name too, and the first part of the URL of each object's page (`section`) */
WA_FUNC int wa_schema(lua_State *L);

#endif
