-- Definitions of templates, and for each a message that fits it. For specs; the texts are made up.
local definitions = {}

local function body(text, ...)
  local example = select("#", ...) > 0 and { body_text = { { ... } } } or nil
  return { type = "BODY", text = text, example = example }
end

local function texts(...)
  local list = {}
  for i, text in ipairs { ... } do list[i] = { type = "text", text = text } end
  return list
end

local function button(sub_type, index, ...)
  return { type = "button", sub_type = sub_type, index = index, parameters = { ... } }
end

local function header(kind, value) return { type = "header", parameters = { { type = kind, [kind] = value } } } end

local function file(format) return { type = "HEADER", format = format, example = { header_handle = { "4::aW1hZ2U=" } } } end

local function add(name, category, components, sent, more)
  local definition = { name = name, language = "en_US", category = category, components = components }
  for member, value in pairs(more or {}) do definition[member] = value end
  definitions[#definitions + 1] = {
    definition = definition,
    message = { to = "16505551234", template = { name = name, language = { code = definition.language }, components = sent } },
  }
end

add("hello", "UTILITY", { body "Welcome and congratulations." })
add("parcel_sent", "UTILITY", {
  { type = "HEADER", format = "TEXT", text = "Parcel {{1}}", example = { header_text = { "860198" } } },
  body("Hello {{1}}, your parcel {{2}} left our store in {{3}} this morning.", "Ana", "860198", "Lisbon"),
  { type = "FOOTER", text = "Reply STOP to hear no more" },
  { type = "BUTTONS", buttons = {
    { type = "URL", text = "Follow it", url = "https://shop.example/parcels/{{1}}", example = { "https://shop.example/parcels/1" } },
    { type = "PHONE_NUMBER", text = "Call us", phone_number = "+16505551234" },
    { type = "QUICK_REPLY", text = "Thanks" }, { type = "QUICK_REPLY", text = "Stop" },
  } },
}, {
  { type = "header", parameters = texts "SKBUP2" }, { type = "body", parameters = texts("Jessica", "SKBUP2", "Porto") },
  button("url", "0", { type = "text", text = "SKBUP2" }), button("quick_reply", 2, { type = "payload", payload = "thanks" }),
})
add("table_booked", "UTILITY", {
  file "IMAGE",
  {
    type = "BODY", text = "A table for {{guests}} on {{day}} at {{time}} is yours.",
    example = { body_text_named_params = {
      { param_name = "guests", example = "4" }, { param_name = "day", example = "Friday" }, { param_name = "time", example = "19:30" },
    } },
  },
}, {
  header("image", { id = "2871834006348767" }),
  { type = "body", parameters = {
    { type = "text", parameter_name = "time", text = "20:00" }, { type = "text", parameter_name = "guests", text = "2" },
    { type = "text", parameter_name = "day", text = "Sunday" },
  } },
}, { parameter_format = "NAMED" })
add("invoice", "UTILITY", { file "DOCUMENT", body("Dear {{1}}, here is your invoice of {{2}} due on {{3}} at the latest.", "A", "$5", "May 5") },
  {
    header("document", { link = "https://shop.example/1.pdf", filename = "invoice.pdf" }),
    { type = "body", parameters = {
      { type = "text", text = "Ana" }, { type = "currency", currency = { fallback_value = "$35", code = "USD", amount_1000 = 35000 } },
      { type = "date_time", date_time = { fallback_value = "10 May" } },
    } },
  })
add("tour_video", "MARKETING", { file "VIDEO", body "See what is new in our store this spring." }, { header("video", { id = "4548" }) })
add("dancing_cat", "MARKETING", { file "GIF", body "This cat is glad that you are back." }, { header("gif", { id = "4549" }) })
add("courier_is_here", "UTILITY", { { type = "HEADER", format = "LOCATION" }, body("Courier {{1}} waits for you at this place.", "Bo") },
  { header("location", { latitude = 37.44, longitude = -122.16, name = "Store", address = "1 Example Road" }),
    { type = "body", parameters = texts "Bo" } })
