/* A C program that sends with lua-whatsapp: its own memory with a limit, its own way to the network, no libcurl,
 * nothing loaded at run time. Here the network is a function that prints what would go over the wire and answers as the
 * API does.
 *
 *   make amalgamation && cd build/amalgamation
 *   cc -I. -o host ../../examples/embed/host.c whatsapp.c whatsapp_lua.c -llua5.4 -lm
 *   ./host ../../examples/embed/send.lua [BYTES THAT LUA MAY HAVE] */
#include "whatsapp.h"

#include <lauxlib.h>
#include <lualib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- memory ---- */

typedef struct memory {
    size_t used, peak, limit;
} memory;

/* lua_Alloc */
static void *allocate(void *context, void *block, size_t old, size_t size)
{
    memory *m = context;
    if (block == NULL) old = 0; /* it is something else then */
    if (size > old && size - old > m->limit - m->used) return NULL;
    void *moved = NULL;
    if (size == 0) free(block);
    else if ((moved = realloc(block, size)) == NULL) return NULL;
    m->used += size - old;
    if (m->used > m->peak) m->peak = m->used;
    return moved;
}

/* ---- the wire ---- */

/* Sends the bytes of a request and puts those of its answer into `answer`; returns how many, 0: there is none. */
typedef size_t exchange(void *context, const char *request, size_t size, char *answer, size_t room);

/* in its place stands your modem, your TLS library, your engine's HTTP */
static size_t pretend(void *context, const char *request, size_t size, char *answer, size_t room)
{
    static const char accepted[] =
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n{\"messaging_product\":\"whatsapp\","
        "\"contacts\":[{\"input\":\"16505551234\",\"wa_id\":\"16505551234\"}],\"messages\":[{\"id\":\"wamid.EMBEDDED\"}"
        "]}";
    (void) context;
    printf("---- over the wire ----\n%.*s\n---- and back ----\n%s\n----\n", (int) size, request, accepted);
    if (sizeof accepted > room) return 0;
    memcpy(answer, accepted, sizeof accepted - 1);
    return sizeof accepted - 1;
}

typedef struct host {
    memory memory;
    const char *script;
    exchange *exchange;
    void *context;
} host;

/* ---- the transport: a function that Lua calls with a request ---- */

/* [-0, +1, m] a member of the request, as a string */
static const char *push_member(lua_State *L, const char *name)
{
    lua_getfield(L, 1, name);
    if (lua_isnil(L, -1)) {
        lua_pop(L, 1);
        lua_pushliteral(L, "");
    }
    return lua_tostring(L, -1);
}

/* [-0, +1, v] the request as HTTP/1.1 has it */
static const char *push_bytes(lua_State *L, size_t *size)
{
    int from = lua_gettop(L) + 1;
    const char *method = push_member(L, "method"), *url = push_member(L, "url");
    const char *name = strstr(url, "://"), *path = name == NULL ? NULL : strchr(name + 3, '/');
    if (path == NULL) luaL_error(L, "no URL: %s", url);
    lua_pushlstring(L, name + 3, (size_t) (path - name - 3));
    lua_pushfstring(L, "%s %s HTTP/1.1\r\nHost: %s\r\n", method, path, lua_tostring(L, -1));
    lua_getfield(L, 1, "headers");
    lua_pushnil(L);
    while (lua_next(L, from + 4)) {
        lua_pushfstring(L, "%s%s: %s\r\n", lua_tostring(L, from + 3), lua_tostring(L, -2), lua_tostring(L, -1));
        lua_replace(L, from + 3);
        lua_pop(L, 1);
    }
    lua_settop(L, from + 3);
    push_member(L, "body");
    lua_tolstring(L, -1, size);
    lua_pushfstring(L, "Content-Length: %d\r\n\r\n", (int) *size);
    lua_insert(L, -2);
    lua_concat(L, 3);
    return lua_tolstring(L, -1, size);
}

/* [-0, +1, m] the answer's bytes as a table */
static void push_answer(lua_State *L, const char *answer, size_t size)
{
    const char *empty_line = strstr(answer, "\r\n\r\n"), *body = empty_line == NULL ? answer + size : empty_line + 4;
    lua_createtable(L, 0, 3);
    lua_pushinteger(L, size > 12 ? atoi(answer + 9) : 0);
    lua_setfield(L, -2, "status");
    lua_newtable(L); /* their names in lower case; the library reads retry-after, and what the API says of its limits */
    lua_setfield(L, -2, "headers");
    lua_pushlstring(L, body, (size_t) (answer + size - body));
    lua_setfield(L, -2, "body");
}

/* [-0, +1|2, v] transport(request) -> response | nil, text */
static int transport(lua_State *L)
{
    const host *h = lua_touserdata(L, lua_upvalueindex(1));
    char answer[4096];
    size_t size;
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_settop(L, 1);
    const char *request = push_bytes(L, &size);
    size = h->exchange(h->context, request, size, answer, sizeof answer - 1);
    if (size == 0) {
        lua_pushnil(L);
        lua_pushliteral(L, "no answer"); /* without more words, the message may have been sent and is not repeated */
        return 2;
    }
    answer[size] = '\0';
    push_answer(L, answer, size);
    return 1;
}

/* ---- the program ---- */

/* [-0, +0, v] all that may run out of memory is done in here */
static int run(lua_State *L)
{
    host *h = lua_touserdata(L, 1);
    luaL_openlibs(L);
    whatsapp_preload_core(L);
    whatsapp_preload_lua(L);
#ifdef HOST_HAS_ALL /* whatsapp_curl.c, _crypto.c and _files.c are compiled in, too; then no transport is needed */
    whatsapp_preload_curl(L);
    whatsapp_preload_crypto(L);
    whatsapp_preload_files(L);
#endif
    if (luaL_loadfile(L, h->script) != 0) return lua_error(L);
    lua_pushlightuserdata(L, h);
    lua_pushcclosure(L, transport, 1);
    lua_call(L, 1, 0);
    return 0;
}

int main(int argc, char **argv)
{
    host h = {{0, 0, argc > 2 ? strtoul(argv[2], NULL, 10) : 1 << 20}, argc > 1 ? argv[1] : "send.lua", pretend, NULL};
    lua_State *L = lua_newstate(allocate, &h.memory);
    if (L == NULL) {
        fprintf(stderr, "host: not enough memory for a Lua state\n");
        return EXIT_FAILURE;
    }
#if LUA_VERSION_NUM == 501
    int status = lua_cpcall(L, run, &h);
#else
    lua_pushcfunction(L, run);
    lua_pushlightuserdata(L, &h);
    int status = lua_pcall(L, 1, 0, 0);
#endif
    if (status != 0)
        fprintf(stderr, "host: %s\n", lua_isstring(L, -1) ? lua_tostring(L, -1) : "an error without words");
    lua_close(L);
    printf("%lu bytes of memory at the peak, %lu in the end\n", (unsigned long) h.memory.peak,
        (unsigned long) h.memory.used);
    return status == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
