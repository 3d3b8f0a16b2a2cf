/* Decrypts files piece by piece, with constant memory: AES-256-CBC with PKCS#7 padding, by libcrypto. Does not check
 * that a file is authentic: the caller checks the HMAC of the whole file before. */
#include "crypto.h"

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>

enum { KEY_SIZE = 32, BLOCK_SIZE = 16 };

static const char decipher_type[] = "whatsapp.crypto.decipher";

/* [-0, +0, v] Returns the decipher; raises an error after decipher:final. */
static EVP_CIPHER_CTX *check_decipher(lua_State *L)
{
    EVP_CIPHER_CTX **decipher = luaL_checkudata(L, 1, decipher_type);
    if (*decipher == NULL) luaL_error(L, "attempt to use a decipher that is final");
    return *decipher;
}

/* [-0, +0, v] __gc */
static int decipher_gc(lua_State *L)
{
    EVP_CIPHER_CTX **decipher = luaL_checkudata(L, 1, decipher_type);
    EVP_CIPHER_CTX_free(*decipher);
    *decipher = NULL;
    return 0;
}

/* [-0, +1, v] decipher:update(bytes) -> bytes that are decrypted; the last block waits for the next call */
static int decipher_update(lua_State *L)
{
    enum { PIECE = LUAL_BUFFERSIZE - BLOCK_SIZE };
    size_t length;
    luaL_Buffer out;
    EVP_CIPHER_CTX *decipher = check_decipher(L);
    const unsigned char *bytes = (const unsigned char *) luaL_checklstring(L, 2, &length);
    luaL_buffinit(L, &out);
    for (size_t at = 0; at < length;) {
        int size = 0, count = length - at < PIECE ? (int) (length - at) : PIECE;
        unsigned char *to = (unsigned char *) luaL_prepbuffer(&out);
        if (EVP_DecryptUpdate(decipher, to, &size, bytes + at, count) != 1) {
            return luaL_error(L, "libcrypto refused to decrypt");
        }
        luaL_addsize(&out, (size_t) size);
        at += (size_t) count;
    }
    luaL_pushresult(&out);
    return 1;
}

/* [-0, +1, v] decipher:final() -> the last bytes, or nil if the file is cut or has another key; ends the decipher */
static int decipher_final(lua_State *L)
{
    unsigned char last[2 * BLOCK_SIZE];
    int size = 0;
    EVP_CIPHER_CTX *decipher = check_decipher(L);
    ERR_set_mark();
    int done = EVP_DecryptFinal_ex(decipher, last, &size);
    ERR_pop_to_mark();
    decipher_gc(L);
    if (done == 1) lua_pushlstring(L, (const char *) last, (size_t) size);
    else lua_pushnil(L);
    OPENSSL_cleanse(last, sizeof last);
    return 1;
}

/* [-0, +1, v] decipher(key, iv) -> decipher; 32 and 16 bytes */
static int new_decipher(lua_State *L)
{
    size_t key_length, iv_length;
    const char *key = luaL_checklstring(L, 1, &key_length), *iv = luaL_checklstring(L, 2, &iv_length);
    luaL_argcheck(L, key_length == KEY_SIZE, 1, "32 bytes");
    luaL_argcheck(L, iv_length == WA_IV_SIZE, 2, "16 bytes");
    EVP_CIPHER_CTX **decipher = lua_newuserdata(L, sizeof(EVP_CIPHER_CTX *));
    *decipher = NULL;
    luaL_getmetatable(L, decipher_type);
    lua_setmetatable(L, -2);
    *decipher = EVP_CIPHER_CTX_new();
    if (*decipher == NULL || EVP_DecryptInit_ex(*decipher, EVP_aes_256_cbc(), NULL, (const unsigned char *) key,
                                 (const unsigned char *) iv) != 1) {
        return luaL_error(L, "libcrypto refused a key");
    }
    return 1;
}

void wa_open_decipher(lua_State *L)
{
    static const luaL_Reg functions[] = {{"decipher", new_decipher}, {NULL, NULL}};
    static const luaL_Reg methods[] = {
        {"update", decipher_update}, {"final", decipher_final}, {"__gc", decipher_gc}, {NULL, NULL}};
    wa_crypto_type(L, decipher_type, methods);
    wa_register(L, functions);
}
