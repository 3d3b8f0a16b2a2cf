/* What no encoder written against Lua's API can be faster than: a walk over a table and all tables in it, which looks
 * at each value's type and writes nothing. And a clock. For the benchmark; never in a module that is installed. */
#include "../../src/compat.h"

#include <time.h>

enum { DEEPEST = 100 };

/* [-0, +0, -] */
static void walk(lua_State *L, int table)
{
    lua_pushnil(L);
    while (lua_next(L, table)) {
        if (lua_type(L, -1) == LUA_TTABLE) walk(L, lua_gettop(L));
        lua_pop(L, 1);
    }
}

/* [-0, +0, v] floor.walk(table): which holds at most 100 levels */
static int floor_walk(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TTABLE);
    luaL_checkstack(L, 2 * DEEPEST, "floor");
    lua_settop(L, 1);
    walk(L, 1);
    return 0;
}

/* [-0, +1, -] floor.now() -> nanoseconds, of which only differences mean something */
static int floor_now(lua_State *L)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    lua_pushnumber(L, (lua_Number) now.tv_sec * 1e9 + (lua_Number) now.tv_nsec);
    return 1;
}

WA_EXPORT int luaopen_floor(lua_State *L);

/* [-0, +1, m] */
int luaopen_floor(lua_State *L)
{
    static const luaL_Reg functions[] = {{"walk", floor_walk}, {"now", floor_now}, {NULL, NULL}};
    lua_createtable(L, 0, 2);
    wa_register(L, functions);
    return 1;
}
