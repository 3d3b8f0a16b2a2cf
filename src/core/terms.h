/* The terms of the schema and of its problems: a row for each kind of value, format, rule, mark and error code. Each
 * row has the name that Lua sees, the words for people, and its test or description. core.schema() exports the rows
 * (marks as members of their fields), so that no other file needs a second list. Knows no Lua and no message. */
#ifndef WA_TERMS_H
#define WA_TERMS_H

#include "../linkage.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* define WA_NO_DOCS to drop the documentation strings */
#ifdef WA_NO_DOCS
#define WA_DOC(text) NULL
#else
#define WA_DOC(text) text
#endif

/* clang-format off */

/* Kinds of values. Columns: name; the words after "must be"; types of JSON; type for the Lua language server; the unit
 * of `min` and `max` ("": they limit the value itself); true if a string is written as it is. */
#define WA_KINDS(ROW) \
    ROW(WA_STRING,  "string",         "a string",                             "string",         "string",             "characters", true) \
    ROW(WA_ID,      "id",             "a string or a whole number",           "string|integer", "string|integer",     "characters", true) \
    ROW(WA_BOOLEAN, "boolean",        "true or false",                        "boolean",        "boolean",            "",           false) \
    ROW(WA_INTEGER, "integer",        "a whole number",                       "integer",        "integer",            "",           false) \
    ROW(WA_NUMBER,  "number|string",  "a number or a string",                 "number|string",  "number|string",      "characters", true) \
    ROW(WA_ORDINAL, "integer|string", "a whole number or a string of digits", "integer|string", "integer|string",     "",           false) \
    ROW(WA_LABEL,   "string|boolean", "a string or a boolean",                "string|boolean", "string|boolean",     "characters", true) \
    ROW(WA_OBJECT,  "object",         "a table with names",                   "object",         "table",              "",           false) \
    ROW(WA_LIST,    "list",           "a list",                               "array",          "table",              "items",      false) \
    ROW(WA_MAP,     "map",            "a table with names of your own",       "object",         "table<string, any>", "names",      false) \
    ROW(WA_REMOVED, "removed",        "absent",                               "",               "nil",                "",           false)

/* Formats of strings. Columns: name; the words after "must be"; the test in terms.c; a string that has the format, and
 * one that does not; the pattern of a JSON Schema; other members of wa_format_term. */
#define WA_FORMATS(ROW) \
    ROW(WA_WEB_LINK,  "web_link",  "an http:// or https:// link", is_web_link, \
        "https://example.com/", "example.com", "^[Hh][Tt][Tt][Pp][Ss]?://[^/\\s]", .digits = false) \
    ROW(WA_ABSOLUTE,  "absolute",  "a URL with its scheme, such as https://example.com", is_absolute, \
        "https://example.com/", "example.com", "^[A-Za-z][A-Za-z0-9+.-]*:\\S", .digits = false) \
    ROW(WA_DATE,      "date",      "a date as YYYY-MM-DD", is_date, \
        "1990-01-31", "31.1.1990", "^\\d{4}-\\d{2}-\\d{2}$", .digits = false) \
    ROW(WA_TRIMMED,   "trimmed",   "without spaces at its ends", is_trimmed, \
        "text", " text", "^(\\S([\\s\\S]*\\S)?)?$", .digits = true, .words = true) \
    ROW(WA_ONE_LINE,  "one_line",  "one line without tabs and without more than 4 spaces in a row", is_one_line, \
        "text", "a\nb", "^(?![\\s\\S]*[\\n\\r\\t])(?![\\s\\S]* {5})", .digits = true, .words = true) \
    ROW(WA_FEW_LINES, "few_lines", "a text with at most 2 line ends", is_few_lines, \
        "text", "a\nb\nc\nd", "^[^\\n]*(\\n[^\\n]*){0,2}$", .digits = true, .words = true) \
    ROW(WA_NO_SPACE,  "no_space",  "without white space", has_no_space, \
        "text", "a b", "^\\S*$", .digits = true, .words = true) \
    ROW(WA_LANGUAGE,  "language",  "a language code such as en, fil or pt_BR", is_language, \
        "pt_BR", "pt-BR", "^[a-z]{2,3}(_[A-Z]{2})?$", .correct = correct_language) \
    ROW(WA_SNAKE,     "snake",     "a string of the letters a to z, digits and _ only", is_snake, \
        "text_1", "Text 1", "^[a-z0-9_]+$", .digits = true) \
    ROW(WA_NO_USER_ID, "no_user_id", "a phone number or the id of a group: a business-scoped user id goes to `recipient`", \
        is_no_user_id, "16505551234", "US.13491208655302741918", \
        "^(?!\\s*[A-Za-z]{2}\\.([Ee][Nn][Tt]\\.)?[A-Za-z0-9]+\\s*$)", .digits = true) \
    ROW(WA_NO_PHONE,  "no_phone",  "a business-scoped user id: a phone number goes to `to`", is_no_phone, \
        "US.13491208655302741918", "+1 650 555 1234", "[^0-9+\\-(). ]", .digits = false) \
    ROW(WA_VISIBLE,   "visible",   "without invisible characters", is_visible, \
        "text 1", "1\xE2\x80\x8E", "^[^\\u0000-\\u001F]*$", .digits = true, .culprit = hidden_character) \
    ROW(WA_NO_NAME,   "no_name",   "a number or an id: a user name is not an address", is_no_name, \
        "text 1", "@ana", "^[^@]", .digits = true) \
    ROW(WA_HAS_DIGIT, "has_digit", "a phone number or the id of a group: both have digits", has_digit, \
        "text 1", "ana", "[0-9]", .digits = true, .except_name = "recipient_type", .except_value = "group")

