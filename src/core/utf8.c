/* UTF-8: see utf8.h. */
#include "utf8.h"

#include <stdbool.h>

static bool continues(unsigned char byte)
{
    return (byte & 0xC0) == 0x80;
}

/* Returns true if the second byte is valid; overlong forms, surrogates and what is over U+10FFFF differ there. */
static bool second(unsigned char first, unsigned char byte)
{
    unsigned char least = first == 0xE0 ? 0xA0 : first == 0xF0 ? 0x90 : 0x80;
    unsigned char most = first == 0xED ? 0x9F : first == 0xF4 ? 0x8F : 0xBF;
    return byte >= least && byte <= most;
}

size_t wa_utf8_character(const unsigned char *text, size_t length)
{
    unsigned char first = text[0];
    if (first < 0x80) return 1;
    size_t needed = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
    if (first < 0xC2 || first > 0xF4 || length < needed || !second(first, text[1])) return 0;
    for (size_t i = 2; i < needed; i++) {
        if (!continues(text[i])) return 0;
    }
    return needed;
}

size_t wa_utf8_count(const char *text, size_t length, size_t *wrong)
{
    size_t count = 0, at = 0;
    while (at < length) {
        size_t bytes = wa_utf8_character((const unsigned char *) text + at, length - at);
        if (bytes == 0) break;
        at += bytes;
        count++;
    }
    *wrong = at;
    return count;
}
