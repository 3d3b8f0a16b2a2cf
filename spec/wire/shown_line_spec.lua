-- Text from outside in the outcomes of a send: whatever a header, an answer, a transport or a hook says, err and the texts of
-- details are one line each, without a character that ends a line, moves a cursor or turns the direction of reading.
local memory = require "whatsapp.transport.memory"
local shown = require "whatsapp.wire.shown"
local values = require "whatsapp.util.values"
local whatsapp = require "whatsapp"

local BAD = { -- bytes, and how they are shown
  { "\n", "\\n" }, { "\r", "\\r" }, { "\0", "\\x00" }, { "\7", "\\x07" }, { "\27[2J", "\\x1B[2J" }, { "\127", "\\x7F" },
  { "\194\155", "\\u{9B}" }, { "\226\128\174", "\\u{202E}" }, { "\226\128\168", "\\u{2028}" }, { "\226\129\166", "\\u{2066}" },
  { "\239\187\191", "\\u{FEFF}" }, { "\255", "\\xFF" }, { "\194\133", "\\u{85}" }, { "\226\128\169", "\\u{2029}" },
  { "\216\156", "\\u{61C}" }, { "\192\128", "\\xC0\\x80" }, { "\237\160\128", "\\xED\\xA0\\x80" },
}
local NOT_IN_JSON = { ["\255"] = true, ["\192\128"] = true, ["\237\160\128"] = true }

local function quoted(bytes) -- as JSON
  return '"' .. bytes:gsub('[%c"\\]', function(byte) return ("\\u%04x"):format(byte:byte()) end) .. '"'
end

local function answer(body, headers) return { status = 400, headers = headers or {}, body = body } end

-- a place where text from outside comes in -> the options of a client, or its transport
local DOORS = {
  message = function(text) return answer('{"error":{"code":100,"message":' .. quoted(text) .. "}}") end,
  reason = function(text) return answer('{"error":{"code":100,"error_data":{"details":' .. quoted(text) .. "}}}") end,
  plain_reason = function(text) return answer('{"error":{"code":100,"error_data":' .. quoted(text) .. "}}") end,
  title = function(text) return answer('{"error":{"code":100,"error_user_title":' .. quoted(text) .. "}}") end,
  user_message = function(text) return answer('{"error":{"code":100,"error_user_msg":' .. quoted(text) .. "}}") end,
  type = function(text) return answer('{"error":{"code":100,"type":' .. quoted(text) .. "}}") end,
  fbtrace_id = function(text) return answer('{"error":{"code":100,"fbtrace_id":' .. quoted(text) .. "}}") end,
  trace_header = function(text) return answer("{}", { ["x-fb-trace-id"] = text }) end,
  content_type = function(text) return answer("<html>", { ["content-type"] = text }) end,
  content_encoding = function(text) return answer("<html>", { ["content-encoding"] = text }) end,
  transport = function(text) return { err = text, details = { kind = "transport", retryable = false, may_have_been_sent = true } } end,
  hook = function(text) return nil, { before_send = function() return nil, text end } end,
  raising_hook = function(text) return nil, { before_send = function() error(text, 0) end } end,
  token = function(text) return nil, { token = function() return nil, text end } end,
  store = function(text) return nil, { limiter = { store = { take = function() return nil, text end } } } end,
}

-- a place in an answer that is accepted -> the JSON of the answer
local ACCEPTED = {
  id = '{"messages":[{"id":%s}]}',
  wa_id = '{"messages":[{"id":"1"}],"contacts":[{"wa_id":%s}]}',
  input = '{"messages":[{"id":"1"}],"contacts":[{"input":%s}]}',
  user_id = '{"messages":[{"id":"1"}],"contacts":[{"user_id":%s}]}',
  message_status = '{"messages":[{"id":"1","message_status":%s}]}',
}

-- a member of `details` or `info` that is printed
local FACTS = {
  "code", "http_status", "refused_by", "attempts", "waited", "stamp", "trace_id", "media_id", "kind", "message", "reason",
  "error_user_title", "error_user_msg", "advice", "hint",
}

local IN_JSON = {
  message = true, reason = true, plain_reason = true, title = true, user_message = true, type = true, fbtrace_id = true,
}

local TEXTS = { "message", "reason", "error_user_title", "error_user_msg", "type", "trace_id" } -- the strings in details

