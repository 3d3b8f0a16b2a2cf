# lua-whatsapp: what can be done here. `make` builds for $(LUA); the README says what each target is for.
#   make [LUA=lua5.4|lua5.3|lua5.2|lua5.1|luajit|lua|...]   builds build/$(LUA)/whatsapp/*.so; else for the first of them that is here
#   make demo · sandbox · test · check · memcheck · sanitize · test-all · test-arm · test-be · test-musl · portable · bench · bench-send · bench-nginx
#        install · clean · env

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

# by the name, else as the program or its headers say; Debian's names are those of the version
VERSION  := $(shell sh spec/support/lua_version.sh "$(LUA)")
ABI      := lua$(VERSION)
PACKAGE  := $(shell sh spec/support/lua_package.sh $(VERSION))
LUA_INC  ?= $(or $(if $(PACKAGE),$(shell pkg-config --cflags $(PACKAGE))),-I/usr/include/$(ABI))
LUA_LIB  ?= $(or $(if $(PACKAGE),$(shell pkg-config --libs $(PACKAGE))),-l$(ABI))
CURL_INC ?= $(shell pkg-config --cflags libcurl 2>/dev/null)
CURL_LIB ?= $(or $(shell pkg-config --libs libcurl 2>/dev/null),-lcurl)
SSL_INC  ?= $(shell pkg-config --cflags libcrypto 2>/dev/null)
SSL_LIB  ?= $(or $(shell pkg-config --libs libcrypto 2>/dev/null),-lcrypto)
WARN     := -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes -Wwrite-strings \
            -Wcast-qual -Wundef -Wvla -Wformat=2 -Wswitch-enum -Werror=override-init
FLAGS    := -std=c99 -fPIC -fno-plt -fvisibility=hidden -fno-math-errno $(WARN) $(WERROR)
SHARED   := -shared $(if $(filter Darwin,$(shell uname -s)),-undefined dynamic_lookup)

BUILD  := build/$(LUA)
OFFLINE := spec/walk_spec.lua spec/advice_spec.lua spec/lists_spec.lua spec/limits_spec.lua spec/schema_spec.lua spec/message_spec.lua spec/recipient_spec.lua spec/values_spec.lua spec/clusters_spec.lua spec/response_spec.lua spec/retry_spec.lua spec/crypto_spec.lua \
           spec/golden_spec.lua spec/decode_spec.lua spec/webhook_spec.lua spec/webhook_handler_spec.lua spec/status_spec.lua spec/window_spec.lua
MODULE := $(BUILD)/whatsapp

# a folder of src/ is a module, with the files that all modules share: a new file is named nowhere here
SOURCES = $(wildcard src/$(1)/*.c src/*.c)
C      := $(sort $(foreach module,core curl crypto,$(call SOURCES,$(module))))
H      := $(wildcard src/*.h src/*/*.h)
OBJ     = $(patsubst src/%.c,$(BUILD)/obj/%.o,$(call SOURCES,$(1)))

# the program, for the Lua that was built for; `make env` puts its folder on PATH
PROGRAM := $(BUILD)/bin/whatsapp
$(PROGRAM): lua/whatsapp/cli/whatsapp Makefile
	@mkdir -p $(@D)
	@sed '1s|.*|#!/usr/bin/env $(LUA)|' $< >$@ && chmod +x $@

# MODULES=core builds and installs without libcurl and libcrypto
MODULES ?= core curl crypto

# The sandbox runs in nginx, whose Lua is LuaJIT: its two modules, unless this is a special build (BUILD=...) or a partial one
SANDBOX := $(if $(filter command% environment%,$(origin BUILD)),,$(if $(filter crypto,$(MODULES)),sandbox-modules))
all: $(MODULES) $(SANDBOX) $(PROGRAM)
	$(SAID)
core: $(MODULE)/core.so
curl: $(MODULE)/curl.so
crypto: $(MODULE)/crypto.so

$(MODULE)/core.so: $(call OBJ,core)
$(MODULE)/curl.so: $(call OBJ,curl)
$(MODULE)/curl.so: LIBS = $(CURL_LIB)
$(MODULE)/crypto.so: $(call OBJ,crypto)
$(MODULE)/crypto.so: LIBS = $(SSL_LIB)
$(MODULE)/%.so:
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(LDFLAGS) $(SHARED) -o $@ $^ $(LIBS)

