-- Lists stay lists. A list that core.decode read, or that whatsapp.array, lua-cjson or dkjson marked, is written as a list, even
-- if it is empty: in free data, and in a field of the schema that is a list.
local core = require "whatsapp.core"
local whatsapp = require "whatsapp"

local function flow(data)
  return { to = "1", interactive = { type = "flow", body = { text = "b" }, action = { name = "flow", parameters = {
    flow_message_version = "3", flow_id = "1", flow_cta = "x", flow_action_payload = { screen = "S", data = data } } } } }
end

local function data_of(data, options)
  local json, err = whatsapp.encode(flow(data), options)
  return json and json:match '"data":(.*)}}}}}$' or err
end

local function template(components)
  return { to = "1", template = { name = "n", language = { code = "en" }, components = components } }
end

-- runs the call while package.loaded has these modules
local function with_modules(modules, call)
  local before = {}
  for name, module in pairs(modules) do before[name], package.loaded[name] = { package.loaded[name] }, module end
  local ok, err = pcall(call)
  for name in pairs(modules) do package.loaded[name] = before[name][1] end
  assert(ok, err)
end

local A_LIGHT_USERDATA = debug.getmetatable(core.array {})[1]
local CJSON = { array_mt = {}, empty_array_mt = {}, empty_array = A_LIGHT_USERDATA, null = core.null }

-- name, function that marks a table as a list, the loaded modules
local MARKS = {
  { "whatsapp.array", whatsapp.array },
  { "core.decode", function(list)
    for i, value in ipairs(core.decode "[]") do list[i] = value end
    return setmetatable(list, getmetatable(core.decode "[]"))
  end },
  { "cjson.array_mt", function(list) return setmetatable(list, CJSON.array_mt) end, { cjson = CJSON } },
  { "cjson.empty_array_mt", function(list) return setmetatable(list, CJSON.empty_array_mt) end, { cjson = CJSON } },
  { "cjson.safe", function(list) return setmetatable(list, CJSON.array_mt) end, { cjson = {}, ["cjson.safe"] = CJSON } },
  { "dkjson", function(list) return setmetatable(list, { __jsontype = "array" }) end },
}

describe("a list", function()
  it("that was read as [] is written as [], at any depth", function()
    for _, json in ipairs { '{"chosen":[]}', '{"a":[[],[[]],{"b":[]}],"c":{}}', '{"a":{},"b":[1,[],"x",null]}' } do
      assert.equal(json, data_of(core.decode(json)))
    end
    local event = assert(whatsapp.webhook.parse('{"object":"whatsapp_business_account","entry":[{"id":"1","changes":[{"field":"messages","value":'
      .. '{"messaging_product":"whatsapp","metadata":{"display_phone_number":"1","phone_number_id":"1"},"messages":[{"from":"1","id":"w",'
      .. '"timestamp":"1","type":"interactive","interactive":{"type":"nfm_reply","nfm_reply":{"name":"flow","body":"Sent",'
      .. '"response_json":"{\\"chosen\\":[],\\"more\\":{\\"none\\":[]}}"}}}]}}]}]}'))[1]
    assert.equal('{"chosen":[],"more":{"none":[]}}', data_of(event.response))
  end)

  it("that was read stays a list when its last item is removed", function()
    local data = core.decode '{"chosen":[1,2]}'
    table.remove(data.chosen)
    table.remove(data.chosen)
    assert.equal('{"chosen":[]}', data_of(data))
  end)

  it("that is marked is written as a list, in free data and in a list of the schema", function()
    for _, row in ipairs(MARKS) do
      with_modules(row[3] or {}, function()
        local mark = row[2]
        assert.equal('{"a":[],"b":{},"c":[1,[]]}', data_of { a = mark {}, b = {}, c = mark { 1, mark {} } }, row[1])
        local json, warnings = whatsapp.encode(template(mark {}))
        assert.is_truthy(json:find('"components":[]', 1, true), row[1])
        assert.is_nil(warnings)
        json = whatsapp.encode(template(mark { mark { type = "body" } }), { mode = "lenient" })
        assert.is_truthy(json:find('"components":[{"type":"body"}]', 1, true), row[1])
        json = whatsapp.encode({ to = "1", text = { body = "x" }, odd = mark {} }, { mode = "lenient" })
        assert.is_truthy(json:find('"odd":[]', 1, true), row[1])
      end)
    end
  end)

  it("that is marked is refused in a field that must be a table with names", function()
    for _, row in ipairs(MARKS) do
      with_modules(row[3] or {}, function()
        local function call(parameters)
          return { to = "1", interactive = { type = "voice_call", body = { text = "b" }, action = { name = "voice_call", parameters = parameters } } }
        end
        local json, _, details = whatsapp.encode(call(row[2] {}))
        assert.is_nil(json, row[1])
        assert.same({ "interactive.action.parameters", "type" }, { details.problems[1].path, details.problems[1].rule }, row[1])
        assert.is_truthy(whatsapp.encode(call {}):find('"parameters":{}', 1, true))
        local _, warnings = whatsapp.encode(flow(row[2] {})) -- only some sources say that it has names
        assert.equal("type", warnings[1].rule, row[1])
      end)
    end
  end)

  it("may be lua-cjson's empty list", function()
    with_modules({ cjson = CJSON }, function()
      assert.equal('{"a":[],"b":[[]]}', data_of { a = CJSON.empty_array, b = { CJSON.empty_array } })
      assert.is_truthy(whatsapp.encode(template(CJSON.empty_array)):find('"components":[]', 1, true))
      local json, _, details = whatsapp.encode { to = "1", contacts = CJSON.empty_array }
      assert.is_nil(json)
      assert.same({ "contacts", "min_items" }, { details.problems[1].path, details.problems[1].rule })
      json = whatsapp.encode { to = CJSON.empty_array, text = { body = "x" } }
      assert.is_nil(json)
      assert.equal('{"a":null}', data_of { a = CJSON.null })
    end)
    with_modules({ cjson = {} }, function()
      assert.is_nil((whatsapp.encode(flow { a = CJSON.empty_array }))) -- then it is any userdata
    end)
  end)

  it("is not recognized by the mark of another library, and is written as its table is", function()
    for _, metatable in ipairs { {}, { __jsontype = "object" }, { __jsontype = 1 }, { "x" }, { false }, { __index = error } } do
      assert.equal('{"a":{}}', data_of { a = setmetatable({}, metatable) })
      assert.equal('{"a":[1]}', data_of { a = setmetatable({ 1 }, metatable) })
    end
  end)

  it("is recognized with any value in package.loaded, and without running it", function()
    local trap = setmetatable({}, { __index = function() error "a metamethod ran" end, __pairs = error })
    for _, module in ipairs { true, "x", 5, trap } do
      with_modules({ cjson = module, ["cjson.safe"] = module }, function()
        assert.equal('{"a":{}}', data_of { a = setmetatable({}, {}) })
        assert.equal('{"a":[]}', data_of { a = whatsapp.array {} })
      end)
    end
  end)
end)
