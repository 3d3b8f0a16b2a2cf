/* The walker: see encode.h. The way through a message, object by object and list by list; what is asked at each step is
 * in the other parts. It knows kinds, limits, rules and variants, and no message: those are in schema.c. */
#include "lparts.h"

enum { KEPT_BYTES = 16 << 10 }; /* of memory between two messages */

/* a list while it is walked */
typedef struct wa_listing {
    const wa_slot *slot;
    int table, top; /* of Lua's stack: where the list lies, and the top before its items */
    int64_t count;
    wa_frame item;
} wa_listing;

static void walk_object(wa_walk *w, const wa_slot *slot, int table, int top, int leave, int64_t siblings);

/* ---- lists ---- */

/* an item of a list of strings, or what is none */
static void put_string_item(wa_walk *w, const wa_slot *slot, int index)
{
    const wa_field *f = slot->field;
    wa_field string = {.kind = WA_STRING, .values = f->values, .flags = f->flags & WA_OPEN, .grade = f->grade};
    wa_slot item = {
        .field = &string, .kind = WA_STRING, .values = slot->values, .span = SIZE_MAX, .text = true, .more = true};
    wa_value v;
    wa_read_value(w->L, index, &v);
    if (slot->node != NULL) string.kind = WA_OBJECT;
    if (slot->node != NULL || v.type != LUA_TSTRING) wa_report_type(w, &string, &v);
    else wa_put_scalar(w, &item, &v);
}

/* [-1, +0, -] the item is on top of the stack, at the index */
static void walk_item(wa_walk *w, const wa_listing *list, int index)
{
    wa_buffer_add(&w->out, ",", 1);
    if (list->slot->node != NULL && lua_type(w->L, index) == LUA_TTABLE) {
        walk_object(w, list->slot, index, index, index - 1, list->count);
        return;
    }
    put_string_item(w, list->slot, index);
    lua_settop(w->L, index - 1);
}

/* [-0, +0, -] Walks the items as the table gives them, which is in their order where they lie in its array. Returns
 * false if another key came, with that of the first item that did not. */
static bool walk_array(wa_walk *w, wa_listing *list)
{
    lua_State *L = w->L;
    int64_t key;
    lua_pushnil(L);
    for (list->item.index = 1; lua_next(L, list->table); list->item.index++) {
        bool next = wa_integer_key(L, list->top + 1, &key) && key == list->item.index;
        if (!next || !wa_spend(w, 1)) {
            lua_pop(L, 2);
            return next;
        }
        walk_item(w, list, list->top + 2);
    }
    return true;
}

static void report_no_list(wa_walk *w, const wa_value *v, int64_t hole)
{
    if (w->lenient) wa_put_free(w, v);
    wa_problem p = wa_breach_of(w, WA_BREACH_TYPE, false);
    if (hole > 0) {
        wa_say(&w->report, &p, "a list has no holes: [%lld] is nil", (long long) hole);
    } else {
        wa_say(&w->report, &p, "must be a list, got a table with names: put braces around it");
    }
    wa_breach_end(w, &p);
}

/* Walks what the table's array did not hold, if the table is a list all the same. */
static bool walk_rest(wa_walk *w, wa_listing *list, int64_t *hole)
{
    if (!wa_is_list(w, list->table, &list->count, hole)) return false;
    for (; list->item.index <= list->count && wa_spend(w, 1); list->item.index++) {
        lua_rawgeti(w->L, list->table, (int) list->item.index);
        walk_item(w, list, list->top + 1);
    }
    return true;
}

static void put_items(wa_walk *w, const wa_slot *slot, const wa_value *v, int top, int64_t count)
{
    size_t start = w->out.length;
    int64_t hole = 0;
    wa_listing list = {.slot = slot, .table = v->as.index, .top = top, .count = count, .item.up = w->frame};
    w->frame = &list.item;
    bool whole = walk_array(w, &list) || walk_rest(w, &list, &hole);
    w->frame = list.item.up;
    if (whole) {
        wa_close(w, start, '[', ']');
    } else {
        w->out.length = start; /* it is none */
        report_no_list(w, v, hole);
    }
}

/* [-0, +0, -] whether a table of length 0 has other keys */
static bool has_other_keys(lua_State *L, int table)
{
    lua_pushnil(L);
    if (!lua_next(L, table)) return false;
    lua_pop(L, 2);
    return true;
}

