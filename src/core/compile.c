/* Compiles the schema for one Lua state: see compile.h. Never looks at a message. */
#include "compile.h"

#include <string.h>

/* ---- a perfect hash ---------------------------------------------------------------------------------------------- */

static size_t hash_size(unsigned bits)
{
    return (size_t) 1 << bits;
}

/* Fills the buckets with the current multiplier. Returns how many identities have a bucket of their own. */
static size_t fill_buckets(wa_hash *hash, unsigned bits, const void *const *identities, size_t count)
{
    size_t placed = 0;
    for (size_t i = 0; i < hash_size(bits); i++) hash->buckets[i].identity = hash;
    for (size_t i = 0; i < count; i++) {
        wa_bucket *bucket = &hash->buckets[wa_hash_of(hash, identities[i])];
        if (bucket->identity != (const void *) hash) continue;
        bucket->identity = identities[i];
        bucket->number = (int) i;
        placed++;
    }
    return placed;
}

/* Fills the buckets, 2 to the power of `bits`, with the best of `trials` multipliers. The number of an identity is its
 * index. Returns how many identities have a bucket: if two collide, only the first one has it. */
static size_t build_hash(wa_hash *hash, unsigned bits, int trials, const void *const *identities, size_t count)
{
    uint64_t random = UINT64_C(0x9E3779B97F4A7C15), best = random;
    size_t most = 0;
    hash->shift = (uint8_t) (64 - bits);
    for (int i = 0; i < trials && most < count; i++) {
        hash->multiplier = random | 1;
        size_t placed = fill_buckets(hash, bits, identities, count);
        if (placed > most) {
            most = placed;
            best = hash->multiplier;
        }
        random = random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    }
    hash->multiplier = best;
    return fill_buckets(hash, bits, identities, count);
}

/* ---- memory and strings ------------------------------------------------------------------------------------------ */

enum {
    CHUNK = 2048,
    MAX_ALIGNMENT = 16,
    INTERNED_KEY = -1,
    BUCKETS_KEY = -2
}; /* the last two are keys of the anchor */

/* the names of an object while they are collected */
typedef struct names {
    const char *names[WA_MAX_NAMES];
    uint8_t count;
} names;

/* the arguments of every step */
typedef struct compiler {
    lua_State *L;
    int anchor;
    wa_compiled *all;
} compiler;

/* [-0, +0, m] Returns zeroed memory that lives as long as the anchor. `alignment` is a power of 2 up to MAX_ALIGNMENT.
 */
static void *aligned_block(const compiler *c, size_t alignment, size_t size)
{
    wa_compiled *all = c->all;
    size_t gap = (size_t) (0 - (uintptr_t) all->unused) & (alignment - 1);
    if (gap + size > all->left) {
        size_t chunk = size + MAX_ALIGNMENT > CHUNK ? size + MAX_ALIGNMENT : CHUNK;
        all->left = 0;
        all->unused = lua_newuserdata(c->L, chunk);
        memset(all->unused, 0, chunk);
        all->left = chunk;
        lua_rawseti(c->L, c->anchor, (int) wa_rawlen(c->L, c->anchor) + 1);
        gap = (size_t) (0 - (uintptr_t) all->unused) & (alignment - 1);
    }
    void *block = all->unused + gap;
    all->unused += gap + size;
    all->left -= gap + size;
    return block;
}

/* [-0, +0, m] */
static void *new_block(const compiler *c, size_t size)
{
    return aligned_block(c, sizeof(uint64_t), size);
}

/* [-0, +0, m] Returns memory that the anchor keeps under `key`; the block that was there before is released. */
static void *replace_block(const compiler *c, int key, size_t size)
{
    void *block = lua_newuserdata(c->L, size);
    lua_rawseti(c->L, c->anchor, key);
    return block;
}

/* [-0, +0, m] Keeps the string in the Lua state. Returns its bytes there, and its identity. */
static const char *anchor_string(const compiler *c, const char *text, const void **identity)
{
    lua_pushstring(c->L, text);
    const char *bytes = lua_tostring(c->L, -1);
    *identity = wa_identity(c->L, -1);
    lua_pushboolean(c->L, 1);
    lua_rawset(c->L, c->anchor);
    return bytes;
}

/* ---- interned values --------------------------------------------------------------------------------------------- */

