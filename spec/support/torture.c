/* Tortures the library: a host whose allocator fails, at the n-th allocation and ever after, or at the n-th alone, for
 * every n until the call succeeds; the same with libcurl's memory. Whatever fails must fail as a Lua error or as a
 * failure that says so; nothing may leak, no block may be given back with another size than it has, the same state must
 * work afterwards, and what is said not to have been sent must not have arrived. Lua 5.1 to 5.4. Never sends to another
 * host than 127.0.0.1, where a process of its own answers. Prints a line for each case; exits with 1 where a promise is
 * broken. */
#define _DEFAULT_SOURCE

#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>

#include <curl/curl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "answering.h"

int luaopen_whatsapp_core(lua_State *L);
int luaopen_whatsapp_crypto(lua_State *L);
int luaopen_whatsapp_curl(lua_State *L);
int luaopen_whatsapp_files(lua_State *L);

/* ---- the allocator ---- */

typedef struct heap {
    size_t blocks, bytes;
    unsigned long fails_at, count; /* 0: never */
    bool ever_after, armed;
} heap;

/* stands before each block */
typedef union head {
    size_t size;
    long double align;
    void *pointer;
} head;

static bool refuses(heap *h)
{
    if (!h->armed) return false;
    h->count++;
    return h->ever_after ? h->count >= h->fails_at : h->count == h->fails_at;
}

static void *allocate(void *context, void *block, size_t old, size_t size)
{
    heap *h = context;
    head *was = block == NULL ? NULL : (head *) block - 1;
    if (was != NULL && was->size != old) broken("a block is given back with another size than it has");
    if (size == 0) {
        if (was == NULL) return NULL;
        h->blocks--;
        h->bytes -= was->size;
        free(was);
        return NULL;
    }
    /* Lua does not expect a block to be refused that becomes smaller */
    if ((was == NULL || size > old) && refuses(h)) return NULL;
    head *now = malloc(sizeof *now + size); /* a new place each time, so that old pointers show */
    if (now == NULL) broken("the host itself is out of memory");
    now->size = size;
    if (was != NULL) {
        memcpy(now + 1, block, old < size ? old : size);
        h->bytes -= was->size;
        free(was);
    } else {
        h->blocks++;
    }
    h->bytes += size;
    return now + 1;
}

/* ---- the cases ---- */

typedef struct trial {
    const char *name;
    const char *function; /* of the module; NULL: opening it */
    const char *message;  /* Lua: a table */
    bool lenient, succeeds;
    const char *code; /* Lua: gives a function and its arguments, where it is more than one of the module's */
} trial;

static const char good[] = "{to = '1', text = {body = 'hello'}}";
static const char good_json[] = "{\"messaging_product\":\"whatsapp\",\"recipient_type\":\"individual\",\"to\":\"1\","
                                "\"type\":\"text\",\"text\":{\"body\":\"hello\"}}";

#define BUTTON(n) "{type = 'reply', reply = {id = '" n "', title = '" n "'}},"
#define BUTTONS(...)                                                                                                   \
    "{to = 1, interactive = {type = 'button', body = {text = ('b'):rep(1000)}, action = {buttons = {" __VA_ARGS__ "}}" \
    "}}"

