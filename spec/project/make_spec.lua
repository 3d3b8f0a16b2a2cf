-- The behaviour of `make` on a machine that has another Lua than 5.4, or no Lua. Each test has its PATH, with programs that do
-- nothing. Builds only in a folder under build/, which is removed.
local output = require "spec.support.output"
local write = require "spec.support.write"

-- removes the variables and the Lua of a make that may run this spec
local function output_of(command)
  return output("env -u LUA -u LUA_PATH -u LUA_CPATH -u MAKEFLAGS -u MFLAGS -u MAKELEVEL -u MAKEOVERRIDES " .. command .. " 2>&1")
end

local function sh(command) return output_of("sh -c '" .. command .. "'") end

describe("make", function()
  local folder

  -- a folder with every program of the system except Lua, and a pkg-config that knows no Lua
  setup(function()
    folder = sh("mktemp -d build/path.XXXXXX"):match "%S+"
    sh(("ln -s /usr/bin/* /bin/* %s/ 2>/dev/null; rm -f %s/lua* %s/pkg-config"):format(folder, folder, folder))
  end)

  teardown(function() sh("rm -rf " .. folder) end)

  -- removes the link of that name first: a write to it would replace the system's own program
  local function program(name, line)
    sh(("rm -f %s/%s"):format(folder, name))
    sh("chmod +x " .. write(folder .. "/" .. name, "#!/bin/sh\n" .. line .. "\n"))
  end

  local function has(...)
    for _, name in ipairs { ... } do program(name, "") end
  end

  local function knows_headers_of(name) program("pkg-config", ('test "$2" = "%s"'):format(name)) end

  before_each(function()
    sh(("rm -f %s/lua* %s/pkg-config"):format(folder, folder))
    knows_headers_of "none"
  end)

  local function make(arguments)
    return output_of(("env PATH='%s' INCLUDE=/nowhere make -s %s"):format(folder, arguments))
  end

  local function found() return make("env"):match "^export LUA='(.-)'" end

  -- a folder whose name has characters of the shell, with the files that `make env` needs
  local function tree(name)
    local path = folder .. "/trees/" .. name
    local quoted = "'" .. path:gsub("'", "'\\''") .. "'"
    output(("mkdir -p %s/spec %s/lua && ln -s $PWD/Makefile %s/Makefile && ln -s $PWD/spec/support %s/spec/support && ln -s $PWD/src %s/src")
      :gsub("%%s", (quoted:gsub("%%", "%%%%"))))
    return path, quoted
  end

  it("has an `env` that works, and runs no part of the folder's name", function()
    has "lua5.4"
    for _, name in ipairs { "plain", "a b", "a  b", "it's", 'a"b', "a'\"'b", "$(touch ran)", "`touch ran`", "$HOME", "${x}", "a;touch ran",
      "a&touch ran&", "a|b", "a\\b", "a\nb", "a\ntouch ran\n", "\n", "a*", "~", "!x", "#x", "a$$b", "$(shell touch ran)", "a\tb", "-n", "a%sb",
      "\\n", "'; touch ran; '" } do
      local path, quoted = tree(name)
      local shell = write(folder .. "/shell", ([[cd %s && eval "$(PATH='%s' INCLUDE=/nowhere make -s env)" && echo done &&
        printf '%%s\n' "$LUA" "$LUA_PATH" "$LUA_CPATH"]]):format(quoted, output "printf %s \"$PWD\"" .. "/" .. folder))
      local printed = output_of("sh " .. shell)
      local root = output "printf %s \"$PWD\"" .. "/" .. path
      assert.equal(("done\nlua5.4\n%s/lua/?.lua;%s/lua/?/init.lua;;\n%s/build/lua5.4/?.so;;\n"):gsub("%%s", (root:gsub("%%", "%%%%"))), printed, name)
      assert.equal("", output(("find %s/trees -name ran"):format(folder)), name)
    end
  end)

  it("has an `env` that quotes the name of the Lua, too", function()
    for _, name in ipairs { "a b", "it's", "a\\\\b" } do
      local printed = make(("'LUA=%s' env"):format((name:gsub("'", "'\\''"))))
      local shell = write(folder .. "/shell", printed .. '\nprintf "%s" "$LUA"')
      assert.equal(name, output("sh " .. shell))
    end
  end)

  it("builds for the installed Lua", function()
    for _, name in ipairs { "lua5.4", "lua5.3", "lua5.2", "luajit", "lua5.1", "lua54", "lua-5.4", "lua53", "lua-5.1", "lua" } do
      has(name)
      assert.equal(name, found())
      sh(("rm %s/%s"):format(folder, name))
    end
  end)

  it("prefers 5.4, 5.3, 5.2, LuaJIT and 5.1, in this order", function()
    for _, name in ipairs { "lua5.1", "luajit", "lua5.2", "lua5.3", "lua5.4" } do
      has(name)
      assert.equal(name, found())
    end
  end)

  it("prefers a Lua that has headers", function()
    has("lua5.4", "lua5.3", "luajit")
    knows_headers_of "lua5.3"
    assert.equal("lua5.3", found())
    knows_headers_of "lua5.1"
    assert.equal("luajit", found())
  end)

  it("uses the Lua that the user names", function()
    has "lua5.4"
    assert.equal("export LUA='lua5.2'", make("LUA=lua5.2 env"):match "^export LUA='.-'")
  end)

  it("builds nothing for a Lua whose version it cannot tell, unless the user names its headers", function()
    for _, name in ipairs { "lua9.9", "lua6", "moon" } do
      local said = make(("LUA=%s BUILD=%s/none core"):format(name, folder))
      assert.is_truthy(said:find("the version of LUA=" .. name .. " is not known", 1, true), said)
    end
    local said = make(("LUA=moon LUA_INC=-I/nowhere BUILD=%s/none core"):format(folder))
    assert.is_truthy(said:find("no headers of moon", 1, true), said)
  end)

  it("prints the name of the Lua that it uses, if this is not 5.4", function()
    has "lua5.1"
    local build = folder .. "/built"
    assert.equal("built for lua5.1, the first Lua found; make LUA=... names another\n", make("BUILD=" .. build .. " CFLAGS=-O0 all"))
    assert.equal(build .. "/whatsapp/core.so\n", sh("ls " .. build .. "/whatsapp/core.so"))
    assert.equal("", make("BUILD=" .. build .. " CFLAGS=-O0 LUA=lua5.1 all"))
  end)

  it("says what to install if there is no Lua", function()
    local said = make("LUA_INC=-I/nowhere BUILD=" .. folder .. "/none core")
    assert.is_truthy(said:find("^no headers of lua5%.4: on Debian apt install lua5%.4 liblua5%.4%-dev; "), said)
    local _, lines = said:gsub("\n", "")
    assert.equal(2, lines, said) -- this error, and make's own error
    assert.is_truthy(make("LUA=luajit LUA_INC=-I/nowhere BUILD=" .. folder .. "/none core"):find("install luajit2 liblua5.1-0-dev;", 1, true))
  end)

  it("builds the core with Lua's headers alone", function()
    has "lua5.4"
    local build = folder .. "/alone"
    assert.equal("", make("CURL_INC=-I/nowhere CFLAGS=-O0 BUILD=" .. build .. " core"))
    local commands = make("-n CURL_INC=-DCURL SSL_INC=-DSSL BUILD=" .. build .. "2 all")
    for command in commands:gmatch "[^\n]+ %-o %S+%.o [^\n]+" do
      local module_folder = command:match "src/([%w_]+)/[%w_]+%.c"
      assert.equal(module_folder == "curl", command:find("-DCURL", 1, true) ~= nil, command)
      assert.equal(module_folder == "crypto", command:find("-DSSL", 1, true) ~= nil, command)
    end
  end)

  it("asks the program for its version if the name does not tell it; if there is no program, the headers", function()
    local function version(arguments) return make("LUA=lua say-LUA_VERSION " .. (arguments or "")):match "%S+" end
    program("lua", "echo 5.3")
    assert.equal("5.3", version())
    knows_headers_of "lua5.3"
    assert.equal("lua", found())
    has "lua5.2" -- it has no headers
    assert.equal("lua", found())
    program("lua", "")
    assert.equal("5.4", version())
    write(folder .. "/lua.h", "#define LUA_VERSION_NUM\t502\n")
    assert.equal("5.2", output_of(("env PATH='%s' INCLUDE=%s make -s LUA=lua say-LUA_VERSION"):format(folder, folder)):match "%S+")
  end)

  it("knows the names that other systems have for Lua's package", function()
    for _, name in ipairs { "lua5.4", "lua-5.4", "lua54" } do
      program("pkg-config", ('case "$1 $2" in "--exists %s") ;; "--cflags %s") echo -I/of/%s ;; *) exit 1 ;; esac'):format(name, name, name))
      assert.equal("-I/of/" .. name, make("LUA=lua54 say-LUA_INC"):match "%S+")
    end
    program("pkg-config", 'case "$1 $2" in "--modversion lua") echo 5.4.6 ;; "--cflags lua") echo -I/of/lua ;; *) exit 1 ;; esac')
    assert.equal("-I/of/lua", make("LUA=lua5.4 say-LUA_INC"):match "%S+")
    assert.equal("-I/usr/include/lua5.3", make("LUA=lua5.3 say-LUA_INC"):match "%S+")
  end)

  it("installs into the folders that each Lua searches", function()
    program("lua", "echo 5.3")
    for name, version in pairs { ["lua5.4"] = "5.4", ["lua5.3"] = "5.3", ["lua5.2"] = "5.2", ["lua5.1"] = "5.1", luajit = "5.1",
      lua54 = "5.4", ["lua-5.4"] = "5.4", lua = "5.3" } do
      local commands = make("-n DESTDIR=/d LUA=" .. name .. " install")
      for _, command in ipairs { '%s/core.so %s/curl.so %s/crypto.so %s/files.so "/d/usr/local/lib/lua/VERSION/whatsapp"',
        'cp -R lua/whatsapp "/d/usr/local/share/lua/VERSION/"' } do
        command = command:gsub("VERSION", version):gsub("%%s", "build/" .. name .. "/whatsapp")
        assert.is_truthy(commands:find(command, 1, true), commands)
      end
    end
  end)

  it("installs only the core, if the user asks for that", function()
    has "lua5.4"
    local image = folder .. "/image"
    assert.equal("", make(("MODULES=core CFLAGS=-O0 CURL_LIB=-lnone SSL_LIB=-lnone BUILD=%s/bare DESTDIR=%s install"):format(folder, image)))
    assert.equal("core.so\n", sh("ls " .. image .. "/usr/local/lib/lua/5.4/whatsapp"))
    assert.equal("init.lua\n", sh(("cd %s/usr/local/share/lua/5.4/whatsapp && ls init.lua"):format(image)))
  end)

  it("says in one line what to install if a library has no headers", function()
    has "lua5.4"
    for row, words in pairs {
      ["CURL_INC=-nostdinc BUILD=%s/bare1 curl"] = "no headers of libcurl: on Debian apt install libcurl4-openssl-dev; ",
      ["SSL_INC=-nostdinc BUILD=%s/bare2 crypto"] = "no headers of OpenSSL: on Debian apt install libssl-dev; ",
    } do
      local said = make("MODULES= CFLAGS=-O0 " .. row:format(folder))
      assert.equal(1, said:find(words, 1, true), said)
      local _, lines = said:gsub("\n", "")
      assert.equal(2, lines, said) -- this error, and make's own error
    end
  end)

  it("says what `require` needs if Lua does not look into the prefix, and removes what it installed", function()
    local home = output "printf %s \"$PWD\"" .. "/" .. folder .. "/home"
    sh(("ln -s /usr/bin/lua5.4 %s/lua5.4"):format(folder))
    local arguments = ("MODULES=core CFLAGS=-O0 BUILD=%s/bare HOME=%s PREFIX='~/.local' "):format(folder, home)
    local said = make(arguments .. "install")
    local line = assert(said:match "needs:\n  (export [^\n]+)\n$", said)
    assert.equal("whatsapp\n", output_of(("sh -c \"%s; cd / && lua5.4 -e 'print(require([[whatsapp]]) and [[whatsapp]])'\"")
      :format(line)))
    assert.equal("", make(arguments .. "uninstall"):gsub("rm [^\n]*\n", ""))
    assert.equal("", sh("find " .. home .. " -type f"))
  end)

  it("says nothing about `require` if Lua looks into the prefix", function()
    for _, version in ipairs { "5.1", "5.2", "5.3", "5.4" } do -- nothing too if this Lua is not installed here
      assert.equal("", output(("sh spec/support/where.sh lua%s '' /usr/local %s 2>&1"):format(version, version)))
    end
  end)

  it("prints a short line for each file, or the commands with V=1", function()
    has "lua5.4"
    local build = ("MODULES=files SANDBOX= CFLAGS=-O0 BUILD=%s/short all"):format(folder)
    local said = output_of(("env PATH='%s' make %s"):format(folder, build))
    assert.truthy(("\n" .. said):find("\ncompile src/files/files.c\n", 1, true), said)
    for line in said:gmatch "[^\n]+" do assert.is_true(#line <= 100, line) end
    sh(("rm -r %s/short"):format(folder))
    assert.truthy(output_of(("env PATH='%s' make V=1 %s"):format(folder, build)):find(" -c -o ", 1, true))
  end)

  it("names missing Debian packages, and never calls sudo", function()
    program("dpkg-query", "exit 1")
    program("sudo", "echo called sudo")
    program("apt-get", 'echo "$@" >> ' .. folder .. "/asked")
    program("id", "echo 1000")
    local said = make "deps-demo"
    assert.truthy(said:find("\n  sudo apt-get install --no-install-recommends gcc ", 1, true), said)
    assert.falsy(said:find("called sudo", 1, true))
    assert.equal("", sh(("cat %s/asked 2>/dev/null"):format(folder)))
    program("id", "echo 0")
    said = make "deps-demo"
    assert.equal(1, said:find("installing with apt-get: gcc ", 1, true), said)
    assert.truthy(sh(("cat %s/asked"):format(folder)):find("install gcc ", 1, true))
    sh(("ln -sf /usr/bin/id /usr/bin/dpkg-query %s/; rm %s/sudo; ln -sf /usr/bin/apt-get %s/"):format(folder, folder, folder))
  end)

  it("has a `help` with every target that a person calls", function()
    local said = make "help"
    for _, target in ipairs { "all", "install", "uninstall", "test", "check", "demo", "bench-nginx", "clean", "env" } do
      assert.truthy(said:find(("  make %-14s "):format(target), 1, true), target)
    end
    for target in require("spec.support.read") "Makefile":gmatch "\n([a-z0-9-]+): [^\n]*" do
      local is_part = ({ core = 1, curl = 1, crypto = 1, files = 1, ["install-rock"] = 1, sandbox = 1, suite = 1, env = 1 })[target]
      assert.truthy(is_part or said:find("make " .. target .. " ", 1, true), target .. " has no line ## above it")
    end
  end)
end)
