-- Reads and writes the files of the sandbox inside nginx: the options, the state file, the record of events, and the lines on the
-- terminal. The state is written to a new file, which then gets the name of the old file: so the state file is whole at every
-- moment.
local file = require "whatsapp.util.file"
local json = require "whatsapp.wire.json"
local master = require "whatsapp.sandbox.master"
local tape = require "whatsapp.sandbox.tape"

local files = {}

local EVERY = 10 -- seconds: the shortest time between two writes of the state

local Files = {}
Files.__index = Files

---@param path string of the file of options that server.lua wrote
---@return { server: table, box: table } options the options of the server, and of the box
function files.options(path)
  return assert(json.decode(assert(file.read(path))))
end

---Opens the record, if the options name one.
---@param ngx table
---@param box whatsapp.sandbox
---@param server { state: string?, record: string?, output: boolean? } options of the server
---@return table files
function files.new(ngx, box, server)
  local self = setmetatable({ ngx = ngx, box = box, server = server, changed = false, written = ngx.now() }, Files)
  if server.record then self.record = assert(io.open(server.record, "wb")) end
  return self
end

function Files:log(err) self.ngx.log(self.ngx.ERR, "the sandbox: ", tostring(err)) end

---Loads the state file, if it exists. settings.lua has checked the file before nginx started.
function Files:load()
  local text = self.server.state and file.read(self.server.state, file.SANDBOX)
  if not text then return end
  assert(self.box:load(assert(json.decode(text))))
  self.changed = false
end

---Writes an event to the record and to the terminal.
---@param event table
function Files:note(event)
  self.changed = true
  if self.record then self.record:write(json.encode(tape.recorded(event, self.box)) or "{}", "\n") end
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
  local new = assert(io.open(path .. ".new", "wb"))
  assert(new:write(text))
  assert(new:close())
  assert(os.rename(path .. ".new", path))
end

---Writes the state file, if the state has changed.
function Files:save()
  if not (self.server.state and self.changed) then return end
  self.changed, self.written = false, self.ngx.now()
  local ok, err = pcall(write_state, self)
  if not ok then self:log(err) end
end

---Does the work of each second: flushes the record, saves the state if the last write is old enough, and ends nginx if the
---program that started nginx has ended.
function Files:tick()
  if self.record then self.record:flush() end
  if self.ngx.now() - self.written >= EVERY then self:save() end
  if self.master and self.master:is_orphan() then self.master:signal "TERM" end
end

---Saves the state and closes the record. Call this function when nginx ends.
function Files:finish()
  self:save()
  if self.record then self.record:close() end
end

local GREETING = [[
page             %s
base_url         %s
phone_number_id  %s
app secret       %s
token            %s
]]

---@return string base_url of the nginx that server.lua started; its port is in nginx.conf
function Files:base_url()
  local conf = assert(file.read(self.server.folder .. "/nginx.conf"))
  return ("%s://127.0.0.1:%s"):format(self.server.tls and "https" or "http", conf:match "listen 127%.0%.0%.1:(%d+)")
end

---Prints the five values that a program needs, if the server prints lines. If nginx runs in the foreground, also starts the
---handshake with the endpoint, and from now on watches the program that started nginx (see tick).
---@param options { server: table, box: table }
function Files:greet(options)
  local server, box = options.server, self.box
  if server.stays then
    box.control { method = "POST", url = "/_sandbox/handshake", headers = { ["content-type"] = "application/json" }, body = "{}" }
    self.master = master.of_worker()
  end
  if not server.output then return end
  io.stdout:write(GREETING:format(server.page and box.base_url .. "/" or "off (page = false)", box.base_url,
    box.numbers.list[1].id, box.app_secret, box.token or "any"))
  io.stdout:flush()
end

return files