static const trial trials[] = {
    {"open", NULL, NULL, false, true, NULL},
    {"schema", "schema", NULL, false, true, NULL},
    {"array", "array", "{}", false, true, NULL},
    {"encode", "encode", good, false, true, NULL},
    {"encode, long", "encode", BUTTONS(BUTTON("1") BUTTON("2") BUTTON("3")), false, true, NULL},
    {"encode, warnings", "encode",
        "{to = '1', recipient_type = 'group', interactive = {type = 'button', body = {text = "
        "'b'}, action = {buttons = {" BUTTON("1") "}}}}",
        false, true, NULL},
    {"encode, problems", "encode", BUTTONS(BUTTON("1") BUTTON("1") "7, {x = 1, y = {}, [7] = 2},"), false, false, NULL},
    {"encode, many problems", "encode", "many", false, false, NULL},
    {"encode, foreign names", "encode", "many", true, true, NULL},
    {"encode, deep", "encode", "deep", true, true, NULL},
    {"encode, unwritable", "encode", "{to = print, text = {body = '\\255'}, ['\\255'] = {1, nil, 3}}", true, false,
        NULL},
    {"write", "write", "{b = {1, 2, {c = 'x'}}, a = ('a'):rep(3000), f = 1.5, e = {}}", false, true, NULL},
    {"write, unwritable", "write", "{b = print, a = {1, nil, 3}, ['\\255'] = 1}", false, false, NULL},
    {"validate", "validate", good, false, true, NULL},
    {"validate, long", "validate", BUTTONS(BUTTON("1") BUTTON("2") BUTTON("3")), false, true, NULL},
    {"validate, problems", "validate", "many", false, false, NULL},
    {"decode", "decode",
        "[[{\"a\": [1, 2.5, true, null, {\"b\": \"\\u00e4\\ud83d\\ude00\", \"c\": []}], \"d\": 12345678901234567890,"
        " \"e\": [1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20]}]]",
        false, true, NULL},
    {"write", "write", "{data = {items = {1, {}, 'x'}, ['\\1'] = core.array {}, long = ('x'):rep(5000)}}", false, true, NULL},
    {"write, problems", "write", "{data = {print, a = 1, ['\\255'] = '\\255'}}", false, false, NULL},
    {"parse", "parse", NULL, false, true,
        "return whatsapp.parse_response, {status = 200, headers = {['x-app-usage'] = '{}'}, body = accepted}"},
    {"parse, an error", "parse", NULL, false, false,
        "return whatsapp.parse_response, {status = 400, headers = {}, body = "
        "[[{\"error\":{\"code\":130429,\"message\":\"no\",\"error_data\":{\"details\":\"too many\"}}}]]}"},
    {"parse, no JSON", "parse", NULL, false, false,
        "return whatsapp.parse_response, {status = 502, headers = {['content-type'] = 'text/html'}, body = '<html>'}"},
    {"send", "send", NULL, false, true,
        "return client(memory(function() return {status = 200, headers = {}, body = accepted} end)).send, made, good"},
    {"send, repeated", "send", NULL, false, false,
        "return client(memory(function() return nil, 'lost', {kind = 'transport', retryable = true, "
        "may_have_been_sent = false} end)).send, made, good"},
    {"send, invalid", "send", NULL, false, false, "return client(memory({})).send, made, {to = 1, text = {bodi = 1}}"},
    {"send, hooked", "send", NULL, false, true,
        "return client(memory(function() return {status = 200, headers = {}, body = accepted} end), {before_send = "
        "function() end, log = function() end}).send, made, good"},
    {"each", "send", NULL, false, true,
        "client(memory(function() return {status = 200, headers = {}, body = accepted} end)) "
        "return function() local n = 0 for m, sent in made:each({good, good, good}) do n = n + 1 end return n == 3 "
        "end"},
    {"send, libcurl", "send", NULL, false, true,
        "return client(require('whatsapp.transport.curl').new(ours)).send, made, good"},
    {"send, kept connection", "send", NULL, false, true,
        "client(require('whatsapp.transport.curl').new(ours)) assert(made:send(good)) return made.send, made, good"},
    {"each, libcurl", "send", NULL, false, true,
        "client(require('whatsapp.transport.curl').new(ours)) "
        "return function() local n = 0 for m, sent in made:each({good, good, good}) do n = n + (sent and 1 or 0) end "
        "return n == 3 end"},
    {"send, own transport", "send", NULL, false, true,
        "require('whatsapp.transport.curl') own() return made.send, made, good"},
    {"send, own connection kept", "send", NULL, false, true,
        "require('whatsapp.transport.curl') own() assert(made:send(good)) return made.send, made, good"},
    {"each, own transport", "send", NULL, false, true,
        "require('whatsapp.transport.curl') own() return function() local n = 0 for m, sent in made:each({good, good, "
        "good}) do n = n + (sent and 1 or 0) end return n == 3 end"},
    {"repeated head, and another", "send", NULL, false, true,
        "require('whatsapp.transport.curl') local c = require('whatsapp.curl').new {proxy = '', timeout = 1, headers = "
        "{'content-length', 'content-type'}} "
        "return function() local headers, n, tag, got = {a = 'b'}, 0 "
        "for i = 1, 3 do c:add(streamed {headers = headers, body = 'x'}, i) c:add(streamed {body = 'y'}, i + 3) end "
        "c:add(streamed {headers = headers, body = 'z'}, 7) "
        "local tags = #c:tags() "
        "repeat c:wait(0.01) tag, got = c:next() if tag then n = n + (got and 1 or 0) end "
        "until not tag and c:running() == 0 return n == 7 and tags == 7 end"},
    {"watched, libcurl", "send", NULL, false, true,
        "require('whatsapp.transport.curl') local c = require('whatsapp.curl').new(ours) c:pollfd() "
        "return function() local n, tag, got = 0 for i = 1, 3 do c:add(streamed {body = 'x'}, i) end "
        "repeat c:step() tag, got = c:next() if tag then n = n + (got and 1 or 0) end "
        "until not tag and c:running() == 0 return n == 3 end"},
    {"form", "send", NULL, false, true,
        "return require('whatsapp.transport.curl').new(ours), streamed {form = {{name = 'a\"', data = ('b'):rep(100)}, "
        "{name = 'c', file = upload, filename = 'd\\n', type = 'e/f'}, {name = 'g', data = ''}, {name = 'h', data = "
        "'i'}, "
        "{name = 'j', data = 'k'}}}"},
    {"form, refused", "send", NULL, false, false,
        "return require('whatsapp.transport.curl').new(ours), streamed {form = {{name = 'a', data = 'b'}, "
        "{name = 'c', file = upload .. '.missing', filename = 'd', type = 'e/f'}}}"},
    {"body_file", "send", NULL, false, true,
        "return require('whatsapp.transport.curl').new(ours), streamed {body_file = upload, body_offset = 10}"},
    {"to_file", "send", NULL, false, true,
        "return require('whatsapp.transport.curl').new(ours), streamed {to_file = answer, body = 'x'}"},
    {"to_file, too long", "send", NULL, false, false,
        "return require('whatsapp.transport.curl').new(ours), streamed {to_file = answer, max_file = 10}"},
    {"to_file, with progress", "send", NULL, false, true,
        "return require('whatsapp.transport.curl').new(ours), streamed {to_file = answer, body_file = upload, "
        "progress = function() end}"},
    {"digest", "digest", NULL, false, true,
        "return function() local digest = crypto.digest('sha256') digest:update('a'):update(('b'):rep(1000)) "
        "return digest:final() == 'X' or true end"},
    {"digest, keyed", "digest", NULL, false, true,
        "return function() return #crypto.digest('sha256', 'key'):update('a'):final('binary') == 32 end"},
    {"keys", "keys", NULL, false, true,
        "local v = require 'spec.support.flow_vectors' return function() "
        "local k, iv = assert(crypto.private_key(v.keys[1].pkcs8_aes, v.passphrase)), ('i'):rep(16) "
        "local public = assert(crypto.public_key(k:public_pem())) local s = crypto.secret() "
        "local opened = k:unwrap(public:wrap(s)):open(iv, s:seal(iv, 'text')) "
        "return opened == 'text' and #k:private_pem('p') > 0 end"},
    {"keys, refused", "keys", NULL, false, false,
        "local v = require 'spec.support.flow_vectors' return function() "
        "local a, b = crypto.private_key(v.keys[1].pkcs8_aes, 'x'), crypto.private_key(v.ec) return a or b end"},
    {"decipher", "keys", NULL, false, true,
        "local v = require('spec.support.flow_vectors').media[6] local m, from = v.metadata, crypto.from_base64 "
        "return function() local d = crypto.decipher(from(m.encryption_key), from(m.iv)) "
        "local plain = d:update(from(v.file):sub(1, -11)) .. d:final() return crypto.base64(plain) == v.plain end"},
    {"flow", "keys", NULL, false, true,
        "local v = require 'spec.support.flow_vectors' local e = v.keys[1].exchanges[3] local answer = {screen = 'S', data "
        "= {core.array {}}} "
        "local handle = whatsapp.flows.endpoint {private_key = v.keys[1].pkcs8, app_secret = v.secret, "
        "on_error = function() end, on = {data_exchange = function() return answer end}} "
        "local request = {method = 'POST', body = e.body, headers = {['x-hub-signature-256'] = e.signature}} "
        "assert(handle(request).status == 200) return handle, request"},
};

