-- How many connections libcurl opens, and when they end: a few to an HTTP/2 server, one for each request in flight to an HTTP/1.1
-- server; the client retires each connection before the server ends it. Against nginx with its defaults. Never sends to another
-- host.
local curl = require "whatsapp.curl"
local fault_server = require "spec.support.fault"
local read = require "spec.support.read"
local sandbox = require "whatsapp.sandbox.server"
local whatsapp = require "whatsapp"

local SLOW = (os.getenv "LD_PRELOAD" or ""):find "vgpreload" ~= nil
local MANY = SLOW and 2000 or 20000 -- messages
local AT_MOST = 4 -- connections to an HTTP/2 server

-- connections to a port of 127.0.0.1 that are open now, seen from the side that opened them
local function open_connections(port)
  local count, wanted = 0, ("0100007F:%04X 01"):format(port)
  for line in io.lines "/proc/net/tcp" do
    if line:match "^%s*%d+: %S+ (%S+ %S+)" == wanted then count = count + 1 end
  end
  return count
end

-- adds `count` requests, `in_flight` at once; returns the statuses and, for a port, the most connections that were open
local function send_all(client, request, count, in_flight, port)
  local statuses, begun, ended, most = {}, 0, 0, 0
  local function begin()
    begun = begun + 1
    assert(client:add(request, begun))
  end
  while begun < math.min(in_flight, count) do begin() end
  while ended < count do
    client:wait(1)
    if port and ended % 25 == 0 then most = math.max(most, open_connections(port)) end
    for _, response, _, details in function() return client:next() end do
      ended = ended + 1
      local what = response and response.status or details.may_have_been_sent and "lost" or "unsent"
      statuses[what] = (statuses[what] or 0) + 1
      if begun < count then begin() end
    end
  end
  return statuses, most
end

describe("connections over libcurl", function()
  local fault, server, client

  setup(function() fault, server = fault_server.start(), sandbox.start() end)
  teardown(function()
    fault.stop()
    server.stop()
  end)
  after_each(function()
    if client then client:close() end
    client = nil
  end)

  local function open(more)
    local options = { ca_file = fault.ca_file, proxy = "" }
    for name, value in pairs(more or {}) do options[name] = value end
    client = curl.new(options)
    return client
  end

  local function to(port) return { method = "POST", url = fault.url(port), body = "x", headers = {} } end

  it("are at most four to an HTTP/2 server, with 300 in flight", function()
    local count = 900
    fault.play_times(count, "ok")
    assert.same({ [200] = count }, (send_all(open(), to "h2", count, 300)))
    assert.is_true(fault.connections() <= AT_MOST, fault.connections())
    assert.equal(count, fault.arrivals(count))
  end)

  it("are at most four at a time to nginx, also while one is retired", function()
    if read("/proc/net/tcp", "") == "" then return pending "no /proc" end
    open { ca_file = server.ca_file }
    local request = { method = "GET", url = server.base_url .. "/v26.0/1", headers = { Authorization = "Bearer tokentoken" } }
    local statuses, most = send_all(client, request, 4000, 300, server.port)
    assert.is_nil(statuses.lost)
    assert.is_nil(statuses.unsent)
    assert.is_true(most >= 1 and most <= AT_MOST, most)
  end)

  for _, port in ipairs { "plain", "h1" } do
    it("are one for each request in flight, and no more, to an HTTP/1.1 server: " .. port, function()
      local count = 40
      fault.play_times(count, "gather " .. count) -- the server answers after all requests have come
      assert.same({ [200] = count }, (send_all(open { timeout = 10 }, to(port), count, count)))
      assert.equal(count, fault.connections())
      fault.play_times(2 * count, "ok")
      -- libcurl may treat a connection as busy although it has just read its answer, and open another connection
      local statuses, more = send_all(client, to(port), 2 * count, count)
      assert.same({ [200] = 2 * count }, statuses)
      assert.is_true(more <= count / 2, more)
      assert.is_true(fault.connections() <= count, fault.connections())
    end)
  end

  it("is one connection for one request at a time", function()
    for _, port in ipairs { "plain", "h1", "h2" } do
      fault.play_times(10, "ok")
      open()
      for _ = 1, 10 do assert.equal(200, client:perform(to(port)).status) end
      assert.equal(1, fault.connections())
    end
  end)

  describe("end after max_requests,", function()
    for _, port in ipairs { "plain", "h1", "h2" } do
      it("one at a time: " .. port, function()
        fault.play_times(12, "ok")
        open { max_requests = 5 }
        for _ = 1, 12 do assert.equal(200, client:perform(to(port)).status) end
        assert.equal(3, fault.connections())
        assert.equal(12, fault.arrivals())
      end)
    end

    it("many at a time: each request takes as long as the others", function()
      local count, each = 200, 20
      fault.play_times(count, "ok")
      assert.same({ [200] = count }, (send_all(open { max_requests = each }, to "h2", count, 10)))
      assert.is_true(fault.connections() >= count / each, fault.connections())
      assert.is_true(fault.connections() <= 2 * count / each, fault.connections())
      assert.equal(count, fault.arrivals())
    end)

    for _, port in ipairs { "plain", "h1" } do
      it("not sooner if more requests than that are in flight: " .. port, function()
        local count, each = 300, 10
        fault.play_times(count, "ok")
        assert.same({ [200] = count }, (send_all(open { max_requests = each }, to(port), count, 3 * each)))
        assert.is_true(fault.connections() >= count / each, fault.connections())
        assert.is_true(fault.connections() <= 4 * count / each, fault.connections())
      end)
    end

    it("for each request if max_requests is 1", function()
      fault.play_times(30, "ok")
      assert.same({ [200] = 30 }, (send_all(open { max_requests = 1 }, to "h2", 30, 10)))
      assert.equal(30, fault.connections())
    end)
  end)

  it("accepts max_requests only as a whole number from 1 on", function()
    for _, wrong in ipairs { 0, -1, 1.5, "x", {}, 2 ^ 40 } do
      assert.is_false((pcall(curl.new, { max_requests = wrong })))
    end
  end)

  for _, in_flight in ipairs { 1, 64, 300 } do
    local count = in_flight == 1 and MANY / 10 or MANY
    it(("%d messages, %d in flight, to nginx: all accepted, none ambiguous, none twice"):format(count, in_flight), function()
      local sender = whatsapp.new {
        token = "tokentoken", phone_number_id = "106540352242922", base_url = server.base_url, ca_file = server.ca_file,
        proxy = "", limiter = false, retry = false,
      }
      local given, told, ids = 0, {}, {}
      local function source()
        if given == count then return nil end
        given = given + 1
        return { to = "16505551234", text = { body = "x" } }
      end
      for _, sent, text in sender:each(source, { concurrency = in_flight }) do
        local what = sent and (ids[sent.messages[1].id] and "twice" or "sent") or text
        if sent then ids[sent.messages[1].id] = true end
        told[what] = (told[what] or 0) + 1
      end
      sender:close()
      assert.same({ sent = count }, told)
    end)
  end
end)
