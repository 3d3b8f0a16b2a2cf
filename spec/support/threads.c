/* Eight threads, each with lua_States of its own that it opens, uses and closes: core, curl, crypto and the Lua files,
 * all at once. Built under ThreadSanitizer by `make threads`, out of the amalgamation: whatever two threads would share
 * is reported and ends it with a status that is not 0. Sends only to its own server process on 127.0.0.1. */
#define _DEFAULT_SOURCE

#include "answering.h"
#include "whatsapp.h"

#include <lauxlib.h>
#include <lualib.h>
#include <pthread.h>

enum { THREADS = 8, STATES = 3 };

/* is given the server's URL and the number of the thread; gives back how many messages it sent */
static const char work[] =
    "local base_url, thread = ...\n"
    "local whatsapp, core, crypto = require 'whatsapp', require 'whatsapp.core', require 'whatsapp.crypto'\n"
    "local client = whatsapp.new { token = 't', phone_number_id = '1', base_url = base_url, proxy = '', limiter =\n"
    "false }\n"
    "local secret, sent = 'secret ' .. thread, 0\n"
    "for i = 1, 20 do\n"
    "  local to = ('%d%d'):format(thread, i)\n"
    "  assert(core.encode({ to = to, text = { body = 'x' } }):find('\"to\":\"' .. to .. '\"', 1, true))\n"
    "  assert(core.encode { to = to, interactive = { type = 'list', body = { text = 'b' }, action = { button = 'b',\n"
    "    sections = { { title = 't', rows = { { id = to, title = 'r' }, { id = 'other', title = 's' } } } } } } })\n"
    "  local valid, text = core.validate { to = to, text = { bodi = 'x' }, [to] = 1 }\n"
    "  assert(valid == nil and text:find('text.body: missing', 1, true))\n"
    "  assert(core.encode({ to = to, type = 'new', new = { [to] = { 1.5, i } } }, { mode = 'lenient' }))\n"
    "  assert(core.decode('{\"a\":[1,2.5,\"\\\\u00e4\",{\"b\":' .. i .. '}]}').a[4].b == i)\n"
    "  assert(crypto.hmac_sha256(secret, to) == crypto.hmac_sha256(secret, to))\n"
    "  assert(crypto.checker(secret)(to, crypto.hmac_sha256(secret, to)) and #crypto.random(8) == 16)\n"
    "  assert(client:send { to = to, text = { body = 'alone' } })\n"
    "  sent = sent + 1\n"
    "  if i % 10 == 0 then\n"
    "    core.schema() collectgarbage()\n"
    "    for _, answer, problem in client:each({ { to = to, text = { body = '1' } }, { to = to, text = { body = '2' }\n"
    "} }) do\n"
    "      assert(answer, problem)\n"
    "      sent = sent + 1\n"
    "    end\n"
    "  end\n"
    "end\n"
    "client:close()\n"
    "return sent";

typedef struct worker {
    pthread_t thread;
    pthread_barrier_t *start;
    int number;
    long sent;
    char problem[400];
} worker;

/* [-0, +0, v] */
static int use(lua_State *L)
{
    worker *w = lua_touserdata(L, 1);
    luaL_openlibs(L);
    whatsapp_preload_core(L);
    whatsapp_preload_curl(L);
    whatsapp_preload_crypto(L);
    whatsapp_preload_files(L);
    whatsapp_preload_lua(L);
    if (luaL_loadbuffer(L, work, sizeof work - 1, "=work") != 0) return lua_error(L);
    lua_pushfstring(L, "http://127.0.0.1:%d", server.port);
    lua_pushinteger(L, w->number);
    lua_call(L, 2, 1);
    w->sent += (long) lua_tointeger(L, -1);
    return 0;
}

static void *run(void *context)
{
    worker *w = context;
    pthread_barrier_wait(w->start); /* the first thing that all do is to open the modules */
    for (int i = 0; i < STATES && w->problem[0] == '\0'; i++) {
        lua_State *L = luaL_newstate();
        if (L == NULL) return NULL;
        lua_pushcfunction(L, use);
        lua_pushlightuserdata(L, w);
        if (lua_pcall(L, 1, 0, 0) != 0) snprintf(w->problem, sizeof w->problem, "%s", lua_tostring(L, -1));
        lua_close(L);
    }
    return NULL;
}

int main(void)
{
    static worker workers[THREADS];
    pthread_barrier_t start;
    long sent = 0;
    start_server();
    pthread_barrier_init(&start, NULL, THREADS);
    for (int i = 0; i < THREADS; i++) {
        workers[i].number = i + 1;
        workers[i].start = &start;
        if (pthread_create(&workers[i].thread, NULL, run, &workers[i]) != 0) broken("no thread");
    }
    for (int i = 0; i < THREADS; i++) {
        pthread_join(workers[i].thread, NULL);
        if (workers[i].problem[0] != '\0') broken(workers[i].problem);
        sent += workers[i].sent;
    }
    if (sent != THREADS * STATES * 24 || sent != *server.arrivals) broken("a message was lost, or came twice");
    printf("%d threads, %d Lua states each, %ld messages\n", THREADS, STATES, sent);
    return EXIT_SUCCESS;
}
