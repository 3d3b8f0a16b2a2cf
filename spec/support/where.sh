#!/bin/sh
# where.sh LUA DESTDIR PREFIX VERSION: prints the lines for a shell after which LUA finds what is installed in PREFIX; nothing if
# LUA finds it by itself, or if PREFIX is the image of another machine (DESTDIR). Changes nothing.
set -u
[ -z "$2" ] || exit 0
lua="$3/share/lua/$4" c="$3/lib/lua/$4"
command -v "$1" >/dev/null 2>&1 || exit 0
env -u LUA_PATH -u LUA_CPATH IN_LUA="$lua/?.lua" IN_C="$c/?.so" "$1" -e "
  local function has(list, place) return (';' .. list .. ';'):find(';' .. os.getenv(place) .. ';', 1, true) end
  os.exit(has(package.path, 'IN_LUA') and has(package.cpath, 'IN_C') and 0 or 1)" && exit 0
echo "for \`require \"whatsapp\"\`, a shell needs:"
echo "  export LUA_PATH='$lua/?.lua;$lua/?/init.lua;;' LUA_CPATH='$c/?.so;;'"
