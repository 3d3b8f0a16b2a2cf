/* A request: see request.h. First the whole table is read, which may raise an error; the transfer owns all that was
 * made by then, and frees it. Then the files are opened and libcurl is set up, which raises no error. */
#include "request.h"

#include <string.h>

#define MAX_FILE 104857600 /* bytes: the most that a user of WhatsApp may send */

enum { MAX_PARTS = 100 };

/* ---- fields ---- */

int wa_field(lua_State *L, int table, const char *name)
{
    lua_pushstring(L, name);
    lua_rawget(L, table);
    return lua_type(L, -1);
}

WA_DATA_DEFINITION const char *const wa_names[WA_NAMES] = {
    "method", "url", "headers", "body", "timeout", "body_file", "form", "to_file", "status"};

void wa_push_name(lua_State *L, wa_name name)
{
    lua_pushvalue(L, lua_upvalueindex(WA_FIRST_NAME + (int) name));
}

/* [-0, +1, -] pushes a member of the request; returns its type */
static int member(lua_State *L, int table, wa_name name)
{
    wa_push_name(L, name);
    lua_rawget(L, table);
    return lua_type(L, -1);
}

double wa_seconds(lua_State *L, const char *name, double otherwise)
{
    int type = lua_type(L, -1);
    double seconds = type == LUA_TNIL ? otherwise : (double) lua_tonumber(L, -1);
    if ((type != LUA_TNIL && type != LUA_TNUMBER) || !(seconds > 0 && seconds <= 86400)) {
        luaL_error(L, "%s must be a number of seconds, over 0 and up to 86400", name);
    }
    return seconds;
}

static wa_refusal refused(const char *text)
{
    return (wa_refusal){.text = text, .kind = text == wa_no_memory ? "transport" : NULL};
}

/* [-0, +0, m] reads a field that is a number of bytes; returns false for another value */
static bool bytes_field(lua_State *L, int table, const char *name, int64_t otherwise, int64_t *bytes)
{
    int type = wa_field(L, table, name);
    bool ok = type == LUA_TNIL || (type == LUA_TNUMBER && wa_integer(L, -1, bytes) && *bytes >= 0);
    if (type == LUA_TNIL) *bytes = otherwise;
    lua_pop(L, 1);
    return ok;
}

/* [-0, +1, m] Pushes a field that is a string without NUL, and returns it. Returns NULL for another value, and sets
 * *type: LUA_TNIL if the field is absent, LUA_TNONE for a string with a NUL. */
static const char *text_field(lua_State *L, int table, const char *name, int *type)
{
    size_t length;
    *type = wa_field(L, table, name);
    if (*type != LUA_TSTRING) return NULL;
    const char *text = lua_tolstring(L, -1, &length);
    if (strlen(text) == length) return text;
    *type = LUA_TNONE;
    return NULL;
}

/* ---- headers ---- */

static bool is_token(const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        unsigned char c = (unsigned char) text[i];
        bool alphanumeric = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
        if (!alphanumeric && memchr("!#$%&'*+-.^_`|~", c, 15) == NULL) return false;
    }
    return length > 0;
}

static bool is_header_value(const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        unsigned char c = (unsigned char) text[i];
        if ((c < 0x20 && c != '\t') || c == 0x7F) return false;
    }
    return true;
}

static bool is_header_named(const char *text, size_t length, const char *lower)
{
    for (size_t i = 0; i < length; i++) {
        char c = text[i] >= 'A' && text[i] <= 'Z' ? (char) (text[i] - 'A' + 'a') : text[i];
        if (lower[i] == '\0' || c != lower[i]) return false;
    }
    return lower[length] == '\0';
}

/* [-0, +0, m] Reads the headers into the request. Returns what is wrong with them, in words that contain no value, or
 * NULL. */