/* of the cases that stream */
static const char answer_path[] = "build/torture/answer";
static const char upload_path[] = "build/torture/upload";

/* what the messages need that are made by a program */
static const char prelude[] =
    "many, deep = {to = '1', text = {body = 'x'}}, {to = '1', text = {body = 'x'}}\n"
    "for i = 1, 200 do many['n' .. i] = {i, {text = ('x'):rep(i)}} end\n"
    "local t = deep for i = 1, 90 do t.down = {} t = t.down end for i = 1, 70 do t['k' .. i] = {} end\n"
    "good = {to = '1', text = {body = 'hello'}}\n"
    "accepted = '{\"messages\":[{\"id\":\"wamid.1\"}]}'\n"
    "ours = {proxy = '', timeout = 1}\n"
    "upload, answer = 'build/torture/upload', 'build/torture/answer'\n"
    "function streamed(request) request.method, request.url = 'POST', base_url return request end\n"
    "function memory(handle) return require('whatsapp.transport.memory').new(handle) end\n"
    "function client(transport, options)\n"
    "  made = whatsapp.new {token = 'a-token-of-a-test', phone_number_id = '1', transport = transport, base_url = "
    "base_url, before_send = options and options.before_send, log = options and options.log}\n"
    "  return made end\n"
    "function own()\n"
    "  made = whatsapp.new {token = 'a-token-of-a-test', phone_number_id = '1', base_url = base_url, proxy = '', "
    "limiter = false, timeout = 1}\n"
    "  return made end\n"
    "function check(encode, json) local a, b = encode {to = '1', text = {body = 'hello'}} return a == json end\n";

