-- whatsapp flows: `key` makes the keys of a flow's endpoint; `serve` runs the endpoint on this machine. `serve` starts nginx in
-- the foreground; flow_listener.lua answers the requests inside nginx. Never prints a private key.
local exit = require "whatsapp.cli.exit"

local PORT = 9430

-- returns the text of a raised error without the file and the line
local function without_place(err) return (tostring(err):gsub("^[^:]+:%d+: ", "")) end

local function passphrase_of(context)
  local path = context.options.passphrase_file
  if path then return require("whatsapp.cli.records").text(path):match "^[^\r\n]*" end
  return context.settings():get "flow_passphrase"
end

-- ---- key --------------------------------------------------------------------------------------------------------------------

-- Writes a new file that only its owner can read. Ends the command if the file exists or cannot be written.
local function write_new(path, text)
  local source = require "whatsapp.media.file"
  local created, err = source.create(path)
  if not created then exit.stop("failed", err) end
  local file, problem = io.open(path, "wb")
  if file and file:write(text) and file:close() then return end
  exit.stop("failed", tostring(problem or path .. " cannot be written"))
end

-- Returns the public key that belongs to the private key in a file. If the file does not exist, makes a private key and the file.
local function public_key(context, path, passphrase)
  local flows = require "whatsapp.flows"
  if not require("whatsapp.media.file").exists(path) then
    local ok, pair = pcall(flows.generate_key, { passphrase = passphrase, bits = context.options.bits })
    if not ok then exit.stop("usage", without_place(pair)) end
    write_new(path, pair.private_key)
    context.terminal:note(("made a private key in %s%s"):format(path, passphrase and "" or ", without a passphrase"))
    return pair.public_key
  end
  local private = require("whatsapp.cli.records").text(path)
  local ok, key, err = pcall(flows.public_key, { private_key = private, passphrase = passphrase })
  if ok and key then return key end
  exit.stop("usage", ("%s: %s"):format(path, ok and err or without_place(key)))
end

local function key(context)
  local public = public_key(context, context.options.file, passphrase_of(context))
  if context.options.upload then
    local done, err, details = context.settings():client().flows:set_public_key { business_public_key = public }
    if not done then exit.for_failure(err, details, true) end
    context.terminal:note "uploaded the public key"
  end
  if not context.options.json then return context.terminal:out((public:gsub("\n$", ""))) end
  context.emit({ public_key = public, file = context.options.file }, nil, { "file", "public_key" })
end

-- ---- serve ------------------------------------------------------------------------------------------------------------------

local function absolute(path)
  if path:find "^/" then return path end
  local _, folder = require("whatsapp.sandbox.process").run(".", "pwd")
  return folder:match "^[^\n]*" .. "/" .. path
end

-- Makes the endpoint here, before nginx starts, so that a wrong key or a wrong file ends the command with a sentence.
local function check(options)
  local ok, err = pcall(require("whatsapp.cli.flow_listener").handle, options, function() end)
  if not ok then exit.stop("usage", (tostring(err):gsub("^%S*flow_listener%.lua:%d+: ", ""))) end
end

local function serve(context)
  local options, settings = context.options, context.settings()
  local port = options.port or PORT
  if port % 1 ~= 0 or port > 65535 then exit.stop("usage", "--port takes a port from 0 to 65535") end
  local listener = {
    file = absolute(options.file), app_secret = settings:need_secret "app_secret", passphrase = passphrase_of(context),
    private_key = require("whatsapp.cli.records").text(options.key or settings:need "flow_key"),
  }
  check(listener)
  local ok, err = require("whatsapp.cli.foreground").run {
    module = "whatsapp.cli.flow_listener", port = port, options = listener,
    on_start = function(chosen) context.terminal:note(("listens on http://127.0.0.1:%d/"):format(chosen)) end,
  }
  if not ok then exit.stop("failed", err) end
end

local PASSPHRASE = { "--passphrase-file", "FILE", "the passphrase is the first line of FILE" }

return {
  name = "flows",
  summary = "make the keys of a flow's endpoint, or run the endpoint",
  examples = { "whatsapp flows key flow.pem --upload", "whatsapp flows serve screens.lua --key flow.pem" },
  commands = {
    { name = "key", summary = "print the public key of the private key in FILE; make FILE if it does not exist",
      arguments = { { "file", "1", "the private key in PEM", argname = "FILE" } },
      options = { PASSPHRASE, { "--bits", "N", "the bits of a new key (2048)", number = true },
        { "--upload", nil, "upload the public key for the phone number" } },
      examples = { "whatsapp flows key flow.pem --upload" }, run = key },
    { name = "serve", summary = "serve a flow's endpoint on 127.0.0.1",
      description = "FILE is Lua code that returns a table of functions: init, data_exchange, back, error. Each function gets "
        .. "the decrypted request and returns { screen =, data = }, or nil and an error. Needs nginx with its Lua module.",
      arguments = { { "file", "1", "the Lua file with the screens", argname = "FILE" } },
      options = { { "--key", "FILE", "the private key in PEM" }, PASSPHRASE,
        { "--port", "PORT", ("the port (%d); 0: a free port"):format(PORT), number = true },
        { "--app-secret-file", "FILE", "the app's secret is the first line of FILE" } },
      examples = { "whatsapp flows serve screens.lua --key flow.pem" }, run = serve },
  },
}
