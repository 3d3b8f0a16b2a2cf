-- The table of verdicts over sockets: every status from 0 to 999 with every kind of body, over libcurl and over cosockets. The
-- server gives the answer that the message asks for and counts the messages: no message arrives twice. Never sends to another
-- host.
local fault_server = require "spec.support.fault"
local resty = require "spec.support.resty"
local told = require "spec.support.told"
local verdicts = require "spec.support.verdicts"
local whatsapp = require "whatsapp"

local CONCURRENCY = 20

local function over_libcurl(base_url, ca_file)
  local client = whatsapp.new {
    token = "tokentoken", phone_number_id = "1", base_url = base_url, ca_file = ca_file, proxy = "", limiter = false,
  }
  local words = told.send(client, CONCURRENCY)
  client:close()
  return words
end

local IN_NGINX = [[
local args = ...
local transport = require("whatsapp.transport.resty").new { server_name = "localhost" }
local client = require("whatsapp").new {
  token = "tokentoken", phone_number_id = "1", base_url = args.base_url, transport = transport, limiter = false,
}
local words = require("spec.support.told").send(client, args.concurrency)
transport.close()
return words
]]

local function over_cosockets(base_url, ca_file)
  local home = resty.start { ca_file = ca_file }
  local ok, words = pcall(home.run, IN_NGINX, { base_url = base_url, concurrency = CONCURRENCY })
  home.stop()
  return assert(ok and words, words)
end

describe("the verdict on every status and every kind of body", function()
  local fault

  before_each(function() fault = fault_server.start() end)
  after_each(function() fault.stop() end)

  for _, row in ipairs {
    { "libcurl", "plain", over_libcurl }, { "libcurl", "h2", over_libcurl }, { "cosockets", "plain", over_cosockets },
  } do
    local name, port, send = row[1], row[2], row[3]
    it(("is the table's, and nothing is sent twice, over %s (%s)"):format(name, port), function()
      fault.play "told"
      local words, wrong = send(fault.url(port, ""), fault.ca_file), {}
      local messages = fault.messages()
      for number = 1, told.count() do
        local status, kind = told.case(number)
        local word, times = tostring(words[number]), #(messages[number] or {})
        if times ~= 1 or not verdicts.is_right_over_http(word, status, kind) then
          wrong[#wrong + 1] = ("%03d %s: %s, arrived %d times"):format(status, kind, word, times)
        end
      end
      assert.equal("", table.concat(wrong, "\n", 1, math.min(#wrong, 20)), #wrong .. " answers")
    end)
  end
end)
