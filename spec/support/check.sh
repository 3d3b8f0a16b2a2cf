#!/bin/sh
# make check: what can be said of the sources without running them, a line each. Changes nothing but build/.
set -u
cd "$(dirname "$0")/../.." || exit 1
passed=0 failed=0

# check NAME COMMAND...: prints the command's output only where it fails
check() {
  name=$1
  shift
  if output=$("$@" 2>&1); then
    passed=$((passed + 1))
    echo "ok      $name"
  else
    failed=$((failed + 1))
    printf 'FAILED  %s\n%s\n' "$name" "$output"
  fi
}

# both compilers, with the headers of Lua 5.4 and of 5.1, warnings as errors
compiles() {
  make -s LUA="$2" CC="$1" CFLAGS="-O2 -g0" WERROR=-Werror BUILD="build/check/$1-$2" all \
    "build/check/$1-$2/bench/floor.so" "build/check/$1-$2/bench/send_raw"
}

# both compilers, C99 and C11, every Lua's headers
amalgamation_compiles() {
  make -s LUA=lua5.4 CC=clang BUILD=build/check/clang-lua5.4 WERROR=-Werror embed || return 1
  warnings=$(make -s say-WARN)
  for compiler in gcc clang; do for standard in c99 c11; do for lua in lua5.1 lua5.2 lua5.3 lua5.4 luajit; do
    # shellcheck disable=SC2086,SC2046
    $compiler -std=$standard $warnings -Werror -fsyntax-only -Ibuild/amalgamation $(pkg-config --cflags $lua) build/amalgamation/*.c ||
      return 1
  done; done; done
}

# of the module as make builds it
one_symbol() {
  for module in core curl crypto; do
    seen=$(nm -D --defined-only "build/check/gcc-lua5.4/whatsapp/$module.so" | awk '$2 ~ /[A-Z]/ && $3 !~ /^_(init|fini)$/ {print $3}')
    [ "$seen" = "luaopen_whatsapp_$module" ] || { echo "$module.so shows: $seen"; return 1; }
  done
}

# what is in .data or .bss can change; const tables with pointers are in .data.rel.ro
no_mutable_static() {
  seen=$(objdump -t build/check/gcc-lua5.4/obj/*.o build/check/gcc-lua5.4/obj/*/*.o | awk '$4 ~ /^\.(data|bss|data\.rel|data\.rel\.local)$/ && $3 == "O" {print $NF}')
  [ -z "$seen" ] || { echo "mutable: $seen"; return 1; }
}

formatted() { clang-format --dry-run --Werror src/*.[ch] src/*/*.[ch] examples/embed/*.c spec/bench/*.c; }
# autoVariables: frames and scopes lie on the C stack by design, and are taken down before they go
c_checked() {
  cppcheck -q --std=c99 --language=c --enable=warning,performance,portability --inline-suppr --error-exitcode=1 \
    --suppress=missingIncludeSystem --suppress=autoVariables src/*.c src/core/*.c src/curl/*.c src/crypto/*.c spec/bench/*.c
}
lua_checked() { luacheck -q --no-color lua src spec examples; }
rockspec_linted() { luarocks --lua-version 5.4 lint rockspec/*.rockspec; }
rockspec_fresh() {
  lua5.4 -e 'package.path = "src/?.lua" io.write(require("modules").fresh_rockspec())' | diff rockspec/*-scm-1.rockspec - &&
    lua5.4 -e 'package.path = "src/?.lua" io.write(require("modules").fresh_all())' | diff lua/whatsapp/all.lua -
}
shell_parses() { for script in spec/support/*.sh .ci/run; do sh -n "$script" || return 1; done; }

fresh() {
  folder=$(mktemp -d) && trap 'rm -rf "$folder"' EXIT
  eval "$(make -s BUILD=build/check/gcc-lua5.4 env)"
  lua5.4 src/gen.lua "$folder" && diff -q "$folder/types.lua" lua/whatsapp/types.lua && diff -q "$folder/REFERENCE.md" lua/whatsapp/REFERENCE.md
}

# the rock builds offline, into a folder of its own, from what git knows
rock_builds() {
  folder=$(mktemp -d) && trap 'rm -rf "$folder"' EXIT
  git archive HEAD | tar -x -C "$folder" || return 1
  (cd "$folder" && luarocks --lua-version 5.4 make --deps-mode=none --tree "$folder/tree" rockspec/*-scm-1.rockspec) || return 1
  LUA_PATH="$folder/tree/share/lua/5.4/?.lua;$folder/tree/share/lua/5.4/?/init.lua;;" LUA_CPATH="$folder/tree/lib/lua/5.4/?.so;;" \
    lua5.4 -e 'for _, name in ipairs { "", ".core", ".curl", ".crypto", ".sandbox" } do require("whatsapp" .. name) end'
}

for compiler in gcc clang; do
  for lua in lua5.4 lua5.1; do check "$compiler with the headers of $lua, warnings as errors" compiles $compiler $lua; done
done
check "the amalgamation, with every Lua's headers, warnings as errors" amalgamation_compiles
check "many states in many threads (ThreadSanitizer)" make -s LUA=lua5.4 WERROR=-Werror threads
check "one exported symbol a module" one_symbol
check "no mutable statics" no_mutable_static
check "clang-format" formatted
check "cppcheck" c_checked
check "luacheck" lua_checked
check "what is generated is fresh (else: make docs)" fresh
check "the rockspec" rockspec_linted
check "the rockspec has every file (else: make rockspec)" rockspec_fresh
check "the rock builds and loads" rock_builds
check "shell scripts parse" shell_parses

echo "$passed checks passed, $failed failed"
[ "$failed" -eq 0 ]
