-- Never loses a message: it is stored before it is sent, and sent once, whatever happens to this program. Needs LuaDBI with
-- SQLite: on Debian, apt install lua-dbi-sqlite3. Usage: lua examples/outbox.lua [FILE]
local client = whatsapp.new {
  token = os.getenv "WHATSAPP_TOKEN",
  phone_number_id = os.getenv "WHATSAPP_PHONE_NUMBER_ID",
  base_url = os.getenv "WHATSAPP_BASE_URL", -- of a sandbox; the API's where it is absent
  ca_file = os.getenv "WHATSAPP_CA_FILE",
}
local whatsapp = require "whatsapp"

local outbox = whatsapp.outbox.new { store = require("whatsapp.outbox.sql").sqlite(arg and arg[1] or os.tmpname()) }

-- in the program that takes the order, with a name of yours for the message: a second put with it stores nothing
local state, stamp, details = outbox:put(
  { to = os.getenv "WHATSAPP_TO", text = { body = "Order 1042 is ready." } },
  { key = "order-1042-ready", ttl = 3600 })
if not state then error(stamp) end -- the message is wrong, or the store failed: details.retryable
print(state, stamp, details.key)

-- in the program that sends: it may be killed and started again at any time, and there may be several of them
outbox:run(client, {
  until_empty = true,
  on_outcome = function(entry, _, err) print(entry.key, entry.state, err or "") end,
})

local entry = assert(outbox:get "order-1042-ready")
print(entry.id)
outbox.store:close()
