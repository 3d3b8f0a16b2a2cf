-- The templates and other objects of the sandbox. The specs create, list, change and delete them through the client's tables and calls.
-- The sandbox refuses a wrong template message with the API's codes.
local definitions = require "spec.templates.definitions"
local endpoints = require "whatsapp.graph.endpoints"
local json = require "whatsapp.wire.json"
local sandbox = require "whatsapp.sandbox"
local whatsapp = require "whatsapp"

local WABA, PHONE = "102290129340398", "106540352242922"

local function pair(more)
  local box = sandbox.new { numbers = 1 }
  local options = { token = "t", phone_number_id = PHONE, waba_id = WABA, transport = box.handle, retry = false }
  for name, value in pairs(more or {}) do options[name] = value end
  return whatsapp.new(options), box
end

local BY_NAME = {}
for _, row in ipairs(definitions) do BY_NAME[row.definition.name] = row end

local function copy(value)
  if type(value) ~= "table" then return value end
  local made = {}
  for name, member in pairs(value) do made[name] = copy(member) end
  return made
end

describe("the sandbox's templates", function()
  it("are created, listed and fetched, and a message with each of them is accepted", function()
    local client, box = pair()
    for _, row in ipairs(definitions) do
      local made = assert(client.templates:create(row.definition))
      assert.equal("APPROVED", made.status)
      local got = assert(client.templates:get(made.id))
      assert.equal(row.definition.name, got.name)
      assert.equal(#row.definition.components, #got.components)
      assert(client:send(row.message))
    end
    assert.equal(#definitions, #box.messages)
    local names = {}
    for template, err in client.templates:each { limit = 7 } do
      assert.is_truthy(template, err)
      names[#names + 1] = template.name
    end
    assert.equal(#definitions, #names)
  end)

  it("pass the client's check after the client has fetched them", function()
    local client = pair()
    for _, row in ipairs(definitions) do assert(client.templates:create(row.definition)) end
    local fetched = {}
    for template in client.templates:each() do fetched[template.name] = template end
    for name, row in pairs(BY_NAME) do
      local ok, err = whatsapp.templates.check(fetched[name], row.message)
      assert.is_true(ok, tostring(err))
      assert.is_true((whatsapp.templates.validate(fetched[name])))
    end
  end)

  it("are found by name, status, category, language and text, with the requested members", function()
    local client = pair()
    for _, row in ipairs(definitions) do assert(client.templates:create(row.definition)) end
    for query, count in pairs {
      [{ name = "parcel_sent" }] = 1, [{ name = "sign_in" }] = 2, [{ language = "pt_BR" }] = 1, [{ category = "authentication" }] = 2,
      [{ status = "REJECTED" }] = 0, [{ content = "customer" }] = 0, [{ content = "Oi" }] = 1, [{ limit = 3 }] = 3,
    } do
      assert.equal(count, #assert(client.templates:list(query)).data)
    end
    local only = assert(client.templates:list { name = "hello", fields = { "name" } }).data[1]
    assert.is_nil(only.components)
    assert.is_truthy(only.id and only.name == "hello")
  end)

  it("are changed and deleted", function()
    local client = pair()
    local id = assert(client.templates:create(BY_NAME.hello.definition)).id
    assert(client.templates:edit(id, { components = { { type = "BODY", text = "Another text for all." } } }))
    assert.equal("Another text for all.", client.templates:get(id).components[1].text)
    assert(client.templates:delete { name = "hello" })
    local _, _, details = client.templates:delete { name = "hello" }
    assert.same({ 100, 2593002 }, { details.code, details.subcode })
    _, _, details = client.templates:get(id)
    assert.same({ 100, 33 }, { details.code, details.subcode })
    local ids = {}
    for i = 1, 3 do ids[i] = assert(client.templates:create(definitions[i].definition)).id end
    assert.is_nil((client.templates:delete { hsm_ids = { ids[1], "999" } }))
    assert(client.templates:delete { hsm_ids = { ids[1], ids[2] } })
    assert.equal(1, #client.templates:list().data)
  end)

  it("are refused if they are not valid or exist already", function()
    local client = pair()
    local _, err, details = client.templates:create({ name = "X Y" }, { mode = "lenient" })
    assert.equal(100, details.code)
    assert.is_truthy(err:find("name: must be", 1, true), err)
    assert(client.templates:create(BY_NAME.hello.definition))
    _, _, details = client.templates:create(BY_NAME.hello.definition)
    assert.equal(2388024, details.subcode)
    local german = copy(BY_NAME.hello.definition)
    german.language = "de"
    assert(client.templates:create(german))
  end)

  it("are approved, rejected, paused and disabled", function()
    local client, box = pair()
    box.templates.review = "manual"
    local id = assert(client.templates:create(BY_NAME.hello.definition)).id
    local function code() return select(3, client:send(BY_NAME.hello.message)).code end
    assert.equal("PENDING", client.templates:get(id).status)
    assert.equal(132001, code())
    assert(box.templates:approve(id))
    assert(client:send(BY_NAME.hello.message))
    box.templates:pause(id)
    assert.equal(132015, code())
    box.templates:disable(id)
    assert.equal(132016, code())
    box.templates:reject(id, "ABUSIVE_CONTENT")
    assert.equal(132001, code())
    assert.equal("ABUSIVE_CONTENT", client.templates:get(id).rejected_reason)
    local none, err = box.templates:approve "5"
    assert.is_nil(none)
    assert.is_truthy(err:find "no template")
  end)

  it("refuse messages with the API's codes", function()
    local client, box = pair()
    for _, row in ipairs(definitions) do box.templates:add(row.definition) end
    local cases = {
      { "hello", function(template) template.name = "another" end, 132001, 404 },
      { "hello", function(template) template.language.code = "de" end, 132001, 404 },
      { "parcel_sent", function(template) table.remove(template.components[2].parameters) end, 132000, 400 },
      { "parcel_sent", function(template) table.insert(template.components[2].parameters, { type = "text", text = "x" }) end, 132000, 400 },
      { "parcel_sent", function(template) table.remove(template.components, 3) end, 131008, 400 },
      { "parcel_sent", function(template) template.components[2].parameters[1].text = ("x"):rep(1020) end, 132005, 400 },
      { "tour_video", function(template) template.components[1].parameters[1] = { type = "image", image = { id = "1" } } end, 132012, 400 },
      { "table_booked", function(template) template.components[2].parameters[1].parameter_name = "odd" end, 132012, 400 },
      { "summer_cards", function(template) table.remove(template.components[2].cards) end, 132000, 400 },
    }
    for _, case in ipairs(cases) do
      local message = copy(BY_NAME[case[1]].message)
      case[2](message.template)
      local result, err, details = client:send(message)
      assert.is_nil(result)
      assert.same({ case[3], case[4] }, { details.code, details.http_status }, err)
    end
    assert.equal(0, #box.messages)
  end)

  it("do not change a box without templates", function()
    local client, box = pair()
    assert(client:send(BY_NAME.parcel_sent.message))
    assert.equal(1, #box.messages)
  end)

  it("are saved and loaded", function()
    local client, box = pair()
    for _, row in ipairs(definitions) do assert(client.templates:create(row.definition)) end
    local _, other = pair()
    assert.is_true(other.templates:load(box.templates:state()))
    assert.equal(#definitions, #other.templates.list)
    assert.is_truthy(other.templates:find { name = "hello", language = { code = "en_US" } })
    for _, document in ipairs { 5, {}, { list = 5 }, { list = { 5 } }, { list = { { id = 5 } } } } do
      assert.is_nil((other.templates:load(document)))
    end
    assert.equal(#definitions, #other.templates.list)
  end)

  it("are part of the state of a box, as the other objects are", function()
    local client, box = pair()
    assert(client.templates:create(BY_NAME.hello.definition))
    assert(client.profile:update { about = "Plants" })
    assert(client.groups:create { subject = "Trees" })
    local text = json.write(box:state())
    local other_client, other = pair()
    assert.is_true(other:load(json.decode(text)))
    assert.equal("hello", other_client.templates:list().data[1].name)
    assert.equal("Plants", other_client.profile:get().data[1].about)
    assert.equal("Trees", other_client.groups:list().data.groups[1].subject)
    other:reset()
    assert.equal(0, #other.templates.list)
    assert.is_nil(other_client.profile:get().data[1].about)
  end)

  it("are listed, created and reviewed through the control API, with webhooks and events", function()
    local heard = {}
    local box = sandbox.new { webhook = function(request)
      heard[#heard + 1] = json.decode(request.body).entry[1].changes[1]
      return { status = 200 }
    end }
    local function control(method, path, body)
      local response = box.control {
        method = method, url = "/_sandbox/" .. path, body = body and json.write(body), headers = { ["content-type"] = "application/json" },
      }
      return json.decode(response.body), response.status
    end
    box.templates.review = "manual"
    local made = control("POST", "templates", BY_NAME.hello.definition)
    assert.equal("PENDING", made.status)
    local refused, status = control("POST", "templates", { name = "X" })
    assert.equal(400, status)
    assert.is_truthy(refused.problem:find "name: must be")
    for verb, word in pairs { approve = "APPROVED", reject = "REJECTED", pause = "PAUSED", disable = "DISABLED" } do
      assert.equal(word, control("POST", ("templates/%s/%s"):format(made.id, verb), {}).status)
      box:run()
      local change = heard[#heard]
      assert.equal("message_template_status_update", change.field)
      assert.equal(word, change.value.event)
      assert.equal(made.id, ("%.0f"):format(change.value.message_template_id))
      local events = box:events()
      local told = false
      for _, event in ipairs(events) do told = told or (event.kind == "template" and event.status == word) end
      assert.is_true(told)
    end
    assert.equal("hello", control("GET", "templates").templates[1].name)
    assert.equal(404, select(2, control("POST", "templates/5/approve", {})))
    assert.equal(404, select(2, control("POST", ("templates/%s/odd"):format(made.id), {})))
  end)

  it("are fetched by a client that keeps definitions", function()
    local box = sandbox.new()
    box.templates:add(BY_NAME.parcel_sent.definition)
    local client = whatsapp.new {
      token = "t", phone_number_id = PHONE, waba_id = WABA, transport = box.handle, templates = whatsapp.templates.store(),
    }
    assert(client:send(BY_NAME.parcel_sent.message))
    local message = copy(BY_NAME.parcel_sent.message)
    table.remove(message.template.components, 1)
    local _, _, details = client:send(message)
    assert.equal("invalid", details.kind)
    assert.equal(1, #box.messages)
  end)
end)

describe("the sandbox's other objects", function()
  it("are the profile and the phone number", function()
    local client = pair()
    assert(client.profile:update { about = "Plants", websites = { "https://shop.example/" } })
    local profile = assert(client.profile:get { fields = { "about" } }).data[1]
    assert.same({ "Plants", nil }, { profile.about, profile.websites })
    assert.equal("https://shop.example/", client.profile:get().data[1].websites[1])
    assert.equal(PHONE, assert(client.phone:get { fields = { "verified_name" } }).id)
    assert.equal(PHONE, assert(client.phone:list()).data[1].id)
    assert(client.phone:register { pin = "123456" })
    local _, _, details = client.phone:register { pin = "654321" }
    assert.equal(133005, details.code)
    assert(client.phone:set_pin { pin = "654321" })
    assert(client.phone:register { pin = "654321" })
    assert(client.phone:deregister())
    assert(client.phone:request_code { code_method = "SMS", language = "en_US" })
    assert(client.phone:verify_code { code = "123456" })
    assert(client.phone:set { user_identity_change = { enable_identity_key_check = true } })
    assert.is_true(client.phone:settings().user_identity_change.enable_identity_key_check)
  end)

  it("are blocked users", function()
    local client, box = pair()
    local _, _, refused = client.blocked:add { block_users = { { user = "16505551234" } } }
    assert.equal(200, refused.http_status)
    assert.equal(131047, client.blocked:add({ block_users = { { user = "16505551234" } } }).block_users.failed_users[1].errors[1].code)
    box:user("16505551234"):writes "Hello"
    local made = assert(client.blocked:add { block_users = { { user = "+1 650 555 1234" } } })
    assert.equal("16505551234", made.block_users.added_users[1].wa_id)
    assert.equal("16505551234", client.blocked:list().data[1].wa_id)
    assert(client.blocked:remove { block_users = { { user = "16505551234" } } })
    assert.equal(0, #client.blocked:list().data)
  end)

  it("are groups", function()
    local client = pair()
    assert(client.groups:create { subject = "Plants" }.request_id)
    assert(client.groups:create { subject = "Trees" })
    local ids = {}
    for group in client.groups:each { limit = 1 } do ids[#ids + 1] = group.id end
    assert.equal(2, #ids)
    assert.equal("Plants", client.groups:get(ids[1], { fields = "subject" }).subject)
    assert(client.groups:update(ids[1], { subject = "Flowers" }))
    assert.equal("Flowers", client.groups:get(ids[1], { fields = { "subject" } }).subject)
    local link = client.groups:invite_link(ids[1]).invite_link
    assert.is_truthy(link:find "^https://")
    assert.are_not.equal(link, client.groups:reset_invite_link(ids[1]).invite_link)
    assert(client.groups:add_participants(ids[1], { participants = { { user = "1" }, { user_id = "US.1" } } }))
    assert(client.groups:remove_participants(ids[1], { participants = { { user = "1" } } }))
    assert.equal(1, #client.groups:get(ids[1], { fields = { "participants" } }).participants)
    assert.equal(0, #client.groups:join_requests(ids[1]).data)
    assert(client.groups:approve_join_requests(ids[1], { join_requests = { "1" } }))
    assert(client.groups:delete_invite_link(ids[1]))
    assert(client.groups:delete(ids[1]))
    local _, _, details = client.groups:get(ids[1])
    assert.same({ 100, 33 }, { details.code, details.subcode })
  end)

  it("are flows", function()
    local client = pair()
    local id = assert(client.flows:create { name = "Form", categories = { "SURVEY" } }).id
    assert.equal(1, #client.flows:upload(id, { json = "{]" }).validation_errors)
    assert.equal(0, #client.flows:upload(id, { json = '{"version":"7.0","screens":[]}' }).validation_errors)
    assert.equal("flow.json", client.flows:assets(id).data[1].name)
    assert(client.flows:update(id, { name = "Survey" }))
    assert.equal("Survey", client.flows:get(id).name)
    assert.is_nil((client.flows:deprecate(id)))
    assert(client.flows:publish(id))
    assert.is_nil((client.flows:delete(id)))
    assert(client.flows:deprecate(id))
    assert.equal("DEPRECATED", client.flows:list().data[1].status)
    local draft = assert(client.flows:create { name = "Form", categories = { "OTHER" } }).id
    assert(client.flows:delete(draft))
  end)

  it("are the subscribed apps of the account", function()
    local client = pair()
    assert(client:call { method = "POST", path = "{waba}/subscribed_apps" })
    assert.equal("Sandbox", client:call({ path = "{waba}/subscribed_apps" }).data[1].whatsapp_business_api_data.name)
    assert(client:call { method = "DELETE", path = "{waba}/subscribed_apps" })
    assert.equal(0, #client:call({ path = "{waba}/subscribed_apps" }).data)
  end)

  it("stay unknown objects if the box has no templates", function()
    local client = pair()
    for _, path in ipairs { "123", "5/whatsapp_business_profile", "123/assets", "SANDBOXGROUP5", "5/groups", "123/odd" } do
      local result, _, details = client:call { path = path }
      assert.is_nil(result)
      assert.same({ 400, 100, 33 }, { details.http_status, details.code, details.subcode })
    end
  end)

  it("answer every row of the tables, and do not fail on wrong input", function()
    local client, box = pair()
    for _, one in ipairs(endpoints.TABLES) do
      for _, row in ipairs(one.rows) do
        local segments = {}
        for i, part in ipairs(row.path) do
          segments[i] = part == "{waba}" and WABA or part == "{phone}" and PHONE or part:find "^{" and "5" or part
        end
        for _, body in ipairs { "", "{", "[]", "{}", "5", '{"a":null}', '{"block_users":[5]}', '{"participants":{}}', '{"components":[[]]}' } do
          local response = box.handle {
            method = row.method, url = "https://x/v26.0/" .. table.concat(segments, "/") .. "?after=x&limit=0&hsm_ids=%5B", body = body,
            headers = { Authorization = "Bearer t", ["Content-Type"] = "application/json" },
          }
          assert.is_truthy(response.status == 200 or response.status == 400, body)
          assert.is_truthy(whatsapp.parse_response(response) or response.status >= 200)
        end
      end
    end
    assert(client:send { to = "16505551234", text = { body = "x" } })
  end)
end)
