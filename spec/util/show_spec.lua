-- Text from outside is shown in one way. Wherever the library makes a line of such text, it escapes every character that ends a
-- line, moves a cursor, turns the direction or cannot be seen.
local nginx_server = require "spec.support.nginx"
local output = require "spec.support.output"
local read = require "spec.support.read"
local scratch_folder = require "spec.support.scratch"
local show = require "whatsapp.util.show"
local webhooks = require "spec.support.webhooks"
local whatsapp = require "whatsapp"

local function character(point)
  if point < 0x80 then return string.char(point) end
  if point < 0x800 then return string.char(0xC0 + math.floor(point / 64), 0x80 + point % 64) end
  return string.char(0xE0 + math.floor(point / 4096), 0x80 + math.floor(point / 64) % 64, 0x80 + point % 64)
end

local NASTY = {}
local function add_range(from, to)
  for point = from, to do NASTY[#NASTY + 1] = character(point) end
end
add_range(0, 0x1F)
add_range(0x7F, 0x9F)
add_range(0x200E, 0x200F)
add_range(0x2028, 0x202E)
add_range(0x2066, 0x2069)
for _, point in ipairs { 0x61C, 0x200B, 0x2060, 0xFEFF } do NASTY[#NASTY + 1] = character(point) end
for _, bytes in ipairs { "\128", "\255", "\194", "\237\160\128", "\192\138", "\224\128\138" } do NASTY[#NASTY + 1] = bytes end

local ALL = "begin\n2025/01/01 00:00:00 [crit] 1#1: FORGED LINE " .. table.concat(NASTY, " ") .. " end"

-- returns a character of a line that should have been escaped
local function offence(line)
  if type(line) ~= "string" then return "no line: " .. type(line) end
  if not line:find "end" then return "it is cut: " .. line end
  for _, nasty in ipairs(NASTY) do
    if line:find(nasty, 1, true) then return (nasty:gsub(".", function(byte) return ("%02X "):format(byte:byte()) end)) end
  end
end

describe("show.line", function()
  it("escapes each such character, and no other character", function()
    for _, nasty in ipairs(NASTY) do
      local shown = show.line("a" .. nasty .. "b")
      assert.is_truthy(shown:find "^a\\[%w{}\\]+b$", shown)
      assert.equal(shown, show.line(shown))
    end
    for _, text in ipairs { "", "plain", "Grüße, 日本語, ไทย, हिन्दी", "😀 👩‍👩‍👧 🏴 ✍🏽", "\"quoted\" \\ and 'so'", "می‌خواهم" } do
      assert.equal(text, show.line(text))
    end
    assert.equal("\\n\\r\\t\\x1B\\u{202E}\\u{85}\\xFF", show.line "\n\r\t\27\226\128\174\194\133\255")
  end)

  it("cuts between characters", function()
    assert.equal("abc...", show.line("abcdef", 3))
    assert.equal("ü...", show.line("üü", 3))
    assert.equal("😀...", show.line("😀😀", 7))
    assert.equal("abc", show.line("abc", 3))
  end)

  it("takes any bytes, in linear time", function()
    math.randomseed(3)
    for _ = 1, 2000 do
      local bytes = {}
      for i = 1, math.random(30) do bytes[i] = string.char(math.random(0, 255)) end
      local line = show.line(table.concat(bytes))
      assert.is_nil(line:find "[%z\1-\31\127]" or line:find "\226\128[\142\143\168-\174]" or line:find "\194[\128-\159]")
      local rest = line:gsub("[\194-\223][\128-\191]", ""):gsub("[\224-\239][\128-\191][\128-\191]", "")
        :gsub("[\240-\244][\128-\191][\128-\191][\128-\191]", "")
      assert.is_nil(rest:find "[\128-\255]")
    end
    for _, bytes in ipairs { "\128", "\226\128\174", "\n", "\240" } do
      local started = os.clock()
      show.line(bytes:rep(300000))
      assert.is_true(os.clock() - started < 5)
    end
  end)

  it("shows any value that was raised", function()
    local function object(show_it) return setmetatable({}, { __tostring = show_it }) end
    for _, value in ipairs { object(function() error "no" end), object(function() return {} end), object(function() return 5 end), {}, false,
      5, print, object(function() error(object(error)) end) } do
      assert.is_string(show.value(value))
    end
    assert.equal("nil", show.value(nil))
    assert.is_nil(offence(show.value(object(function() return ALL end))))
  end)
end)

-- ---- doors ------------------------------------------------------------------------------------------------------------------

local function post(value, field)
  return webhooks.post(webhooks.body(value, field))
end

-- a handler whose callback, store or defer raises something; returns what it reported
local function reported(changes, request)
  local lines = {}
  local options = { app_secret = webhooks.SECRET, verify_token = webhooks.TOKEN, on = {}, on_error = function(err) lines[#lines + 1] = err end }
  for name, value in pairs(changes) do options[name] = value end
  whatsapp.webhook.handler(options)(request or post { messages = { webhooks.text("m", "x") } })
  assert(lines[1], "nothing was reported")
  return table.concat(lines, " ")
end

local function parsed(value, field)
  return assert(whatsapp.webhook.parse(webhooks.body(value, field)))[1]
end

local function raise() error(ALL, 0) end

local FAILED = { code = 131026, title = "no", message = ALL, error_data = { details = ALL } }
local DOORS = {
  ["the text of a failed status"] = function() return parsed({ statuses = { webhooks.status("m", "failed", { errors = { FAILED } }) } }).text end,
  ["the text of a message with an error"] = function()
    return parsed({ messages = { { id = "m", type = "unsupported", errors = { FAILED } } } }).text
  end,
  ["the text of an error"] = function() return parsed({ errors = { FAILED } }).text end,
  ["what a tracker says of a failure"] = function()
    local tracker = whatsapp.status.tracker { sleep = print }
    tracker:feed(parsed { statuses = { webhooks.status("m", "failed", { errors = { FAILED } }) } })
    local _, err = tracker:await("m", "read", 0)
    return err
  end,
  ["what a callback raises"] = function() return reported { on = { message = raise } } end,
  ["an object that a callback raises"] = function()
    return reported { on = { message = function() error(setmetatable({}, { __tostring = function() return ALL end })) end } }
  end,
  ["what a store raises"] = function() return reported { on = { message = print }, store = { begin = raise, done = raise, forget = raise } } end,
  ["what defer raises"] = function() return reported { on = {}, defer = raise } end,
  ["a body that is no JSON"] = function() return reported({}, webhooks.post("{" .. ALL)) .. " end" end,
  ["a challenge"] = function()
    return reported({}, { method = "GET", query = "hub.mode=" .. ALL .. "&hub.verify_token=" .. ALL, headers = {} }) .. " end"
  end,
}

-- print(event), with the text in each of its fields, of every kind
local FIELDS = { "id", "status", "field", "type", "from", "from_user_id", "to", "recipient_id", "recipient_user_id", "participant", "name",
  "text", "kind" }
for _, kind in ipairs { "message", "status", "error", "echo", "payment", "standby", "change" } do
  for _, field in ipairs(FIELDS) do
    DOORS[("print of a %s whose %s it is"):format(kind, field)] = function()
      local event = parsed { messages = { webhooks.text("m", "x") } }
      event.kind, event.from, event.text = kind, nil, nil
      if kind == "status" then event.status = "failed" end
      event[field] = "end " .. ALL
      return tostring(event) .. ((field == "field" or field == "type") and " end" or "") -- not every kind shows it
    end
  end
end
DOORS["print of a change with an event of its own"] = function() return tostring(parsed({ event = "end " .. ALL }, "account_update")) end

describe("text from outside", function()
  for door, line in pairs(DOORS) do
    it("is escaped in " .. door, function() assert.is_nil(offence(line())) end)
  end

  it("reaches a callback unchanged", function()
    local text
    whatsapp.webhook.handler { app_secret = webhooks.SECRET, verify_token = "t", on = { message = function(event) text = event.text end } }(
      post { messages = { webhooks.text("m", "a\27[2J\n\226\128\174b") } })
    assert.equal("a\27[2J\n\226\128\174b", text)
  end)
end)

-- ---- examples ---------------------------------------------------------------------------------------------------------------

local BODY = webhooks.body {
  messages = { webhooks.text("wamid.1", ALL), webhooks.text("wamid.2" .. ALL, "x", ALL), { id = "wamid.3", type = ALL } },
  statuses = { webhooks.status("wamid.4", ALL), webhooks.status(ALL, "failed", { errors = { FAILED } }) },
  contacts = { { wa_id = "16505551234", profile = { name = ALL } } },
}

-- returns the lines of a log that do not begin as the log's writer begins a line
local function forged(log)
  for line in log:gmatch "[^\n]+" do
    for _, nasty in ipairs(NASTY) do
      if line:find(nasty, 1, true) then return line end
    end
    if line:find "^2025/01/01" then return line end
  end
end

describe("the log of an example", function()
  it("cannot be forged through a CGI program", function()
    local scratch = scratch_folder.new()
    finally(scratch.remove)
    scratch.write("body", BODY)
    local said = output(("env -u WHATSAPP_TOKEN WHATSAPP_APP_SECRET='%s' WHATSAPP_VERIFY_TOKEN=t REQUEST_METHOD=POST CONTENT_LENGTH=%d "
      .. "HTTP_X_HUB_SIGNATURE_256='%s' %s examples/webhook_cgi.lua <%s 2>%s"):format(webhooks.SECRET, #BODY, webhooks.sign(BODY),
      os.getenv "LUA" or "lua5.4", scratch.path "body", scratch.path "log"))
    assert.is_truthy(said:find "^Status: 200", said)
    local log = read(scratch.path "log", "")
    assert.is_truthy(log:find("message wamid.1 begin\\n2025", 1, true), log)
    assert.is_nil(forged(log))
    local _, lines = log:gsub("\n", "")
    assert.equal(5, lines)
  end)

  it("cannot be forged through nginx", function()
    local nginx = nginx_server.start {
      conf = "examples/nginx/webhook.conf",
      env = { WHATSAPP_APP_SECRET = webhooks.SECRET, WHATSAPP_VERIFY_TOKEN = webhooks.TOKEN },
    }
    finally(nginx.stop)
    assert.equal(200, (nginx.ask("/webhook", { body = BODY, headers = { ["X-Hub-Signature-256"] = webhooks.sign(BODY) } })))
    assert(nginx.wait_for "status begin")
    assert.is_nil(forged(nginx.log()))
  end)
end)
