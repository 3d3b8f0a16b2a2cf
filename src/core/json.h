/* Writes JSON (RFC 8259) into a buffer. Knows no Lua. The output is always valid: the caller refuses strings that are
 * not UTF-8 and numbers that are not finite. */
#ifndef WA_JSON_H
#define WA_JSON_H

#include "../buffer.h"

#include <stdint.h>

#define WA_EACH(byte) (UINT64_C(0x0101010101010101) * (byte))

/* Returns true if all 8 bytes are plain: each is an ASCII character that JSON holds without an escape. A borrow between
 * bytes may make it return false for plain bytes. With the bit 0x02 flipped, only the quote and the control characters
 * are below 0x21. */
static inline bool wa_plain8(uint64_t bytes)
{
    uint64_t flipped = bytes ^ WA_EACH('"' ^ 0x20), backslash = bytes ^ WA_EACH('\\');
    return (((flipped - WA_EACH(0x21)) | (backslash - WA_EACH(1)) | bytes) & WA_EACH(0x80)) == 0;
}

/* Copies up to 7 bytes, some of them twice. Returns false if one is not plain. */
static inline bool wa_copy_short(char *to, const char *text, size_t length)
{
    uint64_t bytes = WA_EACH(' ');
    if (length >= 4) {
        uint32_t halves[2];
        memcpy(&halves[0], text, 4);
        memcpy(&halves[1], text + length - 4, 4);
        memcpy(to, &halves[0], 4);
        memcpy(to + length - 4, &halves[1], 4);
        return wa_plain8((uint64_t) halves[0] << 32 | halves[1]);
    }
    for (size_t i = 0; i < length; i++) {
        bytes = bytes << 8 | (unsigned char) text[i];
        to[i] = text[i];
    }
    return wa_plain8(bytes);
}

/* Copies bytes. Returns false if one is not plain. The last 8 are read together, some of them for the second time. */
static inline bool wa_copy_plain(char *to, const char *text, size_t length)
{
    uint64_t bytes;
    if (length < 8) return wa_copy_short(to, text, length);
    for (size_t at = 0; at + 8 < length; at += 8) {
        memcpy(&bytes, text + at, 8);
        if (!wa_plain8(bytes)) return false;
        memcpy(to + at, &bytes, 8);
    }
    memcpy(&bytes, text + length - 8, 8);
    memcpy(to + length - 8, &bytes, 8);
    return wa_plain8(bytes);
}

/* Returns true for a string of 8 to 16 digits. */
static inline bool wa_json_digits(const char *text, size_t length)
{
    uint64_t bytes[2];
    if (length < 8 || length > 16) return false;
    memcpy(&bytes[0], text, 8);
    memcpy(&bytes[1], text + length - 8, 8);
    uint64_t high = (bytes[0] & bytes[1]) & WA_EACH(0xF0), low = (bytes[0] | bytes[1]) & WA_EACH(0xF0);
    uint64_t over = (bytes[0] + WA_EACH(6)) | (bytes[1] + WA_EACH(6)); /* bytes from 0x3A on become more than 0x3F */
    return high == WA_EACH(0x30) && low == WA_EACH(0x30) && (over & WA_EACH(0xC0)) == 0;
}

/* Returns true for a string of 4 bytes or more that has no space and no control character. */
static inline bool wa_json_word(const char *text, size_t length)
{
    uint64_t bytes, low = 0;
    uint32_t halves[2];
    if (length < 4) return false;
    if (length < 8) {
        memcpy(&halves[0], text, 4);
        memcpy(&halves[1], text + length - 4, 4);
        bytes = (uint64_t) halves[0] << 32 | halves[1];
        return ((bytes - WA_EACH(0x21)) & ~bytes & WA_EACH(0x80)) == 0;
    }
    for (size_t at = 0; at < length; at += 8) {
        memcpy(&bytes, text + (at + 8 <= length ? at : length - 8), 8);
        low |= (bytes - WA_EACH(0x21)) & ~bytes;
    }
    return (low & WA_EACH(0x80)) == 0;
}

/* Writes a string with its quotes into memory with room for both. Returns false if one of its bytes is not plain. */
static inline bool wa_json_plain(char *to, const char *text, size_t length)
{
    to[0] = to[length + 1] = '"';
    return wa_copy_plain(to + 1, text, length);
}

/* Writes a string with its quotes. Returns the number of its characters. If it is not UTF-8, *wrong is the offset of
 * the first wrong byte, and the caller discards the output; otherwise *wrong is the length. */
WA_FUNC size_t wa_json_string(wa_buffer *out, const char *text, size_t length, size_t *wrong);

WA_FUNC void wa_json_integer(wa_buffer *out, int64_t value);

/* Writes a finite number with the fewest digits that read back as the same number, without an exponent, in any locale.
 * `single`: the number is a 32-bit float. */
WA_FUNC void wa_json_number(wa_buffer *out, double value, bool single);

#endif
