-- whatsapp sandbox: a WhatsApp on this machine, in the foreground. The server does the work; this reads the options.
local exit = require "whatsapp.cli.exit"

-- URL, or NUMBER=URL for one number
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

local PLAIN = {
  "port", "verify_token", "templates", "state", "record", "clock", "statuses", "limits", "window", "seed", "webhook_timeout",
    "numbers", "flow_endpoint", "token_life",
}

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

-- the page is opened a moment later, when nginx listens
local function open(port)
  local shell = require "whatsapp.cli.shell"
  local url = shell.quoted(("http://127.0.0.1:%d/"):format(port))
  shell.ok(("(sleep 1; xdg-open %s || open %s) >/dev/null 2>&1 &"):format(url, url))
end

local function run(context)
  local server = require "whatsapp.sandbox.server"
  local options = context.options
  if options.open then
    if options.port == 0 then exit.stop("usage", "--open needs a port: --port 0 takes any") end
    open(options.port or server.PORT)
  end
  local ok, code, err = pcall(server.run, options_of(context))
  if not ok then exit.stop("usage", (tostring(code):gsub("^[^:]+:%d+: ", ""))) end
  if code ~= 0 then exit.stop("failed", err) end
end

return {
  name = "sandbox",
  summary = "a WhatsApp on this machine, with a page",
  description = "Runs the sandbox on 127.0.0.1 until Ctrl-C: it answers like the API, and its page shows the phones "
    .. "of users who write and press buttons. Prints where it is, then a line an event. Needs nginx with its "
    .. "Lua module.",
  options = {
    { "--port", "PORT", "the port (9428); 0 takes a free one", number = true },
    { "--webhook", "[NUMBER=]URL", "the endpoint of your bot", many = true },
    { "--flow-endpoint", "URL", "the endpoint that flows ask" },
    { "--app-secret-file", "FILE", "the secret that signs webhooks; a new one if absent" },
    { "--verify-token", "TEXT", "the sandbox's, for the handshake" },
    { "--templates", "FOLDER", "definitions of templates, a .json file each" },
    { "--state", "FILE", "keeps the state over restarts" },
    { "--record", "FILE", "writes every event, for `whatsapp replay`" },
    { "--clock", "TIME", "+24h, or 2026-11-28T12:00:00Z" },
    { "--statuses", "LIST", "sent:0,delivered:500,read:- (milliseconds)" },
    { "--chaos", "RULE", "such as answer:reset,rate=0.01", many = true },
    { "--limits", "api", "keep the API's limits", choices = { "api" } },
    { "--window", "MODE", "strict, late or off", choices = { "strict", "late", "off" } },
    { "--numbers", "N", "how many numbers the business has", number = true },
    { "--seed", "N", "of ids and chance (1)", number = true },
    { "--webhook-timeout", "S", "seconds (10)", number = true },
    { "--token-life", "S", "seconds until a token expires; never if absent", number = true },
    { "--tls", nil, "https, with a new certificate" },
    { "--no-page", nil, "the API only" },
    { "--open", nil, "open the page in a browser" },
  },
  examples = { "whatsapp sandbox --webhook http://127.0.0.1:8080/webhook",
    "whatsapp sandbox --port 0 --chaos answer:reset,times=1" },
  run = run,
}
