#!/bin/sh
# make size: how many bytes the core takes, built small and without its documentation, for this machine and, where its compiler
# is there, for 32-bit ARM; then what it takes of Lua's heap. Prints, and judges nothing. LUA_INC, LUA_LIB and CC are make's.
set -eu
cd "$(dirname "$0")/../.."
folder=build/size
mkdir -p $folder/include
# of Debian's Lua, says no more than where its libraries are; another processor's compiler would not find it
cp /usr/include/*/lua5.*-deb-multiarch.h $folder/include 2>/dev/null || true

# core NAME COMPILER FLAGS...
core() {
  name=$1
  shift
  # shellcheck disable=SC2086
  "$@" -std=c99 -Os -fPIC -Ibuild/amalgamation $LUA_INC -I$folder/include -c -o $folder/core.o build/amalgamation/whatsapp.c
  # what has addresses in it is written once, by the loader, and read only from then on
  size -A $folder/core.o | awk -v name="$name" '
    /^\.(text|rodata|eh_frame|ARM)/ { text += $2 } /^\.data\.rel\.ro/ { tables += $2 } /^\.(data|bss) / { data += $2 }
    END { printf "%-34s %9d %9d %9d\n", name, text, tables, data }'
}

printf '%-34s %9s %9s %9s\n' "bytes of the core" text tables data
core "this machine" "$CC" -DWA_NO_DOCS
core "with the documentation" "$CC"
if command -v arm-linux-gnueabihf-gcc >/dev/null; then core "ARM, Thumb-2" arm-linux-gnueabihf-gcc -mthumb -DWA_NO_DOCS; fi
echo
# shellcheck disable=SC2086
"$CC" -std=c99 -Os -Ibuild/amalgamation $LUA_INC -o $folder/heap spec/support/heap.c build/amalgamation/whatsapp.c \
  build/amalgamation/whatsapp_lua.c $LUA_LIB -lm
$folder/heap