static void run(lua_State *L, const char *code)
{
    if (luaL_loadstring(L, code) != 0 || lua_pcall(L, 0, LUA_MULTRET, 0) != 0) broken(lua_tostring(L, -1));
}

/* an error outside of a protected call: Lua 5.1 would end the process without a word */
static int panic(lua_State *L)
{
    const char *text = lua_tostring(L, -1);
    broken(text != NULL ? text : "an error outside of a protected call");
    return 0;
}

static lua_State *new_state(heap *h)
{
    lua_State *L = lua_newstate(allocate, h);
    if (L == NULL) broken("no state");
    lua_atpanic(L, panic);
    luaL_openlibs(L);
    run(L, prelude);
    return L;
}

/* The whole library. What is loaded when it is first needed is loaded here, so that a case does not fail a hundred
 * times over a file. */
static const char library[] = "package.loaded['whatsapp.core'] = core\n"
                              "whatsapp = require 'whatsapp'\n"
                              "require 'whatsapp.client' require 'whatsapp.send.limits' require 'whatsapp.wire.outcome' "
                              "require 'whatsapp.transport.curl'\n"
                              "memory(function() end) crypto = require 'whatsapp.crypto'\n"
                              "if _VERSION == 'Lua 5.1' then require 'whatsapp.curl' end\n"; /* it never tries twice */

static void open_library(lua_State *L)
{
    lua_getglobal(L, "package");
    lua_getfield(L, -1, "preload");
    lua_pushcfunction(L, luaopen_whatsapp_curl);
    lua_setfield(L, -2, "whatsapp.curl");
    lua_pushcfunction(L, luaopen_whatsapp_crypto);
    lua_setfield(L, -2, "whatsapp.crypto");
    lua_pushcfunction(L, luaopen_whatsapp_files);
    lua_setfield(L, -2, "whatsapp.files");
    lua_settop(L, 0);
    lua_pushfstring(L, "http://127.0.0.1:%d", server.port);
    lua_setglobal(L, "base_url");
    run(L, library);
}

static void open_core(lua_State *L)
{
    lua_pushcfunction(L, luaopen_whatsapp_core);
    lua_call(L, 0, 1);
    lua_setglobal(L, "core");
}

