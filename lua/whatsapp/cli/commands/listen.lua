-- whatsapp listen: receives webhooks on this machine, and prints their events. This file starts nginx in the foreground;
-- listener.lua answers the requests inside nginx. nginx listens on 127.0.0.1 only.
local exit = require "whatsapp.cli.exit"

local PORT = 9429

-- checks the options; returns the port
local function check(options)
  local port = options.port or PORT
  if port % 1 ~= 0 or port > 65535 then exit.stop("usage", "--port takes a port from 0 to 65535") end
  if options.path and not options.path:find "^/" then exit.stop("usage", "--path must begin with a slash") end
  if options.forward_to then
    local read, err = require("whatsapp.util.url").read(options.forward_to)
    if not read then exit.stop("usage", "--forward-to: " .. err) end
  end
  return port
end

local function run(context)
  local options, settings = context.options, context.settings()
  local port, path = check(options), options.path or "/webhook"
  local _, folder = require("whatsapp.sandbox.process").run(".", "pwd")
  local listener = {
    app_secret = settings:need_secret "app_secret", verify_token = settings:get "verify_token", path = path, json = options.json,
    forward_to = options.forward_to, exec = options.exec, count = options.count, folder = folder:match "^[^\n]*",
  }
  local ok, err = require("whatsapp.cli.foreground").run {
    module = "whatsapp.cli.listener", port = port, options = listener,
    on_start = function(chosen) context.terminal:note(("listens on http://127.0.0.1:%d%s"):format(chosen, path)) end,
  }
  if not ok then exit.stop("failed", err) end
end

return {
  name = "listen",
  summary = "receive webhooks and print them",
  description = "Receives webhooks on 127.0.0.1, verifies them with the app's secret, and prints one event a line. Use a "
    .. "tunnel to get the API's webhooks here. Needs nginx with its Lua module.",
  options = {
    { "--port", "PORT", ("the port (%d); 0: a free port"):format(PORT), number = true },
    { "--path", "PATH", "the path of the endpoint (/webhook)" },
    { "--forward-to", "URL", "send each request to URL, too, and return its answer" },
    { "--exec", "COMMAND", "run COMMAND for each event, JSON on stdin; answer 500 if it fails" },
    { "--count", "N", "end after N events", number = true },
    { "--app-secret-file", "FILE", "the app's secret is the first line of FILE" },
  },
  examples = { "whatsapp listen --forward-to http://127.0.0.1:8080/webhook", "whatsapp --json listen | jq .text" },
  run = run,
}
