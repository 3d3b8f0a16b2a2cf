/* The language in which the messages of the API are described: objects, fields, kinds, limits and rules.
 * Knows no Lua and holds no code: schema.c is written in it, compile.c compiles it, encode.c obeys it. */
#ifndef WA_SCHEMA_H
#define WA_SCHEMA_H

#include "../linkage.h"

#include <stdbool.h>
#include <stdint.h>

typedef struct wa_object wa_object;

typedef enum wa_kind {
    WA_STRING = 1, /* a string of UTF-8 */
    WA_ID,         /* a string; an integer is written as a string of its digits */
    WA_BOOLEAN,
    WA_INTEGER,
    WA_NUMBER,  /* a number or a string, written as given (coordinates) */
    WA_ORDINAL, /* an integer or a string of digits, written as given (positions) */
    WA_LABEL,   /* a string or a boolean, written as given */
    WA_OBJECT,  /* fields: `object` */
    WA_LIST,    /* items are `object`, or strings where that is NULL */
    WA_MAP,     /* an object with the user's own names */
    WA_REMOVED  /* in an object with a base: the base's field does not exist here */
} wa_kind;

/* How sure the contract is of a field's limits. What is soft makes a warning, never a problem. */
typedef enum wa_class { WA_HARD, WA_GUIDE, WA_SOFT } wa_class;

typedef enum wa_format {
    WA_ANY_FORMAT,
    WA_WEB_LINK,    /* http:// or https:// and something behind it */
    WA_ABSOLUTE,    /* a URL with a scheme */
    WA_DATE,        /* YYYY-MM-DD */
    WA_TRIMMED,     /* no space at either end */
    WA_ONE_LINE,    /* no line end, no tab, no run of more than 4 spaces */
    WA_FEW_LINES,   /* at most 2 line ends */
    WA_FORMAT_COUNT /* how many there are */
} wa_format;

enum {
    WA_REQUIRED = 1 << 0,     /* absent: a problem */
    WA_RECOMMENDED = 1 << 1,  /* absent: a warning */
    WA_DEPRECATED = 1 << 2,   /* present: a warning */
    WA_OPEN = 1 << 3,         /* a value outside `values`: a warning */
    WA_UNIQUE = 1 << 4,       /* the value stands once in the scope */
    WA_UNIQUE_SOFT = 1 << 5,  /* the same, as a warning */
    WA_SAME = 1 << 6,         /* the same value (object: shape, list: length) in the whole scope */
    WA_LIST_RULES = 1 << 7,   /* this list is the scope of the flags above and below */
    WA_COUNTED = 1 << 8,      /* the items of this list count towards the scope's `total` */
    WA_AMONG_MANY = 1 << 9,   /* required where the list that holds its object has more than one item */
    WA_ALL_OR_NONE = 1 << 10, /* where one item of the list has it, each must */
    WA_FILLED = 1 << 11,      /* absent: the first of its values is written */
    WA_COMPARED = WA_UNIQUE | WA_UNIQUE_SOFT | WA_SAME /* held against other values */
};

typedef uint32_t wa_marks;

typedef struct wa_field {
    const char *name;          /* NULL ends a list of fields */
    const char *doc;           /* one line: what it is for */
    const char *const *values; /* what it may be, compared without case; NULL ends */
    const wa_object *object;
    int32_t max;             /* characters, items or value; 0: no limit */
    int16_t min;             /* the same */
    int16_t recommended_max; /* over it: a warning */
    wa_marks marks;
    uint8_t total; /* of a scope: the items of its counted lists together */
    uint8_t kind, format, class;
} wa_field;

typedef enum wa_rule_kind {
    WA_EXACTLY_ONE = 1, /* exactly one of the names is present */
    WA_AT_LEAST_ONE,    /* one of the names is present; stands at the first */
    WA_ONLY_WHEN,       /* names[0] may be present only where names[1] is absent or has the value */
    WA_ONLY_UNDER,      /* the same of a names[1] in an object around this one; without a value: where it is absent */
    WA_SUM              /* names[0] is the sum of the amounts in names[1] that `parts` lists */
} wa_rule_kind;

typedef struct wa_rule {
    uint8_t kind; /* 0 ends a list of rules */
    uint8_t class;
    const char *names[2];
    const char *value;
    const char *const *parts; /* of a sum: "+name" or "-name"; NULL ends */
} wa_rule;

typedef struct wa_variant {
    const char *value; /* NULL ends a list of variants */
    const wa_object *object;
} wa_variant;

/* An object with variants takes another shape: by the value of the field `by` or, where that is NULL, by the first
 * variant whose `value` names a member that is present. `otherwise` is the shape where none is. */
struct wa_object {
    const char *name;
    const char *section; /* of the contract */
    const char *doc;
    const wa_object *base; /* whose fields stand first */
    const wa_field *fields;
    const wa_rule *rules;
    const char *discriminator;
    const wa_variant *variants;
    const wa_object *otherwise;
    bool open;     /* a value that is none of the variants' makes a warning, and the members are kept as they are */
    bool inferred; /* `by` is filled in from the one member that is named as a variant */
};

WA_DATA const wa_object wa_message; /* the root: whatever may be posted to /messages */

#endif
