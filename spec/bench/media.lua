-- Measures what 100 MB cost in memory and time on the way to and from files, over the transport over libcurl, and with
-- client.media around it, and a server of 127.0.0.1: prints the peak of this process with each, and judges nothing. Run by
-- `make bench-media`; Linux only, which tells a process its peak.
local crypto = require "whatsapp.crypto"
local fault_server = require "spec.support.fault"
local read = require "spec.support.read"
local scratch_folder = require "spec.support.scratch"
local whatsapp = require "whatsapp"

local SIZE = 100 * 1024 * 1024
local PIECE = 64 * 1024

-- returns the largest resident set of this process so far, in KiB
local function peak() return tonumber(read("/proc/self/status"):match "VmHWM:%s*(%d+)") end

local function write_large(scratch)
  local path = scratch.write("large", "")
  local file = assert(io.open(path, "wb"))
  for number = 1, SIZE / PIECE do assert(file:write(("%016d"):format(number):rep(PIECE / 16))) end
  file:close()
  return path
end

local function hash(path)
  local digest, file = crypto.digest "sha256", assert(io.open(path, "rb"))
  for piece in function() return file:read(PIECE) end do digest:update(piece) end
  file:close()
  return digest:final()
end

local function row(...) print(("%-34s %8s %10s %10s"):format(...)) end

local function measure(what, clock, call)
  local before, started = peak(), clock()
  call()
  row(what, ("%.2f"):format(clock() - started), before, peak() - before)
end

local fault, scratch = fault_server.start(), scratch_folder.new()

-- the client checks and hashes a file before it sends it; it hashes a fetched file, then moves it to its place
local function measure_client(path, transport)
  local client = whatsapp.new { token = "t", phone_number_id = "1", base_url = fault.url("h2", ""), transport = transport }
  local target = scratch.path "fetched"
  measure("client.media:upload", transport.now, function()
    fault.play "swallow id"
    assert(client.media:upload(path, { type = "application/x-large", progress = function() end }))
  end)
  fault.play("bytes " .. SIZE)
  assert(client.media:download(fault.url("h2", "/file"), target)) -- for its sum
  local found = ('json {"url":"%s","sha256":"%s","file_size":%d}'):format(fault.url("h2", "/file"), hash(target), SIZE)
  for what, sink in pairs { ["to a path"] = target, ["into a sink"] = function() end } do
    measure("client.media:download " .. what, transport.now, function()
      fault.play(found, "bytes " .. SIZE)
      assert(client.media:download("77", sink, { progress = function() end }).verified)
    end)
  end
end

local function run()
  local path = write_large(scratch)
  local transport = require("whatsapp.transport.curl").new { ca_file = fault.ca_file, proxy = "", timeout = 60 }
  assert(transport { method = "GET", url = fault.url("h1", "/") }) -- libcurl and its TLS are loaded

  local function send(changes)
    local request = { method = "POST", url = fault.url(changes.port, "/") }
    for name, value in pairs(changes) do request[name] = value end
    local response, text = transport(request)
    return assert(response, text)
  end

  row("100 MiB", "seconds", "KiB before", "KiB more")
  measure("SHA-256 of a file, in pieces", transport.now, function() hash(path) end)
  for _, port in ipairs { "plain", "h1", "h2" } do
    measure("upload of a form, " .. port, transport.now, function()
      fault.play "swallow"
      send { port = port, form = { { name = "file", file = path, filename = "large", type = "application/pdf" } } }
      assert(tonumber(fault.body()) > SIZE)
    end)
    measure("upload of a body, " .. port, transport.now, function()
      fault.play "swallow"
      send { port = port, body_file = path, progress = function() end }
      assert(tonumber(fault.body()) == SIZE)
    end)
    measure("download into a file, " .. port, transport.now, function()
      fault.play("bytes " .. SIZE)
      local response = send { port = port, method = "GET", to_file = scratch.path(port), progress = function() end }
      assert(response.size == SIZE)
    end)
    os.remove(scratch.path(port))
  end
  measure_client(path, transport)
  row("in all", "", "", peak())
  transport.close()
end

local ok, problem = xpcall(run, debug.traceback)
fault.stop()
scratch.remove()
if not ok then error(problem, 0) end
