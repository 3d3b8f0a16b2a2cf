-- Tells the function of an option `observe` what happened, as one table each time: the client, the webhook handler, the outbox
-- and the sandbox all tell through here. Never stops the work for what that function raises, and loses nothing of it.
--   self.observe_error = observe.tell(self.observe, { name = "put", result = "new" }) or self.observe_error
local show = require "whatsapp.util.show"

local observe = {}

---An event of the option observe. Members that an event does not need are absent. It never holds a recipient, a message's id, a
---text or a token.
---@class whatsapp.observed
---@field name "message"|"call"|"attempt"|"webhook"|"refused_webhook"|"put"|"outbox"|"sandbox_request"|"sandbox_delivery"
---message: one ended, whatever became of it; call: a request that is no message ended; attempt: one that failed and is repeated
---(the last attempt of a message is told with the message)
---@field outcome "accepted"|"invalid"|"refused"|"failed"|"unknown"|nil unknown: it may have been sent
---@field code integer? of the API's error
---@field http_status integer?
---@field attempts integer? that a message or call took; the number of an attempt
---@field seconds number? from the first attempt to the end, with all waiting
---@field answer_seconds number? from the last request to its answer
---@field waited number? seconds that limits held a message back
---@field endpoint string? the last word of the path ("messages", "media"), or "object" where that is an id
---@field phone_number_id string?
---@field kind string? of a webhook's event
---@field status string? of a status event
---@field result string? of a webhook's event: handled, duplicate, busy, ignored, failed or given_up; of a put: new, same, other,
---invalid or failed
---@field counts table<string, integer>? of the outbox: entries in each state
---@field oldest number? of the outbox: seconds for which the oldest entry that is due has waited
---@field lag number? seconds between the time of a webhook's event and its arrival
---@field why string? why a webhook was refused: signature, too_long, not_json, verify_token

---@param observer (fun(event: whatsapp.observed))|false|nil
---@param event whatsapp.observed
---@return string? err one line: what the observer raised
function observe.tell(observer, event)
  if not observer then return nil end
  local ok, problem = pcall(observer, event)
  if not ok then return show.value(problem) end
end

---@param url string
---@return string endpoint the last word of its path; "object" where the path ends in something else, such as an id
function observe.endpoint(url)
  return url:match("^[^?]*"):match "/(%l[%l_]*)$" or "object"
end

return observe
