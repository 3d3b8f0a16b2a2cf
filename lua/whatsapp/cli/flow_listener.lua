-- The endpoint of `whatsapp flows serve`, inside nginx. It decrypts each request, calls a function of the user's file, and prints
-- one line with the status and the error. Never prints the content of a request.
-- luacheck: std min+ngx_lua
local files = require "whatsapp.util.file"
local worker = require "whatsapp.cli.worker"

local listener = {}

local state -- the state of nginx's only worker process: handle; err: the error of the current request

-- Compiles a file. loadfile would read a file of any size.
local function load_file(path)
  local text, err = files.read(path)
  if not text then return nil, err end
  return (loadstring or load)(text:gsub("^#[^\n]*", ""), "@" .. path)
end

-- Returns the table of functions that the user's file returns. The file may require modules of its own folder.
local function callbacks_of(path)
  package.path = ("%s/?.lua;%s"):format(path:match "^(.*)/", package.path)
  local chunk, err = load_file(path)
  if not chunk then error(err, 0) end
  local on = chunk()
  if type(on) ~= "table" then error(path .. " must return a table of functions: { init =, data_exchange =, back = }", 0) end
  return on
end

---Makes the endpoint. Raises if the key or the file is wrong.
---@param options { file: string, private_key: string, passphrase: string?, app_secret: string } file: an absolute path
---@param on_error fun(err: string) called with each error
---@return fun(request: whatsapp.webhook_request): whatsapp.webhook_response handle
function listener.handle(options, on_error)
  return (require("whatsapp.flows").endpoint {
    private_key = options.private_key, passphrase = options.passphrase, app_secret = options.app_secret,
    on = callbacks_of(options.file), on_error = on_error,
  })
end

---Makes the endpoint in nginx's worker process. For init_worker_by_lua.
---@param path string of the file with the options
function listener.begin(path)
  state = {}
  local handle = listener.handle(worker.begin(path), function(err) state.err = err end)
  state.handle = function(request)
    state.err = nil
    local response = handle(request)
    worker.print(("%d%s"):format(response.status, state.err and " " .. state.err or ""))
    return response
  end
end

---Answers a request. For content_by_lua.
function listener.content()
  require("whatsapp.nginx").serve(state.handle)
end

return listener
