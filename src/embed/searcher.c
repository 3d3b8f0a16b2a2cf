/* The end of whatsapp_lua.c, after the Lua files: finds and compiles the file that is required. Runs no Lua code:
 * require does. */
#include <lauxlib.h>
#include <string.h>

/* the pieces of a file that lua_load has not read yet */
typedef struct rest {
    const char *const *piece;
} rest;

/* lua_Reader */
static const char *next_piece(lua_State *L, void *context, size_t *size)
{
    rest *r = context;
    (void) L;
    if (*r->piece == NULL) return NULL;
    *size = strlen(*r->piece);
    return *r->piece++;
}

/* [-0, +0|2, v] searcher(name) -> the file as a function, and its path; returns nothing for an unknown name */
static int search(lua_State *L)
{
    const char *name = luaL_checkstring(L, 1);
    for (const lua_file *file = lua_files; file->name != NULL; file++) {
        if (strcmp(file->name, name) != 0) continue;
        rest r = {file->pieces};
#if LUA_VERSION_NUM == 501
        int status = lua_load(L, next_piece, &r, file->chunk);
#else
        int status = lua_load(L, next_piece, &r, file->chunk, "t");
#endif
        if (status != 0) return lua_error(L); /* memory */
        lua_pushstring(L, file->chunk + 1);
        return 2;
    }
    return 0;
}

/* [-0, +1, v] package.searchers, which Lua 5.1 calls loaders */
static void push_searchers(lua_State *L)
{
    static const char *const way[] = {"_LOADED", "package", LUA_VERSION_NUM == 501 ? "loaders" : "searchers"};
    lua_pushvalue(L, LUA_REGISTRYINDEX);
    for (size_t i = 0; i < sizeof way / sizeof way[0]; i++) {
        lua_pushstring(L, way[i]);
        lua_rawget(L, -2);
        lua_remove(L, -2);
        if (!lua_istable(L, -1))
            luaL_error(L, "whatsapp: there is no package.%s, open the library package before", way[2]);
    }
}

void whatsapp_preload_lua(lua_State *L)
{
    int last = 0, top = lua_gettop(L);
    luaL_checkstack(L, 5, "whatsapp");
    push_searchers(L);
    for (lua_rawgeti(L, -1, 1); !lua_isnil(L, -1); lua_rawgeti(L, -1, last + 1)) {
        if (lua_tocfunction(L, -1) == search) {
            lua_settop(L, top); /* it was added before */
            return;
        }
        lua_pop(L, 1);
        last++;
    }
    lua_pop(L, 1);
    /* becomes the second: after package.preload, before the disk */
    for (; last >= 2; last--) {
        lua_rawgeti(L, -1, last);
        lua_rawseti(L, -2, last + 1);
    }
    lua_pushcfunction(L, search);
    lua_rawseti(L, -2, last + 1);
    lua_settop(L, top);
}
