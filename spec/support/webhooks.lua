-- Makes webhooks for specs from a few words: bodies, the objects in them, signatures and requests. Never sends anything.
local crypto = require "whatsapp.crypto"
local json = require "whatsapp.wire.json"

local webhooks = { SECRET = "app-secret-of-a-spec", TOKEN = "verify-token-of-a-spec" }

---@param value table the value of the one change; this function adds messaging_product and metadata
---@param field string? of the change; "messages" if absent
---@return string body
function webhooks.body(value, field)
  value.messaging_product, value.metadata = "whatsapp", { display_phone_number = "15550001111", phone_number_id = "106" }
  return assert(json.encode {
    object = "whatsapp_business_account",
    entry = { { id = "102", changes = { { field = field or "messages", value = value } } } },
  })
end

function webhooks.text(id, words, from)
  return { id = id, from = from or "16505551234", timestamp = "1749416383", type = "text", text = { body = words } }
end

function webhooks.status(id, word, more)
  local status = { id = id, status = word, timestamp = "1749416383", recipient_id = "16505551234" }
  for name, value in pairs(more or {}) do status[name] = value end
  return status
end

function webhooks.sign(body, secret)
  return "sha256=" .. crypto.hmac_sha256(secret or webhooks.SECRET, body)
end

---@return table request as webhook.handler takes it, with a right signature
function webhooks.post(body, secret)
  return { method = "POST", headers = { ["X-Hub-Signature-256"] = webhooks.sign(body, secret) }, body = body }
end

return webhooks
