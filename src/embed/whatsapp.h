/* lua-whatsapp in a C program, without loading shared libraries. Compile the files of the parts that you want, and call
 * their functions once for each lua_State. The library `package` must be open; the Lua files use the other standard
 * libraries too.
 *
 *   whatsapp.c          the core: checks messages, writes and reads JSON; needs Lua only. With -DWA_NO_DOCS,
 *                       core.schema() has no lines of documentation.
 *   whatsapp_lua.c      the Lua files, for a host without a disk
 *   whatsapp_curl.c     sends over libcurl
 *   whatsapp_crypto.c   needs libcrypto: the option app_secret, and the signatures of webhooks
 *   whatsapp_files.c    moves downloaded files to their places without replacing a file; needs Lua only
 *
 * The files export these functions only. They have no global state: use many lua_States in many threads, each in one
 * thread at a time. If memory runs out outside of lua_pcall, Lua panics. */
#ifndef WHATSAPP_H
#define WHATSAPP_H

#define WHATSAPP_VERSION "@VERSION@"

#ifdef __cplusplus
extern "C" {
#endif

#include <lua.h>

/* [-0, +0, v] makes require "whatsapp.core" work; raises an error if `package` is not open, as do all of these */
void whatsapp_preload_core(lua_State *L);
void whatsapp_preload_curl(lua_State *L);   /* [-0, +0, v] "whatsapp.curl" */
void whatsapp_preload_crypto(lua_State *L); /* [-0, +0, v] "whatsapp.crypto" */
void whatsapp_preload_files(lua_State *L);  /* [-0, +0, v] "whatsapp.files" */

/* [-0, +0, v] does the same for "whatsapp" and every other Lua file. A file is compiled when it is first required, and
 * found before one of the same name on a disk. A second call changes nothing. */
void whatsapp_preload_lua(lua_State *L);

/* [-0, +1, v] pushes the module, for hosts without require */
int luaopen_whatsapp_core(lua_State *L);
int luaopen_whatsapp_curl(lua_State *L);
int luaopen_whatsapp_crypto(lua_State *L);
int luaopen_whatsapp_files(lua_State *L);

#ifdef __cplusplus
}
#endif

#endif
