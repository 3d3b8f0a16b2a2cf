/* Fuzzes the reading of webhooks: bytes become a body, as they are or as JSON made of the words of webhooks, and
 * fuzz_webhook.lua says whether parse and verify kept what they promise. For libFuzzer; Lua 5.4; lua-cjson as installed. */
#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>

#include <string.h>

#include "fuzz.h"

int luaopen_whatsapp_core(lua_State *L);
int luaopen_whatsapp_crypto(lua_State *L);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MAX_BODY = 16384, MAX_DEPTH = 12 };

static lua_State *L;
static char body[MAX_BODY + 256];
static size_t length;

static void put(const char *text)
{
    size_t n = strlen(text);
    if (length + n > MAX_BODY) return;
    memcpy(body + length, text, n);
    length += n;
}

static const char *const names[] = {"messages", "statuses", "errors", "contacts", "metadata", "message_echoes", "id",
    "from", "from_user_id", "timestamp", "type", "text", "body", "image", "caption", "interactive", "button_reply",
    "list_reply", "nfm_reply", "response_json", "title", "button", "payload", "order", "system", "edit", "message",
    "context", "status", "recipient_id", "recipient_user_id", "recipient_participant_id", "biz_opaque_callback_data",
    "code", "error_data", "details", "wa_id", "user_id", "profile", "name", "phone_number_id", "group_id", "to",
    "value", "field", "changes", "entry", "object", "time", "unknown"};
static const char *const scalars[] = {"null", "true", "5", "\"5\"", "\"1749416383\"", "1749416383", "\"text\"",
    "\"image\"", "\"interactive\"", "\"edit\"", "\"failed\"", "\"READ\"", "\"wamid.1\"", "131047", "1e300", "-0.5",
    "9007199254740993", "-12345678901234567890123", "\"\\ud800\"", "\"\\ud83d\\ude00\\\\\"", "\"\\u0000\"", "\"\"",
    "\"{\\\"a\\\":[1234567890123456]}\"", "\"US.13491208655302741918\"", "0x10", "nan", "\"\xff\"", "\"1234567890123456"
    "\"", "1234567890123456e1", "[]", "{}"};

static void put_value(int depth);

static void put_name(void)
{
    put("\"");
    put(names[next() % (sizeof names / sizeof *names)]);
    put("\":");
}

static void put_members(int depth)
{
    unsigned count = next() % 5;
    for (unsigned i = 0; i < count; i++) {
        put(i > 0 ? "," : "");
        put_name();
        put_value(depth + 1);
    }
}

static void put_items(int depth)
{
    unsigned count = next() % 4;
    for (unsigned i = 0; i < count; i++) {
        put(i > 0 ? "," : "");
        put_value(depth + 1);
    }
}

static void put_value(int depth)
{
    unsigned way = depth > MAX_DEPTH || at >= end ? 0 : next() % 8;
    if (way < 3) {
        put(scalars[next() % (sizeof scalars / sizeof *scalars)]);
    } else if (way < 5) {
        put("[");
        put_items(depth);
        put("]");
    } else if (way < 7) {
        put("{");
        put_members(depth);
        put("}");
    } else { /* bytes of chance */
        char bytes[2] = {(char) next(), '\0'};
        put(bytes);
    }
}

/* an item of a list of messages, with a type whose object is there */
static void put_message(void)
{
    static const char *const types[] = {"text", "image", "button", "interactive", "order", "system", "edit", "audio"};
    const char *type = types[next() % (sizeof types / sizeof *types)];
    char head[96];
    snprintf(head, sizeof head, "{\"id\":\"wamid.1\",\"from\":\"1\",\"type\":\"%s\",\"%s\":", type, type);
    put(head);
    put_value(4);
    put(",");
    put_name();
    put_value(4);
    put("}");
}

static void put_webhook(void)
{
    static const char *const fields[] = {"messages", "messages", "messages", "smb_message_echoes", "history", "x"};
    put("{\"object\":\"whatsapp_business_account\",\"entry\":[{\"id\":\"1\",\"changes\":[{\"field\":\"");
    put(fields[next() % (sizeof fields / sizeof *fields)]);
    put("\",\"value\":{\"metadata\":{\"phone_number_id\":\"1\"}");
    for (unsigned count = next() % 4; count > 0; count--) {
        put(",");
        if (next() % 2 == 0) {
            put_name();
            put_value(2);
        } else {
            put(next() % 2 == 0 ? "\"messages\":[" : "\"statuses\":[");
            put_message();
            put(next() % 8 == 7 ? ",null]" : "]");
        }
    }
    put("}}");
    if (next() % 4 == 3) {
        put(",");
        put_value(1);
    }
    put("]}]");
    if (next() % 8 == 7) {
        put(",");
        put_name();
        put_value(1);
    }
    put("}");
}

static void fail_with_body(void)
{
    fprintf(stderr, "BROKEN: %s\n", lua_tostring(L, -1));
    fwrite(body, 1, length, stderr);
    abort();
}

static void start(void)
{
    L = luaL_newstate();
    if (L == NULL) abort();
    luaL_openlibs(L);
    luaL_getsubtable(L, LUA_REGISTRYINDEX, LUA_PRELOAD_TABLE);
    lua_pushcfunction(L, luaopen_whatsapp_core);
    lua_setfield(L, -2, "whatsapp.core");
    lua_pushcfunction(L, luaopen_whatsapp_crypto);
    lua_setfield(L, -2, "whatsapp.crypto");
    lua_settop(L, 0);
    if (luaL_dofile(L, "spec/support/fuzz_webhook.lua") != LUA_OK) fail_with_body();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static unsigned long runs;
    if (L == NULL) start();
    at = data;
    end = data + size;
    length = 0;
    switch (next() % 4) {
    case 0:
        length = (size_t) (end - at) < MAX_BODY ? (size_t) (end - at) : MAX_BODY;
        memcpy(body, at, length);
        break;
    case 1:
        put("{");
        put_members(0);
        put("}");
        break;
    default:
        put_webhook();
    }
    lua_settop(L, 1);
    lua_pushvalue(L, 1);
    lua_pushlstring(L, body, length);
    lua_pushlstring(L, (const char *) data, size < 64 ? size : 64);
    if (lua_pcall(L, 2, 0, 0) != LUA_OK) fail_with_body();
    if (++runs % 4096 == 0) lua_gc(L, LUA_GCCOLLECT, 0);
    return 0;
}
