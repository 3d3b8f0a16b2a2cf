-- client:call and client:pages over a transport without a network: the requests and their hosts, refusals, repetitions, and that
-- they show no secret.
local crypto = require "whatsapp.crypto"
local memory = require "whatsapp.transport.memory"
local whatsapp = require "whatsapp"

local TOKEN, SECRET = "EAAtokenTOKENtoken1234567890", "app-secret-0123456789"
local ROOT = "https://graph.facebook.com/v26.0/"

local function answer(body, status) return { status = status or 200, headers = {}, body = body } end

local function client_with(answers, more)
  local transport = memory.new(answers)
  local options = { token = TOKEN, phone_number_id = "106540352242922", waba_id = 102290129340398, transport = transport }
  for name, value in pairs(more or {}) do options[name] = value end
  return whatsapp.new(options), transport
end

local function always(body, status)
  return function() return answer(body or '{"success":true}', status) end
end

local function strings_of(value, into)
  into = into or {}
  if type(value) == "string" then into[#into + 1] = value end
  if type(value) ~= "table" then return into end
  into[#into + 1] = tostring(value)
  for name, member in pairs(value) do
    strings_of(name, into)
    strings_of(member, into)
  end
  return into
end

local function assert_no_secret(...)
  for i = 1, select("#", ...) do
    for _, text in ipairs(strings_of((select(i, ...)))) do
      assert.is_nil(text:find(TOKEN, 1, true), text)
      assert.is_nil(text:find(SECRET, 1, true), text)
      assert.is_nil(text:find(crypto.hmac_sha256(SECRET, TOKEN), 1, true), text)
    end
  end
end

describe("client:call", function()
  it("sends the method, the path below the version and the query", function()
    local client, transport = client_with(always())
    local result, err, info = client:call {
      path = "{waba}/message_templates", query = { name = "a b&c", fields = { "id", "name" }, limit = 10, big = 106540352242922 },
    }
    assert.is_true(result.success, err)
    assert.equal(200, info.http_status)
    local request = transport.requests[1]
    assert.equal("GET", request.method)
    assert.equal(ROOT .. "102290129340398/message_templates?big=106540352242922&fields=id%2Cname&limit=10&name=a%20b%26c", request.url)
    assert.equal("Bearer " .. TOKEN, request.headers.Authorization)
    assert.is_nil(request.body)
  end)

  it("sends a body as JSON, with every digit, and a form unchanged", function()
    local client, transport = client_with(always())
    assert(client:call { method = "POST", path = "{phone}/register", body = { pin = "1", id = 106540352242922, list = {} } })
    assert.equal('{"id":106540352242922,"list":{},"pin":"1"}', transport.requests[1].body)
    assert.equal("application/json", transport.requests[1].headers["Content-Type"])
    assert.equal(ROOT .. "106540352242922/register", transport.requests[1].url)
    assert(client:call { method = "POST", path = "1/assets", form = { { name = "name", data = "flow.json" } } })
    assert.equal("flow.json", transport.requests[2].form and transport.requests[2].form[1].data
      or transport.requests[2].body:match "flow%.json")
  end)

  it("takes a path as a list, whose parts are escaped", function()
    local client, transport = client_with(always())
    assert(client:call { path = { "{phone}", 106540352242922, "a b", "upload:x" } })
    assert.equal(ROOT .. "106540352242922/106540352242922/a%20b/upload:x", transport.requests[1].url)
  end)

  it("signs with the app secret, and uses the client's version and base_url", function()
    local client, transport = client_with(always(), { app_secret = SECRET, version = "v25.0" })
    assert(client:call { path = "1" })
    assert.equal("https://graph.facebook.com/v25.0/1?appsecret_proof=" .. crypto.hmac_sha256(SECRET, TOKEN), transport.requests[1].url)
  end)

  it("uses the ids of a client made with :with", function()
    local client, transport = client_with(always())
    client:call { path = "{waba}/x" }
    local other = client:with { waba_id = "7", phone_number_id = 8 }
    assert(other:call { path = "{waba}/{phone}" })
    assert.equal(ROOT .. "7/8", transport.requests[2].url)
  end)

  for path, words in pairs {
    ["//evil.example/x"] = "names a host", ["https://evil.example/x"] = "names a host", ["HTTPS://evil.example"] = "names a host",
    ["http:/evil.example"] = "names a host", ["file:///etc/passwd"] = "names a host", ["../me"] = "changes the path", ["a/../b"] = "changes the path",
    ["a/.."] = "changes the path", ["."] = "changes the path", ["a%2fb"] = "a %", ["a%2e%2e"] = "a %", ["a\r\nX: y"] = "a control character",
    ["a\0b"] = "a control character", ["a?b=c"] = "a ?", ["a#b"] = "a #", ["a\\b"] = "a backslash", ["\\\\evil"] = "a backslash",
    ["a//b"] = "an empty part", ["a/"] = "an empty part", [""] = "an empty part", ["/"] = "an empty part", ["v20.0/1"] = "a version",
    [("x"):rep(3000)] = "bytes",
  } do
    it("refuses the path " .. ("%q"):format(path):sub(1, 30), function()
      local client, transport = client_with(always())
      local result, err, details = client:call { path = path }
      assert.is_nil(result)
      assert.is_truthy(err:find(words, 1, true), err)
      assert.equal("invalid", details.kind)
      assert.equal("path", details.problems[1].path)
      assert.is_nil(transport.requests[1])
    end)
  end

  it("keeps every path that is not refused on the API's host, below the version", function()
    local client, transport = client_with(always())
    local sent = 0
    for code = 1, 255 do
      local odd = string.char(code)
      for _, path in ipairs { odd .. "x", "x" .. odd, "1/" .. odd .. "evil.example", odd .. odd .. "evil.example" } do
        if client:call { path = path } then
          sent = sent + 1
          local url = transport.requests[#transport.requests].url
          assert.is_truthy(url:find "^https://graph%.facebook%.com/v26%.0/[0-9A-Za-z._~%%:/-]+$", url)
          assert.is_nil(url:find("/../", 1, true) or url:find("//", 9, true), url)
        end
      end
    end
    assert.is_true(sent > 500)
  end)

  it("refuses an item of a list that is more than one part of a path", function()
    local client = client_with(always())
    for _, part in ipairs { "a/b", "..", ".", "", "a\\b", "%2f", "a?b", "\n" } do
      local result, err, details = client:call { path = { "1", part } }
      assert.is_nil(result)
      assert.equal("path", details.problems[1].path, err)
    end
  end)

  it("refuses a token in the query, and wrong values, all at once", function()
    local client, transport = client_with(always())
    local result, err, details = client:call {
      method = "POST", path = "a/../b", query = { access_token = TOKEN, deep = { a = 1 }, [1] = 2, nan = 0 / 0 },
      body = { x = print, y = { 1, nil, 3 } },
    }
    assert.is_nil(result)
    assert.equal(7, details.count, err)
    local paths = {}
    for i, problem in ipairs(details.problems) do paths[i] = problem.path end
    assert.equal("path query[1] query.access_token query.deep query.nan body.x body.y", table.concat(paths, " "))
    assert_no_secret(err, details)
    assert.is_nil(transport.requests[1])
  end)

  local WRONG = {
    ["a call needs a path"] = {}, ["option path must be"] = { path = 5 }, ["unknown option bodi, did you mean body"] = { path = "1", bodi = 1 },
    ["a body or a form"] = { path = "1", method = "POST", body = {}, form = {} }, ["a GET has no body"] = { path = "1", body = {} },
    ["option method must be"] = { path = "1", method = "PUT" }, ["{foo} in the path"] = { path = "{foo}/x" },
    ["option timeout"] = { path = "1", timeout = -1 }, ["option idempotent"] = { path = "1", idempotent = 1 },
  }
  for words, options in pairs(WRONG) do
    it("raises at the caller's line: " .. words, function()
      local client = client_with(always())
      local ok, err = pcall(function() return (client:call(options)) end)
      assert.is_false(ok)
      assert.is_truthy(err:find(words, 1, true), err)
      assert.is_truthy(err:find("call_spec.lua", 1, true), err)
    end)
  end

  it("raises for {waba} without the option waba_id", function()
    local client = whatsapp.new { token = TOKEN, phone_number_id = 1, transport = memory.new(always()) }
    local ok, err = pcall(function() return (client:call { path = "{waba}/x" }) end)
    assert.is_false(ok)
    assert.is_truthy(err:find "call_spec.lua:%d+: {waba} in the path needs the client.s option waba_id", err)
  end)

  it("accepts every success of the API", function()
    for body, check in pairs {
      ['{"id":"1"}'] = function(result) return result.id == "1" end, [""] = function(result) return next(result) == nil end,
      ["true"] = function(result) return result.success end, ['{"data":[]}'] = function(result) return #result.data == 0 end,
    } do
      local client = client_with(always(body))
      local result, err = client:call { path = "1" }
      assert.is_truthy(result and check(result), body .. tostring(err))
    end
  end)

  it("never returns a failure as a success", function()
    for body, kind in pairs { ['{"success":false}'] = "api", ["<html>"] = "protocol", ["[1"] = "protocol", ["7"] = "protocol",
      ['{"error":{"code":139100,"message":"some"},"block_users":{"added_users":[{"input":"1"}]}}'] = "api" } do
      local client = client_with(always(body), { retry = false })
      local result, err, details = client:call { path = "1" }
      assert.is_nil(result)
      assert.equal(kind, details.kind, body .. err)
      if body:find "block_users" then assert.equal("1", details.answer.block_users.added_users[1].input) end
    end
  end)

  it("repeats a GET and a DELETE that may have been done, and a POST only if it is idempotent", function()
    for _, row in ipairs { { "GET", nil, 3 }, { "DELETE", nil, 3 }, { "POST", nil, 1 }, { "POST", true, 3 }, { "POST", false, 1 } } do
      local client, transport = client_with(always("{}", 500))
      local result, _, details = client:call { method = row[1], path = "1", idempotent = row[2] }
      assert.is_nil(result)
      assert.equal(row[3], #transport.requests, row[1])
      assert.equal(row[3], details.attempts)
    end
  end)

  it("repeats a POST that certainly did nothing", function()
    local client, transport = client_with(function(request)
      return #request.url > 0 and answer('{"error":{"code":4,"message":"limit"}}', 400)
    end)
    assert.is_nil((client:call { method = "POST", path = "1" }))
    assert.equal(3, #transport.requests)
    assert.is_nil((client:call { method = "POST", path = "1", retry = false }))
    assert.equal(4, #transport.requests)
  end)

  it("is not counted by the limits of messages", function()
    local client, transport = client_with(always(), { limiter = { throughput = 1, pair = { interval = 1000, burst = 1 } } })
    for _ = 1, 20 do assert(client:call { path = "1" }) end
    assert.equal(0, transport.now())
  end)

  it("uses hook, log and token function, as a message does", function()
    local seen, logged = {}, {}
    local client, transport = client_with(always(), {
      token = function() return TOKEN end, log = function(entry) logged[#logged + 1] = entry end,
      before_send = function(request)
        seen[#seen + 1] = request.url
        assert.is_nil(request.headers.Authorization)
        if #seen == 2 then return false end
      end,
    })
    assert(client:call { path = "1" })
    local result, _, details = client:call { path = "2" }
    assert.is_nil(result)
    assert.equal("before_send", details.refused_by)
    assert.equal(1, #transport.requests)
    assert.equal(ROOT .. "1", logged[1].url)
    assert_no_secret(logged, details, seen)
  end)

  it("shows no secret that the API repeats", function()
    local next_url = ("https://graph.facebook.com/v26.0/1?access_token=%s&after=x"):format(TOKEN)
    local client = client_with(always(('{"data":[],"paging":{"next":"%s","cursors":{"after":"x"}}}'):format(next_url)), { app_secret = SECRET })
    assert_no_secret(client:call { path = "1" })
    client = client_with(always(('{"error":{"code":190,"message":"bad %s","error_user_msg":"%s"}}'):format(TOKEN, SECRET), 401),
      { app_secret = SECRET })
    assert_no_secret(client:call { path = "1" })
  end)

  it("raises on a closed client, and for a dot instead of a colon", function()
    local client = client_with(always())
    assert.is_false(pcall(client.call, { path = "1" }))
    client:close()
    assert.is_false(pcall(client.call, client, { path = "1" }))
    assert.is_false(pcall(client.pages, client, { path = "1" }))
  end)
end)

-- pages: number of pages, each with `size` items; more: other members of `paging`
local function paged(count, size, more)
  local page = 0
  return function(request)
    page = request.url:find "after=" and tonumber(request.url:match "after=(%d+)") or 0
    local items = {}
    for i = 1, size do items[i] = ('{"id":"%d"}'):format(page * size + i) end
    local paging = page + 1 < count and more(page + 1) or more(nil, page + 1)
    return answer(('{"data":[%s],"paging":{%s}}'):format(table.concat(items, ","), paging))
  end
end

local function with_next(page)
  return page and ('"cursors":{"after":"%d"},"next":"https://evil.example/"'):format(page) or '"cursors":{"after":"last"}'
end

local function ids_of(pages)
  local ids, err, details = {}
  for item, problem, more in pages do
    if item then ids[#ids + 1] = item.id else err, details = problem, more end
  end
  return table.concat(ids, " "), err, details
end

describe("client:pages", function()
  it("returns every item of every page, and asks for a page only when it needs the page", function()
    local client, transport = client_with(paged(3, 2, with_next))
    local pages = client:pages { path = "{waba}/message_templates", query = { limit = 2 } }
    assert.is_nil(transport.requests[1])
    assert.equal("1", pages().id)
    assert.equal("2", pages().id)
    assert.equal(1, #transport.requests)
    assert.equal("3 4 5 6", (ids_of(pages)))
    assert.equal(3, #transport.requests)
    assert.equal(ROOT .. "102290129340398/message_templates?after=1&limit=2", transport.requests[2].url)
    assert.is_nil(pages())
    assert.equal(3, #transport.requests)
    assert.equal(6, pages.count)
  end)

  it("continues without `next` until a page is empty", function()
    local client, transport = client_with(function(request)
      local page = tonumber(request.url:match "after=(%d+)") or 0
      if page == 2 then return answer '{"data":[]}' end
      return answer(('{"data":[{"id":"%d"}],"paging":{"cursors":{"after":"%d"}}}'):format(page + 1, page + 1))
    end)
    assert.equal("1 2", (ids_of(client:pages { path = "1" })))
    assert.equal(3, #transport.requests)
    assert.equal("1 2", (ids_of(client:pages { path = "1", query = { limit = 1 } })))
    assert.equal(6, #transport.requests)
    assert.equal("1", (ids_of(client:pages { path = "1", query = { limit = 5 } })))
    assert.equal(7, #transport.requests)
  end)

  it("continues after an empty page that names a next page", function()
    local client = client_with(function(request)
      if request.url:find "after=b" then return answer '{"data":[{"id":"1"}]}' end
      return answer '{"data":[],"paging":{"cursors":{"after":"b"},"next":"x"}}'
    end)
    assert.equal("1", (ids_of(client:pages { path = "1" })))
  end)

  it("stops at the limit of items, and asks for no further page", function()
    local client, transport = client_with(paged(100, 2, with_next))
    assert.equal("1 2 3 4", (ids_of(client:pages { path = "1", max = 4 })))
    assert.equal(2, #transport.requests)
  end)

  it("ends if the cursors repeat", function()
    local client, transport = client_with(always '{"data":[{"id":"1"}],"paging":{"cursors":{"after":"same"},"next":"x"}}')
    local ids, err, details = ids_of(client:pages { path = "1" })
    assert.equal("1", ids)
    assert.is_truthy(err:find("read before", 1, true))
    assert.equal("protocol", details.kind)
    assert.equal(2, #transport.requests)
  end)

  it("ends at its limits, and reports this", function()
    local client, transport = client_with(paged(10 ^ 6, 0, with_next))
    local _, err, details = ids_of(client:pages { path = "1", max_pages = 5 })
    assert.is_truthy(err:find "more than 5 pages", err)
    assert.equal("pages", details.refused_by)
    assert.equal(5, #transport.requests)
    client = client_with(paged(10 ^ 6, 4000, with_next))
    local pages, count, problem = client:pages { path = "1" }, 0, nil
    for item, failure in pages do
      if item then count = count + 1 else problem = failure end
    end
    assert.equal(10000, count)
    assert.is_truthy(problem:find "more than 10000 items")
  end)

  it("returns the failure of a page in its last turn", function()
    local client = client_with(function(request)
      if request.url:find "after=" then return answer('{"error":{"code":100,"message":"bad"}}', 400) end
      return answer '{"data":[{"id":"1"}],"paging":{"cursors":{"after":"b"},"next":"x"}}'
    end)
    local pages = client:pages { path = "1" }
    local ids, err, details = ids_of(pages)
    assert.equal("1", ids)
    assert.is_truthy(err:find "bad")
    assert.equal(100, details.code)
    assert.equal(2, details.pages)
    assert.is_nil(pages())
  end)

  it("refuses an answer without a list", function()
    for _, body in ipairs { '{"id":"1"}', '{"data":{"a":1}}', '{"data":7}', '{"data":null}' } do
      local client = client_with(always(body))
      local _, err = ids_of(client:pages { path = "1" })
      assert.is_truthy(err and err:find "without a list", body)
    end
  end)

  it("reads the list from a member of data", function()
    local client = client_with(always '{"data":{"groups":[{"id":"7"}]}}')
    assert.equal("7", (ids_of(client:pages { path = "1", list = "groups" })))
  end)

  it("never follows a URL of the API", function()
    local client, transport = client_with(paged(3, 1, with_next))
    ids_of(client:pages { path = "1" })
    for _, request in ipairs(transport.requests) do assert.is_truthy(request.url:find(ROOT, 1, true), request.url) end
  end)
end)
