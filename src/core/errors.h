/* The problems of a message: path, error code, limit, actual value and a sentence. They are collected while a table is
 * encoded, without touching the Lua heap, and become Lua tables afterwards. Never decides whether something is wrong,
 * and never reads the documentation of a field. */
#ifndef WA_ERRORS_H
#define WA_ERRORS_H

#include "../buffer.h"
#include "../compat.h"
#include "compile.h"

enum { WA_MAX_PROBLEMS = 100 }; /* a report keeps as many problems and as many warnings, and only counts the others */

/* A step of the path from the message to a value. Frames lie on the C stack; a path is written if there is a problem.
 */
typedef struct wa_frame {
    const struct wa_frame *up;
    const wa_entry *entry; /* a field, or NULL: `name` or `index` says which member or item it is */
    const char *name;      /* NULL: an item of a list */
    size_t length;
    int64_t index;     /* from 1 */
    const void *table; /* the table of an any value, to find a table that contains itself; else NULL */
    const struct wa_message_object *object; /* the object that is being encoded */
} wa_frame;

/* a part of a sentence, which is also a value: the `limit` or the `actual` of a problem */
typedef struct wa_fact {
    enum { WA_NO_FACT, WA_COUNT, WA_POINT, WA_QUOTED, WA_PLAIN, WA_VALUES } kind;
    int64_t count;    /* WA_COUNT, and WA_POINT: a code point, U+202A */
    const char *text; /* WA_QUOTED and WA_PLAIN: escaped as Lua does, and shortened */
    size_t length;
    const char *const *values; /* WA_VALUES: "a", "b" or "c" */
} wa_fact;

/* A problem to report. In the sentence, %A is `actual`, %L is `limit`, %1 to %3 are the texts, %F is the field in
 * words, %V are the values of the variants, and %N are the names of the fields of the layout or, if it is NULL, of the
 * type. */
typedef struct wa_problem {
    wa_error_code code;
    bool warning;
    bool near; /* the name is unknown, and the sentence suggests a similar one */
    const wa_frame *where;
    wa_fact limit, actual;
    const char *sentence;
    const char *texts[3];
    const wa_field *field;
    const wa_variant *variants;
    const wa_type *type;
    const wa_layout *layout;
} wa_problem;

typedef struct wa_report {
    wa_buffer records, text;
    size_t problems, warnings; /* the numbers of all, also of those that are not kept */
} wa_report;

static inline wa_fact wa_count(int64_t count)
{
    return (wa_fact){.kind = WA_COUNT, .count = count};
}

static inline wa_fact wa_quoted(const char *text, size_t length)
{
    return (wa_fact){.kind = WA_QUOTED, .text = text, .length = length};
}

/* adds a problem to the report */
WA_FUNC void wa_report_problem(wa_report *report, const wa_problem *problem);

/* Returns a sentence that says what became of a name that the API had once; NULL for any other name. */
WA_FUNC const char *wa_former_name_sentence(const char *name, size_t length);

/* Sets code, sentence and texts of a problem about a name that its layout does not have; the layout is NULL if it could
 * not be found. With `search`, looks for a similar name and for an object that has this name. */
WA_FUNC void wa_explain_unknown(wa_problem *problem, const char *name, size_t length, bool search);

/* [-0, +1, m] pushes the list of the warnings, or of the problems */
WA_FUNC void wa_report_push(lua_State *L, const wa_report *report, bool warnings);

/* [-0, +2, m] Pushes the line of an error and its `details`. The line has up to three problems; unknown names for which
 * it suggests another one come first. */
WA_FUNC void wa_report_push_failure(lua_State *L, const wa_report *report);

#endif
