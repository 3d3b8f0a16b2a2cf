/* whatsapp.curl: sends requests with libcurl and returns their answers, one at a time or many at once. A client object
 * has a wa_multi, which keeps its connections, as long as it lives. Knows nothing of messages; multi.c and transfer.c
 * call libcurl, and know no Lua. */
#define _GNU_SOURCE /* dladdr */

#include "../compat.h"
#include "multi.h"
#include "request.h"
#include "response.h"

#include <string.h>

#if !defined(_WIN32)
#include <dlfcn.h>
#endif

#define CLIENT "whatsapp.curl"
#define GLOBAL "whatsapp.curl.global"

enum { OF_CLIENT = 1 }; /* the upvalue of every method that is the metatable; the names of request.h come after it */

/* the values that the table of a client keeps for each transfer */
enum { TAG, BODY, HEADERS, URL, VALUES };

/* A client. Its user value is a table that keeps its Lua values: the strings of the settings, by name; the headers of
 * the latest answer; and for each transfer, by slot, the tag, the body of the request, and the headers and the URL that
 * libcurl has.
 *
 * Lifecycle:
 *   1. new() makes it; it is closed until libcurl's handles are made.
 *   2. It is open.
 *   3. close(), __close or __gc closes it, and may be called again; every other method then raises an error. */
typedef struct client {
    wa_multi multi;
    wa_reader reader;
    bool closed;
} client;

/* ---- life ---- */

/* [-0, +0, v] Returns the client at index 1. It compares the metatable with an upvalue, and so looks up nothing in the
 * registry. */
static client *check_object(lua_State *L)
{
    void *object = lua_touserdata(L, 1);
    if (object != NULL && lua_getmetatable(L, 1)) {
        bool same = lua_rawequal(L, -1, lua_upvalueindex(OF_CLIENT)) != 0;
        lua_pop(L, 1);
        if (same) return object;
    }
    return luaL_checkudata(L, 1, CLIENT); /* raises */
}

/* [-0, +0, v] close(), __gc, __close */
static int client_close(lua_State *L)
{
    client *c = luaL_checkudata(L, 1, CLIENT);
    if (!c->closed) {
        wa_multi_close(&c->multi);
        wa_reader_free(&c->reader);
    }
    c->closed = true;
    return 0;
}

static int client_tostring(lua_State *L)
{
    client *c = luaL_checkudata(L, 1, CLIENT);
    lua_pushfstring(L, "%s (%s)", CLIENT, c->closed ? "closed" : "open");
    return 1;
}

static int global_gc(lua_State *L)
{
    (void) L;
    curl_global_cleanup();
    return 0;
}

/* [-0, +0, v] Returns the client at index 1; raises an error if it is closed. In a forked child it gets new
 * connections. */
static client *check_client(lua_State *L)
{
    client *c = check_object(L);
    if (c->closed) luaL_error(L, "attempt to use a closed client");
    if (!wa_multi_after_fork(&c->multi)) luaL_error(L, "%s", wa_no_memory);
    return c;
}

/* [-0, +3, m] pushes nil, err, details of a libcurl that cannot be used, or that has no memory */
static int fail(lua_State *L, const char *problem)
{
    return wa_refuse(L, (wa_refusal){.text = problem, .kind = "transport"});
}

/* ---- new ---- */

/* [-0, +1, v] reads a setting from the options at index 1; its value stays on the stack */
static void read_setting(lua_State *L, wa_settings *s, const wa_option *o)
{
    int type = wa_field(L, 1, o->name);
    void *place = (char *) s + o->offset;
    int64_t number = 0;
    size_t length;
    const char *string;
    if (type == LUA_TNIL) return;
    switch (o->kind) {
    case WA_SECONDS:
        *(double *) place = wa_seconds(L, o->name, 0);
        break;
    case WA_NUMBER:
        if (type != LUA_TNUMBER || !wa_integer(L, -1, &number) || number < 1 || number > INT32_MAX)
            luaL_error(L, "%s must be a whole number from 1 to 2147483647", o->name);
        *(int64_t *) place = number;
        break;
    case WA_STRING:
        if (type != LUA_TSTRING) luaL_error(L, "%s must be a string", o->name);
        string = lua_tolstring(L, -1, &length);
        if (strlen(string) != length) luaL_error(L, "%s must not contain a NUL", o->name);
        *(const char **) place = string;
        break;
    case WA_FLAG:
        *(bool *) place = lua_toboolean(L, -1) != 0;
        break;
    }
}

