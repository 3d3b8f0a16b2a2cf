/* The schema as plain Lua tables: one an object, which name each other. What is generated, documented and tested from
 * the schema starts here. Never checks anything. */
#include "core.h"

#include "schema.h"
#include "terms.h"

static const char *const kinds[] = {
    [0] = "any",
    [WA_STRING] = "string",
    [WA_ID] = "id",
    [WA_BOOLEAN] = "boolean",
    [WA_INTEGER] = "integer",
    [WA_NUMBER] = "number|string",
    [WA_ORDINAL] = "integer|string",
    [WA_LABEL] = "string|boolean",
    [WA_OBJECT] = "object",
    [WA_LIST] = "list",
    [WA_MAP] = "map",
    [WA_REMOVED] = "removed",
};
static const char *const classes[] = {[WA_HARD] = "H", [WA_GUIDE] = "G", [WA_SOFT] = "S"};
static const char *const formats[WA_FORMAT_COUNT] = {[WA_ANY_FORMAT] = NULL,
    [WA_WEB_LINK] = "web_link",
    [WA_ABSOLUTE] = "absolute",
    [WA_DATE] = "date",
    [WA_TRIMMED] = "trimmed",
    [WA_ONE_LINE] = "one_line",
    [WA_FEW_LINES] = "few_lines"};
static const char *const rules[] = {[0] = NULL,
    [WA_EXACTLY_ONE] = "exactly_one",
    [WA_AT_LEAST_ONE] = "at_least_one",
    [WA_ONLY_WHEN] = "only_when",
    [WA_ONLY_UNDER] = "only_under",
    [WA_SUM] = "sum"};
static const struct {
    wa_marks flag;
    const char *name;
} flags[] = {{WA_REQUIRED, "required"}, {WA_RECOMMENDED, "advised"}, {WA_DEPRECATED, "discouraged"}, {WA_OPEN, "open"},
    {WA_UNIQUE, "unique"}, {WA_UNIQUE_SOFT, "unique_advised"}, {WA_SAME, "same"}, {WA_LIST_RULES, "scope"},
    {WA_COUNTED, "counted"}, {WA_AMONG_MANY, "required_among_many"}, {WA_ALL_OR_NONE, "all_or_none"}};

/* [-0, +0, m] each sets a member of the table on top, if there is something to set */
static void set_text(lua_State *L, const char *name, const char *text)
{
    if (text == NULL) return;
    lua_pushstring(L, text);
    lua_setfield(L, -2, name);
}

static void set_integer(lua_State *L, const char *name, int32_t integer)
{
    lua_pushinteger(L, integer);
    lua_setfield(L, -2, name);
}

static void set_limit(lua_State *L, const char *name, int32_t limit)
{
    if (limit != 0) set_integer(L, name, limit);
}

/* [-0, +1, m] */
static void push_strings(lua_State *L, const char *const *strings)
{
    lua_newtable(L);
    for (int i = 0; strings[i] != NULL; i++) {
        lua_pushstring(L, strings[i]);
        lua_rawseti(L, -2, i + 1);
    }
}

/* [-0, +1, m] */
static void push_field(lua_State *L, const wa_field *f)
{
    bool numeric = f->kind == WA_INTEGER || f->kind == WA_ORDINAL;
    lua_newtable(L);
    set_text(L, "name", f->name);
    set_text(L, "kind", kinds[f->kind]);
    set_text(L, "class", classes[f->class]);
    set_text(L, "doc", f->doc);
    set_text(L, "fill", (f->marks & WA_FILLED) != 0 ? f->values[0] : NULL);
    set_text(L, "format", formats[f->format]);
    set_text(L, "object", f->object == NULL ? NULL : f->object->name);
    if (numeric && f->max != 0) set_integer(L, "min", f->min);
    else set_limit(L, "min", f->min);
    set_limit(L, "max", f->max);
    set_limit(L, "advised_max", f->recommended_max);
    set_limit(L, "total", f->total);
    for (size_t i = 0; i < sizeof flags / sizeof flags[0]; i++) {
        if ((f->marks & flags[i].flag) == 0) continue;
        lua_pushboolean(L, 1);
        lua_setfield(L, -2, flags[i].name);
    }
    if (f->values != NULL) {
        push_strings(L, f->values);
        lua_setfield(L, -2, "values");
    }
}

