#!/bin/sh
# lua_package.sh VERSION: prints the name that pkg-config has for this version of Lua, or nothing. Debian calls it lua5.4,
# others lua-5.4, lua54 or lua.
for package in "lua$1" "lua-$1" "lua$(echo "$1" | tr -d .)"; do
  pkg-config --exists "$package" 2>/dev/null && echo "$package" && exit
done
case $(pkg-config --modversion lua 2>/dev/null) in "$1" | "$1".*) echo lua ;; esac
