/* whatsapp.core: the module's functions. encode.c checks and writes, schema.c has the messages. Does no I/O, runs no
 * Lua code, and keeps nothing between calls but memory. */
#include "core.h"

#include "compile.h"
#include "encode.h"
#include "errors.h"

#include <stdio.h>

enum { STATE = 1, DETAILS = 2 }; /* upvalues of the functions that encode */

/* The memory of the encoder and the compiled schema. A userdata owns it, so that it is freed when Lua raises an error;
 * its user value is the anchor of the compiled schema.
 *
 * Lifecycle:
 *   1. new_state makes one when the module is opened.
 *   2. acquire_state takes it for one call (busy) and release_state gives it back.
 *   3. If it is busy when a function is called, acquire_state makes another one, which takes its place.
 *   4. state_gc frees its memory. A finalizer that calls later, while the Lua state closes, gets memory from
 *      acquire_state as before, and release_state frees it (finalized). */
typedef struct core_state {
    wa_encoder encoder;
    wa_compiled compiled;
    wa_type *root;
    bool busy, finalized;
} core_state;

/* [-0, +0, -] __gc; may run twice */
static int state_gc(lua_State *L)
{
    core_state *state = lua_touserdata(L, 1);
    wa_encoder_free(&state->encoder);
    state->finalized = true;
    return 0;
}

/* [-0, +1, m] */
static core_state *new_state(lua_State *L)
{
    core_state *state = lua_newuserdata(L, sizeof *state);
    void *context;
    lua_Alloc allocate = lua_getallocf(L, &context);
    memset(state, 0, sizeof *state);
    wa_encoder_init(&state->encoder, allocate, context);
    lua_createtable(L, 0, 1);
    lua_pushcfunction(L, state_gc);
    lua_setfield(L, -2, "__gc");
    lua_setmetatable(L, -2);
    lua_newtable(L);
    lua_getfield(L, LUA_REGISTRYINDEX, "_LOADED");
    lua_rawseti(L, -2, WA_LOADED_KEY);
    state->root = wa_type_of(L, lua_gettop(L), &state->compiled, &wa_message);
    wa_setuservalue(L, -2);
    return state;
}

/* [-0, +1, m] Pushes the state of this function. It is busy if a finalizer calls the function while the function runs,
 * or if an earlier call ran out of memory: then a new one takes its place, and the call that uses the old one keeps
 * it. */
static core_state *acquire_state(lua_State *L)
{
    core_state *state = lua_touserdata(L, lua_upvalueindex(STATE));
    if (state->busy) {
        state = new_state(L);
        lua_pushvalue(L, -1);
        lua_replace(L, lua_upvalueindex(STATE));
    } else {
        lua_pushvalue(L, lua_upvalueindex(STATE));
    }
    state->busy = true;
    return state;
}

static void release_state(core_state *state)
{
    if (state->finalized) wa_encoder_free(&state->encoder);
    wa_encoder_reset(&state->encoder);
    state->busy = false;
}

/* [-0, +0, -] Returns true if the value is this string. */
static bool is_string(lua_State *L, int index, const char *wanted)
{
    size_t length;
    if (lua_type(L, index) != LUA_TSTRING) return false;
    const char *text = lua_tolstring(L, index, &length);
    return wa_is(text, length, wanted);
}

/* [-0, +0, v] reads argument 2: nil or {mode = "strict" | "lenient"} */
static bool is_lenient(lua_State *L)
{
    static const char *const modes[] = {"strict", "lenient", NULL};
    if (lua_isnoneornil(L, 2)) return false;
    luaL_checktype(L, 2, LUA_TTABLE);
    lua_pushnil(L);
    while (lua_next(L, 2)) {
        if (!is_string(L, -2, "mode")) return luaL_argerror(L, 2, "the only option is `mode`") != 0;
        lua_pop(L, 1);
    }
    lua_pushliteral(L, "mode");
    lua_rawget(L, 2);
    if (lua_isnil(L, -1)) return false;
    for (int i = 0; modes[i] != NULL; i++) {
        if (is_string(L, -1, modes[i])) return i == 1;
    }
    return luaL_argerror(L, 2, "mode must be \"strict\" or \"lenient\"") != 0;
}

/* [-0, +n, m] Returns the results of both functions: the value on top, and the warnings if there are any; else nil, the
 * error and the details. Without warnings there is one result only, so that file:write(encode(message)) works. */
static int results(lua_State *L, core_state *state, bool warnings_always)
{
    const wa_report *report = &state->encoder.report;
    if (report->problems > 0) {
        lua_pushnil(L);
        wa_report_push_failure(L, report);
        lua_pushvalue(L, lua_upvalueindex(DETAILS));
        lua_setmetatable(L, -2);
        release_state(state);
        return 3;
    }
    bool warnings = report->warnings > 0 || warnings_always;
    if (warnings) wa_report_push(L, report, true);
    release_state(state);
    return warnings ? 2 : 1;
}

