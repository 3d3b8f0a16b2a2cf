-- Lets nginx's worker process end nginx. Ctrl-C ends nginx and the program that started nginx. But if that program is killed,
-- nginx does not end. So the worker process calls is_orphan() from time to time, and ends nginx by signal(). Without /proc,
-- is_orphan() never returns true.
local file = require "whatsapp.util.file"

local master = {}

local Master = {}
Master.__index = Master

-- returns the id of the parent of a process; nil: there is no such process, or no /proc
local function parent_of(pid)
  local text = file.read("/proc/" .. pid .. "/stat")
  return text and text:match "^%d+ %b() %a (%d+)"
end

---@return boolean is_orphan whether the program that started nginx has ended: nginx's master process then has another parent
function Master:is_orphan()
  local now = self.parent and parent_of(self.pid)
  return now ~= nil and now ~= self.parent
end

---Sends a signal to nginx's master process.
---@param name string of the signal, such as "QUIT"
function Master:signal(name) os.execute(("kill -%s %s"):format(name, self.pid)) end

---Finds nginx's master process. Call this function in the worker process, while the program that started nginx runs.
---@return { pid: string?, parent: string? } master the ids of nginx's master process and of its parent
function master.of_worker()
  local pid = parent_of "self"
  return setmetatable({ pid = pid, parent = pid and parent_of(pid) }, Master)
end

return master
