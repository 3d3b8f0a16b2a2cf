-- A host may have set a locale in which a number has a comma: what is read, written and said is the same.
local function run(command)
  local pipe = io.popen(command .. " 2>&1")
  local output = pipe:read "*a"
  pipe:close()
  return output
end

local SOURCE = [[
LC_NUMERIC
decimal_point ","
thousands_sep "."
grouping 3;3
END LC_NUMERIC
]]

local SCRIPT = [[
local core = require "whatsapp.core"
assert(os.setlocale("comma", "numeric"))
assert(os.setlocale(nil, "numeric") == "comma")
local read = assert(core.decode "[1.5,-2.5e-3,1e2,7]")
assert(read[1] == 3 / 2 and read[2] == -25 / 10000 and read[3] == 100 and read[4] == 7)
print((core.encode { to = "1", location = { latitude = 3 / 2, longitude = -1 / 3 } }))
print((select(2, core.encode { to = 1 / 2, text = { body = "x" } })))
]]

describe("in a locale with a comma", function()
  it("numbers are read and written as ever", function()
    local folder = run("mktemp -d"):match "^[^\n]*"
    for name, text in pairs { ["comma.src"] = SOURCE, ["script.lua"] = SCRIPT } do
      local file = assert(io.open(folder .. "/" .. name, "w"))
      file:write(text)
      file:close()
    end
    local made = run(("localedef -c -i %s/comma.src %s/comma"):format(folder, folder)) -- it tells which of its parts there is not
    local output = run(("LOCPATH=%s %s %s/script.lua"):format(folder, os.getenv "LUA" or "lua", folder))
    run("rm -rf " .. folder)
    assert.equal('{"messaging_product":"whatsapp","recipient_type":"individual","to":"1","type":"location","location":'
      .. '{"latitude":1.5,"longitude":-0.3333333333333333}}\nto: must be a string or a whole number, got 0.5\n', output, made)
  end)
end)
