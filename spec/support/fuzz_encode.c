/* Fuzzes whatsapp.core: bytes become a message, made of the schema's own words and of what does not belong into one;
 * encode and validate, strict and lenient, must keep what they promise of it, or the run aborts. For libFuzzer; Lua 5.3
 * or newer. Never reads a file, never sends anything, never runs Lua code. */
#include <lauxlib.h>
#include <lua.h>

#include <math.h>
#include <string.h>

#include "fuzz.h"

enum { MAX_WORDS = 1200, MAX_OBJECTS = 400, MAX_FIELDS = 24, MAX_NODES = 300, MAX_DEPTH = 24, MAX_TABLES = 64 };

int luaopen_whatsapp_core(lua_State *L);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* ---- the schema, as core.schema() tells it ---- */

typedef struct field {
    const char *name, *kind, *json, *fill, *value, *sample; /* json: the types of its kind; sample: one of its format */
    int object, min, max;
    bool required;
} field;

typedef struct object {
    const char *name, *by;
    int base, otherwise, field_count, variant_count;
    field fields[MAX_FIELDS];
    struct {
        const char *value;
        int object;
    } variants[MAX_FIELDS];
} object;

static lua_State *L;
static object objects[MAX_OBJECTS];
static int object_count, root;
static const char *words[MAX_WORDS];
static int word_count;

/* stack indices, for as long as the state lives */
enum { CORE = 1, SCHEMA, TERMS, ENCODE, VALIDATE, ARRAY, STRICT, LENIENT, HOSTILE, FIRST_FREE };

static int never(lua_State *state)
{
    (void) state;
    fail("Lua code was run");
    return 0;
}

/* the strings belong to the schema's tables, which stay */
static const char *text_at(const char *name)
{
    lua_getfield(L, -1, name);
    const char *text = lua_type(L, -1) == LUA_TSTRING ? lua_tostring(L, -1) : NULL;
    lua_pop(L, 1);
    return text;
}

static int integer_at(const char *name)
{
    lua_getfield(L, -1, name);
    int integer = (int) lua_tointeger(L, -1);
    lua_pop(L, 1);
    return integer;
}

static int object_named(const char *name)
{
    for (int i = 0; name != NULL && i < object_count; i++) {
        if (strcmp(objects[i].name, name) == 0) return i;
    }
    return -1;
}

static void add_word(const char *word)
{
    for (int i = 0; i < word_count; i++) {
        if (strcmp(words[i], word) == 0) return;
    }
    need(word_count < MAX_WORDS, "MAX_WORDS");
    words[word_count++] = word;
}

/* a member of a term of this name; NULL: there is no such term */
static const char *term(const char *list, const char *name, const char *member)
{
    int top = lua_gettop(L);
    if (name == NULL) return NULL;
    lua_getfield(L, TERMS, list);
    lua_getfield(L, -1, name);
    const char *text = lua_istable(L, -1) ? text_at(member) : NULL;
    lua_settop(L, top);
    return text;
}

static void read_field(field *f)
{
    int top = lua_gettop(L);
    *f = (field){.name = text_at("name"),
        .kind = text_at("kind"),
        .fill = text_at("fill"),
        .json = term("kinds", text_at("kind"), "json"),
        .sample = term("formats", text_at("format"), "right"),
        .object = object_named(text_at("object")),
        .min = integer_at("min"),
        .max = integer_at("max")};
    add_word(f->name);
    lua_getfield(L, -1, "required");
    f->required = lua_toboolean(L, -1);
    lua_pop(L, 1);
    lua_getfield(L, -1, "values");
    for (int i = 1; lua_istable(L, -1) && lua_rawgeti(L, -1, i) != LUA_TNIL; i++) {
        if (i == 1) f->value = lua_tostring(L, -1);
        add_word(lua_tostring(L, -1));
        lua_pop(L, 1);
    }
    lua_settop(L, top);
}

