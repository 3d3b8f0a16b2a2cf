/* A Lua with the core linked in, for where there is no other: `host script.lua`. Loads no module from a file, so that
 * it can be one static program for another processor or libc. Knows no libcurl. */
#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>

#include <stdio.h>

int luaopen_whatsapp_core(lua_State *L);

/* [-0, +0, v] */
static int run(lua_State *L)
{
    luaL_openlibs(L);
    lua_getglobal(L, "package");
    lua_getfield(L, -1, "preload");
    lua_pushcfunction(L, luaopen_whatsapp_core);
    lua_setfield(L, -2, "whatsapp.core");
    if (luaL_loadfile(L, lua_touserdata(L, 1)) != 0) return lua_error(L);
    lua_call(L, 0, 0);
    return 0;
}

int main(int count, char **arguments)
{
    lua_State *L = count == 2 ? luaL_newstate() : NULL;
    if (L == NULL) {
        fputs(count == 2 ? "no memory\n" : "usage: host script.lua\n", stderr);
        return 2;
    }
    lua_pushcfunction(L, run);
    lua_pushlightuserdata(L, arguments[1]);
    int status = lua_pcall(L, 1, 0, 0);
    if (status != 0) fprintf(stderr, "%s\n", lua_tostring(L, -1));
    lua_close(L);
    return status == 0 ? 0 : 1;
}
