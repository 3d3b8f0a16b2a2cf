-- whatsapp send: makes one message from the arguments, from a file, or from both, and sends it. With --await, waits for a status
-- of the message. With --dry-run, sends and uploads nothing.
local exit = require "whatsapp.cli.exit"

local LANGUAGE = "en_US"
local MOST = 1024 * 1024 -- bytes of TEXT in stdin

-- ---- the message --------------------------------------------------------------------------------------------------------------

-- returns the members of a message that hold the address TO
local function address_of(to)
  local recipient = require "whatsapp.send.recipient"
  local group = to:match "^group:(.+)$"
  local members, err = recipient.of(group and { to = group, recipient_type = "group" } or to)
  if not members then exit.stop("usage", err) end
  return members
end

-- Returns TEXT, or nil, and the items. The first word after TO is TEXT, unless it has the form of an item; all other words are
-- items.
local function words_of(options)
  local items = require "whatsapp.cli.items"
  local words, text = {}, nil
  for i, word in ipairs(options.words) do
    if i == 1 and not items.split(word) then text = word
    else words[#words + 1] = word end
  end
  if text ~= "-" then return text, words end
  local read, err = require("whatsapp.util.file").all(io.stdin, MOST)
  return read or exit.stop("usage", "stdin: " .. err), words
end

-- Returns a function that uploads a file and returns the id of the file. With --dry-run, the function uploads nothing and returns
-- "0".
local function upload_with(context)
  return function(path, kind)
    local settings = context.settings()
    if context.options.dry_run then return "0" end
    local client = context.client(settings)
    local ok, result, err, details = pcall(client.media.upload, client.media, path, { as = kind ~= "gif" and kind or nil })
    if not ok then exit.stop("usage", (tostring(result):gsub("^[^:]+:%d+: ", ""))) end
    if not result then exit.for_failure(err, details) end
    context.terminal:tell(("uploaded %s: media %s"):format(path, result.id))
    return result.id
  end
end

-- puts items into a message
local function apply(context, message, words)
  local read = require("whatsapp.cli.records").text
  require("whatsapp.cli.items").apply(message, words, { text = read, upload = upload_with(context) })
end

-- returns the members `type` and `template` of a message, and the items that are not values of the template
local function template_of(options, words)
  local items = require "whatsapp.cli.items"
  local name, language = options.template:match "^([^:]*):?(.*)$"
  local filled, others = items.template_values(words)
  local ok, made = pcall(require("whatsapp.message").template, "0", name, language ~= "" and language or LANGUAGE, filled)
  if not ok then exit.stop("usage", (tostring(made):gsub("^[^:]+:%d+: ", ""))) end
  return { type = made.type, template = made.template }, others
end

-- returns the message before the items change it, and the items that are left
local function start_of(context, text, words)
  local options = context.options
  local message = {}
  if options.message then message = require("whatsapp.cli.records").one(options.message) end
  if options.template then
    local made
    made, words = template_of(options, words)
    message.type, message.template = made.type, made.template
  elseif text then message.type, message.text = "text", { body = text } end
  return message, words
end

-- returns the whole message
local function message_of(context)
  local options = context.options
  local text, words = words_of(options)
  local message
  message, words = start_of(context, text, words)
  apply(context, message, words)
  message = require("whatsapp.send.recipient").address(message, address_of(options.to), true)
  if options.reply_to then message.context = { message_id = options.reply_to } end
  if options.stamp then message.biz_opaque_callback_data = options.stamp end
  return message, text
end

-- ---- the status of the message ------------------------------------------------------------------------------------------------

-- status -> its rank: a message gets the statuses in this order
local AWAITED = { sent = 1, delivered = 2, read = 3, played = 4 }
local SECONDS, LONGEST = 60, 86000 -- for --await: the default, and the most

-- returns the status of --await and the seconds; nil: there is no --await
local function awaited_of(options)
  if not options.await then return nil end
  local status, seconds = options.await:match "^(%a+):?(%d*)$"
  seconds = tonumber(seconds) or SECONDS
  if not AWAITED[status] or seconds > LONGEST then
    exit.stop("usage", "--await takes sent, delivered, read or played; with seconds: delivered:30")
  end
  return status, seconds
end

-- returns the highest status in a history; "failed" if the message has failed
local function status_in(history)
  local best
  for _, entry in ipairs(history.data or {}) do
    local list = type(entry.events) == "table" and (entry.events.data or entry.events) or {}
    for _, event in ipairs(list) do
      local status = tostring(event.delivery_status):lower()
      if status == "failed" then return status end
      if AWAITED[status] and (not best or AWAITED[status] > AWAITED[best]) then best = status end
    end
  end
  return best
end

-- Asks the API for the history of a message until the message has the wanted status; returns its status. Ends the command if the
-- message has failed, or if the seconds are over.
local function wait_for(context, client, id, wanted, seconds)
  local sleep, now = require("whatsapp.curl").sleep, require("whatsapp.curl").now
  local deadline, pause = now() + seconds, 0.2
  while true do
    local history, err, details = client:message_history(id)
    if not history then exit.for_failure(err, details, true) end
    local status = status_in(history)
    if status == "failed" then exit.stop("refused", ("%s was accepted, then it failed"):format(id)) end
    if status and AWAITED[status] >= AWAITED[wanted] then return status end
    if now() >= deadline then
      exit.stop("failed", ("%s was accepted; it is %s, not %s, after %d seconds"):format(id, status or "without a status",
        wanted, seconds))
    end
    context.terminal:tell(("%s: %s"):format(id, status or "no status"))
    sleep(pause)
    pause = math.min(pause * 1.5, 5)
  end
end

local function tell(context, made)
  local outcome = require "whatsapp.cli.outcome"
  context.emit(made, made.id, outcome.ORDER)
end

-- ---- the ways to send -------------------------------------------------------------------------------------------------------

-- prints the JSON of a message, for --dry-run
local function show(context, message)
  local json, err, details = require("whatsapp").encode(message)
  if not json then exit.for_failure(err, details) end
  context.terminal:out(json)
end

-- Returns a function that returns the client. The first call makes the client, so that a command that fails earlier needs no
-- token.
local function client_maker(context)
  local made
  return function()
    if not made then
      local settings = context.settings()
      made = settings:client { stamp = true, on_warning = function(warning) context.terminal:note("warning: "
        .. warning.message) end }
      if settings:get "live" == true then context.terminal:note("sends from " .. settings:need "phone_number_id") end
    end
    return made
  end
end

-- Sends the file of --file. TEXT is the caption; the items set other members of the message. Returns what client:send_file
-- returns.
local function send_file(context, client)
  local options = context.options
  local text, words = words_of(options)
  local message = {}
  apply(context, message, words)
  if options.reply_to then message.context = { message_id = options.reply_to } end
  if options.stamp then message.biz_opaque_callback_data = options.stamp end
  return client:send_file(address_of(options.to), options.file, { caption = text, message = message, as = options.as })
end

-- checks the file of --file, for --dry-run
local function check_file(context)
  local plan, err, details = require("whatsapp.cli.media_check").plan(context.options.file, { as = context.options.as })
  if not plan then exit.for_failure(err, details) end
  context.emit(plan, ("%s: %s, %d bytes, sent as %s"):format(plan.filename, plan.type, plan.size, plan.as))
end

-- ends the command if the options do not fit together
local function check_options(options)
  local content = (options.file and 1 or 0) + (options.template and 1 or 0) + (options.message and 1 or 0)
  if content > 1 then exit.stop("usage", "use only one of --file, --template and --message") end
  if content == 0 and #options.words == 0 then exit.stop("usage",
    "nothing to send: give TEXT, an item, --file, --template or --message") end
  if options.as and not options.file then exit.stop("usage", "--as needs --file") end
