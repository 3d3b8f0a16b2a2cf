/* The encoder: see encode.h. Knows kinds, limits, formats, rules and variants, and no message: those are in schema.c.
 * Never runs Lua code, and never allocates on the Lua heap. A string stays valid as long as the table that has it does
 * not change. */
#include "encode.h"

#include "json.h"
#include "utf8.h"

#include <stdio.h>
#include <stdlib.h>

enum {
    MAX_ANY_DEPTH = 100,  /* levels of any values */
    MAX_VALUES = 1000000, /* of one message */
    MAX_KEYS = 5000000,   /* keys of one message that are read and are not fields; each is read a few times */
    MAX_BYTES = 64 << 20, /* of one message */
    MAX_NOTED = 256,      /* values of one list that are compared */
    SHORT_STRING = 32,    /* bytes; equal strings of up to 40 bytes are one string in Lua, with one address */
    STACK_ROOM = 20,      /* slots of Lua's stack that one step needs at most */
    KEPT_BYTES = 16 << 10 /* bytes that each buffer keeps between two messages */
};

/* a Lua value, read once: a string by address, a table by stack index */
typedef struct wa_value {
    int type;                    /* as of lua_type; null is LUA_TNIL */
    bool integral;               /* of a number */
    const wa_interned *interned; /* of a string: its interned value, or NULL */
    size_t length;               /* of a string */
    union {
        const char *text;
        int64_t integer;
        double number;
        bool boolean;
        int index;
        const void *userdata;
    } as;
} wa_value;

/* a list with rules while its items are encoded; lies on the C stack */
typedef struct list_rules {
    struct list_rules *up;
    size_t start, count;    /* the noted values of this list: the index of the first one, and their number */
    int64_t counted;        /* the items of its counted lists together */
    bool over;              /* one of its counted lists is over its own limit, which was reported */
    int64_t having;         /* the items that have `common` */
    int64_t few;            /* the items that have the field with WA_FEW */
    int64_t parts_around;   /* `parts` of the encoder before this list */
    uint64_t layouts;       /* the variants with WA_ONCE that occurred, a bit each */
    const wa_field *common; /* the field with WA_ALL_OR_NONE, or NULL: no item has it yet */
} list_rules;

/* an object of the message while it is encoded */
typedef struct wa_message_object {
    const wa_type *type;
    const wa_layout *layout;
    const wa_variant_entry *variant; /* the last one that a discriminator selected */
    const char *inferred;            /* the value of an absent discriminator */
    wa_value *values;                /* by id; only those of present members are set */
    uint64_t present;                /* the ids of the present members, a bit each */
    size_t count;                    /* the number of members whose names have an id */
    size_t unknown_keys;             /* the number of other members */
    int top;                         /* the top of Lua's stack, above the members that are tables */
    uint8_t discriminator;           /* the id of the last discriminator, or WA_NO_ID */
    bool unresolved;                 /* no variant was found: only the fields of all variants can be checked */
} wa_message_object;

static void encode_any(wa_encoder *e, const wa_value *v);
static void encode_object(wa_encoder *e, const wa_entry *entry, int table, int top, int final_top, int64_t siblings);

/* ---- reading ----------------------------------------------------------------------------------------------------- */

/* [-0, +0, -] Reads the value at an absolute index; a table must stay there. */
static inline void load_value(lua_State *L, int index, wa_value *v)
{
    int type = lua_type(L, index);
    v->type = type;
    if (type == LUA_TSTRING) {
        v->as.text = lua_tolstring(L, index, &v->length);
        v->interned = NULL;
    } else if (type == LUA_TTABLE) {
        v->as.index = index;
    } else if (type == LUA_TNUMBER) {
        v->integral = wa_integer(L, index, &v->as.integer);
        if (!v->integral) v->as.number = (double) lua_tonumber(L, index);
    } else if (type == LUA_TBOOLEAN) {
        v->as.boolean = lua_toboolean(L, index) != 0;
    } else if (type == LUA_TLIGHTUSERDATA) {
        v->as.userdata = lua_touserdata(L, index);
        if (v->as.userdata == NULL) v->type = LUA_TNIL; /* JSON's null, as in lua-cjson and ngx_lua */
    }
}

/* [-0, +0, -] does the same for a value that is likely to be interned */
static inline void load_enumerated(lua_State *L, int index, const wa_interned_values *interned, wa_value *v)
{
    int number = wa_hash_find(&interned->hash, wa_identity(L, index));
    if (number == WA_NOT_FOUND) {
        load_value(L, index, v);
        return;
    }
    v->type = LUA_TSTRING;
    v->interned = &interned->values[number];
    v->length = v->interned->length;
    v->as.text = v->interned->text;
}

static inline bool has_member(const wa_message_object *o, uint8_t id)
{
    return id != WA_NO_ID && (o->present >> id & 1) != 0;
}

/* Returns true if Lua's stack has room above the top. */
static bool has_room(wa_encoder *e, int top)
{
    if (top + STACK_ROOM <= e->room) return true;
    if (!lua_checkstack(e->L, 2 * STACK_ROOM)) return false;
    e->room = top + 2 * STACK_ROOM;
    return true;
}

/* ---- problems ---------------------------------------------------------------------------------------------------- */

/* reports a problem in strict and in lenient mode */
static void report_fatal(wa_encoder *e, wa_problem p)
{
    if (p.where == NULL) p.where = e->frame;
    wa_report_problem(&e->report, &p);
}

/* reports a problem that is a warning in lenient mode */
static void report(wa_encoder *e, wa_problem p)
{
    p.warning = p.warning || e->lenient;
    report_fatal(e, p);
}

/* the call that reports a problem: REPORT(e, .code = WA_ERR_UTF8, .sentence = "...") */
#define REPORT(e, ...) report(e, (wa_problem){__VA_ARGS__})
#define REPORT_FATAL(e, ...) report_fatal(e, (wa_problem){__VA_ARGS__})

static inline bool is_soft(const wa_field *f)
{
    return (f->marks & WA_SOFT) != 0;
}

/* reports that there are too many values, once */
static void report_budget(wa_encoder *e)
{
    if (e->values == 0) return;
    e->values = 0;
    REPORT_FATAL(
        e, .code = WA_ERR_MAX_ITEMS, .limit = wa_count(MAX_VALUES), .sentence = "more than %L values in one message");
}

/* Consumes `count` values from the budget; reports the limit once, and returns false, if it is exhausted. */
static inline bool consume(wa_encoder *e, size_t count)
{
    bool enough = e->values > count;
    if (enough) e->values -= count;
    else report_budget(e);
    return enough;
}

/* Counts keys that were read. One large table may be in many places of a message: its keys count in each. */
static void count_keys(wa_encoder *e, size_t keys)
{
    e->keys += keys;
    if (e->keys > MAX_KEYS) report_budget(e);
}

/* ends the encoding: the caller compiles the layout and starts again */
static void request_layout(wa_encoder *e, wa_layout *layout)
{
    e->missing_layout = layout;
    e->values = 0;
}

/* reports a number and its limit: "27 characters, at most 20" */
static void report_count(
    wa_encoder *e, wa_error_code code, bool soft, int64_t actual, const char *unit, const char *bound, int64_t limit)
{
    REPORT(e, .code = code, .warning = soft, .actual = wa_count(actual), .limit = wa_count(limit),
        .sentence = actual == 1 ? "%A %1, %2 %L" : "%A %1s, %2 %L", .texts = {unit, bound});
}

