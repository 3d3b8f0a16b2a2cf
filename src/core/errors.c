/* What is wrong with a message: see errors.h. */
#include "errors.h"

#include "utf8.h"

#include <stdarg.h>
#include <stdio.h>

enum { LONGEST_QUOTE = 60, LONGEST_PATH = 1000 };

/* of the rules, in the order of wa_error_code */
static const char *const code_names[] = {"required", "type", "enum", "min_chars", "max_chars", "min_items", "max_items",
    "range", "format", "one_of", "forbidden", "unknown", "unique", "utf8", "depth"};

/* bytes as Lua would escape them, up to `most` of them */
static void add_escaped(wa_buffer *text, const char *bytes, size_t length, size_t most)
{
    size_t at = 0;
    while (at < length && at < most) {
        unsigned char byte = (unsigned char) bytes[at];
        size_t whole = wa_utf8_character((const unsigned char *) bytes + at, length - at);
        if (whole > 1) {
            wa_buffer_add(text, bytes + at, whole);
        } else if (byte == '"' || byte == '\\') {
            wa_buffer_add(text, "\\", 1);
            wa_buffer_add(text, bytes + at, 1);
        } else if (byte < 0x20 || byte >= 0x7F) {
            char escape[8];
            int size = snprintf(escape, sizeof escape, "\\%03d", byte);
            wa_buffer_add(text, escape, (size_t) size);
        } else {
            wa_buffer_add(text, bytes + at, 1);
        }
        at += whole > 1 ? whole : 1;
    }
    if (at < length) wa_buffer_add(text, "...", 3);
}

static bool is_name(const char *bytes, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        char b = bytes[i];
        bool letter = (b >= 'a' && b <= 'z') || (b >= 'A' && b <= 'Z') || b == '_';
        if (!letter && !(i > 0 && b >= '0' && b <= '9')) return false;
    }
    return length > 0 && length <= LONGEST_QUOTE;
}

static void add_path(wa_buffer *text, const wa_frame *frame, size_t start)
{
    if (frame == NULL || (frame->name == NULL && frame->index == 0 && frame->table != NULL)) return; /* the message */
    add_path(text, frame->up, start);
    if (text->length - start > LONGEST_PATH) return; /* deeper than anyone reads */
    if (frame->name == NULL) {
        char index[32];
        int size = snprintf(index, sizeof index, "[%lld]", (long long) frame->index);
        wa_buffer_add(text, index, (size_t) size);
    } else if (is_name(frame->name, frame->length)) {
        if (text->length > start) wa_buffer_add(text, ".", 1);
        wa_buffer_add(text, frame->name, frame->length);
    } else {
        wa_buffer_add(text, "[\"", 2);
        add_escaped(text, frame->name, frame->length, LONGEST_QUOTE);
        wa_buffer_add(text, "\"]", 2);
    }
}

wa_problem wa_problem_begin(wa_report *report, wa_error_code code, bool warning, const wa_frame *where)
{
    size_t before = warning ? report->warnings++ : report->problems++;
    wa_problem problem = {
        .code = code, .warning = warning, .kept = before < WA_MAX_PROBLEMS, .at = report->text.length};
    if (!problem.kept) return problem;
    add_path(&report->text, where, problem.at);
    problem.path_length = report->text.length - problem.at;
    wa_buffer_add(&report->text, problem.path_length > 0 ? ": " : "message: ", problem.path_length > 0 ? 2 : 9);
    return problem;
}

void wa_problem_end(wa_report *report, wa_problem *problem)
{
    if (!problem->kept) return;
    problem->length = report->text.length - problem->at;
    wa_buffer_add(&report->records, (const char *) problem, sizeof *problem);
}

void wa_add_text(wa_report *report, const wa_problem *problem, const char *format, ...)
{
    char text[256];
    va_list arguments;
    if (!problem->kept) return;
    va_start(arguments, format);
    int size = vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    if (size > 0) wa_buffer_add(&report->text, text, (size_t) size < sizeof text ? (size_t) size : sizeof text - 1);
}

wa_detail wa_add_escaped(wa_report *report, const wa_problem *problem, const char *text, size_t length)
{
    wa_detail detail = {.kind = WA_TEXT, .at = report->text.length};
    if (!problem->kept) return detail;
    add_escaped(&report->text, text, length, LONGEST_QUOTE);
    detail.length = report->text.length - detail.at;
    return detail;
}

wa_detail wa_add_quoted(wa_report *report, const wa_problem *problem, const char *text, size_t length)
{
    wa_add_text(report, problem, "\"");
    wa_detail detail = wa_add_escaped(report, problem, text, length);
    wa_add_text(report, problem, "\"");
    return detail;
}

