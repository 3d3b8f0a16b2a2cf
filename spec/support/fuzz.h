/* Shared by the fuzzers in C: the bytes of chance, and promises. A promise that is broken ends the run. Never a part of
 * the library; a fuzzer is one file that includes this. */
#ifndef WA_FUZZ_H
#define WA_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

static const uint8_t *at, *end; /* the bytes that are left of the run's input */

static inline unsigned next(void)
{
    return at < end ? *at++ : 0;
}

static inline void fail(const char *why)
{
    fprintf(stderr, "BROKEN: %s\n", why);
    abort();
}

static inline void need(bool holds, const char *why)
{
    if (!holds) fail(why);
}

static inline bool is_utf8(const char *text, size_t length)
{
    const unsigned char *b = (const unsigned char *) text;
    size_t i = 0;
    while (i < length) {
        size_t more = b[i] < 0x80                   ? 0
                      : b[i] >= 0xC2 && b[i] < 0xE0 ? 1
                      : b[i] >= 0xE0 && b[i] < 0xF0 ? 2
                      : b[i] >= 0xF0 && b[i] < 0xF5 ? 3
                                                    : 9;
        uint32_t point = more == 0 ? b[i] : b[i] & (0x3Fu >> more);
        if (more == 9 || length - i <= more) return false;
        for (size_t j = 1; j <= more; j++) {
            if ((b[i + j] & 0xC0) != 0x80) return false;
            point = point << 6 | (b[i + j] & 0x3F);
        }
        if ((more == 2 && point < 0x800) || (more == 3 && (point < 0x10000 || point > 0x10FFFF))) return false;
        if (point >= 0xD800 && point < 0xE000) return false;
        i += more + 1;
    }
    return true;
}

#endif
