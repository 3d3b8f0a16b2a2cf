-- whatsapp listen: an endpoint on this machine that prints the webhooks it gets. Runs nginx in the foreground; listener.lua is
-- what answers there. Never listens on another address than 127.0.0.1.
local exit = require "whatsapp.cli.exit"
local served = require "whatsapp.cli.served"

local PORT = 9429

local function check(options)
  local port = options.port or PORT
  if port % 1 ~= 0 or port > 65535 then exit.stop("usage", "--port takes a port from 0 to 65535") end
  if options.path and not options.path:find "^/" then exit.stop("usage", "--path begins with a slash") end
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
  local ok, err = require("whatsapp.sandbox.process").stay {
    port = port ~= 0 and port or nil,
    files = { ["options.json"] = require("whatsapp.cli.json_line").of(listener) },
    configuration = function(chosen, nginx_folder)
      context.terminal:note(("listens on http://127.0.0.1:%d%s"):format(chosen, path))
      return served.configuration(chosen, nginx_folder, "whatsapp.cli.listener")
    end,
  }
  if not ok then exit.stop("failed", err) end
end

return {
  name = "listen",
  summary = "receive webhooks and print them",
  description = "Receives webhooks on 127.0.0.1, verifies them with the app's secret, and prints an event a line. A "
    .. "tunnel brings the API's webhooks here. Needs nginx with its Lua module.",
  options = {
    { "--port", "PORT", ("the port (%d); 0 takes a free one"):format(PORT), number = true },
    { "--path", "PATH", "the path of the endpoint (/webhook)" },
    { "--forward-to", "URL", "send the same bytes on, and answer what URL answers" },
    { "--exec", "COMMAND", "run it for each event, with the JSON on stdin; failed: 500" },
    { "--count", "N", "end after N events", number = true },
    { "--app-secret-file", "FILE", "the app's secret is the first line of FILE" },
  },
  examples = { "whatsapp listen --forward-to http://127.0.0.1:8080/webhook", "whatsapp --json listen | jq .text" },
  run = run,
}
