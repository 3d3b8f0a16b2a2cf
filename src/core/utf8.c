/* UTF-8: see utf8.h. */
#include "utf8.h"

static bool continues(unsigned char byte)
{
    return (byte & 0xC0) == 0x80;
}

/* Returns true if the second byte may follow the first. This check refuses overlong forms, surrogates and code points
 * over U+10FFFF. */
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

int32_t wa_utf8_point(const char *text, size_t bytes)
{
    static const unsigned char masks[] = {0, 0x7F, 0x1F, 0x0F, 0x07};
    int32_t point = (unsigned char) text[0] & masks[bytes];
    for (size_t i = 1; i < bytes; i++) point = point << 6 | ((unsigned char) text[i] & 0x3F);
    return point;
}

/* the hidden code points; `escaped`: texts for people escape them, as util/show.lua does */
static const struct {
    int32_t from, to;
    bool escaped;
} hidden[] = {{0, 0x1F, true}, {0x7F, 0x9F, true}, {0xA0, 0xA0, false}, {0xAD, 0xAD, true}, {0x34F, 0x34F, false},
    {0x61C, 0x61C, true}, {0x115F, 0x1160, false}, {0x1680, 0x1680, false}, {0x17B4, 0x17B5, false},
    {0x180B, 0x180D, false}, {0x180E, 0x180E, true}, {0x180F, 0x180F, false}, {0x2000, 0x200A, false},
    {0x200B, 0x200B, true}, {0x200C, 0x200D, false}, {0x200E, 0x200F, true}, {0x2028, 0x202E, true},
    {0x202F, 0x202F, false}, {0x205F, 0x205F, false}, {0x2060, 0x206F, true}, {0x2800, 0x2800, false},
    {0x3000, 0x3000, false}, {0x3164, 0x3164, false}, {0xFE00, 0xFE0F, false}, {0xFEFF, 0xFEFF, true},
    {0xFFA0, 0xFFA0, false}, {0xFFF9, 0xFFFB, true}, {0xE0000, 0xE0FFF, false}};

static bool is_in_table(int32_t point, bool escaped)
{
    for (size_t i = 0; i < sizeof hidden / sizeof *hidden; i++) {
        if (point >= hidden[i].from && point <= hidden[i].to) return hidden[i].escaped || !escaped;
    }
    return false;
}

bool wa_is_hidden(int32_t point)
{
    return is_in_table(point, false);
}

bool wa_is_escaped(int32_t point)
{
    return is_in_table(point, true);
}
