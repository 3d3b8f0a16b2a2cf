-- The script of wrk for bench-sandbox: posts $MESSAGES messages to $RECIPIENTS numbers, and prints how many messages the sandbox
-- accepted. Any other answer ends the run with an error.
local MESSAGES, RECIPIENTS = tonumber(os.getenv "MESSAGES"), tonumber(os.getenv "RECIPIENTS")
-- luacheck: globals wrk setup request response done sent taken refused
local PATH = "/v26.0/106540352242922/messages"
local HEADERS = { Authorization = "Bearer any", ["Content-Type"] = "application/json" }
local BODY = '{"messaging_product":"whatsapp","recipient_type":"individual","to":"%d","type":"text",'
  .. '"text":{"body":"message number %06d of many, with more words after it"}}'

sent, taken, refused = 0, 0, nil -- globals: `done` reads them from another Lua state
local threads = {}

function setup(thread) threads[#threads + 1] = thread end

function request()
  sent = sent + 1
  return wrk.format("POST", PATH, HEADERS, BODY:format(16500000000 + sent % RECIPIENTS, sent))
end

function response(status, _, body)
  if status ~= 200 then refused = refused or status .. " " .. body else taken = taken + 1 end
  if refused or taken == MESSAGES then io.popen "kill -INT $PPID" end -- wrk ends
end

function done(summary)
  local thread = threads[1]
  if thread:get "refused" then print("refused: " .. thread:get "refused") end
  if not thread:get "refused" then print(("taken %d in %.3f s"):format(thread:get "taken", summary.duration / 1e6)) end
end
