#!/bin/sh
# make check: judges the sources without running them, a line for each check. Changes nothing but build/. The first check builds
# what others look at; the others then run at once, one on each processor, and print their lines as they end.
#   check.sh            runs all checks
#   check.sh FUNCTION   runs one, after the first: check.sh amalgamation_compiles
set -u
cd "$(dirname "$0")/../.." || exit 1
processors=$(nproc 2>/dev/null || echo 1)
built=build/check/gcc-lua5.4

# function | what it says; the slow ones come first, so that the processors end together
CHECKS='rock_builds|the rock builds and loads
amalgamation_compiles|the amalgamation, with the headers of every Lua, warnings as errors
threads_run|many states in many threads (ThreadSanitizer)
gcc_compiles_5_1|gcc with the headers of lua5.1, warnings as errors
clang_compiles|clang with the headers of lua5.4 and lua5.1, warnings as errors
lua_checked|luacheck
c_checked|cppcheck
formatted|clang-format
fresh|what is generated is fresh (else: make docs)
rockspec_linted|the rockspec
one_symbol|one exported symbol a module
no_mutable_static|no mutable statics
all_fresh|whatsapp.all names every module (else: make rockspec)
shell_parses|shell scripts parse'

# check FUNCTION|WORDS: one line, and the output of the function where it fails, in one write
check() {
  if output=$("${1%%|*}" 2>&1); then
    printf 'ok      %s\n' "${1#*|}"
  else
    printf 'FAILED  %s\n%s\n' "${1#*|}" "$output"
  fi
}

# with optimisation: some warnings of gcc need it
gcc_compiles() { make -s -j"$processors" LUA="$1" CC=gcc CFLAGS="$2 -g0" WERROR=-Werror BUILD="build/check/gcc-$1" all $3; }
built_with_gcc() {
  gcc_compiles lua5.4 -O2 "$built/bench/floor.so $built/bench/send_raw" && make -s LUA=lua5.4 amalgamation
}
gcc_compiles_5_1() { gcc_compiles lua5.1 -O1 build/check/gcc-lua5.1/bench/floor.so; }

# parses COMPILER STANDARD LUA FLAG-or-FILE...: warnings as errors, no code
parses() {
  compiler=$1 standard=$2 lua=$3
  shift 3
  # shellcheck disable=SC2086,SC2046
  $compiler -std=$standard $warnings -Werror -fsyntax-only $(pkg-config --cflags $lua libcurl libcrypto) "$@"
}

# clang's warnings need no optimisation; floor.c gets its clock from the command line, as the Makefile does it
clang_compiles() {
  warnings=$(make -s say-WARN)
  for lua in lua5.4 lua5.1; do
    parses clang c99 $lua src/*.c src/core/*.c src/curl/*.c src/crypto/*.c src/files/*.c spec/bench/send_raw.c &&
      parses clang c99 $lua -D_POSIX_C_SOURCE=199309L spec/bench/floor.c || return 1
  done
}

# both compilers: C99 with every Lua's headers, C11 and the small build with one; spec/embed makes the programs
amalgamation_compiles() {
  warnings=$(make -s say-WARN)
  files="-Ibuild/amalgamation build/amalgamation/*.c examples/embed/host.c"
  # shellcheck disable=SC2086
  for compiler in gcc clang; do
    for lua in lua5.1 lua5.2 lua5.3 lua5.4 luajit; do parses $compiler c99 $lua $files || return 1; done
    parses $compiler c11 lua5.4 $files && parses $compiler c99 lua5.4 -DWA_NO_DOCS $files || return 1
  done
}

threads_run() { make -s LUA=lua5.4 WERROR=-Werror threads; }

# of the module as make builds it
one_symbol() {
  for module in core curl crypto files; do
    seen=$(nm -D --defined-only "$built/whatsapp/$module.so" | awk '$2 ~ /[A-Z]/ && $3 !~ /^_(init|fini)$/ {print $3}')
    [ "$seen" = "luaopen_whatsapp_$module" ] || { echo "$module.so shows: $seen"; return 1; }
  done
}

# what is in .data or .bss can change; const tables with pointers are in .data.rel.ro
no_mutable_static() {
  seen=$(objdump -t $built/obj/*.o $built/obj/*/*.o | awk '$4 ~ /^\.(data|bss|data\.rel|data\.rel\.local)$/ && $3 == "O" {print $NF}')
  [ -z "$seen" ] || { echo "mutable: $seen"; return 1; }
}

formatted() { clang-format --dry-run --Werror src/*.[ch] src/*/*.[ch] examples/embed/*.c spec/bench/*.c; }
# autoVariables: frames and scopes lie on the C stack by design, and are taken down before they go
c_checked() {
  cppcheck -q --std=c99 --language=c --enable=warning,performance,portability --inline-suppr --error-exitcode=1 \
    --suppress=missingIncludeSystem --suppress=autoVariables src/*.c src/core/*.c src/curl/*.c src/crypto/*.c src/files/*.c spec/bench/*.c
}
lua_checked() { luacheck -q --no-color lua src spec examples; }
rockspec_linted() {
  for file in rockspec/*.rockspec; do luarocks --lua-version 5.4 lint "$file" || return 1; done
}
all_fresh() {
  lua5.4 -e 'package.path = "src/?.lua" io.write(require("modules").fresh_all())' | diff lua/whatsapp/all.lua -
}
shell_parses() { for script in spec/support/*.sh .ci/run; do sh -n "$script" || return 1; done; }

fresh() {
  folder=$(mktemp -d) && trap 'rm -rf "$folder"' EXIT
  eval "$(make -s BUILD=$built env)"
  lua5.4 -e "$(make -s say-MAN)" | diff -q lua/whatsapp/cli/whatsapp.1 - &&
  lua5.4 src/gen.lua "$folder" && for name in types.lua MESSAGES.md README.md ENDPOINTS.md; do
    diff -q "$folder/$name" "lua/whatsapp/$name" || return 1
  done
}

# the rock builds offline and without optimisation, into a temporary folder, from what git knows
rock_builds() {
  folder=$(mktemp -d) && trap 'rm -rf "$folder"' EXIT
  git archive HEAD | tar -x -C "$folder" || return 1
  (cd "$folder" && luarocks --lua-version 5.4 make CFLAGS="-O0 -fPIC" --deps-mode=none --tree "$folder/tree" rockspec/*-scm-1.rockspec) || return 1
  LUA_PATH="$folder/tree/share/lua/5.4/?.lua;$folder/tree/share/lua/5.4/?/init.lua;;" LUA_CPATH="$folder/tree/lib/lua/5.4/?.so;;" \
    lua5.4 -e 'for _, name in ipairs { "", ".core", ".curl", ".crypto", ".files", ".sandbox" } do require("whatsapp" .. name) end'
}

if [ $# -eq 1 ]; then
  check "$1"
  exit
fi

log=$(mktemp)
trap 'rm -f "$log"' EXIT
{
  check "built_with_gcc|gcc with the headers of lua5.4, warnings as errors"
  printf '%s\n' "$CHECKS" | tr '\n' '\0' | xargs -0 -n 1 -P "$processors" sh spec/support/check.sh
} | tee "$log"
passed=$(grep -c '^ok      ' "$log")
failed=$(grep -c '^FAILED  ' "$log")
echo "$passed checks passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -eq $(($(printf '%s\n' "$CHECKS" | wc -l) + 1)) ]
