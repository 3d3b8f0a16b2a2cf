-- whatsapp.files, and its use in media and bodies: only the owner can read a new file, and no file is replaced, also if another
-- process puts a file there at the same time.
local body = require "whatsapp.send.body"
local files = require "whatsapp.files"
local read = require "spec.support.read"
local run = require "spec.support.run"
local scratch_folder = require "spec.support.scratch"
local source = require "whatsapp.media.file"

describe("files.create", function()
  local scratch = scratch_folder.new()
  teardown(scratch.remove)

  it("makes an empty file that only its owner can read", function()
    local path = scratch.path "new"
    assert.is_true(files.create(path))
    assert.equal("", read(path))
    assert.equal("600\n", select(2, run("stat -c %a " .. path)))
  end)

  it("changes nothing that exists: a file, a folder, a broken link, a pipe", function()
    local file = scratch.write("old", "old")
    run(("mkdir %s; ln -s /nowhere/at/all %s; mkfifo %s"):format(scratch.path "folder", scratch.path "link", scratch.path "pipe"))
    for _, name in ipairs { "old", "folder", "link", "pipe" } do
      local ok, err, why = files.create(scratch.path(name))
      assert.is_nil(ok, name)
      assert.is_truthy(err:find "exists")
      assert.equal("exists", why)
    end
    assert.equal("old", read(file))
  end)

  it("reports why it failed", function()
    local ok, err, why = files.create(scratch.path "no/such/folder")
    assert.same({ nil, "failed" }, { ok, why })
    assert.is_string(err)
    for _, wrong in ipairs { "", "a\0b", {}, true } do assert.is_false(pcall(files.create, wrong)) end
    assert.is_false(pcall(files.create))
  end)
end)

describe("files.place", function()
  local scratch = scratch_folder.new()
  teardown(scratch.remove)

  it("moves a file", function()
    local from, to = scratch.write("from", "bytes"), scratch.path "to"
    assert.is_true(files.place(from, to))
    assert.equal("bytes", read(to))
    assert.is_nil(io.open(from))
  end)

  it("moves a file without hard links, by a rename that replaces nothing", function()
    local from, to = scratch.path "a-folder", scratch.path "another" -- a folder cannot have two names
    run("mkdir " .. from)
    assert.is_true(files.place(from, to))
    assert.equal(0, (run("test -d " .. to)))
    run("mkdir " .. from)
    assert.same({ nil, "exists" }, { (files.place(from, to)), (select(3, files.place(from, to))) })
  end)

  it("replaces nothing", function()
    local from, to = scratch.write("from", "new"), scratch.write("old", "old")
    run(("mkdir %s; ln -s /nowhere/at/all %s"):format(scratch.path "folder", scratch.path "link"))
    for _, name in ipairs { "old", "folder", "link" } do
      local ok, err, why = files.place(from, scratch.path(name))
      assert.same({ nil, "exists" }, { ok, why }, name)
      assert.is_truthy(err:find "exists")
    end
    assert.same({ "old", "new" }, { read(to), read(from) })
  end)

  it("reports why it failed", function()
    local ok, err, why = files.place(scratch.path "nothing", scratch.path "x")
    assert.same({ nil, "failed" }, { ok, why })
    assert.is_string(err)
    for _, wrong in ipairs { "", "a\0b", {} } do
      assert.is_false(pcall(files.place, wrong, "x"))
      assert.is_false(pcall(files.place, "x", wrong))
    end
  end)

  it("lets one process win if many put their files at one place at once", function()
    local script = ([[
      local files = require "whatsapp.files"
      local number, wins = ..., 0
      for round = 1, 200 do
        local from = ("%s/from-%%s"):format(number)
        local file = assert(io.open(from, "wb"))
        assert(file:write(number) and file:close())
        local ok, _, why = files.place(from, ("%s/round-%%d"):format(round))
        assert(ok or why == "exists")
        if ok then wins = wins + 1 else os.remove(from) end
      end
      print(wins)]]):format(scratch.folder, scratch.folder)
    local path = scratch.write("race.lua", script)
    local _, output = run(("for i in 1 2 3 4; do %s %s $i & done; wait"):format(os.getenv "LUA" or "lua", path))
    local sum = 0
    for wins in output:gmatch "%d+" do sum = sum + tonumber(wins) end
    assert.equal(200, sum, output)
  end)
end)

describe("a downloaded file", function()
  local scratch = scratch_folder.new()
  teardown(scratch.remove)

  -- calls with the C module, and without it, as in a host that has not compiled it in
  local function with_and_without(call)
    call "with"
    local module, preload = package.loaded["whatsapp.files"], package.preload["whatsapp.files"]
    package.loaded["whatsapp.files"], package.preload["whatsapp.files"] = nil, function() error "not compiled in" end
    local ok, err = pcall(call, "without")
    package.loaded["whatsapp.files"], package.preload["whatsapp.files"] = module, preload
    assert(ok, err)
  end

  it("replaces a file only with the option replace", function()
    with_and_without(function(how)
      local from, to = scratch.write("from", "new"), scratch.write("old-" .. how, "old")
      local ok, err = source.place(from, to)
      assert.is_nil(ok)
      assert.is_truthy(err:find("the file exists; replace = true", 1, true), err)
      assert.equal("old", read(to))
      assert.is_true(source.place(from, to, true))
      assert.equal("new", read(to))
      assert.is_true(source.place(to, scratch.path("free-" .. how)))
      assert.is_nil((source.place(scratch.path "nothing", scratch.path "x")))
    end)
  end)

  it("is readable for its owner only, and replaces no file, if a transport does not stream", function()
    local response = { status = 200, headers = {}, body = "bytes" }
    with_and_without(function(how)
      local path = scratch.path("saved-" .. how)
      local saved = assert(body.saved({ to_file = path }, response))
      assert.same({ 5, "bytes" }, { saved.size, read(path) })
      if how == "with" then assert.equal("600\n", select(2, run("stat -c %a " .. path))) end
      local again, err = body.saved({ to_file = path }, { status = 200, headers = {}, body = "other" })
      assert.is_nil(again)
      assert.is_truthy(err:find "[Ee]xists", err)
      assert.equal("bytes", read(path))
    end)
  end)
end)
