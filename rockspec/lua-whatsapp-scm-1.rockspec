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
        "src/schema.c", "src/format.c", "src/buffer.c", "src/utf8.c", "src/json.c", "src/index.c", "src/lsay.c", "src/lproblem.c",
        "src/lshape.c", "src/lvalue.c", "src/lscope.c", "src/lvariant.c", "src/lfree.c", "src/lforeign.c", "src/lwalk.c",
        "src/lschema.c", "src/lread.c", "src/lcore.c",
      },
    },
    ["whatsapp.curl"] = {
      sources = { "src/lcurl.c", "src/lrequest.c", "src/lanswer.c", "src/multi.c", "src/transfer.c", "src/stream.c", "src/buffer.c" },
      libraries = { "curl" },
      incdirs = { "$(CURL_INCDIR)" },
      libdirs = { "$(CURL_LIBDIR)" },
    },
    ["whatsapp.crypto"] = {
      sources = { "src/lcrypto.c" },
      libraries = { "crypto" },
      incdirs = { "$(CRYPTO_INCDIR)" },
      libdirs = { "$(CRYPTO_LIBDIR)" },
    },
    ["whatsapp"] = "lua/whatsapp/init.lua",
    ["whatsapp.client"] = "lua/whatsapp/client.lua",
    ["whatsapp.json_schema"] = "lua/whatsapp/json_schema.lua",
    ["whatsapp.media"] = "lua/whatsapp/media.lua",
    ["whatsapp.media.check"] = "lua/whatsapp/media/check.lua",
    ["whatsapp.media.client"] = "lua/whatsapp/media/client.lua",
    ["whatsapp.media.download"] = "lua/whatsapp/media/download.lua",
    ["whatsapp.media.file"] = "lua/whatsapp/media/file.lua",
    ["whatsapp.media.filename"] = "lua/whatsapp/media/filename.lua",
    ["whatsapp.media.kinds"] = "lua/whatsapp/media/kinds.lua",
    ["whatsapp.media.send_file"] = "lua/whatsapp/media/send_file.lua",
    ["whatsapp.media.sniff"] = "lua/whatsapp/media/sniff.lua",
    ["whatsapp.media.store"] = "lua/whatsapp/media/store.lua",
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
    ["whatsapp.schema"] = "lua/whatsapp/schema.lua",
    ["whatsapp.send.batch"] = "lua/whatsapp/send/batch.lua",
    ["whatsapp.send.direct"] = "lua/whatsapp/send/direct.lua",
    ["whatsapp.send.limits"] = "lua/whatsapp/send/limits.lua",
    ["whatsapp.send.pipeline"] = "lua/whatsapp/send/pipeline.lua",
    ["whatsapp.send.recipient"] = "lua/whatsapp/send/recipient.lua",
    ["whatsapp.send.retry"] = "lua/whatsapp/send/retry.lua",
    ["whatsapp.send.trusted"] = "lua/whatsapp/send/trusted.lua",
    ["whatsapp.shared"] = "lua/whatsapp/shared.lua",
    ["whatsapp.status"] = "lua/whatsapp/status.lua",
    ["whatsapp.transport.cqueues"] = "lua/whatsapp/transport/cqueues.lua",
    ["whatsapp.transport.curl"] = "lua/whatsapp/transport/curl.lua",
    ["whatsapp.transport.inboxes"] = "lua/whatsapp/transport/inboxes.lua",
    ["whatsapp.transport.libcurl"] = "lua/whatsapp/transport/libcurl.lua",
    ["whatsapp.transport.luv"] = "lua/whatsapp/transport/luv.lua",
    ["whatsapp.transport.memory"] = "lua/whatsapp/transport/memory.lua",
    ["whatsapp.transport.progress"] = "lua/whatsapp/transport/progress.lua",
    ["whatsapp.transport.request"] = "lua/whatsapp/transport/request.lua",
    ["whatsapp.transport.resty"] = "lua/whatsapp/transport/resty.lua",
    ["whatsapp.transport.resty.clock"] = "lua/whatsapp/transport/resty/clock.lua",
    ["whatsapp.transport.resty.exchange"] = "lua/whatsapp/transport/resty/exchange.lua",
    ["whatsapp.transport.resty.failure"] = "lua/whatsapp/transport/resty/failure.lua",
    ["whatsapp.transport.resty.file"] = "lua/whatsapp/transport/resty/file.lua",
    ["whatsapp.transport.resty.http1"] = "lua/whatsapp/transport/resty/http1.lua",
    ["whatsapp.transport.resty.lua_resty_http"] = "lua/whatsapp/transport/resty/lua_resty_http.lua",
    ["whatsapp.transport.resty.upload"] = "lua/whatsapp/transport/resty/upload.lua",
    ["whatsapp.transport.resty.workers"] = "lua/whatsapp/transport/resty/workers.lua",
    ["whatsapp.types"] = "lua/whatsapp/types.lua",
    ["whatsapp.util.decorate"] = "lua/whatsapp/util/decorate.lua",
    ["whatsapp.util.options"] = "lua/whatsapp/util/options.lua",
    ["whatsapp.util.random_id"] = "lua/whatsapp/util/random_id.lua",
    ["whatsapp.util.sha256"] = "lua/whatsapp/util/sha256.lua",
    ["whatsapp.util.url"] = "lua/whatsapp/util/url.lua",
    ["whatsapp.webhook"] = "lua/whatsapp/webhook.lua",
    ["whatsapp.webhook.content"] = "lua/whatsapp/webhook/content.lua",
    ["whatsapp.webhook.event_key"] = "lua/whatsapp/webhook/event_key.lua",
    ["whatsapp.webhook.events"] = "lua/whatsapp/webhook/events.lua",
    ["whatsapp.webhook.handler"] = "lua/whatsapp/webhook/handler.lua",
    ["whatsapp.webhook.memory"] = "lua/whatsapp/webhook/memory.lua",
    ["whatsapp.webhook.signature"] = "lua/whatsapp/webhook/signature.lua",
    ["whatsapp.window"] = "lua/whatsapp/window.lua",
    ["whatsapp.wire.error_codes"] = "lua/whatsapp/wire/error_codes.lua",
    ["whatsapp.wire.json"] = "lua/whatsapp/wire/json.lua",
    ["whatsapp.wire.outcome"] = "lua/whatsapp/wire/outcome.lua",
  },
}

test = {
  type = "command",
  command = "make test",
}
