/* The problems of a message: path, error code, limit, actual value and a sentence. They are collected while a table is
 * encoded, without touching the Lua heap, and become Lua tables afterwards. Never decides whether something is wrong,
 * and never reads the documentation of a field. */
#ifndef WA_ERRORS_H
#define WA_ERRORS_H

#include "../buffer.h"
#include "../compat.h"
#include "compile.h"

enum { WA_MAX_PROBLEMS = 100 }; /* of which as many warnings; more are counted and not kept */

/* A step of the path from the message to a value. Frames lie on the C stack; a path is written if there is a problem.
 */
typedef struct wa_frame {
    const struct wa_frame *up;
    const wa_entry *entry; /* a field, or NULL: what follows says which member or item */
    const char *name;      /* NULL: an item of a list */
    size_t length;
    int64_t index;                          /* from 1 */
    const void *table;                      /* of any value: the table, to find one that contains itself */
    const struct wa_message_object *object; /* the object that is being encoded */
} wa_frame;

/* the part of a sentence that the caller finds in `limit` or `actual` too */
typedef struct wa_fact {
    enum { WA_NO_FACT, WA_COUNT, WA_POINT, WA_QUOTED, WA_PLAIN, WA_VALUES } kind;
    int64_t count;    /* WA_COUNT, and WA_POINT: a code point, U+202A */
    const char *text; /* WA_QUOTED and WA_PLAIN: escaped as Lua does, and shortened */
    size_t length;
    const char *const *values; /* WA_VALUES: "a", "b" or "c" */
} wa_fact;

/* What is reported. In the sentence, %A is `actual`, %L is `limit`, %1 to %3 are the texts, %F is the field in words,
 * %V are the values of the variants, %N the names of the fields of the layout (of the type, if it is NULL). */
typedef struct wa_problem {
    wa_error_code code;
    bool warning;
    bool near; /* an unknown name, and the sentence says which one was meant */
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
    size_t problems, warnings; /* all of them, also those that were not kept */
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

/* Returns what became of a name that the API had once, a sentence, or NULL. */
WA_FUNC const char *wa_former_name_sentence(const char *name, size_t length);

/* Fills in code, sentence and what it needs for a name that the layout does not have; `layout` NULL: it is not known
 * which layout. `search`: look whether the name belongs elsewhere. */
WA_FUNC void wa_explain_unknown(wa_problem *problem, const char *name, size_t length, bool search);

/* [-0, +1, m] a list of the warnings, or of the problems */
WA_FUNC void wa_report_push(lua_State *L, const wa_report *report, bool warnings);

/* [-0, +2, m] the line that names up to three problems, unknown names whose meaning is known first, and `details` */
WA_FUNC void wa_report_push_failure(lua_State *L, const wa_report *report);

#endif
