/* whatsapp.curl: sends requests with libcurl and gives their answers, one at a time or many at once. A client object
 * keeps one multi handle, with its connections, for as long as it lives. Knows nothing of messages; what libcurl does
 * is in multi.c and transfer.c, which know no Lua. */
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
#define PREPARED "whatsapp.curl.prepared"
#define GLOBAL "whatsapp.curl.global"

/* bytes of an answer; requests over one connection: nginx, for one, ends an HTTP/2 connection after 1,000, and what is
 * under way then may have been sent */
enum { MAX_BODY = 16 << 20, MAX_REQUESTS = 900 };

static const double default_timeout = 30, default_connect_timeout = 10;

enum { OF_CLIENT = 1, OF_PREPARED = 2 }; /* upvalues of every method: the metatables */

/* in a client's table, of each transfer */
enum { TAG = WA_OF_TRANSFERS, BODY };

/* The Lua values that belong to it are in a table of its own: the strings of the settings, by name; what the reader
 * keeps; and of each transfer, by slot, its tag and its request's body. */
typedef struct client {
    wa_multi multi;
    wa_reader reader;
    bool closed;
    unsigned long prepared; /* how many were */
} client;

/* A request that is sent again and again with other bodies. Its user value holds the client. */
typedef struct prepared {
    wa_prepared request;
    const client *owner;
} prepared;

/* ---- life ---- */

/* [-0, +0, v] the object at the index, if its metatable is that upvalue: without a look into the registry */
static void *check_object(lua_State *L, int index, int metatable, const char *name)
{
    void *object = lua_touserdata(L, index);
    if (object != NULL && lua_getmetatable(L, index)) {
        bool same = lua_rawequal(L, -1, lua_upvalueindex(metatable)) != 0;
        lua_pop(L, 1);
        if (same) return object;
    }
    return luaL_checkudata(L, index, name); /* raises */
}

/* [-0, +0, v] close(), __gc, __close: as often as one likes */
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

/* [-0, +0, v] the open client at index 1; in a forked child it has new connections */
static client *check_client(lua_State *L)
{
    client *c = check_object(L, 1, OF_CLIENT, CLIENT);
    if (c->closed) luaL_error(L, "attempt to use a closed client");
    if (!wa_multi_renew(&c->multi)) luaL_error(L, "%s", wa_no_memory);
    return c;
}

/* [-0, +0, v] the transfer that is filled next */
static wa_transfer *spare(lua_State *L, client *c)
{
    wa_transfer *t = wa_multi_spare(&c->multi);
    if (t == NULL && c->multi.unusable)
        luaL_error(L, "this libcurl (%s) cannot be used", curl_version_info(CURLVERSION_NOW)->version);
    if (t == NULL) luaL_error(L, "%s", wa_no_memory);
    return t;
}

/* ---- new ---- */

/* [-0, +1, v] a string without NUL, or NULL; it stays on the stack */
static const char *string_option(lua_State *L, int table, const char *name)
{
    size_t length;
    int type = wa_field(L, table, name);
    if (type == LUA_TNIL) return NULL;
    if (type != LUA_TSTRING) luaL_error(L, "%s must be a string", name);
    const char *text = lua_tolstring(L, -1, &length);
    if (strlen(text) != length) luaL_error(L, "%s must not hold a NUL", name);
    return text;
}

static bool flag_option(lua_State *L, int table, const char *name)
{
    wa_field(L, table, name);
    bool set = lua_toboolean(L, -1) != 0;
    lua_pop(L, 1);
    return set;
}

/* [-1, +0, m] keeps the string on top with the client, in the table below it */
static const char *keep(lua_State *L, const char *name, const char *text)
{
    if (text == NULL) lua_pop(L, 1);
    else lua_setfield(L, -2, name);
    return text;
}

/* [-0, +1, v] new{timeout =, connect_timeout =, proxy =, ca_file =, user_agent =, allow_http =, max_body =,
 * max_requests =, headers =}
 * -> client */
