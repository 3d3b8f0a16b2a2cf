-- The user's code around a client gives odd values, or raises errors that have no text: hooks, stores, token functions, transports,
-- headers and details. Each message has one outcome, which can be printed; nothing raises, and nothing waits for ever. Never touches
-- a network.
local memory = require "whatsapp.transport.memory"
local whatsapp = require "whatsapp"

local function raise() error("on purpose", 0) end
local RAISING = setmetatable({}, {
  __tostring = raise, __index = raise, __len = raise, __pairs = raise, __eq = raise, __lt = raise, __le = raise, __concat = raise,
})
local NO_STRING = setmetatable({}, { __tostring = function() return 5 end })
local ODD = { RAISING, NO_STRING, true, false, 0 / 0, 1 / 0, -1, 5, "x", "a\nb", {}, { "x", "y" }, print }

-- how a function gives a value
local WAYS = {
  returns = function(value) return function() return value end end,
  ["returns nil and"] = function(value) return function() return nil, value end end,
  raises = function(value) return function() error(value, 0) end end,
}

local ACCEPTS, CLOSED = '{"messages":[{"id":"wamid.1"}],"id":"1"}', '{"error":{"code":131047,"message":"m"}}'
local TEMPLATE = { template = { name = "x", language = { code = "en" } } }

local function answers(status, body, headers)
  return function() return { status = status, headers = headers or {}, body = body } end
end

local function headers_of(value)
  return {
    ["x-fb-trace-id"] = value, ["retry-after"] = value, ["content-type"] = value, ["content-encoding"] = value, ["x-app-usage"] = value,
  }
end

-- a place of the user's code -> the options of a client, and of a call; gets a function and the value that it gives
local PLACES = {
  before_send = function(give) return { before_send = give } end,
  log = function(give) return { log = give } end,
  observe = function(give) return { observe = give } end,
  on_warning = function(give) return { on_warning = give } end,
  token = function(give) return { token = give } end,
  ["token and app secret"] = function(give) return { token = give, app_secret = "abcdefghij" } end,
  ["store of limits"] = function(give) return { limiter = { store = { take = give } } } end,
  ["store of templates"] = function(give) return { waba_id = "1", templates = { definitions = give } } end,
  media_store = function(give) return { media_store = { get = give, set = give, delete = give } } end,
  transport = function(give) return { transport = give } end,
  fallback = function(give) return { transport = memory.new(answers(400, CLOSED)) }, { fallback = give } end,
  window = function(give) return {}, { window = { open = give }, fallback = TEMPLATE } end,
  status = function(_, value) return { transport = function() return { status = value, headers = {}, body = ACCEPTS } end } end,
  body = function(_, value) return { transport = answers(200, value) } end,
  headers = function(_, value) return { transport = answers(200, ACCEPTS, value) } end,
  ["headers of a failure"] = function(_, value) return { transport = answers(400, "<", value) } end,
  ["values of headers"] = function(_, value) return { transport = answers(200, ACCEPTS, headers_of(value)) } end,
  ["values of headers of a failure"] = function(_, value) return { transport = answers(400, "<", headers_of(value)) } end,
  details = function(_, value)
    return { transport = function()
      return nil, "e", {
        kind = value, retryable = value, may_have_been_sent = value, retry_after = value, code = value, http_status = value, hint = value,
      }
    end }
  end,
  progress_error = function(_, value)
    return { transport = function() return { status = 200, headers = {}, body = ACCEPTS, progress_error = value } end }
  end,
}

local FILE = { data = "%PDF-1.4", filename = "a.pdf" }
local TEXT = { to = "1", text = { body = "x" } }

local function is_outcome(result, err, details)
  assert.is_true(result ~= nil or (type(err) == "string" and type(details) == "table"))
  assert.is_string(tostring(result))
  assert.is_string(tostring(details))
  if err then assert.is_nil(err:find "%c") end
end

describe("each message has one outcome", function()
  for place, make in pairs(PLACES) do
    for way, giver in pairs(WAYS) do
      it(("where the user's code %s an odd value: %s"):format(way, place), function()
        for i = 1, #ODD do
          local value = ODD[i]
          local options, send_options = make(giver(value), value)
          options.token, options.phone_number_id, options.retry = options.token or "tokentoken", "1", { attempts = 2, total = 10 }
          options.transport = options.transport or memory.new(answers(200, ACCEPTS))
          if options.limiter == nil then options.limiter = false end
          local client = whatsapp.new(options)
          is_outcome(client:send(TEXT, send_options))
          is_outcome(client:send({ to = "1", template = TEMPLATE.template }, send_options))
          is_outcome(client:call { path = "x" })
          is_outcome(client:send_file("1", FILE))
          is_outcome(client.media:upload(FILE))
          local count = 0
          for _, result, err, details in client:each({ TEXT, TEXT }, send_options) do
            is_outcome(result, err, details)
            count = count + 1
          end
          assert.equal(2, count)
        end
      end)
    end
  end

  it("and says what a store or a book raised, though the message is sent", function()
    local function sent(options, send_options, call)
      options.token, options.phone_number_id, options.transport = "tokentoken", "1", memory.new(answers(200, ACCEPTS))
      local client = whatsapp.new(options)
      local result, _, info = call(client, send_options)
      assert.is_table(result)
      return info
    end
    local function send(client, options) return client:send(TEXT, options) end
    local function send_file(client) return client:send_file("1", FILE) end
    local store = { get = raise, set = raise, delete = raise }
    assert.equal("on purpose", sent({}, { window = { open = raise }, fallback = TEMPLATE }, send).fallback_error)
    assert.equal("the store's set: on purpose", sent({ media_store = store }, nil, send_file).store_error)
  end)
end)
