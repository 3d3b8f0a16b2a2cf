-- Makes two texts from the rows of graph/endpoints and graph/objects: the types of client.templates and the other tables of a
-- client, and the page ENDPOINTS.md. src/gen.lua writes them. Checks nothing.
local endpoints = require "whatsapp.graph.endpoints"
local fields = require "whatsapp.graph.fields"
local generate = require "spec.graph.generate"
local schema = require "whatsapp.schema"

local gen = {}

local objects = fields.objects()
local terms = schema.terms()
local documentation, kinds = terms.documentation, terms.kinds

-- returns the names of the objects that the endpoints use, each before the objects that it uses
local function ordered()
  local order, seen = {}, {}
  local function add(name)
    if not name or seen[name] then return end
    seen[name] = true
    order[#order + 1] = name
    for _, field in ipairs(objects[name].fields) do add(field.object) end
    for _, variant in ipairs(objects[name].variants or {}) do add(variant.object) end
  end
  for _, one in ipairs(endpoints.TABLES) do
    for _, row in ipairs(one.rows) do
      add(row.query)
      add(row.body)
    end
  end
  add "LibraryTemplate"
  return order
end

local function quoted(values, between)
  local list = {}
  for i, value in ipairs(values) do list[i] = ('"%s"'):format(value) end
  return table.concat(list, between)
end

local function limits_of(field)
  local list, unit = {}, kinds[field.kind] and kinds[field.kind].unit:gsub("^%a", " %0")
  if unit and field.max then list[1] = ("%d to %d%s"):format(field.min or 0, field.max, unit)
  elseif unit and (field.min or 0) > 0 then
    list[1] = ("at least %d%s"):format(field.min, field.min == 1 and unit:gsub("s$", "") or unit)
  end
  if field.format then list[#list + 1] = fields.FORMATS[field.format][1] end
  if field.item and field.item.format then list[#list + 1] = "each " .. fields.FORMATS[field.item.format][1] end
  if field.answered then list[#list + 1] = "only in answers" end
  if field.class == "S" then list[#list + 1] = "soft" end
  return table.concat(list, ", ")
end

-- ---- types --------------------------------------------------------------------------------------------------------------

-- the kinds that only the rows of endpoints have; the types of all other kinds are among the terms of the schema
local ENDPOINT_TYPES = { json = "any", names = "string|string[]" }

local function type_of(field)
  if field.kind == "object" then return "whatsapp.graph." .. field.object end
  if field.kind == "list" then
    return field.object and ("whatsapp.graph.%s[]"):format(field.object) or ("(%s)[]"):format(type_of(field.item))
  end
  if field.values then return quoted(field.values, "|") .. (field.open and "|string" or "") end
  return ENDPOINT_TYPES[field.kind] or kinds[field.kind].lua
end

local function type_of_object(name)
  local object = objects[name]
  local lines = { ("---%s\n---@class whatsapp.graph.%s"):format(object.doc, name) }
  if object.by then
    local names = {}
    for i, variant in ipairs(object.variants) do names[i] = "whatsapp.graph." .. variant.object end
    return { ("---%s\n---@alias whatsapp.graph.%s %s"):format(object.doc, name, table.concat(names, "|")) }
  end
  for _, field in ipairs(object.fields) do
    local optional, limits = (not field.required or field.fill) and "?" or "", limits_of(field)
    lines[#lines + 1] = ("---@field %s%s %s %s%s"):format(field.name, optional, type_of(field), field.doc,
      limits ~= "" and (" (%s)"):format(limits) or "")
  end
  return lines
end

-- the names of the arguments of a row's method
local function arguments_of(row)
  local names = {}
  for _, part in ipairs(row.path) do
    local name = part:match "^{(.*)}$"
    if name and name ~= "waba" and name ~= "phone" then names[#names + 1] = name end
  end
  return names
end

-- whether a body may be absent: nothing in it is required but what is filled in
local function may_lack(name)
  for _, field in ipairs(objects[name].fields) do
    if field.required and not field.fill then return false end
  end
  return objects[name].rules == nil and #objects[name].fields == 1
end

local function function_type(row)
  local list = { "self" }
  for _, name in ipairs(arguments_of(row)) do list[#list + 1] = name .. ": string|integer" end
  if row.query then list[#list + 1] = "query?: whatsapp.graph." .. row.query end
  if row.body then list[#list + 1] = ("body%s: whatsapp.graph.%s"):format(may_lack(row.body) and "?" or "", row.body) end
  list[#list + 1] = "options?: whatsapp.endpoint_" .. (row.each and "pages_" or "") .. "options"
  local returned = row.each and "whatsapp.pages" or "whatsapp.json_object?, string?, whatsapp.info|whatsapp.details"
  return ("fun(%s): %s"):format(table.concat(list, ", "), returned)
end

---@return string text to be added to types.lua
function gen.types()
  local out = { "", "-- The endpoints of the Graph API: generated from lua/whatsapp/graph/.", "" }
  for _, name in ipairs(ordered()) do
    for _, line in ipairs(type_of_object(name)) do out[#out + 1] = line end
    out[#out + 1] = ""
  end
  for _, one in ipairs(endpoints.TABLES) do
    out[#out + 1] = ("---%s\n---@class whatsapp.%s_table"):format(one.doc, one.name)
    for _, row in ipairs(one.rows) do out[#out + 1] = ("---@field %s %s %s"):format(row.name, function_type(row), row.doc) end
    out[#out + 1] = ""
  end
  out[#out] = nil
  return table.concat(out, "\n") .. "\n"
end

-- ---- the page -----------------------------------------------------------------------------------------------------------

local function cell(text) return (text:gsub("|", "\\|")) end
local function link(name) return ("[%s](#%s)"):format(name, name:lower()) end

local SHOWN = {
  string = "string", id = "id", boolean = "boolean", integer = "integer", map = "your own names", json = "any value",
  names = "string or list of strings",
}

local function shown_type(field)
  if field.kind == "object" then return link(field.object) end
  if field.kind == "list" then return "list of " .. (field.object and link(field.object) or shown_type(field.item)) end
  if field.values then return quoted(field.values, " or ") .. (field.open and " ..." or "") end
  return SHOWN[field.kind]
end

local RULES = { exactly_one = "Exactly one of %s.", at_least_one = "At least one of %s." }

local function section_of(name)
  local object = objects[name]
  local out = { "### " .. name, "", ("%s ([Meta's page](%s%s))"):format(object.doc, documentation, object.section), "" }
  for _, variant in ipairs(object.variants or {}) do
    out[#out + 1] = ('- `%s = "%s"`: %s'):format(object.by, variant.value, link(variant.object))
  end
  if object.by then
    out[#out + 1] = ""
    return out
  end
  out[#out + 1] = "| field | type | required | limits | |\n| --- | --- | --- | --- | --- |"
  for _, field in ipairs(object.fields) do
    local need = field.fill and "filled in" or field.required and "yes" or ""
    local cells = { cell(shown_type(field)), need, cell(limits_of(field)), cell(field.doc) }
    out[#out + 1] = ("| `%s` | %s |"):format(field.name, table.concat(cells, " | "))
  end
  out[#out + 1] = ""
  for _, rule in ipairs(object.rules or {}) do
    local names = {}
    for i, member in ipairs(rule.names) do names[i] = ("`%s`"):format(member) end
    out[#out + 1] = RULES[rule.rule]:format(table.concat(names, ", ")) .. "\n"
  end
  return out
end

local function signature(one, row)
  local list = arguments_of(row)
  if row.query then list[#list + 1] = "query" end
  if row.body then list[#list + 1] = "body" end
  list[#list + 1] = "options"
  return ("client.%s:%s(%s)"):format(one.name, row.name, table.concat(list, ", "))
end

local function to_lua(value)
  if type(value) ~= "table" then return type(value) == "string" and ("%q"):format(value) or tostring(value) end
  local list, names = {}, {}
  for _, item in ipairs(value) do list[#list + 1] = to_lua(item) end
  for name in pairs(value) do
    if type(name) == "string" then names[#names + 1] = name end
  end
  table.sort(names)
  for _, name in ipairs(names) do list[#list + 1] = name .. " = " .. to_lua(value[name]) end
  return #list == 0 and "{}" or "{ " .. table.concat(list, ", ") .. " }"
end

-- the smallest body of a row, without what is filled in
local function example_of(one, row)
  local list = {}
  for i, name in ipairs(arguments_of(row)) do list[i] = ("%q"):format(name .. " id") end
  if row.body then
    local body = generate.object(row.body)
    for _, field in ipairs(objects[row.body].fields) do
      if field.fill then body[field.name] = nil end
    end
    list[#list + 1] = to_lua(body)
  end
  return ("client.%s:%s(%s)"):format(one.name, row.name, table.concat(list, ", "))
end

local function table_of(one)
  local out = { ("### client.%s"):format(one.name), "", one.doc, "", "| method | request | takes | |\n| --- | --- | --- | --- |" }
  for _, row in ipairs(one.rows) do
    local takes = row.query and "query: " .. link(row.query) or row.body and "body: " .. link(row.body) or ""
    local page = documentation .. row.section
    out[#out + 1] = ("| `%s` | %s `/%s` | %s | %s%s ([Meta's page](%s)) |"):format(signature(one, row), row.method,
      table.concat(row.path, "/"), takes, row.doc, row.idempotent and " May be repeated." or "", page)
  end
  out[#out + 1] = ""
  local examples = {}
  for _, row in ipairs(one.rows) do
    if row.body and not row.check then examples[#examples + 1] = example_of(one, row) end
  end
  if #examples > 0 then out[#out + 1] = ("The smallest bodies:\n\n```lua\n%s\n```\n"):format(table.concat(examples, "\n")) end
  return out
end

local INTRODUCTION = [[
# Endpoints

Generated from the rows of `lua/whatsapp/graph/` by `make docs`: edit these. To add an endpoint is to add a row.

Every call goes the way of a message: the token only to the Graph API's hosts, `appsecret_proof` where the client has an app
secret, the client's version, errors read and scrubbed, repeats. A GET and a DELETE are repeated where that helps; a POST only
where nothing can have been done, or where "May be repeated" is below. Limits of messages do not count calls. Results mirror the
API's JSON. A failure is `nil, err, details`, with every problem of a query or a body in `details.problems`.

## Any endpoint

`client:call { method =, path =, query =, body =, form =, idempotent =, timeout =, retry = }` asks any endpoint. `path` is
relative to the version; `{waba}` and `{phone}` are the client's `waba_id` and `phone_number_id`. It is a string, or a list of its
parts, for ids that come from outside: each part is escaped and stays one part. `client:pages { path =, query =, max = }` walks
through a list in pages:

```lua
for template, err in client:pages { path = "{waba}/message_templates", query = { fields = { "name", "status" } } } do
  if not template then error(err) end
  print(template.name, template.status)
end
```

The last turn has `false`, err and details where a page failed or a bound was reached (10,000 items, 1,000 pages; with `max` the
loop ends without that).

## Tables

Each method takes the ids in its path, then the query or the body, then options: `timeout`, `retry`, `mode` ("lenient" lets what
is not known here through), `idempotent`; those that walk through pages: `max`, `max_pages`.
]]

---@return string text of ENDPOINTS.md
function gen.page()
  local out = { INTRODUCTION }
  local function add(lines)
    for _, line in ipairs(lines) do out[#out + 1] = line end
  end
  for _, one in ipairs(endpoints.TABLES) do add(table_of(one)) end
  out[#out + 1] = "## Objects\n"
  for _, name in ipairs(ordered()) do add(section_of(name)) end
  return table.concat(out, "\n"):gsub("\n\n\n+", "\n\n"):match "^(.-)%s*$" .. "\n"
end

return gen
