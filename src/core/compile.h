/* The schema as one Lua state looks things up in it: bases and overrides are flattened, variants are linked, and each
 * name is a string of that state, so that a key of a table is found by the address of the string. A layout is compiled
 * when a message first needs it: to compile all of them in `require` would take 1 ms and 200 KiB of Lua's heap more
 * (make bench prints what it takes). Never looks at a message. */
#ifndef WA_COMPILE_H
#define WA_COMPILE_H

#include "../buffer.h"
#include "../compat.h"
#include "schema.h"

/* ---- a perfect hash: from the address of a string to a small number ---------------------------------------------- */

/* The multiplier is searched by trial once the addresses are known, so that a lookup is one read. With a linear search
 * by name instead, encode takes 21 to 47 % more instructions (make bench). */
enum { WA_NOT_FOUND = -1 };

typedef struct wa_bucket {
    const void *identity; /* an empty bucket has the address of its hash: neither NULL nor a string's */
    int number;
} wa_bucket;

typedef struct wa_hash {
    wa_bucket *buckets;
    uint64_t multiplier;
    uint8_t shift; /* 64 less the bits of a hash */
} wa_hash;

/* The product has 64 bits, because the addresses of two strings may differ in their upper half only. */
static inline size_t wa_hash_of(const wa_hash *hash, const void *identity)
{
    return (size_t) ((uint64_t) (uintptr_t) identity * hash->multiplier >> hash->shift);
}

/* Returns the number of the identity, or WA_NOT_FOUND. */
static inline int wa_hash_find(const wa_hash *hash, const void *identity)
{
    const wa_bucket *bucket = &hash->buckets[wa_hash_of(hash, identity)];
    return bucket->identity == identity ? bucket->number : WA_NOT_FOUND;
}

/* ---- the compiled schema ----------------------------------------------------------------------------------------- */

enum { WA_MAX_NAMES = 48, WA_NO_ID = 255, WA_MAX_INTERNED = 255, WA_NO_VARIANT = 255 };

typedef struct wa_type wa_type;
typedef struct wa_layout wa_layout;

/* A string that the schema has as a value: a field may hold it, or it selects a variant. It is found by its address
 * and written without a look at its bytes. Without interned values, encode takes 1 to 12 % more instructions (make
 * bench). */
typedef struct wa_interned {
    const char *text; /* the bytes in the Lua state */
    const void *identity;
    uint8_t length;
    uint8_t number;          /* its index in wa_interned_values */
    char written[WA_STRIDE]; /* with its quotes */
} wa_interned;

/* the interned values of all compiled layouts; each has a number, its index */
typedef struct wa_interned_values {
    wa_interned *values;
    wa_hash hash; /* if two values collide, it has only one of them; the other one is found by its bytes */
    uint8_t count, room;
} wa_interned_values;

/* the checks of a string besides the check of its length */
typedef enum wa_check { WA_CHECK_NOTHING, WA_CHECK_VALUES, WA_CHECK_FORMATS, WA_CHECK_ALL } wa_check;

/* A field of a layout. It has all that the encoder needs for every value, so that the encoder rarely reads the
 * wa_field. */
typedef struct wa_entry {
    const char *key;    /* ,"name": in memory of a multiple of WA_STRIDE */
    size_t least, span; /* lengths in [least, least + span] are valid; compared as `length - least > span`, unsigned */
    wa_marks marks;     /* the field's */
    uint8_t kind;       /* the field's */
    uint8_t key_length;
    uint8_t id;          /* of the name in the type */
    bool copied;         /* a string is written as it is */
    uint8_t check;       /* wa_check */
    bool formatted;      /* the field has formats */
    bool digits_pass;    /* a string of digits has all the formats */
    bool words_pass;     /* a string without spaces and control characters has them all */
    const char **values; /* the field's, as strings of the Lua state; NULL ends */
    wa_type *type;       /* of the object, or of the objects of the list */
    const wa_field *field;
} wa_entry;

/* a rule of a layout, with the ids of its names */
typedef struct wa_rule_entry {
    const wa_rule *rule;
    uint8_t ids[2];
} wa_rule_entry;

typedef struct wa_variant_entry {
    const char *value;
    wa_layout *layout;
    uint8_t id; /* of the member that is called as the value, or WA_NO_ID */
} wa_variant_entry;

/* The fields and rules of an object whose variant is known. */
struct wa_layout {
    bool ready;              /* compiled; before, only `type` and `object` are set */
    uint64_t mask;           /* the ids that are in the layout, a bit each */
    uint64_t absent_matters; /* the ids whose absence is a problem, a warning or filled in */
    uint64_t ruled;          /* the first ids of the rules from `first_if_present` on, a bit each */
    uint64_t selecting;      /* without a discriminator: the ids whose presence selects a variant */
    wa_entry *entries;       /* in the schema's order */
    uint8_t entry_count, rule_count, variant_count;
    uint8_t first_if_present; /* rules from here on are kept if their first name is absent */
    uint8_t discriminator;    /* the id of the field that selects the variant, or WA_NO_ID */
    wa_variant_entry *variants;
    uint8_t *variant_of; /* from the number of an interned value to its variant, or WA_NO_VARIANT */
    wa_layout *otherwise;
    wa_rule_entry *rules;
    wa_type *type;
    const wa_object *object;
};

typedef struct wa_name {
    const char *name;
    const char *key; /* see wa_entry */
} wa_name;

/* An object of the schema with all its variants. A name in any of them has an id, its index in `names`. */
struct wa_type {
    wa_hash hash;        /* from the identity of a name to its id */
    uint64_t enumerated; /* the ids whose values may be interned, a bit each */
    wa_layout *layout;   /* before a variant is selected */
    const wa_interned_values *interned;
    wa_name *names; /* in the schema's order; NULL: no layout is compiled */
    uint8_t name_count;
    wa_type *next;
};

/* The part of the schema that a Lua state has compiled. If a function below raises an error (memory), the caller must
 * not use it again. */
typedef struct wa_compiled {
    wa_type *types; /* the types that were needed, the latest first */
    wa_interned_values interned;
    char *unused; /* the unused end of the latest block that the anchor keeps */
    size_t left;  /* its size in bytes */
} wa_compiled;

/* [-0, +0, m] Returns the type of an object; its layout is not compiled yet if it is new. `anchor` is the stack index
 * of a table that keeps strings and memory alive, and that nothing else uses. */
WA_FUNC wa_type *wa_type_of(lua_State *L, int anchor, wa_compiled *all, const wa_object *object);

/* [-0, +0, m] compiles a layout */
WA_FUNC void wa_compile(lua_State *L, int anchor, wa_compiled *all, wa_layout *layout);

/* Returns the id of a name, or WA_NO_ID, by a linear search. */
WA_FUNC uint8_t wa_id_of(const wa_type *type, const char *name, size_t length);

/* Returns true if the bytes are this string; a string of Lua may hold a NUL. */
static inline bool wa_is(const char *text, size_t length, const char *string)
{
    return strlen(string) == length && memcmp(text, string, length) == 0;
}

#endif
