-- Every example runs, as a reader would run it, and make demo runs them all.
local run = require "spec.support.run"

describe("the examples", function()
  local lua = os.getenv "LUA" or "lua5.4"
  local status, output = run("env -u WHATSAPP_TOKEN -u WHATSAPP_TO " .. lua .. " examples/demo.lua")

  it("run against the sandbox", function()
    assert.equal(0, status, output)
    assert.is_truthy(output:find "%d+ examples ran\n")
  end)

  it("are part of the demo", function()
    local _, files = run "ls examples"
    for name in files:gmatch "([%w_]+)%.lua" do
      -- the sandbox serves until Ctrl-C; spec/webhook runs the endpoints
      if name ~= "sandbox" and name ~= "demo" and not name:find "^webhook_" then
        assert.is_truthy(output:find("\n" .. name .. "\n", 1, true), name .. " is not in examples/demo.lua")
      end
    end
  end)

  it("print the message and the id of the answer", function()
    local _, sent = output:gsub('  > {"messaging_product":"whatsapp"', "")
    local _, ids = output:gsub("\nwamid%.%w+\n", "")
    assert.is_true(sent >= 30 and ids >= 26, output)
  end)

  it("send every type of message", function()
    for _, kind in ipairs { "text", "image", "audio", "video", "document", "sticker", "location", "contacts", "reaction", "pin",
      "template" } do
      assert.is_truthy(output:find('"type":"' .. kind .. '"', 1, true), kind)
    end
    for _, kind in ipairs { "button", "list", "product", "product_list", "catalog_message", "flow", "cta_url",
      "location_request_message", "call_permission_request" } do
      assert.is_truthy(output:find('"interactive":{"type":"' .. kind .. '"', 1, true), kind)
    end
  end)

  it("stop the processes that they start", function()
    local port = output:match "sandbox at https://127%.0%.0%.1:(%d+)"
    local transport = require("whatsapp.transport.curl").new { proxy = "", timeout = 2 }
    local answer, text = transport { method = "GET", url = ("https://127.0.0.1:%s/"):format(port) }
    transport.close()
    assert.is_nil(answer)
    assert.is_truthy(text:find("nothing was sent", 1, true), text)
  end)
end)
