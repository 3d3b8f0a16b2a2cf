/* The walker: see lwalk.h. It knows kinds, limits, rules and variants, and no message: those are in schema.c. */
#include "lwalk.h"

#include "json.h"
#include "lsay.h"
#include "utf8.h"

#include <stdlib.h>

enum {
    MAX_DEPTH = 100,      /* levels of free data */
    MAX_VALUES = 1000000, /* in one message */
    MAX_BYTES = 64 << 20, /* of one message */
    MAX_SEEN = 256,       /* values compared in one scope */
    KEPT_BYTES = 16 << 10 /* of memory between two messages */
};

/* a Lua value, read once: strings by address, tables by stack index */
typedef struct value {
    int type; /* as of lua_type */
    bool integral;
    union {
        struct {
            const char *text;
            size_t length;
        } string;
        int64_t integer;
        double number;
        bool boolean;
        int index;
    } as;
} value;

/* a list with rules about all that is in it */
typedef struct wa_scope {
    struct wa_scope *up;
    size_t start, count; /* of its entries among the seen */
    int64_t counted;
    bool over, some, lacking;
    const wa_field *common; /* what all or none must have */
} scope;

/* a value of a scope */
typedef struct entry {
    const wa_field *field;
    const char *text; /* NULL: a number */
    size_t length;
    int64_t integer;
} entry;

static void walk_object(wa_walk *w, const wa_node *node, int table, int64_t siblings);
static void put_free(wa_walk *w, const value *v, bool named);

/* ---- reading ---------------------------------------------------------------------------------------------------- */

/* [-0, +0, -] reads the value at the index, which must stay where it is if it is a table */
static inline void read_value(lua_State *L, int index, value *v)
{
    v->type = lua_type(L, index);
    switch (v->type) {
    case LUA_TSTRING:
        v->as.string.text = lua_tolstring(L, index, &v->as.string.length);
        break;
    case LUA_TNUMBER:
        v->integral = wa_integer(L, index, &v->as.integer);
        if (!v->integral) v->as.number = (double) lua_tonumber(L, index);
        break;
    case LUA_TBOOLEAN:
        v->as.boolean = lua_toboolean(L, index) != 0;
        break;
    case LUA_TTABLE:
        v->as.index = index < 0 ? lua_gettop(L) + 1 + index : index;
        break;
    case LUA_TLIGHTUSERDATA: /* NULL is JSON's null, as lua-cjson and ngx_lua have it */
        if (lua_touserdata(L, index) == NULL) v->type = LUA_TNIL;
        break;
    default:
        break;
    }
}

/* whether another value may be looked at; says so once where not */
static bool spend(wa_walk *w)
{
    if (w->values == 0) return false;
    if (--w->values > 0) return true;
    wa_problem p = wa_problem_begin(&w->report, WA_BREACH_MAX_ITEMS, false, w->frame);
    p.limit = wa_count(MAX_VALUES);
    wa_say(&w->report, &p, "more than %d values in one message", MAX_VALUES);
    wa_problem_end(&w->report, &p);
    return false;
}

/* ---- reporting -------------------------------------------------------------------------------------------------- */

static wa_problem breach_at(wa_walk *w, wa_breach breach, bool soft, const wa_frame *where)
{
    wa_problem p = wa_problem_begin(&w->report, breach, soft || w->lenient, where);
    if (!p.warning) w->writes = false; /* nothing that is written from here on is used */
    return p;
}

/* a breach of the field that is being walked */
static wa_problem breach_of(wa_walk *w, wa_breach breach, bool soft)
{
    return breach_at(w, breach, soft, w->frame);
}

static void end(wa_walk *w, wa_problem *p)
{
    wa_problem_end(&w->report, p);
}

/* "27 characters, at most 20" */
static void report_count(
    wa_walk *w, wa_breach breach, bool soft, int64_t actual, const char *unit, const char *bound, int64_t limit)
{
    wa_problem p = breach_of(w, breach, soft);
    p.actual = wa_count((double) actual);
    p.limit = wa_count((double) limit);
    wa_say(&w->report, &p, "%lld %s%s, %s %lld", (long long) actual, unit, actual == 1 ? "" : "s", bound,
        (long long) limit);
    end(w, &p);
}

/* what cannot be written as JSON is a problem in lenient mode too */
static wa_problem fatal(wa_walk *w, wa_breach breach)
{
    w->writes = false;
    return wa_problem_begin(&w->report, breach, false, w->frame);
}

/* the type's name, as a detail */
static wa_detail say_type(wa_walk *w, const wa_problem *p, const value *v)
{
    const char *name = v->type == LUA_TNIL             ? "null"
                       : v->type == LUA_TLIGHTUSERDATA ? "userdata"
                                                       : lua_typename(w->L, v->type);
    return wa_say_word(&w->report, p, name, strlen(name));
}

static void report_unwritable(wa_walk *w, const value *v)
{
    bool number = v->type == LUA_TNUMBER;
    wa_problem p = fatal(w, number ? WA_BREACH_RANGE : WA_BREACH_TYPE);
    wa_say(&w->report, &p, number ? "must be finite" : "JSON cannot hold a ");
    if (!number) p.actual = say_type(w, &p, v);
    end(w, &p);
}

static void report_utf8(wa_walk *w, size_t wrong)
{
    wa_problem p = fatal(w, WA_BREACH_UTF8);
    p.actual = wa_count((double) wrong + 1);
    wa_say(&w->report, &p, "not UTF-8 from byte %lu on", (unsigned long) wrong + 1);
    end(w, &p);
}

/* ---- strings ---------------------------------------------------------------------------------------------------- */

static bool is_finite(double number)
{
    return number - number == 0;
}

