-- Fuzzes the sniffer of files with changed, cut, joined and nested samples of every kind. The sniffer must never raise, must read a limited
-- number of times, and must return only documented facts.
--   $LUA spec/support/fuzz_sniff.lua 1000000 [seed]        or, from a spec: require("spec.support.fuzz_sniff")(runs, seed)
package.path = "./?.lua;" .. package.path
local files = require "spec.support.files"
local kind = require "whatsapp.media.kinds"
local sniff = require "whatsapp.media.sniff"

local random = math.random
local PROGRESS = 1000000 -- runs between two lines
local MOST_READS = 4200 -- two reads for each of the 1,024 boxes, and a few more

local function be(value)
  local bytes = {}
  for i = 4, 1, -1 do bytes[i], value = string.char(value % 256), math.floor(value / 256) end
  return table.concat(bytes)
end

local function samples()
  local list = { "", "\255\216\255", "PK\5\6" .. ("\0"):rep(18), "ID3\3\0\0\127\127\127\127", "OggS\0" .. ("\255"):rep(40) }
  for _, value in pairs(files) do
    if type(value) == "string" then list[#list + 1] = value
    elseif type(value) == "function" then
      local ok, made = pcall(value)
      if ok and type(made) == "string" then list[#list + 1] = made end
    end
  end
  for _, folder in ipairs { "word", "xl", "ppt" } do list[#list + 1] = files.office(folder) end
  for _, name in ipairs { "WordDocument", "Workbook", "x" } do list[#list + 1] = files.ole(name) end
  for _, form in ipairs { "VP8X", "VP8L", "VP8 " } do list[#list + 1] = files.webp(form, 512, 512) end
  return list
end

local NAMES = { "ftyp", "moov", "trak", "mdia", "minf", "stbl", "stsd", "hdlr", "mdat", "free", "\0\0\0\0" }
local SIZES = { 0, 1, 7, 8, 9, 16, 2 ^ 31, 2 ^ 32 - 1 }

-- returns boxes in boxes, as in an MP4; some of them have a wrong size
local function boxes(depth)
  local list = {}
  for i = 1, random(0, 6) do
    local inside = depth > 0 and random(2) == 1 and boxes(depth - 1) or ("x"):rep(random(0, 30))
    local size = random(5) == 1 and SIZES[random(#SIZES)] or #inside + 8
    list[i] = be(size) .. NAMES[random(#NAMES)] .. inside
  end
  return table.concat(list)
end

local CHANGES = {
  function(bytes) return bytes:sub(1, random(0, #bytes)) end,
  function(bytes) return bytes .. bytes:sub(random(1, #bytes + 1)) end,
  function(bytes)
    local at = random(0, #bytes)
    return bytes:sub(1, at) .. string.char(random(0, 255)) .. bytes:sub(at + 2)
  end,
  function(bytes)
    local at = random(0, #bytes)
    return bytes:sub(1, at) .. be(SIZES[random(#SIZES)]) .. bytes:sub(at + 5)
  end,
  function() return be(24) .. "ftypisom\0\0\0\0mp42isom" .. boxes(random(0, 12)) end,
  function(bytes) return bytes .. ("\0"):rep(random(0, 600)) end,
  -- many boxes in a row, or each box in the box before
  function(bytes)
    if random(100) > 1 then return bytes end
    local count, head = random(1, 20000), be(24) .. "ftypisom\0\0\0\0mp42isom"
    if random(2) == 1 then return head .. be(8 + 8 * count) .. "moov" .. (be(8) .. "trak"):rep(count) end
    local list = { head }
    for i = 1, count do list[i + 1] = be(8 * (count - i + 1)) .. (i == 1 and "moov" or "trak") end
    return table.concat(list)
  end,
}

local function check(bytes)
  local reads = 0
  local facts = sniff.facts(function(offset, count)
    reads = reads + 1
    return bytes:sub(offset + 1, offset + count)
  end, #bytes)
  assert(reads <= MOST_READS, "too many reads")
  assert(facts.kind == nil or kind.ROWS[facts.kind], "a kind that is not known")
  for _, name in ipairs { "width", "height", "channels", "depth", "colour" } do
    local value = facts[name]
    assert(value == nil or type(value) == "number" and value >= 0 and value < 2 ^ 32 and value % 1 == 0, name)
  end
end

local function fuzz(runs, seed)
  math.randomseed(seed or 1)
  local list = samples()
  for run = 1, runs do
    local bytes = list[random(#list)]
    for _ = 1, random(1, 4) do bytes = CHANGES[random(#CHANGES)](bytes) end
    local ok, err = pcall(check, bytes)
    if not ok then error(("run %d, %q: %s"):format(run, bytes:sub(1, 400), tostring(err))) end
    if run % PROGRESS == 0 then io.stderr:write(run, " runs\n") end
  end
  return runs
end

if arg and tostring(arg[0]):find "fuzz_sniff%.lua$" then print(("%d runs, no fault"):format(fuzz(tonumber(arg[1] or 100000), tonumber(arg[2])))) end

return fuzz
