/* The words of problems: see lsay.h. */
#include "lsay.h"

enum { LONGEST_NAME = 40, FAR = 3 };

WA_DATA_DEFINITION const char *const wa_kind_names[WA_REMOVED + 1] = {
    [0] = "anything",
    [WA_STRING] = "a string",
    [WA_ID] = "a string or a whole number",
    [WA_BOOLEAN] = "true or false",
    [WA_INTEGER] = "a whole number",
    [WA_NUMBER] = "a number or a string",
    [WA_ORDINAL] = "a whole number or a string of digits",
    [WA_LABEL] = "a string or a boolean",
    [WA_OBJECT] = "a table with names",
    [WA_LIST] = "a list",
    [WA_MAP] = "a table with names of your own",
    [WA_REMOVED] = "absent",
};

void wa_say_kind(wa_report *report, const wa_problem *problem, const wa_field *f)
{
    bool text = f->kind == WA_STRING || f->kind == WA_ID;
    if (f->values != NULL && f->kind != WA_LIST) {
        wa_say_values(report, problem, f->values);
        return;
    }
    /* an empty text counts as a missing one where the field is required among many */
    int min = f->min == 0 && (f->flags & WA_AMONG_MANY) != 0 ? 1 : f->min;
    wa_say(report, problem, "%s", wa_kind_names[f->kind]);
    if ((text || f->kind == WA_LIST) && f->max > 0) {
        wa_say(report, problem, " of %d to %d %s", min, (int) f->max, text ? "characters" : "items");
    } else if (f->kind == WA_INTEGER && f->max > 0) {
        wa_say(report, problem, " from %d to %d", (int) f->min, (int) f->max);
    }
}

wa_detail wa_say_values(wa_report *report, const wa_problem *problem, const char *const *values)
{
    wa_detail all = {.kind = WA_WORDS, .at = report->text.length};
    for (size_t i = 0; values[i] != NULL; i++) {
        if (i > 0) wa_say(report, problem, values[i + 1] == NULL ? " or " : ", ");
        wa_say(report, problem, "\"%s\"", values[i]);
    }
    all.length = report->text.length - all.at;
    return all;
}

void wa_say_choices(wa_report *report, const wa_problem *problem, const wa_variant *variants)
{
    for (size_t i = 0; variants[i].value != NULL; i++) {
        if (i > 0) wa_say(report, problem, variants[i + 1].value == NULL ? " or " : ", ");
        wa_say(report, problem, "\"%s\"", variants[i].value);
    }
}

void wa_say_rule(wa_report *report, const wa_problem *problem, const wa_rule *rule, bool first)
{
    const char *a = rule->names[0], *b = rule->names[1];
    switch ((wa_rule_kind) rule->kind) {
    case WA_EXACTLY_ONE:
        wa_say(report, problem, "needs exactly one of `%s` and `%s`, has %s", a, b, first ? "both" : "neither");
        break;
    case WA_AT_LEAST_ONE:
        wa_say(report, problem, "missing: `%s` or `%s` is needed", a, b);
        break;
    case WA_SUM:
        wa_say(report, problem, "not the sum of what adds to it, less what is taken off");
        break;
    case WA_ONLY_WHEN:
    case WA_ONLY_UNDER:
        if (rule->value == NULL) wa_say(report, problem, "documented only without a `%s`", b);
        else wa_say(report, problem, "documented only where `%s` is \"%s\"", b, rule->value);
        break;
    }
}

/* whether the object, in any of its variants, has the field itself */
static bool has_field(const wa_object *object, const char *name, size_t length)
{
    for (const wa_field *f = object->fields; f->name != NULL; f++) {
        if (f->kind != WA_REMOVED && wa_is(name, length, f->name)) return true;
    }
    if (object->base != NULL && has_field(object->base, name, length)) return true;
    for (const wa_variant *v = object->variants; v != NULL && v->value != NULL; v++) {
        if (has_field(v->object, name, length)) return true;
    }
    return object->otherwise != NULL && has_field(object->otherwise, name, length);
}

