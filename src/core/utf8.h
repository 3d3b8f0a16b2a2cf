/* UTF-8 (RFC 3629): no overlong forms, no surrogates, nothing over U+10FFFF. Knows no Lua. */
#ifndef WA_UTF8_H
#define WA_UTF8_H

#include "../linkage.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Returns the number of bytes of the character at `text`, 1 to 4, or 0 if it is invalid. `length` is at least 1. */
WA_FUNC size_t wa_utf8_character(const unsigned char *text, size_t length);

/* Returns the code point of a character of `bytes` bytes, which is valid. */
WA_FUNC int32_t wa_utf8_point(const char *text, size_t bytes);

/* Returns true for a hidden code point: a reader sees nothing, or a space that is not U+0020. */
WA_FUNC bool wa_is_hidden(int32_t point);

/* Returns true for a hidden code point that ends a line, moves the cursor or changes the direction of reading. Texts
 * for people show it escaped. They show the other hidden code points as they are, because emoji need some of them. */
WA_FUNC bool wa_is_escaped(int32_t point);

#endif
