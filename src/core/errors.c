/* The problems of a message: see errors.h. */
#include "errors.h"

#include "../compat.h"
#include "utf8.h"

#include <stdio.h>

enum { LONGEST_QUOTE = 60, LONGEST_PATH = 1000, LONGEST_NAME = 40, FAR = 3, NAMED = 3 };

/* a fact as it is kept: a number, or a span of the report's text */
typedef struct detail {
    enum { NO_DETAIL, NUMBER_DETAIL, TEXT_DETAIL } kind;
    int64_t number;
    size_t at, length;
} detail;

/* a problem as it is kept: its sentence, which begins with the path, is a span of the report's text */
typedef struct record {
    wa_error_code code;
    bool warning, near;
    size_t at, path_length, length;
    detail limit, actual;
} record;

/* ---- text -------------------------------------------------------------------------------------------------------- */

static void add_string(wa_buffer *text, const char *string)
{
    wa_buffer_add(text, string, strlen(string));
}

static void add_integer(wa_buffer *text, int64_t integer)
{
    char digits[32];
    int size = snprintf(digits, sizeof digits, "%lld", (long long) integer);
    wa_buffer_add(text, digits, (size_t) size);
}

static void add_code_point(wa_buffer *text, int64_t point)
{
    char digits[16];
    int size = snprintf(digits, sizeof digits, "U+%04lX", (unsigned long) point);
    wa_buffer_add(text, digits, (size_t) size);
}

/* Adds a character of `whole` bytes, or a byte that is not UTF-8 (`whole` is 0), with an escape of Lua if it needs one.
 */
static void add_escaped_character(wa_buffer *text, const char *bytes, size_t whole)
{
    char escape[16];
    int size = 0;
    if (whole == 1 && (*bytes == '"' || *bytes == '\\')) {
        wa_buffer_add(text, "\\", 1);
    } else if (whole < 2 && ((unsigned char) *bytes < 0x20 || (unsigned char) *bytes >= 0x7F)) {
        size = snprintf(escape, sizeof escape, "\\%03d", (unsigned char) *bytes);
    } else if (whole > 1 && wa_is_escaped(wa_utf8_point(bytes, whole))) {
        size = snprintf(escape, sizeof escape, "\\u{%lX}", (unsigned long) wa_utf8_point(bytes, whole));
    }
    if (size > 0) wa_buffer_add(text, escape, (size_t) size);
    else wa_buffer_add(text, bytes, whole > 1 ? whole : 1);
}

/* adds up to `most` bytes, escaped */
static void add_escaped(wa_buffer *text, const char *bytes, size_t length, size_t most)
{
    size_t at = 0;
    while (at < length && at < most) {
        size_t whole = wa_utf8_character((const unsigned char *) bytes + at, length - at);
        add_escaped_character(text, bytes + at, whole);
        at += whole > 1 ? whole : 1;
    }
    if (at < length) wa_buffer_add(text, "...", 3);
}

/* Returns true if the bytes can follow a dot in Lua. */
static bool is_name(const char *bytes, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        char b = bytes[i];
        bool letter = (b >= 'a' && b <= 'z') || (b >= 'A' && b <= 'Z') || b == '_';
        if (!letter && !(i > 0 && b >= '0' && b <= '9')) return false;
    }
    return length > 0 && length <= LONGEST_QUOTE;
}

static void add_member(wa_buffer *text, const char *name, size_t length, size_t start)
{
    if (is_name(name, length)) {
        if (text->length > start) wa_buffer_add(text, ".", 1);
        wa_buffer_add(text, name, length);
    } else {
        wa_buffer_add(text, "[\"", 2);
        add_escaped(text, name, length, LONGEST_QUOTE);
        wa_buffer_add(text, "\"]", 2);
    }
}

static void add_path(wa_buffer *text, const wa_frame *frame, size_t start)
{
    if (frame == NULL) return;
    const char *name = frame->entry != NULL ? frame->entry->field->name : frame->name;
    if (name == NULL && frame->index == 0 && frame->table != NULL) return; /* the message itself */
    add_path(text, frame->up, start);
    if (text->length - start > LONGEST_PATH) return; /* too long to read */
    if (name != NULL) {
        add_member(text, name, frame->entry != NULL ? strlen(name) : frame->length, start);
    } else {
        add_string(text, "[");
        add_integer(text, frame->index);
        add_string(text, "]");
    }
}

/* adds one string of a list such as "a", "b" or "c", with the comma or the `or` before it */
static void add_value(wa_buffer *text, const char *value, bool first, bool last)
{
    if (!first) add_string(text, last ? " or " : ", ");
    add_string(text, "\"");
    add_string(text, value);
    add_string(text, "\"");
}

static void add_values(wa_buffer *text, const char *const *values)
{
    for (size_t i = 0; values[i] != NULL; i++) add_value(text, values[i], i == 0, values[i + 1] == NULL);
}

static void add_variant_values(wa_buffer *text, const wa_variant *variants)
{
    for (size_t i = 0; variants[i].value != NULL; i++) {
        add_value(text, variants[i].value, i == 0, variants[i + 1].value == NULL);
    }
}

