/* What the files of the walker share: lvalue.c (what one value must be), lscope.c (what the values of a list must be
 * together), lvariant.c (which shape an object has), lforeign.c (names that do not belong), lfree.c (the user's own
 * data) and encode.c (the way through it all). Nobody else includes this. */
#ifndef WA_LPARTS_H
#define WA_LPARTS_H

#include "encode.h"
#include "json.h"
#include "lsay.h"
#include "utf8.h"

enum {
    WA_MAX_DEPTH = 100,      /* levels of free data */
    WA_MAX_VALUES = 1000000, /* in one message */
    WA_MAX_KEYS = 5000000,   /* read before that; each is read a few times */
    WA_MAX_BYTES = 64 << 20, /* of one message */
    WA_MAX_SEEN = 256,       /* values compared in one scope */
    WA_ROOM = 20             /* on Lua's stack, for whatever a step needs */
};

/* a Lua value, read once: strings by address, tables by stack index */
typedef struct wa_value {
    int type; /* as of lua_type; null is LUA_TNIL */
    bool integral;
    uint8_t known; /* its number in the vocabulary, or WA_NO_KNOWN: of a string only, as its length is */
    size_t length;
    union {
        const char *text;
        int64_t integer;
        double number;
        bool boolean;
        int index;
    } as;
} wa_value;

/* a list with rules about all that is in it */
typedef struct wa_scope {
    struct wa_scope *up;
    size_t start, count; /* of its entries among the seen */
    int64_t counted;
    bool over, some;
    const wa_field *common;             /* what all or none must have */
    uint64_t lacking[WA_MAX_SEEN / 64]; /* the items that have it not, a bit each */
    int64_t beyond;                     /* the first of those for which there is no bit */
} wa_scope;

/* an object while it is walked */
typedef struct wa_subject {
    const wa_node *node;
    const wa_shape *shape;
    const wa_choice *choice; /* by which the shape was found, if by a value */
    const char *inferred;    /* the value of `by`, if it was left out */
    wa_value *values;        /* of the words that are present */
    uint64_t have;           /* words that are present */
    size_t count;            /* of its members */
    size_t unknown;          /* keys that are no word of the node */
    int top;                 /* of Lua's stack, above its members */
    uint8_t by;
    bool unresolved; /* no variant: only what all of them have can be checked */
} wa_subject;

/* ---- reading ---- */

/* [-0, +0, -] reads the value at the index from the bottom, where it must stay if it is a table */
static inline void wa_read_value(lua_State *L, int index, wa_value *v)
{
    int type = lua_type(L, index);
    v->type = type;
    if (type == LUA_TSTRING) {
        v->as.text = lua_tolstring(L, index, &v->length);
        v->known = WA_NO_KNOWN;
    } else if (type == LUA_TTABLE) {
        v->as.index = index;
    } else if (type == LUA_TNUMBER) {
        v->integral = wa_integer(L, index, &v->as.integer);
        if (!v->integral) v->as.number = (double) lua_tonumber(L, index);
    } else if (type == LUA_TBOOLEAN) {
        v->as.boolean = lua_toboolean(L, index) != 0;
    } else if (type == LUA_TLIGHTUSERDATA && lua_touserdata(L, index) == NULL) {
        v->type = LUA_TNIL; /* NULL is JSON's null, as lua-cjson and ngx_lua have it */
    }
}

/* [-0, +0, -] the same for a value that is likely to be a known one */
static inline void wa_read_listed(lua_State *L, int index, const wa_vocabulary *vocabulary, wa_value *v)
{
    int number = wa_index_find(&vocabulary->index, wa_identity(L, index));
    if (number == WA_NOT_INDEXED) {
        wa_read_value(L, index, v);
        return;
    }
    v->type = LUA_TSTRING;
    v->known = (uint8_t) number;
    v->length = vocabulary->known[number].length;
    v->as.text = vocabulary->known[number].text;
}

static inline bool wa_has(const wa_subject *o, uint8_t word)
{
    return word != WA_NO_WORD && (o->have >> word & 1) != 0;
}

/* ---- lvalue.c ---- */

/* whether so many values more may be looked at; says so once where not */
WA_FUNC WA_RARE bool wa_spend_last(wa_walk *w);
static inline bool wa_spend(wa_walk *w, size_t count)
{
    if (w->values <= count) return wa_spend_last(w);
    w->values -= count;
    return true;
}

/* the shape is to be made ready: the walk is at its end */
WA_FUNC WA_RARE void wa_want(wa_walk *w, wa_shape *shape);

/* counts keys that were read: the same table may stand in many places, and is read in each */
WA_FUNC void wa_look(wa_walk *w, size_t keys);

WA_FUNC WA_RARE wa_problem wa_breach_at(wa_walk *w, wa_breach breach, bool soft, const wa_frame *where);
WA_FUNC WA_RARE wa_problem wa_breach_of(wa_walk *w, wa_breach breach, bool soft); /* of what is being walked */
WA_FUNC WA_RARE wa_problem wa_fatal(wa_walk *w, wa_breach breach);                /* a problem in lenient mode too */
WA_FUNC void wa_breach_end(wa_walk *w, wa_problem *p);
WA_FUNC wa_detail wa_say_type(wa_walk *w, const wa_problem *p, const wa_value *v);
WA_FUNC WA_RARE void wa_report_count(
    wa_walk *w, wa_breach breach, bool soft, int64_t actual, const char *unit, const char *bound, int64_t limit);
WA_FUNC WA_RARE void wa_report_type(wa_walk *w, const wa_field *f, const wa_value *v);

