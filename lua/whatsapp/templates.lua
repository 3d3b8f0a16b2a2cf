-- Templates known before they are sent: compares a message with the definition of its template, writes it as the user sees it,
-- checks a definition before it is created, and keeps definitions. Never sends or fetches anything itself, and changes no table
-- that it is given.
---@class whatsapp.templates
local templates = {}

---@alias whatsapp.templates.Definition whatsapp.graph.TemplateDefinition a template as the API lists it, or as it is created

local function check_table(value, name, level)
  if type(value) ~= "table" then error(("%s is a table, got a %s"):format(name, type(value)), level + 1) end
end

---Compares a template message with the definition of its template: values that are missing, surplus or for another variable, the
---kind of the header, indices and kinds of buttons, cards, the language, a status in which it cannot be sent (rejected, paused),
---and the lengths of the texts with their values. The form of the message is checked by whatsapp.validate.
---@param definition whatsapp.templates.Definition
---@param message whatsapp.TemplateMessage
---@return true? ok
---@return whatsapp.problem[]|string warnings or, of a failure, the line that names up to three problems
---@return whatsapp.details? details .problems has all of them, with the paths that whatsapp.validate uses
function templates.check(definition, message)
  check_table(definition, "a definition", 2)
  check_table(message, "a message", 2)
  return require("whatsapp.templates.check").run(definition, message):finish()
end

---Writes a template message as the user sees it. `print` shows it as text.
---@param definition whatsapp.templates.Definition
---@param message whatsapp.TemplateMessage? variables without a value stay {{1}}
---@return whatsapp.rendered rendered { header, body, footer, buttons }, and the cards of a carousel
function templates.render(definition, message)
  check_table(definition, "a definition", 2)
  if message ~= nil then check_table(message, "a message", 2) end
  return require("whatsapp.templates.render").message(definition, message)
end

---Checks a definition before it is created: names, variables (at the edges, side by side, numbers without gaps), examples, kinds
---and counts of buttons, lengths, cards that are alike.
---@param definition whatsapp.templates.Definition
---@return true? ok
---@return whatsapp.problem[]|string warnings or, of a failure, the line that names up to three problems
---@return whatsapp.details? details .problems has all of them, with paths such as components[2].text
function templates.validate(definition)
  check_table(definition, "a definition", 2)
  return require("whatsapp.templates.validate").definition(definition):finish()
end

---A store for the client's option `templates`: asks the API for the definition of a template when a message needs it first, and
---keeps it. A message is refused only after definitions that are not older than `fresh` seconds say so; where the API cannot be
---asked, the message is sent, with a warning.
---@param options whatsapp.templates.store_options?
---@return whatsapp.templates.store
function templates.store(options)
  local made = require("whatsapp.templates.store").new(options, 2)
  return made
end

return templates