/* Returns the type of a value in words, or a number in digits. */
static wa_fact type_of(lua_State *L, const wa_value *v, char *digits, size_t size)
{
    const char *name = v->type == LUA_TNIL             ? "null"
                       : v->type == LUA_TLIGHTUSERDATA ? "userdata"
                                                       : lua_typename(L, v->type);
    if (v->type == LUA_TNUMBER) {
        double value = v->integral ? (double) v->as.integer : v->as.number;
        if (value == value) snprintf(digits, size, "%.17g", value);
        else memcpy(digits, "nan", 4);     /* the sign of NaN is unspecified */
        char *comma = strchr(digits, ','); /* some locales have one instead of the point */
        if (comma != NULL) *comma = '.';
        name = digits;
    }
    return (wa_fact){.kind = WA_PLAIN, .text = name, .length = strlen(name)};
}

static void report_unwritable(wa_encoder *e, const wa_value *v)
{
    if (v->type == LUA_TNUMBER) {
        REPORT_FATAL(e, .code = WA_ERR_RANGE, .sentence = "must be finite");
        return;
    }
    REPORT_FATAL(e, .code = WA_ERR_TYPE, .actual = type_of(e->L, v, NULL, 0), .sentence = "JSON cannot hold a %A");
}

static void report_utf8(wa_encoder *e, size_t wrong)
{
    REPORT_FATAL(
        e, .code = WA_ERR_UTF8, .actual = wa_count((int64_t) wrong + 1), .sentence = "not UTF-8 from byte %A on");
}

static void report_depth(wa_encoder *e, const char *sentence)
{
    REPORT_FATAL(e, .code = WA_ERR_DEPTH, .limit = wa_count(MAX_ANY_DEPTH), .sentence = sentence);
}

/* reports that a table of another structure is needed */
static void report_structure(wa_encoder *e, bool soft, const char *sentence)
{
    REPORT(e, .code = WA_ERR_TYPE, .warning = soft, .sentence = sentence);
}

static void report_mixed(wa_encoder *e)
{
    REPORT_FATAL(
        e, .code = WA_ERR_TYPE, .sentence = "must be a list without holes or a table with names, got a mixture");
}

/* ---- lists whose items have rules together ----------------------------------------------------------------------- */

/* a value that is compared with other values of the list */
typedef struct noted_value {
    const wa_entry *entry;
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

/* Returns true if a text has the digits of a number: both are one id. */
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
    if (a->text == b->text) return true;
    return a->length > SHORT_STRING && a->length == b->length && memcmp(a->text, b->text, a->length) == 0;
}

static wa_fact fact_of(const noted_value *v)
{
    return v->text != NULL ? wa_quoted(v->text, v->length) : wa_count(v->integer);
}

static void report_twice(wa_encoder *e, const wa_entry *entry, wa_fact actual)
{
    bool soft = (entry->marks & (WA_UNIQUE_SOFT | WA_SOFT | WA_ONCE)) != 0;
    REPORT(e, .code = WA_ERR_UNIQUE, .warning = soft, .actual = actual,
        .sentence =
            actual.kind == WA_NO_FACT ? "occurs twice, a template has it once" : "%A occurs twice, must be unique");
}

static void report_different(wa_encoder *e, const wa_field *f, const noted_value *new, const noted_value *first)
{
    if (f->kind == WA_LIST) {
        wa_error_code code = new->integer > first->integer ? WA_ERR_MAX_ITEMS : WA_ERR_MIN_ITEMS;
        report_count(e, code, false, new->integer, "item", "as in the first of the list must be", first->integer);
    } else if (first->text != NULL && new->text != NULL) {
        REPORT(e, .code = WA_ERR_ENUM, .limit = fact_of(first), .actual = fact_of(new),
            .sentence = "must be the same in the whole list: %L, got %A");
    } else {
        REPORT(e, .code = WA_ERR_ENUM, .sentence = "must be the same in the whole list");
    }
}

/* compares a value with the noted values of the same field in the list with rules, and notes it */
static void note(wa_encoder *e, const noted_value *new)
{
    const wa_field *f = new->entry->field;
    list_rules *rules = e->list_rules;
    if (rules == NULL || rules->count >= MAX_NOTED) return;
    for (size_t i = rules->start; i < noted_count(e); i++) {
        noted_value *old = noted_at(e, i);
        if (old->entry->key != new->entry->key) continue; /* items may have different layouts of a type */
        bool same = equal(old, new);
        if ((f->marks & WA_SAME) != 0) {
            if (!same) report_different(e, f, new, old);
            return; /* the first one is enough */
        }
        if (same) {
            report_twice(e, new->entry, fact_of(new));
            return;
        }
    }
    rules->count++;
    wa_buffer_add(&e->noted, (const char *) new, sizeof *new);
}

static void note_string(wa_encoder *e, const wa_entry *entry, const char *text, size_t length)
{
    if ((entry->marks & WA_COMPARED) != 0) note(e, &(noted_value){.entry = entry, .text = text, .length = length});
}

/* Adds a small number to a set. Returns false if the set has it already. */
static inline bool add_to_set(uint64_t *set, int64_t number)
{
    const uint64_t bit = UINT64_C(1) << number;
    bool new = (*set & bit) == 0;
    *set |= bit;
    return new;
}

static void note_integer(wa_encoder *e, const wa_entry *entry, int64_t integer)
{
    if ((entry->marks & WA_COMPARED) != 0) note(e, &(noted_value){.entry = entry, .integer = integer});
}

/* WA_ONCE: notes the variant of the object */
static void note_layout(wa_encoder *e, const wa_entry *entry)
{
    const wa_message_object *o = e->frame->object;
    int64_t number = o->variant - o->type->layout->variants;
    if (e->list_rules == NULL || add_to_set(&e->list_rules->layouts, number)) return;
    report_twice(e, entry, (wa_fact){.kind = WA_NO_FACT});
}

static void open_list_rules(wa_encoder *e, list_rules *rules)
{
    rules->up = e->list_rules;
    rules->start = noted_count(e);
    rules->parts_around = e->parts;
    e->list_rules = rules;
}

/* [-0, +1, -] Pushes the member of a table, or nil. It searches by raw access: a look-up would need a new string in
 * Lua. */
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

/* [-0, +0, -] Reports each item of the list that lacks the field which other items have. */
static void report_lacking(wa_encoder *e, const list_rules *rules, int list, int64_t count)
{
    lua_State *L = e->L;
    const char *name = rules->common->name;
    wa_frame item = {.up = e->frame}, member = {.up = &item, .name = name, .length = strlen(name)};
    if (!has_room(e, lua_gettop(L))) return;
    for (item.index = 1; item.index <= count && e->values > 0; item.index++) {
        wa_value v = {.type = LUA_TTABLE};
        lua_rawgeti(L, list, (int) item.index);
        if (lua_type(L, -1) == LUA_TTABLE) {
            push_member(e, lua_gettop(L), name);
            load_value(L, lua_gettop(L), &v);
            lua_pop(L, 1);
        }
        lua_pop(L, 1);
        if (v.type != LUA_TNIL) continue;
        REPORT(e, .code = WA_ERR_REQUIRED, .where = &member,
            .sentence = "missing, and others of the list have one: all or none");
    }
}

static void close_list_rules(wa_encoder *e, const wa_field *f, list_rules *rules, int list, int64_t count)
{
    if (f->total > 0 && rules->counted > f->total && !rules->over) {
        report_count(
            e, WA_ERR_MAX_ITEMS, is_soft(f), rules->counted, "item", "in its lists together at most", f->total);
    }
    if (rules->having > 0 && rules->having < count) report_lacking(e, rules, list, count);
    e->noted.length = rules->start * sizeof(noted_value);
    e->list_rules = rules->up;
    e->parts = rules->parts_around;
}

/* ---- strings, numbers and booleans ------------------------------------------------------------------------------- */

static bool is_finite(double number)
{
    return number - number == 0;
}

/* Returns true for a number that Lua may have rounded from another integer. */
static bool is_inexact(const wa_value *v)
{
    if (v->type != LUA_TNUMBER || v->integral || !is_finite(v->as.number)) return false;
    return v->as.number > WA_EXACT_NUMBER || v->as.number < -WA_EXACT_NUMBER;
}

