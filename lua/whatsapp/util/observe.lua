-- Calls the user's function in the option `observe` with one event. The client, the webhook handler, the outbox and the sandbox
-- have this option. Never raises: if the user's function raises, tell() returns the error, and the caller goes on:
--   self.observe_error = observe.tell(self.observe, { name = "put", result = "new" }) or self.observe_error
local show = require "whatsapp.util.show"

local observe = {}

---An event of the option observe. Members without a value are absent. An event never has a recipient, a message's id, a text or
---a token.
---@class whatsapp.observed
---@field name "message"|"call"|"attempt"|"webhook"|"refused_webhook"|"put"|"outbox"|"sandbox_request"|"sandbox_delivery"
---message: a message ended, with any outcome; call: a request that is not a message ended; attempt: an attempt failed, and
---another attempt follows (the last attempt has no event "attempt": it is part of "message" or "call"); webhook: an event of a
---webhook was handled; refused_webhook: the handler refused a request; put: a message was put into the outbox; outbox: the
---counts of the outbox; sandbox_request: the sandbox answered a request; sandbox_delivery: the sandbox delivered a webhook
---@field outcome "accepted"|"invalid"|"refused"|"failed"|"unknown"|nil unknown: the API may have sent the message
---@field code integer? the code of the API's error
---@field http_status integer?
---@field attempts integer? of a message or a call: how many attempts it had; of an attempt: the attempt number, from 1
---@field seconds number? of a message or a call: from the start to the last answer, including all waits; of a webhook's event:
---the time that its handling took
---@field answer_seconds number? from the last request to its answer
---@field waited number? seconds that a message waited for limits
---@field endpoint string? the last word of the path, such as "messages" or "media"; "object" if the path ends with an id
---@field phone_number_id string?
---@field kind string? of a webhook's event: its kind
---@field status string? of a status event: its status
---@field result string? of a webhook's event: handled, duplicate, busy, ignored, failed or given_up; of a put: new, same,
---other, invalid or failed
---@field counts table<string, integer>? of the outbox: number of entries in each state
---@field oldest number? of the outbox: seconds that the oldest due entry has waited
---@field lag number? of a webhook's event: the seconds from its timestamp to the start of its handling
---@field why string? of a refused webhook, the reason: signature, too_long, not_json or verify_token

---@param observer (fun(event: whatsapp.observed))|false|nil
---@param event whatsapp.observed
---@return string? err one line: the error that the observer raised
function observe.tell(observer, event)
  if not observer then return nil end
  local ok, problem = pcall(observer, event)
  if not ok then return show.value(problem) end
end

---Makes a table for an event. The table has slots for the members that most events have: to add these members one by one takes
---longer.
---@return table event
function observe.new_event()
  return {
    name = false, outcome = false, http_status = false, attempts = false, seconds = false, answer_seconds = false,
    endpoint = false, phone_number_id = false,
  }
end

---Returns the one table that this observer gets for all its events; this saves a quarter of the observer's cost. Only
---whatsapp.metrics with one of its own sinks can take the same table each time, because this observer neither keeps an event
---nor yields.
---@param observer any
---@return table? event nil: the observer gets a new table for each event
function observe.event_of(observer)
  return type(observer) == "table" and rawget(observer, "keeps_no_event") and observe.new_event() or nil
end

---@param url string
---@return string endpoint the last word of the URL's path; "object" if the path ends with something else, such as an id
function observe.endpoint(url)
  return url:match("^[^?]*"):match "/(%l[%l_]*)$" or "object"
end

return observe