static int new_client(lua_State *L)
{
    static const char *const names[] = {"proxy", "ca_file", "user_agent"};
    wa_settings s = {.max_body = MAX_BODY};
    int64_t max_body = MAX_BODY, max_requests = MAX_REQUESTS;
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_settop(L, 1);
    s.timeout = wa_seconds(L, 1, "timeout", default_timeout);
    s.connect_timeout = wa_seconds(L, 1, "connect_timeout", default_connect_timeout);
    s.allow_http = flag_option(L, 1, "allow_http");
    if (wa_field(L, 1, "max_body") != LUA_TNIL &&
        (lua_type(L, -1) != LUA_TNUMBER || !wa_integer(L, -1, &max_body) || max_body < 1 || max_body > INT32_MAX))
        return luaL_error(L, "max_body must be a number of bytes");
    s.max_body = (size_t) max_body;
    if (wa_field(L, 1, "max_requests") != LUA_TNIL &&
        (lua_type(L, -1) != LUA_TNUMBER || !wa_integer(L, -1, &max_requests) || max_requests < 1 ||
            max_requests > INT32_MAX))
        return luaL_error(L, "max_requests must be a number of requests, from 1 on");
    s.max_requests = (size_t) max_requests;
    s.allocate = lua_getallocf(L, &s.context);

    client *c = lua_newuserdata(L, sizeof *c);
    int at = lua_gettop(L);
    memset(c, 0, sizeof *c);
    c->closed = true;
    luaL_getmetatable(L, CLIENT);
    lua_setmetatable(L, at);
    lua_newtable(L);
    s.proxy = keep(L, names[0], string_option(L, 1, names[0]));
    s.ca_file = keep(L, names[1], string_option(L, 1, names[1]));
    s.user_agent = keep(L, names[2], string_option(L, 1, names[2]));
    wa_setuservalue(L, at);
    wa_reader_init(&c->reader, s.allocate, s.context);
    bool opened = wa_multi_open(&c->multi, &s);
    c->closed = false; /* from here on what it holds is freed with it */
    wa_reader_choose(L, &c->reader, 1);
    if (!opened) return luaL_error(L, "%s", wa_no_memory);
    spare(L, c);
    return 1;
}

/* ---- a request that is sent again and again ---- */

static int prepared_gc(lua_State *L)
{
    prepared *p = luaL_checkudata(L, 1, PREPARED);
    wa_prepared_free(&p->request);
    p->request.id = 0;
    return 0;
}

/* [-0, +0, m] */
static bool is_post(lua_State *L, int request)
{
    bool post = wa_field(L, request, "method") == LUA_TSTRING && strcmp(lua_tostring(L, -1), "POST") == 0;
    lua_pop(L, 1);
    return post;
}

/* [-0, +1|3, v] client:prepare(request) -> prepared | nil, text, details. A POST without a body, which each that is
 * sent has of its own. */
static int client_prepare(lua_State *L)
{
    client *c = check_client(L);
    luaL_checktype(L, 2, LUA_TTABLE);
    lua_settop(L, 2);
    prepared *p = lua_newuserdata(L, sizeof *p);
    memset(p, 0, sizeof *p);
    luaL_getmetatable(L, PREPARED);
    lua_setmetatable(L, 3);
    lua_createtable(L, 1, 0); /* the client lives as long */
    lua_pushvalue(L, 1);
    lua_rawseti(L, -2, 1);
    wa_setuservalue(L, 3);
    wa_transfer *t = spare(L, c);
    wa_refusal r = wa_read_request(L, 2, &c->multi.settings, t);
    if (r.text != NULL && r.text != wa_no_memory) return wa_refuse(L, r);
    if (r.text == NULL && (t->with_body || t->stream != NULL || !is_post(L, 2)))
        return luaL_error(L, "what is prepared is a POST without a body");
    if (r.text != NULL || !wa_prepared_copy(&p->request, t)) return luaL_error(L, "%s", wa_no_memory);
    p->request.id = ++c->prepared;
    p->owner = c;
    lua_settop(L, 3);
    return 1;
}

/* [-0, +n, v] Fills a transfer with the request at index 2: a table, or what was prepared, with the body at the index.
 * What must be kept until it has ended is on top. */
static wa_refusal fill(lua_State *L, client *c, wa_transfer *t, int body)
{
    size_t size;
    if (lua_type(L, 2) == LUA_TTABLE) return wa_read_request(L, 2, &c->multi.settings, t);
    const prepared *p = check_object(L, 2, OF_PREPARED, PREPARED);
    luaL_argcheck(L, p->owner == c && p->request.id != 0, 2, "it was prepared by another client");
    luaL_checktype(L, body, LUA_TSTRING);
    lua_pushvalue(L, body);
    const char *bytes = lua_tolstring(L, body, &size);
    return (wa_refusal){.text = wa_transfer_post(t, &c->multi.settings, &p->request, bytes, size)};
}

/* ---- one at a time ---- */

/* [-0, +1|3, v] client:perform(request) -> response | nil, text, details; client:perform(prepared, body) -> status,
 * body, headers | nil, text, details. What was added goes on meanwhile. Ends early where a hook was set: that is how
 * the lua program asks a script to stop (Ctrl-C). */