static char lower_case(char c)
{
    return c >= 'A' && c <= 'Z' ? (char) (c - 'A' + 'a') : c;
}

static bool equal_ignoring_case(const char *a, size_t length, const char *b)
{
    for (size_t i = 0; i < length; i++) {
        if (b[i] == '\0' || lower_case(a[i]) != lower_case(b[i])) return false;
    }
    return b[length] == '\0';
}

/* Returns true if the text has the address of one of the field's values, as nearly every value has. Without a
 * comparison of addresses, encode takes 0 to 10 % more instructions (make bench). */
static inline bool is_interned_value(const wa_entry *entry, const char *text)
{
    for (const char **v = entry->values; *v != NULL; v++) {
        if (*v == text) return true;
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

/* Writes a string. Returns the number of its characters, or SIZE_MAX after an error. */
static size_t encode_string(wa_encoder *e, const char *text, size_t length)
{
    size_t wrong, count = wa_json_string(&e->out, text, length, &wrong);
    if (e->out.failure != WA_NO_FAILURE) return SIZE_MAX;
    if (wrong == length) return count;
    report_utf8(e, wrong);
    return SIZE_MAX;
}

/* checks a number of characters or items against the field's limits */
static void check_count(wa_encoder *e, const wa_field *f, int64_t count, bool items)
{
    wa_error_code under = items ? WA_ERR_MIN_ITEMS : WA_ERR_MIN_CHARS,
                  over = items ? WA_ERR_MAX_ITEMS : WA_ERR_MAX_CHARS;
    const char *unit = items ? "item" : "character";
    if (count < f->min) {
        report_count(e, under, is_soft(f), count, unit, "at least", f->min);
    } else if (f->max > 0 && count > f->max) {
        report_count(e, over, is_soft(f), count, unit, "at most", f->max);
        if (e->list_rules != NULL && (f->marks & WA_COUNTED) != 0) e->list_rules->over = true;
    } else if ((f->marks & WA_LESS_AMONG) != 0) {
        if (count > f->recommended_max && e->parts > 1) {
            report_count(e, over, is_soft(f), count, unit, "among other components at most", f->recommended_max);
        }
    } else if (f->recommended_max > 0 && count > f->recommended_max) {
        report_count(e, over, true, count, unit, "some sources say at most", f->recommended_max);
    }
}

static void check_values(wa_encoder *e, const wa_entry *entry, const char *text, size_t length)
{
    const wa_field *f = entry->field;
    if (f->values == NULL || is_value(entry, text, length)) return;
    REPORT(e, .code = WA_ERR_ENUM, .warning = (f->marks & (WA_SOFT | WA_OPEN)) != 0,
        .limit = {.kind = WA_VALUES, .values = f->values}, .actual = wa_quoted(text, length),
        .sentence = "must be %L, got %A");
}

static const wa_value *find_around(const wa_encoder *e, const char *name);

/* Returns true if the format is not needed here: an object around has the member that excepts it. */
static bool is_excepted(wa_encoder *e, const wa_format_term *format)
{
    const wa_value *v = format->except_name != NULL ? find_around(e, format->except_name) : NULL;
    return v != NULL && v->type == LUA_TSTRING && equal_ignoring_case(v->as.text, v->length, format->except_value);
}

/* Returns true if the string has the format; else reports that it does not have it. */
static bool check_format(wa_encoder *e, uint8_t id, bool soft, const char *text, size_t length)
{
    const wa_format_term *format = &wa_format_terms[id];
    char corrected[WA_CORRECTED];
    if (format->test(text, length) || is_excepted(e, format)) return true;
    wa_problem p = {.code = WA_ERR_FORMAT,
        .warning = soft,
        .actual = wa_quoted(text, length),
        .sentence = "must be %1, got %A",
        .texts = {format->text, corrected}};
    if (format->culprit != NULL) {
        p.actual = (wa_fact){.kind = WA_POINT, .count = format->culprit(text, length)};
    }
    if (format->correct != NULL && format->correct(text, length, corrected)) {
        p.sentence = "must be %1, got %A, did you mean `%2`?";
    }
    report(e, p);
    return false;
}

static void check_formats(wa_encoder *e, const wa_field *f, const char *text, size_t length)
{
    if (length == 0) return;
    if (f->format != WA_ANY_FORMAT && !check_format(e, f->format, is_soft(f), text, length)) return;
    for (int i = 0; i < WA_MAX_ADVICE && f->advice[i] != WA_ANY_FORMAT; i++) {
        check_format(e, f->advice[i], true, text, length);
    }
}

/* Reports a value of another type. In lenient mode, and in a soft field, it is written as it is. An id that may have
 * been rounded never is. */
static void report_type(wa_encoder *e, const wa_field *f, const wa_value *v)
{
    char digits[32];
    bool soft = is_soft(f), inexact = is_inexact(v), rounded_id = inexact && f->kind == WA_ID;
    if ((e->lenient || soft) && !rounded_id) encode_any(e, v);
    wa_problem p = {.code = WA_ERR_TYPE,
        .warning = soft,
        .actual = type_of(e->L, v, digits, sizeof digits),
        .sentence = "must be %1, got %A",
        .texts = {wa_kind_terms[f->kind].text}};
    if (inexact) p.sentence = "must be %1, got %A, too large to be exact";
    if (rounded_id) {
        p.warning = false;
        p.sentence = "must be %1, got %A, too large to be exact: write it as a string";
        report_fatal(e, p);
    } else {
        report(e, p);
    }
}

/* Returns true if the string certainly has all formats of its field. Without this quick check, encode takes 5 to 32 %
 * more instructions, and for a short text 2.6 times as many, because a recipient has several formats (make bench). */
static inline bool has_formats(const wa_entry *entry, const char *text, size_t length)
{
    if (entry->digits_pass && wa_json_digits(text, length)) return true;
    return entry->words_pass && wa_json_word(text, length);
}

/* checks a string for more than its length */
static void check_string(wa_encoder *e, const wa_entry *entry, const char *text, size_t length)
{
    check_values(e, entry, text, length);
    if (entry->formatted && !has_formats(entry, text, length)) check_formats(e, entry->field, text, length);
}

/* The quick path for most fields: writes a name and its string, and checks the string. The string must be of valid
 * length, and interned or plain ASCII. Returns false, and adds nothing to the output, for any other value. Without it,
 * encode takes 15 to 20 % more instructions (make bench). */
static inline bool encode_plain_field(wa_encoder *e, const wa_entry *entry, const wa_value *v)
{
    if (v->type != LUA_TSTRING || !entry->copied) return false;
    if (v->length - entry->least > entry->span) return false;
    const size_t length = entry->key_length + v->length + 2;
    if (!wa_buffer_reserve(&e->out, length + WA_STRIDE)) return false;
    char *to = wa_copy_strides(e->out.bytes + e->out.length, entry->key, entry->key_length);
    if (v->interned != NULL) memcpy(to, v->interned->written, WA_STRIDE);
    else if (!wa_json_plain(to, v->as.text, v->length)) return false;
    e->out.length += length;
    if (entry->check == WA_CHECK_NOTHING) return true;
    if (entry->check == WA_CHECK_VALUES && is_interned_value(entry, v->as.text)) return true;
    if (entry->check == WA_CHECK_FORMATS && has_formats(entry, v->as.text, v->length)) return true;
    check_string(e, entry, v->as.text, v->length);
    note_string(e, entry, v->as.text, v->length);
    return true;
}

static void encode_text(wa_encoder *e, const wa_entry *entry, const char *text, size_t length)
{
    const wa_field *f = entry->field;
    size_t count = encode_string(e, text, length);
    if (count == SIZE_MAX) return;
    if (count - entry->least > entry->span) check_count(e, f, (int64_t) count, false);
    if (entry->check == WA_CHECK_NOTHING) return;
    check_string(e, entry, text, length);
    /* a string over its limit is not compared: to compare many long strings that begin alike takes long */
    if (f->max == 0 || count <= (size_t) f->max) note_string(e, entry, text, length);
}

/* checks an integer that is written as a string for more than its length */
static void check_digits(wa_encoder *e, const wa_entry *entry, int64_t integer)
{
    char digits[24];
    int length = snprintf(digits, sizeof digits, "%lld", (long long) integer);
    check_string(e, entry, digits, (size_t) length);
}

/* writes an integer as a string of its digits */
static void encode_digits(wa_encoder *e, const wa_entry *entry, int64_t integer)
{
    const wa_field *f = entry->field;
    wa_buffer_add(&e->out, "\"", 1);
    size_t from = e->out.length;
    wa_json_integer(&e->out, integer);
    size_t length = e->out.length - from;
    if (e->out.failure != WA_NO_FAILURE) return;
    check_count(e, f, (int64_t) length, false);
    if (integer < 0) {
        REPORT(e, .code = WA_ERR_RANGE, .warning = is_soft(f), .actual = wa_count(integer), .limit = wa_count(0),
            .sentence = "%A, an id is not negative");
    }
    if (entry->values != NULL || (entry->formatted && !entry->digits_pass)) check_digits(e, entry, integer);
    wa_buffer_add(&e->out, "\"", 1);
    note_integer(e, entry, integer);
}

static void check_range(wa_encoder *e, const wa_field *f, int64_t integer)
{
    bool over = f->max != 0 && integer > f->max;
    if (!over && ((f->max == 0 && f->min == 0) || integer >= f->min)) return;
    wa_problem p = {.code = WA_ERR_RANGE,
        .warning = is_soft(f),
        .actual = wa_count(integer),
        .limit = wa_count(over ? f->max : f->min),
        .sentence = "%A, at least %L"};
    char range[32];
    if (f->max != 0) {
        snprintf(range, sizeof range, "%d to %d", (int) f->min, (int) f->max);
        p.sentence = "%A, must be %1";
        p.texts[0] = range;
    }
    report(e, p);
}

static void encode_integer(wa_encoder *e, const wa_entry *entry, int64_t integer)
{
    wa_json_integer(&e->out, integer);
    check_range(e, entry->field, integer);
    note_integer(e, entry, integer);
}

/* writes an ordinal that is a string, and checks that it is a few digits */
static void encode_ordinal(wa_encoder *e, const wa_entry *entry, const char *text, size_t length)
{
    const wa_field *f = entry->field;
    int64_t integer = 0;
    size_t count = encode_string(e, text, length);
    if (count == SIZE_MAX || f->max == 0) return;
    for (size_t i = 0; i < length && integer < INT32_MAX; i++) {
        bool digit = text[i] >= '0' && text[i] <= '9';
        integer = digit ? integer * 10 + (text[i] - '0') : INT64_MAX;
    }
    if (length > 0 && integer != INT64_MAX) {
        check_range(e, f, integer);
        note_integer(e, entry, integer);
        return;
    }
    char range[32];
    snprintf(range, sizeof range, "%d to %d", (int) f->min, (int) f->max);
    REPORT(e, .code = WA_ERR_FORMAT, .warning = is_soft(f), .actual = wa_quoted(text, length),
        .sentence = "must be a whole number from %1, got %A", .texts = {range});
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
    } else if (is_inexact(v) && v->as.number >= -WA_EXACT && v->as.number <= WA_EXACT) {
        wa_json_integer(&e->out, (int64_t) v->as.number); /* a 32-bit float: all digits of its value */
    } else {
        wa_json_number(&e->out, v->as.number, WA_IS_SINGLE);
    }
}

/* The next four check and write a value of a kind without members. They return false for a value of another type. */
static bool encode_from_string(wa_encoder *e, const wa_entry *entry, const wa_value *v)
{
    if (entry->copied) encode_text(e, entry, v->as.text, v->length);
    else if (entry->kind == WA_ORDINAL) encode_ordinal(e, entry, v->as.text, v->length);
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

static inline bool encode_from_boolean(wa_encoder *e, const wa_entry *entry, const wa_value *v)
{
    if (entry->kind != WA_BOOLEAN && entry->kind != WA_LABEL) return false;
    encode_boolean(e, v->as.boolean);
    return true;
}

static inline bool encode_scalar(wa_encoder *e, const wa_entry *entry, const wa_value *v)
{
    if (v->type == LUA_TSTRING) return encode_from_string(e, entry, v);
    if (v->type == LUA_TNUMBER) return encode_from_number(e, entry, v);
    return v->type == LUA_TBOOLEAN && encode_from_boolean(e, entry, v);
}

/* ---- any values: the user's own data, with any names, sorted by their bytes -------------------------------------- */

/* closes an object or a list; each of its members was written with a comma before it, so that the first comma becomes
 * the bracket */
static inline void close_brackets(wa_encoder *e, size_t start, char opening, char closing)
{
    if (!wa_buffer_reserve(&e->out, 2)) return;
    if (e->out.length == start) e->out.length++;
    e->out.bytes[start] = opening;
    e->out.bytes[e->out.length++] = closing;
}

/* [-0, +0, -] Returns true if the keys of the table are 1 to *count. Otherwise *hole is the first key that is missing,
 * or 0 if the table has a key that no list has. */
static bool is_list(wa_encoder *e, int table, int64_t *count, int64_t *hole)
{
    lua_State *L = e->L;
    int64_t keys = 0, largest = 0;
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
        if (key > largest) largest = key;
    }
    count_keys(e, (size_t) keys);
    *count = keys;
    if (largest == keys) return true;
    for (*hole = 1; *hole <= keys; ++*hole) {
        lua_rawgeti(L, table, (int) *hole);
        bool missing = lua_isnil(L, -1);
        lua_pop(L, 1);
        if (missing) break;
    }
    return false;
}

const void *wa_array_mark(void)
{
    static const char mark = 0;
    return &mark;
}

/* [-0, +0, -] Finds the marks of lua-cjson, if it is loaded. It searches linearly: for a look-up by name, Lua would
 * allocate a string that it does not have yet. */
static void find_cjson_marks(wa_encoder *e)
{
    static const char *const modules[] = {"cjson", "cjson.safe"};
    static const char *const members[] = {"array_mt", "empty_array_mt", "empty_array"};
    lua_State *L = e->L;
    int top = lua_gettop(L);
    e->marks_known = true;
    memset(e->marks, 0, sizeof e->marks);
    wa_getuservalue(L, e->holder);
    lua_rawgeti(L, top + 1, WA_LOADED_KEY);
    for (size_t i = 0; i < 2 && lua_type(L, top + 2) == LUA_TTABLE; i++) {
        push_member(e, top + 2, modules[i]);
        for (size_t j = 0; j < WA_CJSON_MARKS && lua_type(L, top + 3) == LUA_TTABLE; j++) {
            push_member(e, top + 3, members[j]);
            if (!lua_isnil(L, -1)) e->marks[j] = lua_topointer(L, -1);
            lua_pop(L, 1);
        }
        lua_settop(L, top + 2);
    }
    lua_settop(L, top);
}

/* Returns true if the address is this mark of lua-cjson. */
static bool is_cjson_mark(wa_encoder *e, const void *address, wa_cjson_mark mark)
{
    if (!e->marks_known && lua_checkstack(e->L, 8)) find_cjson_marks(e);
    return address != NULL && e->marks[mark] == address;
}

/* [-0, +0, -] Returns true if the metatable at the index has __jsontype = "array", as that of a list of dkjson has. */
static bool is_array_type(wa_encoder *e, int metatable)
{
    if (!lua_checkstack(e->L, 4)) return false;
    push_member(e, metatable, "__jsontype");
    size_t length = 0;
    const char *text = lua_type(e->L, -1) == LUA_TSTRING ? lua_tolstring(e->L, -1, &length) : "";
    bool found = wa_is(text, length, "array");
    lua_pop(e->L, 1);
    return found;
}

/* [-0, +0, -] Returns true if whatsapp.array, decode, lua-cjson or dkjson marked the table as a list. */
static bool is_marked(wa_encoder *e, int table)
{
    lua_State *L = e->L;
    if (!lua_checkstack(L, 4) || !lua_getmetatable(L, table)) return false;
    int metatable = lua_gettop(L);
    const void *address = lua_topointer(L, metatable);
    lua_rawgeti(L, metatable, 1);
    bool marked = lua_touserdata(L, -1) == wa_array_mark();
    lua_pop(L, 1);
    marked = marked || is_cjson_mark(e, address, WA_ARRAY_MT) || is_cjson_mark(e, address, WA_EMPTY_ARRAY_MT) ||
             is_array_type(e, metatable);
    lua_pop(L, 1);
    return marked;
}

/* Returns true for lua-cjson's light userdata that is an empty list. */
static bool is_empty_array(wa_encoder *e, const wa_value *v)
{
    return v->type == LUA_TLIGHTUSERDATA && is_cjson_mark(e, v->as.userdata, WA_EMPTY_ARRAY);
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

typedef struct unknown_field {
    const char *name;
    size_t length;
    wa_value value;
} unknown_field;

/* for qsort */
static int compare_names(const void *a, const void *b)
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

static void sort_unknown(wa_encoder *e, size_t start)
{
    size_t count = unknown_count(e) - start;
    if (e->unknown.failure == WA_NO_FAILURE && count > 1) {
        qsort(e->unknown.bytes + start * sizeof(unknown_field), count, sizeof(unknown_field), compare_names);
    }
}

/* Returns true if the layout has the field, or if the field is null and another variant of the type has it. */
static bool is_in_layout_or_null(const wa_type *type, const wa_layout *layout, const unknown_field *f)
{
    if (type == NULL || layout == NULL) return false;
    uint8_t id = wa_id_of(type, f->name, f->length);
    return id != WA_NO_ID && ((layout->mask >> id & 1) != 0 || f->value.type == LUA_TNIL);
}

/* [-0, +n, -] Collects the fields of a table that the layout does not have (NULL: all fields), sorted by the bytes of
 * their names. Leaves on the stack those whose values are tables. Returns the number of keys that are not strings. */
static size_t collect_unknown(wa_encoder *e, int table, const wa_type *type, const wa_layout *layout)
{
    lua_State *L = e->L;
    size_t other_keys = 0, keys = 0, start = unknown_count(e);
    lua_pushnil(L);
    for (; lua_next(L, table); keys++) {
        unknown_field f;
        if (lua_type(L, -2) != LUA_TSTRING) {
            other_keys++;
            lua_pop(L, 1);
            continue;
        }
        f.name = lua_tolstring(L, -2, &f.length);
        keys += f.length / 64; /* a long name counts as several keys, because it takes longer to sort */
        load_value(L, lua_gettop(L), &f.value);
        bool known = is_in_layout_or_null(type, layout, &f);
        if (known || f.value.type != LUA_TTABLE) {
            lua_pop(L, 1);
            if (known) continue;
        } else if (lua_checkstack(L, 8)) {
            lua_insert(L, -2); /* the table stays below the key */
            f.value.as.index--;
        } else {
            lua_pop(L, 2);
            report_depth(e, "more tables than this Lua's stack can hold");
            break;
        }
        wa_buffer_add(&e->unknown, (const char *) &f, sizeof f);
    }
    count_keys(e, keys);
    sort_unknown(e, start);
    return other_keys;
}

/* writes the collected fields from `start` on, each with a comma before it, and removes them */
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

static void encode_any_object(wa_encoder *e, int table)
{
    int top = lua_gettop(e->L);
    size_t start = e->out.length, first = unknown_count(e);
    if (collect_unknown(e, table, NULL, NULL) > 0) report_mixed(e);
    write_unknown(e, first);
    close_brackets(e, start, '{', '}');
    lua_settop(e->L, top);
}

static bool is_inside(const wa_encoder *e, const void *table)
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
    const char *refused = is_inside(e, here.table)    ? "a table that holds itself"
                          : e->depth >= MAX_ANY_DEPTH ? "nested deeper than 100 levels"
                          : !lua_checkstack(e->L, 8)  ? "more than this Lua's stack can hold"
                                                      : NULL;
    if (refused != NULL) {
        report_depth(e, refused);
        return;
    }
    e->frame = &here;
    e->depth++;
    bool list = is_list(e, table, &count, &hole);
    if (list && (count > 0 || is_marked(e, table))) encode_any_list(e, table, count);
    else if (hole > 0) report_mixed(e);
    else encode_any_object(e, table);
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
        if (is_empty_array(e, v)) wa_buffer_add(&e->out, "[]", 2);
        else report_unwritable(e, v);
        break;
    }
}