static bool same_word(const char *a, size_t length, const char *b)
{
    for (size_t i = 0; i < length; i++) {
        char x = a[i], y = b[i];
        if (x >= 'A' && x <= 'Z') x = (char) (x - 'A' + 'a');
        if (y >= 'A' && y <= 'Z') y = (char) (y - 'A' + 'a');
        if (y == '\0' || x != y) return false;
    }
    return b[length] == '\0';
}

static bool is_value(const wa_field *field, const char *text, size_t length)
{
    for (const char *const *v = field->values; *v != NULL; v++) {
        if (same_word(text, length, *v)) return true;
    }
    return false;
}

/* writes the string, or only counts it; SIZE_MAX if it is not UTF-8, which is then reported */
static size_t put_string(wa_walk *w, const char *text, size_t length)
{
    size_t wrong;
    size_t count = w->writes ? wa_json_string(&w->out, text, length, &wrong) : wa_utf8_count(text, length, &wrong);
    if (wrong == length) return count;
    report_utf8(w, wrong);
    return SIZE_MAX;
}

/* characters or items against the field's limits */
static void check_count(wa_walk *w, const wa_field *f, int64_t count, bool items)
{
    bool soft = f->grade == WA_SOFT;
    const char *unit = items ? "item" : "character";
    if (count < f->min) {
        report_count(w, items ? WA_BREACH_MIN_ITEMS : WA_BREACH_MIN_CHARS, soft, count, unit, "at least", f->min);
    } else if (f->max > 0 && count > f->max) {
        report_count(w, items ? WA_BREACH_MAX_ITEMS : WA_BREACH_MAX_CHARS, soft, count, unit, "at most", f->max);
        if (w->scope != NULL && (f->flags & WA_COUNTED) != 0) w->scope->over = true;
    } else if (f->advised_max > 0 && count > f->advised_max) {
        report_count(w, items ? WA_BREACH_MAX_ITEMS : WA_BREACH_MAX_CHARS, true, count, unit,
            "some sources say at most", f->advised_max);
    }
}

static void check_values(wa_walk *w, const wa_field *f, const char *text, size_t length)
{
    if (is_value(f, text, length)) return;
    wa_problem p = breach_of(w, WA_BREACH_ENUM, f->grade == WA_SOFT || (f->flags & WA_OPEN) != 0);
    p.limit = wa_say_values(&w->report, &p, f->values);
    wa_say(&w->report, &p, ", got ");
    p.actual = wa_say_quoted(&w->report, &p, text, length);
    end(w, &p);
}

static void check_format(wa_walk *w, const wa_field *f, const char *text, size_t length)
{
    if (f->format == WA_ANY_FORMAT || length == 0 || wa_has_format(f->format, text, length)) return;
    wa_problem p = breach_of(w, WA_BREACH_FORMAT, f->grade == WA_SOFT);
    wa_say(&w->report, &p, "must be %s, got ", wa_format_names[f->format]);
    p.actual = wa_say_quoted(&w->report, &p, text, length);
    end(w, &p);
}

/* ---- scopes: what must stand once, or be the same everywhere, in a list
 * ---------------------------------------------- */

static entry *seen_at(wa_walk *w, size_t index)
{
    return (entry *) (void *) (w->seen.bytes + index * sizeof(entry));
}

static size_t seen_count(const wa_walk *w)
{
    return w->seen.length / sizeof(entry);
}

static bool equal(const entry *a, const entry *b)
{
    if (a->text == NULL || b->text == NULL) return a->text == b->text && a->integer == b->integer;
    return a->length == b->length && (a->text == b->text || memcmp(a->text, b->text, a->length) == 0);
}

static void report_twice(wa_walk *w, const wa_field *f, const entry *new)
{
    wa_problem p = breach_of(w, WA_BREACH_UNIQUE, (f->flags & WA_UNIQUE_SOFT) != 0 || f->grade == WA_SOFT);
    if (new->text != NULL) {
        p.actual = wa_say_quoted(&w->report, &p, new->text, new->length);
    } else {
        p.actual = wa_count((double) new->integer);
        wa_say(&w->report, &p, "%lld", (long long) new->integer);
    }
    wa_say(&w->report, &p, " stands here twice, must be unique");
    end(w, &p);
}

static void report_different(wa_walk *w, const wa_field *f, const entry *new, const entry *first)
{
    if (f->kind == WA_LIST) {
        bool more = new->integer > first->integer;
        report_count(w, more ? WA_BREACH_MAX_ITEMS : WA_BREACH_MIN_ITEMS, false, new->integer, "item",
            "as in the first of the list must be", first->integer);
        return;
    }
    wa_problem p = breach_of(w, WA_BREACH_ENUM, false);
    wa_say(&w->report, &p, "must be the same in the whole list");
    if (f->kind != WA_OBJECT && first->text != NULL && new->text != NULL) {
        wa_say(&w->report, &p, ": ");
        p.limit = wa_say_quoted(&w->report, &p, first->text, first->length);
        wa_say(&w->report, &p, ", got ");
        p.actual = wa_say_quoted(&w->report, &p, new->text, new->length);
    }
    end(w, &p);
}

/* notes a value whose field is unique, or the same, in the scope around it */
static void note(wa_walk *w, const wa_field *f, const entry *new)
{
    scope *s = w->scope;
    if (s == NULL || s->count >= MAX_SEEN) return;
    for (size_t i = s->start; i < seen_count(w); i++) {
        entry *old = seen_at(w, i);
        if (old->field != f) continue;
        if ((f->flags & WA_SAME) != 0) {
            if (!equal(old, new)) report_different(w, f, new, old);
            return; /* the first one stands for all */
        }
        if (equal(old, new)) {
            report_twice(w, f, new);
            return;
        }
    }
    s->count++;
    wa_buffer_add(&w->seen, (const char *) new, sizeof *new);
}

