/* The end of whatsapp.c; with another name instead of "core", also the end of the files of the other modules. Puts the
 * module into package.preload, where require looks first. Runs no Lua code. */
#include "whatsapp.h"

/* [-0, +0, v] package.preload["whatsapp.core"] = luaopen_whatsapp_core */
void whatsapp_preload_core(lua_State *L)
{
    static const char *const way[] = {"_LOADED", "package", "preload"};
    luaL_checkstack(L, 3, "whatsapp.core");
    lua_pushvalue(L, LUA_REGISTRYINDEX);
    for (size_t i = 0; i < sizeof way / sizeof way[0]; i++) {
        lua_pushstring(L, way[i]);
        lua_rawget(L, -2);
        lua_remove(L, -2);
        if (!lua_istable(L, -1))
            luaL_error(L, "whatsapp: there is no package.preload, open the library package before");
    }
    lua_pushliteral(L, "whatsapp.core");
    lua_pushcfunction(L, luaopen_whatsapp_core);
    lua_rawset(L, -3);
    lua_pop(L, 1);
}
