/* whatsapp.core: opens the rooms of the core and gives Lua its functions. Checking is encode.c's, the messages are
 * schema.c's. Does no I/O, runs no Lua code, keeps nothing between calls but memory. */
#include "core.h"
#include "compile.h"
#include "encode.h"
#include "errors.h"

enum { WORK = 1 }; /* upvalue of the functions that walk */

/* The memory of a walk and what it has of the schema; owned by a userdata, so that an error passing over it frees it.
 * Its user value is the anchor of the shapes. */
typedef struct work {
    wa_walk walk;
    wa_shapes shapes;
    wa_node *root;
    bool busy, finalized;
} work;

/* [-0, +0, -] __gc; may run twice */
static int work_gc(lua_State *L)
{
    work *owned = lua_touserdata(L, 1);
    wa_walk_free(&owned->walk);
    owned->finalized = true;
    return 0;
}

/* [-0, +1, m] */
static work *new_work(lua_State *L)
{
    work *owned = lua_newuserdata(L, sizeof *owned);
    void *context;
    lua_Alloc allocate = lua_getallocf(L, &context);
    memset(owned, 0, sizeof *owned);
    wa_walk_init(&owned->walk, allocate, context);
    lua_createtable(L, 0, 1);
    lua_pushcfunction(L, work_gc);
    lua_setfield(L, -2, "__gc");
    lua_setmetatable(L, -2);
    lua_newtable(L);
    owned->root = wa_node_of(L, lua_gettop(L), &owned->shapes, &wa_message);
    wa_setuservalue(L, -2);
    return owned;
}

/* [-0, +1, m] Pushes the memory of this function. It is in use already where a finalizer calls the function while it
 * runs, or after it failed for want of memory: then it gets new memory, and whoever uses the old one keeps that. */
static work *take_work(lua_State *L)
{
    work *owned = lua_touserdata(L, lua_upvalueindex(WORK));
    if (owned->busy) {
        owned = new_work(L);
        lua_pushvalue(L, -1);
        lua_replace(L, lua_upvalueindex(WORK));
    } else {
        lua_pushvalue(L, lua_upvalueindex(WORK));
    }
    owned->busy = true;
    return owned;
}

/* a finalizer may still call when the state closes; then nobody frees the memory later, and it must exist before */
static void give_work(work *owned)
{
    if (owned->finalized) wa_walk_free(&owned->walk);
    wa_walk_reset(&owned->walk);
    owned->busy = false;
}

/* [-0, +0, -] whether the value is this string, a NUL in it and all */
static bool is_word(lua_State *L, int index, const char *word)
{
    size_t length;
    if (lua_type(L, index) != LUA_TSTRING) return false;
    const char *text = lua_tolstring(L, index, &length);
    return wa_is(text, length, word);
}

/* [-0, +0, v] argument 2: nil or {mode = "strict" | "lenient"} */
static bool is_lenient(lua_State *L)
{
    static const char *const modes[] = {"strict", "lenient", NULL};
    if (lua_isnoneornil(L, 2)) return false;
    luaL_checktype(L, 2, LUA_TTABLE);
    lua_pushnil(L);
    while (lua_next(L, 2)) {
        bool known = is_word(L, -2, "mode");
        if (!known) return luaL_argerror(L, 2, "the only option is `mode`") != 0;
        lua_pop(L, 1);
    }
    lua_pushliteral(L, "mode");
    lua_rawget(L, 2);
    if (lua_isnil(L, -1)) return false;
    for (int i = 0; modes[i] != NULL; i++) {
        if (is_word(L, -1, modes[i])) return i == 1;
    }
    return luaL_argerror(L, 2, "mode must be \"strict\" or \"lenient\"") != 0;
}

/* [-0, +n, m] the outcome of both functions: success is what is on top, and the warnings if there are any; nothing
 * behind it where there are none, so that file:write(encode(message)) is right */
static int failure_or(lua_State *L, work *owned, bool warnings_always)
{
    const wa_report *report = &owned->walk.report;
    if (report->problems > 0) {
        lua_pushnil(L);
        wa_report_push_failure(L, report);
        give_work(owned);
        return 3;
    }
    bool warnings = report->warnings > 0 || warnings_always;
    if (warnings) wa_report_push(L, report, true);
    give_work(owned);
    return warnings ? 2 : 1;
}

/* [-0, +1, v] walks argument 1; the memory stays on the stack, at index 3 */
static work *walk(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TTABLE);
    bool lenient = is_lenient(L);
    lua_settop(L, 2);
    work *owned = take_work(L);
    owned->walk.lenient = lenient;
    while (!wa_walk_message(&owned->walk, L, 1, owned->root) || owned->walk.wanted != NULL) {
        wa_shape *wanted = owned->walk.wanted;
        if (wanted == NULL) {
            give_work(owned);
            luaL_error(L, "not enough memory");
        }
        wa_walk_reset(&owned->walk);
        wa_getuservalue(L, 3);
        wa_compile(L, 4, &owned->shapes, wanted);
        lua_settop(L, 3);
    }
    return owned;
}

/* [-0, +1|2|3, v] encode(message [, options]) -> json [, warnings] | nil, text, details */
static int encode(lua_State *L)
{
    work *owned = walk(L);
    if (owned->walk.report.problems == 0) lua_pushlstring(L, owned->walk.out.bytes, owned->walk.out.length);
    return failure_or(L, owned, false);
}

/* [-0, +2|3, v] validate(message [, options]) -> true, warnings | nil, text, details; to write what is not used is
 * quicker than to check without it, as most strings are checked while they are copied */
static int validate(lua_State *L)
{
    work *owned = walk(L);
    if (owned->walk.report.problems == 0) lua_pushboolean(L, 1);
    return failure_or(L, owned, true);
}

/* [-0, +1, v] array(table) -> the same table, marked as a list */
static int array(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_settop(L, 1);
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_setmetatable(L, 1);
    return 1;
}

/* [-0, +1, m] the metatable of marked lists */
static void push_array_metatable(lua_State *L)
{
    union {
        const void *address;
        void *userdata;
    } mark = {.address = wa_array_mark()};
    lua_createtable(L, 1, 1);
    lua_pushlightuserdata(L, mark.userdata);
    lua_rawseti(L, -2, 1);
    lua_pushliteral(L, "whatsapp.array");
    lua_setfield(L, -2, "__name");
}

/* [-0, +0, m] sets a function that walks in the table on top; the memory is below that */
static void set_walker(lua_State *L, const char *name, lua_CFunction function)
{
    lua_pushvalue(L, -2);
    lua_pushcclosure(L, function, WORK);
    lua_setfield(L, -2, name);
}

WA_EXPORT int luaopen_whatsapp_core(lua_State *L);

/* [-0, +1, m] */
int luaopen_whatsapp_core(lua_State *L)
{
    static const luaL_Reg functions[] = {{"schema", wa_schema}, {"decode", wa_decode}, {NULL, NULL}};
    luaL_checkstack(L, 20, "whatsapp.core");
    new_work(L);
    lua_createtable(L, 0, 6);
    wa_register(L, functions);
    set_walker(L, "encode", encode);
    set_walker(L, "validate", validate);
    push_array_metatable(L);
    lua_pushcclosure(L, array, 1);
    lua_setfield(L, -2, "array");
    lua_pushlightuserdata(L, NULL);
    lua_setfield(L, -2, "null");
    return 1;
}
