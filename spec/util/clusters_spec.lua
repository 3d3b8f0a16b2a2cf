-- util/clusters and message.split: a text is never cut within a character as a reader sees it. The cases are code points, so that
-- no editor hides them.
local clusters = require "whatsapp.util.clusters"
local output_of = require "spec.support.output"
local split = require("whatsapp.message").split

-- one character in UTF-8
local function utf8(code)
  if code < 0x80 then return string.char(code) end
  local bytes, first = {}, code < 0x800 and 0xC0 or code < 0x10000 and 0xE0 or 0xF0
  local count = code < 0x800 and 1 or code < 0x10000 and 2 or 3
  for i = count, 1, -1 do
    bytes[i] = string.char(0x80 + code % 64)
    code = math.floor(code / 64)
  end
  return string.char(first + code) .. table.concat(bytes)
end

-- "1F468 200D" -> the text
local function text_of(codes)
  return (codes:gsub("%s*(%x+)%s*", function(code) return utf8(tonumber(code, 16)) end))
end

local function clusters_of(text)
  local list, at = {}, 1
  while at <= #text do
    local stop = clusters.next(text, at, 1000)
    list[#list + 1], at = text:sub(at, stop - 1), stop
  end
  return list
end

-- each is one character to a reader
local WHOLE = {
  { "a letter", "61" }, { "a letter with its mark", "65 301" }, { "a letter with many marks", "65 301 302 303 323 20DD" },
  { "a family", "1F468 200D 1F469 200D 1F467 200D 1F466" }, { "a couple", "1F469 200D 2764 FE0F 200D 1F468" },
  { "a flag", "1F1E9 1F1EA" }, { "the flag of England", "1F3F4 E0067 E0062 E0065 E006E E0067 E007F" },
  { "the rainbow flag", "1F3F3 FE0F 200D 1F308" }, { "a keycap", "31 FE0F 20E3" }, { "a keycap without a selector", "23 20E3" },
  { "a skin tone", "1F44D 1F3FD" }, { "a profession with a skin tone", "1F469 1F3FE 200D 1F680" }, { "a heart", "2764 FE0F" },
  { "an emoji that Unicode may define later", "1FAFF 200D 1FAFE" },
  { "a Devanagari conjunct", "915 94D 937" }, { "and its vowel", "915 94D 937 93F" }, { "and a joiner", "915 94D 200D 937" },
  { "a chain of three consonants", "938 94D 924 94D 930 940" }, { "a nukta and a virama", "915 93C 94D 937" },
  { "Bengali", "995 9CD 9B7" }, { "Gujarati", "A95 ACD AB7" }, { "Telugu", "C15 C4D C37" }, { "Malayalam", "D15 D4D D37" },
  { "Kannada", "C95 CCD CB7" }, { "Tamil", "B95 BCD BB7" }, { "Sinhala with a joiner", "D9A DCA 200D DBB" },
  { "Khmer", "1780 17D2 1798" }, { "Myanmar", "1000 1039 1000" }, { "Balinese", "1B13 1B44 1B13" },
  { "Thai with a vowel and a tone", "E01 E34 E49" }, { "Thai SARA AM", "E01 E33" }, { "Hebrew with points", "5E9 5C1 5B8" },
  { "Arabic with a vowel", "628 64E 651" }, { "an Arabic number sign and its digit", "600 661" },
  { "Hangul in letters", "1112 1161 11AB" }, { "Hangul with a final", "D558 11AB" }, { "CR and LF", "D A" },
  { "a space with a mark", "20 308" }, { "Vietnamese, decomposed", "6F 302 301" },
}

-- texts and their number of characters
local SEVERAL = {
  { 2, "61 62" }, { 2, "1F1E9 1F1EA 1F1EB 1F1F7" }, { 2, "1F1E9 1F1EA 1F1EB" }, { 2, "915 94D 200C 937" }, { 2, "915 937" },
  { 2, "1F468 1F469" }, { 2, "61 200D 1F469" }, { 2, "A A" }, { 2, "61 A" }, { 3, "A 301 61" }, { 2, "AC00 AC00" }, { 2, "11A8 1100" },
  { 3, "1F44D 61 1F3FD 62" }, { 2, "3042 3044" }, { 2, "4E2D 6587" }, { 4, "200B 61 AD 62" },
}

local function length(text) return #text:gsub("[\128-\191]", "") end

describe("a cluster", function()
  it("is what a reader sees as one character", function()
    for _, case in ipairs(WHOLE) do
      local text = text_of(case[2])
      assert.same({ text }, clusters_of(text), case[1])
      assert.same({ text, text, text }, clusters_of(text:rep(3)), case[1])
    end
  end)

  it("ends before the next one", function()
    for _, case in ipairs(SEVERAL) do assert.equal(case[1], #clusters_of(text_of(case[2])), case[2]) end
  end)

  it("is read only as far as needed", function()
    local text = "a" .. ("\204\129"):rep(100000)
    local next_at, count = clusters.next(text, 1, 10)
    assert.same({ 20, 11 }, { next_at, count })
    next_at, count = clusters.next("a\204\129\204\129", 1, 3)
    assert.same({ 6, 3 }, { next_at, count })
  end)

  it("is one byte for a byte that is not UTF-8, and every byte is in one cluster", function()
    assert.same({ "\255", "\254", "\128", "a" }, clusters_of "\255\254\128a")
    assert.same({ "\240", "\159", "\145", "a" }, clusters_of "\240\159\145a")
    math.randomseed(11)
    for _ = 1, 300 do
      local bytes = {}
      for i = 1, math.random(1, 60) do bytes[i] = string.char(math.random(1, 3) == 1 and math.random(0, 127) or math.random(128, 255)) end
      local text = table.concat(bytes)
      assert.equal(text, table.concat(clusters_of(text)))
      for most = 1, 20 do
        local beginning = clusters.beginning(text, most)
        assert.is_true(#beginning <= most and text:sub(1, #beginning) == beginning)
      end
    end
  end)

  it("is kept whole at the beginning of a text, if it is not too long", function()
    local family = text_of "1F468 200D 1F469 200D 1F467"
    assert.equal("ab", clusters.beginning("ab" .. family, 2 + #family - 1))
    assert.equal("ab" .. family, clusters.beginning("ab" .. family .. "c", 2 + #family))
    assert.equal(text_of "1F468 200D", clusters.beginning(family, #family - 1 - 4 - 3))
    assert.equal("", clusters.beginning(family, 3))
  end)

  it("uses the table that make unicode writes", function()
    if output_of "perl -MUnicode::UCD -e 'print Unicode::UCD::UnicodeVersion()' 2>/dev/null" ~= "14.0.0" then return end
    assert.equal(output_of "cat lua/whatsapp/util/unicode.lua", output_of "perl spec/support/unicode.pl")
  end)
end)

describe("message.split", function()
  it("cuts no character that a reader sees, with any length of a part", function()
    for _, case in ipairs(WHOLE) do
      local text = text_of(case[2])
      if not text:find "^%s+$" then
        local whole, size = text:rep(12), length(text)
        for longest = size, size * 3 + 1 do
          local list = split(whole, longest)
          assert.equal(whole, table.concat(list), case[1])
          for _, part in ipairs(list) do
            assert.equal(text:rep(#part / #text), part, case[1])
            assert.is_true(length(part) <= longest)
          end
        end
        for longest = size, size + 5 do -- after spaces, and among letters
          for _, part in ipairs(split("ab " .. text .. " cd " .. text .. text .. "ef", longest)) do
            assert.is_true(length(part) <= longest)
            assert.equal(0, #part:gsub(text:gsub("%W", "%%%0"), ""):gsub("[ a-f]", ""), case[1])
          end
        end
      end
    end
  end)

  it("cuts a character that is longer than a part between code points", function()
    local text = "a" .. ("\204\129"):rep(9)
    local list = split(text, 4)
    assert.equal(text, table.concat(list))
    assert.same({ 4, 4, 2 }, { length(list[1]), length(list[2]), length(list[3]) })
    assert.same({ "x", "\240\159\145\168\226\128\141", "\240\159\145\169", "y" }, split("x \240\159\145\168\226\128\141\240\159\145\169 y", 2))
  end)

  it("takes linear time for any text", function()
    local function seconds(text, longest)
      local before = os.clock()
      split(text, longest)
      return os.clock() - before
    end
    for _, unit in ipairs { "\204\129", " ", "\r\n", "a", "a ", text_of "1F1E9", text_of "1F468 200D", text_of "915 94D", "\128", " \204\129" } do
      for _, longest in ipairs { 1, 4096 } do
        local short, long = seconds("x" .. unit:rep(1500) .. "y", longest), seconds("x" .. unit:rep(15000) .. "y", longest)
        assert.is_true(long < 0.05 + 30 * short, ("%q by %d: %.3f, then %.3f"):format(unit, longest, short, long))
      end
    end
  end)
end)
