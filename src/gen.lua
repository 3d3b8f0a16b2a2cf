-- Writes the generated files: from the schema, the types with which an editor completes and checks message tables, and the page
-- of all messages; from the rows of the endpoints, the page of other endpoints; from the annotations, the reference. Run by
-- `make docs`, and by `make check`, which writes into another folder and compares. Checks nothing.
--   lua src/gen.lua FOLDER      writes types.lua, MESSAGES.md, ENDPOINTS.md and README.md into FOLDER
local endpoints = require "src.gen_endpoints"
local generate = require "spec.support.generate"
local reference = require "src.reference"
local schema = require "whatsapp.schema"
local whatsapp = require "whatsapp"

local objects, order = schema.objects()
local terms = schema.terms()

-- ---- types ------------------------------------------------------------------------------------------------------------

local function quoted(values)
  local list = {}
  for i, value in ipairs(values) do list[i] = ('"%s"'):format(value) end
  return table.concat(list, "|")
end

local function lua_type(field, chosen)
  if chosen then return quoted(chosen) end
  if field.kind == "object" then return "whatsapp." .. field.object end
  if field.kind == "list" then return field.object and ("whatsapp.%s[]"):format(field.object) or "string[]" end
  if field.values then return quoted(field.values) .. (field.open and "|string" or "") end
  return terms.kinds[field.kind].lua
end

