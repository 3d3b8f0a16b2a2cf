/* Formats that a string may have to have, and their names in words. Knows no Lua. */
#ifndef WA_FORMAT_H
#define WA_FORMAT_H

#include "schema.h"

#include <stddef.h>

#pragma GCC visibility push(hidden)

bool wa_has_format(uint8_t format, const char *text, size_t length);

/* by wa_format: what stands behind "must be" */
extern const char *const wa_format_names[WA_FORMAT_COUNT];

#pragma GCC visibility pop

#endif