static int client_perform(lua_State *L)
{
    client *c = check_client(L);
    lua_settop(L, 3);
    wa_transfer *t = spare(L, c);
    wa_refusal r = fill(L, c, t, 3);
    if (r.text != NULL && r.text != wa_no_memory) return wa_refuse(L, r);
    if (r.text != NULL || !wa_multi_start(&c->multi, t)) return luaL_error(L, "%s", wa_no_memory);
    t->awaited = true;
    lua_Hook hook = lua_gethook(L);
    while (t->state != WA_ENDED) {
        if (lua_gethook(L) != hook) wa_multi_abort(&c->multi, t);
        else wa_multi_wait(&c->multi, 1);
    }
    wa_getuservalue(L, 1);
    /* if that has no memory, the transfer is out of use until the client is closed */
    int count = wa_push_outcome(L, &c->reader, t, lua_gettop(L));
    wa_multi_give(&c->multi, t);
    return count;
}

/* ---- many at once ---- */

/* [-1, +0, m] sets what is kept of a transfer, in the table at the index */
static void set_kept(lua_State *L, int table, const wa_transfer *t, int what)
{
    lua_rawseti(L, table, (int) (2 * t->slot) + what);
}

/* [-0, +0, -] the same with nothing, which needs no memory */
static void forget_kept(lua_State *L, int table, const wa_transfer *t)
{
    lua_pushnil(L);
    set_kept(L, table, t, BODY);
    lua_pushnil(L);
    set_kept(L, table, t, TAG);
}

/* [-0, +1|3, v] client:add(request, tag), client:add(prepared, tag, body) -> true | nil, text, details: refused, and
 * there will be no outcome */
static int client_add(lua_State *L)
{
    client *c = check_client(L);
    luaL_argcheck(L, !lua_isnoneornil(L, 3), 3, "a tag is needed, to tell whose outcome comes");
    lua_settop(L, 4);
    wa_transfer *t = spare(L, c);
    wa_refusal r = fill(L, c, t, 4);
    if (r.text != NULL && r.text != wa_no_memory) return wa_refuse(L, r);
    if (r.text != NULL) return luaL_error(L, "%s", wa_no_memory);
    wa_getuservalue(L, 1); /* what may raise stands before what cannot be taken back */
    int kept = lua_gettop(L);
    lua_pushvalue(L, kept - 1);
    set_kept(L, kept, t, BODY);
    lua_pushvalue(L, 3);
    set_kept(L, kept, t, TAG);
    if (!wa_multi_start(&c->multi, t)) {
        forget_kept(L, kept, t);
        return luaL_error(L, "%s", wa_no_memory);
    }
    lua_pushboolean(L, 1);
    return 1;
}

/* [-0, +0|2|4, v] client:next() -> tag, response | tag, status, body, headers (of what was prepared) | tag, nil, text,
 * details; nothing: none has ended */
static int client_next(lua_State *L)
{
    client *c = check_client(L);
    wa_transfer *t = wa_multi_ended(&c->multi);
    if (t == NULL) return 0;
    wa_getuservalue(L, 1);
    int kept = lua_gettop(L);
    lua_rawgeti(L, kept, (int) (2 * t->slot) + TAG);
    int count = wa_push_outcome(L, &c->reader, t, kept); /* if that has no memory, it can be fetched again */
    forget_kept(L, kept, t);
    wa_multi_give(&c->multi, t);
    return count + 1;
}

/* [-0, +1, v] client:tags() -> a list of the tags whose outcomes were not fetched, of each as often as it was added */
static int client_tags(lua_State *L)
{
    const client *c = check_client(L);
    int count = 0;
    wa_getuservalue(L, 1);
    int kept = lua_gettop(L);
    lua_newtable(L);
    for (size_t i = 0; i < c->multi.count; i++) {
        lua_rawgeti(L, kept, (int) (2 * c->multi.transfers[i]->slot) + TAG);
        if (lua_isnil(L, -1)) lua_pop(L, 1);
        else lua_rawseti(L, kept + 1, ++count);
    }
    return 1;
}

/* [-0, +0, v] the transfer that has the tag at index 2; NULL: none */
static wa_transfer *find(lua_State *L, const client *c)
{
    lua_settop(L, 2);
    wa_getuservalue(L, 1);
    for (size_t i = 0; i < c->multi.count; i++) {
        wa_transfer *t = c->multi.transfers[i];
        lua_rawgeti(L, 3, (int) (2 * t->slot) + TAG);
        bool found = !lua_isnil(L, -1) && lua_rawequal(L, 2, -1);
        lua_pop(L, 1);
        if (found) return t;
    }
    return NULL;
}

/* [-0, +0|3, v] client:progress(tag) -> bytes that have gone out of files and forms, or have come into a file; of how
 * many, nil where nobody knows; whether it has ended. Nothing: there is no such tag. */
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

