-- Calls, pages and tables over sockets: the client's own transport (libcurl) and cqueues against the sandbox in nginx. Only this
-- spec shows faults of bytes on a wire, such as a DELETE with a body.
local definitions = require "spec.templates.definitions"
local endpoints = require "whatsapp.graph.endpoints"
local scratch = require "spec.support.scratch"
local server = require "whatsapp.sandbox.server"
local whatsapp = require "whatsapp"

local WABA, PHONE, TOKEN = "102290129340398", "106540352242922", "EAAtokenTOKENtoken1234567890"

local function client_of(sandbox, connection, more)
  local options = { token = TOKEN, phone_number_id = PHONE, waba_id = WABA, base_url = sandbox.base_url, app_secret = "app-secret-1" }
  for name, value in pairs(connection or { ca_file = sandbox.ca_file, proxy = "", timeout = 20 }) do options[name] = value end
  for name, value in pairs(more or {}) do options[name] = value end
  return whatsapp.new(options)
end

local function with_cqueues(sandbox, work, more)
  local cqueues = require "cqueues"
  local transport = require("whatsapp.transport.cqueues").new { ca_file = sandbox.ca_file, proxy = "", timeout = 20 }
  local queue, is_done = cqueues.new(), false
  queue:wrap(function() -- without pcall: plain Lua 5.1 cannot yield across pcall
    work(client_of(sandbox, { transport = transport }, more))
    is_done = true
  end)
  assert(queue:loop())
  transport.close()
  assert.is_true(is_done)
end

local WAYS = {
  libcurl = function(sandbox, work, more)
    local client = client_of(sandbox, nil, more)
    work(client)
    client:close()
  end,
  cqueues = with_cqueues,
}

describe("over sockets, against the sandbox", function()
  local sandbox, folder

  setup(function() sandbox, folder = server.start(), scratch.new() end)
  teardown(function()
    sandbox.stop()
    folder.remove()
  end)

  local function delete_all(client)
    for _, row in ipairs(definitions) do client.templates:delete { name = row.definition.name } end
  end

  -- returns the number of items; without `for`, because plain Lua 5.1 cannot yield in its iterator
  local function count_of(pages, test)
    local count, item, err = 0, pages:next()
    while item ~= nil do
      assert.is_truthy(item and (not test or test(item)), err)
      count, item, err = count + 1, pages:next()
    end
    return count
  end

  for name, way in pairs(WAYS) do
    it("templates are created, walked through, fetched, compared and deleted: " .. name, function()
      way(sandbox, function(client)
        for _, row in ipairs(definitions) do assert(client.templates:create(row.definition)) end
        assert.equal(#definitions, count_of(client.templates:each { limit = 4 }))
        local pages = client:pages { path = "{waba}/message_templates", query = { limit = 10, fields = { "name" } } }
        assert.equal(#definitions, count_of(pages, function(template) return template.name and not template.components end))
        assert(client:send(definitions[2].message))
        local _, err, details = client:send { to = "16505551234", template = { name = "hello", language = { code = "de" } } }
        assert.equal(132001, details.code, err)
        delete_all(client)
        assert.equal(0, #assert(client.templates:list()).data)
      end)
    end)

    it("a POST, a GET and a DELETE with a body, a form and an odd query arrive whole: " .. name, function()
      way(sandbox, function(client)
        local failed = assert(client.blocked:add { block_users = { { user = "+1 650 555 9999" } } }).block_users.failed_users
        assert.equal(131047, failed[1].errors[1].code)
        assert(client.groups:create { subject = "Trees" })
        local group = assert(client.groups:list()).data.groups[1].id
        assert(client.groups:add_participants(group, { participants = { { user = "1" }, { user = "2" } } }))
        assert(client.groups:remove_participants(group, { participants = { { user = "1" } } }))
        assert.same({ { user = "2" } }, assert(client.groups:get(group, { fields = "participants" })).participants)
        assert(client.groups:delete(group))
        local id = assert(client.flows:create { name = "Form", categories = { "SURVEY" } }).id
        assert.equal(0, #assert(client.flows:upload(id, { json = '{"a":1}' })).validation_errors)
        assert.equal(1, #assert(client.flows:upload(id, { path = folder.write("flow.json", '{"a"') })).validation_errors)
        assert(client.flows:delete(id))
        assert.equal(0, #assert(client:call { path = "{waba}/message_templates", query = { name = "a b&c=d+\195\164%" } }).data)
        assert(client.profile:update { about = "caf\195\169 \240\159\152\128" })
        assert.equal("caf\195\169 \240\159\152\128", assert(client.profile:get()).data[1].about)
      end)
    end)

    it("every row of the tables gets an answer of the API: " .. name, function()
      way(sandbox, function(client)
        for _, one in ipairs(endpoints.TABLES) do
          for _, row in ipairs(one.rows) do
            local result, err, details = client:call {
              method = row.method, path = { row.path[1]:find "^{[wp]" and row.path[1] or "5", row.path[2] },
              body = row.method ~= "GET" and not row.form and {} or nil, retry = false,
            }
            assert.is_truthy(result or details.kind == "api", row.name .. tostring(err))
          end
        end
        delete_all(client)
      end)
    end)

    it("definitions are kept by a store, in send and in each: " .. name, function()
      way(sandbox, function(client)
        assert(client.templates:create(definitions[2].definition))
        local bad = { to = "16505551234", template = { name = "parcel_sent", language = { code = "en_US" } } }
        local list, sent, refused = {}, 0, 0
        for i = 1, 40 do list[i] = i % 2 == 0 and bad or definitions[2].message end
        local batch = client:each(list, { concurrency = 8 })
        local message, result, _, details = batch:next()
        while message do
          if result then sent = sent + 1 end
          if not result and details.kind == "invalid" then refused = refused + 1 end
          message, result, _, details = batch:next()
        end
        assert.same({ 20, 20 }, { sent, refused })
        assert.is_nil((client:send(bad)))
        delete_all(client)
      end, { templates = whatsapp.templates.store() })
    end)
  end

  it("no secret goes to another host, into a URL or into a text", function()
    local client = client_of(sandbox)
    local _, err, details = client:call { path = "12/34" }
    for _, text in ipairs { err, tostring(details), details.message } do
      assert.is_nil(text:find(TOKEN, 1, true))
      assert.is_nil(text:find("app-secret-1", 1, true))
    end
    client:close()
  end)
end)
