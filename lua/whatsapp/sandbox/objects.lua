-- The endpoints of the sandbox for the smaller objects of the Graph API: profile, settings and PIN of a phone number, the numbers
-- of the account, blocked users, flows and subscribed apps; groups.lua has the groups. `box.objects` keeps these objects. The
-- number of flows and of groups is bounded.
--
-- Each endpoint is a function(box, request or body, id, owned): `owned` is the object with the id in the path. asks() makes the
-- function of a route from an endpoint without a body, reads() from an endpoint with a body.
local core = require "whatsapp.core"
local fields = require "whatsapp.graph.fields"
local graph = require "whatsapp.sandbox.graph"
local groups = require "whatsapp.sandbox.groups"
local lists = require "whatsapp.sandbox.lists"
local multipart = require "whatsapp.sandbox.multipart"
local problems = require "whatsapp.wire.problems"
local values = require "whatsapp.util.values"

local query_of, refuse = graph.query, graph.refuse

local objects = {}

---@class whatsapp.sandbox.objects
---@field profiles table<string, table> by phone_number_id
---@field settings table<string, table> by phone_number_id
---@field pins table<string, string> by phone_number_id
---@field flows table[] the oldest first
---@field groups table[] the oldest first
---@field apps table[] the subscribed apps
---@field count integer the number of objects that were ever made, for their ids

---Gives a box its empty objects.
---@param box whatsapp.sandbox
function objects.attach(box)
  box.objects = { profiles = {}, settings = {}, pins = {}, flows = {}, groups = {}, apps = {}, count = 0 }
end

---@param box whatsapp.sandbox
---@return table document a copy of the objects, for the state of the box
function objects.state(box) return values.copy(box.objects) end

---@param box whatsapp.sandbox
---@param document any as state() returned it; this function ignores members of a wrong type
function objects.load(box, document)
  for name, kept in pairs(box.objects) do
    local value = type(document) == "table" and document[name]
    if type(value) == type(kept) then box.objects[name] = value end
  end
end

-- ---- reading ----------------------------------------------------------------------------------------------------------------

-- Both return the number with an id. known_number returns only a number that the box has; number_of may add the number to the
-- box.
local function known_number(box, id) return box.numbers.by_id[id] end
local function number_of(box, id) return box.numbers:find(id) end

local function is_account(box, id) return id == box.waba end

---Makes the function of a route from an endpoint with a body. The function checks the body by the fields of graph/fields.
---@param object string the name of the fields, such as "Profile"
---@param owner fun(box: table, id: string): any? returns the object with the id; nil: there is no such object
---@param endpoint fun(box: table, body: table, id: string, owned: any): table? gets the object that `owner` returned
---@return fun(box: table, request: table, id: string): table?
function objects.reads(object, owner, endpoint)
  return function(box, request, id)
    local owned = owner(box, id)
    if not owned then return nil end
    local body, refusal = lists.body(request)
    if not body then return refusal end
    local report = problems.new "body"
    fields.check(object, body, report)
    if report.count > 0 then return refuse("Invalid parameter", 100, report:line()) end
    return endpoint(box, body, id, owned)
  end
end
local reads = objects.reads

---Makes the function of a route from an endpoint without a body.
---@param owner fun(box: table, id: string): any? as in reads()
---@param endpoint fun(box: table, request: table, id: string, owned: any): table? gets the object that `owner` returned
---@return fun(box: table, request: table, id: string): table?
function objects.asks(owner, endpoint)
  return function(box, request, id)
    local owned = owner(box, id)
    return owned and endpoint(box, request, id, owned)
  end
end
local asks = objects.asks

-- ---- the phone number -------------------------------------------------------------------------------------------------------

local function merge(into, from)
  for name, value in pairs(from) do into[name] = value end
  return into
end

local function get_profile(box, request, id)
  local profile = merge({ messaging_product = "whatsapp" }, box.objects.profiles[id] or values.NONE)
  return lists.answer { data = core.array { lists.chosen(profile, query_of(request).fields, { "messaging_product" }) } }
end

local function post_profile(box, body, id)
  box.objects.profiles[id] = merge(box.objects.profiles[id] or {}, body)
  return lists.success()
end

local NUMBER = { "id" }

local function get_number(_, request, _, number)
  return lists.answer(lists.chosen(number, query_of(request).fields, NUMBER))
end

local function get_numbers(box, request)
  return lists.page(request, box.numbers.list, NUMBER)
end

local MISMATCH = 133005 -- error code: another PIN

local function register(box, body, id)
  local pin = box.objects.pins[id]
  if pin and pin ~= body.pin then return refuse("Two step verification PIN Mismatch", MISMATCH) end
  box.objects.pins[id] = body.pin
  return lists.success()
