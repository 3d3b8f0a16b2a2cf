/* Compiles the schema for one Lua state: see lshape.h. Never looks at a message. */
#include "lshape.h"

#include <string.h>

enum { MAX_NODES = 256, CHUNK = 4096 };

typedef struct compiler {
    lua_State *L;
    int anchor; /* stack index of the table that keeps strings and memory */
    char *free;
    size_t left;
    struct {
        const wa_object *object;
        const wa_node *node;
    } known[MAX_NODES];
    int count;
} compiler;

/* [-0, +0, m] zeroed memory that lives as long as the anchor */
static void *take(compiler *c, size_t size)
{
    size = (size + 7) & ~(size_t) 7;
    if (size > c->left) {
        size_t chunk = size > CHUNK ? size : CHUNK;
        c->free = lua_newuserdata(c->L, chunk);
        memset(c->free, 0, chunk);
        c->left = chunk;
        lua_rawseti(c->L, c->anchor, (int) wa_rawlen(c->L, c->anchor) + 1);
    }
    void *block = c->free;
    c->free += size;
    c->left -= size;
    return block;
}

/* [-0, +0, m] keeps the string in the state; its bytes there and its identity */
static const char *pin(compiler *c, const char *text, const void **identity)
{
    lua_pushstring(c->L, text);
    const char *bytes = lua_tostring(c->L, -1);
    *identity = wa_identity(c->L, -1);
    lua_pushboolean(c->L, 1);
    lua_rawset(c->L, c->anchor);
    return bytes;
}

uint8_t wa_word_named(const wa_node *node, const char *name, size_t length)
{
    for (uint8_t i = 0; i < node->word_count; i++) {
        if (wa_is(name, length, node->words[i])) return i;
    }
    return WA_NO_WORD;
}

static uint8_t word_of(const wa_node *node, const char *name)
{
    return name == NULL ? WA_NO_WORD : wa_word_named(node, name, strlen(name));
}

static void add_word(compiler *c, wa_node *node, const char *name)
{
    if (word_of(node, name) != WA_NO_WORD) return;
    if (node->word_count == WA_MAX_WORDS) luaL_error(c->L, "schema: more than %d names in one object", WA_MAX_WORDS);
    pin(c, name, &node->addresses[node->word_count]);
    node->words[node->word_count++] = name;
}

static void add_words(compiler *c, wa_node *node, const wa_object *object)
{
    if (object->base != NULL) add_words(c, node, object->base);
    for (const wa_field *f = object->fields; f->name != NULL; f++) add_word(c, node, f->name);
    if (object->variants == NULL) return;
    for (const wa_variant *v = object->variants; v->value != NULL; v++) {
        if (object->by == NULL) add_word(c, node, v->value);
        add_words(c, node, v->object);
    }
    if (object->otherwise != NULL) add_words(c, node, object->otherwise);
}

static const wa_field *named(const wa_field *fields, const char *name)
{
    for (; fields->name != NULL; fields++) {
        if (strcmp(fields->name, name) == 0) return fields;
    }
    return NULL;
}

/* the fields as they stand: those of the base first, where an own one of the same name stands instead */
static int flatten(const wa_object *object, const wa_field **fields)
{
    int count = 0;
    if (object->base != NULL) {
        for (const wa_field *f = object->base->fields; f->name != NULL; f++) {
            const wa_field *own = named(object->fields, f->name);
            const wa_field *stands = own != NULL ? own : f;
            if (stands->kind != WA_REMOVED) fields[count++] = stands;
        }
    }
    for (const wa_field *f = object->fields; f->name != NULL; f++) {
        if (object->base == NULL || named(object->base->fields, f->name) == NULL) fields[count++] = f;
    }
    return count;
}

static const wa_node *compile(compiler *c, const wa_object *object);

static void add_conditions(const wa_node *node, wa_shape *shape, const wa_object *object)
{
    for (const wa_rule *r = object->rules; r != NULL && r->kind != 0; r++) {
        wa_condition *condition = &shape->conditions[shape->condition_count++];
        condition->rule = r;
        for (int i = 0; i < 2; i++) condition->words[i] = word_of(node, r->names[i]);
    }
}

static size_t count_rules(const wa_object *object)
{
    size_t count = 0;
    for (const wa_rule *r = object == NULL ? NULL : object->rules; r != NULL && r->kind != 0; r++) count++;
    return count;
}

static bool means_something_absent(const wa_field *f)
{
    return (f->flags & (WA_REQUIRED | WA_ADVISED | WA_AMONG_MANY | WA_ALL_OR_NONE | WA_FILLED)) != 0;
}

/* [-0, +0, m] the values of a field as strings of the state; NULL ends */
static const char **pin_values(compiler *c, const char *const *values)
{
    const void *identity;
    size_t count = 0;
    if (values == NULL) return NULL;
    while (values[count] != NULL) count++;
    const char **pinned = take(c, (count + 1) * sizeof *pinned);
    for (size_t i = 0; i < count; i++) pinned[i] = pin(c, values[i], &identity);
    return pinned;
}

static void set_lengths(wa_slot *slot, const wa_field *f)
{
    int32_t most = f->advised_max > 0 && (f->max == 0 || f->advised_max < f->max) ? f->advised_max : f->max;
    slot->least = f->min > 0 ? (size_t) f->min : 0;
    slot->span = (most > 0 ? (size_t) most : SIZE_MAX) - slot->least;
}

