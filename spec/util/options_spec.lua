-- The error for an option with a wrong name: it has the nearest known name, and the caller's line.
local fake_dict = require "spec.support.shared_dict"
local options = require "whatsapp.util.options"
local whatsapp = require "whatsapp"

local NAMES = { timeout = 1, token = 1, phone_number_id = 1, retry = 1, limiter = 1, on_error = 1, message = 1, status = 1, id = 1 }

describe("did_you_mean", function()
  it("returns the most similar name, and nil if no name is similar", function()
    for name, near in pairs {
      timout = "timeout", timeuot = "timeout", Timeout = "timeout", tokn = "token", phone_number = "phone_number_id",
      phonenumberid = "phone_number_id", rety = "retry", messages = "message",
      phone_id = "phone_number_id", number = "phone_number_id", onerror = "on_error", stauts = "status", ID = "id",
    } do
      assert.equal(near, options.did_you_mean(name, NAMES))
    end
    assert.is_nil((options.did_you_mean("max", { max_body = 1, max_requests = 1 }))) -- two names have this word
    for _, name in ipairs { "", "x", "_", "number_of_phone", "colour", "zzzzzz", ("timeout"):rep(100000), 5, {}, true } do
      assert.is_nil((options.did_you_mean(name, NAMES)))
    end
    assert.is_nil((options.did_you_mean(nil, NAMES)))
    assert.is_nil((options.did_you_mean("x", {})))
  end)
end)

describe("a list among the options", function()
  local HOLES = { { nil, "a" }, { "a", nil, "b" }, { "a", x = "b" }, { [2] = "a" }, { "a", [3] = "b" }, { "a", [1.5] = "b" }, { "a", 5 },
    { "a", "" } }
  local rows = {
    ["app_secret of webhook.handler"] = function(list)
      return (whatsapp.webhook.handler { app_secret = list, verify_token = "t", on = {} })
    end,
    ["app_secret of webhook.verify"] = function(list) return (whatsapp.webhook.verify("x", "sha256=", list)) end,
    ["headers of transport.curl"] = function(list) return (require("whatsapp.transport.curl").new { headers = list }) end,
  }
  for name, use in pairs(rows) do
    it("has no holes and no other members: " .. name, function()
      for i, list in ipairs(HOLES) do assert.is_false((pcall(use, list)), tostring(i)) end
      assert.is_true((pcall(use, { "a", "b" })))
    end)
  end
end)

describe("a wrong name of an option", function()
  local secret = { app_secret = "s", verify_token = "t", on = {} }
  local function with(name, value)
    local changed = {}
    for key, known in pairs(secret) do changed[key] = known end
    changed[name] = value
    return changed
  end
  local function new_client()
    return whatsapp.new { token = "a-token-of-a-test", phone_number_id = "1", transport = require("whatsapp.transport.memory").new {} }
  end
  local rows = {
    { function() return (whatsapp.webhook.handler(with("onerror", print))) end, "unknown option onerror, did you mean on_error?" },
    { function() return (whatsapp.webhook.handler(with("on", { messages = print }))) end, "no member messages, did you mean message?" },
    { function() return (whatsapp.webhook.handler(with("on", { stauts = print }))) end, "no member stauts, did you mean status?" },
    { function() return (whatsapp.webhook.handler(with("on", { message = 5 }))) end, "its member message has a wrong value" },
    { function() return (whatsapp.webhook.handler(with("a\nb\27", 5))) end, "unknown option a\\nb\\x1B" },
    { function() return (whatsapp.webhook.verify("x", "sha256=", "s", { reencodd = true })) end, "did you mean reencoded?" },
    { function() return (require("whatsapp.nginx").events(fake_dict.new(), { clam = 5 })) end, "did you mean claim?" },
    { function() return (whatsapp.webhook.memory_store { mxa = 1 }) end, "did you mean max?" },
    { function() return (whatsapp.status.tracker { slep = print }) end, "did you mean sleep?" },
    { function() return (whatsapp.window.new { nwo = os.time }) end, "did you mean now?" },
    { function() return (whatsapp.media.store { on_forgot = print }) end, "did you mean on_forget?" },
    { function() return (require("whatsapp.nginx").defer { concurency = 5 }) end, "did you mean concurrency?" },
    { function() return (whatsapp.new { token = "t", phone_number_id = "1", retry = { attemps = 5 } }) end, "did you mean attempts?" },
    { function() return (require("whatsapp.transport.memory").new({}, { dely = 1 })) end, "unknown option dely, did you mean delay?" },
    { function() return (require("whatsapp.transport.memory").new({}, { delay = -1 })) end, "option delay must be" },
    { function() return (new_client():send_file("1", { pth = "x" })) end, "a file has no field pth, did you mean path?" },
    { function() return (require("whatsapp.sandbox").new():user("1", { nam = "x" })) end, "a user has no option nam, did you mean name?" },
    { function() return (require("whatsapp.sandbox.server").start { prot = 1 }) end, "unknown option prot, did you mean port?" },
    { function() return (whatsapp.new { token = "t", phone_id = "1" }) end, "unknown option phone_id, did you mean phone_number_id?" },
    { function() return (whatsapp.new { token = "t", limiter = { pair = { intervall = 6, burst = 1 } } }) end,
      "its member pair has a wrong value: it has no member intervall, did you mean interval?" },
    { function() return (whatsapp.new { token = "t", limiter = { pair = { interval = 6, burst = 0 } } }) end,
      "its member pair has a wrong value: its member burst has a wrong value" },
  }
  for _, row in ipairs(rows) do
    it("is reported: " .. row[2], function()
      local ok, err = pcall(row[1])
      assert.is_false(ok)
      assert.is_truthy(err:find(row[2], 1, true), err)
      assert.is_truthy(err:find("options_spec.lua:", 1, true), err)
    end)
  end
end)
