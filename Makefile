# lua-whatsapp: what can be done here. `make` builds for the Lua that is there; `make help` tells the rest.
#   make [LUA=lua5.4|lua5.3|lua5.2|lua5.1|luajit|...] [TARGET]
# A target with a line ## above it is in `make help`, under the title of its section.

.DEFAULT_GOAL := all

## this list
help:
	@awk '/^# ---- / {title = $$0; gsub(/^# ---- | -+$$/, "", title)} /^## / {said = substr($$0, 4); next} \
	  said && /^[a-z0-9-]+:/ {if (title) print "\n" title; title = ""; \
	    printf "  make %-14s %s\n", substr($$0, 1, index($$0, ":") - 1), said} {said = ""}' Makefile

# ---- settings --------------------------------------------------------------------------------------------------------------

ifeq ($(origin LUA),undefined)
LUA   := $(shell sh spec/support/find_lua.sh)
SAID  = $(if $(filter-out lua5.4,$(LUA)),@echo 'built for $(LUA)$(COMMA) the first Lua found; make LUA=... names another')
COMMA := ,
endif
BUSTED  ?= /usr/bin/busted
NGINX_BIN ?= nginx
CC      ?= cc
CFLAGS  ?= -O2 -g
PREFIX  ?= /usr/local
override PREFIX := $(patsubst ~/%,$(HOME)/%,$(PREFIX))

# The version that the name, the program or its headers tell; without one, the build ends with an error. Debian's names for
# packages have the version.
KNOWN_VERSION := $(shell sh spec/support/lua_version.sh "$(LUA)")
LUA_VERSION := $(or $(KNOWN_VERSION),5.4)
ABI      := lua$(LUA_VERSION)
PACKAGE  := $(shell sh spec/support/lua_package.sh $(LUA_VERSION))
LUA_INC  ?= $(or $(if $(PACKAGE),$(shell pkg-config --cflags $(PACKAGE))),-I/usr/include/$(ABI))
LUA_LIB  ?= $(or $(if $(PACKAGE),$(shell pkg-config --libs $(PACKAGE))),-l$(ABI))
CURL_INC ?= $(shell pkg-config --cflags libcurl 2>/dev/null)
CURL_LIB ?= $(or $(shell pkg-config --libs libcurl 2>/dev/null),-lcurl)
SSL_INC  ?= $(shell pkg-config --cflags libcrypto 2>/dev/null)
SSL_LIB  ?= $(or $(shell pkg-config --libs libcrypto 2>/dev/null),-lcrypto)
WARN     := -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes -Wwrite-strings \
            -Wcast-qual -Wundef -Wvla -Wformat=2 -Wswitch-enum -Werror=override-init
FLAGS    := -std=c99 -fPIC -fno-plt -fvisibility=hidden -fno-math-errno $(WARN) $(WERROR)
# nodelete: Lua 5.1 and LuaJIT unload modules before they call the last finalizers, which would then call into no memory
SHARED   := -shared $(if $(filter Darwin,$(shell uname -s)),-undefined dynamic_lookup,-Wl,-z,nodelete)

# a short line for each file that is made; V=1 shows the commands, make -s nothing
QUIET := $(findstring s,$(filter-out --%,$(firstword -$(MAKEFLAGS))))
short  = $(if $(V),,@$(if $(QUIET),,echo '$(1)';))

BUILD  := build/$(LUA)
# the specs that need no network and no program
OFFLINE := $(patsubst %,spec/%_spec.lua, message status window util/values util/clusters send/recipient send/retry wire/response \
             wire/error_codes webhook/webhook webhook/handler flows/flows flows/pages crypto/crypto outbox/memory graph/tables \
             project/disagreements $(addprefix core/,walk advice lists limits schema golden decode questions write)) spec/templates
MODULE := $(BUILD)/whatsapp

# ---- build and install -----------------------------------------------------------------------------------------------------

# a folder of src/ is a module, with the files that all modules share: a new file is named nowhere here
SOURCES = $(wildcard src/$(1)/*.c src/*.c)
C      := $(sort $(foreach module,core curl crypto files,$(call SOURCES,$(module))))
H      := $(wildcard src/*.h src/*/*.h)
OBJ     = $(patsubst src/%.c,$(BUILD)/obj/%.o,$(call SOURCES,$(1)))

