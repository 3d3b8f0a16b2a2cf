/* What one value must be: its type, its length, its range, its values, its format; and how it is written. Knows the
 * kinds that hold no others. */
#include "lparts.h"

#include <stdio.h>

bool wa_spend_last(wa_walk *w)
{
    if (w->values == 0) return false;
    w->values = 0;
    wa_problem p = wa_problem_begin(&w->report, WA_BREACH_MAX_ITEMS, false, w->frame);
    p.limit = wa_count(WA_MAX_VALUES);
    wa_say(&w->report, &p, "more than %d values in one message", WA_MAX_VALUES);
    wa_problem_end(&w->report, &p);
    return false;
}

void wa_want(wa_walk *w, wa_shape *shape)
{
    w->wanted = shape;
    w->writes = false;
    w->values = 0; /* so that nothing more is looked at */
}

void wa_look(wa_walk *w, size_t keys)
{
    w->keys += keys;
    if (w->keys > WA_MAX_KEYS) wa_spend_last(w);
}

wa_problem wa_breach_at(wa_walk *w, wa_breach breach, bool soft, const wa_frame *where)
{
    wa_problem p = wa_problem_begin(&w->report, breach, soft || w->lenient, where);
    if (!p.warning) w->writes = false; /* nothing that is written from here on is used */
    return p;
}

wa_problem wa_breach_of(wa_walk *w, wa_breach breach, bool soft)
{
    return wa_breach_at(w, breach, soft, w->frame);
}

void wa_breach_end(wa_walk *w, wa_problem *p)
{
    wa_problem_end(&w->report, p);
}

/* "27 characters, at most 20" */
void wa_report_count(
    wa_walk *w, wa_breach breach, bool soft, int64_t actual, const char *unit, const char *bound, int64_t limit)
{
    wa_problem p = wa_breach_of(w, breach, soft);
    p.actual = wa_count((double) actual);
    p.limit = wa_count((double) limit);
    wa_say(&w->report, &p, "%lld %s%s, %s %lld", (long long) actual, unit, actual == 1 ? "" : "s", bound,
        (long long) limit);
    wa_breach_end(w, &p);
}

wa_problem wa_fatal(wa_walk *w, wa_breach breach)
{
    w->writes = false;
    return wa_problem_begin(&w->report, breach, false, w->frame);
}

wa_detail wa_say_type(wa_walk *w, const wa_problem *p, const wa_value *v)
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

void wa_report_unwritable(wa_walk *w, const wa_value *v)
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

bool wa_same_word(const char *a, size_t length, const char *b)
{
    for (size_t i = 0; i < length; i++) {
        char x = a[i], y = b[i];
        if (x >= 'A' && x <= 'Z') x = (char) (x - 'A' + 'a');
        if (y >= 'A' && y <= 'Z') y = (char) (y - 'A' + 'a');
        if (y == '\0' || x != y) return false;
    }
    return b[length] == '\0';
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
size_t wa_put_string(wa_walk *w, const char *text, size_t length)
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
void wa_check_count(wa_walk *w, const wa_field *f, int64_t count, bool items)
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

void wa_report_type(wa_walk *w, const wa_field *f, const wa_value *v)
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

void wa_check_text(wa_walk *w, const wa_slot *slot, const char *text, size_t length)
{
    check_values(w, slot, text, length);
    check_format(w, slot->field, text, length);
    wa_note_string(w, slot, text, length);
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

void wa_put_boolean(wa_walk *w, bool boolean)
{
    wa_buffer_add(&w->out, boolean ? "true" : "false", boolean ? 4 : 5);
}

void wa_put_number(wa_walk *w, const wa_value *v)
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

bool wa_put_scalar(wa_walk *w, const wa_slot *slot, const wa_value *v)
{
    if (v->type == LUA_TSTRING) return put_as_string(w, slot, v);
    if (v->type == LUA_TNUMBER) return put_as_number(w, slot, v);
    if (v->type != LUA_TBOOLEAN || (slot->kind != WA_BOOLEAN && slot->kind != WA_LABEL)) return false;
    wa_put_boolean(w, v->as.boolean);
    return true;
}
