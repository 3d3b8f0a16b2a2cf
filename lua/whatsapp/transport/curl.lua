-- The transport over libcurl: whatsapp.curl with its clock. libcurl is loaded at the first request, so that a program that
-- only builds, checks or verifies never pays for it. Blocks while it waits, for one answer or for the first of many; not for
-- nginx workers, and in an event loop only through whatsapp.transport.cqueues or .luv.
local libcurl = require "whatsapp.transport.libcurl"

local M = {}

-- a signal may end a sleep early, so that Lua can act on it
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
---@field connect_timeout number? seconds, 10 if absent
---@field proxy string? URL; "" for no proxy, even if the environment names one
---@field ca_file string? certificates to trust instead of the system's
---@field user_agent string?
---@field allow_http boolean? plain http to others than loopback
---@field max_body integer? bytes of an answer, 16 MiB if absent
---@field max_requests integer? that a connection takes before it is retired, 900 if absent
---@field headers string[]? names in lower case: the only ones that a response has; all if absent

---The request that a transport takes: plain data, except `progress`. It has at most one of `body`, `body_file` and `form`.
---@class whatsapp.request
---@field method string
---@field url string
---@field headers table<string, string>?
---@field timeout number? seconds for this attempt
---@field body string?
---@field body_file string? path of a regular file: the bytes that it holds when the request begins are the body
---@field body_offset integer? where in the file the body begins; 0 if absent
---@field form whatsapp.form_part[]? the body is a multipart/form-data of these
---@field to_file string? path of a file that is made for the body of an answer of 2xx; it must not exist
---@field max_file integer? bytes of such an answer, 104857600 if absent
---@field progress (fun(transferred: integer, total: integer?))? bytes into to_file, else those that went; it must not wait

---@class whatsapp.form_part
---@field name string
---@field data string? the bytes; or
---@field file string? path of a regular file; it needs filename and type
---@field filename string? as the server is told
---@field type string? MIME type

---@class whatsapp.response
---@field status integer
---@field headers table<string, string> names in lower case
---@field body string? absent where it went into a file
---@field size integer? bytes in the file

---@param options whatsapp.curl_options?
---@return whatsapp.Transport transport callable, with
---now(), sleep(seconds), start(request, slot), wait(seconds) and close(); wait gives
---the answers of all inboxes
function M.new(options)
  local self = libcurl.new("whatsapp.transport.curl", options, 2, false)
  local transport = { streams = true, now = libcurl.now, sleep = sleep }

  local start, wait, perform = self.start_plainly, self.wait, self.perform

  function transport.start(request, slot) start(self, request, slot, 2) end
  function transport.wait(seconds) return wait(self, seconds) end
  function transport.close() self:close() end

  local function call(_, request)
    local response, err, details = perform(self, request, 2)
    return response, err, details
  end

  return setmetatable(transport, { __call = call, __tostring = function() return "whatsapp.transport.curl" end })
end

return M
