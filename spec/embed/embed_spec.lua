-- The library as files that a C program compiles in. The files compile without a warning, and export only the documented symbols;
-- a program of only these files sends messages; when it has no memory left, it prints an error. Sends only to the program itself.
local read = require "spec.support.read"
local run = require "spec.support.run"
local scratch_folder = require "spec.support.scratch"

local lua = os.getenv "LUA" or "lua5.4"
local SCRIPT = "examples/embed/send.lua"

local function make(rest)
  local status, output = run(("env -u MAKEFLAGS -u MAKELEVEL make -s LUA=%s %s"):format(lua, rest))
  assert(status == 0, output)
  return output
end

local lua_modules = require "spec.support.modules"
local scratch = scratch_folder.new()

describe("the library in a C program", function()
  local built = ("build/%s/embed"):format(lua)
  local host, host_all = built .. "/host", built .. "/host_all"
  run("rm -rf " .. built)
  local compiled = make "embed WERROR=-Werror"

  teardown(function() scratch.remove() end)

  local function shown(object)
    local names = {}
    for name in select(2, run("nm -g --defined-only " .. object)):gmatch " [A-Z] ([%w_]+)\n" do names[#names + 1] = name end
    table.sort(names)
    return names
  end

  -- links a program of the specs with these objects
  local function build(source, program, objects, libraries)
    local abi = lua:gsub("^luajit.*", "lua5.1")
    return run(("cc -std=c99 -Wall -Wextra -Werror -Ibuild/amalgamation $(pkg-config --cflags %s) -o %s %s %s -l%s -lm %s"):format(abi,
      program, source, objects:gsub("(%S+)", built .. "/%1"), abi, libraries))
  end

  it("compiles without a warning", function() assert.equal("", compiled) end)

  it("exports the functions of its header, and nothing else", function()
    local declared, header = 0, read "build/amalgamation/whatsapp.h"
    for _, name in ipairs { "core", "curl", "crypto", "files", "lua" } do
      local names = shown(("%s/whatsapp%s.o"):format(built, name == "core" and "" or "_" .. name))
      if name == "lua" then assert.same({ "whatsapp_preload_lua" }, names)
      else assert.same({ "luaopen_whatsapp_" .. name, "whatsapp_preload_" .. name }, names) end
      for _, each in ipairs(names) do assert.is_truthy(header:find(" " .. each .. "(lua_State *L);", 1, true), each) end
      declared = declared + #names
    end
    assert.equal(declared, select(2, header:gsub("%(lua_State %*L%);", "")))
  end)

  it("needs libcurl and libcrypto only if the program asks for them", function()
    local _, needed = run("ldd " .. host)
    assert.is_nil(needed:find "libcurl" or needed:find "libcrypto", needed)
    local _, all = run("ldd " .. host_all)
    assert.is_truthy(all:find "libcurl" and all:find "libcrypto", all)
  end)

  it("has the same bytes each time it is made", function()
    assert.equal(0, (run(lua .. " src/embed/amalgamate.lua " .. scratch.folder)))
    for _, name in ipairs { "whatsapp.c", "whatsapp.h", "whatsapp_lua.c", "whatsapp_curl.c", "whatsapp_crypto.c", "whatsapp_files.c" } do
      assert.equal(read("build/amalgamation/" .. name), read(scratch.path(name)))
    end
  end)

  it("sends through a function of the program", function()
    local status, output = run(("%s %s"):format(host, SCRIPT))
    assert.equal(0, status, output)
    for _, line in ipairs {
      "POST /v26.0/106540352242922/messages HTTP/1.1\r\nHost: graph.facebook.com\r\n",
      "\r\nAuthorization: Bearer TOKEN\r\n", "\r\nContent-Length: 136\r\n\r\n",
      '\n{"messaging_product":"whatsapp","recipient_type":"individual","to":"16505551234","type":"text",'
        .. '"text":{"body":"Hello from a C program"}}\n',
      "\naccepted as wamid.EMBEDDED\n", " at the peak, 0 in the end\n",
    } do
      assert.is_truthy(output:find(line, 1, true), line .. "\n" .. output)
    end
  end)

  -- modules that are not tried: the program, the types for editors, and modules that start a server or work only in nginx
  local LEFT_OUT = { ["whatsapp.types"] = true }
  for _, name in ipairs { "server", "nginx", "process", "settings", "driver", "files", "stream", "wire" } do
    LEFT_OUT["whatsapp.sandbox." .. name] = true
  end
  for name in pairs(lua_modules()) do LEFT_OUT[name] = LEFT_OUT[name] or name:find "^whatsapp%.cli%f[^%w]" ~= nil or nil end

  -- modules that only load where the host has an event loop's module, or LuaJIT's ffi
  local NEEDS_OTHERS = {
    ["whatsapp.transport.cqueues"] = true, ["whatsapp.transport.luv"] = true, ["whatsapp.transport.resty.file"] = true,
  }

  it("finds its Lua files in the program, with the right line numbers", function()
    local script = { "local arg, check = nil, function(a, b) if a ~= b then error(('%s, not %s'):format(a, b)) end end",
      "package.path, package.cpath = '', ''" }
    local names = 0
    for name in pairs(lua_modules()) do
      names = names + 1
      if LEFT_OUT[name] then script[#script + 1] = ("check(pcall(require, '%s'), false)"):format(name)
      elseif not NEEDS_OTHERS[name] then
        script[#script + 1] = ("check(type(require '%s'), 'table')"):format(name)
      end
    end
    assert.is_true(names > 30)
    for name, file in pairs { ["whatsapp.client"] = "lua/whatsapp/client.lua", ["whatsapp.message"] = "lua/whatsapp/message.lua" } do
      local line, last = 0, nil
      for text in read(file):gmatch "([^\n]*)\n" do
        line = line + 1
        if text:find "^function [%w]+%.[%w_]+%(" then last = { text:match "%.([%w_]+)%(", line } end
      end
      script[#script + 1] = ("check(debug.getinfo(require '%s'.%s, 'S').linedefined, %d)"):format(name, last[1], last[2])
      script[#script + 1] = ("check(debug.getinfo(require '%s'.%s, 'S').source, '@%s')"):format(name, last[1], file:match "^lua/(.*)")
    end
    assert.is_nil(read "build/amalgamation/whatsapp_lua.c":find(read "lua/whatsapp/client.lua":match "^[^\n]*", 1, true)) -- a comment
    local status, output = run(("%s %s 4000000"):format(host_all, scratch.write("modules.lua", table.concat(script, "\n")))) -- bytes: all at once
    assert.equal(0, status, output)
  end)

  it("has libcurl and libcrypto if they are compiled in", function()
    local script = scratch.write("all.lua", [[
      package.path, package.cpath = "", ""
      print(require("whatsapp.crypto").hmac_sha256("key", "text"))
      local client = require("whatsapp.curl").new { proxy = "", connect_timeout = 5 }
      print(client:perform { method = "GET", url = "http://127.0.0.1:1/" })
      print(pcall(require, "whatsapp.nothing"))]])
    local status, output = run(("%s %s 16000000"):format(host_all, script))
    assert.equal(0, status, output)
    assert.is_truthy(output:find("6afa9046a9579cad143a384c1b564b9a250d27d6f6a63f9f20bf3a7594c9e2c6", 1, true), output)
    assert.is_truthy(output:find("nil\t[^\n]*nothing was sent"), output)
    assert.is_truthy(output:find("false\t", 1, true), output)
    status, output = run(("%s %s 16000000"):format(host, script))
    assert.equal(1, status)
    assert.is_truthy(output:find("module 'whatsapp.crypto' not found", 1, true), output)
  end)

  it("has no documentation in the schema with -DWA_NO_DOCS", function()
    local script = scratch.write("docs.lua", [[
      local documented = 0
      for name, object in pairs((require("whatsapp.core").schema())) do
        for _, thing in ipairs { object, (table.unpack or unpack)(object.fields) } do
          if thing.doc then documented = documented + 1 end
        end
        assert(object.name == name and object.section)
      end
      print(documented)]])
    local _, bare = run(("%s %s 16000000"):format(host, script))
    local _, whole = run(("%s %s 16000000"):format(host_all, script))
    assert.equal("0", bare:match "^(%d+)\n", bare)
    assert.is_true(tonumber(whole:match "^(%d+)\n") > 700, whole)
  end)

  it("reports that it is out of memory, at every allocation", function()
    local limit, refused = 16000, 0
    local status, output
    repeat
      status, output = run(("%s %s %d"):format(host, SCRIPT, limit))
      if status ~= 0 then
        assert.equal(1, status, ("%d bytes: %s"):format(limit, output))
        assert.is_truthy(output:find "host: [^\n]*not enough memory[^\n]*\n" , output)
        assert.is_truthy(output:find("not enough memory for a Lua state", 1, true) or output:find(", 0 in the end", 1, true), output)
        refused = refused + 1
      end
      limit = limit + 9000
    until status == 0
    assert.is_truthy(output:find("accepted as wamid.EMBEDDED", 1, true), output)
    assert.is_true(refused > 10)
  end)

  -- a program of these sizes fits on a small device: the README says so
  it("needs at most 64 KiB of code, and 64 KiB of Lua's heap for a message", function()
    local output = make "size"
    local text, data = output:match "\nthis machine +(%d+) +%d+ +(%d+)\n"
    assert.is_true(tonumber(text) <= 65536, output)
    assert.equal("0", data, output)
    assert.is_true(tonumber(text) < tonumber(output:match "\nwith the documentation +(%d+)"), output)
    local messages = 0
    for peak in output:gmatch "\nthe core and [^\n]- +(%d+) +%d+ +%d+" do
      messages = messages + 1
      assert.is_true(tonumber(peak) <= 65536, output)
    end
    assert.equal(5, messages)
  end)

  it("may be registered in a state more than once, and names what is missing", function()
    local source = scratch.write("twice.c", [[
      #include "whatsapp.h"
      #include <lauxlib.h>
      #include <lualib.h>
      #include <stdio.h>
      static int preload(lua_State *L) { whatsapp_preload_core(L); return 0; }
      static int preload_lua(lua_State *L) { whatsapp_preload_lua(L); return 0; }
      static void attempt(lua_State *L, lua_CFunction f)
      {
          lua_pushcfunction(L, f);
          puts(lua_pcall(L, 0, 0, 0) == 0 ? "well" : lua_tostring(L, -1));
          lua_settop(L, 0);
      }
      int main(void)
      {
          lua_State *L = luaL_newstate();
          attempt(L, preload);
          attempt(L, preload_lua);
          luaL_openlibs(L);
          for (int i = 0; i < 2; i++) { attempt(L, preload); attempt(L, preload_lua); }
          if (luaL_dostring(L, "local s = package.searchers or package.loaders; local seen = {} "
              "for i = 1, #s do assert(not seen[s[i] ]) seen[s[i] ] = true end assert(#s == 5) "
              "assert(require('whatsapp').encode({to = 1, text = {body = 'x'}}))")) puts(lua_tostring(L, -1));
          printf("%d left on the stack\n", lua_gettop(L));
          lua_close(L);
          return 0;
      }]])
    local program = scratch.path "twice"
    local status, output = build(source, program, "whatsapp.o whatsapp_lua.o", "")
    assert.equal(0, status, output)
    status, output = run(program)
    assert.equal(0, status, output)
    local core, files = output:match "^([^\n]*)\n([^\n]*)\n"
    assert.is_truthy(core:find("open the library package before", 1, true), output)
    assert.is_truthy(files:find("open the library package before", 1, true), output)
    assert.equal("well\nwell\nwell\nwell\n0 left on the stack\n", output:sub(#core + #files + 3))
  end)

  it("sends as src/README.md says", function()
    local opened, lines = read "src/README.md":match "```c\n(luaL_openlibs%(L%);\n)(.-)```" -- Lua 5.1 empties preload
    local source = scratch.write("readme.c", [[
      #include "whatsapp.h"
      #include <lauxlib.h>
      #include <lualib.h>
      #include <stdio.h>
      int main(void)
      {
          lua_State *L = luaL_newstate();
          ]] .. opened .. [[
          if (luaL_dostring(L, "package.preload['whatsapp.transport.curl'] = function() "
              "return {new = function() return setmetatable({close = print}, {__call = function(_, request) print(request.body) "
              "return {status = 200, headers = {}, body = '{\"messages\":[{\"id\":\"wamid.README\"}]}'} end}) end} end"))
              return 1;
          ]] .. lines .. [[
          lua_close(L);
          return 0;
      }]])
    local program = scratch.path "readme"
    local status, output = build(source, program, "whatsapp.o whatsapp_lua.o whatsapp_curl.o", "$(pkg-config --libs libcurl)")
    assert.equal(0, status, output)
    status, output = run("WHATSAPP_TOKEN=T " .. program)
    assert.equal(0, status, output)
    assert.is_truthy(output:find('"text":{"body":"Hello from C"}}\n', 1, true), output)
    assert.is_truthy(output:find("\nwamid.README\n", 1, true), output)
  end)
end)
