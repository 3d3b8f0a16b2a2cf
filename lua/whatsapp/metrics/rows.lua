-- The metrics, as rows: a row maps an event of the option `observe` to a metric and its labels. To add a metric, add a row. A
-- label is never a recipient, a message id or a text.
--   event   the event's name                   labels  members of the event
--   type    counter, gauge or histogram        value   the member to add, set or observe; a counter without `value` adds 1
--   each    a member that is a table of label -> value: each label is a series (see whatsapp_outbox_messages)

local FAST = { 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30 } -- seconds of a request
local SLOW = { 0.1, 0.5, 1, 5, 15, 60, 300, 900, 3600, 21600, 86400 } -- seconds of a file, or of a webhook on its way

return {
  {
    event = "message", name = "whatsapp_messages_total", type = "counter",
    labels = { "outcome", "code", "endpoint", "phone_number_id" },
    help = "Messages that ended. outcome: accepted, invalid, refused, failed, or unknown (it may have been sent).",
  },
  {
    event = "message", name = "whatsapp_message_answer_seconds", type = "histogram", value = "answer_seconds", bounds = FAST,
    labels = { "outcome" }, help = "Seconds from the last request of a message to its answer.",
  },
  {
    event = "message", name = "whatsapp_message_waited_seconds_total", type = "counter", value = "waited",
    labels = { "phone_number_id" },
    help = "Seconds that messages waited for limits.",
  },
  {
    event = "call", name = "whatsapp_calls_total", type = "counter", labels = { "outcome", "code", "endpoint" },
    help = "Requests other than messages, when they ended: media, questions, marks as read.",
  },
  {
    event = "call", name = "whatsapp_call_answer_seconds", type = "histogram", value = "answer_seconds",
    labels = { "endpoint" }, bounds = SLOW,
    help = "Seconds from the last request of a call to its answer.",
  },
  {
    event = "attempt", name = "whatsapp_repeated_attempts_total", type = "counter",
    labels = { "outcome", "http_status", "code", "endpoint" },
    help = "Attempts that failed and were repeated.",
  },
  {
    event = "webhook", name = "whatsapp_webhook_events_total", type = "counter", labels = { "kind", "status", "result" },
    help = "Events of webhooks. result: handled, duplicate, busy, ignored, failed (it is repeated) or given_up (it is lost).",
  },
  {
    event = "webhook", name = "whatsapp_webhook_seconds", type = "histogram", value = "seconds",
    labels = { "kind" }, bounds = FAST,
    help = "Seconds that the handler took for an event.",
  },
  {
    event = "webhook", name = "whatsapp_webhook_lag_seconds", type = "histogram", value = "lag",
    labels = { "kind" }, bounds = SLOW,
    help = "Seconds between the time in an event and its arrival.",
  },
  {
    event = "refused_webhook", name = "whatsapp_refused_webhooks_total", type = "counter", labels = { "why" },
    help = "Webhooks that were refused as a whole. why: signature, too_long, not_json or verify_token.",
  },
  {
    event = "put", name = "whatsapp_outbox_puts_total", type = "counter", labels = { "result" },
    help = "Messages put into the outbox. result: new, same, other (refused: the key has another message), invalid or failed.",
  },
  {
    event = "outbox", name = "whatsapp_outbox_messages", type = "gauge", each = "counts", labels = { "state" },
    help = "Messages in the outbox by their state.",
  },
  {
    event = "outbox", name = "whatsapp_outbox_oldest_seconds", type = "gauge", value = "oldest", labels = {},
    help = "Seconds that the oldest due message has waited.",
  },
  {
    event = "sandbox_request", name = "whatsapp_sandbox_requests_total", type = "counter", labels = { "endpoint", "http_status" },
    help = "Requests that the sandbox answered.",
  },
  {
    event = "sandbox_delivery", name = "whatsapp_sandbox_deliveries_total", type = "counter", labels = { "http_status" },
    help = "Webhooks that the sandbox posted, with repetitions.",
  },
}
