-- The messages that the benchmark writes: name and table, the keys in the schema's order, ready to send as they are.
-- They have the sizes of everyday messages.

local template = require "spec.bench.send.message"

local function rows()
  local list = {}
  for i = 1, 10 do
    list[i] = {
      id = ("delivery-slot-2026-11-%02d-morning"):format(i),
      title = ("Slot %d in the morning"):format(i),
      description = ("Between nine and noon, day %d"):format(i),
    }
  end
  return list
end

local function card(i)
  return {
    card_index = i,
    components = {
      { type = "header", parameters = { { type = "image", image = { id = ("24230790383434%02d"):format(i) } } } },
      { type = "body", parameters = {
        { type = "text", text = ("10OFF-%d"):format(i) },
        { type = "text", text = ("%d%%"):format(i * 5) },
      } },
      { type = "button", sub_type = "quick_reply", index = 0, parameters = {
        { type = "payload", payload = ("59NqSd-%d"):format(i) },
      } },
      { type = "button", sub_type = "url", index = 1, parameters = {
        { type = "text", text = ("sale-%d"):format(i) },
      } },
    },
  }
end

local function cards()
  local list = {}
  for i = 1, 10 do list[i] = card(i - 1) end
  return list
end

return {
  { name = "text", message = {
    messaging_product = "whatsapp", recipient_type = "individual", to = "16505551234", type = "text",
    text = {
      body = "As requested, here's the link to our latest product: it is open to everybody from today on.",
      preview_url = true,
    },
  } },
  { name = "list", message = {
    messaging_product = "whatsapp", recipient_type = "individual", to = "16505551234", type = "interactive",
    interactive = {
      type = "list",
      header = { type = "text", text = "Choose a delivery slot" },
      body = { text = "Which slot would suit you best? We hold it for you until this evening, free of charge." },
      footer = { text = "You can change it until the day before" },
      action = { button = "Show the slots", sections = { { title = "In the morning", rows = rows() } } },
    },
  } },
  { name = "template", message = template.new() },
  { name = "contact", message = {
    messaging_product = "whatsapp", recipient_type = "individual", to = "16505551234", type = "contacts",
    contacts = { {
      name = {
        formatted_name = "Dr. Barbara J. Johnson", first_name = "Barbara", last_name = "Johnson",
        middle_name = "Joana", suffix = "Esq.", prefix = "Dr.",
      },
      birthday = "1999-01-23",
      phones = {
        { phone = "+1 650 555 9999", wa_id = "16505559999", type = "HOME" },
        { phone = "+1 212 555 4736", wa_id = "12125554736", type = "WORK" },
      },
      emails = {
        { email = "barbara@example.com", type = "HOME" },
        { email = "bjohnson@example.org", type = "WORK" },
      },
      urls = { { url = "https://www.example.com", type = "WORK" } },
      addresses = {
        { street = "1 Lucky Shrub Way", city = "Menlo Park", state = "CA", zip = "94025", country = "United States",
          country_code = "US", type = "WORK" },
        { street = "1 Hacker Way", city = "Menlo Park", state = "CA", zip = "94025", country = "United States",
          country_code = "US", type = "HOME" },
      },
      org = { company = "Lucky Shrub", department = "Legal", title = "Lead Counsel" },
    } },
  } },
  { name = "carousel", message = {
    messaging_product = "whatsapp", recipient_type = "individual", to = "16505551234", type = "template",
    template = {
      name = "summer_carousel_promo_2026",
      language = { code = "en_US" },
      components = {
        { type = "body", parameters = { { type = "text", text = "20OFF" }, { type = "text", text = "20%" } } },
        { type = "carousel", cards = cards() },
      },
    },
  } },
}