/* [-0, +0, m] */
static void set_rules(lua_State *L, const wa_object *object)
{
    if (object->rules == NULL) return;
    lua_newtable(L);
    for (int i = 0; object->rules[i].kind != 0; i++) {
        const wa_rule *r = &object->rules[i];
        lua_newtable(L);
        set_text(L, "rule", rules[r->kind]);
        set_text(L, "class", classes[r->class]);
        set_text(L, "value", r->value);
        push_strings(L, (const char *const[]){r->names[0], r->names[1], NULL});
        lua_setfield(L, -2, "names");
        if (r->parts != NULL) {
            push_strings(L, r->parts);
            lua_setfield(L, -2, "parts");
        }
        lua_rawseti(L, -2, i + 1);
    }
    lua_setfield(L, -2, "rules");
}

static void set_variants(lua_State *L, const wa_object *object)
{
    if (object->variants == NULL) return;
    lua_newtable(L);
    for (int i = 0; object->variants[i].value != NULL; i++) {
        lua_newtable(L);
        set_text(L, "value", object->variants[i].value);
        set_text(L, "object", object->variants[i].object->name);
        lua_rawseti(L, -2, i + 1);
    }
    lua_setfield(L, -2, "variants");
}

/* [-0, +0, v] Returns true if the object is in the table of objects already. Its address is kept under the index
 * behind: another object of the same name would otherwise be lost. */
static bool is_added(lua_State *L, int objects, const wa_object *object)
{
    lua_getfield(L, objects + 1, object->name);
    const void *added = lua_topointer(L, -1);
    lua_pop(L, 1);
    if (added != NULL && added != object) luaL_error(L, "schema: two objects are called %s", object->name);
    if (added != NULL) return true;
    union {
        const void *address;
        void *userdata;
    } key = {.address = object};
    lua_pushlightuserdata(L, key.userdata);
    lua_setfield(L, objects + 1, object->name);
    return false;
}

/* [-0, +0, v] adds the object, and those that it names, to the table of objects at the index, each once */
static void add_object(lua_State *L, int objects, const wa_object *object)
{
    if (object == NULL || is_added(L, objects, object)) return;
    luaL_checkstack(L, 8, "schema");
    lua_newtable(L);
    lua_pushvalue(L, -1);
    lua_setfield(L, objects, object->name);
    set_text(L, "name", object->name);
    set_text(L, "section", object->section);
    set_text(L, "doc", object->doc);
    set_text(L, "by", object->discriminator);
    set_text(L, "base", object->base == NULL ? NULL : object->base->name);
    set_text(L, "otherwise", object->otherwise == NULL ? NULL : object->otherwise->name);
    lua_pushboolean(L, object->inferred);
    lua_setfield(L, -2, "inferred");
    lua_pushboolean(L, object->open);
    lua_setfield(L, -2, "open");
    set_rules(L, object);
    set_variants(L, object);
    lua_newtable(L);
    int count = 0;
    for (const wa_field *f = object->fields; f->name != NULL; f++) {
        push_field(L, f);
        lua_rawseti(L, -2, ++count);
    }
    lua_setfield(L, -2, "fields");
    lua_pop(L, 1);
    for (const wa_field *f = object->fields; f->name != NULL; f++) add_object(L, objects, f->object);
    add_object(L, objects, object->base);
    for (const wa_variant *v = object->variants; v != NULL && v->value != NULL; v++) add_object(L, objects, v->object);
    add_object(L, objects, object->otherwise);
}

int wa_schema(lua_State *L)
{
    lua_newtable(L);
    lua_newtable(L); /* addresses by name */
    add_object(L, lua_gettop(L) - 1, &wa_message);
    lua_pop(L, 1);
    lua_pushstring(L, wa_message.name);
    return 2;
}
