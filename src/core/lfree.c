/* The user's own data: any names, any values that JSON can hold, names sorted by their bytes. Checks nothing else. */
#include "lparts.h"

bool wa_is_list(wa_walk *w, int table, int64_t *count, int64_t *hole)
{
    lua_State *L = w->L;
    int64_t keys = 0, most = 0;
    *hole = 0;
    lua_pushnil(L);
    while (lua_next(L, table)) {
        int64_t key = 0;
        lua_pop(L, 1);
        if (lua_type(L, -1) != LUA_TNUMBER || !wa_integer(L, -1, &key) || key < 1) {
            lua_pop(L, 1);
            wa_look(w, (size_t) keys);
            return false;
        }
        keys++;
        if (key > most) most = key;
    }
    wa_look(w, (size_t) keys);
    *count = keys;
    if (most == keys) return true;
    for (*hole = 1; *hole <= keys; ++*hole) {
        lua_rawgeti(L, table, (int) *hole);
        bool missing = lua_isnil(L, -1);
        lua_pop(L, 1);
        if (missing) break;
    }
    return false;
}

void wa_report_deep(wa_walk *w, const char *sentence)
{
    wa_problem p = wa_fatal(w, WA_BREACH_DEPTH);
    p.limit = wa_count(WA_MAX_DEPTH);
    wa_say(&w->report, &p, "%s", sentence);
    wa_breach_end(w, &p);
}

const void *wa_array_mark(void)
{
    static const char mark = 0;
    return &mark;
}

/* [-0, +0, -] whether whatsapp.array marked the table */
static bool is_marked(lua_State *L, int table)
{
    if (!lua_getmetatable(L, table)) return false;
    lua_rawgeti(L, -1, 1);
    bool marked = lua_touserdata(L, -1) == wa_array_mark();
    lua_pop(L, 2);
    return marked;
}

static void put_free_list(wa_walk *w, int table, int64_t count)
{
    lua_State *L = w->L;
    wa_frame item = {.up = w->frame};
    w->frame = &item;
    wa_buffer_add(&w->out, "[", 1);
    for (item.index = 1; item.index <= count && wa_spend(w, 1); item.index++) {
        wa_value v;
        lua_rawgeti(L, table, (int) item.index);
        wa_read_value(L, lua_gettop(L), &v);
        if (item.index > 1) wa_buffer_add(&w->out, ",", 1);
        wa_put_free(w, &v);
        lua_pop(L, 1);
    }
    wa_buffer_add(&w->out, "]", 1);
    w->frame = item.up;
}

void wa_report_mixed(wa_walk *w)
{
    wa_problem p = wa_fatal(w, WA_BREACH_TYPE);
    wa_say(&w->report, &p, "must be a list without holes or a table with names, got a mixture");
    wa_breach_end(w, &p);
}

static void put_free_names(wa_walk *w, int table)
{
    int top = lua_gettop(w->L);
    size_t start = w->out.length, from = wa_foreign_count(w);
    if (wa_gather(w, table, NULL, NULL) > 0) wa_report_mixed(w);
    wa_put_foreign(w, from);
    wa_close(w, start, '{', '}');
    lua_settop(w->L, top);
}

static bool holds_itself(const wa_walk *w, const void *table)
{
    for (const wa_frame *f = w->frame; f != NULL; f = f->up) {
        if (f->table == table) return true;
    }
    return false;
}

static void put_free_table(wa_walk *w, int table)
{
    int64_t count = 0, hole = 0;
    const wa_frame *before = w->frame;
    wa_frame here = before != NULL ? *before : (wa_frame){.up = NULL};
    here.table = lua_topointer(w->L, table);
    if (holds_itself(w, here.table)) {
        wa_report_deep(w, "a table that holds itself");
        return;
    }
    if (w->depth >= WA_MAX_DEPTH) {
        wa_report_deep(w, "nested deeper than 100 levels");
        return;
    }
    if (!lua_checkstack(w->L, 8)) {
        wa_report_deep(w, "more than this Lua's stack can hold");
        return;
    }
    w->frame = &here;
    w->depth++;
    bool list = wa_is_list(w, table, &count, &hole);
    if (list && (count > 0 || is_marked(w->L, table))) {
        put_free_list(w, table, count);
    } else if (hole > 0) {
        wa_report_mixed(w);
    } else {
        put_free_names(w, table);
    }
    w->depth--;
    w->frame = before;
}

void wa_put_free(wa_walk *w, const wa_value *v)
{
    switch (v->type) {
    case LUA_TNIL:
        wa_buffer_add(&w->out, "null", 4);
        break;
    case LUA_TBOOLEAN:
        wa_put_boolean(w, v->as.boolean);
        break;
    case LUA_TNUMBER:
        wa_put_number(w, v);
        break;
    case LUA_TSTRING:
        wa_put_string(w, v->as.text, v->length);
        break;
    case LUA_TTABLE:
        put_free_table(w, v->as.index);
        break;
    default:
        wa_report_unwritable(w, v);
        break;
    }
}

void wa_put_map(wa_walk *w, const wa_field *f, const wa_value *v)
{
    int64_t count = 0, hole = 0;
    bool list = wa_is_list(w, v->as.index, &count, &hole);
    if ((list && (count > 0 || is_marked(w->L, v->as.index))) || hole > 0) {
        wa_problem p = wa_breach_of(w, WA_BREACH_TYPE, f->grade == WA_SOFT);
        wa_say(&w->report, &p, "must be a table with names, got a list");
        wa_breach_end(w, &p);
    }
    if (list && count == 0 && f->min > 0) wa_report_count(w, WA_BREACH_MIN_ITEMS, true, 0, "name", "at least", f->min);
    wa_put_free(w, v);
}
