/* A hash that is looked for: see index.h. */
#include "index.h"

/* how many of the identities have a place of their own with this multiplier */
static size_t fill(wa_index *index, unsigned bits, const void *const *identities, size_t count)
{
    size_t placed = 0;
    for (size_t i = 0; i < wa_index_size(bits); i++) index->places[i].identity = index;
    for (size_t i = 0; i < count; i++) {
        wa_place *place = &index->places[wa_index_hash(index, identities[i])];
        if (place->identity != (const void *) index) continue;
        place->identity = identities[i];
        place->number = (int) i;
        placed++;
    }
    return placed;
}

size_t wa_index_build(wa_index *index, unsigned bits, int trials, const void *const *identities, size_t count)
{
    uint64_t random = UINT64_C(0x9E3779B97F4A7C15), best = random;
    size_t most = 0;
    index->shift = (uint8_t) (64 - bits);
    for (int i = 0; i < trials && most < count; i++) {
        index->multiplier = random | 1;
        size_t placed = fill(index, bits, identities, count);
        if (placed > most) {
            most = placed;
            best = index->multiplier;
        }
        random = random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    }
    index->multiplier = best;
    return fill(index, bits, identities, count);
}
