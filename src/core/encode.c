/* The encoder: a Lua table, checked against the schema and written as JSON in the same pass. It knows kinds, limits,
 * rules and variants, and no message: those are in schema.c. Never runs Lua code and never allocates on the Lua heap.
 */
#include "encode.h"

#include "json.h"
#include "utf8.h"

#include <stdio.h>
#include <stdlib.h>

enum {
    WA_MAX_DEPTH = 100,      /* levels of free data */
    WA_MAX_VALUES = 1000000, /* in one message */
    WA_MAX_KEYS = 5000000,   /* read before that; each is read a few times */
    WA_MAX_BYTES = 64 << 20, /* of one message */
    WA_MAX_SEEN = 256,       /* values compared in one scope */
    WA_ROOM = 20,            /* on Lua's stack, for whatever a step needs */
    KEPT_BYTES = 16 << 10    /* of memory between two messages */
};

/* a Lua value, read once: strings by address, tables by stack index */
typedef struct wa_value {
    int type; /* as of lua_type; null is LUA_TNIL */
    bool integral;
    uint8_t known; /* its number in the vocabulary, or WA_NO_KNOWN: of a string only, as its length is */
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
typedef struct wa_scope {
    struct wa_scope *up;
    size_t start, count; /* of its entries among the seen */
    int64_t counted;
    bool over, some;
    const wa_field *common;             /* what all or none must have */
    uint64_t lacking[WA_MAX_SEEN / 64]; /* the items that have it not, a bit each */
    int64_t beyond;                     /* the first of those for which there is no bit */
} wa_scope;

/* an object while it is walked */
typedef struct wa_subject {
    const wa_node *node;
    const wa_shape *shape;
    const wa_choice *choice; /* by which the shape was found, if by a value */
    const char *inferred;    /* the value of `by`, if it was left out */
    wa_value *values;        /* of the words that are present */
    uint64_t have;           /* words that are present */
    size_t count;            /* of its members */
    size_t unknown;          /* keys that are no word of the node */
    int top;                 /* of Lua's stack, above its members */
    uint8_t by;
    bool unresolved; /* no variant: only what all of them have can be checked */
} wa_subject;

/* ---- reading ---------------------------------------------------------------------------------------------------- */

/* [-0, +0, -] reads the value at the index from the bottom, where it must stay if it is a table */
static inline void wa_read_value(lua_State *L, int index, wa_value *v)
{
    int type = lua_type(L, index);
    v->type = type;
    if (type == LUA_TSTRING) {
        v->as.text = lua_tolstring(L, index, &v->length);
        v->known = WA_NO_KNOWN;
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
static inline void wa_read_listed(lua_State *L, int index, const wa_vocabulary *vocabulary, wa_value *v)
{
    int number = wa_index_find(&vocabulary->index, wa_identity(L, index));
    if (number == WA_NOT_INDEXED) {
        wa_read_value(L, index, v);
        return;
    }
    v->type = LUA_TSTRING;
    v->known = (uint8_t) number;
    v->length = vocabulary->known[number].length;
    v->as.text = vocabulary->known[number].text;
}

static inline bool wa_has(const wa_subject *o, uint8_t word)
{
    return word != WA_NO_WORD && (o->have >> word & 1) != 0;
}

/* ---- reports ---------------------------------------------------------------------------------------------------- */

static WA_RARE bool wa_spend_last(wa_walk *w)
{
    if (w->values == 0) return false;
    w->values = 0;
    wa_problem p = wa_problem_begin(&w->report, WA_BREACH_MAX_ITEMS, false, w->frame);
    p.limit = wa_count(WA_MAX_VALUES);
    wa_say(&w->report, &p, "more than %d values in one message", WA_MAX_VALUES);
    wa_problem_end(&w->report, &p);
    return false;
}

/* whether so many values more may be looked at; says so once where not */
static inline bool wa_spend(wa_walk *w, size_t count)
{
    if (w->values <= count) return wa_spend_last(w);
    w->values -= count;
    return true;
}

/* the shape is to be made ready: the walk is at its end */
static WA_RARE void wa_want(wa_walk *w, wa_shape *shape)
{
    w->wanted = shape;
    w->writes = false;
    w->values = 0; /* so that nothing more is looked at */
}

/* counts keys that were read: the same table may stand in many places, and is read in each */
static void wa_look(wa_walk *w, size_t keys)
{
    w->keys += keys;
    if (w->keys > WA_MAX_KEYS) wa_spend_last(w);
}

static WA_RARE wa_problem wa_breach_at(wa_walk *w, wa_breach breach, bool soft, const wa_frame *where)
{
    wa_problem p = wa_problem_begin(&w->report, breach, soft || w->lenient, where);
    if (!p.warning) w->writes = false; /* nothing that is written from here on is used */
    return p;
}

/* of what is being walked */
static WA_RARE wa_problem wa_breach_of(wa_walk *w, wa_breach breach, bool soft)
{
    return wa_breach_at(w, breach, soft, w->frame);
}


static void wa_breach_end(wa_walk *w, wa_problem *p)
{
    wa_problem_end(&w->report, p);
}

/* "27 characters, at most 20" */
static WA_RARE void wa_report_count(
    wa_walk *w, wa_breach breach, bool soft, int64_t actual, const char *unit, const char *bound, int64_t limit)
{
    wa_problem p = wa_breach_of(w, breach, soft);
    p.actual = wa_count((double) actual);
    p.limit = wa_count((double) limit);
    wa_say(&w->report, &p, "%lld %s%s, %s %lld", (long long) actual, unit, actual == 1 ? "" : "s", bound,
        (long long) limit);
    wa_breach_end(w, &p);
}

static WA_RARE wa_problem wa_fatal(wa_walk *w, wa_breach breach)
{
    w->writes = false;
    return wa_problem_begin(&w->report, breach, false, w->frame);
}

static wa_detail wa_say_type(wa_walk *w, const wa_problem *p, const wa_value *v)
{
    if (v->type == LUA_TNUMBER) {
        char number[32];
        double value = v->integral ? (double) v->as.integer : v->as.number;
        if (value != value) return wa_say_word(&w->report, p, "nan", 3); /* its sign is the processor's whim */
        int length = snprintf(number, sizeof number, "%.17g", value);
        char *comma = strchr(number, ','); /* the point of many a locale */
        if (comma != NULL) *comma = '.';
        return wa_say_word(&w->report, p, number, (size_t) length);
    }
    const char *name = v->type == LUA_TNIL             ? "null"
                       : v->type == LUA_TLIGHTUSERDATA ? "userdata"
                                                       : lua_typename(w->L, v->type);
    return wa_say_word(&w->report, p, name, strlen(name));
}

static WA_RARE void wa_report_unwritable(wa_walk *w, const wa_value *v)
{
    bool number = v->type == LUA_TNUMBER;
    wa_problem p = wa_fatal(w, number ? WA_BREACH_RANGE : WA_BREACH_TYPE);
    wa_say(&w->report, &p, number ? "must be finite" : "JSON cannot hold a ");
    if (!number) p.actual = wa_say_type(w, &p, v);
    wa_breach_end(w, &p);
}

static void report_utf8(wa_walk *w, size_t wrong)
{
    wa_problem p = wa_fatal(w, WA_BREACH_UTF8);
    p.actual = wa_count((double) wrong + 1);
    wa_say(&w->report, &p, "not UTF-8 from byte %lu on", (unsigned long) wrong + 1);
    wa_breach_end(w, &p);
}

/* ---- lists whose items have rules together ---------------------------------------------------------------------- */

static inline bool wa_is_lacking(const wa_scope *s, int64_t index)
{
    if (index > WA_MAX_SEEN) return index == s->beyond;
    return (s->lacking[(index - 1) / 64] >> (index - 1) % 64 & 1) != 0;
}

/* a member of an item, in a list whose items all have the field, or none */
static inline void wa_note_common(wa_walk *w, const wa_field *f, bool present)
{
    wa_scope *s = w->scope;
    if (s == NULL) return;
    int64_t index = w->frame->up->index;
    s->common = f;
    if (present) s->some = true;
    else if (index > WA_MAX_SEEN) s->beyond = s->beyond == 0 ? index : s->beyond;
    else if (index >= 1) s->lacking[(index - 1) / 64] |= UINT64_C(1) << (index - 1) % 64;
}

/* a value of a scope; the prints are compared first, for values of one list are often long and much alike */
typedef struct entry {
    const wa_field *field;
    const char *text; /* NULL: a number */
    size_t length;
    int64_t integer;
    uint64_t name_print, text_print;
} entry;

static entry *seen_at(wa_walk *w, size_t index)
{
    return (entry *) (void *) (w->seen.bytes + index * sizeof(entry));
}

static size_t seen_count(const wa_walk *w)
{
    return w->seen.length / sizeof(entry);
}

/* an id may be given as a number here and as a string there */
static bool same_digits(const entry *number, const entry *text)
{
    char digits[24];
    int length = snprintf(digits, sizeof digits, "%lld", (long long) number->integer);
    return (size_t) length == text->length && memcmp(digits, text->text, text->length) == 0;
}

static bool equal(const entry *a, const entry *b)
{
    if (a->text == NULL && b->text == NULL) return a->integer == b->integer;
    if (a->text == NULL) return same_digits(a, b);
    if (b->text == NULL) return same_digits(b, a);
    if (a->text_print != b->text_print || a->length != b->length) return false;
    return a->text == b->text || memcmp(a->text, b->text, a->length) == 0;
}

static void report_twice(wa_walk *w, const wa_field *f, const entry *new)
{
    wa_problem p = wa_breach_of(w, WA_BREACH_UNIQUE, (f->flags & WA_UNIQUE_SOFT) != 0 || f->grade == WA_SOFT);
    if (new->text != NULL) {
        p.actual = wa_say_quoted(&w->report, &p, new->text, new->length);
    } else {
        p.actual = wa_count((double) new->integer);
        wa_say(&w->report, &p, "%lld", (long long) new->integer);
    }
    wa_say(&w->report, &p, " stands here twice, must be unique");
    wa_breach_end(w, &p);
}

static void report_different(wa_walk *w, const wa_field *f, const entry *new, const entry *first)
{
    if (f->kind == WA_LIST) {
        bool more = new->integer > first->integer;
        wa_report_count(w, more ? WA_BREACH_MAX_ITEMS : WA_BREACH_MIN_ITEMS, false, new->integer, "item",
            "as in the first of the list must be", first->integer);
        return;
    }
    wa_problem p = wa_breach_of(w, WA_BREACH_ENUM, false);
    wa_say(&w->report, &p, "must be the same in the whole list");
    if (first->text != NULL && new->text != NULL) {
        wa_say(&w->report, &p, ": ");
        p.limit = wa_say_quoted(&w->report, &p, first->text, first->length);
        wa_say(&w->report, &p, ", got ");
        p.actual = wa_say_quoted(&w->report, &p, new->text, new->length);
    }
    wa_breach_end(w, &p);
}

/* notes a value whose field is unique, or the same, in the scope around it */
static void note(wa_walk *w, entry *new)
{
    const wa_field *f = new->field;
    wa_scope *s = w->scope;
    if (s == NULL || s->count >= WA_MAX_SEEN) return;
    if (new->text != NULL) new->text_print = wa_print_of(new->text, new->length);
    for (size_t i = s->start; i < seen_count(w); i++) {
        entry *old = seen_at(w, i);
        if (old->name_print != new->name_print) continue;
        if (old->field != f && strcmp(old->field->name, f->name) != 0) continue; /* items may be of several shapes */
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

static void wa_note_string(wa_walk *w, const wa_slot *slot, const char *text, size_t length)
{
    if ((slot->flags & WA_NOTED) == 0) return;
    note(w, &(entry){.field = slot->field, .name_print = slot->print, .text = text, .length = length});
}

static void wa_note_integer(wa_walk *w, const wa_slot *slot, int64_t integer)
{
    if ((slot->flags & WA_NOTED) == 0) return;
    note(w, &(entry){.field = slot->field, .name_print = slot->print, .integer = integer});
}

static void wa_note_amount(wa_walk *w, const wa_field *f, int64_t integer)
{
    const int64_t most = INT64_C(1) << 50; /* no amount is near it, and no sum of such overflows */
    if ((f->flags & WA_AMOUNT) == 0 || integer < 0 || integer > most) return;
    if (w->role == WA_TOTAL) w->sum.total = integer;
    if (w->role == WA_ADDS) w->sum.parts += integer;
    if (w->role == WA_TAKES) w->sum.parts -= integer;
    w->sum.has_total = w->sum.has_total || w->role == WA_TOTAL;
    w->sum.has_parts = w->sum.has_parts || w->role == WA_ADDS;
}

/* whether the sum is right, or not known; the next one starts at nothing */
static bool wa_take_sum(wa_walk *w)
{
    bool right = !w->sum.has_total || !w->sum.has_parts || w->sum.total == w->sum.parts;
    memset(&w->sum, 0, sizeof w->sum);
    return right;
}

static void wa_open_scope(wa_walk *w, wa_scope *s)
{
    s->up = w->scope;
    s->start = seen_count(w);
    w->scope = s;
}

/* where some have the field: one problem for each that has not */
static void report_lacking(wa_walk *w, const wa_scope *s)
{
    const char *name = s->common->name;
    wa_frame item = {.up = w->frame}, member = {.up = &item, .name = name, .length = strlen(name)};
    const int64_t last = s->beyond > 0 ? s->beyond : WA_MAX_SEEN;
    for (item.index = 1; item.index <= last; item.index++) {
        if (!wa_is_lacking(s, item.index)) continue;
        wa_problem p = wa_breach_at(w, WA_BREACH_REQUIRED, false, &member);
        wa_say(&w->report, &p, "missing, and others of the list have one: all or none");
        wa_breach_end(w, &p);
    }
}

static void wa_close_scope(wa_walk *w, const wa_field *f, wa_scope *s)
{
    if (f->total > 0 && s->counted > f->total && !s->over) {
        wa_report_count(
            w, WA_BREACH_MAX_ITEMS, f->grade == WA_SOFT, s->counted, "item", "in its lists together at most", f->total);
    }
    if (s->some) report_lacking(w, s);
    w->seen.length = s->start * sizeof(entry);
    w->scope = s->up;
}

/* ---- values ----------------------------------------------------------------------------------------------------- */

static void wa_put_free(wa_walk *w, const wa_value *v);

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
static bool wa_same_word(const char *a, size_t length, const char *b)
{
    for (size_t i = 0; i < length; i++) {
        char x = a[i], y = b[i];
        if (x >= 'A' && x <= 'Z') x = (char) (x - 'A' + 'a');
        if (y >= 'A' && y <= 'Z') y = (char) (y - 'A' + 'a');
        if (y == '\0' || x != y) return false;
    }
    return b[length] == '\0';
}

static inline bool wa_is_value_known(const wa_slot *slot, const char *text)
{
    for (const char **v = slot->values; *v != NULL; v++) {
        if (*v == text) return true; /* the same string, as it nearly always is */
    }
    return false;
}

static bool is_value(const wa_slot *slot, const char *text, size_t length)
{
    if (wa_is_value_known(slot, text)) return true;
    for (const char **v = slot->values; *v != NULL; v++) {
        if (wa_same_word(text, length, *v)) return true;
    }
    return false;
}

/* a string that is checked and not written; one may stand in a message a million times */
static bool pass_over(wa_walk *w, size_t length)
{
    if (w->out.failure == WA_NO_FAILURE && w->out.length + w->unwritten + length > WA_MAX_BYTES) {
        w->out.failure = WA_TOO_LONG;
    }
    if (w->out.failure != WA_NO_FAILURE) return false;
    w->unwritten += length;
    return true;
}

/* SIZE_MAX where there is nothing more to say of it: it is not UTF-8, or the message is too long */
static size_t wa_put_string(wa_walk *w, const char *text, size_t length)
{
    size_t wrong, count;
    if (!w->writes && !pass_over(w, length)) return SIZE_MAX;
    count = w->writes ? wa_json_string(&w->out, text, length, &wrong) : wa_utf8_count(text, length, &wrong);
    if (w->out.failure != WA_NO_FAILURE) return SIZE_MAX;
    if (wrong == length) return count;
    report_utf8(w, wrong);
    return SIZE_MAX;
}

/* characters or items against the field's limits */
static WA_RARE void wa_check_count(wa_walk *w, const wa_field *f, int64_t count, bool items)
{
    bool soft = f->grade == WA_SOFT;
    const char *unit = items ? "item" : "character";
    if (count < f->min) {
        wa_report_count(w, items ? WA_BREACH_MIN_ITEMS : WA_BREACH_MIN_CHARS, soft, count, unit, "at least", f->min);
    } else if (f->max > 0 && count > f->max) {
        wa_report_count(w, items ? WA_BREACH_MAX_ITEMS : WA_BREACH_MAX_CHARS, soft, count, unit, "at most", f->max);
        if (w->scope != NULL && (f->flags & WA_COUNTED) != 0) w->scope->over = true;
    } else if (f->advised_max > 0 && count > f->advised_max) {
        wa_report_count(w, items ? WA_BREACH_MAX_ITEMS : WA_BREACH_MAX_CHARS, true, count, unit,
            "some sources say at most", f->advised_max);
    }
}

static void check_values(wa_walk *w, const wa_slot *slot, const char *text, size_t length)
{
    const wa_field *f = slot->field;
    if (f->values == NULL || is_value(slot, text, length)) return;
    wa_problem p = wa_breach_of(w, WA_BREACH_ENUM, f->grade == WA_SOFT || (f->flags & WA_OPEN) != 0);
    p.limit = wa_say_values(&w->report, &p, f->values);
    wa_say(&w->report, &p, ", got ");
    p.actual = wa_say_quoted(&w->report, &p, text, length);
    wa_breach_end(w, &p);
}

static void check_format(wa_walk *w, const wa_field *f, const char *text, size_t length)
{
    if (f->format == WA_ANY_FORMAT || length == 0 || wa_has_format(f->format, text, length)) return;
    wa_problem p = wa_breach_of(w, WA_BREACH_FORMAT, f->grade == WA_SOFT);
    wa_say(&w->report, &p, "must be %s, got ", wa_format_names[f->format]);
    p.actual = wa_say_quoted(&w->report, &p, text, length);
    wa_breach_end(w, &p);
}

static WA_RARE void wa_report_type(wa_walk *w, const wa_field *f, const wa_value *v)
{
    bool soft = f->grade == WA_SOFT, beyond = is_beyond(v);
    bool other = beyond && f->kind == WA_ID;               /* than was meant: in no mode is that sent */
    if ((w->lenient || soft) && !other) wa_put_free(w, v); /* as it is, if JSON can hold it */
    wa_problem p = other ? wa_fatal(w, WA_BREACH_TYPE) : wa_breach_of(w, WA_BREACH_TYPE, soft);
    wa_say(&w->report, &p, "must be %s, got ", wa_kind_names[f->kind]);
    p.actual = wa_say_type(w, &p, v);
    if (beyond) wa_say(&w->report, &p, ", too large to be exact%s", other ? ": write it as a string" : "");
    wa_breach_end(w, &p);
}

/* what is asked of a string besides its length */
static void wa_check_text(wa_walk *w, const wa_slot *slot, const char *text, size_t length)
{
    check_values(w, slot, text, length);
    check_format(w, slot->field, text, length);
    wa_note_string(w, slot, text, length);
}

/* The quick way for most strings: checks and writes one that is known, or plain, and as long as it should be; else does
 * nothing. */
static inline bool wa_put_quickly(wa_walk *w, const wa_slot *slot, const wa_value *v)
{
    if (v->type != LUA_TSTRING || !slot->text || !w->writes) return false;
    if (v->length - slot->least > slot->span) return false;
    if (v->known != WA_NO_KNOWN) wa_buffer_add_strides(&w->out, w->known[v->known].written, v->length + 2u);
    else if (!wa_json_plain(&w->out, v->as.text, v->length)) return false;
    if (!slot->more || (slot->only && wa_is_value_known(slot, v->as.text))) return true;
    wa_check_text(w, slot, v->as.text, v->length);
    return true;
}

static void put_text(wa_walk *w, const wa_slot *slot, const char *text, size_t length)
{
    size_t count = wa_put_string(w, text, length);
    if (count == SIZE_MAX) return;
    if (count - slot->least > slot->span) wa_check_count(w, slot->field, (int64_t) count, false);
    if (slot->more) wa_check_text(w, slot, text, length);
}

static void report_negative(wa_walk *w, const wa_field *f, int64_t integer)
{
    wa_problem p = wa_breach_of(w, WA_BREACH_RANGE, f->grade == WA_SOFT);
    p.actual = wa_count((double) integer);
    p.limit = wa_count(0);
    wa_say(&w->report, &p, "%lld, an id is not negative", (long long) integer);
    wa_breach_end(w, &p);
}

/* an integer that is written as a string of its digits */
static void put_digits(wa_walk *w, const wa_slot *slot, int64_t integer)
{
    const wa_field *f = slot->field;
    wa_buffer_add(&w->out, "\"", 1);
    size_t from = w->out.length;
    wa_json_integer(&w->out, integer);
    size_t length = w->out.length - from;
    if (w->out.failure != WA_NO_FAILURE) return;
    wa_check_count(w, f, (int64_t) length, false);
    if (integer < 0) report_negative(w, f, integer);
    check_values(w, slot, w->out.bytes + from, length);
    wa_buffer_add(&w->out, "\"", 1);
    wa_note_integer(w, slot, integer);
}

static void check_range(wa_walk *w, const wa_field *f, int64_t integer)
{
    bool over = f->max != 0 && integer > f->max;
    if (!over && ((f->max == 0 && f->min == 0) || integer >= f->min)) return;
    wa_problem p = wa_breach_of(w, WA_BREACH_RANGE, f->grade == WA_SOFT);
    p.actual = wa_count((double) integer);
    p.limit = wa_count(over ? f->max : f->min);
    wa_say(&w->report, &p, f->max == 0 ? "%lld, at least %d" : "%lld, must be %d to %d", (long long) integer,
        (int) f->min, (int) f->max);
    wa_breach_end(w, &p);
}

static void put_integer(wa_walk *w, const wa_slot *slot, int64_t integer)
{
    wa_json_integer(&w->out, integer);
    check_range(w, slot->field, integer);
    wa_note_integer(w, slot, integer);
    wa_note_amount(w, slot->field, integer);
}

/* a position as a string: a few digits */
static void put_ordinal(wa_walk *w, const wa_field *f, const char *text, size_t length)
{
    int64_t integer = 0;
    size_t count = wa_put_string(w, text, length);
    if (count == SIZE_MAX || f->max == 0) return;
    for (size_t i = 0; i < length && integer < INT32_MAX; i++) {
        bool digit = text[i] >= '0' && text[i] <= '9';
        integer = digit ? integer * 10 + (text[i] - '0') : INT64_MAX;
    }
    if (length > 0 && integer != INT64_MAX) {
        check_range(w, f, integer);
        return;
    }
    wa_problem p = wa_breach_of(w, WA_BREACH_FORMAT, f->grade == WA_SOFT);
    wa_say(&w->report, &p, "must be a whole number from %d to %d, got ", (int) f->min, (int) f->max);
    p.actual = wa_say_quoted(&w->report, &p, text, length);
    wa_breach_end(w, &p);
}

static void wa_put_boolean(wa_walk *w, bool boolean)
{
    wa_buffer_add(&w->out, boolean ? "true" : "false", boolean ? 4 : 5);
}

static void wa_put_number(wa_walk *w, const wa_value *v)
{
    if (v->integral) {
        wa_json_integer(&w->out, v->as.integer);
    } else if (!is_finite(v->as.number)) {
        wa_report_unwritable(w, v);
    } else if (is_beyond(v) && v->as.number >= -WA_EXACT && v->as.number <= WA_EXACT) {
        wa_json_integer(&w->out, (int64_t) v->as.number); /* a single: every digit of what it holds */
    } else {
        wa_json_number(&w->out, v->as.number, WA_IS_SINGLE);
    }
}

/* kind by kind, which strings and which numbers it takes and how they are written */
static bool put_as_string(wa_walk *w, const wa_slot *slot, const wa_value *v)
{
    if (slot->text) put_text(w, slot, v->as.text, v->length);
    else if (slot->kind == WA_ORDINAL) put_ordinal(w, slot->field, v->as.text, v->length);
    else return false;
    return true;
}

static bool put_as_number(wa_walk *w, const wa_slot *slot, const wa_value *v)
{
    if (slot->kind == WA_NUMBER) wa_put_number(w, v);
    else if (!v->integral) return false;
    else if (slot->kind == WA_ID) put_digits(w, slot, v->as.integer);
    else if (slot->kind == WA_INTEGER || slot->kind == WA_ORDINAL) put_integer(w, slot, v->as.integer);
    else return false;
    return true;
}

/* checks and writes a value of a kind that holds no others; false if the value is of another type */
static bool wa_put_scalar(wa_walk *w, const wa_slot *slot, const wa_value *v)
{
    if (v->type == LUA_TSTRING) return put_as_string(w, slot, v);
    if (v->type == LUA_TNUMBER) return put_as_number(w, slot, v);
    if (v->type != LUA_TBOOLEAN || (slot->kind != WA_BOOLEAN && slot->kind != WA_LABEL)) return false;
    wa_put_boolean(w, v->as.boolean);
    return true;
}

/* ---- free data -------------------------------------------------------------------------------------------------- */

/* closes an object or a list whose members were each written with a comma before them */
static inline void wa_close(wa_walk *w, size_t start, char opening, char closing)
{
    if (!wa_buffer_reserve(&w->out, 2)) return;
    if (w->out.length == start) w->out.length++;
    w->out.bytes[start] = opening;
    w->out.bytes[w->out.length++] = closing;
}

/* [-0, +0, -] whether the keys of the table are 1 to *count; else *hole is the first that is missing, 0 if there are
 * other keys than those of a list */
static bool wa_is_list(wa_walk *w, int table, int64_t *count, int64_t *hole)
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
            wa_look(w, (size_t) keys);
            return false;
        }
        keys++;
        if (key > most) most = key;
    }
    wa_look(w, (size_t) keys);
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

static WA_RARE void wa_report_deep(wa_walk *w, const char *sentence)
{
    wa_problem p = wa_fatal(w, WA_BREACH_DEPTH);
    p.limit = wa_count(WA_MAX_DEPTH);
    wa_say(&w->report, &p, "%s", sentence);
    wa_breach_end(w, &p);
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

static void wa_report_mixed(wa_walk *w)
{
    wa_problem p = wa_fatal(w, WA_BREACH_TYPE);
    wa_say(&w->report, &p, "must be a list without holes or a table with names, got a mixture");
    wa_breach_end(w, &p);
}

static void put_free_list(wa_walk *w, int table, int64_t count)
{
    lua_State *L = w->L;
    wa_frame item = {.up = w->frame};
    w->frame = &item;
    wa_buffer_add(&w->out, "[", 1);
    for (item.index = 1; item.index <= count && wa_spend(w, 1); item.index++) {
        wa_value v;
        lua_rawgeti(L, table, (int) item.index);
        wa_read_value(L, lua_gettop(L), &v);
        if (item.index > 1) wa_buffer_add(&w->out, ",", 1);
        wa_put_free(w, &v);
        lua_pop(L, 1);
    }
    wa_buffer_add(&w->out, "]", 1);
    w->frame = item.up;
}

/* a name that the schema does not have here, and its value */
typedef struct wa_foreign {
    const char *name;
    size_t length;
    wa_value value;
} wa_foreign;

static int by_name(const void *a, const void *b)
{
    const wa_foreign *x = a, *y = b;
    size_t shorter = x->length < y->length ? x->length : y->length;
    int order = memcmp(x->name, y->name, shorter);
    return order != 0 ? order : x->length < y->length ? -1 : x->length > y->length;
}

static wa_foreign wa_foreign_at(const wa_walk *w, size_t index)
{
    wa_foreign f;
    memcpy(&f, w->foreign.bytes + index * sizeof f, sizeof f);
    return f;
}

static size_t wa_foreign_count(const wa_walk *w)
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

/* [-0, +n, -] Gathers the names of a table that are not in the shape (all of them where there is none), sorted by their
 * bytes, with those values left on the stack that are tables. Returns the number of keys that are no strings. */
static size_t wa_gather(wa_walk *w, int table, const wa_node *node, const wa_shape *shape)
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

/* writes the gathered names from `start` on, each with a comma before it */
static void wa_put_foreign(wa_walk *w, size_t start)
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

static void put_free_names(wa_walk *w, int table)
{
    int top = lua_gettop(w->L);
    size_t start = w->out.length, from = wa_foreign_count(w);
    if (wa_gather(w, table, NULL, NULL) > 0) wa_report_mixed(w);
    wa_put_foreign(w, from);
    wa_close(w, start, '{', '}');
    lua_settop(w->L, top);
}

static bool holds_itself(const wa_walk *w, const void *table)
{
    for (const wa_frame *f = w->frame; f != NULL; f = f->up) {
        if (f->table == table) return true;
    }
    return false;
}

static void put_free_table(wa_walk *w, int table)
{
    int64_t count = 0, hole = 0;
    const wa_frame *before = w->frame;
    wa_frame here = before != NULL ? *before : (wa_frame){.up = NULL};
    here.table = lua_topointer(w->L, table);
    if (holds_itself(w, here.table)) {
        wa_report_deep(w, "a table that holds itself");
        return;
    }
    if (w->depth >= WA_MAX_DEPTH) {
        wa_report_deep(w, "nested deeper than 100 levels");
        return;
    }
    if (!lua_checkstack(w->L, 8)) {
        wa_report_deep(w, "more than this Lua's stack can hold");
        return;
    }
    w->frame = &here;
    w->depth++;
    bool list = wa_is_list(w, table, &count, &hole);
    if (list && (count > 0 || is_marked(w->L, table))) {
        put_free_list(w, table, count);
    } else if (hole > 0) {
        wa_report_mixed(w);
    } else {
        put_free_names(w, table);
    }
    w->depth--;
    w->frame = before;
}

static void wa_put_free(wa_walk *w, const wa_value *v)
{
    switch (v->type) {
    case LUA_TNIL:
        wa_buffer_add(&w->out, "null", 4);
        break;
    case LUA_TBOOLEAN:
        wa_put_boolean(w, v->as.boolean);
        break;
    case LUA_TNUMBER:
        wa_put_number(w, v);
        break;
    case LUA_TSTRING:
        wa_put_string(w, v->as.text, v->length);
        break;
    case LUA_TTABLE:
        put_free_table(w, v->as.index);
        break;
    default:
        wa_report_unwritable(w, v);
        break;
    }
}

static void wa_put_map(wa_walk *w, const wa_field *f, const wa_value *v)
{
    int64_t count = 0, hole = 0;
    bool list = wa_is_list(w, v->as.index, &count, &hole);
    if ((list && (count > 0 || is_marked(w->L, v->as.index))) || hole > 0) {
        wa_problem p = wa_breach_of(w, WA_BREACH_TYPE, f->grade == WA_SOFT);
        wa_say(&w->report, &p, "must be a table with names, got a list");
        wa_breach_end(w, &p);
    }
    if (list && count == 0 && f->min > 0) wa_report_count(w, WA_BREACH_MIN_ITEMS, true, 0, "name", "at least", f->min);
    wa_put_free(w, v);
}

/* ---- names that do not belong ----------------------------------------------------------------------------------- */

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

/* names that the shape does not have: written in lenient mode, reported in strict mode */
static void wa_walk_foreign(wa_walk *w, const wa_subject *o, int table)
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

/* ---- variants --------------------------------------------------------------------------------------------------- */

static const wa_choice *chosen_by_value(const wa_shape *shape, const wa_value *v)
{
    const wa_choice *end = shape->choices + shape->choice_count;
    uint8_t choice = v->known == WA_NO_KNOWN ? WA_NO_CHOICE : shape->choice_of[v->known];
    if (choice != WA_NO_CHOICE) return &shape->choices[choice];
    for (const wa_choice *c = shape->choices; c < end; c++) {
        if (wa_same_word(v->as.text, v->length, c->value)) return c;
    }
    return NULL;
}

static const wa_choice *chosen_by_presence(const wa_subject *o, const wa_shape *shape)
{
    for (uint8_t i = 0; i < shape->choice_count; i++) {
        if (wa_has(o, shape->choices[i].word)) return &shape->choices[i];
    }
    return NULL;
}

static void report_choice(wa_walk *w, const wa_subject *o, const wa_value *v)
{
    wa_frame member = {.up = w->frame, .name = o->shape->object->by, .length = strlen(o->shape->object->by)};
    bool open = v != NULL && o->shape->object->open;
    wa_problem p = wa_breach_at(w, v == NULL ? WA_BREACH_REQUIRED : WA_BREACH_ENUM, open, &member);
    wa_say(&w->report, &p, v == NULL ? "missing: " : "must be ");
    wa_say_choices(&w->report, &p, o->shape->object->variants);
    if (v != NULL) {
        wa_say(&w->report, &p, ", got ");
        p.actual = wa_say_quoted(&w->report, &p, v->as.text, v->length);
        if (!open && !w->lenient) wa_say(&w->report, &p, " (mode = \"lenient\" lets a new one through)");
    }
    wa_breach_end(w, &p);
}

/* the type is not given: it is that of the one member that is present */
static const wa_choice *infer(wa_walk *w, wa_subject *o)
{
    const wa_choice *choice = NULL;
    size_t present = 0;
    for (uint8_t i = 0; o->shape->object->inferred && i < o->shape->choice_count; i++) {
        if (!wa_has(o, o->shape->choices[i].word)) continue;
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
        wa_problem p = wa_breach_of(w, WA_BREACH_ONE_OF, false);
        wa_say(
            &w->report, &p, "has %lu contents and no `%s` to say which", (unsigned long) present, o->shape->object->by);
        wa_breach_end(w, &p);
    }
    return NULL;
}

static const wa_choice *choose(wa_walk *w, wa_subject *o)
{
    const wa_value *v = &o->values[o->shape->by];
    o->by = o->shape->by;
    if (!wa_has(o, o->by)) return infer(w, o);
    const wa_choice *choice = v->type == LUA_TSTRING ? chosen_by_value(o->shape, v) : NULL;
    if (choice == NULL && v->type == LUA_TSTRING) report_choice(w, o, v);
    return choice;
}

/* [-0, +0, -] takes the shape, if it is ready */
static bool become(wa_walk *w, wa_subject *o, wa_shape *shape)
{
    if (shape->ready) o->shape = shape;
    else wa_want(w, shape);
    return shape->ready;
}

/* finds the shape: variant after variant, until one has none */
static void wa_resolve(wa_walk *w, wa_subject *o)
{
    while (o->shape->choice_count > 0) {
        if (o->shape->by == WA_NO_WORD) {
            const wa_choice *choice = chosen_by_presence(o, o->shape);
            wa_shape *shape = choice != NULL ? choice->shape : o->shape->otherwise;
            if (shape == NULL || !become(w, o, shape)) return;
            continue;
        }
        const wa_choice *choice = choose(w, o);
        if (choice == NULL) {
            o->unresolved = true;
            return;
        }
        o->choice = choice;
        if (!become(w, o, choice->shape)) return;
    }
}

/* a list while it is walked */
typedef struct wa_listing {
    const wa_slot *slot;
    int table, top; /* of Lua's stack: where the list lies, and the top before its items */
    int64_t count;
    wa_frame item;
} wa_listing;

static void walk_object(wa_walk *w, const wa_slot *slot, int table, int top, int leave, int64_t siblings);

/* ---- lists ------------------------------------------------------------------------------------------------------ */

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

/* ---- members of objects ----------------------------------------------------------------------------------------- */

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