static void encode_map(wa_encoder *e, const wa_field *f, const wa_value *v)
{
    int64_t count = 0, hole = 0;
    bool list = is_list(e, v->as.index, &count, &hole);
    if ((list && (count > 0 || is_marked(e, v->as.index))) || hole > 0) {
        report_structure(e, is_soft(f), "must be a table with names, got a list");
    }
    if (list && count == 0 && f->min > 0) report_count(e, WA_ERR_MIN_ITEMS, true, 0, "name", "at least", f->min);
    encode_any(e, v);
}

/* ---- unknown fields of objects ----------------------------------------------------------------------------------- */

static void report_unknown(wa_encoder *e, const wa_message_object *o, const unknown_field *f)
{
    wa_frame member = {.up = e->frame, .name = f->name, .length = f->length};
    size_t before = e->lenient ? e->report.warnings : e->report.problems;
    wa_problem p = {.where = &member, .type = o->type, .layout = o->unresolved ? NULL : o->layout};
    wa_explain_unknown(&p, f->name, f->length, before < WA_MAX_PROBLEMS);
    report(e, p);
}

/* reports the keys that are not strings, in the order of the table */
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
        REPORT(e, .code = WA_ERR_UNKNOWN, .where = &member, .texts = {lua_typename(L, type)},
            .sentence = "a key must be a name here, this one is a %1");
    }
}

