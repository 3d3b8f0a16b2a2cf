-- The client's option `templates`: messages are compared with the definitions of a list or of a store, which asks the API once
-- and
-- keeps them. Over a transport without a network, in virtual time.
local definitions = require "spec.templates.definitions"
local json = require "whatsapp.wire.json"
local memory = require "whatsapp.transport.memory"
local whatsapp = require "whatsapp"

local LIST, BY_NAME = {}, {}
for i, row in ipairs(definitions) do LIST[i], BY_NAME[row.definition.name] = row.definition, row end

local function copy(value)
  if type(value) ~= "table" then return value end
  local made = {}
  for name, member in pairs(value) do made[name] = copy(member) end
  return made
end

-- an API with these definitions; its fields: asked (number of requests), list, broken
local function api_with(list)
  local api = { asked = 0, sent = {}, list = list }
  function api.answer(request)
    if request.method == "POST" then
      api.sent[#api.sent + 1] = request.body
      return { status = 200, headers = {}, body = '{"messages":[{"id":"wamid.1"}]}' }
    end
    api.asked = api.asked + 1
    if api.broken then return { status = 500, headers = {}, body = "" } end
    local wanted, found = request.url:match "name=([%w_]+)", {}
    for _, one in ipairs(api.list) do -- as the API does: every name that contains the wanted name
      if one.name:find(wanted, 1, true) then found[#found + 1] = one end
    end
    return { status = 200, headers = {}, body = json.write { data = whatsapp.array(found) } }
  end
  return api
end

local function client_with(api, option, more)
  local options = {
    token = "EAAtokenTOKENtoken1234567890", phone_number_id = 1, waba_id = 2, templates = option, transport = memory.new(api.answer),
    retry = false,
  }
  for name, value in pairs(more or {}) do options[name] = value end
  return whatsapp.new(options)
end

local GOOD = BY_NAME.parcel_sent.message

local function bad()
  local message = copy(GOOD)
  table.remove(message.template.components[2].parameters)
  return message
end

local function of_now(start)
  local clock = { at = start or 1000 }
  return clock, function() return clock.at end
end

describe("a client with definitions", function()
  for name, option in pairs {
    ["a list"] = function() return LIST end, ["a store"] = function() return whatsapp.templates.store() end,
  } do
    it("sends a message that fits, and refuses the others: " .. name, function()
      local api = api_with(LIST)
      local client = client_with(api, option())
      for _, row in ipairs(definitions) do assert(client:send(row.message)) end
      assert.equal(#definitions, #api.sent)
      local result, err, details = client:send(bad())
      assert.is_nil(result)
      assert.equal("invalid", details.kind)
      assert.equal("template.components[2].parameters[3]", details.problems[1].path, err)
      assert.equal(0, details.attempts)
      assert.equal(#definitions, #api.sent)
      assert.is_nil((client:request(bad())))
      assert.is_nil((client:send_marketing(bad())))
    end)

    it("knows names and languages: " .. name, function()
      local api = api_with(LIST)
      local client = client_with(api, option())
      local message = copy(GOOD)
      message.template.language.code = "de"
      local _, err, details = client:send(message)
      assert.equal("template.language.code", details.problems[1].path, err)
      assert.equal("en_US", details.problems[1].limit)
      message.template.name = "parcel"
      _, err, details = client:send(message)
      assert.equal("template.name", details.problems[1].path, err)
      assert.equal(0, #api.sent)
    end)

    it("joins its problems with those of the form: " .. name, function()
      local client = client_with(api_with(LIST), option())
      local message = bad()
      message.template.components[1].parameters[1].text = 5
      message.to = nil
      local _, err, details = client:send(message)
      assert.equal(3, details.count, err)
      assert.equal(3, #details.problems)
    end)

    it("gets warnings in lenient mode: " .. name, function()
      local api = api_with(LIST)
      local client = client_with(api, option(), { mode = "lenient" })
      local result, _, info = client:send(bad())
      assert.is_truthy(result)
      assert.equal("template.components[2].parameters[3]", info.warnings[1].path)
    end)

    it("compares the messages of a batch, of a sequence and a fallback: " .. name, function()
      local api = api_with(LIST)
      local client = client_with(api, option())
      local outcomes = {}
      for message, result in client:each { GOOD, bad(), BY_NAME.hello.message } do
        outcomes[message.template.name .. tostring(result ~= nil)] = true
      end
      assert.same({ parcel_senttrue = true, parcel_sentfalse = true, hellotrue = true }, outcomes)
      local unaddressed = bad()
      unaddressed.to = nil
      local _, err = client:sequence("16505551234", { unaddressed })
      assert.is_truthy(err:find("parameters[3]", 1, true), err)
      local text = { to = "16505551234", text = { body = "x" } }
      local book = { open = function() return false end }
      _, err = client:send(text, { fallback = unaddressed, window = book })
      assert.is_truthy(err:find("parameters[3]", 1, true), err)
    end)

    it("does not check other messages: " .. name, function()
      local api = api_with {}
      local client = client_with(api, option())
      assert(client:send { to = "16505551234", text = { body = "x" } })
      assert.equal(0, api.asked)
      local _, _, details = client:send { to = "16505551234", template = 5 }
      assert.equal("template", details.problems[1].path)
    end)
  end

  it("sends a message whose tables raise when they are read, because the core accepts it", function()
    if _VERSION == "Lua 5.1" and not rawget(_G, "jit") and coroutine.running() then return end
    local odd = setmetatable({}, { __index = function() error "odd" end })
    local client = client_with(api_with {}, LIST)
    local result, _, info = client:send {
      to = "16505551234", template = { name = "hello", language = { code = "en_US" }, components = odd },
    }
    assert.is_truthy(result)
    assert.is_truthy(info.warnings[1].message:find "not compared.*odd")
  end)

  it("names a template with a similar name", function()
    local message = copy(GOOD)
    message.template.name = "parcel_snet"
    local _, err = client_with(api_with {}, LIST):send(message)
    assert.is_truthy(err:find "did you mean `parcel_sent`", err)
  end)

  it("raises for an option that is no list and no store, and for a store without an account", function()
    for _, option in ipairs { 5, "x", { {} }, { { name = "a" } }, { LIST[1], nil, LIST[2] }, { a = LIST[1] } } do
      assert.is_false(pcall(client_with, api_with {}, option))
    end
    assert.is_false(pcall(whatsapp.new, { token = "x", phone_number_id = 1, templates = whatsapp.templates.store() }))
    assert.is_false(pcall(whatsapp.templates.store, { tll = 5 }))
    assert.is_true((pcall(client_with, api_with {}, {})))
  end)
end)

describe("whatsapp.templates.store", function()
  it("asks once for each name, and again after its time", function()
    local clock, now = of_now()
    local api = api_with(LIST)
    local client = client_with(api, whatsapp.templates.store { now = now, ttl = 100 })
    for _ = 1, 5 do assert(client:send(GOOD)) end
    assert.equal(1, api.asked)
    assert(client:send(BY_NAME.hello.message))
    assert.equal(2, api.asked)
    clock.at = clock.at + 99
    assert(client:send(GOOD))
    assert.equal(2, api.asked)
    clock.at = clock.at + 2
    assert(client:send(GOOD))
    assert.equal(3, api.asked)
  end)

  it("refuses only by definitions that are fresh", function()
    local clock, now = of_now()
    local list = { copy(BY_NAME.parcel_sent.definition) }
    list[1].status = "PENDING"
    local api = api_with(list)
    local client = client_with(api, whatsapp.templates.store { now = now })
    assert.is_nil((client:send(GOOD)))
    assert.is_nil((client:send(GOOD)))
    assert.equal(1, api.asked)
    list[1].status = "APPROVED"
    clock.at = clock.at + 61
    assert(client:send(GOOD))
    assert.equal(2, api.asked)
  end)

  it("asks soon again for a name that no template had", function()
    local clock, now = of_now()
    local api = api_with {}
    local client = client_with(api, whatsapp.templates.store { now = now })
    assert.is_nil((client:send(GOOD)))
    api.list = LIST
    clock.at = clock.at + 61
    assert(client:send(GOOD))
  end)

  it("sends with a warning if the API cannot be asked, and does not ask each time", function()
    local clock, now = of_now()
    local api = api_with(LIST)
    api.broken = true
    local client = client_with(api, whatsapp.templates.store { now = now })
    for _ = 1, 5 do
      local result, _, info = client:send(bad())
      assert.is_truthy(result)
      assert.equal("template.name", info.warnings[1].path)
      assert.is_truthy(info.warnings[1].message:find "not compared with its template")
    end
    assert.equal(1, api.asked)
    api.broken = false
    clock.at = clock.at + 61
    assert.is_nil((client:send(bad())))
  end)

  it("forgets on demand, and is bounded", function()
    local api = api_with(LIST)
    local store = whatsapp.templates.store { max = 2 }
    local client = client_with(api, store)
    assert(client:send(GOOD))
    store:forget("parcel_sent", "2")
    assert(client:send(GOOD))
    assert.equal(2, api.asked)
    store:forget()
    assert(client:send(GOOD))
    assert.equal(3, api.asked)
    for _, row in ipairs(definitions) do assert(client:send(row.message)) end
    assert.equal(2, store.entries.count)
  end)

  it("keeps the accounts of clients apart", function()
    local api = api_with(LIST)
    local client = client_with(api, whatsapp.templates.store())
    assert(client:send(GOOD))
    assert(client:with({ waba_id = 3 }):send(GOOD))
    assert.equal(2, api.asked)
  end)

  it("works with a clock that goes back", function()
    local clock, now = of_now()
    local client = client_with(api_with(LIST), whatsapp.templates.store { now = now })
    assert(client:send(GOOD))
    clock.at = 5
    assert(client:send(GOOD))
  end)
end)

describe("a store of the user's", function()
  it("may yield, fail, raise and return anything: the message is sent, with a warning", function()
    for _, definitions_of in ipairs {
      function() error "odd" end, function() return nil, "no disk" end, function() return 5 end, function() end,
      function() error(setmetatable({}, { __tostring = error })) end,
    } do
      local api = api_with {}
      local client = client_with(api, { definitions = definitions_of })
      local result, _, info = client:send(GOOD)
      assert.is_truthy(result)
      assert.is_truthy(info.warnings[1].message:find "not compared")
    end
    local client = client_with(api_with {}, { definitions = function()
      if _VERSION ~= "Lua 5.1" or rawget(_G, "jit") then coroutine.yield() end
      return { BY_NAME.parcel_sent.definition }
    end })
    local co = coroutine.wrap(function() return (client:send(bad())) end)
    local outcome = co()
    if outcome == nil and (_VERSION ~= "Lua 5.1" or rawget(_G, "jit")) then outcome = co() end
    assert.is_nil(outcome)
  end)

  it("gets the name, a function that asks the API, and the account", function()
    local got = {}
    local api = api_with(LIST)
    local client = client_with(api, { definitions = function(self, name, fetch, is_fresh, account)
      got[#got + 1] = { self ~= nil, name, is_fresh, account }
      return fetch(name)
    end })
    assert(client:send(GOOD))
    assert.is_nil((client:send(bad())))
    assert.same({ { true, "parcel_sent", false, "2" }, { true, "parcel_sent", false, "2" }, { true, "parcel_sent", true, "2" } }, got)
    assert.equal(3, api.asked)
  end)
end)
