-- One message at a time: drives a delivery to its end in the coroutine of the caller, and waits there. Never has two requests
-- under way.
local values = require "whatsapp.util.values"

local single = {}

---Moves the request of a delivery over the transport. A transport of the user's must not raise; what it raises all the same
---becomes an outcome. Where it does not say that it streams, files are given to it in the body.
---@param delivery whatsapp.delivery that said 0
---@return table? response, string? err, whatsapp.details? details
function single.exchange(delivery)
  local shared, request = delivery.state.shared, delivery.request
  if shared.owned then return shared.transport(request) end
  if delivery.base and not delivery.state.streams then
    local inlined, err, details = require("whatsapp.send.body").inlined(request)
    if not inlined then return nil, err, details end
    request = inlined
  end
  local ok, response, err, details = delivery:call(shared.transport, request)
  if ok then return response, err, details end
  return nil, values.text_of(response)
end

---@param delivery whatsapp.delivery that has begun
---@return any result, string? err, whatsapp.info|whatsapp.details details
function single.run(delivery)
  local state = delivery.state
  local now = state.now or os.clock
  while not delivery.is_over do
    local wait = delivery:advance(now())
    if wait == 0 then
      local response, err, details = single.exchange(delivery)
      wait = delivery:settle(now(), response, err, details)
    end
    if wait and wait > 0 then
      state.sleep(wait)
      if state.shared.closed then delivery:stop "client" end
    end
  end
  return delivery.result, delivery.err, delivery.details
end

return single
