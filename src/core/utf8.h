/* UTF-8 as RFC 3629 has it: no overlong forms, no surrogates, nothing over U+10FFFF. Knows no Lua. */
#ifndef WA_UTF8_H
#define WA_UTF8_H

#include "../linkage.h"

#include <stddef.h>

/* The bytes of the character that starts at `text` (1 to 4), 0 if it is none. `length` is at least 1. */
WA_FUNC size_t wa_utf8_character(const unsigned char *text, size_t length);

/* Counts the characters; where the text is not UTF-8, *wrong is the offset of the first byte that is wrong and the
 * count stops there, else *wrong is the length. */
WA_FUNC size_t wa_utf8_count(const char *text, size_t length, size_t *wrong);

#endif
