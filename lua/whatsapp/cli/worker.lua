-- For the worker process of the nginx that a command runs in the foreground: reads the options, prints lines, and ends nginx.
-- Never runs outside nginx.
-- luacheck: std min+ngx_lua
local file = require "whatsapp.util.file"
local master = require "whatsapp.sandbox.master"
local show = require "whatsapp.util.show"

local worker = {}

local nginx -- nginx's master process, from sandbox/master

---Ends nginx.
function worker.stop() nginx:signal "QUIT" end

local function watch(premature)
  if not premature and nginx:is_orphan() then worker.stop() end
end

---Prints one line, and escapes what could forge another line. Ends nginx if the reader closed the pipe.
---@param line string
function worker.print(line)
  if not (io.stdout:write(show.line(line), "\n") and io.stdout:flush()) then worker.stop() end
end

---Reads the options. Ends nginx later if the program that started nginx is killed. For init_worker_by_lua.
---@param path string of the file with the options
---@return table options
function worker.begin(path)
  nginx = master.of_worker()
  if nginx.parent then ngx.timer.every(1, watch) end
  return assert(require("whatsapp.core").decode(assert(file.read(path))))
end

return worker