/* [-0, +0, m] makes room for one more value; moves the values */
static void grow_interned(const compiler *c, wa_interned_values *interned)
{
    enum { FIRST = 32 };
    size_t room = interned->room == 0 ? FIRST : 2u * interned->room;
    if (room > WA_MAX_INTERNED) room = WA_MAX_INTERNED;
    if (interned->count == WA_MAX_INTERNED) luaL_error(c->L, "schema: more than %d values", WA_MAX_INTERNED);
    wa_interned *values = lua_newuserdata(c->L, room * sizeof *values);
    if (interned->count > 0) memcpy(values, interned->values, interned->count * sizeof *values);
    lua_rawseti(c->L, c->anchor, INTERNED_KEY); /* releases the old block */
    interned->values = values;
    interned->room = (uint8_t) room;
}

/* [-0, +0, m] Returns the number of a value, which is interned if it is new. */
static uint8_t intern(const compiler *c, const char *text)
{
    wa_interned_values *interned = &c->all->interned;
    size_t length = strlen(text);
    for (uint8_t i = 0; i < interned->count; i++) {
        if (strcmp(interned->values[i].text, text) == 0) return i;
    }
    if (interned->count == interned->room) grow_interned(c, interned);
    wa_interned *value = &interned->values[interned->count];
    if (length + 2 > sizeof value->written) luaL_error(c->L, "schema: value %s is too long", text);
    memset(value, 0, sizeof *value);
    value->text = anchor_string(c, text, &value->identity);
    value->length = (uint8_t) length;
    value->number = interned->count;
    value->written[0] = value->written[length + 1] = '"';
    memcpy(value->written + 1, text, length);
    return interned->count++;
}

/* [-0, +0, m] rebuilds the hash of the interned values */
static void hash_interned(const compiler *c)
{
    enum { SPARSE = 4, LEAST_BITS = 5, TRIALS = 16 };
    const void *identities[WA_MAX_INTERNED];
    wa_interned_values *interned = &c->all->interned;
    unsigned bits = LEAST_BITS;
    while (hash_size(bits) < SPARSE * (size_t) interned->count) bits++;
    for (uint8_t i = 0; i < interned->count; i++) identities[i] = interned->values[i].identity;
    interned->hash.buckets = replace_block(c, BUCKETS_KEY, hash_size(bits) * sizeof *interned->hash.buckets);
    build_hash(&interned->hash, bits, TRIALS, identities, interned->count);
}

/* ---- names ------------------------------------------------------------------------------------------------------- */

uint8_t wa_id_of(const wa_type *type, const char *name, size_t length)
{
    for (uint8_t i = 0; i < type->name_count; i++) {
        if (wa_is(name, length, type->names[i].name)) return i;
    }
    return WA_NO_ID;
}

static uint8_t id_of(const wa_type *type, const char *name)
{
    return name == NULL ? WA_NO_ID : wa_id_of(type, name, strlen(name));
}

static void add_name(const compiler *c, names *all, const char *name)
{
    for (uint8_t i = 0; i < all->count; i++) {
        if (strcmp(all->names[i], name) == 0) return;
    }
    if (all->count == WA_MAX_NAMES) luaL_error(c->L, "schema: more than %d names in one object", WA_MAX_NAMES);
    all->names[all->count++] = name;
}

static void add_names(const compiler *c, names *all, const wa_object *object)
{
    if (object->base != NULL) add_names(c, all, object->base);
    for (const wa_field *f = object->fields; f->name != NULL; f++) add_name(c, all, f->name);
    if (object->variants == NULL) return;
    for (const wa_variant *v = object->variants; v->value != NULL; v++) {
        if (object->discriminator == NULL) add_name(c, all, v->value);
        add_names(c, all, v->object);
    }
    if (object->otherwise != NULL) add_names(c, all, object->otherwise);
}

static const wa_field *field_named(const wa_field *fields, const char *name)
{
    for (; fields->name != NULL; fields++) {
        if (strcmp(fields->name, name) == 0) return fields;
    }
    return NULL;
}

/* Lists the fields of an object, those of its base first. A field of the object replaces the base's of the same name.
 * Returns their number. */
static int flatten(const wa_object *object, const wa_field **fields)
{
    int count = 0;
    if (object->base != NULL) {
        for (const wa_field *f = object->base->fields; f->name != NULL; f++) {
            const wa_field *override = field_named(object->fields, f->name);
            const wa_field *field = override != NULL ? override : f;
            if (field->kind != WA_REMOVED) fields[count++] = field;
        }
    }
    for (const wa_field *f = object->fields; f->name != NULL; f++) {
        if (object->base == NULL || field_named(object->base->fields, f->name) == NULL) fields[count++] = f;
    }
    return count;
}

/* ---- layouts ----------------------------------------------------------------------------------------------------- */

/* Returns true if an object without the first name keeps a rule of this kind. */
static bool is_kept_if_absent(wa_rule_kind kind)
{
    return kind != WA_EXACTLY_ONE && kind != WA_AT_LEAST_ONE;
}

