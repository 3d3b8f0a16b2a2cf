/* How much of Lua's heap the library takes, for `make size`: above a state with the standard libraries, the peak while
 * a piece of Lua runs, the least with which it still runs (Lua then collects more often), and what stays. Counts what
 * lua_Alloc gives and nothing else. Prints a line a case, and judges nothing. */
#include "whatsapp.h"

#include <lauxlib.h>
#include <lualib.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct heap {
    size_t used, peak, limit;
} heap;

static void *allocate(void *context, void *block, size_t old, size_t size)
{
    heap *h = context;
    if (block == NULL) old = 0;
    if (size > old && size - old > h->limit - h->used) return NULL;
    void *moved = NULL;
    if (size == 0) free(block);
    else if ((moved = realloc(block, size)) == NULL) return NULL;
    h->used += size - old;
    if (h->used > h->peak) h->peak = h->used;
    return moved;
}

static const struct {
    const char *name, *code;
} cases[] = {
    {"the core and a text", "return require('whatsapp.core').encode {to = '16505551234', text = {body = 'Hello'}}"},
    {"the core and a list of 10 rows", "local rows = {} for i = 1, 10 do rows[i] = {id = 'row ' .. i, title = 'Row ' "
                                       ".. i, description = 'What it is'} end "
                                       "return require('whatsapp.core').encode {to = '16505551234', interactive = "
                                       "{type = 'list', body = {text = 'b'}, "
                                       "action = {button = 'See', sections = {{title = 's', rows = rows}}}}}"},
    {"the core and a template",
        "return require('whatsapp.core').encode {to = '16505551234', template = {name = 'n', language = {code = 'en'}, "
        "components = {{type = 'header', parameters = {{type = 'image', image = {link = "
        "'https://example.com/a.png'}}}}, "
        "{type = 'body', parameters = {{type = 'text', text = 'Ana'}, {type = 'text', text = '42'}}}, "
        "{type = 'button', sub_type = 'url', index = 0, parameters = {{type = 'text', text = '1042'}}}}}}"},
    {"the core and a carousel of 10",
        "local cards = {} for i = 1, 10 do cards[i] = {card_index = i - 1, components = {{type = 'header', parameters "
        "= {"
        "{type = 'image', image = {id = 'i' .. i}}}}, {type = 'body', parameters = {{type = 'text', text = 't'}}}}} "
        "end "
        "return require('whatsapp.core').encode {to = '16505551234', template = {name = 'n', language = {code = 'en'}, "
        "components = {{type = 'carousel', cards = cards}}}}"},
    {"the core and 3 KB of text", "return require('whatsapp.core').encode {to = '1', text = {body = ('x'):rep(3000)}}"},
    {"require \"whatsapp\"", "return require 'whatsapp' ~= nil"},
    {"a client with a host's transport",
        "return require('whatsapp').new {token = 't', phone_number_id = '1', transport = print} ~= nil"},
    {"... that sends a text",
        "local function transport(request) return {status = 200, headers = {}, body = "
        "'{\"messages\":[{\"id\":\"x\"}]}'} end "
        "local client = require('whatsapp').new {token = 't', phone_number_id = '1', transport = transport} "
        "return client:send {to = '16505551234', text = {body = 'Hello'}}"},
};

/* [-0, +1, m] what may fail before the counting begins */
static int prepare(lua_State *L)
{
    luaL_openlibs(L);
    whatsapp_preload_core(L);
    whatsapp_preload_lua(L);
    if (luaL_loadstring(L, cases[lua_tointeger(L, 1)].code) != 0) return lua_error(L);
    return 1;
}

/* whether a case runs in so many bytes above the libraries; `h` is what it took, `above` what it took above them */
static bool runs(int which, size_t room, heap *h, size_t *base)
{
    *h = (heap){0, 0, (size_t) -1};
    lua_State *L = lua_newstate(allocate, h);
    if (L == NULL) exit(EXIT_FAILURE);
    lua_pushcfunction(L, prepare);
    lua_pushinteger(L, which);
    if (lua_pcall(L, 1, 1, 0) != 0) {
        fprintf(stderr, "%s\n", lua_tostring(L, -1));
        exit(EXIT_FAILURE);
    }
    lua_gc(L, LUA_GCCOLLECT, 0);
    *base = h->peak = h->used;
    if (room < h->limit - *base) h->limit = *base + room;
    bool ran = lua_pcall(L, 0, 1, 0) == 0 && lua_toboolean(L, -1);
    if (!ran && room == (size_t) -1) {
        fprintf(stderr, "%s\n", lua_tostring(L, -1));
        exit(EXIT_FAILURE);
    }
    h->limit = (size_t) -1;
    lua_settop(L, 0);
    lua_gc(L, LUA_GCCOLLECT, 0);
    size_t stays = h->used;
    lua_close(L);
    h->used = stays;
    return ran;
}

int main(void)
{
    heap h;
    size_t base;
    printf("%-34s %9s %9s %9s\n", "bytes above the libraries", "peak", "least", "stays");
    for (int i = 0; i < (int) (sizeof cases / sizeof cases[0]); i++) {
        runs(i, (size_t) -1, &h, &base);
        size_t peak = h.peak - base, stays = h.used - base, low = 0, high = peak;
        while (high - low > 64) {
            size_t middle = low + (high - low) / 2;
            if (runs(i, middle, &h, &base)) high = middle;
            else low = middle;
        }
        printf(
            "%-34s %9lu %9lu %9lu\n", cases[i].name, (unsigned long) peak, (unsigned long) high, (unsigned long) stays);
    }
    printf("%-34s %9lu\n", "the libraries", (unsigned long) base);
    return EXIT_SUCCESS;
}
