/* Reads the JSON of webhooks and of the API's answers into Lua values. A list is marked as whatsapp.array marks one, so
 * that an empty one is written as a list again. An integer keeps every digit (as a string, if this Lua has no such
 * integer), null is the light userdata NULL, half a surrogate pair becomes U+FFFD. Never raises an error because of the
 * text. Up to 16 members wait on the Lua stack, so that their table is made with room for them: without that, decode
 * takes 30 % more instructions for a webhook. */
#include "core.h"

#include <locale.h>
#include <string.h>

/* levels of nesting; members that wait on the stack; values of one text, because an empty table takes at least 56
 * bytes, 30 times as many as in the text */
enum { MAX_DEPTH = 100, BATCH = 16, MOST_VALUES = 500000 };

#define TOO_MANY "more than 500000 values"

typedef struct reader {
    lua_State *L;
    const char *text, *at, *end;
    const char *err;
    int depth, values;
} reader;

static bool read_value(reader *r);

static bool fail(reader *r, const char *err)
{
    r->err = err;
    return false;
}

static char peek(const reader *r)
{
    return r->at < r->end ? *r->at : '\0';
}

static void skip_space(reader *r)
{
    while (r->at < r->end && (*r->at == ' ' || *r->at == '\n' || *r->at == '\t' || *r->at == '\r')) r->at++;
}

/* ---- numbers ----------------------------------------------------------------------------------------------------- */

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static const char *skip_digits(const reader *r, const char *at)
{
    while (at < r->end && is_digit(*at)) at++;
    return at;
}

/* [-0, +1, m] Pushes an integer. One of up to 18 digits fits into 64 bits. */
static void push_integer(reader *r, const char *first, const char *digits, const char *last)
{
    enum { SAFE = 18 };
    int64_t value = 0;
    for (const char *c = digits; c < last && last - digits <= SAFE; c++) value = value * 10 + (*c - '0');
    if (first != digits) value = -value;
#if LUA_VERSION_NUM >= 503
    if (last - digits <= SAFE && value == (int64_t) (lua_Integer) value) {
        lua_pushinteger(r->L, (lua_Integer) value);
        return;
    }
    lua_pushlstring(r->L, first, (size_t) (last - first));
    if (lua_stringtonumber(r->L, lua_tostring(r->L, -1)) == 0) return;
    if (lua_isinteger(r->L, -1)) lua_remove(r->L, -2);
    else lua_pop(r->L, 1); /* the digits stay */
#else
    if (last - digits <= SAFE && value < (int64_t) WA_EXACT_NUMBER && value > -(int64_t) WA_EXACT_NUMBER) {
        lua_pushnumber(r->L, (lua_Number) value);
    } else {
        lua_pushlstring(r->L, first, (size_t) (last - first));
    }
#endif
}

/* [-0, +1, m] Pushes a number as Lua reads it; 5.1 and 5.2 expect the decimal point of the locale. */
static void push_double(reader *r, const char *first, const char *last)
{
    lua_pushlstring(r->L, first, (size_t) (last - first));
    if (!lua_isnumber(r->L, -1)) {
        luaL_gsub(r->L, lua_tostring(r->L, -1), ".", localeconv()->decimal_point);
        lua_remove(r->L, -2);
    }
    lua_pushnumber(r->L, lua_tonumber(r->L, -1));
    lua_remove(r->L, -2);
}

static bool read_number(reader *r)
{
    const char *first = r->at, *digits = first + (*first == '-'), *last = skip_digits(r, digits);
    bool whole = true;
    if (last == digits || (*digits == '0' && last > digits + 1)) return fail(r, "no number");
    r->at = last;
    if (peek(r) == '.') {
        r->at = skip_digits(r, last + 1);
        if (r->at == last + 1) return fail(r, "no number");
        whole = false;
    }
    if (peek(r) == 'e' || peek(r) == 'E') {
        const char *power = r->at + 1;
        if (power < r->end && (*power == '+' || *power == '-')) power++;
        r->at = skip_digits(r, power);
        if (r->at == power) return fail(r, "no number");
        whole = false;
    }
    if (whole) push_integer(r, first, digits, last);
    else push_double(r, first, r->at);
    return true;
}

/* ---- strings ----------------------------------------------------------------------------------------------------- */