static void put_list(wa_walk *w, const wa_slot *slot, const wa_value *v, int top)
{
    const wa_field *f = slot->field;
    int64_t count = (int64_t) wa_rawlen(w->L, v->as.index), hole = 0;
    if (count == 0 && has_other_keys(w->L, v->as.index)) {
        wa_is_list(w, v->as.index, &count, &hole);
        report_no_list(w, v, hole);
        return;
    }
    if ((size_t) count - slot->least > slot->span) wa_check_count(w, f, count, true);
    if (w->scope != NULL && (f->flags & WA_COUNTED) != 0) w->scope->counted += count;
    wa_note_integer(w, slot, count);
    if ((f->flags & WA_SCOPE) == 0) {
        put_items(w, slot, v, top, count);
        return;
    }
    wa_scope s = {.over = f->max > 0 && count > f->max};
    wa_open_scope(w, &s);
    put_items(w, slot, v, top, count);
    wa_close_scope(w, f, &s);
}

/* ---- members of objects ---- */

/* whether Lua's stack has room above the top */
static bool has_room(wa_walk *w, int top)
{
    if (top + WA_ROOM <= w->room) return true;
    if (!lua_checkstack(w->L, 2 * WA_ROOM)) return false;
    w->room = top + 2 * WA_ROOM;
    return true;
}

/* [-0, +n, -] Reads the members of the table; those that are tables stay on the stack, above their keys. Returns false
 * where that has no room for them. */
static bool read_members(wa_walk *w, wa_subject *o, int table, int top)
{
    lua_State *L = w->L;
    uint64_t have = 0;
    size_t count = 0, unknown = 0;
    if (!has_room(w, top)) return false;
    lua_pushnil(L);
    while (lua_next(L, table)) {
        int word = wa_index_find(&o->node->index, wa_identity(L, -2));
        if (word == WA_NOT_INDEXED) {
            unknown++;
            lua_pop(L, 1);
            continue;
        }
        wa_value *v = &o->values[word];
        count++;
        if ((o->node->listed >> word & 1) != 0) wa_read_listed(L, top + 2, o->node->vocabulary, v);
        else wa_read_value(L, top + 2, v);
        if (v->type != LUA_TNIL) have |= UINT64_C(1) << word;
        if (v->type == LUA_TTABLE) {
            lua_pushvalue(L, -2); /* for the next turn: this key stays below its table */
            top += 2;
            if (!has_room(w, top)) return false;
        } else {
            lua_pop(L, 1);
        }
    }
    o->have = have;
    o->count = count;
    o->unknown = unknown;
    o->top = top;
    if (unknown > 0) wa_look(w, unknown);
    return true;
}

/* false if the value is of another type */
static bool put_by_kind(wa_walk *w, const wa_slot *slot, const wa_value *v, int top)
{
    if (v->type != LUA_TTABLE) return wa_put_scalar(w, slot, v);
    if (slot->kind == WA_OBJECT) walk_object(w, slot, v->as.index, top, top, 0);
    else if (slot->kind == WA_LIST) put_list(w, slot, v, top);
    else if (slot->kind == WA_MAP) wa_put_map(w, slot->field, v);
    else return false;
    return true;
}

static void report_discouraged(wa_walk *w)
{
    wa_problem p = wa_breach_of(w, WA_BREACH_FORBIDDEN, true);
    wa_say(&w->report, &p, "discouraged here: leave it out");
    wa_breach_end(w, &p);
}

static void put_field(wa_walk *w, const wa_slot *slot, const wa_value *v, int top)
{
    wa_buffer_add_strides(&w->out, slot->key, slot->key_length);
    if (!wa_put_quickly(w, slot, v) && !put_by_kind(w, slot, v, top)) wa_report_type(w, slot->field, v);
}

static void report_missing(wa_walk *w, const wa_field *f, bool soft)
{
    wa_problem p = wa_breach_of(w, WA_BREACH_REQUIRED, soft);
    wa_say(&w->report, &p, soft ? "missing, and advised: " : "missing: ");
    wa_say_kind(&w->report, &p, f);
    wa_breach_end(w, &p);
}

static void miss_field(wa_walk *w, const wa_slot *slot, const char *inferred, int64_t siblings)
{
    const wa_field *f = slot->field;
    if ((f->flags & WA_ALL_OR_NONE) != 0) wa_note_common(w, f, false);
    const char *fill = inferred == NULL && (f->flags & WA_FILLED) != 0 ? f->values[0] : inferred;
    if (fill != NULL) {
        wa_buffer_add_strides(&w->out, slot->key, slot->key_length);
        wa_buffer_add(&w->out, "\"", 1);
        wa_buffer_add(&w->out, fill, strlen(fill));
        wa_buffer_add(&w->out, "\"", 1);
    } else if ((f->flags & WA_REQUIRED) != 0 || ((f->flags & WA_AMONG_MANY) != 0 && siblings > 1)) {
        report_missing(w, f, false);
    } else if ((f->flags & WA_ADVISED) != 0) {
        report_missing(w, f, true);
    }
}