WA_FUNC bool wa_same_word(const char *a, size_t length, const char *b); /* without case */
WA_FUNC size_t wa_put_string(wa_walk *w, const char *text, size_t length);
WA_FUNC void wa_put_boolean(wa_walk *w, bool boolean);
WA_FUNC void wa_put_number(wa_walk *w, const wa_value *v);
WA_FUNC WA_RARE void wa_check_count(wa_walk *w, const wa_field *f, int64_t count, bool items);
WA_FUNC WA_RARE void wa_report_unwritable(wa_walk *w, const wa_value *v);

/* what is asked of a string besides its length */
WA_FUNC void wa_check_text(wa_walk *w, const wa_slot *slot, const char *text, size_t length);

static inline bool wa_is_value_known(const wa_slot *slot, const char *text)
{
    for (const char **v = slot->values; *v != NULL; v++) {
        if (*v == text) return true; /* the same string, as it nearly always is */
    }
    return false;
}

/* The quick way for most strings: checks and writes one that is known, or plain, and as long as it should be; else does
 * nothing. */
static inline bool wa_put_quickly(wa_walk *w, const wa_slot *slot, const wa_value *v)
{
    if (v->type != LUA_TSTRING || !slot->text || !w->writes) return false;
    if (v->length - slot->least > slot->span) return false;
    if (v->known != WA_NO_KNOWN) wa_buffer_add_strides(&w->out, w->known[v->known].written, v->length + 2u);
    else if (!wa_json_plain(&w->out, v->as.text, v->length)) return false;
    if (!slot->more || (slot->only && wa_is_value_known(slot, v->as.text))) return true;
    wa_check_text(w, slot, v->as.text, v->length);
    return true;
}

/* checks and writes a value of a kind that holds no others; false if the value is of another type */
WA_FUNC bool wa_put_scalar(wa_walk *w, const wa_slot *slot, const wa_value *v);

/* ---- lscope.c ---- */

WA_FUNC void wa_note_string(wa_walk *w, const wa_slot *slot, const char *text, size_t length);
WA_FUNC void wa_note_integer(wa_walk *w, const wa_slot *slot, int64_t integer);
WA_FUNC void wa_note_amount(wa_walk *w, const wa_field *f, int64_t integer);
WA_FUNC bool wa_take_sum(wa_walk *w); /* whether the sum is right, or not known; the next one starts at nothing */

static inline bool wa_is_lacking(const wa_scope *s, int64_t index)
{
    if (index > WA_MAX_SEEN) return index == s->beyond;
    return (s->lacking[(index - 1) / 64] >> (index - 1) % 64 & 1) != 0;
}

/* a member of an item, in a list whose items all have the field, or none */
static inline void wa_note_common(wa_walk *w, const wa_field *f, bool present)
{
    wa_scope *s = w->scope;
    if (s == NULL) return;
    int64_t index = w->frame->up->index;
    s->common = f;
    if (present) s->some = true;
    else if (index > WA_MAX_SEEN) s->beyond = s->beyond == 0 ? index : s->beyond;
    else if (index >= 1) s->lacking[(index - 1) / 64] |= UINT64_C(1) << (index - 1) % 64;
}

WA_FUNC void wa_open_scope(wa_walk *w, wa_scope *s);
WA_FUNC void wa_close_scope(wa_walk *w, const wa_field *f, wa_scope *s);

/* ---- lvariant.c ---- */

/* finds the shape: variant after variant, until one has none */
WA_FUNC void wa_resolve(wa_walk *w, wa_subject *o);

/* ---- lfree.c ---- */

WA_FUNC void wa_put_free(wa_walk *w, const wa_value *v);
WA_FUNC void wa_put_map(wa_walk *w, const wa_field *f, const wa_value *v);
WA_FUNC WA_RARE void wa_report_deep(wa_walk *w, const char *sentence);
WA_FUNC void wa_report_mixed(wa_walk *w);

/* [-0, +0, -] whether the keys of the table are 1 to *count; else *hole is the first that is missing, 0 if there are
 * other keys than those of a list */
WA_FUNC bool wa_is_list(wa_walk *w, int table, int64_t *count, int64_t *hole);

/* closes an object or a list whose members were each written with a comma before them */
static inline void wa_close(wa_walk *w, size_t start, char opening, char closing)
{
    if (!wa_buffer_reserve(&w->out, 2)) return;
    if (w->out.length == start) w->out.length++;
    w->out.bytes[start] = opening;
    w->out.bytes[w->out.length++] = closing;
}

/* ---- lforeign.c ---- */

/* a name that the schema does not have here, and its value */
typedef struct wa_foreign {
    const char *name;
    size_t length;
    wa_value value;
} wa_foreign;

WA_FUNC wa_foreign wa_foreign_at(const wa_walk *w, size_t index);
WA_FUNC size_t wa_foreign_count(const wa_walk *w);

/* [-0, +n, -] Gathers the names of a table that are not in the shape (all of them where there is none), sorted by their
 * bytes, with those values left on the stack that are tables. Returns the number of keys that are no strings. */
WA_FUNC size_t wa_gather(wa_walk *w, int table, const wa_node *node, const wa_shape *shape);

/* writes the gathered names from `start` on, each with a comma before it */
WA_FUNC void wa_put_foreign(wa_walk *w, size_t start);

/* names that the shape does not have: written in lenient mode, reported in strict mode */
WA_FUNC void wa_walk_foreign(wa_walk *w, const wa_subject *o, int table);

#endif
