/* whatsapp.crypto: bindings to libcrypto: HMAC, SHA-256, random bytes, constant-time comparison; key.c, secret.c and
 * decipher.c have the ciphers. Never implements a cipher itself. */
#define OPENSSL_API_COMPAT 0x10100000L /* for HMAC_CTX, which old and new versions of libcrypto have */
#include "crypto.h"

#include <limits.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

static void write_hex(char *hex, const unsigned char *bytes, unsigned size)
{
    static const char digits[] = "0123456789abcdef";
    for (unsigned i = 0; i < size; i++) {
        hex[2 * i] = digits[bytes[i] >> 4];
        hex[2 * i + 1] = digits[bytes[i] & 15];
    }
}

/* [-0, +1, m] */
static void push_hex(lua_State *L, const unsigned char *bytes, unsigned size)
{
    char hex[2 * EVP_MAX_MD_SIZE];
    write_hex(hex, bytes, size);
    lua_pushlstring(L, hex, 2 * (size_t) size);
}

/* [-0, +1, v] hmac_sha256(key, text) -> 64 hexadecimal digits */
static int hmac_sha256(lua_State *L)
{
    size_t key_length, length;
    unsigned int size = 0;
    unsigned char digest[EVP_MAX_MD_SIZE];
    const char *key = luaL_checklstring(L, 1, &key_length);
    const char *text = luaL_checklstring(L, 2, &length);
    luaL_argcheck(L, key_length <= INT_MAX, 1, "too long");
    if (HMAC(EVP_sha256(), key, (int) key_length, (const unsigned char *) text, length, digest, &size) == NULL) {
        return luaL_error(L, "libcrypto refused to make an HMAC");
    }
    push_hex(L, digest, size);
    OPENSSL_cleanse(digest, sizeof digest);
    return 1;
}

static const char key_type[] = "whatsapp.crypto.key";

/* [-0, +0, -] __gc */
static int key_gc(lua_State *L)
{
    HMAC_CTX **key = lua_touserdata(L, 1);
    HMAC_CTX_free(*key);
    *key = NULL;
    return 0;
}

/* [-0, +1, v] checks(text, digits) -> true if these are the 64 digits of the text's HMAC; the key is the upvalue */
static int checks(lua_State *L)
{
    HMAC_CTX **key = lua_touserdata(L, lua_upvalueindex(1));
    size_t length, size;
    unsigned int made = 0;
    unsigned char digest[EVP_MAX_MD_SIZE];
    const char *text = luaL_checklstring(L, 1, &length), *digits = luaL_checklstring(L, 2, &size);
    /* a finalizer may call this after the key's own ran, while the Lua state closes */
    if (*key == NULL) return luaL_error(L, "attempt to use a key that is gone");
    if (HMAC_Init_ex(*key, NULL, 0, NULL, NULL) != 1 || HMAC_Update(*key, (const unsigned char *) text, length) != 1 ||
        HMAC_Final(*key, digest, &made) != 1) {
        return luaL_error(L, "libcrypto refused to make an HMAC");
    }
    char hex[2 * EVP_MAX_MD_SIZE];
    write_hex(hex, digest, made);
    lua_pushboolean(L, size == 2 * (size_t) made && CRYPTO_memcmp(hex, digits, size) == 0);
    OPENSSL_cleanse(digest, sizeof digest);
    OPENSSL_cleanse(hex, sizeof hex);
    return 1;
}

/* [-0, +1, v] checker(key) -> function(text, digits) -> boolean, in constant time. A check is three times as quick as
 * hmac_sha256 and equal, because the key is prepared once (make bench-webhook). */
static int checker(lua_State *L)
{
    size_t length;
    const char *bytes = luaL_checklstring(L, 1, &length);
    luaL_argcheck(L, length <= INT_MAX, 1, "too long");
    HMAC_CTX **key = lua_newuserdata(L, sizeof *key);
    *key = NULL;
    luaL_newmetatable(L, key_type);
    lua_pushcfunction(L, key_gc);
    lua_setfield(L, -2, "__gc");
    lua_setmetatable(L, -2);
    *key = HMAC_CTX_new();
    if (*key == NULL || HMAC_Init_ex(*key, bytes, (int) length, EVP_sha256(), NULL) != 1) {
        return luaL_error(L, "libcrypto refused a key");
    }
    lua_pushcclosure(L, checks, 1);
    return 1;
}

/* ---- digests, made piece by piece -------------------------------------------------------------------------------- */

static const char digest_type[] = "whatsapp.crypto.digest";

/* a digest, or with a key an HMAC; both pointers are NULL once it is final */
typedef struct running_digest {
    EVP_MD_CTX *plain;
    HMAC_CTX *keyed;
} running_digest;

/* [-0, +0, v] Returns the digest; raises an error after digest:final. */
static running_digest *check_digest(lua_State *L)
{
    running_digest *digest = luaL_checkudata(L, 1, digest_type);
    if (digest->plain == NULL && digest->keyed == NULL) luaL_error(L, "attempt to use a digest that is final");
    return digest;
}

