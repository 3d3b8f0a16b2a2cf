-- What a transport is and how another is put around it. A transport is callable: transport(request) -> response | nil,
-- text, details. It may carry now() and sleep(seconds), which whoever stands around it passes on. Never sends anything.
local values = require "whatsapp.util.values"

local decorate = {}

-- the name that other files still use; it lives in util/values
decorate.is_transport = values.callable

---@param transport any
---@param name string
---@return any value of a transport that carries it
function decorate.carried(transport, name)
  if type(transport) == "function" then return nil end
  return transport[name]
end

---@param transport any the inner one
---@param call fun(self: table, request: table): table?, string?, table?
---@return table transport
function decorate.around(transport, call)
  return setmetatable({
    now = decorate.carried(transport, "now"),
    sleep = decorate.carried(transport, "sleep"),
  }, {
    __call = call,
  })
end

return decorate
