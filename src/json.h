/* Writes JSON (RFC 8259) into a buffer. Knows no Lua. What it writes is always valid: a string that is not UTF-8 and a
 * number that is not finite are the caller's to refuse. */
#ifndef WA_JSON_H
#define WA_JSON_H

#include "buffer.h"

#include <stdint.h>

/* Writes the string with its quotes; returns its characters. Where it is not UTF-8, *wrong is the offset of the first
 * wrong byte and what was written is to be thrown away; else *wrong is the length. */
size_t wa_json_string(wa_buffer *out, const char *text, size_t length, size_t *wrong);

void wa_json_integer(wa_buffer *out, int64_t value);

/* Writes a finite number so that it reads back as the same one, with as few digits as that takes, without an exponent
 * and whatever the locale. */
void wa_json_number(wa_buffer *out, double value);

#endif
