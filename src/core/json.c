/* Writes JSON: see json.h. */
#include "json.h"

#include "utf8.h"

#include <stdbool.h>

#include <stdio.h>
#include <stdlib.h>

enum { PLAIN, CONTROL, QUOTED, NON_ASCII };

/* Returns how a byte is written in a string. */
static inline int kind_of(unsigned char byte)
{
    if (byte >= 0x80) return NON_ASCII;
    if (byte < 0x20) return CONTROL;
    return byte == '"' || byte == '\\' ? QUOTED : PLAIN;
}

static void escape(wa_buffer *out, unsigned char byte)
{
    /* named: the escapes of the bytes 8 to 13; byte 11 has no such escape */
    static const char digits[] = "0123456789abcdef", named[] = "btn\0fr";
    char *to = out->bytes + out->length;
    *to++ = '\\';
    if (byte == '"' || byte == '\\') {
        *to++ = (char) byte;
    } else if (byte >= 8 && byte <= 13 && byte != 11) {
        *to++ = named[byte - 8];
    } else {
        memcpy(to, "u00", 3);
        to[3] = digits[byte >> 4];
        to[4] = digits[byte & 15];
        to += 5;
    }
    out->length = (size_t) (to - out->bytes);
}

/* Copies the plain bytes at the start of the text. The memory has room for the whole text. Returns their number. */
static size_t copy_plain(char *to, const char *text, size_t length)
{
    size_t at = 0;
    while (length - at >= 8) {
        uint64_t bytes;
        memcpy(&bytes, text + at, 8);
        if (!wa_plain8(bytes)) break;
        memcpy(to + at, &bytes, 8);
        at += 8;
    }
    for (; at < length && kind_of((unsigned char) text[at]) == PLAIN; at++) to[at] = text[at];
    return at;
}

/* Copies non-ASCII characters. Returns false on invalid UTF-8. */
static bool copy_non_ascii(wa_buffer *out, const char *text, size_t length, size_t *at, size_t *count)
{
    while (*at < length && kind_of((unsigned char) text[*at]) == NON_ASCII) {
        size_t bytes = wa_utf8_character((const unsigned char *) text + *at, length - *at);
        if (bytes == 0) return false;
        wa_buffer_add(out, text + *at, bytes);
        *at += bytes;
        ++*count;
    }
    return true;
}

size_t wa_json_string(wa_buffer *out, const char *text, size_t length, size_t *wrong)
{
    size_t count = 0, at = 0;
    wa_buffer_add(out, "\"", 1);
    while (at < length) {
        if (!wa_buffer_reserve(out, length - at + 8)) break; /* 8: for an escape and the closing quote */
        size_t run = copy_plain(out->bytes + out->length, text + at, length - at);
        out->length += run;
        count += run;
        at += run;
        if (at == length) break;
        if (kind_of((unsigned char) text[at]) != NON_ASCII) {
            escape(out, (unsigned char) text[at++]);
            count++;
        } else if (!copy_non_ascii(out, text, length, &at, &count)) {
            *wrong = at;
            return count;
        }
    }
    wa_buffer_add(out, "\"", 1);
    *wrong = length;
    return count;
}

void wa_json_integer(wa_buffer *out, int64_t value)
{
    char digits[24], *at = digits + sizeof digits;
    uint64_t rest = value < 0 ? 0 - (uint64_t) value : (uint64_t) value;
    do {
        *--at = (char) ('0' + rest % 10);
        rest /= 10;
    } while (rest > 0);
    if (value < 0) *--at = '-';
    wa_buffer_add(out, at, (size_t) (digits + sizeof digits - at));
}

/* Finds the shortest form d.ddde±xx that reads back as the value. Returns the number of its digits. */
static int shortest(double value, bool single, char *digits, int *exponent)
{
    char text[40];
    for (int precision = single ? 5 : 14, last = single ? 8 : 16; precision <= last; precision++) {
        snprintf(text, sizeof text, "%.*e", precision, value);
        if (single ? strtof(text, NULL) == (float) value : strtod(text, NULL) == value) break;
    }
    int count = 0;
    const char *at = text;
    for (; *at != 'e'; at++) { /* skips the point of any locale */
        if (*at >= '0' && *at <= '9') digits[count++] = *at;
    }
    *exponent = (int) strtol(at + 1, NULL, 10);
    while (count > 1 && digits[count - 1] == '0') count--;
    return count;
}

static void zeros(wa_buffer *out, int count)
{
    for (; count > 0; count--) wa_buffer_add(out, "0", 1);
}

void wa_json_number(wa_buffer *out, double value, bool single)
{
    char digits[24];
    int exponent;
    if (value < 0) {
        wa_buffer_add(out, "-", 1);
        value = -value;
    }
    int count = shortest(value, single, digits, &exponent);
    if (exponent < 0) {
        wa_buffer_add(out, "0.", 2);
        zeros(out, -exponent - 1);
        wa_buffer_add(out, digits, (size_t) count);
    } else if (count <= exponent + 1) {
        wa_buffer_add(out, digits, (size_t) count);
        zeros(out, exponent + 1 - count);
    } else {
        wa_buffer_add(out, digits, (size_t) exponent + 1);
        wa_buffer_add(out, ".", 1);
        wa_buffer_add(out, digits + exponent + 1, (size_t) (count - exponent - 1));
    }
}