/* Returns true if the mismatch was reported already: the message has the content of another type than `type` says. */
static bool is_excused(const wa_message_object *o, uint8_t id)
{
    if (o->variant == NULL || o->variant->id == WA_NO_ID || has_member(o, o->variant->id)) return false;
    const wa_layout *parent = o->type->layout;
    while (parent->discriminator == WA_NO_ID && parent->otherwise != NULL) parent = parent->otherwise;
    for (uint8_t i = 0; id != WA_NO_ID && i < parent->variant_count; i++) {
        if (parent->variants[i].id == id) return true;
    }
    return false;
}

/* reports the fields that the layout does not have; in lenient mode and in open objects, writes them too */
static void check_unknown(wa_encoder *e, const wa_message_object *o, int table)
{
    size_t start = unknown_count(e);
    bool selected = has_member(o, o->discriminator), open = o->unresolved && o->layout->object->open && selected;
    int top = lua_gettop(e->L);
    size_t other_keys = collect_unknown(e, table, o->type, o->layout);
    for (size_t i = start; i < unknown_count(e) && e->unknown.failure == WA_NO_FAILURE; i++) {
        unknown_field f = unknown_at(e, i);
        uint8_t id = wa_id_of(o->type, f.name, f.length);
        bool possible = o->unresolved && (id != WA_NO_ID || selected); /* it may belong to the variant that was meant */
        if (!possible && !is_excused(o, id)) report_unknown(e, o, &f);
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

/* ---- variants ---------------------------------------------------------------------------------------------------- */

static const wa_variant_entry *variant_by_value(const wa_layout *layout, const wa_value *v)
{
    const wa_variant_entry *end = layout->variants + layout->variant_count;
    uint8_t variant = v->interned == NULL ? WA_NO_VARIANT : layout->variant_of[v->interned->number];
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

/* reports a discriminator that is missing (`v` is NULL), or whose value is not the value of a variant */
static void report_discriminator(wa_encoder *e, const wa_message_object *o, const wa_value *v)
{
    const wa_object *object = o->layout->object;
    wa_frame member = {.up = e->frame, .name = object->discriminator, .length = strlen(object->discriminator)};
    wa_problem p = {.code = WA_ERR_REQUIRED, .where = &member, .variants = object->variants, .sentence = "missing: %V"};
    if (v != NULL) {
        p.code = WA_ERR_ENUM;
        p.warning = object->open;
        p.actual = wa_quoted(v->as.text, v->length);
        const char *former = wa_former_name_sentence(v->as.text, v->length);
        p.sentence = former != NULL               ? "%A: %1"
                     : object->open || e->lenient ? "must be %V, got %A"
                                                  : "must be %V, got %A (mode = \"lenient\" lets a new one through)";
        p.texts[0] = former;
    }
    report(e, p);
}

/* Infers an absent discriminator: returns the variant whose value is the name of a present member. Reports a problem
 * and returns NULL if there is no such variant, or several. */
static const wa_variant_entry *infer_variant(wa_encoder *e, wa_message_object *o)
{
    const wa_variant_entry *variant = NULL;
    int present = 0;
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
        report_discriminator(e, o, NULL);
        return NULL;
    }
    char count[16];
    snprintf(count, sizeof count, "%d", present);
    REPORT(e, .code = WA_ERR_ONE_OF, .texts = {count, o->layout->object->discriminator},
        .sentence = "has %1 contents and no `%2` to say which");
    return NULL;
}

static const wa_variant_entry *select_variant(wa_encoder *e, wa_message_object *o)
{
    const wa_value *v = &o->values[o->layout->discriminator];
    o->discriminator = o->layout->discriminator;
    if (!has_member(o, o->discriminator)) return infer_variant(e, o);
    const wa_variant_entry *variant = v->type == LUA_TSTRING ? variant_by_value(o->layout, v) : NULL;
    if (variant == NULL && v->type == LUA_TSTRING) report_discriminator(e, o, v);
    return variant;
}

/* Sets the layout of the object. Returns false, and requests the layout, if it is not compiled. */
static bool use_layout(wa_encoder *e, wa_message_object *o, wa_layout *layout)
{
    if (layout->ready) o->layout = layout;
    else request_layout(e, layout);
    return layout->ready;
}

/* finds the layout of an object: selects variants until a layout has no variants */
static void resolve_variant(wa_encoder *e, wa_message_object *o)
{
    while (o->layout->variant_count > 0) {
        if (o->layout->discriminator == WA_NO_ID) {
            bool any = (o->present & o->layout->selecting) != 0;
            const wa_variant_entry *variant = any ? variant_by_presence(o, o->layout) : NULL;
            wa_layout *layout = variant != NULL ? variant->layout : o->layout->otherwise;
            if (layout == NULL || !use_layout(e, o, layout)) return;
            continue;
        }
        const wa_variant_entry *variant = select_variant(e, o);
        if (variant == NULL) {
            o->unresolved = true;
            return;
        }
        o->variant = variant;
        if (!use_layout(e, o, variant->layout)) return;
    }
}

/* ---- lists ------------------------------------------------------------------------------------------------------- */

/* a list while it is encoded */
typedef struct list_state {
    const wa_entry *entry;
    int table, top; /* stack indices: of the list, and of the top before its items */
    int64_t count;
    wa_frame item;
} list_state;

/* [-0, +0, -] encodes an item that is a string, or reports an item of a wrong type */
static void encode_string_item(wa_encoder *e, const wa_entry *entry, int index)
{
    const wa_field *f = entry->field;
    wa_field string = {.kind = WA_STRING, .values = f->values, .marks = f->marks & (WA_OPEN | WA_SOFT)};
    wa_entry item = {.field = &string, .kind = WA_STRING, .values = entry->values, .span = SIZE_MAX};
    wa_value v;
    item.copied = true;
    item.check = WA_CHECK_ALL;
    load_value(e->L, index, &v);
    if (entry->type != NULL) string.kind = WA_OBJECT;
    if (entry->type != NULL || v.type != LUA_TSTRING) report_type(e, &string, &v);
    else encode_scalar(e, &item, &v);
}

/* [-1, +0, -] encodes the item on top of the stack; the index is that of the top */
static inline void encode_item(wa_encoder *e, const list_state *list, int index)
{
    wa_buffer_add(&e->out, ",", 1);
    if (list->entry->type != NULL && lua_type(e->L, index) == LUA_TTABLE) {
        encode_object(e, list->entry, index, index, index - 1, list->count);
        return;
    }
    encode_string_item(e, list->entry, index);
    lua_settop(e->L, index - 1);
}

/* [-0, +0, -] Encodes the items in the order in which lua_next gives them: items in the array part of the table come in
 * order. Returns false at a key out of order; then `item.index` is the first item that was not encoded. */
static bool encode_array_part(wa_encoder *e, list_state *list)
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

/* [-0, +0, -] encodes the items that are not in the array part; returns false if the table is not a list */
static bool encode_hash_part(wa_encoder *e, list_state *list, int64_t *hole)
{
    if (!is_list(e, list->table, &list->count, hole)) return false;
    for (; list->item.index <= list->count && consume(e, 1); list->item.index++) {
        lua_rawgeti(e->L, list->table, (int) list->item.index);
        encode_item(e, list, list->top + 1);
    }
    return true;
}

static void report_not_a_list(wa_encoder *e, const wa_value *v, int64_t hole)
{
    char index[24];
    if (e->lenient) encode_any(e, v);
    snprintf(index, sizeof index, "%lld", (long long) hole);
    REPORT(e, .code = WA_ERR_TYPE, .texts = {index},
        .sentence = hole > 0 ? "a list has no holes: [%1] is nil"
                    : wa_rawlen(e->L, v->as.index) > 0
                        ? "must be a list, but this table has names besides its items"
                        : "must be a list, got a table with names: put braces around it");
}

static void encode_items(wa_encoder *e, const wa_entry *entry, const wa_value *v, int top, int64_t count)
{
    size_t start = e->out.length;
    int64_t hole = 0;
    list_state list = {.entry = entry, .table = v->as.index, .top = top, .count = count, .item.up = e->frame};
    e->frame = &list.item;
    bool whole = encode_array_part(e, &list) || encode_hash_part(e, &list, &hole);
    e->frame = list.item.up;
    if (whole) {
        close_brackets(e, start, '[', ']');
    } else {
        e->out.length = start;
        report_not_a_list(e, v, hole);
    }
}

/* [-0, +0, -] Returns true if a table of length 0 has keys. */
static bool has_keys(lua_State *L, int table)
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
    if (count == 0 && has_keys(e->L, v->as.index)) {
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
    list_rules rules = {.over = f->max > 0 && count > f->max};
    open_list_rules(e, &rules);
    if ((f->marks & WA_PARTS) != 0) e->parts += count;
    encode_items(e, entry, v, top, count);
    close_list_rules(e, f, &rules, v->as.index, count);
}

/* Encodes lua-cjson's empty list. Returns false for another value, and if the field is not a list. */
static bool encode_empty_array(wa_encoder *e, const wa_entry *entry, const wa_value *v)
{
    if (entry->kind != WA_LIST || !is_empty_array(e, v)) return false;
    check_count(e, entry->field, 0, true);
    note_integer(e, entry, 0);
    wa_buffer_add(&e->out, "[]", 2);
    return true;
}

/* ---- members of objects ------------------------------------------------------------------------------------------ */

/* [-0, +n, -] Reads the members of the table. Leaves on the stack the members that are tables, each above its key.
 * Returns false if the stack has no room for them. */
static bool read_members(wa_encoder *e, wa_message_object *o, int table, int top)
{
    lua_State *L = e->L;
    const wa_type *type = o->type;
    uint64_t present = 0;
    size_t count = 0, unknown = 0;
    if (!has_room(e, top)) return false;
    lua_pushnil(L);
    while (lua_next(L, table)) {
        int id = wa_hash_find(&type->hash, wa_identity(L, -2));
        if (id == WA_NOT_FOUND) {
            unknown++;
            lua_pop(L, 1);
            continue;
        }
        wa_value *v = &o->values[id];
        count++;
        if ((type->enumerated >> id & 1) != 0) load_enumerated(L, top + 2, type->interned, v);
        else load_value(L, top + 2, v);
        if (v->type != LUA_TNIL) present |= UINT64_C(1) << id;
        if (v->type == LUA_TTABLE) {
            lua_pushvalue(L, -2); /* the key for lua_next; the other one stays below the table */
            top += 2;
            if (!has_room(e, top)) return false;
        } else {
            lua_pop(L, 1);
        }
    }
    o->present = present;
    o->count = count;
    o->unknown_keys = unknown;
    o->top = top;
    if (unknown > 0) count_keys(e, unknown);
    return true;
}

/* Returns false for a value of another type. */
static bool encode_by_kind(wa_encoder *e, const wa_entry *entry, const wa_value *v, int top)
{
    if (v->type == LUA_TLIGHTUSERDATA) return encode_empty_array(e, entry, v);
    if (v->type != LUA_TTABLE) return encode_scalar(e, entry, v);
    if (entry->kind == WA_OBJECT) encode_object(e, entry, v->as.index, top, top, 0);
    else if (entry->kind == WA_LIST) encode_list(e, entry, v, top);
    else if (entry->kind == WA_MAP) encode_map(e, entry->field, v);
    else return false;
    return true;
}

static void encode_field(wa_encoder *e, const wa_entry *entry, const wa_value *v, int top)
{
    if (encode_plain_field(e, entry, v)) return;
    wa_buffer_add_strides(&e->out, entry->key, entry->key_length);
    if (!encode_by_kind(e, entry, v, top)) report_type(e, entry->field, v);
}

static void report_missing(wa_encoder *e, const wa_field *f, bool soft)
{
    REPORT(e, .code = WA_ERR_REQUIRED, .warning = soft, .field = f,
        .sentence = soft ? "missing, and advised: %F" : "missing: %F");
}

/* fills in a field that is absent, or reports it; `siblings` are the items of the list that holds the object */
static void encode_absent_field(wa_encoder *e, const wa_entry *entry, const char *inferred, int64_t siblings)
{
    const wa_field *f = entry->field;
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

/* WA_FEW and WA_LEADING: counts the items of the list that have the field, and reports one too many or out of place */
static void check_few(wa_encoder *e, const wa_entry *entry)
{
    const wa_field *f = entry->field;
    int64_t count = ++e->list_rules->few;
    if ((f->marks & WA_LEADING) != 0 && e->frame->up->index != count) {
        REPORT(e, .code = WA_ERR_FORBIDDEN, .warning = true, .texts = {f->name},
            .sentence = "those with `%1` come first in the list");
    }
    if (count > f->total) report_count(e, WA_ERR_MAX_ITEMS, true, count, "item", "of this kind at most", f->total);
}

/* checks the rare marks of a present field; WA_AMONG_MANY counts an empty string as missing */
static void check_presence(wa_encoder *e, const wa_entry *entry, const wa_value *v, int64_t siblings)
{
    bool empty = v->type == LUA_TSTRING && v->length == 0;
    if ((entry->marks & WA_ALL_OR_NONE) != 0 && e->list_rules != NULL) {
        e->list_rules->having++;
        e->list_rules->common = entry->field;
    }
    if ((entry->marks & WA_DEPRECATED) != 0) {
        REPORT(e, .code = WA_ERR_FORBIDDEN, .warning = true, .sentence = "discouraged here: leave it out");
    }
    if ((entry->marks & WA_FEW) != 0 && e->list_rules != NULL) check_few(e, entry);
    if ((entry->marks & WA_ONCE) != 0) note_layout(e, entry);
    if ((entry->marks & WA_AMONG_MANY) == 0 || siblings <= 1 || !empty) return;
    report_count(e, WA_ERR_MIN_CHARS, is_soft(entry->field), 0, "character", "at least", 1);
}

enum { RARE_MARKS = WA_DEPRECATED | WA_AMONG_MANY | WA_ALL_OR_NONE | WA_ONCE | WA_FEW };

static void encode_members(wa_encoder *e, const wa_message_object *o, int64_t siblings)
{
    wa_frame member = {.up = e->frame, .object = o};
    e->frame = &member;
    const wa_entry *end = o->layout->entries + o->layout->entry_count;
    const uint64_t present = o->present, wanted = present | o->layout->absent_matters;
    for (const wa_entry *entry = o->layout->entries; entry < end; entry++) {
        uint8_t id = entry->id;
        if ((wanted >> id & 1) == 0) continue;
        member.entry = entry;
        if ((present >> id & 1) != 0) {
            encode_field(e, entry, &o->values[id], o->top);
            if ((entry->marks & RARE_MARKS) != 0) {
                check_presence(e, entry, &o->values[id], siblings);
            }
        } else if (!(o->unresolved && id == o->discriminator)) {
            encode_absent_field(e, entry, id == o->discriminator ? o->inferred : NULL, siblings);
        }
    }
    e->frame = member.up;
}

/* ---- rules between members --------------------------------------------------------------------------------------- */

/* Returns the member of this name in the nearest object around that has one, or NULL. */
static const wa_value *find_around(const wa_encoder *e, const char *name)
{
    for (const wa_frame *f = e->frame; f != NULL; f = f->up) {
        const wa_message_object *o = f->object;
        uint8_t id = o == NULL ? WA_NO_ID : wa_id_of(o->type, name, strlen(name));
        if (has_member(o, id)) return &o->values[id];
    }
    return NULL;
}

/* Returns true if the member is absent, has the value, or has another type. */
static bool is_absent_or(const wa_value *v, const char *value)
{
    return v == NULL || v->type != LUA_TSTRING || equal_ignoring_case(v->as.text, v->length, value);
}

/* [-0, +0, -] Adds the amount on top of the stack, a table with an integer `value`, to the sum. Returns false, and adds
 * nothing, for any other value. */
static bool add_amount(wa_encoder *e, int sign, int64_t *sum)
{
    const int64_t largest = INT64_C(1) << 50; /* real amounts are smaller, and a sum of a few does not overflow */
    int64_t integer;
    if (lua_type(e->L, -1) != LUA_TTABLE) return false;
    push_member(e, lua_gettop(e->L), "value");
    bool good =
        lua_type(e->L, -1) == LUA_TNUMBER && wa_integer(e->L, -1, &integer) && integer >= 0 && integer <= largest;
    if (good) *sum += sign * integer;
    lua_pop(e->L, 1);
    return good;
}

/* [-0, +0, -] Returns true if the amount is the sum of the rule's parts, which are members of the other table. Also
 * returns true if the amount is missing, or every part that is added. */
static bool is_sum(wa_encoder *e, const wa_rule *rule, const wa_value *amount, const wa_value *parts)
{
    int64_t expected = 0, sum = 0;
    bool added = false;
    if (amount->type != LUA_TTABLE || parts->type != LUA_TTABLE || !has_room(e, lua_gettop(e->L))) return true;
    lua_pushvalue(e->L, amount->as.index);
    bool known = add_amount(e, 1, &expected);
    lua_pop(e->L, 1);
    for (const char *const *part = rule->parts; known && *part != NULL; part++) {
        bool adds = **part == '+';
        push_member(e, parts->as.index, *part + 1);
        if (add_amount(e, adds ? 1 : -1, &sum) && adds) added = true;
        lua_pop(e->L, 1);
    }
    return !added || sum == expected;
}

static bool is_value_over(const wa_value *v, int32_t limit)
{
    return v->type == LUA_TNUMBER && v->integral && v->as.integer > limit;
}

static inline bool is_rule_kept(wa_encoder *e, const wa_message_object *o, const wa_rule_entry *entry)
{
    const wa_rule *rule = entry->rule;
    bool first = has_member(o, entry->ids[0]), second = has_member(o, entry->ids[1]);
    switch ((wa_rule_kind) rule->kind) {
    case WA_EXACTLY_ONE:
        return first != second;
    case WA_AT_LEAST_ONE:
        return first || second;
    case WA_ONLY_WHEN:
        return !first || is_absent_or(second ? &o->values[entry->ids[1]] : NULL, rule->value);
    case WA_ONLY_UNDER:
        return !first || is_absent_or(find_around(e, rule->names[1]), rule->value);
    case WA_ONLY_WITHOUT:
        return !first || find_around(e, rule->names[1]) == NULL;
    case WA_NOT_WITH:
        return !first || !second;
    case WA_NEEDS:
        return !first || second;
    case WA_AT_MOST_WHEN:
        return !first || !second || !is_value_over(&o->values[entry->ids[0]], rule->limit) ||
               !is_absent_or(&o->values[entry->ids[1]], rule->value);
    case WA_SUM:
        return !first || !second || is_sum(e, rule, &o->values[entry->ids[0]], &o->values[entry->ids[1]]);
    case WA_NO_RULE:
    case WA_RULE_COUNT:
        break;
    }
    return true;
}

/* Reports a rule that is not kept. The problem has the path of the first of the rule's names; of the second for
 * WA_NEEDS, and of the object itself for WA_EXACTLY_ONE. */
static void report_rule(wa_encoder *e, const wa_message_object *o, const wa_rule_entry *entry)
{
    const wa_rule *rule = entry->rule;
    const wa_rule_term *term = &wa_rule_terms[rule->kind];
    const char *what = rule->value != NULL ? rule->value : has_member(o, entry->ids[0]) ? "both" : "neither";
    const char *name = rule->names[rule->kind == WA_NEEDS ? 1 : 0];
    wa_frame member = {.up = e->frame, .name = name, .length = strlen(name)};
    wa_problem p = {.code = term->code,
        .warning = (rule->marks & WA_SOFT) != 0,
        .where = rule->kind == WA_EXACTLY_ONE ? e->frame : &member,
        .sentence = term->sentence,
        .texts = {rule->names[0], rule->names[1], what}};
    if (rule->kind == WA_AT_MOST_WHEN) {
        p.limit = wa_count(rule->limit);
        p.actual = wa_count(o->values[entry->ids[0]].as.integer);
    }
    report(e, p);
}

/* ---- objects ----------------------------------------------------------------------------------------------------- */

/* Reports a table that is a list, though an object is needed. Returns false if the table is not a list. */
static bool is_misplaced_list(wa_encoder *e, int table)
{
    int64_t count = 0, hole = 0;
    if (!is_list(e, table, &count, &hole) || (count == 0 && !is_marked(e, table))) return false;
    if (e->lenient) encode_any(e, &(wa_value){.type = LUA_TTABLE, .as.index = table});
    report_structure(e, false, "must be a table with names, got a list");
    return true;
}

static inline void check_rules(wa_encoder *e, const wa_message_object *o)
{
    const wa_layout *layout = o->layout;
    uint8_t end = (o->present & layout->ruled) != 0 ? layout->rule_count : layout->first_if_present;
    for (uint8_t i = 0; i < end; i++) {
        const wa_rule_entry *rule = &layout->rules[i];
        if (!is_rule_kept(e, o, rule)) report_rule(e, o, rule);
    }
}

/* finds the layout of an object whose members were read, and encodes them */
static inline void encode_layout(
    wa_encoder *e, wa_message_object *o, const wa_entry *entry, int table, int64_t siblings)
{
    size_t start = e->out.length;
    if (o->present == 0 && is_misplaced_list(e, table)) return;
    if (o->layout->variant_count > 0) resolve_variant(e, o);
    if ((entry->marks & WA_COMPARED) != 0 && entry->kind == WA_OBJECT) {
        note_integer(e, entry, (int64_t) (intptr_t) o->layout);
    }
    if (consume(e, o->count)) {
        encode_members(e, o, siblings);
        check_rules(e, o);
        if (o->unknown_keys > 0 || (o->present & ~o->layout->mask) != 0) check_unknown(e, o, table);
    }
    close_brackets(e, start, '{', '}');
}

/* [-n, +0, -] Encodes the object at `table`, with `top` as the top of the stack. On return the top is `final_top`. */
static void encode_object(wa_encoder *e, const wa_entry *entry, int table, int top, int final_top, int64_t siblings)
{
    wa_value values[WA_MAX_NAMES];
    wa_message_object o = {
        .type = entry->type, .layout = entry->type->layout, .values = values, .discriminator = WA_NO_ID};
    if (!o.layout->ready) {
        request_layout(e, entry->type->layout);
        lua_settop(e->L, final_top);
    } else if (!read_members(e, &o, table, top)) {
        report_depth(e, "nested deeper than this Lua's stack can hold");
        lua_settop(e->L, final_top);
    } else {
        encode_layout(e, &o, entry, table, siblings);
        if (o.top > final_top) lua_settop(e->L, final_top);
    }
}

/* ---- the encoder ------------------------------------------------------------------------------------------------- */

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

static bool is_out_of_memory(const wa_encoder *e)
{
    return e->out.failure == WA_NO_MEMORY || e->noted.failure == WA_NO_MEMORY || e->unknown.failure == WA_NO_MEMORY ||
           e->report.records.failure == WA_NO_MEMORY || e->report.text.failure == WA_NO_MEMORY;
}

static void begin(wa_encoder *e, lua_State *L)
{
    e->L = L;
    e->report.problems = e->report.warnings = 0;
    e->values = MAX_VALUES;
    e->keys = 0;
    e->depth = e->room = 0;
    e->parts = 0;
    e->missing_layout = NULL;
    e->marks_known = false;
    e->frame = NULL;
    e->list_rules = NULL;
}

/* Returns false if memory ran out. */
static inline bool finish(wa_encoder *e)
{
    if (e->out.failure == WA_TOO_LONG) {
        char size[16];
        snprintf(size, sizeof size, "%d", MAX_BYTES >> 20);
        REPORT_FATAL(e, .code = WA_ERR_MAX_CHARS, .limit = wa_count(MAX_BYTES), .texts = {size},
            .sentence = "longer than %1 MiB");
    }
    return !is_out_of_memory(e);
}

bool wa_encode_message(wa_encoder *e, lua_State *L, int table, wa_type *root)
{
    int top = lua_gettop(L);
    begin(e, L);
    encode_object(e, &(wa_entry){.type = root}, table, top, top, 0);
    return finish(e);
}

bool wa_encode_value(wa_encoder *e, lua_State *L, int index)
{
    wa_value v;
    begin(e, L);
    load_value(L, index, &v);
    encode_any(e, &v);
    return finish(e);
}
