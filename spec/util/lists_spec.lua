-- Every list that a user passes, with holes, odd keys and metatables: refused, or read as every other reader reads it. An item is
-- never lost behind a hole. Never touches a network.
local values = require "whatsapp.util.values"
local whatsapp = require "whatsapp"

-- a way to make a list of three items wrong; `lost`: an item would be lost, so that functions that take any table refuse it too
local WRONG = {
  ["a hole in the beginning"] = function(a, b) return { nil, b, a } end,
  ["a hole in the middle"] = function(a, _, c) return { a, nil, c } end,
  ["a sparse list"] = function(a, _, c) return { [1] = a, [3] = c } end,
  ["a negative key"] = function(a, b) return { a, [-1] = b } end,
  ["the key 0"] = function(a, b) return { a, [0] = b } end,
  ["a fraction"] = function(a, b) return { a, [1.5] = b } end,
  ["a huge key"] = function(a, b) return { a, [2 ^ 53] = b } end,
  ["a hole, and a class"] = function(a, _, c) return setmetatable({ a, nil, c }, { __index = { push = print } }) end,
}

-- these are wrong only where a list is an option
local ODD = {
  ["false"] = function(a) return { a, false } end,
  ["a name"] = function(a, b) return { a, name = b } end,
  ["a hole that __index fills"] = function(a, b, c) return setmetatable({ a, nil, c }, { __index = { a, b, c } }) end,
  ["items of __index"] = function(a, b) return setmetatable({}, { __index = { a, b } }) end,
  ["__index without an end"] = function(a) return setmetatable({ a }, { __index = function() return a end }) end,
  ["__pairs that hides an item"] = function(a)
    return setmetatable({ a, 5 }, { __pairs = function() return next, { a }, nil end })
  end,
  ["__len that lies"] = function(a, b) return setmetatable({ a, b }, { __len = function() return 1 end }) end,
  ["a locked metatable"] = function(a, b) return setmetatable({ a, b }, { __index = { a, b }, __metatable = "locked" }) end,
}

local PEM = "-----BEGIN PRIVATE KEY-----\nx\n-----END PRIVATE KEY-----"
local TEMPLATE = { name = "a", language = "en", components = {} }

local function client_of(options)
  options.token, options.phone_number_id = "t", "1"
  options.transport = options.transport or function() return { status = 200, body = '{"messages":[{"id":"1"}]}' } end
  return whatsapp.new(options)
end

local function endpoint_of(options)
  options.private_key, options.app_secret, options.on = options.private_key or PEM, options.app_secret or "s", {}
  return whatsapp.flows.endpoint(options)
end

-- an option -> its items, and a call that raises for a wrong list
local OPTIONS = {
  app_secret = { "one", "two", "three", function(list)
    whatsapp.webhook.handler { app_secret = list, verify_token = "v", on = {} }
  end },
  ["secrets of webhook.verify"] = { "one", "two", "three", function(list) whatsapp.webhook.verify("x", "y", list) end },
  media_hosts = { "a.b", "c.d", "e.f", function(list) client_of { media_hosts = list } end },
  templates = { TEMPLATE, TEMPLATE, TEMPLATE, function(list) client_of { templates = list } end },
  ["headers over libcurl"] = { "a", "b", "c", function(list) require("whatsapp.transport.curl").new { headers = list } end },
  ["headers over LuaSocket"] = { "a", "b", "c", function(list) require("whatsapp.transport.copas").new { headers = list } end },
  numbers = { "1", "2", "3", function(list) require("whatsapp.sandbox").new { numbers = list } end },
  ["app secrets of flows"] = { "one", "two", "three", function(list) endpoint_of { app_secret = list } end },
  passphrase = { "one", "two", "three", function(list) endpoint_of { passphrase = list } end },
  private_key = { PEM, PEM, PEM, function(list) endpoint_of { private_key = list } end },
  ["path of a call"] = { "a", "b", "c", function(list) client_of({}):call { method = "DELETE", path = list } end },
}

local TEXT = { to = "1", text = { body = "x" } }
local ITEM = { message = TEXT }
local PART = { name = "a", data = "b" }

local function form_over(module)
  return function(list)
    local _, err, details = require(module).new() { method = "POST", url = "http://127.0.0.1:1/", form = list }
    assert.equal("invalid", details.kind, err)
    error(err, 0)
  end
end

-- a list that is an argument -> its items, and a call that raises for a wrong list
local ARGUMENTS = {
  ["messages of each"] = { TEXT, TEXT, TEXT, function(list) client_of({}):each(list) end },
  ["messages of sequence"] = { TEXT, TEXT, TEXT, function(list) client_of({}):sequence("1", list) end },
  ["items of put_all"] = { ITEM, ITEM, ITEM, function(list)
    whatsapp.outbox.new({ store = whatsapp.outbox.memory() }):put_all(list)
  end },
  ["form over libcurl"] = { PART, PART, PART, form_over "whatsapp.transport.curl" },
  ["form over LuaSocket"] = { PART, PART, PART, form_over "whatsapp.transport.copas" },
  ["values of a query"] = { "a", "b", "c", function(list)
    local result, err = client_of({}):call { path = "x", query = { fields = list } }
    if not result then error(err, 0) end
  end },
  ["steps of a conversation"] = { "a", "b", "c", function(list) require("whatsapp.sandbox").new():conversation(list) end },
}

describe("a list", function()
  local function refused(row, make, name)
    local list = make(row[1], row[2], row[3])
    local ok, err = pcall(row[4], list)
    assert.is_false(ok, name)
    assert.truthy(err:find "option %w+ must be" or err:find "without holes" or err:find "list", name .. ": " .. err)
  end

  for option, row in pairs(OPTIONS) do
    it("that is an option is refused if it is wrong: " .. option, function()
      for name, make in pairs(WRONG) do refused(row, make, name) end
      for name, make in pairs(ODD) do refused(row, make, name) end
    end)
  end

  for argument, row in pairs(ARGUMENTS) do
    it("that is an argument is refused if an item would be lost: " .. argument, function()
      for name, make in pairs(WRONG) do refused(row, make, name) end
    end)
  end

  it("that is right is accepted", function()
    for _, option in ipairs { "app_secret", "media_hosts", "templates", "headers over libcurl", "headers over LuaSocket", "numbers" } do
      local row = OPTIONS[option]
      assert.is_true(pcall(row[4], { row[1], row[2], row[3] }), option)
      assert.is_true(pcall(row[4], setmetatable({ row[1] }, { __name = "list" })), option)
    end
  end)

  it("with a class is read to its end", function()
    local made = setmetatable({ TEXT, TEXT }, { __index = { push = print } })
    local count = 0
    for _, result in client_of({}):each(made) do count = count + (result and 1 or 0) end
    assert.equal(2, count)
    local generated = setmetatable({}, { __index = function(_, i) return i <= 3 and TEXT or nil end })
    for _, result in client_of({}):each(generated) do count = count + (result and 1 or 0) end
    assert.equal(5, count)
  end)

  it("has no hole, or a first one", function()
    assert.is_nil(values.hole_in {})
    assert.is_nil(values.hole_in { 1, 2, n = 2 })
    assert.equal(1, values.hole_in { [2] = 1 })
    assert.equal(2, values.hole_in { 1, nil, 3 })
  end)
end)
