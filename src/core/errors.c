/* What is wrong with a message: see errors.h. */
#include "errors.h"

#include "utf8.h"

#include <stdarg.h>
#include <stdio.h>

enum { LONGEST_QUOTE = 60, LONGEST_PATH = 1000 };

/* of the rules, in the order of wa_breach */
static const char *const breach_names[] = {"required", "type", "enum", "min_chars", "max_chars", "min_items",
    "max_items", "range", "format", "one_of", "forbidden", "unknown", "unique", "utf8", "depth"};

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

wa_problem wa_problem_begin(wa_report *report, wa_breach breach, bool warning, const wa_frame *where)
{
    size_t before = warning ? report->warnings++ : report->problems++;
    wa_problem problem = {
        .breach = breach, .warning = warning, .kept = before < WA_MAX_PROBLEMS, .at = report->text.length};
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

void wa_say(wa_report *report, const wa_problem *problem, const char *format, ...)
{
    char text[256];
    va_list arguments;
    if (!problem->kept) return;
    va_start(arguments, format);
    int size = vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    if (size > 0) wa_buffer_add(&report->text, text, (size_t) size < sizeof text ? (size_t) size : sizeof text - 1);
}

wa_detail wa_say_word(wa_report *report, const wa_problem *problem, const char *text, size_t length)
{
    wa_detail detail = {.kind = WA_WORDS, .at = report->text.length};
    if (!problem->kept) return detail;
    add_escaped(&report->text, text, length, LONGEST_QUOTE);
    detail.length = report->text.length - detail.at;
    return detail;
}

wa_detail wa_say_quoted(wa_report *report, const wa_problem *problem, const char *text, size_t length)
{
    wa_say(report, problem, "\"");
    wa_detail detail = wa_say_word(report, problem, text, length);
    wa_say(report, problem, "\"");
    return detail;
}

wa_detail wa_count(double number)
{
    return (wa_detail){.kind = WA_COUNT, .number = number};
}

/* [-0, +0, m] */
static void set_detail(lua_State *L, const wa_report *report, const char *name, const wa_detail *detail)
{
    const double most = sizeof(lua_Integer) < 8 ? INT32_MAX : WA_EXACT;
    if (detail->kind == WA_NOTHING) return;
    if (detail->kind == WA_WORDS) {
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
    lua_pushstring(L, breach_names[problem->breach]);
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