/* [-0, +1, v] client:abort(tag) -> whether it was under way: it ends now, as "interrupted" */
static int client_abort(lua_State *L)
{
    client *c = check_client(L);
    wa_transfer *t = find(L, c);
    bool under_way = t != NULL && t->state == WA_UNDER_WAY;
    if (under_way) wa_multi_abort(&c->multi, t);
    lua_pushboolean(L, under_way);
    return 1;
}

/* [-0, +0, v] client:step(): does what can be done without waiting */
static int client_step(lua_State *L)
{
    wa_multi_step(&check_client(L)->multi);
    return 0;
}

/* [-0, +0, v] client:wait([seconds]): until something has ended or so much time is over, or a signal came */
static int client_wait(lua_State *L)
{
    client *c = check_client(L);
    double seconds = luaL_optnumber(L, 2, 1);
    luaL_argcheck(L, seconds >= 0, 2, "a number of seconds");
    if (wa_multi_ended(&c->multi) == NULL) wa_multi_wait(&c->multi, seconds);
    return 0;
}

/* [-0, +1, v] client:running() -> how many were added and have not ended */
static int client_running(lua_State *L)
{
    lua_pushinteger(L, (lua_Integer) check_client(L)->multi.running);
    return 1;
}

/* [-0, +1, v] client:pollfd() -> a descriptor that can be read when step() has something to do; nil: there is none on
 * this system */
static int client_pollfd(lua_State *L)
{
    int descriptor = wa_multi_pollfd(&check_client(L)->multi);
    if (descriptor < 0) lua_pushnil(L);
    else lua_pushinteger(L, descriptor);
    return 1;
}

/* [-0, +1, -] client:events() -> "r": what to watch the descriptor for, as cqueues asks it */
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

/* [-0, +0, v] sleep(seconds): may end early, when a signal comes */
static int sleep_for(lua_State *L)
{
    double seconds = (double) luaL_checknumber(L, 1);
    if (!(seconds > 0)) return 0;
    if (seconds > 86400) seconds = 86400;
    wa_sleep(seconds);
    return 0;
}

/* ---- the module ---- */

/* Keeps libcurl's code in memory. A resolver that still asks for a name is not waited for (CURLOPT_QUICK_EXIT): its
 * thread returns into that code after the Lua state, and with it this module, may be gone. */
static void pin_libcurl(void)
{
#if defined(RTLD_NODELETE)
    CURLcode (*function)(long) = curl_global_init;
    void *address, *library;
    Dl_info info;
    memcpy(&address, &function, sizeof address);
    if (dladdr(address, &info) == 0) return;
    library = dlopen(info.dli_fname, RTLD_LAZY | RTLD_NOLOAD | RTLD_NODELETE);
    if (library != NULL) dlclose(library);
#endif
}

WA_EXPORT int luaopen_whatsapp_curl(lua_State *L);

/* [-0, +1, m] */
int luaopen_whatsapp_curl(lua_State *L)
{
    static const luaL_Reg methods[] = {{"perform", client_perform}, {"add", client_add}, {"next", client_next},
        {"prepare", client_prepare}, {"tags", client_tags}, {"progress", client_progress}, {"abort", client_abort},
        {"step", client_step}, {"wait", client_wait}, {"running", client_running}, {"pollfd", client_pollfd},
        {"events", client_events}, {"close", client_close}, {"__gc", client_close}, {"__close", client_close},
        {"__tostring", client_tostring}, {NULL, NULL}};
    static const luaL_Reg functions[] = {{"new", new_client}, {"now", now}, {"sleep", sleep_for}, {NULL, NULL}};
    /* libcurl counts its users: one per state, given back when the state closes, after its clients */
    if (luaL_newmetatable(L, GLOBAL)) {
        lua_newuserdata(L, 1);
        lua_pushcfunction(L, global_gc);
        lua_setfield(L, -3, "__gc");
        if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) return luaL_error(L, "libcurl could not be initialised");
        pin_libcurl();
        lua_pushvalue(L, -2);
        lua_setmetatable(L, -2);
        lua_setfield(L, -2, "held");
    }
    lua_pop(L, 1);
    luaL_newmetatable(L, PREPARED);
    lua_pushcfunction(L, prepared_gc);
    lua_setfield(L, -2, "__gc");
    luaL_newmetatable(L, CLIENT);
    for (const luaL_Reg *method = methods; method->name != NULL; method++) {
        lua_pushvalue(L, -1);
        lua_pushvalue(L, -3);
        lua_pushcclosure(L, method->func, OF_PREPARED);
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