static const char *read_headers(lua_State *L, int table, wa_transfer *t)
{
    bool form = t->request.stream != NULL && t->request.stream->form;
    lua_pushnil(L);
    while (lua_next(L, table)) {
        size_t name_length, length;
        if (lua_type(L, -2) != LUA_TSTRING || lua_type(L, -1) != LUA_TSTRING) return "headers must be strings by name";
        const char *name = lua_tolstring(L, -2, &name_length), *text = lua_tolstring(L, -1, &length);
        if (!is_token(name, name_length)) return "a header's name has a byte that is not allowed";
        if (!is_header_value(text, length)) return "a header's value has a line end or another control character";
        if (is_header_named(name, name_length, "content-length") ||
            is_header_named(name, name_length, "transfer-encoding")) {
            return "the transport sets Content-Length and Transfer-Encoding: remove them";
        }
        if (form && is_header_named(name, name_length, "content-type"))
            return "the transport sets the Content-Type of a form: remove it";
        if (is_header_named(name, name_length, "user-agent")) t->adds_agent = false;
        wa_transfer_add_header(t, name, name_length, text, length);
        lua_pop(L, 1);
    }
    return NULL;
}

/* Adds the client's User-Agent after the headers of a request that has no User-Agent. Returns what is wrong with it, or
 * NULL. CURLOPT_USERAGENT would do the same, but libcurl (7.88) would write its bytes twice for each request: with a
 * header of the list, a message takes 3,000 instructions less, which is 1.5 % (make bench-send ROUNDS=0). */
static const char *add_agent(wa_transfer *t, const char *agent)
{
    t->adds_agent = t->adds_agent && agent != NULL;
    if (!t->adds_agent) return NULL;
    size_t length = strlen(agent);
    if (!is_header_value(agent, length)) return "user_agent has a line end or another control character";
    wa_transfer_add_header(t, "User-Agent", strlen("User-Agent"), agent, length);
    return NULL;
}

/* ---- streams: these functions read the table and open no file ---- */

/* [-0, +1, m] Replaces the name of a form on top by the form in which browsers write it: the quote and line ends become
 * %22, %0D and %0A, so that the name cannot end its header. libcurl does the same from 7.81 on. */
static const char *escape_name(lua_State *L, const char *name)
{
    name = luaL_gsub(L, name, "\"", "%22");
    name = luaL_gsub(L, name, "\r", "%0D");
    name = luaL_gsub(L, name, "\n", "%0A");
    lua_replace(L, -4);
    lua_pop(L, 2);
    return name;
}

/* [-0, +n, m] Reads one part of a form, the table on top. Returns what is wrong with it, or NULL. */
static const char *read_part(lua_State *L, wa_part *p)
{
    int part = lua_gettop(L), type;
    p->name = text_field(L, part, "name", &type);
    if (p->name == NULL) return "needs a name, a string without NUL";
    p->name = escape_name(L, p->name);
    p->filename = text_field(L, part, "filename", &type);
    if (p->filename == NULL && type != LUA_TNIL) return "filename must be a string without NUL";
    if (p->filename != NULL) p->filename = escape_name(L, p->filename);
    p->type = text_field(L, part, "type", &type);
    if (p->type == NULL && type != LUA_TNIL) return "type must be a string without NUL";
    if (p->type != NULL && (p->type[0] == '\0' || !is_header_value(p->type, strlen(p->type))))
        return "type must be a MIME type, without control characters";
    p->path = text_field(L, part, "file", &type);
    if (p->path == NULL && type != LUA_TNIL) return "file must be a path, a string without NUL";
    int data = wa_field(L, part, "data");
    if ((data == LUA_TSTRING) == (p->path != NULL) || (data != LUA_TSTRING && data != LUA_TNIL))
        return "needs either data, a string, or file, a path";
    if (p->path != NULL && (p->filename == NULL || p->type == NULL)) return "a file needs a filename and a type";
    if (p->filename != NULL && p->type == NULL) p->type = "application/octet-stream"; /* libcurl would guess */
    if (data != LUA_TSTRING) return NULL;
    size_t size;
    p->data = lua_tolstring(L, -1, &size);
    p->size = size;
    return NULL;
}