/* [-0, +n, -] the call of the case, ready for lua_pcall; returns its arguments */
static int prepare(lua_State *L, const trial *t)
{
    char code[4096];
    int top = lua_gettop(L);
    if (t->code != NULL) {
        run(L, t->code);
        return lua_gettop(L) - top - 1;
    }
    if (t->function == NULL) {
        lua_pushcfunction(L, luaopen_whatsapp_core);
        return 0;
    }
    snprintf(code, sizeof code, "return core.%s%s%s%s", t->function, t->message != NULL ? ", " : "",
        t->message != NULL ? t->message : "", t->lenient ? ", {mode = 'lenient'}" : "");
    run(L, code);
    return lua_gettop(L) - top - 1;
}

/* after whatever happened, the state works: twice, since memory is kept between two calls */
static void check_health(lua_State *L)
{
    lua_settop(L, 0);
    lua_getglobal(L, "core");
    if (lua_isnil(L, -1)) open_core(L);
    for (int i = 0; i < 2; i++) {
        lua_settop(L, 0);
        lua_getglobal(L, "check");
        lua_getglobal(L, "core");
        lua_getfield(L, -1, "encode");
        lua_remove(L, -2);
        lua_pushstring(L, good_json);
        if (lua_pcall(L, 2, 1, 0) != 0) broken(lua_tostring(L, -1));
        if (!lua_toboolean(L, -1)) broken("other bytes after an error");
    }
    lua_settop(L, 0);
}

/* an outcome of the whole library: what it says not to have been sent did not arrive */
static void check_outcome(lua_State *L, const trial *t, int base, bool undisturbed, int arrived)
{
    bool succeeded = lua_toboolean(L, base) != 0;
    if (undisturbed && succeeded != t->succeeds) broken(t->name);
    if (succeeded || lua_type(L, base + 2) != LUA_TTABLE) return;
    lua_getfield(L, base + 2, "may_have_been_sent");
    if (!lua_toboolean(L, -1) && *server.arrivals != arrived) broken("it arrived, and is said not to have been sent");
    lua_pop(L, 1);
}

static void check_result(lua_State *L, const trial *t, int base)
{
    if (t->function == NULL || t->message == NULL || strcmp(t->function, "array") == 0) return;
    if ((lua_toboolean(L, base) != 0) != t->succeeds) broken(t->name);
    if (!t->succeeds && lua_type(L, base + 2) != LUA_TTABLE) broken("no details");
}

/* of a call that failed no half file is there, once its state is closed */
static void check_files(bool succeeded)
{
    if (access(answer_path, F_OK) == 0 && !succeeded) broken("a half file stays");
    unlink(answer_path);
}

static void write_upload(void)
{
    FILE *file = fopen(upload_path, "wb");
    if (file == NULL) broken("no file to upload: is this the root of the project?");
    for (int i = 0; i < 3000; i++) putc('u', file);
    fclose(file);
}

/* one attempt; whether no allocation failed */
static bool attempt(lua_State *L, heap *h, const trial *t, unsigned long n, bool ever_after, bool *succeeded)
{
    int arguments = prepare(L, t), base = lua_gettop(L) - arguments;
    int arrived = *server.arrivals;
    unlink(answer_path);
    h->fails_at = n;
    h->count = 0;
    h->ever_after = ever_after;
    h->armed = true;
    int status = lua_pcall(L, arguments, LUA_MULTRET, 0);
    h->armed = false;
    bool reached = h->count >= n;
    *succeeded = status == 0 && lua_toboolean(L, base) != 0;
    if (status == 0) {
        if (t->code != NULL) check_outcome(L, t, base, !reached, arrived);
        else check_result(L, t, base);
        return !reached;
    }
    if (!reached) broken(lua_tostring(L, -1));
    if (status != LUA_ERRMEM && (status != LUA_ERRRUN || strstr(lua_tostring(L, -1), "memory") == NULL)) {
        broken(lua_tostring(L, -1));
    }
    return false;
}

/* each n in a state of its own, or all in one */
static unsigned long torture(const trial *t, bool ever_after, bool one_state)
{
    heap h = {0, 0, 0, 0, false, false};
    lua_State *L = NULL;
    bool done = false;
    unsigned long n = 0;
    while (!done) {
        if (L == NULL) {
            L = new_state(&h);
            if (t->function != NULL) open_core(L);
            if (t->code != NULL) open_library(L);
        }
        if (!one_state) lua_gc(L, LUA_GCCOLLECT, 0);
        bool succeeded;
        done = attempt(L, &h, t, ++n, ever_after, &succeeded);
        check_health(L);
        if (one_state && !done) continue;
        lua_close(L);
        L = NULL;
        check_files(succeeded);
        if (h.blocks != 0 || h.bytes != 0) broken("memory was not given back");
    }
    return n - 1;
}

