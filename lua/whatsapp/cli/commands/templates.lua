-- whatsapp templates: lists, shows, creates, deletes, checks and previews templates. A definition is a template as the API writes
-- it, in JSON. Never creates a template that the check refuses.
local exit = require "whatsapp.cli.exit"

local PATH, LANGUAGE = "{waba}/message_templates", "en_US"
local ORDER = { "id", "name", "language", "category", "status", "components" }

local function json_of(definition) return require("whatsapp.cli.json_line").of(definition, ORDER) end

local function client_of(context)
  local settings = context.settings()
  settings:need "waba_id"
  return settings:account_client()
end

-- calls visit(template) for each template of the account
local function each(context, query, visit)
  local next_item = client_of(context):pages { path = PATH, query = query }
  while true do
    local item, err, details = next_item()
    if item == nil then return end
    if item == false then exit.for_failure(err, details, true) end
    visit(item)
  end
end

-- returns the name and the language of NAME:LANGUAGE; language: nil if absent
local function split(name)
  local bare, language = name:match "^([^:]+):?(.*)$"
  return bare or name, language ~= "" and language or nil
end

-- Returns the templates that NAME or NAME:LANGUAGE names. Ends the command if the account has no such template.
local function named(context, name)
  local bare, language = split(name)
  local found = {}
  each(context, { name = bare }, function(item)
    if item.name == bare and (not language or item.language == language) then found[#found + 1] = item end
  end)
  if #found == 0 then exit.stop("failed", ("there is no template %s"):format(name)) end
  return found
end

local function ls(context)
  each(context, { fields = "id,name,language,category,status" }, function(item)
    local line = ("%s\t%s\t%s\t%s"):format(item.name, item.language, tostring(item.category), tostring(item.status))
    context.emit(item, line, ORDER)
  end)
end

local function show(context)
  for _, item in ipairs(named(context, context.options.name)) do context.terminal:out(json_of(item)) end
end

-- Reads and checks a definition; returns the definition and the warnings. Ends the command if the check refuses the definition.
local function definition_in(path)
  local definition = require("whatsapp.cli.records").one(path)
  local ok, err, details = require("whatsapp").templates.validate(definition)
  if not ok then exit.for_failure(err, details) end
  return definition, type(err) == "table" and err or {}
end

local function tell_warnings(context, warnings)
  for _, warning in ipairs(warnings) do context.terminal:note("warning: " .. warning.message) end
end

local function check(context)
  local wrong = 0
  for _, path in ipairs(context.options.files) do
    local definition = require("whatsapp.cli.records").one(path)
    local ok, warnings, details = require("whatsapp").templates.validate(definition)
    if not ok then wrong = wrong + 1 end
    for _, problem in ipairs(not ok and details.problems or type(warnings) == "table" and warnings or {}) do
      local line = ("%s: %s%s"):format(path, ok and "warning: " or "", problem.message)
      context.emit({ file = path, warning = ok or nil, path = problem.path, rule = problem.rule, message = problem.message },
        line,
        { "file", "warning", "path", "rule", "message" })
    end
  end
  if wrong > 0 then
    exit.stop("invalid", ("%d of %d definitions would be refused"):format(wrong, #context.options.files))
  end
  context.terminal:note(("%d of %d definitions are valid"):format(#context.options.files, #context.options.files))
end

local function create(context)
  local definition, warnings = definition_in(context.options.file)
  tell_warnings(context, warnings)
  local result, err, details = client_of(context):call { method = "POST", path = PATH, body = definition }
  if not result then exit.for_failure(err, details) end
  context.emit(result, ("%s\t%s\t%s"):format(tostring(result.id), definition.name, tostring(result.status)), ORDER)
end

local function rm(context)
  local bare, language = split(context.options.name)
  local query = { name = bare }
  if language then query.hsm_id = named(context, context.options.name)[1].id end
  local result, err, details = client_of(context):call { method = "DELETE", path = PATH, query = query }
  if not result then exit.for_failure(err, details, true) end
  context.emit({ name = context.options.name, deleted = true }, nil, { "name" })
end

-- Prints the template as the user would see it, then ends the command if the values do not fit the template.
local function preview(context)
  local options = context.options
  local definition = options.definition and definition_in(options.definition) or named(context, options.name)[1]
  local values, others = require("whatsapp.cli.items").template_values(options.words)
  if others[1] then exit.stop("usage", ("%q is not header=, body[1]=, body.NAME= or buttons[0].payload="):format(others[1])) end
  local message = require("whatsapp.message").template("0", definition.name, definition.language or LANGUAGE, values)
  local templates = require("whatsapp").templates
  local rendered = templates.render(definition, message)
  if options.json then context.emit(rendered)
  else
    for line in (tostring(rendered) .. "\n"):gmatch "(.-)\n" do context.emit(rendered, line) end
  end
  local ok, err, details = templates.check(definition, message)
  if not ok then exit.for_failure(err, details) end
  tell_warnings(context, type(err) == "table" and err or {})
end

local NAME = { "name", "1", "the name, or NAME:LANGUAGE", argname = "NAME" }

return {
  name = "templates",
  summary = "list, show, create, delete, check and preview templates",
  examples = { "whatsapp templates ls", "whatsapp templates preview order_ready body[1]=Ana" },
  commands = {
    { name = "ls", summary = "list all templates: name, language, category, status", examples = { "whatsapp templates ls" },
      run = ls },
    { name = "show", summary = "print the definition of a template", arguments = { NAME },
      examples = { "whatsapp templates show order_ready" },
      run = show },
    { name = "create", summary = "create a template from a definition", arguments = { { "file", "1", "JSON or Lua",
      argname = "FILE" } },
      examples = { "whatsapp templates create order_ready.json" }, run = create },
    { name = "rm", summary = "delete a template, in all languages or in one", arguments = { NAME },
      examples = { "whatsapp templates rm order_ready:de" }, run = rm },
    { name = "check", summary = "check definitions; needs no token",
      arguments = { { "files", "+", "JSON or Lua", argname = "FILE" } }, examples = { "whatsapp templates check *.json" },
        run = check },
    { name = "preview", summary = "show a template as the user sees it",
      arguments = { NAME, { "words", "*", "header=, body[1]=, body.NAME=, buttons[0].payload=", argname = "ITEM" } },
      options = { { "--definition", "FILE", "read the definition from FILE, not from the API; needs no token" } },
      examples = { "whatsapp templates preview order_ready:en_US body[1]=Ana" }, run = preview },
  },
}