static inline void note_string(wa_walk *w, const wa_field *f, const char *text, size_t length)
{
    if ((f->flags & (WA_UNIQUE | WA_UNIQUE_SOFT | WA_SAME)) == 0) return;
    note(w, f, &(entry){f, text, length, 0});
}

static inline void note_integer(wa_walk *w, const wa_field *f, int64_t integer)
{
    if ((f->flags & (WA_UNIQUE | WA_UNIQUE_SOFT | WA_SAME)) == 0) return;
    note(w, f, &(entry){f, NULL, 0, integer});
}

/* ---- scalars ---------------------------------------------------------------------------------------------------- */

static void report_type(wa_walk *w, const wa_field *f, const value *v)
{
    if (w->lenient) { /* written as it is, if JSON can hold it */
        put_free(w, v, false);
    }
    wa_problem p = breach_of(w, WA_BREACH_TYPE, false);
    wa_say(&w->report, &p, "must be %s, got ", wa_kind_names[f->kind]);
    p.actual = say_type(w, &p, v);
    end(w, &p);
}

static void put_text(wa_walk *w, const wa_field *f, const char *text, size_t length)
{
    size_t count = put_string(w, text, length);
    if (count == SIZE_MAX) return;
    check_count(w, f, (int64_t) count, false);
    if (f->values != NULL) check_values(w, f, text, length);
    check_format(w, f, text, length);
    note_string(w, f, text, length);
}

/* an integer that is written as a string of its digits */
static void put_digits(wa_walk *w, const wa_field *f, int64_t integer)
{
    wa_buffer_add(&w->out, "\"", 1);
    size_t from = w->out.length;
    wa_json_integer(&w->out, integer);
    size_t length = w->out.length - from;
    check_count(w, f, (int64_t) length, false);
    if (f->values != NULL && w->out.failure == WA_NO_FAILURE) check_values(w, f, w->out.bytes + from, length);
    wa_buffer_add(&w->out, "\"", 1);
    note_integer(w, f, integer);
}

static void check_range(wa_walk *w, const wa_field *f, int64_t integer)
{
    bool over = f->max != 0 && integer > f->max;
    if (!over && ((f->max == 0 && f->min == 0) || integer >= f->min)) return;
    wa_problem p = breach_of(w, WA_BREACH_RANGE, f->grade == WA_SOFT);
    p.actual = wa_count((double) integer);
    p.limit = wa_count(over ? f->max : f->min);
    wa_say(&w->report, &p, f->max == 0 ? "%lld, at least %d" : "%lld, must be %d to %d", (long long) integer,
        (int) f->min, (int) f->max);
    end(w, &p);
}

static void put_integer(wa_walk *w, const wa_field *f, int64_t integer)
{
    wa_json_integer(&w->out, integer);
    check_range(w, f, integer);
    note_integer(w, f, integer);
}

/* a position as a string: a few digits */
static void put_ordinal(wa_walk *w, const wa_field *f, const char *text, size_t length)
{
    int64_t integer = 0;
    size_t count = put_string(w, text, length);
    if (count == SIZE_MAX || f->max == 0) return;
    for (size_t i = 0; i < length && integer < INT32_MAX; i++) {
        bool digit = text[i] >= '0' && text[i] <= '9';
        integer = digit ? integer * 10 + (text[i] - '0') : INT64_MAX;
    }
    if (length > 0 && integer != INT64_MAX) {
        check_range(w, f, integer);
        return;
    }
    wa_problem p = breach_of(w, WA_BREACH_FORMAT, f->grade == WA_SOFT);
    wa_say(&w->report, &p, "must be a whole number from %d to %d, got ", (int) f->min, (int) f->max);
    p.actual = wa_say_quoted(&w->report, &p, text, length);
    end(w, &p);
}

static void put_boolean(wa_walk *w, bool boolean)
{
    wa_buffer_add(&w->out, boolean ? "true" : "false", boolean ? 4 : 5);
}

static void put_float(wa_walk *w, const value *v)
{
    if (is_finite(v->as.number)) {
        wa_json_number(&w->out, v->as.number);
    } else {
        report_unwritable(w, v);
    }
}

/* ---- lists ------------------------------------------------------------------------------------------------------ */

static void walk_item(wa_walk *w, const wa_slot *slot, const value *v, int64_t siblings)
{
    const wa_field *f = slot->field;
    if (slot->node != NULL && v->type == LUA_TTABLE) {
        walk_object(w, slot->node, v->as.index, siblings);
    } else if (slot->node == NULL && v->type == LUA_TSTRING) {
        put_text(w, &(wa_field){.kind = WA_STRING, .values = f->values, .flags = f->flags & WA_OPEN, .grade = f->grade},
            v->as.string.text, v->as.string.length);
    } else {
        report_type(w, &(wa_field){.kind = slot->node != NULL ? WA_OBJECT : WA_STRING}, v);
    }
}

/* [-0, +0, -] whether the keys of the table are 1 to *count; else *hole is the first that is missing, 0 if there are
 * other keys than those of a list */
static bool is_list(wa_walk *w, int table, int64_t *count, int64_t *hole)
{
    lua_State *L = w->L;
    int64_t keys = 0, most = 0;
    *hole = 0;
    lua_pushnil(L);
    while (lua_next(L, table)) {
        int64_t key = 0;
        lua_pop(L, 1);
        if (lua_type(L, -1) != LUA_TNUMBER || !wa_integer(L, -1, &key) || key < 1) {
            lua_pop(L, 1);
            return false;
        }
        keys++;
        if (key > most) most = key;
    }
    *count = keys;
    if (most == keys) return true;
    for (*hole = 1; *hole <= keys; ++*hole) {
        lua_rawgeti(L, table, (int) *hole);
        bool missing = lua_isnil(L, -1);
        lua_pop(L, 1);
        if (missing) break;
    }
    return false;
}

