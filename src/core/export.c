/* The schema as plain Lua tables: one for each object, which refer to each other by name, and the terms. Everything
 * that is generated, documented and tested from the schema starts here. Never checks a message. */
#include "core.h"
#include "schema.h"

/* [-0, +0, m] sets a member of the table on top, unless it is NULL */
static void set_text(lua_State *L, const char *name, const char *text)
{
    if (text == NULL) return;
    lua_pushstring(L, text);
    lua_setfield(L, -2, name);
}

/* [-0, +0, m] */
static void set_integer(lua_State *L, const char *name, int32_t integer)
{
    lua_pushinteger(L, integer);
    lua_setfield(L, -2, name);
}

/* [-0, +0, m] sets a limit, unless it is 0 */
static void set_limit(lua_State *L, const char *name, int32_t limit)
{
    if (limit != 0) set_integer(L, name, limit);
}

/* [-0, +0, m] sets a list of strings, unless it is NULL */
static void set_strings(lua_State *L, const char *name, const char *const *strings)
{
    if (strings == NULL) return;
    lua_newtable(L);
    for (int i = 0; strings[i] != NULL; i++) {
        lua_pushstring(L, strings[i]);
        lua_rawseti(L, -2, i + 1);
    }
    lua_setfield(L, -2, name);
}

/* Returns how sure a limit is: "H" for hard, "G" for a limit from the guides, "S" for soft. */
static const char *class_of(wa_marks marks)
{
    return (marks & WA_SOFT) != 0 ? "S" : (marks & WA_GUIDE) != 0 ? "G" : "H";
}

/* [-0, +0, m] sets the list of advised formats, unless there is none */
static void set_advice(lua_State *L, const uint8_t *advice)
{
    const char *formats[WA_MAX_ADVICE + 1] = {NULL};
    for (int i = 0; i < WA_MAX_ADVICE && advice[i] != WA_ANY_FORMAT; i++) formats[i] = wa_format_terms[advice[i]].name;
    set_strings(L, "advised_formats", formats[0] == NULL ? NULL : formats);
}

/* [-0, +1, m] */
static void push_field(lua_State *L, const wa_field *f)
{
    bool numeric = f->kind == WA_INTEGER || f->kind == WA_ORDINAL;
    lua_newtable(L);
    set_text(L, "name", f->name);
    set_text(L, "kind", wa_kind_terms[f->kind].name);
    set_text(L, "class", class_of(f->marks));
    set_text(L, "doc", f->doc);
    set_text(L, "fill", (f->marks & WA_FILLED) != 0 ? f->values[0] : NULL);
    set_text(L, "format", wa_format_terms[f->format].name);
    set_text(L, "object", f->object == NULL ? NULL : f->object->name);
    if (numeric && f->max != 0) set_integer(L, "min", f->min);
    else set_limit(L, "min", f->min);
    set_limit(L, "max", f->max);
    set_limit(L, (f->marks & WA_LESS_AMONG) != 0 ? "max_among_parts" : "advised_max", f->recommended_max);
    set_advice(L, f->advice);
    set_limit(L, "total", f->total);
    for (int i = 0; i < WA_MARK_COUNT; i++) {
        if ((f->marks >> i & 1) == 0) continue;
        lua_pushboolean(L, 1);
        lua_setfield(L, -2, wa_mark_names[i]);
    }
    set_strings(L, "values", f->values);
}

/* [-0, +0, m] */
static void set_fields(lua_State *L, const wa_object *object)
{
    int count = 0;
    lua_newtable(L);
    for (const wa_field *f = object->fields; f->name != NULL; f++) {
        push_field(L, f);
        lua_rawseti(L, -2, ++count);
    }
    lua_setfield(L, -2, "fields");
}

/* [-0, +0, m] */
static void set_rules(lua_State *L, const wa_object *object)
{
    int count = 0;
    if (object->rules == NULL) return;
    lua_newtable(L);
    for (const wa_rule *r = object->rules; r->kind != WA_NO_RULE; r++) {
        lua_newtable(L);
        set_text(L, "rule", wa_rule_terms[r->kind].name);
        set_text(L, "class", class_of(r->marks));
        set_text(L, "value", r->value);
        set_limit(L, "limit", r->limit);
        set_strings(L, "names", (const char *const[]){r->names[0], r->names[1], NULL});
        set_strings(L, "parts", r->parts);
        lua_rawseti(L, -2, ++count);
    }
    lua_setfield(L, -2, "rules");
}

