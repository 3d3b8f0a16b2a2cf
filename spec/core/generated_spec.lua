-- The files that are generated from the schema: they are up to date, complete, and agree with the core.
local generate = require "spec.support.generate"
local json_schema = require "spec.support.json_schema"
local read = require "spec.support.read"
local schema = require "whatsapp.schema"
local scratch_folder = require "spec.support.scratch"
local whatsapp = require "whatsapp"

describe("the types and the reference", function()
  it("are up to date with the schema", function()
    local scratch = scratch_folder.new()
    finally(scratch.remove)
    local lua = os.getenv "LUA" or "lua5.4"
    assert(os.execute(("%s src/gen.lua %s"):format(lua, scratch.folder)))
    for _, name in ipairs { "types.lua", "MESSAGES.md", "README.md", "ENDPOINTS.md" } do
      local same = read(scratch.path(name)) == read("lua/whatsapp/" .. name)
      assert.is_true(same, name .. " is stale: make docs")
    end
  end)

  it("have every object and every field", function()
    local types, reference = read "lua/whatsapp/types.lua", read "lua/whatsapp/MESSAGES.md"
    local objects, order = schema.objects()
    for _, name in ipairs(order) do
      assert.is_truthy(types:find("whatsapp." .. name, 1, true), name)
      assert.is_truthy(reference:find("\n### " .. name .. "\n", 1, true), name)
      for _, field in ipairs(objects[name].fields) do
        assert.is_truthy(field.kind == "removed" or types:find("---@field " .. field.name .. "%??", 1), field.name)
        assert.is_truthy(reference:find("`" .. field.name .. "`", 1, true), field.name)
      end
    end
  end)

  it("name the fields of the envelope once, and each field of a class once", function()
    local types = read "lua/whatsapp/types.lua"
    local _, count = types:gsub("@field recipient_identity_key_hash", "")
    assert.equal(1, count)
    assert.truthy(types:find("---@class whatsapp.TextMessage: whatsapp.Envelope\n", 1, true))
    assert.truthy(types:find('---@field type? "text" ', 1, true))
    for class in types:gmatch "%-%-%-@class (.-)\n\n" do
      local seen = {}
      for name in class:gmatch "\n%-%-%-@field ([%w_]+)" do
        assert.is_nil(seen[name], class)
        seen[name] = true
      end
    end
  end)

  it("describe public functions only, the methods of batches and pages too", function()
    local page = read "lua/whatsapp/README.md"
    for name in page:gmatch "\n### (%w[^\n]*)%(" do
      assert.truthy(name:find "^%l", name)
      assert.falsy(name:find "%._", name)
    end
    for _, name in ipairs { "batch:next()", "batch:close()", "pages:next()", "whatsapp.limits", "whatsapp.limiter_store", "whatsapp.retry",
      "whatsapp.BatchOutcome", "whatsapp.progress", "whatsapp.call", "whatsapp.pages_call", "box:line(event)" } do
      assert.truthy(page:find("\n### " .. name .. "\n", 1, true), name)
    end
  end)

  it("name each object once", function()
    local _, order = schema.objects()
    local seen = {}
    for _, name in ipairs(order) do
      assert.is_nil(seen[name], name)
      seen[name] = true
    end
    assert.is_true(#order > 100)
  end)

  it("are plain Lua without effects", function()
    assert.is_function(assert((loadstring or load)(read "lua/whatsapp/types.lua")))
  end)
end)

describe("whatsapp.json_schema", function()
  local exported = whatsapp.json_schema()

  local function each_row(check)
    for _, row in ipairs(schema.rows()) do check(row, generate.message(row)) end
  end

  it("takes every message that the core takes", function()
    each_row(function(row, message)
      assert.is_true(json_schema.valid(exported, message), row.path)
    end)
  end)

  it("refuses an unknown name anywhere, as the core does", function()
    each_row(function(row, message)
      generate.place(message, row).no_such_name = 1
      assert.is_false(json_schema.valid(exported, message), row.path)
    end)
  end)

  it("refuses values that are missing, too long, too many or of another type", function()
    local refused = 0
    local function refuses(row, value)
      local message = generate.message(row)
      generate.place(message, row)[row.name] = value
      if whatsapp.validate(message) then return end
      refused = refused + 1
      assert.is_false(json_schema.valid(exported, message), row.path)
    end
    each_row(function(row)
      if row.name == "status" or row.unique or row.same then return end
      refuses(row, nil)
      refuses(row, function() end)
      if row.class ~= "S" and row.max and (row.kind == "string" or row.kind == "id") then refuses(row, ("x"):rep(row.max + 1)) end
    end)
    assert.is_true(refused > 1500)
  end)

  it("can be written as JSON", function()
    local json = whatsapp.encode({ to = "1", text = { body = "x" }, schema = exported }, { mode = "lenient" })
    assert.is_truthy(json:find('"required":["body"]', 1, true))
    assert.is_nil(json:find('"required":{}', 1, true))
  end)
end)

describe("decode(encode(message))", function()
  local json = require "whatsapp.wire.json"

  -- whole numbers of an id are written as strings; all else comes back as it was
  local function same(given, read_back, path)
    if type(given) == "table" then
      for name, value in pairs(given) do same(value, read_back[name], path .. "." .. tostring(name)) end
      for name in pairs(read_back) do
        local filled = path == "" and (name == "messaging_product" or name == "recipient_type" or name == "type")
        assert.is_true(given[name] ~= nil or filled, path .. "." .. tostring(name))
      end
    else
      assert.is_true(given == read_back, path)
    end
  end

  it("is the message, with the members that the envelope fills in", function()
    for _, row in ipairs(schema.rows()) do
      local message = generate.message(row)
      same(message, json.decode((whatsapp.encode(message))), "")
    end
  end)
end)