/* [-0, +n, m] reads the form on top; the table at `strings` keeps the strings of its parts */
static wa_refusal read_form(lua_State *L, wa_stream *s, int strings)
{
    int form = lua_gettop(L), kept = 0;
    if (lua_type(L, form) != LUA_TTABLE) return refused("form must be a list of parts");
    for (int i = 1; lua_rawgeti(L, form, i), lua_type(L, -1) != LUA_TNIL; i++) {
        if (i > MAX_PARTS) return refused("form has more than 100 parts");
        wa_part *p = wa_stream_add_part(s);
        if (p == NULL) return refused(wa_no_memory);
        const char *problem = lua_type(L, -1) == LUA_TTABLE ? read_part(L, p) : "must be a table";
        if (problem != NULL)
            return (wa_refusal){.text = problem, .field = lua_pushfstring(L, "form[%d]", i), .rule = "type"};
        while (lua_gettop(L) > form) lua_rawseti(L, strings, ++kept);
    }
    s->form = true;
    size_t parts = 0; /* a part behind a hole must not be lost */
    for (lua_pushnil(L); lua_next(L, form) != 0; lua_pop(L, 1)) parts++;
    return refused(s->count == 0 || parts != s->count ? "form must be a list of parts" : NULL);
}

/* [-1, +n, m] reads the path of body_file on top; the table at `strings` keeps it */
static wa_refusal read_body_file(lua_State *L, int table, wa_stream *s, int strings)
{
    int64_t start;
    size_t length;
    wa_part *p = wa_stream_add_part(s);
    if (p == NULL) return refused(wa_no_memory);
    if (lua_type(L, -1) != LUA_TSTRING) return refused("body_file must be a path, a string");
    p->path = lua_tolstring(L, -1, &length);
    if (strlen(p->path) != length) return refused("body_file contains a NUL");
    if (!bytes_field(L, table, "body_offset", 0, &start)) return refused("body_offset must be a number of bytes");
    p->start = (uint64_t) start;
    lua_rawseti(L, strings, 1);
    return refused(NULL);
}

/* [-0, +n, m] reads the path of to_file on top */
static wa_refusal read_to_file(lua_State *L, int table, wa_stream *s)
{
    int64_t limit;
    size_t length;
    if (lua_type(L, -1) != LUA_TSTRING) return refused("to_file must be a path, a string");
    const char *path = lua_tolstring(L, -1, &length);
    if (strlen(path) != length) return refused("to_file contains a NUL");
    if (!bytes_field(L, table, "max_file", MAX_FILE, &limit)) return refused("max_file must be a number of bytes");
    return refused(wa_stream_set_path(s, path, (uint64_t) limit) ? NULL : wa_no_memory);
}

/* [-1, +1, v] Reads the streamed fields of the request. On top is the value of its body. If a file or a form is
 * streamed instead, replaces it by the table of the strings that must be kept. */
static wa_refusal read_streams(lua_State *L, int table, wa_transfer *t)
{
    wa_refusal r = refused(NULL);
    int body = lua_gettop(L);
    bool body_file = member(L, table, WA_BODY_FILE) != LUA_TNIL, form = member(L, table, WA_FORM) != LUA_TNIL;
    bool to_file = member(L, table, WA_TO_FILE) != LUA_TNIL;
    if ((t->request.body != NULL) + body_file + form > 1)
        luaL_error(L, "a request has one of body, body_file and form");
    if (body_file || form || to_file) {
        luaL_checkstack(L, 30, NULL);
        wa_stream *s = wa_transfer_stream(t);
        if (s == NULL) return refused(wa_no_memory);
        if (to_file) r = read_to_file(L, table, s);
        if (r.text != NULL) return r;
        lua_newtable(L);
        lua_insert(L, body + 1);
        lua_pushvalue(L, body_file ? body + 2 : body + 3);
        if (body_file) r = read_body_file(L, table, s, body + 1);
        else if (form) r = read_form(L, s, body + 1);
        if (r.text != NULL) return r;
    }
    lua_settop(L, body + 1);
    if (body_file || form) lua_replace(L, body);
    lua_settop(L, body);
    return r;
}

/* ---- files ---- */