describe("a text from outside", function()
  for door, open in pairs(DOORS) do
    it("comes as one line that can be shown: " .. door, function()
      for _, row in ipairs(BAD) do
        local text = "before" .. row[1] .. "after"
        if not (NOT_IN_JSON[row[1]] and IN_JSON[door]) then
          local reply, changes = open(text)
          local logged = {}
          local options = {
            token = "a-token-of-a-test", phone_number_id = "1", transport = memory.new { reply or answer "{}" }, retry = false,
            log = function(entry) logged[#logged + 1] = entry.error or "" end,
          }
          for name, value in pairs(changes or {}) do options[name] = value end
          local _, err, details = whatsapp.new(options):send { to = "1", text = { body = "x" } }
          local seen = { err, tostring(details):gsub("\n  ", " "), table.concat(logged) }
          for _, name in ipairs(TEXTS) do seen[#seen + 1] = details[name] or "" end
          local found = false
          for _, one in ipairs(seen) do
            assert.is_nil(one:find(row[1], 1, true), door .. ": " .. one)
            if one:find(row[2], 1, true) then found = true end
          end
          assert.is_true(found, door .. " " .. row[2] .. ": " .. table.concat(seen, " | "))
        end
      end
    end)
  end
end)

describe("print of a text from outside", function()
  local function is_shown(row, printed)
    assert.is_nil(printed:find(row[1], 1, true), printed)
    assert.truthy(printed:find("before" .. row[2] .. "after", 1, true), printed)
  end

  local function send(reply)
    local options = { token = "a-token-of-a-test", phone_number_id = "1", transport = memory.new { reply }, retry = false }
    return whatsapp.new(options):send { to = "1", text = { body = "x" } }
  end

  for name, body in pairs(ACCEPTED) do
    it("escapes it in a result: " .. name, function()
      for _, row in ipairs(BAD) do
        if not NOT_IN_JSON[row[1]] then
          local text = quoted("before" .. row[1] .. "after")
          is_shown(row, tostring((send { status = 200, headers = {}, body = body:format(text) })))
        end
      end
    end)
  end

  it("escapes it in the result of a call, and in info", function()
    for _, row in ipairs(BAD) do
      local text = "before" .. row[1] .. "after"
      is_shown(row, tostring(shown.result { id = text }))
      local reply = { status = 200, headers = { ["x-fb-trace-id"] = text }, body = '{"messages":[{"id":"1"}]}' }
      is_shown(row, tostring((select(3, send(reply)))))
    end
  end)

  for _, name in ipairs(FACTS) do
    it("escapes it in details: " .. name, function()
      for _, row in ipairs(BAD) do
        local details = shown.details { kind = "api", retryable = false, may_have_been_sent = false }
        details[name] = "before" .. row[1] .. "after"
        is_shown(row, (tostring(details):gsub("\n  ", " ")))
      end
    end)
  end

  it("escapes it in problems and warnings", function()
    for _, row in ipairs(BAD) do
      local problem = { message = "before" .. row[1] .. "after" }
      is_shown(row, (tostring(shown.details { kind = "invalid", problems = { problem } }):gsub("\n  ", " ")))
      is_shown(row, (tostring(setmetatable({ warnings = { problem } }, shown.INFO)):gsub("\n  ", " ")))
    end
  end)
end)

-- An error of the user's code, or a text that the user passes -> the texts that are made of it.
local ACCEPTS = '{"messages":[{"id":"wamid.1"}]}'
local CLOSED = '{"error":{"code":131047,"message":"m"}}'

local function client_of(options, body)
  options.token, options.phone_number_id, options.waba_id, options.retry = "a-token-of-a-test", "1", "2", false
  options.transport = options.transport or memory.new(function() return { status = body == CLOSED and 400 or 200, headers = {}, body = body } end)
  return whatsapp.new(options)
end

local function sent(options, body, send_options)
  return select(3, client_of(options, body):send({ to = "1", text = { body = "x" } }, send_options))
end

local function template(options)
  return select(3, client_of(options, ACCEPTS):send { to = "1", template = { name = "n", language = { code = "en" } } })
end

local function first_warning(details) return details.warnings[1].message end
local function raised(call, ...) return select(2, pcall(call, ...)) end
local function is_path(text) return type(text) == "string" and not text:find("\0", 1, true) end

local TEXTS_OF = {
  ["log of a success"] = function(raise) return sent({ log = raise }, ACCEPTS).log_error end,
  ["log of a failure"] = function(raise) return sent({ log = raise }, CLOSED).log_error end,
  ["observe of a success"] = function(raise) return sent({ observe = raise }, ACCEPTS).observe_error end,
  ["observe of a failure"] = function(raise) return sent({ observe = raise }, CLOSED).observe_error end,
  fallback = function(raise) return sent({}, CLOSED, { fallback = raise }).fallback_error end,
  on_progress = function(raise)
    local _, _, _, details = client_of({}, ACCEPTS):each({ { to = "1", text = { body = "x" } } }, { on_progress = raise }):next()
    return details.progress_error
  end,
  ["progress of an upload"] = function(raise)
    local _, _, details = client_of({}, '{"id":"1"}').media:upload({ data = "%PDF-1.4", filename = "a.pdf" }, { progress = raise })
    return details.progress_error
  end,
  ["store of templates that raises"] = function(raise) return first_warning(template { templates = { definitions = raise } }) end,
  ["store of templates that fails"] = function(_, text)
    return first_warning(template { templates = { definitions = function() return nil, text end } })
  end,
  ["languages of a template"] = function(_, text)
    if type(text) ~= "string" then return end
    local _, _, details = whatsapp.templates.check({ name = "n", language = text, components = {} },
      { to = "1", template = { name = "n", language = { code = "en" } } })
    return details.problems[1].limit
  end,
  ["status to wait for"] = function(_, text)
    return raised(function() whatsapp.status.tracker { sleep = print }:await("1", text, 1) end)
  end,
  ["path of a file"] = function(_, text)
    if not is_path(text) then return end
    return select(2, client_of({}, ACCEPTS).media:upload("/none/" .. text))
  end,
  ["field of a file"] = function(_, text)
    return raised(function() client_of({}, ACCEPTS).media:upload { [text] = 1 } end)
  end,
  ["path of a download"] = function(_, text)
    if not is_path(text) then return end
    return select(2, require("whatsapp.media.file").place("/none", "/none/" .. text))
  end,
  ["a store of an outbox that raises"] = function(raise)
    return select(2, whatsapp.outbox.new({ store = setmetatable({ get = raise }, { __index = whatsapp.outbox.memory() }) }):get "1")
  end,
  ["a store of an outbox that fails"] = function(_, text)
    local store = setmetatable({ claim = function() return nil, text end }, { __index = whatsapp.outbox.memory() })
    return select(2, whatsapp.outbox.new({ store = store }):step(client_of({}, ACCEPTS)))
  end,
  ["an error that an outbox keeps"] = function(_, text)
    local outbox = whatsapp.outbox.new { store = whatsapp.outbox.memory() }
    assert(outbox:put({ to = "1", text = { body = "x" } }, { key = "one" }))
    local function transport() return nil, text, { kind = "transport", retryable = false, may_have_been_sent = false } end
    outbox:step(client_of({ transport = memory.new(transport) }, ACCEPTS))
    return type(text) == "string" and outbox:get("one").error or nil
  end,
  ["an error of a socket before a request"] = function(_, text) return select(2, require("whatsapp.transport.failure").unsent(text)) end,
  ["an error of a socket after a request"] = function(_, text)
    return type(text) == "string" and select(2, require("whatsapp.transport.failure").lost({}, text)) or nil
  end,
  ["word for an entry of an outbox"] = function(_, text)
    return raised(function() whatsapp.outbox.new { store = whatsapp.outbox.memory() }:resolve("1", text) end)
  end,
  ["key of a list of messages"] = function(_, text) return raised(function() client_of({}, ACCEPTS):each { [text] = 1 } end) end,
  ["id in the sandbox"] = function(_, text)
    if not (is_path(text) and values.is_utf8(text)) then return end
    local user = require("whatsapp.sandbox").new():user "16505551234"
    return raised(user.reads, user, text)
  end,
}

describe("an error or a text of the user", function()
  local OBJECTS = {
    setmetatable({}, { __tostring = function() error("no text", 0) end }),
    setmetatable({}, { __tostring = function() return {} end }),
  }

  for name, make in pairs(TEXTS_OF) do
    it("is shown as one line: " .. name, function()
      for _, row in ipairs(BAD) do
        local text = "before" .. row[1] .. "after"
        local line = make(function() error(text, 0) end, text)
        if line then
          assert.is_nil(line:find(row[1], 1, true), line)
          assert.truthy(line:find("before" .. row[2] .. "after", 1, true), line)
        end
      end
      for _, object in ipairs(OBJECTS) do
        local line = make(function() error(object, 0) end, object)
        if line then assert.truthy(line:find("a table that has no text", 1, true), line) end
      end
    end)
  end

  it("shows no token", function()
    for _, name in ipairs { "log", "observe" } do
      for _, body in ipairs { ACCEPTS, CLOSED } do
        local details = sent({ [name] = function() error("the token is a-token-of-a-test", 0) end }, body)
        assert.equal("the token is ***", details[name .. "_error"])
      end
    end
  end)
end)
