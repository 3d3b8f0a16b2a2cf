/* The schema as one Lua state walks it: bases and overrides flattened, variants linked, and the name of each field held
 * as a string of that state, so that a key of a table is found by the address of its bytes. Made once, when the module
 * opens; nothing here changes afterwards. */
#ifndef WA_LSHAPE_H
#define WA_LSHAPE_H

#include "buffer.h"
#include "compat.h"
#include "schema.h"

enum { WA_MAX_WORDS = 48, WA_NO_WORD = 255 };

typedef struct wa_node wa_node;
typedef struct wa_shape wa_shape;

/* a field where it stands in a shape; holds what is asked of every value, so that the field itself need not be read */
typedef struct wa_slot {
    const wa_field *field;
    const wa_node *node; /* of an object, or of the objects of a list */
    const char *key;     /* ,"name": in memory of a multiple of WA_STRIDE */
    const char **values; /* the field's, as strings of the state */
    size_t least, span;  /* characters or items: of least to least + span there is nothing to say */
    uint16_t flags;      /* the field's */
    uint8_t kind;        /* the field's */
    uint8_t key_length, word;
    bool text; /* takes strings that are written as they are */
    bool more; /* and asks more of them than their length */
} wa_slot;

typedef struct wa_condition {
    const wa_rule *rule;
    uint8_t words[2];
} wa_condition;

typedef struct wa_choice {
    const char *value; /* a string of the state */
    const wa_shape *shape;
    uint8_t word; /* the member that is named as the value, or WA_NO_WORD */
} wa_choice;

/* what an object looks like once its variant is known */
struct wa_shape {
    const wa_object *object;
    wa_slot *slots;
    wa_condition *conditions;
    wa_choice *choices;
    const wa_shape *otherwise;
    uint64_t mask; /* of its words */
    uint64_t must; /* of those that mean something when they are absent */
    uint8_t slot_count, condition_count, choice_count, by;
};

/* an object with every variant of it; `words` are the names that stand in any of them */
struct wa_node {
    wa_shape *shape;
    const char **words;
    const void **addresses; /* the identities of these strings in the state */
    const char **keys;      /* as they are written, see wa_slot */
    uint8_t *places;        /* from the hash of an identity to its word */
    uint64_t multiplier;    /* with which no two words have one hash */
    uint8_t shift;          /* 64 less the bits of a hash */
    uint8_t word_count;
};

/* [-0, +1, m] pushes the table that keeps what is returned alive */
const wa_node *wa_compile(lua_State *L, const wa_object *root);

static inline size_t wa_hash_size(const wa_node *node)
{
    return (size_t) 1 << (64 - node->shift);
}

/* in 64 bits: strings may lie so far apart that they differ only in the upper half of their addresses */
static inline size_t wa_hash(const wa_node *node, const void *identity)
{
    return (size_t) ((uint64_t) (uintptr_t) identity * node->multiplier >> node->shift);
}

/* the word that has this identity, or WA_NO_WORD */
static inline uint8_t wa_word(const wa_node *node, const void *identity)
{
    uint8_t word = node->places[wa_hash(node, identity)];
    return word != WA_NO_WORD && node->addresses[word] == identity ? word : WA_NO_WORD;
}

/* whether the bytes are this word: all of them, for a string of Lua may hold a NUL */
static inline bool wa_is(const char *text, size_t length, const char *word)
{
    return strlen(word) == length && memcmp(text, word, length) == 0;
}

/* the word of this name: for where it does not matter how long that takes */
uint8_t wa_word_named(const wa_node *node, const char *name, size_t length);

#endif
