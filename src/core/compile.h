/* The schema as one Lua state walks it: bases and overrides flattened, variants linked, and the name of each field held
 * as a string of that state, so that a key of a table is found by the address of its bytes. What no message has asked
 * for is not made: a walk that meets a shape that is not ready stops, the shape is compiled, and the walk starts again.
 */
#ifndef WA_COMPILE_H
#define WA_COMPILE_H

#include "../buffer.h"
#include "../compat.h"
#include "schema.h"

/* ---- a hash that is looked for ---------------------------------------------------------------------------------- */

/* From the address of a string to a small number: a hash that is looked for, by trial, once the addresses are known.
 * One read tells which of a few dozen strings one is, or that it is none of them. Knows no Lua. */
enum { WA_NOT_INDEXED = -1 };

typedef struct wa_place {
    const void *identity; /* of nothing: an address that is no string's, and not NULL */
    int number;
} wa_place;

typedef struct wa_index {
    wa_place *places;
    uint64_t multiplier;
    uint8_t shift; /* 64 less the bits of a hash */
} wa_index;

static inline size_t wa_index_size(unsigned bits)
{
    return (size_t) 1 << bits;
}

/* Fills the places, which the index brings: 2 to the power of the bits. Each identity gets its own number, counted from
 * 0. Returns how many of them have a place after the best of so many trials: two that have one hash cannot both have
 * it. */
WA_FUNC size_t wa_index_build(wa_index *index, unsigned bits, int trials, const void *const *identities, size_t count);

/* in 64 bits: strings may lie so far apart that they differ only in the upper half of their addresses */
static inline size_t wa_index_hash(const wa_index *index, const void *identity)
{
    return (size_t) ((uint64_t) (uintptr_t) identity * index->multiplier >> index->shift);
}

/* the number of the identity, or WA_NOT_INDEXED */
static inline int wa_index_find(const wa_index *index, const void *identity)
{
    const wa_place *place = &index->places[wa_index_hash(index, identity)];
    return place->identity == identity ? place->number : WA_NOT_INDEXED;
}

/* ---- the compiled schema ---------------------------------------------------------------------------------------- */

enum { WA_MAX_WORDS = 48, WA_NO_WORD = 255, WA_MAX_KNOWN = 255, WA_NO_KNOWN = 255, WA_NO_CHOICE = 255 };

typedef struct wa_node wa_node;
typedef struct wa_shape wa_shape;

/* A string that the schema knows as a value: one that a field may have, or that names a variant. Messages are full of
 * them, so they are found by their identity too, and written without a look at their bytes. */
typedef struct wa_known {
    const char *text; /* as the state holds it */
    const void *identity;
    uint8_t length;
    char written[WA_STRIDE]; /* "text" with its quotes */
} wa_known;

/* those of the shapes that are ready; each has a number */
typedef struct wa_vocabulary {
    wa_known *known;
    wa_index index; /* two that have one hash are not both in it: the other is found more slowly elsewhere */
    uint8_t count, room;
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
    wa_node *node;       /* of an object, or of the objects of a list */
    const wa_field *field;
    uint64_t print; /* of the name, where values are held against others: see wa_print_of */
} wa_slot;

typedef struct wa_condition {
    const wa_rule *rule;
    uint8_t words[2];
} wa_condition;

typedef struct wa_choice {
    const char *value;
    wa_shape *shape;
    uint8_t word; /* the member that is named as the value, or WA_NO_WORD */
} wa_choice;

/* what an object looks like once its variant is known */
struct wa_shape {
    bool ready;    /* else only the last two are there */
    uint64_t mask; /* of its words */
    uint64_t must; /* of those that mean something when they are absent */
    wa_slot *slots;
    uint8_t slot_count, condition_count, choice_count, by;
    wa_choice *choices;
    uint8_t *choice_of; /* by the number of a known value: which choice, or WA_NO_CHOICE */
    wa_shape *otherwise;
    wa_condition *conditions;
    wa_node *node;
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
    wa_word *words; /* the names that stand in any of the variants, in the schema's order; NULL: no shape is ready */
    uint8_t word_count;
    wa_node *next;
};

/* all that a state has of the schema; what an error of Lua's interrupts must not be used again */
typedef struct wa_shapes {
    wa_node *nodes; /* each met, the latest first */
    wa_vocabulary vocabulary;
    char *free; /* memory of the anchor that nobody has yet */
    size_t left;
} wa_shapes;

/* [-0, +0, m] The node of an object, with its shape, which is not ready if it was not met before. The anchor is the
 * index of a table that keeps strings and memory alive, and is nobody else's. */
WA_FUNC wa_node *wa_node_of(lua_State *L, int anchor, wa_shapes *all, const wa_object *object);

/* [-0, +0, m] makes a shape ready */
WA_FUNC void wa_compile(lua_State *L, int anchor, wa_shapes *all, wa_shape *shape);

/* whether the bytes are this word: all of them, for a string of Lua may hold a NUL */
static inline bool wa_is(const char *text, size_t length, const char *word)
{
    return strlen(word) == length && memcmp(text, word, length) == 0;
}

/* A number that differs where the bytes do, nearly always: all of up to 32 bytes, and samples of more. The loads
 * overlap and wait for nothing. */
static inline uint64_t wa_print_of(const char *bytes, size_t length)
{
    uint64_t words[4] = {0, 0, 0, 0};
    if (length < 8) {
        for (size_t i = 0; i < length; i++) words[0] = words[0] << 8 | (unsigned char) bytes[i];
    } else {
        size_t step = (length - 8) / 3;
        for (size_t i = 0; i < 3; i++) memcpy(&words[i], bytes + i * step, 8);
        memcpy(&words[3], bytes + length - 8, 8);
    }
    uint64_t some = (words[0] ^ length) * UINT64_C(0x9E3779B97F4A7C15) + words[1] * UINT64_C(0xC2B2AE3D27D4EB4F);
    uint64_t others = words[2] * UINT64_C(0x165667B19E3779F9) + words[3] * UINT64_C(0xD6E8FEB86659FD93);
    return some ^ (others << 32 | others >> 32);
}

/* the word of this name: for where it does not matter how long that takes */
WA_FUNC uint8_t wa_word_named(const wa_node *node, const char *name, size_t length);

#endif
