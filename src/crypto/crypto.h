/* The declarations that the files of whatsapp.crypto share. wa_open_... [-0, +0, m] add the functions of a file to the
 * table on top of the stack. */
#ifndef WA_CRYPTO_H
#define WA_CRYPTO_H

#include "../compat.h"

/* an AES key and the size of the initial vectors of all ciphers here */
enum { WA_SECRET_SIZE = 16, WA_IV_SIZE = 16 };

WA_FUNC void wa_open_base64(lua_State *L);
WA_FUNC void wa_open_decipher(lua_State *L);
WA_FUNC void wa_open_keys(lua_State *L);
WA_FUNC void wa_open_secrets(lua_State *L);

/* [-0, +0, m] Makes the metatable of a type. It has the methods, also __gc, and is its own __index. */
WA_FUNC void wa_crypto_type(lua_State *L, const char *name, const luaL_Reg *methods);

/* [-0, +1, m] Pushes an empty secret, and returns the memory for its bytes. It is empty until wa_secret_fill. */
WA_FUNC unsigned char *wa_secret_push(lua_State *L);

/* [-0, +0, v] Returns the bytes of the secret at the index; raises an error if it is empty. */
WA_FUNC const unsigned char *wa_secret_check(lua_State *L, int index);

/* [-0, +0, -] marks the secret that was pushed last as filled */
WA_FUNC void wa_secret_fill(lua_State *L);

#endif
