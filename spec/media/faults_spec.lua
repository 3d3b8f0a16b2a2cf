-- Files over each transport, real sockets and a server that misbehaves on purpose: what arrives, how often, and that no
-- incomplete file remains. Never sends to another host.
local crypto = require "whatsapp.crypto"
local files = require "spec.support.files"
local multipart = require "whatsapp.sandbox.multipart"
local read = require "spec.support.read"
local rows = require "spec.transport.rows"
local scratch_folder = require "spec.support.scratch"
local whatsapp = require "whatsapp"

local ALL, over, JSON = rows.ALL, rows.over, rows.JSON
local SUM = crypto.digest("sha256"):update(JSON):final()
local ID = 'json {"id":"77"}'

rows.describe("under client.media", function(t)
  local scratch = scratch_folder.new()
  local target = scratch.path "target"
  teardown(scratch.remove)
  after_each(scratch.empty)

  -- the transport with a sleep that does not wait
  local function hurried(transport)
    return setmetatable({ now = transport.now, sleep = function() end }, {
      __call = function(_, request) return transport(request) end,
    })
  end

  local function media_over(port, options)
    return whatsapp.new {
      token = "tokentoken", phone_number_id = "106", base_url = t.fault.url(port, ""), transport = hurried(t.open(options)),
    }.media
  end

  -- returns the step that answers a look-up: the file is at this server
  local function found(port, changes)
    local facts = { sum = SUM, size = #JSON, url = t.fault.url(port, "/file?hash=never-shown") }
    for name, value in pairs(changes or {}) do facts[name] = value end
    return ('json {"url":"%s","mime_type":"application/json","sha256":"%s","file_size":%d,"id":"77"}')
      :format(facts.url, facts.sum, facts.size)
  end

  local function leaves_nothing() assert.same({}, scratch.list()) end

  local function fails(port, expected, arrivals)
    local got, text, details = media_over(port):download("77", target, { timeout = 2 })
    assert.is_nil(got)
    assert.is_nil(text:find("never-shown", 1, true))
    assert.equal(expected, details.kind)
    assert.equal(arrivals, t.fault.arrivals(arrivals))
    leaves_nothing()
    return text, details
  end

  over(ALL, "uploads a file as a form, byte for byte", function(port)
    t.fault.play(ID)
    local bytes = files.pdf .. ("\0\r\n--x\255"):rep(20000)
    local uploaded = assert(media_over(port):upload(scratch.write('a "b"\n.pdf', bytes)))
    assert.equal("77", uploaded.id)
    local body = t.fault.body()
    local parts = assert(multipart.parse(body, (body:match "^%-%-([^\r]+)\r\n")))
    assert.same({ "messaging_product", "type", "file" }, { parts[1].name, parts[2].name, parts[3].name })
    assert.same({ "whatsapp", "application/pdf" }, { parts[1].data, parts[2].data })
    assert.same({ 'a "b".pdf', "application/pdf" }, { parts[3].filename, parts[3].type })
    assert.is_true(parts[3].data == bytes)
    assert.equal(1, t.fault.arrivals())
  end)

  over(ALL, "does not repeat an upload that may have arrived", function(port)
    for _, step in ipairs { "close", "half-body", "html 502", "error 500 131000" } do
      t.fault.play(step, ID)
      local uploaded, _, details = media_over(port):upload { data = files.pdf, filename = "a.pdf" }
      assert.same({ nil, true }, { uploaded, details.may_have_been_sent }, step)
      assert.equal(1, t.fault.arrivals(1))
    end
  end)

  over(ALL, "repeats an upload that was refused before it was read", function(port)
    t.fault.play("error 429 130429", ID)
    local _, _, info = assert(media_over(port):upload { data = files.pdf, filename = "a.pdf" })
    assert.same({ 2, 2 }, { info.attempts, t.fault.arrivals(2) })
  end)

  over(ALL, "downloads what is whole", function(port)
    t.fault.play(found(port), "ok")
    local got = assert(media_over(port):download("77", target))
    assert.same({ #JSON, SUM, true }, { got.size, got.sha256, got.verified })
    assert.equal(JSON, read(target))
    assert.same({ "target" }, scratch.list())
  end)

  over(ALL, "begins anew where a download was cut in the middle", function(port)
    t.fault.play(found(port), "half-chunked", "ok")
    local _, _, info = assert(media_over(port):download("77", target))
    assert.same({ JSON, 2, 3 }, { read(target), info.attempts, t.fault.arrivals(3) })
    t.fault.play(found(port), "half-chunked", "half-chunked", "half-chunked")
    assert(os.remove(target))
    fails(port, "transport", 4)
  end)

  over(ALL, "refuses another content", function(port)
    t.fault.play(found(port, { sum = ("0"):rep(64) }), "ok")
    assert.is_truthy(fails(port, "protocol", 2):find("SHA%-256"))
    t.fault.play(found(port, { size = 100 }), "ok")
    assert.is_truthy(fails(port, "protocol", 2):find("got 11 of 100 bytes", 1, true))
  end)

  over(ALL, "ends a body that does not end, and does not ask again", function(port)
    t.fault.play(found(port, { size = 100000 }), "endless-body", "ok")
    local started = os.clock()
    assert.is_truthy(fails(port, "transport", 2):find("longer than 100000 bytes", 1, true))
    assert.is_true(os.clock() - started < 5)
    t.fault.play(found(port, { size = 100000 }), "huge-body", "ok")
    fails(port, "transport", 2)
  end)

  over(ALL, "refuses a page", function(port)
    t.fault.play(found(port, { size = 1000 }), "html 200")
    assert.equal("got 26 bytes of HTML, expected application/json", (fails(port, "protocol", 2)))
  end)

  over(ALL, "looks up once more what has expired", function(port)
    t.fault.play(found(port), "empty 404", found(port), "ok")
    assert(media_over(port):download("77", target))
    assert.same({ JSON, 4 }, { read(target), t.fault.arrivals(4) })
    assert(os.remove(target))
    t.fault.play(found(port), "empty 410", found(port), "empty 404")
    fails(port, "protocol", 4)
  end)

  over(ALL, "does not go where it is sent", function(port)
    t.fault.play(found(port), "redirect " .. t.fault.url(port, "/elsewhere"), "ok")
    local text, details = fails(port, "protocol", 2)
    assert.is_truthy(text:find("not followed", 1, true))
    assert.equal(302, details.http_status)
  end)

  over(ALL, "does not go where a look-up points to if that is another host", function(port)
    t.fault.play(found(port, { url = t.fault.url("plain", "/x"):gsub("127.0.0.1", "localhost") }), "ok")
    fails(port, "protocol", 1)
  end)

  if t.row.loop then
    it("does not block the loop, and may wait in the sink", function()
      local loop, media = t.row.loop(), media_over "h2"
      local bytes, ticks, ended = 0, 0, false
      t.fault.play(found("h2", { size = 300000, sum = "" }), "slow-bytes 300000")
      loop.spawn(function()
        assert(media:download("77", function(piece)
          loop.sleep(0.01)
          bytes = bytes + #piece
        end))
        ended = true
      end)
      loop.spawn(function()
        while not ended do
          loop.sleep(0.01)
          ticks = ticks + 1
        end
      end)
      loop.run()
      assert.same({ 300000, true }, { bytes, ticks > 5 })
    end)
  end

  over(ALL, "gives up what comes too slowly", function(port)
    t.fault.play(found(port, { size = 1000000 }), "trickle", "trickle", "trickle")
    local got, _, details = media_over(port):download("77", target, { timeout = 0.4 })
    assert.same({ nil, "transport", 3 }, { got, details.kind, details.attempts })
    leaves_nothing()
  end)
end)