local function limits_of(field)
  local unit = terms.kinds[field.kind].unit
  local min, max = field.min, field.max
  local parts = {}
  if max then parts[1] = ("%d to %d %s"):format(min or 0, max, unit)
  elseif min and min > 0 then parts[1] = ("at least %d %s"):format(min, min == 1 and unit:gsub("s$", "") or unit) end
  if field.advised_max then parts[#parts + 1] = ("better at most %d"):format(field.advised_max) end
  if field.max_among_parts then parts[#parts + 1] = ("at most %d among other components"):format(field.max_among_parts) end
  if field.few then parts[#parts + 1] = ("better at most %d in the list"):format(field.total)
  elseif field.total then parts[#parts + 1] = ("at most %d in its lists together"):format(field.total) end
  if field.format then parts[#parts + 1] = terms.formats[field.format].text end
  for _, name in ipairs(field.advised_formats or {}) do parts[#parts + 1] = "better " .. terms.formats[name].text end
  if field.unique then parts[#parts + 1] = "unique" end
  return (table.concat(parts, ", "):gsub("%s+,", ","):gsub("%s+$", ""))
end

local function description(field)
  local limits = limits_of(field)
  return field.doc .. (limits ~= "" and (" (%s)"):format(limits) or "")
end

local function is_optional(field)
  return not field.required or field.fill ~= nil
end

-- The fields of a class; a class with a base has only the fields that differ from those of the base. All fields of a base are
-- optional.
local function members_of(object, chosen, is_base)
  local members, by_name = {}, {}
  local function add(name, type, doc, optional)
    local member = by_name[name]
    if member then member.type = member.type .. "|" .. type
    else
      member = { name = name, type = type, doc = doc, optional = optional }
      by_name[name], members[#members + 1] = member, member
    end
  end
  for _, field in ipairs(object.base and objects[object.base].fields or {}) do
    local values = chosen[field.name]
    if values then add(field.name, quoted(values), description(field), true) end
  end
  for _, field in ipairs(object.fields) do
    if field.kind == "removed" then add(field.name, "nil", "This message does not have it.", true)
    else
      local values = chosen[field.name]
      add(field.name, lua_type(field, values), description(field), is_base or is_optional(field) or (values and object.base))
    end
  end
  for _, variant in ipairs(object.variants or {}) do
    for _, field in ipairs(objects[variant.object].fields) do
      if field.kind ~= "removed" then add(field.name, lua_type(field), description(field), true) end
    end
  end
  return members
end

local function type_of_object(object, chosen, is_base)
  local lines = {}
  if object.by or object.otherwise then
    local names = {}
    for i, choice in ipairs(schema.choices_of(objects, object)) do names[i] = "whatsapp." .. choice.object end
    lines[1] = ("---%s\n---@alias whatsapp.%s %s"):format(object.doc, object.name, table.concat(names, "|"))
    return lines
  end
  local base = object.base and ": whatsapp." .. object.base or ""
  lines[1] = ("---%s\n---@class whatsapp.%s%s"):format(object.doc, object.name, base)
  for _, member in ipairs(members_of(object, chosen, is_base)) do
    lines[#lines + 1] = ("---@field %s%s %s %s"):format(member.name, member.optional and "?" or "", member.type, member.doc)
  end
  return lines
end

local function types()
  local out = {
    "-- Types of the messages, for the Lua language server. Generated from the schema by `make docs`: edit src/core/schema.c.",
    "-- Never required by the library.",
    "---@meta",
    "",
  }
  local chosen, told = schema.chosen(objects), {}
  local function add(object, values, is_base)
    for _, line in ipairs(type_of_object(object, values, is_base)) do out[#out + 1] = line end
    out[#out + 1] = ""
  end
  for _, name in ipairs(order) do
    local object = objects[name]
    if object.base and not told[object.base] then
      told[object.base] = true
      add(objects[object.base], {}, true)
    end
    add(object, chosen[name] or {})
  end
  out[#out] = nil
  return table.concat(out, "\n") .. "\n"
end

-- ---- reference ----------------------------------------------------------------------------------------------------------

local CLASSES = { H = "", G = "", S = "soft" }

local function cell(text)
  return (text:gsub("|", "\\|"))
end

local function link(name)
  return ("[%s](#%s)"):format(name, name:lower())
end

local function shown_type(field, chosen)
  if chosen then return quoted(chosen):gsub("|", " or ") end
  if field.kind == "object" then return link(field.object) end
  if field.kind == "list" then return field.object and "list of " .. link(field.object) or "list of strings" end
  if field.kind == "map" then return "your own names" end
  if field.kind == "id" then return field.values and quoted(field.values):gsub("|", " or ") or "id" end
  if field.values then return (quoted(field.values):gsub("|", " or ")) .. (field.open and " ..." or "") end
  return (field.kind:gsub("|", " or "))
end

local function need_of(field)
  if field.fill then return "filled in" end
  if field.required then return "yes" end
  if field.required_among_many then return "of several" end
  if field.advised then return "advised" end
  return field.discouraged and "better not" or ""
end

local function rules_of(object)
  local lines = {}
  local function add(rules)
    for _, rule in ipairs(rules or {}) do
      local texts = { ["1"] = rule.names[1], ["2"] = rule.names[2], ["3"] = rule.value, ["4"] = rule.limit }
      lines[#lines + 1] = terms.rules[rule.rule].doc:gsub("%%(%d)", texts)
    end
  end
  add(object.rules)
  return lines
end

local function field_row(field, chosen)
  local limits, soft = limits_of(field), CLASSES[field.class]
  local notes = table.concat({ limits, limits ~= "" and soft ~= "" and ", " or "", soft })
  local cells = { cell(shown_type(field, chosen)), need_of(field), cell(notes), cell(field.doc) }
  return ("| `%s` | %s |"):format(field.name, table.concat(cells, " | "))
end

local function label_of(object, choice)
  if not choice.value then return "else" end
  return object.by and ('`%s = "%s"`'):format(object.by, choice.value) or ("with `%s`"):format(choice.value)
end

local function add_fields(out, fields, chosen)
  if #fields == 0 then return end
  out[#out + 1] = "| field | type | required | limits | |"
  out[#out + 1] = "| --- | --- | --- | --- | --- |"
  for _, field in ipairs(fields) do out[#out + 1] = field_row(field, chosen[field.name]) end
  out[#out + 1] = ""
end

-- Returns the lines of an object. The fields that all messages have are in the section of their own object only.
local function section_of(object, chosen)
  local page = terms.documentation .. object.section
  local out = { "### " .. object.name, "", ("%s ([Meta's page](%s))"):format(object.doc, page), "" }
  if object.by or object.otherwise then
    for _, choice in ipairs(schema.choices_of(objects, object)) do
      out[#out + 1] = ("- %s: %s"):format(label_of(object, choice), link(choice.object))
    end
    out[#out + 1] = ""
    return out
  end
  if object.base then out[#out + 1] = ("The fields of %s, and\n"):format(link(object.base)) end
  add_fields(out, object.fields, chosen)
  for _, line in ipairs(rules_of(object)) do out[#out + 1] = line .. "\n" end
  for _, variant in ipairs(object.variants or {}) do
    out[#out + 1] = ("With `%s`: %s.\n"):format(variant.value, link(variant.object))
  end
  return out
end

-- returns a value as Lua source
local function to_lua(value, indent)
  if type(value) ~= "table" then return type(value) == "string" and ("%q"):format(value) or tostring(value) end
  local parts = {}
  for _, item in ipairs(value) do parts[#parts + 1] = to_lua(item, indent .. "  ") end
  local names = {}
  for name in pairs(value) do
    if type(name) == "string" then names[#names + 1] = name end
  end
  table.sort(names)
  for _, name in ipairs(names) do parts[#parts + 1] = name .. " = " .. to_lua(value[name], indent .. "  ") end
  local flat = "{ " .. table.concat(parts, ", ") .. " }"
  if #flat + #indent <= 100 then return #parts == 0 and "{}" or flat end
  return "{\n" .. indent .. "  " .. table.concat(parts, ",\n" .. indent .. "  ") .. ",\n" .. indent .. "}"
end

-- the fields whose values are the kinds of messages
local KINDS = { type = true, status = true, ["interactive.type"] = true, ["template.components[].sub_type"] = true }

-- name of a member -> its value in an example
local WORDS = {
  body = "Your order has left the shop.", text = "Ana", title = "Tomorrow", name = "order_update", code = "en_US",
  id = "order_1042",
  message_id = "wamid.HBgLMTY1MDU1NTEyMzQVAgARGBI", reference_id = "order_1042", product_retailer_id = "tea_250g",
  display_text = "Open", catalog_id = "194836987003835", formatted_name = "Ana Silva", flow_id = "1063944738246891",
  flow_cta = "Book a table", emoji = "\240\159\145\141", country = "IN", button = "Choose",
  latitude = 37.7749, longitude = -122.4194,
}
local FILES = { image = true, video = true, audio = true, document = true, sticker = true }

-- returns an example with values as a person would write them
local function sensible(value, name, parent)
  if FILES[parent] and name == "id" then return "1037543291543636" end
  if type(value) == "string" and value:find "^text %d" or type(value) == "number" and WORDS[name] then
    local number = type(value) == "string" and value:match "^text ([1-9])"
    return WORDS[name] and WORDS[name] .. (number and "_" .. number or "") or value
  end
  if type(value) ~= "table" then return value end
  local made = {}
  for key, member in pairs(value) do
    made[key] = sensible(member, type(key) == "number" and name or key, type(key) == "number" and parent or name)
  end
  return made
end

local function example_of(row)
  local message = sensible(generate.message(row))
  message.messaging_product = nil
  if message[message.type] ~= nil then message.type = nil end
  assert(whatsapp.validate(message))
  return message
end

local function examples()
  local out, seen = { "## The smallest message of every kind", "" }, {}
  for _, row in ipairs(schema.rows()) do
    local values = {}
    for i, choice in ipairs(row.when) do values[i] = "`" .. (choice.value or choice.path) .. "`" end
    local label = table.concat(values, ", ")
    if KINDS[row.path] and not seen[label] then
      seen[label] = true
      out[#out + 1] = ("%s\n\n```lua\nclient:send %s\n```\n"):format(label, to_lua(example_of(row), ""))
    end
  end
  return out
end

local function disagreements()
  local out = {
    "## Where Meta's pages disagree, and what this client does", "",
    "Meta's pages contradict each other in places, and in places the API does something else. Who pastes from one of them and is",
    "refused finds the reason here. `mode = \"lenient\"` lets everything pass that can be written as JSON.", "",
    "| what | Meta's pages | this client |", "| --- | --- | --- |",
  }
  for _, row in ipairs(require "spec.support.disagreements") do
    out[#out + 1] = ("| %s | %s | %s |"):format(cell(row[1]), cell(row[2]), cell(row[3]))
  end
  return out
end

local function messages()
  local out = {
    "# Messages", "",
    "Every object that may be sent, with its fields and limits. Generated by `make docs` from the schema: `src/core/schema.c`.",
    "`whatsapp.schema()` gives the same as tables, `whatsapp.json_schema()` as a JSON Schema, `types.lua` to an editor.", "",
    "Lengths are in characters (code points). A soft limit makes a warning, every other limit a problem. "
      .. "An id may be a string or",
    "a whole number. \"Filled in\": the client writes it where it is absent.", "",
    "[Objects](#objects) · [The smallest message of every kind](#the-smallest-message-of-every-kind) ·",
    "[Where Meta's pages disagree](#where-metas-pages-disagree-and-what-this-client-does)", "",
    "## Objects", "",
  }
  local function add(lines)
    for _, line in ipairs(lines) do out[#out + 1] = line end
  end
  local chosen, told = schema.chosen(objects), {}
  for _, name in ipairs(order) do
    local base = objects[name].base
    if base and not told[base] then
      told[base] = true
      add(section_of(objects[base], chosen[name] or {}))
    end
    add(section_of(objects[name], chosen[name] or {}))
  end
  add(examples())
  add(disagreements())
  return table.concat(out, "\n"):gsub("\n\n\n+", "\n\n"):match "^(.-)%s*$" .. "\n"
end

local function write(path, text)
  local file = assert(io.open(path, "wb"))
  assert(file:write(text))
  assert(file:close())
end

local folder = assert(arg and arg[1], "usage: lua src/gen.lua FOLDER")
write(folder .. "/types.lua", types() .. endpoints.types())
write(folder .. "/MESSAGES.md", messages())
write(folder .. "/ENDPOINTS.md", endpoints.page())
write(folder .. "/README.md", reference.text())
