/* RSA keys: read from PEM, made, written, and used to hand a secret over (RSA-OAEP with SHA-256, MGF1 too). libcrypto
 * does all of it. Never asks at a terminal for a passphrase; no text contains a private key, except the PEM of
 * private_pem. */
#include "crypto.h"

#include <openssl/bio.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <string.h>

/* bits of a key: Meta accepts no shorter key; with a longer key, each use would take seconds */
enum { FEWEST_BITS = 2048, MOST_BITS = 8192, MOST_BYTES = MOST_BITS / 8 };

static const char rsa_type[] = "whatsapp.crypto.rsa";
static const char bio_type[] = "whatsapp.crypto.bio";

/* ---- life -------------------------------------------------------------------------------------------------------- */

/* [-0, +1, m] Pushes an empty key. Returns the place for its pointer. */
static EVP_PKEY **push_key(lua_State *L)
{
    EVP_PKEY **key = lua_newuserdata(L, sizeof(EVP_PKEY *));
    *key = NULL;
    luaL_getmetatable(L, rsa_type);
    lua_setmetatable(L, -2);
    return key;
}

/* [-0, +0, v] */
static EVP_PKEY *check_key(lua_State *L)
{
    EVP_PKEY **key = luaL_checkudata(L, 1, rsa_type);
    if (*key == NULL) luaL_error(L, "attempt to use a key that is gone");
    return *key;
}

/* [-0, +0, v] __gc */
static int rsa_gc(lua_State *L)
{
    EVP_PKEY **key = luaL_checkudata(L, 1, rsa_type);
    EVP_PKEY_free(*key);
    *key = NULL;
    return 0;
}

/* [-0, +0, v] __gc */
static int bio_gc(lua_State *L)
{
    BIO **bio = luaL_checkudata(L, 1, bio_type);
    BIO_free(*bio); /* also cleanses its memory */
    *bio = NULL;
    return 0;
}

/* [-0, +1, v] Pushes an empty buffer that libcrypto can write to. */
static BIO *push_bio(lua_State *L)
{
    BIO **bio = lua_newuserdata(L, sizeof(BIO *));
    *bio = NULL;
    luaL_getmetatable(L, bio_type);
    lua_setmetatable(L, -2);
    *bio = BIO_new(BIO_s_mem());
    if (*bio == NULL) luaL_error(L, "not enough memory");
    return *bio;
}

/* [-0, +1, m] Pushes the bytes that libcrypto wrote. */
static void push_written(lua_State *L, BIO *bio)
{
    char *bytes = NULL;
    long length = BIO_get_mem_data(bio, &bytes);
    lua_pushlstring(L, bytes != NULL ? bytes : "", length > 0 ? (size_t) length : 0);
}

/* ---- PEM --------------------------------------------------------------------------------------------------------- */

typedef struct passphrase {
    const char *bytes; /* NULL: there is none */
    size_t length;
    bool asked;
} passphrase;

/* libcrypto calls this for a passphrase; its default callback would ask at the terminal */
static int passphrase_callback(char *buffer, int size, int writes, void *context)
{
    passphrase *p = context;
    (void) writes;
    p->asked = true;
    if (p->bytes == NULL || size < 0 || p->length > (size_t) size) return -1;
    memcpy(buffer, p->bytes, p->length);
    return (int) p->length;
}

/* [-0, +0, v] Returns the passphrase at the index, which may be absent. */
static passphrase check_passphrase(lua_State *L, int index)
{
    passphrase p = {.length = 0};
    p.bytes = luaL_optlstring(L, index, NULL, &p.length);
    return p;
}

/* Returns what is wrong with a key, or NULL. */
static const char *fault_of(const EVP_PKEY *key)
{
    if (EVP_PKEY_base_id(key) != EVP_PKEY_RSA) return "a key of another kind than RSA";
    if (EVP_PKEY_bits(key) < FEWEST_BITS) return "an RSA key of less than 2048 bits";
    if (EVP_PKEY_bits(key) > MOST_BITS) return "an RSA key of more than 8192 bits";
    return NULL;
}