static void read_object(object *o)
{
    int top = lua_gettop(L);
    o->by = text_at("by");
    o->base = object_named(text_at("base"));
    o->otherwise = object_named(text_at("otherwise"));
    lua_getfield(L, -1, "fields");
    int list = lua_gettop(L);
    for (int i = 1; lua_rawgeti(L, list, i) == LUA_TTABLE; i++) {
        need(o->field_count < MAX_FIELDS, "MAX_FIELDS");
        read_field(&o->fields[o->field_count++]);
        lua_settop(L, list);
    }
    lua_settop(L, top);
    lua_getfield(L, -1, "variants");
    for (int i = 1; lua_istable(L, top + 1) && lua_rawgeti(L, top + 1, i) == LUA_TTABLE; i++) {
        need(o->variant_count < MAX_FIELDS, "MAX_FIELDS");
        o->variants[o->variant_count].value = text_at("value");
        add_word(text_at("value"));
        o->variants[o->variant_count++].object = object_named(text_at("object"));
        lua_settop(L, top + 1);
    }
    lua_settop(L, top);
}

static void start(void)
{
    static const char *const hostile[] = {"__index", "__newindex", "__len", "__pairs", "__eq", "__tostring", "__lt"};
    L = luaL_newstate();
    need(L != NULL && lua_checkstack(L, 2000), "memory");
    lua_pushcfunction(L, luaopen_whatsapp_core);
    lua_call(L, 0, 1);
    lua_getfield(L, CORE, "schema");
    lua_call(L, 0, 3);
    const char *name = lua_tostring(L, -2); /* a key of the schema */
    lua_remove(L, -2);
    for (lua_pushnil(L); lua_next(L, SCHEMA) != 0; lua_pop(L, 1)) {
        need(object_count < MAX_OBJECTS, "MAX_OBJECTS");
        objects[object_count++].name = lua_tostring(L, -2);
    }
    root = object_named(name);
    for (int i = 0; i < object_count; i++) {
        lua_getfield(L, SCHEMA, objects[i].name);
        read_object(&objects[i]);
        lua_pop(L, 1);
    }
    lua_getfield(L, CORE, "encode");
    lua_getfield(L, CORE, "validate");
    lua_getfield(L, CORE, "array");
    lua_newtable(L);
    lua_newtable(L);
    lua_pushliteral(L, "lenient");
    lua_setfield(L, LENIENT, "mode");
    lua_newtable(L);
    for (size_t i = 0; i < sizeof hostile / sizeof hostile[0]; i++) {
        lua_pushcfunction(L, never);
        lua_setfield(L, HOSTILE, hostile[i]);
    }
    lua_pushliteral(L, "none of your business");
    lua_setfield(L, HOSTILE, "__metatable");
    need(lua_gettop(L) == HOSTILE, "stack");
}

/* ---- bytes into tables ---- */

static int nodes, table_count;
static int pool; /* stack index of a list of the tables that were made: to be used again */

static bool rarely(void)
{
    return next() % 32 == 31;
}

static void put_value(int depth);
static void put_object(const object *o, int depth);

static void new_table(void)
{
    lua_newtable(L);
    if (table_count == MAX_TABLES) return;
    lua_pushvalue(L, -1);
    lua_rawseti(L, pool, ++table_count);
}

static void old_table(void)
{
    if (table_count == 0) new_table();
    else lua_rawgeti(L, pool, (lua_Integer) (next() % (unsigned) table_count) + 1);
}

static void put_bytes(void)
{
    char bytes[64];
    size_t length = next() % sizeof bytes;
    for (size_t i = 0; i < length; i++) bytes[i] = (char) next();
    lua_pushlstring(L, bytes, length);
}

static const char *word(void)
{
    unsigned high = next();
    return words[(high << 8 | next()) % (unsigned) word_count];
}

static void put_characters(size_t count)
{
    static const char *const characters[] = {
        "x", "\xC3\xA9", "\xE2\x82\xAC", "\xF0\x9F\x98\x80", "\"", "\n", " ", "\x01"};
    const char *character = characters[next() % 8];
    luaL_Buffer buffer;
    luaL_buffinit(L, &buffer);
    for (size_t i = 0; i < count; i++) luaL_addstring(&buffer, i + 1 == count ? "y" : i == 0 ? "z" : character);
    luaL_pushresult(&buffer);
}

