/* The schema as plain Lua tables. */
#ifndef WA_EXPORT_H
#define WA_EXPORT_H

#include "../compat.h"

/* [-0, +2, m] the objects by name, and the name of the root */
WA_FUNC int wa_schema(lua_State *L);

#endif
