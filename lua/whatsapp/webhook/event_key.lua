-- By what an event is known when it comes again: the same event has the same key in whatever body it comes. Pure.
local core = require "whatsapp.core"

local key = {}

local LENIENT = { mode = "lenient" }

-- what the core refuses, as it is deep or no UTF-8
local function spelt(value)
  if type(value) ~= "table" then return type(value) .. " " .. tostring(value) end
  local parts = {}
  for name, member in pairs(value) do parts[#parts + 1] = tostring(name) .. "=" .. spelt(member) end
  table.sort(parts)
  return "{" .. table.concat(parts, ",") .. "}"
end

-- the same data in the same bytes: the core writes free data with its keys sorted
local function written(value)
  return core.encode({ to = "1", type = "x", x = value }, LENIENT) or spelt(value)
end

local function hashed(event)
  local text = table.concat({
    event.kind, event.waba_id or "", event.time or "", event.field or "", written(event.raw),
    event.kind == "error" and written(event.value) or "", -- an error tells no time, but its neighbours may
  }, "\n")
  return event.kind .. ":" .. require("whatsapp.crypto").hmac_sha256("key", text)
end

---@param event whatsapp.event
---@return string
function key.of(event)
  if event.id and event.kind == "message" then return "message:" .. event.id end
  if event.id and event.kind == "status" then
    return ("status:%s:%s:%s"):format(event.id, event.status or "", event.participant or "")
  end
  return hashed(event)
end

return key