static void put_string(void)
{
    static const char *const wrong[] = {
        "\xC0\x80", "\xED\xA0\x80", "\xF4\x90\x80\x80", "abc\xFF", "12345678\x80", "\xE2\x82"};
    char text[128];
    size_t length;
    switch (next() % 12) {
    case 0:
    case 1:
        lua_pushstring(L, word());
        break;
    case 2: /* a word, a zero byte, something */
        length = (size_t) snprintf(text, 64, "%s", word());
        text[length] = '\0';
        memset(text + length + 1, 'x', 60);
        lua_pushlstring(L, text, length + 1 + next() % 60);
        break;
    case 3: /* a word in capitals, or cut, or one letter off */
        length = (size_t) snprintf(text, 64, "%s", word());
        if (next() % 2 == 0) {
            for (size_t i = 0; i < length; i++) {
                if (text[i] >= 'a' && text[i] <= 'z') text[i] = (char) (text[i] - 32);
            }
        } else {
            text[next() % length] = (char) ('a' + next() % 26);
        }
        lua_pushlstring(L, text, length - (length > 1 ? next() % 2 : 0));
        break;
    case 4:
        lua_pushstring(L, wrong[next() % 6]);
        break;
    case 5:
        put_characters(next() * (next() % 24));
        break;
    case 6:
        lua_pushliteral(L, "");
        break;
    case 7:
        lua_pushfstring(L, "%d", (int) next());
        break;
    case 8:
        lua_pushliteral(L, "https://example.com/x");
        break;
    case 9:
        lua_pushliteral(L, "2025-01-31");
        break;
    default:
        put_bytes();
        break;
    }
}

static void put_number(void)
{
    static const double odd[] = {-0.0, 0.5, 1e300, -1e-300, 5e-324, 9007199254740992.0, 9007199254740993.0, 1e15, 1e21,
        0.1, 123456.789, 1.7976931348623157e308, 4294967296.0, -9223372036854775808.0, 9223372036854775808.0};
    uint64_t bits = 0;
    double number;
    switch (next() % 8) {
    case 0:
    case 1:
        lua_pushinteger(L, (lua_Integer) next() - 2);
        break;
    case 2:
        lua_pushnumber(L, odd[next() % (sizeof odd / sizeof odd[0])]);
        break;
    case 3:
        lua_pushnumber(L, (lua_Number) (next() % 16));
        break;
    case 4:
        lua_pushinteger(L, next() % 2 == 0 ? LUA_MAXINTEGER : LUA_MININTEGER);
        break;
    default:
        for (int i = 0; i < 8; i++) bits = bits << 8 | next();
        memcpy(&number, &bits, sizeof number);
        if (next() % 2 == 0) lua_pushnumber(L, number);
        else lua_pushinteger(L, (lua_Integer) bits);
        break;
    }
}

static void put_key(void)
{
    switch (next() % 8) {
    case 0:
        lua_pushinteger(L, (lua_Integer) (next() % 8) - 1);
        break;
    case 1:
        put_number();
        if (lua_tonumber(L, -1) != lua_tonumber(L, -1)) { /* NaN is no key */
            lua_pop(L, 1);
            lua_pushnumber(L, HUGE_VAL);
        }
        break;
    case 2:
        if (rarely()) lua_pushboolean(L, 1);
        else if (rarely()) old_table();
        else if (rarely()) lua_pushlightuserdata(L, NULL);
        else lua_pushstring(L, word());
        break;
    default:
        put_string();
        break;
    }
}

static void put_list(int depth)
{
    new_table();
    unsigned count = next() % 5, hole = next() % 40;
    for (unsigned i = 1; i <= count; i++) {
        if (i == hole) continue;
        put_value(depth + 1);
        lua_rawseti(L, -2, (lua_Integer) i);
    }
}

static void put_table(int depth)
{
    new_table();
    for (unsigned count = next() % 6; count > 0; count--) {
        put_key();
        put_value(depth + 1);
        lua_rawset(L, -3);
    }
}

