-- Fuzzes the reader of HTTP/1.1 answers that cosockets use: answers that are whole, changed, cut and joined, in pieces of any
-- size. The reader must never raise and must come to an end; a body never has more bytes than it was let, and what is taken for
-- a whole answer is one whatever the pieces are.
--   $LUA spec/support/fuzz_http1.lua 1000000 [seed]        or, from a spec: require("spec.support.fuzz_http1")(runs, seed)
package.path = "./?.lua;" .. package.path
local http1 = require "whatsapp.transport.http1"

local random = math.random
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

-- gives the bytes in pieces of a size, then the end of the connection
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
  local result, err = http1.read(puller(bytes, size), method, function()
    return function(piece)
      parts[#parts + 1], total = piece, total + #piece
      return true
    end, LIMIT
  end)
  assert(total <= LIMIT, "more bytes than the limit")
  if result then
    assert(type(result.status) == "number" and type(result.headers) == "table")
    return result.status, table.concat(parts)
  end
  assert(type(err) == "string", "no error")
  return nil
end

local function check(bytes, method)
  local status, body = read(bytes, method, math.max(1, #bytes))
  local again, same = read(bytes, method, random(1, 7))
  assert(status == again and (status == nil or body == same), "other pieces, another answer")
end

local function fuzz(runs, seed)
  math.randomseed(seed or 1)
  for run = 1, runs do
    local bytes = CHANGES[random(#CHANGES)](answer())
    local ok, err = pcall(check, bytes, random(8) == 1 and "HEAD" or "POST")
    if not ok then error(("run %d, %q: %s"):format(run, bytes, tostring(err))) end
  end
  return runs
end

if arg and tostring(arg[0]):find "fuzz_http1%.lua$" then print(("%d runs, no fault"):format(fuzz(tonumber(arg[1] or 100000), tonumber(arg[2])))) end

return fuzz
