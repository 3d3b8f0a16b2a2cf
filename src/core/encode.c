/* The encoder: a Lua table, checked against the schema and written as JSON in the same pass. It knows kinds, limits,
 * rules and variants, and no message: those are in schema.c. Never runs Lua code and never allocates on the Lua heap.
 */
#include "encode.h"

#include "json.h"
#include "utf8.h"

#include <stdio.h>
#include <stdlib.h>

enum {
    MAX_ANY_DEPTH = 100,  /* levels of free data */
    MAX_VALUES = 1000000, /* in one message */
    MAX_KEYS = 5000000,   /* read before that; each is read a few times */
    MAX_BYTES = 64 << 20, /* of one message */
    MAX_NOTED = 256,      /* values compared in one scope */
    STACK_ROOM = 20,      /* on Lua's stack, for whatever a step needs */
    KEPT_BYTES = 16 << 10 /* of memory between two messages */
};

/* a Lua value, read once: strings by address, tables by stack index */
typedef struct wa_value {
    int type; /* as of lua_type; null is LUA_TNIL */
    bool integral;
    uint8_t interned; /* its number in the interned_values, or WA_NOT_INTERNED: of a string only, as its length is */
    size_t length;
    union {
        const char *text;
        int64_t integer;
        double number;
        bool boolean;
        int index;
    } as;
} wa_value;

/* a list with rules about all that is in it */
typedef struct list_rules {
    struct list_rules *up;
    size_t start, count; /* of its entries among the seen */
    int64_t counted;
    bool over;
    int64_t first_lacking; /* the first item without the field that all items have, or none; 0: each has it */
    bool some_have;
} list_rules;

/* an object while it is walked */
typedef struct wa_message_object {
    const wa_type *type;
    const wa_layout *layout;
    const wa_variant_entry *variant; /* by which the layout was found, if by a value */
    const char *inferred;            /* the value of `by`, if it was left out */
    wa_value *values;                /* of the names that are present */
    uint64_t present;                /* names that are present */
    size_t count;                    /* of its members */
    size_t unknown_keys;             /* keys that are no id of the type */
    int top;                         /* of Lua's stack, above its members */
    uint8_t discriminator;
    bool unresolved; /* no variant: only what all of them have can be checked */
} wa_message_object;

/* ---- reading ---------------------------------------------------------------------------------------------------- */

/* [-0, +0, -] reads the value at the index from the bottom, where it must stay if it is a table */
static inline void load_value(lua_State *L, int index, wa_value *v)
{
    int type = lua_type(L, index);
    v->type = type;
    if (type == LUA_TSTRING) {
        v->as.text = lua_tolstring(L, index, &v->length);
        v->interned = WA_NOT_INTERNED;
    } else if (type == LUA_TTABLE) {
        v->as.index = index;
    } else if (type == LUA_TNUMBER) {
        v->integral = wa_integer(L, index, &v->as.integer);
        if (!v->integral) v->as.number = (double) lua_tonumber(L, index);
    } else if (type == LUA_TBOOLEAN) {
        v->as.boolean = lua_toboolean(L, index) != 0;
    } else if (type == LUA_TLIGHTUSERDATA && lua_touserdata(L, index) == NULL) {
        v->type = LUA_TNIL; /* NULL is JSON's null, as lua-cjson and ngx_lua have it */
    }
}

/* [-0, +0, -] the same for a value that is likely to be a known one */
static inline void load_enumerated(lua_State *L, int index, const wa_interned_values *interned, wa_value *v)
{
    int number = wa_hash_find(&interned->hash, wa_identity(L, index));
    if (number == WA_NOT_FOUND) {
        load_value(L, index, v);
        return;
    }
    v->type = LUA_TSTRING;
    v->interned = (uint8_t) number;
    v->length = interned->values[number].length;
    v->as.text = interned->values[number].text;
}

static inline bool has_member(const wa_message_object *o, uint8_t id)
{
    return id != WA_NO_ID && (o->present >> id & 1) != 0;
}

/* ---- reports ---------------------------------------------------------------------------------------------------- */

static WA_RARE bool report_budget(wa_encoder *e)
{
    if (e->values == 0) return false;
    e->values = 0;
    wa_problem p = wa_problem_begin(&e->report, WA_ERR_MAX_ITEMS, false, e->frame);
    p.limit = wa_number_detail(MAX_VALUES);
    wa_add_text(&e->report, &p, "more than %d values in one message", MAX_VALUES);
    wa_problem_end(&e->report, &p);
    return false;
}

/* whether so many values more may be looked at; says so once where not */
static inline bool consume(wa_encoder *e, size_t count)
{
    if (e->values <= count) return report_budget(e);
    e->values -= count;
    return true;
}

/* the layout is to be made ready: the walk is at its end */
static WA_RARE void request_layout(wa_encoder *e, wa_layout *layout)
{
    e->missing_layout = layout;
    e->writing = false;
    e->values = 0; /* so that nothing more is looked at */
}

/* counts keys that were read: the same table may stand in many places, and is read in each */
static void count_keys(wa_encoder *e, size_t keys)
{
    e->keys += keys;
    if (e->keys > MAX_KEYS) report_budget(e);
}

static WA_RARE wa_problem begin_problem_at(wa_encoder *e, wa_error_code code, bool soft, const wa_frame *where)
{
    wa_problem p = wa_problem_begin(&e->report, code, soft || e->lenient, where);
    if (!p.warning) e->writing = false; /* nothing that is written from here on is used */
    return p;
}

/* of what is being walked */
static WA_RARE wa_problem begin_problem(wa_encoder *e, wa_error_code code, bool soft)
{
    return begin_problem_at(e, code, soft, e->frame);
}

static void end_problem(wa_encoder *e, wa_problem *p)
{
    wa_problem_end(&e->report, p);
}

/* "27 characters, at most 20" */
static WA_RARE void report_count(
    wa_encoder *e, wa_error_code code, bool soft, int64_t actual, const char *unit, const char *bound, int64_t limit)
{
    wa_problem p = begin_problem(e, code, soft);
    p.actual = wa_number_detail((double) actual);
    p.limit = wa_number_detail((double) limit);
    wa_add_text(&e->report, &p, "%lld %s%s, %s %lld", (long long) actual, unit, actual == 1 ? "" : "s", bound,
        (long long) limit);
    end_problem(e, &p);
}

static WA_RARE wa_problem begin_fatal(wa_encoder *e, wa_error_code code)
{
    e->writing = false;
    return wa_problem_begin(&e->report, code, false, e->frame);
}

static wa_detail add_type(wa_encoder *e, const wa_problem *p, const wa_value *v)
{
    if (v->type == LUA_TNUMBER) {
        char number[32];
        double value = v->integral ? (double) v->as.integer : v->as.number;
        if (value != value) return wa_add_escaped(&e->report, p, "nan", 3); /* its sign is the processor's whim */
        int length = snprintf(number, sizeof number, "%.17g", value);
        char *comma = strchr(number, ','); /* the point of many a locale */
        if (comma != NULL) *comma = '.';
        return wa_add_escaped(&e->report, p, number, (size_t) length);
    }
    const char *name = v->type == LUA_TNIL             ? "null"
                       : v->type == LUA_TLIGHTUSERDATA ? "userdata"
                                                       : lua_typename(e->L, v->type);
    return wa_add_escaped(&e->report, p, name, strlen(name));
}

static WA_RARE void report_unwritable(wa_encoder *e, const wa_value *v)
{
    bool number = v->type == LUA_TNUMBER;
    wa_problem p = begin_fatal(e, number ? WA_ERR_RANGE : WA_ERR_TYPE);
    wa_add_text(&e->report, &p, number ? "must be finite" : "JSON cannot hold a ");
    if (!number) p.actual = add_type(e, &p, v);
    end_problem(e, &p);
}

