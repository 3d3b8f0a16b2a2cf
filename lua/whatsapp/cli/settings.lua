-- The settings of the program. A setting comes from the first of these places that has it: an option, an environment variable, a
-- profile of the configuration file. A secret never comes from an argument, and never from a configuration file that other users
-- can read. Never writes a file.
local did_you_mean = require("whatsapp.util.options").did_you_mean
local exit = require "whatsapp.cli.exit"
local files = require "whatsapp.util.file"
local json = require "whatsapp.wire.json"
local shell = require "whatsapp.cli.shell"
local show = require "whatsapp.util.show"

local settings = {}
settings.__index = settings

-- Each row: [1] the name of the setting in a profile and in the table of options; [2] the environment variable, or nil;
-- secret: true if the value is a secret; help: a description.
settings.ROWS = {
  { "phone_number_id", "WHATSAPP_PHONE_NUMBER_ID", help = "the id of the number that sends" },
  { "waba_id", "WHATSAPP_WABA_ID", help = "the WhatsApp Business Account" },
  { "app_id", "WHATSAPP_APP_ID", help = "the app that uploads samples of templates" },
  { "base_url", "WHATSAPP_BASE_URL", help = "another address of the API, such as the sandbox's" },
  { "version", "WHATSAPP_VERSION", help = "the version of the Graph API" },
  { "ca_file", "WHATSAPP_CA_FILE", help = "certificates to trust instead of the system's" },
  { "proxy", "WHATSAPP_PROXY", help = "a proxy" },
  { "token", "WHATSAPP_TOKEN", secret = true, help = "the access token" },
  { "token_file", "WHATSAPP_TOKEN_FILE", help = "a file with the access token" },
  { "token_command", nil, help = "a command that prints the access token" },
  { "app_secret", "WHATSAPP_APP_SECRET", secret = true, help = "the app's secret" },
  { "app_secret_file", nil, help = "a file with the app's secret" },
  { "verify_token", "WHATSAPP_VERIFY_TOKEN", secret = true, help = "the verify token of the webhook" },
  { "flow_key", "WHATSAPP_FLOW_KEY", help = "the file with the private key of flows" },
  { "flow_passphrase", "WHATSAPP_FLOW_PASSPHRASE", secret = true, help = "the passphrase of that key" },
  { "store", "WHATSAPP_STORE", help = "the outbox: sqlite:FILE, redis://HOST/QUEUE or postgres://HOST/DATABASE" },
  { "store_password", "WHATSAPP_STORE_PASSWORD", secret = true, help = "the password of the store" },
  { "live", nil, help = "true: real users get the messages" },
}

local rows, known = {}, {}
for _, row in ipairs(settings.ROWS) do rows[row[1]], known[row[1]] = row, true end

local TOP = { default = true, profiles = true }

-- ---- the configuration file -----------------------------------------------------------------------------------------------

-- returns the value of an environment variable; nil: the variable is not set, or is empty
local function variable(name)
  local value = os.getenv(name)
  return value ~= "" and value or nil
end

local function default_path()
  local home = variable "HOME"
  local folder = variable "XDG_CONFIG_HOME" or (home and home .. "/.config")
  return folder and folder .. "/whatsapp/config.json"
end

-- ends the command if an object has a name that is not in `names`; path, place: words for the error
local function check_names(path, object, names, place)
  for name in pairs(object) do
    if not names[name] then
      local near = did_you_mean(name, names)
      exit.stop("usage", ("%s: %sno setting %s%s"):format(path, place, tostring(name), near and ", did you mean " .. near .. "?"
        or ""))
    end
  end
end