/* what a list says of all its items, once they were walked */
static void check_scope(wa_walk *w, const wa_field *f, const scope *s)
{
    if (f->total > 0 && s->counted > f->total && !s->over) {
        report_count(
            w, WA_BREACH_MAX_ITEMS, f->grade == WA_SOFT, s->counted, "item", "in its lists together at most", f->total);
    }
    if (!s->some || !s->lacking) return;
    wa_frame item = {.up = w->frame},
             member = {.up = &item, .name = s->common->name, .length = strlen(s->common->name)};
    for (size_t i = s->start; i < seen_count(w); i++) {
        if (seen_at(w, i)->field != s->common) continue;
        item.index = seen_at(w, i)->integer;
        wa_problem p = breach_at(w, WA_BREACH_REQUIRED, false, &member);
        wa_say(&w->report, &p, "missing, and others of the list have one: all or none");
        end(w, &p);
    }
}

static void walk_items(wa_walk *w, const wa_slot *slot, int table, int64_t count)
{
    lua_State *L = w->L;
    wa_frame item = {.up = w->frame};
    w->frame = &item;
    for (item.index = 1; item.index <= count && spend(w); item.index++) {
        value v;
        lua_rawgeti(L, table, (int) item.index);
        read_value(L, -1, &v);
        if (item.index > 1) wa_buffer_add(&w->out, ",", 1);
        walk_item(w, slot, &v, count);
        lua_pop(L, 1);
    }
    w->frame = item.up;
}

static void report_no_list(wa_walk *w, const value *v, int64_t hole)
{
    if (w->lenient) put_free(w, v, false);
    wa_problem p = breach_of(w, WA_BREACH_TYPE, false);
    p.actual = (wa_detail){.kind = WA_NOTHING};
    if (hole > 0) {
        wa_say(&w->report, &p, "a list has no holes: [%lld] is nil", (long long) hole);
    } else {
        wa_say(&w->report, &p, "must be a list, got a table with names: put braces around it");
    }
    end(w, &p);
}

static void put_list(wa_walk *w, const wa_slot *slot, const value *v)
{
    const wa_field *f = slot->field;
    int64_t count = 0, hole = 0;
    if (!lua_checkstack(w->L, 4) || !is_list(w, v->as.index, &count, &hole)) {
        report_no_list(w, v, hole);
        return;
    }
    check_count(w, f, count, true);
    if (w->scope != NULL && (f->flags & WA_COUNTED) != 0) w->scope->counted += count;
    note_integer(w, f, count);
    wa_buffer_add(&w->out, "[", 1);
    if ((f->flags & WA_SCOPE) != 0) {
        scope s = {.up = w->scope, .start = seen_count(w), .over = f->max > 0 && count > f->max};
        w->scope = &s;
        walk_items(w, slot, v->as.index, count);
        check_scope(w, f, &s);
        w->seen.length = s.start * sizeof(entry);
        w->scope = s.up;
    } else {
        walk_items(w, slot, v->as.index, count);
    }
    wa_buffer_add(&w->out, "]", 1);
}

/* ---- free data: the user's own names and values --------------------------------------------------------------------
 */

/* a name that the schema does not have here, with its value on the stack if it is to be written */
typedef struct foreign {
    const char *name;
    size_t length;
    int index;
} foreign;

static int by_name(const void *a, const void *b)
{
    const foreign *x = a, *y = b;
    size_t shorter = x->length < y->length ? x->length : y->length;
    int order = memcmp(x->name, y->name, shorter);
    return order != 0 ? order : x->length < y->length ? -1 : x->length > y->length;
}

static foreign foreign_at(const wa_walk *w, size_t index)
{
    foreign f;
    memcpy(&f, w->foreign.bytes + index * sizeof f, sizeof f);
    return f;
}

static void sort_foreign(wa_walk *w, size_t start)
{
    size_t count = w->foreign.length / sizeof(foreign) - start;
    if (w->foreign.failure == WA_NO_FAILURE && count > 1) {
        qsort(w->foreign.bytes + start * sizeof(foreign), count, sizeof(foreign), by_name);
    }
}

static void report_deep(wa_walk *w, const char *sentence)
{
    wa_problem p = fatal(w, WA_BREACH_DEPTH);
    p.limit = wa_count(MAX_DEPTH);
    wa_say(&w->report, &p, "%s", sentence);
    end(w, &p);
}

/* [-0, +n, -] Gathers the names of a table that are not in the shape (all of them where there is none), with their
 * values left on the stack. Returns the number of keys that are no strings. */
static size_t gather(wa_walk *w, int table, const wa_node *node, const wa_shape *shape)
{
    lua_State *L = w->L;
    size_t odd = 0;
    lua_pushnil(L);
    while (lua_next(L, table)) {
        foreign f;
        if (lua_type(L, -2) != LUA_TSTRING) {
            odd++;
            lua_pop(L, 1);
            continue;
        }
        f.name = lua_tolstring(L, -2, &f.length);
        uint8_t word = shape == NULL ? WA_NO_WORD : wa_word(node, f.name);
        if (word != WA_NO_WORD && (shape->mask >> word & 1) != 0) {
            lua_pop(L, 1);
            continue;
        }
        if (!lua_checkstack(L, 8)) {
            lua_pop(L, 2);
            report_deep(w, "more names than this Lua's stack can hold");
            break;
        }
        lua_insert(L, -2); /* the value stays below the key */
        f.index = lua_gettop(L) - 1;
        wa_buffer_add(&w->foreign, (const char *) &f, sizeof f);
    }
    return odd;
}

