/* Tortures whatsapp.core: a host whose allocator fails, at the n-th allocation and ever after, or at the n-th alone,
 * for every n until the call succeeds. Whatever fails must fail as a Lua error; nothing may leak, no block may be given
 * back with another size than it has, and the same state must work afterwards. Lua 5.1 to 5.4. Never reads a file,
 * never sends anything, never runs longer than it takes. Prints a line for each case; exits with 1 where a promise is
 * broken. */
#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int luaopen_whatsapp_core(lua_State *L);

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

static void broken(const char *what)
{
    fprintf(stderr, "BROKEN: %s\n", what);
    exit(1);
}

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
} trial;

static const char good[] = "{to = '1', text = {body = 'hello'}}";
static const char good_json[] = "{\"messaging_product\":\"whatsapp\",\"recipient_type\":\"individual\",\"to\":\"1\","
                                "\"type\":\"text\",\"text\":{\"body\":\"hello\"}}";

#define BUTTON(n) "{type = 'reply', reply = {id = '" n "', title = '" n "'}},"
#define BUTTONS(...)                                                                                                   \
    "{to = 1, interactive = {type = 'button', body = {text = ('b'):rep(1000)}, action = {buttons = {" __VA_ARGS__ "}}" \
    "}}"

static const trial trials[] = {
    {"open", NULL, NULL, false, true},
    {"schema", "schema", NULL, false, true},
    {"array", "array", "{}", false, true},
    {"encode", "encode", good, false, true},
    {"encode, long", "encode", BUTTONS(BUTTON("1") BUTTON("2") BUTTON("3")), false, true},
    {"encode, warnings", "encode",
        "{to = '1', recipient_type = 'group', interactive = {type = 'button', body = {text = "
        "'b'}, action = {buttons = {" BUTTON("1") "}}}}",
        false, true},
    {"encode, problems", "encode", BUTTONS(BUTTON("1") BUTTON("1") "7, {x = 1, y = {}, [7] = 2},"), false, false},
    {"encode, many problems", "encode", "many", false, false},
    {"encode, foreign names", "encode", "many", true, true},
    {"encode, deep", "encode", "deep", true, true},
    {"encode, unwritable", "encode", "{to = print, text = {body = '\\255'}, ['\\255'] = {1, nil, 3}}", true, false},
    {"validate", "validate", good, false, true},
    {"validate, long", "validate", BUTTONS(BUTTON("1") BUTTON("2") BUTTON("3")), false, true},
    {"validate, problems", "validate", "many", false, false},
};

/* what the messages need that are made by a program */
static const char prelude[] =
    "many, deep = {to = '1', text = {body = 'x'}}, {to = '1', text = {body = 'x'}}\n"
    "for i = 1, 200 do many['n' .. i] = {i, {text = ('x'):rep(i)}} end\n"
    "local t = deep for i = 1, 90 do t.down = {} t = t.down end for i = 1, 70 do t['k' .. i] = {} end\n"
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

static void check_result(lua_State *L, const trial *t, int base)
{
    if (t->function == NULL || t->message == NULL || strcmp(t->function, "array") == 0) return;
    if ((lua_toboolean(L, base) != 0) != t->succeeds) broken(t->name);
    if (!t->succeeds && lua_type(L, base + 2) != LUA_TTABLE) broken("no details");
}

/* one attempt; whether the call got through */
static bool attempt(lua_State *L, heap *h, const trial *t, unsigned long n, bool ever_after)
{
    int arguments = prepare(L, t), base = lua_gettop(L) - arguments;
    h->fails_at = n;
    h->count = 0;
    h->ever_after = ever_after;
    h->armed = true;
    int status = lua_pcall(L, arguments, LUA_MULTRET, 0);
    h->armed = false;
    bool reached = h->count >= n;
    if (status == 0) {
        check_result(L, t, base);
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
        }
        if (!one_state) lua_gc(L, LUA_GCCOLLECT, 0);
        done = attempt(L, &h, t, ++n, ever_after);
        check_health(L);
        if (one_state && !done) continue;
        lua_close(L);
        L = NULL;
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

int main(void)
{
    setvbuf(stdout, NULL, _IOLBF, BUFSIZ);
    for (size_t i = 0; i < sizeof trials / sizeof trials[0]; i++) {
        const trial *t = &trials[i];
        unsigned long after = torture(t, true, false), once = torture(t, false, false);
        torture(t, true, true);
        torture(t, false, true);
        printf("ok  %-24s %5lu allocations failed, and %5lu alone\n", t->name, after, once);
    }
    close_with_finalizers(0);
    close_with_finalizers(1);
    close_with_finalizers(2000);
    puts("ok  finalizers that encode");
    return 0;
}
