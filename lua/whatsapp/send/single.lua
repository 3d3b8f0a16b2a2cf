-- Sends one message: drives a delivery (send/delivery) to its end, in the coroutine of the caller, which waits. Never has two
-- requests under way.
local delivery = require "whatsapp.send.delivery"
local values = require "whatsapp.util.values"

local advance, settle, release = delivery.advance, delivery.settle, delivery.release

local single = {}

---Sends the request of a delivery over the transport. A user's transport must not raise: if it raises, the attempt fails with
---this error. For a user's transport, the files are put into the body, unless it has `streams = true`.
---@param one whatsapp.delivery its advance() has returned 0
---@return table? response, string? err, whatsapp.details? details
function single.exchange(one)
  local shared, request = one.state.shared, one.request
  if shared.owned then return shared.transport(request) end
  if one.base and not one.state.streams then
    local inlined, err, details = require("whatsapp.send.body").inlined(request)
    if not inlined then return nil, err, details end
    request = inlined
  end
  local ok, response, err, details = one:call(shared.transport, request)
  if ok then return response, err, details end
  return nil, values.text_of(response)
end

---Drives a delivery to its end, and returns its outcome.
---@param one whatsapp.delivery a delivery that has begun; do not use it after this call
---@return any result, string? err, whatsapp.info|whatsapp.details details
function single.run(one)
  local state = one.state
  local now = state.now or os.clock
  while not one.is_over do
    local wait = advance(one, now())
    if wait == 0 then wait = settle(one, single.exchange(one)) end
    if wait and wait > 0 then
      state.sleep(wait)
      if state.shared.closed then one:stop "client" end
    end
  end
  if state.observe then one:observed() end
  local result, err, details = one.result or nil, one.err or nil, one.details
  release(one)
  return result, err, details
end

return single
