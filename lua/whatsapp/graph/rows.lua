-- Functions that make the rows of graph/objects. Checks nothing.
local rows = {}

-- returns a function that makes rows of one kind: (name, doc, other members)
local function maker(kind)
  return function(name, doc, more)
    local row = { name = name, kind = kind, doc = doc, class = "G" }
    for member, value in pairs(more or {}) do row[member] = value end
    return row
  end
end

rows.text, rows.id, rows.flag, rows.integer = maker "string", maker "id", maker "boolean", maker "integer"
rows.map, rows.json, rows.names = maker "map", maker "json", maker "names"

local object, list = maker "object", maker "list"

---Makes the row of a field that has an object.
---@param name string
---@param of string the name of the object in this field
---@param doc string
---@param more table?
---@return whatsapp.graph.field
function rows.object(name, of, doc, more)
  local row = object(name, doc, more)
  row.object = of
  return row
end

---Makes the row of a field that has a list.
---@param name string
---@param of string|table the name of the items' object, or the row for each item
---@param doc string
---@param more table?
---@return whatsapp.graph.field
function rows.list(name, of, doc, more)
  local row = list(name, doc, more)
  if type(of) == "string" then row.object = of else row.item = of end
  return row
end

---Makes the row of a field that the API sets.
---@param name string
---@param doc string
---@return whatsapp.graph.field
function rows.answered(name, doc)
  local row = rows.json(name, doc)
  row.answered = true
  return row
end

return rows
