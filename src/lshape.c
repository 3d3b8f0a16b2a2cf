/* Compiles the schema for one Lua state: see lshape.h. Never looks at a message. */
#include "lshape.h"

#include <string.h>

enum { MAX_NODES = 256, CHUNK = 4096, LINE = 64 };

/* the names of an object while they are gathered */
typedef struct names {
    const char *names[WA_MAX_WORDS];
    uint8_t count;
} names;

typedef struct compiler {
    lua_State *L;
    int anchor; /* stack index of the table that keeps strings and memory */
    char *free;
    size_t left;
    struct {
        const wa_object *object;
        const wa_node *node;
    } nodes[MAX_NODES];
    int count;
    wa_vocabulary *vocabulary;
    wa_known *known;
    const void *identities[WA_MAX_KNOWN]; /* of what is known */
    uint8_t known_count;
} compiler;

/* [-0, +0, m] zeroed memory that lives as long as the anchor, at a multiple of a power of 2 up to LINE */
static void *take_at(compiler *c, size_t multiple, size_t size)
{
    size_t gap = (size_t) (0 - (uintptr_t) c->free) & (multiple - 1);
    if (gap + size > c->left) {
        size_t chunk = size + LINE > CHUNK ? size + LINE : CHUNK;
        c->free = lua_newuserdata(c->L, chunk);
        memset(c->free, 0, chunk);
        c->left = chunk;
        lua_rawseti(c->L, c->anchor, (int) wa_rawlen(c->L, c->anchor) + 1);
        gap = (size_t) (0 - (uintptr_t) c->free) & (multiple - 1);
    }
    void *block = c->free + gap;
    c->free += gap + size;
    c->left -= gap + size;
    return block;
}

static void *take(compiler *c, size_t size)
{
    return take_at(c, sizeof(uint64_t), size);
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

/* [-0, +0, m] the number of a value */
static uint8_t know(compiler *c, const char *text)
{
    size_t length = strlen(text);
    for (uint8_t i = 0; i < c->known_count; i++) {
        if (strcmp(c->known[i].text, text) == 0) return i;
    }
    wa_known *known = &c->known[c->known_count];
    if (c->known_count == WA_MAX_KNOWN) luaL_error(c->L, "schema: more than %d values", WA_MAX_KNOWN);
    if (length + 2 > sizeof known->written) luaL_error(c->L, "schema: value %s is too long", text);
    known->text = pin(c, text, &c->identities[c->known_count]);
    known->length = (uint8_t) length;
    known->written[0] = known->written[length + 1] = '"';
    memcpy(known->written + 1, text, length);
    return c->known_count++;
}

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

static void add_name(compiler *c, names *all, const char *name)
{
    for (uint8_t i = 0; i < all->count; i++) {
        if (strcmp(all->names[i], name) == 0) return;
    }
    if (all->count == WA_MAX_WORDS) luaL_error(c->L, "schema: more than %d names in one object", WA_MAX_WORDS);
    all->names[all->count++] = name;
}

static void add_names(compiler *c, names *all, const wa_object *object)
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
    size_t count = 0;
    if (values == NULL) return NULL;
    while (values[count] != NULL) count++;
    const char **pinned = take(c, (count + 1) * sizeof *pinned);
    for (size_t i = 0; i < count; i++) pinned[i] = c->known[know(c, values[i])].text;
    return pinned;
}

static void set_lengths(wa_slot *slot, const wa_field *f)
{
    int32_t most = f->advised_max > 0 && (f->max == 0 || f->advised_max < f->max) ? f->advised_max : f->max;
    slot->least = f->min > 0 ? (size_t) f->min : 0;
    slot->span = (most > 0 ? (size_t) most : SIZE_MAX) - slot->least;
}

/* [-0, +0, m] */
static void fill_slot(compiler *c, wa_slot *slot, wa_node *node, const wa_field *field)
{
    slot->field = field;
    slot->node = field->object == NULL ? NULL : compile(c, field->object);
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
    set_lengths(slot, field);
}

static wa_shape *shape_of(compiler *c, wa_node *node, const wa_object *object);

/* [-0, +0, m] the variants of an object, and the way from a value to its variant */
static void add_choices(compiler *c, wa_node *node, wa_shape *shape, const wa_object *object)
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
        shape->choices[i].value = c->known[number].text;
        shape->choices[i].word = word_of(node, c->known[number].text);
        shape->choices[i].shape = shape_of(c, node, object->variants[i].object);
    }
}

static wa_shape *shape_of(compiler *c, wa_node *node, const wa_object *object)
{
    const wa_field *fields[WA_MAX_WORDS];
    wa_shape *shape = take(c, sizeof *shape);
    size_t count = (size_t) flatten(object, fields);
    shape->object = object;
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
    return shape;
}

/* [-0, +0, m] */
static void index_words(compiler *c, wa_node *node, const void *const *identities)
{
    enum { MOST_BITS = 14 };
    size_t count = node->word_count, pairs = count * count;
    unsigned bits = 1;
    while (wa_index_size(bits) * 4 < pairs) bits++; /* then one trial in seven keeps all apart */
    for (; bits <= MOST_BITS; bits++) {
        node->index.places = take(c, wa_index_size(bits) * sizeof *node->index.places);
        if (wa_index_build(&node->index, bits, identities, count) == count) return;
    }
    luaL_error(c->L, "schema: no hash keeps the names of an object apart");
}

/* [-0, +0, m] ,"name": */
static const char *write_key(compiler *c, const char *name)
{
    size_t length = strlen(name);
    char *key = take_at(c, WA_STRIDE, (length + 4 + WA_STRIDE - 1) / WA_STRIDE * WA_STRIDE);
    memcpy(key, ",\"", 2);
    memcpy(key + 2, name, length);
    memcpy(key + 2 + length, "\":", 2);
    return key;
}

/* [-0, +0, m] */
static void set_words(compiler *c, wa_node *node, const names *all)
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

static const wa_node *compile(compiler *c, const wa_object *object)
{
    for (int i = 0; i < c->count; i++) {
        if (c->nodes[i].object == object) return c->nodes[i].node;
    }
    names all = {.count = 0};
    add_names(c, &all, object);
    wa_node *node = take_at(c, LINE, sizeof *node);
    node->vocabulary = c->vocabulary;
    set_words(c, node, &all);
    node->shape = shape_of(c, node, object);
    if (c->count == MAX_NODES) luaL_error(c->L, "schema: more than %d objects", MAX_NODES);
    c->nodes[c->count].object = object;
    c->nodes[c->count++].node = node;
    return node;
}

/* [-0, +0, m] */
static void close_vocabulary(compiler *c)
{
    enum { BITS = 10 };
    wa_index *index = &c->vocabulary->index;
    index->places = take(c, wa_index_size(BITS) * sizeof *index->places);
    wa_index_build(index, BITS, c->identities, c->known_count);
    c->vocabulary->known = c->known;
}

const wa_node *wa_compile(lua_State *L, const wa_object *root)
{
    lua_newtable(L);
    compiler c = {.L = L, .anchor = lua_gettop(L)};
    c.vocabulary = take(&c, sizeof *c.vocabulary);
    c.known = take_at(&c, 16, WA_MAX_KNOWN * sizeof *c.known);
    const wa_node *node = compile(&c, root);
    close_vocabulary(&c);
    return node;
}