# the program, for the Lua that was built for; `make env` puts its folder on PATH
PROGRAM := $(BUILD)/bin/whatsapp
$(PROGRAM): lua/whatsapp/cli/whatsapp Makefile
	@mkdir -p $(@D)
	@sed '1s|.*|#!/usr/bin/env $(LUA)|' $< >$@ && chmod +x $@

# MODULES="core crypto files" needs no libcurl (for nginx), MODULES="core files" no library at all
MODULES ?= core curl crypto files
# The sandbox runs in nginx, whose Lua is LuaJIT: its two modules, unless this is a special build (BUILD=...) or a partial one
SANDBOX := $(if $(filter command% environment%,$(origin BUILD)),,$(if $(filter crypto,$(MODULES)),sandbox-modules))
## build the C modules into build/; LUA=luajit names another Lua, MODULES="core crypto files" leaves libcurl out
all: $(MODULES) $(SANDBOX) $(PROGRAM)
	$(SAID)
core: $(MODULE)/core.so
curl: $(MODULE)/curl.so
crypto: $(MODULE)/crypto.so
files: $(MODULE)/files.so

$(MODULE)/core.so: $(call OBJ,core)
$(MODULE)/curl.so: $(call OBJ,curl)
$(MODULE)/curl.so: LIBS = $(CURL_LIB)
$(MODULE)/crypto.so: $(call OBJ,crypto)
$(MODULE)/crypto.so: LIBS = $(SSL_LIB)
$(MODULE)/files.so: $(call OBJ,files)
$(MODULE)/%.so:
	@mkdir -p $(@D)
	$(call short,link $@)$(CC) $(CFLAGS) $(LDFLAGS) $(SHARED) -o $@ $^ $(LIBS)