/* Error codes, which Lua knows as `problem.rule`. Columns: name; meaning. */
#define WA_CODES(ROW) \
    ROW(WA_ERR_REQUIRED,  "required",  "a field is missing") \
    ROW(WA_ERR_TYPE,      "type",      "a value has a wrong type") \
    ROW(WA_ERR_ENUM,      "enum",      "a value is not one of the allowed values") \
    ROW(WA_ERR_MIN_CHARS, "min_chars", "a text is too short") \
    ROW(WA_ERR_MAX_CHARS, "max_chars", "a text is too long") \
    ROW(WA_ERR_MIN_ITEMS, "min_items", "a list has too few items") \
    ROW(WA_ERR_MAX_ITEMS, "max_items", "a list has too many items") \
    ROW(WA_ERR_RANGE,     "range",     "a number is out of range") \
    ROW(WA_ERR_FORMAT,    "format",    "a text has a wrong form") \
    ROW(WA_ERR_ONE_OF,    "one_of",    "exactly one of several fields is needed") \
    ROW(WA_ERR_FORBIDDEN, "forbidden", "a field does not belong here") \
    ROW(WA_ERR_UNKNOWN,   "unknown",   "the API does not have this field") \
    ROW(WA_ERR_UNIQUE,    "unique",    "a value occurs twice in a list") \
    ROW(WA_ERR_UTF8,      "utf8",      "a text is not UTF-8") \
    ROW(WA_ERR_DEPTH,     "depth",     "tables are nested too deeply")

/* Rules between the fields of an object; encode.c:is_rule_kept tests them. Columns: name; error code; the sentence of
 * the problem (%1 and %2 are the names of the rule; %3 is its value or, if it has no value, "both" or "neither"; %A and
 * %L are in errors.h); the sentence for the reference (%4 is the limit of the rule). */
#define WA_RULES(ROW) \
    ROW(WA_EXACTLY_ONE,    "exactly_one",  WA_ERR_ONE_OF, "needs exactly one of `%1` and `%2`, has %3", \
        "Exactly one of `%1` and `%2`.") \
    ROW(WA_AT_LEAST_ONE,   "at_least_one", WA_ERR_REQUIRED, "missing: `%1` or `%2` is needed", \
        "`%1` or `%2`.") \
    ROW(WA_ONLY_WHEN,      "only_when",    WA_ERR_FORBIDDEN, "documented only where `%2` is \"%3\"", \
        "`%1` only where `%2` is \"%3\" (warning).") \
    ROW(WA_ONLY_UNDER,     "only_under",   WA_ERR_FORBIDDEN, "documented only where `%2` is \"%3\"", \
        "`%1` only where the `%2` around it is \"%3\" (warning).") \
    ROW(WA_ONLY_WITHOUT,   "only_without", WA_ERR_FORBIDDEN, "documented only without a `%2`", \
        "`%1` only without a `%2` around it (warning).") \
    ROW(WA_NOT_WITH,       "not_with",     WA_ERR_FORBIDDEN, "not documented together with `%2`", \
        "`%1` not together with `%2` (warning).") \
    ROW(WA_NEEDS,          "needs",        WA_ERR_REQUIRED, "missing: `%1` needs it", \
        "`%1` only together with `%2`.") \
    ROW(WA_AT_MOST_WHEN,   "at_most_when", WA_ERR_RANGE, "%A, at most %L where `%2` is \"%3\"", \
        "`%1` is at most %4 where `%2` is \"%3\" (warning).") \
    ROW(WA_SUM,            "sum",          WA_ERR_RANGE, "must be the sum of its amounts, less the discount", \
        "`%1` is the sum of the amounts in `%2`, less the discount (warning).")

