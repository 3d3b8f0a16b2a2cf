/* whatsapp.crypto: what of libcrypto the library needs. No cipher is made at home. */
#include "compat.h"

#include <limits.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

/* [-0, +1, v] hmac_sha256(key, text) -> 64 hexadecimal digits */
static int hmac_sha256(lua_State *L)
{
    static const char digits[] = "0123456789abcdef";
    size_t key_length, length;
    unsigned int size = 0;
    unsigned char digest[EVP_MAX_MD_SIZE];
    char hex[2 * EVP_MAX_MD_SIZE];
    const char *key = luaL_checklstring(L, 1, &key_length);
    const char *text = luaL_checklstring(L, 2, &length);
    luaL_argcheck(L, key_length <= INT_MAX, 1, "too long");
    if (HMAC(EVP_sha256(), key, (int) key_length, (const unsigned char *) text, length, digest, &size) == NULL) {
        return luaL_error(L, "libcrypto refused to make an HMAC");
    }
    for (unsigned int i = 0; i < size; i++) {
        hex[2 * i] = digits[digest[i] >> 4];
        hex[2 * i + 1] = digits[digest[i] & 15];
    }
    OPENSSL_cleanse(digest, sizeof digest);
    lua_pushlstring(L, hex, 2 * (size_t) size);
    return 1;
}

/* [-0, +1, v] equal(a, b) -> boolean, in a time that tells nothing of where they differ */
static int equal(lua_State *L)
{
    size_t m, n;
    const char *a = luaL_checklstring(L, 1, &m), *b = luaL_checklstring(L, 2, &n);
    lua_pushboolean(L, m == n && CRYPTO_memcmp(a, b, m) == 0);
    return 1;
}

WA_EXPORT int luaopen_whatsapp_crypto(lua_State *L);

/* [-0, +1, m] */
int luaopen_whatsapp_crypto(lua_State *L)
{
    static const luaL_Reg functions[] = {{"hmac_sha256", hmac_sha256}, {"equal", equal}, {NULL, NULL}};
    lua_createtable(L, 0, 2);
    wa_register(L, functions);
    return 1;
}
