-- The webhooks of a box: their bytes, their signature, their attempts, their bounds and their log. In this process, in virtual time; one
-- case runs openssl.
local escaped = require "whatsapp.sandbox.escaped"
local json = require "whatsapp.wire.json"
local output = require "spec.support.output"
local sandbox = require "whatsapp.sandbox"
local whatsapp = require "whatsapp"

local URL = "http://127.0.0.1:9/hook"
local WORDS = "Grüße / @ 😀 مرحبا \1 \"quoted\" \\"

-- Returns a box that posts to a URL, a driver, and the list of posts. The driver answers each post with answer(post, its number).
local function new_box(answer, options)
  local posts = {}
  options = options or {}
  options.app_secret, options.webhook = options.app_secret or "secret", URL
  local box = sandbox.new(options)
  local function drive()
    while true do
      local effects = box:run()
      if not effects[1] then return end
      for _, effect in ipairs(effects) do
        posts[#posts + 1] = effect.post
        posts[#posts].at = box.clock:now()
        effect.done(answer(effect.post, #posts))
      end
    end
  end
  return box, drive, posts
end

local function ok() return { status = 200, headers = {}, body = "" } end

-- moves the clock to the next work, and runs the driver
local function step(box, drive)
  box.clock:advance(box:due() or 0)
  drive()
end

describe("a webhook of the sandbox", function()
  it("is ASCII, escaped as the API escapes, and verifies over its bytes", function()
    local box, drive, posts = new_box(ok)
    box:user("16505551234"):writes(WORDS)
    drive()
    local post = posts[1]
    assert.is_nil(post.body:find "[\128-\255]")
    for _, form in ipairs { [[\u00fc]], [[\/]], [[\u0040]], [[\ud83d\ude00]], [[\u0645]], [[\u0001]], [[\"quoted\"]] } do
      assert.is_truthy(post.body:find(form, 1, true), form)
    end
    assert.is_nil(post.body:find "\\u%x*[A-F]")
    local signature = post.headers["x-hub-signature-256"]
    assert.is_true(whatsapp.webhook.verify(post.body, signature, "secret"))
    assert.is_falsy((whatsapp.webhook.verify(post.body .. " ", signature, "secret")))
    assert.equal(WORDS, assert(whatsapp.webhook.parse(post.body))[1].text)
    assert.same({ "facebookexternalua", "application/json", URL }, { post.headers["user-agent"], post.headers["content-type"], post.url })
  end)

  it("has the signature that openssl computes", function()
    local box, drive, posts = new_box(ok)
    box:user("16505551234"):writes(WORDS)
    drive()
    local path = os.tmpname()
    local file = io.open(path, "wb")
    file:write(posts[1].body)
    file:close()
    local said = output("openssl dgst -sha256 -hmac secret " .. path)
    os.remove(path)
    assert.equal(posts[1].headers["x-hub-signature-256"], "sha256=" .. said:match "(%x+)%s*$")
  end)

  it("has the real time of its attempt in the log, not the time by which a test moves the clock", function()
    local real = 1800000000
    local box = sandbox.new { webhook = "http://127.0.0.1:1/", now = function() return real end }
    box:user("16505551234"):writes "x"
    local effect = box:run()[1]
    real = real + 0.25
    box.clock:advance(3600)
    effect.done { status = 200, body = "" }
    assert.equal(250, box.shelves.deliveries.list[1].attempts[1].ms)
  end)

  it("has the same bytes in every run", function()
    local bodies = {}
    for i = 1, 2 do
      local box, drive, posts = new_box(ok, { now = function() return 1764000000 end })
      box:user("16505551234"):writes "hi"
      drive()
      bodies[i] = posts[1].body
    end
    assert.equal(bodies[1], bodies[2])
  end)

  it("is repeated over seven days, until the endpoint answers 200", function()
    local box, drive, posts = new_box(function(_, count) return { status = count == 5 and 200 or 500, headers = {}, body = "no" } end)
    local start = box.clock:now()
    box:user("16505551234"):writes "hi"
    drive()
    while box:due() do step(box, drive) end
    local times = {}
    for i, post in ipairs(posts) do times[i] = post.at - start end
    assert.same({ 0, 5, 30, 300, 3600 }, times)
    local kept = box.shelves.deliveries.list[1]
    assert.same({ "done", 5, 500, 200 }, { kept.state, #kept.attempts, kept.attempts[1].status, kept.attempts[5].status })
  end)

  it("is dropped with an event after seven days; only 200 is a success", function()
    for _, answer in ipairs { { status = 201 }, { status = 204 }, { status = 302 }, { status = 404 }, { status = 503 }, {} } do
      local box, drive, posts = new_box(function()
        if not answer.status then return nil, "timed out" end
        return { status = answer.status, headers = {}, body = "" }
      end)
      box:user("16505551234"):writes "hi"
      drive()
      while box:due() do step(box, drive) end
      assert.equal(11, #posts)
      local events = box:events()
      local last = events[#events]
      assert.same({ "delivery", "dropped", 11 }, { last.kind, last.state, last.attempt })
      assert.is_truthy(box:line(last):find("dropped", 1, true))
      assert.equal(0, box.waiting.count)
      assert.equal(posts[1].body, posts[11].body)
    end
  end)

  it("is posted while at most 15 others are under way to its endpoint; another one begins when one ends", function()
    local box = sandbox.new { webhook = URL }
    for i = 1, 40 do box:user("16505551234"):writes("number " .. i) end
    local effects = box:run()
    assert.equal(16, #effects)
    assert.same({}, box:run())
    effects[1].done(ok())
    effects[1].done(ok()) -- a second call changes nothing
    local more = box:run()
    assert.equal(1, #more)
    for i = 2, 16 do effects[i].done(nil, "reset") end
    more[1].done(ok())
    local rest = 0
    for _ = 1, 10 do
      for _, effect in ipairs(box:run()) do
        rest = rest + 1
        effect.done(ok())
      end
    end
    assert.equal(23, rest)
    assert.equal(15, box.waiting.count)
  end)

  it("that is under way during a reset has no effect later", function()
    local box = sandbox.new { webhook = URL }
    for i = 1, 20 do box:user("16505551234"):writes("number " .. i) end
    local effects = box:run()
    box:user("16505551234"):writes "never fetched"
    box:reset()
    for _, effect in ipairs(effects) do effect.done(nil, "reset") end
    assert.same({ 0, nil }, { box.waiting.count, box:due() })
    for i = 1, 20 do box:user("16505551234"):writes("again " .. i) end
    assert.equal(16, #box:run())
    assert.equal(20, box.waiting.count)
  end)

  it("that waits for a place goes to a new endpoint", function()
    local box = sandbox.new { webhook = URL }
    for i = 1, 20 do box:user("16505551234"):writes("number " .. i) end
    local effects = box:run()
    require("whatsapp.sandbox.deliveries").set_endpoint(box, "http://127.0.0.1:9/new")
    local more = box:run()
    assert.same({ 4, "http://127.0.0.1:9/new" }, { #more, more[1].post.url })
    effects[1].done(nil, "hangs")
    box.clock:advance(5)
    assert.equal("http://127.0.0.1:9/new", box:run()[1].post.url)
  end)

  it("is dropped with an event if it is the oldest of more than 10,000 that wait", function()
    local box = sandbox.new { webhook = URL }
    local ana = box:user "16505551234"
    for i = 1, 10003 do ana:writes("number " .. i) end
    assert.equal(10000, box.waiting.count)
    local dropped = 0
    for _, event in ipairs((box:events())) do
      if event.kind == "delivery" and event.state == "dropped" then dropped = dropped + 1 end
    end
    assert.equal(3, dropped)
  end)

  it("is not kept after it was dropped, also if its endpoint never answers", function()
    local box = sandbox.new { webhook = URL }
    local deliveries = require "whatsapp.sandbox.deliveries"
    for _ = 1, 30 do
      for _ = 1, 1000 do deliveries.send(box, { number = "1", what = "text" }, "{}") end
      box:run()
    end
    assert.equal(10000, box.waiting.count)
    assert.is_true(box.endpoints[""].ready:size() <= 20000, box.endpoints[""].ready:size())
  end)

  it("explains a signature that the endpoint refuses", function()
    local box, drive = new_box(function() return { status = 401, headers = {}, body = "bad signature" } end)
    box:user("16505551234"):writes(WORDS)
    drive()
    local attempt = box.shelves.deliveries.list[1].attempts[1]
    assert.equal("bad signature", attempt.answer)
    assert.is_truthy(attempt.hint)
    local plain = escaped.plain(box.shelves.deliveries.list[1].body)
    assert.is_truthy(plain:find("Grüße / @ 😀 مرحبا \\u0001 \\\"quoted\\\" \\\\", 1, true), plain)
    assert.same(json.decode(plain), json.decode(box.shelves.deliveries.list[1].body))
    assert.is_true(whatsapp.webhook.verify(plain, attempt.reserialised, "secret"))
  end)

  it("goes only to the endpoint of its number", function()
    local box = sandbox.new { numbers = { "1", "2" } }
    local deliveries = require "whatsapp.sandbox.deliveries"
    box:user("16505551234"):writes("to nowhere", { number = "1" })
    assert.equal(0, #box:run())
    deliveries.set_endpoint(box, "http://127.0.0.1:9/two", "2")
    box:user("16505551234"):writes("to 1", { number = "1" })
    box:user("16505551234"):writes("to 2", { number = "2" })
    local effects = box:run()
    assert.same({ 1, "http://127.0.0.1:9/two" }, { #effects, effects[1].post.url })
  end)

  it("is repeated if its handler raises or returns no response", function()
    for _, handle in ipairs { function() error "broken" end, function() end, function() return 5 end } do
      local count = 0
      local box = sandbox.new { webhook = function(request)
        count = count + 1
        if count < 3 then return handle(request) end
        return ok()
      end }
      assert.is_nil((box:user("16505551234"):writes "hi"))
      box.clock:advance(60)
      assert.same({ 3, 0 }, { count, box.waiting.count })
    end
  end)

  it("to a handler whose response has a metatable that raises, or an odd status or body, is repeated", function()
    local function raise() error("on purpose", 0) end
    local odd = {
      { status = 404.5 }, { status = "1e999" }, { status = 0 / 0 }, { status = {} }, { body = "" },
      { status = 500, body = setmetatable({}, { __tostring = raise }) }, { status = 500, body = {} },
      setmetatable({}, { __index = raise }), setmetatable({}, { __tostring = raise }),
    }
    for i, response in ipairs(odd) do
      local count = 0
      local box = sandbox.new { webhook = function()
        count = count + 1
        return count < 3 and response or ok()
      end }
      box:user("16505551234"):writes "hi"
      box.clock:advance(60)
      assert.same({ 3, 0 }, { count, box.waiting.count }, i)
      count = 0
      assert.is_true(require("whatsapp.sandbox.deliveries").handshake(box))
      assert.is_false(box.handshaken.ok, i)
      assert.is_string(box.handshaken.problem, i)
    end
  end)

  it("comes although the coroutine of a handler that yields vanishes", function()
    local firm = _VERSION == "Lua 5.1" and not rawget(_G, "jit") -- it cannot yield in a handler
    if firm then return end
    local count = 0
    local box = sandbox.new { webhook = function()
      count = count + 1
      if count == 1 then coroutine.yield() end
      return ok()
    end }
    assert(coroutine.resume(coroutine.create(function() box:user("16505551234"):writes "hi" end)))
    collectgarbage()
    collectgarbage()
    assert.equal(1, count)
    box:user("16505551234"):writes "hi again"
    box.clock:advance(60)
    assert.equal(2, count)
  end)

  it("is handled once by webhook.handler, although four attempts fail", function()
    local handled, tries = 0, 0
    local handle = whatsapp.webhook.handler { app_secret = "s", verify_token = "v", on = { message = function() handled = handled + 1 end } }
    local box = sandbox.new { app_secret = "s", webhook = function(request)
      tries = tries + 1
      local response = handle(request)
      return tries < 5 and { status = 500, headers = {}, body = "" } or response
    end }
    box:user("16505551234"):writes "hi"
    box.clock:advance(4000)
    assert.same({ 1, 5 }, { handled, tries })
  end)
end)

describe("the handshake of the sandbox", function()
  local deliveries = require "whatsapp.sandbox.deliveries"

  it("works with a handler, and reports what is wrong", function()
    local handle = whatsapp.webhook.handler { app_secret = "s", verify_token = "right", on = {} }
    local box = sandbox.new { webhook = handle, verify_token = "right" }
    assert.is_true(deliveries.handshake(box))
    assert.is_true(box.handshaken.ok)
    box = sandbox.new { webhook = handle, verify_token = "wrong" }
    deliveries.handshake(box)
    assert.same({ false, "the endpoint answered 403 , not the challenge" }, { box.handshaken.ok, box.handshaken.problem })
    assert.is_nil((deliveries.handshake(sandbox.new())))
  end)

  it("is a GET that the driver sends", function()
    local box = sandbox.new { webhook = URL .. "?a=1", verify_token = "a b&c" }
    deliveries.handshake(box)
    local effect = box:run()[1]
    assert.equal("GET", effect.post.method)
    local challenge = effect.post.url:match "hub%.challenge=(%d+)"
    assert.is_truthy(effect.post.url:find("?a=1&hub.mode=subscribe&", 1, true))
    assert.is_truthy(effect.post.url:find("hub.verify_token=a%20b%26c", 1, true))
    effect.done { status = 200, headers = {}, body = challenge }
    assert.is_true(box.handshaken.ok)
    effect.done(nil, "refused")
    assert.same({ false, "refused" }, { box.handshaken.ok, box.handshaken.problem })
  end)
end)
