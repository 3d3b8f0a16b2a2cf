-- whatsapp: the WhatsApp Cloud API for Lua. Holds the public names; other files do the work. `require "whatsapp"` sends nothing,
-- sets no global, and does not load libcurl, libcrypto or lua-cjson.
local core = require("whatsapp.util.needed").module "whatsapp.core"

---@class whatsapp
---@field message whatsapp.message constructors of messages
---@field webhook whatsapp.webhook reads the webhooks of the API: challenge, verify, parse, handler
---@field status whatsapp.status reads statuses from webhooks: tells whether a message was sent, delivered or read
---@field window whatsapp.window knows which users may get a message without a template
---@field flows whatsapp.flows makes the endpoint that a flow calls, and the keys of the endpoint
---@field outbox whatsapp.outbox keeps messages in a store until they are sent
---@field media whatsapp.media makes safe names for files, and makes a store for the ids of uploaded files
---@field metrics whatsapp.metrics counts the events of the option observe, for Prometheus
---@field templates whatsapp.templates checks and renders template messages, checks definitions
local whatsapp = {}

whatsapp._VERSION = "0.2.0"

---The newest version of the Graph API that this library knows. If the option `version` is absent, a client uses this version.
whatsapp.GRAPH_VERSION = "v26.0"

---JSON's null: the light userdata NULL. It is equal to cjson.null and ngx.null.
whatsapp.null = core.null

---Marks a table as a list. Without the mark, an empty table in free-form data is written as {}; with the mark, as [].
---@param list table
---@return table list the same table
whatsapp.array = core.array

---Checks a message and writes its JSON. The same message always gives the same bytes.
---@param message whatsapp.Message has the same form as the API's JSON
---@param options { mode: "strict"|"lenient"? }? lenient: accepts each message that can be written as JSON
---@return string? json
---@return whatsapp.problem[]|string|nil warnings nil if there are no warnings; after a failure an error line, which names up to
---three problems
---@return whatsapp.details? details only after a failure; .problems has the first 100 problems
whatsapp.encode = core.encode

---Checks a message.
---@param message whatsapp.Message
---@param options { mode: "strict"|"lenient"? }?
---@return true? ok
---@return whatsapp.problem[]|string warnings after a failure: an error line, which names up to three problems
---@return whatsapp.details? details only after a failure
whatsapp.validate = core.validate

-- loads wire/shown at the first print of details; wire/shown then replaces this function
core.details.__tostring = core.details.__tostring or function(details)
  require "whatsapp.wire.shown"
  return tostring(details)
end

---Returns every field of every message, as plain tables.
---@return whatsapp.schema_row[]
function whatsapp.schema()
  return require("whatsapp.schema").rows()
end

---Reads the response that a transport returned for a message. Uses no network.
---@param response { status: integer, headers: table<string, string>?, body: string? } header names in lower case
---@return whatsapp.Result? result has the same form as the API's answer: .messages[1].id, .contacts[1].wa_id; after mark_read:
---.success
---@return string? err
---@return whatsapp.details? details
function whatsapp.parse_response(response)
  local reader = require "whatsapp.wire.outcome"
  reader.check(response, 2)
  return reader.parse(response)
end

---Returns the schema as a JSON Schema (draft 2020-12).
---@return whatsapp.JsonSchema
function whatsapp.json_schema()
  return require("whatsapp.json_schema").export()
end

-- modules that only some programs need; each module is loaded at the first use of its name
local LATER = {
  message = "whatsapp.message", webhook = "whatsapp.webhook", status = "whatsapp.status", window = "whatsapp.window",
  media = "whatsapp.media",
  metrics = "whatsapp.metrics",
  templates = "whatsapp.templates",
  flows = "whatsapp.flows",
  outbox = "whatsapp.outbox",
}

setmetatable(whatsapp, {
  __index = function(self, name)
    if not LATER[name] then return nil end
    local module = require(LATER[name])
    rawset(self, name, module)
    return module
  end,
})

---Makes a client. Sends nothing.
---@param options whatsapp.options token and phone_number_id are required
---@return whatsapp.client
function whatsapp.new(options)
  if options == whatsapp then error("call whatsapp.new with a dot: whatsapp.new { token =, phone_number_id = }", 2) end
  -- This is not a tail call: whatsapp.client counts levels of the stack. After wrong use, its error names the line of the caller.
  local made = require("whatsapp.client").new(options, {
    version = whatsapp.GRAPH_VERSION,
    user_agent = "lua-whatsapp/" .. whatsapp._VERSION,
  })
  return made
end

return whatsapp
