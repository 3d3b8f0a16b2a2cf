-- A transport without a network, for tests. The test gives a function or a list of answers; the transport answers each request
-- with them, and keeps all requests. Its clock is virtual: the clock moves only when a caller sleeps or waits for an answer.
-- Reads and writes only the files that a request names.
local options_of = require "whatsapp.util.options"
local outcome = require "whatsapp.wire.outcome"
local progress = require "whatsapp.transport.progress"
local values = require "whatsapp.util.values"

local M = {}

local MAX_FILE = 100 * 1024 * 1024

-- returns the number of bytes in a file after an offset; 0 if there is no file
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

local function refused(problem)
  return outcome.invalid("to_file: " .. problem, { { path = "to_file", rule = "file", message = problem } })
end

local function write(path, body)
  local file, err = io.open(path, "wb")
  if not file then return refused(err) end
  file:write(body)
  file:close()
  return true
end

-- writes the body of an answer into the file of the request
local function save(request, response)
  local body, limit = response.body or "", request.max_file or MAX_FILE
  if #body > limit then
    local details = { kind = "transport", retryable = false, may_have_been_sent = true }
    return nil, ("the answer is longer than %d bytes"):format(limit), details
  end
  local written, err, details = write(request.to_file, body)
  if not written then return nil, err, details end
  return { status = response.status, headers = response.headers, size = #body }
end

-- writes the body of a 2xx answer to the request's file, and calls the progress function once
local function deliver(request, response, err, details)
  local status = type(response) == "table" and tonumber(response.status)
  if not status then return response, err, details end
  if request.to_file and status >= 200 and status < 300 then
    response, err, details = save(request, response)
  end
  local moved = response and response.size or upload_size(request)
  if request.progress and response then response = progress.once(request.progress, moved, response) end
  return response, err, details
end

---@class whatsapp.memory_transport: whatsapp.Transport
---@field requests whatsapp.request[] all requests, unchanged
---@field slept number seconds of the virtual clock

-- returns the answer of the test to the last request
local function answer_to(self, request)
  local handle = self.handle
  if values.callable(handle) then return handle(request) end
  local next_answer = handle[#self.requests]
  if next_answer == nil then error("there is no answer for request " .. #self.requests, 4) end
  if next_answer.status then return next_answer end
  return nil, next_answer.err or next_answer.text, next_answer.details
end

---Answers a request. If the request has to_file, writes the body into this file; if the request has progress, calls this
---function. whatsapp.sandbox uses this function, too.
---@private
---@param answers fun(subject: any, request: whatsapp.request): whatsapp.response?, string?, whatsapp.details?
---@param subject any
---@param request whatsapp.request
---@return whatsapp.response? response, string? err, whatsapp.details? details
function M.answer(answers, subject, request)
  if not (request.to_file or request.progress) then return answers(subject, request) end
  -- no transport overwrites a file
  local path = request.to_file
  if path and require("whatsapp.util.file").exists(path) then return refused(path .. ": File exists") end
  return deliver(request, answers(subject, request))
end

local answer = M.answer

-- keeps a request; returns the seconds until its answer arrives
local function keep(self, request)
  self.requests[#self.requests + 1] = request
  local delay = self.delay
  return values.callable(delay) and delay(request) or delay
end

-- sends one request: the clock moves by the delay of its answer
local function call(self, request)
  self.slept = self.slept + keep(self, request)
  return answer(answer_to, self, request)
end

local function start(self, request, slot)
  local at = self.slept + keep(self, request)
  self.coming[#self.coming + 1] = { at = at, slot = slot, answer = { answer(answer_to, self, request) } }
end

-- Returns the slot and the answer that comes first, if it comes within these seconds; else no value. Moves the clock to that
-- time.
local function wait(self, seconds)
  local first
  for i, one in ipairs(self.coming) do
    if first == nil or one.at < self.coming[first].at then first = i end
  end
  local ends = self.slept + seconds
  if first == nil or self.coming[first].at > ends then
    self.slept = ends
    return
  end
  local one = table.remove(self.coming, first)
  self.slept = math.max(self.slept, one.at)
  return one.slot, one.answer[1], one.answer[2], one.answer[3]
end

---@param handle whatsapp.transport_function|(whatsapp.response|{ err: string, details: whatsapp.details? })[] a function that
---answers a request; or a list of answers in their order: responses, or { err =, details = }
---@param options { delay: (number|fun(request: whatsapp.request): number)? }? delay: seconds until an answer arrives
---@return whatsapp.memory_transport transport callable; .requests, .slept, now(), sleep(seconds), start, wait
function M.new(handle, options)
  local checked = options_of.check(options, { delay = "delay" }, 2)
  local self = { requests = {}, slept = 0, handle = handle, delay = checked.delay or 0, coming = {}, streams = true }
  function self.now() return self.slept end
  function self.sleep(seconds) self.slept = self.slept + seconds end
  function self.start(request, slot) return start(self, request, slot) end
  function self.wait(seconds) return wait(self, seconds) end
  return setmetatable(self, { __call = call })
end

return M
