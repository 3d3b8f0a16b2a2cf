-- A transport without a network, for tests: a function answers, the requests are kept as they are, and time stands still
-- until somebody sleeps or waits for an answer. Touches no file but the one that a request wants its answer in.
local options = require "whatsapp.util.options"

local M = {}

local MAX_FILE = 100 * 1024 * 1024

-- the bytes of a file from an offset on; 0 where there is none
local function size_of(path, offset)
  local file = io.open(path, "rb")
  if not file then return 0 end
  local size = file:seek "end" - (offset or 0)
  file:close()
  return size
end

local function upload_size(request)
  if request.body_file then return size_of(request.body_file, request.body_offset) end
  local size = 0
  for _, part in ipairs(request.form or {}) do size = size + (part.data and #part.data or size_of(part.file)) end
  return size
end

local function refused(text)
  return options.refused("to_file: " .. text, { { path = "to_file", rule = "file", message = text } })
end

-- as over a network, a file that is there already is not touched
local function exists(path)
  local file = io.open(path, "rb")
  if file then file:close() end
  return file ~= nil
end

local function write(path, body)
  local file, text = io.open(path, "wb")
  if not file then return refused(text) end
  file:write(body)
  file:close()
  return true
end

-- an answer that goes into a file
local function save(request, response)
  local body, limit = response.body or "", request.max_file or MAX_FILE
  if #body > limit then
    local details = { kind = "transport", retryable = false, may_have_been_sent = true }
    return nil, ("the answer is longer than %d bytes"):format(limit), details
  end
  local written, text, why = write(request.to_file, body)
  if not written then return nil, text, why end
  return { status = response.status, headers = response.headers, size = #body }
end

-- the body of an answer of 2xx goes where the request wants it, and progress is told once
local function deliver(request, response, text, details)
  local status = type(response) == "table" and tonumber(response.status)
  if not status then return response, text, details end
  if request.to_file and status >= 200 and status < 300 then
    response, text, details = save(request, response)
  end
  local moved = response and response.size or upload_size(request)
  if request.progress and response then request.progress(moved, moved) end
  return response, text, details
end

---@param handle (fun(request: table): table?, string?, table?)|table[] answers a request; or answers, one after the other
---@param given { delay: (number|fun(request: table): number)? }? seconds that an answer takes
---@return table transport callable; .requests, .slept (seconds), now(), sleep(seconds), begin(request, done), turn(seconds)
function M.new(handle, given)
  local delay = given and given.delay or 0
  local transport = { requests = {}, slept = 0 }
  local coming = {} -- answers: when, and to whom
  local function find_answer(request)
    if type(handle) == "function" then return handle(request) end
    local next_answer = handle[#transport.requests]
    if next_answer == nil then error("no answer is left for request " .. #transport.requests, 4) end
    if next_answer.status then return next_answer end
    return nil, next_answer.text, next_answer.details
  end
  local function answer(request)
    if not (request.to_file or request.progress) then return find_answer(request) end
    if request.to_file and exists(request.to_file) then return refused(request.to_file .. ": File exists") end
    return deliver(request, find_answer(request))
  end
  local function keep(request)
    transport.requests[#transport.requests + 1] = request
    return type(delay) == "function" and delay(request) or delay
  end

  function transport.now() return transport.slept end
  function transport.sleep(seconds) transport.slept = transport.slept + seconds end

  function transport.begin(request, done)
    local at = transport.slept + keep(request)
    coming[#coming + 1] = { at = at, done = done, answer = { answer(request) } }
  end

  -- the answer that comes first, if it comes in time
  function transport.turn(seconds)
    local first
    for i, one in ipairs(coming) do
      if first == nil or one.at < coming[first].at then first = i end
    end
    local till = transport.slept + seconds
    if first == nil or coming[first].at > till then
      transport.slept = till
      return
    end
    local one = table.remove(coming, first)
    transport.slept = math.max(transport.slept, one.at)
    one.done(one.answer[1], one.answer[2], one.answer[3])
  end

  return setmetatable(transport, {
    __call = function(_, request)
      transport.slept = transport.slept + keep(request)
      return answer(request)
    end,
  })
end

return M