static bool has_below(const wa_object *object, const char *name, size_t length)
{
    if (has_field(object, name, length)) return true;
    for (const wa_field *f = object->fields; f->name != NULL; f++) {
        if (f->object != NULL && has_below(f->object, name, length)) return true;
    }
    if (object->base != NULL && has_below(object->base, name, length)) return true;
    for (const wa_variant *v = object->variants; v != NULL && v->value != NULL; v++) {
        if (has_below(v->object, name, length)) return true;
    }
    return object->otherwise != NULL && has_below(object->otherwise, name, length);
}

bool wa_is_known(const char *name, size_t length)
{
    return length <= LONGEST_NAME && has_below(&wa_message, name, length);
}

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* single letters added, left out, changed or swapped with their neighbour, between the two words */
static size_t distance(const char *a, size_t m, const char *b, size_t n)
{
    size_t rows[3][LONGEST_NAME + 1];
    if (m > LONGEST_NAME || n > LONGEST_NAME) return LONGEST_NAME;
    for (size_t j = 0; j <= n; j++) rows[0][j] = j;
    for (size_t i = 1; i <= m; i++) {
        size_t *row = rows[i % 3], *above = rows[(i - 1) % 3], *higher = rows[(i + 1) % 3];
        row[0] = i;
        for (size_t j = 1; j <= n; j++) {
            size_t change = above[j - 1] + (a[i - 1] != b[j - 1]);
            row[j] = least(change, least(above[j], row[j - 1]) + 1);
            bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
            if (swapped) row[j] = least(row[j], higher[j - 2] + 1);
        }
    }
    return rows[m % 3][n];
}

/* whether the word stands in the shape; in any, where that is not known */
static bool stands(const wa_shape *shape, uint8_t word)
{
    return shape == NULL || (shape->mask >> word & 1) != 0;
}

static const char *nearest(const wa_node *node, const wa_shape *shape, const char *name, size_t length)
{
    const char *found = NULL;
    size_t best = least(FAR, length / 2 + 1);
    for (uint8_t i = 0; i < node->word_count; i++) {
        size_t away = distance(name, length, node->words[i].name, strlen(node->words[i].name));
        if (away < best && stands(shape, i)) {
            best = away;
            found = node->words[i].name;
        }
    }
    return found;
}

/* the member of the shape that holds an object with this field */
static const char *home(const wa_shape *shape, const char *name, size_t length)
{
    for (uint8_t i = 0; i < shape->slot_count; i++) {
        const wa_field *f = shape->slots[i].field;
        if (f->object != NULL && f->kind == WA_OBJECT && has_field(f->object, name, length)) return f->name;
    }
    return NULL;
}

/* the same of the first variant that has one, where the shape is not known */
static const char *home_of_any(const wa_node *node, const char *name, size_t length)
{
    const wa_shape *parent = node->shape;
    const char *found = NULL;
    while (parent->by == WA_NO_WORD && parent->otherwise != NULL) parent = parent->otherwise;
    for (uint8_t i = 0; i < parent->choice_count && found == NULL; i++) {
        found = home(parent->choices[i].shape, name, length);
    }
    return found;
}

static void say_fields(wa_report *report, const wa_problem *problem, const wa_node *node, const wa_shape *shape)
{
    const char *between = "";
    for (uint8_t i = 0; i < node->word_count; i++) {
        if (!stands(shape, i)) continue;
        wa_say(report, problem, "%s%s", between, node->words[i].name);
        between = ", ";
    }
}

void wa_say_foreign(wa_report *report, const wa_problem *problem, const wa_node *node, const wa_shape *shape,
    const char *name, size_t length, bool known)
{
    if (!problem->kept) return;
    const char *member = !known ? NULL : shape != NULL ? home(shape, name, length) : home_of_any(node, name, length);
    const char *meant = nearest(node, shape, name, length);
    wa_say(report, problem, known ? "does not belong here" : "no such field");
    if (member != NULL) {
        wa_say(report, problem, ", it belongs into `%s`", member);
    } else if (meant != NULL) {
        wa_say(report, problem, ", did you mean `%s`?", meant);
    } else {
        wa_say(report, problem, " (there are ");
        say_fields(report, problem, node, shape);
        wa_say(report, problem, ")");
    }
}