/* [-0, +1, v] Returns the settings of the options at index 1, and pushes a table that keeps their strings. */
static wa_settings read_settings(lua_State *L)
{
    wa_settings s = wa_default_settings;
    lua_newtable(L);
    int kept = lua_gettop(L);
    for (const wa_option *o = wa_options(); o->name != NULL; o++) {
        read_setting(L, &s, o);
        lua_setfield(L, kept, o->name);
    }
    s.allocate = lua_getallocf(L, &s.context);
    const char *problem = wa_check_settings(&s);
    if (problem != NULL) luaL_error(L, "%s", problem);
    return s;
}

/* [-0, +0, m] Initialises libcurl once for each Lua state. libcurl counts these calls; global_gc takes one back when
 * the state closes, after its clients. Returns false if libcurl cannot be initialised. */
static bool initialise_libcurl(lua_State *L)
{
    luaL_getmetatable(L, GLOBAL);
    lua_getfield(L, -1, "held");
    bool held = !lua_isnil(L, -1);
    lua_pop(L, 1);
    if (!held) {
        lua_newuserdata(L, 1);
        if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
            lua_pop(L, 2);
            return false;
        }
        lua_pushvalue(L, -2);
        lua_setmetatable(L, -2);
        lua_setfield(L, -2, "held");
    }
    lua_pop(L, 1);
    return true;
}

/* [-0, +1|3, v] new{ the names of wa_options, headers = } -> client | nil, err, details if this libcurl cannot be used
 * or has no memory. Raises an error for an option of a wrong type. */
static int new_client(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_settop(L, 1);
    wa_settings s = read_settings(L);
    if (!initialise_libcurl(L)) return fail(L, "libcurl could not be initialised");
    client *c = lua_newuserdata(L, sizeof *c);
    memset(c, 0, sizeof *c);
    c->closed = true;
    luaL_getmetatable(L, CLIENT);
    lua_setmetatable(L, 3);
    lua_pushvalue(L, 2);
    wa_setuservalue(L, 3);
    wa_reader_init(&c->reader, s.allocate, s.context);
    bool opened = wa_multi_open(&c->multi, &s);
    c->closed = false; /* from here on __gc frees the handles */
    wa_reader_choose(L, &c->reader, 1);
    if (!opened) return fail(L, wa_no_memory);
    if (wa_multi_spare(&c->multi) == NULL) return fail(L, c->multi.problem);
    return 1;
}

/* ---- a request ---- */

/* [-0, +0, -] Returns the key of a transfer's value in the table of the client. */
static int place_of(const wa_transfer *t, int value)
{
    return WA_OF_TRANSFERS + VALUES * (int) t->slot + value;
}

/* [-1, +0, m] keeps the value on top, in the table at the index */
static void keep(lua_State *L, int table, const wa_transfer *t, int value)
{
    lua_rawseti(L, table, place_of(t, value));
}

/* [-0, +0, -] forgets the body and the tag of a request; needs no memory */
static void forget_request(lua_State *L, int table, const wa_transfer *t)
{
    lua_pushnil(L);
    keep(L, table, t, BODY);
    lua_pushnil(L);
    keep(L, table, t, TAG);
}

/* [-0, +n, v] Fills a transfer with the request at index 2 and keeps its values in the client's table, which it pushes
 * at index 4. Returns the transfer, or NULL if the request is refused, and sets *refusal. */
