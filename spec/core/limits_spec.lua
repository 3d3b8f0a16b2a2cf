-- The schema against limits that were written by hand from Meta's pages, so that this spec fails if the schema loses a limit.
local whatsapp = require "whatsapp"

local BUTTONS = "interactive.action.cards[].action.buttons"

-- path, choices that lead to it, least and most characters, items or value
local LIMITS = {
  { "text.body", "text", 1, 4096 },
  { "image.caption", "image", nil, 1024 },
  { "video.caption", "video", nil, 1024 },
  { "document.caption", "document", nil, 1024 },
  { "contacts", "contacts", 1, nil },
  { "contacts[].name.formatted_name", "contacts", 1, nil },
  { "reaction.message_id", "reaction", 1, 128 },
  { "context.message_id", "text", 1, 128 },
  { "message_id", "status", 1, 128 },
  { "biz_opaque_callback_data", "text", nil, 512 },
  { "pin.expiration_days", "pin pin", 1, 30 },
  { "interactive.header.text", "interactive button text", 1, 60 },
  { "interactive.header.sub_text", "interactive button text", nil, 60 },
  { "interactive.body.text", "interactive button", 1, 1024 },
  { "interactive.footer.text", "interactive button", nil, 60 },
  { "interactive.action.buttons", "interactive button", 1, 3 },
  { "interactive.action.buttons[].reply.id", "interactive button", 1, 256 },
  { "interactive.action.buttons[].reply.title", "interactive button", 1, 20 },
  { "interactive.body.text", "interactive list", 1, 4096 },
  { "interactive.action.button", "interactive list", 1, 20 },
  { "interactive.action.sections", "interactive list", 1, 10 },
  { "interactive.action.sections[].title", "interactive list", nil, 24 },
  { "interactive.action.sections[].rows", "interactive list", 1, 10 },
  { "interactive.action.sections[].rows[].id", "interactive list", 1, 200 },
  { "interactive.action.sections[].rows[].title", "interactive list", 1, 24 },
  { "interactive.action.sections[].rows[].description", "interactive list", nil, 72 },
  { "interactive.action.sections", "interactive product_list", 1, 10 },
  { "interactive.action.sections[].title", "interactive product_list", nil, 24 },
  { "interactive.action.sections[].product_items", "interactive product_list", 1, 30 },
  { "interactive.action.parameters.flow_cta", "interactive flow", 1, nil },
  { "interactive.action.parameters.display_text", "interactive cta_url", 1, 20 },
  { "interactive.action.parameters.display_text", "interactive voice_call", 1, 20 },
  { "interactive.action.parameters.ttl_minutes", "interactive voice_call", 1, 43200 },
  { "interactive.action.parameters.payload", "interactive voice_call", nil, 512 },
  { "interactive.action.cards", "interactive carousel", 2, 10 },
  { "interactive.action.cards[].card_index", "interactive carousel cta_url", 0, 9 },
  { "interactive.action.cards[].body.text", "interactive carousel cta_url", 1, 160 },
  { "interactive.action.cards[].action.parameters.display_text", "interactive carousel cta_url", 1, 20 },
  { "interactive.action.cards[].action.buttons[].quick_reply.id", "interactive carousel cta_url " .. BUTTONS, 1, 256 },
  { "interactive.action.cards[].action.buttons[].quick_reply.title", "interactive carousel cta_url " .. BUTTONS, 1, 20 },
  { "interactive.action.parameters.order.description", "interactive order_status", nil, 120 },
  { "template.name", "template", 1, 512 },
  { "template.components[].index", "template button url", 0, 9 },
  { "template.components[].parameters[].text", "template header text", 1, 60 },
  { "template.components[].parameters[].text", "template body text", 1, 32768 },
  { "template.components[].parameters[].coupon_code", "template button copy_code coupon_code", 1, 20 },
  { "template.components[].parameters[].payload", "template button voice_call payload", 1, 512 },
  { "template.components[].parameters[].payload", "template button quick_reply payload", 1, 512 },
  { "template.components[].parameters[].ttl_minutes", "template button voice_call ttl_minutes", 1, 43200 },
  { "template.components[].parameters[].action.sections", "template button mpm action", 1, 10 },
  { "template.components[].parameters[].action.sections[].title", "template button mpm action", nil, 24 },
  { "template.components[].parameters[].tap_target_configuration", "template tap_target_configuration", 1, 1 },
  { "template.components[].cards", "template carousel", 1, 10 },
}

