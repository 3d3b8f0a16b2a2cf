-- Templates: compares a message with the definition of its template, renders the message as the user sees it, checks a new
-- definition, and keeps definitions. Never sends or fetches anything itself, and never changes the caller's tables.
---@class whatsapp.templates
local templates = {}

---@alias whatsapp.templates.Definition whatsapp.graph.TemplateDefinition a template, as the API lists or takes it

local function check_table(value, name, level)
  if type(value) ~= "table" then error(("%s is a table, got a %s"):format(name, type(value)), level + 1) end
end

---Compares a template message with the definition of its template. Finds missing and surplus values, values of another variable,
---a wrong kind of header or button, a wrong index, wrong cards, a wrong language, and texts that are too long with their values.
---Also finds a status in which the API does not send the template, such as REJECTED or PAUSED. Does not check the form of the
---message: whatsapp.validate does.
---@param definition whatsapp.templates.Definition
---@param message whatsapp.TemplateMessage
---@return true? ok
---@return whatsapp.problem[]|string warnings or, after a failure, one line that names up to three problems
---@return whatsapp.details? details .problems has the first 100 problems, with the same paths as in whatsapp.validate
function templates.check(definition, message)
  check_table(definition, "a definition", 2)
  check_table(message, "a message", 2)
  return require("whatsapp.templates.check").run(definition, message):finish()
end

---Renders a template message as the user sees it. `print` shows the result as text.
---@param definition whatsapp.templates.Definition
---@param message whatsapp.TemplateMessage? if a variable has no value, {{1}} stays
---@return whatsapp.rendered rendered { header, body, footer, buttons }, and the cards of a carousel
function templates.render(definition, message)
  check_table(definition, "a definition", 2)
  if message ~= nil then check_table(message, "a message", 2) end
  return require("whatsapp.templates.render").message(definition, message)
end

---Checks the definition of a new template: names, variables, examples, kinds and counts of buttons, lengths, and whether all
---cards have the same parts. Variables with numbers need all numbers from 1. In a body, a variable must not be at the beginning,
---at the end, or next to another variable.
---@param definition whatsapp.templates.Definition
---@return true? ok
---@return whatsapp.problem[]|string warnings or, after a failure, one line that names up to three problems
---@return whatsapp.details? details .problems has the first 100 problems, with paths such as components[2].text
function templates.validate(definition)
  check_table(definition, "a definition", 2)
  return require("whatsapp.templates.validate").definition(definition):finish()
end

---Makes a store for the client's option `templates`. The store asks the API for the definition of a template when a message first
---needs it, and keeps the definition. Before the client refuses a message, it asks again for a definition that is older than
---`fresh` seconds. If the API does not answer, the client sends the message, with a warning.
---@param options whatsapp.templates.store_options?
---@return whatsapp.templates.store
function templates.store(options)
  local made = require("whatsapp.templates.store").new(options, 2)
  return made
end

return templates
