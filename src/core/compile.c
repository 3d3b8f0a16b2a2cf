/* Compiles the schema for one Lua state: see compile.h. Never looks at a message. */
#include "compile.h"

#include <string.h>

/* ---- a hash that is looked for ---------------------------------------------------------------------------------- */

/* how many of the identities have a place of their own with this multiplier */
static size_t fill_index(wa_index *index, unsigned bits, const void *const *identities, size_t count)
{
    size_t placed = 0;
    for (size_t i = 0; i < wa_index_size(bits); i++) index->places[i].identity = index;
    for (size_t i = 0; i < count; i++) {
        wa_place *place = &index->places[wa_index_hash(index, identities[i])];
        if (place->identity != (const void *) index) continue;
        place->identity = identities[i];
        place->number = (int) i;
        placed++;
    }
    return placed;
}

size_t wa_index_build(wa_index *index, unsigned bits, int trials, const void *const *identities, size_t count)
{
    uint64_t random = UINT64_C(0x9E3779B97F4A7C15), best = random;
    size_t most = 0;
    index->shift = (uint8_t) (64 - bits);
    for (int i = 0; i < trials && most < count; i++) {
        index->multiplier = random | 1;
        size_t placed = fill_index(index, bits, identities, count);
        if (placed > most) {
            most = placed;
            best = index->multiplier;
        }
        random = random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    }
    index->multiplier = best;
    return fill_index(index, bits, identities, count);
}

/* ---- memory and strings ----------------------------------------------------------------------------------------- */

enum { CHUNK = 2048, LINE = 64, KNOWN_KEY = -1, PLACES_KEY = -2 }; /* the last two: of the anchor */

/* the names of an object while they are gathered */
typedef struct names {
    const char *names[WA_MAX_WORDS];
    uint8_t count;
} names;

/* what every step needs */
typedef struct compiler {
    lua_State *L;
    int anchor;
    wa_shapes *all;
} compiler;

/* [-0, +0, m] zeroed memory that lives as long as the anchor, at a multiple of a power of 2 up to LINE */
static void *take_at(const compiler *c, size_t multiple, size_t size)
{
    wa_shapes *all = c->all;
    size_t gap = (size_t) (0 - (uintptr_t) all->free) & (multiple - 1);
    if (gap + size > all->left) {
        size_t chunk = size + LINE > CHUNK ? size + LINE : CHUNK;
        all->left = 0;
        all->free = lua_newuserdata(c->L, chunk);
        memset(all->free, 0, chunk);
        all->left = chunk;
        lua_rawseti(c->L, c->anchor, (int) wa_rawlen(c->L, c->anchor) + 1);
        gap = (size_t) (0 - (uintptr_t) all->free) & (multiple - 1);
    }
    void *block = all->free + gap;
    all->free += gap + size;
    all->left -= gap + size;
    return block;
}

static void *take(const compiler *c, size_t size)
{
    return take_at(c, sizeof(uint64_t), size);
}

/* [-0, +0, m] memory that grows: what the anchor has under the key is forgotten */
static void *renew(const compiler *c, int key, size_t size)
{
    void *block = lua_newuserdata(c->L, size);
    lua_rawseti(c->L, c->anchor, key);
    return block;
}

/* [-0, +0, m] keeps the string in the state; its bytes there and its identity */
static const char *pin(const compiler *c, const char *text, const void **identity)
{
    lua_pushstring(c->L, text);
    const char *bytes = lua_tostring(c->L, -1);
    *identity = wa_identity(c->L, -1);
    lua_pushboolean(c->L, 1);
    lua_rawset(c->L, c->anchor);
    return bytes;
}

/* ---- the vocabulary ---- */

/* [-0, +0, m] room for one more, at the beginning of a line as far as the allocator lets it */
static void make_room(const compiler *c, wa_vocabulary *vocabulary)
{
    enum { FIRST = 32 };
    size_t room = vocabulary->room == 0 ? FIRST : 2u * vocabulary->room;
    if (room > WA_MAX_KNOWN) room = WA_MAX_KNOWN;
    if (vocabulary->count == WA_MAX_KNOWN) luaL_error(c->L, "schema: more than %d values", WA_MAX_KNOWN);
    wa_known *known = lua_newuserdata(c->L, room * sizeof *known);
    if (vocabulary->count > 0) memcpy(known, vocabulary->known, vocabulary->count * sizeof *known);
    lua_rawseti(c->L, c->anchor, KNOWN_KEY); /* forgets the old ones */
    vocabulary->known = known;
    vocabulary->room = (uint8_t) room;
}

