-- Functions for the worker process of the nginx that a command runs in the foreground (see foreground.lua): they read the
-- options, print lines, and end nginx. Never used outside nginx.
-- luacheck: std min+ngx_lua
local file = require "whatsapp.util.file"
local master = require "whatsapp.sandbox.master"
local show = require "whatsapp.util.show"

local worker = {}

local nginx -- nginx's master process, from sandbox/master

---Ends nginx.
function worker.stop() nginx:signal "QUIT" end

-- ends nginx if the program that started nginx has ended
local function watch(premature)
  if not premature and nginx:is_orphan() then worker.stop() end
end

---Prints one line, with its line ends and control characters escaped. Ends nginx if the reader has closed the pipe.
---@param line string
function worker.print(line)
  if not (io.stdout:write(show.line(line), "\n") and io.stdout:flush()) then worker.stop() end
end

---Reads the options. From now on, checks every second whether the program that started nginx was killed, and then ends nginx. For
---init_worker_by_lua.
---@param path string of the file with the options
---@return table options
function worker.begin(path)
  nginx = master.of_worker()
  if nginx.parent then ngx.timer.every(1, watch) end
  return assert(require("whatsapp.core").decode(assert(file.read(path))))
end

return worker