/* describes the field in words: "a string of 1 to 20 characters", or "a", "b" or "c" */
static void add_field(wa_buffer *text, const wa_field *f)
{
    const wa_kind_term *kind = &wa_kind_terms[f->kind];
    if (f->values != NULL && f->kind != WA_LIST) {
        add_values(text, f->values);
        return;
    }
    add_string(text, kind->text);
    bool limited = f->kind == WA_STRING || f->kind == WA_ID || f->kind == WA_LIST || f->kind == WA_INTEGER;
    if (!limited || f->max <= 0) return;
    add_string(text, f->kind == WA_INTEGER ? " from " : " of ");
    /* a field that is required among many must not be empty then */
    add_integer(text, f->min == 0 && (f->marks & WA_AMONG_MANY) != 0 ? 1 : f->min);
    add_string(text, " to ");
    add_integer(text, f->max);
    if (f->kind != WA_INTEGER) add_string(text, " ");
    add_string(text, kind->unit);
}

static bool is_in_layout(const wa_layout *layout, uint8_t id)
{
    return layout == NULL || (layout->mask >> id & 1) != 0;
}

/* adds the names of the fields of a layout or, if it is NULL, of a type */
static void add_field_names(wa_buffer *text, const wa_type *type, const wa_layout *layout)
{
    const char *between = "";
    for (uint8_t i = 0; i < type->name_count; i++) {
        if (!is_in_layout(layout, i)) continue;
        add_string(text, between);
        add_string(text, type->names[i].name);
        between = ", ";
    }
}

/* ---- reports ----------------------------------------------------------------------------------------------------- */

/* adds a fact to the sentence, and keeps the added text as a detail */
static void add_fact(wa_buffer *text, const wa_fact *fact, detail *kept)
{
    if (fact->kind == WA_COUNT) {
        add_integer(text, fact->count);
        return;
    }
    if (fact->kind == WA_QUOTED) add_string(text, "\"");
    *kept = (detail){.kind = TEXT_DETAIL, .at = text->length};
    if (fact->kind == WA_VALUES) add_values(text, fact->values);
    else if (fact->kind == WA_POINT) add_code_point(text, fact->count);
    else add_escaped(text, fact->text, fact->length, LONGEST_QUOTE);
    kept->length = text->length - kept->at;
    if (fact->kind == WA_QUOTED) add_string(text, "\"");
}

static void add_directive(wa_buffer *text, const wa_problem *p, char directive, record *kept)
{
    switch (directive) {
    case 'A':
        add_fact(text, &p->actual, &kept->actual);
        break;
    case 'L':
        add_fact(text, &p->limit, &kept->limit);
        break;
    case 'F':
        add_field(text, p->field);
        break;
    case 'V':
        add_variant_values(text, p->variants);
        break;
    case 'N':
        add_field_names(text, p->type, p->layout);
        break;
    default:
        add_string(text, p->texts[directive - '1']);
        break;
    }
}

static void keep_count(const wa_fact *fact, detail *kept)
{
    if (fact->kind == WA_COUNT) *kept = (detail){.kind = NUMBER_DETAIL, .number = fact->count};
}

void wa_report_problem(wa_report *report, const wa_problem *p)
{
    size_t before = p->warning ? report->warnings++ : report->problems++;
    wa_buffer *text = &report->text;
    record kept = {.code = p->code, .warning = p->warning, .near = p->near, .at = text->length};
    if (before >= WA_MAX_PROBLEMS) return;
    keep_count(&p->limit, &kept.limit);
    keep_count(&p->actual, &kept.actual);
    add_path(text, p->where, kept.at);
    kept.path_length = text->length - kept.at;
    add_string(text, kept.path_length > 0 ? ": " : "message: ");
    for (const char *c = p->sentence; *c != '\0'; c++) {
        if (*c == '%') add_directive(text, p, *++c, &kept);
        else wa_buffer_add(text, c, 1);
    }
    kept.length = text->length - kept.at;
    wa_buffer_add(&report->records, (const char *) &kept, sizeof kept);
}

/* ---- names in the wrong place ------------------------------------------------------------------------------------ */

/* Returns true if the object has the field, in any of its variants. */
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

/* Returns true if the object, or one inside of it, has the field. */
static bool has_field_below(const wa_object *object, const char *name, size_t length)
{
    if (has_field(object, name, length)) return true;
    for (const wa_field *f = object->fields; f->name != NULL; f++) {
        if (f->object != NULL && has_field_below(f->object, name, length)) return true;
    }
    if (object->base != NULL && has_field_below(object->base, name, length)) return true;
    for (const wa_variant *v = object->variants; v != NULL && v->value != NULL; v++) {
        if (has_field_below(v->object, name, length)) return true;
    }
    return object->otherwise != NULL && has_field_below(object->otherwise, name, length);
}

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Returns how many letters must be added, left out, changed or swapped with their neighbour to make one name the other.
 */
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

/* Returns the field of the layout whose name is most similar to this name, or NULL if no name is similar. */
static const char *nearest_name(const wa_type *type, const wa_layout *layout, const char *name, size_t length)
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

