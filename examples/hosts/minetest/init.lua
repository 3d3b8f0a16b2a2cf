-- Minetest (Luanti): /whatsapp 16505551234 some words. Sends through the server's own HTTP client, so that no step of the game
-- waits. minetest.conf needs: secure.http_mods = whatsapp_send and, as the C core is a binary, secure.trusted_mods =
-- whatsapp_send. `require` is closed to mods: here it is open while whatsapp.all loads every module, and afterwards it gives
-- these modules and no other.
--   build with: make LUA=luajit install        copy this folder to mods/whatsapp_send
local insecure = assert(minetest.request_insecure_environment(), "secure.trusted_mods must name this mod")
local http = assert(minetest.request_http_api(), "secure.http_mods must name this mod")

local closed, loaded = require, insecure.package.loaded
rawset(_G, "require", insecure.require)
local whatsapp = require "whatsapp.all"
rawset(_G, "require", function(name) return name:find "^whatsapp" and loaded[name] or closed(name) end)

local function headers_of(headers)
  local lines = {}
  for name, value in pairs(headers) do lines[#lines + 1] = name .. ": " .. value end
  return lines
end

local transport = require("whatsapp.transport.callback").new {
  start = function(request, done)
    http.fetch({
      url = request.url, method = request.method, data = request.body, extra_headers = headers_of(request.headers),
      timeout = request.timeout,
    }, function(answer)
      if answer.completed then return done { status = answer.code, body = answer.data } end
      -- the game does not tell how far the request came
      done(nil, "no answer", { kind = "transport", retryable = false, may_have_been_sent = true })
    end)
  end,
  now = function() return minetest.get_us_time() / 1e6 end, after = minetest.after,
}

local client = whatsapp.new {
  token = insecure.os.getenv "WHATSAPP_TOKEN", phone_number_id = insecure.os.getenv "WHATSAPP_PHONE_NUMBER_ID",
  base_url = insecure.os.getenv "WHATSAPP_BASE_URL", -- only for a sandbox
  transport = transport,
}

local function send(to, body, tell)
  coroutine.wrap(function()
    local sent, err = client:send(whatsapp.message.text(to, body))
    tell(sent and sent.messages[1].id or err)
  end)()
end

minetest.register_chatcommand("whatsapp", {
  params = "<number> <words>", privs = { server = true },
  func = function(name, words)
    local to, body = words:match "^(%S+)%s+(.+)$"
    if not to then return false, "a number and words" end
    send(to, body, function(line) minetest.chat_send_player(name, line) end)
    return true, "sending ..."
  end,
})

-- tells somebody that the server is up
local to = insecure.os.getenv "WHATSAPP_TO"
if to then
  minetest.after(0, function() send(to, "The server is up", function(line) minetest.log("action", "whatsapp: " .. line) end) end)
end
