-- whatsapp.curl on systems without epoll, where there is no single descriptor to watch: a loop watches libcurl's sockets and
-- calls step() in time. With the loops of the transports, over cqueues, luv and without a loop. Never sends to another host.
local curl = require "whatsapp.curl"
local cqueues = require "cqueues"
local fault_server = require "spec.support.fault"
require "spec.transport.rows" -- one luv for all files
local uv = require "luv"

-- functions that wait until a socket is ready or the seconds are over
local WAYS = {}

-- cqueues polls objects with pollfd and events
function WAYS.cqueues(client, seconds)
  local list, polled = client:sockets(), {}
  for i = 1, #list, 2 do polled[#polled + 1] = { pollfd = list[i], events = list[i + 1] } end
  polled[#polled + 1] = seconds
  local unpack = table.unpack or _G.unpack -- luacheck: ignore 143
  cqueues.poll(unpack(polled))
  for i = 1, #list, 2 do cqueues.cancel(list[i]) end -- libcurl may close it, and another may get its number
end

function WAYS.luv(client, seconds)
  local list, handles, ready = client:sockets(), {}, false
  for i = 1, #list, 2 do
    local handle = uv.new_poll(list[i])
    handle:start(list[i + 1], function() ready = true end)
    handles[#handles + 1] = handle
  end
  local timer = uv.new_timer()
  timer:start(math.ceil(seconds * 1000), 0, function() ready = true end)
  while not ready do uv.run "once" end
  timer:close()
  for _, handle in ipairs(handles) do handle:close() end
  uv.run "nowait"
end

describe("the sockets of whatsapp.curl", function()
  local fault, client

  setup(function() fault = fault_server.start() end)
  teardown(function() fault.stop() end)
  before_each(function() client = curl.new { ca_file = fault.ca_file, proxy = "", timeout = 10 } end)
  after_each(function() client:close() end)

  -- 65,535 bytes are HTTP/2's first window. If a longer body has to wait for a larger window, libcurl 7.88 asks to write until the
  -- answer comes, although the whole body was sent: a busy loop that no caller can avoid.
  local BODIES = { plain = ("b"):rep(100000), h1 = ("b"):rep(100000), h2 = ("b"):rep(60000) }

  local function to(port, seconds) return { method = "POST", url = fault.url(port), body = BODIES[port], timeout = seconds } end

  -- drives the client until nothing is under way; returns the answers, and how often it waited
  local function drive(wait)
    local came, turns = {}, 0
    while client:running() > 0 do
      local seconds = math.min(client:timeout() or 1, 1)
      wait(client, seconds)
      client:step()
      turns = turns + 1
      for tag, response, _, details in function() return client:next() end do
        came[tag] = response and response.status or details.curl_code
      end
    end
    return came, turns
  end

  for way, wait in pairs(WAYS) do
    for _, port in ipairs { "plain", "h1", "h2" } do
      it(("carry many requests, watched by %s: %s"):format(way, port), function()
        fault.play_times(40, "ok")
        for i = 1, 20 do client:add(to(port), i) end
        local came = drive(wait)
        for i = 1, 20 do assert.equal(200, came[i]) end
        client:add(to(port), "again")
        assert.same({ again = 200 }, (drive(wait)))
        assert.equal(21, fault.arrivals())
      end)

      it(("let time-outs end in time, without a busy loop, watched by %s: %s"):format(way, port), function()
        fault.play "silence"
        local started, worked = curl.now(), os.clock()
        client:add(to(port, 0.5), 1)
        local came, turns = drive(wait)
        assert.same({ 28 }, came)
        assert.is_true(curl.now() - started < 3)
        assert.is_true(os.clock() - worked < 0.4)
        assert.is_true(turns < 300, turns)
      end)
    end
  end

  it("are an empty list while nothing is under way, and the list is used again", function()
    local list = { 1, 2, 3, 4, 5 }
    assert.is_true(rawequal(list, client:sockets(list)))
    assert.same({}, list)
    assert.same({}, client:sockets())
  end)
end)
