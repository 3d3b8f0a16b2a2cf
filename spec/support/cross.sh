#!/bin/sh
# cross.sh TARGET...: builds Lua, the core and a host for another processor or libc, and holds them to the golden rows (see
# golden.lua); what they make of every field of the schema (transcript.lua) must be, byte for byte, what this machine makes of
# it. Then the same with the undefined behaviour sanitizer, over a module that Lua loads. Everything lies in build/cross;
# nothing is fetched but the sources of Lua. Prints a line for each thing that holds, and ends with 1 where one does not.
set -eu
cd "$(dirname "$0")/../.."

# a row for each target: its compiler, what runs its programs, and what the sanitizer's findings need
target() {
  runner='' prefix='' sanitizer=-fno-sanitize-recover=all
  case $1 in
    arm) prefix=arm-linux-gnueabihf- runner=qemu-arm-static ;;                   # 32 bits, a char has no sign
    powerpc64) prefix=powerpc64-linux-gnu- runner=qemu-ppc64-static ;;           # 64 bits, big-endian
    mips) prefix=mips-linux-gnu- runner=qemu-mips-static                         # 32 bits, big-endian, no unaligned access
      sanitizer=-fsanitize-undefined-trap-on-error ;;                            # Debian has no library for it
    musl) prefix=musl- sanitizer=-fsanitize-undefined-trap-on-error ;;           # another libc, this processor
    *) echo "cross.sh: arm, powerpc64, mips or musl, not $1" >&2 && exit 2 ;;
  esac
  cc=${prefix}gcc
  [ -z "$runner" ] || runner="$runner -L /usr/${prefix%-}"
}

holds() { printf 'ok      %s\n' "$*"; }

# lua VERSION: liblua.a and the program lua, of lua.org's sources as they are
lua() {
  lua=$(sh spec/support/lua_source.sh "$1")/src
  out=build/cross/$name/lua-$1
  [ -f "$out/lua" ] && return
  mkdir -p "$out"
  for file in "$lua"/*.c; do
    case $file in */lua.c | */luac.c | */print.c) continue ;; esac
    echo "$PWD/$file"
  done >"$out/sources"
  (cd "$out" && $cc -O2 -std=gnu99 -DLUA_USE_POSIX -DLUA_USE_DLOPEN -c @sources)
  ${prefix%musl-}ar rcs "$out/liblua.a" "$out"/*.o
  $cc -O2 -std=gnu99 -rdynamic -o "$out/lua" "$lua/lua.c" "$out/liblua.a" -lm -ldl
}

# core VERSION SUFFIX [CFLAGS]: as anybody builds and installs the core for another machine, and warnings as errors
core() {
  objects=build/cross/$name/core-$1$2
  make -s install MODULES=core CC="$cc" LUA="lua${1%.*}" LUA_INC="-I$lua" BUILD="$objects" DESTDIR="$objects/image" \
    WERROR=-Werror ${3:+CFLAGS="$3"}
}

# same NAME PROGRAM: the golden rows hold, and the transcript is that of this machine
same() {
  what=$1
  shift
  # shellcheck disable=SC2086
  $runner "$@" spec/support/transcript.lua >"$objects/transcript" 2>"$objects/said" || { cat "$objects/said" && exit 1; }
  cmp "$objects/transcript" build/cross/transcript
  holds "$name: $what: $(sed 's/, 0 not as they must be//' "$objects/said"); transcript $(cksum <"$objects/transcript")"
}

make -s core LUA=lua5.4
eval "$(make -s env LUA=lua5.4)"
mkdir -p build/cross/include
lua5.4 spec/support/transcript.lua >build/cross/transcript 2>build/cross/said || { cat build/cross/said && exit 1; }
ln -sfn "$(pkg-config --variable=includedir libcurl)/curl" build/cross/include/curl

for name; do
  target "$name"
  for version in 5.4.4 5.1.5; do
    lua "$version"
    core "$version" ''
    # what a static program cannot do with dlopen is said by the linker, and not needed
    $cc -O2 -static -I"$lua" -o "$objects/host" spec/support/host.c "$objects"/obj/*.o "$objects"/obj/core/*.o "build/cross/$name/lua-$version/liblua.a" \
      -lm -ldl 2>"$objects/linked" || { cat "$objects/linked" && exit 1; }
    ${prefix%musl-}strip -o "$objects/host.stripped" "$objects/host"
    same "one static program of $(($(wc -c <"$objects/host.stripped") / 1024)) KiB" "$objects/host.stripped"
  done

  lua 5.4.4
  core 5.4.4 -sanitized "-O1 -g -ffunction-sections -fsanitize=undefined,alignment $sanitizer"
  export LUA_CPATH="$objects/image/usr/local/lib/lua/5.4/?.so"
  same "a module, undefined behaviour looked for" "build/cross/$name/lua-5.4.4/lua"
  case $name in
    arm | mips) # libcurl is not there for them, its headers are
      make -s CC="$cc" BUILD="$objects" LUA_INC="-I$lua" CURL_INC=-Ibuild/cross/include WERROR=-Werror CFLAGS="-O1 -ffunction-sections" \
        $(for file in src/curl/*.c; do echo "$objects/obj/curl/$(basename "$file" .c).o"; done)
      $cc -O1 -static -Ibuild/cross/include -Wl,--gc-sections -o "$objects/whole_answer" spec/support/whole_answer.c \
        "$objects/obj/curl/transfer.o"
      $runner "$objects/whole_answer"
      holds "$name: the transport compiles, and knows an answer of 4 GiB from none"
      ;;
  esac
done