/* adds the rules that are, or are not, kept if their first name is absent */
static void add_rules(const wa_type *type, wa_layout *layout, const wa_object *object, bool if_absent)
{
    for (const wa_rule *r = object == NULL ? NULL : object->rules; r != NULL && r->kind != WA_NO_RULE; r++) {
        if (is_kept_if_absent((wa_rule_kind) r->kind) != if_absent) continue;
        wa_rule_entry *entry = &layout->rules[layout->rule_count++];
        entry->rule = r;
        for (int i = 0; i < 2; i++) entry->ids[i] = id_of(type, r->names[i]);
        if (if_absent) layout->ruled |= UINT64_C(1) << entry->ids[0];
    }
}

static size_t count_rules(const wa_object *object)
{
    size_t count = 0;
    for (const wa_rule *r = object == NULL ? NULL : object->rules; r != NULL && r->kind != WA_NO_RULE; r++) count++;
    return count;
}

static bool matters_absent(const wa_field *f)
{
    return (f->marks & (WA_REQUIRED | WA_RECOMMENDED | WA_AMONG_MANY | WA_FILLED)) != 0;
}

/* [-0, +0, m] Returns the values of a field as strings of the Lua state; NULL ends. */
static const char **anchor_values(const compiler *c, const char *const *values)
{
    size_t count = 0;
    if (values == NULL) return NULL;
    while (values[count] != NULL) count++;
    const char **anchored = new_block(c, (count + 1) * sizeof *anchored);
    for (size_t i = 0; i < count; i++) {
        uint8_t number = intern(c, values[i]); /* may move the interned values */
        anchored[i] = c->all->interned.values[number].text;
    }
    return anchored;
}

static void set_lengths(wa_entry *entry, const wa_field *f)
{
    int32_t most = f->recommended_max > 0 && (f->max == 0 || f->recommended_max < f->max) ? f->recommended_max : f->max;
    entry->least = f->min > 0 ? (size_t) f->min : 0;
    entry->span = (most > 0 ? (size_t) most : SIZE_MAX) - entry->least;
}

static void set_quick_formats(wa_entry *entry, const wa_field *field)
{
    const uint8_t formats[] = {field->format, field->advice[0], field->advice[1], field->advice[2]};
    entry->digits_pass = entry->words_pass = true;
    for (size_t i = 0; i < sizeof formats; i++) {
        if (formats[i] == WA_ANY_FORMAT) continue;
        entry->formatted = true;
        entry->digits_pass = entry->digits_pass && wa_format_terms[formats[i]].digits;
        entry->words_pass = entry->words_pass && wa_format_terms[formats[i]].words;
    }
}

static wa_check check_of(const wa_entry *entry, const wa_field *field)
{
    if ((field->marks & WA_COMPARED) != 0) return WA_CHECK_ALL;
    if (field->values == NULL) return entry->formatted ? WA_CHECK_FORMATS : WA_CHECK_NOTHING;
    return entry->formatted ? WA_CHECK_ALL : WA_CHECK_VALUES;
}

/* [-0, +0, m] */
static void fill_entry(const compiler *c, wa_entry *entry, wa_type *type, const wa_field *field)
{
    entry->field = field;
    entry->type = field->object == NULL ? NULL : wa_type_of(c->L, c->anchor, c->all, field->object);
    entry->id = id_of(type, field->name);
    entry->key = type->names[entry->id].key;
    entry->key_length = (uint8_t) (strlen(field->name) + 4);
    entry->values = anchor_values(c, field->values);
    entry->marks = field->marks;
    entry->kind = field->kind;
    entry->copied = wa_kind_terms[field->kind].copied;
    set_quick_formats(entry, field);
    entry->check = (uint8_t) check_of(entry, field);
    if (field->values != NULL) type->enumerated |= UINT64_C(1) << entry->id;
    set_lengths(entry, field);
}

/* [-0, +0, m] Returns a layout that is not compiled yet. */
static wa_layout *new_layout(const compiler *c, wa_type *type, const wa_object *object)
{
    wa_layout *layout = new_block(c, sizeof *layout);
    layout->type = type;
    layout->object = object;
    return layout;
}