/* anything at all, on top of the stack */
static void put_value(int depth)
{
    if (++nodes > MAX_NODES || depth > MAX_DEPTH) {
        lua_pushboolean(L, 1);
        return;
    }
    switch (next() % 24) {
    case 0:
    case 1:
    case 2:
    case 3:
        put_string();
        break;
    case 4:
    case 5:
        put_number();
        break;
    case 6:
        lua_pushboolean(L, next() % 2 == 0);
        break;
    case 7:
        lua_pushnil(L);
        break;
    case 8:
        lua_pushlightuserdata(L, NULL);
        break;
    case 9:
        if (rarely()) lua_pushlightuserdata(L, &nodes);
        else if (rarely()) lua_pushcfunction(L, never);
        else if (rarely()) lua_newuserdata(L, 1);
        else if (rarely()) lua_pushthread(L);
        else if (rarely()) lua_pushnumber(L, (lua_Number) NAN);
        else if (rarely()) lua_pushnumber(L, -HUGE_VAL);
        else lua_pushboolean(L, 0);
        break;
    case 10:
    case 11:
        put_list(depth);
        break;
    case 12:
        if (rarely()) old_table();
        else new_table();
        break;
    case 13:
        put_table(depth);
        lua_pushvalue(L, HOSTILE);
        lua_setmetatable(L, -2);
        break;
    case 14:
        lua_pushvalue(L, ARRAY);
        put_list(depth);
        lua_call(L, 1, 1);
        break;
    case 15:
        old_table();
        break;
    case 16:
    case 17:
        put_object(&objects[next() % (unsigned) object_count], depth + 1);
        break;
    default:
        put_table(depth);
        break;
    }
}

static void put_length(const field *f)
{
    unsigned way = next();
    int length = way % 8 == 7 ? f->max + 1 : way % 8 == 6 ? f->max : f->min > 0 ? f->min : 1;
    if (way % 8 == 5 && f->min > 0) length = f->min - 1;
    if (length > 6000) length = 6000;
    if (way < 128 && length < 1) length = 1;
    put_characters((size_t) length);
}

/* a value as the field wants it, as far as it is known here */
static void put_proper(const field *f, int depth)
{
    if (strcmp(f->kind, "object") == 0 && f->object >= 0) {
        put_object(&objects[f->object], depth + 1);
    } else if (strcmp(f->kind, "list") == 0) {
        unsigned count = next() % 16 == 15 ? next() % 34 : next() % 4;
        if (count == 0 && f->min > 0) count = 1;
        new_table();
        for (unsigned i = 1; i <= count; i++) {
            if (rarely()) put_value(depth + 1);
            else if (f->object >= 0) put_object(&objects[f->object], depth + 1);
            else put_string();
            lua_rawseti(L, -2, (lua_Integer) i);
        }
    } else if (strcmp(f->json, "object") == 0) {
        put_table(depth);
    } else if (strcmp(f->json, "boolean") == 0) {
        lua_pushboolean(L, next() % 2 == 0);
    } else if (strstr(f->json, "integer") != NULL && next() % 4 != 3) {
        lua_pushinteger(L, (lua_Integer) f->min + (lua_Integer) (next() % 3));
    } else if (strstr(f->json, "number") != NULL) {
        put_number();
    } else if (f->value != NULL) {
        lua_pushstring(L, f->value);
    } else if (f->sample != NULL) {
        lua_pushstring(L, f->sample);
    } else {
        put_length(f);
    }
}

static void put_field(const field *f, int depth)
{
    unsigned way = next();
    if (strcmp(f->kind, "removed") == 0) return;
    if (way % 32 == 31 || (!f->required && way % 3 == 0)) return;
    if (way % 32 == 30) put_value(depth + 1);
    else put_proper(f, depth);
    lua_setfield(L, -2, f->name);
}

static void put_fields(const object *o, int depth)
{
    if (o->base >= 0) put_fields(&objects[o->base], depth);
    for (int i = 0; i < o->field_count; i++) put_field(&o->fields[i], depth);
    if (o->variant_count == 0) return;
    unsigned way = next();
    if (o->by == NULL && o->otherwise >= 0 && way % 4 != 3) {
        put_fields(&objects[o->otherwise], depth);
        return;
    }
    if (o->by == NULL && o->otherwise < 0 && way % 4 != 3) return;
    int choice = (int) (next() % (unsigned) o->variant_count);
    put_fields(&objects[o->variants[choice].object], depth);
    if (o->by == NULL || way % 16 == 15) return;
    lua_pushstring(L, o->variants[choice].value);
    lua_setfield(L, -2, o->by);
}