/* [-0, +2, m] Refuses a file. The text contains its path, unless the path has control characters. */
static wa_refusal unusable(lua_State *L, const char *path, const char *problem, const char *field)
{
    bool shown = is_header_value(path, strlen(path));
    const char *text = lua_pushfstring(L, "%s%s%s", shown ? path : "", shown ? ": " : "", problem);
    return (wa_refusal){.text = text, .field = field, .rule = "file"};
}

/* [-0, +n, m] */
static wa_refusal open_parts(lua_State *L, wa_stream *s)
{
    char text[128];
    for (size_t i = 0; i < s->count; i++) {
        wa_part *p = &s->parts[i];
        const char *problem = wa_stream_open_part(p, text, sizeof text);
        if (problem == NULL) continue;
        return unusable(L, p->path, problem, s->form ? lua_pushfstring(L, "form[%d].file", (int) i + 1) : "body_file");
    }
    return refused(NULL);
}

/* [-0, +n, m] */
static wa_refusal make_file(lua_State *L, wa_stream *s)
{
    char text[128];
    const char *problem = s->path != NULL ? wa_stream_make_file(s, text, sizeof text) : NULL;
    return problem == NULL ? refused(NULL) : unusable(L, s->path, problem, "to_file");
}

/* ---- the whole request ---- */

/* [-0, +1, v] reads the body, and pushes the value that the caller must keep: see wa_read_request */
static wa_refusal read_body(lua_State *L, int table, wa_transfer *t)
{
    int type = member(L, table, WA_BODY);
    if (type != LUA_TNIL && type != LUA_TSTRING) return refused("the body must be a string");
    if (type == LUA_TSTRING) t->request.body = lua_tolstring(L, -1, &t->request.size);
    return read_streams(L, table, t);
}

/* Returns true if the line is "name: value", or "name;" for an empty value, as wa_transfer_add_header writes it. */
static bool is_line(const char *line, const char *name, size_t name_length, const char *value, size_t length)
{
    if (strncmp(line, name, name_length) != 0) return false;
    line += name_length;
    if (length == 0) return strcmp(line, ";") == 0;
    return strncmp(line, ": ", 2) == 0 && strcmp(line + 2, value) == 0;
}

/* [-0, +0, -] Returns true if the table still has the headers that libcurl has: the caller may have changed it. */
static bool is_unchanged(lua_State *L, int table, const wa_transfer *t)
{
    const struct curl_slist *line = t->list != NULL ? t->list->next : NULL; /* the first one is our "Expect:" */
    lua_pushnil(L);
    while (lua_next(L, table)) {
        size_t name_length = 0, length = 0;
        bool strings = lua_type(L, -2) == LUA_TSTRING && lua_type(L, -1) == LUA_TSTRING;
        const char *name = strings ? lua_tolstring(L, -2, &name_length) : NULL;
        const char *value = strings ? lua_tolstring(L, -1, &length) : NULL;
        bool same =
            line != NULL && strings && is_line(line->data, name, name_length, value, length) && strlen(value) == length;
        lua_pop(L, same ? 1 : 2);
        if (!same) return false;
        line = line->next;
    }
    return line == NULL || (t->adds_agent && line->next == NULL);
}

/* [-0, +2, v] pushes the table of headers and the URL; reads them if they are not those of the previous request */
static wa_refusal read_head(lua_State *L, int table, const wa_settings *settings, wa_transfer *t)
{
    size_t length;
    int type = member(L, table, WA_HEADERS), headers = lua_gettop(L);
    if (member(L, table, WA_URL) != LUA_TSTRING) return refused("the URL must be a string");
    const char *url = lua_tolstring(L, headers + 1, &length);
    bool form = t->request.stream != NULL && t->request.stream->form; /* libcurl adds a header to a form */
    t->request.url = url;
    t->request.same_head = t->headers_table != NULL && !form && lua_topointer(L, headers) == t->headers_table &&
                           url == t->url_string && is_unchanged(L, headers, t);
    if (t->request.same_head) return refused(NULL);
    t->headers_table = t->url_string = NULL;
    if (strlen(url) != length) return refused("the URL contains a NUL");
    if (type != LUA_TNIL && type != LUA_TTABLE) return refused("headers must be strings by name");
    t->adds_agent = true;
    const char *problem = type == LUA_TTABLE ? read_headers(L, headers, t) : NULL;
    if (problem == NULL) problem = add_agent(t, settings->user_agent);
    lua_settop(L, headers + 1);
    return refused(problem);
}

