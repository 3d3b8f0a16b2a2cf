-- whatsapp sandbox: runs the sandbox, which simulates the API, in the foreground until Ctrl-C. This file reads the options;
-- whatsapp.sandbox.server does the work, and listens on 127.0.0.1 only.
local exit = require "whatsapp.cli.exit"

-- Reads the values of --webhook: URL for all numbers, or NUMBER=URL for one number. Returns one URL, or a table: number -> URL.
local function webhook_of(list)
  if not list or #list == 0 then return nil end
  if #list == 1 and not list[1]:find "^%w+=" then return list[1] end
  local urls = {}
  for _, word in ipairs(list) do
    local number, url = word:match "^(%w+)=(.+)$"
    urls[number or ""] = url or word
  end
  return urls
end

local PLAIN = { -- options that sandbox.server takes as they are
  "port", "verify_token", "templates", "state", "record", "clock", "statuses", "limits", "window", "seed", "webhook_timeout",
    "numbers", "flow_endpoint", "token_life",
}

-- returns the options for sandbox.server
local function options_of(context)
  local options, made = context.options, {}
  for _, name in ipairs(PLAIN) do made[name] = options[name] end
  made.app_secret = context.settings():secret "app_secret"
  made.webhook = webhook_of(options.webhook)
  made.chaos = options.chaos and #options.chaos > 0 and options.chaos or nil
  made.tls = options.tls or nil
  if options.no_page then made.page = false end
  return made
end

-- Opens the page in a browser, a second later: nginx then listens.
local function open(port)
  local shell = require "whatsapp.cli.shell"
  local url = shell.quoted(("http://127.0.0.1:%d/"):format(port))
  shell.ok(("(sleep 1; xdg-open %s || open %s) >/dev/null 2>&1 &"):format(url, url))
end

local function run(context)
  local server = require "whatsapp.sandbox.server"
  local options = context.options
  if options.open then
    if options.port == 0 then exit.stop("usage", "--open cannot be used with --port 0") end
    open(options.port or server.PORT)
  end
  local ok, code, err = pcall(server.run, options_of(context))
  if not ok then exit.stop("usage", (tostring(code):gsub("^[^:]+:%d+: ", ""))) end
  if code ~= 0 then exit.stop("failed", err) end
end

return {
  name = "sandbox",
  summary = "run a WhatsApp on this machine, with a web page",
  description = "Runs the sandbox on 127.0.0.1 until Ctrl-C. It answers like the API, and its page shows the users' "
    .. "phones, where you write and press buttons. Prints its address, then one line for each event. Needs nginx "
    .. "with its Lua module.",
  options = {
    { "--port", "PORT", "the port (9428); 0: a free port", number = true },
    { "--webhook", "[NUMBER=]URL", "the endpoint of your bot", many = true },
    { "--flow-endpoint", "URL", "the endpoint that flows call" },
    { "--app-secret-file", "FILE", "the secret that signs webhooks; a new one if absent" },
    { "--verify-token", "TEXT", "the verify token of your bot's endpoint" },
    { "--templates", "FOLDER", "definitions of templates, one .json file for each" },
    { "--state", "FILE", "keep the state in FILE over restarts" },
    { "--record", "FILE", "write every event to FILE, for `whatsapp replay`" },
    { "--clock", "TIME", "the time: +24h, or 2026-11-28T12:00:00Z" },
    { "--statuses", "LIST", "sent:0,delivered:500,read:- (milliseconds)" },
    { "--chaos", "RULE", "a fault, such as answer:reset,rate=0.01", many = true },
    { "--limits", "api", "keep the API's limits", choices = { "api" } },
    { "--window", "MODE", "the 24-hour window: strict, late or off", choices = { "strict", "late", "off" } },
    { "--numbers", "N", "how many numbers the business has", number = true },
    { "--seed", "N", "the seed of ids and of random faults (1)", number = true },
    { "--webhook-timeout", "S", "seconds to wait for an answer to a webhook (10)", number = true },
    { "--token-life", "S", "seconds that a token is valid; without it, tokens do not expire", number = true },
    { "--tls", nil, "use https, with a new certificate" },
    { "--no-page", nil, "serve the API only" },
    { "--open", nil, "open the page in a browser" },
  },
  examples = { "whatsapp sandbox --webhook http://127.0.0.1:8080/webhook",
    "whatsapp sandbox --port 0 --chaos answer:reset,times=1" },
  run = run,
}
