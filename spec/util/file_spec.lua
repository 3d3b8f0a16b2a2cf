-- Files and pipes that are read whole or by line: up to a bound, byte for byte. No file of lua/ reads in another way.
local file = require "whatsapp.util.file"
local lines_of = require "spec.support.lines"
local read = require "spec.support.read"
local scratch_folder = require "spec.support.scratch"
local words = require "spec.support.words"

describe("a file that is read whole", function()
  local scratch = scratch_folder.new()
  teardown(scratch.remove)

  it("has every byte up to the bound, and no more", function()
    local bytes = ("a\0\r\n\26"):rep(40000)
    assert.equal(bytes, file.read(scratch.write("file", bytes), #bytes))
    assert.same({ nil, scratch.path "file" .. ": more than " .. #bytes - 1 .. " bytes" }, { file.read(scratch.path "file", #bytes - 1) })
    assert.equal("", file.read(scratch.write("empty", ""), 0))
  end)

  it("may be larger than 64 MiB only if it has a size", function()
    for _, path in ipairs { "/dev/zero", "/dev/full" } do
      assert.same({ nil, path .. ": more than 67108864 bytes" }, { file.read(path, math.huge) })
    end
    local path = scratch.write("large", ("x"):rep(67108865))
    assert.equal(67108865, #file.read(path, math.huge))
    assert.same({ nil, path .. ": more than 67108864 bytes" }, { file.read(path) })
    scratch.empty()
  end)

  it("has an error that names it", function()
    assert.same({ nil, scratch.folder .. ": Is a directory" }, { file.read(scratch.folder) })
    local text, err, code = file.read(scratch.path "absent")
    assert.same({ nil, scratch.path "absent" .. ": No such file or directory", 2 }, { text, err, code })
  end)
end)

describe("a line that is read", function()
  it("ends at the line end, the end of the pipe or the bound", function()
    local pipe = assert(io.popen [[printf 'a\000b\r\n\n%70000s\nlast' x]])
    assert.same({ "a\0b\r", "", (" "):rep(69999) .. "x", "last" },
      { file.line(pipe, 4), file.line(pipe, 4), file.line(pipe, 70000), file.line(pipe, 4) })
    assert.same({}, { file.line(pipe, 4) })
    pipe:close()
    for most = 0, 2 do
      pipe = assert(io.popen "echo abc")
      assert.same({ nil, "a line of more than " .. most .. " bytes" }, { file.line(pipe, most) })
      pipe:close()
    end
  end)
end)

describe("the code of lua/", function()
  -- patterns of code; a string literal follows the last two: "*a", "*l"
  local UNBOUNDED = { "loadfile", "dofile", "io%.lines", "io%.read", ":lines%s*%(", ":lines%s*$", ":read%s*$", ":read%s*%(%s*$" }

  it("reads no file without a bound: a whole file or line is read by util/file", function()
    local found = {}
    for _, path in ipairs(lines_of "find lua -name '*.lua' | sort") do
      for _, piece in ipairs(words.read(read(path))) do
        for _, pattern in ipairs(piece.kind == "code" and UNBOUNDED or {}) do
          if piece.text:find(pattern) then found[#found + 1] = ("%s:%d: %s"):format(path, piece.line, pattern) end
        end
      end
    end
    assert.same({}, found)
  end)
end)

describe("the sandbox", function()
  it("takes no file without an end, of the business or of a user", function()
    local box = require("whatsapp.sandbox").new {}
    local form = { { name = "messaging_product", data = "whatsapp" }, { name = "file", file = "/dev/zero", type = "image/png" } }
    local url = ("https://graph.facebook.com/v23.0/%s/media"):format(box.numbers.list[1].id)
    local response = box.transport { method = "POST", url = url, headers = { authorization = "Bearer x" }, form = form }
    assert.equal(400, response.status)
    assert.is_truthy(response.body:find("file: more than 104857600 bytes", 1, true), response.body)
    local user = box:user "16505551234"
    local ok, err = pcall(user.sends_file, user, "/dev/zero")
    assert.is_false(ok)
    assert.is_truthy(err:find("/dev/zero: more than 67108864 bytes", 1, true), err)
  end)
end)
