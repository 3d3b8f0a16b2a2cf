-- The exact bytes that the core must return on every processor, libc and Lua: the JSON of messages, the errors of wrong messages, and the
-- values of JSON that it reads. Each row has a name, a function that makes a text, and the expected text. The specs run the rows, and so
-- does a Lua that has only the core (spec/support/transcript.lua): so this file needs no other file. The rows are about things that differ
-- between machines: the sign of a char, the order and the alignment of bytes, the size of a pointer, the numbers of printf and strtod.
local core = require "whatsapp.core"

local golden = {}

local HEAD = '{"messaging_product":"whatsapp","recipient_type":"individual","to":"1",'

local function number(value)
  if value ~= value then return "nan" end
  if value % 1 == 0 and value > -2 ^ 53 and value < 2 ^ 53 then return ("%.0f"):format(value) end
  return math.type and math.type(value) == "integer" and ("%d"):format(value) or ("%.17g"):format(value) -- luacheck: ignore 143
end

---Returns a value as text that is the same on every Lua: names are sorted by their bytes, strings are as they are.
---@return string text
local function canonical(value)
  if value == core.null then return "null" end
  if type(value) == "number" then return number(value) end
  if type(value) == "string" then return '"' .. value .. '"' end
  if type(value) ~= "table" then return tostring(value) end
  local names, parts = {}, {}
  for name in pairs(value) do
    if type(name) == "string" then names[#names + 1] = name end
  end
  table.sort(names)
  for i, item in ipairs(value) do parts[i] = canonical(item) end
  for _, name in ipairs(names) do parts[#parts + 1] = name .. "=" .. canonical(value[name]) end
  return "{" .. table.concat(parts, " ") .. "}"
end
golden.canonical = canonical

---Returns the problems of a message, one line for each: rule, limit, actual value, error. For a valid message, returns its JSON and its
---warnings.
---@return string text
function golden.outcome(message, options)
  local json, warnings, details = core.encode(message, options)
  local lines = { json }
  for _, problem in ipairs(details and details.problems or warnings or {}) do
    lines[#lines + 1] = ("%s %s %s %s"):format(problem.rule, canonical(problem.limit), canonical(problem.actual), problem.message)
  end
  return table.concat(lines, "\n")
end

-- ---- messages, and their JSON ----

local function text(body) return { to = "1", text = { body = body } } end
local function text_json(body) return HEAD .. '"type":"text","text":{"body":"' .. body .. '"}}' end

local function place(latitude) return { to = "1", location = { latitude = latitude, longitude = "-0.5" } } end
local function place_json(latitude)
  return HEAD .. '"type":"location","location":{"latitude":' .. latitude .. ',"longitude":"-0.5"}}'
end

local function template(...)
  return { to = "1", template = { name = "n", language = { code = "en" }, components = { ... } } }
end
local function template_json(components)
  return HEAD .. '"type":"template","template":{"name":"n","language":{"code":"en"},"components":[' .. components .. "]}}"
end

local function price(amount)
  return template { type = "body", parameters = {
    { type = "currency", currency = { fallback_value = "x", code = "EUR", amount_1000 = amount } } } }
end
local function price_json(amount)
  return template_json('{"type":"body","parameters":[{"type":"currency","currency":{"fallback_value":"x","code":"EUR",'
    .. '"amount_1000":' .. amount .. "}}]}")
end

local function flow(data)
  return { to = "1", interactive = { type = "flow", body = { text = "b" }, action = { name = "flow", parameters = {
    flow_message_version = "3", flow_id = "1", flow_cta = "x", flow_action_payload = { screen = "S", data = data } } } } }
end
local function flow_json(data)
  return HEAD .. '"type":"interactive","interactive":{"type":"flow","body":{"text":"b"},"action":{"name":"flow","parameters":'
    .. '{"flow_message_version":"3","flow_id":"1","flow_cta":"x","flow_action_payload":{"screen":"S","data":' .. data .. "}}}}}"
end

local function buttons(...)
  local list = {}
  for i, title in ipairs { ... } do list[i] = { type = "reply", reply = { id = "b" .. i, title = title } } end
  return { to = "1", interactive = { type = "button", body = { text = "b" }, action = { buttons = list } } }
end

local MIXED = "\"\\/\b\f\n\r\t\0\1\31\127 \194\128 \195\169 \226\130\172 \237\159\191 \239\191\191 \240\144\128\128 \244\143\191\191"
local MIXED_JSON = [[\"\\/\b\f\n\r\t\u0000\u0001\u001f]]
  .. "\127 \194\128 \195\169 \226\130\172 \237\159\191 \239\191\191 \240\144\128\128 \244\143\191\191"

-- each row: name, message, JSON
local WRITTEN = {
  { "a text", text "Hello", text_json "Hello" },
  { "a text with every kind of byte", text(MIXED), text_json(MIXED_JSON) },
  { "a text of bytes over 127", text(("\228\189\160\229\165\189"):rep(20)), text_json(("\228\189\160\229\165\189"):rep(20)) },
  { "an id as a number", { to = 106540352242922, text = { body = "x" } },
    '{"messaging_product":"whatsapp","recipient_type":"individual","to":"106540352242922","type":"text","text":{"body":"x"}}' },
  { "the largest id that a double holds", { to = 9007199254740992.0, text = { body = "x" } },
    '{"messaging_product":"whatsapp","recipient_type":"individual","to":"9007199254740992","type":"text","text":{"body":"x"}}' },
  { "what was given instead of what is filled in",
    { type = "TEXT", recipient_type = "GROUP", messaging_product = "WhatsApp", to = "g", text = { body = "x", preview_url = false } },
    '{"messaging_product":"WhatsApp","recipient_type":"GROUP","to":"g","type":"TEXT","text":{"body":"x","preview_url":false}}' },
  { "buttons", buttons("Yes", "N\195\182"), HEAD .. '"type":"interactive","interactive":{"type":"button","body":{"text":"b"},'
    .. '"action":{"buttons":[{"type":"reply","reply":{"id":"b1","title":"Yes"}},{"type":"reply","reply":'
    .. '{"id":"b2","title":"N\195\182"}}]}}}' },
  { "free data, its names sorted by their bytes",
    flow { b = 1, a = { 1, 2.5, "x", true, core.null, {} }, ["\195\164"] = false, ["\127"] = 0, A = core.array {}, ["a b"] = "y" },
    flow_json('{"A":[],"a":[1,2.5,"x",true,null,{}],"a b":"y","b":1,"\127":0,"\195\164":false}') },
  { "an order of whole numbers", template({ type = "button", sub_type = "catalog", index = 0 },
      { type = "button", sub_type = "catalog", index = "1" }),
    template_json '{"type":"button","sub_type":"catalog","index":0},{"type":"button","sub_type":"catalog","index":"1"}' },
}

local INTEGERS = { "0", "-1", "2147483647", "2147483648", "-2147483649", "4294967295", "4294967296", "1000000000000000",
  "9007199254740991", "-9007199254740992" }
if math.maxinteger then
  INTEGERS[#INTEGERS + 1] = "9223372036854775807"
  INTEGERS[#INTEGERS + 1] = "-9223372036854775807"
end
for _, json in ipairs(INTEGERS) do
  WRITTEN[#WRITTEN + 1] = { "the whole number " .. json, price(tonumber(json)), price_json(json) }
end
for _, case in ipairs {
  { 0.1, "0.1" }, { -12.5, "-12.5" }, { 1 / 3, "0.3333333333333333" }, { 0.1 + 0.2, "0.30000000000000004" }, { 1e-7, "0.0000001" },
  { 123456.789, "123456.789" }, { 52.520006599999997, "52.520006599999995" }, { 1e21, "1000000000000000000000" },
  { 2 ^ 70, "1180591620717411300000" }, { 1.7976931348623157e308, "17976931348623157" .. ("0"):rep(292) },
  { 2.2250738585072014e-308, "0." .. ("0"):rep(307) .. "22250738585072014" },
} do
  WRITTEN[#WRITTEN + 1] = { "the number " .. case[2]:sub(1, 24), place(case[1]), place_json(case[2]) }
end

-- strings that the core copies in words of 8 and 4 bytes, in blocks of 32 bytes, and byte by byte: each length, with an escape at
-- each position
local function lengths()
  local wrong = {}
  for length = 1, 70 do
    for at = 1, length do
      local body, json = ("a"):rep(at - 1) .. "\n" .. ("b"):rep(length - at), ("a"):rep(at - 1) .. "\\n" .. ("b"):rep(length - at)
      if core.encode(text(body)) ~= text_json(json) then wrong[#wrong + 1] = length .. ":" .. at end
    end
  end
  return table.concat(wrong, " ")
end

-- ---- errors and warnings ----

-- each row: name, message, sentences, options
local SAID = {
  { "a title that is too long", buttons(("x"):rep(27)),
    "max_chars 20 27 interactive.action.buttons[1].reply.title: 27 characters, at most 20" },
  { "characters, not bytes", text(("\240\159\152\128"):rep(4097)), "max_chars 4096 4097 text.body: 4097 characters, at most 4096" },
  { "a number that is none", { to = 0 / 0, text = { body = "x" } },
    'type nil "nan" to: must be a string or a whole number, got nan' },
  { "the other number that is none", { to = -(0 / 0), text = { body = "x" } },
    'type nil "nan" to: must be a string or a whole number, got nan' },
  { "a number without end", { to = -1 / 0, text = { body = "x" } },
    'type nil "-inf" to: must be a string or a whole number, got -inf' },
  { "a fraction for an id", { to = 0.1, text = { body = "x" } },
    'type nil "0.10000000000000001" to: must be a string or a whole number, got 0.10000000000000001' },
  { "a place without end", place(1 / 0), "range nil nil location.latitude: must be finite" },
  { "a negative id", { to = -5, text = { body = "x" } }, "range 0 -5 to: -5, an id is not negative" },
  { "bytes that are no UTF-8", text "ab\192\175", "utf8 nil 3 text.body: not UTF-8 from byte 3 on" },
  { "half a surrogate pair", text "\237\160\128", "utf8 nil 1 text.body: not UTF-8 from byte 1 on" },
  { "names with bytes over 127", { to = "1", text = { body = "x", ["\255\n\"\\"] = 1, ["n\195\182"] = 2 } },
    'unknown nil nil text["n\195\182"]: no such field (there are body, preview_url)\n'
      .. 'unknown nil nil text["\\255\\010\\"\\\\"]: no such field (there are body, preview_url)' },
  { "a date in bytes over 127", { to = "1", contacts = { { name = { formatted_name = "n", first_name = "n" },
      birthday = "199\195\182-01-1" } } },
    'format nil "199\195\182-01-1" contacts[1].birthday: must be a date as YYYY-MM-DD, got "199\195\182-01-1"' },
  { "a link that is none", { to = "1", image = { link = "\195\182://e.com" } },
    'format nil "\195\182://e.com" image.link: must be an http:// or https:// link, got "\195\182://e.com"' },
  { "an id that stands twice, as a number and as a string", { to = "1", interactive = { type = "button", body = { text = "b" },
      action = { buttons = { { type = "reply", reply = { id = 9007199254740991, title = "A" } },
        { type = "reply", reply = { id = "9007199254740991", title = "B" } } } } } },
    'unique nil "9007199254740991" interactive.action.buttons[2].reply.id: "9007199254740991" occurs twice, must be unique' },
  { "an index that is out of range", template { type = "button", sub_type = "catalog", index = 4294967296 },
    "range 9 4294967296 template.components[1].index: 4294967296, must be 0 to 9" },
  { "a misspelt name", { to = "1", text = { body = "x", preview_ulr = true } },
    "unknown nil nil text.preview_ulr: no such field, did you mean `preview_url`?" },
  { "a type that is new", { to = "1", type = "gif", gif = { speed = 4294967296 } },
    '{"messaging_product":"whatsapp","recipient_type":"individual","to":"1","type":"gif","gif":{"speed":4294967296}}\n'
      .. 'enum nil "gif" type: must be "text", "image", "video", "audio", "document", "sticker", "location", "contacts", "reaction", '
      .. '"template", "interactive" or "pin", got "gif"', { mode = "lenient" } },
  { "free data that holds itself", flow((function() local t = {} t.t = t return t end)()),
    "depth 100 nil interactive.action.parameters.flow_action_payload.data.t: a table that holds itself" },
}

-- ---- JSON that the core reads ----

-- each row: JSON, the value that the core reads
local READ = {
  { ' { "a" : [ 1 , -2.5e1 , true , false , null , "x" , { } , [ ] ] , "" : 0 }\r\n\t',
    '{=0 a={1 -25 true false null "x" {} {}}}' },
  { '[0.1,1e-7,123456.789,1e21,5e-324,1e400,2147483648,-4294967296,9007199254740991]',
    "{0.10000000000000001 9.9999999999999995e-08 123456.789 1e+21 4.9406564584124654e-324 inf 2147483648 -4294967296 9007199254740991}" },
  { [["\"\\\/\b\f\n\r\t\u0000\u007f\u0080\u07ff\u0800\uffff\ud83d\uDE00\ud800"]],
    "\"\"\\/\b\f\n\r\t\0\127\194\128\223\191\224\160\128\239\191\191\240\159\152\128\239\191\189\"" },
  { '"\255\128\0\1"', "\"\255\128\0\1\"" },
  { "[\255]", "no value at byte 2" },
  { '{"a":1,}', "no name at byte 8" },
  { '"\\u12g4"', "no \\u escape at byte 4" },
  { ("["):rep(101), "too deep at byte 102" },
}

local function read(json)
  local value, problem = core.decode(json)
  if value == nil then return problem end
  return canonical(value)
end

---@return { name: string, make: (fun(): string), wanted: string }[]
function golden.rows()
  local rows = {}
  for _, case in ipairs(WRITTEN) do
    rows[#rows + 1] = { name = "writes " .. case[1], make = function() return golden.outcome(case[2]) end, wanted = case[3] }
  end
  rows[#rows + 1] = { name = "writes texts of every length", make = lengths, wanted = "" }
  for _, case in ipairs(SAID) do
    rows[#rows + 1] = { name = "speaks of " .. case[1], wanted = case[3],
      make = function() return golden.outcome(case[2], case[4]) end }
  end
  for _, case in ipairs(READ) do
    rows[#rows + 1] = { name = "reads " .. case[1]:sub(1, 24):gsub("[^ -~]", "."), make = function() return read(case[1]) end, wanted = case[2] }
  end
  return rows
end

return golden
