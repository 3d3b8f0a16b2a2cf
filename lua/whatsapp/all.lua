-- Loads every module of the library that the host can load. For hosts where `require` or the file system is closed later: an
-- nginx with chroot, HAProxy, a sandboxed script. Skips a module if the host does not have its library (libcurl, cqueues, luv,
-- nginx). Returns the same table as require "whatsapp".
local NAMES = {
  "whatsapp.core", "whatsapp.curl", "whatsapp.crypto", "whatsapp.files", "whatsapp.client", "whatsapp.flows",
  "whatsapp.flows.endpoint", "whatsapp.flows.exchange", "whatsapp.graph.call", "whatsapp.graph.endpoints",
  "whatsapp.graph.fields", "whatsapp.graph.objects", "whatsapp.graph.objects.bodies",
  "whatsapp.graph.objects.templates", "whatsapp.graph.pages", "whatsapp.graph.path", "whatsapp.graph.rows",
  "whatsapp.graph.tables", "whatsapp.json_schema", "whatsapp.media", "whatsapp.media.check", "whatsapp.media.client",
  "whatsapp.media.download", "whatsapp.media.file", "whatsapp.media.filename", "whatsapp.media.hosts",
  "whatsapp.media.kinds", "whatsapp.media.sealed", "whatsapp.media.send_file", "whatsapp.media.sniff",
  "whatsapp.media.upload", "whatsapp.message", "whatsapp.metrics", "whatsapp.metrics.rows", "whatsapp.metrics.sinks",
  "whatsapp.metrics.text", "whatsapp.nginx", "whatsapp.outbox", "whatsapp.outbox.database", "whatsapp.outbox.decide",
  "whatsapp.outbox.dialects", "whatsapp.outbox.memory", "whatsapp.outbox.pgmoon", "whatsapp.outbox.redis",
  "whatsapp.outbox.redis_scripts", "whatsapp.outbox.resp", "whatsapp.outbox.sender", "whatsapp.outbox.sql",
  "whatsapp.outbox.states", "whatsapp.sandbox", "whatsapp.sandbox.buttons", "whatsapp.sandbox.chaos",
  "whatsapp.sandbox.chats", "whatsapp.sandbox.clock", "whatsapp.sandbox.control", "whatsapp.sandbox.conversation",
  "whatsapp.sandbox.deliveries", "whatsapp.sandbox.driver", "whatsapp.sandbox.escaped", "whatsapp.sandbox.files",
  "whatsapp.sandbox.flow", "whatsapp.sandbox.flows", "whatsapp.sandbox.graph", "whatsapp.sandbox.groups",
  "whatsapp.sandbox.inbound", "whatsapp.sandbox.journal", "whatsapp.sandbox.line", "whatsapp.sandbox.lists",
  "whatsapp.sandbox.master", "whatsapp.sandbox.media", "whatsapp.sandbox.messages", "whatsapp.sandbox.multipart",
  "whatsapp.sandbox.nginx", "whatsapp.sandbox.numbers", "whatsapp.sandbox.objects", "whatsapp.sandbox.outbound",
  "whatsapp.sandbox.process", "whatsapp.sandbox.random", "whatsapp.sandbox.server", "whatsapp.sandbox.settings",
  "whatsapp.sandbox.shelf", "whatsapp.sandbox.state", "whatsapp.sandbox.statuses", "whatsapp.sandbox.stream",
  "whatsapp.sandbox.tape", "whatsapp.sandbox.templates", "whatsapp.sandbox.traffic", "whatsapp.sandbox.transport",
  "whatsapp.sandbox.users", "whatsapp.sandbox.verbs", "whatsapp.sandbox.wire", "whatsapp.schema",
  "whatsapp.send.batch", "whatsapp.send.body", "whatsapp.send.caller", "whatsapp.send.credentials",
  "whatsapp.send.delivery", "whatsapp.send.limits", "whatsapp.send.marketing", "whatsapp.send.recipient",
  "whatsapp.send.retry", "whatsapp.send.single", "whatsapp.send.templates", "whatsapp.shared", "whatsapp.status",
  "whatsapp.templates", "whatsapp.templates.buttons", "whatsapp.templates.check", "whatsapp.templates.definition",
  "whatsapp.templates.kinds", "whatsapp.templates.message", "whatsapp.templates.render", "whatsapp.templates.store",
  "whatsapp.templates.texts", "whatsapp.templates.validate", "whatsapp.templates.variables",
  "whatsapp.transport.callback", "whatsapp.transport.copas", "whatsapp.transport.copas.exchange",
  "whatsapp.transport.copas.tls", "whatsapp.transport.copas.waits", "whatsapp.transport.cqueues",
  "whatsapp.transport.curl", "whatsapp.transport.failure", "whatsapp.transport.http1", "whatsapp.transport.inboxes",
  "whatsapp.transport.inlined", "whatsapp.transport.libcurl", "whatsapp.transport.luv", "whatsapp.transport.memory",
  "whatsapp.transport.progress", "whatsapp.transport.request", "whatsapp.transport.resty",
  "whatsapp.transport.resty.alone", "whatsapp.transport.resty.clock", "whatsapp.transport.resty.exchange",
  "whatsapp.transport.resty.file", "whatsapp.transport.resty.lua_resty_http", "whatsapp.transport.resty.turn",
  "whatsapp.transport.resty.workers", "whatsapp.transport.upload", "whatsapp.util.clusters", "whatsapp.util.expiring",
  "whatsapp.util.file", "whatsapp.util.needed", "whatsapp.util.nginx_body", "whatsapp.util.observe",
  "whatsapp.util.options", "whatsapp.util.queue", "whatsapp.util.random_id", "whatsapp.util.sha256",
  "whatsapp.util.show", "whatsapp.util.unicode", "whatsapp.util.url", "whatsapp.util.values", "whatsapp.webhook",
  "whatsapp.webhook.content", "whatsapp.webhook.event_key", "whatsapp.webhook.event_line", "whatsapp.webhook.events",
  "whatsapp.webhook.handler", "whatsapp.webhook.http", "whatsapp.webhook.memory", "whatsapp.webhook.signature",
  "whatsapp.webhook.store", "whatsapp.webhook.user_ids", "whatsapp.window", "whatsapp.wire.error_codes",
  "whatsapp.wire.json", "whatsapp.wire.outcome", "whatsapp.wire.problems", "whatsapp.wire.shown",
}

-- the libraries that modules load when they are first used
local LIBRARIES = { "cjson" }

local whatsapp = require "whatsapp"
for _, name in ipairs(NAMES) do pcall(require, name) end
for _, name in ipairs(LIBRARIES) do pcall(require, name) end

return whatsapp
