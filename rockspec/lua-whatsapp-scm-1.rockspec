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
    ["whatsapp.answer"] = "lua/whatsapp/answer.lua",
    ["whatsapp.batch"] = "lua/whatsapp/batch.lua",
    ["whatsapp.client"] = "lua/whatsapp/client.lua",
    ["whatsapp.codes"] = "lua/whatsapp/codes.lua",
    ["whatsapp.direct"] = "lua/whatsapp/direct.lua",
    ["whatsapp.json"] = "lua/whatsapp/json.lua",
    ["whatsapp.json_schema"] = "lua/whatsapp/json_schema.lua",
    ["whatsapp.limiter"] = "lua/whatsapp/limiter.lua",
    ["whatsapp.media"] = "lua/whatsapp/media.lua",
    ["whatsapp.media.check"] = "lua/whatsapp/media/check.lua",
    ["whatsapp.media.client"] = "lua/whatsapp/media/client.lua",
    ["whatsapp.media.digest"] = "lua/whatsapp/media/digest.lua",
    ["whatsapp.media.download"] = "lua/whatsapp/media/download.lua",
    ["whatsapp.media.kind"] = "lua/whatsapp/media/kind.lua",
    ["whatsapp.media.name"] = "lua/whatsapp/media/name.lua",
    ["whatsapp.media.send"] = "lua/whatsapp/media/send.lua",
    ["whatsapp.media.sniff"] = "lua/whatsapp/media/sniff.lua",
    ["whatsapp.media.source"] = "lua/whatsapp/media/source.lua",
    ["whatsapp.media.store"] = "lua/whatsapp/media/store.lua",
    ["whatsapp.media.upload"] = "lua/whatsapp/media/upload.lua",
    ["whatsapp.message"] = "lua/whatsapp/message.lua",
    ["whatsapp.nginx"] = "lua/whatsapp/nginx.lua",
    ["whatsapp.options"] = "lua/whatsapp/options.lua",
    ["whatsapp.pipeline"] = "lua/whatsapp/pipeline.lua",
    ["whatsapp.query"] = "lua/whatsapp/query.lua",
    ["whatsapp.response"] = "lua/whatsapp/response.lua",
    ["whatsapp.retry"] = "lua/whatsapp/retry.lua",
    ["whatsapp.sandbox"] = "lua/whatsapp/sandbox/init.lua",
    ["whatsapp.sandbox.exchange"] = "lua/whatsapp/sandbox/exchange.lua",
    ["whatsapp.sandbox.media"] = "lua/whatsapp/sandbox/media.lua",
    ["whatsapp.sandbox.multipart"] = "lua/whatsapp/sandbox/multipart.lua",
    ["whatsapp.sandbox.nginx"] = "lua/whatsapp/sandbox/nginx.lua",
    ["whatsapp.sandbox.process"] = "lua/whatsapp/sandbox/process.lua",
    ["whatsapp.sandbox.server"] = "lua/whatsapp/sandbox/server.lua",
    ["whatsapp.schema"] = "lua/whatsapp/schema.lua",
    ["whatsapp.shared"] = "lua/whatsapp/shared.lua",
    ["whatsapp.stamp"] = "lua/whatsapp/stamp.lua",
    ["whatsapp.status"] = "lua/whatsapp/status.lua",
    ["whatsapp.transport.checked"] = "lua/whatsapp/transport/checked.lua",
    ["whatsapp.transport.cosocket"] = "lua/whatsapp/transport/cosocket.lua",
    ["whatsapp.transport.cqueues"] = "lua/whatsapp/transport/cqueues.lua",
    ["whatsapp.transport.curl"] = "lua/whatsapp/transport/curl.lua",
    ["whatsapp.transport.decorate"] = "lua/whatsapp/transport/decorate.lua",
    ["whatsapp.transport.failures"] = "lua/whatsapp/transport/failures.lua",
    ["whatsapp.transport.files"] = "lua/whatsapp/transport/files.lua",
    ["whatsapp.transport.http1"] = "lua/whatsapp/transport/http1.lua",
    ["whatsapp.transport.loop"] = "lua/whatsapp/transport/loop.lua",
    ["whatsapp.transport.luv"] = "lua/whatsapp/transport/luv.lua",
    ["whatsapp.transport.memory"] = "lua/whatsapp/transport/memory.lua",
    ["whatsapp.transport.resty"] = "lua/whatsapp/transport/resty.lua",
    ["whatsapp.transport.resty_http"] = "lua/whatsapp/transport/resty_http.lua",
    ["whatsapp.transport.stream"] = "lua/whatsapp/transport/stream.lua",
    ["whatsapp.transport.workers"] = "lua/whatsapp/transport/workers.lua",
    ["whatsapp.trusted"] = "lua/whatsapp/trusted.lua",
    ["whatsapp.types"] = "lua/whatsapp/types.lua",
    ["whatsapp.webhook"] = "lua/whatsapp/webhook.lua",
    ["whatsapp.webhook.events"] = "lua/whatsapp/webhook/events.lua",
    ["whatsapp.webhook.handler"] = "lua/whatsapp/webhook/handler.lua",
    ["whatsapp.webhook.key"] = "lua/whatsapp/webhook/key.lua",
    ["whatsapp.webhook.signature"] = "lua/whatsapp/webhook/signature.lua",
    ["whatsapp.webhook.store"] = "lua/whatsapp/webhook/store.lua",
    ["whatsapp.webhook.words"] = "lua/whatsapp/webhook/words.lua",
    ["whatsapp.window"] = "lua/whatsapp/window.lua",
  },
}

test = {
  type = "command",
  command = "make test",
}
