-- client.media: the requests that it sends for a file, the answers that it refuses, and the hosts that get the token. Over the
-- memory transport, mostly before a sandbox; touches no network, and only files in a folder that it makes.
local crypto = require "whatsapp.crypto"
local files = require "spec.support.files"
local memory = require "whatsapp.transport.memory"
local read = require "spec.support.read"
local sandbox = require "whatsapp.sandbox"
local scratch_folder = require "spec.support.scratch"
local whatsapp = require "whatsapp"

local decode, encode = require("whatsapp.wire.json").decode, require("whatsapp.wire.json").encode

local TOKEN = "a-token-of-a-test"
local LOST = { text = "lost", details = { kind = "transport", retryable = false, may_have_been_sent = true } }
local LOST_GET = { text = "lost", details = { kind = "transport", retryable = true, may_have_been_sent = true } }
local UNSENT = { text = "no name", details = { kind = "transport", retryable = true, may_have_been_sent = false } }
local GRAPH, LOOKASIDE = "https://graph.facebook.com/v26.0/", "https://lookaside.fbsbx.com/whatsapp_business/attachments/"

local scratch = scratch_folder.new()

local function options_with(transport, changes)
  local options = { token = TOKEN, phone_number_id = "106", version = "v26.0", transport = transport }
  for name, value in pairs(changes or {}) do options[name] = value end
  return options
end

local function new(answers, changes)
  local transport = memory.new(answers)
  return whatsapp.new(options_with(transport, changes)), transport
end

-- returns a client over a sandbox; `before(request, count)` may answer instead of the sandbox
local function new_box(before, changes, given)
  local box, count = sandbox.new(given), 0
  local client, transport = new(function(request)
    count = count + 1
    if before then
      local answer, text, details = before(request, count)
      if answer or text then return answer, text, details end
    end
    return box.handle(request)
  end, changes)
  return client, transport, box
end

local function json(status, body) return { status = status, headers = { ["content-type"] = "application/json" }, body = body } end
local function lost() return nil, LOST.text, LOST.details end

local function base64_of_sum(bytes)
  local path = scratch.write("sum", crypto.digest("sha256"):update(bytes):final "binary")
  local text = scratch.run "base64 sum":match "^[^\n]*"
  os.remove(path)
  return text
end

local function sha256(bytes) return crypto.digest("sha256"):update(bytes):final() end

local function requests_of(transport)
  local list = {}
  for i, request in ipairs(transport.requests) do list[i] = request.method .. " " .. request.url:gsub("^" .. GRAPH:gsub("%p", "%%%0"), "") end
  return list
end

after_each(scratch.empty)
teardown(scratch.remove)

describe("client.media", function()
  it("is loaded at the first use, and belongs to its client", function()
    for name in pairs(package.loaded) do
      if name:find "^whatsapp%.media" then package.loaded[name] = nil end
    end
    local client = new {}
    assert.is_nil(package.loaded["whatsapp.media.client"])
    assert.is_table(client.media)
    assert.equal(client.media, client.media)
    local other = client:with { phone_number_id = "107" }
    assert.are_not.equal(client.media, other.media)
    assert.equal("whatsapp.media (107)", tostring(other.media))
    assert.is_nil(client.nothing)
  end)

  it("keeps every digit of an id that is a number, and refuses other numbers", function()
    local largest = math.maxinteger or 2 ^ 53 -- luacheck: ignore 143
    local client, transport = new { json(200, '{"success":true}'), json(200, '{"success":true}') }
    assert(client.media:delete(largest))
    assert(client.media:delete(990.0))
    assert.equal(GRAPH .. (math.maxinteger and "9223372036854775807" or "9007199254740992"), transport.requests[1].url) -- luacheck: ignore 143
    assert.equal(GRAPH .. "990", transport.requests[2].url)
    for _, wrong in ipairs { 1.5, -1, 0, 2 ^ 80, 1 / 0 } do
      local ok, problem = pcall(function() client.media:get(wrong) end)
      assert.is_false(ok)
      assert.is_truthy(problem:find("media_spec.lua:%d+: the id of a file is a string of letters and digits, or a whole number"), problem)
    end
  end)

  it("shows no secret in any print or dump", function()
    local client = new {}
    for name, value in pairs(client.media) do error(tostring(name) .. tostring(value)) end
    assert.is_nil(tostring(client.media):find(TOKEN, 1, true))
  end)

  it("raises for wrong use, at the caller's line", function()
    local client = new {}
    local media = client.media
    local wrong = {
      function() media.upload("x") end, function() media:upload() end,
      function() media:upload { path = "x", name = "y" } end, function() media:upload(5) end, function() media:upload {} end,
      function() media:upload("x", { kind = "image" }) end,
      function() media:upload("x", { ttl_minutes = 1e300 }) end, function() media:upload("x", { as = "picture" }) end, function() media:get() end,
      function() media:get "a/b" end, function() media:get "../x" end, function() media:delete "" end, function() media:download("12") end,
      function() media:download("12", "") end, function() media:download("a b", "x") end,
      function() media:download("12", 5) end, function() media:upload_sample "x" end,
      function() media:upload_sample("x", { app_id = "1", session = "upload:../1" }) end, function() client:send_file(nil, "x") end,
      function() client:send_file("1", {}) end, function() client:send_file("1", "x", { to = "2" }) end, function() media:check {} end,
    }
    for i, call in ipairs(wrong) do
      local ok, problem = pcall(call)
      assert.is_false(ok, i)
      assert.is_truthy(tostring(problem):find("media_spec.lua:", 1, true), i .. ": " .. tostring(problem))
    end
    client:close()
    local ok, problem = pcall(function() media:get "12" end)
    assert.is_false(ok)
    assert.is_truthy(problem:find("media_spec.lua:%d+: attempt to use a closed client"))
  end)
end)