-- ends the command if a profile is wrong, or if it has a secret and other users can read the file
local function check_profile(path, name, profile)
  if type(profile) ~= "table" then exit.stop("usage", ("%s: the profile %s must be an object"):format(path, name)) end
  check_names(path, profile, known, ("in the profile %s there is "):format(name))
  for key, value in pairs(profile) do
    local is_right = key == "live" and type(value) == "boolean" or key ~= "live" and (type(value) == "string"
      or type(value) == "number")
    if not is_right then exit.stop("usage", ("%s: %s.%s must be a %s"):format(path, name, key, key == "live" and "boolean"
      or "string")) end
    if rows[key].secret and shell.is_readable_by_others(path) then
      exit.stop("usage", ("%s holds a secret (%s.%s), and other users can read the file: chmod 600 %s"):format(path, name, key,
        shell.quoted(path)))
    end
  end
end

local NO_ENTRY, NO_FOLDER = 2, 20 -- errno

-- Returns the text of the configuration file; nil if there is no such file, and the user has not named it.
local function config_text(path, is_named)
  if not path then return nil end
  local text, err, code = files.read(path)
  local is_absent = code == NO_ENTRY or code == NO_FOLDER
  if is_absent and is_named then exit.stop("usage", ("there is no configuration file %s"):format(path)) end
  if not (text or is_absent) then exit.stop("usage", err) end
  return text
end

-- Returns the configuration; an empty one if there is no file. is_named: the user has named the file, so it must exist.
local function read_config(path, is_named)
  local text = config_text(path, is_named)
  if not text then return {} end
  local config, err = json.decode(text)
  if err then exit.stop("usage", ("%s is not JSON: %s"):format(path, tostring(err))) end
  if type(config) ~= "table" then exit.stop("usage", ("%s: the configuration must be an object"):format(path)) end
  check_names(path, config, TOP, "there is ")
  if config.profiles ~= nil and type(config.profiles) ~= "table" then
    exit.stop("usage", path .. ": profiles must be an object")
  end
  for name, profile in pairs(config.profiles or {}) do check_profile(path, name, profile) end
  return config
end

-- returns the wanted profile or the default profile, and its name; an empty profile and nil if there is no default
local function profile_of(path, config, wanted)
  local name = wanted or config.default
  if name == nil then return {} end
  if type(name) ~= "string" then exit.stop("usage", ("%s: default must be a string"):format(tostring(path))) end
  local profile = (config.profiles or {})[name]
  if profile then return profile, name end
  local near = did_you_mean(name, config.profiles or {})
  exit.stop("usage", ("there is no profile %s in %s%s"):format(show.line(name), tostring(path), near and ", did you mean "
    .. near .. "?" or ""))
end

-- ---- values ---------------------------------------------------------------------------------------------------------------

---Reads the configuration file. Ends the command if the file is wrong. Hides the secrets of the variables and of
---the profile in the output of the terminal.
---@param options table the options of the command line: profile, config, and settings by their names
---@param terminal table
---@return table settings
function settings.new(options, terminal)
  local named = options.config or variable "WHATSAPP_CONFIG"
  local path = named or default_path()
  local config = read_config(path, named ~= nil)
  local profile, name = profile_of(path, config, options.profile or variable "WHATSAPP_PROFILE")
  local self = setmetatable({ options = options, path = path, config = config, profile = profile, profile_name = name,
    terminal = terminal, kept = {} }, settings)
  for _, row in ipairs(settings.ROWS) do
    if row.secret then terminal:hide(self:get(row[1])) end
  end
  return self
end

---@param name string of a row
---@return any value a string, or a boolean for `live`; nil: the setting is not set
function settings:get(name)
  if self.options[name] ~= nil and not rows[name].secret then return self.options[name] end
  local value = rows[name][2] and variable(rows[name][2])
  if value == nil then value = self.profile[name] end
  if type(value) == "number" then return ("%.0f"):format(value) end
  return value
end

---@param name string
---@return string source "an option", the name of an environment variable, "the profile NAME" or "nowhere"
function settings:source(name)
  if self.options[name] ~= nil then return "an option" end
  if rows[name][2] and variable(rows[name][2]) then return rows[name][2] end
  if self.profile[name] ~= nil then return "the profile " .. tostring(self.profile_name) end
  return "nowhere"
end

