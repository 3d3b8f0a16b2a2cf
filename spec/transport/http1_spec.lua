-- The code that the transports in Lua share: it checks requests, and reads answers in pieces of any size. Never
-- touches a network.
local checked = require "whatsapp.transport.request"
local http1 = require "whatsapp.transport.http1"

local function lines(...) return table.concat({ ... }, "\r\n") end

-- returns a function that returns the bytes, `size` at a time, and then the end
local function pieces_of(bytes, size, ending)
  local at = 1
  return function()
    if at > #bytes then return nil, ending or "closed" end
    local piece = bytes:sub(at, at + size - 1)
    at = at + size
    return piece
  end
end

local function read(bytes, given)
  given = given or {}
  local parts = {}
  local answer, problem, status = http1.read({
    pull = pieces_of(bytes, given.size or 7, given.ending),
    open = function() return given.limit or 1000 end,
    write = function(_, piece)
      parts[#parts + 1] = piece
      return true
    end,
  }, given.method or "POST")
  if answer then answer.body = table.concat(parts) end
  return answer, problem, status
end

local IN_CHUNKS = lines("HTTP/1.1 200 OK", "Transfer-Encoding: chunked")
local CHUNKED = lines(IN_CHUNKS, "", "4", "Wiki", "6;name=value", "pedia ", "0", "")

-- each row: bytes; body; whether the connection can be used again; other members
local WHOLE = {
  { "with a length", lines("HTTP/1.1 200 OK", "Content-Length: 5", "", "hello"), "hello", true },
  { "with line feeds only", "HTTP/1.1 200 OK\nContent-Length: 5\n\nhello", "hello", true },
  { "without a reason", lines("HTTP/1.1 200", "Content-Length: 0", "", ""), "", true },
  { "in chunks", CHUNKED .. "\r\n", "Wikipedia ", true },
  { "in chunks, with trailers", CHUNKED .. "X-Sum: 1\r\nX-More: 2\r\n\r\n", "Wikipedia ", true },
  { "with a length and in chunks", lines(IN_CHUNKS, "Content-Length: 3", "", "2", "ab", "0", "", ""), "ab", false },
  { "up to the end", lines("HTTP/1.1 200 OK", "", "to the end"), "to the end", false },
  { "of a coding that ends like chunked, up to the end", lines("HTTP/1.1 200 OK", "Transfer-Encoding: xchunked", "", "2", "ab"), "2\r\nab", false },
  { "in chunks of another coding", lines("HTTP/1.1 200 OK", "Transfer-Encoding: gzip, , CHUNKED", "", "2", "ab", "0", "", ""), "ab", true },
  { "in chunks of HTTP/1.0", lines("HTTP/1.0 200 OK", "Connection: keep-alive", "Transfer-Encoding: chunked", "", "0", "", ""), "", false },
  { "of another coding, up to the end", lines("HTTP/1.1 200 OK", "Transfer-Encoding: x", "", "raw"), "raw", false },
  { "with the same length twice", lines("HTTP/1.1 200 OK", "Content-Length: 2", "Content-Length: 2, 2", "", "ok"), "ok", true },
  { "that ends the connection", lines("HTTP/1.1 200 OK", "Connection: X, Close", "Content-Length: 2", "", "ok"), "ok", false },
  { "of HTTP/1.0", lines("HTTP/1.0 200 OK", "Content-Length: 2", "", "ok"), "ok", false },
  { "of HTTP/1.0 that keeps the connection", lines("HTTP/1.0 200 OK", "connection: keep-alive", "Content-Length: 2", "", "ok"), "ok", true },
  { "with more than was announced", lines("HTTP/1.1 200 OK", "Content-Length: 2", "", "ok and more"), "ok", false, { size = 1000 } },
  { "to HEAD, with the length of what was not asked for", lines("HTTP/1.1 200 OK", "Content-Length: 99", "", ""), "", true, { method = "HEAD" } },
  { "of 204", lines("HTTP/1.1 204 No Content", "", ""), "", true },
  { "of 304, with a length", lines("HTTP/1.1 304 Not Modified", "Content-Length: 99", "", ""), "", true },
  { "after interim ones", lines("HTTP/1.1 100 Continue", "", "HTTP/1.1 103 Hints", "X: y", "", CHUNKED, ""), "Wikipedia ", true },
}

local BROKEN = {
  { "nothing", "", "^closed$" },
  { "an end within the head", "HTTP/1.1 200 OK\r\nContent-Le", "^closed$" },
  { "an end within the body", lines("HTTP/1.1 200 OK", "Content-Length: 5", "", "hell"), "^closed$", 200 },
  { "an end within a chunk", CHUNKED:sub(1, -20), "^closed$", 200 },
  { "an end before the last chunk", CHUNKED:sub(1, -6), "^closed$", 200 },
  { "an end before the last line", CHUNKED, "^closed$", 200 },
  { "time that is over", lines("HTTP/1.1 200 OK", "Content-Length: 5", "", "hell"), "^timeout$", 200, { ending = "timeout" } },
  { "time that is over before the end of an endless body", lines("HTTP/1.1 200 OK", "", "x"), "^timeout$", 200, { ending = "timeout" } },
  { "another protocol", "220 smtp.example.com ready\r\n\r\n", "answer is not HTTP$" },
  { "another version", lines("HTTP/2 200 OK", "", ""), "not HTTP/1.1" },
  { "a chunk of no size", lines(IN_CHUNKS, "", "zz", "nonsense", ""), "chunks are broken", 200 },
  { "a chunk of an endless size", lines(IN_CHUNKS, "", ("f"):rep(20), ""), "chunks are broken", 200 },
  { "a chunk that goes on", lines(IN_CHUNKS, "", "1", "ab", "0", "", ""), "chunks are broken", 200, { size = 1000 } },
  { "two lengths", lines("HTTP/1.1 200 OK", "Content-Length: 2", "Content-Length: 3", "", "ok!"), "Content%-Length", 200 },
  { "a NUL in its headers", lines("HTTP/1.1 200 OK", "X: a\0b", "Content-Length: 0", "", ""), "NUL", 200 },
  { "a NUL in its status line", lines("HTTP/1.1 200 O\0K", "Content-Length: 0", "", ""), "NUL", 200 },
  { "a NUL in an interim answer", lines("HTTP/1.1 100 \0", "", "HTTP/1.1 200 OK", "Content-Length: 0", "", ""), "NUL", 100 },
  { "a line without a colon", lines("HTTP/1.1 200 OK", "no colon", "Content-Length: 0", "", ""), "without a colon", 200 },
  { "a blank before a colon", lines("HTTP/1.1 200 OK", "Content-Length : 5", "Content-Length: 0", "", ""), "name", 200 },
  { "a header without a name", lines("HTTP/1.1 200 OK", ": 5", "Content-Length: 0", "", ""), "name", 200 },
  { "a first header that is folded", lines("HTTP/1.1 200 OK", " Content-Length: 5", "Content-Length: 0", "", ""), "blank", 200 },
  { "a carriage return within a line", lines("HTTP/1.1 200 OK", "X: a\rContent-Length: 5", "Content-Length: 0", "", ""), "carriage", 200 },
  { "chunks twice", lines("HTTP/1.1 200 OK", "Transfer-Encoding: chunked, chunked", "", "0", "", ""), "Transfer%-Encoding", 200 },
  { "chunks within another coding", lines("HTTP/1.1 200 OK", "Transfer-Encoding: chunked, gzip", "", "0", "", ""), "Transfer%-Encoding", 200 },
  { "a negative length", lines("HTTP/1.1 200 OK", "Content-Length: -2", "", "ok"), "Content%-Length", 200 },
  { "an empty length", lines("HTTP/1.1 200 OK", "Content-Length: ", "", "ok"), "Content%-Length", 200 },
  { "too long a length", lines("HTTP/1.1 200 OK", "Content-Length: 1001", "", ""), "longer than 1000 bytes", 200 },
  { "too many chunks", lines(IN_CHUNKS, "") .. ("\r\n64\r\n" .. ("x"):rep(100)):rep(11), "longer than 1000 bytes", 200 },
  { "too much without a length", lines("HTTP/1.1 200 OK", "", ("x"):rep(1001)), "longer than 1000 bytes", 200 },
  { "too long a head", "HTTP/1.1 200 OK\r\nX: " .. ("y"):rep(70000) .. "\r\n\r\n", "headers are longer", nil, { size = 4096 } },
  { "interim answers without an end", ("HTTP/1.1 100 Continue\r\n\r\n"):rep(4000), "headers are longer", nil, { size = 4096 } },
  { "trailers without an end", CHUNKED .. ("X: y\r\n"):rep(20000), "headers are longer", 200, { size = 4096 } },
  { "a chunk with too long an extension, in small pieces", lines(IN_CHUNKS, "", "1;" .. ("x"):rep(1030), "a", "0", "", ""), "too long", 200,
    { size = 7 } },
  { "a chunk with too long an extension, in one piece", lines(IN_CHUNKS, "", "1;" .. ("x"):rep(1030), "a", "0", "", ""), "too long", 200,
    { size = 9000 } },
  { "a line without an end", lines(IN_CHUNKS, "", ("1"):rep(9000)), "too long", 200, { size = 4096 } },
}

describe("an answer of HTTP/1.1", function()
  for _, case in ipairs(WHOLE) do
    it("is read " .. case[1] .. ", however it is cut", function()
      for size = 1, case[5] and case[5].size and 1 or 40 do
        local given = { size = size }
        for name, value in pairs(case[5] or {}) do given[name] = value end
        local answer, problem = read(case[2], given)
        assert.is_nil(problem)
        assert.same({ case[3], case[4] }, { answer.body, answer.kept or false })
      end
    end)
  end

  for _, case in ipairs(BROKEN) do
    it("is not complete if it is " .. case[1], function()
      local answer, problem, status = read(case[2], case[5])
      assert.is_nil(answer)
      assert.truthy(problem:find(case[3]), problem)
      assert.equal(case[4], status)
    end)
  end

  it("has headers by lower-case name; repeated and folded headers are joined, and blanks are removed", function()
    local answer = read(lines("HTTP/1.1 200 OK", "X-One:a", "x-ONE:\t b \t", "Folded: c", "  d", "Content-Length: 0", "", ""))
    assert.same({ ["x-one"] = "a, b", folded = "c d", ["content-length"] = "0" }, answer.headers)
  end)

  -- quadratic work would take sixteen times as long
  it("takes the same time for a byte in many small chunks as in a few", function()
    local function seconds(count)
      local bytes, size = IN_CHUNKS .. "\r\n\r\n" .. ("1\r\nx\r\n"):rep(count) .. "0\r\n\r\n", 0
      collectgarbage()
      local started = os.clock()
      local answer = http1.read({
        pull = pieces_of(bytes, 2 ^ 20),
        open = function() return 2 ^ 30 end,
        write = function(_, piece)
          size = size + #piece
          return true
        end,
      }, "POST")
      assert.is_true(answer.kept)
      assert.equal(count, size)
      return os.clock() - started
    end
    seconds(1000)
    local few = math.max(0.01, seconds(40000))
    assert.is_true(seconds(160000) < 8 * few)
  end)

  it("returns the error of the sink for its body", function()
    local bytes = lines("HTTP/1.1 200 OK", "Content-Length: 2", "", "ok")
    local answer, problem = http1.read({
      pull = pieces_of(bytes, 100), open = function() return 10 end, write = function() return nil, "no room" end,
    }, "GET")
    assert.is_nil(answer)
    assert.equal("no room", problem)
  end)
end)

describe("a request of HTTP/1.1", function()
  local function head(request, length, user_agent)
    return http1.head(assert(checked.request(request)), length, user_agent)
  end

  it("has the headers of every request, and the caller's headers instead of them", function()
    assert.equal(lines("POST /a?b=c HTTP/1.1", "Host: example.com", "User-Agent: x", "Accept: */*", "A: b", "Content-Length: 3", "", ""),
      head({ method = "POST", url = "https://EXAMPLE.com:443/a?b=c#d", headers = { A = "b" } }, 3, "x"))
    local own = head({ method = "GET", url = "https://[::1]:8443", headers = { host = "h", ["user-agent"] = "u", ACCEPT = "a" } }, nil, "x")
    assert.equal("GET / HTTP/1.1", own:match "^[^\r]+")
    assert.is_nil(own:find "Host: %[" or own:find "User%-Agent" or own:find "Accept:" or own:find "Content%-Length")
    assert.truthy(own:find "\r\nhost: h\r\n")
  end)

  it("has the length of its body if it may have a body", function()
    assert.truthy(head { method = "POST", url = "https://x" }:find "Content%-Length: 0")
    assert.is_nil(head { method = "GET", url = "https://x" }:find "Content%-Length")
    assert.truthy(head({ method = "POST", url = "https://x" }, 5368709120):find "Content%-Length: 5368709120\r")
  end)

  it("goes to the host and path of its URL", function()
    local cases = {
      ["https://x"] = { "x", 443, "/", "x", true }, ["HTTPS://X.example:8443?q"] = { "x.example", 8443, "/?q", "x.example:8443", true },
      ["https://[::1]/a"] = { "[::1]", 443, "/a", "[::1]", false }, ["http://127.0.0.1:80/"] = { "127.0.0.1", 80, "/", "127.0.0.1", false },
      ["https://x:/a#b"] = { "x", 443, "/a", "x", true },
    }
    for url, expected in pairs(cases) do
      local parts = assert(checked.url(url))
      assert.same(expected, { parts.host, parts.port, parts.path, parts.authority, parts.named })
    end
  end)

  it("is refused for an invalid URL, or for one that holds a password", function()
    for _, url in ipairs { "", "x", "https://", "https://x:0", "https://x:65536", "https://x:y", "https://[x]", "https://[::1", "https://a b" } do
      assert.same({ nil, "the URL cannot be read" }, { checked.url(url) })
    end
    assert.same({ nil, "the URL must not have a user name or a password" }, { checked.url "https://name:word@x/" })
    assert.is_nil(checked.url "http://example.com/")
    assert.is_table(checked.url("http://example.com/", true))
  end)
end)

describe("the reader of answers over cosockets", function()
  it("never raises, always ends, and reads the same for pieces of any size", function()
    assert.equal(3000, require "spec.support.fuzz_http1"(3000, 11))
  end)
end)