static void report_utf8(wa_encoder *e, size_t wrong)
{
    wa_problem p = begin_fatal(e, WA_ERR_UTF8);
    p.actual = wa_number_detail((double) wrong + 1);
    wa_add_text(&e->report, &p, "not UTF-8 from byte %lu on", (unsigned long) wrong + 1);
    end_problem(e, &p);
}

/* ---- lists whose items have rules together ---------------------------------------------------------------------- */

/* a value that is compared with others of the list */
typedef struct noted_value {
    const wa_field *field;
    const char *text; /* NULL: a number */
    size_t length;
    int64_t integer;
} noted_value;

static noted_value *noted_at(wa_encoder *e, size_t index)
{
    return (noted_value *) (void *) (e->noted.bytes + index * sizeof(noted_value));
}

static size_t noted_count(const wa_encoder *e)
{
    return e->noted.length / sizeof(noted_value);
}

/* an id may be given as a number here and as a string there */
static bool same_digits(const noted_value *number, const noted_value *text)
{
    char digits[24];
    int length = snprintf(digits, sizeof digits, "%lld", (long long) number->integer);
    return (size_t) length == text->length && memcmp(digits, text->text, text->length) == 0;
}

static bool equal(const noted_value *a, const noted_value *b)
{
    if (a->text == NULL && b->text == NULL) return a->integer == b->integer;
    if (a->text == NULL) return same_digits(a, b);
    if (b->text == NULL) return same_digits(b, a);
    if (a->length != b->length) return false;
    return a->text == b->text || memcmp(a->text, b->text, a->length) == 0;
}

static void report_twice(wa_encoder *e, const wa_field *f, const noted_value *new)
{
    wa_problem p = begin_problem(e, WA_ERR_UNIQUE, (f->marks & WA_UNIQUE_SOFT) != 0 || f->class == WA_SOFT);
    if (new->text != NULL) {
        p.actual = wa_add_quoted(&e->report, &p, new->text, new->length);
    } else {
        p.actual = wa_number_detail((double) new->integer);
        wa_add_text(&e->report, &p, "%lld", (long long) new->integer);
    }
    wa_add_text(&e->report, &p, " stands here twice, must be unique");
    end_problem(e, &p);
}

static void report_different(wa_encoder *e, const wa_field *f, const noted_value *new, const noted_value *first)
{
    if (f->kind == WA_LIST) {
        bool more = new->integer > first->integer;
        report_count(e, more ? WA_ERR_MAX_ITEMS : WA_ERR_MIN_ITEMS, false, new->integer, "item",
            "as in the first of the list must be", first->integer);
        return;
    }
    wa_problem p = begin_problem(e, WA_ERR_ENUM, false);
    wa_add_text(&e->report, &p, "must be the same in the whole list");
    if (first->text != NULL && new->text != NULL) {
        wa_add_text(&e->report, &p, ": ");
        p.limit = wa_add_quoted(&e->report, &p, first->text, first->length);
        wa_add_text(&e->report, &p, ", got ");
        p.actual = wa_add_quoted(&e->report, &p, new->text, new->length);
    }
    end_problem(e, &p);
}

/* notes a value whose field is unique, or the same, in the scope around it */
static void note(wa_encoder *e, noted_value *new)
{
    const wa_field *f = new->field;
    list_rules *s = e->list_rules;
    if (s == NULL || s->count >= MAX_NOTED) return;
    for (size_t i = s->start; i < noted_count(e); i++) {
        noted_value *old = noted_at(e, i);
        if (old->field != f && strcmp(old->field->name, f->name) != 0) continue; /* items may be of several layouts */
        if ((f->marks & WA_SAME) != 0) {
            if (!equal(old, new)) report_different(e, f, new, old);
            return; /* the first one stands for all */
        }
        if (equal(old, new)) {
            report_twice(e, f, new);
            return;
        }
    }
    s->count++;
    wa_buffer_add(&e->noted, (const char *) new, sizeof *new);
}

static void note_string(wa_encoder *e, const wa_entry *entry, const char *text, size_t length)
{
    if ((entry->marks & WA_COMPARED) == 0) return;
    note(e, &(noted_value){.field = entry->field, .text = text, .length = length});
}

static void note_integer(wa_encoder *e, const wa_entry *entry, int64_t integer)
{
    if ((entry->marks & WA_COMPARED) == 0) return;
    note(e, &(noted_value){.field = entry->field, .integer = integer});
}

static void open_list_rules(wa_encoder *e, list_rules *s)
{
    s->up = e->list_rules;
    s->start = noted_count(e);
    e->list_rules = s;
}

static WA_RARE void report_lacking(wa_encoder *e, const wa_frame *where)
{
    wa_problem p = begin_problem_at(e, WA_ERR_REQUIRED, false, where);
    wa_add_text(&e->report, &p, "missing, and others of the list have one: all or none");
    end_problem(e, &p);
}

/* Notes whether an item has the field that all items of the list have, or none. Those before the first that has it are
 * reported when that one is met, those after it at once. */
static void note_common(wa_encoder *e, const wa_field *f, bool present)
{
    list_rules *s = e->list_rules;
    if (s == NULL) return;
    const wa_frame *here = e->frame->up;
    if (!present) {
        if (s->first_lacking == 0) s->first_lacking = here->index;
        if (s->some_have) report_lacking(e, e->frame);
    } else if (!s->some_have) {
        wa_frame item = {.up = here->up, .index = s->first_lacking};
        wa_frame member = {.up = &item, .name = f->name, .length = strlen(f->name)};
        for (; item.index > 0 && item.index < here->index; item.index++) report_lacking(e, &member);
        s->some_have = true;
    }
}

static void close_list_rules(wa_encoder *e, const wa_field *f, list_rules *s)
{
    if (f->total > 0 && s->counted > f->total && !s->over) {
        report_count(
            e, WA_ERR_MAX_ITEMS, f->class == WA_SOFT, s->counted, "item", "in its lists together at most", f->total);
    }
    e->noted.length = s->start * sizeof(noted_value);
    e->list_rules = s->up;
}

/* ---- values ----------------------------------------------------------------------------------------------------- */

static void encode_any(wa_encoder *e, const wa_value *v);

static bool is_finite(double number)
{
    return number - number == 0;
}

/* whether it may have been another integer before Lua rounded it */
static bool is_beyond(const wa_value *v)
{
    if (v->type != LUA_TNUMBER || v->integral || !is_finite(v->as.number)) return false;
    return v->as.number > WA_EXACT_NUMBER || v->as.number < -WA_EXACT_NUMBER;
}

/* without case */
static bool equal_ignoring_case(const char *a, size_t length, const char *b)
{
    for (size_t i = 0; i < length; i++) {
        char x = a[i], y = b[i];
        if (x >= 'A' && x <= 'Z') x = (char) (x - 'A' + 'a');
        if (y >= 'A' && y <= 'Z') y = (char) (y - 'A' + 'a');
        if (y == '\0' || x != y) return false;
    }
    return b[length] == '\0';
}

static inline bool is_interned_value(const wa_entry *entry, const char *text)
{
    for (const char **v = entry->values; *v != NULL; v++) {
        if (*v == text) return true; /* the same string, as it nearly always is */
    }
    return false;
}

static bool is_value(const wa_entry *entry, const char *text, size_t length)
{
    if (is_interned_value(entry, text)) return true;
    for (const char **v = entry->values; *v != NULL; v++) {
        if (equal_ignoring_case(text, length, *v)) return true;
    }
    return false;
}

