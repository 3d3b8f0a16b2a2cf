-- whatsapp replay: repeats the users' actions of a recorded run, and compares the bot's answers with the recorded answers, except
-- their ids and times. replayer.lua does the work: it is a sandbox inside nginx, to which the bot sends its answers. With
-- --webhooks-only, this file posts the recorded webhooks, and compares nothing.
local exit = require "whatsapp.cli.exit"

local PORT, PATIENCE = 9428, 10 -- PATIENCE: seconds to wait for an answer of the bot

-- reads the record; ends the command if the file is not a record
local function tape_of(path)
  local text = require("whatsapp.cli.records").text(path, require("whatsapp.util.file").SANDBOX)
  local tape, err = require("whatsapp.sandbox.tape").read(text)
  if not tape then exit.stop("invalid", ("%s: %s"):format(path, err)) end
  return tape
end

-- Posts the recorded bodies in their order, each with a new signature. Ends the command if the endpoint refused one of them.
local function post_all(context, tape, secret)
  local options = context.settings():transport_options()
  options.allow_http, options.timeout, options.user_agent = true, 20, "facebookexternalua"
  local transport, refused = require("whatsapp.transport.curl").new(options), 0
  for i, body in ipairs(tape.bodies) do
    local signature = "sha256=" .. require("whatsapp.crypto").hmac_sha256(secret, body)
    local ok, response, err = pcall(transport, { method = "POST", url = context.options.webhook, body = body,
      headers = { ["Content-Type"] = "application/json", ["X-Hub-Signature-256"] = signature } })
    if not ok then exit.stop("usage", (tostring(response):gsub("^[^:]+:%d+: ", ""))) end
    local status = response and response.status
    if status ~= 200 then refused = refused + 1 end
    context.emit({ webhook = i, status = status, err = err }, ("%d\t%s"):format(i, tostring(status or err)), { "webhook",
      "status" })
  end
  transport.close()
  if refused > 0 then exit.stop("some", ("%d of %d webhooks were not accepted"):format(refused, #tape.bodies)) end
end

-- returns the speed; nil: without pauses
local function speed_of(options)
  if not options.speed or options.speed == "max" then return nil end
  local speed = tonumber(options.speed)
  if speed and speed > 0 then return speed end
  exit.stop("usage", "--speed takes a number over 0, or max")
end

local function absolute(path)
  if path:find "^/" then return path end
  local _, folder = require("whatsapp.sandbox.process").run(".", "pwd")
  return folder:match "^[^\n]*" .. "/" .. path
end

-- Plays the run in nginx. Returns the diff; "" if the answers are the same. replayer.lua writes the diff into the file `result`.
local function play(context, secret)
  local options, result = context.options, os.tmpname()
  local ok, err = require("whatsapp.cli.foreground").run {
    module = "whatsapp.cli.replayer", port = options.port or PORT,
    options = {
      file = absolute(options.file), webhook = options.webhook, app_secret = secret, speed = speed_of(options), result = result,
      patience = options.patience or PATIENCE,
    },
    on_start = function(port)
      context.terminal:note(("the sandbox is http://127.0.0.1:%d: set it as the bot's base_url"):format(port))
    end,
  }
  local diff = require("whatsapp.cli.records").text(result)
  os.remove(result)
  if not ok then exit.stop("failed", err) end
  if diff:find "^error: " then exit.stop("failed", diff) end
  return diff
end

local function run(context)
  local options = context.options
  if not options.webhook then exit.stop("usage", "--webhook URL is missing: the endpoint of the bot") end
  local tape, secret = tape_of(options.file), context.settings():need_secret "app_secret"
  if options.webhooks_only then return post_all(context, tape, secret) end
  local diff = play(context, secret)
  if diff == "" then return context.terminal:note(("%d steps, the same answers"):format(#tape.steps)) end
  context.terminal:raw(require("whatsapp.util.show").lines(diff))
  exit.stop("some", "the answers differ from the recorded answers")
end

return {
  name = "replay",
  summary = "play a recorded run again, and compare the answers",
  description = "Starts a sandbox, and repeats what users did in FILE (made by `whatsapp sandbox --record FILE`) with the "
    .. "bot at --webhook. The bot's base_url must be this sandbox. Prints a unified diff if the bot's answers differ; "
    .. "ids and times may differ.",
  arguments = { { "file", "1", "a recorded run", argname = "FILE" } },
  options = {
    { "--webhook", "URL", "the endpoint of the bot" },
    { "--port", "PORT", "the port of the sandbox (9428)", number = true },
    { "--speed", "N", "N times as fast as the record; max: without pauses (max)" },
    { "--patience", "S", "seconds to wait for an answer (10)", number = true },
    { "--webhooks-only", nil, "only post the recorded webhooks, with new signatures" },
    { "--app-secret-file", "FILE", "the app's secret is the first line of FILE" },
  },
  examples = { "whatsapp replay run.jsonl --webhook http://127.0.0.1:8080/webhook" },
  run = run,
}
