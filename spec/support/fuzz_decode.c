/* Fuzzes the reader and the writer of JSON: bytes become a text, as they are or as JSON with some bytes changed. decode
 * must never raise, must take exactly what a second reader (below, written from RFC 8259) takes, and what it read must
 * survive write and decode. names_message must answer for any value. For libFuzzer; Lua 5.4. Never reads a file and
 * never runs Lua code. */
#include <lauxlib.h>
#include <lua.h>

#include <math.h>
#include <string.h>

#include "fuzz.h"

int luaopen_whatsapp_core(lua_State *L);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MAX_TEXT = 16384, DEEPEST = 100, MAX_NESTED = 130 };
enum { DECODE = 1, WRITE, NAMES_MESSAGE, FIRST_FREE }; /* stack indices, for as long as the state lives */

static lua_State *L;
static char text[MAX_TEXT + 64];
static size_t length;

/* ---- bytes into JSON ---- */

static void put_bytes(const char *bytes, size_t count)
{
    if (length + count > MAX_TEXT) return;
    memcpy(text + length, bytes, count);
    length += count;
}

static void put(const char *bytes)
{
    put_bytes(bytes, strlen(bytes));
}

static void put_digits(void)
{
    char digits[40];
    size_t count = next() % 8 == 7 ? 1 + next() % 39 : 1 + next() % 4;
    for (size_t i = 0; i < count; i++) digits[i] = (char) ('0' + next() % 10);
    if (digits[0] == '0' && next() % 8 != 7) digits[0] = '1';
    put_bytes(digits, count);
}

static void put_number(void)
{
    static const char *const odd[] = {"-0", "0", "9007199254740993", "9223372036854775807", "9223372036854775808",
        "-9223372036854775808", "-9223372036854775809", "1e400", "-1e-400", "5e-324", "0.1", "01", "-", "1.", ".5",
        "1e", "+1"};
    if (next() % 4 == 3) {
        put(odd[next() % (sizeof odd / sizeof *odd)]);
        return;
    }
    if (next() % 3 == 0) put("-");
    put_digits();
    if (next() % 4 == 0) {
        put(".");
        put_digits();
    }
    if (next() % 8 == 0) {
        put(next() % 2 == 0 ? "e" : "E+");
        put_digits();
    }
}

static void put_string(void)
{
    static const char *const pieces[] = {"a", "messages", "id", "error", "\\n", "\\\"", "\\\\", "\\/", "\\u0000",
        "\\ud83d\\ude00", "\\ud800", "\\udc00", "\\ud800\\u0041", "\\u12", "\\x", "\xC3\xA9", "\xF0\x9F\x98\x80",
        "\xFF", "\x01", "abcdefghijklmnop"};
    put("\"");
    for (unsigned count = next() % 4; count > 0; count--) {
        char byte = (char) next();
        if (byte == 'z') put_bytes(&byte, 1);
        else put(pieces[(unsigned char) byte % (sizeof pieces / sizeof *pieces)]);
    }
    put("\"");
}

static void put_space(void)
{
    static const char *const spaces[] = {" ", "\n", "\t", "\r\n"};
    if (next() % 8 == 7) put(spaces[next() % 4]);
}

static void put_value(int depth);

static void put_compound(int depth, bool list)
{
    unsigned count = next() % 16 == 15 ? next() % 40 : next() % 4;
    put(list ? "[" : "{");
    for (unsigned i = 0; i < count; i++) {
        put(i > 0 ? "," : "");
        put_space();
        if (!list) {
            put_string();
            put(":");
        }
        put_value(depth + 1);
    }
    put(list ? "]" : "}");
}

static void put_value(int depth)
{
    static const char *const literals[] = {
        "null", "true", "false", "nul", "\"x\"", "[]", "{}", "{\"messages\":[{\"id\":\"w\"}]}"};
    unsigned way = depth > 12 || at >= end ? 0 : next() % 8;
    if (way < 2) put(literals[next() % 8]);
    else if (way < 4) put_number();
    else if (way < 6) put_string();
    else put_compound(depth, way == 6);
}

