-- Writes what is generated from the schema: the types that an editor completes and checks message tables with, and the
-- reference. Run by `make docs` (and, into another folder, by `make check`, which compares). Checks nothing.
--   lua src/gen.lua FOLDER      writes FOLDER/types.lua, FOLDER/REFERENCE.md and FOLDER/ENDPOINTS.md
local endpoints = require "src.gen_endpoints"
local generate = require "spec.support.generate"
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

local function type_of_object(object, chosen)
  local lines = {}
  if object.by or object.otherwise then
    local names = {}
    for i, choice in ipairs(schema.choices_of(objects, object)) do names[i] = "whatsapp." .. choice.object end
    lines[1] = ("---%s\n---@alias whatsapp.%s %s"):format(object.doc, object.name, table.concat(names, "|"))
    return lines
  end
  lines[1] = ("---%s\n---@class whatsapp.%s"):format(object.doc, object.name)
  for _, field in ipairs(schema.fields_of(objects, object)) do
    local values = chosen[field.name]
    local optional = (is_optional(field) or (values and object.base)) and "?" or ""
    lines[#lines + 1] = ("---@field %s%s %s %s"):format(field.name, optional, lua_type(field, values), description(field))
  end
  for _, variant in ipairs(object.variants or {}) do
    for _, field in ipairs(objects[variant.object].fields) do
      lines[#lines + 1] = ("---@field %s? %s %s"):format(field.name, lua_type(field), description(field))
    end
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
  local chosen = schema.chosen(objects)
  for _, name in ipairs(order) do
    for _, line in ipairs(type_of_object(objects[name], chosen[name] or {})) do out[#out + 1] = line end
    out[#out + 1] = ""
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
  add(object.base and objects[object.base].rules)
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

local function section_of(object, chosen)
  local page = terms.documentation .. object.section
  local out = { "### " .. object.name, "", ("%s ([Meta's page](%s))"):format(object.doc, page), "" }
  local function add(line) out[#out + 1] = line end
  if object.by or object.otherwise then
    for _, choice in ipairs(schema.choices_of(objects, object)) do
      add(("- %s: %s"):format(label_of(object, choice), link(choice.object)))
    end
    add ""
    return out
  end
  local fields = schema.fields_of(objects, object)
  if #fields > 0 then
    add "| field | type | required | limits | |"
    add "| --- | --- | --- | --- | --- |"
    for _, field in ipairs(fields) do add(field_row(field, chosen[field.name])) end
    add ""
  end
  for _, line in ipairs(rules_of(object)) do add(line .. "\n") end
  for _, variant in ipairs(object.variants or {}) do add(("With `%s`: %s.\n"):format(variant.value, link(variant.object))) end
  return out
end

-- the smallest example of a message, as a table of Lua
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

-- the fields whose values tell the kinds of messages apart
local KINDS = { type = true, status = true, ["interactive.type"] = true, ["template.components[].sub_type"] = true }

local function examples()
  local out, seen = { "## The smallest message of every kind", "" }, {}
  for _, row in ipairs(schema.rows()) do
    local values = {}
    for i, choice in ipairs(row.when) do values[i] = "`" .. (choice.value or choice.path) .. "`" end
    local label = table.concat(values, ", ")
    if KINDS[row.path] and not seen[label] then
      local message = generate.message(row)
      assert(whatsapp.validate(message))
      seen[label] = true
      out[#out + 1] = ("%s\n\n```lua\nclient:send %s\n```\n"):format(label, to_lua(message, ""))
    end
  end
  return out
end

local function reference()
  local out = {
    "# Reference of the messages", "",
    "Generated from the schema by `make docs`: edit `src/core/schema.c`. Lengths are in characters (code points). Soft",
    "limits make a warning, all others a problem. An id may be a string or a whole number. `whatsapp.schema()` gives the",
    "same as tables, `whatsapp.json_schema()` as a JSON Schema, `types.lua` to an editor.", "",
    "## Objects", "",
  }
  local function add(lines)
    for _, line in ipairs(lines) do out[#out + 1] = line end
  end
  local chosen = schema.chosen(objects)
  for _, name in ipairs(order) do add(section_of(objects[name], chosen[name] or {})) end
  add(examples())
  return table.concat(out, "\n"):gsub("\n\n\n+", "\n\n"):match "^(.-)%s*$" .. "\n"
end

local function write(path, text)
  local file = assert(io.open(path, "wb"))
  assert(file:write(text))
  assert(file:close())
end

local folder = assert(arg and arg[1], "usage: lua src/gen.lua FOLDER")
write(folder .. "/types.lua", types() .. endpoints.types())
write(folder .. "/ENDPOINTS.md", endpoints.page())
write(folder .. "/REFERENCE.md", reference())