/* ---- finalizers ---- */

/* a finalizer encodes: while another encode runs, and when the state closes, where what it uses may be gone already */
static const char finalizers[] =
    "local good, bad = {to = '1', text = {body = ('x'):rep(3000)}}, {to = '1', x = 1, text = {body = 5}}\n"
    "local function last() assert(encode(good)) assert(not encode(bad)) assert(validate(good)) end\n"
    "local function finalized() if newproxy then local p = newproxy(true) getmetatable(p).__gc = last return p end\n"
    "  return setmetatable({}, {__gc = last}) end\n"
    "first = finalized()\n"
    "function go(core, calls) encode, validate = core.encode, core.validate\n"
    "  for i = 1, calls do finalized() local json = encode(good) assert(#json > 3000)\n"
    "    local _, _, details = encode(bad) assert(#details.problems == 2) end\n"
    "  second = finalized() end\n";

/* a finalizer makes other shapes ready in the core that is just making some ready */
static const char strangers[] =
    "local function to(member, value) return {to = '1', [member] = value} end\n"
    "local others = {to('image', {id = '1'}), to('contacts', {{name = {formatted_name = 'x'}, phones = {{phone = "
    "'1'}}}}),\n"
    "  to('location', {latitude = 1, longitude = 2}), to('reaction', {message_id = 'w', emoji = ''}),\n"
    "  to('template', {name = 'n', language = {code = 'en'}, components = {{type = 'body', parameters = {\n"
    "    {type = 'text', text = 'x'}}}, {type = 'button', sub_type = 'url', index = 0, parameters = {\n"
    "    {type = 'text', text = 'x'}}}}})}\n"
    "local list = to('interactive', {type = 'list', body = {text = 'b'}, action = {button = 'm', sections = {{rows = "
    "{\n"
    "  {id = '1', title = 't'}}}}}})\n"
    "local wanted, during, inside\n"
    "local function last() if not inside then return end during = during + 1\n"
    "  for i = 1, #others do local json = assert(inside.encode(others[i]))\n"
    "    wanted[i] = wanted[i] or json assert(wanted[i] == json) end end\n"
    "local function finalized() if newproxy then getmetatable(newproxy(true)).__gc = last return end\n"
    "  setmetatable({}, {__gc = last}) end\n"
    "function ready(open, rounds) during, wanted = 0, {} local expected\n"
    "  for i = 1, rounds do local core = open() for j = 1, i % 10 do finalized() end\n"
    "    inside = core local json = core.encode(list) inside = nil\n"
    "    expected = expected or json assert(json == expected) end\n"
    "  return during end\n";

static void make_ready_with_finalizers(int rounds)
{
    heap h = {0, 0, 0, 0, false, false};
    lua_State *L = new_state(&h);
    run(L, strangers);
#if LUA_VERSION_NUM >= 504
    lua_gc(L, LUA_GCINC, 1, 1000, 6);
#else
    lua_gc(L, LUA_GCSETPAUSE, 1);
    lua_gc(L, LUA_GCSETSTEPMUL, 100000);
#endif
    lua_getglobal(L, "ready");
    lua_pushcfunction(L, luaopen_whatsapp_core);
    lua_pushinteger(L, rounds);
    if (lua_pcall(L, 2, 1, 0) != 0) broken(lua_tostring(L, -1));
    if (lua_tointeger(L, -1) < rounds / 10) broken("hardly any finalizer ran while shapes were made ready");
    lua_close(L);
    if (h.blocks != 0 || h.bytes != 0) broken("a finalizer that makes shapes ready leaks");
}