/* what few fields ask when they are present: where one of many is needed, an empty string is taken for a missing one */
static void check_presence(wa_walk *w, const wa_slot *slot, const wa_value *v, int64_t siblings)
{
    bool empty = v->type == LUA_TSTRING && v->length == 0;
    if ((slot->flags & WA_ALL_OR_NONE) != 0) wa_note_common(w, slot->field, true);
    if ((slot->flags & WA_DISCOURAGED) != 0) report_discouraged(w);
    if ((slot->flags & WA_AMONG_MANY) == 0 || siblings <= 1 || !empty) return;
    wa_report_count(w, WA_BREACH_MIN_CHARS, slot->field->grade == WA_SOFT, 0, "character", "at least", 1);
}

static void put_members(wa_walk *w, const wa_subject *o, int64_t siblings)
{
    wa_frame member = {.up = w->frame, .subject = o};
    w->frame = &member;
    const wa_slot *end = o->shape->slots + o->shape->slot_count;
    for (const wa_slot *slot = o->shape->slots; slot < end; slot++) {
        uint8_t word = slot->word;
        bool present = (o->have >> word & 1) != 0;
        if (!present && (o->shape->must >> word & 1) == 0) continue;
        member.name = slot->key + 2;
        member.length = slot->key_length - 4u; /* without ,"": */
        if (present) {
            put_field(w, slot, &o->values[word], o->top);
            if ((slot->flags & (WA_DISCOURAGED | WA_AMONG_MANY | WA_ALL_OR_NONE)) != 0) {
                check_presence(w, slot, &o->values[word], siblings);
            }
        } else if (!(o->unresolved && word == o->by)) {
            miss_field(w, slot, word == o->by ? o->inferred : NULL, siblings);
        }
    }
    w->frame = member.up;
}

/* the member of this name of the nearest object around that has one */
static const wa_value *find_above(const wa_walk *w, const char *name)
{
    for (const wa_frame *f = w->frame; f != NULL; f = f->up) {
        const wa_subject *o = f->subject;
        uint8_t word = o == NULL ? WA_NO_WORD : wa_word_named(o->node, name, strlen(name));
        if (wa_has(o, word)) return &o->values[word];
    }
    return NULL;
}

/* whether the member is absent, or has the value if there is one */
static bool agrees(const wa_value *v, const char *value)
{
    if (v == NULL) return true;
    return value != NULL && (v->type != LUA_TSTRING || wa_same_word(v->as.text, v->length, value));
}

static void check_condition(wa_walk *w, const wa_subject *o, const wa_condition *c)
{
    bool first = wa_has(o, c->words[0]), second = wa_has(o, c->words[1]), soft = c->rule->grade == WA_SOFT;
    switch ((wa_rule_kind) c->rule->kind) {
    case WA_EXACTLY_ONE:
        if (first != second) return;
        break;
    case WA_AT_LEAST_ONE:
        if (first || second) return;
        break;
    case WA_SUM:
        if (wa_take_sum(w)) return;
        break;
    case WA_ONLY_WHEN:
        if (!first || agrees(second ? &o->values[c->words[1]] : NULL, c->rule->value)) return;
        break;
    case WA_ONLY_UNDER:
        if (!first || agrees(find_above(w, c->rule->names[1]), c->rule->value)) return;
        break;
    }
    wa_breach breach = c->rule->kind == WA_EXACTLY_ONE    ? WA_BREACH_ONE_OF
                       : c->rule->kind == WA_AT_LEAST_ONE ? WA_BREACH_REQUIRED
                       : c->rule->kind == WA_SUM          ? WA_BREACH_RANGE
                                                          : WA_BREACH_FORBIDDEN;
    wa_frame member = {.up = w->frame, .name = c->rule->names[0], .length = strlen(c->rule->names[0])};
    wa_problem p = wa_breach_at(w, breach, soft, c->rule->kind == WA_EXACTLY_ONE ? w->frame : &member);
    wa_say_rule(&w->report, &p, c->rule, first);
    wa_breach_end(w, &p);
}