/* writes the gathered names from `start` on, each with a comma before it */
static void put_foreign(wa_walk *w, size_t start)
{
    size_t count = w->foreign.length / sizeof(foreign);
    wa_frame member = {.up = w->frame};
    sort_foreign(w, start);
    w->frame = &member;
    for (size_t i = start; i < count && w->foreign.failure == WA_NO_FAILURE && spend(w); i++) {
        foreign f = foreign_at(w, i);
        value v;
        member.name = f.name;
        member.length = f.length;
        wa_buffer_add(&w->out, ",", 1);
        put_string(w, f.name, f.length);
        wa_buffer_add(&w->out, ":", 1);
        read_value(w->L, f.index, &v);
        put_free(w, &v, false);
    }
    w->frame = member.up;
    w->foreign.length = start * sizeof(foreign);
}

/* closes an object whose members were each written with a comma before them */
static void close_object(wa_walk *w, size_t start)
{
    if (w->out.failure != WA_NO_FAILURE) return;
    if (w->out.length == start) {
        wa_buffer_add(&w->out, "{", 1);
    } else {
        w->out.bytes[start] = '{';
    }
    wa_buffer_add(&w->out, "}", 1);
}

const void *wa_array_mark(void)
{
    static const char mark = 0;
    return &mark;
}

/* [-0, +0, -] whether whatsapp.array marked the table */
static bool is_marked(lua_State *L, int table)
{
    if (!lua_getmetatable(L, table)) return false;
    lua_rawgeti(L, -1, 1);
    bool marked = lua_touserdata(L, -1) == wa_array_mark();
    lua_pop(L, 2);
    return marked;
}

static void put_free_list(wa_walk *w, int table, int64_t count)
{
    lua_State *L = w->L;
    wa_frame item = {.up = w->frame};
    w->frame = &item;
    wa_buffer_add(&w->out, "[", 1);
    for (item.index = 1; item.index <= count && spend(w); item.index++) {
        value v;
        lua_rawgeti(L, table, (int) item.index);
        read_value(L, -1, &v);
        if (item.index > 1) wa_buffer_add(&w->out, ",", 1);
        put_free(w, &v, false);
        lua_pop(L, 1);
    }
    wa_buffer_add(&w->out, "]", 1);
    w->frame = item.up;
}

static void report_mixed(wa_walk *w)
{
    wa_problem p = fatal(w, WA_BREACH_TYPE);
    wa_say(&w->report, &p, "must be a list without holes or a table with names, got a mixture");
    end(w, &p);
}

static void put_free_names(wa_walk *w, int table)
{
    int top = lua_gettop(w->L);
    size_t start = w->out.length, from = w->foreign.length / sizeof(foreign);
    if (gather(w, table, NULL, NULL) > 0) report_mixed(w);
    put_foreign(w, from);
    close_object(w, start);
    lua_settop(w->L, top);
}

static void put_free_table(wa_walk *w, int table, bool named)
{
    int64_t count = 0, hole = 0;
    const void *address = lua_topointer(w->L, table);
    for (const wa_frame *f = w->frame; f != NULL; f = f->up) {
        if (f->table == address) {
            report_deep(w, "a table that holds itself");
            return;
        }
    }
    if (w->depth >= MAX_DEPTH || !lua_checkstack(w->L, 8)) {
        report_deep(w, "nested deeper than 100 levels");
        return;
    }
    const wa_frame *before = w->frame;
    wa_frame here = before != NULL ? *before : (wa_frame){.up = NULL};
    here.table = address;
    w->frame = &here;
    w->depth++;
    bool list = is_list(w, table, &count, &hole);
    if (list && (count > 0 || (!named && is_marked(w->L, table)))) {
        put_free_list(w, table, count);
    } else if (hole > 0) {
        report_mixed(w);
    } else {
        put_free_names(w, table);
    }
    w->depth--;
    w->frame = before;
}

static void put_free(wa_walk *w, const value *v, bool named)
{
    switch (v->type) {
    case LUA_TNIL:
        wa_buffer_add(&w->out, "null", 4);
        break;
    case LUA_TBOOLEAN:
        put_boolean(w, v->as.boolean);
        break;
    case LUA_TNUMBER:
        if (v->integral) {
            wa_json_integer(&w->out, v->as.integer);
        } else {
            put_float(w, v);
        }
        break;
    case LUA_TSTRING:
        put_string(w, v->as.string.text, v->as.string.length);
        break;
    case LUA_TTABLE:
        put_free_table(w, v->as.index, named);
        break;
    default:
        report_unwritable(w, v);
        break;
    }
}

static void put_map(wa_walk *w, const wa_field *f, const value *v)
{
    int64_t count = 0, hole = 0;
    bool list = is_list(w, v->as.index, &count, &hole);
    if ((list && count > 0) || hole > 0) {
        wa_problem p = breach_of(w, WA_BREACH_TYPE, f->grade == WA_SOFT);
        wa_say(&w->report, &p, "must be a table with names, got a list");
        end(w, &p);
    }
    put_free(w, v, true);
}

/* ---- objects ---------------------------------------------------------------------------------------------------- */

