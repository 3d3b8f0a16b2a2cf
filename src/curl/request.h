/* A request: a Lua table is read into the request of a transfer, which is then given to libcurl. */
#ifndef WA_REQUEST_H
#define WA_REQUEST_H

#include "../compat.h"
#include "transfer.h"

/* a request that is refused, and why; `text` is NULL if nothing is wrong with it */
typedef struct wa_refusal {
    const char *text;  /* wa_no_memory, or another static string, or one that the Lua stack keeps alive */
    const char *field; /* the path of the wrong field, or NULL */
    const char *rule;  /* the rule that the field breaks */
    const char *kind;  /* the kind of the failure; NULL: "invalid" */
} wa_refusal;

/* [-0, +1, m] pushes the field, by raw access; returns its type */
WA_FUNC int wa_field(lua_State *L, int table, const char *name);

/* The members that each request and each answer has. Their names are upvalues of every method of a client, in this
 * order from WA_FIRST_NAME on. With lua_pushstring() instead, a message takes 800 instructions more (make bench-send
 * ROUNDS=0). */
typedef enum wa_name {
    WA_METHOD,
    WA_URL,
    WA_HEADERS,
    WA_BODY,
    WA_TIMEOUT,
    WA_BODY_FILE,
    WA_FORM,
    WA_TO_FILE,
    WA_STATUS,
    WA_NAMES
} wa_name;
enum { WA_FIRST_NAME = 2 };
WA_DATA const char *const wa_names[WA_NAMES];

/* [-0, +1, -] pushes a name, in a method of a client */
WA_FUNC void wa_push_name(lua_State *L, wa_name name);

/* [-0, +0, v] Returns the number of seconds on top, or `otherwise` for nil. Raises an error about `name` for any other
 * value. */
WA_FUNC double wa_seconds(lua_State *L, const char *name, double otherwise);

/* [-0, +n, v] Reads the request at `table`, opens its files and gives it to libcurl. Pushes the value that the caller
 * must keep until the transfer has ended (the body, or a table of strings). If *new_head is true, pushes the table of
 * headers and the URL on top of it. While the caller keeps these two, the reader recognises them in the next request by
 * their addresses: if the table still has the same headers, it does not check and set headers and URL again, which
 * saves 14,000 instructions a message, 6 % (make bench-send ROUNDS=0). A refused request has no file open, and has made
 * no file. */
WA_FUNC wa_refusal wa_read_request(
    lua_State *L, int table, const wa_settings *settings, wa_transfer *t, bool *new_head);

/* [-0, +0, -] notes that the caller keeps the table of headers at the index and the URL at the next index from now on
 */
WA_FUNC void wa_remember_head(lua_State *L, int index, wa_transfer *t);

/* [-0, +3, m] pushes nil, err, details of a request that is refused: nothing was sent */
WA_FUNC int wa_refuse(lua_State *L, wa_refusal refusal);

#endif
