-- whatsapp trigger: makes one webhook (see cli/webhooks), signs it, and posts it to an endpoint, as the API would. Unlike the
-- API, never posts a webhook again.
local exit = require "whatsapp.cli.exit"

local function list(context)
  for _, kind in ipairs(require("whatsapp.cli.webhooks").kinds()) do
    context.emit(kind, ("%-32s %s"):format(kind.name, kind.doc), { "name", "doc" })
  end
end

-- ends the command: there is no such kind of webhook
local function unknown(kind)
  local names = {}
  for _, known in ipairs(require("whatsapp.cli.webhooks").kinds()) do names[known.name] = true end
  local near = require("whatsapp.util.options").did_you_mean(kind, names)
  exit.stop("usage", ("there is no kind %s%s; --list shows all"):format(kind, near and (", did you mean %s?"):format(near) or ""))
end

-- Sets the members that the items name: path=text sets a string, path:=JSON sets any value.
local function apply(object, words)
  local items = require "whatsapp.cli.items"
  for _, word in ipairs(words) do
    local path, sign, text = items.split(word)
    if not path then exit.stop("usage", ("%q is not an item: path=text or path:=JSON"):format(word)) end
    local value = text
    if sign == ":=" then
      local err
      value, err = require("whatsapp.core").decode(text)
      if value == nil then exit.stop("usage", ("%s:= takes JSON: %s"):format(path, tostring(err))) end
    end
    items.set(object, path, value)
  end
end

-- returns the body of the webhook
local function body_of(context)
  local options, settings, webhooks = context.options, context.settings(), require "whatsapp.cli.webhooks"
  local now = os.time()
  local object = webhooks.object(options.kind, "wamid.TRIGGER" .. require("whatsapp.util.random_id").new():sub(1, 16):upper(),
    now)
    or unknown(options.kind)
  apply(object, options.words)
  return webhooks.body(options.kind, object,
    { waba_id = settings:get "waba_id", phone_number_id = settings:get "phone_number_id" }, now)
end

-- posts the webhook; returns the response and the milliseconds until it came; ends the command if there is no response
local function post(context, body, secret)
  local options = context.settings():transport_options()
  options.allow_http, options.timeout, options.user_agent = true, 20, "facebookexternalua"
  local ok, transport = pcall(require("whatsapp.transport.curl").new, options)
  if not ok then exit.stop("usage", tostring(transport)) end
  local signature = "sha256=" .. require("whatsapp.crypto").hmac_sha256(secret, body)
  local began = transport.now()
  local posted, response, err, details = pcall(transport, {
    method = "POST", url = context.options.to, body = body,
    headers = { ["Content-Type"] = "application/json", ["X-Hub-Signature-256"] = signature },
  })
  local ms = math.floor((transport.now() - began) * 1000 + 0.5)
  transport.close()
  if not posted then exit.stop("usage", (tostring(response):gsub("^[^:]+:%d+: ", ""))) end
  if not response then exit.stop(details and details.retryable and "try_later" or "failed", err, { details = details }) end
  return response, ms
end

local function run(context)
  local options = context.options
  if options.list then return list(context) end
  if not options.kind then exit.stop("usage", "KIND is missing: --list shows all kinds") end
  local body = body_of(context)
  if options.dry_run then return context.terminal:out(body) end
  if not options.to then exit.stop("usage", "--to URL is missing: the endpoint that gets the webhook") end
  local response, ms = post(context, body, context.settings():need_secret "app_secret")
  local text = response.body or ""
  context.emit({ status = response.status, ms = ms, body = text, sent = body },
    ("%d in %d ms%s"):format(response.status, ms, text ~= "" and ": " .. require("whatsapp.util.show").line(text, 200) or ""),
      { "status", "ms" })
  if response.status ~= 200 then
    exit.stop("failed", ("the endpoint answered %d; the API repeats a webhook if the status is not 200"):format(response.status),
      { hint = (response.status == 401 or response.status == 403)
        and "the endpoint has another secret, or it verifies a body that was encoded again" or nil })
  end
end

return {
  name = "trigger",
  summary = "post one signed webhook to an endpoint",
  description = "Posts one webhook of KIND, signed with the app's secret, and prints the endpoint's answer. An "
    .. "ITEM sets a member of the message, the status or the value: text.body=Hi, from=16505551234, "
    .. "errors:=[...].",
  arguments = { { "kind", "?", "such as message.text or status.failed", argname = "KIND" },
    { "words", "*", "path=text or path:=JSON", argname = "ITEM" } },
  options = {
    { "--to", "URL", "the endpoint" },
    { "--list", nil, "list the kinds" },
    { "--app-secret-file", "FILE", "the app's secret is the first line of FILE" },
    { "--dry-run", nil, "print the body" },
  },
  examples = { "whatsapp trigger message.text text.body=Hi --to http://127.0.0.1:8080/webhook", "whatsapp trigger --list" },
  run = run,
}