wa_detail wa_number_detail(double number)
{
    return (wa_detail){.kind = WA_NUMBER_DETAIL, .number = number};
}

/* ---- the names of problems -------------------------------------------------------------------------------------- */

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

void wa_add_kind(wa_report *report, const wa_problem *problem, const wa_field *f)
{
    bool text = f->kind == WA_STRING || f->kind == WA_ID;
    if (f->values != NULL && f->kind != WA_LIST) {
        wa_add_values(report, problem, f->values);
        return;
    }
    /* an empty text counts as a missing one where the field is required among many */
    int min = f->min == 0 && (f->marks & WA_AMONG_MANY) != 0 ? 1 : f->min;
    wa_add_text(report, problem, "%s", wa_kind_names[f->kind]);
    if ((text || f->kind == WA_LIST) && f->max > 0) {
        wa_add_text(report, problem, " of %d to %d %s", min, (int) f->max, text ? "characters" : "items");
    } else if (f->kind == WA_INTEGER && f->max > 0) {
        wa_add_text(report, problem, " from %d to %d", (int) f->min, (int) f->max);
    }
}

wa_detail wa_add_values(wa_report *report, const wa_problem *problem, const char *const *values)
{
    wa_detail all = {.kind = WA_TEXT, .at = report->text.length};
    for (size_t i = 0; values[i] != NULL; i++) {
        if (i > 0) wa_add_text(report, problem, values[i + 1] == NULL ? " or " : ", ");
        wa_add_text(report, problem, "\"%s\"", values[i]);
    }
    all.length = report->text.length - all.at;
    return all;
}

void wa_add_choices(wa_report *report, const wa_problem *problem, const wa_variant *variants)
{
    for (size_t i = 0; variants[i].value != NULL; i++) {
        if (i > 0) wa_add_text(report, problem, variants[i + 1].value == NULL ? " or " : ", ");
        wa_add_text(report, problem, "\"%s\"", variants[i].value);
    }
}

