/* From the address of a string to a small number: a hash that is looked for, by trial, once the addresses are known.
 * One read tells which of a few dozen strings one is, or that it is none of them. Knows no Lua. */
#ifndef WA_INDEX_H
#define WA_INDEX_H

#include "../linkage.h"

#include <stddef.h>
#include <stdint.h>

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

#endif