static wa_transfer *fill(lua_State *L, client *c, wa_refusal *refusal)
{
    bool new_head = false;
    luaL_checktype(L, 2, LUA_TTABLE);
    lua_settop(L, 3);
    wa_getuservalue(L, 1);
    wa_transfer *t = wa_multi_spare(&c->multi);
    if (t == NULL) {
        *refusal = (wa_refusal){.text = c->multi.problem, .kind = "transport"};
        return NULL;
    }
    *refusal = wa_read_request(L, 2, &c->multi.settings, t, &new_head);
    if (refusal->text != NULL) return NULL;
    if (new_head) { /* these calls may raise an error, so that they come before wa_remember_head */
        lua_pushvalue(L, 6);
        keep(L, 4, t, HEADERS);
        lua_pushvalue(L, 7);
        keep(L, 4, t, URL);
        wa_remember_head(L, 6, t);
    }
    lua_settop(L, 5);
    return t;
}

/* ---- one at a time ---- */

/* [-0, +1|3, v] client:perform(request) -> response | nil, err, details. Requests that were added continue meanwhile.
 * Ends early if a debug hook is set meanwhile: the program `lua` sets one on Ctrl-C. */
static int client_perform(lua_State *L)
{
    client *c = check_client(L);
    wa_refusal refusal;
    wa_transfer *t = fill(L, c, &refusal); /* the body stays on the stack */
    if (t == NULL) return wa_refuse(L, refusal);
    if (!wa_multi_start(&c->multi, t)) return fail(L, wa_no_memory);
    t->awaited = true;
    lua_Hook hook = lua_gethook(L);
    while (t->state != WA_ENDED) {
        if (lua_gethook(L) != hook) wa_multi_abort(&c->multi, t);
        else wa_multi_wait(&c->multi, 1);
    }
    /* if this raises an error (memory), the transfer stays unused until the client is closed */
    int count = wa_push_outcome(L, &c->reader, t, 4);
    wa_multi_release(&c->multi, t);
    return count;
}

/* ---- many at once ---- */

/* [-0, +1|3, v] client:add(request, tag) -> true | nil, err, details of a request that is refused, which then has no
 * outcome */
static int client_add(lua_State *L)
{
    client *c = check_client(L);
    wa_refusal refusal;
    luaL_argcheck(L, !lua_isnoneornil(L, 3), 3, "a tag is needed, to tell whose outcome comes");
    wa_transfer *t = fill(L, c, &refusal);
    if (t == NULL) return wa_refuse(L, refusal);
    keep(L, 4, t, BODY);
    lua_pushvalue(L, 3);
    keep(L, 4, t, TAG);
    if (!wa_multi_start(&c->multi, t)) {
        forget_request(L, 4, t);
        return fail(L, wa_no_memory);
    }
    lua_pushboolean(L, 1);
    return 1;
}

/* [-0, +0|2|4, v] client:next() -> tag, response | tag, nil, err, details; returns nothing if no request has ended */
static int client_next(lua_State *L)
{
    client *c = check_client(L);
    wa_transfer *t = wa_multi_ended(&c->multi);
    if (t == NULL) return 0;
    wa_getuservalue(L, 1);
    int kept = lua_gettop(L);
    lua_rawgeti(L, kept, place_of(t, TAG));
    /* if this raises an error (memory), the next call reads the outcome again */
    int count = wa_push_outcome(L, &c->reader, t, kept);
    forget_request(L, kept, t);
    wa_multi_release(&c->multi, t);
    return count + 1;
}

/* [-0, +1, v] client:tags() -> a list of the tags of requests whose outcomes next() has not returned; a tag occurs as
 * often as it was added */
static int client_tags(lua_State *L)
{
    const client *c = check_client(L);
    int count = 0;
    wa_getuservalue(L, 1);
    int kept = lua_gettop(L);
    lua_newtable(L);
    for (size_t i = 0; i < c->multi.count; i++) {
        lua_rawgeti(L, kept, place_of(c->multi.transfers[i], TAG));
        if (lua_isnil(L, -1)) lua_pop(L, 1);
        else lua_rawseti(L, kept + 1, ++count);
    }
    return 1;
}