/* Returns the value of four hexadecimal digits, or -1. */
static int32_t unit_at(const reader *r, const char *at)
{
    int32_t unit = 0;
    if (r->end - at < 4) return -1;
    for (int i = 0; i < 4; i++) {
        char c = at[i];
        int digit = is_digit(c)            ? c - '0'
                    : c >= 'a' && c <= 'f' ? c - 'a' + 10
                    : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                           : -1;
        if (digit < 0) return -1;
        unit = unit * 16 + digit;
    }
    return unit;
}

static void add_utf8(luaL_Buffer *b, int32_t point)
{
    char bytes[4];
    size_t n = 0;
    if (point < 0x80) {
        bytes[n++] = (char) point;
    } else if (point < 0x800) {
        bytes[n++] = (char) (0xC0 | point >> 6);
    } else if (point < 0x10000) {
        bytes[n++] = (char) (0xE0 | point >> 12);
        bytes[n++] = (char) (0x80 | (point >> 6 & 63));
    } else {
        bytes[n++] = (char) (0xF0 | point >> 18);
        bytes[n++] = (char) (0x80 | (point >> 12 & 63));
        bytes[n++] = (char) (0x80 | (point >> 6 & 63));
    }
    if (point >= 0x80) bytes[n++] = (char) (0x80 | (point & 63));
    luaL_addlstring(b, bytes, n);
}

/* adds the character of a \u escape, whose digits are next; reads the other half of a surrogate pair too */
static bool add_unit(reader *r, luaL_Buffer *b)
{
    int32_t unit = unit_at(r, r->at), low;
    if (unit < 0) return fail(r, "no \\u escape");
    r->at += 4;
    if (unit >= 0xD800 && unit < 0xDC00 && r->end - r->at >= 6 && r->at[0] == '\\' && r->at[1] == 'u') {
        low = unit_at(r, r->at + 2);
        if (low >= 0xDC00 && low < 0xE000) {
            r->at += 6;
            add_utf8(b, 0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00));
            return true;
        }
    }
    add_utf8(b, unit >= 0xD800 && unit < 0xE000 ? 0xFFFD : unit);
    return true;
}

static bool add_escape(reader *r, luaL_Buffer *b)
{
    static const char escapes[] = "\"\"\\\\//b\bf\fn\nr\rt\t";
    if (r->at == r->end) return fail(r, "a string without an end");
    char name = *r->at++;
    if (name == 'u') return add_unit(r, b);
    for (size_t i = 0; i + 1 < sizeof escapes; i += 2) {
        if (escapes[i] == name) {
            luaL_addlstring(b, escapes + i + 1, 1);
            return true;
        }
    }
    return fail(r, "no escape");
}

/* [-0, +1, m] reads a string with escapes; the luaL_Buffer needs the top of the stack */
static bool read_escaped(reader *r)
{
    luaL_Buffer b;
    bool good = true;
    luaL_buffinit(r->L, &b);
    while (good) {
        const char *start = r->at;
        while (r->at < r->end && *r->at != '"' && *r->at != '\\') r->at++;
        luaL_addlstring(&b, start, (size_t) (r->at - start));
        if (r->at == r->end) {
            good = fail(r, "a string without an end");
        } else if (*r->at++ == '"') {
            break;
        } else {
            good = add_escape(r, &b);
        }
    }
    luaL_pushresult(&b);
    return good;
}

/* [-0, +1, m] */
static bool read_string(reader *r)
{
    const char *start = ++r->at, *quote = memchr(start, '"', (size_t) (r->end - start));
    if (quote == NULL) return fail(r, "a string without an end");
    if (memchr(start, '\\', (size_t) (quote - start)) != NULL) return read_escaped(r);
    r->at = quote + 1;
    lua_pushlstring(r->L, start, (size_t) (quote - start));
    return true;
}

/* ---- lists and objects ------------------------------------------------------------------------------------------- */

/* Reads the comma after a member, which sets *more, or the end. */
static bool read_separator(reader *r, char end, bool *more)
{
    skip_space(r);
    char c = peek(r);
    if (c != ',' && c != end) return fail(r, "no comma and no end");
    r->at++;
    *more = c == ',';
    return true;
}

