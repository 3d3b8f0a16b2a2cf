-- A server on 127.0.0.1 that misbehaves on purpose: over plain HTTP/1.1, and over TLS as HTTP/1.1 or HTTP/2, with only as much of HTTP/2
-- as one client needs. spec/support/fault.lua starts it in a separate process: lua5.4 fault_server.lua FOLDER. The file FOLDER/script
-- names the next faults. The server writes the requests that arrive into other files of FOLDER. No header chooses a fault, so the server
-- does not decode HPACK. It ends after two minutes, when the program that reads its output has ended, or when its folder is removed.
local cqueues = require "cqueues"
local signal = require "cqueues.signal"
local socket = require "cqueues.socket"
local altname = require "openssl.x509.altname"
local certificate = require "openssl.x509"
local context = require "openssl.ssl.context"
local name = require "openssl.x509.name"
local pkey = require "openssl.pkey"

package.path = arg[0]:gsub("spec/support/fault_server%.lua$", "?.lua;") .. package.path
local verdicts = require "spec.support.verdicts"

local folder = assert(arg[1], "usage: fault_server.lua FOLDER")
local MAX_AGE, PATIENCE, DEAF = 120, 10, 3 -- seconds
local MAX_HEAD, MAX_BODY, ENDLESS = 64 * 1024, 64 * 1024 * 1024, 1024 * 1024 * 1024 -- bytes
local KIB16 = ("x"):rep(16384)
local JSON = '{"ok":true}'

-- ---- faults at random ---------------------------------------------------------------------------------------------

-- How many of 1,000 requests get each fault; the others are accepted. The faults that close a connection are rarer for HTTP/2, because
-- they end all requests on the connection.
local OFTEN = {
  { 8, "silence" }, { 8, "html 502" }, { 8, "error 500 131000" }, { 8, "empty 503" }, { 8, "error 429 130429" }, { 8, "turn-away" },
}
local RANDOM = {
  plain = { { 10, "close" }, { 10, "cut" }, { 10, "half-head" }, { 10, "half-body" }, { 5, "broken" }, { 5, "half-body-hang" } },
  h2 = { { 1, "close" }, { 1, "cut" }, { 1, "goaway 0" }, { 1, "goaway this" }, { 5, "stub" }, { 5, "rst-stream 7" }, { 5, "rst-stream 8" } },
}
RANDOM.h1 = RANDOM.plain

local function drawn(protocol)
  local left = math.random(1000)
  for _, rows in ipairs { OFTEN, RANDOM[protocol] } do
    for _, row in ipairs(rows) do
      left = left - row[1]
      if left <= 0 then return row[2]:match "^(%S+)%s*(.*)$" end
    end
  end
  return "accept", ""
end

-- ---- the folder ---------------------------------------------------------------------------------------------------

local function write(file, text, mode)
  local handle = assert(io.open(folder .. "/" .. file, mode or "wb"))
  assert(handle:write(text))
  handle:close()
end

local run, used, gathered = "0", 0, {}