/* [-0, +0, m] */
static const char *read_method(lua_State *L, int table, wa_transfer *t)
{
    size_t length;
    bool named = member(L, table, WA_METHOD) == LUA_TSTRING;
    t->request.method = named ? lua_tolstring(L, -1, &length) : NULL;
    lua_pop(L, 1); /* the table keeps it until we return */
    return named && is_token(t->request.method, length) ? NULL : "the method must be a word such as GET or POST";
}

/* [-0, +n, v] */
static wa_refusal read_table(lua_State *L, int table, const wa_settings *settings, wa_transfer *t)
{
    const char *problem = read_method(L, table, t);
    wa_refusal r = refused(problem);
    if (r.text == NULL) r = read_body(L, table, t);
    if (r.text == NULL) r = read_head(L, table, settings, t);
    return r;
}

wa_refusal wa_read_request(lua_State *L, int table, const wa_settings *settings, wa_transfer *t, bool *new_head)
{
    int top = lua_gettop(L);
    member(L, table, WA_TIMEOUT);
    double timeout = wa_seconds(L, "timeout", settings->timeout);
    lua_settop(L, top);
    wa_transfer_reset(t);
    t->request.timeout = timeout;
    wa_refusal r = read_table(L, table, settings, t);
    if (r.text == NULL && t->request.stream != NULL) r = open_parts(L, t->request.stream);
    if (r.text == NULL) {
        lua_settop(L, top + 3);
        r = refused(wa_transfer_set(t, settings));
    }
    if (r.text == NULL && t->request.stream != NULL) r = make_file(L, t->request.stream);
    if (r.text != NULL) {
        t->headers_table = t->url_string = NULL; /* libcurl may have a part of the new head */
        wa_transfer_finish(t);
        return r;
    }
    *new_head = !t->request.same_head;
    if (!*new_head) lua_settop(L, top + 1);
    return r;
}

void wa_remember_head(lua_State *L, int index, wa_transfer *t)
{
    if (lua_type(L, index) != LUA_TTABLE || (t->request.stream != NULL && t->request.stream->form)) return;
    t->headers_table = lua_topointer(L, index);
    t->url_string = lua_tostring(L, index + 1);
}

/* [-0, +0, m] adds the wrong field to the details on top, as a list of problems */
static void set_problem(lua_State *L, wa_refusal r)
{
    lua_createtable(L, 1, 0);
    if (r.field != NULL) {
        lua_createtable(L, 0, 3);
        lua_pushstring(L, r.field);
        lua_setfield(L, -2, "path");
        lua_pushstring(L, r.rule);
        lua_setfield(L, -2, "rule");
        lua_pushstring(L, r.text);
        lua_setfield(L, -2, "message");
        lua_rawseti(L, -2, 1);
    }
    lua_setfield(L, -2, "problems");
    lua_pushinteger(L, r.field != NULL ? 1 : 0);
    lua_setfield(L, -2, "count");
}

int wa_refuse(lua_State *L, wa_refusal r)
{
    lua_pushnil(L);
    lua_pushfstring(L, "%s%s%s", r.field != NULL ? r.field : "", r.field != NULL ? ": " : "", r.text);
    lua_createtable(L, 0, 5);
    lua_pushstring(L, r.kind != NULL ? r.kind : "invalid");
    lua_setfield(L, -2, "kind");
    if (r.kind == NULL) set_problem(L, r);
    lua_pushboolean(L, r.text == wa_no_memory);
    lua_setfield(L, -2, "retryable");
    lua_pushboolean(L, 0);
    lua_setfield(L, -2, "may_have_been_sent");
    return 3;
}