/* [-0, +1, v] Returns the state, ready to encode argument 1. It is left at index 3. */
static core_state *prepare_state(lua_State *L, bool lenient)
{
    lua_settop(L, 2);
    core_state *state = acquire_state(L);
    state->encoder.lenient = lenient;
    state->encoder.holder = 3;
    return state;
}

/* [-0, +1, v] Encodes argument 1, and compiles the layouts that it needs on the way. The state is left at index 3. */
static core_state *encode_argument(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TTABLE);
    core_state *state = prepare_state(L, is_lenient(L));
    wa_encoder *encoder = &state->encoder;
    while (!wa_encode_message(encoder, L, 1, state->root) || encoder->missing_layout != NULL) {
        wa_layout *missing = encoder->missing_layout;
        if (missing == NULL) {
            release_state(state);
            luaL_error(L, "not enough memory");
        }
        wa_encoder_reset(encoder);
        wa_getuservalue(L, 3);
        wa_compile(L, 4, &state->compiled, missing);
        lua_settop(L, 3);
    }
    return state;
}

/* [-0, +1|2|3, v] Returns the results of a function that gives JSON. */
static int json_results(lua_State *L, core_state *state)
{
    const wa_buffer *out = &state->encoder.out;
    if (state->encoder.report.problems == 0) lua_pushlstring(L, out->bytes, out->length);
    return results(L, state, false);
}

/* [-0, +1|2|3, v] encode(message [, options]) -> json [, warnings] | nil, err, details */
static int encode(lua_State *L)
{
    return json_results(L, encode_argument(L));
}

/* [-0, +1|3, v] write(value) -> json | nil, err, details: any value, as messages may hold it in free-form data */
static int write_value(lua_State *L)
{
    luaL_checkany(L, 1);
    core_state *state = prepare_state(L, false);
    if (!wa_encode_value(&state->encoder, L, 1)) {
        release_state(state);
        return luaL_error(L, "not enough memory");
    }
    return json_results(L, state);
}

/* [-0, +2|3, v] validate(message [, options]) -> true, warnings | nil, err, details. It writes the JSON too: the
 * encoder checks most strings while it copies them, which is quicker than a check without a copy. */