/* [-0, +0, v] Returns the transfer that has the tag at index 2, or NULL. */
static wa_transfer *find(lua_State *L, const client *c)
{
    lua_settop(L, 2);
    wa_getuservalue(L, 1);
    for (size_t i = 0; i < c->multi.count; i++) {
        wa_transfer *t = c->multi.transfers[i];
        lua_rawgeti(L, 3, place_of(t, TAG));
        bool found = !lua_isnil(L, -1) && lua_rawequal(L, 2, -1);
        lua_pop(L, 1);
        if (found) return t;
    }
    return NULL;
}

/* [-0, +0|3, v] client:progress(tag) -> moved, total, ended: the number of bytes of files and forms that were sent, or
 * that came into a file; the total of these bytes, nil if it is not known; true if the request has ended. Returns
 * nothing for an unknown tag. */
static int client_progress(lua_State *L)
{
    const wa_transfer *t = find(L, check_client(L));
    int64_t moved, all;
    if (t == NULL) return 0;
    wa_transfer_progress(t, &moved, &all);
    wa_push_bytes(L, moved);
    if (all < 0) lua_pushnil(L);
    else wa_push_bytes(L, all);
    lua_pushboolean(L, t->state == WA_ENDED);
    return 3;
}

/* [-0, +1, v] client:abort(tag) -> true if the request was under way: it ends as "interrupted"; else false */
static int client_abort(lua_State *L)
{
    client *c = check_client(L);
    wa_transfer *t = find(L, c);
    bool under_way = t != NULL && t->state == WA_UNDER_WAY;
    if (under_way) wa_multi_abort(&c->multi, t);
    lua_pushboolean(L, under_way);
    return 1;
}

/* [-0, +0, v] client:step(): sends and receives without waiting */
static int client_step(lua_State *L)
{
    wa_multi_step(&check_client(L)->multi);
    return 0;
}

/* [-0, +0, v] client:wait([seconds]): waits until a request has ended, the time is over, or a signal came */
static int client_wait(lua_State *L)
{
    client *c = check_client(L);
    double seconds = luaL_optnumber(L, 2, 1);
    luaL_argcheck(L, seconds >= 0, 2, "a number of seconds");
    if (wa_multi_ended(&c->multi) == NULL) wa_multi_wait(&c->multi, seconds);
    return 0;
}

/* [-0, +1, v] client:running() -> the number of requests that have not ended */
static int client_running(lua_State *L)
{
    lua_pushinteger(L, (lua_Integer) check_client(L)->multi.running);
    return 1;
}

/* [-0, +1, v] client:pollfd() -> a descriptor that is readable when step() has something to do; nil if this system has
 * no such descriptor */
static int client_pollfd(lua_State *L)
{
    int descriptor = wa_multi_pollfd(&check_client(L)->multi);
    if (descriptor < 0) lua_pushnil(L);
    else lua_pushinteger(L, descriptor);
    return 1;
}

/* [-0, +1, v] client:sockets([list]) -> a list of fd, events, fd, events ... (events: "r", "w" or "rw") of all sockets
 * that libcurl watches now, in `list` or a new table. For event loops on systems where pollfd() returns nil: after each
 * call of add, step, next, wait and abort, the loop watches exactly these sockets, and calls step() when one is ready
 * or timeout() is over. */
static int client_sockets(lua_State *L)
{
    const client *c = check_client(L);
    static const char *const events[] = {"", "r", "w", "rw"};
    size_t at = 0;
    curl_socket_t number;
    bool reads, writes;
    int count = 0;
    lua_settop(L, 2);
    if (lua_isnil(L, 2)) {
        lua_newtable(L);
        lua_replace(L, 2);
    }
    luaL_checktype(L, 2, LUA_TTABLE);
    while (wa_multi_socket(&c->multi, &at, &number, &reads, &writes)) {
        wa_push_bytes(L, (int64_t) number);
        lua_rawseti(L, 2, ++count);
        lua_pushstring(L, events[(reads ? 1 : 0) + (writes ? 2 : 0)]);
        lua_rawseti(L, 2, ++count);
    }
    for (size_t left = wa_rawlen(L, 2); left > (size_t) count; left--) {
        lua_pushnil(L);
        lua_rawseti(L, 2, (int) left);
    }
    return 1;
}