/* [-0, +0, m] */
static const wa_slot *fill_slot(compiler *c, wa_slot *slot, const wa_node *node, const wa_field *field)
{
    slot->field = field;
    slot->node = field->object == NULL ? NULL : compile(c, field->object);
    slot->word = word_of(node, field->name);
    slot->key = node->keys[slot->word];
    slot->key_length = (uint8_t) (strlen(field->name) + 4);
    slot->values = pin_values(c, field->values);
    slot->flags = field->flags;
    slot->kind = field->kind;
    slot->text =
        field->kind == WA_STRING || field->kind == WA_ID || field->kind == WA_NUMBER || field->kind == WA_LABEL;
    slot->more = field->values != NULL || field->format != WA_ANY_FORMAT || (field->flags & WA_NOTED) != 0;
    set_lengths(slot, field);
    return slot;
}

static wa_shape *shape_of(compiler *c, const wa_node *node, const wa_object *object)
{
    const wa_field *fields[WA_MAX_WORDS];
    wa_shape *shape = take(c, sizeof *shape);
    size_t count = (size_t) flatten(object, fields);
    shape->object = object;
    shape->by = word_of(node, object->by);
    shape->slots = take(c, count * sizeof *shape->slots);
    shape->slot_count = (uint8_t) count;
    for (size_t i = 0; i < count; i++) {
        const wa_slot *slot = fill_slot(c, &shape->slots[i], node, fields[i]);
        shape->mask |= UINT64_C(1) << slot->word;
        if (means_something_absent(fields[i])) shape->must |= UINT64_C(1) << slot->word;
    }
    shape->conditions = take(c, (count_rules(object->base) + count_rules(object)) * sizeof *shape->conditions);
    if (object->base != NULL) add_conditions(node, shape, object->base);
    add_conditions(node, shape, object);
    if (object->variants == NULL) return shape;
    size_t choices = 0;
    while (object->variants[choices].value != NULL) choices++;
    shape->choices = take(c, choices * sizeof *shape->choices);
    shape->choice_count = (uint8_t) choices;
    for (size_t i = 0; i < choices; i++) {
        const void *identity;
        shape->choices[i].value = pin(c, object->variants[i].value, &identity);
        shape->choices[i].word = word_of(node, object->variants[i].value);
        shape->choices[i].shape = shape_of(c, node, object->variants[i].object);
    }
    if (object->otherwise != NULL) shape->otherwise = shape_of(c, node, object->otherwise);
    return shape;
}

/* whether no two words of the node have one hash; the places are then theirs */
static bool fits(const wa_node *node, uint8_t *places)
{
    memset(places, WA_NO_WORD, wa_hash_size(node));
    for (uint8_t i = 0; i < node->word_count; i++) {
        uint8_t *place = &places[wa_hash(node, node->addresses[i])];
        if (*place != WA_NO_WORD) return false;
        *place = i;
    }
    return true;
}

/* Looks for a multiplier that keeps the words apart, by trial: where the strings lie is another matter in each state.
 * One in seven does where there are a quarter as many places as pairs of words; else there will be more places. */
static void find_hash(compiler *c, wa_node *node)
{
    enum { TRIALS = 40, MOST_PLACES = 1 << 14 };
    uint8_t places[MOST_PLACES];
    uint64_t random = UINT64_C(0x9E3779B97F4A7C15);
    size_t pairs = (size_t) node->word_count * node->word_count;
    node->shift = 63;
    while (wa_hash_size(node) * 4 < pairs) node->shift--;
    for (; wa_hash_size(node) <= sizeof places; node->shift--) {
        for (int i = 0; i < TRIALS; i++) {
            node->multiplier = random | 1;
            random = random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
            if (!fits(node, places)) continue;
            node->places = take(c, wa_hash_size(node));
            memcpy(node->places, places, wa_hash_size(node));
            return;
        }
    }
    luaL_error(c->L, "schema: no hash keeps the names of an object apart");
}

/* [-0, +0, m] ,"name": for each word */
static void write_keys(compiler *c, wa_node *node)
{
    node->keys = take(c, node->word_count * sizeof node->keys[0]);
    for (uint8_t i = 0; i < node->word_count; i++) {
        size_t length = strlen(node->words[i]);
        char *key = take(c, (length + 4 + WA_STRIDE - 1) / WA_STRIDE * WA_STRIDE);
        memcpy(key, ",\"", 2);
        memcpy(key + 2, node->words[i], length);
        memcpy(key + 2 + length, "\":", 2);
        node->keys[i] = key;
    }
}

static const wa_node *compile(compiler *c, const wa_object *object)
{
    for (int i = 0; i < c->count; i++) {
        if (c->known[i].object == object) return c->known[i].node;
    }
    const char *words[WA_MAX_WORDS];
    const void *addresses[WA_MAX_WORDS];
    wa_node all = {.words = words, .addresses = addresses};
    add_words(c, &all, object);
    wa_node *node = take(c, sizeof *node);
    node->word_count = all.word_count;
    node->words = take(c, all.word_count * sizeof words[0]);
    node->addresses = take(c, all.word_count * sizeof addresses[0]);
    if (all.word_count > 0) {
        memcpy(node->words, words, all.word_count * sizeof words[0]);
        memcpy(node->addresses, addresses, all.word_count * sizeof addresses[0]);
    }
    write_keys(c, node);
    find_hash(c, node);
    node->shape = shape_of(c, node, object);
    if (c->count == MAX_NODES) luaL_error(c->L, "schema: more than %d objects", MAX_NODES);
    c->known[c->count].object = object;
    c->known[c->count++].node = node;
    return node;
}

const wa_node *wa_compile(lua_State *L, const wa_object *root)
{
    lua_newtable(L);
    compiler c = {.L = L, .anchor = lua_gettop(L)};
    return compile(&c, root);
}
