-- Sends a file of its own, once uploaded however often it is sent, and fetches it back. A picture of one pixel stands for
-- yours.
local whatsapp = require "whatsapp"
local client = whatsapp.new {
  token = os.getenv "WHATSAPP_TOKEN",
  phone_number_id = os.getenv "WHATSAPP_PHONE_NUMBER_ID",
  base_url = os.getenv "WHATSAPP_BASE_URL", -- of a sandbox; the API's where it is absent
  ca_file = os.getenv "WHATSAPP_CA_FILE",
}

local PIXEL = "\137PNG\13\10\26\10\0\0\0\13IHDR\0\0\0\1\0\0\0\1\8\2\0\0\0\144wS\222\0"
  .. "\0\0\12IDATx\218c008\0\0\1\180\1!\1603ve\0\0\0\0IEND\174B`\130"

local path = os.tmpname()
local file = assert(io.open(path, "wb"))
file:write(PIXEL)
file:close()

local sent, _, info = assert(client:send_file(os.getenv "WHATSAPP_TO", path, { caption = "The moon of Lua, from afar" }))
print(sent.messages[1].id)

local got = assert(client.media:download(info.media_id, path, { replace = true })) -- once it is whole
print(got.mime_type, got.size .. " bytes", got.verified and "as they were sent" or "unverified")
os.remove(path)
