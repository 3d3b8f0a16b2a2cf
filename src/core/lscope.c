/* What the values of a list must be together: unique, the same, all or none, so many in all. */
#include "lparts.h"

#include <stdio.h>

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

void wa_note_string(wa_walk *w, const wa_slot *slot, const char *text, size_t length)
{
    if ((slot->flags & WA_NOTED) == 0) return;
    note(w, &(entry){.field = slot->field, .name_print = slot->print, .text = text, .length = length});
}

void wa_note_integer(wa_walk *w, const wa_slot *slot, int64_t integer)
{
    if ((slot->flags & WA_NOTED) == 0) return;
    note(w, &(entry){.field = slot->field, .name_print = slot->print, .integer = integer});
}

void wa_note_amount(wa_walk *w, const wa_field *f, int64_t integer)
{
    const int64_t most = INT64_C(1) << 50; /* no amount is near it, and no sum of such overflows */
    if ((f->flags & WA_AMOUNT) == 0 || integer < 0 || integer > most) return;
    if (w->role == WA_TOTAL) w->sum.total = integer;
    if (w->role == WA_ADDS) w->sum.parts += integer;
    if (w->role == WA_TAKES) w->sum.parts -= integer;
    w->sum.has_total = w->sum.has_total || w->role == WA_TOTAL;
    w->sum.has_parts = w->sum.has_parts || w->role == WA_ADDS;
}

bool wa_take_sum(wa_walk *w)
{
    bool right = !w->sum.has_total || !w->sum.has_parts || w->sum.total == w->sum.parts;
    memset(&w->sum, 0, sizeof w->sum);
    return right;
}

void wa_open_scope(wa_walk *w, wa_scope *s)
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

void wa_close_scope(wa_walk *w, const wa_field *f, wa_scope *s)
{
    if (f->total > 0 && s->counted > f->total && !s->over) {
        wa_report_count(
            w, WA_BREACH_MAX_ITEMS, f->grade == WA_SOFT, s->counted, "item", "in its lists together at most", f->total);
    }
    if (s->some) report_lacking(w, s);
    w->seen.length = s->start * sizeof(entry);
    w->scope = s->up;
}
