-- Prosody: a module that sends a WhatsApp message for POST /whatsapp/send with "number words", through Prosody's own HTTP client,
-- so that the server goes on. Copy it to a folder of plugin_paths as mod_whatsapp.lua, and add "whatsapp" to modules_enabled.
--   build with: make install (Prosody 0.12 runs Lua 5.4; MODULES=core is enough)
local async = require "util.async"
local http = require "net.http"
local timer = require "util.timer"
local whatsapp = require "whatsapp"

module:depends "http"

local transport = require("whatsapp.transport.callback").new {
  start = function(request, done)
    local options = { method = request.method, body = request.body, headers = request.headers }
    http.request(request.url, options, function(body, code, response)
      if code and code > 0 then return done { status = code, headers = response and response.headers, body = body } end
      -- Prosody does not tell how far the request came
      done(nil, tostring(body), { kind = "transport", retryable = false, may_have_been_sent = true })
    end)
  end,
  now = require("util.time").now, after = timer.add_task, waiter = async.waiter,
}

local client = whatsapp.new {
  token = os.getenv "WHATSAPP_TOKEN", phone_number_id = os.getenv "WHATSAPP_PHONE_NUMBER_ID",
  base_url = os.getenv "WHATSAPP_BASE_URL", -- only for a sandbox
  transport = transport,
}

module:provides("http", {
  default_path = "/whatsapp",
  route = {
    ["POST /send"] = function(event)
      local to, body = (event.request.body or ""):match "^(%S+)%s+(.+)$"
      if not to then return 400 end
      local sent, err = client:send(whatsapp.message.text(to, body))
      return sent and sent.messages[1].id or { status_code = 502, body = err }
    end,
  },
})