/* [-waiting * slots, +0, m] Moves the members that wait on the stack into the table below them, which has `before`
 * members. If it has none, makes the table first, in the place of the nil that is there. */
static void store_members(reader *r, int waiting, int before, bool list)
{
    lua_State *L = r->L;
    int slots = list ? 1 : 2, table = lua_gettop(L) - waiting * slots;
    if (before == 0) {
        lua_createtable(L, list ? waiting : 0, list ? 0 : waiting);
        lua_replace(L, table);
    }
    for (int i = waiting; list && i > 0; i--) lua_rawseti(L, table, before + i);
    for (int i = 0; !list && i < waiting; i++) { /* in order: of equal names the last one counts */
        lua_pushvalue(L, table + 1 + 2 * i);
        lua_pushvalue(L, table + 2 + 2 * i);
        lua_rawset(L, table);
    }
    lua_settop(L, table);
}

/* [-0, +2, m] reads a name and its value */
static bool read_member(reader *r)
{
    skip_space(r);
    if (peek(r) != '"') return fail(r, "no name");
    if (!read_string(r)) return false;
    skip_space(r);
    if (peek(r) != ':') return fail(r, "no colon");
    r->at++;
    return read_value(r);
}

/* [-0, +1, m] reads a list or an object after its first character */
static bool read_compound(reader *r, bool list)
{
    int count = 0, waiting = 0;
    char end = list ? ']' : '}';
    bool more = true;
    if (++r->depth > MAX_DEPTH) return fail(r, "too deep");
    luaL_checkstack(r->L, 2 * BATCH + LUA_MINSTACK, "JSON"); /* a luaL_Buffer needs some too */
    lua_pushnil(r->L);                                       /* the place of the table */
    skip_space(r);
    if (peek(r) == end) {
        r->at++;
        more = false;
    }
    while (more) {
        if (!(list ? read_value(r) : read_member(r)) || !read_separator(r, end, &more)) return false;
        if (++waiting == BATCH && more) {
            store_members(r, waiting, count, list);
            count += waiting;
            waiting = 0;
        }
    }
    store_members(r, waiting, count, list);
    if (list) {
        lua_pushvalue(r->L, lua_upvalueindex(1));
        lua_setmetatable(r->L, -2);
    }
    r->depth--;
    return true;
}

static bool read_literal(reader *r, const char *literal)
{
    size_t length = strlen(literal);
    if ((size_t) (r->end - r->at) < length || memcmp(r->at, literal, length) != 0) return fail(r, "no value");
    r->at += length;
    return true;
}

/* [-0, +1, m] Reads and pushes a value. After a failure, the number of values on the stack is undefined. */
static bool read_value(reader *r)
{
    skip_space(r);
    if (++r->values > MOST_VALUES) return fail(r, TOO_MANY);
    switch (peek(r)) {
    case '"':
        return read_string(r);
    case '{':
    case '[':
        return read_compound(r, *r->at++ == '[');
    case 't':
    case 'f':
        lua_pushboolean(r->L, *r->at == 't');
        return read_literal(r, *r->at == 't' ? "true" : "false");
    case 'n':
        lua_pushlightuserdata(r->L, NULL);
        return read_literal(r, "null");
    case '-':
    case '0':
    case '1':
    case '2':
    case '3':
    case '4':
    case '5':
    case '6':
    case '7':
    case '8':
    case '9':
        return read_number(r);
    default:
        return fail(r, "no value");
    }
}

int wa_decode(lua_State *L)
{
    size_t length;
    const char *text = luaL_checklstring(L, 1, &length);
    reader r = {.L = L, .text = text, .at = text, .end = text + length};
    lua_settop(L, 2); /* the text stays on the stack, so that it is not collected */
    luaL_checkstack(L, LUA_MINSTACK, "JSON");
    bool good = read_value(&r);
    if (good) {
        skip_space(&r);
        if (r.at == r.end) {
            if (!lua_istable(L, 2) || !lua_istable(L, 3)) return 1;
            lua_pushvalue(L, 2);
            lua_setmetatable(L, 3);
            return 1;
        }
        fail(&r, "something behind the value");
    }
    lua_settop(L, 1);
    lua_pushnil(L);
    lua_pushfstring(L, "%s at byte %d", r.err, (int) (r.at - r.text) + 1);
    return 2;
}