static void close_with_finalizers(int calls)
{
    heap h = {0, 0, 0, 0, false, false};
    lua_State *L = new_state(&h);
    run(L, finalizers);
    open_core(L);
    lua_gc(L, LUA_GCSETPAUSE, 0);
    lua_getglobal(L, "go");
    lua_getglobal(L, "core");
    lua_pushinteger(L, calls);
    if (lua_pcall(L, 2, 0, 0) != 0) broken(lua_tostring(L, -1));
    lua_close(L);
    if (h.blocks != 0 || h.bytes != 0) broken("a finalizer that encodes when the state closes leaks");
}

/* A finalizer calls every function and method that the modules have, with arguments of every kind: while the state lives,
 * and while it closes, when what they use may be finalized before or after. Each answers or raises. */
static const char everything[] =
    "core, crypto, curl = core, require 'whatsapp.crypto', require 'whatsapp.curl'\n"
    "local options = {proxy = '', timeout = 0.2, connect_timeout = 0.2}\n"
    "local request = {method = 'POST', url = base_url, headers = {}, body = 'x', timeout = 0.2}\n"
    "local list = {}\n"
    "local function add(name, f, object) list[#list + 1] = {name, f, object} end\n"
    "local function add_methods(name, object)\n"
    "  local meta = assert(debug.getmetatable(object))\n"
    "  local methods = type(meta.__index) == 'table' and meta.__index or meta\n"
    "  for _, from in ipairs {methods, meta} do for key, f in pairs(from) do\n"
    "    if type(f) == 'function' then add(name .. ':' .. tostring(key), f, object) end end end end\n"
    "for name, module in pairs {core = core, crypto = crypto, curl = curl} do for key, f in pairs(module) do\n"
    "  if type(f) == 'function' then add(name .. '.' .. key, f) end end end\n"
    "local client, digest = curl.new(options), crypto.digest 'sha256'\n"
    "add_methods('client', client) add_methods('digest', digest)\n"
    "local v = require 'spec.support.flow_vectors' local key = crypto.private_key(v.keys[1].pkcs8)\n"
    "local secret, iv, one = crypto.secret(), ('i'):rep(16), v.keys[1].exchanges[1]\n"
    "add_methods('key', key) add_methods('secret', secret) add_methods('keyed', crypto.digest('sha256', 'key'))\n"
    "add_methods('decipher', crypto.decipher(('k'):rep(32), iv))\n"
    "add('endpoint', whatsapp.flows.endpoint {private_key = v.keys[1].pkcs8, app_secret = v.secret, on = {}})\n"
    "local files = require 'whatsapp.files'\n"
    "add('files.create', function() files.create(upload) end) add('files.place', function() files.place(upload, upload) end)\n"
    "add('checker', crypto.checker 'key') add('final', crypto.digest('sha256').final)\n"
    "local arguments = {{}, {good}, {'sha256'}, {'key', ('0'):rep(64)}, {'[[],{\"a\":1}]'}, {request}, {options}, "
    "{request, 3}, {1}, {0}, {v.keys[1].pkcs8}, {v.keys[1].public}, {secret}, {iv, ('s'):rep(32)}, {('k'):rep(32), iv}, "
    "{{method = 'POST', body = one.body, headers = {['x-hub-signature-256'] = one.signature}}}, {good, {mode = 'lenient'}}, {{}}, {nil, nil}}\n"
    "names, calls = {}, 0\n"
    "local function call_all() for i = 1, #list do local name, f, object = list[i][1], list[i][2], list[i][3]\n"
    "  if not name:find '__gc' and not name:find '__close' and not name:find ':close' then\n"
    "  for j = 1, #arguments do local a = arguments[j] calls = calls + 1\n"
    "    if object then pcall(f, object, a[1], a[2], a[3]) else pcall(f, a[1], a[2], a[3]) end end end end end\n"
    "local function close_all() for i = 1, #list do local name, f, object = list[i][1], list[i][2], list[i][3]\n"
    "  if object and (name:find '__gc' or name:find '__close' or name:find ':close') then pcall(f, object) pcall(f, object) end end\n"
    "  call_all() end\n"
    "function finalized(call) if newproxy then local p = newproxy(true) getmetatable(p).__gc = call return p end\n"
    "  return setmetatable({}, {__gc = call}) end\n"
    "function every(last) later = call_all if last == 'now' then call_all() elseif last == 'closed' then close_all() end\n"
    "  after = finalized(call_all) return #list end\n";

