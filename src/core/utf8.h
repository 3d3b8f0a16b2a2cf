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

/* Returns true for a code point that shows nothing, or a space that is not the ordinary one. */
WA_FUNC bool wa_is_hidden(int32_t point);

/* Returns true for those among them that end a line, move a cursor or turn the direction of reading: a text for people
 * shows them escaped. Emoji need some of the others. */
WA_FUNC bool wa_is_escaped(int32_t point);

#endif