end

local function set_pin(box, body, id)
  box.objects.pins[id] = body.pin
  return lists.success()
end

local function get_settings(box, _, id) return lists.answer(box.objects.settings[id] or {}) end

local function post_settings(box, body, id)
  box.objects.settings[id] = merge(box.objects.settings[id] or {}, body)
  return lists.success()
end

-- ---- blocked users ----------------------------------------------------------------------------------------------------------

local RE_ENGAGEMENT = 131047 -- error code: the user has not written for 24 hours

-- returns the blocked users, in the form of the API
local function blocked_of(box)
  local list = {}
  for _, user in ipairs(box.users:all()) do
    if box.blocked_users[user.id] then
      list[#list + 1] = { id = user.id, messaging_product = "whatsapp", wa_id = user.number, user_id = user.user_id }
    end
  end
  return list
end

-- Blocks or unblocks one user. Returns false if the API would refuse this: the box has no such user, or the window of a user to
-- block is closed.
local function block(box, id, address, is_blocked)
  local user = box.users:find(address)
  if not user then return false end
  local ends = user.windows[id]
  if is_blocked and not (ends and ends > box.clock:now()) then return false end
  box.blocked_users[user.id] = is_blocked or nil
  return true
end

-- returns the endpoint that blocks the users of a body, or unblocks them
local function blocker(is_blocked)
  return function(box, body, id)
    local done, failed = core.array {}, core.array {}
    for _, user in ipairs(body.block_users) do
      local input = user.user or user.user_id
      local address = user.user and user.user:gsub("%D", "") or user.user_id
      if block(box, id, address, is_blocked) then done[#done + 1] = { input = input, wa_id = user.user and address or nil }
      else
        failed[#failed + 1] = { input = input, errors = core.array { {
          message = "Re-engagement required", code = RE_ENGAGEMENT,
          error_data = { details = "User has not messaged in the last 24 hours" },
        } } }
      end
    end
    local answer = { [is_blocked and "added_users" or "removed_users"] = done }
    if #failed > 0 then answer.failed_users = failed end
    return lists.answer { messaging_product = "whatsapp", block_users = answer }
  end
end

-- ---- flows ------------------------------------------------------------------------------------------------------------------

local MOST_FLOWS = 1000

local function flow_of(box, id)
  for _, flow in ipairs(box.objects.flows) do
    if flow.id == id then return flow end
  end
end