/* lists in lists, around the deepest that is read */
static void put_nested(void)
{
    unsigned count = next() % MAX_NESTED;
    for (unsigned i = 0; i < count; i++) put("[");
    put_value(0);
    for (unsigned i = 0; i < count; i++) put("]");
}

static void change(void)
{
    for (unsigned count = next() % 4; count > 0 && length > 0; count--) {
        size_t high = next();
        text[(high << 8 | next()) % length] = (char) next();
    }
    if (next() % 8 == 7 && length > 0) length -= next() % length;
}

/* ---- a second reader, which says only whether the text is JSON of this reader's depth ---- */

static const char *seen, *last;

static bool is_next(char c)
{
    if (seen == last || *seen != c) return false;
    seen++;
    return true;
}

static void pass_space(void)
{
    while (seen < last && (*seen == ' ' || *seen == '\t' || *seen == '\n' || *seen == '\r')) seen++;
}

static bool pass_digits(void)
{
    const char *from = seen;
    while (seen < last && *seen >= '0' && *seen <= '9') seen++;
    return seen > from;
}

static bool pass_number(void)
{
    is_next('-');
    if (!is_next('0') && !pass_digits()) return false;
    if (is_next('.') && !pass_digits()) return false;
    if (is_next('e') || is_next('E')) {
        if (!is_next('+')) is_next('-');
        return pass_digits();
    }
    return true;
}

static bool pass_string(void)
{
    while (seen < last) {
        char c = *seen++;
        if (c == '"') return true;
        if (c != '\\') continue;
        if (seen == last || strchr("\"\\/bfnrtu", *seen) == NULL || *seen == '\0') return false;
        if (*seen++ != 'u') continue;
        for (int i = 0; i < 4; i++, seen++) {
            if (seen == last || *seen == '\0' || strchr("0123456789abcdefABCDEF", *seen) == NULL) return false;
        }
    }
    return false;
}

static bool pass_literal(const char *literal)
{
    for (; *literal != '\0'; literal++) {
        if (!is_next(*literal)) return false;
    }
    return true;
}

static bool pass_value(int depth);

static bool pass_compound(int depth, char close)
{
    if (depth > DEEPEST) return false;
    pass_space();
    if (is_next(close)) return true;
    do {
        pass_space();
        if (close == '}') {
            if (!is_next('"') || !pass_string()) return false;
            pass_space();
            if (!is_next(':')) return false;
        }
        if (!pass_value(depth)) return false;
        pass_space();
    } while (is_next(','));
    return is_next(close);
}

static bool pass_value(int depth)
{
    pass_space();
    if (is_next('"')) return pass_string();
    if (is_next('[')) return pass_compound(depth + 1, ']');
    if (is_next('{')) return pass_compound(depth + 1, '}');
    if (seen < last && (*seen == 't' || *seen == 'f')) return pass_literal(*seen == 't' ? "true" : "false");
    if (seen < last && *seen == 'n') return pass_literal("null");
    return pass_number();
}

static bool is_json(void)
{
    seen = text;
    last = text + length;
    if (!pass_value(0)) return false;
    pass_space();
    return seen == last;
}

/* ---- the promises ---- */

static bool large; /* the value has a float that, written as an integer, is read as a string of its digits */