---Returns a setting. Ends the command if it is not set.
---@param name string of a row
---@return string value
function settings:need(name)
  local value = self:get(name)
  if value then return value end
  local row = rows[name]
  local option = row.secret and "" or (", --%s"):format((name:gsub("_", "-")))
  exit.stop("usage", ("%s is not set (%s): set %s%s or a profile"):format(name, row.help, row[2] or name, option))
end

local MOST = 65536 -- bytes of a file with a secret

-- returns the first line of a file, or of stdin if the path is -; ends the command if there is no such line
local function secret_in(path, what)
  local text, err
  if path == "-" then
    text, err = files.line(io.stdin, MOST)
    err = err and "stdin: " .. err
  else text, err = files.read(path, MOST) end
  local secret = text and text:match "^[^\r\n]+"
  if secret then return secret end
  exit.stop("usage", ("%s could not be read: %s"):format(what, err or path .. " is empty"))
end

local SECONDS = 10 -- for token_command

-- The order: --token-file, the token itself, the setting token_file, the token_command of the profile.
local function find_token(self)
  if self.options.token_file then return secret_in(self.options.token_file, "the token's file") end
  local token = self:get "token"
  if token then return token end
  local file = self:get "token_file"
  if file then return secret_in(file, "the token's file") end
  local command = self:get "token_command"
  if not command then return nil end
  return shell.first_line(command, SECONDS)
    or exit.stop("failed",
      "the token_command of the profile failed, printed nothing or more than 1 MiB, or took more than 10 seconds")
end

-- The order: --app-secret-file, the secret itself, the app_secret_file of the profile.
local function find_app_secret(self)
  local secret = self:get "app_secret"
  local file = self.options.app_secret_file or (not secret and self:get "app_secret_file")
  return file and secret_in(file, "the file of the app's secret") or secret
end

-- name of a secret -> function that finds the secret in options, variables, profiles, files and commands, or returns nil
local FINDERS = { token = find_token, app_secret = find_app_secret }

---Returns a secret. The first call finds it, and hides it in all later output.
---@param name "token"|"app_secret"
---@return string? secret nil: the secret is not set
function settings:secret(name)
  if self.kept[name] == nil then
    self.kept[name] = FINDERS[name](self) or false
    self.terminal:hide(self.kept[name] or nil)
  end
  return self.kept[name] or nil
end

---Returns a secret. Ends the command if the secret is not set.
---@param name "token"|"app_secret"
---@return string secret
function settings:need_secret(name)
  return self:secret(name) or exit.stop("usage",
    ("no %s: set %s, --%s-file FILE, or a profile"):format((name:gsub("_", " ")), rows[name][2], (name:gsub("_", "-"))))
end

-- settings that become options of whatsapp.new, and settings that become options of a transport
local OF_CLIENT, OF_TRANSPORT = { "base_url", "version" }, { "ca_file", "proxy" }

---@return table options for a transport
function settings:transport_options()
  local options = {}
  for _, name in ipairs(OF_TRANSPORT) do options[name] = self:get(name) end
  return options
end

---Makes a client from the settings. Ends the command if a setting is missing or wrong.
---@param more table? options of whatsapp.new, which win over the settings
---@return whatsapp.client
function settings:client(more)
  local options = more and more.transport and {} or self:transport_options()
  options.token = self:need_secret "token"
  options.phone_number_id = more and more.phone_number_id or self:need "phone_number_id"
  options.app_secret = self:secret "app_secret"
  for _, name in ipairs(OF_CLIENT) do options[name] = self:get(name) end
  for name, value in pairs(more or {}) do options[name] = value end
  local ok, client = pcall(require("whatsapp").new, options)
  if ok then return client end
  exit.stop("usage", (tostring(client):gsub("^[^:]+:%d+: ", "")))
end

---Makes a client for calls about the account. If the settings have no phone_number_id, whatsapp.new gets "0", because it requires
---this id.
---@return whatsapp.client
function settings:account_client()
  return self:client { phone_number_id = self:get "phone_number_id" or "0", waba_id = self:get "waba_id" }
end

return settings