static bool put_by_kind(wa_walk *w, const wa_slot *slot, const value *v)
{
    const wa_field *f = slot->field;
    bool string = v->type == LUA_TSTRING, number = v->type == LUA_TNUMBER;
    switch ((wa_kind) f->kind) {
    case WA_STRING:
        if (!string) return false;
        put_text(w, f, v->as.string.text, v->as.string.length);
        return true;
    case WA_ID:
        if (string) put_text(w, f, v->as.string.text, v->as.string.length);
        else if (number && v->integral) put_digits(w, f, v->as.integer);
        else return false;
        return true;
    case WA_BOOLEAN:
        if (v->type != LUA_TBOOLEAN) return false;
        put_boolean(w, v->as.boolean);
        return true;
    case WA_INTEGER:
        if (!number || !v->integral) return false;
        put_integer(w, f, v->as.integer);
        return true;
    case WA_NUMBER:
        if (string) put_text(w, f, v->as.string.text, v->as.string.length);
        else if (number) put_free(w, v, false);
        else return false;
        return true;
    case WA_ORDINAL:
        if (string) put_ordinal(w, f, v->as.string.text, v->as.string.length);
        else if (number && v->integral) put_integer(w, f, v->as.integer);
        else return false;
        return true;
    case WA_LABEL:
        if (string) put_text(w, f, v->as.string.text, v->as.string.length);
        else if (v->type == LUA_TBOOLEAN) put_boolean(w, v->as.boolean);
        else return false;
        return true;
    case WA_OBJECT:
        if (v->type != LUA_TTABLE) return false;
        walk_object(w, slot->node, v->as.index, 0);
        return true;
    case WA_LIST:
        if (v->type != LUA_TTABLE) return false;
        put_list(w, slot, v);
        return true;
    case WA_MAP:
        if (v->type != LUA_TTABLE) return false;
        put_map(w, f, v);
        return true;
    case WA_REMOVED:
        break;
    }
    return false;
}

static void report_discouraged(wa_walk *w, const wa_field *f)
{
    wa_problem p = breach_of(w, WA_BREACH_FORBIDDEN, true);
    wa_say(&w->report, &p, "%s", f->doc);
    end(w, &p);
}

static void put_field(wa_walk *w, const wa_slot *slot, const value *v)
{
    const wa_field *f = slot->field;
    wa_buffer_add(&w->out, f->key, f->key_length);
    if (!put_by_kind(w, slot, v)) report_type(w, f, v);
    if ((f->flags & WA_DISCOURAGED) != 0) report_discouraged(w, f);
}

static void report_missing(wa_walk *w, const wa_field *f, bool soft)
{
    wa_problem p = breach_of(w, WA_BREACH_REQUIRED, soft);
    wa_say(&w->report, &p, soft ? "missing, and advised: " : "missing: ");
    wa_say_kind(&w->report, &p, f);
    wa_say(&w->report, &p, ". %s", f->doc);
    end(w, &p);
}

static void miss_field(wa_walk *w, const wa_field *f, const char *inferred, int64_t siblings)
{
    const char *fill = inferred != NULL ? inferred : f->fill;
    if (fill != NULL) {
        wa_buffer_add(&w->out, f->key, f->key_length);
        wa_buffer_add(&w->out, "\"", 1);
        wa_buffer_add(&w->out, fill, strlen(fill));
        wa_buffer_add(&w->out, "\"", 1);
    } else if ((f->flags & WA_REQUIRED) != 0 || ((f->flags & WA_AMONG_MANY) != 0 && siblings > 1)) {
        report_missing(w, f, false);
    } else if ((f->flags & WA_ADVISED) != 0) {
        report_missing(w, f, true);
    }
}

/* a list whose items all have the field, or none */
static void note_common(wa_walk *w, const wa_field *f, bool present)
{
    scope *s = w->scope;
    if (s == NULL) return;
    s->common = f;
    if (present) {
        s->some = true;
        return;
    }
    s->lacking = true;
    if (s->count++ < MAX_SEEN) {
        wa_buffer_add(&w->seen, (const char *) &(entry){f, NULL, 0, w->frame->up->index}, sizeof(entry));
    }
}

/* an object while it is walked */
typedef struct object {
    const wa_node *node;
    const wa_shape *shape;
    const wa_choice *choice; /* by which the shape was found, if by a value */
    const char *inferred;    /* the value of `by`, if it was left out */
    uint8_t by;
    bool unresolved; /* no variant: only what all of them have can be checked */
    uint64_t have;   /* words that are present */
    size_t unknown;  /* keys that are no word of the node */
    value values[WA_MAX_WORDS];
} object;

/* [-0, +n, -] reads the members; tables stay on the stack */
static void read_members(wa_walk *w, object *o, int table)
{
    lua_State *L = w->L;
    o->have = 0;
    o->unknown = 0;
    lua_pushnil(L);
    while (lua_next(L, table)) {
        uint8_t word = lua_type(L, -2) == LUA_TSTRING ? wa_word(o->node, lua_tostring(L, -2)) : WA_NO_WORD;
        if (word == WA_NO_WORD) {
            o->unknown++;
            lua_pop(L, 1);
            continue;
        }
        value *v = &o->values[word];
        read_value(L, -1, v);
        if (v->type != LUA_TNIL) o->have |= UINT64_C(1) << word;
        if (v->type == LUA_TTABLE) {
            lua_insert(L, -2);
            v->as.index = lua_gettop(L) - 1;
        } else {
            lua_pop(L, 1);
        }
    }
}

static bool has(const object *o, uint8_t word)
{
    return word != WA_NO_WORD && (o->have >> word & 1) != 0;
}

static const wa_choice *chosen_by_value(const wa_shape *shape, const value *v)
{
    for (uint8_t i = 0; i < shape->choice_count; i++) {
        if (shape->choices[i].value == v->as.string.text) return &shape->choices[i];
    }
    for (uint8_t i = 0; i < shape->choice_count; i++) {
        if (same_word(v->as.string.text, v->as.string.length, shape->choices[i].value)) return &shape->choices[i];
    }
    return NULL;
}

static const wa_choice *chosen_by_presence(const object *o, const wa_shape *shape)
{
    for (uint8_t i = 0; i < shape->choice_count; i++) {
        if (has(o, shape->choices[i].word)) return &shape->choices[i];
    }
    return NULL;
}

