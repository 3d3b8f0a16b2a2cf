/* Base64 for Lua, by libcrypto. Reads the one form that the API writes: the standard alphabet, padded, without white
 * space. */
#include "crypto.h"

#include <limits.h>
#include <openssl/evp.h>
#include <string.h>

/* [-0, +1, v] base64(bytes) -> text */
static int to_base64(lua_State *L)
{
    size_t length;
    const char *bytes = luaL_checklstring(L, 1, &length);
    luaL_argcheck(L, length <= INT_MAX / 2, 1, "too long");
    unsigned char *text = lua_newuserdata(L, (length + 2) / 3 * 4 + 1);
    int size = EVP_EncodeBlock(text, (const unsigned char *) bytes, (int) length);
    lua_pushlstring(L, (const char *) text, (size_t) size);
    return 1;
}

/* [-0, +1, v] from_base64(text) -> bytes, or nil if the text is not base64 */
static int from_base64(lua_State *L)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    size_t length;
    const char *text = luaL_checklstring(L, 1, &length);
    luaL_argcheck(L, length <= INT_MAX / 2, 1, "too long");
    size_t count = strspn(text, digits), padding = length - count;
    bool good = length % 4 == 0 && padding <= 2 && strspn(text + count, "=") == padding;
    unsigned char *bytes = lua_newuserdata(L, length / 4 * 3 + 1);
    int size = good ? EVP_DecodeBlock(bytes, (const unsigned char *) text, (int) length) : -1;
    if (size < (int) padding) lua_pushnil(L);
    else lua_pushlstring(L, (const char *) bytes, (size_t) size - padding);
    return 1;
}

void wa_open_base64(lua_State *L)
{
    static const luaL_Reg functions[] = {{"base64", to_base64}, {"from_base64", from_base64}, {NULL, NULL}};
    wa_register(L, functions);
}
