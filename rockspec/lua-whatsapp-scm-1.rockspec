rockspec_format = "3.0"
package = "lua-whatsapp"
version = "scm-1"

source = {
  url = "git+https://github.com/lua-whatsapp/lua-whatsapp.git",
}

description = {
  summary = "The WhatsApp Cloud API for Lua: checks, builds and sends every message",
  detailed = [[
    A C core checks Lua tables that mirror the API's message objects and writes their JSON; a transport over libcurl
    sends them, never twice. For Lua 5.1 to 5.4 and LuaJIT.]],
  license = "MIT",
  labels = { "whatsapp", "http", "api", "messaging" },
}

dependencies = {
  "lua >= 5.1, < 5.6",
  "lua-cjson >= 2.1.0",
}

-- libraries only: where Debian keeps the headers is for the compiler to know
external_dependencies = {
  CURL = { library = "curl" },
  CRYPTO = { library = "crypto" },
}

build = {
  type = "builtin",
  modules = {
    ["whatsapp.core"] = {
      sources = {
        "src/buffer.c",
        "src/core/compile.c",
        "src/core/core.c",
        "src/core/decode.c",
        "src/core/encode.c",
        "src/core/errors.c",
        "src/core/export.c",
        "src/core/json.c",
        "src/core/schema.c",
        "src/core/terms.c",
        "src/core/utf8.c",
      },
    },
    ["whatsapp.curl"] = {
      sources = {
        "src/buffer.c",
        "src/curl/body.c",
        "src/curl/curl.c",
        "src/curl/multi.c",
        "src/curl/request.c",
        "src/curl/response.c",
        "src/curl/system.c",
        "src/curl/transfer.c",
      },
      libraries = { "curl" },
      incdirs = { "$(CURL_INCDIR)" },
      libdirs = { "$(CURL_LIBDIR)" },
    },
    ["whatsapp.crypto"] = {
      sources = {
        "src/buffer.c",
        "src/crypto/crypto.c",
      },
      libraries = { "crypto" },
      incdirs = { "$(CRYPTO_INCDIR)" },
      libdirs = { "$(CRYPTO_LIBDIR)" },
    },
    ["whatsapp"] = "lua/whatsapp/init.lua",
    ["whatsapp.all"] = "lua/whatsapp/all.lua",
    ["whatsapp.client"] = "lua/whatsapp/client.lua",
    ["whatsapp.json_schema"] = "lua/whatsapp/json_schema.lua",
    ["whatsapp.media"] = "lua/whatsapp/media.lua",
    ["whatsapp.media.check"] = "lua/whatsapp/media/check.lua",
    ["whatsapp.media.client"] = "lua/whatsapp/media/client.lua",
    ["whatsapp.media.download"] = "lua/whatsapp/media/download.lua",
    ["whatsapp.media.file"] = "lua/whatsapp/media/file.lua",
    ["whatsapp.media.filename"] = "lua/whatsapp/media/filename.lua",
    ["whatsapp.media.hosts"] = "lua/whatsapp/media/hosts.lua",
    ["whatsapp.media.kinds"] = "lua/whatsapp/media/kinds.lua",
    ["whatsapp.media.send_file"] = "lua/whatsapp/media/send_file.lua",
    ["whatsapp.media.sniff"] = "lua/whatsapp/media/sniff.lua",
    ["whatsapp.media.upload"] = "lua/whatsapp/media/upload.lua",
    ["whatsapp.message"] = "lua/whatsapp/message.lua",
    ["whatsapp.nginx"] = "lua/whatsapp/nginx.lua",
    ["whatsapp.sandbox"] = "lua/whatsapp/sandbox/init.lua",
    ["whatsapp.sandbox.graph"] = "lua/whatsapp/sandbox/graph.lua",
    ["whatsapp.sandbox.media"] = "lua/whatsapp/sandbox/media.lua",
    ["whatsapp.sandbox.multipart"] = "lua/whatsapp/sandbox/multipart.lua",
    ["whatsapp.sandbox.nginx"] = "lua/whatsapp/sandbox/nginx.lua",
    ["whatsapp.sandbox.process"] = "lua/whatsapp/sandbox/process.lua",
    ["whatsapp.sandbox.server"] = "lua/whatsapp/sandbox/server.lua",
    ["whatsapp.sandbox.shelf"] = "lua/whatsapp/sandbox/shelf.lua",
    ["whatsapp.schema"] = "lua/whatsapp/schema.lua",
    ["whatsapp.send.batch"] = "lua/whatsapp/send/batch.lua",
    ["whatsapp.send.body"] = "lua/whatsapp/send/body.lua",
    ["whatsapp.send.credentials"] = "lua/whatsapp/send/credentials.lua",
    ["whatsapp.send.delivery"] = "lua/whatsapp/send/delivery.lua",
    ["whatsapp.send.limits"] = "lua/whatsapp/send/limits.lua",
    ["whatsapp.send.marketing"] = "lua/whatsapp/send/marketing.lua",
    ["whatsapp.send.recipient"] = "lua/whatsapp/send/recipient.lua",
    ["whatsapp.send.retry"] = "lua/whatsapp/send/retry.lua",
    ["whatsapp.send.single"] = "lua/whatsapp/send/single.lua",
    ["whatsapp.send.trusted"] = "lua/whatsapp/send/trusted.lua",
    ["whatsapp.shared"] = "lua/whatsapp/shared.lua",
    ["whatsapp.status"] = "lua/whatsapp/status.lua",
    ["whatsapp.transport.cqueues"] = "lua/whatsapp/transport/cqueues.lua",
    ["whatsapp.transport.curl"] = "lua/whatsapp/transport/curl.lua",
    ["whatsapp.transport.failure"] = "lua/whatsapp/transport/failure.lua",
    ["whatsapp.transport.http1"] = "lua/whatsapp/transport/http1.lua",
    ["whatsapp.transport.inboxes"] = "lua/whatsapp/transport/inboxes.lua",
    ["whatsapp.transport.libcurl"] = "lua/whatsapp/transport/libcurl.lua",
    ["whatsapp.transport.luv"] = "lua/whatsapp/transport/luv.lua",
    ["whatsapp.transport.memory"] = "lua/whatsapp/transport/memory.lua",
    ["whatsapp.transport.progress"] = "lua/whatsapp/transport/progress.lua",
    ["whatsapp.transport.request"] = "lua/whatsapp/transport/request.lua",
    ["whatsapp.transport.resty"] = "lua/whatsapp/transport/resty.lua",
    ["whatsapp.transport.resty.clock"] = "lua/whatsapp/transport/resty/clock.lua",
    ["whatsapp.transport.resty.exchange"] = "lua/whatsapp/transport/resty/exchange.lua",
    ["whatsapp.transport.resty.file"] = "lua/whatsapp/transport/resty/file.lua",
    ["whatsapp.transport.resty.lua_resty_http"] = "lua/whatsapp/transport/resty/lua_resty_http.lua",
    ["whatsapp.transport.resty.workers"] = "lua/whatsapp/transport/resty/workers.lua",
    ["whatsapp.transport.upload"] = "lua/whatsapp/transport/upload.lua",
    ["whatsapp.types"] = "lua/whatsapp/types.lua",
    ["whatsapp.util.clusters"] = "lua/whatsapp/util/clusters.lua",
    ["whatsapp.util.expiring"] = "lua/whatsapp/util/expiring.lua",
    ["whatsapp.util.options"] = "lua/whatsapp/util/options.lua",
    ["whatsapp.util.queue"] = "lua/whatsapp/util/queue.lua",
    ["whatsapp.util.random_id"] = "lua/whatsapp/util/random_id.lua",
    ["whatsapp.util.sha256"] = "lua/whatsapp/util/sha256.lua",
    ["whatsapp.util.show"] = "lua/whatsapp/util/show.lua",
    ["whatsapp.util.unicode"] = "lua/whatsapp/util/unicode.lua",
    ["whatsapp.util.url"] = "lua/whatsapp/util/url.lua",
    ["whatsapp.util.values"] = "lua/whatsapp/util/values.lua",
    ["whatsapp.webhook"] = "lua/whatsapp/webhook.lua",
    ["whatsapp.webhook.content"] = "lua/whatsapp/webhook/content.lua",
    ["whatsapp.webhook.event_key"] = "lua/whatsapp/webhook/event_key.lua",
    ["whatsapp.webhook.event_line"] = "lua/whatsapp/webhook/event_line.lua",
    ["whatsapp.webhook.events"] = "lua/whatsapp/webhook/events.lua",
    ["whatsapp.webhook.handler"] = "lua/whatsapp/webhook/handler.lua",
    ["whatsapp.webhook.memory"] = "lua/whatsapp/webhook/memory.lua",
    ["whatsapp.webhook.signature"] = "lua/whatsapp/webhook/signature.lua",
    ["whatsapp.webhook.store"] = "lua/whatsapp/webhook/store.lua",
    ["whatsapp.webhook.user_ids"] = "lua/whatsapp/webhook/user_ids.lua",
    ["whatsapp.window"] = "lua/whatsapp/window.lua",
    ["whatsapp.wire.error_codes"] = "lua/whatsapp/wire/error_codes.lua",
    ["whatsapp.wire.json"] = "lua/whatsapp/wire/json.lua",
    ["whatsapp.wire.outcome"] = "lua/whatsapp/wire/outcome.lua",
    ["whatsapp.wire.shown"] = "lua/whatsapp/wire/shown.lua",
  },
}

test = {
  type = "command",
  command = "make test",
}
