/* The schema as one Lua state walks it: bases and overrides flattened, variants linked, and the name of each field held
 * as a string of that state, so that a key of a table is found by the address of its bytes. Made once, when the module
 * opens; nothing here changes afterwards. */
#ifndef WA_LSHAPE_H
#define WA_LSHAPE_H

#include "buffer.h"
#include "compat.h"
#include "index.h"
#include "schema.h"

#pragma GCC visibility push(hidden)

enum { WA_MAX_WORDS = 48, WA_NO_WORD = 255, WA_MAX_KNOWN = 255, WA_NO_KNOWN = 255, WA_NO_CHOICE = 255 };

typedef struct wa_node wa_node;
typedef struct wa_shape wa_shape;

/* A string that the schema knows as a value: one that a field may have, or that names a variant. Messages are full of
 * them, so they are found by their identity too, and written without a look at their bytes. */
typedef struct wa_known {
    const char *text; /* as the state holds it */
    uint8_t length;
    char written[WA_STRIDE]; /* "text" with its quotes */
} wa_known;

/* all of them; each has a number */
typedef struct wa_vocabulary {
    const wa_known *known;
    wa_index index; /* two that have one hash are not both in it: the other is found more slowly elsewhere */
} wa_vocabulary;

/* a field where it stands in a shape; holds what is asked of every value, so that the field itself need not be read */
typedef struct wa_slot {
    const char *key;    /* ,"name": in memory of a multiple of WA_STRIDE */
    size_t least, span; /* characters or items: of least to least + span there is nothing to say */
    uint16_t flags;     /* the field's */
    uint8_t kind;       /* the field's */
    uint8_t key_length, word;
    bool text;           /* takes strings that are written as they are */
    bool more;           /* and asks more of them than their length: */
    bool only;           /* that they are one of the values, and nothing else */
    const char **values; /* the field's, as the state holds them */
    const wa_node *node; /* of an object, or of the objects of a list */
    const wa_field *field;
} wa_slot;

typedef struct wa_condition {
    const wa_rule *rule;
    uint8_t words[2];
} wa_condition;

typedef struct wa_choice {
    const char *value;
    const wa_shape *shape;
    uint8_t word; /* the member that is named as the value, or WA_NO_WORD */
} wa_choice;

/* what an object looks like once its variant is known */
struct wa_shape {
    uint64_t mask; /* of its words */
    uint64_t must; /* of those that mean something when they are absent */
    wa_slot *slots;
    uint8_t slot_count, condition_count, choice_count, by;
    wa_choice *choices;
    uint8_t *choice_of; /* by the number of a known value: which choice, or WA_NO_CHOICE */
    const wa_shape *otherwise;
    wa_condition *conditions;
    const wa_object *object;
};

/* a name of a field; its number in the node is what is called its word */
typedef struct wa_word {
    const char *name, *key; /* the key as it is written, see wa_slot */
} wa_word;

/* an object with every variant of it */
struct wa_node {
    wa_index index;  /* from the identity of a name to its word */
    uint64_t listed; /* words whose values may be known ones */
    wa_shape *shape;
    const wa_vocabulary *vocabulary;
    wa_word *words; /* the names that stand in any of the variants, in the schema's order */
    uint8_t word_count;
};

/* [-0, +1, m] pushes the table that keeps what is returned alive */
const wa_node *wa_compile(lua_State *L, const wa_object *root);

/* whether the bytes are this word: all of them, for a string of Lua may hold a NUL */
static inline bool wa_is(const char *text, size_t length, const char *word)
{
    return strlen(word) == length && memcmp(text, word, length) == 0;
}

/* the word of this name: for where it does not matter how long that takes */
uint8_t wa_word_named(const wa_node *node, const char *name, size_t length);

#pragma GCC visibility pop

#endif