# each module with the headers of its own library and of no other: the core can be built where there is neither
$(BUILD)/obj/curl/%.o: INC = $(CURL_INC)
$(BUILD)/obj/crypto/%.o: INC = $(SSL_INC)
$(BUILD)/obj/%.o: src/%.c Makefile | $(BUILD)/headers
	@mkdir -p $(@D)
	$(CC) $(FLAGS) $(CFLAGS) $(LUA_INC) $(INC) -MMD -MP -c -o $@ $<

# what runs rarely is built small: texts of problems, the list of the schema, its compiler
$(foreach file,errors export compile,$(BUILD)/obj/core/$(file).o): CFLAGS += -Os

-include $(wildcard $(BUILD)/obj/*.d $(BUILD)/obj/*/*.d)

# asked once a build: without Lua's headers the compiler would say the same in a hundred lines. Where they are there and
# another one is not, as Debian's are made for this machine only, its own words are shown
$(BUILD)/headers:
	@mkdir -p $(@D)
	@echo '#include <lauxlib.h>' | $(CC) $(LUA_INC) -E - >/dev/null 2>&1 && : >$@ || { \
	  echo '#include <lauxlib.h>' | $(CC) $(LUA_INC) -E - 2>&1 >/dev/null | grep error | grep >&2 -v lauxlib.h; \
	  echo >&2 "no headers of $(LUA): on Debian" \
	  "apt install $(if $(filter luajit%,$(LUA)),luajit2,$(ABI)) lib$(ABI:lua5.1=lua5.1-0)-dev; else LUA=... names another Lua, LUA_INC=-I... its headers"; exit 1; }

# what a shell needs to use the build: eval "$(make -s env)". The shell that evaluates it runs nothing of a value, whatever
# the folder's name holds: each is in single quotes, and the folder comes from the shell, never through the text of a recipe
env: export ENV_LUA = $(LUA)
env: export ENV_BUILD = $(BUILD)
env:
	@quoted() { value=$$(printf '%s.' "$$2" | sed "s/'/'\\\\''/g"); printf " %s='%s'" "$$1" "$${value%.}"; }; \
	  printf export; quoted LUA "$$ENV_LUA"; quoted LUA_PATH "$$PWD/lua/?.lua;$$PWD/lua/?/init.lua;;"; \
	  quoted LUA_CPATH "$$PWD/$$ENV_BUILD/?.so;;"; \
	  quoted PATH "$$PWD/$$ENV_BUILD/bin:"; printf '"$$PATH"'; echo

# what a variable of this file is: make -s say-WARN
say-%: ; @echo '$($*)'

# With the headers of Lua 5.1, else those of LuaJIT; where there are none, nothing is built, and the sandbox names the package.
# The variables of this make are for another Lua, so that make is begun anew
AFRESH = env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL $(MAKE) --no-print-directory -s CC="$(CC)" CFLAGS="$(CFLAGS)" BUILD=build/lua5.1
sandbox-modules:
ifneq ($(LUA),lua5.1)
	@for lua in lua5.1 luajit; do \
	  if $(AFRESH) LUA=$$lua build/lua5.1/headers >/dev/null 2>&1; then $(AFRESH) LUA=$$lua core crypto; exit; fi; done
endif

# a WhatsApp of your own in a browser, until Ctrl-C; PORT=0 takes a free port, WEBHOOK=URL gets the webhooks
PORT ?= 9428
sandbox: deps-demo
	@$(MAKE) --no-print-directory -s all && eval "$$($(MAKE) -s env)" && PORT="$(PORT)" WEBHOOK="$(WEBHOOK)" $$LUA examples/sandbox.lua