/* Returns why the text is not a private key that can be used. */
static const char *why_unreadable(const char *pem, const passphrase *p)
{
    if (p->asked) {
        return p->bytes == NULL ? "a private key that needs its passphrase"
                                : "a private key that another passphrase opens, or that is damaged";
    }
    if (strstr(pem, "PUBLIC KEY-----") != NULL) return "a public key, not a private one";
    return "no private key in PEM";
}

/* [-0, +1|2, v] Reads argument 1, and pushes its key, or nil and a text that says what is wrong. The queue of
 * libcrypto's errors stays as it was. */
static int read_key(lua_State *L, bool is_private)
{
    size_t length;
    const char *pem = luaL_checklstring(L, 1, &length);
    passphrase p = check_passphrase(L, 2);
    luaL_argcheck(L, length <= 65536, 1, "too long");
    EVP_PKEY **key = push_key(L);
    ERR_set_mark();
    BIO *bio = BIO_new_mem_buf(pem, (int) length);
    if (bio != NULL) {
        *key = is_private ? PEM_read_bio_PrivateKey(bio, NULL, passphrase_callback, &p)
                          : PEM_read_bio_PUBKEY(bio, NULL, passphrase_callback, &p);
    }
    BIO_free(bio);
    ERR_pop_to_mark();
    if (bio == NULL) return luaL_error(L, "not enough memory");
    const char *fault = *key != NULL ? fault_of(*key) : is_private ? why_unreadable(pem, &p) : "no public key in PEM";
    if (fault == NULL) return 1;
    lua_pushnil(L);
    lua_pushstring(L, fault);
    return 2;
}

/* [-0, +1|2, v] private_key(pem [, passphrase]) -> key | nil, err; the err is a few words, such as "no private key in
 * PEM" */
static int private_key(lua_State *L)
{
    return read_key(L, true);
}

/* [-0, +1|2, v] public_key(pem) -> key | nil, err */
static int public_key(lua_State *L)
{
    lua_settop(L, 1);
    return read_key(L, false);
}

/* [-0, +1, v] key:private_pem([passphrase]) -> text in PKCS#8, encrypted with AES-256 if there is a passphrase */
static int private_pem(lua_State *L)
{
    EVP_PKEY *key = check_key(L);
    passphrase p = check_passphrase(L, 2);
    BIO *bio = push_bio(L);
    const EVP_CIPHER *cipher = p.bytes != NULL ? EVP_aes_256_cbc() : NULL;
    ERR_set_mark();
    int written = PEM_write_bio_PKCS8PrivateKey(bio, key, cipher, NULL, 0, passphrase_callback, &p);
    ERR_pop_to_mark();
    if (written != 1) return luaL_error(L, "libcrypto refused to write a private key");
    push_written(L, bio);
    return 1;
}

/* [-0, +1, v] key:public_pem() -> text */
static int public_pem(lua_State *L)
{
    EVP_PKEY *key = check_key(L);
    BIO *bio = push_bio(L);
    if (PEM_write_bio_PUBKEY(bio, key) != 1) return luaL_error(L, "libcrypto refused to write a public key");
    push_written(L, bio);
    return 1;
}

/* [-0, +1, v] key:bits() -> integer */
static int key_bits(lua_State *L)
{
    lua_pushinteger(L, EVP_PKEY_bits(check_key(L)));
    return 1;
}

/* [-0, +1, v] generate_key([bits]) -> key, new and random; 2048 bits if absent */
static int generate_key(lua_State *L)
{
    lua_Integer bits = luaL_optinteger(L, 1, FEWEST_BITS);
    luaL_argcheck(L, bits >= FEWEST_BITS && bits <= MOST_BITS, 1, "2048 to 8192 bits");
    EVP_PKEY **key = push_key(L);
    ERR_set_mark();
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_id(EVP_PKEY_RSA, NULL);
    bool made = context != NULL && EVP_PKEY_keygen_init(context) == 1 &&
                EVP_PKEY_CTX_set_rsa_keygen_bits(context, (int) bits) == 1 && EVP_PKEY_keygen(context, key) == 1;
    EVP_PKEY_CTX_free(context);
    ERR_pop_to_mark();
    return made ? 1 : luaL_error(L, "libcrypto refused to make a key");
}

