/* The encoder: a Lua table is checked against the schema and written as JSON in the same pass. */
#ifndef WA_ENCODE_H
#define WA_ENCODE_H

#include "compile.h"
#include "errors.h"

/* the user value of the holder has package.loaded under this key */
enum { WA_LOADED_KEY = -3 };

/* the values by which lua-cjson marks lists: two metatables, and a light userdata that is an empty list */
typedef enum wa_cjson_mark { WA_ARRAY_MT, WA_EMPTY_ARRAY_MT, WA_EMPTY_ARRAY, WA_CJSON_MARKS } wa_cjson_mark;

/* Lifecycle:
 *   1. wa_encoder_init, once; the buffers keep up to 16 KiB of memory each between two messages.
 *   2. The caller sets `lenient` and `holder`, and calls wa_encode_message or wa_encode_value.
 *   3. If `missing_layout` is set, the caller discards the output, compiles the layout, and goes back to 2.
 *   4. The caller reads `out` and `report`, then calls wa_encoder_reset.
 *   5. wa_encoder_free, which may be called again. */
typedef struct wa_encoder {
    lua_State *L;
    wa_buffer out;     /* the JSON; incomplete if there are problems */
    wa_buffer noted;   /* the values that are compared with others, of all open lists with rules */
    wa_buffer unknown; /* the unknown fields of the open objects, sorted by name */
    wa_report report;
    bool lenient;     /* a problem is a warning if JSON can hold the value */
    bool marks_known; /* `marks` were looked up, which is done once a message if it is needed */
    int holder;       /* the stack index of a userdata, whose user value has package.loaded */
    const void *marks[WA_CJSON_MARKS];
    wa_layout *missing_layout;
    const wa_frame *frame;         /* the path of the value that is being encoded */
    struct list_rules *list_rules; /* the rules of the innermost list with rules */
    size_t values;                 /* the number of values that may still be encoded; 0: over the limit */
    size_t keys;                   /* the number of keys that were read and are not fields */
    int64_t parts;                 /* the number of items in all open lists with WA_PARTS */
    int depth;                     /* how deeply any values are nested */
    int room;                      /* the top that Lua's stack may reach without lua_checkstack */
} wa_encoder;

/* Returns the address that a metatable of whatsapp.array has at index 1, as a light userdata. */
WA_FUNC const void *wa_array_mark(void);

WA_FUNC void wa_encoder_init(wa_encoder *encoder, wa_allocator allocate, void *context);
WA_FUNC void wa_encoder_free(wa_encoder *encoder);
WA_FUNC void wa_encoder_reset(wa_encoder *encoder);

/* [-0, +0, -] Encodes the table at the index, with raw access only: no metamethod runs and nothing is allocated on the
 * Lua heap, so that no garbage collection and no finalizer can change the table meanwhile. Returns false if memory ran
 * out. */
WA_FUNC bool wa_encode_message(wa_encoder *encoder, lua_State *L, int table, wa_type *root);

/* [-0, +0, -] does the same for any value at the index, which has no schema */
WA_FUNC bool wa_encode_value(wa_encoder *encoder, lua_State *L, int index);

#endif
