/* The language of the schema: objects, fields, variants and rules. schema.c is written in it, compile.c compiles it for
 * encode.c, export.c shows it to Lua. Knows no Lua and has no code. */
#ifndef WA_SCHEMA_H
#define WA_SCHEMA_H

#include "terms.h"

enum { WA_MAX_ADVICE = 3 };

typedef struct wa_object wa_object;

typedef struct wa_field {
    const char *name;          /* NULL ends a list of fields */
    const char *doc;           /* one line of documentation */
    const char *const *values; /* the values that are allowed, in any case; NULL ends */
    const wa_object *object;   /* of a WA_OBJECT, or of the items of a WA_LIST; NULL: the items are strings */
    int32_t max;               /* the most characters or items, or the largest value; 0: no limit */
    int16_t min;               /* the fewest characters or items, or the smallest value; 0: no limit */
    int16_t recommended_max;   /* more than that makes a warning; 0: no limit */
    wa_marks marks;
    uint8_t total; /* of a list with rules: the most items that its counted lists have together; with WA_FEW: the most
                      items that have the field */
    uint8_t kind, format;
    uint8_t advice[WA_MAX_ADVICE]; /* formats that a string should have, or it makes a warning; WA_ANY_FORMAT ends */
} wa_field;

/* A rule between two names. What each kind of rule means is in terms.h and, as code, in encode.c:is_rule_kept. */
typedef struct wa_rule {
    uint8_t kind; /* WA_NO_RULE ends a list of rules */
    wa_marks marks;
    const char *names[2];
    const char *value;
    const char *const *parts; /* of a sum: "+name" or "-name"; NULL ends */
    int32_t limit;
} wa_rule;

typedef struct wa_variant {
    const char *value; /* NULL ends a list of variants */
    const wa_object *object;
} wa_variant;

/* An object with variants has the fields of one of them. If the object has a discriminator, this is the variant whose
 * value the discriminator has. Else it is the first variant whose value is the name of a present member; if no such
 * member is present, it is `otherwise` or, if that is NULL, the object itself. */
struct wa_object {
    const char *name;
    const char *page; /* of Meta's documentation, a path under WA_DOCUMENTATION */
    const char *doc;
    const wa_object *base;  /* its fields come first */
    const wa_field *fields; /* one with the name of a base's field replaces that */
    const wa_rule *rules;
    const char *discriminator;
    const wa_variant *variants;
    const wa_object *otherwise;
    bool open;     /* an unknown value of the discriminator is a warning, and the members are kept as they are */
    bool inferred; /* an absent discriminator is filled in if one present member has the name of a variant */
};

/* A name that the API had once, and the sentence of the problem: it says what became of the name. */
typedef struct wa_former_name {
    const char *name; /* NULL ends the list */
    const char *sentence;
} wa_former_name;

#define WA_DOCUMENTATION "https://developers.facebook.com/documentation/business-messaging/whatsapp/"

WA_DATA const wa_object wa_message;                  /* the root: everything that may be posted to /messages */
WA_FUNC const wa_former_name *wa_former_names(void); /* returns the rows; the last one has the name NULL */

#endif
