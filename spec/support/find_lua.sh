#!/bin/sh
# Prints the Lua to build for: the first that is here with its headers, else the first that is here, else lua5.4.
first=
for lua in lua5.4 lua5.3 lua5.2 luajit lua5.1; do
  command -v $lua >/dev/null 2>&1 || continue
  abi=${lua%jit}
  [ "$abi" = "$lua" ] || abi=lua5.1 # LuaJIT loads what is built with the headers of Lua 5.1
  if pkg-config --exists $abi 2>/dev/null || [ -f "${INCLUDE:-/usr/include}/$abi/lua.h" ]; then
    echo $lua
    exit
  fi
  first=${first:-$lua}
done
echo "${first:-lua5.4}"
