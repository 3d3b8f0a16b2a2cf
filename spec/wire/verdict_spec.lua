-- The one table of verdicts: what each answer to a message means, over every status and every class of code. Never touches a
-- network; the rows over sockets are in spec/transport/rows.lua.
local codes = require "whatsapp.wire.error_codes"
local memory = require "whatsapp.transport.memory"
local outcome = require "whatsapp.wire.outcome"
local whatsapp = require "whatsapp"

-- a code of each class; nil: no error at all
local CODES = { safe = 130429, unknown = 131000, wait = 131048, never = 131026, unheard = 999999, none = false }

local ID = '"messages":[{"id":"wamid.1"}]'

-- the JSON of an answer, with or without the id of a message, and with an error
local function body_of(has_id, code)
  local members = {}
  if has_id then members[#members + 1] = ID end
  if code then members[#members + 1] = ('"error":{"code":%d,"message":"m"}'):format(code) end
  return "{" .. table.concat(members, ",") .. "}"
end

-- written from the rules and not from the code: success; certainly refused; or may have been sent
local function expected(status, class, has_id)
  if status >= 200 and status <= 299 and has_id then return "success" end
  if has_id then return "unsure" end
  if class == "safe" then return "refused" end
  if status >= 400 and status <= 499 and status ~= 408 and class ~= "unknown" then return "refused" end
  return "unsure"
end

local function verdict_of(result, details)
  if result then return "success" end
  return details.may_have_been_sent and "unsure" or "refused"
end

describe("the verdict on an answer", function()
  it("knows a code of every class", function()
    for class, code in pairs(CODES) do
      if codes[code] then assert.equal(class, codes[code].retry) end
    end
  end)

  for class, code in pairs(CODES) do
    for _, has_id in ipairs { true, false } do
      it(("is the same for every status: a code that is %s, %s"):format(class, has_id and "with an id" or "without an id"), function()
        for status = 0, 999 do
          local result, err, details = outcome.message { status = status, headers = {}, body = body_of(has_id, code) }
          local wanted = expected(status, class, has_id)
          assert.equal(wanted, verdict_of(result, details), status)
          if wanted == "unsure" then assert.is_false(details.retryable, status) end
          if not result then assert.is_string(err) end
        end
      end)
    end
  end

  it("takes a body that is no JSON as an answer without a code", function()
    for status = 0, 999 do
      for _, body in ipairs { "<html>", "", "{", '"x"' } do
        local result, _, details = outcome.message { status = status, headers = {}, body = body }
        assert.equal(expected(status, "none", false), verdict_of(result, details), status)
      end
    end
  end)

  it("never lets a message be repeated that may have been sent", function()
    for _, status in ipairs { 0, 100, 199, 200, 204, 299, 300, 304, 399, 400, 408, 429, 499, 500, 503, 599, 600, 999 } do
      for class, code in pairs(CODES) do
        for _, has_id in ipairs { true, false } do
          local transport = memory.new(function() return { status = status, headers = {}, body = body_of(has_id, code) } end)
          local client = whatsapp.new { token = "t", phone_number_id = "1", transport = transport, limiter = false }
          local result, _, details = client:send { to = "1", text = { body = "x" } }
          local wanted = expected(status, class, has_id)
          assert.equal(wanted, verdict_of(result, details))
          if wanted ~= "refused" then assert.equal(1, #transport.requests) end
        end
      end
    end
  end)
end)