# each module with the headers of its own library and of no other: the core can be built where there is neither
$(BUILD)/obj/curl/%.o: INC = $(CURL_INC)
$(BUILD)/obj/crypto/%.o: INC = $(SSL_INC)
$(patsubst src/%.c,$(BUILD)/obj/%.o,$(wildcard src/curl/*.c)): | $(BUILD)/headers-curl
$(patsubst src/%.c,$(BUILD)/obj/%.o,$(wildcard src/crypto/*.c)): | $(BUILD)/headers-crypto
$(BUILD)/obj/%.o: src/%.c Makefile | $(BUILD)/headers
	@mkdir -p $(@D)
	$(call short,compile $<)$(CC) $(FLAGS) $(CFLAGS) $(LUA_INC) $(INC) -MMD -MP -c -o $@ $<

# what runs rarely is built small: texts of problems, the list of the schema, its compiler
$(foreach file,errors export compile,$(BUILD)/obj/core/$(file).o): CFLAGS += -Os

-include $(wildcard $(BUILD)/obj/*.d $(BUILD)/obj/*/*.d)

# Asked once a build: without a header the compiler would say the same in a hundred lines.
HEADER = @mkdir -p $(@D); CC="$(CC)" sh spec/support/header.sh
$(BUILD)/headers:
	$(if $(KNOWN_VERSION)$(filter-out file,$(origin LUA_INC)),,$(error the version of LUA=$(LUA) is not known: \
	name an installed Lua, or set LUA_INC=-I... to its headers))
	$(HEADER) lauxlib.h "$(LUA_INC)" "no headers of $(LUA): on Debian apt install \
	$(if $(filter luajit%,$(LUA)),luajit2,$(ABI)) lib$(ABI:lua5.1=lua5.1-0)-dev; else LUA=... names another Lua, LUA_INC=-I... its headers \
	(OpenResty's: LUA=luajit LUA_INC=-I/usr/local/openresty/luajit/include/luajit-2.1)" && : >$@
$(BUILD)/headers-curl:
	$(HEADER) curl/curl.h "$(CURL_INC)" "no headers of libcurl: on Debian apt install libcurl4-openssl-dev; else CURL_INC=-I... \
	names them, and MODULES=\"core crypto\" builds without libcurl" && : >$@
$(BUILD)/headers-crypto:
	$(HEADER) openssl/crypto.h "$(SSL_INC)" "no headers of OpenSSL: on Debian apt install libssl-dev; else SSL_INC=-I... names \
	them, and MODULES=\"core curl\" builds without OpenSSL" && : >$@

INSTALL_LUA := $(DESTDIR)$(PREFIX)/share/lua/$(LUA_VERSION)
INSTALL_C   := $(DESTDIR)$(PREFIX)/lib/lua/$(LUA_VERSION)
# the modules and their files, as LuaRocks installs them too; the sandbox's folder gets its modules for nginx's LuaJIT
install-rock: all
	install -d "$(INSTALL_C)/whatsapp" "$(INSTALL_LUA)"
	install -m 755 $(MODULES:%=$(MODULE)/%.so) "$(INSTALL_C)/whatsapp"
	cp -R lua/whatsapp "$(INSTALL_LUA)/"
	@if [ -e build/lua5.1/whatsapp/crypto.so ]; then folder="$(INSTALL_LUA)/whatsapp/sandbox/lua5.1/whatsapp"; \
	  install -d "$$folder" && install -m 755 build/lua5.1/whatsapp/core.so build/lua5.1/whatsapp/crypto.so "$$folder"; fi

## install into PREFIX=/usr/local (or PREFIX=~/.local); says what `require` needs, if it needs anything
install: install-rock
	install -d "$(DESTDIR)$(PREFIX)/bin" "$(DESTDIR)$(PREFIX)/share/man/man1"
	install -m 755 $(PROGRAM) "$(DESTDIR)$(PREFIX)/bin"
	install -m 644 lua/whatsapp/cli/whatsapp.1 "$(DESTDIR)$(PREFIX)/share/man/man1"
	@sh spec/support/where.sh "$(LUA)" "$(DESTDIR)" "$(PREFIX)" "$(LUA_VERSION)"

## remove what `make install` put there, from the same PREFIX
uninstall:
	rm -rf "$(INSTALL_LUA)/whatsapp" "$(INSTALL_C)/whatsapp"
	rm -f "$(DESTDIR)$(PREFIX)/bin/whatsapp" "$(DESTDIR)$(PREFIX)/share/man/man1/whatsapp.1"

## remove build/
clean:
	rm -rf build

# The shell that evaluates it runs nothing of a value, whatever the folder's name holds: each value is in single quotes, and
# the folder comes from the shell, never through the text of a recipe.
env: export ENV_LUA = $(LUA)
env: export ENV_BUILD = $(BUILD)
## the variables for a shell to use the build as it is: eval "$(make -s env)"
env:
	@quoted() { value=$$(printf '%s.' "$$2" | sed "s/'/'\\\\''/g"); printf " %s='%s'" "$$1" "$${value%.}"; }; \
	  printf export; quoted LUA "$$ENV_LUA"; quoted LUA_PATH "$$PWD/lua/?.lua;$$PWD/lua/?/init.lua;;"; \
	  quoted LUA_CPATH "$$PWD/$$ENV_BUILD/?.so;;"; \
	  quoted PATH "$$PWD/$$ENV_BUILD/bin:"; printf '"$$PATH"'; echo

# what a variable of this file is: make -s say-WARN
say-%: ; @echo '$($*)'

# ---- try it ----------------------------------------------------------------------------------------------------------------

# With the headers of Lua 5.1, else those of LuaJIT; where there are none, nothing is built, and the sandbox names the package.
# The variables of this make are for another Lua, so that make is begun anew
AFRESH = env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL -u LUA_INC -u LUA_LIB $(MAKE) --no-print-directory -s CC="$(CC)" CFLAGS="$(CFLAGS)" BUILD=build/lua5.1
sandbox-modules:
ifneq ($(LUA),lua5.1)
	@for lua in lua5.1 luajit; do \
	  if $(AFRESH) LUA=$$lua build/lua5.1/headers >/dev/null 2>&1; then $(AFRESH) LUA=$$lua core crypto files; exit; fi; done
endif

PORT ?= 9428
## a WhatsApp of your own in a browser, until Ctrl-C; PORT=0 takes a free port, WEBHOOK=URL gets the webhooks
sandbox: deps-demo
	@$(MAKE) --no-print-directory -s all && eval "$$($(MAKE) -s env)" && PORT="$(PORT)" WEBHOOK="$(WEBHOOK)" APP_SECRET="$(APP_SECRET)" \
	  $$LUA examples/sandbox.lua

# make deps first, then make again: what was missing may change what pkg-config says
## send messages of every type to a sandbox on this machine, and show what went and came
demo: deps-demo ; @$(MAKE) --no-print-directory -s all && eval "$$($(MAKE) -s env)" && $$LUA examples/demo.lua

# ---- Debian packages that a target needs -----------------------------------------------------------------------------------

DEPS_BUILD := gcc libc6-dev make pkg-config lua5.4 liblua5.4-dev liblua5.1-0-dev libcurl4-openssl-dev libssl-dev lua-cjson lua-argparse
DEPS_DEMO  := $(DEPS_BUILD) nginx libnginx-mod-http-lua openssl ca-certificates lua-dbi-sqlite3
DEPS_OUTBOX := lua-dbi-sqlite3 lua-dbi-postgresql lua-socket redis-server postgresql lua-nginx-redis faketime
DEPS_lua5.1 := lua5.1
DEPS_lua5.2 := lua5.2 liblua5.2-dev
DEPS_lua5.3 := lua5.3 liblua5.3-dev
DEPS_luajit := luajit2
DEPS_TEST  := $(DEPS_DEMO) prometheus lua-sec lua-socket lua-busted lua-cqueues lua-luaossl lua-luv luarocks locales $(DEPS_OUTBOX) $(DEPS_$(LUA))
DEPS_CHECK := $(DEPS_TEST) clang clang-format cppcheck lua-check binutils liblua5.2-dev liblua5.3-dev libluajit2-5.1-dev
DEPS_BENCH := $(DEPS_DEMO) valgrind lua-sec lua-socket python3-requests nodejs util-linux
DEPS_CRASH := $(DEPS_DEMO) $(DEPS_OUTBOX) lua-luv
DEPS_NGINX := $(DEPS_DEMO) wrk lua-socket
DEPS_HOSTS := $(DEPS_TEST) $(DEPS_lua5.2) $(DEPS_lua5.3) $(DEPS_luajit) lua-http curl haproxy prosody neovim mpv weechat-headless weechat-lua \
              apache2-bin minetest-server love xvfb xauth
DEPS_ALL   := $(DEPS_TEST) $(DEPS_lua5.1) $(DEPS_lua5.2) $(DEPS_lua5.3) $(DEPS_luajit)
DEPS_CROSS := $(DEPS_BUILD) qemu-user-static
DEPS_ARM   := $(DEPS_CROSS) gcc-arm-linux-gnueabihf libc6-dev-armhf-cross
DEPS_BE    := $(DEPS_CROSS) gcc-powerpc64-linux-gnu libc6-dev-ppc64-cross gcc-mips-linux-gnu libc6-dev-mips-cross
DEPS_MUSL  := $(DEPS_BUILD) musl-tools
DEPS_PORTABLE := $(DEPS_TEST) gcc-mingw-w64-x86-64
# npm of another source than Debian's comes with its node and is not installed twice
DEPS_PAGE  := $(DEPS_DEMO) chromium nodejs fonts-noto-color-emoji fonts-noto-core $(shell command -v npm >/dev/null 2>&1 || echo npm)

# Names what is missing. Installs it only for root; else says the line to run, and ends.
deps-%: ; @sh spec/support/deps.sh $(DEPS_$(shell echo $* | tr a-z A-Z))

# ---- tests and checks ------------------------------------------------------------------------------------------------------

## build and run the specs; LUA=luajit for another Lua
test: deps-test ; @$(MAKE) --no-print-directory -s all && $(MAKE) --no-print-directory -s suite

# the specs under one Lua, a line a file: SPECS are files and folders, JOBS how many files run at a time
SPECS ?= spec
suite: all
	@eval "$$($(MAKE) -s env)"; PATH="$$PATH:/usr/sbin" NGINX_BIN="$(NGINX_BIN)" sh spec/support/suite.sh "$(RUN) $(LUA) $(BUSTED)" $(SPECS)

## the specs under Lua 5.4, 5.3, 5.2, 5.1 and LuaJIT
test-all: deps-all
	@for lua in lua5.4 lua5.3 lua5.2 lua5.1 luajit; do \
	  echo "== $$lua"; $(MAKE) --no-print-directory -s LUA=$$lua all suite || exit 1; done

## each recipe of examples/hosts in its host: nginx, HAProxy, Prosody, Neovim, ...; ONLY=Prosody: that one
test-hosts: deps-hosts
	@for lua in lua5.1 lua5.2 lua5.3 lua5.4; do $(MAKE) --no-print-directory -s LUA=$$lua all || exit 1; done
	@eval "$$($(MAKE) -s LUA=lua5.4 env)"; PATH="$$PATH:/usr/sbin:/usr/games" lua5.4 spec/hosts/run.lua $(if $(ONLY),"$(ONLY)")

# The golden rows, and all that the core makes of the schema.
## the core on 32-bit ARM (qemu)
test-arm: deps-arm ; @sh spec/support/cross.sh arm
## the core on big-endian PowerPC and MIPS (qemu)
test-be: deps-be ; @sh spec/support/cross.sh powerpc64 mips
## the core with musl
test-musl: deps-musl ; @sh spec/support/cross.sh musl

## the specs over libcurl as on systems without epoll; the C compiled for Windows
portable: deps-portable ; @sh spec/support/portable.sh $(LUA) $(BUSTED)

## the specs under valgrind
memcheck: all
	@$(MAKE) --no-print-directory suite RUN="valgrind -q --error-exitcode=9 --leak-check=full --show-leak-kinds=definite,indirect \
	  --errors-for-leak-kinds=definite,indirect --child-silent-after-fork=yes"

# Leaks are memcheck's.
## the specs that need no network, under AddressSanitizer and UndefinedBehaviorSanitizer
sanitize:
	@$(MAKE) --no-print-directory -s all suite BUILD=build/sanitize CFLAGS="-O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all" \
	  SPECS="$(OFFLINE)" \
	  RUN="env ASAN_OPTIONS=detect_leaks=0 LD_PRELOAD=$$(gcc -print-file-name=libasan.so):$$(gcc -print-file-name=libubsan.so)"

## warnings as errors under gcc and clang, formats, linters, symbols, the rock
check: deps-check ; @sh spec/support/check.sh

## the modules where the n-th allocation fails, for every n
torture:
	@mkdir -p build/torture
	$(CC) $(FLAGS) -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all $(LUA_INC) $(CURL_INC) $(SSL_INC) -o build/torture/$(LUA) \
	  spec/support/torture.c $(sort $(foreach module,core curl crypto files,$(call SOURCES,$(module)))) $(LUA_LIB) -lm \
	  $(CURL_LIB) $(SSL_LIB)
	eval "$$($(MAKE) -s env)"; build/torture/$(LUA) $(CASES)

NARROW := build/32bits
## the core in a Lua with 32-bit integers and floats
32bits:
	@mkdir -p $(NARROW)
	@source=$$(spec/support/lua_source.sh) && cp "$$source"/src/*.[ch] $(NARROW) && rm $(NARROW)/luac.c
	@sed -i 's/^#define LUA_32BITS.*/#define LUA_32BITS 1/' $(NARROW)/luaconf.h
	$(CC) -std=gnu99 -O1 -g -DLUA_USE_LINUX -Wl,-E -o $(NARROW)/lua $(NARROW)/*.c -lm -ldl
	@$(MAKE) --no-print-directory -s LUA=lua5.4 BUILD=$(NARROW) LUA_INC=-I$(NARROW) WERROR=-Werror all
	LUA_PATH="lua/?.lua;lua/?/init.lua" LUA_CPATH="$(NARROW)/?.so" $(NARROW)/lua spec/support/narrow.lua

## the specs that need no network, in Luas that check how their API is used
apicheck: deps-test
	@for version in 5.4.4 5.1.5; do CC="$(CC)" BUSTED="$(BUSTED)" sh spec/support/apicheck.sh $$version $(OFFLINE) || exit 1; done

## the lines of the C core that the specs run
coverage:
	@rm -rf build/coverage
	@$(MAKE) --no-print-directory -s suite BUILD=build/coverage CFLAGS="-O0 -g --coverage" SPECS="$(OFFLINE)" >/dev/null
	@for file in $(patsubst src/%.c,%,$(call SOURCES,core)); do gcov -n build/coverage/obj/$$file.gcda 2>/dev/null | \
	  awk -v file=$$file '/^File .src.*\.c/ {own = 1; next} /^File/ {own = 0} own && /^Lines/ {print file, $$0; own = 0}'; done | \
	  awk '{split($$3, a, ":"); percent = a[2] + 0; lines = $$NF; run += percent * lines / 100; all += lines; \
	    printf "%-14s %6.1f %% of %d lines\n", $$1, percent, lines} END {printf "%-14s %6.1f %% of %d lines\n", "core", 100 * run / all, all}'

# ---- fuzzing ---------------------------------------------------------------------------------------------------------------

# RUNS=-1 runs for ever (clang, Lua 5.4). Words come from the schema, so comparisons are not traced. Leaks are memcheck's: libFuzzer
# would look for them after nearly every run, because a run of Lua seldom frees all that it allocates, and that takes nine tenths
# of the time.
RUNS ?= 1000000
# FUZZ_WITH=fuzzer checks only what the harness checks, without the sanitizers: two to four times the runs a second
FUZZ_WITH ?= fuzzer,address,undefined
FUZZER := clang $(FLAGS) -O2 -g -fsanitize=$(FUZZ_WITH) -fno-sanitize-coverage=trace-cmp \
          -fno-sanitize-recover=all $(LUA_INC)
# fuzz_with NAME BYTES: runs the fuzzer build/fuzz/NAME with inputs of so many bytes
fuzz_with = @mkdir -p build/fuzz/$(1)-corpus; \
  eval "$$($(MAKE) -s env)"; ASAN_OPTIONS=quarantine_size_mb=8:malloc_context_size=4 nice build/fuzz/$(1) -runs=$(RUNS) -max_len=$(2) \
  -detect_leaks=0 -timeout=60 -rss_limit_mb=4096 -artifact_prefix=build/fuzz/ build/fuzz/$(1)-corpus
## messages made of random bytes and of the schema's words; RUNS=1000000
fuzz:
	@mkdir -p build/fuzz
	$(FUZZER) -o build/fuzz/encode spec/support/fuzz_encode.c $(call SOURCES,core) $(LUA_LIB) -lm
	$(call fuzz_with,encode,600)

## JSON of any bytes, read, written and read again; RUNS=1000000
fuzz-decode:
	@mkdir -p build/fuzz
	$(FUZZER) -o build/fuzz/decode spec/support/fuzz_decode.c $(call SOURCES,core) $(LUA_LIB) -lm
	$(call fuzz_with,decode,800)

## bodies of webhooks, of random bytes and of their words; RUNS=1000000
fuzz-webhook:
	@mkdir -p build/fuzz
	$(FUZZER) -o build/fuzz/webhook spec/support/fuzz_webhook.c $(sort $(call SOURCES,core) $(call SOURCES,crypto)) $(LUA_LIB) -lm $(SSL_LIB)
	$(call fuzz_with,webhook,800)

## bodies that a flow's endpoint may get, signed; RUNS=1000000
fuzz-flows: core crypto
	eval "$$($(MAKE) -s env)"; $$LUA spec/support/fuzz_flows.lua $(RUNS)

## files whose kind is looked at; RUNS=1000000, LUA=luajit is twice as fast
fuzz-sniff: all
	eval "$$($(MAKE) -s env)"; $$LUA spec/support/fuzz_sniff.lua $(RUNS)

## answers of a server over cosockets; RUNS=1000000, LUA=luajit is twice as fast
fuzz-http1: all
	eval "$$($(MAKE) -s env)"; $$LUA spec/support/fuzz_http1.lua $(RUNS)

# ---- files that are generated ----------------------------------------------------------------------------------------------

# make check compares.
## the classes of code points, from perl's Unicode data
unicode: ; perl spec/support/unicode.pl >lua/whatsapp/util/unicode.lua

MAN := io.write(require("whatsapp.cli.man").page())
## the types, the reference and the man page, from the schema and the rows
docs: core
	@eval "$$($(MAKE) -s env)"; $(LUA) src/gen.lua lua/whatsapp && $(LUA) -e '$(MAN)' >lua/whatsapp/cli/whatsapp.1

## the files of a release, proved: VERSION=0.2.0; uploads nothing
release: deps-test ; @sh spec/support/release.sh "$(VERSION)"
## the rockspec and whatsapp.all, from the folders
rockspec: ; @$(LUA) src/modules.lua

# ---- for C programs and boards ---------------------------------------------------------------------------------------------

AMALGAMATION := build/amalgamation
## the library as a few files that a C program compiles in
amalgamation: $(AMALGAMATION)/whatsapp_lua.c
$(AMALGAMATION)/whatsapp_lua.c: $(C) $(H) $(wildcard src/embed/*) src/modules.lua $(shell find lua -name '*.lua')
	@mkdir -p $(@D)
	$(LUA) src/embed/amalgamate.lua $(@D)

EMBED := $(BUILD)/embed
HOST  := examples/embed/host.c
EMBEDDED = $(CC) $(FLAGS) -Os -g -I$(AMALGAMATION) $(LUA_INC)
## a C program that sends, out of these files: the core alone and small, and with libcurl and libcrypto
embed: $(EMBED)/host $(EMBED)/host_all
$(EMBED)/host: $(HOST) $(addprefix $(EMBED)/,whatsapp_small.o whatsapp_lua.o)
	$(EMBEDDED) -o $@ $^ $(LUA_LIB) -lm
$(EMBED)/host_all: $(HOST) $(addprefix $(EMBED)/,whatsapp.o whatsapp_lua.o whatsapp_curl.o whatsapp_crypto.o whatsapp_files.o)
	$(EMBEDDED) -DHOST_HAS_ALL -o $@ $^ $(LUA_LIB) -lm $(CURL_LIB) $(SSL_LIB)
$(EMBED)/%.o: $(AMALGAMATION)/whatsapp_lua.c Makefile
	@mkdir -p $(@D)
	$(EMBEDDED) $(PARTS) -c -o $@ $(AMALGAMATION)/$(*:_small=).c
$(EMBED)/whatsapp_small.o: PARTS := -DWA_NO_DOCS
$(EMBED)/whatsapp_curl.o: PARTS := $(CURL_INC)
$(EMBED)/whatsapp_crypto.o: PARTS := $(SSL_INC)

# What the browser and strangers' clients need of npm is pinned. They run in a copy under build/, so that no npm package lies
# among the sources.
BROWSER := build/browser
$(BROWSER)/node_modules/.package-lock.json: spec/browser/package-lock.json
	@mkdir -p $(BROWSER) && cp spec/browser/package.json spec/browser/package-lock.json $(BROWSER)
	@cd $(BROWSER) && npm ci --silent --no-audit --no-fund || \
	  { echo "npm ci failed: the packages of spec/browser/package.json cannot be had from the registry" >&2; exit 1; }
browser = @cp spec/browser/*.mjs $(BROWSER) && eval "$$($(MAKE) -s env)"; PATH="$$PATH:/usr/sbin" node $(BROWSER)/$(1)
IN_BROWSER := deps-page $(BROWSER)/node_modules/.package-lock.json all
## the sandbox's page in Debian's chromium
test-page: $(IN_BROWSER) ; $(call browser,page.mjs)
## a stranger's client from npm against the sandbox
test-peers: $(IN_BROWSER) ; $(call browser,peers.mjs)
## the picture of the page in the README
screenshot: $(IN_BROWSER) ; $(call browser,screenshot.mjs) examples/sandbox.png

# ThreadSanitizer needs fixed addresses: setarch -R where it works.
## many Lua states in many threads, under ThreadSanitizer
threads: $(AMALGAMATION)/whatsapp_lua.c
	@mkdir -p build/threads
	$(CC) $(FLAGS) -O1 -g -fsanitize=thread -I$(AMALGAMATION) $(LUA_INC) $(CURL_INC) $(SSL_INC) \
	  -o build/threads/$(LUA) spec/support/threads.c $(AMALGAMATION)/*.c $(LUA_LIB) -lm $(CURL_LIB) $(SSL_LIB) -pthread
	$(shell setarch -R true 2>/dev/null && echo setarch -R) build/threads/$(LUA)

## the bytes that the core takes, and what messages and a client take of Lua's heap
size: $(AMALGAMATION)/whatsapp_lua.c
	@CC="$(CC)" LUA_INC="$(LUA_INC)" LUA_LIB="$(LUA_LIB)" spec/support/size.sh

# ---- benchmarks: they print, and judge nothing -----------------------------------------------------------------------------

BENCH := $(BUILD)/bench
## to check and write messages, against lua-cjson's encode and a bare walk of the tables
bench: core curl crypto $(BENCH)/floor.so
	@for name in core curl crypto; do strip -o $(BENCH)/$$name.stripped $(MODULE)/$$name.so || exit 1; done
	@eval "$$($(MAKE) -s env)"; LUA_CPATH="$(BENCH)/?.so;$$LUA_CPATH" $(LUA) spec/bench/encode.lua $(BENCH)

$(BENCH)/floor.so: spec/bench/floor.c src/compat.h Makefile
	@mkdir -p $(@D)
	$(CC) $(FLAGS) -D_POSIX_C_SOURCE=199309L $(CFLAGS) $(LUA_INC) $(LDFLAGS) $(SHARED) -o $@ $<

ROUNDS   ?= 5
MESSAGES ?= 100000
## to send, against raw libcurl, LuaSec, requests and fetch; ROUNDS=0: instructions only
bench-send: deps-bench
	@$(MAKE) --no-print-directory -s all $(BENCH)/floor.so $(BENCH)/send_raw
	@eval "$$($(MAKE) -s env)"; LUA_CPATH="$(BENCH)/?.so;$$LUA_CPATH" PATH="$$PATH:/usr/sbin" ROUNDS="$(ROUNDS)" \
	  MESSAGES="$(MESSAGES)" $(LUA) spec/bench/send.lua $(BENCH)/send_raw

$(BENCH)/send_raw: spec/bench/send_raw.c Makefile
	@mkdir -p $(@D)
	$(CC) $(FLAGS) $(CFLAGS) $(CURL_INC) $(LDFLAGS) -o $@ $< $(CURL_LIB)

# RUNS= says how many processes are killed, ENGINES= on which engines
KILLS    = $(if $(filter file,$(origin RUNS)),100,$(RUNS))
ENGINES ?= redis sqlite postgres
## the outbox while senders are killed and frozen, and engines are killed; fails if a message is lost, out of order or sent twice
crash: deps-crash
	@$(MAKE) --no-print-directory -s all
	@eval "$$($(MAKE) -s env)"; export PATH="$$PATH:/usr/sbin"; for engine in $(ENGINES); do \
	  $(LUA) spec/crash/run.lua $$engine $$(($(KILLS) * 10)) $(KILLS) $$(($(KILLS) / 10)) $$(($(KILLS) / 50)) hold 3600 || exit 1; done

QUEUED ?= 1000000
## a put, a claim among QUEUED, and the whole way of one sender, on each engine of the outbox
bench-outbox: deps-crash
	@$(MAKE) --no-print-directory -s all
	@eval "$$($(MAKE) -s env)"; PATH="$$PATH:/usr/sbin" $(LUA) spec/bench/outbox.lua memory,sqlite,redis,postgres 10000 $(QUEUED)

## the memory that 100 MB need on the way to and from files
bench-media: deps-test
	@$(MAKE) --no-print-directory -s all
	@eval "$$($(MAKE) -s env)"; $(LUA) spec/bench/media.lua

TURNS ?= 15
## to send in nginx, against a bare POST, and what else its worker does meanwhile; TURNS=15
bench-nginx: deps-nginx
	@$(MAKE) --no-print-directory -s all
	@eval "$$($(MAKE) -s env)"; export PATH="$$PATH:/usr/sbin" ROUNDS="$(TURNS)"; \
	  $(LUA) spec/bench/nginx_send.lua && echo && $(LUA) spec/bench/nginx.lua

## messages a second that the sandbox takes from wrk, by the clock and by its worker's processor time, and its memory; MESSAGES=100000
bench-sandbox: deps-nginx
	@$(MAKE) --no-print-directory -s all
	@eval "$$($(MAKE) -s env)"; PATH="$$PATH:/usr/sbin" MESSAGES="$(MESSAGES)" $(LUA) spec/bench/sandbox.lua

CONNECTIONS ?= 1000
SENDS  ?= 800000
EVENTS ?= 400000
## webhooks and sends a second at CONNECTIONS=1000, with latencies; memory over SENDS=800000 and EVENTS=400000
bench-load: deps-nginx
	@$(MAKE) --no-print-directory -s all $(BENCH)/floor.so
	@eval "$$($(MAKE) -s env)"; LUA_CPATH="$(BENCH)/?.so;$$LUA_CPATH" PATH="$$PATH:/usr/sbin" CONNECTIONS="$(CONNECTIONS)" \
	  SENDS="$(SENDS)" EVENTS="$(EVENTS)" ROUNDS="$(ROUNDS)" $(LUA) spec/bench/load.lua

ROWS ?= 1000000
## the program: its help, `validate`, and the memory of a million rows of CSV
bench-cli: deps-test
	@$(MAKE) --no-print-directory -s all
	@eval "$$($(MAKE) -s env)"; $(LUA) spec/bench/cli.lua $(MESSAGES) $(ROWS)

## to verify and read webhooks, against lua-cjson's decode
bench-webhook: core crypto $(BENCH)/floor.so
	@eval "$$($(MAKE) -s env)"; LUA_CPATH="$(BENCH)/?.so;$$LUA_CPATH" $(LUA) spec/bench/webhook.lua

## exchanges of a flow a second on one core, and how many RSA alone allows; prints, and judges nothing
bench-flows: core crypto
	@eval "$$($(MAKE) -s env)"; $(LUA) spec/bench/flows.lua

# no file has the name of a target
.PHONY: core curl crypto files sandbox-modules install-rock suite $(shell sed -n '/^## /{n;s/^\([a-z0-9-]*\):.*/\1/p}' Makefile)