DEPS_BUILD := gcc libc6-dev make pkg-config lua5.4 liblua5.4-dev liblua5.1-0-dev libcurl4-openssl-dev libssl-dev lua-cjson lua-argparse
DEPS_DEMO  := $(DEPS_BUILD) nginx libnginx-mod-http-lua openssl ca-certificates
DEPS_lua5.1 := lua5.1
DEPS_lua5.2 := lua5.2 liblua5.2-dev
DEPS_lua5.3 := lua5.3 liblua5.3-dev
DEPS_luajit := luajit2
DEPS_TEST  := $(DEPS_DEMO) lua-busted lua-cqueues lua-luaossl lua-luv luarocks locales $(DEPS_$(LUA))
DEPS_CHECK := $(DEPS_TEST) clang clang-format cppcheck lua-check binutils liblua5.2-dev liblua5.3-dev libluajit2-5.1-dev
DEPS_BENCH := $(DEPS_DEMO) valgrind lua-sec lua-socket python3-requests nodejs util-linux
DEPS_NGINX := $(DEPS_DEMO) wrk
DEPS_ALL   := $(DEPS_TEST) $(DEPS_lua5.1) $(DEPS_lua5.2) $(DEPS_lua5.3) $(DEPS_luajit)
DEPS_CROSS := $(DEPS_BUILD) qemu-user-static
DEPS_ARM   := $(DEPS_CROSS) gcc-arm-linux-gnueabihf libc6-dev-armhf-cross
DEPS_BE    := $(DEPS_CROSS) gcc-powerpc64-linux-gnu libc6-dev-ppc64-cross gcc-mips-linux-gnu libc6-dev-mips-cross
DEPS_MUSL  := $(DEPS_BUILD) musl-tools
DEPS_PORTABLE := $(DEPS_TEST) gcc-mingw-w64-x86-64

deps-demo:  ; @sh spec/support/deps.sh $(DEPS_DEMO)
deps-test:  ; @sh spec/support/deps.sh $(DEPS_TEST)
deps-check: ; @sh spec/support/deps.sh $(DEPS_CHECK)
deps-all:   ; @sh spec/support/deps.sh $(DEPS_ALL)
deps-bench: ; @sh spec/support/deps.sh $(DEPS_BENCH)
deps-nginx: ; @sh spec/support/deps.sh $(DEPS_NGINX)
deps-arm:   ; @sh spec/support/deps.sh $(DEPS_ARM)
deps-be:    ; @sh spec/support/deps.sh $(DEPS_BE)
deps-musl:  ; @sh spec/support/deps.sh $(DEPS_MUSL)
deps-portable: ; @sh spec/support/deps.sh $(DEPS_PORTABLE)

# make deps first, then make again: what was missing may change what pkg-config says
demo: deps-demo ; @$(MAKE) --no-print-directory -s all && eval "$$($(MAKE) -s env)" && $$LUA examples/demo.lua

test: deps-test ; @$(MAKE) --no-print-directory -s all && $(MAKE) --no-print-directory -s suite

# the specs, under the Lua that was asked for
suite: all
	@eval "$$($(MAKE) -s env)"; PATH="$$PATH:/usr/sbin" NGINX_BIN="$(NGINX_BIN)" $(RUN) $(LUA) $(BUSTED) $(SPECS)

test-all: deps-all
	@for lua in lua5.4 lua5.3 lua5.2 lua5.1 luajit; do \
	  echo "== $$lua"; $(MAKE) --no-print-directory -s LUA=$$lua all suite || exit 1; done

# other processors under qemu-user, another libc: the golden rows, and whatever the core makes of the schema
test-arm: deps-arm ; @sh spec/support/cross.sh arm
test-be: deps-be ; @sh spec/support/cross.sh powerpc64 mips
test-musl: deps-musl ; @sh spec/support/cross.sh musl

# where there is no epoll, and Windows
portable: deps-portable ; @sh spec/support/portable.sh $(LUA) $(BUSTED)

memcheck: all
	@$(MAKE) --no-print-directory suite RUN="valgrind -q --error-exitcode=9 --leak-check=full --show-leak-kinds=definite,indirect \
	  --errors-for-leak-kinds=definite,indirect --child-silent-after-fork=yes"

# the core and what needs no network, with both sanitizers; leaks are memcheck's
sanitize:
	@$(MAKE) --no-print-directory -s all suite BUILD=build/sanitize CFLAGS="-O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all" \
	  SPECS="$(OFFLINE)" \
	  RUN="env ASAN_OPTIONS=detect_leaks=0 LD_PRELOAD=$$(gcc -print-file-name=libasan.so):$$(gcc -print-file-name=libubsan.so)"

