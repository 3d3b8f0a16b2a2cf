/* The schema as plain Lua tables. */
#ifndef WA_LSCHEMA_H
#define WA_LSCHEMA_H

#include "compat.h"

#pragma GCC visibility push(hidden)

/* [-0, +2, m] the objects by name, and the name of the root */
int wa_schema(lua_State *L);

#pragma GCC visibility pop

#endif
