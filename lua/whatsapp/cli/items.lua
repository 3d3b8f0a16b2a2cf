-- Reads the items of the command line: path=text, path:=JSON and path=@file. apply() puts them into a message: it converts each
-- text into the type that the schema has at the path, and ends the command if the schema has no such path. The caller passes the
-- functions that read and upload files.
local core = require "whatsapp.core"
local exit = require "whatsapp.cli.exit"
local paths = require "whatsapp.cli.paths"

local items = {}

-- the objects of a message that hold the id of an uploaded file
local MEDIA = { image = true, video = true, audio = true, document = true, sticker = true, gif = true }

---Splits an item.
---@param word string
---@return string? path nil: the word is not an item
---@return string sign "=" or ":="
---@return string value the rest of the word
function items.split(word)
  return word:match "^([%a_][%w_.%[%]]*)(:?=)(.*)$"
end

-- ---- setting --------------------------------------------------------------------------------------------------------------

-- returns the names and indices of a path: "sections[1].title" -> { "sections", 1, "title" }
local function segments_of(path)
  local segments = {}
  for name, places in path:gmatch "([^.%[%]]+)([%[%]%d]*)" do
    segments[#segments + 1] = name
    for place in places:gmatch "%[(%d+)%]" do segments[#segments + 1] = tonumber(place) end
  end
  return segments
end

---Sets a member of a message. Makes the tables on the way, if they do not exist.
---@param message table
---@param path string
---@param value any
function items.set(message, path, value)
  local segments, at = segments_of(path), message
  for i = 1, #segments - 1 do
    local name = segments[i]
    if type(at[name]) ~= "table" then at[name] = {} end
    at = at[name]
  end
  at[segments[#segments]] = value
end

-- ---- values ---------------------------------------------------------------------------------------------------------------

local function number_of(text) return tonumber(text:match "^%s*(%-?%d+%.?%d*)%s*$") end

local BOOLEANS = { ["true"] = true, ["false"] = false }

-- kind of a field -> function that converts a text, or returns nil if the text does not fit the kind
local CONVERT = {
  integer = number_of,
  boolean = function(text) return BOOLEANS[text] end,
  ["number|string"] = function(text) return number_of(text) or text end,
  ["integer|string"] = function(text) return text end,
  ["string|boolean"] = function(text)
    if BOOLEANS[text] ~= nil then return BOOLEANS[text] end
    return text
  end,
  string = function(text) return text end,
  id = function(text) return text end,
}

-- kind of a field -> its name in an error
local WORDS = { integer = "a whole number", boolean = "true or false", object = "an object", list = "a list",
  map = "free-form data" }

-- ends the command: the schema has no such path
local function unknown(path)
  local near = paths.nearest(path)
  exit.stop("usage", ("there is no %s in a message%s"):format(path, near and (", did you mean %s?"):format(near) or ""),
    { hint = not near and 'to send a text that has =, write text.body="..."' or nil })
end

-- Returns the kinds that the schema allows at a path; ends the command if the schema has no such path. A list of strings has no
-- rows for its items: they are strings.
local function kinds_of(path)
  local rows = paths.rows(path)
  if rows then
    local kinds = {}
    for _, row in ipairs(rows) do kinds[#kinds + 1] = row.kind end
    return kinds
  end
  local list = path:match "^(.*)%[%d+%]$"
  rows = list and paths.rows(list)
  if rows and rows[1].kind == "list" then return { rows[1].of and "object" or "string" } end
  if paths.is_free(path) then return { "string" } end
  unknown(path)
end

-- returns the text, converted into the first kind that fits; ends the command if none of the kinds fits
local function converted(path, text)
  local kinds = kinds_of(path)
  for _, kind in ipairs(kinds) do
    local value
    if CONVERT[kind] then value = CONVERT[kind](text) end
    if value ~= nil then return value end
  end
  exit.stop("usage", ("%s must be %s: %s"):format(path, WORDS[kinds[1]] or kinds[1],
    CONVERT[kinds[1]] and ("%q is not"):format(text) or ("write %s:=JSON, or name a member of it"):format(path)))
end

-- returns the value of JSON; ends the command if the text is not JSON
local function decoded(path, text)
  kinds_of(path) -- ends the command if the path is wrong
  local value, err = core.decode(text)
  if value == nil then exit.stop("usage", ("%s:= takes JSON: %s"):format(path, tostring(err))) end
  return value
end

---@param path string
---@return string? kind if the path is an object that holds an uploaded file: its name, such as "image"
function items.media_of(path)
  local name = path:match "[^.]+$"
  local rows = MEDIA[name] and paths.rows(path)
  return rows and rows[1].kind == "object" and name or nil
end

---Puts items into a message. Ends the command at the first wrong item.
---@param message table
---@param words string[] the items
---@param reads { text: fun(path: string): string, upload: fun(path: string, kind: string): string } text returns the bytes of a
---file; upload uploads a file, and returns its id
function items.apply(message, words, reads)
  for _, word in ipairs(words) do
    local path, sign, value = items.split(word)
    if not path then exit.stop("usage", ("%q is not an item: path=text, path:=JSON or path=@file"):format(word)) end
    local file = sign == "=" and value:match "^@(.+)$"
    local media = file and items.media_of(path)
    if media then items.set(message, path .. ".id", reads.upload(file, media))
    elseif sign == ":=" then items.set(message, path, decoded(path, value))
    else items.set(message, path, converted(path, file and reads.text(file) or value)) end
  end
end

-- ---- the values of a template ---------------------------------------------------------------------------------------------

local VALUES = { header = true, body = true, buttons = true }

---Separates the items that fill in a template (header=, body[1]=, body.NAME=, buttons[0].payload=) from the other items.
---@param words string[]
---@return table? values the fourth argument of message.template; nil: no item fills in a template
---@return string[] others the other items
function items.template_values(words)
  local values, others = nil, {}
  for _, word in ipairs(words) do
    local path, sign, value = items.split(word)
    if path and VALUES[path:match "^[^.%[]+"] then
      values = values or {}
      if sign == ":=" then
        local read, err = core.decode(value)
        if read == nil then exit.stop("usage", ("%s:= takes JSON: %s"):format(path, tostring(err))) end
        value = read
      end
      items.set(values, path, value)
    else others[#others + 1] = word end
  end
  return values, others
end

return items
