-- A WhatsApp of your own in a browser, without an account: prints where its page is, and stays until Ctrl-C. The variables PORT,
-- WEBHOOK and APP_SECRET may name a port, a URL that gets the webhooks, and what they are signed with.
--   lua examples/sandbox.lua
local function variable(name)
  local value = os.getenv(name)
  return value ~= "" and value or nil
end

local code, err = require("whatsapp.sandbox.server").run {
  port = tonumber(variable "PORT"), webhook = variable "WEBHOOK", app_secret = variable "APP_SECRET",
}
if err then io.stderr:write(err, "\n") end
os.exit(code)
