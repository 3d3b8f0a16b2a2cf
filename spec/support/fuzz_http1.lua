-- Fuzzes the reader of HTTP/1.1 answers that cosockets use, with answers that are whole, changed, cut or joined, in pieces of any size. The
-- reader must never raise, and must come to an end. A body must never have more bytes than its limit. The result must be the same for
-- pieces of any size. A correct answer must be read as it was written. Uses no socket.
--   $LUA spec/support/fuzz_http1.lua 1000000 [seed]        or, from a spec: require("spec.support.fuzz_http1")(runs, seed)
package.path = "./?.lua;" .. package.path
local http1 = require "whatsapp.transport.http1"

local random = math.random
local PROGRESS = 1000000 -- runs between two lines
local LIMIT = 400 -- bytes of a body

local LINES = {
  "HTTP/1.1 200 OK", "HTTP/1.0 200", "HTTP/1.1 204 No Content", "HTTP/1.1 100 Continue", "HTTP/1.1 000 x", "HTTP/2 200", "HTTP/1.1 999 ",
  "Content-Length: 5", "Content-Length: 5, 5", "Content-Length: 6", "Content-Length: -1", "Content-Length: 99999999999999999999",
  "Transfer-Encoding: chunked", "Transfer-Encoding: xchunked", "Transfer-Encoding: gzip, chunked", "Connection: close",
  "Connection: keep-alive", "X-A: b", "X-A:", " folded", "no colon", ": no name", "X\0Y: z", "X-B: \1", "",
}
local BODIES = {
  "hello", "5\r\nhello\r\n0\r\n\r\n", "5;a=b\r\nhello\r\n0\r\nX: y\r\n\r\n", "fffffffff\r\n", "0\r\n\r\n", "", ("x"):rep(500), "-1\r\n",
}

local function answer()
  local parts = { LINES[random(7)] }
  for _ = 1, random(0, 5) do parts[#parts + 1] = LINES[random(8, #LINES)] end
  return table.concat(parts, "\r\n") .. "\r\n\r\n" .. BODIES[random(#BODIES)]
end

local CHANGES = {
  function(bytes) return bytes end,
  function(bytes) return bytes:sub(1, random(0, #bytes)) end,
  function(bytes) return bytes .. answer() end,
  function(bytes)
    local at = random(0, #bytes)
    return bytes:sub(1, at) .. string.char(random(0, 255)) .. bytes:sub(at + 2)
  end,
  function(bytes) return (bytes:gsub("\r\n", "\n")) end,
  function(bytes) return ("HTTP/1.1 100 Continue\r\n\r\n"):rep(random(0, 20)) .. bytes end,
}

-- ---- correct answers ----------------------------------------------------------------------------------------------------

local NAMES = { "X-A", "x-b", "Date", "Retry-After", "X-FB-Trace-ID", "Content-Type" }

local function bytes_of(count)
  local list = {}
  for i = 1, count do list[i] = string.char(random(0, 255)) end
  return table.concat(list)
end

local function chunks_of(body)
  local list, at = {}, 1
  while at <= #body do
    local size = random(1, 9)
    local chunk = body:sub(at, at + size - 1)
    local format = random(2) == 1 and "%x" or "%X"
    list[#list + 1] = ("0"):rep(random(0, 2)) .. format:format(#chunk) .. (random(6) == 1 and ";a=b" or "") .. "\r\n" .. chunk .. "\r\n"
    at = at + size
  end
  list[#list + 1] = "0\r\n" .. (random(4) == 1 and "X-T: y\r\n" or "") .. "\r\n"
  return table.concat(list)
end

-- Each function returns a header that says how the body ends, and the bytes of the body.
local ENDS = {
  function(body) return ("Content-Length: %d"):format(#body), body end,
  function(body) return "Transfer-Encoding: chunked", chunks_of(body) end,
  function(body) return "Connection: close", body end,
}

-- returns the bytes of a correct answer, its status and its body
local function good_answer()
  local status, body = random(200, 999), bytes_of(random(0, 60))
  if status == 204 or status == 304 then status = 200 end
  local ending, payload = ENDS[random(#ENDS)](body)
  local lines = { ("HTTP/1.1 %d Said"):format(status) }
  for i = 1, random(0, 4) do lines[i + 1] = NAMES[random(#NAMES)] .. ": " .. random(1000) end
  table.insert(lines, random(2, #lines + 1), ending)
  local interim = random(8) == 1 and "HTTP/1.1 1" .. random(10, 99) .. " x\r\nX-I: y\r\n\r\n" or ""
  return interim .. table.concat(lines, "\r\n") .. "\r\n\r\n" .. payload, status, body
end

-- ---- reading --------------------------------------------------------------------------------------------------------------

-- Returns a function that returns the bytes in pieces of a size, and then the end of the connection. It raises if the reader asks again
-- and again after the end.
local function puller(bytes, size)
  local at, ended = 1, 0
  return function()
    if at > #bytes then
      ended = ended + 1
      if ended > 3 then error("asked again and again after the end", 0) end
      return nil, "closed"
    end
    local piece = bytes:sub(at, at + size - 1)
    at = at + size
    return piece
  end
end

local function read(bytes, method, size)
  local parts, total = {}, 0
  local result, err = http1.read({
    pull = puller(bytes, size),
    open = function() return LIMIT end,
    write = function(_, piece)
      parts[#parts + 1], total = piece, total + #piece
      return true
    end,
  }, method)
  assert(total <= LIMIT, "more bytes than the limit")
  if result then
    assert(type(result.status) == "number" and type(result.headers) == "table")
    return result.status, table.concat(parts)
  end
  assert(type(err) == "string", "no error")
  return nil
end

local function check(bytes, method, good_status, good_body)
  local status, body = read(bytes, method, math.max(1, #bytes))
  local again, same = read(bytes, method, random(1, 7))
  assert(status == again and (status == nil or body == same), "other pieces, another answer")
  assert(good_status == nil or (status == good_status and body == good_body), "a good answer is read as another one")
end

local function one_case()
  if random(4) == 1 then
    local bytes, status, body = good_answer()
    return bytes, "POST", status, body
  end
  return CHANGES[random(#CHANGES)](answer()), random(8) == 1 and "HEAD" or "POST"
end

local function fuzz(runs, seed)
  math.randomseed(seed or 1)
  for run = 1, runs do
    local bytes, method, status, body = one_case()
    local ok, err = pcall(check, bytes, method, status, body)
    if not ok then error(("run %d, %q: %s"):format(run, bytes, tostring(err))) end
    if run % PROGRESS == 0 then io.stderr:write(run, " runs\n") end
  end
  return runs
end

if arg and tostring(arg[0]):find "fuzz_http1%.lua$" then print(("%d runs, no fault"):format(fuzz(tonumber(arg[1] or 100000), tonumber(arg[2])))) end

return fuzz
