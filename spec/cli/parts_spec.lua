-- The parts of the program that a spec can call without a process: lines, CSV, merging, items, JSON, progress, exit codes.
local csv = require "whatsapp.cli.csv"
local exit = require "whatsapp.cli.exit"
local items = require "whatsapp.cli.items"
local json = require "whatsapp.wire.json"
local json_line = require "whatsapp.cli.json_line"
local lines = require "whatsapp.cli.lines"
local merge = require "whatsapp.cli.merge"
local outcome = require "whatsapp.cli.outcome"
local progress = require "whatsapp.cli.progress"
local scratch_folder = require "spec.support.scratch"

-- returns a function that returns the lines of a text, as lines.of does
local function reader(text)
  local at = 1
  return function()
    if at > #text then return nil end
    local stop = text:find("\n", at, true) or #text + 1
    local line = text:sub(at, stop - 1)
    at = stop + 1
    return line
  end
end

-- returns the rows of CSV, each with its line number first; a fault is the row { line number, error }
local function rows_of(text)
  local list = {}
  for fields, line, at in csv.rows(reader(text)) do
    if not fields then
      list[#list + 1] = { at, line }
      break
    end
    local row = { line }
    for i, field in ipairs(fields) do row[i + 1] = field end
    list[#list + 1] = row
  end
  return list
end

describe("lines of a file", function()
  local scratch = scratch_folder.new()
  teardown(scratch.remove)

  it("keep every byte, also if a line is long", function()
    local long = ("x"):rep(200000)
    local file = assert(io.open(scratch.write("file", "a\0b\r\n\n" .. long .. "\nlast"), "rb"))
    local list = {}
    for line in lines.of(file) do list[#list + 1] = line end
    file:close()
    assert.same({ "a\0b\r", "", long, "last" }, list)
  end)

  -- each row: a path, and words of its only error. io.open opens a folder, but each read of the folder fails.
  local BROKEN = {
    { scratch.write("endless", ("x"):rep(9 * 1024 * 1024)), "a line of more than" }, { scratch.folder, "Is a directory" },
  }
  for _, row in ipairs(BROKEN) do
    it("end with one error: " .. row[2], function()
      for _, is_pipe in ipairs { false, true } do
        local file = assert(io.open(row[1], "rb"))
        local stream = { read = function(_, how) return file:read(how) end, seek = function() return not is_pipe and 0 or nil end }
        local next_line = lines.of(stream)
        local line, err = next_line()
        assert.is_false(line)
        assert.is_truthy(err:find(row[2], 1, true), err)
        assert.is_nil((next_line()))
        assert.is_nil((next_line()))
        file:close()
      end
    end)
  end

  it("are one error for a reader of rows or records, if the file is a folder", function()
    local rows, records = require "whatsapp.cli.rows", require "whatsapp.cli.records"
    for _, name in ipairs { "x", "x.jsonl" } do
      local file, count = assert(io.open(scratch.folder, "rb")), 0
      for row in rows.of(file, name, {}) do
        assert.is_string(row.err)
        count = count + 1
        assert.equal(1, count)
      end
      local ok, raised = pcall(records.of, file, name)
      assert.is_false(ok)
      assert.same({ "failed", name .. ": Is a directory" }, { raised.exit.name, raised.err })
      file:close()
    end
  end)
end)

describe("CSV", function()
  it("is read as RFC 4180 says", function()
    assert.same({ { 1, "a", "b" }, { 2, "1", "" }, { 4, 'x "y"', "z\nw" }, { 6, "", "" } },
      rows_of 'a,b\r\n1,\r\n\r\n"x ""y""","z\nw"\r\n,\n')
    assert.same({ { 1, "", "a,b", "" } }, rows_of '"","a,b",\n')
  end)

  it("names the line of an error", function()
    assert.same({ { 1, "a" }, { 2, "a quote inside a field that does not begin with a quote" } }, rows_of 'a\nx"y"\n')
    assert.same({ { 1, "a" }, { 2, "a quote is not closed" } }, rows_of 'a\n"y\n\n')
    assert.same({ { 1, "something follows a closing quote" } }, rows_of '"a"b\n')
  end)

  it("takes time that is linear in the length of a row", function()
    local row = '"' .. ('""\n'):rep(150000) .. '","' .. ('x","'):rep(50000) .. '"\n'
    local list = rows_of(row)
    assert.equal(50002, #list[1] - 1)
    assert.equal(300000, #list[1][2])
  end)

  it("is refused if a row is too long because a quote is not closed", function()
    local list = rows_of('"' .. ("x\n"):rep(700000))
    assert.is_truthy(list[1][2]:find "is a quote not closed")
  end)
end)

describe("a message with columns", function()
  it("is filled in once, and does not change", function()
    local message = { to = "{{phone}}", list = { "{{ name }} {{name}}", 7 }, flag = true }
    local make = assert(merge.of(message, { "phone", "name" }, false))
    assert.same({ to = "1", list = { "{{phone}}% {{phone}}%", 7 }, flag = true }, make { "1", "{{phone}}%" })
    assert.equal("{{phone}}", message.to)
    assert.same({ nil, "1 field, but the first line has 2" }, { make { "1" } })
  end)
end)

describe("items", function()
  it("have another form than a text", function()
    for word, path in pairs { ["a=b"] = "a", ["a.b[1].c=x=y"] = "a.b[1].c", ["a:=1"] = "a" } do assert.equal(path, (items.split(word))) end
    for _, word in ipairs { "2+2=4", "Hello = x", "a b=c", "=x", "Hello", "x" } do assert.is_nil((items.split(word)), word) end
  end)

  it("set members of objects and of lists", function()
    local made = {}
    items.set(made, "a.b[2].c", "x")
    items.set(made, "a.b[1]", "y")
    assert.same({ a = { b = { "y", { c = "x" } } } }, made)
  end)
end)

describe("a line of JSON", function()
  it("is the same for equal values", function()
    local value = { b = 1, a = "\"\\\n\127é", c = { true, 1.5 }, [1.5] = "x" }
    local line = json_line.of(value, { "c" })
    assert.equal(line, json_line.of(value, { "c" }))
    assert.is_truthy(line:find '^{"c":%[true,1.5%]')
    assert.equal("\"\\\n\127é", json.decode(line).a)
    assert.equal('{"list":[],"object":{}}', json_line.of(json.decode '{"list":[],"object":{}}'))
  end)
end)

describe("progress", function()
  it("fits into a line", function()
    local counts = { done = 5210, failed = 3, unknown = 1 }
    assert.equal("[####------] 5,210/12,431  41%  79.8/s  failed 3  unknown 1  eta 1:30", progress.line(counts, 12431, 65.3))
    assert.equal("5,210  80.2/s  failed 3  unknown 1", progress.line(counts, nil, 65))
    assert.equal("1,234,567", progress.number(1234567))
  end)
end)

describe("exit codes", function()
  it("tell the caller to repeat a command, but never if the message may have been sent", function()
    for _, row in ipairs {
      { { kind = "invalid" }, "invalid", "invalid" }, { { kind = "api" }, "refused", "failed" },
      { { kind = "api", retryable = true }, "try_later", "not_sent" },
      { { kind = "transport", retryable = true }, "try_later", "not_sent" }, { { kind = "transport" }, "failed", "not_sent" },
      { { kind = "transport", may_have_been_sent = true }, "unknown", "unknown" },
      { { kind = "protocol", may_have_been_sent = true }, "unknown", "unknown" }, { { kind = "refused" }, "failed", "not_sent" },
    } do
      assert.equal(row[2], exit.name_of(row[1]))
      assert.equal(row[3], outcome.state_of(row[1]))
    end
    assert.equal("try_later", exit.name_of({ kind = "transport", may_have_been_sent = true }, true))
  end)
end)