describe("media:upload", function()
  it("sends the file with its exact type and a matching name, and returns the id", function()
    local client, transport = new { json(200, '{"id":4490709327384033}') }
    local path = scratch.write("a voice.bin", files.opus())
    local uploaded, _, info = assert(client.media:upload(path, { ttl_minutes = 90 }))
    assert.equal("4490709327384033", uploaded.id)
    assert.equal(1, info.attempts)
    local request = transport.requests[1]
    assert.same({ "POST", GRAPH .. "106/media", 300 }, { request.method, request.url, request.timeout })
    assert.same({ Authorization = "Bearer " .. TOKEN }, request.headers)
    assert.same({
      { name = "messaging_product", data = "whatsapp" }, { name = "type", data = "audio/ogg; codecs=opus" }, { name = "ttl_minutes", data = "90" },
      { name = "file", file = path, filename = "a voice.bin.ogg", type = "audio/ogg; codecs=opus" },
    }, request.form)
  end)

  it("sends bytes like files", function()
    local client, transport = new { json(200, '{"id":"1"}') }
    assert(client.media:upload { data = files.png(), filename = "../x.jpg" })
    assert.same({ name = "file", data = files.png(), filename = "x.png", type = "image/png" }, transport.requests[1].form[3])
  end)

  it("sends no file that the API would refuse later", function()
    local client, transport = new {}
    local uploaded, text, details = client.media:upload { data = files.gif }
    assert.is_nil(uploaded)
    assert.same({ "invalid", "file", "enum", 0 }, { details.kind, details.problems[1].path, details.problems[1].rule, details.attempts })
    assert.equal(details.problems[1].message, text)
    for _, path in ipairs { scratch.path "absent", scratch.folder } do
      local _, why, about = client.media:upload(path)
      assert.same({ "invalid", false, "file" }, { about.kind, about.may_have_been_sent, about.problems[1].path })
      assert.is_truthy(why:find(path, 1, true))
    end
    assert.equal(0, #transport.requests)
  end)

  it("uses the client's mode, and reports warnings", function()
    local warned = {}
    local client = new({ json(200, '{"id":"1"}') }, { mode = "lenient", on_warning = function(...) warned[#warned + 1] = { ... } end })
    local _, _, info = assert(client.media:upload { data = files.gif, filename = "x.gif" })
    assert.same({ "file", "image/gif" }, { info.warnings[1].path, warned[1][2].type })
    assert.is_nil((new({}):with {}.media:upload { data = files.gif }))
  end)

  it("is repeated only if it certainly was not sent", function()
    local client, transport = new { UNSENT, json(200, '{"id":"1"}') }
    assert(client.media:upload { data = files.pdf })
    assert.equal(2, #transport.requests)
    client, transport = new { LOST, json(200, '{"id":"1"}') }
    local _, _, details = client.media:upload { data = files.pdf }
    assert.same({ true, 1 }, { details.may_have_been_sent, #transport.requests })
    client, transport = new { json(200, "{}"), json(200, '{"id":"1"}') }
    _, _, details = client.media:upload { data = files.pdf }
    assert.same({ "protocol", true, 1 }, { details.kind, details.may_have_been_sent, #transport.requests })
  end)

  it("is repeated though it took longer than a message may", function()
    local client, transport
    client, transport = new(function()
      if #transport.requests > 1 then return json(200, '{"id":"1"}') end
      transport.slept = transport.slept + 200
      return nil, UNSENT.text, UNSENT.details
    end)
    assert(client.media:upload { data = files.pdf })
  end)

  it("returns the API's error for a file that it refuses", function()
    local client = new_box(nil, { mode = "lenient" })
    local _, text, details = client.media:upload({ data = "\1\2" }, { type = "application/octet-stream" })
    assert.same({ "api", 100, 400, false }, { details.kind, details.code, details.http_status, details.may_have_been_sent })
    assert.is_truthy(text:find("one of the following types", 1, true))
  end)

  it("can be checked without a network", function()
    local client, transport = new {}
    local plan = assert(client.media:check(scratch.write("x.jpg", files.png(2, 3))))
    assert.same({ "image/png", "x.png", "image", 3 }, { plan.type, plan.filename, plan.as, plan.facts.height })
    assert.is_nil((client.media:check { data = files.gif }))
    assert.equal(0, #transport.requests)
  end)
end)

describe("media:get", function()
  it("returns the URL of a file, and its size as an integer", function()
    for _, size in ipairs { "303833", '"303833"' } do
      local client, transport = new { json(200, '{"url":"https://x/","mime_type":"image/jpeg","sha256":"ab","file_size":' .. size .. ',"id":12}') }
      local found = assert(client.media:get(12, { own = true }))
      assert.same({ url = "https://x/", mime_type = "image/jpeg", sha256 = "ab", file_size = 303833, id = "12" }, found)
      assert.equal(GRAPH .. "12?phone_number_id=106", transport.requests[1].url)
    end
  end)

  it("is repeated, as are deletions", function()
    local client, transport = new { LOST_GET, json(200, '{"url":"https://x/"}') }
    assert(client.media:get "12")
    assert.equal(2, #transport.requests)
    client, transport = new { LOST_GET, json(200, '{"success":true}') }
    assert.is_true(assert(client.media:delete "12").success)
    assert.same({ "DELETE 12", "DELETE 12" }, requests_of(transport))
  end)

  it("returns a failure if the API does not confirm a deletion", function()
    local _, text, details = new({ json(200, '{"success":false}') }).media:delete "12"
    assert.same({ "protocol", false }, { details.kind, details.may_have_been_sent }, text)
  end)

  it("refuses an answer without a URL", function()
    local _, _, details = new({ json(200, '{"id":"12"}') }).media:get "12"
    assert.equal("protocol", details.kind)
  end)
end)

describe("media:download", function()
  local BYTES = files.pdf .. ("content\n"):rep(30000)
  local target = scratch.path "target.pdf"

  local function uploaded(before, changes, given)
    local client, transport, box = new_box(before, changes, given)
    local id = assert(client.media:upload { data = BYTES, filename = "x.pdf" }).id
    return client, id, transport, box
  end

  local function no_file_but(...)
    assert.same({ ... }, scratch.list())
  end

  it("writes the whole file to the caller's path", function()
    local client, id = uploaded()
    local got = assert(client.media:download(id, target))
    assert.same({ path = target, size = #BYTES, sha256 = sha256(BYTES), mime_type = "application/pdf", id = id, verified = true }, got)
    assert.is_true(read(target) == BYTES)
    no_file_but "target.pdf"
  end)

  it("replaces a file only with the option replace", function()
    local client, id, transport = uploaded()
    local there = { "echo old > target.pdf", "mkdir target.pdf", "ln -s nowhere target.pdf", "mkfifo target.pdf",
      ": > target.pdf; chmod 0 target.pdf" }
    for _, make in ipairs(there) do
      scratch.run(make)
      local before, listed = #transport.requests, scratch.run "ls -l target.pdf"
      for _, given in ipairs { {}, { replace = false } } do
        local got, err, details = client.media:download(id, target, given)
        assert.same({ nil, false }, { got, details.may_have_been_sent }, make)
        assert.is_truthy(err:find("target.pdf: the file exists; replace = true replaces it", 1, true), err)
        assert.same({ before, listed }, { #transport.requests, scratch.run "ls -l target.pdf" }, make)
      end
      if make ~= "mkdir target.pdf" then
        assert(client.media:download(id, target, { replace = true }))
        assert.is_true(read(target) == BYTES)
      end
      scratch.run "rm -rf target.pdf"
    end
    assert.is_false((pcall(client.media.download, client.media, id, target, { replace = 1 })))
  end)

  it("does not replace a file that appeared during the download", function()
    local client, id = uploaded(function(request)
      if request.to_file then scratch.write("target.pdf", "another's") end
    end)
    local got, _, details = client.media:download(id, target)
    assert.same({ nil, false, 1 }, { got, details.may_have_been_sent, details.attempts })
    assert.equal("another's", read(target))
    no_file_but "target.pdf"
  end)

  it("never writes two files to one name, also from two clients", function()
    local client, id = uploaded()
    local other = assert(client.media:upload { data = files.pdf, filename = "x.pdf" }).id
    local function event_of(media_id) return { kind = "message", type = "document", media = { id = media_id, filename = "invoice.pdf" } } end
    for _, each in ipairs { id, other } do
      assert(client.media:download(event_of(each), scratch.path(whatsapp.media.safe_name(event_of(each)))))
    end
    assert.equal(2, #scratch.list())
    assert.is_nil((client.media:download(event_of(id), scratch.path(whatsapp.media.safe_name(event_of(id))))))
  end)

  it("writes the name of a file on one line in an error", function()
    local client, id = uploaded()
    local odd = scratch.write("a\27[2J\r\nb\194\133.pdf", "old")
    local _, err = client.media:download(id, odd)
    assert.is_truthy(err:find("a\\x1B[2J\\r\\nb\\u{85}.pdf", 1, true), err)
    for _, call in ipairs { function() return client.media:upload(odd .. "\n") end, function() return client.media:check(odd .. "\27") end } do
      err = select(2, call())
      assert.is_nil(err:find "%c", err)
    end
    os.remove(odd)
  end)

  it("refuses an event that has no file", function()
    local client, transport = new {}
    for _, event in ipairs { { kind = "message", type = "text", id = "12", text = "x" }, { kind = "message", media = { id = "a/../b" } }, {} } do
      local got, _, details = client.media:download(event, target)
      assert.same({ nil, "invalid", "media", "required" }, { got, details.kind, details.problems[1].path, details.problems[1].rule })
    end
    assert.equal(0, #transport.requests)
  end)

  it("accepts an event, the result of media:get, and a URL", function()
    local client, id = uploaded()
    local found = assert(client.media:get(id))
    local event = { kind = "message", type = "document", media = { id = id, mime_type = "application/pdf", sha256 = base64_of_sum(BYTES) } }
    for _, what in ipairs { event, event.media, found, found.url, id } do
      local got = assert(client.media:download(what, target, { replace = true }))
      assert.equal(what ~= found.url, got.verified)
      assert.is_true(read(target) == BYTES)
    end
  end)

  it("passes only checked bytes to a sink, in pieces", function()
    local client, id = uploaded()
    local pieces = {}
    assert(client.media:download(id, function(piece) pieces[#pieces + 1] = piece end))
    assert.is_true(table.concat(pieces) == BYTES and #pieces > 2)
    local called = false
    local _, text = client.media:download({ media = { id = id, sha256 = ("0"):rep(64) } }, function() called = true end)
    assert.is_false(called)
    assert.is_truthy(text:find("SHA%-256"))
  end)

  it("ends if the sink refuses a piece", function()
    local client, id = uploaded()
    for _, refusal in ipairs { { nil, "full" }, { false } } do
      local count = 0
      local got, text, details = client.media:download(id, function()
        count = count + 1
        return refusal[1], refusal[2]
      end)
      assert.same({ nil, "invalid", 1 }, { got, details.kind, count })
      assert.is_truthy(text:find(refusal[2] or "false", 1, true))
    end
  end)

  it("leaves no file if a sink raises", function()
    local client, id, transport = uploaded()
    assert.is_false((pcall(client.media.download, client.media, id, function() error "no" end)))
    assert.is_nil(io.open(transport.requests[#transport.requests].to_file, "rb"))
  end)

  it("refuses a wrong length and a wrong SHA-256, and keeps an existing file", function()
    scratch.write("target.pdf", "old")
    local faults = {
      function(found) found.sha256 = ("0"):rep(64) end,
      function(found) found.file_size = tostring(#BYTES + 1) end,
    }
    for _, fault in ipairs(faults) do
      local box = sandbox.new()
      local client = new(function(request)
        local answer = box.handle(request)
        if request.method ~= "GET" or request.to_file then return answer end
        local found = decode(answer.body)
        fault(found)
        return json(200, encode(found))
      end)
      local id = assert(client.media:upload { data = BYTES, filename = "x.pdf" }).id
      local got, _, details = client.media:download(id, target, { replace = true })
      assert.same({ nil, "protocol", false }, { got, details.kind, details.may_have_been_sent })
      assert.equal("old", read(target))
      no_file_but "target.pdf"
    end
  end)

  it("refuses an HTML page instead of a file", function()
    local page = { status = 200, headers = { ["content-type"] = "text/html; charset=utf-8" }, body = "<html>log in</html>" }
    local client, transport = new { page, page }
    local _, text = client.media:download(LOOKASIDE .. "?mid=1", target)
    assert.equal("got 19 bytes of HTML, expected a file", text)
    _, text = client.media:download({ url = LOOKASIDE .. "?mid=1", mime_type = "image/jpeg" }, target)
    assert.equal("got 19 bytes of HTML, expected image/jpeg", text)
    assert.equal(2, #transport.requests)
    no_file_but()
  end)

  it("looks an expired URL up once more", function()
    for _, status in ipairs { 404, 410 } do
      local expired = 1
      local client, id, transport = uploaded(function(request)
        if request.to_file and expired > 0 then
          expired = expired - 1
          return { status = status, headers = {}, body = "" }
        end
      end)
      assert(client.media:download(id, target, { replace = true }))
      local methods = {}
      for i = 2, #transport.requests do methods[#methods + 1] = transport.requests[i].to_file and "file" or "look-up" end
      assert.same({ "look-up", "file", "look-up", "file" }, methods)
      expired = 2
      local got, _, details = client.media:download(id, target, { replace = true })
      assert.same({ nil, status }, { got, details.http_status })
      no_file_but "target.pdf"
    end
  end)

  it("uses the URL of a webhook first, and looks the file up if the URL has expired or is not trusted", function()
    local now = 1000
    local client, id, transport = uploaded(nil, nil, { now = function() return now end })
    local found = assert(client.media:get(id))
    local event = { media = { id = id, url = found.url, sha256 = found.sha256, mime_type = "application/pdf" } }
    local before = #transport.requests
    assert(client.media:download(event, target, { replace = true }))
    assert.equal(before + 1, #transport.requests)
    now = now + 301
    assert(client.media:download(event, target, { replace = true }))
    assert.equal(before + 4, #transport.requests)
    event.media.url = "https://lookaside.fbsbx.com@evil.example/x"
    assert(client.media:download(event, target, { replace = true }))
    for _, request in ipairs(transport.requests) do assert.is_nil(request.url:find("evil", 1, true)) end
  end)

  it("is repeated, but not if it is too long", function()
    local first = true
    local client, id = uploaded(function(request)
      if request.to_file and first then
        first = false
        return nil, LOST_GET.text, LOST_GET.details
      end
    end)
    local _, _, info = assert(client.media:download(id, target))
    assert.equal(2, info.attempts)
    local count = 0
    client, id = uploaded(function(request)
      if not request.to_file then return nil end
      count = count + 1
      return nil, "too long", { kind = "transport", retryable = false, may_have_been_sent = true }
    end)
    assert.is_nil((client.media:download(id, target, { replace = true })))
    assert.equal(1, count)
  end)

  it("is repeated though it took longer than a message may", function()
    local client, transport
    client, transport = new(function()
      if #transport.requests > 1 then return { status = 200, headers = {}, body = "x" } end
      transport.slept = transport.slept + 200
      return nil, LOST_GET.text, LOST_GET.details
    end)
    assert(client.media:download(LOOKASIDE .. "?mid=1", target))
    client, transport = new(function()
      transport.slept = transport.slept + 200
      return nil, LOST_GET.text, LOST_GET.details
    end, { retry = { total = 100 } })
    assert.is_nil((client.media:download(LOOKASIDE .. "?mid=1", target, { replace = true })))
    assert.equal(1, #transport.requests)
  end)

  it("reads no more bytes than the API announced, and no more than the limit", function()
    local client, id, transport = uploaded()
    assert(client.media:download(id, target))
    assert.equal(#BYTES, transport.requests[#transport.requests].max_file)
    assert(client.media:download(client.media:get(id).url, target, { replace = true }))
    assert.equal(104857600, transport.requests[#transport.requests].max_file)
    local before = #transport.requests
    local got, _, details = client.media:download(id, target, { max = 1000, replace = true })
    local problem = details.problems[1]
    assert.same({ nil, "invalid", "file_size", 1000, #BYTES, before + 1 },
      { got, details.kind, problem.path, problem.limit, problem.actual, #transport.requests })
  end)

  it("follows no redirect", function()
    local client, transport = new { { status = 302, headers = { location = "https://evil.example/" }, body = "" } }
    local got, text, details = client.media:download(LOOKASIDE .. "?mid=1", target)
    assert.same({ nil, "protocol", 302, 1 }, { got, details.kind, details.http_status, #transport.requests })
    assert.is_truthy(text:find("not followed", 1, true))
  end)

  it("returns no incomplete file: a part, an empty answer", function()
    local client = new { { status = 206, headers = {}, body = "part" }, { status = 204, headers = {}, body = "" } }
    for _ = 1, 2 do assert.is_nil((client.media:download(LOOKASIDE .. "?mid=1", target))) end
    no_file_but()
  end)

  it("sends a User-Agent, which the host of files requires", function()
    local client, transport = new({ { status = 200, headers = {}, body = "x" } }, { user_agent = "mine/1.2.3" })
    assert(client.media:download(LOOKASIDE .. "?mid=1", target))
    assert.same({ Authorization = "Bearer " .. TOKEN, ["User-Agent"] = "mine/1.2.3" }, transport.requests[1].headers)
    client, transport = new { { status = 200, headers = {}, body = "x" } }
    assert(client.media:download(LOOKASIDE .. "?mid=1", target, { replace = true }))
    assert.equal("lua-whatsapp/" .. whatsapp._VERSION, transport.requests[1].headers["User-Agent"])
  end)

  it("works over a transport without files", function()
    local box = sandbox.new()
    local client = whatsapp.new(options_with(box.handle))
    local id = assert(client.media:upload { data = BYTES, filename = "x.pdf" }).id
    assert(client.media:download(id, target))
    assert.is_true(read(target) == BYTES)
    assert.is_nil((client.media:download(client.media:get(id).url, target, { max = 10, replace = true })))
    no_file_but "target.pdf"
  end)

  it("names the file that could not be written", function()
    local client, id = uploaded()
    local got, _, details = client.media:download(id, scratch.path "absent/x")
    assert.same({ nil, "invalid", false }, { got, details.kind, details.may_have_been_sent })
    scratch.run "mkdir folder"
    got, _, details = client.media:download(id, scratch.path "folder", { replace = true })
    assert.same({ nil, "invalid" }, { got, details.kind })
    no_file_but "folder"
  end)
end)

describe("the token", function()
  local function ask(url, changes)
    local client, transport = new({ { status = 200, headers = {}, body = "x" } }, changes)
    local got, text = client.media:download(url, scratch.path "x", { replace = true })
    return got ~= nil, transport.requests[1], text
  end

  it("goes to the API's hosts over https", function()
    for _, url in ipairs { LOOKASIDE .. "?mid=1&hash=a%2Fb", "https://lookaside.fbsbx.com:443/x", "https://graph.facebook.com/x" } do
      local ok, request = ask(url)
      assert.is_true(ok, url)
      assert.same({ url, "Bearer " .. TOKEN }, { request.url, request.headers.Authorization })
    end
  end)

  it("goes to no other host, with any form of URL", function()
    local urls = {
      "http://lookaside.fbsbx.com/x", "https://lookaside.fbsbx.com@evil.example/x", "https://evil.example/lookaside.fbsbx.com",
      "https://lookaside.fbsbx.com.evil.example/x", "https://lookaside.fbsbx.com./x", "https://LOOKASIDE.fbsbx.com/x",
      "HTTPS://lookaside.fbsbx.com/x", "https://lookaside.fbsbx.com:8443/x", "https://lookaside.fbsbx.com:0443/x",
      "https://lookaside.fbsbx.com:/x", "https://user:pw@lookaside.fbsbx.com/x",
      "https://evil.example\\@lookaside.fbsbx.com/x", "https:\\\\lookaside.fbsbx.com/x", "https://lookaside.fbsbx.com\\.evil.example/x",
      "https://lookaside.fbsbx.com\t/x", "https://lookaside.fbsbx.com/x y", "https://lookaside.fbsbx.com/x\r\nHost: evil",
      "https://lookaside.fbsbx.com/x\\y", "https://lookaside.fbsbx.com/\195\182", "https://lookaside.fbsbx.com/\127",
      "https://lookaside.fbsbx.com/\0x", "https://lookaside.fbsbx.com/#x", "https://l\195\182okaside.fbsbx.com/x",
      "https://xn--lokaside-n4a.fbsbx.com/x", "https://%6cookaside.fbsbx.com/x",
      "https://lookaside.fbsbx.com", "https://lookaside.fbsbx.com?x", "https:///x", "https:/lookaside.fbsbx.com/x", "//lookaside.fbsbx.com/x",
      "file:///etc/passwd", "ftp://lookaside.fbsbx.com/x", "javascript://lookaside.fbsbx.com/x", " https://lookaside.fbsbx.com/x",
      "https://169.254.169.254/latest", "https://[::1]/x", "https://localhost/x", "https://graph.facebook.com.evil.example/x",
      "https://lookaside.fbsbx.com/" .. ("x"):rep(9000), "https://evil.example/?https://lookaside.fbsbx.com/x",
    }
    for _, url in ipairs(urls) do
      local ok, request, text = ask(url)
      assert.is_false(ok, url)
      assert.is_nil(request, url)
      assert.is_nil(text:find "[%c\128-\255]", url)
    end
  end)

  it("does not go there, and an error says why", function()
    local cases = {
      ["https://lookaside.fbsbx.com@evil.example/x"] = "without a name and password", ["http://lookaside.fbsbx.com/x"] = "begins with https://",
      ["https://evil.example/x?secret=1"] = "not to evil.example", ["https://lookaside.fbsbx.com/x y"] = "no spaces",
    }
    for url, wanted in pairs(cases) do
      local _, _, text = ask(url)
      assert.is_truthy(text:find(wanted, 1, true), text)
      assert.is_nil(text:find("secret", 1, true))
    end
  end)

  it("goes to the host of base_url, but to no other port or scheme of this host", function()
    local LOCAL = { base_url = "http://127.0.0.1:8080" }
    assert.is_true((ask("http://127.0.0.1:8080/file?x=1", LOCAL)))
    local others = { "http://127.0.0.1:8081/x", "http://127.0.0.1/x", "https://127.0.0.1:8080/x", "http://127.0.0.1:80801/x",
      "http://127.0.0.1:8080@evil/x" }
    for _, url in ipairs(others) do
      assert.is_false((ask(url, LOCAL)), url)
    end
    assert.is_true((ask("https://proxy.example/file", { base_url = "https://proxy.example/graph" })))
  end)

  it("does not go to the Graph API only because an event or an answer names its URL", function()
    for _, url in ipairs { "https://graph.facebook.com/v26.0/me?fields=x", "https://graph.facebook.com:443/x", "https://graph.facebook.com/" } do
      local ok, request, text = ask { media = { url = url } }
      assert.same({ false, nil }, { ok, request }, url)
      assert.is_truthy(text:find("graph.facebook.com", 1, true))
      local client, transport = new { json(200, ('{"url":"%s"}'):format(url)) }
      assert.is_nil((client.media:download("12", scratch.path "x")))
      assert.equal(1, #transport.requests)
    end
  end)

  it("is not added by client:authorize to a request for another host", function()
    local client = new {}
    local signed, _, details = client:authorize { url = "https://evil.example/x" }
    assert.same({ nil, "refused" }, { signed, details.kind })
    assert.is_nil((client:authorize { url = "https://graph.facebook.com.evil.example/x" }))
  end)

  it("goes with appsecret_proof only to the Graph API", function()
    local client, transport = new({ json(200, ('{"url":"%s?mid=1&hash=x"}'):format(LOOKASIDE)), { status = 200, headers = {}, body = "x" } },
      { app_secret = "a secret of the app" })
    assert(client.media:download("12", scratch.path "x"))
    assert.is_truthy(transport.requests[1].url:find "12%?appsecret_proof=%x+$")
    assert.equal(LOOKASIDE .. "?mid=1&hash=x", transport.requests[2].url)
  end)

  it("is not sent to another host that a look-up names", function()
    local client, transport = new { json(200, '{"url":"https://evil.example/x"}') }
    local got, text, details = client.media:download("12", scratch.path "x")
    assert.same({ nil, "protocol", 1 }, { got, details.kind, #transport.requests })
    assert.is_truthy(text:find("not to evil.example", 1, true))
  end)
end)

describe("a host for files", function()
  local download = require "whatsapp.media.download"
  local hosts = require "whatsapp.media.hosts"
  local LIST = { ".fbcdn.net", "files.example" }

  local NAMED = { "https://scontent.fbcdn.net/x?y=1", "https://a.b.fbcdn.net:443/x", "https://files.example/x", "https://m-1.fbcdn.net/%2e%2e/x" }
  local OTHERS = {
    "http://scontent.fbcdn.net/x", "https://fbcdn.net/x", "https://evilfbcdn.net/x", "https://.fbcdn.net/x", "https://a..fbcdn.net/x",
    "https://scontent.fbcdn.net", "https://scontent.fbcdn.net?x", "https://scontent.fbcdn.net#/x", "https://scontent.fbcdn.net.evil.example/x",
    "https://user@scontent.fbcdn.net/x", "https://evil.example/@scontent.fbcdn.net/x", "https://evil.example\\.fbcdn.net/x",
    "https://scontent.fbcdn.net:8443/x", "https://scontent.fbcdn.net:/x", "https://scontent.fbcdn.net./x", "https://SCONTENT.fbcdn.net/x",
    "https://scontent.fbcdn.net/x y", "https://scontent.fbcdn.net/\r\nx", "https://scontent.fbcdn.net/\195\182", "https://%2efbcdn.net/x",
    "https://sub.files.example/x", "https://127.0.0.1/x", "https://[::1]/x", "https://169.254.169.254/latest", "file:///etc/passwd", "", "x",
    "https://evil.example?.fbcdn.net/x", "https://scontent.fbcdn.net/" .. ("x"):rep(9000), "https://a.fbcdn.net\0.evil.example/x",
  }

  it("must be written exactly as the client names it", function()
    for _, url in ipairs(NAMED) do assert.is_true(hosts.has(url, LIST), url) end
    for _, url in ipairs(OTHERS) do assert.is_false(hosts.has(url, LIST), url) end
    for _, url in ipairs(NAMED) do assert.is_false(hosts.has(url, nil), url) end
    assert.is_false(hosts.has(nil, LIST))
  end)

  -- returns the requests of a download
  local function asked(what, list, looked_up)
    local requests = {}
    local access = { base_url = "https://graph.facebook.com", user_agent = "x", media_hosts = list }
    function access.url_of(id) return GRAPH .. id end
    function access.exchange(request, how)
      requests[#requests + 1] = { request.url, how.no_token or false }
      local answer = request.to_file and { status = 200, headers = {}, body = "x" } or json(200, ('{"url":"%s"}'):format(looked_up or ""))
      local result, err, details = how.read(answer)
      if not result then return nil, err, details end
      return result, nil, { attempts = 1 }
    end
    local got, err = download.run(access, assert(download.job(what)), scratch.path "file", { replace = true })
    return got, requests, err
  end

  it("gets no token, and other hosts give no file", function()
    for _, url in ipairs(NAMED) do
      for _, what in ipairs { url, { media = { url = url } }, { kind = "message", media = { url = url, id = "12" } } } do
        local got, requests = asked(what, LIST)
        assert.is_table(got)
        assert.same({ { url, true } }, requests)
      end
      local got, requests = asked("12", LIST, url)
      assert.is_table(got)
      assert.same({ { GRAPH .. "12", false }, { url, true } }, requests)
      got, requests = asked(url, nil)
      assert.same({ nil, 0 }, { got, #requests })
    end
    local _, requests = asked(LOOKASIDE .. "?mid=1", { ".fbsbx.com" })
    assert.same({ { LOOKASIDE .. "?mid=1", false } }, requests)
    for _, url in ipairs(OTHERS) do
      local got, sent = asked({ media = { url = url } }, LIST)
      assert.same({ nil, 0 }, { got, #sent }, url)
    end
  end)
end)

describe("media:upload_sample", function()
  local BYTES = files.jpeg .. ("x"):rep(1000)

  it("opens a session, sends the bytes and returns the handle", function()
    local client, transport, box = new_box()
    local path = scratch.write("my photo.jpg", BYTES)
    local seen = {}
    local function progress(...) seen[#seen + 1] = { ... } end
    local handle, _, info = client.media:upload_sample(path, { app_id = 12345, progress = progress })
    assert.is_truthy(assert(handle):find "^4::")
    local first, second = transport.requests[1], transport.requests[2]
    assert.equal(GRAPH .. "12345/uploads?file_name=my%20photo.jpg&file_length=1022&file_type=image%2Fjpeg", first.url)
    assert.same({ GRAPH .. info.session, "0", path, 0 }, { second.url, second.headers.file_offset, second.body_file, second.body_offset })
    assert.is_true(box.sessions[info.session].data == BYTES)
    assert.same({ { #BYTES, #BYTES } }, seen)
  end)

  it("continues at the API's offset after an interruption, and sends no byte twice", function()
    for _, given in ipairs { { data = BYTES, filename = "x.jpg" }, scratch.write("x.jpg", BYTES) } do
      local interrupted = 0
      local client, transport, box
      client, transport, box = new_box(function(request)
        local data = request.body or request.body_file and read(request.body_file):sub(request.body_offset + 1)
        if data and request.url:find "/upload:" and interrupted < 2 then
          interrupted = interrupted + 1
          box.handle { method = "POST", url = request.url, headers = request.headers, body = data:sub(1, 100) }
          return lost()
        end
      end)
      assert(client.media:upload_sample(given, { app_id = "1" }))
      local offsets = {}
      for _, request in ipairs(transport.requests) do offsets[#offsets + 1] = request.headers.file_offset end
      assert.same({ "0", "100", "200" }, offsets)
      local _, session = next(box.sessions)
      assert.is_true(session.data == BYTES)
    end
  end)

  it("returns its session with a failure, and continues a session", function()
    local broken = true
    local client, transport, box = new_box(function(request)
      if not (broken and request.body and request.url:find "/upload:") then return nil end
      return lost()
    end)
    local handle, _, details = client.media:upload_sample({ data = BYTES, filename = "x.jpg" }, { app_id = "1", retry = false })
    assert.is_nil(handle)
    assert.is_truthy(box.sessions[details.session])
    assert.equal(2, #transport.requests)
    broken = false
    assert(client.media:upload_sample({ data = BYTES, filename = "x.jpg" }, { app_id = "1", session = details.session }))
  end)

  it("continues if the API says that it received a part", function()
    local client, transport = new {
      json(200, '{"id":"upload:1?sig=x"}'), json(200, '{"id":"upload:1?sig=x","file_offset":22}'),
      json(200, '{"id":"upload:1?sig=x","file_offset":"22"}'), json(200, '{"h":"4::x"}'),
    }
    local handle = assert(client.media:upload_sample({ data = BYTES, filename = "x.jpg" }, { app_id = "1" }))
    assert.same({ "4::x", "22", 1000 }, { handle, transport.requests[4].headers.file_offset, #transport.requests[4].body })
  end)

  it("does not check the sizes and colours of messages' files", function()
    local client = new_box()
    assert(client.media:upload_sample({ data = files.png(1, 1, 16, 3) .. ("x"):rep(6000000), filename = "x.png" }, { app_id = "1" }))
  end)

  it("does not read after the end of the file if the API's offset is too large", function()
    for _, offset in ipairs { "1023", "-1", '"99999999999"' } do
      local client = new { json(200, '{"id":"upload:1"}'), LOST, json(200, '{"id":"upload:1","file_offset":' .. offset .. "}"), LOST }
      local handle, text = client.media:upload_sample({ data = BYTES, filename = "x.jpg" }, { app_id = "1" })
      assert.is_nil(handle)
      assert.is_truthy(text:find("of 1022 bytes", 1, true), text)
    end
  end)

  it("gives up after several interruptions", function()
    local client, transport = new_box(function(request)
      if request.body and request.url:find "/upload:" then return lost() end
    end)
    local handle, _, details = client.media:upload_sample({ data = BYTES, filename = "x.jpg" }, { app_id = "1" })
    assert.same({ nil, "transport", true }, { handle, details.kind, #transport.requests < 20 })
  end)

  it("accepts only the kinds of a sample, and refuses a wrong session", function()
    local client, transport = new { json(200, '{"id":"upload:../../me?x"}'), json(200, '{"id":"12"}') }
    local handle, _, details = client.media:upload_sample({ data = "text", filename = "x" }, { app_id = "1" })
    assert.same({ nil, "invalid", 0 }, { handle, details.kind, #transport.requests })
    for _ = 1, 2 do
      local other, _, failed = client.media:upload_sample({ data = BYTES, filename = "x" }, { app_id = "1" })
      assert.same({ nil, "protocol" }, { other, failed.kind })
    end
  end)
end)

describe("client:send_file", function()
  local function sent_of(box) return box.messages[#box.messages].message end

  it("sends each kind as the message that shows it", function()
    local cases = {
      { files.jpeg, "image", { caption = "c" } }, { files.mp4(), "video", { caption = "c" } }, { files.opus(), "audio", {} },
      { files.webp("VP8X", 512, 512), "sticker", {} }, { files.pdf, "document", { caption = "c", filename = "x.bin" } },
      { files.opus(), "audio", { voice = true }, { voice = true } },
      { files.jpeg, "document", { filename = "n.jpg" }, { as = "document", filename = "n.jpg" } },
    }
    for _, case in ipairs(cases) do
      local client, _, box = new_box()
      local given = { caption = case[3].caption }
      for name, value in pairs(case[4] or {}) do given[name] = value end
      local result, _, info = client:send_file("16505551234", scratch.write("x.bin", case[1]), given)
      assert.is_truthy(assert(result).messages[1].id)
      local message = sent_of(box)
      local wanted = { id = info.media_id }
      for name, value in pairs(case[3]) do wanted[name] = value end
      assert.same({ case[2], "16505551234", wanted }, { message.type, message.to, message[case[2]] })
      assert.is_true(box.media[info.media_id].data == case[1])
    end
  end)

  it("shows U+FFFD for bytes of a file's name that are no UTF-8, and refuses such bytes in the option filename", function()
    local client, _, box = new_box()
    local path = scratch.write("r\233sum\233 \195\169.pdf", files.pdf)
    assert(client:send_file("1", path))
    assert.equal("r\239\191\189sum\239\191\189 \195\169.pdf", sent_of(box).document.filename)
    local result, _, details = client:send_file("1", path, { filename = "r\233sum\233.pdf" })
    assert.is_nil(result)
    assert.same({ "document.filename", "utf8" }, { details.problems[1].path, details.problems[1].rule })
  end)

  it("accepts every address that a message accepts", function()
    local user, group = "US.13491208655302741918", "Y2FwaV9ncm91cDoxODA1NTU1MDE3MjoxMjAzNjMyMjI3NzE5NjMwNjcZD"
    local cases = {
      { 16505551234, { to = 16505551234 } }, { user, { recipient = user } }, { { to = user }, { recipient = user } },
      { group, { to = group, recipient_type = "group" } }, { { kind = "message", from = user, id = "w" }, { recipient = user } },
      { { kind = "message", from = "1", group_id = group, id = "w" }, { to = group, recipient_type = "group" } },
    }
    for _, case in ipairs(cases) do
      local client, transport = new_box()
      assert(client.media:send(case[1], { data = files.pdf, filename = "a.pdf" }, { message = { to = "9" } }, 2))
      local sent = decode(transport.requests[#transport.requests].body)
      assert.same({ tostring(case[2].to), case[2].recipient, case[2].recipient_type or "individual" },
        { tostring(sent.to), sent.recipient, sent.recipient_type })
    end
    local client, transport = new_box()
    for _, event in ipairs { { kind = "standby", from = "1" }, { kind = "message" } } do
      local result, _, details = client.media:send(event, { data = files.pdf, filename = "a.pdf" }, nil, 2)
      assert.same({ nil, false, 0 }, { result, details.may_have_been_sent, #transport.requests })
    end
    assert.is_false((pcall(client.media.send, client.media, nil, { data = files.pdf, filename = "a.pdf" }, nil, 2)))
  end)

  it("returns the warnings", function()
    local client = new_box()
    local _, _, info = assert(client:send_file("1", { data = files.opus(2), filename = "a.ogg" }))
    assert.equal("file.channels", info.warnings[1].path)
  end)

  it("keeps the other members of the message", function()
    local client, _, box = new_box()
    assert(client:send_file("1", { data = files.pdf, filename = "a.pdf" }, { message = { context = { message_id = "wamid.1" } } }))
    assert.equal("wamid.1", sent_of(box).context.message_id)
  end)

  it("uploads the same content once, for each number", function()
    local client, transport, box = new_box()
    for i = 1, 3 do assert(client:send_file("1", scratch.write(i .. ".pdf", files.pdf))) end
    assert.same({ 1, 3 }, { #box.media, #box.messages })
    assert(client:with({ phone_number_id = "107" }):send_file("1", scratch.path "1.pdf"))
    assert.equal(2, #box.media)
    assert(client:send_file("1", { data = files.pdf .. " ", filename = "a.pdf" }))
    assert.equal(3, #box.media)
    assert.equal(8, #transport.requests)
  end)

  it("does not keep the id of a file that was replaced or removed during the upload", function()
    for _, later in ipairs { files.pdf .. "%", false } do
      local path, calls = scratch.write("a.pdf", files.pdf), 0
      local client, _, box = new_box(function(request)
        if not request.form then return end
        calls = calls + 1
        if calls > 1 then return end
        if later then scratch.write("a.pdf", later) else os.remove(path) end
        return json(200, '{"id":"77"}')
      end)
      local _, _, info = assert(client:send_file("1", path))
      assert.equal("77", info.media_id)
      assert(client:send_file("1", { data = files.pdf, filename = "a.pdf" }))
      assert.same({ 2, files.pdf }, { calls, box.media[sent_of(box).document.id].data })
    end
  end)

  it("uploads again after an id has expired, and always without a store", function()
    local now = 0
    local client, _, box = new_box(nil, { media_store = whatsapp.media.store { now = function() return now end } })
    local function send() assert(client:send_file("1", { data = files.pdf, filename = "a.pdf" })) end
    send()
    now = 29 * 86400 - 1
    send()
    assert.equal(1, #box.media)
    now = now + 1
    send()
    assert.equal(2, #box.media)
    client, _, box = new_box(nil, { media_store = false })
    send()
    send()
    assert.equal(2, #box.media)
  end)

  it("replaces an id that the API has forgotten, once, and only if it was known before", function()
    for _, code in ipairs { 100, 131009, 131052, 131053 } do
      local refusals = 0
      local client, transport = new_box(function(request)
        if refusals > 0 and request.url:find "/messages$" then
          refusals = refusals - 1
          return json(400, ('{"error":{"code":%d,"message":"no such media"}}'):format(code))
        end
      end)
      assert(client:send_file("1", { data = files.pdf, filename = "a.pdf" }))
      refusals = 1
      assert(client:send_file("1", { data = files.pdf, filename = "a.pdf" }))
      assert.same({ "POST 106/media", "POST 106/messages", "POST 106/messages", "POST 106/media", "POST 106/messages" }, requests_of(transport))
      refusals = 9
      local result, _, details = client:send_file("1", { data = files.pdf, filename = "a.pdf" })
      assert.same({ nil, code, 8 }, { result, details.code, #transport.requests })
    end
  end)

  it("tells the failure if the store gives forgotten ids again and again, as when another worker stores them", function()
    local store = { get = function() return "1" end, set = function() end, delete = function() end }
    local client = new_box(function(request)
      if request.url:find "/messages$" then return json(400, '{"error":{"code":131009,"message":"no such media"}}') end
    end, { media_store = store })
    local result, err, details = client:send_file("1", { data = files.pdf, filename = "a.pdf" })
    assert.same({ nil, "string", 131009 }, { result, type(err), details.code })
  end)

  it("sends no message twice", function()
    local client, transport = new_box(function(request)
      if request.url:find "/messages$" then return lost() end
    end)
    local result, _, details = client:send_file("1", { data = files.pdf, filename = "a.pdf" })
    assert.same({ nil, true, 2 }, { result, details.may_have_been_sent, #transport.requests })
  end)

  it("says that no message was sent if the upload failed", function()
    local client = new { LOST }
    local result, _, details = client:send_file("1", { data = files.pdf, filename = "a.pdf" })
    assert.same({ nil, false, true }, { result, details.may_have_been_sent, details.retryable })
  end)

  it("uploads no file for a message that would be refused", function()
    local client, transport = new {}
    local result, _, details = client:send_file("1", { data = files.pdf, filename = "a.pdf" }, { message = { context = {} } })
    assert.same({ nil, "invalid", 0 }, { result, details.kind, #transport.requests })
    result, _, details = client:send_file("1", { data = files.pdf, filename = "a.pdf" }, { caption = ("x"):rep(1025) })
    assert.same({ nil, "document.caption", 0 }, { result, details.problems[1].path, #transport.requests })
  end)

  it("accepts any store that has get, set and delete", function()
    local kept = {}
    local own = {
      get = function(_, key) return kept[key] end, delete = function(_, key) kept[key] = nil end,
      set = function(_, key, id, ttl) kept[key], kept.ttl = id, ttl end,
    }
    local client, _, box = new_box(nil, { media_store = own })
    assert(client:send_file("1", { data = files.pdf, filename = "a.pdf" }))
    assert.same({ ["whatsapp:106:" .. sha256(files.pdf) .. ":application/pdf"] = box.media[1].id, ttl = 2505600 }, kept)
    assert.is_false((pcall(new, {}, { media_store = {} })))
  end)
end)

describe("files over a transport that is only a function", function()
  it("go to it in the body, and come from the body of its responses", function()
    local box, seen = sandbox.new(), {}
    local client = whatsapp.new(options_with(function(request)
      seen[#seen + 1] = request
      return box.handle(request)
    end))
    local path = scratch.write("up.pdf", "%PDF-1.4\n" .. ("x"):rep(3000))
    local uploaded = assert(client.media:upload(path))
    assert.is_nil(seen[1].form)
    assert.truthy(seen[1].body:find(("x"):rep(3000), 1, true))
    assert.truthy(seen[1].headers["Content-Type"]:find("^multipart/form%-data; boundary="))
    local got = assert(client.media:download(uploaded.id, scratch.path "down.pdf"))
    assert.equal(3009, got.size)
    assert.equal(read(path), read(scratch.path "down.pdf"))
    local sent, _, info = client:send_file("16505551234", path)
    assert.is_table(sent)
    assert.equal(uploaded.id == info.media_id, false) -- upload keeps no id, send_file keeps the id
    assert.equal("16505551234", box.messages[1].message.to)
  end)

  it("are refused if they are too large or cannot be read, and nothing is sent", function()
    local count = 0
    local client = whatsapp.new(options_with(function()
      count = count + 1
      return json(200, '{"id":"1"}')
    end))
    local _, _, details = client.media:upload(scratch.path "none.pdf")
    assert.same({ "invalid", false, 0 }, { details.kind, details.may_have_been_sent, count })
  end)
end)

describe("the store of uploads", function()
  it("is bounded, and forgets expired ids first", function()
    local now = 0
    local kept = whatsapp.media.store { max = 2, now = function() return now end }
    kept:set("a", "1", 10)
    kept:set("b", "2", 100)
    kept:set("c", "3", 50)
    assert.same({ "2", "3" }, { (kept:get "b"), (kept:get "c") })
    assert.is_nil(kept:get "a")
    now = 50
    assert.is_nil(kept:get "c")
    kept:set("b", "4", 100)
    assert.equal("4", kept:get "b")
    kept:delete "b"
    kept:delete "b"
    assert.is_nil(kept:get "b")
  end)
end)
