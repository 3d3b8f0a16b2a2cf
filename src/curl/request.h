/* A request: a Lua table is read into the request of a transfer, which is then given to libcurl. */
#ifndef WA_REQUEST_H
#define WA_REQUEST_H

#include "../compat.h"
#include "transfer.h"

/* what is wrong with a request; text NULL: nothing */
typedef struct wa_refusal {
    const char *text;  /* wa_no_memory, or another static string, or one that the Lua stack keeps alive */
    const char *field; /* the field that it is about; NULL: the text says it */
    const char *rule;  /* that the field breaks */
    const char *kind;  /* of the failure; NULL: "invalid" */
} wa_refusal;

/* [-0, +1, m] the field, by raw access; returns its type */
WA_FUNC int wa_field(lua_State *L, int table, const char *name);

/* The members that each request and each answer has. Their names are upvalues of every method of a client, in this
 * order from WA_FIRST_NAME on: lua_pushstring() takes five times as long, and a request and its answer have eleven of
 * them. */
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

/* [-0, +0, v] returns the number of seconds on top; `name` is for the error */
WA_FUNC double wa_seconds(lua_State *L, const char *name, double otherwise);

/* [-0, +n, v] Reads the request at `table`, opens its files and gives it to libcurl. Pushes the value that must be kept
 * until the transfer has ended (the body, or a table of strings), and on top of it, if *new_head, the table of headers
 * and the URL. While these two are kept, the next request with the same two is recognised by them: if the table still
 * holds the same headers, neither these nor the URL are checked and set again. A refused request has no file open, and
 * has made none. */
WA_FUNC wa_refusal wa_read_request(
    lua_State *L, int table, const wa_settings *settings, wa_transfer *t, bool *new_head);

/* [-0, +0, -] the table of headers and the URL at the index and behind it are kept from now on */
WA_FUNC void wa_remember_head(lua_State *L, int index, wa_transfer *t);

/* [-0, +3, m] nil, err, details: refused, and nothing was sent */
WA_FUNC int wa_refuse(lua_State *L, wa_refusal refusal);

#endif
