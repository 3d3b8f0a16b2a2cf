-- Makes the key of an event: a store remembers the key of each handled event. If the API sends an event again, even in another
-- body, the key is the same. Pure; never needs a JSON writer.
local key = {}

-- ---- a canonical text -------------------------------------------------------------------------------------------------
-- Equal data has equal text, and different data has different text: names are sorted, and each string has its length before it.
-- Each value is written once: the time is linear, except for the sorting of names.

local MOST_PIECES, DEEPEST = 4e6, 250 -- bounds: pieces of a text, depth of tables; the events of the API have far less

local function number(value)
  if value % 1 == 0 and value > -2 ^ 53 and value < 2 ^ 53 then return ("%.0f"):format(value) end
  local text = tostring(value)
  return text:find "^%-?%d+$" and text or ("%.17g"):format(value)
end

local SPELL = {
  string = function(value) return #value .. ":" .. value end,
  number = number,
  boolean = tostring,
}

local function spell(pieces, value, depth)
  if #pieces > MOST_PIECES then return end
  local kind = type(value)
  if kind ~= "table" or depth > DEEPEST then
    local scalar = SPELL[kind]
    pieces[#pieces + 1] = scalar and scalar(value) or kind
    pieces[#pieces + 1] = ","
    return
  end
  pieces[#pieces + 1] = "{"
  local length, names = #value, {}
  for i = 1, length do spell(pieces, value[i], depth + 1) end
  pieces[#pieces + 1] = "|"
  for name in pairs(value) do
    if type(name) == "string" then names[#names + 1] = name end
  end
  table.sort(names)
  for i = 1, #names do
    spell(pieces, names[i], depth)
    spell(pieces, value[names[i]], depth + 1)
  end
  pieces[#pieces + 1] = "}"
end

---Writes values as a canonical text.
---@param ... any strings, numbers, booleans, and tables of these
---@return string
function key.spelling(...)
  local pieces = {}
  for i = 1, select("#", ...) do spell(pieces, (select(i, ...)), 1) end
  return table.concat(pieces)
end

-- ---- keys --------------------------------------------------------------------------------------------------------------

local LONGEST = 256 -- bytes of a key; a longer key is hashed

local function bounded(kind, text)
  if #text <= LONGEST then return kind .. ":" .. text end
  return kind .. ":" .. require("whatsapp.crypto").hmac_sha256("key", text)
end

local function of_content(event)
  local text = key.spelling(event.kind, event.waba_id, event.time, event.field, event.raw,
    -- two errors may have the same content and no time: then only the values of their changes differ
    event.kind == "error" and event.value)
  return event.kind .. ":" .. require("whatsapp.crypto").hmac_sha256("key", text)
end

---Returns the key of an event.
---@param event whatsapp.event
---@return string
function key.of(event)
  if event.id and event.kind == "message" then return bounded("message", event.id) end
  if event.id and event.kind == "status" then
    return bounded("status", ("%s:%s:%s"):format(event.id, event.status or "", event.participant or ""))
  end
  return of_content(event)
end

return key
