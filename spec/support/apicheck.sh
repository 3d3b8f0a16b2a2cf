#!/bin/sh
# apicheck.sh 5.4.4|5.1.5 SPEC...: builds that Lua with LUA_USE_APICHECK and its assertions, and the modules for it, and runs the
# specs. A call of Lua's API with a wrong index, or without room on the stack, ends the program. Changes nothing but build/.
set -eu
cd "$(dirname "$0")/../.."
version=$1
shift
lua=lua${version%.*}
folder=build/apicheck/$version
flags="-DLUA_USE_POSIX -DLUA_USE_DLOPEN -DLUA_USE_APICHECK"

mkdir -p "$folder"
cp "$(spec/support/lua_source.sh "$version")"/src/*.[ch] "$folder"
rm -f "$folder/luac.c" "$folder/print.c"
# shellcheck disable=SC2086
[ -x "$folder/lua" ] || ${CC:-cc} -std=gnu99 -O1 -g -w $flags -Dlua_assert=assert -include assert.h -Wl,-E -o "$folder/lua" "$folder"/*.c -lm -ldl
make -s LUA="$lua" BUILD="$folder" CFLAGS="-O1 -g" LUA_INC="-I$folder -DLUA_USE_APICHECK" all
make -s sandbox-modules

LUA=$folder/lua
LUA_PATH="./?.lua;lua/?.lua;lua/?/init.lua;$($lua -e 'io.write(package.path)')"
LUA_CPATH="$folder/?.so;$($lua -e 'io.write(package.cpath)')"
export LUA LUA_PATH LUA_CPATH
echo "== lua $version with LUA_USE_APICHECK"
exec "$LUA" "${BUSTED:-/usr/bin/busted}" "$@"
