/* Secrets: AES-128 keys that Lua code can use and never see. libcrypto does the cipher, AES-128-GCM with an initial
 * vector of 16 bytes and a tag of 16 bytes at the end. Never returns bytes that are not authentic. */
#include "crypto.h"

#include <limits.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <string.h>

enum { TAG_SIZE = 16 };

static const char secret_type[] = "whatsapp.crypto.secret";

/* Lifecycle:
 *   1. wa_secret_push makes an empty secret, so that secret_gc cleanses it even if the code that fills it raises an
 * error.
 *   2. wa_secret_fill marks it as filled: it can be used.
 *   3. secret_gc cleanses it: it is empty again. */
typedef struct secret {
    bool filled;
    unsigned char bytes[WA_SECRET_SIZE];
} secret;

/* [-0, +0, v] __gc */
static int secret_gc(lua_State *L)
{
    secret *s = luaL_checkudata(L, 1, secret_type);
    OPENSSL_cleanse(s, sizeof *s);
    s->filled = false;
    return 0;
}

unsigned char *wa_secret_push(lua_State *L)
{
    secret *s = lua_newuserdata(L, sizeof *s);
    memset(s, 0, sizeof *s);
    luaL_getmetatable(L, secret_type);
    lua_setmetatable(L, -2);
    return s->bytes;
}

void wa_secret_fill(lua_State *L)
{
    secret *s = lua_touserdata(L, -1);
    s->filled = true;
}

const unsigned char *wa_secret_check(lua_State *L, int index)
{
    secret *s = luaL_checkudata(L, index, secret_type);
    if (!s->filled) luaL_error(L, "attempt to use a secret that is gone");
    return s->bytes;
}

/* [-0, +1, v] secret([bytes]) -> secret, of these 16 bytes or of random ones */
static int new_secret(lua_State *L)
{
    size_t length = WA_SECRET_SIZE;
    const char *bytes = luaL_optlstring(L, 1, NULL, &length);
    luaL_argcheck(L, bytes == NULL || length == WA_SECRET_SIZE, 1, "16 bytes");
    unsigned char *to = wa_secret_push(L);
    if (bytes != NULL) memcpy(to, bytes, WA_SECRET_SIZE);
    else if (RAND_bytes(to, WA_SECRET_SIZE) != 1) return luaL_error(L, "libcrypto has no random bytes");
    wa_secret_fill(L);
    return 1;
}

/* ---- AES-128-GCM ------------------------------------------------------------------------------------------------- */

typedef struct gcm_job {
    const unsigned char *key, *iv;
    const unsigned char *from;
    unsigned char *to;
    unsigned char *tag; /* read or written */
    int length;
    bool seals;
} gcm_job;

typedef enum gcm_outcome { GCM_DONE, GCM_NOT_AUTHENTIC, GCM_FAILED } gcm_outcome;

/* Returns true if the context is ready for the key and the initial vector. */
static bool start_gcm(EVP_CIPHER_CTX *context, const gcm_job *job)
{
    int seals = job->seals ? 1 : 0;
    return context != NULL && EVP_CipherInit_ex(context, EVP_aes_128_gcm(), NULL, NULL, NULL, seals) == 1 &&
           EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_GCM_SET_IVLEN, WA_IV_SIZE, NULL) == 1 &&
           EVP_CipherInit_ex(context, NULL, NULL, job->key, job->iv, seals) == 1;
}

static gcm_outcome run_gcm(EVP_CIPHER_CTX *context, const gcm_job *job)
{
    int size = 0, rest = 0;
    if (!start_gcm(context, job)) return GCM_FAILED;
    if (EVP_CipherUpdate(context, job->to, &size, job->from, job->length) != 1 || size != job->length)
        return GCM_FAILED;
    if (!job->seals && EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_GCM_SET_TAG, TAG_SIZE, job->tag) != 1) return GCM_FAILED;
    if (EVP_CipherFinal_ex(context, job->to + size, &rest) != 1) return job->seals ? GCM_FAILED : GCM_NOT_AUTHENTIC;
    if (job->seals && EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_GCM_GET_TAG, TAG_SIZE, job->tag) != 1) return GCM_FAILED;
    return GCM_DONE;
}

/* encrypts or decrypts; the queue of libcrypto's errors stays as it was */
static gcm_outcome do_gcm(const gcm_job *job)
{
    ERR_set_mark();
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
    gcm_outcome outcome = run_gcm(context, job);
    EVP_CIPHER_CTX_free(context);
    ERR_pop_to_mark();
    return outcome;
}

/* [-0, +0, v] Returns the initial vector of argument 2. */
static const unsigned char *check_iv(lua_State *L)
{
    size_t length;
    const char *iv = luaL_checklstring(L, 2, &length);
    luaL_argcheck(L, length == WA_IV_SIZE, 2, "16 bytes");
    return (const unsigned char *) iv;
}

/* [-0, +1, v] secret:seal(iv, text) -> bytes, the last 16 of which are the tag */
static int secret_seal(lua_State *L)
{
    size_t length;
    gcm_job job = {.key = wa_secret_check(L, 1), .iv = check_iv(L), .seals = true};
    job.from = (const unsigned char *) luaL_checklstring(L, 3, &length);
    luaL_argcheck(L, length <= INT_MAX / 2, 3, "too long");
    job.length = (int) length;
    job.to = lua_newuserdata(L, length + TAG_SIZE);
    job.tag = job.to + length;
    if (do_gcm(&job) != GCM_DONE) return luaL_error(L, "libcrypto refused to encrypt");
    lua_pushlstring(L, (const char *) job.to, length + TAG_SIZE);
    return 1;
}

/* [-0, +1, v] secret:open(iv, bytes) -> text, or nil if this secret did not seal these bytes with this vector */
static int secret_open(lua_State *L)
{
    size_t length;
    unsigned char tag[TAG_SIZE];
    gcm_job job = {.key = wa_secret_check(L, 1), .iv = check_iv(L), .tag = tag};
    job.from = (const unsigned char *) luaL_checklstring(L, 3, &length);
    luaL_argcheck(L, length <= INT_MAX / 2, 3, "too long");
    if (length < TAG_SIZE) {
        lua_pushnil(L);
        return 1;
    }
    length -= TAG_SIZE;
    memcpy(tag, job.from + length, TAG_SIZE);
    job.length = (int) length;
    job.to = lua_newuserdata(L, length + TAG_SIZE);
    gcm_outcome outcome = do_gcm(&job);
    if (outcome == GCM_DONE) lua_pushlstring(L, (const char *) job.to, length);
    else lua_pushnil(L);
    OPENSSL_cleanse(job.to, length);
    return outcome == GCM_FAILED ? luaL_error(L, "libcrypto refused to decrypt") : 1;
}

void wa_open_secrets(lua_State *L)
{
    static const luaL_Reg functions[] = {{"secret", new_secret}, {NULL, NULL}};
    static const luaL_Reg methods[] = {{"seal", secret_seal}, {"open", secret_open}, {"__gc", secret_gc}, {NULL, NULL}};
    wa_crypto_type(L, secret_type, methods);
    wa_register(L, functions);
}
