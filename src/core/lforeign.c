/* Names that do not belong where they stand: found, sorted, reported or, in lenient mode, written. */
#include "lparts.h"

#include <stdlib.h>

static int by_name(const void *a, const void *b)
{
    const wa_foreign *x = a, *y = b;
    size_t shorter = x->length < y->length ? x->length : y->length;
    int order = memcmp(x->name, y->name, shorter);
    return order != 0 ? order : x->length < y->length ? -1 : x->length > y->length;
}

wa_foreign wa_foreign_at(const wa_walk *w, size_t index)
{
    wa_foreign f;
    memcpy(&f, w->foreign.bytes + index * sizeof f, sizeof f);
    return f;
}

size_t wa_foreign_count(const wa_walk *w)
{
    return w->foreign.length / sizeof(wa_foreign);
}

/* a name of the shape; null counts as absent where the schema knows the name at all */
static bool belongs(const wa_node *node, const wa_shape *shape, const wa_foreign *f)
{
    if (node == NULL || shape == NULL) return false;
    uint8_t word = wa_word_named(node, f->name, f->length);
    return word != WA_NO_WORD && ((shape->mask >> word & 1) != 0 || f->value.type == LUA_TNIL);
}

static void sort_foreign(wa_walk *w, size_t start)
{
    size_t count = w->foreign.length / sizeof(wa_foreign) - start;
    if (w->foreign.failure == WA_NO_FAILURE && count > 1) {
        qsort(w->foreign.bytes + start * sizeof(wa_foreign), count, sizeof(wa_foreign), by_name);
    }
}

size_t wa_gather(wa_walk *w, int table, const wa_node *node, const wa_shape *shape)
{
    lua_State *L = w->L;
    size_t odd = 0, looked = 0, start = wa_foreign_count(w);
    lua_pushnil(L);
    while (lua_next(L, table)) {
        wa_foreign f;
        looked++;
        if (lua_type(L, -2) != LUA_TSTRING) {
            odd++;
            lua_pop(L, 1);
            continue;
        }
        f.name = lua_tolstring(L, -2, &f.length);
        looked += f.length / 64; /* long names take long to sort */
        wa_read_value(L, lua_gettop(L), &f.value);
        if (belongs(node, shape, &f)) {
            lua_pop(L, 1);
            continue;
        }
        if (f.value.type != LUA_TTABLE) {
            lua_pop(L, 1);
        } else if (lua_checkstack(L, 8)) {
            lua_insert(L, -2); /* it stays below the key */
            f.value.as.index--;
        } else {
            lua_pop(L, 2);
            wa_report_deep(w, "more tables than this Lua's stack can hold");
            break;
        }
        wa_buffer_add(&w->foreign, (const char *) &f, sizeof f);
    }
    wa_look(w, looked);
    sort_foreign(w, start);
    return odd;
}

void wa_put_foreign(wa_walk *w, size_t start)
{
    size_t count = wa_foreign_count(w);
    wa_frame member = {.up = w->frame};
    w->frame = &member;
    for (size_t i = start; i < count && w->foreign.failure == WA_NO_FAILURE && wa_spend(w, 1); i++) {
        wa_foreign f = wa_foreign_at(w, i);
        member.name = f.name;
        member.length = f.length;
        wa_buffer_add(&w->out, ",", 1);
        wa_put_string(w, f.name, f.length);
        wa_buffer_add(&w->out, ":", 1);
        wa_put_free(w, &f.value);
    }
    w->frame = member.up;
    w->foreign.length = start * sizeof(wa_foreign);
}

static void report_foreign(wa_walk *w, const wa_subject *o, const wa_foreign *f)
{
    wa_frame member = {.up = w->frame, .name = f->name, .length = f->length};
    size_t before = w->lenient ? w->report.warnings : w->report.problems;
    bool known = before < WA_MAX_PROBLEMS && wa_is_known(f->name, f->length);
    wa_problem p = wa_breach_at(w, known ? WA_BREACH_FORBIDDEN : WA_BREACH_UNKNOWN, false, &member);
    wa_say_foreign(&w->report, &p, o->node, o->unresolved ? NULL : o->shape, f->name, f->length, known);
    wa_breach_end(w, &p);
}

/* keys that are no names: reported in the order of the table */
static void report_odd_keys(wa_walk *w, int table)
{
    lua_State *L = w->L;
    wa_frame member = {.up = w->frame};
    lua_pushnil(L);
    while (lua_next(L, table)) {
        int type = lua_type(L, -2);
        lua_pop(L, 1);
        if (type == LUA_TSTRING) continue;
        bool integer = type == LUA_TNUMBER && wa_integer(L, -1, &member.index) && member.index != 0;
        member.name = integer ? NULL : lua_typename(L, type);
        member.length = integer ? 0 : strlen(member.name);
        wa_problem p = wa_breach_at(w, WA_BREACH_UNKNOWN, false, &member);
        wa_say(&w->report, &p, "a key must be a name here, this one is a %s", lua_typename(L, type));
        wa_breach_end(w, &p);
    }
}

/* whether a name may be passed over: the message has the content of another type than it says, and was told so */
static bool is_excused(const wa_subject *o, const wa_foreign *f)
{
    if (o->choice == NULL || o->choice->word == WA_NO_WORD || wa_has(o, o->choice->word)) return false;
    uint8_t word = wa_word_named(o->node, f->name, f->length);
    const wa_shape *parent = o->node->shape;
    while (parent->by == WA_NO_WORD && parent->otherwise != NULL) parent = parent->otherwise;
    for (uint8_t i = 0; word != WA_NO_WORD && i < parent->choice_count; i++) {
        if (parent->choices[i].word == word) return true;
    }
    return false;
}

void wa_walk_foreign(wa_walk *w, const wa_subject *o, int table)
{
    size_t start = wa_foreign_count(w);
    bool open = o->unresolved && o->shape->object->open && wa_has(o, o->by); /* kept as it is */
    int top = lua_gettop(w->L);
    size_t odd = wa_gather(w, table, o->node, o->shape);
    for (size_t i = start; i < wa_foreign_count(w) && w->foreign.failure == WA_NO_FAILURE; i++) {
        wa_foreign f = wa_foreign_at(w, i);
        bool elsewhere = wa_word_named(o->node, f.name, f.length) != WA_NO_WORD;
        bool unjudged = o->unresolved && (elsewhere || wa_has(o, o->by)); /* it may belong to the type that was meant */
        if (unjudged || is_excused(o, &f)) continue;
        report_foreign(w, o, &f);
    }
    if (w->lenient || open) {
        if (odd > 0) wa_report_mixed(w);
        wa_put_foreign(w, start);
    } else if (odd > 0) {
        report_odd_keys(w, table);
    }
    w->foreign.length = start * sizeof(wa_foreign);
    lua_settop(w->L, top);
}
