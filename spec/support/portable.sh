#!/bin/sh
# make portable: the library as on systems without epoll, on this machine, and its C compiled for Windows. What cannot be run
# here is compiled only, and said to be untried. Changes nothing but build/.
#   portable.sh LUA BUSTED
set -eu
cd "$(dirname "$0")/../.."
lua=$1 busted=$2
plain=build/portable/$lua
MINGW=x86_64-w64-mingw32-gcc

echo "== without epoll: built with -U__linux__"
make -s LUA="$lua" BUILD="$plain" CFLAGS="-O2 -g -U__linux__" WERROR=-Werror all
make -s LUA=lua5.1 core crypto
eval "$(make -s LUA="$lua" BUILD="$plain" env)"
"$lua" -e 'assert(require("whatsapp.curl").new({}):pollfd() == nil, "this build has epoll")'

echo "== the rows of the transports over libcurl: blocking, and in loops that watch its sockets"
specs() { for name; do printf 'spec/transport/%s_spec.lua ' "$name"; done; }
# shellcheck disable=SC2046
PATH="$PATH:/usr/sbin" "$lua" "$busted" -o TAP $(specs sockets repeated_head connections proxy put_off refused_add loop waiter many \
  fork) >build/portable/loops.tap 2>&1 &
# shellcheck disable=SC2046
PATH="$PATH:/usr/sbin" "$lua" "$busted" -o TAP --filter='whatsapp%.transport%.[cl]' $(specs transport request stream_request \
  stream_answer stream_fault) >build/portable/rows.tap 2>&1 || true
wait || true
cat build/portable/rows.tap build/portable/loops.tap | grep -A8 '^not ok' | grep -v '^ok' && exit 1
for part in rows loops; do
  passed=$(grep -c '^ok' build/portable/$part.tap)
  [ "$passed" -gt 0 ] || { cat build/portable/$part.tap; exit 1; }
  echo "$part: $passed ok"
done

# headers of libraries for Windows are the same as here: libcurl's and OpenSSL's ask the compiler, Lua's know no system
echo "== Windows: compiled with $MINGW, untried"
include=build/portable/include
mkdir -p $include
for name in curl openssl; do
  for place in /usr/include/$name /usr/include/*/$name; do
    if [ -d "$place" ]; then cp -R "$place" $include/; fi
  done
done
for file in src/*.c src/core/*.c src/curl/*.c src/crypto/*.c src/files/*.c; do
  # shellcheck disable=SC2046,SC2086
  $MINGW -std=c99 $(make -s say-WARN) -Werror -O2 -I$include $(pkg-config --cflags-only-I lua5.4) -c -o build/portable/windows.o "$file"
done
echo "core, curl, crypto and files: ok"