/* Marks of fields. Column: name. */
#define WA_MARKS(ROW) \
    ROW(WA_REQUIRED,    "required")            /* absent: a problem */ \
    ROW(WA_RECOMMENDED, "advised")             /* absent: a warning */ \
    ROW(WA_DEPRECATED,  "discouraged")         /* present: a warning */ \
    ROW(WA_OPEN,        "open")                /* a value outside `values`: a warning */ \
    ROW(WA_UNIQUE,      "unique")              /* the value occurs once in the list with rules */ \
    ROW(WA_UNIQUE_SOFT, "unique_advised")      /* a warning if the value occurs twice in the list with rules */ \
    ROW(WA_SAME,        "same")                /* the same value (object: layout, list: length) in all items of the list */ \
    ROW(WA_LIST_RULES,  "scope")               /* this is a list with rules: such marks compare its items */ \
    ROW(WA_COUNTED,     "counted")             /* the items of this list count towards the `total` of the list around */ \
    ROW(WA_AMONG_MANY,  "required_among_many") /* required if the list that holds its object has more than one item */ \
    ROW(WA_ALL_OR_NONE, "all_or_none")         /* required if another item of the list has it */ \
    ROW(WA_ONCE,        "once")                /* a warning if two items of the list have this layout */ \
    ROW(WA_FEW,         "few")                 /* a warning if more than `total` items of the list have the field */ \
    ROW(WA_LEADING,     "leading")             /* with WA_FEW: a warning if these items do not come first in the list */ \
    ROW(WA_PARTS,       "parts")               /* the items of this list, and of such lists around it, count together as parts */ \
    ROW(WA_LESS_AMONG,  "less_among_parts")    /* recommended_max is a limit, if there are other parts */ \
    ROW(WA_FILLED,      "filled")              /* absent: the first of its values is written */

/* clang-format on */

#define WA_FIRST(name, ...) name,
#define WA_BIT(name, ...) name##_BIT,
#define WA_MARK(name, ...) name = 1 << name##_BIT,

typedef enum wa_kind { WA_NO_KIND, WA_KINDS(WA_FIRST) WA_KIND_COUNT } wa_kind;
typedef enum wa_format { WA_ANY_FORMAT, WA_FORMATS(WA_FIRST) WA_FORMAT_COUNT } wa_format;
typedef enum wa_error_code { WA_CODES(WA_FIRST) WA_CODE_COUNT } wa_error_code;
typedef enum wa_rule_kind { WA_NO_RULE, WA_RULES(WA_FIRST) WA_RULE_COUNT } wa_rule_kind;

enum { WA_MARKS(WA_BIT) WA_MARK_COUNT };
enum {
    WA_MARKS(WA_MARK)
    /* These two say how sure the limits of a field or a rule are. Without them, the API's reference has the limit;
     * WA_GUIDE: only its guides have it; WA_SOFT: only some sources have it, so that it makes a warning, never a
     * problem. */
    WA_GUIDE = 1 << WA_MARK_COUNT,
    WA_SOFT = 2 << WA_MARK_COUNT,
    WA_COMPARED = WA_UNIQUE | WA_UNIQUE_SOFT | WA_SAME /* compared with other values of the list */
};

enum { WA_CORRECTED = 8 };

typedef uint32_t wa_marks;

typedef struct wa_kind_term {
    const char *name, *text, *json, *lua, *unit;
    bool copied;
} wa_kind_term;

typedef struct wa_format_term {
    const char *name, *text;
    bool (*test)(const char *text, size_t length); /* returns true if a string, which is not empty, has the format */
    const char *right, *wrong, *pattern;
    bool digits, words; /* every string of digits has it; every string without spaces and control characters has it */
    int32_t (*culprit)(const char *text, size_t length); /* NULL, or returns the code point that the problem names */
    /* NULL, or writes the string that was probably meant, up to WA_CORRECTED bytes; returns false if it finds none */
    bool (*correct)(const char *text, size_t length, char *corrected);
    const char *except_name, *except_value; /* not tested if an object around has this member with this value */
} wa_format_term;

typedef struct wa_code_term {
    const char *name, *doc;
} wa_code_term;

typedef struct wa_rule_term {
    const char *name;
    wa_error_code code;
    const char *sentence, *doc;
} wa_rule_term;

WA_DATA const wa_kind_term wa_kind_terms[WA_KIND_COUNT];
WA_DATA const wa_format_term wa_format_terms[WA_FORMAT_COUNT];
WA_DATA const wa_code_term wa_code_terms[WA_CODE_COUNT];
WA_DATA const wa_rule_term wa_rule_terms[WA_RULE_COUNT];
WA_DATA const char *const wa_mark_names[WA_MARK_COUNT];

#endif
