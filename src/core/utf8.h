/* UTF-8 (RFC 3629): no overlong forms, no surrogates, nothing over U+10FFFF. Knows no Lua. */
#ifndef WA_UTF8_H
#define WA_UTF8_H

#include "../linkage.h"

#include <stddef.h>

/* Returns the number of bytes of the character at `text`, 1 to 4, or 0 if it is invalid. `length` is at least 1. */
WA_FUNC size_t wa_utf8_character(const unsigned char *text, size_t length);

/* Returns the number of characters before the first byte that is not UTF-8, whose offset is *wrong; *wrong is the
 * length if all are valid. */
WA_FUNC size_t wa_utf8_count(const char *text, size_t length, size_t *wrong);

#endif
