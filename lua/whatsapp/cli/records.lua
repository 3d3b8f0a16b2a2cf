-- Reads records (messages, definitions, other objects) from files and from stdin. A file is JSON or Lua with one record or a list
-- of records, or JSON Lines with one record on each line. Reads JSON Lines one record at a time, in constant memory; reads other
-- files whole. Never checks a record.
local core = require "whatsapp.core"
local exit = require "whatsapp.cli.exit"
local files = require "whatsapp.util.file"
local lines = require "whatsapp.cli.lines"

local records = {}

local decode = core.decode
local MOST = 64 * 1024 * 1024 -- bytes of a file that is not JSON Lines

---Opens a file. Ends the command if the file cannot be opened.
---@param path string -: stdin
---@return file* file
---@return string name of the file, for errors
function records.open(path)
  if path == "-" then return io.stdin, "-" end
  local file, err = io.open(path, "rb")
  if not file then exit.stop("usage", err) end
  return file, path
end

---Reads a whole file. Ends the command if the file cannot be read.
---@param path string
---@param most integer? bytes, 64 MiB if absent
---@return string text
function records.text(path, most)
  local text, err = files.read(path, most)
  return text or exit.stop("usage", err)
end

-- returns the whole text of a file; first: the text that was read already, or nil
local function whole(next_line, first, name)
  local pieces, size = { first }, 0
  for line, err in next_line do
    if line == false then exit.stop("failed", ("%s: %s"):format(name, err)) end
    pieces[#pieces + 1], size = line, size + #line
    if size > MOST then exit.stop("usage", ("%s: a file that is not JSON Lines may have at most %d bytes"):format(name, MOST)) end
  end
  return table.concat(pieces, "\n")
end

-- Returns an iterator over a value: the items of a list, or the one record. Without a value, the iterator returns the error once.
local function listed(value, err)
  if value == nil then
    local is_told = false
    return function()
      if is_told then return nil end
      is_told = true
      return 1, nil, err
    end
  end
  local list, at = value, 0
  if type(value) ~= "table" or value[1] == nil then list = { value } end
  return function()
    at = at + 1
    if list[at] == nil then return nil end
    return at, list[at]
  end
end

-- Returns an iterator over JSON Lines; first, after: the lines that sniffed() has read already. The number of a record is the
-- number of its line.
local function json_lines(next_line, first, after)
  local at, waiting = 0, { first, after }
  local function line_at()
    at = at + 1
    if at <= 2 and waiting[at] ~= nil then return waiting[at] end
    return next_line()
  end
  return function()
    while true do
      local line, err = line_at()
      if line == nil then return nil end
      if line == false then return at, nil, err end
      if line:find "%S" then
        local value, problem = decode(line)
        if value == nil then return at, nil, "not JSON: " .. tostring(problem) end
        return at, value
      end
    end
  end
end

-- returns the first line without a byte order mark; nil: the file is empty
local function first_of(next_line, name)
  local first, err = next_line()
  if first == false then exit.stop("failed", ("%s: %s"):format(name, err)) end
  return first and lines.without_mark(first)
end

-- Reads a file whose name does not tell its format. The file is JSON Lines if its first line is a whole JSON value that is not a
-- list, or if its first two lines each begin an object. Else the file is one JSON value.
local function sniffed(next_line, name)
  local first = first_of(next_line, name)
  if first == nil then return function() end end
  if decode(first) ~= nil and not first:find "^%s*%[" then return json_lines(next_line, first) end
  local after = next_line()
  if after and first:find "^%s*{" and after:find "^%s*{" then return json_lines(next_line, first, after) end
  if after then first = first .. "\n" .. after end
  return listed(decode(whole(next_line, first, name)))
end

-- extension of the file -> function that returns the iterator
local READERS = {
  lua = function(next_line, name)
    return listed(require("whatsapp.cli.lua_file").run(whole(next_line, nil, name)))
  end,
  json = function(next_line, name)
    return listed(decode(lines.without_mark(whole(next_line, nil, name))))
  end,
  jsonl = function(next_line, name) return json_lines(next_line, first_of(next_line, name)) end,
}
READERS.ndjson = READERS.jsonl

---@param file file*
---@param name string of the file: its extension tells the format
---@return fun(): integer?, any, string? next_record returns the number of the record, from 1, and the record; or the number, nil
---and an error; or nil at the end
function records.of(file, name)
  local read = READERS[name:match "%.(%w+)$" or ""] or sniffed
  return read(lines.of(file), name)
end

---Reads a file with one record. Ends the command if the file has no record or several.
---@param path string
---@return table message the record
function records.one(path)
  local file, name = records.open(path)
  local next_record = records.of(file, name)
  local _, message, err = next_record()
  if type(message) ~= "table" then exit.stop("usage", ("%s: %s"):format(name, err or "the file has no message")) end
  if next_record() then exit.stop("usage", ("%s: the file must have one message, but it has several"):format(name)) end
  return message
end

return records
