#!/bin/sh
# lua_version.sh NAME: prints the version of Lua, such as 5.4, whose modules the program NAME loads. The name tells it, or the
# program, or for the name `lua` the headers in INCLUDE. Prints an empty line if the version is not known. LuaJIT loads modules
# for Lua 5.1.
set -u
name=$(basename "$1")
case $name in luajit*) echo 5.1 && exit ;; esac

version=$(echo "$name" | sed -n 's/^lua-\{0,1\}5\.\{0,1\}\([1-9]\)$/5.\1/p')
[ -n "$version" ] || version=$("$1" -e 'print((_VERSION:gsub("^Lua ", "")))' 2>/dev/null | grep -x '5\.[1-9]')
[ -n "$version" ] || [ "$name" != lua ] || version=$(sed -n 's/^#define LUA_VERSION_NUM[^0-9]*50\([1-9]\).*/5.\1/p' "${INCLUDE:-/usr/include}/lua.h" 2>/dev/null)
echo "$version"