/* [-0, +0, m] the number of a value */
static uint8_t know(const compiler *c, const char *text)
{
    wa_vocabulary *vocabulary = &c->all->vocabulary;
    size_t length = strlen(text);
    for (uint8_t i = 0; i < vocabulary->count; i++) {
        if (strcmp(vocabulary->known[i].text, text) == 0) return i;
    }
    if (vocabulary->count == vocabulary->room) make_room(c, vocabulary);
    wa_known *known = &vocabulary->known[vocabulary->count];
    if (length + 2 > sizeof known->written) luaL_error(c->L, "schema: value %s is too long", text);
    memset(known, 0, sizeof *known);
    known->text = pin(c, text, &known->identity);
    known->length = (uint8_t) length;
    known->written[0] = known->written[length + 1] = '"';
    memcpy(known->written + 1, text, length);
    return vocabulary->count++;
}

/* [-0, +0, m] an index of what is known now */
static void index_known(const compiler *c)
{
    enum { SPARSE = 4, LEAST_BITS = 5, TRIALS = 16 };
    const void *identities[WA_MAX_KNOWN];
    wa_vocabulary *vocabulary = &c->all->vocabulary;
    unsigned bits = LEAST_BITS;
    while (wa_index_size(bits) < SPARSE * (size_t) vocabulary->count) bits++;
    for (uint8_t i = 0; i < vocabulary->count; i++) identities[i] = vocabulary->known[i].identity;
    vocabulary->index.places = renew(c, PLACES_KEY, wa_index_size(bits) * sizeof *vocabulary->index.places);
    wa_index_build(&vocabulary->index, bits, TRIALS, identities, vocabulary->count);
}

/* ---- names ---- */

uint8_t wa_word_named(const wa_node *node, const char *name, size_t length)
{
    for (uint8_t i = 0; i < node->word_count; i++) {
        if (wa_is(name, length, node->words[i].name)) return i;
    }
    return WA_NO_WORD;
}

static uint8_t word_of(const wa_node *node, const char *name)
{
    return name == NULL ? WA_NO_WORD : wa_word_named(node, name, strlen(name));
}

static void add_name(const compiler *c, names *all, const char *name)
{
    for (uint8_t i = 0; i < all->count; i++) {
        if (strcmp(all->names[i], name) == 0) return;
    }
    if (all->count == WA_MAX_WORDS) luaL_error(c->L, "schema: more than %d names in one object", WA_MAX_WORDS);
    all->names[all->count++] = name;
}