/* a list where an object is expected */
static bool is_misplaced_list(wa_walk *w, int table)
{
    int64_t count = 0, hole = 0;
    if (!wa_is_list(w, table, &count, &hole) || count == 0) return false;
    if (w->lenient) wa_put_free(w, &(wa_value){.type = LUA_TTABLE, .as.index = table});
    wa_problem p = wa_breach_of(w, WA_BREACH_TYPE, false);
    wa_say(&w->report, &p, "must be a table with names, got a list");
    wa_breach_end(w, &p);
    return true;
}

/* An object that lies somewhere on the stack. Leaves so much on the stack: all that was there, or all but the object.
 */
static void walk_object(wa_walk *w, const wa_slot *slot, int table, int top, int leave, int64_t siblings)
{
    size_t start = w->out.length;
    wa_value values[WA_MAX_WORDS];
    wa_subject o = {.node = slot->node, .shape = slot->node->shape, .values = values, .by = WA_NO_WORD};
    bool ready = o.shape->ready;
    if (!ready || !read_members(w, &o, table, top)) {
        if (!ready) wa_want(w, slot->node->shape);
        else wa_report_deep(w, "nested deeper than this Lua's stack can hold");
        lua_settop(w->L, leave);
        return;
    }
    uint16_t role = w->role;
    w->role = slot->flags & (WA_TOTAL | WA_ADDS | WA_TAKES);
    if (o.have != 0 || o.unknown == 0 || !is_misplaced_list(w, table)) {
        if (o.shape->choice_count > 0) wa_resolve(w, &o);
        if ((slot->flags & WA_NOTED) != 0 && slot->kind == WA_OBJECT)
            wa_note_integer(w, slot, (int64_t) (intptr_t) o.shape);
        if (wa_spend(w, o.count)) {
            put_members(w, &o, siblings);
            for (uint8_t i = 0; i < o.shape->condition_count; i++) check_condition(w, &o, &o.shape->conditions[i]);
            if (o.unknown > 0 || (o.have & ~o.shape->mask) != 0) wa_walk_foreign(w, &o, table);
        }
        wa_close(w, start, '{', '}');
    }
    w->role = role;
    if (o.top > leave) lua_settop(w->L, leave);
}

void wa_walk_init(wa_walk *w, wa_allocator allocate, void *context)
{
    *w = (wa_walk){.L = NULL};
    wa_buffer_init(&w->out, allocate, context, WA_MAX_BYTES);
    wa_buffer_init(&w->seen, allocate, context, SIZE_MAX / 2);
    wa_buffer_init(&w->foreign, allocate, context, SIZE_MAX / 2);
    wa_buffer_init(&w->report.records, allocate, context, SIZE_MAX / 2);
    wa_buffer_init(&w->report.text, allocate, context, SIZE_MAX / 2);
}

void wa_walk_free(wa_walk *w)
{
    wa_buffer_free(&w->out);
    wa_buffer_free(&w->seen);
    wa_buffer_free(&w->foreign);
    wa_buffer_free(&w->report.records);
    wa_buffer_free(&w->report.text);
}

void wa_walk_reset(wa_walk *w)
{
    wa_buffer_reset(&w->out, KEPT_BYTES);
    wa_buffer_reset(&w->seen, KEPT_BYTES);
    wa_buffer_reset(&w->foreign, KEPT_BYTES);
    wa_buffer_reset(&w->report.records, KEPT_BYTES);
    wa_buffer_reset(&w->report.text, KEPT_BYTES);
}

static bool out_of_memory(const wa_walk *w)
{
    return w->out.failure == WA_NO_MEMORY || w->seen.failure == WA_NO_MEMORY || w->foreign.failure == WA_NO_MEMORY ||
           w->report.records.failure == WA_NO_MEMORY || w->report.text.failure == WA_NO_MEMORY;
}

bool wa_walk_message(wa_walk *w, lua_State *L, int table, wa_node *root)
{
    w->L = L;
    w->known = root->vocabulary->known;
    w->writes = true;
    w->report.problems = w->report.warnings = 0;
    w->values = WA_MAX_VALUES;
    w->keys = w->unwritten = 0;
    w->depth = 0;
    w->wanted = NULL;
    w->frame = NULL;
    w->scope = NULL;
    w->role = 0;
    wa_take_sum(w);
    w->room = 0;
    int top = lua_gettop(L);
    walk_object(w, &(wa_slot){.node = root}, table, top, top, 0);
    if (w->out.failure == WA_TOO_LONG) {
        wa_problem p = wa_fatal(w, WA_BREACH_MAX_CHARS);
        p.limit = wa_count(WA_MAX_BYTES);
        wa_say(&w->report, &p, "longer than %d MiB", WA_MAX_BYTES >> 20);
        wa_breach_end(w, &p);
    }
    return !out_of_memory(w);
}
