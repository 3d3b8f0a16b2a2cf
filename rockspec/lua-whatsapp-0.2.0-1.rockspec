rockspec_format = "3.0"
package = "lua-whatsapp"
version = "0.2.0-1"

source = {
  url = "git+https://github.com/lua-whatsapp/lua-whatsapp.git",
  tag = "v0.2.0",
}

description = {
  summary = "The WhatsApp Cloud API for Lua: checks, builds and sends every message",
  detailed = [[
    A C core checks Lua tables that mirror the API's message objects and writes their JSON; a transport over libcurl
    sends them, never twice. For Lua 5.1 to 5.4 and LuaJIT.]],
  license = "MIT",
  labels = { "whatsapp", "http", "api", "messaging" },
}

dependencies = {
  "lua >= 5.1, < 5.6",
  "lua-cjson >= 2.1.0",
  "argparse >= 0.7.1", -- of the program whatsapp
}

-- libraries only: where Debian keeps the headers is for the compiler to know
external_dependencies = {
  CURL = { library = "curl" },
  CRYPTO = { library = "crypto" },
}

-- make, as the sandbox needs a build for nginx's LuaJIT besides, and has files that are no modules
build = {
  type = "make",
  install = { bin = { whatsapp = "lua/whatsapp/cli/whatsapp" } },
  build_variables = {
    LUA = "rock",
    CC = "$(CC)",
    CFLAGS = "$(CFLAGS)",
    LUA_INC = "-I$(LUA_INCDIR)",
    CURL_INC = "-I$(CURL_INCDIR)",
    CURL_LIB = "-L$(CURL_LIBDIR) -lcurl",
    SSL_INC = "-I$(CRYPTO_INCDIR)",
    SSL_LIB = "-L$(CRYPTO_LIBDIR) -lcrypto",
  },
  install_target = "install-rock",
  install_variables = {
    LUA = "rock",
    INSTALL_LUA = "$(LUADIR)",
    INSTALL_C = "$(LIBDIR)",
  },
}

test = {
  type = "command",
  command = "make test",
}