/* a string that is checked and not written; one may stand in a message a million times */
static bool pass_over(wa_encoder *e, size_t length)
{
    if (e->out.failure == WA_NO_FAILURE && e->out.length + e->unwritten + length > MAX_BYTES) {
        e->out.failure = WA_TOO_LONG;
    }
    if (e->out.failure != WA_NO_FAILURE) return false;
    e->unwritten += length;
    return true;
}

/* SIZE_MAX where there is nothing more to say of it: it is not UTF-8, or the message is too long */
static size_t encode_string(wa_encoder *e, const char *text, size_t length)
{
    size_t wrong, count;
    if (!e->writing && !pass_over(e, length)) return SIZE_MAX;
    count = e->writing ? wa_json_string(&e->out, text, length, &wrong) : wa_utf8_count(text, length, &wrong);
    if (e->out.failure != WA_NO_FAILURE) return SIZE_MAX;
    if (wrong == length) return count;
    report_utf8(e, wrong);
    return SIZE_MAX;
}

/* characters or items against the field's limits */
static WA_RARE void check_count(wa_encoder *e, const wa_field *f, int64_t count, bool items)
{
    bool soft = f->class == WA_SOFT;
    const char *unit = items ? "item" : "character";
    if (count < f->min) {
        report_count(e, items ? WA_ERR_MIN_ITEMS : WA_ERR_MIN_CHARS, soft, count, unit, "at least", f->min);
    } else if (f->max > 0 && count > f->max) {
        report_count(e, items ? WA_ERR_MAX_ITEMS : WA_ERR_MAX_CHARS, soft, count, unit, "at most", f->max);
        if (e->list_rules != NULL && (f->marks & WA_COUNTED) != 0) e->list_rules->over = true;
    } else if (f->recommended_max > 0 && count > f->recommended_max) {
        report_count(e, items ? WA_ERR_MAX_ITEMS : WA_ERR_MAX_CHARS, true, count, unit, "some sources say at most",
            f->recommended_max);
    }
}

static void check_values(wa_encoder *e, const wa_entry *entry, const char *text, size_t length)
{
    const wa_field *f = entry->field;
    if (f->values == NULL || is_value(entry, text, length)) return;
    wa_problem p = begin_problem(e, WA_ERR_ENUM, f->class == WA_SOFT || (f->marks & WA_OPEN) != 0);
    p.limit = wa_add_values(&e->report, &p, f->values);
    wa_add_text(&e->report, &p, ", got ");
    p.actual = wa_add_quoted(&e->report, &p, text, length);
    end_problem(e, &p);
}

static void check_format(wa_encoder *e, const wa_field *f, const char *text, size_t length)
{
    if (f->format == WA_ANY_FORMAT || length == 0 || wa_has_format(f->format, text, length)) return;
    wa_problem p = begin_problem(e, WA_ERR_FORMAT, f->class == WA_SOFT);
    wa_add_text(&e->report, &p, "must be %s, got ", wa_format_names[f->format]);
    p.actual = wa_add_quoted(&e->report, &p, text, length);
    end_problem(e, &p);
}

static WA_RARE void report_type(wa_encoder *e, const wa_field *f, const wa_value *v)
{
    bool soft = f->class == WA_SOFT, beyond = is_beyond(v);
    bool other = beyond && f->kind == WA_ID;              /* than was meant: in no mode is that sent */
    if ((e->lenient || soft) && !other) encode_any(e, v); /* as it is, if JSON can hold it */
    wa_problem p = other ? begin_fatal(e, WA_ERR_TYPE) : begin_problem(e, WA_ERR_TYPE, soft);
    wa_add_text(&e->report, &p, "must be %s, got ", wa_kind_names[f->kind]);
    p.actual = add_type(e, &p, v);
    if (beyond) wa_add_text(&e->report, &p, ", too large to be exact%s", other ? ": write it as a string" : "");
    end_problem(e, &p);
}

/* what is asked of a string besides its length */
static void check_string(wa_encoder *e, const wa_entry *entry, const char *text, size_t length)
{
    check_values(e, entry, text, length);
    check_format(e, entry->field, text, length);
}

/* The quick way for most strings: checks and writes one that is known, or plain, and as long as it should be; else does
 * nothing. */
static inline bool encode_plain_string(wa_encoder *e, const wa_entry *entry, const wa_value *v)
{
    if (v->type != LUA_TSTRING || !entry->copied || !e->writing) return false;
    if (v->length - entry->least > entry->span) return false;
    if (v->interned != WA_NOT_INTERNED)
        wa_buffer_add_strides(&e->out, e->interned[v->interned].written, v->length + 2u);
    else if (!wa_json_plain(&e->out, v->as.text, v->length)) return false;
    if (!entry->checked || (entry->only_values && is_interned_value(entry, v->as.text))) return true;
    check_string(e, entry, v->as.text, v->length);
    note_string(e, entry, v->as.text, v->length);
    return true;
}

static void encode_text(wa_encoder *e, const wa_entry *entry, const char *text, size_t length)
{
    size_t count = encode_string(e, text, length);
    if (count == SIZE_MAX) return;
    if (count - entry->least > entry->span) check_count(e, entry->field, (int64_t) count, false);
    if (!entry->checked) return;
    check_string(e, entry, text, length);
    /* one that is too long is not compared: many long strings that begin alike would take long */
    if (entry->field->max == 0 || count <= (size_t) entry->field->max) note_string(e, entry, text, length);
}

static void report_negative(wa_encoder *e, const wa_field *f, int64_t integer)
{
    wa_problem p = begin_problem(e, WA_ERR_RANGE, f->class == WA_SOFT);
    p.actual = wa_number_detail((double) integer);
    p.limit = wa_number_detail(0);
    wa_add_text(&e->report, &p, "%lld, an id is not negative", (long long) integer);
    end_problem(e, &p);
}

/* an integer that is written as a string of its digits */
static void encode_digits(wa_encoder *e, const wa_entry *entry, int64_t integer)
{
    const wa_field *f = entry->field;
    wa_buffer_add(&e->out, "\"", 1);
    size_t from = e->out.length;
    wa_json_integer(&e->out, integer);
    size_t length = e->out.length - from;
    if (e->out.failure != WA_NO_FAILURE) return;
    check_count(e, f, (int64_t) length, false);
    if (integer < 0) report_negative(e, f, integer);
    check_values(e, entry, e->out.bytes + from, length);
    wa_buffer_add(&e->out, "\"", 1);
    note_integer(e, entry, integer);
}

static void check_range(wa_encoder *e, const wa_field *f, int64_t integer)
{
    bool over = f->max != 0 && integer > f->max;
    if (!over && ((f->max == 0 && f->min == 0) || integer >= f->min)) return;
    wa_problem p = begin_problem(e, WA_ERR_RANGE, f->class == WA_SOFT);
    p.actual = wa_number_detail((double) integer);
    p.limit = wa_number_detail(over ? f->max : f->min);
    wa_add_text(&e->report, &p, f->max == 0 ? "%lld, at least %d" : "%lld, must be %d to %d", (long long) integer,
        (int) f->min, (int) f->max);
    end_problem(e, &p);
}

static void encode_integer(wa_encoder *e, const wa_entry *entry, int64_t integer)
{
    wa_json_integer(&e->out, integer);
    check_range(e, entry->field, integer);
    note_integer(e, entry, integer);
}

/* a position as a string: a few digits */
static void encode_ordinal(wa_encoder *e, const wa_field *f, const char *text, size_t length)
{
    int64_t integer = 0;
    size_t count = encode_string(e, text, length);
    if (count == SIZE_MAX || f->max == 0) return;
    for (size_t i = 0; i < length && integer < INT32_MAX; i++) {
        bool digit = text[i] >= '0' && text[i] <= '9';
        integer = digit ? integer * 10 + (text[i] - '0') : INT64_MAX;
    }
    if (length > 0 && integer != INT64_MAX) {
        check_range(e, f, integer);
        return;
    }
    wa_problem p = begin_problem(e, WA_ERR_FORMAT, f->class == WA_SOFT);
    wa_add_text(&e->report, &p, "must be a whole number from %d to %d, got ", (int) f->min, (int) f->max);
    p.actual = wa_add_quoted(&e->report, &p, text, length);
    end_problem(e, &p);
}