# the modules linked into a host of its own, whose allocator fails at the n-th allocation, for every n
torture:
	@mkdir -p build/torture
	$(CC) $(FLAGS) -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all $(LUA_INC) $(CURL_INC) $(SSL_INC) -o build/torture/$(LUA) \
	  spec/support/torture.c $(sort $(foreach module,core curl crypto,$(call SOURCES,$(module)))) $(LUA_LIB) -lm \
	  $(CURL_LIB) $(SSL_LIB)
	eval "$$($(MAKE) -s env)"; build/torture/$(LUA) $(CASES)

# bytes become messages; RUNS of them, or for ever with RUNS=-1 (clang, Lua 5.4). Words come from the schema, so that
# comparisons need not be traced, and what is short is found and tried soonest
RUNS ?= 1000000
FUZZER := clang $(FLAGS) -O2 -g -fsanitize=fuzzer,address,undefined -fno-sanitize-coverage=trace-cmp \
          -fno-sanitize-recover=all $(LUA_INC)
fuzz:
	@mkdir -p build/fuzz/corpus
	$(FUZZER) -o build/fuzz/encode spec/support/fuzz_encode.c $(call SOURCES,core) $(LUA_LIB) -lm
	ASAN_OPTIONS=quarantine_size_mb=8 build/fuzz/encode -runs=$(RUNS) -max_len=600 -timeout=60 -rss_limit_mb=4096 -artifact_prefix=build/fuzz/ build/fuzz/corpus

# bytes become bodies of webhooks, raw or made of their words; lua-cjson's own leaks are not looked for
# what a file may be made of; FILES= says how many
FILES ?= 1000000
fuzz-sniff: all
	eval "$$($(MAKE) -s env)"; $$LUA spec/support/fuzz_sniff.lua $(FILES)

# what a server may answer to a request over cosockets; ANSWERS= says how many
ANSWERS ?= 1000000
fuzz-http1: all
	eval "$$($(MAKE) -s env)"; $$LUA spec/support/fuzz_http1.lua $(ANSWERS)

fuzz-webhook:
	@mkdir -p build/fuzz/webhook-corpus
	$(FUZZER) -o build/fuzz/webhook spec/support/fuzz_webhook.c $(sort $(call SOURCES,core) $(call SOURCES,crypto)) $(LUA_LIB) -lm $(SSL_LIB)
	eval "$$($(MAKE) -s env)"; ASAN_OPTIONS=quarantine_size_mb=8:detect_leaks=0 build/fuzz/webhook -runs=$(RUNS) -max_len=800 \
	  -timeout=60 -rss_limit_mb=4096 -artifact_prefix=build/fuzz/ build/fuzz/webhook-corpus

