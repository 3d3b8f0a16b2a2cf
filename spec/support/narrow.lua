-- A program for a Lua whose integers and floats have 32 bits (`make 32bits`). It checks that the client writes each number exactly, and
-- refuses a number that this Lua may not hold exactly. Prints the wrong rows, and how many rows passed; exits with 1 if a row is wrong.
assert(math.maxinteger == 2147483647 and 2 ^ 24 + 1 == 2 ^ 24, "this Lua was not built with LUA_32BITS") -- luacheck: ignore 143

local core = require "whatsapp.core"
local memory = require "whatsapp.transport.memory"
local whatsapp = require "whatsapp"

local function written(message, options)
  local json, text = core.encode(message, options)
  return json or text
end

local function id(to, options)
  local json, text = core.encode({ to = to, text = { body = "x" } }, options)
  return json and json:match '"to":(.-),"type"' or text
end

local function place(latitude)
  return written { to = "1", location = { latitude = latitude, longitude = "0" } }:match '"latitude":(.-),' or "refused"
end

local function free(value)
  return written { to = "1", interactive = { type = "flow", body = { text = "b" }, action = { name = "flow", parameters = {
    flow_message_version = "3", flow_id = "1", flow_cta = "x", flow_action_payload = { screen = "S", data = { x = value } },
  } } } }:match '"data":{"x":(.-)}' or "refused"
end

local function order(amount)
  return written { to = "1", template = { name = "n", language = { code = "en" }, components = {
    { type = "body", parameters = { { type = "currency", currency = { fallback_value = "x", code = "EUR", amount_1000 = amount } } } },
  } } }:match '"amount_1000":(.-)}' or "refused"
end

local function read(json)
  local value, problem = core.decode(json)
  if value == nil then return problem end
  if type(value) == "number" then return ("%s %s"):format(math.type(value), tostring(value)) end -- luacheck: ignore 143
  return type(value) .. " " .. tostring(value)
end

-- returns the id in the URL to which a client with this phone_number_id sends; "refused" if whatsapp.new refuses the id
local function number_of(phone_number_id)
  local transport = memory.new(function() return { status = 200, headers = {}, body = '{"messages":[{"id":"wamid.X"}]}' } end)
  local made, client = pcall(whatsapp.new, { token = "t", phone_number_id = phone_number_id, transport = transport })
  if not made then return "refused" end
  assert(client:send { to = "1", text = { body = "x" } })
  return transport.requests[1].url:match "/(%d+)/messages$"
end

-- returns a member of the event that webhook.parse makes from a webhook with large numbers
local function webhook(member)
  local events = assert(whatsapp.webhook.parse([[{"object":"whatsapp_business_account","entry":[{"id":"1","changes":[{"field":
    "messages","value":{"metadata":{"phone_number_id":"106540352242922"},"messages":[{"id":"w","from":"16505551234","timestamp":
    "1749416383","type":"text","text":{"body":"x"}}]}}]}]}]]))
  return tostring(events[1][member])
end

local TOO_LARGE = "to: must be a string or a whole number, got %s, too large to be exact: write it as a string"

-- each row: the subject, the expected result, the result
local rows = {
  -- ids: 32-bit integers are exact; 16505551234 is a float here, with another value
  { "an integer", '"2147483647"', id(2147483647) },
  { "a whole float", '"16777215"', id(16777215.0) },
  { "2^24, which may have been 2^24 + 1", TOO_LARGE:format "16777216", id(16777217.0) },
  { "a phone number", TOO_LARGE:format "16505550848", id(16505551234) },
  { "a phone number, leniently", TOO_LARGE:format "16505550848", id(16505551234, { mode = "lenient" }) },
  { "the id of a number", TOO_LARGE:format "106540354764800", id(106540352242922) },
  { "a phone number as a string", '"16505551234"', id "16505551234" },
  -- integers
  { "an amount", "2147483647", order(2147483647) },
  { "a negative one", "-2147483648", order(math.mininteger) },
  { "an amount that is too large", "refused", order(3000000000) },
  -- coordinates: the client writes the shortest digits that read back as the same float
  { "a coordinate", "52.520008", place(52.520008) },
  { "a coordinate", "-122.42533", place(-122.425331) },
  { "a tenth", "0.1", place(0.1) },
  { "a third", "0.33333334", place(1 / 3) },
  { "a whole degree", "7", place(7.0) },
  { "something small", "0.0000001", place(1e-7) },
  { "infinity", "refused", place(1 / 0) },
  -- free-form data: the client writes each digit of the float
  { "a float beyond 2^24", "16777216", free(16777217.0) },
  { "a float beyond 2^31", "16505550848", free(16505551234) },
  { "a float beyond 2^53", "100000000000000000000", free(1e20) },
  { "a fraction", "2.5", free(2.5) },
  { "the largest float", "340282350000000000000000000000000000000", free(3.40282347e38) },
  -- numbers that are read
  { "2147483647", "integer 2147483647", read "2147483647" },
  { "-2147483648", "integer -2147483648", read "-2147483648" },
  { "2147483648", "string 2147483648", read "2147483648" },
  { "-2147483649", "string -2147483649", read "-2147483649" },
  { "4294967297, which is 1 in 32 bits", "string 4294967297", read "4294967297" },
  { "an id", "string 106540352242922", read "106540352242922" },
  { "20 digits", "string 12345678901234567890", read "12345678901234567890" },
  { "a float", "float 0.1", read "0.1" },
  { "a float with an exponent", "float 1e+20", read "1e20" },
  -- webhooks and the client
  { "when a message came", "1749416383", webhook "timestamp" },
  { "who wrote it", "16505551234", webhook "from" },
  { "the number it came to", "106540352242922", webhook "phone_number_id" },
  { "a number's id as a string", "106540352242922", number_of "106540352242922" },
  { "as an integer", "2147483647", number_of(2147483647) },
  { "as a float that it is not", "refused", number_of(106540352242922) },
}

-- Floats of this Lua read back as the same value: powers of 2, their neighbours, and some values between them.
local seen, same = 0, 0
for exponent = -100, 100 do
  for _, factor in ipairs { 1, 1 + 2 ^ -23, 2 - 2 ^ -23, 1.1, 4 / 3, 1.7320508 } do
    local value = factor * 2.0 ^ exponent
    seen = seen + 1
    if tonumber(free(value)) == value and core.decode(place(-value)) + 0 == -value then same = same + 1 end
  end
end
rows[#rows + 1] = { "floats that read back as themselves", seen, same }

local passed = 0
for _, row in ipairs(rows) do
  if row[2] == row[3] then passed = passed + 1
  else io.write(("%s: wanted %s, got %s\n"):format(row[1], row[2], row[3])) end
end
io.write(("%d of %d rows passed\n"):format(passed, #rows))
os.exit(passed == #rows and 0 or 1)
