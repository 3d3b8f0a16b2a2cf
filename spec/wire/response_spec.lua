-- The reader of answers: it returns a result, or a failure that says whether the message may still have been sent.
local codes = require "whatsapp.wire.error_codes"
local response = require "whatsapp.wire.outcome"
local whatsapp = require "whatsapp"

local ACCEPTED = '{"messaging_product":"whatsapp","contacts":[{"input":"1","wa_id":"1"}],"messages":[{"id":"wamid.X"}]}'

local function graph_error(err)
  return '{"error":' .. err .. "}"
end

local function parse(status, body, headers)
  return whatsapp.parse_response { status = status, headers = headers, body = body }
end

describe("whatsapp.parse_response", function()
  it("returns the API's answer unchanged", function()
    assert.equal("wamid.X", parse(200, ACCEPTED).messages[1].id)
    assert.is_true(parse(200, '{"success":true}').success)
  end)

  it("ignores the content type", function()
    for _, kind in ipairs { "text/javascript; charset=UTF-8", "text/html", "application/json" } do
      assert.is_table((parse(200, ACCEPTED, { ["content-type"] = kind })))
    end
  end)

  it("reads a Graph error", function()
    local result, text, details = parse(400, graph_error [[{"message":"(#131047) Re-engagement message","type":"OAuthException",
      "code":131047,"error_subcode":2494055,"error_data":{"messaging_product":"whatsapp","details":"More than 24 hours."},
      "fbtrace_id":"Axy"}]])
    assert.is_nil(result)
    assert.equal("(#131047) Re-engagement message: More than 24 hours. (HTTP 400, trace Axy)", text)
    local raw = details.raw
    details.raw, details.advice = nil, nil
    assert.same({
      kind = "api", retryable = false, may_have_been_sent = false, http_status = 400, code = 131047, subcode = 2494055,
      type = "OAuthException", message = "(#131047) Re-engagement message", reason = "More than 24 hours.", trace_id = "Axy",
      error_data = { messaging_product = "whatsapp", details = "More than 24 hours." },
    }, details)
    assert.same({ "OAuthException", 131047, 2494055, "Axy" }, { raw.type, raw.code, raw.error_subcode, raw.fbtrace_id })
    assert.equal("131047", tostring(details.code))
  end)

  it("loses no member of an error", function()
    local _, err, details = parse(400, graph_error [=[{"message":"Invalid parameter","code":100,"error_user_title":"Wrong button",
      "error_user_msg":"A button has no text.","error_data":{"blame_field_specs":[["components"]],"details":"the details"},"more":[1,2],
      "note":"with the token EAABsbCS1234ZCpYZBZC7secret"}]=])
    assert.equal("Invalid parameter: the details: Wrong button: A button has no text. (code 100, HTTP 400)", err)
    assert.same({ "Wrong button", "A button has no text." }, { details.error_user_title, details.error_user_msg })
    assert.same({ { { "components" } }, "the details" }, { details.error_data.blame_field_specs, details.error_data.details })
    assert.same({ 1, 2 }, details.raw.more)
    assert.is_nil(details.raw.note:find "secret")
  end)

  it("reads any success of the API", function()
    for _, body in ipairs { '{"success":true}', '{"id":"5"}', '{"data":[]}', '{"calls":[{"id":"wacid.1"}]}', ACCEPTED } do
      assert.is_table((parse(200, body)), body)
    end
    for _, body in ipairs { '{"success":false}', "{}", "[]", '{"id":"5","error":{"code":100}}' } do
      assert.is_true((select(3, parse(200, body))).may_have_been_sent, body)
    end
  end)

  -- body, status, retryable, may_have_been_sent, kind
  local cases = {
    { "a throttled send, whatever the status", 400, graph_error '{"code":130429}', true, false, "api" },
    { "a throttled send with another status", 429, graph_error '{"code":80007}', true, false, "api" },
    { "the pair limit", 400, graph_error '{"code":131056,"message":"x"}', true, false, "api" },
    { "a spam limit", 400, graph_error '{"code":131048}', false, false, "api" },
    { "something went wrong", 500, graph_error '{"code":131000}', false, true, "api" },
    { "something went wrong, as a 400", 400, graph_error '{"code":131000}', false, true, "api" },
    { "a transient service error", 503, graph_error '{"code":2,"is_transient":true}', false, true, "api" },
    { "a missing permission in the range of 200 to 299", 403, graph_error '{"code":233}', false, false, "api" },
    { "a code as a string", 400, graph_error '{"code":"131026"}', false, false, "api" },
    { "an unknown code", 400, graph_error '{"code":999999}', false, false, "api" },
    { "an unknown code that is transient", 400, graph_error '{"code":999999,"is_transient":true}', true, false, "api" },
    { "an unknown code that is transient, as a 500", 500, graph_error '{"code":999999,"is_transient":true}', false, true, "api" },
    { "an unknown code with 429", 429, graph_error '{"code":999999}', true, false, "api" },
    { "an unknown code with 500", 500, graph_error '{"code":999999}', false, true, "api" },
    { "an error without a code", 400, graph_error '{"message":"x"}', false, false, "api" },
    { "an error whose parts are all wrong", 400, graph_error '{"code":{},"message":5,"error_data":7,"type":[]}', false, false, "api" },
    { "an error with a 200", 200, graph_error '{"code":131000}', false, true, "api" },
    { "HTML with a 502", 502, "<html>Bad Gateway</html>", false, true, "protocol" },
    { "HTML with a 200", 200, "<html>Welcome to our WLAN</html>", false, true, "protocol" },
    { "HTML with a 403", 403, "<html>no</html>", false, false, "protocol" },
    { "nothing with a 200", 200, "", false, true, "protocol" },
    { "nothing with a 503", 503, "", false, true, "protocol" },
    { "nothing with a 429", 429, "", true, false, "protocol" },
    { "nothing with a 408", 408, "", false, true, "protocol" },
    { "a redirect", 302, "", false, true, "protocol" },
    { "half of the JSON", 200, ACCEPTED:sub(1, 40), false, true, "protocol" },
    { "JSON without the id of a message", 200, "{}", false, true, "protocol" },
    { "a list of no messages", 200, '{"messages":[]}', false, true, "protocol" },
    { "a message without an id", 200, '{"messages":[{}]}', false, true, "protocol" },
    { "messages that are no list", 200, '{"messages":"x"}', false, true, "protocol" },
    { "JSON that is no object", 200, "5", false, true, "protocol" },
    { "null", 200, "null", false, true, "protocol" },
    { "an error that is a word", 401, '{"error":"unauthorized"}', false, false, "protocol" },
    { "an error that is null", 500, '{"error":null}', false, true, "protocol" },
    { "bytes that are no text", 200, "\0\255\254", false, true, "protocol" },
    { "100,000 brackets", 200, ("["):rep(100000), false, true, "protocol" },
  }
  for _, case in ipairs(cases) do
    it("returns for " .. case[1] .. " whether to send again", function()
      local result, text, details = parse(case[2], case[3])
      assert.is_nil(result)
      assert.is_true(type(text) == "string" and #text > 5)
      assert.same({ case[4], case[5], case[6], case[2] },
        { details.retryable, details.may_have_been_sent, details.kind, details.http_status })
    end)
  end

  it("has every code of its table in one class", function()
    local known = { safe = { true, false }, unknown = { false, true }, wait = { false, false }, never = { false, false } }
    local count = 0
    for code, row in pairs(codes) do
      local _, text, details = parse(400, graph_error(('{"code":%d}'):format(code)))
      assert.same(known[row.retry], { details.retryable, details.may_have_been_sent }, tostring(code))
      assert.is_truthy(text:find(row.name, 1, true))
      count = count + 1
    end
    assert.is_true(count > 80)
  end)

  it("reads Retry-After, in seconds and as a date", function()
    local _, _, details = parse(429, "", { ["retry-after"] = "120" })
    assert.equal(120, details.retry_after)
    assert.equal(60, response.retry_after("Wed, 21 Oct 2015 07:29:00 GMT", 1445412480))
    assert.equal(0, response.retry_after("Wed, 21 Oct 2015 07:28:00 GMT", 1445412490))
    assert.equal(5097600, response.retry_after("Tue, 29 Feb 2000 00:00:00 GMT", 951782400 - 5097600))
    for _, wrong in ipairs { "soon", "", "-5", "1.5.5" } do assert.is_nil(response.retry_after(wrong, 0)) end
  end)

  it("does not repeat a token that the API repeats", function()
    local _, text, details = parse(401, graph_error '{"code":190,"message":"Malformed access token EAABsbCS1234ZCpYZBZC7secret"}')
    assert.is_nil(text:find "secret")
    assert.is_nil(details.message:find "secret")
  end)

  it("describes a body that is not JSON", function()
    assert.is_truthy(select(2, parse(502, "<html>", { ["content-type"] = "text/html; charset=x" })):find("text/html of 6 bytes", 1, true))
    assert.is_truthy(select(2, parse(200, "\31\139", { ["content-encoding"] = "gzip" })):find("Content-Encoding gzip", 1, true))
    assert.is_truthy(select(2, parse(204, "")):find("an empty body", 1, true))
  end)

  it("raises for a value that is no response", function()
    assert.is_false(pcall(whatsapp.parse_response, nil))
    assert.is_false(pcall(whatsapp.parse_response, {}))
    assert.is_false(pcall(whatsapp.parse_response, { status = "200" }))
  end)

  it("reads the used part of the limits, also from broken headers", function()
    local usage = response.usage { ["x-app-usage"] = '{"call_count":7}', ["x-business-use-case-usage"] = "broken" }
    assert.equal(7, usage.app.call_count)
    assert.is_nil(usage.business)
    assert.is_nil(response.usage {})
  end)
end)
