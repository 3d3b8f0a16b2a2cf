-- Reads the rows of a file for `whatsapp bulk` and `whatsapp outbox put`. Each row becomes a message. The file is JSON Lines; or
-- CSV, with a message of the caller that has {{column}} in its strings. Reads one row at a time, in constant memory. Never sends.
local core = require "whatsapp.core"
local csv = require "whatsapp.cli.csv"
local exit = require "whatsapp.cli.exit"
local lines = require "whatsapp.cli.lines"
local recipient = require "whatsapp.send.recipient"

local rows = {}

---@class whatsapp.cli.row
---@field line integer the number of its first line in the file, from 1
---@field message table?
---@field key string? the caller's name for the message
---@field err string? why the row has no message
---@field is_broken boolean? true: the rest of the file cannot be read

-- Puts a message into a row. Moves the member `key` from the message to the row, because the API does not know this member.
local function with_key(row, message)
  row.message = message
  if type(message) ~= "table" then
    row.message, row.err = nil, "a message is an object, got a " .. type(message)
  elseif message.key ~= nil then
    row.key = tostring(message.key)
    message.key = nil
  end
  return row
end

-- returns the iterator over JSON Lines; an empty line is no row
local function json_rows(next_line)
  local at = 0
  return function()
    while true do
      local line, err = next_line()
      if line == nil then return nil end
      at = at + 1
      if at == 1 and line then line = lines.without_mark(line) end
      if line == false then return { line = at, err = err } end
      if line:find "%S" then
        local message, problem = core.decode(line)
        if message == nil then return { line = at, err = "not JSON: " .. tostring(problem) } end
        return with_key({ line = at }, message)
      end
    end
  end
end

-- Returns a message with its address in the right member: a cell of CSV may hold a user id, which belongs into `recipient`. The
-- check reports a wrong address later.
local function addressed(message)
  if type(message.to) ~= "string" then return message end
  local members = recipient.of(message.to)
  return members and recipient.address(message, members, true) or message
end

-- Returns the names of the columns. Ends the command if the file has no row, or if its first row is wrong.
local function header_of(next_row, name)
  local header, err, line = next_row()
  if not header then exit.stop("invalid", ("%s:%s: %s"):format(name, line or 1, header == false and err or "no header")) end
  header[1] = lines.without_mark(header[1] or "")
  if #header == 1 and header[1]:find "[;\t]" then
    exit.stop("invalid", ("%s:1: one column, %q: only commas separate columns"):format(name, header[1]))
  end
  return header
end

-- returns the iterator over CSV; a column `key` is the key of the row
local function csv_rows(next_line, name, options)
  local next_row = csv.rows(next_line)
  local make, err, place = require("whatsapp.cli.merge").of(options.message, header_of(next_row, name), options.may_be_empty)
  if not make then exit.stop("invalid", ("%s:1: %s"):format(name, err)) end
  local key_place = place.key
  return function()
    local fields, line, false_line = next_row() -- after a fault: false, the error, and the line
    if fields == nil then return nil end
    if fields == false then return { line = false_line, err = line, is_broken = true } end
    local message, problem = make(fields)
    if not message then return { line = line, err = problem } end
    return { line = line, message = addressed(message), key = key_place and fields[key_place] ~= "" and fields[key_place] or nil }
  end
end

---@param file file*
---@param name string of the file, for errors
---@param options { message: table?, may_be_empty: boolean? } message: the file is CSV, and this message has {{column}} in its
---strings; may_be_empty: a column may be empty
---@return fun(): whatsapp.cli.row? next_row returns nil at the end
function rows.of(file, name, options)
  local next_line = lines.of(file)
  if options.message then return csv_rows(next_line, name, options) end
  if name:find "%.csv$" then exit.stop("usage", ("%s is CSV: -m FILE must name the message of its rows"):format(name)) end
  return json_rows(next_line)
end

---@param row whatsapp.cli.row
---@return string? err why the client would refuse the row; nil: the row is valid
---@return table? details
function rows.check(row)
  if not row.message then return row.err, { problems = { { path = "", rule = "row", message = row.err } } } end
  local ok, err, details = core.validate(row.message)
  if not ok then return err, details end
end

---@param row whatsapp.cli.row
---@return string key the key of the row, or the SHA-256 of its message: the same message always has the same key
function rows.key_of(row)
  if row.key then return row.key end
  local sum = require("whatsapp.util.sha256").new()
  sum:update(core.encode(row.message, { mode = "lenient" }) or "")
  return sum:final()
end

return rows