add("sign_in", "AUTHENTICATION", {
  { type = "BODY", add_security_recommendation = true }, { type = "FOOTER", code_expiration_minutes = 10 },
  { type = "BUTTONS", buttons = { { type = "OTP", otp_type = "COPY_CODE", text = "Copy code" } } },
}, { { type = "body", parameters = texts "J$FpnYnP" }, button("url", "0", { type = "text", text = "J$FpnYnP" }) })
add("sign_in_app", "AUTHENTICATION", {
  { type = "BODY" },
  { type = "BUTTONS", buttons = { {
    type = "OTP", otp_type = "ZERO_TAP", zero_tap_terms_accepted = true,
    supported_apps = { { package_name = "com.example.shop", signature_hash = "K8a/AINcGX7" } },
  } } },
}, { { type = "body", parameters = texts "123456" }, button("url", 0, { type = "text", text = "123456" }) })
add("coupon", "MARKETING", {
  { type = "HEADER", format = "TEXT", text = "Our sale is on" },
  body("Use the code {{1}} for {{2}} off all shoes in our store.", "25OFF", "25%"),
  { type = "BUTTONS", buttons = { { type = "QUICK_REPLY", text = "No more offers" }, { type = "COPY_CODE", example = "250FF" } } },
}, { { type = "body", parameters = texts("30OFF", "30%") }, button("COPY_CODE", 1, { type = "coupon_code", coupon_code = "30OFF" }) })
add("offer_ends", "MARKETING", {
  file "IMAGE", { type = "LIMITED_TIME_OFFER", limited_time_offer = { text = "Ends soon", has_expiration = true } },
  body("Good news, {{1}}! Take {{2}} today and fly to the sea.", "Ana", "SEA25"),
  { type = "BUTTONS", buttons = {
    { type = "COPY_CODE", example = "SEA25" },
    { type = "URL", text = "Book", url = "https://sea.example/offers?code={{1}}", example = { "https://sea.example/offers?code=1" } },
  } },
}, {
  header("image", { id = "1602" }), { type = "body", parameters = texts("Bo", "SEA25") },
  { type = "limited_time_offer",
    parameters = { { type = "limited_time_offer", limited_time_offer = { expiration_time_ms = 1209600000 } } } },
  button("copy_code", 0, { type = "coupon_code", coupon_code = "SEA25" }), button("url", 1, { type = "text", text = "n3mtql" }),
})

local function media_card(image)
  return { components = {
    file "IMAGE", body("Only {{1}} this week in all stores.", image),
    { type = "BUTTONS", buttons = {
      { type = "QUICK_REPLY", text = "More like this" },
      { type = "URL", text = "Buy", url = "https://shop.example/{{1}}", example = { "https://shop.example/1" } },
    } },
  } }
end

local function sent_card(index, image, price, path)
  return { card_index = index, components = {
    header("image", { id = image }), { type = "body", parameters = texts(price) },
    button("quick_reply", "0", { type = "payload", payload = "more-" .. path }), button("url", "1", { type = "text", text = path }),
  } }
end

add("summer_cards", "MARKETING", {
  body("Summer is here, {{1}}! Take {{2}} off everything.", "Ana", "20%"),
  { type = "CAROUSEL", cards = { media_card "$5", media_card "$6", media_card "$7" } },
}, {
  { type = "body", parameters = texts("Bo", "30%") },
  { type = "carousel", cards = { sent_card(0, "1", "$1", "aloe"), sent_card(2, "3", "$3", "palm"), sent_card(1, "2", "$2", "fern") } },
})

local function product_card()
  return { components = {
    { type = "HEADER", format = "PRODUCT" }, { type = "BUTTONS", buttons = { { type = "SPM", text = "View" } } },
  } }
end

local function sent_product(index)
  return { card_index = index, components = { header("product", { product_retailer_id = "sku" .. index, catalog_id = "194" }) } }
end