static void put_object(const object *o, int depth)
{
    if (++nodes > MAX_NODES || depth > MAX_DEPTH) {
        lua_pushboolean(L, 1);
        return;
    }
    new_table();
    put_fields(o, depth);
    while (rarely()) {
        put_key();
        put_value(depth + 1);
        lua_rawset(L, -3);
    }
}

/* ---- what JSON may hold, judged without the core ---- */

static bool is_null(int index)
{
    return lua_islightuserdata(L, index) && lua_touserdata(L, index) == NULL;
}

/* whether the value at the index can be written; `budget` ends what is written too often */
static bool writable(int index, int depth, int *budget)
{
    size_t length;
    const char *text;
    lua_Integer most = 0, keys = 0, names = 0;
    if (--*budget < 0 || depth > 90) return false;
    switch (lua_type(L, index)) {
    case LUA_TNIL:
    case LUA_TBOOLEAN:
        return true;
    case LUA_TLIGHTUSERDATA:
        return is_null(index);
    case LUA_TNUMBER:
        /* as an id, a number that may have been rounded is refused in every mode */
        return lua_isinteger(L, index) || (lua_tonumber(L, index) <= 0x1p53 && lua_tonumber(L, index) >= -0x1p53);
    case LUA_TSTRING:
        text = lua_tolstring(L, index, &length);
        return is_utf8(text, length);
    case LUA_TTABLE:
        break;
    default:
        return false;
    }
    if (!lua_checkstack(L, 8)) return false;
    for (lua_pushnil(L); lua_next(L, index) != 0; lua_pop(L, 1)) {
        bool fine = writable(lua_gettop(L), depth + 1, budget);
        if (lua_type(L, -2) == LUA_TSTRING) {
            text = lua_tolstring(L, -2, &length);
            fine = fine && is_utf8(text, length);
            names++;
        } else {
            fine = fine && lua_isinteger(L, -2) && lua_tointeger(L, -2) > 0;
            if (fine && lua_tointeger(L, -2) > most) most = lua_tointeger(L, -2);
            keys++;
        }
        if (!fine) {
            lua_pop(L, 2);
            return false;
        }
    }
    return keys == 0 || (names == 0 && most == keys);
}

/* ---- the JSON against the message ---- */

static const char *json, *json_end;

static char peek(void)
{
    return json < json_end ? *json : '\0';
}

static void expect(const char *what)
{
    size_t length = strlen(what);
    need((size_t) (json_end - json) >= length && memcmp(json, what, length) == 0, "JSON: something else was expected");
    json += length;
}