-- path -> the limit that only some sources name
local ADVISED = {
  ["document.filename"] = 240, ["location.name"] = 100, ["location.address"] = 300, ["contacts"] = 257,
  ["interactive.action.parameters.flow_cta"] = 20,
}

local TOTALS = { list = 10, product_list = 30 }

local function choices_of(row)
  local values = {}
  for i, choice in ipairs(row.when) do values[i] = choice.value or choice.path end
  return table.concat(values, " ")
end

local rows = {}
for _, row in ipairs(whatsapp.schema()) do rows[row.path .. " " .. choices_of(row)] = row end

describe("the schema", function()
  it("has the API's limits", function()
    for _, limit in ipairs(LIMITS) do
      local row = rows[limit[1] .. " " .. limit[2]]
      assert.is_table(row, limit[1] .. " " .. limit[2])
      assert.same({ limit[3], limit[4] }, { row.min, row.max }, limit[1] .. " " .. limit[2])
      assert.are_not.equal("S", row.class, limit[1])
    end
  end)

  it("advises limits that only some sources name", function()
    local seen = 0
    for _, row in ipairs(whatsapp.schema()) do
      if ADVISED[row.path] then
        assert.equal(ADVISED[row.path], row.advised_max, row.path)
        seen = seen + 1
      end
    end
    assert.is_true(seen >= 5)
    assert.equal(1024, rows["interactive.body.text interactive list"].advised_max)
    for _, name in ipairs { "text.body text category", "interactive.body.text interactive category button" } do
      assert.equal(1024, rows[name].advised_max, name)
    end
    assert.equal(60, rows["interactive.footer.text interactive category button"].advised_max)
    assert.equal(10, rows["interactive.action.buttons interactive category button"].advised_max)
  end)

  it("has a lower limit for the body of a template that has other parts", function()
    local row = rows["template.components[].parameters[].text template body text"]
    assert.equal(1024, row.max_among_parts)
    assert.is_nil(row.advised_max)
  end)

  it("knows the ranges of Direct Send, which only make warnings", function()
    local row = rows["ttl_seconds text"]
    assert.same({ 30, 43200, "S" }, { row.min, row.max, row.class })
    row = rows["direct_send_config.template_name text"]
    assert.same({ 512, "snake", "S" }, { row.max, row.format, row.class })
    assert.same({ "utility", "authentication", "service" }, rows["category text"].values)
  end)

  it("counts rows and products over all sections", function()
    for kind, total in pairs(TOTALS) do
      assert.equal(total, rows["interactive.action.sections interactive " .. kind].total)
    end
    assert.equal(30, rows["template.components[].parameters[].action.sections template button mpm action"].total)
  end)

  it("knows every type of the API", function()
    local types, interactives, sub_types = {}, {}, {}
    for _, row in ipairs(whatsapp.schema()) do
      if row.path == "type" then types[row.values[1]] = true end
      if row.path == "interactive.type" then interactives[row.values[1]] = true end
      if row.path == "template.components[].sub_type" then sub_types[row.values[1]] = true end
    end
    for name in ("text image audio video document sticker location contacts reaction interactive template pin"):gmatch "%S+" do
      assert.is_true(types[name], name)
    end
    for name in ("button list product product_list catalog_message flow call_permission_request cta_url "
      .. "location_request_message address_message voice_call carousel order_details order_status request_contact_info"):gmatch "%S+" do
      assert.is_true(interactives[name], name)
    end
    for name in ("quick_reply url catalog flow copy_code mpm voice_call order_details phone_number payment_request"):gmatch "%S+" do
      assert.is_true(sub_types[name], name)
    end
  end)
end)