void wa_add_rule(wa_report *report, const wa_problem *problem, const wa_rule *rule, bool first)
{
    const char *a = rule->names[0], *b = rule->names[1];
    switch ((wa_rule_kind) rule->kind) {
    case WA_EXACTLY_ONE:
        wa_add_text(report, problem, "needs exactly one of `%s` and `%s`, has %s", a, b, first ? "both" : "neither");
        break;
    case WA_AT_LEAST_ONE:
        wa_add_text(report, problem, "missing: `%s` or `%s` is needed", a, b);
        break;
    case WA_SUM:
        wa_add_text(report, problem, "not the sum of what adds to it, less what is taken off");
        break;
    case WA_ONLY_WHEN:
    case WA_ONLY_UNDER:
        if (rule->value == NULL) wa_add_text(report, problem, "documented only without a `%s`", b);
        else wa_add_text(report, problem, "documented only where `%s` is \"%s\"", b, rule->value);
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

bool wa_is_field_name(const char *name, size_t length)
{
    return length <= LONGEST_NAME && has_below(&wa_message, name, length);
}

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* single letters added, left out, changed or swapped with their neighbour, between the two names */
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

/* whether the word is_in_layout in the layout; in any, where that is not known */
static bool is_in_layout(const wa_layout *layout, uint8_t word)
{
    return layout == NULL || (layout->mask >> word & 1) != 0;
}

static const char *nearest(const wa_type *type, const wa_layout *layout, const char *name, size_t length)
{
    const char *found = NULL;
    size_t best = least(FAR, length / 2 + 1);
    for (uint8_t i = 0; i < type->name_count; i++) {
        size_t away = distance(name, length, type->names[i].name, strlen(type->names[i].name));
        if (away < best && is_in_layout(layout, i)) {
            best = away;
            found = type->names[i].name;
        }
    }
    return found;
}

/* the member of the layout that holds an object with this field */
static const char *owner_of(const wa_layout *layout, const char *name, size_t length)
{
    for (uint8_t i = 0; i < layout->entry_count; i++) {
        const wa_field *f = layout->entries[i].field;
        if (f->object != NULL && f->kind == WA_OBJECT && has_field(f->object, name, length)) return f->name;
    }
    return NULL;
}

/* the same of the first variant that has one, where the layout is not known */
static const char *owner_in_variants(const wa_type *type, const char *name, size_t length)
{
    const wa_layout *parent = type->layout;
    const char *found = NULL;
    while (parent->discriminator == WA_NO_ID && parent->otherwise != NULL) parent = parent->otherwise;
    for (uint8_t i = 0; i < parent->variant_count && found == NULL; i++) {
        found = owner_of(parent->variants[i].layout, name, length);
    }
    return found;
}

static void add_fields(wa_report *report, const wa_problem *problem, const wa_type *type, const wa_layout *layout)
{
    const char *between = "";
    for (uint8_t i = 0; i < type->name_count; i++) {
        if (!is_in_layout(layout, i)) continue;
        wa_add_text(report, problem, "%s%s", between, type->names[i].name);
        between = ", ";
    }
}

void wa_add_unknown(wa_report *report, const wa_problem *problem, const wa_type *type, const wa_layout *layout,
    const char *name, size_t length, bool known)
{
    if (!problem->kept) return;
    const char *member = !known           ? NULL
                         : layout != NULL ? owner_of(layout, name, length)
                                          : owner_in_variants(type, name, length);
    const char *meant = nearest(type, layout, name, length);
    wa_add_text(report, problem, known ? "does not belong here" : "no such field");
    if (member != NULL) {
        wa_add_text(report, problem, ", it belongs into `%s`", member);
    } else if (meant != NULL) {
        wa_add_text(report, problem, ", did you mean `%s`?", meant);
    } else {
        wa_add_text(report, problem, " (there are ");
        add_fields(report, problem, type, layout);
        wa_add_text(report, problem, ")");
    }
}

/* ---- to Lua ----------------------------------------------------------------------------------------------------- */

/* [-0, +0, m] */
static void set_detail(lua_State *L, const wa_report *report, const char *name, const wa_detail *detail)
{
    const double most = sizeof(lua_Integer) < 8 ? INT32_MAX : WA_EXACT;
    if (detail->kind == WA_NOTHING) return;
    if (detail->kind == WA_TEXT) {
        lua_pushlstring(L, report->text.bytes + detail->at, detail->length);
    } else if (detail->number >= -most && detail->number <= most &&
               (double) (lua_Integer) detail->number == detail->number) {
        lua_pushinteger(L, (lua_Integer) detail->number);
    } else {
        lua_pushnumber(L, (lua_Number) detail->number);
    }
    lua_setfield(L, -2, name);
}

static wa_problem record(const wa_report *report, size_t index)
{
    wa_problem problem;
    memcpy(&problem, report->records.bytes + index * sizeof problem, sizeof problem);
    return problem;
}

/* [-0, +1, m] */
static void push_problem(lua_State *L, const wa_report *report, const wa_problem *problem)
{
    const char *text = report->text.bytes + problem->at;
    lua_createtable(L, 0, 5);
    lua_pushlstring(L, text, problem->path_length);
    lua_setfield(L, -2, "path");
    lua_pushstring(L, code_names[problem->code]);
    lua_setfield(L, -2, "rule");
    set_detail(L, report, "limit", &problem->limit);
    set_detail(L, report, "actual", &problem->actual);
    lua_pushlstring(L, text, problem->length);
    lua_setfield(L, -2, "message");
}

void wa_report_push(lua_State *L, const wa_report *report, bool warnings)
{
    int count = 0;
    lua_newtable(L);
    for (size_t i = 0; i < report->records.length / sizeof(wa_problem); i++) {
        wa_problem problem = record(report, i);
        if (problem.warning != warnings) continue;
        push_problem(L, report, &problem);
        lua_rawseti(L, -2, ++count);
    }
}

/* [-0, +1, m] */
static void push_first_line(lua_State *L, const wa_report *report)
{
    for (size_t i = 0; i < report->records.length / sizeof(wa_problem); i++) {
        wa_problem problem = record(report, i);
        if (problem.warning) continue;
        lua_pushlstring(L, report->text.bytes + problem.at, problem.length);
        if (report->problems == 1) return;
        lua_pushfstring(L, " (and %d more problem%s)", (int) report->problems - 1, report->problems == 2 ? "" : "s");
        lua_concat(L, 2);
        return;
    }
}

void wa_report_push_failure(lua_State *L, const wa_report *report)
{
    push_first_line(L, report);
    lua_createtable(L, 0, 5);
    lua_pushliteral(L, "invalid");
    lua_setfield(L, -2, "kind");
    lua_pushboolean(L, 0);
    lua_setfield(L, -2, "retryable");
    lua_pushboolean(L, 0);
    lua_setfield(L, -2, "may_have_been_sent");
    lua_pushinteger(L, (lua_Integer) report->problems);
    lua_setfield(L, -2, "count");
    wa_report_push(L, report, false);
    lua_setfield(L, -2, "problems");
}
