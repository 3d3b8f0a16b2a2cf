-- The project agrees with itself: version, rockspec, Makefile, README and files.
local lines_of = require "spec.support.lines"
local read = require "spec.support.read"
local sandbox = require "whatsapp.sandbox"
local whatsapp = require "whatsapp"

-- the rockspec is Lua: its globals
local function rockspec()
  local globals = {}
  local chunk = assert((loadstring or load)(read "rockspec/lua-whatsapp-scm-1.rockspec"))
  if setfenv then
    setfenv(chunk, globals)
  else
    chunk = assert(load(read "rockspec/lua-whatsapp-scm-1.rockspec", "rockspec", "t", globals))
  end
  chunk()
  return globals
end

local function run(code, globals)
  if setfenv then return setfenv(assert(loadstring(code)), globals)() end
  return assert(load(code, "README", "t", globals))()
end

describe("the version", function()
  it("is written in one place, and is the newest version of the changelog", function()
    assert.equal(whatsapp._VERSION, read "CHANGELOG.md":match "\n## %[(%d+%.%d+%.%d+)%]")
    local said = lines_of(("grep -rlF '\"%s\"' lua src Makefile rockspec"):format(whatsapp._VERSION))
    assert.same({ "lua/whatsapp/init.lua" }, said)
  end)

  it("is in the User-Agent", function()
    local fault = require("spec.support.fault").start()
    local client = whatsapp.new {
      token = "t", phone_number_id = "1", base_url = fault.url("plain", ""), proxy = "", retry = false,
    }
    client:send { to = "1", text = { body = "x" } }
    local head = fault.head()
    fault.stop()
    client:close()
    assert.is_truthy(head:find("\r\nUser-Agent: lua-whatsapp/" .. whatsapp._VERSION .. "\r\n", 1, true), head)
  end)
end)

describe("the rockspec", function()
  it("installs the same files as make, for every Lua", function()
    local build = rockspec().build
    assert.equal("make", build.type)
    local makefile = read "Makefile"
    for _, variables in ipairs { build.build_variables, build.install_variables } do
      for name in pairs(variables) do assert.is_truthy(makefile:find("%f[%w_]" .. name .. "%f[^%w_]"), name) end
    end
  end)

  it("names the libraries that it needs", function()
    local given = rockspec()
    assert.equal("lua-whatsapp", given.package)
    assert.is_truthy(table.concat(given.dependencies, " "):find("lua-cjson", 1, true))
    -- no header: Debian keeps it in a folder in which LuaRocks does not look
    assert.same({ library = "curl" }, given.external_dependencies.CURL)
  end)
end)

describe("every file", function()
  it("describes itself in its first lines", function()
    for _, path in ipairs(lines_of "find src lua spec examples -name '*.lua' -o -path 'src/*.[ch]'") do
      local first = read(path):match "^[^\n]*"
      assert.is_truthy(first:find "^%-%- " or first:find "^/%* ", path)
    end
  end)

  it("holds no line that ends in a space, and no tab but in the Makefile", function()
    assert.same({}, lines_of "grep -rInE ' +$' src lua spec examples Makefile README.md CHANGELOG.md rockspec")
    assert.same({}, lines_of "grep -rIlP '\\t' src lua examples README.md CHANGELOG.md rockspec")
  end)
end)

describe("the README", function()
  local text = read "README.md"
  local blocks = {}
  for block in text:gmatch "```lua\n(.-)```" do blocks[#blocks + 1] = block end

  it("starts with an example that runs as it is printed", function()
    local box, printed = sandbox.new(), {}
    local double = setmetatable({
      new = function(options)
        options.token, options.transport = options.token or "token", box.handle
        return whatsapp.new(options)
      end,
    }, { __index = whatsapp })
    run(blocks[1], {
      require = function() return double end, assert = assert, os = { getenv = function() end },
      print = function(id) printed[#printed + 1] = id end,
    })
    assert.equal(box.messages[1].id, printed[1])
    assert.equal("Hello from Lua", box.messages[1].message.text.body)
  end)

  it("names only make targets that exist, as the other pages do", function()
    local makefile = read "Makefile"
    for _, path in ipairs { "README.md", "src/README.md", "spec/README.md", "examples/README.md" } do
      for target in read(path):gmatch "`make ([%w-]+)[` ]" do
        assert.is_truthy(makefile:find("\n" .. target .. ":", 1, true), target)
      end
    end
  end)

  it("shows error texts that the core returns", function()
    local _, misspelt = whatsapp.encode { to = "1", text = { body = "x", preview_ulr = true } }
    assert.is_truthy(text:find(misspelt .. "\n", 1, true), misspelt)
    local _, title = whatsapp.encode { to = "1", interactive = { type = "button", body = { text = "b" },
      action = { buttons = { { type = "reply", reply = { id = "a", title = ("x"):rep(28) } } } } } }
    assert.is_truthy(read "examples/README.md":find("\n" .. title .. "\n", 1, true), title)
  end)
end)

describe("the reference", function()
  it("has every option of whatsapp.new", function()
    local rows = read "lua/whatsapp/client.lua":match "local NEW = (%b{})"
      .. read "lua/whatsapp/util/options.lua":match "options.TRANSPORT = (%b{})"
    local class = read "lua/whatsapp/README.md":match "\n### whatsapp%.options\n(.-)\n##"
    for name in rows:gmatch "([%w_]+) = \"" do assert.is_truthy(class:find("| `" .. name .. "` |", 1, true), name) end
  end)
end)
