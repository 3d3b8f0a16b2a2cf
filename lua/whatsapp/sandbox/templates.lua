-- The templates of the sandbox. `box.templates` keeps them; requests can create up to 6,000. The endpoints create, list, change
-- and delete templates, as the API does. Functions for tests, and the control API, approve, reject, pause and disable a template.
-- refuse() compares each template message with its template; a box without templates accepts every template message.
local check = require "whatsapp.templates.check"
local core = require "whatsapp.core"
local graph = require "whatsapp.sandbox.graph"
local json = require "whatsapp.wire.json"
local lists = require "whatsapp.sandbox.lists"
local outbound = require "whatsapp.sandbox.outbound"
local validate = require "whatsapp.templates.validate"
local values = require "whatsapp.util.values"

local fail, query_of = graph.fail, graph.query

local templates = {}

local MOST = 6000 -- as many as an account of the API may have
local FIRST_ID = 920070350000000

---@class whatsapp.sandbox.templates
---@field list whatsapp.templates.Definition[] the oldest first
---@field by_id table<string, whatsapp.templates.Definition>
---@field review "instant"|"manual" instant: a new or changed template is APPROVED at once; manual: it is PENDING until a test
---calls approve() or reject()
local Templates = {}
Templates.__index = Templates

-- ---- the templates of a box -------------------------------------------------------------------------------------------------

local function copy(value)
  if type(value) ~= "table" then return value end
  local made = setmetatable({}, getmetatable(value))
  for name, member in pairs(value) do made[name] = copy(member) end
  return made
end

---Finds the template of a message, by name and language.
---@param template table the member `template` of the message
---@return whatsapp.templates.Definition? definition
function Templates:find(template)
  local code = type(template.language) == "table" and template.language.code
  for _, one in ipairs(self.list) do
    if one.name == template.name and one.language == code then return one end
  end
end

