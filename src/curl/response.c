/* The outcome of a transfer in Lua: see response.h. */
#include "response.h"

#include "request.h"

#include <string.h>

enum { MAX_NAME = 255 }; /* bytes of a header's name */

/* ---- life ---- */

void wa_reader_init(wa_reader *r, wa_allocator allocate, void *context)
{
    r->choosing = false;
    wa_buffer_init(&r->wanted, allocate, context, WA_MAX_HEAD);
    wa_buffer_init(&r->lines, allocate, context, WA_MAX_HEAD);
    wa_buffer_init(&r->seen, allocate, context, WA_MAX_HEAD);
}

void wa_reader_free(wa_reader *r)
{
    wa_buffer_free(&r->wanted);
    wa_buffer_free(&r->lines);
    wa_buffer_free(&r->seen);
}

void wa_reader_choose(lua_State *L, wa_reader *r, int options)
{
    int top = lua_gettop(L), type = wa_field(L, options, "headers");
    if (type != LUA_TNIL && type != LUA_TTABLE) luaL_error(L, "headers must be a list of names");
    r->choosing = type == LUA_TTABLE;
    for (int i = 1; r->choosing && (lua_rawgeti(L, top + 1, i), lua_type(L, -1) == LUA_TSTRING); i++) {
        size_t length;
        const char *name = lua_tolstring(L, -1, &length);
        if (length > MAX_NAME) luaL_error(L, "headers holds a name of more than %d bytes", MAX_NAME);
        char size = (char) (unsigned char) length;
        wa_buffer_add(&r->wanted, &size, 1);
        wa_buffer_add(&r->wanted, name, length);
        lua_pop(L, 1);
    }
    lua_settop(L, top);
    if (r->wanted.failure != WA_NO_FAILURE) luaL_error(L, "%s", wa_no_memory);
}

/* ---- a failure ---- */

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

/* ---- headers ---- */

static char lower(char byte)
{
    return byte >= 'A' && byte <= 'Z' ? (char) (byte - 'A' + 'a') : byte;
}

/* Returns the length of a header's name, without the colon; 0 if the line has no name or one that is too long. */
static size_t name_length(const char *line, size_t length)
{
    const char *colon = memchr(line, ':', length);
    return colon == NULL || colon - line > MAX_NAME ? 0 : (size_t) (colon - line);
}

static bool is_wanted(const wa_reader *r, const char *name, size_t length)
{
    for (size_t at = 0; at < r->wanted.length;) {
        size_t size = (unsigned char) r->wanted.bytes[at];
        const char *other = r->wanted.bytes + at + 1;
        size_t same = 0;
        while (size == length && same < size && lower(name[same]) == other[same]) same++;
        if (size == length && same == size) return true;
        at += size + 1;
    }
    return false;
}

/* [-0, +0, m] Sets one header of the table on top. The values of a name that comes again are joined by a comma. */
static void set_header(lua_State *L, const char *line, size_t length)
{
    char name[MAX_NAME];
    size_t size = name_length(line, length);
    if (size == 0) return;
    for (size_t i = 0; i < size; i++) name[i] = lower(line[i]);
    lua_pushlstring(L, name, size);
    const char *from = line + size + 1, *to = line + length;
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

/* Returns the line that begins at *at, and moves *at to the next one. */
static const char *next_line(const wa_buffer *lines, size_t *at, size_t *length)
{
    const char *line = lines->bytes + *at, *end = memchr(line, '\n', lines->length - *at);
    *length = end == NULL ? lines->length - *at : (size_t) (end - line);
    *at += *length + 1;
    return line;
}

/* [-0, +1, m] pushes a table of the headers in these lines */
static void push_lines(lua_State *L, const wa_buffer *lines)
{
    lua_newtable(L);
    for (size_t at = 0, length; at < lines->length;) {
        const char *line = next_line(lines, &at, &length);
        set_header(L, line, length);
    }
}

/* [-0, +0, m] Copies the wanted lines of the head of an answer into `lines`, without its first line, which is the
 * status. */
static void choose(lua_State *L, wa_reader *r, const wa_buffer *head)
{
    size_t at = 0, length;
    wa_buffer_reset(&r->lines, WA_MAX_HEAD);
    if (head->length > 0) next_line(head, &at, &length);
    while (at < head->length) {
        const char *line = next_line(head, &at, &length);
        size_t size = name_length(line, length);
        if (size > 0 && (!r->choosing || is_wanted(r, line, size))) {
            wa_buffer_add(&r->lines, line, length);
            wa_buffer_add(&r->lines, "\n", 1);
        }
    }
    if (r->lines.failure != WA_NO_FAILURE) luaL_error(L, "%s", wa_no_memory);
}

/* [-0, +1, m] Pushes the table of an answer's headers: the table of the previous answer, if its headers were the same.
 * So nothing may write to it. To make a new table each time would take 3,000 instructions a message more (make
 * bench-send ROUNDS=0). `kept` is the index of the client's table. */
static void push_headers(lua_State *L, wa_reader *r, const wa_transfer *t, int kept)
{
    choose(L, r, &t->head);
    bool known = r->seen.length == r->lines.length &&
                 (r->lines.length == 0 || memcmp(r->seen.bytes, r->lines.bytes, r->lines.length) == 0);
    lua_rawgeti(L, kept, WA_LATEST_HEADERS);
    if (known && !lua_isnil(L, -1)) return;
    lua_pop(L, 1);
    push_lines(L, &r->lines);
    lua_pushvalue(L, -1);
    lua_rawseti(L, kept, WA_LATEST_HEADERS);
    wa_buffer other = r->seen;
    r->seen = r->lines;
    r->lines = other;
}

/* ---- an answer ---- */

void wa_push_bytes(lua_State *L, int64_t bytes)
{
    lua_Integer integer = (lua_Integer) bytes;
    if ((int64_t) integer == bytes) lua_pushinteger(L, integer);
    else lua_pushnumber(L, (lua_Number) bytes);
}

/* [-0, +1, m] */
static int push_response(lua_State *L, wa_reader *r, const wa_transfer *t, int kept)
{
    lua_createtable(L, 0, 3);
    wa_push_name(L, WA_STATUS);
    lua_pushinteger(L, (lua_Integer) wa_transfer_status(t));
    lua_rawset(L, -3);
    if (wa_transfer_is_in_file(t)) {
        wa_push_bytes(L, (int64_t) t->request.stream->written);
        lua_setfield(L, -2, "size");
    } else {
        wa_push_name(L, WA_BODY);
        lua_pushlstring(L, t->body.length > 0 ? t->body.bytes : "", t->body.length);
        lua_rawset(L, -3);
    }
    wa_push_name(L, WA_HEADERS);
    push_headers(L, r, t, kept);
    lua_rawset(L, -3);
    return 1;
}

int wa_push_outcome(lua_State *L, wa_reader *r, const wa_transfer *t, int kept)
{
    return wa_transfer_is_whole(t) ? push_response(L, r, t, kept) : push_failure(L, t);
}