/* ---- wrapped secrets --------------------------------------------------------------------------------------- */

/* Returns true if the context, which init made ready to encrypt or decrypt, uses OAEP with SHA-256. */
static bool use_oaep(EVP_PKEY_CTX *context)
{
    return EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_OAEP_PADDING) == 1 &&
           EVP_PKEY_CTX_set_rsa_oaep_md(context, EVP_sha256()) == 1 &&
           EVP_PKEY_CTX_set_rsa_mgf1_md(context, EVP_sha256()) == 1;
}

typedef enum rsa_outcome { RSA_DONE, RSA_ANOTHER, RSA_FAILED } rsa_outcome;

/* Decrypts a secret. Returns RSA_ANOTHER if the bytes were made for another key, or contain no secret. */
static rsa_outcome unwrap_bytes(EVP_PKEY *key, const char *bytes, size_t length, unsigned char *to)
{
    unsigned char plain[MOST_BYTES];
    size_t size = sizeof plain;
    rsa_outcome outcome = RSA_FAILED;
    ERR_set_mark();
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(key, NULL);
    if (context != NULL && EVP_PKEY_decrypt_init(context) == 1 && use_oaep(context)) {
        bool fits = length == (size_t) EVP_PKEY_size(key) && /* libcrypto takes fewer bytes if the rest are zeros */
                    EVP_PKEY_decrypt(context, plain, &size, (const unsigned char *) bytes, length) == 1;
        outcome = fits && size == WA_SECRET_SIZE ? RSA_DONE : RSA_ANOTHER;
    }
    EVP_PKEY_CTX_free(context);
    ERR_pop_to_mark();
    if (outcome == RSA_DONE) memcpy(to, plain, WA_SECRET_SIZE);
    OPENSSL_cleanse(plain, sizeof plain);
    return outcome;
}

/* [-0, +1, v] key:unwrap(bytes) -> secret, or nil if the bytes hold no secret for this private key */
static int key_unwrap(lua_State *L)
{
    size_t length;
    EVP_PKEY *key = check_key(L);
    const char *bytes = luaL_checklstring(L, 2, &length);
    unsigned char *to = wa_secret_push(L);
    rsa_outcome outcome = unwrap_bytes(key, bytes, length, to);
    if (outcome == RSA_FAILED) return luaL_error(L, "libcrypto refused to decrypt");
    if (outcome == RSA_DONE) wa_secret_fill(L);
    else lua_pushnil(L);
    return 1;
}

static bool wrap_bytes(EVP_PKEY *key, const unsigned char *secret, unsigned char *to, size_t *size)
{
    ERR_set_mark();
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(key, NULL);
    bool done = context != NULL && EVP_PKEY_encrypt_init(context) == 1 && use_oaep(context) &&
                EVP_PKEY_encrypt(context, to, size, secret, WA_SECRET_SIZE) == 1;
    EVP_PKEY_CTX_free(context);
    ERR_pop_to_mark();
    return done;
}

/* [-0, +1, v] key:wrap(secret) -> bytes that the private half of the key unwraps */
static int key_wrap(lua_State *L)
{
    unsigned char bytes[MOST_BYTES];
    size_t size = sizeof bytes;
    EVP_PKEY *key = check_key(L);
    if (!wrap_bytes(key, wa_secret_check(L, 2), bytes, &size)) return luaL_error(L, "libcrypto refused to encrypt");
    lua_pushlstring(L, (const char *) bytes, size);
    return 1;
}

void wa_open_keys(lua_State *L)
{
    static const luaL_Reg functions[] = {
        {"private_key", private_key}, {"public_key", public_key}, {"generate_key", generate_key}, {NULL, NULL}};
    static const luaL_Reg methods[] = {{"unwrap", key_unwrap}, {"wrap", key_wrap}, {"private_pem", private_pem},
        {"public_pem", public_pem}, {"bits", key_bits}, {"__gc", rsa_gc}, {NULL, NULL}};
    static const luaL_Reg of_bio[] = {{"__gc", bio_gc}, {NULL, NULL}};
    wa_crypto_type(L, bio_type, of_bio);
    wa_crypto_type(L, rsa_type, methods);
    wa_register(L, functions);
}
