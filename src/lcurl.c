/* whatsapp.curl: sends requests with libcurl and gives their answers, one at a time or many at once. A client object
 * keeps one multi handle, with its connections, for as long as it lives. Knows nothing of messages; what libcurl does
 * is in multi.c and transfer.c, which know no Lua. */
#define _POSIX_C_SOURCE 200809L

#include "compat.h"
#include "lrequest.h"
#include "multi.h"

#include <string.h>
#include <time.h>

#define CLIENT "whatsapp.curl"
#define GLOBAL "whatsapp.curl.global"

enum { MAX_BODY = 16 << 20 };

static const double default_timeout = 30, default_connect_timeout = 10;

/* The Lua values that belong to it are in a table of its own: the strings of the settings, by name; and of each
 * transfer, by slot, its tag and its request's body. */
typedef struct client {
    wa_multi multi;
    bool closed;
} client;

/* ---- life ---- */

/* [-0, +0, v] close(), __gc, __close: as often as one likes */
static int client_close(lua_State *L)
{
    client *c = luaL_checkudata(L, 1, CLIENT);
    if (!c->closed) wa_multi_close(&c->multi);
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
    client *c = luaL_checkudata(L, 1, CLIENT);
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

/* [-0, +0, v] option headers: names in lower case; the answers' other headers are left out. Sets a set of them in the
 * table on top. */
static void keep_wanted_headers(lua_State *L)
{
    int kept = lua_gettop(L), type = wa_field(L, 1, "headers");
    if (type != LUA_TNIL) {
        if (type != LUA_TTABLE) luaL_error(L, "headers must be a list of names");
        lua_newtable(L);
        for (int i = 1; lua_rawgeti(L, kept + 1, i), lua_type(L, -1) == LUA_TSTRING; i++) {
            lua_pushboolean(L, 1);
            lua_rawset(L, kept + 2);
        }
        lua_settop(L, kept + 2);
        lua_setfield(L, kept, "headers");
    }
    lua_settop(L, kept);
}

/* [-0, +1, v] new{timeout =, connect_timeout =, proxy =, ca_file =, user_agent =, allow_http =, max_body =, headers =}
 * -> client */
static int new_client(lua_State *L)
{
    static const char *const names[] = {"proxy", "ca_file", "user_agent"};
    wa_settings s = {.max_body = MAX_BODY};
    int64_t max_body = MAX_BODY;
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_settop(L, 1);
    s.timeout = wa_seconds(L, 1, "timeout", default_timeout);
    s.connect_timeout = wa_seconds(L, 1, "connect_timeout", default_connect_timeout);
    s.allow_http = flag_option(L, 1, "allow_http");
    if (wa_field(L, 1, "max_body") != LUA_TNIL &&
        (lua_type(L, -1) != LUA_TNUMBER || !wa_integer(L, -1, &max_body) || max_body < 1 || max_body > INT32_MAX))
        return luaL_error(L, "max_body must be a number of bytes");
    s.max_body = (size_t) max_body;
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
    keep_wanted_headers(L);
    wa_setuservalue(L, at);
    bool opened = wa_multi_open(&c->multi, &s);
    c->closed = false; /* from here on what it holds is freed with it */
    if (!opened) return luaL_error(L, "%s", wa_no_memory);
    spare(L, c);
    return 1;
}

/* ---- an outcome ---- */

/* [-0, +3, m] */
static int push_failure(lua_State *L, const wa_transfer *t)
{
    char reason[CURL_ERROR_SIZE];
    bool sent = wa_transfer_may_have_left(t);
    long status = wa_transfer_status(t);
    lua_pushnil(L);
    lua_pushfstring(L, "%s (curl %d%s)", wa_transfer_reason(t, reason, sizeof reason), (int) t->code,
        sent ? "; the request may have been sent" : "; nothing was sent");
    lua_createtable(L, 0, 5);
    lua_pushliteral(L, "transport");
    lua_setfield(L, -2, "kind");
    lua_pushboolean(L, wa_transfer_may_be_repeated(t));
    lua_setfield(L, -2, "retryable");
    lua_pushboolean(L, sent);
    lua_setfield(L, -2, "may_have_been_sent");
    lua_pushinteger(L, (lua_Integer) t->code);
    lua_setfield(L, -2, "curl_code");
    if (status > 0) {
        lua_pushinteger(L, (lua_Integer) status);
        lua_setfield(L, -2, "http_status");
    }
    return 3;
}

/* [-0, +0, m] sets one header of the table on top, if its name is among the wanted ones; a name that comes again is
 * joined with a comma */
static void set_header(lua_State *L, int wanted, const char *line, size_t length)
{
    const char *colon = memchr(line, ':', length);
    char name[256];
    if (colon == NULL || colon == line || (size_t) (colon - line) > sizeof name) return;
    size_t name_length = (size_t) (colon - line);
    for (size_t i = 0; i < name_length; i++) {
        name[i] = line[i] >= 'A' && line[i] <= 'Z' ? (char) (line[i] - 'A' + 'a') : line[i];
    }
    lua_pushlstring(L, name, name_length);
    if (wanted != 0) {
        lua_pushvalue(L, -1);
        lua_rawget(L, wanted);
        bool left_out = lua_isnil(L, -1);
        lua_pop(L, left_out ? 2 : 1);
        if (left_out) return;
    }
    const char *from = colon + 1, *to = line + length;
    while (from < to && (*from == ' ' || *from == '\t')) from++;
    while (to > from && (to[-1] == ' ' || to[-1] == '\t' || to[-1] == '\r')) to--;
    lua_pushvalue(L, -1);
    lua_rawget(L, -3);
    if (lua_isnil(L, -1)) {
        lua_pop(L, 1);
        lua_pushlstring(L, from, (size_t) (to - from));
    } else {
        lua_pushliteral(L, ", ");
        lua_pushlstring(L, from, (size_t) (to - from));
        lua_concat(L, 3);
    }
    lua_rawset(L, -3);
}

/* [-0, +1, m] */
static void push_headers(lua_State *L, int wanted, const wa_buffer *head)
{
    lua_newtable(L);
    for (size_t at = 0; at < head->length;) {
        const char *line = head->bytes + at, *end = memchr(line, '\n', head->length - at);
        size_t length = end == NULL ? head->length - at : (size_t) (end - line);
        if (at > 0) set_header(L, wanted, line, length); /* the first one is the status line */
        at += length + 1;
    }
}

/* [-0, +1, m] a number of bytes, an integer where Lua has such and can hold it */
static void push_bytes(lua_State *L, int64_t bytes)
{
    lua_Integer integer = (lua_Integer) bytes;
    if ((int64_t) integer == bytes) lua_pushinteger(L, integer);
    else lua_pushnumber(L, (lua_Number) bytes);
}

/* [-0, +1, m] */
static int push_response(lua_State *L, int wanted, const wa_transfer *t)
{
    lua_createtable(L, 0, 3);
    lua_pushinteger(L, (lua_Integer) wa_transfer_status(t));
    lua_setfield(L, -2, "status");
    if (t->stream != NULL && wa_transfer_is_in_file(t)) {
        push_bytes(L, (int64_t) t->stream->written);
        lua_setfield(L, -2, "size");
    } else {
        lua_pushlstring(L, t->body.length > 0 ? t->body.bytes : "", t->body.length);
        lua_setfield(L, -2, "body");
    }
    push_headers(L, wanted, &t->head);
    lua_setfield(L, -2, "headers");
    return 1;
}

/* [-1, +1|3, m] in place of what is on top: the table that belongs to the client */
static int push_outcome(lua_State *L, const wa_transfer *t)
{
    int kept = lua_gettop(L), wanted = kept + 1;
    lua_pushliteral(L, "headers");
    lua_rawget(L, kept);
    if (lua_isnil(L, wanted)) wanted = 0;
    int count = wa_transfer_is_whole(t) ? push_response(L, wanted, t) : push_failure(L, t);
    lua_remove(L, kept + 1);
    lua_remove(L, kept);
    return count;
}

/* ---- one at a time ---- */

/* [-0, +1|3, v] client:perform(request) -> response | nil, text, details. What was added goes on meanwhile. Ends early
 * where a hook was set: that is how the lua program asks a script to stop (Ctrl-C). */
static int client_perform(lua_State *L)
{
    client *c = check_client(L);
    luaL_checktype(L, 2, LUA_TTABLE);
    lua_settop(L, 2);
    wa_transfer *t = spare(L, c);
    wa_refusal r = wa_read_request(L, 2, &c->multi.settings, t);
    if (r.text != NULL && r.text != wa_no_memory) return wa_refuse(L, r);
    if (r.text != NULL || !wa_multi_start(&c->multi, t)) return luaL_error(L, "%s", wa_no_memory);
    t->awaited = true;
    lua_Hook hook = lua_gethook(L);
    while (!t->ended) {
        if (lua_gethook(L) != hook) wa_multi_abort(&c->multi, t);
        else wa_multi_wait(&c->multi, 1);
    }
    wa_getuservalue(L, 1);
    int count = push_outcome(L, t); /* if that has no memory, the transfer is out of use until the client is closed */
    wa_multi_give(&c->multi, t);
    return count;
}

/* ---- many at once ---- */

enum { TAG = 1, BODY = 2 };

/* [-1, +0, m] sets what is kept of a transfer, in the table at the index */
static void set_kept(lua_State *L, int table, const wa_transfer *t, int what)
{
    lua_rawseti(L, table, (int) (2 * t->slot) + what);
}

/* [-0, +1|3, v] client:add(request, tag) -> true | nil, text, details: refused, and there will be no outcome */
static int client_add(lua_State *L)
{
    client *c = check_client(L);
    luaL_checktype(L, 2, LUA_TTABLE);
    luaL_argcheck(L, !lua_isnoneornil(L, 3), 3, "a tag is needed, to tell whose outcome comes");
    lua_settop(L, 3);
    wa_transfer *t = spare(L, c);
    wa_refusal r = wa_read_request(L, 2, &c->multi.settings, t);
    if (r.text != NULL && r.text != wa_no_memory) return wa_refuse(L, r);
    if (r.text != NULL) return luaL_error(L, "%s", wa_no_memory);
    wa_getuservalue(L, 1); /* what may raise stands before what cannot be taken back */
    int kept = lua_gettop(L);
    lua_pushvalue(L, kept - 1);
    set_kept(L, kept, t, BODY);
    lua_pushvalue(L, 3);
    set_kept(L, kept, t, TAG);
    if (!wa_multi_start(&c->multi, t)) return luaL_error(L, "%s", wa_no_memory);
    lua_pushboolean(L, 1);
    return 1;
}

/* [-0, +0|2|4, v] client:next() -> tag, response | tag, nil, text, details; nothing: none has ended */
static int client_next(lua_State *L)
{
    client *c = check_client(L);
    wa_transfer *t = wa_multi_ended(&c->multi);
    if (t == NULL) return 0;
    wa_getuservalue(L, 1);
    int kept = lua_gettop(L);
    lua_rawgeti(L, kept, (int) (2 * t->slot) + TAG);
    lua_pushvalue(L, kept);
    int count = push_outcome(L, t); /* if that has no memory, it can be fetched again */
    lua_pushnil(L);
    set_kept(L, kept, t, BODY);
    lua_pushnil(L);
    set_kept(L, kept, t, TAG);
    wa_multi_give(&c->multi, t);
    return count + 1;
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
    push_bytes(L, moved);
    if (all < 0) lua_pushnil(L);
    else push_bytes(L, all);
    lua_pushboolean(L, t->ended);
    return 3;
}

/* [-0, +1, v] client:abort(tag) -> whether it was under way: it ends now, as "interrupted" */
static int client_abort(lua_State *L)
{
    client *c = check_client(L);
    wa_transfer *t = find(L, c);
    bool under_way = t != NULL && t->added;
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
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    lua_pushnumber(L, (lua_Number) ((double) t.tv_sec + (double) t.tv_nsec / 1e9));
    return 1;
}

/* [-0, +0, v] sleep(seconds): may end early, when a signal comes */
static int sleep_for(lua_State *L)
{
    double seconds = (double) luaL_checknumber(L, 1);
    if (!(seconds > 0)) return 0;
    if (seconds > 86400) seconds = 86400;
    struct timespec t = {.tv_sec = (time_t) seconds};
    t.tv_nsec = (long) ((seconds - (double) t.tv_sec) * 1e9);
    nanosleep(&t, NULL);
    return 0;
}

/* ---- the module ---- */

WA_EXPORT int luaopen_whatsapp_curl(lua_State *L);

/* [-0, +1, m] */
int luaopen_whatsapp_curl(lua_State *L)
{
    static const luaL_Reg methods[] = {{"perform", client_perform}, {"add", client_add}, {"next", client_next},
        {"progress", client_progress}, {"abort", client_abort}, {"step", client_step}, {"wait", client_wait},
        {"running", client_running}, {"pollfd", client_pollfd}, {"events", client_events}, {"close", client_close},
        {"__gc", client_close}, {"__close", client_close}, {"__tostring", client_tostring}, {NULL, NULL}};
    static const luaL_Reg functions[] = {{"new", new_client}, {"now", now}, {"sleep", sleep_for}, {NULL, NULL}};
    /* libcurl counts its users: one per state, given back when the state closes, after its clients */
    if (luaL_newmetatable(L, GLOBAL)) {
        lua_newuserdata(L, 1);
        lua_pushcfunction(L, global_gc);
        lua_setfield(L, -3, "__gc");
        if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) return luaL_error(L, "libcurl could not be initialised");
        lua_pushvalue(L, -2);
        lua_setmetatable(L, -2);
        lua_setfield(L, -2, "held");
    }
    lua_pop(L, 1);
    luaL_newmetatable(L, CLIENT);
    wa_register(L, methods);
    lua_pushvalue(L, -1);
    lua_setfield(L, -2, "__index");
    lua_pop(L, 1);
    lua_createtable(L, 0, 4);
    wa_register(L, functions);
    lua_pushfstring(L, "libcurl/%s", curl_version_info(CURLVERSION_NOW)->version);
    lua_setfield(L, -2, "version");
    return 1;
}
