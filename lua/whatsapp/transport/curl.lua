-- The transport over libcurl, for scripts and for programs without an event loop. While it waits for an answer, it blocks the
-- whole process: do not use it in nginx. In an event loop, use whatsapp.transport.cqueues or whatsapp.transport.luv. Loads
-- libcurl only when the program calls the transport for the first time: a program that sends nothing does not need libcurl.
local libcurl = require "whatsapp.transport.libcurl"

local M = {}

-- Sleeps. If a signal ends the sleep too early, sleeps again: between two sleeps, Lua can handle the signal.
local function sleep(seconds)
  local curl = require "whatsapp.curl"
  local deadline = curl.now() + seconds
  repeat
    local left = deadline - curl.now()
    curl.sleep(left)
  until left <= 0
end

---@class whatsapp.curl_options
---@field timeout number? seconds for one attempt, 30 if absent
---@field connect_timeout number? seconds for the connection and TLS, 10 if absent
---@field proxy string? URL; "" for no proxy, even if the environment names a proxy
---@field ca_file string? file of certificates; they replace the system's certificates
---@field user_agent string?
---@field allow_http boolean? true: plain http is allowed to every host
---@field max_body integer? largest size of an answer in bytes, 16 MiB if absent
---@field max_requests integer? number of requests after which a connection is closed, 900 if absent
---@field headers string[]? names in lower case: a response has only these headers; all headers if absent

---The request that a transport gets: plain data, except `progress`. It has at most one of `body`, `body_file` and `form`.
---@class whatsapp.request
---@field method string
---@field url string
---@field headers table<string, string>?
---@field timeout number? seconds for this attempt
---@field body string?
---@field body_file string? path of a regular file; bytes that other code appends after the request began are not sent
---@field body_offset integer? offset in the file where the body begins; 0 if absent
---@field form whatsapp.form_part[]? parts of a multipart/form-data body
---@field to_file string? path of a new file for the body of a 2xx answer; the file must not exist
---@field max_file integer? largest size of this file in bytes, 104857600 if absent
---@field progress (fun(transferred: integer, total: integer?))? is called while bytes move; it must not wait. With to_file, it
---gets the number of bytes that were received; else the number of bytes that were sent

---@class whatsapp.form_part
---@field name string
---@field data string? the bytes; or use `file`
---@field file string? path of a regular file; filename and type are then required
---@field filename string? the name for the server
---@field type string? MIME type

---@class whatsapp.response
---@field status integer
---@field headers table<string, string> names in lower case
---@field body string? absent if the body is in a file
---@field size integer? number of bytes in the file

---@param options whatsapp.curl_options?
---@return whatsapp.Transport transport callable, with
---now(), sleep(seconds), start(request, slot), wait(seconds) and close(). start takes no inbox: so wait returns the answer to
---any request of start
function M.new(options)
  local self = libcurl.new("whatsapp.transport.curl", options, 2, false)
  local transport = { streams = true, now = libcurl.now, sleep = sleep, start = self:starter(), wait = self:waiter() }
  local perform = self.perform

  function transport.close() self:close() end

  local function call(_, request)
    local response, err, details = perform(self, request, 2)
    return response, err, details
  end

  return setmetatable(transport, { __call = call, __tostring = function() return "whatsapp.transport.curl" end })
end

return M
