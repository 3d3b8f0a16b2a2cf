-- whatsapp version: prints the versions that a bug report needs. Does not need the module of libcurl.
local ORDER = { "whatsapp", "graph", "lua", "curl" }

local function run(context)
  local whatsapp = require "whatsapp"
  local jit = rawget(_G, "jit")
  local has_curl, curl = pcall(require, "whatsapp.curl")
  local version = {
    whatsapp = whatsapp._VERSION, graph = whatsapp.GRAPH_VERSION, lua = jit and jit.version or _VERSION,
    curl = has_curl and type(curl.version) == "function" and curl.version() or nil,
  }
  context.emit(version, ("whatsapp %s (Graph API %s, %s)"):format(version.whatsapp, version.graph, version.lua), ORDER)
end

return {
  name = "version", summary = "the version of the program and of the Graph API", examples = { "whatsapp version" }, run = run,
}