static void encode_boolean(wa_encoder *e, bool boolean)
{
    wa_buffer_add(&e->out, boolean ? "true" : "false", boolean ? 4 : 5);
}

static void encode_number(wa_encoder *e, const wa_value *v)
{
    if (v->integral) {
        wa_json_integer(&e->out, v->as.integer);
    } else if (!is_finite(v->as.number)) {
        report_unwritable(e, v);
    } else if (is_beyond(v) && v->as.number >= -WA_EXACT && v->as.number <= WA_EXACT) {
        wa_json_integer(&e->out, (int64_t) v->as.number); /* a single: every digit of what it holds */
    } else {
        wa_json_number(&e->out, v->as.number, WA_IS_SINGLE);
    }
}

/* kind by kind, which strings and which numbers it takes and how they are written */
static bool encode_from_string(wa_encoder *e, const wa_entry *entry, const wa_value *v)
{
    if (entry->copied) encode_text(e, entry, v->as.text, v->length);
    else if (entry->kind == WA_ORDINAL) encode_ordinal(e, entry->field, v->as.text, v->length);
    else return false;
    return true;
}

static bool encode_from_number(wa_encoder *e, const wa_entry *entry, const wa_value *v)
{
    if (entry->kind == WA_NUMBER) encode_number(e, v);
    else if (!v->integral) return false;
    else if (entry->kind == WA_ID) encode_digits(e, entry, v->as.integer);
    else if (entry->kind == WA_INTEGER || entry->kind == WA_ORDINAL) encode_integer(e, entry, v->as.integer);
    else return false;
    return true;
}

/* checks and writes a value of a kind that holds no others; false if the value is of another type */
static bool encode_scalar(wa_encoder *e, const wa_entry *entry, const wa_value *v)
{
    if (v->type == LUA_TSTRING) return encode_from_string(e, entry, v);
    if (v->type == LUA_TNUMBER) return encode_from_number(e, entry, v);
    if (v->type != LUA_TBOOLEAN || (entry->kind != WA_BOOLEAN && entry->kind != WA_LABEL)) return false;
    encode_boolean(e, v->as.boolean);
    return true;
}

/* ---- free data -------------------------------------------------------------------------------------------------- */

/* closes an object or a list whose members were each written with a comma before them */
static inline void close_brackets(wa_encoder *e, size_t start, char opening, char closing)
{
    if (!wa_buffer_reserve(&e->out, 2)) return;
    if (e->out.length == start) e->out.length++;
    e->out.bytes[start] = opening;
    e->out.bytes[e->out.length++] = closing;
}

/* [-0, +0, -] whether the keys of the table are 1 to *count; else *hole is the first that is missing, 0 if there are
 * other keys than those of a list */