/* [-0, +0, m] adds the variants of an object, and the table that finds one by an interned value */
static void add_variants(const compiler *c, wa_type *type, wa_layout *layout, const wa_object *object)
{
    size_t count = 0;
    while (object->variants[count].value != NULL) count++;
    layout->variants = new_block(c, count * sizeof *layout->variants);
    layout->variant_count = (uint8_t) count;
    layout->variant_of = new_block(c, WA_MAX_INTERNED);
    memset(layout->variant_of, WA_NO_VARIANT, WA_MAX_INTERNED);
    if (layout->discriminator != WA_NO_ID) type->enumerated |= UINT64_C(1) << layout->discriminator;
    for (size_t i = 0; i < count; i++) {
        uint8_t number = intern(c, object->variants[i].value);
        layout->variant_of[number] = (uint8_t) i;
        layout->variants[i].value = c->all->interned.values[number].text;
        layout->variants[i].id = id_of(type, layout->variants[i].value);
        if (layout->variants[i].id != WA_NO_ID) layout->selecting |= UINT64_C(1) << layout->variants[i].id;
        layout->variants[i].layout = new_layout(c, type, object->variants[i].object);
    }
}

/* [-0, +0, m] */
static void fill_layout(const compiler *c, wa_type *type, wa_layout *layout)
{
    const wa_object *object = layout->object;
    const wa_field *fields[WA_MAX_NAMES];
    size_t count = (size_t) flatten(object, fields);
    layout->discriminator = id_of(type, object->discriminator);
    layout->entries = aligned_block(c, 16, count * sizeof *layout->entries);
    layout->entry_count = (uint8_t) count;
    for (size_t i = 0; i < count; i++) {
        fill_entry(c, &layout->entries[i], type, fields[i]);
        uint64_t bit = UINT64_C(1) << layout->entries[i].id;
        layout->mask |= bit;
        if (matters_absent(fields[i])) layout->absent_matters |= bit;
    }
    layout->rules = new_block(c, (count_rules(object->base) + count_rules(object)) * sizeof *layout->rules);
    add_rules(type, layout, object->base, false);
    add_rules(type, layout, object, false);
    layout->first_if_present = layout->rule_count;
    add_rules(type, layout, object->base, true);
    add_rules(type, layout, object, true);
    if (object->variants != NULL) add_variants(c, type, layout, object);
    if (object->otherwise != NULL) layout->otherwise = new_layout(c, type, object->otherwise);
}

/* [-0, +0, m] builds the hash of the names, larger and larger until no two collide */
static void hash_names(const compiler *c, wa_type *type, const void *const *identities)
{
    enum { MOST_BITS = 14, TRIALS = 128 };
    size_t count = type->name_count, pairs = count * count;
    unsigned bits = 1;
    while (hash_size(bits) * 8 < pairs) bits++; /* at this size at least one trial in fifty succeeds */
    for (; bits <= MOST_BITS; bits++) {
        type->hash.buckets = new_block(c, hash_size(bits) * sizeof *type->hash.buckets);
        if (build_hash(&type->hash, bits, TRIALS, identities, count) == count) return;
    }
    luaL_error(c->L, "schema: no hash without collisions");
}

/* [-0, +0, m] Returns ,"name": */
static const char *write_key(const compiler *c, const char *name)
{
    size_t length = strlen(name);
    char *key = aligned_block(c, WA_STRIDE, (length + 4 + WA_STRIDE - 1) / WA_STRIDE * WA_STRIDE);
    memcpy(key, ",\"", 2);
    memcpy(key + 2, name, length);
    memcpy(key + 2 + length, "\":", 2);
    return key;
}

/* [-0, +0, m] */
static void set_names(const compiler *c, wa_type *type, const names *all)
{
    const void *identities[WA_MAX_NAMES];
    type->names = new_block(c, all->count * sizeof *type->names);
    type->name_count = all->count;
    for (uint8_t i = 0; i < all->count; i++) {
        type->names[i].name = all->names[i];
        type->names[i].key = write_key(c, all->names[i]);
        anchor_string(c, all->names[i], &identities[i]);
    }
    hash_names(c, type, identities);
}

wa_type *wa_type_of(lua_State *L, int anchor, wa_compiled *all, const wa_object *object)
{
    for (wa_type *type = all->types; type != NULL; type = type->next) {
        if (type->layout->object == object) return type;
    }
    compiler c = {.L = L, .anchor = anchor, .all = all};
    wa_type *type = new_block(&c, sizeof *type);
    type->interned = &all->interned;
    type->layout = new_layout(&c, type, object);
    type->next = all->types;
    all->types = type;
    return type;
}

void wa_compile(lua_State *L, int anchor, wa_compiled *all, wa_layout *layout)
{
    compiler c = {.L = L, .anchor = anchor, .all = all};
    uint8_t before = all->interned.count;
    luaL_checkstack(L, 8, "schema");
    if (layout->type->names == NULL) {
        names found = {.count = 0};
        add_names(&c, &found, layout->object);
        set_names(&c, layout->type, &found);
    }
    fill_layout(&c, layout->type, layout);
    if (all->interned.count > before || all->interned.hash.buckets == NULL) hash_interned(&c);
    layout->ready = true;
}