/* [-0, +0, m] */
static void set_variants(lua_State *L, const wa_object *object)
{
    int count = 0;
    if (object->variants == NULL) return;
    lua_newtable(L);
    for (const wa_variant *v = object->variants; v->value != NULL; v++) {
        lua_newtable(L);
        set_text(L, "value", v->value);
        set_text(L, "object", v->object->name);
        lua_rawseti(L, -2, ++count);
    }
    lua_setfield(L, -2, "variants");
}

/* [-0, +1, m] */
static void push_object(lua_State *L, const wa_object *object)
{
    lua_newtable(L);
    set_text(L, "name", object->name);
    set_text(L, "section", object->page);
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
    set_fields(L, object);
}

/* [-0, +0, v] Returns true if the object is in the table of objects already. Raises an error if another object has its
 * name: the table at the next index has the address of each object. */
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
    push_object(L, object);
    lua_setfield(L, objects, object->name);
    for (const wa_field *f = object->fields; f->name != NULL; f++) add_object(L, objects, f->object);
    add_object(L, objects, object->base);
    for (const wa_variant *v = object->variants; v != NULL && v->value != NULL; v++) add_object(L, objects, v->object);
    add_object(L, objects, object->otherwise);
}

/* [-1, +0, m] moves the term on top into the list below it, under its number and under its name */
static void add_term(lua_State *L, int index, const char *name)
{
    set_text(L, "name", name);
    lua_pushvalue(L, -1);
    lua_rawseti(L, -3, index);
    lua_setfield(L, -2, name);
}

/* [-0, +1, m] */
static void push_kinds(lua_State *L)
{
    lua_newtable(L);
    for (int i = 1; i < WA_KIND_COUNT; i++) {
        const wa_kind_term *kind = &wa_kind_terms[i];
        lua_newtable(L);
        set_text(L, "text", kind->text);
        set_text(L, "json", kind->json);
        set_text(L, "lua", kind->lua);
        set_text(L, "unit", kind->unit);
        add_term(L, i, kind->name);
    }
}

/* [-0, +1, m] */
static void push_formats(lua_State *L)
{
    lua_newtable(L);
    for (int i = 1; i < WA_FORMAT_COUNT; i++) {
        const wa_format_term *format = &wa_format_terms[i];
        lua_newtable(L);
        set_text(L, "text", format->text);
        set_text(L, "right", format->right);
        set_text(L, "wrong", format->wrong);
        set_text(L, "pattern", format->pattern);
        add_term(L, i, format->name);
    }
}

/* [-0, +1, m] */
static void push_rules(lua_State *L)
{
    lua_newtable(L);
    for (int i = 1; i < WA_RULE_COUNT; i++) {
        lua_newtable(L);
        set_text(L, "code", wa_code_terms[wa_rule_terms[i].code].name);
        set_text(L, "doc", wa_rule_terms[i].doc);
        add_term(L, i, wa_rule_terms[i].name);
    }
}

/* [-0, +1, m] */
static void push_codes(lua_State *L)
{
    lua_newtable(L);
    for (int i = 0; i < WA_CODE_COUNT; i++) {
        lua_newtable(L);
        set_text(L, "doc", wa_code_terms[i].doc);
        add_term(L, i + 1, wa_code_terms[i].name);
    }
}

int wa_schema(lua_State *L)
{
    lua_settop(L, 0);
    lua_newtable(L);
    lua_newtable(L); /* addresses by name */
    add_object(L, 1, &wa_message);
    lua_settop(L, 1);
    lua_pushstring(L, wa_message.name);
    lua_newtable(L);
    push_kinds(L);
    lua_setfield(L, -2, "kinds");
    push_formats(L);
    lua_setfield(L, -2, "formats");
    push_rules(L);
    lua_setfield(L, -2, "rules");
    push_codes(L);
    lua_setfield(L, -2, "codes");
    set_text(L, "documentation", WA_DOCUMENTATION);
    return 3;
}
