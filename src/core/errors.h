/* What is wrong with a message: where, which rule, the limit, what was found, and a sentence. Gathered while a table is
 * walked, without touching the Lua heap; turned into Lua tables afterwards. Never decides whether something is wrong.
 */
#ifndef WA_ERRORS_H
#define WA_ERRORS_H

#include "../buffer.h"
#include "../compat.h"
#include "compile.h"
#include "terms.h"

typedef enum wa_breach {
    WA_BREACH_REQUIRED,
    WA_BREACH_TYPE,
    WA_BREACH_ENUM,
    WA_BREACH_MIN_CHARS,
    WA_BREACH_MAX_CHARS,
    WA_BREACH_MIN_ITEMS,
    WA_BREACH_MAX_ITEMS,
    WA_BREACH_RANGE,
    WA_BREACH_FORMAT,
    WA_BREACH_ONE_OF,
    WA_BREACH_FORBIDDEN,
    WA_BREACH_UNKNOWN,
    WA_BREACH_UNIQUE,
    WA_BREACH_UTF8,
    WA_BREACH_DEPTH
} wa_breach;

/* a step of the way from the message to a value; on the C stack, printed only where something is wrong */
typedef struct wa_frame {
    const struct wa_frame *up;
    const char *name; /* NULL: an item of a list */
    size_t length;
    int64_t index;                    /* from 1 */
    const void *table;                /* of free data, to see a table that holds itself */
    const struct wa_subject *subject; /* of an object that is walked: what it holds */
} wa_frame;

enum { WA_MAX_PROBLEMS = 100 };

typedef struct wa_report {
    wa_buffer records, text;
    size_t problems, warnings; /* all of them, the ones that were not kept too */
} wa_report;

/* a span of the report's text, or a number */
typedef struct wa_detail {
    enum { WA_NOTHING, WA_COUNT, WA_WORDS } kind;
    double number;
    size_t at, length;
} wa_detail;

typedef struct wa_problem {
    wa_breach breach;
    bool warning, kept;
    size_t at, path_length, length; /* of the sentence, which starts with the path */
    wa_detail limit, actual;
} wa_problem;

WA_FUNC WA_RARE wa_problem wa_problem_begin(wa_report *report, wa_breach breach, bool warning, const wa_frame *where);
WA_FUNC void wa_problem_end(wa_report *report, wa_problem *problem);

/* adds to the sentence of the problem that was begun and not yet ended */
WA_FUNC WA_RARE void wa_say(wa_report *report, const wa_problem *problem, const char *format, ...)
#if defined(__GNUC__)
    __attribute__((format(printf, 3, 4)))
#endif
    ;

/* add bytes, shortened, with whatever is not printable escaped as Lua does; return them as a detail */
WA_FUNC wa_detail wa_say_word(wa_report *report, const wa_problem *problem, const char *text, size_t length);
WA_FUNC wa_detail wa_say_quoted(wa_report *report, const wa_problem *problem, const char *text, size_t length);

WA_FUNC wa_detail wa_count(double number);

/* by wa_kind, with an article: what stands behind "must be" */
WA_DATA const char *const wa_kind_names[WA_REMOVED + 1];

/* "a string of 1 to 20 characters", "the list of ..." */
WA_FUNC void wa_say_kind(wa_report *report, const wa_problem *problem, const wa_field *field);

/* must be "a" or "b"; returns the only value, or the list of them, as a detail */
WA_FUNC wa_detail wa_say_values(wa_report *report, const wa_problem *problem, const char *const *values);
WA_FUNC void wa_say_choices(wa_report *report, const wa_problem *problem, const wa_variant *variants);

/* the rule was broken; `first`: the first of its names is present */
WA_FUNC void wa_say_rule(wa_report *report, const wa_problem *problem, const wa_rule *rule, bool first);

/* the name does not belong into the shape (NULL: it is not known which): where it would, or what it was to be */
WA_FUNC void wa_say_foreign(wa_report *report, const wa_problem *problem, const wa_node *node, const wa_shape *shape,
    const char *name, size_t length, bool known);

/* whether any object of the schema has a field of this name */
WA_FUNC bool wa_is_known(const char *name, size_t length);

/* [-0, +1, m] a list of the warnings, or of the problems */
WA_FUNC void wa_report_push(lua_State *L, const wa_report *report, bool warnings);

/* [-0, +2, m] the line that names the first problem, and `details` */
WA_FUNC void wa_report_push_failure(lua_State *L, const wa_report *report);

#endif
