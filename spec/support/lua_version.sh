#!/bin/sh
# lua_version.sh NAME: prints the version of Lua, such as 5.4, whose modules the program NAME loads: by the name if that has
# it, else as the program says, else as the headers in INCLUDE say, else 5.4. LuaJIT loads modules for Lua 5.1.
set -u
name=$(basename "$1")
case $name in luajit*) echo 5.1 && exit ;; esac

version=$(echo "$name" | sed -n 's/^lua-\{0,1\}5\.\{0,1\}\([1-9]\)$/5.\1/p')
[ -n "$version" ] || version=$("$1" -e 'print((_VERSION:gsub("^Lua ", "")))' 2>/dev/null | grep -x '5\.[1-9]')
[ -n "$version" ] || version=$(sed -n 's/^#define LUA_VERSION_NUM[^0-9]*50\([1-9]\).*/5.\1/p' "${INCLUDE:-/usr/include}/lua.h" 2>/dev/null)
echo "${version:-5.4}"