local function put(self, template)
  self.list[#self.list + 1], self.by_id[template.id] = template, template
  return template
end

---Adds a copy of a definition, without a check. A test may call this function.
---@param definition whatsapp.templates.Definition its status is APPROVED if absent
---@return whatsapp.templates.Definition template the copy, with its id
function Templates:add(definition)
  local template = copy(definition)
  self.count = self.count + 1
  template.id = template.id or ("%.0f"):format(FIRST_ID + self.count)
  template.status = template.status or "APPROVED"
  if self.by_id[template.id] then self:remove(template.id) end
  return put(self, template)
end

---@param id string
---@return boolean removed false: there is no such template
function Templates:remove(id)
  for i, one in ipairs(self.list) do
    if one.id == id then
      table.remove(self.list, i)
      self.by_id[id] = nil
      return true
    end
  end
  return false
end

-- Records an event of a new status, and sends its webhook.
local function tell(self, template, reason)
  self.box:tell {
    kind = "template", id = template.id, name = template.name, language = template.language, status = template.status,
  }
  outbound.account(self.box, "message_template_status_update", {
    event = template.status, message_template_id = tonumber(template.id), message_template_name = template.name,
    message_template_language = template.language, message_template_category = template.category, reason = reason or "NONE",
  }, "template")
end

-- returns a function that gives a template a status
local function status_setter(status)
  return function(self, id, reason)
    local template = self.by_id[tostring(id)]
    if not template then return nil, "there is no template with the id " .. tostring(id) end
    template.status, template.rejected_reason = status, status == "REJECTED" and (reason or "INVALID_FORMAT") or nil
    tell(self, template, template.rejected_reason)
    return template
  end
end

---Each gives a template a status. Takes the id of the template, and for reject() also a reason. Returns the template, or nil and
---an error.
Templates.approve, Templates.reject = status_setter "APPROVED", status_setter "REJECTED"
Templates.pause, Templates.disable = status_setter "PAUSED", status_setter "DISABLED"

---@return table document for the state of the box
function Templates:state() return { list = copy(self.list), count = self.count, review = self.review } end

---@param document any as state() returned it
---@return string? problem nil: load() can load the document
function templates.problem_of(document)
  local list = type(document) == "table" and document.list
  if type(list) ~= "table" then return "templates.list must be a list" end
  for i, one in ipairs(list) do
    if type(one) ~= "table" or type(one.id) ~= "string" or type(one.name) ~= "string" then
      return ("templates.list[%d] must have an id and a name"):format(i)
    end
  end
end

---@param document any as state() returned it
---@return true? ok
---@return string? err the templates have not changed
function Templates:load(document)
  local problem = templates.problem_of(document)
  if problem then return nil, problem end
  local list = document.list
  self.list, self.by_id, self.count = {}, {}, values.integer(document.count) or #list
  self.review = document.review == "manual" and "manual" or "instant"
  for _, one in ipairs(list) do put(self, copy(one)) end
  return true
end

---Gives a box its empty list of templates.
---@param box whatsapp.sandbox
---@return whatsapp.sandbox.templates templates
function templates.attach(box)
  box.templates = setmetatable({ box = box, list = {}, by_id = {}, count = 0, review = "instant" }, Templates)
  return box.templates
end

-- ---- the endpoints ----------------------------------------------------------------------------------------------------------

local ALWAYS = { "id" }
local NOT_FOUND, EXISTS, INVALID = 2593002, 2388024, 2388299 -- subcodes

-- makes the response of an error with a subcode
local function refused(subcode, title, message)
  return fail(400, {
    message = "Invalid parameter", code = 100, error_subcode = subcode, is_transient = false, error_user_title = title,
    error_user_msg = message,
  })
end

-- makes the response for a definition with problems
local function refuse_report(report)
  local lines = {}
  for i, problem in ipairs(report.problems) do lines[i] = problem.message end
  local response = refused(INVALID, "Message template is not valid", table.concat(lines, "\n"))
  response.problems = report.problems
  return response
end

local function is_account(box, id) return id == box.waba end

-- parameter of the query -> function(template, value): returns whether the parameter selects the template
local FILTERS = {
  name = function(template, wanted) return template.name:find(wanted, 1, true) ~= nil end,
  status = function(template, wanted) return template.status == wanted:upper() end,
  category = function(template, wanted) return tostring(template.category):upper() == wanted:upper() end,
  language = function(template, wanted) return template.language == wanted end,
  content = function(template, wanted)
    for _, component in ipairs(template.components or values.NONE) do
      if type(component.text) == "string" and component.text:find(wanted, 1, true) then return true end
    end
    return false
  end,
}

local function is_chosen(template, query)
  for name, chooses in pairs(FILTERS) do
    if query[name] and not chooses(template, query[name]) then return false end
  end
  return true
end

local function list(box, request, account)
  if not is_account(box, account) then return nil end
  local query, found = query_of(request), {}
  for _, template in ipairs(box.templates.list) do
    if is_chosen(template, query) then found[#found + 1] = template end
  end
  return lists.page(request, found, ALWAYS)
end

local function get(box, request, id)
  local template = box.templates.by_id[id]
  return template and lists.answer(lists.chosen(template, query_of(request).fields, ALWAYS))
end

-- gives a new or changed template its status
local function reviewed(box, template)
  template.status = box.templates.review == "manual" and "PENDING" or "APPROVED"
  if template.status ~= "PENDING" then tell(box.templates, template) end
end

local function create(box, request, account)
  if not is_account(box, account) then return nil end
  local body, refusal = lists.body(request)
  if not body then return refusal end
  local report = validate.definition(body)
  if report.count > 0 then return refuse_report(report) end
  if box.templates:find { name = body.name, language = { code = body.language } } then
    return refused(EXISTS, "Content in This Language Already Exists",
      ("There is already %s content for this template."):format(body.language))
  end
  if #box.templates.list >= MOST then
    return refused(INVALID, "Template limit", ("An account has at most %d templates"):format(MOST))
  end
  body.id, body.category, body.components = nil, body.category:upper(), body.components or core.array {}
  local template = box.templates:add(body)
  reviewed(box, template)
  return lists.answer { id = template.id, status = template.status, category = template.category }
end

local function edit(box, request, id)
  local template = box.templates.by_id[id]
  if not template then return nil end
  local body, refusal = lists.body(request)
  if not body then return refusal end
  local report = validate.edit(body)
  if report.count > 0 then return refuse_report(report) end
  for name, value in pairs(body) do template[name] = value end
  reviewed(box, template)
  return lists.success()
end

-- Returns the ids of the templates that a query deletes; nil: the query names no template, or one that the box does not have.
local function doomed(box, query)
  local ids = {}
  for id in (query.hsm_ids or ""):gmatch "%w+" do
    if not box.templates.by_id[id] then return nil end
    ids[#ids + 1] = id
  end
  for _, template in ipairs(box.templates.list) do
    if query.name == template.name and (query.hsm_id == nil or query.hsm_id == template.id) then ids[#ids + 1] = template.id end
  end
  return #ids > 0 and ids or nil
end

local function delete(box, request, account)
  if not is_account(box, account) then return nil end
  local ids = doomed(box, query_of(request))
  if not ids then return refused(NOT_FOUND, "Message Template Not Found", "There is no template with this name or id.") end
  for _, id in ipairs(ids) do box.templates:remove(id) end
  return lists.success()
end

---Rows for the routes of a box.
templates.ROUTES = {
  { "GET", "^/v%d+%.%d+/(%d+)/message_templates$", list },
  { "POST", "^/v%d+%.%d+/(%d+)/message_templates$", create },
  { "DELETE", "^/v%d+%.%d+/(%d+)/message_templates$", delete },
  { "GET", "^/v%d+%.%d+/(%d+)$", get },
  { "POST", "^/v%d+%.%d+/(%d+)$", edit },
}

-- ---- the control API ----------------------------------------------------------------------------------------------------------

local function get_all(box) return lists.answer { templates = core.array(values.copy(box.templates.list)) } end

-- Creates a template for the page, through the endpoint of the API. The page gets a problem as one sentence.
local function post(box, _, body)
  local response = create(box, { headers = { ["content-type"] = "application/json" }, body = assert(json.write(body)) }, box.waba)
  if response.status == 200 then return response end
  local err = json.decode(response.body).error
  return lists.answer({ problem = err.error_user_msg or err.message }, 400)
end

local VERBS = { approve = true, reject = true, pause = true, disable = true }

local function post_verb(box, _, body, id, verb)
  if not VERBS[verb] then return lists.answer({ problem = "the verb must be approve, reject, pause or disable" }, 404) end
  local template, problem = box.templates[verb](box.templates, id, type(body.reason) == "string" and body.reason or nil)
  if not template then return lists.answer({ problem = problem }, 404) end
  return lists.answer { id = template.id, status = template.status }
end

---Rows for the routes of the control API.
templates.CONTROL = {
  { "GET", "^/templates$", get_all }, { "POST", "^/templates$", post }, { "POST", "^/templates/([^/]+)/(%l+)$", post_verb },
}

-- ---- messages ---------------------------------------------------------------------------------------------------------------

-- status of a template that cannot be sent -> code and title of the error; for every other status, the error is MISSING
local STATUSES = { PAUSED = { 132015, "Template is Paused" }, DISABLED = { 132016, "Template is Disabled" } }
local MISSING = { 132001, "Template name does not exist in the translation", 404 }

-- rule of a problem -> code and title of the error; for every other rule, the error is FORMAT
local RULES = {
  required = { 132000, "Number of parameters does not match the expected number of params" },
  max_items = { 132000, "Number of parameters does not match the expected number of params" },
  min_items = { 132000, "Number of parameters does not match the expected number of params" },
  max_chars = { 132005, "Translated text too long" },
}
local FORMAT = { 132012, "Parameter format does not match format in the created template" }
local BUTTON = { 131008, "Required parameter is missing" }

-- makes the response of an error; row: code, title, HTTP status (400 if absent); found: the problems
local function refuse_as(row, details, found)
  local response = fail(row[3] or 400, {
    message = ("(#%d) %s"):format(row[1], row[2]), code = row[1],
    error_data = { messaging_product = "whatsapp", details = details },
  })
  response.problems = found
  return response
end

local function is_about_button(problem) return problem.message:find("button", 1, true) ~= nil end

---Refuses a template message that does not fit its template, as the API does. The first problem decides the code of the error.
---@param box whatsapp.sandbox
---@param message table a message that the core accepts
---@return table? response the refusal; nil: the message fits, is no template message, or the box has no templates
function templates.refuse(box, message)
  local template = message.template
  if type(template) ~= "table" or #box.templates.list == 0 then return nil end
  local source = box.templates:find(template)
  local code = type(template.language) == "table" and template.language.code
  if not source then
    return refuse_as(MISSING, ("template name (%s) does not exist in %s"):format(tostring(template.name), tostring(code)))
  end
  if source.status ~= "APPROVED" then
    return refuse_as(STATUSES[source.status] or MISSING, "the template is " .. tostring(source.status))
  end
  local report = check.run(source, message)
  if report.count == 0 then return nil end
  local first, lines = report.problems[1], {}
  for i, problem in ipairs(report.problems) do lines[i] = problem.message end
  local row = first.rule == "required" and is_about_button(first) and BUTTON or RULES[first.rule] or FORMAT
  return refuse_as(row, table.concat(lines, "\n"), report.problems)
end

return templates
