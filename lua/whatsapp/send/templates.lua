-- Compares a template message with the definition of its template before the message is sent. The definitions are in the
-- client's option `templates`: a list, or a store. Only clients with this option load this file. Never sends a message. If
-- there is no definition because a store failed, the message gets a warning and is sent.
local check = require "whatsapp.templates.check"
local definition = require "whatsapp.templates.definition"
local problems = require "whatsapp.wire.problems"
local show = require "whatsapp.util.show"
local values = require "whatsapp.util.values"

local templates = {}

-- definition -> its view, which the check reads
local views = setmetatable({}, { __mode = "k" })

-- returns the view of a definition; makes it at the first use
local function view_of(source)
  local view = views[source]
  if not view then
    view = definition.read(source)
    views[source] = view
  end
  return view
end

local function language_of(template)
  return type(template.language) == "table" and template.language.code or nil
end

-- ---- finding the definition ---------------------------------------------------------------------------------------------------

local function languages(list)
  local names = {}
  for i, source in ipairs(list) do names[i] = tostring(source.language) end
  table.sort(names)
  return names
end

-- Checks a message with the definitions of its template; the list has one definition for each language.
local function check_with(list, message, report)
  local code = language_of(message.template)
  for _, source in ipairs(list) do
    if source.language == code then return check.message(view_of(source), message, report) end
  end
  if type(code) ~= "string" then return end -- the core reports the missing language
  local known = languages(list)
  report:add("template.language.code", "enum", ("must be a language of the template (%s), got %s"):format(problems.either(known),
    problems.shown(code)), table.concat(known, ", "), code)
end

-- checks a message with the definitions of its template; reports a template that has no definition
local function check_known(list, names, message, report)
  local name = message.template.name
  if #list > 0 then return check_with(list, message, report) end
  local words = ("no template has the name %s"):format(problems.shown(name))
  report:add("template.name", "enum", names and problems.unknown(name, names, words) or words, nil, name)
end

-- returns a table name -> the list of its definitions
local function indexed(list)
  local by_name = {}
  for _, source in ipairs(list) do
    by_name[source.name] = by_name[source.name] or {}
    table.insert(by_name[source.name], source)
  end
  return by_name
end

-- returns the comparing function for a list of definitions
local function of_list(list)
  local by_name = indexed(list)
  return function(_, message)
    local report = problems.new()
    check_known(by_name[message.template.name] or values.NONE, by_name, message, report)
    return report
  end
end

-- ---- a store ------------------------------------------------------------------------------------------------------------------

local MOST_LANGUAGES = 500

-- returns a function that gets the definitions of one name from the API
local function fetcher(access)
  return function(name)
    local list, made = {}, require("whatsapp.graph.tables").new("templates", access)
    local pages = made:each({ name = name, limit = 100 }, { max = MOST_LANGUAGES })
    local item, err, details = pages:next()
    while item do
      if type(item) == "table" and item.name == name then list[#list + 1] = item end
      item, err, details = pages:next()
    end
    if item == false then return nil, err, details end
    return list
  end
end

-- adds the warning that the message was not compared
local function unchecked(report, err)
  report:warn("template.name", "required",
    "the message was not compared with its template, because there is no definition: " .. show.value(err))
  return report
end

-- Asks a store for the definitions of a name. Returns them, or nil and an error. A user's store may yield, may raise, and may
-- return any value.
local function ask(delivery, store, name, fetch, is_fresh)
  local ok, list, err = delivery:call(store.definitions, store, name, fetch, is_fresh, delivery.state.waba_id)
  if ok and type(list) == "table" then return list end
  return nil, ok and (err or "the store gave no list") or values.text_of(list)
end

-- Returns the comparing function for a store. If it finds problems, fetches the definitions anew and compares once more: the
-- store may be out of date.
local function of_store(store, access)
  local fetch = fetcher(access)
  return function(delivery, message)
    local report, name = problems.new(), message.template.name
    if type(name) ~= "string" then return report end
    local list, err = ask(delivery, store, name, fetch, false)
    if not list then return unchecked(report, err) end
    check_known(list, nil, message, report)
    if report.count == 0 then return report end
    local again = problems.new() -- the store may be out of date
    list, err = ask(delivery, store, name, fetch, true)
    if not list then return unchecked(again, err) end
    check_known(list, nil, message, again)
    return again
  end
end

-- ---- the check of a delivery ----------------------------------------------------------------------------------------------

local function joined(first, second)
  local list = {}
  for _, one in ipairs(first or values.NONE) do list[#list + 1] = one end
  for _, one in ipairs(second) do list[#list + 1] = one end
  return #list > 0 and list or nil
end

-- joins the results of the core's check and of the comparison; returns them in the form of core.encode
local function together(report, body, warnings, details)
  if report.count == 0 then
    if body and #report.warnings > 0 then warnings = joined(warnings, report.warnings) end
    return body, warnings, details
  end
  local all = problems.new()
  if not body then all:join(details.problems, details.count) end
  all:join(report.problems, report.count)
  return all:finish()
end

---Makes the function that compares a client's template messages with their definitions.
---@param option table a list of definitions, or a store
---@param access whatsapp.graph.access the part of the client's state that this file may use
---@return fun(delivery: table, message: table, body: string?, warnings: any, details: table?): string?, any, table?
function templates.checker(option, access)
  local is_store = values.callable(option.definitions)
  local compare = (is_store and of_store or of_list)(option, access)
  return function(delivery, message, body, warnings, details)
    if type(rawget(message, "template")) ~= "table" then return body, warnings, details end
    local ok, report = delivery:call(compare, delivery, message) -- a message's metamethods may raise
    if not ok then report = unchecked(problems.new(), values.text_of(report)) end
    if delivery.plan.encode and delivery.plan.encode.mode == "lenient" then report:soften() end
    return together(report, body, warnings, details)
  end
end

return templates