/* [-0, +1, v] client:timeout() -> seconds until the loop must call step() even if no socket is ready; nil if no time is
 * set */
static int client_timeout(lua_State *L)
{
    double seconds = wa_multi_timeout(&check_client(L)->multi);
    if (seconds < 0) lua_pushnil(L);
    else lua_pushnumber(L, (lua_Number) seconds);
    return 1;
}

/* [-0, +1, -] client:events() -> "r": cqueues asks for which events it should watch the descriptor */
static int client_events(lua_State *L)
{
    lua_pushliteral(L, "r");
    return 1;
}

/* ---- time ---- */

/* [-0, +1, -] now() -> seconds of a clock that never goes back */
static int now(lua_State *L)
{
    lua_pushnumber(L, (lua_Number) wa_clock());
    return 1;
}

/* [-0, +0, v] sleep(seconds): ends early if a signal comes */
static int sleep_for(lua_State *L)
{
    double seconds = (double) luaL_checknumber(L, 1);
    if (!(seconds > 0)) return 0;
    if (seconds > 86400) seconds = 86400;
    wa_sleep(seconds);
    return 0;
}

/* ---- the module ---- */

/* Keeps the code of this module and of libcurl in memory until the process ends. libcurl does not wait for a resolver
 * that still looks up a name (CURLOPT_QUICK_EXIT): the thread of the resolver returns into libcurl after the Lua state
 * is closed. And Lua 5.1 unloads modules before it has called all finalizers, which may call this module. */
static void pin_code(void)
{
#if defined(RTLD_NODELETE)
    int (*function)(lua_State *) = now;
    void *address, *module;
    Dl_info info;
    memcpy(&address, &function, sizeof address);
    if (dladdr(address, &info) == 0) return;
    module = dlopen(info.dli_fname, RTLD_LAZY | RTLD_NOLOAD | RTLD_NODELETE);
    if (module != NULL) dlclose(module);
#endif
}

WA_EXPORT int luaopen_whatsapp_curl(lua_State *L);

/* [-0, +1, m] */
int luaopen_whatsapp_curl(lua_State *L)
{
    static const luaL_Reg methods[] = {{"perform", client_perform}, {"add", client_add}, {"next", client_next},
        {"tags", client_tags}, {"progress", client_progress}, {"abort", client_abort}, {"step", client_step},
        {"wait", client_wait}, {"running", client_running}, {"pollfd", client_pollfd}, {"events", client_events},
        {"sockets", client_sockets}, {"timeout", client_timeout}, {"close", client_close}, {"__gc", client_close},
        {"__close", client_close}, {"__tostring", client_tostring}, {NULL, NULL}};
    static const luaL_Reg functions[] = {{"new", new_client}, {"now", now}, {"sleep", sleep_for}, {NULL, NULL}};
    pin_code();
    if (luaL_newmetatable(L, GLOBAL)) {
        lua_pushcfunction(L, global_gc);
        lua_setfield(L, -2, "__gc");
    }
    luaL_newmetatable(L, CLIENT);
    luaL_checkstack(L, WA_NAMES + LUA_MINSTACK, CLIENT);
    for (const luaL_Reg *method = methods; method->name != NULL; method++) {
        lua_pushvalue(L, -1);
        for (int i = 0; i < WA_NAMES; i++) lua_pushstring(L, wa_names[i]);
        lua_pushcclosure(L, method->func, OF_CLIENT + WA_NAMES);
        lua_setfield(L, -2, method->name);
    }
    lua_pushvalue(L, -1);
    lua_setfield(L, -2, "__index");
    lua_pop(L, 2);
    lua_createtable(L, 0, 4);
    wa_register(L, functions);
    lua_pushfstring(L, "libcurl/%s", curl_version_info(CURLVERSION_NOW)->version);
    lua_setfield(L, -2, "version");
    return 1;
}
