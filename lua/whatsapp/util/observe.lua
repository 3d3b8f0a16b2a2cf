-- Calls the function of an option `observe` with one event. The client, the webhook handler, the outbox and the sandbox use it.
-- If the function raises, the work goes on, and the caller gets the error:
--   self.observe_error = observe.tell(self.observe, { name = "put", result = "new" }) or self.observe_error
local show = require "whatsapp.util.show"

local observe = {}

---An event of the option observe. Members without a value are absent. An event never has a recipient, a message's id, a text or
---a token.
---@class whatsapp.observed
---@field name "message"|"call"|"attempt"|"webhook"|"refused_webhook"|"put"|"outbox"|"sandbox_request"|"sandbox_delivery"
---message: a message ended, with any outcome; call: a request that is not a message ended; attempt: an attempt failed and is
---repeated (the last attempt of a message is part of the event "message")
---@field outcome "accepted"|"invalid"|"refused"|"failed"|"unknown"|nil unknown: the message may have been sent
---@field code integer? the code of the API's error
---@field http_status integer?
---@field attempts integer? of a message or call: number of its attempts; of an attempt: its number
---@field seconds number? from the first attempt to the end, including all waits
---@field answer_seconds number? from the last request to its answer
---@field waited number? seconds that a message waited for limits
---@field endpoint string? the last word of the path, such as "messages" or "media"; "object" if the path ends with an id
---@field phone_number_id string?
---@field kind string? kind of the webhook's event
---@field status string? status of a status event
---@field result string? of a webhook's event: handled, duplicate, busy, ignored, failed or given_up; of a put: new, same,
---other, invalid or failed
---@field counts table<string, integer>? of the outbox: number of entries in each state
---@field oldest number? of the outbox: seconds that the oldest due entry has waited
---@field lag number? seconds between the time of a webhook's event and its arrival
---@field why string? the reason why a webhook was refused: signature, too_long, not_json, verify_token

---@param observer (fun(event: whatsapp.observed))|false|nil
---@param event whatsapp.observed
---@return string? err one line: the error that the observer raised
function observe.tell(observer, event)
  if not observer then return nil end
  local ok, problem = pcall(observer, event)
  if not ok then return show.value(problem) end
end

---@param url string
---@return string endpoint the last word of the URL's path; "object" if the path ends with something else, such as an id
function observe.endpoint(url)
  return url:match("^[^?]*"):match "/(%l[%l_]*)$" or "object"
end

return observe
