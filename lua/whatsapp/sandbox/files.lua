-- The files and lines that the sandbox's worker in nginx writes: the state file, the record of events, and the lines on the
-- terminal. A state file is put in place by a rename, so that it is whole at every moment. Decides nothing.
local json = require "whatsapp.wire.json"

local files = {}

local EVERY = 10 -- seconds between two writes of a state that changed

local Files = {}
Files.__index = Files

local function read(path)
  local file, err = io.open(path, "rb")
  if not file then return nil, err end
  local text = file:read "*a"
  file:close()
  return text
end

---@param path string of the file that server.lua wrote
---@return { server: table, box: table } options
function files.options(path)
  return assert(json.decode(assert(read(path))))
end

---@param ngx table
---@param box whatsapp.sandbox
---@param server { state: string?, record: string?, output: boolean? }
---@return table files
function files.new(ngx, box, server)
  local self = setmetatable({ ngx = ngx, box = box, server = server, changed = false, written = ngx.now() }, Files)
  if server.record then self.record = assert(io.open(server.record, "wb")) end
  return self
end

function Files:log(err) self.ngx.log(self.ngx.ERR, "the sandbox: ", tostring(err)) end

---Reads the state file, if there is one. server.lua has looked whether it can be used.
function Files:load()
  local text = self.server.state and read(self.server.state)
  if not text then return end
  assert(self.box:load(assert(json.decode(text))))
  self.changed = false
end

---Takes an event: a line of the record, a line on the terminal.
---@param event table
function Files:note(event)
  self.changed = true
  if self.record then self.record:write(json.encode(event) or "{}", "\n") end
  if not self.server.output then return end
  local line = self.box:line(event)
  if line then
    io.stdout:write(line, "\n")
    io.stdout:flush()
  end
end

local function write_state(self)
  local path = self.server.state
  local text = assert(json.encode(self.box:state()))
  local file = assert(io.open(path .. ".new", "wb"))
  assert(file:write(text))
  assert(file:close())
  assert(os.rename(path .. ".new", path))
end

function Files:save()
  if not (self.server.state and self.changed) then return end
  self.changed, self.written = false, self.ngx.now()
  local ok, err = pcall(write_state, self)
  if not ok then self:log(err) end
end

-- Debian's nginx ends on Ctrl-C by itself. If the program that started it was killed, nginx would run for ever.
local function end_with_parent(self)
  if not self.parent then return end
  local now = files.parent_of(self.master)
  if now and now ~= self.parent then os.execute("kill -TERM " .. self.master) end
end

---Does what is done once a second.
function Files:tick()
  if self.record then self.record:flush() end
  if self.ngx.now() - self.written >= EVERY then self:save() end
  end_with_parent(self)
end

---Writes what is left, when the worker ends.
function Files:finish()
  self:save()
  if self.record then self.record:close() end
end

---@param pid string
---@return string? parent nil where there is no /proc
function files.parent_of(pid)
  local text = read("/proc/" .. pid .. "/stat")
  return text and text:match "^%d+ %b() %a (%d+)"
end

local GREETING = [[
page             %s
base_url         %s
phone_number_id  %s
app secret       %s
token            %s
]]

---@return string base_url of the nginx that server.lua started
function Files:base_url()
  local conf = assert(read(self.server.folder .. "/nginx.conf"))
  return ("%s://127.0.0.1:%s"):format(self.server.tls and "https" or "http", conf:match "listen 127%.0%.0%.1:(%d+)")
end

---Prints the five lines that a program needs, and remembers which process started nginx.
---@param options { server: table, box: table }
function Files:greet(options)
  local server, box = options.server, self.box
  if server.stays then
    box.control { method = "POST", url = "/_sandbox/handshake", headers = { ["content-type"] = "application/json" }, body = "{}" }
    self.master = read "/proc/self/stat":match "^%d+ %b() %a (%d+)"
    self.parent = self.master and files.parent_of(self.master)
  end
  if not server.output then return end
  io.stdout:write(GREETING:format(server.page and box.base_url .. "/" or "off (page = false)", box.base_url,
    box.numbers.list[1].id, box.app_secret, box.token or "any"))
  io.stdout:flush()
end

return files
