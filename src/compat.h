/* The differences between Lua 5.1 (LuaJIT, OpenResty) and 5.2 to 5.4. Never defines a name of Lua's. */
#ifndef WA_COMPAT_H
#define WA_COMPAT_H

#include "linkage.h"

#include <lauxlib.h>
#include <lua.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#if LUA_VERSION_NUM < 501 || LUA_VERSION_NUM > 505
#error "lua-whatsapp needs the headers of Lua 5.1 to 5.5 or of LuaJIT"
#endif

#if LUA_VERSION_NUM == 501
#define wa_rawlen(L, index) lua_objlen(L, index)
#else
#define wa_rawlen(L, index) ((size_t) lua_rawlen(L, index))
#endif

/* wa_getuservalue [-0, +1, -] pushes the user value of a userdata, a table; wa_setuservalue [-1, +0, -] pops and sets
 * it */
#if LUA_VERSION_NUM == 501
#define wa_getuservalue(L, index) lua_getfenv(L, index)
#define wa_setuservalue(L, index) lua_setfenv(L, index)
#else
#define wa_getuservalue(L, index) lua_getuservalue(L, index)
#define wa_setuservalue(L, index) lua_setuservalue(L, index)
#endif

/* 2^53: doubles hold every integer up to here */
#define WA_EXACT 9007199254740992.0

/* lua_Numbers hold every integer up to here. For 32-bit floats (LUA_32BITS) this is 2^24 - 1: the float 2^24 may be a
 * rounded 2^24 + 1. */
#define WA_IS_SINGLE (sizeof(lua_Number) < sizeof(double))
#define WA_EXACT_NUMBER (WA_IS_SINGLE ? 16777215.0 : WA_EXACT)

/* [-0, +0, -] Returns true if the number at the index is integral and exact, and sets its value. 5 and 5.0 are the same
 * integer on every Lua. */
static inline bool wa_integer(lua_State *L, int index, int64_t *value)
{
#if LUA_VERSION_NUM >= 503
    if (lua_isinteger(L, index)) {
        *value = (int64_t) lua_tointeger(L, index);
        return true;
    }
#endif
    double number = (double) lua_tonumber(L, index);
    if (!(number >= -WA_EXACT_NUMBER && number <= WA_EXACT_NUMBER)) return false;
    if (number != (double) (int64_t) number) return false;
    *value = (int64_t) number;
    return true;
}

/* [-0, +0, -] Returns true if the key at the index is an integer, and sets its value. Unlike a value, an integral key
 * is always an integer where Lua has integers. */
static inline bool wa_integer_key(lua_State *L, int index, int64_t *key)
{
#if LUA_VERSION_NUM >= 503
    if (!lua_isinteger(L, index)) return false;
    *key = (int64_t) lua_tointeger(L, index);
    return true;
#else
    return lua_type(L, index) == LUA_TNUMBER && wa_integer(L, index, key);
#endif
}

/* [-0, +0, -] Returns an address that no other living value has; equal short strings have one address. On Lua 5.1
 * to 5.3 it is NULL for a value that is not a string. On Lua 5.4 one call finds the address of any value. */
static inline const void *wa_identity(lua_State *L, int index)
{
#if LUA_VERSION_NUM >= 504
    return lua_topointer(L, index);
#else
    return lua_type(L, index) == LUA_TSTRING ? lua_tostring(L, index) : NULL;
#endif
}

/* [-0, +0, m] sets the functions in the table on top */
static inline void wa_register(lua_State *L, const luaL_Reg *functions)
{
    for (; functions->name != NULL; functions++) {
        lua_pushcfunction(L, functions->func);
        lua_setfield(L, -2, functions->name);
    }
}

#endif