static void report_choice(wa_walk *w, const object *o, const value *v)
{
    wa_frame member = {.up = w->frame, .name = o->shape->object->by, .length = strlen(o->shape->object->by)};
    wa_problem p = breach_at(w, v == NULL ? WA_BREACH_REQUIRED : WA_BREACH_ENUM, false, &member);
    wa_say(&w->report, &p, v == NULL ? "missing: " : "must be ");
    wa_say_choices(&w->report, &p, o->shape->object->variants);
    if (v != NULL) {
        wa_say(&w->report, &p, ", got ");
        p.actual = wa_say_quoted(&w->report, &p, v->as.string.text, v->as.string.length);
        wa_say(&w->report, &p, " (mode = \"lenient\" lets a new one through)");
    }
    end(w, &p);
}

/* the type is not given: it is that of the one member that is present */
static const wa_choice *infer(wa_walk *w, object *o)
{
    const wa_choice *choice = NULL;
    size_t present = 0;
    for (uint8_t i = 0; o->shape->object->inferred && i < o->shape->choice_count; i++) {
        if (!has(o, o->shape->choices[i].word)) continue;
        choice = &o->shape->choices[i];
        present++;
    }
    if (present == 1) {
        o->inferred = choice->value;
        return choice;
    }
    if (present == 0) {
        report_choice(w, o, NULL);
    } else {
        wa_problem p = breach_of(w, WA_BREACH_ONE_OF, false);
        wa_say(
            &w->report, &p, "has %lu contents and no `%s` to say which", (unsigned long) present, o->shape->object->by);
        end(w, &p);
    }
    return NULL;
}

static const wa_choice *choose(wa_walk *w, object *o)
{
    const value *v = &o->values[o->shape->by];
    o->by = o->shape->by;
    if (!has(o, o->by)) return infer(w, o);
    const wa_choice *choice = v->type == LUA_TSTRING ? chosen_by_value(o->shape, v) : NULL;
    if (choice == NULL && v->type == LUA_TSTRING) report_choice(w, o, v);
    return choice;
}

/* finds the shape: variant after variant, until one has none */
static void resolve(wa_walk *w, object *o)
{
    o->shape = o->node->shape;
    o->choice = NULL;
    o->inferred = NULL;
    o->by = WA_NO_WORD;
    o->unresolved = false;
    while (o->shape->choice_count > 0) {
        if (o->shape->by == WA_NO_WORD) {
            const wa_choice *choice = chosen_by_presence(o, o->shape);
            if (choice == NULL && o->shape->otherwise == NULL) return;
            o->shape = choice != NULL ? choice->shape : o->shape->otherwise;
            continue;
        }
        const wa_choice *choice = choose(w, o);
        if (choice == NULL) {
            o->unresolved = true;
            return;
        }
        o->choice = choice;
        o->shape = choice->shape;
    }
}

static void put_members(wa_walk *w, const object *o, int64_t siblings)
{
    wa_frame member = {.up = w->frame};
    w->frame = &member;
    for (uint8_t i = 0; i < o->shape->slot_count; i++) {
        const wa_slot *slot = &o->shape->slots[i];
        uint8_t word = o->shape->words[i];
        member.name = slot->field->name;
        member.length = slot->field->key_length - 4u; /* without ,"": */
        if ((slot->field->flags & WA_ALL_OR_NONE) != 0) note_common(w, slot->field, has(o, word));
        if (has(o, word)) {
            if (!spend(w)) break;
            put_field(w, slot, &o->values[word]);
        } else if (!(o->unresolved && word == o->by)) {
            miss_field(w, slot->field, word == o->by ? o->inferred : NULL, siblings);
        }
    }
    w->frame = member.up;
}

static void check_condition(wa_walk *w, const object *o, const wa_condition *c)
{
    bool first = has(o, c->words[0]), second = has(o, c->words[1]), soft = c->rule->grade == WA_SOFT;
    const value *v = second ? &o->values[c->words[1]] : NULL;
    wa_frame member = {.up = w->frame, .name = c->rule->names[0], .length = strlen(c->rule->names[0])};
    switch ((wa_rule_kind) c->rule->kind) {
    case WA_EXACTLY_ONE:
        if (first != second) return;
        break;
    case WA_AT_LEAST_ONE:
        if (first || second) return;
        break;
    case WA_ONLY_WHEN:
        if (!first || v == NULL || v->type != LUA_TSTRING ||
            same_word(v->as.string.text, v->as.string.length, c->rule->value))
            return;
        break;
    }
    wa_breach breach = c->rule->kind == WA_EXACTLY_ONE    ? WA_BREACH_ONE_OF
                       : c->rule->kind == WA_AT_LEAST_ONE ? WA_BREACH_REQUIRED
                                                          : WA_BREACH_FORBIDDEN;
    wa_problem p = breach_at(w, breach, soft, c->rule->kind == WA_EXACTLY_ONE ? w->frame : &member);
    wa_say_rule(&w->report, &p, c->rule, first);
    end(w, &p);
}

/* ---- names that do not belong
 * ---------------------------------------------------------------------------------------- */

static void report_foreign(wa_walk *w, const object *o, const foreign *f)
{
    wa_frame member = {.up = w->frame, .name = f->name, .length = f->length};
    size_t before = w->lenient ? w->report.warnings : w->report.problems;
    bool known = before < WA_MAX_PROBLEMS && wa_is_known(f->name, f->length);
    wa_problem p = breach_at(w, known ? WA_BREACH_FORBIDDEN : WA_BREACH_UNKNOWN, false, &member);
    wa_say_foreign(&w->report, &p, o->shape, f->name, f->length, known);
    end(w, &p);
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
        bool integer = type == LUA_TNUMBER && wa_integer(L, -1, &member.index);
        member.name = integer ? NULL : lua_typename(L, type);
        member.length = integer ? 0 : strlen(member.name);
        wa_problem p = breach_at(w, WA_BREACH_UNKNOWN, false, &member);
        wa_say(&w->report, &p, "a key must be a name here, not a %s", lua_typename(L, type));
        end(w, &p);
    }
}