static int validate(lua_State *L)
{
    core_state *state = encode_argument(L);
    if (state->encoder.report.problems == 0) lua_pushboolean(L, 1);
    return results(L, state, true);
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

/* ---- two questions about each message and each answer ----
 * In Lua, each check of a type is a call of type(), and the letters and digits of a recipient need a pattern. These two
 * functions in C make a message 3 % cheaper. The names of the members are upvalues, because lua_pushstring() takes five
 * times as long. */

enum { TO = 1, RECIPIENT, STATUS };
static const char *const recipient_names[] = {"to", "recipient", "status", NULL};

enum { MESSAGES = 1, ID };
static const char *const response_names[] = {"messages", "id", NULL};

/* [-0, +1, -] pushes a member of a table, by raw access; returns its type. `name` is the number of an upvalue. */
static int push_named(lua_State *L, int table, int name)
{
    lua_pushvalue(L, lua_upvalueindex(name));
    lua_rawget(L, table);
    return lua_type(L, -1);
}

static bool is_alphanumeric(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

/* [-0, +1, m] Pushes the letters and digits of the string or number on top. The result is the same for a phone number
 * with and without its + and spaces, as a string and as a number. */
static void push_plain(lua_State *L)
{
    char digits[32];
    int64_t number;
    size_t length, same = 0;
    luaL_Buffer plain;
    if (lua_type(L, -1) == LUA_TNUMBER && wa_integer(L, -1, &number)) {
        snprintf(digits, sizeof digits, "%lld", (long long) number);
        lua_pushstring(L, digits);
        return;
    }
    lua_pushvalue(L, -1); /* tolstring makes a string of a number */
    const char *text = lua_tolstring(L, -1, &length);
    while (same < length && is_alphanumeric(text[same])) same++;
    if (same == length) return;
    luaL_buffinit(L, &plain);
    for (size_t i = 0; i < length; i++) {
        if (is_alphanumeric(text[i])) luaL_addchar(&plain, text[i]);
    }
    luaL_pushresult(&plain);
    lua_remove(L, -2);
}

/* [-0, +1|2, m] recipient_of(message) -> recipient, plain: `to` or else `recipient` of the message, and its letters and
 * digits as a string. Returns false if the recipient is not a string or a number, or the message is not a table. Also
 * returns false if the message has a `status`: it marks another message as read, and has no recipient. */
static int recipient_of(lua_State *L)
{
    int type = LUA_TNIL;
    lua_settop(L, 1);
    if (lua_type(L, 1) == LUA_TTABLE && push_named(L, 1, STATUS) == LUA_TNIL) {
        type = push_named(L, 1, TO);
        if (!lua_toboolean(L, 3)) type = push_named(L, 1, RECIPIENT);
    }
    bool is_number = type == LUA_TNUMBER && lua_rawequal(L, -1, -1) != 0; /* NaN differs from itself */
    if (type != LUA_TSTRING && !is_number) {
        lua_pushboolean(L, 0);
        return 1;
    }
    push_plain(L);
    return 2;
}

/* [-0, +1, m] names_message(value) -> true if the value is {messages = {{id = "..."}}}, which is the API's answer to a
 * message that it accepts; else false */
static int names_message(lua_State *L)
{
    lua_settop(L, 1);
    bool found = lua_type(L, 1) == LUA_TTABLE && push_named(L, 1, MESSAGES) == LUA_TTABLE;
    if (found) lua_rawgeti(L, 2, 1);
    found = found && lua_type(L, 3) == LUA_TTABLE && push_named(L, 3, ID) == LUA_TSTRING;
    lua_pushboolean(L, found && wa_rawlen(L, 4) > 0);
    return 1;
}

/* [-0, +0, m] Returns true if both are tables with the same members. Compares tables in them in the same way, `levels`
 * deep. */
static bool is_same(lua_State *L, int a, int b, int levels)
{
    int members = 0;
    if (lua_type(L, a) != LUA_TTABLE || lua_type(L, b) != LUA_TTABLE) return false;
    luaL_checkstack(L, LUA_MINSTACK, "same");
    lua_pushnil(L);
    while (lua_next(L, a)) {
        int value = lua_gettop(L);
        lua_pushvalue(L, value - 1);
        lua_rawget(L, b);
        bool same = lua_rawequal(L, value, value + 1) != 0 || (levels > 0 && is_same(L, value, value + 1, levels - 1));
        lua_settop(L, same ? value - 1 : value - 2);
        if (!same) return false;
        members++;
    }
    lua_pushnil(L);
    while (lua_next(L, b)) {
        lua_pop(L, 1);
        members--;
    }
    return members == 0;
}

/* [-0, +1, m] same(a, b) -> true if both are tables with the same members, else false. It compares tables in them too,
 * one level deep, by raw access. lua/whatsapp uses it to find out if a hook has changed its request; it takes a third
 * of the time of the same function in Lua. */
static int same(lua_State *L)
{
    lua_settop(L, 2);
    lua_pushboolean(L, is_same(L, 1, 2, 1));
    return 1;
}

/* [-0, +1, m] the metatable of lists that array() marked */
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

/* [-0, +1, m] The metatable of details: empty, for Lua code to fill in, and the same one for every module of this Lua
 * state. */
static void push_details_metatable(lua_State *L)
{
    static const char key[] = "whatsapp.core.details";
    lua_getfield(L, LUA_REGISTRYINDEX, key);
    if (!lua_isnil(L, -1)) return;
    lua_pop(L, 1);
    lua_newtable(L);
    lua_pushvalue(L, -1);
    lua_setfield(L, LUA_REGISTRYINDEX, key);
}

/* [-0, +0, m] sets a function that encodes in the table on top; its upvalues, the state and the metatable of details,
 * are below the table */
static void set_encoder(lua_State *L, const char *name, lua_CFunction function)
{
    lua_pushvalue(L, -3);
    lua_pushvalue(L, -3);
    lua_pushcclosure(L, function, DETAILS);
    lua_setfield(L, -2, name);
}

/* [-0, +0, m] sets a function in the table on top; its upvalues are these names */
static void set_with_names(lua_State *L, const char *name, lua_CFunction function, const char *const *upvalues)
{
    int count = 0;
    for (; upvalues[count] != NULL; count++) lua_pushstring(L, upvalues[count]);
    lua_pushcclosure(L, function, count);
    lua_setfield(L, -2, name);
}

WA_EXPORT int luaopen_whatsapp_core(lua_State *L);

/* [-0, +1, m] */
int luaopen_whatsapp_core(lua_State *L)
{
    static const luaL_Reg functions[] = {{"schema", wa_schema}, {"same", same}, {NULL, NULL}};
    luaL_checkstack(L, 20, "whatsapp.core");
    new_state(L);
    push_details_metatable(L);
    lua_createtable(L, 0, 12);
    wa_register(L, functions);
    set_with_names(L, "recipient_of", recipient_of, recipient_names);
    set_with_names(L, "names_message", names_message, response_names);
    set_encoder(L, "encode", encode);
    set_encoder(L, "validate", validate);
    set_encoder(L, "write", write_value);
    lua_pushvalue(L, -2);
    lua_setfield(L, -2, "details");
    push_array_metatable(L);
    lua_pushvalue(L, -1);
    lua_pushcclosure(L, array, 1);
    lua_setfield(L, -3, "array");
    lua_pushcclosure(L, wa_decode, 1);
    lua_setfield(L, -2, "decode");
    lua_pushlightuserdata(L, NULL);
    lua_setfield(L, -2, "null");
    return 1;
}
