#!/bin/sh
# Prints the Lua to build for: the first that is here with its headers, else the first that is here, else lua5.4.
folder=$(dirname "$0")
first=

# take NAME: ends with it if its headers are here
take() {
  command -v "$1" >/dev/null 2>&1 || return
  version=$(sh "$folder/lua_version.sh" "$1")
  if [ -n "$(sh "$folder/lua_package.sh" "$version")" ] || [ -f "${INCLUDE:-/usr/include}/lua$version/lua.h" ]; then
    echo "$1"
    exit
  fi
  first=${first:-$1}
}

for name in lua5.4 lua-5.4 lua54 lua5.3 lua-5.3 lua53 lua5.2 lua-5.2 lua52 luajit lua5.1 lua-5.1 lua51 lua; do take $name; done
echo "${first:-lua5.4}"
