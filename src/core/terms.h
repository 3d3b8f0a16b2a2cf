/* Formats that a string may have to have, and their names in words. Knows no Lua. */
#ifndef WA_TERMS_H
#define WA_TERMS_H

#include "schema.h"

#include <stddef.h>

WA_FUNC bool wa_has_format(uint8_t format, const char *text, size_t length);

/* by wa_format: what stands behind "must be" */
WA_DATA const char *const wa_format_names[WA_FORMAT_COUNT];

#endif