/* Returns the name of a member of the layout whose object has the field, or NULL. */
static const char *member_with(const wa_layout *layout, const char *name, size_t length)
{
    for (uint8_t i = 0; i < layout->entry_count; i++) {
        const wa_field *f = layout->entries[i].field;
        if (f->object != NULL && f->kind == WA_OBJECT && has_field(f->object, name, length)) return f->name;
    }
    return NULL;
}

/* Does the same for an object whose variant is not known: searches its variants, and returns the first find. */
static const char *member_of_variants_with(const wa_type *type, const char *name, size_t length)
{
    const wa_layout *parent = type->layout;
    const char *found = NULL;
    while (parent->discriminator == WA_NO_ID && parent->otherwise != NULL) parent = parent->otherwise;
    for (uint8_t i = 0; i < parent->variant_count && found == NULL; i++) {
        found = member_with(parent->variants[i].layout, name, length);
    }
    return found;
}

const char *wa_former_name_sentence(const char *name, size_t length)
{
    for (const wa_former_name *f = wa_former_names(); f->name != NULL; f++) {
        if (wa_is(name, length, f->name)) return f->sentence;
    }
    return NULL;
}

void wa_explain_unknown(wa_problem *p, const char *name, size_t length, bool search)
{
    const char *former = wa_former_name_sentence(name, length);
    bool known = search && length <= LONGEST_NAME && has_field_below(&wa_message, name, length);
    const char *member = NULL;
    if (known) {
        member =
            p->layout != NULL ? member_with(p->layout, name, length) : member_of_variants_with(p->type, name, length);
    }
    const char *meant = member != NULL || !search ? NULL : nearest_name(p->type, p->layout, name, length);
    p->near = meant != NULL;
    p->code = known ? WA_ERR_FORBIDDEN : WA_ERR_UNKNOWN;
    p->texts[0] = known ? "does not belong here" : "no such field";
    p->texts[1] = member != NULL ? member : meant;
    p->sentence = member != NULL  ? "%1, it belongs into `%2`"
                  : meant != NULL ? "%1, did you mean `%2`?"
                                  : "%1 (there are %N)";
    if (!known && former != NULL) p->sentence = former;
}

/* ---- to Lua ------------------------------------------------------------------------------------------------------ */

/* [-0, +0, m] */
static void set_detail(lua_State *L, const wa_report *report, const char *name, const detail *kept)
{
    const int64_t most = sizeof(lua_Integer) < 8 ? INT32_MAX : (int64_t) WA_EXACT;
    if (kept->kind == NO_DETAIL) return;
    if (kept->kind == TEXT_DETAIL) lua_pushlstring(L, report->text.bytes + kept->at, kept->length);
    else if (kept->number >= -most && kept->number <= most) lua_pushinteger(L, (lua_Integer) kept->number);
    else lua_pushnumber(L, (lua_Number) kept->number);
    lua_setfield(L, -2, name);
}

static size_t record_count(const wa_report *report)
{
    return report->records.length / sizeof(record);
}

static record record_at(const wa_report *report, size_t index)
{
    record found;
    memcpy(&found, report->records.bytes + index * sizeof found, sizeof found);
    return found;
}

/* [-0, +1, m] */
static void push_problem(lua_State *L, const wa_report *report, const record *problem)
{
    const char *text = report->text.bytes + problem->at;
    lua_createtable(L, 0, 5);
    lua_pushlstring(L, text, problem->path_length);
    lua_setfield(L, -2, "path");
    lua_pushstring(L, wa_code_terms[problem->code].name);
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
    for (size_t i = 0; i < record_count(report); i++) {
        record problem = record_at(report, i);
        if (problem.warning != warnings) continue;
        push_problem(L, report, &problem);
        lua_rawseti(L, -2, ++count);
    }
}

/* [-0, +0, m] Adds to the line the problems with this `near`, until it names NAMED problems. Returns how many it names.
 */
static int add_to_line(const wa_report *report, luaL_Buffer *line, bool near, int named)
{
    for (size_t i = 0; i < record_count(report) && named < NAMED; i++) {
        record problem = record_at(report, i);
        if (problem.warning || problem.near != near) continue;
        if (named++ > 0) luaL_addstring(line, "; ");
        luaL_addlstring(line, report->text.bytes + problem.at, problem.length);
    }
    return named;
}

/* [-0, +1, m] */
static void push_line(lua_State *L, const wa_report *report)
{
    luaL_Buffer line;
    char more[48];
    luaL_buffinit(L, &line);
    int named = add_to_line(report, &line, false, add_to_line(report, &line, true, 0));
    size_t rest = report->problems - (size_t) named;
    if (rest > 0) {
        snprintf(more, sizeof more, " (and %lu more problem%s)", (unsigned long) rest, rest == 1 ? "" : "s");
        luaL_addstring(&line, more);
    }
    luaL_pushresult(&line);
}

void wa_report_push_failure(lua_State *L, const wa_report *report)
{
    push_line(L, report);
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
