-- The template message of the benchmark of sending, as a program would make it: a new table each time.
-- Never sends anything.
local message = {}

---@return table
function message.new()
  return {
    messaging_product = "whatsapp", recipient_type = "individual", to = "16505551234", type = "template",
    template = {
      name = "order_confirmation_2026",
      language = { policy = "deterministic", code = "en_US" },
      components = {
        { type = "header", parameters = {
          { type = "image", image = { link = "https://example.com/orders/4711.png" } },
        } },
        { type = "body", parameters = {
          { type = "text", text = "Pablo Morales" },
          { type = "text", text = "4711-0815" },
          { type = "currency", currency = { fallback_value = "$100.99", code = "USD", amount_1000 = 100990 } },
        } },
        { type = "button", sub_type = "quick_reply", index = "0", parameters = {
          { type = "payload", payload = "order-4711-keep" },
        } },
        { type = "button", sub_type = "url", index = "1", parameters = { { type = "text", text = "orders/4711" } } },
      },
    },
  }
end

return message
