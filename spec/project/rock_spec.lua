-- `luarocks --lua-version 5.1 make` installs files that nginx finds without configuration. The spec installs into its own tree
-- with the layout of /usr/local, in which nginx's Lua looks by itself.
local process = require "whatsapp.sandbox.process"
local read = require "spec.support.read"
local run = require "spec.support.run"
local scratch_folder = require "spec.support.scratch"

-- the paths are those of the tree and of nginx, without this repository
local CONF = [[
load_module /usr/lib/nginx/modules/ndk_http_module.so;
load_module /usr/lib/nginx/modules/ngx_http_lua_module.so;
pid nginx.pid; error_log error.log notice;
events { worker_connections 64; }
http {
  access_log off; client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi;
  uwsgi_temp_path uwsgi; scgi_temp_path scgi;
  init_by_lua_block {
    path, cpath = package.path, package.cpath
    package.path, package.cpath = path:gsub("/usr/local/", "$TREE/"), cpath:gsub("/usr/local/", "$TREE/")
  }
  server {
    listen 127.0.0.1:$PORT;
    location /encode { content_by_lua_block {
      ngx.print((require("whatsapp").encode { to = "16505551234", text = { body = "Hello" } }))
    } }
    location /verify { content_by_lua_block {
      local digits = require("whatsapp.crypto").hmac_sha256("secret", "body")
      ngx.print(tostring(require("whatsapp").webhook.verify("body", "sha256=" .. digits, "secret")))
    } }
    location /paths { content_by_lua_block { ngx.print(path, "\n", cpath) } }
    location /found { content_by_lua_block {
      require "whatsapp"
      ngx.print(package.searchpath and package.searchpath("whatsapp.core", package.cpath) or "")
    } }
  }
}
]]

describe("the rock for Lua 5.1", function()
  local nginx, transport, status, output
  local scratch = scratch_folder.new()
  local folder = scratch.folder

  setup(function()
    -- a copy, because LuaRocks builds in the folder of the sources
    status, output = run((("cp -R src lua rockspec LICENSE Makefile FOLDER/ && mkdir FOLDER/spec && cp -R spec/support FOLDER/spec/ && "
      .. "cd FOLDER && luarocks --lua-version 5.1 make --deps-mode=none --tree FOLDER/tree rockspec/lua-whatsapp-scm-1.rockspec")
      :gsub("FOLDER", folder)))
    if status ~= 0 then return end
    nginx = process.start {
      env = { LUA_PATH = ";;", LUA_CPATH = ";;" }, -- no path of the environment counts
      configuration = function(port)
        local values = { PORT = tostring(port), TREE = folder .. "/tree" }
        return process.user() .. "\n" .. CONF:gsub("%$(%u+)", values)
      end,
    }
    transport = require("whatsapp.transport.curl").new { proxy = "", timeout = 30 }
  end)

  teardown(function()
    if transport then transport.close() end
    if nginx then nginx.stop() end
    scratch.remove()
  end)

  local function ask(path)
    local answer = assert(transport { method = "GET", url = ("http://127.0.0.1:%d%s"):format(nginx.port, path), headers = {} })
    assert.equal(200, answer.status, nginx.log())
    return answer.body
  end

  it("is built and installed with the layout of /usr/local", function()
    assert.equal(0, status, output)
    for _, path in ipairs { "share/lua/5.1/whatsapp/init.lua", "share/lua/5.1/whatsapp/transport/curl.lua", "lib/lua/5.1/whatsapp/core.so",
      "lib/lua/5.1/whatsapp/curl.so", "lib/lua/5.1/whatsapp/crypto.so", "lib/lua/5.1/whatsapp/files.so" } do
      assert.is_true(#read(folder .. "/tree/" .. path) > 0, path)
    end
  end)

  it("is in a folder that nginx searches", function()
    local path, cpath = ask("/paths"):match "^(.-)\n(.*)$"
    for _, place in ipairs { "/usr/local/share/lua/5.1/?.lua", "/usr/local/share/lua/5.1/?/init.lua" } do
      assert.is_truthy((";" .. path .. ";"):find(";" .. place .. ";", 1, true), path)
    end
    assert.is_truthy((";" .. cpath .. ";"):find(";/usr/local/lib/lua/5.1/?.so;", 1, true), cpath)
  end)

  it("encodes and verifies there", function()
    assert.equal('{"messaging_product":"whatsapp","recipient_type":"individual","to":"16505551234","type":"text",'
      .. '"text":{"body":"Hello"}}', ask "/encode")
    assert.equal("true", ask "/verify")
    assert.equal(folder .. "/tree/lib/lua/5.1/whatsapp/core.so", ask "/found")
  end)

  it("exports one symbol for each module, as make's builds do", function()
    for _, module in ipairs { "core", "curl", "crypto", "files" } do
      local _, symbols = run(("nm -D --defined-only %s/tree/lib/lua/5.1/whatsapp/%s.so"):format(folder, module))
      local shown = {}
      for name in symbols:gmatch " [TDBRVW] ([^\n]+)" do
        if name ~= "_init" and name ~= "_fini" then shown[#shown + 1] = name end
      end
      assert.same({ "luaopen_whatsapp_" .. module }, shown)
    end
  end)
end)
