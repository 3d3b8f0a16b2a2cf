-- The pages: every Lua block is a whole program that runs against a sandbox, or a spec that passes; every link leads to
-- something, and commands name targets and files that exist. Never sends to the real API: clients get the sandbox as their
-- transport.
local lines_of = require "spec.support.lines"
local read = require "spec.support.read"
local run_command = require "spec.support.run"
local sandbox = require "whatsapp.sandbox"
local scratch_folder = require "spec.support.scratch"
local whatsapp = require "whatsapp"

local PAGES = lines_of "find README.md CHANGELOG.md .github lua src spec examples -name '*.md' -not -path '*/node_modules/*' | sort"

local ENVIRONMENT = {
  WHATSAPP_TOKEN = "token", WHATSAPP_PHONE_NUMBER_ID = "106540352242922", WHATSAPP_TO = "16505551234",
  WHATSAPP_APP_SECRET = "secret", WHATSAPP_VERIFY_TOKEN = "word", WHATSAPP_WABA_ID = "102290129340398",
}
local FILES = { ["customers.csv"] = "16505551234,Ana\n5511912345678,Bruno\n" }

-- words of a block -> the module that it needs; if this Lua lacks the module, the block must only compile. false: the block needs
-- a server
local NEEDS = {
  ['require "cqueues"'] = "cqueues", ['require "luv"'] = "luv", ['require "copas"'] = "copas",
  ["whatsapp.outbox.sql"] = "DBI", ["whatsapp.outbox.redis"] = false,
}

-- pages whose blocks are parts of a program -> the lines before each block
local BEFORE = {
  ["lua/whatsapp/ENDPOINTS.md"] = [[local client = require("whatsapp").new {
  token = "token", phone_number_id = "106540352242922", waba_id = "102290129340398", retry = false } ]],
}

local function blocks_of(path)
  local blocks, text = {}, read(path)
  for block in text:gmatch "\n```lua\n(.-)```" do blocks[#blocks + 1] = block end
  return blocks
end

local function lacks_host(block)
  for words, name in pairs(NEEDS) do
    if block:find(words, 1, true) and not (name and pcall(require, name)) then return true end
  end
end

-- the library, whose clients send to a sandbox
local function library_of(box)
  return setmetatable({
    new = function(options)
      if not (options.transport and type(options.transport) == "function") then options.transport = box.transport end
      options.base_url, options.ca_file = nil, nil
      return whatsapp.new(options)
    end,
  }, { __index = whatsapp })
end

-- the files that a block names are in the scratch folder
local function run(block, name, folder)
  block = block:gsub('"(%w+%.db)"', ('"%s/%%1"'):format(folder))
  local box = sandbox.new { app_secret = "secret" }
  local library = block:find("box.transport", 1, true) and whatsapp or library_of(box) -- the block may make its own sandbox
  local system = setmetatable({ getenv = function(variable) return ENVIRONMENT[variable] end }, { __index = os })
  local files = setmetatable({ lines = function(path) return io.lines(folder .. "/" .. path) end, stderr = { write = function() end } },
    { __index = io })
  local globals = setmetatable({
    os = system, io = files, print = function() end,
    require = function(module) return module == "whatsapp" and library or require(module) end,
  }, { __index = _G })
  local chunk
  if setfenv then -- Lua 5.1
    chunk = setfenv(assert(loadstring(block, name)), globals)
  else
    chunk = assert(load(block, name, "t", globals))
  end
  chunk()
end

local function run_spec(block, scratch)
  local path = scratch.write("block_spec.lua", block)
  local status, output = run_command(("%s /usr/bin/busted -o TAP %s"):format(os.getenv "LUA" or "lua5.4", path))
  assert.equal(0, status, output)
  assert.is_truthy(output:find "ok 1 ", output)
end

describe("the pages", function()
  local scratch

  setup(function()
    scratch = scratch_folder.new()
    for name, text in pairs(FILES) do require "spec.support.write"(scratch.path(name), text) end
  end)
  teardown(function() scratch.remove() end)

  for _, path in ipairs(PAGES) do
    if path ~= "lua/whatsapp/MESSAGES.md" then
      for i, block in ipairs(blocks_of(path)) do
        block = (BEFORE[path] or "") .. block
        it(("runs block %d of %s"):format(i, path), function()
          if lacks_host(block) then
            assert((loadstring or load)(block))
          elseif block:find("describe(", 1, true) then
            run_spec(block, scratch)
          else
            run(block, ("=block %d of %s"):format(i, path), scratch.folder)
          end
        end)
      end
    end
  end

  it("show examples of messages that the core accepts", function()
    local count = 0
    for block in read "lua/whatsapp/MESSAGES.md":gmatch "\n```lua\n(.-)```" do
      local sent = {}
      local chunk = "local client = ... " .. block
      assert((loadstring or load)(chunk))({ send = function(_, message) sent[#sent + 1] = message end })
      assert(whatsapp.validate(sent[1]))
      count = count + 1
    end
    assert.is_true(count > 30)
  end)

  for _, path in ipairs(PAGES) do
    it("has no broken links: " .. path, function()
      local folder, text = path:match "^(.*/)" or "", read(path):gsub("```.-```", "")
      for link in text:gmatch "%]%(([^)%s]+)%)" do
        if not link:find "^https?://" then
          local file, anchor = link:match "^([^#]*)#?(.*)$"
          local target = file == "" and path or folder .. file
          local found = io.open(target)
          assert.is_truthy(found, link)
          found:close()
          if anchor ~= "" then
            local anchors = {}
            for heading in ("\n" .. read(target):gsub("```.-```", "")):gmatch "\n##+ ([^\n]+)" do
              anchors[heading:lower():gsub("[^%w _-]", ""):gsub(" ", "-")] = true
            end
            assert.is_true(anchors[anchor] == true, link)
          end
        end
      end
    end)
  end

  it("name only targets of make and files that exist", function()
    local makefile = read "Makefile"
    for _, path in ipairs(PAGES) do
      local text = read(path)
      for target in text:gmatch "\nmake ([%l-]+)" do
        assert.is_truthy(makefile:find("\n" .. target .. ":", 1, true), path .. ": make " .. target)
      end
      for file in text:gmatch "%$LUA (%S+)" do assert.is_truthy(io.open(file), path .. ": " .. file) end
    end
  end)

  it("keep the README at 200 lines at most", function()
    assert.is_true(#lines_of "cat README.md" <= 200)
  end)
end)