# the library as files that a C program compiles in: whatsapp.h, one for each C module, and one that has the Lua files
AMALGAMATION := build/amalgamation
amalgamation: $(AMALGAMATION)/whatsapp_lua.c
$(AMALGAMATION)/whatsapp_lua.c: $(C) $(H) $(wildcard src/embed/*) src/modules.lua $(shell find lua -name '*.lua')
	@mkdir -p $(@D)
	$(LUA) src/embed/amalgamate.lua $(@D)

# a C program that sends, out of these files: with the core alone and small, and with libcurl and libcrypto
EMBED := $(BUILD)/embed
HOST  := examples/embed/host.c
EMBEDDED = $(CC) $(FLAGS) -Os -g -I$(AMALGAMATION) $(LUA_INC)
embed: $(EMBED)/host $(EMBED)/host_all
$(EMBED)/host: $(HOST) $(addprefix $(EMBED)/,whatsapp_small.o whatsapp_lua.o)
	$(EMBEDDED) -o $@ $^ $(LUA_LIB) -lm
$(EMBED)/host_all: $(HOST) $(addprefix $(EMBED)/,whatsapp.o whatsapp_lua.o whatsapp_curl.o whatsapp_crypto.o)
	$(EMBEDDED) -DHOST_HAS_ALL -o $@ $^ $(LUA_LIB) -lm $(CURL_LIB) $(SSL_LIB)
$(EMBED)/%.o: $(AMALGAMATION)/whatsapp_lua.c Makefile
	@mkdir -p $(@D)
	$(EMBEDDED) $(PARTS) -c -o $@ $(AMALGAMATION)/$(*:_small=).c
$(EMBED)/whatsapp_small.o: PARTS := -DWA_NO_DOCS
$(EMBED)/whatsapp_curl.o: PARTS := $(CURL_INC)
$(EMBED)/whatsapp_crypto.o: PARTS := $(SSL_INC)

# many Lua states in many threads, under ThreadSanitizer; where it cannot have its addresses (high randomisation), without that
threads: $(AMALGAMATION)/whatsapp_lua.c
	@mkdir -p build/threads
	$(CC) $(FLAGS) -O1 -g -fsanitize=thread -I$(AMALGAMATION) $(LUA_INC) $(CURL_INC) $(SSL_INC) \
	  -o build/threads/$(LUA) spec/support/threads.c $(AMALGAMATION)/*.c $(LUA_LIB) -lm $(CURL_LIB) $(SSL_LIB) -pthread
	$(shell setarch -R true 2>/dev/null && echo setarch -R) build/threads/$(LUA)

# what the core takes of a device, in bytes, and of Lua's heap; prints, and judges nothing
size: $(AMALGAMATION)/whatsapp_lua.c
	@CC="$(CC)" LUA_INC="$(LUA_INC)" LUA_LIB="$(LUA_LIB)" spec/support/size.sh

# a Lua whose integers and floats have 32 bits: nothing may be written that is not what was meant
NARROW := build/32bits
32bits:
	@mkdir -p $(NARROW)
	@source=$$(spec/support/lua_source.sh) && cp "$$source"/src/*.[ch] $(NARROW) && rm $(NARROW)/luac.c
	@sed -i 's/^#define LUA_32BITS.*/#define LUA_32BITS 1/' $(NARROW)/luaconf.h
	$(CC) -std=gnu99 -O1 -g -DLUA_USE_LINUX -Wl,-E -o $(NARROW)/lua $(NARROW)/*.c -lm -ldl
	@$(MAKE) --no-print-directory -s LUA=lua5.4 BUILD=$(NARROW) LUA_INC=-I$(NARROW) WERROR=-Werror all
	LUA_PATH="lua/?.lua;lua/?/init.lua" LUA_CPATH="$(NARROW)/?.so" $(NARROW)/lua spec/support/narrow.lua

# the specs that need no network, under a Lua that checks how its API is used (LUA_USE_APICHECK) and asserts what it believes
apicheck: deps-test
	@for version in 5.4.4 5.1.5; do CC="$(CC)" BUSTED="$(BUSTED)" sh spec/support/apicheck.sh $$version $(OFFLINE) || exit 1; done

# the lines of the C core that the specs run
coverage:
	@rm -rf build/coverage
	@$(MAKE) --no-print-directory -s suite BUILD=build/coverage CFLAGS="-O0 -g --coverage" SPECS="$(OFFLINE)" >/dev/null
	@for file in $(patsubst src/%.c,%,$(call SOURCES,core)); do gcov -n build/coverage/obj/$$file.gcda 2>/dev/null | \
	  awk -v file=$$file '/^File .src.*\.c/ {own = 1; next} /^File/ {own = 0} own && /^Lines/ {print file, $$0; own = 0}'; done | \
	  awk '{split($$3, a, ":"); percent = a[2] + 0; lines = $$NF; run += percent * lines / 100; all += lines; \
	    printf "%-14s %6.1f %% of %d lines\n", $$1, percent, lines} END {printf "%-14s %6.1f %% of %d lines\n", "core", 100 * run / all, all}'

# what is generated from the schema; make check compares
# the classes of code points, from the Unicode data of this machine's perl
unicode: ; perl spec/support/unicode.pl >lua/whatsapp/util/unicode.lua

MAN := io.write(require("whatsapp.cli.man").page())
docs: core
	@eval "$$($(MAKE) -s env)"; $(LUA) src/gen.lua lua/whatsapp && $(LUA) -e '$(MAN)' >lua/whatsapp/cli/whatsapp.1

# the modules and their files, as the folders have them; make check compares
rockspec: ; @$(LUA) src/modules.lua

# the encoder against lua-cjson and against a bare walk of the same tables, in times and in instructions; judges nothing
BENCH := $(BUILD)/bench
bench: core curl crypto $(BENCH)/floor.so
	@for name in core curl crypto; do strip -o $(BENCH)/$$name.stripped $(MODULE)/$$name.so || exit 1; done
	@eval "$$($(MAKE) -s env)"; LUA_CPATH="$(BENCH)/?.so;$$LUA_CPATH" $(LUA) spec/bench/encode.lua $(BENCH)

$(BENCH)/floor.so: spec/bench/floor.c src/compat.h Makefile
	@mkdir -p $(@D)
	$(CC) $(FLAGS) -D_POSIX_C_SOURCE=199309L $(CFLAGS) $(LUA_INC) $(LDFLAGS) $(SHARED) -o $@ $<

# sending, against libcurl that sends ready bytes and other ways to send; prints, and judges nothing
ROUNDS   ?= 5
MESSAGES ?= 100000
bench-send: deps-bench
	@$(MAKE) --no-print-directory -s all $(BENCH)/floor.so $(BENCH)/send_raw
	@eval "$$($(MAKE) -s env)"; LUA_CPATH="$(BENCH)/?.so;$$LUA_CPATH" PATH="$$PATH:/usr/sbin" ROUNDS="$(ROUNDS)" \
	  MESSAGES="$(MESSAGES)" $(LUA) spec/bench/send.lua $(BENCH)/send_raw

$(BENCH)/send_raw: spec/bench/send_raw.c Makefile
	@mkdir -p $(@D)
	$(CC) $(FLAGS) $(CFLAGS) $(CURL_INC) $(LDFLAGS) -o $@ $< $(CURL_LIB)

# the memory that 100 MB need on the way to and from files; prints, and judges nothing
bench-media: deps-test
	@$(MAKE) --no-print-directory -s all
	@eval "$$($(MAKE) -s env)"; $(LUA) spec/bench/media.lua

# what else an nginx worker does while it sends; prints, and judges nothing
TURNS ?= 15
bench-nginx: deps-nginx
	@$(MAKE) --no-print-directory -s all
	@eval "$$($(MAKE) -s env)"; PATH="$$PATH:/usr/sbin" ROUNDS="$(TURNS)" $(LUA) spec/bench/nginx.lua

# the program: its help, validate, and the memory of a million rows of CSV; prints, and judges nothing
ROWS ?= 1000000
bench-cli: deps-test
	@$(MAKE) --no-print-directory -s all
	@eval "$$($(MAKE) -s env)"; $(LUA) spec/bench/cli.lua $(MESSAGES) $(ROWS)

check: deps-check ; @sh spec/support/check.sh

install: all
	install -d "$(DESTDIR)$(PREFIX)/lib/lua/$(VERSION)/whatsapp" "$(DESTDIR)$(PREFIX)/share/lua/$(VERSION)"
	install -m 755 $(MODULES:%=$(MODULE)/%.so) "$(DESTDIR)$(PREFIX)/lib/lua/$(VERSION)/whatsapp"
	cp -R lua/whatsapp "$(DESTDIR)$(PREFIX)/share/lua/$(VERSION)/"
	install -d "$(DESTDIR)$(PREFIX)/bin" "$(DESTDIR)$(PREFIX)/share/man/man1"
	install -m 755 $(PROGRAM) "$(DESTDIR)$(PREFIX)/bin"
	install -m 644 lua/whatsapp/cli/whatsapp.1 "$(DESTDIR)$(PREFIX)/share/man/man1"
	@if [ -e build/lua5.1/whatsapp/crypto.so ]; then \
	  folder="$(DESTDIR)$(PREFIX)/share/lua/$(VERSION)/whatsapp/sandbox/lua5.1/whatsapp"; \
	  install -d "$$folder" && install -m 755 build/lua5.1/whatsapp/core.so build/lua5.1/whatsapp/crypto.so "$$folder"; fi

clean:
	rm -rf build

# verifying and reading webhooks against lua-cjson's decode alone; prints, and judges nothing
bench-webhook: core crypto $(BENCH)/floor.so
	@eval "$$($(MAKE) -s env)"; LUA_CPATH="$(BENCH)/?.so;$$LUA_CPATH" $(LUA) spec/bench/webhook.lua

.PHONY: unicode all core curl crypto env sandbox sandbox-modules deps-demo deps-test deps-check deps-all deps-bench deps-nginx deps-arm deps-be deps-musl deps-portable portable demo test suite \
        test-all test-arm test-be test-musl memcheck sanitize coverage amalgamation embed threads size 32bits apicheck torture fuzz \
        fuzz-webhook fuzz-sniff fuzz-http1 docs rockspec check bench bench-cli bench-send bench-webhook bench-nginx bench-media install clean
