/* A request: a Lua table becomes a transfer that libcurl can begin. */
#ifndef WA_REQUEST_H
#define WA_REQUEST_H

#include "../compat.h"
#include "transfer.h"

/* what is wrong with a request; text NULL: nothing */
typedef struct wa_refusal {
    const char *text;  /* wa_no_memory, or a sentence, which is on the stack or never ends */
    const char *field; /* the field that it is about; NULL: said in the text */
    const char *rule;  /* that the field breaks */
} wa_refusal;

/* [-0, +1, m] the field, by raw access; its type */
WA_FUNC int wa_field(lua_State *L, int table, const char *name);

/* [-0, +0, v] a field that is a number of seconds */
WA_FUNC double wa_seconds(lua_State *L, int table, const char *name, double otherwise);

/* [-0, +n, v] Reads the request at `table`, opens its files and gives it to libcurl; on top is what must be kept until
 * it has ended. What is refused has no file open, and has made none. */
WA_FUNC wa_refusal wa_read_request(lua_State *L, int table, const wa_settings *settings, wa_transfer *t);

/* [-0, +3, m] nil, text, details: refused, and nothing was sent */
WA_FUNC int wa_refuse(lua_State *L, wa_refusal refusal);

#endif