/* whether write must take the value at the index: it has only UTF-8 and finite numbers */
static bool writable(int index)
{
    size_t count;
    const char *bytes;
    bool fine = true;
    switch (lua_type(L, index)) {
    case LUA_TSTRING:
        bytes = lua_tolstring(L, index, &count);
        return is_utf8(bytes, count);
    case LUA_TNUMBER:
        large = large || (!lua_isinteger(L, index) && fabs(lua_tonumber(L, index)) >= 0x1p63);
        return lua_isinteger(L, index) || isfinite(lua_tonumber(L, index));
    case LUA_TTABLE:
        need(lua_checkstack(L, 8), "memory");
        for (lua_pushnil(L); lua_next(L, index) != 0; lua_pop(L, 1)) {
            fine = fine && writable(lua_gettop(L));
            if (lua_type(L, -2) == LUA_TSTRING) fine = fine && writable(lua_gettop(L) - 1);
        }
        return fine;
    default:
        return true;
    }
}

/* calls a function of the core with the value on top of the stack, which it takes away; returns how many values came */
static int call(int function)
{
    int top = lua_gettop(L) - 1;
    lua_pushvalue(L, function);
    lua_insert(L, -2);
    if (lua_pcall(L, 1, LUA_MULTRET, 0) != LUA_OK) fail(lua_tostring(L, -1));
    return lua_gettop(L) - top;
}

static void check_failure(int top)
{
    size_t count;
    need(lua_gettop(L) == top + 2 && lua_isnil(L, top + 1) && lua_type(L, top + 2) == LUA_TSTRING, "nil and a text");
    const char *err = lua_tolstring(L, top + 2, &count), *place = strstr(err, " at byte ");
    need(place != NULL && strlen(err) == count, "a failure of one line, with its place");
    unsigned long byte = strtoul(place + 9, NULL, 10);
    need(byte >= 1 && byte <= length + 1, "the place is in the text");
}

/* the value at the index, written, read and written again, says the same */
static void check_written(int index)
{
    large = false;
    lua_pushvalue(L, index);
    bool must = writable(lua_gettop(L));
    int count = call(WRITE);
    if (lua_isnil(L, index + 1)) {
        need(!must, "write refuses what was read");
        need(count == 3 && lua_type(L, index + 2) == LUA_TSTRING && lua_istable(L, index + 3),
            "nil, a text and details");
        return;
    }
    need(must && count == 1 && lua_type(L, index + 1) == LUA_TSTRING, "write takes what it must refuse");
    lua_pushvalue(L, index + 1);
    need(call(DECODE) == 1, "decode refuses what was written");
    need(call(WRITE) == 1 && (large || lua_rawequal(L, index + 1, index + 2)),
        "a value says something else the second time");
}

static void start(void)
{
    L = luaL_newstate();
    need(L != NULL && lua_checkstack(L, 500), "memory");
    lua_pushcfunction(L, luaopen_whatsapp_core);
    lua_call(L, 0, 1);
    lua_getfield(L, 1, "decode");
    lua_getfield(L, 1, "write");
    lua_getfield(L, 1, "names_message");
    lua_remove(L, 1);
}

static void make_text(const uint8_t *data, size_t size)
{
    at = data;
    end = data + size;
    length = 0;
    switch (next() % 8) {
    case 0:
    case 1:
        put_bytes((const char *) at, (size_t) (end - at) < MAX_TEXT ? (size_t) (end - at) : MAX_TEXT);
        break;
    case 2:
        put_nested();
        break;
    case 3:
        put_value(0);
        change();
        break;
    default:
        put_compound(0, next() % 4 == 0);
        break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static unsigned long runs;
    if (L == NULL) start();
    make_text(data, size);
    bool json = is_json();
    int top = lua_gettop(L);
    lua_pushlstring(L, text, length);
    int count = call(DECODE);
    need(json == (count == 1), json ? "decode refuses JSON" : "decode takes what is no JSON");
    if (json) {
        check_written(top + 1);
        lua_pushvalue(L, top + 1);
        need(call(NAMES_MESSAGE) == 1 && lua_isboolean(L, -1), "names_message answers");
    } else {
        check_failure(top);
    }
    lua_settop(L, top);
    if (++runs % 4096 == 0) lua_gc(L, LUA_GCCOLLECT, 0);
    return 0;
}