add("product_cards", "MARKETING", {
  body("These go well with what you bought, {{1}}: have a look.", "Ana"),
  { type = "CAROUSEL", cards = { product_card(), product_card() } },
}, {
  { type = "body", parameters = texts "Bo" },
  { type = "carousel", cards = { sent_product(0), sent_product(1), sent_product(2) } },
})
add("one_product", "MARKETING", {
  { type = "HEADER", format = "PRODUCT" }, body("Use {{1}} to get {{2}} off this product, today only.", "25OFF", "25%"),
  { type = "BUTTONS", buttons = { { type = "SPM", text = "View" } } },
}, { header("product", { product_retailer_id = "sku", catalog_id = "194" }), { type = "body", parameters = texts("A", "5%") } })
add("our_catalog", "MARKETING", {
  body("Spend {{1}} or more and the delivery is free.", "$50"),
  { type = "BUTTONS", buttons = { { type = "CATALOG", text = "View catalog" } } },
}, {
  { type = "body", parameters = texts "$40" },
  button("CATALOG", 0, { type = "action", action = { thumbnail_product_retailer_id = "2lc20305pt" } }),
})
add("full_cart", "MARKETING", {
  { type = "HEADER", format = "TEXT", text = "{{1}}, your cart waits", example = { header_text = { "Ana" } } },
  body("Order today with the code {{1}} and save money.", "10OFF"),
  { type = "BUTTONS", buttons = { { type = "MPM", text = "View items" } } },
}, {
  { type = "header", parameters = texts "Bo" }, { type = "body", parameters = texts "10OFF" },
  button("mpm", 0, { type = "action", action = {
    thumbnail_product_retailer_id = "a", sections = { { title = "Popular", product_items = { { product_retailer_id = "a" } } } },
  } }),
})
add("fill_in", "UTILITY", {
  body "Please tell us how the repair went.",
  { type = "BUTTONS", buttons = { {
    type = "FLOW", text = "Tell us", flow_id = "1234", flow_action = "navigate", navigate_screen = "FIRST",
  } } },
}, { button("flow", "0", { type = "action", action = { flow_token = "t", flow_action_data = { name = "Bo" } } }) })
add("may_we_call", "UTILITY", {
  body("We would like to talk with you about your order {{1}} soon.", "1522"), { type = "call_permission_request" },
}, { { type = "body", parameters = texts "1522" } })
add("call_us", "UTILITY", {
  body "Call us when you have a question about the repair.",
  { type = "BUTTONS", buttons = { { type = "VOICE_CALL", text = "Call now", ttl_minutes = 1440 } } },
}, { { type = "button", sub_type = "voice_call", parameters = { { type = "ttl_minutes", ttl_minutes = 100 } } } })
add("share_number", "UTILITY", {
  body "May we have your number to send the receipt?", { type = "BUTTONS", buttons = { { type = "REQUEST_CONTACT_INFO" } } },
})
add("pay_order", "UTILITY", {
  body("Hello {{1}}, your order is ready and waits for payment.", "Ana"),
  { type = "BUTTONS", buttons = { { type = "ORDER_DETAILS", text = "Review and pay" } } },
}, {
  { type = "body", parameters = texts "Bo" },
  button("order_details", 0, { type = "action", action = { order_details = {
    reference_id = "r1", type = "digital-goods", currency = "INR", payment_settings = { {
      type = "payment_gateway", payment_gateway = { type = "razorpay", configuration_name = "c" },
    } },
    total_amount = { value = 100, offset = 100 },
    order = {
      status = "pending", subtotal = { value = 100, offset = 100 }, tax = { value = 0, offset = 100 },
      items = { { retailer_id = "1", name = "Tea", quantity = 1, amount = { value = 100, offset = 100 } } },
    },
  } } }),
})
add("order_moved", "UTILITY", { body("Your order {{1}} is on its way to you now.", "12") }, {
  { type = "body", parameters = texts "12" },
  { type = "order_status",
    parameters = { { type = "order_status", order_status = { reference_id = "r1", order = { status = "shipped" } } } } },
}, { sub_category = "ORDER_STATUS" })
add("novidades", "MARKETING", { body("Oi {{1}}, veja as novidades desta semana na loja.", "Ana") },
  { { type = "body", parameters = texts "Bia" } }, { language = "pt_BR" })

return definitions
