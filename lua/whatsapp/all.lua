-- Loads every module of the library that the host has, for hosts that close `require` or the file system after loading: an
-- nginx that is chrooted, HAProxy, a sandboxed script. Skips a module whose library the host does not have (libcurl, cqueues,
-- luv, nginx). Returns what require "whatsapp" returns.
local NAMES = {
  "whatsapp.core", "whatsapp.curl", "whatsapp.crypto", "whatsapp.client", "whatsapp.json_schema", "whatsapp.media",
  "whatsapp.media.check", "whatsapp.media.client", "whatsapp.media.download", "whatsapp.media.file",
  "whatsapp.media.filename", "whatsapp.media.hosts", "whatsapp.media.kinds", "whatsapp.media.send_file",
  "whatsapp.media.sniff", "whatsapp.media.upload", "whatsapp.message", "whatsapp.nginx", "whatsapp.sandbox",
  "whatsapp.sandbox.graph", "whatsapp.sandbox.media", "whatsapp.sandbox.multipart", "whatsapp.sandbox.nginx",
  "whatsapp.sandbox.process", "whatsapp.sandbox.server", "whatsapp.sandbox.shelf", "whatsapp.schema",
  "whatsapp.send.batch", "whatsapp.send.body", "whatsapp.send.credentials", "whatsapp.send.delivery",
  "whatsapp.send.limits", "whatsapp.send.marketing", "whatsapp.send.recipient", "whatsapp.send.retry",
  "whatsapp.send.single", "whatsapp.send.trusted", "whatsapp.shared", "whatsapp.status",
  "whatsapp.transport.callback", "whatsapp.transport.copas", "whatsapp.transport.copas.exchange",
  "whatsapp.transport.copas.tls", "whatsapp.transport.copas.waits", "whatsapp.transport.cqueues",
  "whatsapp.transport.curl", "whatsapp.transport.failure", "whatsapp.transport.http1", "whatsapp.transport.inboxes",
  "whatsapp.transport.inlined", "whatsapp.transport.libcurl", "whatsapp.transport.luv", "whatsapp.transport.memory",
  "whatsapp.transport.progress", "whatsapp.transport.request", "whatsapp.transport.resty",
  "whatsapp.transport.resty.alone", "whatsapp.transport.resty.clock", "whatsapp.transport.resty.exchange",
  "whatsapp.transport.resty.file", "whatsapp.transport.resty.lua_resty_http", "whatsapp.transport.resty.workers",
  "whatsapp.transport.upload", "whatsapp.util.clusters", "whatsapp.util.expiring", "whatsapp.util.options",
  "whatsapp.util.queue", "whatsapp.util.random_id", "whatsapp.util.sha256", "whatsapp.util.show",
  "whatsapp.util.unicode", "whatsapp.util.url", "whatsapp.util.values", "whatsapp.webhook",
  "whatsapp.webhook.content", "whatsapp.webhook.event_key", "whatsapp.webhook.event_line", "whatsapp.webhook.events",
  "whatsapp.webhook.handler", "whatsapp.webhook.memory", "whatsapp.webhook.signature", "whatsapp.webhook.store",
  "whatsapp.webhook.user_ids", "whatsapp.window", "whatsapp.wire.error_codes", "whatsapp.wire.json",
  "whatsapp.wire.outcome", "whatsapp.wire.shown",
}

-- the libraries that modules load when they are first used
local LIBRARIES = { "cjson" }

local whatsapp = require "whatsapp"
for _, name in ipairs(NAMES) do pcall(require, name) end
for _, name in ipairs(LIBRARIES) do pcall(require, name) end

return whatsapp