/* [-0, +0, v] __gc */
static int digest_gc(lua_State *L)
{
    running_digest *digest = luaL_checkudata(L, 1, digest_type);
    EVP_MD_CTX_free(digest->plain);
    HMAC_CTX_free(digest->keyed);
    *digest = (running_digest){NULL, NULL};
    return 0;
}

/* [-0, +1, v] digest:update(text) -> digest */
static int digest_update(lua_State *L)
{
    size_t length;
    running_digest *digest = check_digest(L);
    const char *text = luaL_checklstring(L, 2, &length);
    int made = digest->keyed != NULL ? HMAC_Update(digest->keyed, (const unsigned char *) text, length)
                                     : EVP_DigestUpdate(digest->plain, text, length);
    if (made != 1) return luaL_error(L, "libcrypto refused to make a digest");
    lua_settop(L, 1);
    return 1;
}

/* [-0, +1, v] digest:final([form]) -> hexadecimal digits or, with "binary", bytes; ends the digest */
static int digest_final(lua_State *L)
{
    static const char *const forms[] = {"hex", "binary", NULL};
    unsigned char bytes[EVP_MAX_MD_SIZE];
    unsigned int size = 0;
    running_digest *digest = check_digest(L);
    bool binary = luaL_checkoption(L, 2, "hex", forms) == 1;
    int made = digest->keyed != NULL ? HMAC_Final(digest->keyed, bytes, &size)
                                     : EVP_DigestFinal_ex(digest->plain, bytes, &size);
    digest_gc(L);
    if (made != 1) return luaL_error(L, "libcrypto refused to make a digest");
    if (binary) lua_pushlstring(L, (const char *) bytes, size);
    else push_hex(L, bytes, size);
    return 1;
}

static bool start_digest(running_digest *digest, const char *key, size_t length)
{
    if (key == NULL) {
        digest->plain = EVP_MD_CTX_new();
        return digest->plain != NULL && EVP_DigestInit_ex(digest->plain, EVP_sha256(), NULL) == 1;
    }
    digest->keyed = HMAC_CTX_new();
    return digest->keyed != NULL && HMAC_Init_ex(digest->keyed, key, (int) length, EVP_sha256(), NULL) == 1;
}

/* [-0, +1, v] digest("sha256" [, key]) -> digest, an object with constant memory; with a key it makes an HMAC */
static int new_digest(lua_State *L)
{
    static const char *const names[] = {"sha256", NULL};
    size_t length = 0;
    luaL_checkoption(L, 1, NULL, names);
    const char *key = luaL_optlstring(L, 2, NULL, &length);
    luaL_argcheck(L, length <= INT_MAX, 2, "too long");
    running_digest *digest = lua_newuserdata(L, sizeof *digest);
    *digest = (running_digest){NULL, NULL};
    luaL_getmetatable(L, digest_type);
    lua_setmetatable(L, -2);
    if (!start_digest(digest, key, length)) return luaL_error(L, "libcrypto refused to make a digest");
    return 1;
}

/* [-0, +1, v] random(count) -> twice as many hexadecimal digits, from a secure generator */
static int random_bytes(lua_State *L)
{
    unsigned char bytes[EVP_MAX_MD_SIZE];
    lua_Integer count = luaL_checkinteger(L, 1);
    luaL_argcheck(L, count >= 1 && count <= (lua_Integer) sizeof bytes, 1, "1 to 64 bytes");
    if (RAND_bytes(bytes, (int) count) != 1) return luaL_error(L, "libcrypto has no random bytes");
    push_hex(L, bytes, (unsigned) count);
    return 1;
}

/* [-0, +1, v] equal(a, b) -> boolean, in constant time */
static int equal(lua_State *L)
{
    size_t m, n;
    const char *a = luaL_checklstring(L, 1, &m), *b = luaL_checklstring(L, 2, &n);
    lua_pushboolean(L, m == n && CRYPTO_memcmp(a, b, m) == 0);
    return 1;
}

void wa_crypto_type(lua_State *L, const char *name, const luaL_Reg *methods)
{
    luaL_newmetatable(L, name);
    wa_register(L, methods);
    lua_pushvalue(L, -1);
    lua_setfield(L, -2, "__index");
    lua_pop(L, 1);
}

WA_EXPORT int luaopen_whatsapp_crypto(lua_State *L);

/* [-0, +1, m] */
int luaopen_whatsapp_crypto(lua_State *L)
{
    static const luaL_Reg functions[] = {{"hmac_sha256", hmac_sha256}, {"checker", checker}, {"digest", new_digest},
        {"equal", equal}, {"random", random_bytes}, {NULL, NULL}};
    static const luaL_Reg methods[] = {
        {"update", digest_update}, {"final", digest_final}, {"__gc", digest_gc}, {NULL, NULL}};
    wa_crypto_type(L, digest_type, methods);
    lua_createtable(L, 0, 12);
    wa_register(L, functions);
    wa_open_base64(L);
    wa_open_decipher(L);
    wa_open_keys(L);
    wa_open_secrets(L);
    return 1;
}
