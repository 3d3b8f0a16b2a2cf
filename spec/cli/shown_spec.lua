-- The program prints texts that come from the API. No text of an answer, an event or an entry of an outbox can forge a line of the
-- output or move the cursor of a terminal, with or without --json.
local fault_server = require "spec.support.fault"
local json = require "whatsapp.wire.json"
local programs = require "spec.support.program"

local BAD = { -- each row: a character in JSON, and its bytes
  { "\\n", "\nforged" }, { "\\r", "\r" }, { "\\u0000", "\0" }, { "\\u0007", "\7" }, { "\\u001b[2J", "\27" }, { "\\u007f", "\127" },
  { "\\u009b", "\194\155" }, { "\\u202e", "\226\128\174" }, { "\\u2028", "\226\128\168" }, { "\\u2066", "\226\129\166" },
  { "\\u061c", "\216\156" }, { "\\ufeff", "\239\187\191" },
}

local EVIL = "begin"
for _, row in ipairs(BAD) do EVIL = EVIL .. row[1] .. "forged" end

-- an answer with EVIL in each string; every command reads some of these strings
local ANSWER = ([[{"id":"%s","name":"%s","language":"%s","category":"%s","status":"%s","messages":[{"id":"%s","message_status":"%s"}],]]
  .. [["contacts":[{"wa_id":"%s","input":"1"}],"mime_type":"%s","sha256":"%s","file_size":1,"url":"%s","verified_name":"%s",]]
  .. [["display_phone_number":"%s","quality_rating":"%s"}]]):gsub("%%s", EVIL)
local LIST = '{"data":[' .. ANSWER .. "]}"
local REFUSAL = '{"error":{"code":100,"message":"' .. EVIL .. '","error_data":{"details":"' .. EVIL .. '"},"fbtrace_id":"' .. EVIL .. '"}}'

-- each row: a command, and the answer that the command gets
local COMMANDS = {
  { "send 1 hi", ANSWER }, { "send 1 hi", REFUSAL }, { "media up photo.png", ANSWER }, { "media info 5", ANSWER },
  { "templates ls", LIST }, { "templates create template.json", ANSWER }, { "call GET 5", ANSWER },
  { "call GET {waba}/message_templates", LIST }, { "doctor", ANSWER },
  { "outbox put one.jsonl --store sqlite:box && whatsapp $JSON outbox run --once --store sqlite:box", ANSWER },
  { "outbox ls --store sqlite:box", "{}" }, { "outbox show k --store sqlite:box", "{}" },
  { "bulk rows.jsonl --yes --out -", ANSWER }, { "trigger message.text --to $WHATSAPP_BASE_URL/", ANSWER },
}

describe("a text of the API that the program prints", function()
  local fault, program
  setup(function()
    fault = fault_server.start()
    program = programs.new {
      WHATSAPP_BASE_URL = fault.url("plain", ""), WHATSAPP_TOKEN = "tokentoken", WHATSAPP_PHONE_NUMBER_ID = "1", WHATSAPP_WABA_ID = "2",
      WHATSAPP_APP_SECRET = "secretsecret",
    }
    program.scratch.write("one.jsonl", '{"to":"1","text":{"body":"x"},"key":"k"}\n')
    program.scratch.write("rows.jsonl", '{"to":"1","text":{"body":"x"}}\n')
    program.scratch.write("photo.png", "\137PNG\r\n\26\n" .. ("\0"):rep(20))
    program.scratch.write("template.json",
      '{"name":"t","language":"en","category":"UTILITY","components":[{"type":"BODY","text":"hi"}]}')
  end)
  teardown(function()
    program.remove()
    fault.stop()
  end)

  for _, option in ipairs { "", "--json" } do
    for _, row in ipairs(COMMANDS) do
      it(("has no character that a terminal obeys: %s %s"):format(row[1], option), function()
        fault.play_times(6, "json " .. row[2])
        local ran = program.run(nil, { command = ("whatsapp %s %s"):format(option, (row[1]:gsub("%$JSON", option))) })
        local printed = ran.out .. ran.err
        for _, bad in ipairs(BAD) do assert.is_nil(printed:find(bad[2], 1, true), printed) end
        for line in option ~= "" and ran.out:gmatch "[^\n]+" or function() end do assert.is_table(json.decode(line), line) end
      end)
    end
  end
end)