local function create_flow(box, body)
  local flows = box.objects.flows
  if #flows >= MOST_FLOWS then return refuse("Invalid parameter", 100, ("An account has at most %d flows"):format(MOST_FLOWS)) end
  box.objects.count = box.objects.count + 1
  local flow = {
    id = ("44%013d"):format(box.objects.count), name = body.name, categories = body.categories, endpoint_uri = body.endpoint_uri,
    status = body.publish and "PUBLISHED" or "DRAFT", validation_errors = core.array {},
  }
  flows[#flows + 1] = flow
  return lists.answer { id = flow.id, success = true, validation_errors = core.array {} }
end

local NOT_DRAFT, NOT_PUBLISHED = 139000, 139002 -- error codes

-- makes an endpoint that refuses a flow with another status
local function only(status, code, endpoint)
  return function(box, asked, id, flow)
    if flow.status ~= status then
      return refuse("Blocked by the state of the flow", code, ("The flow is %s, and not %s"):format(flow.status, status))
    end
    return endpoint(box, asked, id, flow)
  end
end

local function change_flow(_, body, _, flow)
  merge(flow, body)
  return lists.success()
end

local function set_status(status)
  return function(_, _, _, flow)
    flow.status = status
    return lists.success()
  end
end

local function delete_flow(box, _, id)
  local flows = box.objects.flows
  for i = #flows, 1, -1 do
    if flows[i].id == id then table.remove(flows, i) end
  end
  return lists.success()
end

-- Returns the bytes of the part `file` of a form. The form is in the bytes of the body; or, from box.transport, in request.form.
local function file_of(request)
  local boundary = multipart.boundary(graph.header(request, "content-type"))
  local list = request.form or boundary and multipart.parse(request.body or "", boundary) or {}
  for _, part in ipairs(list) do
    if part.name == "file" then return part.data or "" end
  end
end

local function upload(_, request, _, flow)
  local text = file_of(request)
  if not text then return refuse("Invalid parameter", 100, "The form has no part `file`") end
  local ok = core.decode(text) ~= nil
  flow.json, flow.validation_errors = text, core.array(ok and {} or { {
    error = "INVALID_JSON", error_type = "JSON_SCHEMA_ERROR", message = "The file is not JSON", line_start = 1, line_end = 1,
  } })
  return lists.answer { success = true, validation_errors = flow.validation_errors }
end

-- returns the members of a flow that the API shows: all except its JSON
local function view_of(flow)
  local view = values.copy(flow)
  view.json = nil
  return view
end

local function get_flow(_, request, _, flow)
  return lists.answer(lists.chosen(view_of(flow), query_of(request).fields, NUMBER))
end

local function get_flows(box, request)
  local list = {}
  for i, flow in ipairs(box.objects.flows) do list[i] = view_of(flow) end
  return lists.page(request, list, NUMBER)
end

local function get_assets(_, request, _, flow)
  local list = flow.json and { { id = "1", name = "flow.json", asset_type = "FLOW_JSON" } } or {}
  return lists.page(request, list, { "name", "asset_type" })
end

-- ---- apps -------------------------------------------------------------------------------------------------------------------

local function get_apps(box, request) return lists.page(request, box.objects.apps, { "whatsapp_business_api_data" }) end

local function subscribe(box)
  box.objects.apps = { { id = "1", whatsapp_business_api_data = { id = "1", name = "Sandbox", link = "https://example.com/" } } }
  return lists.success()
end

local function unsubscribe(box)
  box.objects.apps = {}
  return lists.success()
end

-- ---- routes -----------------------------------------------------------------------------------------------------------------

local ACCOUNT, OBJECT = "^/v%d+%.%d+/(%d+)/", "^/v%d+%.%d+/(%d+)$"

-- A POST to an id alone sets the PIN of a number, or changes a flow.
local function post_object(box, request, id)
  if known_number(box, id) then return reads("TwoStepPin", known_number, set_pin)(box, request, id) end
  return reads("FlowChange", flow_of, only("DRAFT", NOT_DRAFT, change_flow))(box, request, id)
end

---Rows for the routes of a box.
objects.ROUTES = {
  { "GET", ACCOUNT .. "whatsapp_business_profile$", asks(number_of, get_profile) },
  { "POST", ACCOUNT .. "whatsapp_business_profile$", reads("Profile", number_of, post_profile) },
  { "GET", ACCOUNT .. "phone_numbers$", asks(is_account, get_numbers) },
  { "POST", ACCOUNT .. "register$", reads("Registration", number_of, register) },
  { "POST", ACCOUNT .. "deregister$", asks(number_of, lists.success) },
  { "POST", ACCOUNT .. "request_code$", reads("CodeRequest", number_of, lists.success) },
  { "POST", ACCOUNT .. "verify_code$", reads("Code", number_of, lists.success) },
  { "GET", ACCOUNT .. "settings$", asks(number_of, get_settings) },
  { "POST", ACCOUNT .. "settings$", reads("Settings", number_of, post_settings) },
  { "GET", ACCOUNT .. "block_users$", asks(number_of, function(box, request)
    return lists.page(request, blocked_of(box), { "messaging_product", "wa_id", "user_id" })
  end) },
  { "POST", ACCOUNT .. "block_users$", reads("BlockedUsers", number_of, blocker(true)) },
  { "DELETE", ACCOUNT .. "block_users$", reads("BlockedUsers", number_of, blocker(false)) },
  { "GET", ACCOUNT .. "flows$", asks(is_account, get_flows) },
  { "POST", ACCOUNT .. "flows$", reads("Flow", is_account, create_flow) },
  { "POST", ACCOUNT .. "assets$", asks(flow_of, only("DRAFT", NOT_DRAFT, upload)) },
  { "GET", ACCOUNT .. "assets$", asks(flow_of, get_assets) },
  { "POST", ACCOUNT .. "publish$", asks(flow_of, only("DRAFT", NOT_DRAFT, set_status "PUBLISHED")) },
  { "POST", ACCOUNT .. "deprecate$", asks(flow_of, only("PUBLISHED", NOT_PUBLISHED, set_status "DEPRECATED")) },
  { "GET", ACCOUNT .. "subscribed_apps$", asks(is_account, get_apps) },
  { "POST", ACCOUNT .. "subscribed_apps$", asks(is_account, subscribe) },
  { "DELETE", ACCOUNT .. "subscribed_apps$", asks(is_account, unsubscribe) },
  { "GET", OBJECT, asks(known_number, get_number) },
  { "GET", OBJECT, asks(flow_of, get_flow) },
  { "DELETE", OBJECT, asks(flow_of, only("DRAFT", NOT_DRAFT, delete_flow)) },
  { "POST", OBJECT, post_object },
}
for _, row in ipairs(groups.routes(number_of, objects)) do table.insert(objects.ROUTES, row) end

return objects