static bool is_list(wa_encoder *e, int table, int64_t *count, int64_t *hole)
{
    lua_State *L = e->L;
    int64_t keys = 0, most = 0;
    *hole = 0;
    lua_pushnil(L);
    while (lua_next(L, table)) {
        int64_t key = 0;
        lua_pop(L, 1);
        if (lua_type(L, -1) != LUA_TNUMBER || !wa_integer(L, -1, &key) || key < 1) {
            lua_pop(L, 1);
            count_keys(e, (size_t) keys);
            return false;
        }
        keys++;
        if (key > most) most = key;
    }
    count_keys(e, (size_t) keys);
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

static WA_RARE void report_deep(wa_encoder *e, const char *sentence)
{
    wa_problem p = begin_fatal(e, WA_ERR_DEPTH);
    p.limit = wa_number_detail(MAX_ANY_DEPTH);
    wa_add_text(&e->report, &p, "%s", sentence);
    end_problem(e, &p);
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

static void report_mixed(wa_encoder *e)
{
    wa_problem p = begin_fatal(e, WA_ERR_TYPE);
    wa_add_text(&e->report, &p, "must be a list without holes or a table with names, got a mixture");
    end_problem(e, &p);
}

static void encode_any_list(wa_encoder *e, int table, int64_t count)
{
    lua_State *L = e->L;
    wa_frame item = {.up = e->frame};
    e->frame = &item;
    wa_buffer_add(&e->out, "[", 1);
    for (item.index = 1; item.index <= count && consume(e, 1); item.index++) {
        wa_value v;
        lua_rawgeti(L, table, (int) item.index);
        load_value(L, lua_gettop(L), &v);
        if (item.index > 1) wa_buffer_add(&e->out, ",", 1);
        encode_any(e, &v);
        lua_pop(L, 1);
    }
    wa_buffer_add(&e->out, "]", 1);
    e->frame = item.up;
}

/* a name that the schema does not have here, and its value */
typedef struct unknown_field {
    const char *name;
    size_t length;
    wa_value value;
} unknown_field;

static int by_name(const void *a, const void *b)
{
    const unknown_field *x = a, *y = b;
    size_t shorter = x->length < y->length ? x->length : y->length;
    int order = memcmp(x->name, y->name, shorter);
    return order != 0 ? order : x->length < y->length ? -1 : x->length > y->length;
}

static unknown_field unknown_at(const wa_encoder *e, size_t index)
{
    unknown_field f;
    memcpy(&f, e->unknown.bytes + index * sizeof f, sizeof f);
    return f;
}

static size_t unknown_count(const wa_encoder *e)
{
    return e->unknown.length / sizeof(unknown_field);
}

/* a name of the layout; null counts as absent where the schema knows the name at all */
static bool belongs(const wa_type *type, const wa_layout *layout, const unknown_field *f)
{
    if (type == NULL || layout == NULL) return false;
    uint8_t id = wa_id_of(type, f->name, f->length);
    return id != WA_NO_ID && ((layout->mask >> id & 1) != 0 || f->value.type == LUA_TNIL);
}

static void sort_unknown(wa_encoder *e, size_t start)
{
    size_t count = e->unknown.length / sizeof(unknown_field) - start;
    if (e->unknown.failure == WA_NO_FAILURE && count > 1) {
        qsort(e->unknown.bytes + start * sizeof(unknown_field), count, sizeof(unknown_field), by_name);
    }
}

/* [-0, +n, -] Gathers the names of a table that are not in the layout (all of them where there is none), sorted by
 * their bytes, with those values left on the stack that are tables. Returns the number of keys that are no strings. */
static size_t collect_unknown(wa_encoder *e, int table, const wa_type *type, const wa_layout *layout)
{
    lua_State *L = e->L;
    size_t other_keys = 0, looked = 0, start = unknown_count(e);
    lua_pushnil(L);
    while (lua_next(L, table)) {
        unknown_field f;
        looked++;
        if (lua_type(L, -2) != LUA_TSTRING) {
            other_keys++;
            lua_pop(L, 1);
            continue;
        }
        f.name = lua_tolstring(L, -2, &f.length);
        looked += f.length / 64; /* long names take long to sort */
        load_value(L, lua_gettop(L), &f.value);
        if (belongs(type, layout, &f)) {
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
            report_deep(e, "more tables than this Lua's stack can hold");
            break;
        }
        wa_buffer_add(&e->unknown, (const char *) &f, sizeof f);
    }
    count_keys(e, looked);
    sort_unknown(e, start);
    return other_keys;
}

/* writes the gathered names from `start` on, each with a comma before it */
static void write_unknown(wa_encoder *e, size_t start)
{
    size_t count = unknown_count(e);
    wa_frame member = {.up = e->frame};
    e->frame = &member;
    for (size_t i = start; i < count && e->unknown.failure == WA_NO_FAILURE && consume(e, 1); i++) {
        unknown_field f = unknown_at(e, i);
        member.name = f.name;
        member.length = f.length;
        wa_buffer_add(&e->out, ",", 1);
        encode_string(e, f.name, f.length);
        wa_buffer_add(&e->out, ":", 1);
        encode_any(e, &f.value);
    }
    e->frame = member.up;
    e->unknown.length = start * sizeof(unknown_field);
}

static void encode_any_names(wa_encoder *e, int table)
{
    int top = lua_gettop(e->L);
    size_t start = e->out.length, from = unknown_count(e);
    if (collect_unknown(e, table, NULL, NULL) > 0) report_mixed(e);
    write_unknown(e, from);
    close_brackets(e, start, '{', '}');
    lua_settop(e->L, top);
}

static bool holds_itself(const wa_encoder *e, const void *table)
{
    for (const wa_frame *f = e->frame; f != NULL; f = f->up) {
        if (f->table == table) return true;
    }
    return false;
}

static void encode_any_table(wa_encoder *e, int table)
{
    int64_t count = 0, hole = 0;
    const wa_frame *before = e->frame;
    wa_frame here = before != NULL ? *before : (wa_frame){.up = NULL};
    here.table = lua_topointer(e->L, table);
    if (holds_itself(e, here.table)) {
        report_deep(e, "a table that holds itself");
        return;
    }
    if (e->depth >= MAX_ANY_DEPTH) {
        report_deep(e, "nested deeper than 100 levels");
        return;
    }
    if (!lua_checkstack(e->L, 8)) {
        report_deep(e, "more than this Lua's stack can hold");
        return;
    }
    e->frame = &here;
    e->depth++;
    bool list = is_list(e, table, &count, &hole);
    if (list && (count > 0 || is_marked(e->L, table))) {
        encode_any_list(e, table, count);
    } else if (hole > 0) {
        report_mixed(e);
    } else {
        encode_any_names(e, table);
    }
    e->depth--;
    e->frame = before;
}

static void encode_any(wa_encoder *e, const wa_value *v)
{
    switch (v->type) {
    case LUA_TNIL:
        wa_buffer_add(&e->out, "null", 4);
        break;
    case LUA_TBOOLEAN:
        encode_boolean(e, v->as.boolean);
        break;
    case LUA_TNUMBER:
        encode_number(e, v);
        break;
    case LUA_TSTRING:
        encode_string(e, v->as.text, v->length);
        break;
    case LUA_TTABLE:
        encode_any_table(e, v->as.index);
        break;
    default:
        report_unwritable(e, v);
        break;
    }
}

static void encode_map(wa_encoder *e, const wa_field *f, const wa_value *v)
{
    int64_t count = 0, hole = 0;
    bool list = is_list(e, v->as.index, &count, &hole);
    if ((list && (count > 0 || is_marked(e->L, v->as.index))) || hole > 0) {
        wa_problem p = begin_problem(e, WA_ERR_TYPE, f->class == WA_SOFT);
        wa_add_text(&e->report, &p, "must be a table with names, got a list");
        end_problem(e, &p);
    }
    if (list && count == 0 && f->min > 0) report_count(e, WA_ERR_MIN_ITEMS, true, 0, "name", "at least", f->min);
    encode_any(e, v);
}

/* ---- names that do not belong ----------------------------------------------------------------------------------- */

static void report_unknown(wa_encoder *e, const wa_message_object *o, const unknown_field *f)
{
    wa_frame member = {.up = e->frame, .name = f->name, .length = f->length};
    size_t before = e->lenient ? e->report.warnings : e->report.problems;
    bool known = before < WA_MAX_PROBLEMS && wa_is_field_name(f->name, f->length);
    wa_problem p = begin_problem_at(e, known ? WA_ERR_FORBIDDEN : WA_ERR_UNKNOWN, false, &member);
    wa_add_unknown(&e->report, &p, o->type, o->unresolved ? NULL : o->layout, f->name, f->length, known);
    end_problem(e, &p);
}

/* keys that are no names: reported in the order of the table */
static void report_keys(wa_encoder *e, int table)
{
    lua_State *L = e->L;
    wa_frame member = {.up = e->frame};
    lua_pushnil(L);
    while (lua_next(L, table)) {
        int type = lua_type(L, -2);
        lua_pop(L, 1);
        if (type == LUA_TSTRING) continue;
        bool integer = type == LUA_TNUMBER && wa_integer(L, -1, &member.index) && member.index != 0;
        member.name = integer ? NULL : lua_typename(L, type);
        member.length = integer ? 0 : strlen(member.name);
        wa_problem p = begin_problem_at(e, WA_ERR_UNKNOWN, false, &member);
        wa_add_text(&e->report, &p, "a key must be a name here, this one is a %s", lua_typename(L, type));
        end_problem(e, &p);
    }
}

/* whether a name may be passed over: the message has the content of another type than it says, and was told so */
static bool is_excused(const wa_message_object *o, const unknown_field *f)
{
    if (o->variant == NULL || o->variant->id == WA_NO_ID || has_member(o, o->variant->id)) return false;
    uint8_t id = wa_id_of(o->type, f->name, f->length);
    const wa_layout *parent = o->type->layout;
    while (parent->discriminator == WA_NO_ID && parent->otherwise != NULL) parent = parent->otherwise;
    for (uint8_t i = 0; id != WA_NO_ID && i < parent->variant_count; i++) {
        if (parent->variants[i].id == id) return true;
    }
    return false;
}

/* names that the layout does not have: written in lenient mode, reported in strict mode */
static void check_unknown(wa_encoder *e, const wa_message_object *o, int table)
{
    size_t start = unknown_count(e);
    bool open = o->unresolved && o->layout->object->open && has_member(o, o->discriminator); /* kept as it is */
    int top = lua_gettop(e->L);
    size_t other_keys = collect_unknown(e, table, o->type, o->layout);
    for (size_t i = start; i < unknown_count(e) && e->unknown.failure == WA_NO_FAILURE; i++) {
        unknown_field f = unknown_at(e, i);
        bool elsewhere = wa_id_of(o->type, f.name, f.length) != WA_NO_ID;
        bool unjudged = o->unresolved &&
                        (elsewhere || has_member(o, o->discriminator)); /* it may belong to the type that was meant */
        if (unjudged || is_excused(o, &f)) continue;
        report_unknown(e, o, &f);
    }
    if (e->lenient || open) {
        if (other_keys > 0) report_mixed(e);
        write_unknown(e, start);
    } else if (other_keys > 0) {
        report_keys(e, table);
    }
    e->unknown.length = start * sizeof(unknown_field);
    lua_settop(e->L, top);
}

/* ---- variants --------------------------------------------------------------------------------------------------- */

static const wa_variant_entry *variant_by_value(const wa_layout *layout, const wa_value *v)
{
    const wa_variant_entry *end = layout->variants + layout->variant_count;
    uint8_t variant = v->interned == WA_NOT_INTERNED ? WA_NO_VARIANT : layout->variant_of[v->interned];
    if (variant != WA_NO_VARIANT) return &layout->variants[variant];
    for (const wa_variant_entry *c = layout->variants; c < end; c++) {
        if (equal_ignoring_case(v->as.text, v->length, c->value)) return c;
    }
    return NULL;
}

static const wa_variant_entry *variant_by_presence(const wa_message_object *o, const wa_layout *layout)
{
    for (uint8_t i = 0; i < layout->variant_count; i++) {
        if (has_member(o, layout->variants[i].id)) return &layout->variants[i];
    }
    return NULL;
}

static void report_variant(wa_encoder *e, const wa_message_object *o, const wa_value *v)
{
    wa_frame member = {
        .up = e->frame, .name = o->layout->object->discriminator, .length = strlen(o->layout->object->discriminator)};
    bool open = v != NULL && o->layout->object->open;
    wa_problem p = begin_problem_at(e, v == NULL ? WA_ERR_REQUIRED : WA_ERR_ENUM, open, &member);
    wa_add_text(&e->report, &p, v == NULL ? "missing: " : "must be ");
    wa_add_choices(&e->report, &p, o->layout->object->variants);
    if (v != NULL) {
        wa_add_text(&e->report, &p, ", got ");
        p.actual = wa_add_quoted(&e->report, &p, v->as.text, v->length);
        if (!open && !e->lenient) wa_add_text(&e->report, &p, " (mode = \"lenient\" lets a new one through)");
    }
    end_problem(e, &p);
}

/* the type is not given: it is that of the one member that is present */
static const wa_variant_entry *infer_variant(wa_encoder *e, wa_message_object *o)
{
    const wa_variant_entry *variant = NULL;
    size_t present = 0;
    for (uint8_t i = 0; o->layout->object->inferred && i < o->layout->variant_count; i++) {
        if (!has_member(o, o->layout->variants[i].id)) continue;
        variant = &o->layout->variants[i];
        present++;
    }
    if (present == 1) {
        o->inferred = variant->value;
        return variant;
    }
    if (present == 0) {
        report_variant(e, o, NULL);
    } else {
        wa_problem p = begin_problem(e, WA_ERR_ONE_OF, false);
        wa_add_text(&e->report, &p, "has %lu contents and no `%s` to say which", (unsigned long) present,
            o->layout->object->discriminator);
        end_problem(e, &p);
    }
    return NULL;
}

static const wa_variant_entry *choose_variant(wa_encoder *e, wa_message_object *o)
{
    const wa_value *v = &o->values[o->layout->discriminator];
    o->discriminator = o->layout->discriminator;
    if (!has_member(o, o->discriminator)) return infer_variant(e, o);
    const wa_variant_entry *variant = v->type == LUA_TSTRING ? variant_by_value(o->layout, v) : NULL;
    if (variant == NULL && v->type == LUA_TSTRING) report_variant(e, o, v);
    return variant;
}

/* [-0, +0, -] takes the layout, if it is ready */
static bool use_layout(wa_encoder *e, wa_message_object *o, wa_layout *layout)
{
    if (layout->ready) o->layout = layout;
    else request_layout(e, layout);
    return layout->ready;
}

/* finds the layout: variant after variant, until one has none */
static void resolve_variant(wa_encoder *e, wa_message_object *o)
{
    while (o->layout->variant_count > 0) {
        if (o->layout->discriminator == WA_NO_ID) {
            const wa_variant_entry *variant = variant_by_presence(o, o->layout);
            wa_layout *layout = variant != NULL ? variant->layout : o->layout->otherwise;
            if (layout == NULL || !use_layout(e, o, layout)) return;
            continue;
        }
        const wa_variant_entry *variant = choose_variant(e, o);
        if (variant == NULL) {
            o->unresolved = true;
            return;
        }
        o->variant = variant;
        if (!use_layout(e, o, variant->layout)) return;
    }
}

/* a list while it is walked */
typedef struct list_state {
    const wa_entry *entry;
    int table, top; /* of Lua's stack: where the list lies, and the top before its items */
    int64_t count;
    wa_frame item;
} list_state;

static void encode_object(wa_encoder *e, const wa_entry *entry, int table, int top, int final_top, int64_t siblings);

/* ---- lists ------------------------------------------------------------------------------------------------------ */

/* an item of a list of strings, or what is none */
static void encode_string_item(wa_encoder *e, const wa_entry *entry, int index)
{
    const wa_field *f = entry->field;
    wa_field string = {.kind = WA_STRING, .values = f->values, .marks = f->marks & WA_OPEN, .class = f->class};
    wa_entry item = {.field = &string,
        .kind = WA_STRING,
        .values = entry->values,
        .span = SIZE_MAX,
        .copied = true,
        .checked = true};
    wa_value v;
    load_value(e->L, index, &v);
    if (entry->type != NULL) string.kind = WA_OBJECT;
    if (entry->type != NULL || v.type != LUA_TSTRING) report_type(e, &string, &v);
    else encode_scalar(e, &item, &v);
}

/* [-1, +0, -] the item is on top of the stack, at the index */
static void encode_item(wa_encoder *e, const list_state *list, int index)
{
    wa_buffer_add(&e->out, ",", 1);
    if (list->entry->type != NULL && lua_type(e->L, index) == LUA_TTABLE) {
        encode_object(e, list->entry, index, index, index - 1, list->count);
        return;
    }
    encode_string_item(e, list->entry, index);
    lua_settop(e->L, index - 1);
}

/* [-0, +0, -] Walks the items as the table gives them, which is in their order where they lie in its array. Returns
 * false if another key came, with that of the first item that did not. */
static bool encode_array(wa_encoder *e, list_state *list)
{
    lua_State *L = e->L;
    int64_t key;
    lua_pushnil(L);
    for (list->item.index = 1; lua_next(L, list->table); list->item.index++) {
        bool next = wa_integer_key(L, list->top + 1, &key) && key == list->item.index;
        if (!next || !consume(e, 1)) {
            lua_pop(L, 2);
            return next;
        }
        encode_item(e, list, list->top + 2);
    }
    return true;
}

static void report_not_a_list(wa_encoder *e, const wa_value *v, int64_t hole)
{
    if (e->lenient) encode_any(e, v);
    wa_problem p = begin_problem(e, WA_ERR_TYPE, false);
    if (hole > 0) {
        wa_add_text(&e->report, &p, "a list has no holes: [%lld] is nil", (long long) hole);
    } else {
        wa_add_text(&e->report, &p, "must be a list, got a table with names: put braces around it");
    }
    end_problem(e, &p);
}

/* Walks what the table's array did not hold, if the table is a list all the same. */
static bool encode_rest(wa_encoder *e, list_state *list, int64_t *hole)
{
    if (!is_list(e, list->table, &list->count, hole)) return false;
    for (; list->item.index <= list->count && consume(e, 1); list->item.index++) {
        lua_rawgeti(e->L, list->table, (int) list->item.index);
        encode_item(e, list, list->top + 1);
    }
    return true;
}

static void encode_items(wa_encoder *e, const wa_entry *entry, const wa_value *v, int top, int64_t count)
{
    size_t start = e->out.length;
    int64_t hole = 0;
    list_state list = {.entry = entry, .table = v->as.index, .top = top, .count = count, .item.up = e->frame};
    e->frame = &list.item;
    bool whole = encode_array(e, &list) || encode_rest(e, &list, &hole);
    e->frame = list.item.up;
    if (whole) {
        close_brackets(e, start, '[', ']');
    } else {
        e->out.length = start; /* it is none */
        report_not_a_list(e, v, hole);
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

static void encode_list(wa_encoder *e, const wa_entry *entry, const wa_value *v, int top)
{
    const wa_field *f = entry->field;
    int64_t count = (int64_t) wa_rawlen(e->L, v->as.index), hole = 0;
    if (count == 0 && has_other_keys(e->L, v->as.index)) {
        is_list(e, v->as.index, &count, &hole);
        report_not_a_list(e, v, hole);
        return;
    }
    if ((size_t) count - entry->least > entry->span) check_count(e, f, count, true);
    if (e->list_rules != NULL && (f->marks & WA_COUNTED) != 0) e->list_rules->counted += count;
    note_integer(e, entry, count);
    if ((f->marks & WA_LIST_RULES) == 0) {
        encode_items(e, entry, v, top, count);
        return;
    }
    list_rules s = {.over = f->max > 0 && count > f->max};
    open_list_rules(e, &s);
    encode_items(e, entry, v, top, count);
    close_list_rules(e, f, &s);
}

/* ---- members of objects ----------------------------------------------------------------------------------------- */

/* whether Lua's stack has room above the top */
static bool has_room(wa_encoder *e, int top)
{
    if (top + STACK_ROOM <= e->room) return true;
    if (!lua_checkstack(e->L, 2 * STACK_ROOM)) return false;
    e->room = top + 2 * STACK_ROOM;
    return true;
}

/* [-0, +n, -] Reads the members of the table; those that are tables stay on the stack, above their keys. Returns false
 * where that has no room for them. */
static bool read_members(wa_encoder *e, wa_message_object *o, int table, int top)
{
    lua_State *L = e->L;
    uint64_t have = 0;
    size_t count = 0, unknown = 0;
    if (!has_room(e, top)) return false;
    lua_pushnil(L);
    while (lua_next(L, table)) {
        int id = wa_hash_find(&o->type->hash, wa_identity(L, -2));
        if (id == WA_NOT_FOUND) {
            unknown++;
            lua_pop(L, 1);
            continue;
        }
        wa_value *v = &o->values[id];
        count++;
        if ((o->type->enumerated >> id & 1) != 0) load_enumerated(L, top + 2, o->type->interned, v);
        else load_value(L, top + 2, v);
        if (v->type != LUA_TNIL) have |= UINT64_C(1) << id;
        if (v->type == LUA_TTABLE) {
            lua_pushvalue(L, -2); /* for the next turn: this key stays below its table */
            top += 2;
            if (!has_room(e, top)) return false;
        } else {
            lua_pop(L, 1);
        }
    }
    o->present = have;
    o->count = count;
    o->unknown_keys = unknown;
    o->top = top;
    if (unknown > 0) count_keys(e, unknown);
    return true;
}

/* false if the value is of another type */
static bool encode_by_kind(wa_encoder *e, const wa_entry *entry, const wa_value *v, int top)
{
    if (v->type != LUA_TTABLE) return encode_scalar(e, entry, v);
    if (entry->kind == WA_OBJECT) encode_object(e, entry, v->as.index, top, top, 0);
    else if (entry->kind == WA_LIST) encode_list(e, entry, v, top);
    else if (entry->kind == WA_MAP) encode_map(e, entry->field, v);
    else return false;
    return true;
}

static void report_deprecated(wa_encoder *e)
{
    wa_problem p = begin_problem(e, WA_ERR_FORBIDDEN, true);
    wa_add_text(&e->report, &p, "discouraged here: leave it out");
    end_problem(e, &p);
}

static void encode_field(wa_encoder *e, const wa_entry *entry, const wa_value *v, int top)
{
    wa_buffer_add_strides(&e->out, entry->key, entry->key_length);
    if (!encode_plain_string(e, entry, v) && !encode_by_kind(e, entry, v, top)) report_type(e, entry->field, v);
}

static void report_missing(wa_encoder *e, const wa_field *f, bool soft)
{
    wa_problem p = begin_problem(e, WA_ERR_REQUIRED, soft);
    wa_add_text(&e->report, &p, soft ? "missing, and advised: " : "missing: ");
    wa_add_kind(&e->report, &p, f);
    end_problem(e, &p);
}

static void encode_absent_field(wa_encoder *e, const wa_entry *entry, const char *inferred, int64_t siblings)
{
    const wa_field *f = entry->field;
    if ((f->marks & WA_ALL_OR_NONE) != 0) note_common(e, f, false);
    const char *fill = inferred == NULL && (f->marks & WA_FILLED) != 0 ? f->values[0] : inferred;
    if (fill != NULL) {
        wa_buffer_add_strides(&e->out, entry->key, entry->key_length);
        wa_buffer_add(&e->out, "\"", 1);
        wa_buffer_add(&e->out, fill, strlen(fill));
        wa_buffer_add(&e->out, "\"", 1);
    } else if ((f->marks & WA_REQUIRED) != 0 || ((f->marks & WA_AMONG_MANY) != 0 && siblings > 1)) {
        report_missing(e, f, false);
    } else if ((f->marks & WA_RECOMMENDED) != 0) {
        report_missing(e, f, true);
    }
}

/* what few fields ask when they are present: where one of many is needed, an empty string is taken for a missing one */
static void check_presence(wa_encoder *e, const wa_entry *entry, const wa_value *v, int64_t siblings)
{
    bool empty = v->type == LUA_TSTRING && v->length == 0;
    if ((entry->marks & WA_ALL_OR_NONE) != 0) note_common(e, entry->field, true);
    if ((entry->marks & WA_DEPRECATED) != 0) report_deprecated(e);
    if ((entry->marks & WA_AMONG_MANY) == 0 || siblings <= 1 || !empty) return;
    report_count(e, WA_ERR_MIN_CHARS, entry->field->class == WA_SOFT, 0, "character", "at least", 1);
}

static void encode_members(wa_encoder *e, const wa_message_object *o, int64_t siblings)
{
    wa_frame member = {.up = e->frame, .object = o};
    e->frame = &member;
    const wa_entry *end = o->layout->entries + o->layout->entry_count;
    for (const wa_entry *entry = o->layout->entries; entry < end; entry++) {
        uint8_t id = entry->id;
        bool present = (o->present >> id & 1) != 0;
        if (!present && (o->layout->absent_matters >> id & 1) == 0) continue;
        member.name = entry->key + 2;
        member.length = entry->key_length - 4u; /* without ,"": */
        if (present) {
            encode_field(e, entry, &o->values[id], o->top);
            if ((entry->marks & (WA_DEPRECATED | WA_AMONG_MANY | WA_ALL_OR_NONE)) != 0) {
                check_presence(e, entry, &o->values[id], siblings);
            }
        } else if (!(o->unresolved && id == o->discriminator)) {
            encode_absent_field(e, entry, id == o->discriminator ? o->inferred : NULL, siblings);
        }
    }
    e->frame = member.up;
}

/* the member of this name of the nearest object around that has one */
static const wa_value *find_above(const wa_encoder *e, const char *name)
{
    for (const wa_frame *f = e->frame; f != NULL; f = f->up) {
        const wa_message_object *o = f->object;
        uint8_t id = o == NULL ? WA_NO_ID : wa_id_of(o->type, name, strlen(name));
        if (has_member(o, id)) return &o->values[id];
    }
    return NULL;
}

/* whether the member is absent, or has the value if there is one */
static bool matches_value(const wa_value *v, const char *value)
{
    if (v == NULL) return true;
    return value != NULL && (v->type != LUA_TSTRING || equal_ignoring_case(v->as.text, v->length, value));
}

/* [-0, +1, -] Pushes the member of a table, or nil; by raw access, and without a new string in Lua. */
static void push_member(wa_encoder *e, int table, const char *name)
{
    lua_State *L = e->L;
    size_t keys = 0;
    lua_pushnil(L);
    while (lua_next(L, table)) {
        size_t length = 0;
        const char *key = lua_type(L, -2) == LUA_TSTRING ? lua_tolstring(L, -2, &length) : "";
        keys++;
        if (wa_is(key, length, name)) {
            lua_remove(L, -2);
            count_keys(e, keys);
            return;
        }
        lua_pop(L, 1);
    }
    lua_pushnil(L);
    count_keys(e, keys);
}

/* [-0, +0, -] Adds the amount on top of the stack, a table with `value`, to the sum. Returns false if it is none. */
static bool add_amount(wa_encoder *e, int sign, int64_t *sum)
{
    const int64_t most = INT64_C(1) << 50; /* larger than any amount, and no sum of some overflows */
    int64_t integer;
    if (lua_type(e->L, -1) != LUA_TTABLE) return false;
    push_member(e, lua_gettop(e->L), "value");
    bool good = lua_type(e->L, -1) == LUA_TNUMBER && wa_integer(e->L, -1, &integer) && integer >= 0 && integer <= most;
    if (good) *sum += sign * integer;
    lua_pop(e->L, 1);
    return good;
}

/* [-0, +0, -] The one check of amounts: the first of the rule's names is the sum of the rule's parts, which are members
 * of the second. Returns true also if no part that is added is there. */
static bool is_sum_right(wa_encoder *e, const wa_message_object *o, const wa_rule_entry *c)
{
    const wa_value *total = &o->values[c->ids[0]], *parts = &o->values[c->ids[1]];
    int64_t expected = 0, sum = 0;
    bool added = false;
    if (total->type != LUA_TTABLE || parts->type != LUA_TTABLE || !has_room(e, lua_gettop(e->L))) return true;
    lua_pushvalue(e->L, total->as.index);
    bool known = add_amount(e, 1, &expected);
    lua_pop(e->L, 1);
    for (const char *const *part = c->rule->parts; known && *part != NULL; part++) {
        bool adds = **part == '+';
        push_member(e, parts->as.index, *part + 1);
        if (add_amount(e, adds ? 1 : -1, &sum) && adds) added = true;
        lua_pop(e->L, 1);
    }
    return !added || sum == expected;
}

static void check_rule(wa_encoder *e, const wa_message_object *o, const wa_rule_entry *c)
{
    bool first = has_member(o, c->ids[0]), second = has_member(o, c->ids[1]), soft = c->rule->class == WA_SOFT;
    switch ((wa_rule_kind) c->rule->kind) {
    case WA_EXACTLY_ONE:
        if (first != second) return;
        break;
    case WA_AT_LEAST_ONE:
        if (first || second) return;
        break;
    case WA_SUM:
        if (!first || !second || is_sum_right(e, o, c)) return;
        break;
    case WA_ONLY_WHEN:
        if (!first || matches_value(second ? &o->values[c->ids[1]] : NULL, c->rule->value)) return;
        break;
    case WA_ONLY_UNDER:
        if (!first || matches_value(find_above(e, c->rule->names[1]), c->rule->value)) return;
        break;
    }
    wa_error_code code = c->rule->kind == WA_EXACTLY_ONE    ? WA_ERR_ONE_OF
                         : c->rule->kind == WA_AT_LEAST_ONE ? WA_ERR_REQUIRED
                         : c->rule->kind == WA_SUM          ? WA_ERR_RANGE
                                                            : WA_ERR_FORBIDDEN;
    wa_frame member = {.up = e->frame, .name = c->rule->names[0], .length = strlen(c->rule->names[0])};
    wa_problem p = begin_problem_at(e, code, soft, c->rule->kind == WA_EXACTLY_ONE ? e->frame : &member);
    wa_add_rule(&e->report, &p, c->rule, first);
    end_problem(e, &p);
}

/* a list where an object is expected */
static bool is_misplaced_list(wa_encoder *e, int table)
{
    int64_t count = 0, hole = 0;
    if (!is_list(e, table, &count, &hole) || count == 0) return false;
    if (e->lenient) encode_any(e, &(wa_value){.type = LUA_TTABLE, .as.index = table});
    wa_problem p = begin_problem(e, WA_ERR_TYPE, false);
    wa_add_text(&e->report, &p, "must be a table with names, got a list");
    end_problem(e, &p);
    return true;
}

/* An object that lies somewhere on the stack. Leaves so much on the stack: all that was there, or all but the object.
 */
static void encode_object(wa_encoder *e, const wa_entry *entry, int table, int top, int final_top, int64_t siblings)
{
    size_t start = e->out.length;
    wa_value values[WA_MAX_NAMES];
    wa_message_object o = {
        .type = entry->type, .layout = entry->type->layout, .values = values, .discriminator = WA_NO_ID};
    bool ready = o.layout->ready;
    if (!ready || !read_members(e, &o, table, top)) {
        if (!ready) request_layout(e, entry->type->layout);
        else report_deep(e, "nested deeper than this Lua's stack can hold");
        lua_settop(e->L, final_top);
        return;
    }
    if (o.present != 0 || o.unknown_keys == 0 || !is_misplaced_list(e, table)) {
        if (o.layout->variant_count > 0) resolve_variant(e, &o);
        if ((entry->marks & WA_COMPARED) != 0 && entry->kind == WA_OBJECT)
            note_integer(e, entry, (int64_t) (intptr_t) o.layout);
        if (consume(e, o.count)) {
            encode_members(e, &o, siblings);
            for (uint8_t i = 0; i < o.layout->rule_count; i++) check_rule(e, &o, &o.layout->rules[i]);
            if (o.unknown_keys > 0 || (o.present & ~o.layout->mask) != 0) check_unknown(e, &o, table);
        }
        close_brackets(e, start, '{', '}');
    }
    if (o.top > final_top) lua_settop(e->L, final_top);
}

void wa_encoder_init(wa_encoder *e, wa_allocator allocate, void *context)
{
    *e = (wa_encoder){.L = NULL};
    wa_buffer_init(&e->out, allocate, context, MAX_BYTES);
    wa_buffer_init(&e->noted, allocate, context, SIZE_MAX / 2);
    wa_buffer_init(&e->unknown, allocate, context, SIZE_MAX / 2);
    wa_buffer_init(&e->report.records, allocate, context, SIZE_MAX / 2);
    wa_buffer_init(&e->report.text, allocate, context, SIZE_MAX / 2);
}

void wa_encoder_free(wa_encoder *e)
{
    wa_buffer_free(&e->out);
    wa_buffer_free(&e->noted);
    wa_buffer_free(&e->unknown);
    wa_buffer_free(&e->report.records);
    wa_buffer_free(&e->report.text);
}

void wa_encoder_reset(wa_encoder *e)
{
    wa_buffer_reset(&e->out, KEPT_BYTES);
    wa_buffer_reset(&e->noted, KEPT_BYTES);
    wa_buffer_reset(&e->unknown, KEPT_BYTES);
    wa_buffer_reset(&e->report.records, KEPT_BYTES);
    wa_buffer_reset(&e->report.text, KEPT_BYTES);
}

static bool out_of_memory(const wa_encoder *e)
{
    return e->out.failure == WA_NO_MEMORY || e->noted.failure == WA_NO_MEMORY || e->unknown.failure == WA_NO_MEMORY ||
           e->report.records.failure == WA_NO_MEMORY || e->report.text.failure == WA_NO_MEMORY;
}

bool wa_encode_message(wa_encoder *e, lua_State *L, int table, wa_type *root)
{
    e->L = L;
    e->interned = root->interned->values;
    e->writing = true;
    e->report.problems = e->report.warnings = 0;
    e->values = MAX_VALUES;
    e->keys = e->unwritten = 0;
    e->depth = 0;
    e->missing_layout = NULL;
    e->frame = NULL;
    e->list_rules = NULL;
    e->room = 0;
    int top = lua_gettop(L);
    encode_object(e, &(wa_entry){.type = root}, table, top, top, 0);
    if (e->out.failure == WA_TOO_LONG) {
        wa_problem p = begin_fatal(e, WA_ERR_MAX_CHARS);
        p.limit = wa_number_detail(MAX_BYTES);
        wa_add_text(&e->report, &p, "longer than %d MiB", MAX_BYTES >> 20);
        end_problem(e, &p);
    }
    return !out_of_memory(e);
}
