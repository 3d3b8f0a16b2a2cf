-- Replaces each {{column}} in the strings of a message by the value of this column in a row. Only strings change, so no value of
-- a row can become another type or another member of the message. Never changes the original message.
local did_you_mean = require("whatsapp.util.options").did_you_mean

local merge = {}

local MARK = "{{%s*([^{}]-)%s*}}"

-- adds the names of the columns that the strings of a value use to `found`
local function columns_in(value, found)
  if type(value) == "string" then
    for name in value:gmatch(MARK) do found[name] = true end
  elseif type(value) == "table" then
    for _, member in pairs(value) do columns_in(member, found) end
  end
  return found
end

-- returns a copy of a value with the columns filled in
local function filled(value, row)
  if type(value) == "string" then
    if not value:find("{{", 1, true) then return value end
    return (value:gsub(MARK, row))
  end
  if type(value) ~= "table" then return value end
  local made = {}
  for name, member in pairs(value) do made[name] = filled(member, row) end
  return setmetatable(made, getmetatable(value))
end

-- returns column -> its position in a row, and the set of columns; or nil and an error
local function place_of(header)
  local place, names = {}, {}
  for i, name in ipairs(header) do
    local plain = name:match "^%s*(.-)%s*$"
    if place[plain] then return nil, ("the column %s occurs twice"):format(plain) end
    place[plain], names[plain] = i, true
  end
  return place, names
end

---@param message table with {{column}} in its strings
---@param header string[] the names of the columns
---@param may_be_empty boolean false: an empty value is an error
---@return (fun(fields: string[]): table?, string?)? make returns the message of a row, or nil and an error
---@return string? err a column is missing, or occurs twice
---@return table<string, integer>? place column -> its position in a row
function merge.of(message, header, may_be_empty)
  local place, names = place_of(header)
  if not place then return nil, names end
  local wanted = columns_in(message, {})
  for name in pairs(wanted) do
    if not place[name] then
      local near = did_you_mean(name, names)
      return nil, ("there is no column %s%s"):format(name, near and (", did you mean %s?"):format(near) or "")
    end
  end
  local function make(fields)
    local row = {}
    if #fields ~= #header then
      return nil, ("%d field%s, but the first line has %d"):format(#fields, #fields == 1 and "" or "s", #header)
    end
    for name in pairs(wanted) do
      row[name] = fields[place[name]]
      if row[name] == "" and not may_be_empty then return nil, ("the column %s is empty (--empty ok allows it)"):format(name) end
    end
    return filled(message, row)
  end
  return make, nil, place
end

return merge
