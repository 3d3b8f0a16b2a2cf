-- client.templates, client.groups and similar tables: a method for each row of graph/endpoints. A method checks its arguments
-- with the objects of graph/objects, and calls graph/call. Never has a secret.
local call = require "whatsapp.graph.call"
local checks = require "whatsapp.util.options"
local endpoints = require "whatsapp.graph.endpoints"
local fields = require "whatsapp.graph.fields"
local problems = require "whatsapp.wire.problems"
local values = require "whatsapp.util.values"

local tables = {}

---@class whatsapp.endpoint_options
---@field timeout number? seconds for one attempt
---@field retry whatsapp.retry|false?
---@field mode "strict"|"lenient"? lenient: problems of the query or the body are warnings
---@field idempotent boolean? true: a failed POST is repeated if a repetition may help, even if the first POST may have had its
---effect

---@class whatsapp.endpoint_pages_options
---@field timeout number? seconds for one attempt
---@field retry whatsapp.retry|false?
---@field mode "strict"|"lenient"?
---@field max integer? the loop ends after this number of items; if absent, a list of more than 10,000 items is a failure
---@field max_pages integer? a list of more pages is a failure; 1,000 if absent

local OPTIONS = { timeout = "seconds", retry = "retry", mode = "mode", idempotent = "boolean" }
local PAGES = { timeout = "seconds", retry = "retry", mode = "mode", max = "count", max_pages = "count" }

-- table, such as client.templates -> the `access` that its client passed in
local private = setmetatable({}, { __mode = "k" })

local function access_of(self, name, level)
  local access = private[self]
  if not access then error(("call the functions of client.%s with a colon"):format(name), level + 1) end
  if access.is_closed() then error("attempt to use a closed client", level + 1) end
  return access
end

-- ---- arguments --------------------------------------------------------------------------------------------------------------

-- returns the parts of the path with the arguments in their places, and the number of arguments in the path
local function path_of(access, table_name, row, arguments, level)
  local segments, taken = {}, 0
  for i, part in ipairs(row.path) do
    local name = part:match "^{(.*)}$"
    if name and name ~= "waba" and name ~= "phone" then
      taken = taken + 1
      local id = arguments[taken]
      part = values.text_of_id(id)
      if not part then
        error(("argument %d must be an id ({%s}): a string or a whole number, got a %s"):format(taken, name, type(id)), level + 1)
      end
    elseif name then
      part = access.ids[name]
      if not part then error(("client.%s needs the client's option waba_id"):format(table_name), level + 1) end
    end
    segments[i] = part
  end
  return segments, taken
end

-- returns a copy with the fields that are filled in
local function completed(object, asked)
  local made = values.copy(asked)
  for _, field in ipairs(fields.objects()[object].fields) do
    if field.fill and made[field.name] == nil then made[field.name] = field.fill end
  end
  return made
end

-- writes the lists that the API takes as JSON in a query; changes `asked` and returns it
local function query_of(object, asked)
  for _, field in ipairs(fields.objects()[object].fields) do
    local list = asked[field.name]
    if field.json and type(list) == "table" then
      local texts = {}
      for i, value in ipairs(list) do texts[i] = type(value) == "string" and ('"%s"'):format(value) or values.text(value) end
      asked[field.name] = "[" .. table.concat(texts, ",") .. "]"
    end
  end
  return asked
end

-- returns the form that uploads a flow's JSON
local function form_of(body)
  return {
    { name = "file", filename = "flow.json", type = "application/json", data = body.json, file = body.path },
    { name = "name", data = "flow.json" }, { name = "asset_type", data = "FLOW_JSON" },
  }
end

local function checked(row, asked)
  if row.check then return require("whatsapp.templates.validate")[row.check](asked) end
  local report = problems.new(row.body and "body" or "query")
  fields.check(row.body or row.query, asked, report)
  return report
end

-- Returns the request for graph/call, and the warnings; or nil, err, details.
local function prepare(access, row, segments, asked, options)
  local object = row.body or row.query
  local request = { method = row.method, path = segments, is_literal = true, timeout = options.timeout, retry = options.retry }
  request.idempotent = options.idempotent
  if request.idempotent == nil then request.idempotent = row.idempotent end
  request.max, request.max_pages, request.list = options.max, options.max_pages, row.list
  if not object then return request end
  local report = checked(row, asked)
  if (options.mode or access.mode) == "lenient" then report:soften() end
  local ok, warnings, details = report:finish()
  if not ok then return nil, warnings, details end
  local member = row.form and "form" or row.body and "body" or "query"
  local made = completed(object, asked)
  request[member] = row.form and form_of(made) or row.query and query_of(object, made) or made
  return request, #warnings > 0 and warnings or nil
end

-- ---- methods ----------------------------------------------------------------------------------------------------------------

local function fields_argument(row, value, level)
  if not (row.query or row.body) then return values.NONE end
  if value == nil then return {} end
  if type(value) ~= "table" then
    error(("the %s is a table, got a %s"):format(row.body and "body" or "query", type(value)), level + 1)
  end
  return value
end

-- Checks the arguments of a method. Returns the request for graph/call, and the warnings; or nil, err, details.
local function asked_of(access, table_name, row, arguments, level)
  local segments, taken = path_of(access, table_name, row, arguments, level + 1)
  local has_fields = row.query or row.body
  local asked = fields_argument(row, arguments[taken + 1], level + 1)
  local options = checks.check(arguments[taken + (has_fields and 2 or 1)], row.each and PAGES or OPTIONS, level + 1)
  if arguments.n > taken + (has_fields and 2 or 1) then error("too many arguments", level + 1) end
  return prepare(access, row, segments, asked, options)
end

local function method_of(name, row)
  local function method(self, ...)
    local access = access_of(self, name, 2)
    local request, warnings, details = asked_of(access, name, row, { n = select("#", ...), ... }, 2)
    if not request then return nil, warnings, details end
    return call.run(access, request, warnings)
  end
  local function each(self, ...)
    local access = access_of(self, name, 2)
    local request, err, details = asked_of(access, name, row, { n = select("#", ...), ... }, 2)
    if request then return call.pages(access, request) end
    return call.failed(err, details)
  end
  return row.each and each or method
end

local classes = {}

local function class_of(name)
  local class = classes[name]
  if class then return class end
  class = { __name = "whatsapp." .. name }
  class.__index = class
  for _, row in ipairs(endpoints.by_name[name].rows) do class[row.name] = method_of(name, row) end
  function class.__tostring(self)
    local access = private[self]
    return access and ("whatsapp.%s (%s)"):format(name, access.ids.phone) or "whatsapp." .. name
  end
  classes[name] = class
  return class
end

---Returns whether the client has a table of this name, such as client.templates.
---@param name string
---@return boolean known
function tables.has(name) return endpoints.by_name[name] ~= nil end

---Makes one of these tables for a client.
---@param name string the name of the table
---@param access whatsapp.graph.access the part of the client's state that this file may use
---@return table
function tables.new(name, access)
  local made = setmetatable({}, class_of(name))
  private[made] = access
  return made
end

return tables
