/* What is wrong with a message: where, which rule, the limit, what was found, and a sentence. Gathered while a table is
 * walked, without touching the Lua heap; turned into Lua tables afterwards. Never decides whether something is wrong.
 */
#ifndef WA_ERRORS_H
#define WA_ERRORS_H

#include "../buffer.h"
#include "../compat.h"
#include "compile.h"
#include "terms.h"

typedef enum wa_error_code {
    WA_ERR_REQUIRED,
    WA_ERR_TYPE,
    WA_ERR_ENUM,
    WA_ERR_MIN_CHARS,
    WA_ERR_MAX_CHARS,
    WA_ERR_MIN_ITEMS,
    WA_ERR_MAX_ITEMS,
    WA_ERR_RANGE,
    WA_ERR_FORMAT,
    WA_ERR_ONE_OF,
    WA_ERR_FORBIDDEN,
    WA_ERR_UNKNOWN,
    WA_ERR_UNIQUE,
    WA_ERR_UTF8,
    WA_ERR_DEPTH
} wa_error_code;

/* a step of the way from the message to a value; on the C stack, printed only where something is wrong */
typedef struct wa_frame {
    const struct wa_frame *up;
    const char *name; /* NULL: an item of a list */
    size_t length;
    int64_t index;                          /* from 1 */
    const void *table;                      /* of free data, to see a table that holds itself */
    const struct wa_message_object *object; /* of an object that is walked: what it holds */
} wa_frame;

enum { WA_MAX_PROBLEMS = 100 };

typedef struct wa_report {
    wa_buffer records, text;
    size_t problems, warnings; /* all of them, the ones that were not kept too */
} wa_report;

/* a span of the report's text, or a number */
typedef struct wa_detail {
    enum { WA_NOTHING, WA_NUMBER_DETAIL, WA_TEXT } kind;
    double number;
    size_t at, length;
} wa_detail;

typedef struct wa_problem {
    wa_error_code code;
    bool warning, kept;
    size_t at, path_length, length; /* of the sentence, which starts with the path */
    wa_detail limit, actual;
} wa_problem;

WA_FUNC WA_RARE wa_problem wa_problem_begin(wa_report *report, wa_error_code code, bool warning, const wa_frame *where);
WA_FUNC void wa_problem_end(wa_report *report, wa_problem *problem);

/* adds to the sentence of the problem that was begun and not yet ended */
WA_FUNC WA_RARE void wa_add_text(wa_report *report, const wa_problem *problem, const char *format, ...)
#if defined(__GNUC__)
    __attribute__((format(printf, 3, 4)))
#endif
    ;

/* add bytes, shortened, with whatever is not printable escaped as Lua does; return them as a detail */
WA_FUNC wa_detail wa_add_escaped(wa_report *report, const wa_problem *problem, const char *text, size_t length);
WA_FUNC wa_detail wa_add_quoted(wa_report *report, const wa_problem *problem, const char *text, size_t length);

WA_FUNC wa_detail wa_number_detail(double number);

/* by wa_kind, with an article: what stands behind "must be" */
WA_DATA const char *const wa_kind_names[WA_REMOVED + 1];

/* "a string of 1 to 20 characters", "the list of ..." */
WA_FUNC void wa_add_kind(wa_report *report, const wa_problem *problem, const wa_field *field);

/* must be "a" or "b"; returns the only value, or the list of them, as a detail */
WA_FUNC wa_detail wa_add_values(wa_report *report, const wa_problem *problem, const char *const *values);
WA_FUNC void wa_add_choices(wa_report *report, const wa_problem *problem, const wa_variant *variants);

/* the rule was broken; `first`: the first of its names is present */
WA_FUNC void wa_add_rule(wa_report *report, const wa_problem *problem, const wa_rule *rule, bool first);

/* the name does not belong into the layout (NULL: it is not known which): where it would, or what it was to be */
WA_FUNC void wa_add_unknown(wa_report *report, const wa_problem *problem, const wa_type *type, const wa_layout *layout,
    const char *name, size_t length, bool known);

/* whether any object of the schema has a field of this name */
WA_FUNC bool wa_is_field_name(const char *name, size_t length);

/* [-0, +1, m] a list of the warnings, or of the problems */
WA_FUNC void wa_report_push(lua_State *L, const wa_report *report, bool warnings);

/* [-0, +2, m] the line that names the first problem, and `details` */
WA_FUNC void wa_report_push_failure(lua_State *L, const wa_report *report);

#endif