/* whether a name may be passed over: the message has the content of another type than it says, and was told so */
static bool is_excused(const object *o, const foreign *f)
{
    if (o->choice == NULL || o->choice->word == WA_NO_WORD || has(o, o->choice->word)) return false;
    uint8_t word = wa_word(o->node, f->name);
    const wa_shape *parent = o->node->shape;
    while (parent->by == WA_NO_WORD && parent->otherwise != NULL) parent = parent->otherwise;
    for (uint8_t i = 0; word != WA_NO_WORD && i < parent->choice_count; i++) {
        if (parent->choices[i].word == word) return true;
    }
    return false;
}

/* names that the shape does not have: written in lenient mode, reported in strict mode */
static void walk_foreign(wa_walk *w, const object *o, int table)
{
    size_t start = w->foreign.length / sizeof(foreign);
    size_t odd = gather(w, table, o->node, o->shape);
    sort_foreign(w, start);
    for (size_t i = start; i < w->foreign.length / sizeof(foreign) && w->foreign.failure == WA_NO_FAILURE; i++) {
        foreign f = foreign_at(w, i);
        lua_State *L = w->L;
        bool null = lua_islightuserdata(L, f.index) && lua_touserdata(L, f.index) == NULL;
        bool elsewhere = wa_word(o->node, f.name) != WA_NO_WORD;
        bool unjudged = o->unresolved && (elsewhere || has(o, o->by)); /* it may belong to the type that was meant */
        if (unjudged || (null && elsewhere) || is_excused(o, &f)) continue;
        report_foreign(w, o, &f);
    }
    if (w->lenient) {
        if (odd > 0) report_mixed(w);
        put_foreign(w, start);
    } else if (odd > 0) {
        report_odd_keys(w, table);
    }
    w->foreign.length = start * sizeof(foreign);
}

/* a list where an object is expected */
static bool is_misplaced_list(wa_walk *w, int table)
{
    int64_t count = 0, hole = 0;
    if (!is_list(w, table, &count, &hole) || count == 0) return false;
    value v = {.type = LUA_TTABLE, .as.index = table};
    if (w->lenient) put_free(w, &v, false);
    wa_problem p = breach_of(w, WA_BREACH_TYPE, false);
    wa_say(&w->report, &p, "must be a table with names, got a list");
    end(w, &p);
    return true;
}

static void walk_object(wa_walk *w, const wa_node *node, int table, int64_t siblings)
{
    int top = lua_gettop(w->L);
    size_t start = w->out.length;
    object o;
    if (!lua_checkstack(w->L, WA_MAX_WORDS + 8)) {
        report_deep(w, "nested deeper than this Lua's stack can hold");
        return;
    }
    o.node = node;
    read_members(w, &o, table);
    if (o.have != 0 || o.unknown == 0 || !is_misplaced_list(w, table)) {
        resolve(w, &o);
        put_members(w, &o, siblings);
        for (uint8_t i = 0; i < o.shape->condition_count; i++) check_condition(w, &o, &o.shape->conditions[i]);
        if (o.unknown > 0 || (o.have & ~o.shape->mask) != 0) walk_foreign(w, &o, table);
        close_object(w, start);
    }
    lua_settop(w->L, top);
}

/* ---- the walk --------------------------------------------------------------------------------------------------- */

void wa_walk_init(wa_walk *w, wa_allocator allocate, void *context)
{
    *w = (wa_walk){.L = NULL};
    wa_buffer_init(&w->out, allocate, context, MAX_BYTES);
    wa_buffer_init(&w->seen, allocate, context, SIZE_MAX / 2);
    wa_buffer_init(&w->foreign, allocate, context, SIZE_MAX / 2);
    wa_buffer_init(&w->report.records, allocate, context, SIZE_MAX / 2);
    wa_buffer_init(&w->report.text, allocate, context, SIZE_MAX / 2);
}

static wa_buffer *const *buffers_of(wa_walk *w, wa_buffer *all[5])
{
    all[0] = &w->out;
    all[1] = &w->seen;
    all[2] = &w->foreign;
    all[3] = &w->report.records;
    all[4] = &w->report.text;
    return all;
}

void wa_walk_free(wa_walk *w)
{
    wa_buffer *all[5];
    for (int i = 0; i < 5; i++) wa_buffer_free(buffers_of(w, all)[i]);
}

void wa_walk_reset(wa_walk *w)
{
    wa_buffer *all[5];
    for (int i = 0; i < 5; i++) wa_buffer_reset(buffers_of(w, all)[i], KEPT_BYTES);
}

static bool out_of_memory(wa_walk *w)
{
    wa_buffer *all[5];
    for (int i = 0; i < 5; i++) {
        if (buffers_of(w, all)[i]->failure == WA_NO_MEMORY) return true;
    }
    return false;
}

bool wa_walk_message(wa_walk *w, lua_State *L, const wa_node *root)
{
    w->L = L;
    w->report.problems = w->report.warnings = 0;
    w->values = MAX_VALUES;
    w->depth = 0;
    w->frame = NULL;
    w->scope = NULL;
    walk_object(w, root, lua_gettop(L), 0);
    if (w->out.failure == WA_TOO_LONG) {
        wa_problem p = fatal(w, WA_BREACH_MAX_CHARS);
        p.limit = wa_count(MAX_BYTES);
        wa_say(&w->report, &p, "longer than %d MiB", MAX_BYTES >> 20);
        end(w, &p);
    }
    return !out_of_memory(w);
}
