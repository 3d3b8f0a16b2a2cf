-- If the system accepts no byte of a request at the first try, libcurl sends the request later, and counts its bytes in another
-- way: the transport still reports that it may have been sent. Only on Linux, where LD_PRELOAD can delay a send; elsewhere there
-- are no cases. Never sends to another host.
local preloaded = require "spec.support.preloaded"
local rows = require "spec.transport.rows"

-- a separate program, which prints the outcome of its last request
local PROGRAM = [[
local ca_file, url, count = (...):match "^(.-) (.-) (.*)$"
local transport = require("whatsapp.transport.curl").new { ca_file = ca_file, proxy = "", timeout = 10 }
local response, text, details
for _ = 1, tonumber(count) do
  response, text, details = transport { method = "POST", url = url, body = ("b"):rep(3000) }
end
io.write(response and response.status
  or ("%s, retryable %s, sent %s"):format(details.kind, tostring(details.retryable), tostring(details.may_have_been_sent)))
]]

describe("a request that the system takes late", function()
  if not preloaded.possible() then return end
  local place = preloaded.new "transport/put_off.c"
  setup(place.start)
  teardown(place.stop)

  local function said_of(port, count)
    return place.said("PUT_OFF=" .. count, PROGRAM, ("%s %s %d"):format(place.fault.ca_file, place.fault.url(port), count))
  end

  rows.over(rows.ALL, "is answered", function(port)
    place.fault.play "ok"
    assert.equal("200", said_of(port, 1))
    assert.equal(1, place.fault.arrivals())
  end)

  for _, step in ipairs { "close", "half-head", "half-body" } do
    rows.over(rows.ALL, "and arrives may have been sent, on a new connection that ends by " .. step, function(port)
      place.fault.play(step, "ok")
      assert.equal("transport, retryable false, sent true", said_of(port, 1))
      assert.equal(1, place.fault.arrivals())
    end)
  end

  rows.over(rows.ALL, "and arrives may have been sent, on a kept connection that ends by close", function(port)
    place.fault.play("ok", "close", "ok")
    assert.equal("transport, retryable false, sent true", said_of(port, 2))
    assert.equal(2, place.fault.arrivals())
  end)
end)