/* what a finalizer makes while the state closes is never finalized, as Lua's manual says */
void __lsan_disable(void);
void __lsan_enable(void);

/* one finalizer is older than the modules, and runs after those of all their objects; another one is the newest */
static void close_with_everything(const char *when)
{
    heap h = {0, 0, 0, 0, false, false};
    lua_State *L = new_state(&h);
    run(L, "before = newproxy and newproxy(true) or setmetatable({}, {}) "
           "getmetatable(before).__gc = function() if later then later() end end "
           "if not newproxy then before = setmetatable({}, getmetatable(before)) end");
    open_core(L);
    open_library(L);
    run(L, everything);
    lua_getglobal(L, "every");
    lua_pushstring(L, when);
    if (lua_pcall(L, 1, 1, 0) != 0) broken(lua_tostring(L, -1));
    if (lua_tointeger(L, -1) < 30) broken("not every function was found");
    lua_settop(L, 0);
    __lsan_disable();
    lua_close(L);
    __lsan_enable();
}

/* ---- libcurl's memory ---- */

static heap curl_heap;

static void *curl_malloc(size_t size)
{
    return refuses(&curl_heap) ? NULL : malloc(size);
}

static void *curl_realloc(void *block, size_t size)
{
    return refuses(&curl_heap) ? NULL : realloc(block, size);
}

static void *curl_calloc(size_t count, size_t size)
{
    return refuses(&curl_heap) ? NULL : calloc(count, size);
}

static char *curl_strdup(const char *text)
{
    return refuses(&curl_heap) ? NULL : strdup(text);
}

/* a send, fresh or over a kept connection, where libcurl's n-th allocation fails */
static void torture_libcurl(const trial *t)
{
    unsigned long n = 0;
    for (bool reached = true; reached;) {
        heap h = {0, 0, 0, 0, false, false};
        lua_State *L = new_state(&h);
        open_core(L);
        open_library(L);
        int arguments = prepare(L, t), base = lua_gettop(L) - arguments, arrived = *server.arrivals;
        unlink(answer_path);
        curl_heap = (heap){.fails_at = ++n, .armed = true};
        int status = lua_pcall(L, arguments, LUA_MULTRET, 0);
        curl_heap.armed = false;
        reached = curl_heap.count >= n;
        if (status == 0) check_outcome(L, t, base, !reached, arrived);
        else if (strstr(lua_tostring(L, -1), "memory") == NULL && strstr(lua_tostring(L, -1), "cannot be used") == NULL)
            broken(lua_tostring(L, -1));
        bool succeeded = status == 0 && lua_toboolean(L, base) != 0;
        lua_close(L);
        check_files(succeeded);
    }
    printf("ok  %-24s %5lu allocations of libcurl failed alone\n", t->name, n - 1);
}

/* torture [part of the names of the cases] */
int main(int count, char **arguments)
{
    const char *wanted = count > 1 ? arguments[1] : "";
    setvbuf(stdout, NULL, _IOLBF, BUFSIZ);
    start_server();
    write_upload();
    if (curl_global_init_mem(CURL_GLOBAL_DEFAULT, curl_malloc, free, curl_realloc, curl_strdup, curl_calloc) !=
        CURLE_OK) {
        broken("libcurl could not be initialised");
    }
    for (size_t i = 0; i < sizeof trials / sizeof trials[0]; i++) {
        const trial *t = &trials[i];
        if (strstr(t->name, wanted) == NULL) continue;
        unsigned long after = torture(t, true, false), once = torture(t, false, false);
        torture(t, true, true);
        torture(t, false, true);
        printf("ok  %-24s %5lu allocations failed, and %5lu alone\n", t->name, after, once);
        if (t->code != NULL && strstr(t->code, "transport.curl") != NULL) torture_libcurl(t);
    }
    close_with_finalizers(0);
    close_with_finalizers(1);
    close_with_finalizers(2000);
    make_ready_with_finalizers(2000);
    puts("ok  finalizers that encode");
    close_with_everything("later");
    close_with_everything("now");
    close_with_everything("closed");
    puts("ok  finalizers that call every function while the state closes");
    curl_global_cleanup();
    return 0;
}
