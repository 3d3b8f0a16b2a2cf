-- Hosts with few modules: a host that closes `require` after loading, a host without lua-cjson, and a host without libcurl. Each
-- is a separate Lua program.
local output_of = require "spec.support.output"
local read = require "spec.support.read"

local scratch = require("spec.support.scratch").new()

local LUA = os.getenv "LUA" or "lua5.4"

local function run(code)
  local path = scratch.path "host.lua"
  scratch.write("host.lua", code)
  return output_of(("%s '%s' 2>&1"):format(LUA, path))
end

-- checks, sends and receives
local USE = [[
local function use(whatsapp, memory)
  local client = whatsapp.new { token = "a-token-of-a-test", phone_number_id = "1", transport = memory.new(function()
    return { status = 200, headers = {}, body = '{"messages":[{"id":"wamid.1"}]}' }
  end) }
  assert(client:send(whatsapp.message.buttons("16505551234", "Tea?", { { "yes", "Yes" } })))
  for _, result in client:each { { to = "1", text = { body = "x" } } } do assert(result) end
  local got
  local handle = whatsapp.webhook.handler { verify_token = "v", app_secret = "secret-of-a-test",
    on = { message = function(event) got = event.text end } }
  local body = '{"object":"whatsapp_business_account","entry":[{"id":"1","changes":[{"field":"messages","value":{"messaging_product":'
    .. '"whatsapp","metadata":{"phone_number_id":"1"},"messages":[{"id":"wamid.2","from":"2","type":"text","text":{"body":"hi"}}]}}]}]}'
  local signature = "sha256=" .. require("whatsapp.crypto").hmac_sha256("secret-of-a-test", body)
  local answer = handle { method = "POST", headers = { ["X-Hub-Signature-256"] = signature }, body = body }
  assert(answer.status == 200 and got == "hi")
  io.write "done"
end
]]

describe("whatsapp.all", function()
  teardown(scratch.empty)

  it("names every module of the rock", function()
    local named, wanted = {}, {}
    for name in read "lua/whatsapp/all.lua":match "local NAMES = (%b{})":gmatch '"([^"]+)"' do named[name] = true end
    for _, name in ipairs { "whatsapp.core", "whatsapp.curl", "whatsapp.crypto", "whatsapp.files" } do wanted[name] = true end
    for name in pairs(require "spec.support.modules"()) do
      if not name:find "^whatsapp%.cli%f[^%w]" then wanted[name] = true end -- the program
    end
    wanted["whatsapp"], wanted["whatsapp.all"], wanted["whatsapp.types"] = nil, nil, nil -- itself, and comments only
    assert.same(wanted, named)
  end)

  it("lets a host close require afterwards", function()
    assert.equal("done", run(USE .. [[
      local whatsapp = require "whatsapp.all"
      local memory = require "whatsapp.transport.memory"
      package.path, package.cpath, package.preload = "", "", {}
      local loaded, real = package.loaded, require
      io.open = function() error "the file system is closed" end
      require = function(name)
        if loaded[name] == nil then error("require is closed: " .. name) end
        return real(name)
      end
      use(whatsapp, memory)
    ]]))
  end)
end)

describe("a host without lua-cjson", function()
  teardown(scratch.empty)

  it("checks, sends and receives", function()
    assert.equal("done", run(USE .. [[
      package.preload.cjson = function() error "there is no lua-cjson" end
      use(require "whatsapp", require "whatsapp.transport.memory")
      assert(not package.loaded.cjson)
    ]]))
  end)
end)

describe("a host without libcurl", function()
  teardown(scratch.empty)

  it("gets an error of one line that names the missing module", function()
    local printed = run [[
      local searchers = package.searchers or package.loaders
      local search = searchers[3] -- for C modules
      searchers[3] = function(name) return name == "whatsapp.curl" and "\n\tno file" or search(name) end
      local ok, problem = pcall(function()
        local transport = require("whatsapp.transport.curl").new()
        return transport { method = "GET", url = "https://127.0.0.1/" }
      end)
      io.write(tostring(ok), " ", problem)
    ]]
    assert.equal("false whatsapp.curl is not installed: install the rock with libcurl, or pass another transport", printed)
  end)
end)

describe("a host without a module gets one line with the solution:", function()
  teardown(scratch.empty)

  -- the missing module, the program, words of the line
  local ROWS = {
    { "whatsapp.core", 'require "whatsapp"', " install" },
    { "whatsapp.crypto", 'require("whatsapp").webhook.handler { app_secret = "x", verify_token = "y", on = {} }', " install" },
    { "whatsapp.crypto", 'require("whatsapp").flows.generate_key()', " install" },
    { "whatsapp.crypto", 'require "whatsapp.flows.endpoint"', " install" },
    { "whatsapp.crypto", 'require("whatsapp.util.sha256").new()', " install" },
    { "whatsapp.crypto", [[local whatsapp = require "whatsapp"
      local transport = require("whatsapp.transport.memory").new {}
      local client = whatsapp.new { token = "token-of-a-test", phone_number_id = "1", app_secret = "x", transport = transport }
      error(select(2, client:send { to = "1", text = { body = "x" } }), 0)]], " install" },
    { "cqueues", 'require("whatsapp.transport.cqueues").new()', "apt install lua-cqueues" },
    { "luv", 'require("whatsapp.transport.luv").new()', "apt install lua-luv" },
    { "socket", 'require("whatsapp.transport.copas").new() { method = "GET", url = "http://127.0.0.1:1/" }', "apt install lua-socket" },
    { "cjson", 'error(select(2, require("whatsapp.wire.json").encode {}), 0)', "apt install lua-cjson" },
    { "argparse", 'require("whatsapp.cli.parser").of {}', "apt install lua-argparse" },
  }
  for _, row in ipairs(ROWS) do
    it(row[1] .. ": " .. row[2]:match "[^\n]*", function()
      local printed = run(([[
        local searchers = package.searchers or package.loaders
        for i, search in ipairs(searchers) do
          searchers[i] = function(name)
            if name == %q or name:find(%q, 1, true) == 1 then return "\n\tnot here" end
            return search(name)
          end
        end
        io.write(tostring(select(2, pcall(function() %s end))))
      ]]):format(row[1], row[1] .. ".", row[2]))
      local first = printed:match "^module '([%w.]+)' not found for Lua"
      assert.equal(row[1], first and first:sub(1, #row[1]), printed)
      assert.truthy(printed:find(row[3], 1, true), printed)
      assert.falsy(printed:find("\n", 1, true), printed)
    end)
  end
end)
