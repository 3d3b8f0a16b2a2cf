/* The walker: a Lua table, checked against the schema and written as JSON in the same pass. */
#ifndef WA_ENCODE_H
#define WA_ENCODE_H

#include "compile.h"
#include "errors.h"

typedef struct wa_encoder {
    lua_State *L;
    wa_buffer out;     /* the JSON; strings are left out of it where `writes` is false */
    wa_buffer noted;   /* what must not stand twice, or must be the same: of the open scopes */
    wa_buffer unknown; /* names that the schema does not have where they stand, being sorted */
    wa_report report;
    bool lenient, writing;
    /* while it walks */
    const wa_interned *interned; /* see wa_interned_values */
    wa_layout *
        missing_layout; /* a layout that was met and is not ready: all else is worth nothing, and is to be done again */
    const wa_frame *frame;
    struct list_rules *list_rules;
    size_t values;    /* that may still be looked at */
    size_t keys;      /* that were */
    size_t unwritten; /* bytes of strings that were not written */
    int depth;
    int room; /* up to where Lua's stack may grow without asking */
} wa_encoder;

/* what the metatable of a table that whatsapp.array marked holds at 1 */
WA_FUNC const void *wa_array_mark(void);

WA_FUNC void wa_encoder_init(wa_encoder *encoder, wa_allocator allocate, void *context);
WA_FUNC void wa_encoder_free(wa_encoder *encoder); /* may be called again */
WA_FUNC void wa_encoder_reset(wa_encoder *encoder);

/* [-0, +0, -] Walks the table at the index, with raw access only: no metamethod runs, nothing is allocated
 * on the Lua heap, so no collection and no finalizer can change the table meanwhile. The outcome stands in `out` and
 * `report`, unless a layout is `wanted`; returns false if memory ran out. */
WA_FUNC bool wa_encode_message(wa_encoder *encoder, lua_State *L, int table, wa_type *root);

#endif