end

local function run(context)
  local options = context.options
  check_options(options)
  local wanted, seconds = awaited_of(options)
  context.client = client_maker(context)
  local result, err, about
  if options.file then
    if options.dry_run then return check_file(context) end
    result, err, about = send_file(context, context.client())
  else
    local message = message_of(context)
    if options.dry_run then return show(context, message) end
    local ok, refused, details = require("whatsapp").validate(message)
    if not ok then exit.for_failure(refused, details) end -- before client() needs a token
    result, err, about = context.client():send(message)
  end
  if not result then exit.for_failure(err, about) end
  local made = require("whatsapp.cli.outcome").of(result, err, about)
  made.to = options.to
  if wanted then made.status = wait_for(context, context.client(), made.id, wanted, seconds) end
  tell(context, made)
end

return {
  name = "send",
  summary = "send one message",
  description = "Sends one message and prints its id. TO is a phone number in any spelling, a user id (BSUID) or "
    .. "group:ID. If TEXT is -, reads it from stdin. An ITEM is path=text, path:=JSON or path=@file; "
    .. "`whatsapp explain` lists the paths. Uploads the file of an image, video, audio, document or sticker first. "
    .. "With --template, the items body[1]=, body.NAME=, header= and buttons[0].payload= give its values.",
  arguments = { { "to", "1", "the recipient" }, { "words", "*", "TEXT and items", argname = "TEXT|ITEM" } },
  options = {
    { "-m --message", "FILE", "a message, as JSON or as a Lua table; items change it" },
    { "--file", "PATH", "a file; TEXT is its caption" },
    { "--as", "TYPE", "the type of message for --file", choices = { "image", "video", "audio", "document", "sticker" } },
    { "--template", "NAME[:LANG]", "an approved template (LANG: " .. LANGUAGE .. ")" },
    { "--reply-to", "ID", "quote this message" },
    { "--stamp", "TEXT", "every status repeats it (biz_opaque_callback_data)" },
    { "--await", "STATUS[:S]", "wait S seconds (60) for the status sent, delivered, read or played" },
    { "--dry-run", nil, "check the message and print its JSON; needs no token" },
  },
  examples = {
    "whatsapp send 16505551234 'Hello from Lua'",
    "whatsapp send 16505551234 image=@photo.jpg image.caption='A photo'",
    "whatsapp send 16505551234 --template order_ready:en_US body[1]=Ana",
  },
  run = run,
}
