/* The end of whatsapp.c: each module is put where require looks first. Runs no Lua code. */
#include "whatsapp.h"

/* [-0, +0, v] package.preload[name] = open */
static void preload(lua_State *L, const char *name, lua_CFunction open)
{
    static const char *const way[] = {"_LOADED", "package", "preload"};
    int top = lua_gettop(L);
    luaL_checkstack(L, 4, name);
    lua_pushvalue(L, LUA_REGISTRYINDEX);
    for (size_t i = 0; i < sizeof way / sizeof way[0]; i++) {
        lua_pushstring(L, way[i]);
        lua_rawget(L, -2);
        lua_remove(L, -2);
        if (!lua_istable(L, -1))
            luaL_error(L, "%s: there is no package.preload, open the library package before", name);
    }
    lua_pushstring(L, name);
    lua_pushcfunction(L, open);
    lua_rawset(L, -3);
    lua_settop(L, top);
}

void whatsapp_preload_core(lua_State *L)
{
    preload(L, "whatsapp.core", luaopen_whatsapp_core);
}

#ifdef WHATSAPP_CURL
void whatsapp_preload_curl(lua_State *L)
{
    preload(L, "whatsapp.curl", luaopen_whatsapp_curl);
}
#endif

#ifdef WHATSAPP_CRYPTO
void whatsapp_preload_crypto(lua_State *L)
{
    preload(L, "whatsapp.crypto", luaopen_whatsapp_crypto);
}
#endif
