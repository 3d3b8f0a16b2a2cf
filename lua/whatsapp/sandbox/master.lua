-- For nginx's worker process: finds nginx's master process and the program that started it. nginx ends on Ctrl-C. But if this
-- program was killed, nginx would run for ever: so the worker process calls is_orphan() and ends nginx. Without /proc,
-- is_orphan() never returns true.
local file = require "whatsapp.util.file"

local master = {}

local Master = {}
Master.__index = Master

local function parent_of(pid)
  local text = file.read("/proc/" .. pid .. "/stat")
  return text and text:match "^%d+ %b() %a (%d+)"
end

---Returns whether the program that started nginx has ended.
---@return boolean
function Master:is_orphan()
  local now = self.parent and parent_of(self.pid)
  return now ~= nil and now ~= self.parent
end

---@param name string of the signal
function Master:signal(name) os.execute(("kill -%s %s"):format(name, self.pid)) end

---@return { pid: string?, parent: string? } master nginx's master process, and its parent process
function master.of_worker()
  local pid = parent_of "self"
  return setmetatable({ pid = pid, parent = pid and parent_of(pid) }, Master)
end

return master
