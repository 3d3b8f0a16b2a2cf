-- Serves a box (a simulated API) inside nginx. content() answers each request with the box; driver.lua does the due work of the
-- box; wire.lua writes the responses and their faults; stream.lua writes the stream of events. Used in two ways: the nginx of
-- server.lua calls begin(), content() and finish(); any other nginx with one worker process calls only content(). The logic is in
-- init.lua.
local body_of = require("whatsapp.util.nginx_body").read
local driver = require "whatsapp.sandbox.driver"
local files = require "whatsapp.sandbox.files"
local graph = require "whatsapp.sandbox.graph"
local sandbox = require "whatsapp.sandbox"
local settings = require "whatsapp.sandbox.settings"
local stream = require "whatsapp.sandbox.stream"
local wire = require "whatsapp.sandbox.wire"

local M = {}

local state -- the state of nginx's only worker process: { box, driver, readers, files }

local ONE_WORKER = "the sandbox keeps its state in one worker of nginx, but nginx has %d workers: write "
  .. "`worker_processes 1;`, or start the sandbox with `make sandbox` or whatsapp.sandbox.server"

local function check_workers(ngx)
  local count = ngx.worker.count()
  if count > 1 then error(ONE_WORKER:format(count), 0) end
end

-- Makes the box, its driver, its readers and its files. server: the options of server.lua; nil in any other nginx.
local function open(ngx, options, server)
  check_workers(ngx)
  options = options or {}
  options.now = options.now or function()
    ngx.update_time()
    return ngx.now()
  end
  local box = sandbox.new(options)
  local readers = stream.readers(ngx)
  local kept = files.new(ngx, box, server or {})
  box.on_event = function(event)
    kept:note(event)
    readers:wake()
  end
  kept:load()
  return { box = box, readers = readers, files = kept, driver = driver.new(ngx, box, function() kept:tick() end) }
end

-- The pause of the garbage collector, in percent; 200 is the default. With 120, the worker process needs 40 MB for 20,000
-- messages instead of 53, and the same time.
local PAUSE = 120

---Makes the box from a file of options. The nginx of server.lua calls this function in init_worker_by_lua.
---@param path string of the file
function M.begin(path)
  local ngx = ngx -- luacheck: ignore 113
  collectgarbage("setpause", PAUSE)
  local options = files.options(path)
  options.server.folder = path:match "^(.*)/"
  state = open(ngx, options.box, options.server)
  state.box.base_url = state.files:base_url()
  assert(settings.apply(state.box, options.server))
  state.driver:start()
  state.files:greet(options)
end

---Writes the state file and closes the record, if the options name them. For exit_worker_by_lua.
function M.finish()
  if state then state.files:finish() end
end

local BLANKS = 4 -- the number of blanks that nginx adds to the end of a body

-- Returns the body of a request, and the number of blanks that nginx has added to its end; server.lua says why. A body gets
-- blanks only if it is JSON and nginx keeps it in memory. $blank_body of an empty body, or of a body in a file, has only the
-- blanks.
local function bytes_of(ngx, headers)
  if not graph.is_json(headers["content-type"]) then return body_of(ngx) end
  ngx.req.read_body()
  local body = ngx.var.blank_body
  if body and #body > BLANKS then return body, BLANKS end
  return body_of(ngx)
end

local function request_of(ngx)
  local headers = ngx.req.get_headers(0)
  local body, blanks = bytes_of(ngx, headers)
  return {
    method = ngx.req.get_method(), url = ngx.var.request_uri, headers = headers, body = body, blanks = blanks,
    origin = ("%s://%s"):format(ngx.var.scheme, ngx.var.http_host or ngx.var.host),
  }
end

-- Returns the response with the bytes of a file, for the page. The control API first answers a request with the same headers, so
-- that its guard refuses pages of other hosts. A user's file may be harmful: the headers keep a browser from running it.
local function media(request, id)
  local response = state.box.control { method = "GET", url = "/_sandbox/info", headers = request.headers, body = "" }
  if response.status ~= 200 then return response end
  local file = state.box.media[id]
  if not file then return state.box.control(request) end
  return { status = 200, body = file.data, headers = {
    ["content-type"] = file.type, ["x-content-type-options"] = "nosniff", ["cache-control"] = "private, max-age=3600",
    ["content-security-policy"] = "default-src 'none'; sandbox",
  } }
end

-- Returns the response to a request to the control API. If the answer is not there yet, asks the box again after the seconds that
-- the box returned, or after the next event.
local function control(request)
  while true do
    local response, seconds = state.box.control(request)
    if response then return response end
    state.readers:wait(seconds or 1)
  end
end

---Answers the current request. For content_by_lua. If begin() was not called, the first request makes the box.
---@param ngx table
---@param options whatsapp.sandbox_options? of this box
function M.content(ngx, options)
  if not state then
    state = open(ngx, options)
    state.box.base_url = ("%s://%s"):format(ngx.var.scheme, ngx.var.http_host or ngx.var.host)
    state.driver:start()
  end
  local uri = ngx.var.uri
  if uri == "/_sandbox/events" then return stream.serve(ngx, state.box, state.readers) end
  local request, file = request_of(ngx), uri:match "^/_sandbox/media/([%w_-]+)$"
  local response = file and media(request, file) or uri:find "^/_sandbox" and control(request)
    or state.box.handle(request)
  state.driver:wake()
  wire.send(ngx, response)
end

return M
