-- Lists the modules of the library and the files of each module. It reads the folders: a folder of src/ is a C module, a
-- file under lua/ a Lua module. A new file is registered nowhere else. Never writes anything.
--   lua src/modules.lua         writes the list into whatsapp.all (make rockspec); the rock installs by `make install-rock`
local modules = {}

local C_MODULES = { "core", "curl", "crypto", "files" }

local function lines_of(command)
  local lines = {}
  local pipe = assert(io.popen("LC_ALL=C " .. command))
  for line in pipe:lines() do lines[#lines + 1] = line end
  pipe:close()
  return lines
end

---Returns the C files of a module: first those of its folder, then those that all modules share.
---@param name "core"|"curl"|"crypto"|"files"
---@return string[]
function modules.sources(name)
  return lines_of(("ls src/%s/*.c src/*.c"):format(name))
end

---@return { name: string, file: string }[] the Lua modules, sorted by name
function modules.lua()
  local list = {}
  for _, file in ipairs(lines_of "find lua -name '*.lua'") do
    local name = file:gsub("^lua/", ""):gsub("%.lua$", ""):gsub("/init$", ""):gsub("/", ".")
    list[#list + 1] = { name = name, file = file }
  end
  table.sort(list, function(a, b) return a.name < b.name end)
  return list
end

local function read(path)
  local file = assert(io.open(path, "rb"))
  local text = file:read "*a"
  file:close()
  return text
end

local ALL, WIDTH = "lua/whatsapp/all.lua", 118
local LEFT_OUT = { ["whatsapp"] = true, ["whatsapp.all"] = true, ["whatsapp.types"] = true } -- the last one has only comments
local PROGRAM = "^whatsapp%.cli%f[%z.]" -- no program runs in such a host

---Returns the text that lua/whatsapp/all.lua must have: it names every module.
---@return string
function modules.fresh_all()
  local names, lines = {}, { " " }
  for _, name in ipairs(C_MODULES) do names[#names + 1] = "whatsapp." .. name end
  for _, module in ipairs(modules.lua()) do
    if not (LEFT_OUT[module.name] or module.name:find(PROGRAM)) then names[#names + 1] = module.name end
  end
  for _, name in ipairs(names) do
    local longer = ('%s "%s",'):format(lines[#lines], name)
    if #longer > WIDTH then lines[#lines + 1] = ('  "%s",'):format(name)
    else lines[#lines] = longer end
  end
  local before, after = read(ALL):match "^(.-\nlocal NAMES = {\n).-\n(}\n.*)$"
  return before .. table.concat(lines, "\n") .. "\n" .. after
end

local function write(path, text)
  local file = assert(io.open(path, "wb"))
  assert(file:write(text))
  assert(file:close())
end

if arg and arg[0] and arg[0]:find "modules%.lua$" then
  write(ALL, modules.fresh_all())
end

return modules