-- Returns the next fault, without taking it. Line 1 of the script is the number of the run; each line after it is the fault of one
-- connection or request. After the last line, all requests are answered ("ok").
local function peek()
  local lines = {}
  for line in io.lines(folder .. "/script") do lines[#lines + 1] = line end
  if lines[1] ~= run then
    run, used, gathered = lines[1], 0, {}
    local seed = lines[2] and lines[2]:match "^random (%d+)$"
    if seed then math.randomseed(tonumber(seed)) end
  end
  return lines[used + 2] or "ok"
end

-- true: the step is "told". Then only a new connection reads the script again, because thousands of requests come.
local is_told

-- Takes the next fault. Returns its name and its argument. The steps "random" and "told" stay in the script.
local function take(protocol)
  if is_told then return "told", "" end
  local step = peek()
  if step:find "^random" then return drawn(protocol) end
  used = used + 1
  return step:match "^(%S+)%s*(.*)$"
end

local notes = {} -- name of a file -> its handle; it is line-buffered, so that fault.lua sees each line at once

local function note(file, ...)
  local handle = notes[file] or assert(io.open(folder .. "/" .. file, "ab"))
  handle:setvbuf "line"
  notes[file] = handle
  assert(handle:write(table.concat({ run, ... }, " "), "\n"))
end

-- returns the number of a message, if it has one, as in "id 12"
local function id_of(body) return body:match '"id (%d+)[" ]' end

-- Notes a complete request, before its answer. Also notes the fault of a message that has a number.
local function arrived(protocol, body, fault, argument)
  if not is_told then write("body", body) end
  note("arrivals", protocol)
  local id = id_of(body)
  if id then note("messages", id, (fault .. " " .. argument):match "^(.-) *$") end
end

-- ---- certificates -------------------------------------------------------------------------------------------------

local function certify(subject, issuer, issuer_key, alternatives, from, till)
  local key, made = pkey.new { type = "EC", curve = "prime256v1" }, certificate.new()
  local named = name.new():add("CN", subject)
  made:setVersion(3)
  made:setSerial(math.random(1, 2 ^ 30))
  made:setSubject(named)
  made:setIssuer(issuer and issuer:getSubject() or named)
  made:setLifetime(os.time() + from, os.time() + till)
  made:setPublicKey(key)
  made:setBasicConstraints { CA = issuer == nil }
  made:setBasicConstraintsCritical(true)
  if alternatives then made:setSubjectAlt(alternatives) end
  made:sign(issuer_key or key)
  return made, key
end

local function tls(alpn, made, key)
  local server = context.new("TLS", true)
  server:setCertificate(made)
  server:setPrivateKey(key)
  server:setAlpnSelect(function(_, offered)
    for _, protocol in ipairs(offered) do
      if protocol == alpn then return protocol end
    end
  end)
  return server
end

local DAY = 86400

local function contexts()
  local here = altname.new():add("IP", "127.0.0.1"):add("DNS", "localhost")
  local elsewhere = altname.new():add("DNS", "elsewhere.invalid")
  local ca, ca_key = certify("fault authority", nil, nil, nil, -DAY, DAY)
  local stranger, stranger_key = certify("strange authority", nil, nil, nil, -DAY, DAY)
  write("ca.crt", ca:toPEM())
  return {
    h1 = tls("http/1.1", certify("localhost", ca, ca_key, here, -DAY, DAY)),
    h2 = tls("h2", certify("localhost", ca, ca_key, here, -DAY, DAY)),
    stranger = tls("h2", certify("localhost", stranger, stranger_key, here, -DAY, DAY)),
    misnamed = tls("h2", certify("elsewhere.invalid", ca, ca_key, elsewhere, -DAY, DAY)),
    expired = tls("h2", certify("localhost", ca, ca_key, here, -2 * DAY, -DAY)),
  }
end

-- ---- reading and waiting ------------------------------------------------------------------------------------------

-- waits until the other side closes
local function hold(wire)
  repeat until not wire:read(-4096)
end

-- Waits until bytes are there, and leaves them unread: the system then resets the connection when the server closes it. Specs that want
-- a reset send 60 KB or more.
local function reset(wire)
  cqueues.poll({ pollfd = wire:pollfd(), events = "r" }, PATIENCE)
end

-- keeps the connection for some seconds, and reads nothing more
local function deafen() cqueues.sleep(DEAF) end

-- Ends a connection in order while the client still writes. A plain close would reset the connection, and the client might see the reset
-- before the answer.
local function drain(wire)
  wire:shutdown "w"
  hold(wire)
end

-- ---- HTTP/1.1; Out1 and Out2 have the same functions, for both protocols -------------------------------------------

local Out1 = {}
Out1.__index = Out1

function Out1:head(status, headers)
  local lines = { ("HTTP/1.1 %d Said"):format(status) }
  local sized = status < 200
  for _, header in ipairs(headers or {}) do
    lines[#lines + 1] = header[1] .. ": " .. header[2]
    sized = sized or header[1]:lower() == "content-length"
  end
  if not sized then lines[#lines + 1] = "Transfer-Encoding: chunked" end
  self.chunked = not sized
  return self.wire:write(table.concat(lines, "\r\n"), "\r\n\r\n")
end

function Out1:data(bytes, last)
  if not self.chunked then return self.wire:write(bytes) end
  local chunk = #bytes > 0 and ("%x\r\n%s\r\n"):format(#bytes, bytes) or ""
  return self.wire:write(chunk, last and "0\r\n\r\n" or "")
end

-- Writes a whole answer; its status is any three digits. A 204 or a 304 gets no body, because the client would read it as the next answer.
function Out1:say(status, body, header)
  if status == "204" or status == "304" then body = "" end
  return self.wire:write(("HTTP/1.1 %s Said\r\n%sContent-Length: %d\r\n\r\n%s"):format(status, header, #body, body))
end

function Out1:half_head() self.wire:write "HTTP/1.1 200 OK\r\nContent-Le" end

function Out1:broken() self.wire:write "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nnonsense\r\n" end

function Out1:endless_head()
  local wire, line = self.wire, "X-More: " .. ("y"):rep(1000) .. "\r\n"
  wire:write "HTTP/1.1 200 OK\r\n"
  for _ = 1, ENDLESS / #line do
    if not wire:write(line) then return end
  end
end

-- ---- HTTP/2 -------------------------------------------------------------------------------------------------------

local DATA, HEADERS, RST_STREAM, SETTINGS, PING, GOAWAY, WINDOW_UPDATE, CONTINUATION = 0, 1, 3, 4, 6, 7, 8, 9
local END_STREAM, ACK, END_HEADERS, PADDED = 0x1, 0x1, 0x4, 0x8

local function frame(kind, flags, stream, payload)
  return string.pack(">I3BBI4", #payload, kind, flags, stream) .. payload
end

local function hpack_text(text)
  assert(#text < 127, "only short texts")
  return string.char(#text) .. text
end

-- Returns a header block of HPACK, in literals without indexing. 0x00: a new name; 0x08: the name :status, which has index 8 in the static
-- table; 0x88: ":status: 200".
local function hpack(status, headers)
  local block = { status == 200 and "\x88" or "\x08" .. hpack_text(tostring(status)) }
  for _, header in ipairs(headers or {}) do
    block[#block + 1] = "\x00" .. hpack_text(header[1]:lower()) .. hpack_text(header[2])
  end
  return table.concat(block)
end

local Out2 = {}
Out2.__index = Out2

function Out2:frame(kind, flags, payload) return self.wire:write(frame(kind, flags, self.stream, payload)) end

function Out2:head(status, headers) return self:frame(HEADERS, END_HEADERS, hpack(status, headers)) end

function Out2:data(bytes, last)
  while #bytes > #KIB16 do
    if not self:frame(DATA, 0, bytes:sub(1, #KIB16)) then return end
    bytes = bytes:sub(#KIB16 + 1)
  end
  return self:frame(DATA, last and END_STREAM or 0, bytes)
end

function Out2:say(status, body)
  local block = hpack(status, { { "Content-Length", tostring(#body) } })
  return self:frame(HEADERS, END_HEADERS, block) and self:frame(DATA, END_STREAM, body)
end

function Out2:goaway(last) return self.wire:write(frame(GOAWAY, 0, 0, string.pack(">I4I4", last, 0))) end

function Out2:half_head() self:frame(HEADERS, 0, "\x88") end

function Out2:broken() self:frame(HEADERS, END_HEADERS, "\x80\xff\xff") end

function Out2:endless_head()
  local more = ("\x00" .. hpack_text "x-more" .. hpack_text(("y"):rep(100))):rep(100)
  self:frame(HEADERS, 0, "\x88")
  for _ = 1, ENDLESS / #more do
    if not self:frame(CONTINUATION, 0, more) then return end
  end
end

-- ---- faults after the request was read; the connection continues if the function returns true ----------------------

local after = {}

function after.close() end

after.hang = function(out) hold(out.wire) end

local function answer(out, status, headers, body)
  headers = headers or {}
  headers[#headers + 1] = { "Content-Length", tostring(#body) }
  return out:head(status, headers) and out:data(body, true)
end

function after.ok(out) return answer(out, 200, nil, JSON) end

function after.status(out, status) return answer(out, tonumber(status), nil, JSON) end

-- accept [TRACE]: the API's answer to an accepted message. The id in the answer has the number of the message.
local function accept_message(out, trace)
  local id = id_of(out.body) or "1"
  local headers = (trace or "") ~= "" and { { "X-FB-Trace-ID", trace } } or nil
  return answer(out, 200, headers, ('{"messaging_product":"whatsapp","contacts":[{"input":"1","wa_id":"1"}],'
    .. '"messages":[{"id":"wamid.%s"}]}'):format(id))
end

after.accept = accept_message

-- error STATUS CODE [SECONDS]: an error of the Graph API. empty STATUS [SECONDS]: an answer without a body. SECONDS: the header
-- Retry-After.
local function retry_after(seconds) return seconds ~= "" and { { "Retry-After", seconds } } or nil end

after.error = function(out, arguments)
  local status, code, seconds = arguments:match "^(%d+) (%d+) ?(%d*)$"
  return answer(out, tonumber(status), retry_after(seconds), ('{"error":{"message":"Said","code":%s}}'):format(code))
end

function after.empty(out, arguments)
  local status, seconds = arguments:match "^(%d+) ?(%d*)$"
  return answer(out, tonumber(status), retry_after(seconds), "")
end

function after.html(out, status)
  return answer(out, tonumber(status), { { "Content-Type", "text/html" } }, "<html><h1>Said</h1></html>")
end

-- json TEXT: an answer with this body
function after.json(out, text) return answer(out, 200, { { "Content-Type", "application/json" } }, text) end

-- An answer with more bytes than its Content-Length, in one piece. A client could read the other bytes as the next answer. libcurl before
-- 8.0 does so if they come in two pieces over TLS.
after["too-short"] = function(out)
  out.wire:setmode(nil, "bf")
  out:head(200, { { "Content-Length", tostring(#JSON) } })
  out:data(JSON .. "HTTP/1.1 201 Said\r\nContent-Length: 4\r\n\r\nfake", true)
  out.wire:setmode(nil, "bn")
  return out.wire:flush()
end

-- filling COUNT (HTTP/1.1 only): an answer that has COUNT bytes with its head, and in the same piece bytes that look like a second answer
local UNASKED = "HTTP/1.1 201 Said\r\nContent-Length: 4\r\n\r\nfake"

after["filling"] = function(out, size)
  local head = "HTTP/1.1 200 Said\r\nContent-Length: %d\r\n\r\n"
  local length = tonumber(size) - #head:format(1000)
  return out.wire:write(head:format(length) .. ("x"):rep(length) .. UNASKED)
end

-- HTTP/1.1 only: an answer; 0.05 seconds later, bytes that look like a second answer. The connection continues.
after["ok-more"] = function(out)
  answer(out, 200, nil, JSON)
  cqueues.sleep(0.05)
  out.wire:write(UNASKED)
  note("connections", "more")
  return true
end

local function from_bits(bits)
  return (bits:gsub(("%d"):rep(8), function(byte) return string.char(tonumber(byte:reverse(), 2)) end))
end

-- Returns gzip that has 7 KB for each MB of its content: a block of fixed codes, with an x, and again and again "the last byte, 258 times".
-- The block has no end: a client that notices this has already expanded all of it.
local function bomb(megabytes)
  local again = "11000101" .. "00000"
  return "\31\139\8\0\0\0\0\0\0\255" .. from_bits("110" .. "10101000" .. again) .. from_bits(again:rep(8)):rep(megabytes * 508)
end

function after.gzip(out) return answer(out, 200, { { "Content-Encoding", "gzip" } }, bomb(4)) end

-- gather N [K]: waits until N requests have come, over any connections, and then answers them all. With K (HTTP/2, all requests over one
-- connection), GOAWAY says that the server accepted the first K requests; it answers these, and ends the connection. With K = 0, it ends
-- the connection without an answer.
local function let_go(out, taken)
  local waiting = gathered
  gathered = {}
  if not taken then
    for _, one in ipairs(waiting) do accept_message(one) end
    return true
  end
  if taken == 0 then return end
  table.sort(waiting, function(a, b) return a.stream < b.stream end)
  out:goaway(waiting[taken].stream)
  for i = 1, taken do accept_message(waiting[i]) end
  drain(out.wire)
end

function after.gather(out, arguments)
  local count, taken = arguments:match "^(%d+) ?(%d*)$"
  gathered[#gathered + 1] = out
  if #gathered < tonumber(count) then return true end
  return let_go(out, tonumber(taken))
end

-- answers, closes the connection, and then notes "closed" in the file of connections
after["ok-close"] = function(out)
  answer(out, 200, nil, JSON)
  out.wire:shutdown "rw"
  out.wire:close()
  note("connections", "closed")
end

after["ok-late-close"] = function(out)
  answer(out, 200, nil, JSON)
  cqueues.sleep(0.05)
  out.wire:shutdown "rw"
  out.wire:close()
  note("connections", "closed")
end

-- The message names its answer: "id 12 say 404 safe+id" has a status, and a kind of body (see spec/support/verdicts.lua). A connection of
-- HTTP/1.1 ends after a status below 200, because such a status is not final.
function after.told(out)
  local status, kind = out.body:match '"id %d+ say (%d+) ([%a+]+)"'
  local body = verdicts.body(kind, "wamid." .. id_of(out.body))
  local is_final = tonumber(status) >= 200
  return out:say(status, body, not is_final and "Connection: close\r\n" or "") and (is_final or out.stream)
end

function after.redirect(out, to) return answer(out, 302, { { "Location", to } }, "") end

function after.interim(out)
  out:head(100)
  out:head(103, { { "X-Interim", "yes" } })
  return answer(out, 201, { { "X-Twice", "one" }, { "X-TWICE", "two" }, { "X-Mixed-Case", "Kept As It Is" } }, JSON)
end

after["endless-interim"] = function(out)
  for _ = 1, 1e6 do
    if not out:head(100) then return end
  end
end

after["half-head"] = function(out) out:half_head() end

after["half-head-hang"] = function(out)
  out:half_head()
  hold(out.wire)
end

local function half_body(out)
  out:head(200, { { "Content-Length", "100" } })
  out:data "0123456789"
end

after["half-body"] = half_body

-- HTTP/2 only: half an answer, then the stream is reset; the other streams continue
function after.stub(out)
  half_body(out)
  return out:frame(RST_STREAM, 0, string.pack(">I4", 2))
end

-- no answer; the connection continues
function after.silence() return true end

after["half-body-hang"] = function(out)
  half_body(out)
  hold(out.wire)
end

after["half-chunked"] = function(out)
  out:head(200)
  out:data "0123456789"
end

function after.broken(out)
  out:broken()
  drain(out.wire)
end

function after.trickle(out)
  out:head(200, { { "Content-Length", "1000000" } })
  for _ = 1, PATIENCE * 20 do
    if not out:data "." then return end
    cqueues.sleep(0.05)
  end
end

-- bytes COUNT [chunked]: a body of COUNT bytes, with a Content-Length or chunked. Each block of 16 KiB has a number, so that a spec sees if
-- a block is lost or repeated.
local function numbered(number)
  return ("%015d\n"):format(number):rep(#KIB16 / 16)
end

local function send_numbered(out, count, pause)
  local number = 0
  while count > 0 do
    local piece = numbered(number):sub(1, count)
    if not out:data(piece, count <= #KIB16) then return end
    if pause then cqueues.sleep(pause) end
    number, count = number + 1, count - #piece
  end
  return true
end

function after.bytes(out, arguments)
  local count, chunked = arguments:match "^(%d+) ?(%a*)$"
  out:head(200, chunked == "" and { { "Content-Length", count } } or nil)
  return send_numbered(out, tonumber(count))
end

-- slow-bytes COUNT: the same, with a pause after each block
after["slow-bytes"] = function(out, count)
  out:head(200, { { "Content-Length", count } })
  return send_numbered(out, tonumber(count), 0.04)
end

local function endless(out, headers, status)
  out:head(status or 200, headers)
  for _ = 1, ENDLESS / #KIB16 do
    if not out:data(KIB16) then return end
  end
end

-- endless-body [STATUS]: a body without a Content-Length, of 1 GiB
after["endless-body"] = function(out, status) endless(out, nil, tonumber(status)) end

after["huge-body"] = function(out) endless(out, { { "Content-Length", tostring(ENDLESS) } }) end

after["endless-head"] = function(out) out:endless_head() end

-- rst-stream CODE, goaway LAST (HTTP/2 only): the server has read the request, but the frame may say that it has not
after["rst-stream"] = function(out, code) return out:frame(RST_STREAM, 0, string.pack(">I4", tonumber(code))) end

function after.goaway(out, last)
  out:goaway(last == "this" and out.stream or tonumber(last))
  drain(out.wire)
end

-- ---- faults before the body was read ------------------------------------------------------------------------------

local before = {}

-- the whole answer at once, then an orderly end
function before.refuse(out, status)
  answer(out, tonumber(status), { out.stream and { "X-Refused", "yes" } or { "Connection", "close" } }, JSON)
  drain(out.wire)
end

-- the whole answer at once, then a reset while the other side is still writing
before["refuse-rudely"] = function(out, status)
  answer(out, tonumber(status), nil, JSON)
  reset(out.wire)
end

-- the whole answer at once; the server reads no byte of the body
before["refuse-deafly"] = function(out, status)
  answer(out, tonumber(status), nil, JSON)
  deafen()
end

-- reads at most a part of the body, then nothing more; no answer
function before.stall(out)
  if not out.stream then out.wire:read(1000) end
  deafen()
end

-- A reset if the body has more bytes than came with the head; else the connection is closed. Over HTTP/2, at the first byte of the body.
function before.cut(out)
  if out.wire:pending() == 0 then reset(out.wire) end
end

-- answers with an error that the client may answer by a repetition; over HTTP/2, the other streams continue
before["turn-away"] = function(out)
  local kept = after.error(out, "429 130429")
  if not out.stream then return drain(out.wire) end
  return kept and out:frame(RST_STREAM, 0, string.pack(">I4", 0))
end

-- swallow [SECONDS]: waits some seconds, reads the whole body, and only counts its bytes; fault.body() is then this number. swallow id: the
-- same, and the answer has the id of a file.
local function swallowed(out, count, argument)
  arrived(out.protocol, tostring(count), "swallow", "")
  if argument == "id" then return after.json(out, '{"id":"77"}') end
  return after.ok(out)
end

local function swallow(out, argument, length)
  cqueues.sleep(tonumber(argument) or 0)
  local left = length
  while left > 0 do
    local piece = out.wire:read(-math.min(left, 65536))
    if not piece then return end
    left = left - #piece
  end
  return swallowed(out, length, argument)
end

-- ---- connections --------------------------------------------------------------------------------------------------

local function read_head(wire)
  local lines, size = {}, 0
  repeat
    local line = wire:read "*L"
    if not line then return nil end
    lines[#lines + 1], size = line, size + #line
  until line == "\r\n" or size > MAX_HEAD
  local raw = table.concat(lines)
  return { raw = raw, length = tonumber(raw:lower():match "\ncontent%-length: (%d+)") or 0 }
end

local function read_body(wire, length)
  local parts = {}
  assert(length <= MAX_BODY)
  while length > 0 do
    local part = wire:read(math.min(length, 16384))
    if not part then return nil end
    parts[#parts + 1], length = part, length - #part
  end
  return table.concat(parts)
end

local function serve_1(wire, protocol)
  local out, kept = setmetatable({ wire = wire }, Out1), true
  while kept do
    local request = read_head(wire)
    if not request then return end
    if not is_told then write("head", request.raw) end
    local fault, argument = take(protocol)
    if before[fault] then return before[fault](out, argument) end
    if fault == "swallow" then
      out.protocol = protocol
      return swallow(out, argument, request.length)
    end
    -- reads most of the body: the client cannot know that the server did not read the rest
    if fault == "reset" then
      local body = read_body(wire, request.length - 30000)
      if body then arrived(protocol, body, fault, argument) end
      return reset(wire)
    end
    out.body = read_body(wire, request.length)
    if not out.body then return end
    arrived(protocol, out.body, fault, argument)
    kept = after[fault](out, argument)
  end
end

local function read_frame(wire)
  local header = wire:read(9)
  if not header or #header < 9 then return nil end
  local length, kind, flags, stream = string.unpack(">I3BBI4", header)
  if length == 0 then return kind, flags, stream, "" end
  local payload = length <= MAX_BODY and wire:read(length)
  if not payload or #payload < length then return nil end
  return kind, flags, stream, payload
end

local function data_of(flags, payload)
  if flags & PADDED == 0 then return payload end
  return payload:sub(2, #payload - payload:byte())
end

local Stream = {}
Stream.__index = Stream

function Stream:swallow(kind, flags, payload)
  if kind == HEADERS then cqueues.sleep(tonumber(self.argument) or 0) end
  if kind == DATA then self.count = (self.count or 0) + #data_of(flags, payload) end
  self.out.protocol = "h2"
  return flags & END_STREAM == 0 or swallowed(self.out, self.count, self.argument)
end

-- Takes a frame HEADERS or DATA of this stream. Returns true while the connection continues.
function Stream:take(kind, flags, payload)
  local fault, out = self.fault, self.out
  if fault == "swallow" then return self:swallow(kind, flags, payload) end
  if fault == "cut" then return kind == HEADERS or (flags & END_STREAM == 0 and reset(out.wire)) end
  if before[fault] then return kind == DATA or before[fault](out, self.argument) end
  if kind == DATA then self.parts[#self.parts + 1] = data_of(flags, payload) end
  if fault == "reset" and kind == DATA then
    arrived("h2", "", fault, "")
    return reset(out.wire)
  end
  if flags & END_STREAM == 0 then return true end
  out.body = table.concat(self.parts)
  arrived("h2", out.body, fault, self.argument)
  return after[fault](out, self.argument)
end

local function new_stream(wire, id)
  local fault, argument = take "h2"
  local out = setmetatable({ wire = wire, stream = id }, Out2)
  return setmetatable({ out = out, fault = fault, argument = argument, parts = {} }, Stream)
end

-- reads the client's preface, and sends windows of 1 GiB, so that no client waits for a larger window
local function greet(wire)
  wire:read(24)
  return wire:write(frame(SETTINGS, 0, 0, string.pack(">I2I4", 4, 0x40000000)),
    frame(WINDOW_UPDATE, 0, 0, string.pack(">I4", 0x40000000)))
end

local function serve_2(wire)
  local streams, kept = {}, greet(wire)
  while kept do
    local kind, flags, id, payload = read_frame(wire)
    if not kind then return end
    if kind == HEADERS or kind == DATA then
      streams[id] = streams[id] or new_stream(wire, id)
      kept = streams[id]:take(kind, flags, payload)
    elseif (kind == SETTINGS or kind == PING) and flags & ACK == 0 then
      wire:write(frame(kind, ACK, 0, kind == PING and payload or ""))
    end
  end
end

-- Faults of a new connection: it takes a line of the script only if the line has one of these faults.
local accept = { ["accept-close"] = function() end, ["accept-hang"] = deafen }

accept["accept-garbage"] = function(wire)
  wire:read(-4096)
  wire:write "220 this is no TLS at all\r\n"
  drain(wire)
end

local function accept_fault()
  local step = peek()
  is_told = step == "told"
  if step:find "^random" then return math.random(20) == 1 and accept["accept-close"] end
  if accept[step] then take() end
  return accept[step]
end

local function serve(wire, port, ctx)
  wire:onerror(function(_, _, code) return code end)
  wire:setmode("bn", "bn")
  wire:settimeout(PATIENCE)
  local fault = accept_fault()
  note("connections", port)
  if fault then
    fault(wire)
  elseif not ctx then
    serve_1(wire, "plain")
  elseif wire:starttls(ctx, PATIENCE) then
    if wire:checktls():getAlpnSelected() == "h2" then serve_2(wire) else serve_1(wire, "h1") end
  end
end

-- ---- life ---------------------------------------------------------------------------------------------------------

local function listen(queue, port, ctx)
  local listener = assert(socket.listen { host = "127.0.0.1", port = 0 })
  assert(listener:listen())
  local _, _, number = listener:localname()
  io.write(port, " ", number, "\n")
  queue:wrap(function()
    while true do
      local wire = assert(listener:accept { nodelay = true })
      queue:wrap(function()
        local ok, why = xpcall(serve, debug.traceback, wire, port, ctx)
        if not ok then io.stderr:write("fault server: ", why, "\n") end
        wire:close()
      end)
    end
  end)
end

-- Ends the server if the program that reads its output has ended, if its folder was removed, or after MAX_AGE seconds.
local function watch()
  for _ = 1, MAX_AGE * 2 do
    cqueues.sleep(0.5)
    local script = io.open(folder .. "/script")
    if not script or not io.write ".\n" then break end
    script:close()
  end
  for _, file in ipairs { "script", "arrivals", "messages", "connections", "head", "body", "ca.crt" } do
    os.remove(folder .. "/" .. file)
  end
  os.remove(folder)
  os.exit(0)
end

signal.ignore(signal.SIGPIPE)
io.stdout:setvbuf "no"
local queue = cqueues.new()
write("script", "0\n")
for port, ctx in pairs(contexts()) do listen(queue, port, ctx) end
listen(queue, "plain")
io.write "closed 1\n" -- the port of tcpmux, on which no program listens; a port that is free now may be taken later
io.write "ready\n"
queue:wrap(watch)
assert(queue:loop())