/* pushes the string that stands next */
static void read_string(void)
{
    luaL_Buffer buffer;
    luaL_buffinit(L, &buffer);
    expect("\"");
    while (peek() != '"') {
        need(json < json_end && (unsigned char) *json >= 0x20, "JSON: a string ends or holds a control byte");
        if (*json != '\\') {
            luaL_addchar(&buffer, *json++);
            continue;
        }
        json++;
        const char *named = "\"\"\\\\//b\bf\fn\nr\rt\t";
        char c = peek();
        json++;
        if (c == 'u') {
            char digits[5] = {0};
            need(json_end - json >= 4, "JSON: an escape is cut");
            memcpy(digits, json, 4);
            need(strspn(digits, "0123456789abcdef") == 4, "JSON: escape");
            unsigned long point = strtoul(digits, NULL, 16);
            need(point < 0x20, "JSON: an escape that was not needed");
            luaL_addchar(&buffer, (char) point);
            json += 4;
            continue;
        }
        while (*named != '\0' && *named != c) named += 2;
        need(*named != '\0', "JSON: unknown escape");
        luaL_addchar(&buffer, named[1]);
    }
    expect("\"");
    luaL_pushresult(&buffer);
    size_t length;
    const char *text = lua_tolstring(L, -1, &length);
    need(is_utf8(text, length), "JSON: not UTF-8");
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static void match_number(int index)
{
    char text[400];
    const char *from = json;
    if (peek() == '-') json++;
    need(is_digit(peek()), "JSON: no digit");
    if (peek() == '0') json++;
    else
        while (is_digit(peek())) json++;
    if (peek() == '.') {
        json++;
        need(is_digit(peek()), "JSON: no digit behind the point");
        while (is_digit(peek())) json++;
    }
    need((size_t) (json - from) < sizeof text, "JSON: a very long number");
    memcpy(text, from, (size_t) (json - from));
    text[json - from] = '\0';
    need(lua_type(L, index) == LUA_TNUMBER, "a number where the message has none");
    if (lua_isinteger(L, index)) need(strtoll(text, NULL, 10) == lua_tointeger(L, index), "another integer");
    else need(strtod(text, NULL) == lua_tonumber(L, index), "another number");
}

static void match(int index, bool whole);

static void match_list(int index)
{
    lua_Integer count = 0, keys = 0;
    need(lua_istable(L, index), "a list where the message has none");
    expect("[");
    while (peek() != ']') {
        if (count > 0) expect(",");
        lua_rawgeti(L, index, ++count);
        match(lua_gettop(L), false);
        lua_pop(L, 1);
    }
    expect("]");
    for (lua_pushnil(L); lua_next(L, index) != 0; lua_pop(L, 1)) keys++;
    need(keys == count, "a list lost something");
}

static bool is_filled(const char *name)
{
    return strcmp(name, "messaging_product") == 0 || strcmp(name, "recipient_type") == 0 || strcmp(name, "type") == 0;
}

static void match_object(int index, bool whole)
{
    bool first = true;
    need(lua_istable(L, index), "an object where the message has none");
    lua_newtable(L);
    int written = lua_gettop(L);
    expect("{");
    for (; peek() != '}'; first = false) {
        if (!first) expect(",");
        read_string();
        lua_pushvalue(L, -1);
        lua_rawget(L, written);
        need(lua_isnil(L, -1), "JSON: a name stands twice");
        lua_pop(L, 1);
        lua_pushvalue(L, -1);
        lua_pushboolean(L, 1);
        lua_rawset(L, written);
        expect(":");
        lua_pushvalue(L, -1);
        lua_rawget(L, index);
        if (lua_isnil(L, -1) || (is_null(-1) && peek() != 'n')) {
            need(whole && is_filled(lua_tostring(L, -2)), "a name that the message does not have");
            read_string();
            lua_pop(L, 1);
        } else {
            match(lua_gettop(L), false);
        }
        lua_pop(L, 2);
    }
    expect("}");
    for (lua_pushnil(L); lua_next(L, index) != 0; lua_pop(L, 1)) {
        if (is_null(-1)) continue;
        lua_pushvalue(L, -2);
        lua_rawget(L, written);
        need(!lua_isnil(L, -1), "something of the message was dropped");
        lua_pop(L, 1);
    }
    lua_pop(L, 1);
}

/* the value that stands next, against the one at the index */
static void match(int index, bool whole)
{
    char digits[32];
    need(lua_checkstack(L, 12), "memory");
    switch (peek()) {
    case '{':
        match_object(index, whole);
        break;
    case '[':
        match_list(index);
        break;
    case '"':
        read_string();
        if (lua_type(L, index) == LUA_TNUMBER) {
            snprintf(digits, sizeof digits, "%lld", (long long) lua_tointeger(L, index));
            need(strcmp(digits, lua_tostring(L, -1)) == 0, "other digits");
        } else {
            need(lua_rawequal(L, -1, index), "another string");
        }
        lua_pop(L, 1);
        break;
    case 't':
        expect("true");
        need(lua_isboolean(L, index) && lua_toboolean(L, index), "true");
        break;
    case 'f':
        expect("false");
        need(lua_isboolean(L, index) && !lua_toboolean(L, index), "false");
        break;
    case 'n':
        expect("null");
        need(is_null(index), "null");
        break;
    default:
        match_number(index);
        break;
    }
}

/* ---- the promises ---- */

/* the value at a path, as far as the path is not shortened: pushes it, or true */
static void resolve(int message, const char *path)
{
    lua_pushvalue(L, message);
    while (*path != '\0') {
        char name[1024];
        size_t length = 0;
        if (!lua_istable(L, -1)) {
            lua_pushnil(L);
        } else if (path[0] == '[' && path[1] != '"') {
            char *rest;
            lua_rawgeti(L, -1, (lua_Integer) strtoll(path + 1, &rest, 10));
            path = rest + 1;
        } else {
            bool quoted = *path == '[';
            path += quoted ? 2 : *path == '.';
            for (; *path != '\0' && (quoted ? *path != '"' : *path != '.' && *path != '['); path++) {
                need(length < sizeof name, "a very long path");
                if (quoted && *path == '\\' && is_digit(path[1])) {
                    name[length++] = (char) ((path[1] - '0') * 100 + (path[2] - '0') * 10 + path[3] - '0');
                    path += 3;
                } else {
                    path += *path == '\\';
                    name[length++] = *path;
                }
            }
            path += quoted ? 2 : 0;
            if (length > 60) { /* shortened */
                lua_pop(L, 1);
                lua_pushboolean(L, 1);
                return;
            }
            lua_pushlstring(L, name, length);
            lua_rawget(L, -2);
        }
        lua_remove(L, -2);
        if (lua_isnil(L, -1)) return;
    }
}

static void check_problem(int message)
{
    int top = lua_gettop(L);
    size_t length, path_length;
    lua_getfield(L, top, "path");
    lua_getfield(L, top, "rule");
    lua_getfield(L, top, "message");
    const char *path = lua_tolstring(L, top + 1, &path_length), *text = lua_tolstring(L, top + 3, &length);
    need(path != NULL && lua_isstring(L, top + 2) && text != NULL, "a problem lacks path, rule or message");
    const char *code = lua_tostring(L, top + 2);
    need(term("codes", code, "name") != NULL, "a rule without a name");
    need(is_utf8(text, length) && is_utf8(path, path_length), "a problem is not UTF-8");
    need(strpbrk(text, "\n\r") == NULL && strlen(text) == length, "a problem of more than a line");
    need(length > path_length + 2 && strncmp(text, path, path_length) == 0, "a problem does not start with its path");
    need(strncmp(text + path_length, path_length == 0 ? "message: " : ": ", path_length == 0 ? 9 : 2) == 0, "no path");
    bool odd_key = strstr(text, "a key must be a name here") != NULL && path[path_length - 1] != ']';
    if (strcmp(code, "required") != 0 && !odd_key && path_length < 900) {
        resolve(message, path);
        if (lua_isnil(L, -1)) fprintf(stderr, "%s\n", text);
        need(!lua_isnil(L, -1), "a problem stands where nothing is");
    }
    lua_settop(L, top);
}

/* nil, text, details on top of the stack */
static void check_failure(int message)
{
    int details = lua_gettop(L);
    need(lua_isnil(L, details - 2) && lua_type(L, details - 1) == LUA_TSTRING && lua_istable(L, details), "a failure");
    lua_getfield(L, details, "kind");
    need(strcmp(lua_tostring(L, -1), "invalid") == 0, "kind");
    lua_getfield(L, details, "count");
    lua_getfield(L, details, "problems");
    lua_Integer count = lua_tointeger(L, -2), listed = (lua_Integer) lua_rawlen(L, -1);
    need(listed > 0 && listed <= 100 && count >= listed && (count == listed || listed == 100), "problems");
    bool begins = false;
    for (lua_Integer i = 1; i <= listed; i++) {
        lua_rawgeti(L, details + 3, i);
        check_problem(message);
        lua_getfield(L, -1, "message");
        const char *each = lua_tostring(L, -1), *line = lua_tostring(L, details - 1);
        begins = begins || strncmp(line, each, strlen(each)) == 0;
        need(count > 3 || strstr(line, each) != NULL, "the line does not name each of up to three problems");
        lua_pop(L, 2);
    }
    need(begins,
        "the line does not begin with a problem"); /* not always the first: a near miss is named before others */
    lua_settop(L, details);
}

/* calls the function with message and options; leaves what it returns, and returns whether it succeeded */
static bool call(int function, int message, int options)
{
    int top = lua_gettop(L);
    lua_pushvalue(L, function);
    lua_pushvalue(L, message);
    lua_pushvalue(L, options);
    if (lua_pcall(L, 2, LUA_MULTRET, 0) != LUA_OK) fail(lua_tostring(L, -1));
    int results = lua_gettop(L) - top;
    bool done = lua_toboolean(L, top + 1);
    need(done ? results == 1 || results == 2 : results == 3, "the number of results");
    if (done && results == 1) lua_pushnil(L); /* no warnings */
    if (!done) check_failure(message);
    return done;
}

/* whether both failures, of three values each, say the same */
static void compare_failures(int one, int other)
{
    need(lua_rawequal(L, one + 1, other + 1), "encode and validate find different things");
    lua_getfield(L, one + 2, "problems");
    lua_getfield(L, other + 2, "problems");
    lua_Integer count = (lua_Integer) lua_rawlen(L, -1);
    need(count == (lua_Integer) lua_rawlen(L, -2), "encode and validate find different numbers of problems");
    for (lua_Integer i = 1; i <= count; i++) {
        lua_rawgeti(L, -2, i);
        lua_rawgeti(L, -2, i);
        lua_getfield(L, -2, "message");
        lua_getfield(L, -2, "message");
        need(lua_rawequal(L, -1, -2), "encode and validate find different problems");
        lua_pop(L, 4);
    }
}

static bool check_mode(int message, int options)
{
    int top = lua_gettop(L);
    bool done = call(ENCODE, message, options);
    int second = lua_gettop(L);
    need(call(ENCODE, message, options) == done, "the second encode differs");
    need(!done || lua_rawequal(L, top + 1, second + 1), "other bytes the second time");
    int third = lua_gettop(L);
    need(call(VALIDATE, message, options) == done, "encode and validate differ");
    if (done) {
        size_t length;
        need(lua_isnil(L, top + 2) || lua_istable(L, top + 2), "warnings");
        need(lua_istable(L, third + 2), "warnings of validate");
        lua_Integer warnings = (lua_Integer) lua_rawlen(L, third + 2);
        need(
            lua_isnil(L, top + 2) ? warnings == 0 : warnings == (lua_Integer) lua_rawlen(L, top + 2), "other warnings");
        for (lua_Integer i = 1; i <= warnings; i++) {
            lua_rawgeti(L, third + 2, i);
            check_problem(message);
            lua_pop(L, 1);
        }
        json = lua_tolstring(L, top + 1, &length);
        json_end = json + length;
        match(message, true);
        need(json == json_end, "JSON: something stands behind it");
    } else {
        compare_failures(top + 1, third + 1);
    }
    lua_settop(L, top + 1);
    return done;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static unsigned long runs;
    if (L == NULL) start();
    at = data;
    end = data + size;
    nodes = table_count = 0;
    lua_newtable(L);
    pool = lua_gettop(L);
    if (next() % 8 == 7) put_value(0);
    else put_object(&objects[root], 0);
    int message = lua_gettop(L);
    need(message == FIRST_FREE + 1, "the harness left something on the stack");
    if (!lua_istable(L, message)) {
        lua_pushvalue(L, ENCODE);
        lua_pushvalue(L, message);
        need(lua_pcall(L, 1, 0, 0) == LUA_ERRRUN, "a message that is no table was taken");
    } else {
        int budget = 100000;
        bool strict = check_mode(message, STRICT), lenient = check_mode(message, LENIENT);
        need(lenient || !strict, "strict lets pass what lenient does not");
        need(!strict || lua_rawequal(L, message + 1, message + 2), "strict and lenient write other bytes");
        need(lenient || !writable(message, 0, &budget), "lenient refuses what can be written");
    }
    lua_settop(L, HOSTILE);
    if (++runs % 1024 == 0) lua_gc(L, LUA_GCCOLLECT, 0);
    return 0;
}
