-- A program for any Lua that has only the core: `lua transcript.lua`. Checks the golden rows; exits with 1 if one of them is wrong. Also
-- prints the results for right and wrong values of every field of the schema, so that the transcripts of two machines can be compared
-- byte by byte.
package.path = "./?.lua;./lua/?.lua;./lua/?/init.lua;" .. package.path

local core = require "whatsapp.core"
local generate = require "spec.support.generate"
local golden = require "spec.support.golden"
local whatsapp = require "whatsapp"

local failures = 0

local function hold(row)
  local ok, made = pcall(row.make)
  if ok and made == row.wanted then return end
  failures = failures + 1
  io.stderr:write(("%s:\n  wanted %q\n  got    %q\n"):format(row.name, row.wanted, tostring(made)))
end

-- values that most fields refuse, with another problem for each kind of field
local LONG = ("\195\182"):rep(5000)
local ODD = { false, -1, 0.1, 4294967296, "", "\255", LONG, {}, { 1 }, { x = 1 }, core.null, 0 / 0 }

local function print_row(row)
  local function with(change)
    local message = generate.message(row)
    change(generate.place(message, row))
    print((golden.outcome(message):gsub(LONG, "(long)")))
  end
  print(("-- %s (%s)"):format(row.path, row.object))
  with(function() end)
  with(function(parent) parent[row.name] = nil end)
  for _, value in ipairs(ODD) do
    with(function(parent) parent[row.name] = value end)
  end
end

-- prints a request, an answer and a webhook: they need the Lua files around the core, but not libcurl
local function print_exchange()
  local sent
  local client = whatsapp.new { token = "t", phone_number_id = "1", transport = function(request)
    sent = request
    return { status = 200, headers = {}, body = '{"messages":[{"id":"wamid.1"}],"contacts":[{"wa_id":"16505551234"}]}' }
  end }
  print(golden.canonical(assert(client:send { to = 16505551234, text = { body = "Hello" } })))
  print(golden.canonical(sent))
  local _, text, details = whatsapp.parse_response { status = 400, headers = {}, body = '{"error":{"code":131056,"message":"no"}}' }
  print(golden.canonical { text, details })
  print(golden.canonical(whatsapp.webhook.parse('{"object":"whatsapp_business_account","entry":[{"id":"1","changes":[{"field":"messages",'
    .. '"value":{"metadata":{"phone_number_id":"1"},"messages":[{"from":"1","id":"wamid.2","timestamp":"4294967296","type":"text",'
    .. '"text":{"body":"N\\u00f6"}}]}}]}]}')))
end

local rows = golden.rows()
for _, row in ipairs(rows) do hold(row) end
print(golden.canonical { core.schema() })
local seen = {}
for _, row in ipairs(whatsapp.schema()) do
  local field = row.object .. "." .. row.name
  if not seen[field] then print_row(row) end
  seen[field] = true
end
print_exchange()
io.stderr:write(("%s: %d golden rows, %d not as they must be\n"):format(_VERSION, #rows, failures))
os.exit(failures == 0 and 0 or 1)
