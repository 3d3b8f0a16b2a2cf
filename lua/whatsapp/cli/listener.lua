-- The endpoint of `whatsapp listen`, inside nginx. For each webhook, the endpoint verifies the signature, prints the events, and
-- runs the program of --exec for each event. With --forward-to, the endpoint then sends the same bytes to another URL, and
-- returns the answer from there. Without --forward-to, the endpoint answers 200, or 500 if the program failed. A webhook with a
-- wrong signature gets 401.
-- luacheck: std min+ngx_lua
local body_of = require("whatsapp.util.nginx_body").read
local json_line = require "whatsapp.cli.json_line"
local quoted = require("whatsapp.cli.shell").quoted
local worker = require "whatsapp.cli.worker"

local listener = {}

-- The state of nginx's only worker process: the options; nginx_folder; left: how many events --count still waits for.
local state

---Reads the options. For init_worker_by_lua.
---@param path string of the file with the options
function listener.begin(path)
  state = worker.begin(path)
  state.nginx_folder, state.left = path:match "^(.*)/", state.count
end

-- ---- events -----------------------------------------------------------------------------------------------------------------

local ORDER = { "kind", "type", "id", "from", "to", "status", "text", "timestamp", "phone_number_id", "waba_id" }

-- returns an event as a line of JSON, without its member `value`, which holds the whole object of the webhook
local function plain(event)
  local made = {}
  for name, value in pairs(event) do made[name] = value end
  made.value = nil
  return json_line.of(made, ORDER)
end

-- Runs the program of --exec; returns whether the program succeeded. The program reads the event from a file as its stdin, in a
-- folder that only this user can read. io.popen does not work here, because nginx waits for all child processes itself.
local function run_program(line)
  local path = state.nginx_folder .. "/event.json"
  local file = assert(io.open(path, "wb"))
  file:write(line, "\n")
  file:close()
  local result = os.execute((". %s/environment; cd %s && { %s\n} <%s"):format(quoted(state.nginx_folder), quoted(state.folder),
    state.exec, quoted(path)))
  return result == 0 or result == true
end

-- Prints the events, and runs the program for each. Returns whether the program succeeded each time. Ends nginx after --count
-- events; the delay lets nginx send the answer first.
local function handle(events)
  local is_done = true
  for _, event in ipairs(events) do
    local line = plain(event)
    worker.print(state.json and line or tostring(event))
    if state.exec and not run_program(line) then is_done = false end
  end
  if state.left then
    state.left = state.left - #events
    if state.left <= 0 then ngx.timer.at(0.05, worker.stop) end
  end
  return is_done
end

-- ---- requests ---------------------------------------------------------------------------------------------------------------

-- Sends a webhook to --forward-to; returns the status and the body of the answer. nginx does not find the host localhost, because
-- it asks name servers and does not read /etc/hosts.
local function forward(body, signature)
  local transport = state.transport or require("whatsapp.transport.resty").new { allow_http = true, timeout = 20 }
  state.transport = transport
  local response, err = transport {
    method = "POST", url = (state.forward_to:gsub("^(https?://)localhost", "%1127.0.0.1")), body = body,
    headers = { ["Content-Type"] = "application/json", ["X-Hub-Signature-256"] = signature },
  }
  if response then return response.status, response.body or "" end
  return 502, "the endpoint did not answer: " .. tostring(err)
end

-- handles a webhook; returns the status and the body of the answer
local function receive()
  local body, signature = body_of(ngx), ngx.req.get_headers()["x-hub-signature-256"]
  local webhook = require "whatsapp.webhook"
  local is_signed, why = webhook.verify(body, signature, state.app_secret)
  if not is_signed then
    ngx.log(ngx.WARN, "a webhook was refused: ", why)
    return 401, why
  end
  local events, err = webhook.parse(body)
  if not events then return 400, err end
  local is_done = handle(events)
  if state.forward_to then return forward(body, signature) end
  return is_done and 200 or 500, ""
end

-- returns the status and the body of the answer to a request: a POST is a webhook, another method is the handshake
local function answer()
  if ngx.var.uri ~= state.path then return 404, "" end
  if ngx.req.get_method() == "POST" then return receive() end
  if not state.verify_token then return 403, "no verify token is set: WHATSAPP_VERIFY_TOKEN" end
  local challenge, err = require("whatsapp.webhook").challenge(ngx.var.args or "", state.verify_token)
  if challenge then return 200, challenge end
  return 403, err
end

---Answers a request. For content_by_lua.
function listener.content()
  local status, body = answer()
  ngx.status = status
  ngx.header["content-type"], ngx.header["x-content-type-options"] = "text/plain", "nosniff"
  ngx.print(body)
end

return listener
