-- A host may set a locale in which a number has a comma: reading, writing and errors do not change.
local output_of = require "spec.support.output"
local scratch_folder = require "spec.support.scratch"

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
  it("numbers are read and written with a point", function()
    local scratch = scratch_folder.new()
    scratch.write("comma.src", SOURCE)
    local script = scratch.write("script.lua", SCRIPT)
    local made = scratch.run "localedef -c -i comma.src ./comma 2>&1" -- it names the missing part
    local output = output_of(("LOCPATH=%s %s %s 2>&1"):format(scratch.folder, os.getenv "LUA" or "lua", script))
    scratch.remove()
    assert.equal('{"messaging_product":"whatsapp","recipient_type":"individual","to":"1","type":"location","location":'
      .. '{"latitude":1.5,"longitude":-0.3333333333333333}}\nto: must be a string or a whole number, got 0.5\n', output, made)
  end)
end)
