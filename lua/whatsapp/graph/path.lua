-- Makes the URL of a call: the path after the version, with the client's ids, and the query. Refuses every path that could
-- reach another host, another version or another object. Pure; never adds the token.
local urls = require "whatsapp.util.url"
local problems = require "whatsapp.wire.problems"
local values = require "whatsapp.util.values"

local path = {}

local LONGEST = 2048 -- bytes of a path

-- patterns of bytes that must not be in a path, because a server could give them another meaning; and the words of the error
local ODD = {
  { "[%c\127]", "a control character" }, { "\\", "a backslash" }, { "%%", "a %: do not escape the path, the library does" },
  { "[{}]", "a brace" }, { "%?", "a ?: pass the query as the option query" },
  { "#", "a #: the text after it would not be sent" },
}

---Returns what is wrong with one part of a path.
---@param segment string
---@return string? err
local function fault_of(segment)
  for _, row in ipairs(ODD) do
    if segment:find(row[1]) then return "contains " .. row[2] end
  end
  if segment == "" then return "has an empty part" end
  if segment == "." or segment == ".." then return ("has the part %s, which changes the path"):format(segment) end
  if segment:find("/", 1, true) then return "has a part that contains a /" end
end

-- does the same as url.escape, but keeps colons: a path needs no escape for the colon of upload:...
local function escaped(segment) return (urls.escape(segment):gsub("%%3A", ":")) end

-- returns the parts of a path that is a string
local function split(text)
  local segments = {}
  text = text:gsub("^/", "", 1)
  for part in (text .. "/"):gmatch "(.-)/" do segments[#segments + 1] = part end
  return segments
end

-- returns the parts of a path that is a list of strings and whole numbers
local function listed(list)
  local segments = {}
  for i, part in ipairs(list) do
    segments[i] = values.text_of_id(part)
    if not segments[i] then return nil, ("has a part that is a %s"):format(type(part)) end
  end
  return segments
end

---Returns whether a value has the form of a path.
---@param value any
---@return boolean is_path true for a string, and for a list of parts
function path.is_path(value)
  if type(value) == "string" then return true end
  return values.is_list(value, function(part) return type(part) == "string" or type(part) == "number" end)
end

---Returns the name in braces for which the client has no id.
---@param value string|table
---@param ids table<string, string>
---@return string? name
function path.lacking(value, ids)
  for _, part in ipairs(type(value) == "string" and split(value) or value) do
    local name = type(part) == "string" and part:match "^{(.*)}$"
    if name and not ids[name] then return name end
  end
end

---Writes a path: replaces the names in braces by ids, and escapes each part.
---@param value string|(string|integer)[] "{waba}/message_templates", or its parts
---@param ids table<string, string> the client's ids by the names in braces
---@return string? path escaped, without a slash before it
---@return string? err
function path.write(value, ids)
  if type(value) == "string" and (value:find "^%a[%w+.-]*:/" or value:find "^//") then
    return nil, "names a host: begin the path after the API's version"
  end
  local segments, err = (type(value) == "string" and split or listed)(value)
  if not segments then return nil, err end
  if segments[1] and segments[1]:find "^v%d+%.%d+$" then
    return nil, "begins with a version: leave it out, the client adds its version"
  end
  for i, part in ipairs(segments) do
    local id = ids[part:match "^{(.*)}$" or ""]
    local fault = not id and fault_of(part)
    if fault then return nil, fault end
    segments[i] = escaped(id or part)
  end
  local text = table.concat(segments, "/")
  if #text > LONGEST then return nil, ("has %d bytes, at most %d"):format(#text, LONGEST) end
  return text
end

-- ---- queries ----------------------------------------------------------------------------------------------------------------

local SECRET = { access_token = true, appsecret_proof = true }

local function text_of(value)
  if type(value) == "string" then return value end
  if type(value) == "boolean" then return tostring(value) end
  return values.text(value)
end

-- returns the text of one value, or of a list, with commas between its items
local function query_value(value)
  if type(value) ~= "table" then return text_of(value) end
  if not values.is_list(value, text_of) then return nil end
  local list = {}
  for i = 1, #value do list[i] = text_of(value[i]) end
  return table.concat(list, ",")
end

---Writes a query.
---@param query table?
---@param report whatsapp.report gets the problems
---@return string text begins with a question mark; "" if the query is empty
function path.query(query, report)
  local names, pairs_of = {}, {}
  for name in next, query or values.NONE do names[#names + 1] = name end
  table.sort(names, function(a, b) return tostring(a) < tostring(b) end)
  for _, name in ipairs(names) do
    local at, value = problems.path("query", name), query_value(query[name])
    if type(name) ~= "string" or name == "" then report:add(at, "type", "a name in a query is a string that is not empty")
    elseif SECRET[name:lower()] then report:forbid(at, "leave it out: the client sends the token in a header")
    elseif not value then
      local words = "must be a string, a number, true, false or a list of them, got "
      report:add(at, "type", words .. problems.shown(query[name]), nil, query[name])
    else pairs_of[#pairs_of + 1] = urls.escape(name) .. "=" .. urls.escape(value) end
  end
  return #pairs_of > 0 and "?" .. table.concat(pairs_of, "&") or ""
end

return path
