-- The stream of events: the text that a reader gets, and the end of the stream. A table takes the place of nginx, and no function
-- really waits.
local json = require "whatsapp.wire.json"
local sandbox = require "whatsapp.sandbox"
local stream = require "whatsapp.sandbox.stream"

-- Serves a stream to a reader { after, headers, waits, flushes, exits }. after: a parameter of the URL; waits: for each wait its seconds,
-- or a function to call; flushes: how many flushes succeed before the reader has left; exits: the number of waits after which nginx ends.
-- Returns the text of the stream, the seconds that each wait asked for, and the table in place of nginx.
local function read_stream(box, reader)
  local out, waits, now, left = {}, {}, 1000, reader.flushes or 3
  local ngx = {
    header = {}, var = { arg_after = reader.after },
    req = { get_headers = function() return reader.headers or {} end },
    now = function() return now end, worker = { exiting = function() return reader.exits and #waits >= reader.exits or false end },
    print = function(text) out[#out + 1] = text end,
    flush = function()
      left = left - 1
      return left > 0 or nil
    end,
  }
  local readers = { wait = function(_, seconds)
    waits[#waits + 1] = seconds
    local step = (reader.waits or {})[#waits]
    if type(step) == "function" then step() end
    now = now + (type(step) == "number" and step or seconds)
  end }
  stream.serve(ngx, box, readers)
  return table.concat(out), waits, ngx
end

local function numbers_of(text)
  local list = {}
  for number in text:gmatch "id: (%d+)\n" do list[#list + 1] = tonumber(number) end
  return list
end

local function write(box, count)
  for i = 1, count do box:user("16505551234"):writes("event " .. i) end
end

describe("the stream of events", function()
  it("is text/event-stream: a comment first, then each event with its number and one line of JSON", function()
    local box = sandbox.new()
    write(box, 2)
    local text, _, ngx = read_stream(box, { after = "0" })
    assert.equal("text/event-stream; charset=utf-8", ngx.header["content-type"])
    assert.equal("no-store", ngx.header["cache-control"])
    assert.is_truthy(text:find "^: [^\n]+\n\n")
    local rest = text:gsub("^: [^\n]+\n\n", ""):gsub("id: %d+\ndata: ([^\n]+)\n\n", function(line)
      assert(json.decode(line))
      return ""
    end)
    assert.equal("", (rest:gsub(":\n\n", "")))
    assert.same({ 1, 2 }, numbers_of(text))
  end)

  it("continues after Last-Event-ID, else after ?after=, else begins with the next event", function()
    local box = sandbox.new()
    write(box, 5)
    local last = box.journal.last
    local cases = {
      { { headers = { ["last-event-id"] = tostring(last - 2) } }, { last - 1, last } },
      { { after = tostring(last - 1) }, { last } },
      { { headers = { ["last-event-id"] = tostring(last - 1) }, after = "0" }, { last } },
      { { headers = { ["last-event-id"] = "no number" }, after = tostring(last - 1) }, { last } },
      { { headers = { ["last-event-id"] = "no number" }, after = "x" }, {} },
      { {}, {} },
      { { after = tostring(last + 100) }, {} },
    }
    for i, case in ipairs(cases) do assert.same(case[2], numbers_of((read_stream(box, case[1]))), i) end
    local text = read_stream(box, { flushes = 4, waits = { function() write(box, 1) end } })
    assert.same({ last + 1 }, numbers_of(text))
  end)

  it("tells a slow reader once about a gap, and continues with the oldest event that is left", function()
    local box = sandbox.new()
    box.journal.max = 10
    write(box, 30)
    local text = read_stream(box, { after = "1", flushes = 4 })
    local _, gaps = text:gsub("event: gap\ndata: {}\n\n", "")
    local numbers = numbers_of(text)
    assert.equal(1, gaps)
    assert.is_true(text:find("event: gap", 1, true) < text:find("id: ", 1, true))
    assert.same({ box.journal.first, box.journal.last }, { numbers[1], numbers[#numbers] })
    assert.is_nil(read_stream(box, { after = tostring(box.journal.first - 1) }):find("gap", 1, true))
  end)

  it("sends a comment after 15 seconds without an event", function()
    local box = sandbox.new()
    local text, waits = read_stream(box, { flushes = 4, waits = { 15, 15, 15 } })
    assert.same({ 15, 15, 15 }, waits)
    assert.equal((":\n\n"):rep(3), (text:gsub("^: [^\n]+\n\n", "")))
    text = read_stream(box, { flushes = 3, exits = 3, waits = { 1, 1, 1 } })
    assert.is_nil(text:find "\n:\n\n")
  end)

  it("ends if the reader has left or nginx ends, and sends its bytes in chunks", function()
    local box = sandbox.new()
    write(box, 200)
    local text = read_stream(box, { after = "0", flushes = 2 })
    assert.equal(64, #numbers_of(text)) -- one chunk; its flush failed
    assert.equal("", (read_stream(box, { after = "0", exits = 0 }):gsub("^: [^\n]+\n\n", "")))
    local big = sandbox.new()
    for _ = 1, 40 do big:user("16505551234"):writes(("x"):rep(20000)) end
    local chunk = read_stream(big, { after = "0", flushes = 2 })
    assert.is_true(#chunk < 512 * 1024, #chunk)
  end)

  it("keeps no events for a reader", function()
    local readers = stream.readers { now = function() return 0 end }
    local names = {}
    for name in pairs(readers) do names[#names + 1] = name end
    table.sort(names)
    assert.same({ "ngx", "waiting" }, names)
    local box = sandbox.new()
    write(box, 100)
    local before = #box.journal:after(0)
    read_stream(box, { after = "0", flushes = 2 })
    assert.equal(before, #box.journal:after(0))
  end)

  it("refuses a foreign Host and a foreign Origin", function()
    local box = sandbox.new()
    for _, headers in ipairs { { host = "evil.example" }, { origin = "https://evil.example" } } do
      local text, _, ngx = read_stream(box, { headers = headers, after = "0" })
      assert.equal(403, ngx.status)
      assert.is_nil(text:find "id: ")
    end
  end)
end)
