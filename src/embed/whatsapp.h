/* lua-whatsapp in a C program, without loading anything: compile the files in whose parts are wanted, and say to each
 * lua_State, once, what it may require. The library `package` is open by then; the Lua files use the other standard
 * ones too.
 *
 *   whatsapp.c          the core: checks messages, writes and reads JSON; needs Lua only. With -DWA_NO_DOCS it leaves
 *                       out the lines of documentation that core.schema() would give
 *   whatsapp_lua.c      the Lua files, for a host without a disk
 *   whatsapp_curl.c     sends over libcurl
 *   whatsapp_crypto.c   what needs libcrypto: the option app_secret, and the signatures of webhooks
 *
 * These functions are all that the files show. They have no state of their own: many lua_States may be used in many
 * threads, one thread at a time each. Whoever calls them outside of lua_pcall and runs out of memory, panics. */
#ifndef WHATSAPP_H
#define WHATSAPP_H

#define WHATSAPP_VERSION "@VERSION@"

#ifdef __cplusplus
extern "C" {
#endif

#include <lua.h>

/* [-0, +0, v] from now on require "whatsapp.core" works; raises where `package` is not open, as all of these do */
void whatsapp_preload_core(lua_State *L);
void whatsapp_preload_curl(lua_State *L);   /* [-0, +0, v] "whatsapp.curl" */
void whatsapp_preload_crypto(lua_State *L); /* [-0, +0, v] "whatsapp.crypto" */

/* [-0, +0, v] the same for "whatsapp" and every other Lua file; each is compiled when it is first required, and found
 * before one of the same name on a disk. To call it again changes nothing. */
void whatsapp_preload_lua(lua_State *L);

/* [-0, +1, v] leaves the module on the stack: for hosts that have no require */
int luaopen_whatsapp_core(lua_State *L);
int luaopen_whatsapp_curl(lua_State *L);
int luaopen_whatsapp_crypto(lua_State *L);

#ifdef __cplusplus
}
#endif

#endif