static void add_names(const compiler *c, names *all, const wa_object *object)
{
    if (object->base != NULL) add_names(c, all, object->base);
    for (const wa_field *f = object->fields; f->name != NULL; f++) add_name(c, all, f->name);
    if (object->variants == NULL) return;
    for (const wa_variant *v = object->variants; v->value != NULL; v++) {
        if (object->by == NULL) add_name(c, all, v->value);
        add_names(c, all, v->object);
    }
    if (object->otherwise != NULL) add_names(c, all, object->otherwise);
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

/* ---- shapes ---- */

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
static const char **pin_values(const compiler *c, const char *const *values)
{
    size_t count = 0;
    if (values == NULL) return NULL;
    while (values[count] != NULL) count++;
    const char **pinned = take(c, (count + 1) * sizeof *pinned);
    for (size_t i = 0; i < count; i++) {
        uint8_t number = know(c, values[i]); /* which may move what is known */
        pinned[i] = c->all->vocabulary.known[number].text;
    }
    return pinned;
}

static void set_lengths(wa_slot *slot, const wa_field *f)
{
    int32_t most = f->advised_max > 0 && (f->max == 0 || f->advised_max < f->max) ? f->advised_max : f->max;
    slot->least = f->min > 0 ? (size_t) f->min : 0;
    slot->span = (most > 0 ? (size_t) most : SIZE_MAX) - slot->least;
}

/* [-0, +0, m] */
static void fill_slot(const compiler *c, wa_slot *slot, wa_node *node, const wa_field *field)
{
    slot->field = field;
    slot->node = field->object == NULL ? NULL : wa_node_of(c->L, c->anchor, c->all, field->object);
    slot->word = word_of(node, field->name);
    slot->key = node->words[slot->word].key;
    slot->key_length = (uint8_t) (strlen(field->name) + 4);
    slot->values = pin_values(c, field->values);
    slot->flags = field->flags;
    slot->kind = field->kind;
    slot->text =
        field->kind == WA_STRING || field->kind == WA_ID || field->kind == WA_NUMBER || field->kind == WA_LABEL;
    bool others = field->format != WA_ANY_FORMAT || (field->flags & WA_NOTED) != 0;
    slot->more = field->values != NULL || others;
    slot->only = field->values != NULL && !others;
    if (field->values != NULL) node->listed |= UINT64_C(1) << slot->word;
    if ((field->flags & WA_NOTED) != 0) slot->print = wa_print_of(field->name, strlen(field->name));
    set_lengths(slot, field);
}

/* [-0, +0, m] a shape that is not ready */
static wa_shape *shape_of(const compiler *c, wa_node *node, const wa_object *object)
{
    wa_shape *shape = take(c, sizeof *shape);
    shape->node = node;
    shape->object = object;
    return shape;
}

/* [-0, +0, m] the variants of an object, and the way from a value to its variant */
static void add_choices(const compiler *c, wa_node *node, wa_shape *shape, const wa_object *object)
{
    size_t count = 0;
    while (object->variants[count].value != NULL) count++;
    shape->choices = take(c, count * sizeof *shape->choices);
    shape->choice_count = (uint8_t) count;
    shape->choice_of = take(c, WA_MAX_KNOWN);
    memset(shape->choice_of, WA_NO_CHOICE, WA_MAX_KNOWN);
    if (shape->by != WA_NO_WORD) node->listed |= UINT64_C(1) << shape->by;
    for (size_t i = 0; i < count; i++) {
        uint8_t number = know(c, object->variants[i].value);
        shape->choice_of[number] = (uint8_t) i;
        shape->choices[i].value = c->all->vocabulary.known[number].text;
        shape->choices[i].word = word_of(node, shape->choices[i].value);
        shape->choices[i].shape = shape_of(c, node, object->variants[i].object);
    }
}

/* [-0, +0, m] */
static void fill_shape(const compiler *c, wa_node *node, wa_shape *shape)
{
    const wa_object *object = shape->object;
    const wa_field *fields[WA_MAX_WORDS];
    size_t count = (size_t) flatten(object, fields);
    shape->by = word_of(node, object->by);
    shape->slots = take_at(c, 16, count * sizeof *shape->slots);
    shape->slot_count = (uint8_t) count;
    for (size_t i = 0; i < count; i++) {
        fill_slot(c, &shape->slots[i], node, fields[i]);
        uint64_t bit = UINT64_C(1) << shape->slots[i].word;
        shape->mask |= bit;
        if (means_something_absent(fields[i])) shape->must |= bit;
    }
    shape->conditions = take(c, (count_rules(object->base) + count_rules(object)) * sizeof *shape->conditions);
    if (object->base != NULL) add_conditions(node, shape, object->base);
    add_conditions(node, shape, object);
    if (object->variants != NULL) add_choices(c, node, shape, object);
    if (object->otherwise != NULL) shape->otherwise = shape_of(c, node, object->otherwise);
}

/* [-0, +0, m] */
static void index_words(const compiler *c, wa_node *node, const void *const *identities)
{
    enum { MOST_BITS = 14, TRIALS = 128 };
    size_t count = node->word_count, pairs = count * count;
    unsigned bits = 1;
    while (wa_index_size(bits) * 8 < pairs) bits++; /* then one trial in fifty keeps all apart, or more */
    for (; bits <= MOST_BITS; bits++) {
        node->index.places = take(c, wa_index_size(bits) * sizeof *node->index.places);
        if (wa_index_build(&node->index, bits, TRIALS, identities, count) == count) return;
    }
    luaL_error(c->L, "schema: no hash keeps the names of an object apart");
}

/* [-0, +0, m] ,"name": */
static const char *write_key(const compiler *c, const char *name)
{
    size_t length = strlen(name);
    char *key = take_at(c, WA_STRIDE, (length + 4 + WA_STRIDE - 1) / WA_STRIDE * WA_STRIDE);
    memcpy(key, ",\"", 2);
    memcpy(key + 2, name, length);
    memcpy(key + 2 + length, "\":", 2);
    return key;
}

/* [-0, +0, m] */
static void set_words(const compiler *c, wa_node *node, const names *all)
{
    const void *identities[WA_MAX_WORDS];
    node->words = take(c, all->count * sizeof *node->words);
    node->word_count = all->count;
    for (uint8_t i = 0; i < all->count; i++) {
        node->words[i].name = all->names[i];
        node->words[i].key = write_key(c, all->names[i]);
        pin(c, all->names[i], &identities[i]);
    }
    index_words(c, node, identities);
}

wa_node *wa_node_of(lua_State *L, int anchor, wa_shapes *all, const wa_object *object)
{
    for (wa_node *node = all->nodes; node != NULL; node = node->next) {
        if (node->shape->object == object) return node;
    }
    compiler c = {.L = L, .anchor = anchor, .all = all};
    wa_node *node = take_at(&c, LINE, sizeof *node);
    node->vocabulary = &all->vocabulary;
    node->shape = shape_of(&c, node, object);
    node->next = all->nodes;
    all->nodes = node;
    return node;
}

void wa_compile(lua_State *L, int anchor, wa_shapes *all, wa_shape *shape)
{
    compiler c = {.L = L, .anchor = anchor, .all = all};
    uint8_t known = all->vocabulary.count;
    luaL_checkstack(L, 8, "schema");
    if (shape->node->words == NULL) {
        names found = {.count = 0};
        add_names(&c, &found, shape->object);
        set_words(&c, shape->node, &found);
    }
    fill_shape(&c, shape->node, shape);
    if (all->vocabulary.count > known || all->vocabulary.index.places == NULL) index_known(&c);
    shape->ready = true;
}
