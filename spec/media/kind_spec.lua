-- Finds the kind and the problems of a file from its bytes alone; makes names of files. Touches no network.
local check = require "whatsapp.media.check"
local digest = require "whatsapp.util.sha256"
local files = require "spec.support.files"
local kind = require "whatsapp.media.kinds"
local media = require "whatsapp.media"
local name = require "whatsapp.media.filename"
local sniff = require "whatsapp.media.sniff"
local source = require "whatsapp.media.file"

local MB = 1024 * 1024

-- one character in UTF-8
local function utf8(code)
  local count = code < 0x800 and 1 or code < 0x10000 and 2 or 3
  local bytes = {}
  for i = count, 1, -1 do bytes[i], code = string.char(0x80 + code % 64), math.floor(code / 64) end
  return string.char(({ 0xC0, 0xE0, 0xF0 })[count] + code) .. table.concat(bytes)
end

-- returns a file that counts the bytes that are read; it has zeros up to a size
local function opened(bytes, size, filename)
  local file = { size = size or #bytes, filename = filename or "file", read = 0 }
  function file.at(offset, count)
    count = math.max(0, math.min(count, file.size - offset))
    file.read = file.read + count
    local piece = bytes:sub(offset + 1, offset + count)
    return piece .. ("\0"):rep(count - #piece)
  end
  return file
end

local function facts_of(bytes, size)
  local file = opened(bytes, size)
  return sniff.facts(file.at, file.size), file
end

local function plan_of(bytes, given, size, filename)
  return check.plan(opened(bytes, size, filename), given or {})
end

-- returns path and rule of each problem
local function problems_of(bytes, given, size)
  local plan, _, details = plan_of(bytes, given, size)
  if plan then return {} end
  assert.same({ "invalid", false, false, 0 }, { details.kind, details.retryable, details.may_have_been_sent, details.attempts })
  assert.equal(#details.problems, details.count)
  local list = {}
  for i, problem in ipairs(details.problems) do
    assert.equal(1, problem.message:find(problem.path .. ": ", 1, true))
    list[i] = problem.path .. " " .. problem.rule
  end
  return list
end

describe("the kind of a file", function()
  it("is found in its first bytes", function()
    local cases = {
      jpeg = files.jpeg, gif = files.gif, heic = files.heic, tiff = files.tiff, mp3 = files.mp3, aac = files.aac, amr = files.amr,
      amr_wb = files.amr_wb, wav = files.wav, avi = files.avi, flac = files.flac, webm = files.webm, matroska = files.matroska,
      pdf = files.pdf, ogg = files.vorbis, text = "Straße, \226\130\172, \240\159\152\128",
    }
    for wanted, bytes in pairs(cases) do assert.equal(wanted, facts_of(bytes).kind, wanted) end
    assert.equal("mp3", facts_of(files.id3).kind)
    assert.equal("aac", facts_of("ID3\4\0\0\0\0\0\0" .. files.aac).kind)
    assert.equal("pdf", facts_of("\239\187\191\r\n" .. files.pdf).kind)
  end)

  it("includes dimensions, depth and colours of images", function()
    assert.same({ kind = "png", width = 300, height = 70000, depth = 16, colour = 2 }, (facts_of(files.png(300, 70000, 16, 2))))
    for _, form in ipairs { "VP8 ", "VP8L", "VP8X" } do
      assert.same({ kind = "webp", width = 512, height = 511, animated = false }, (facts_of(files.webp(form, 512, 511))))
    end
    assert.is_true(facts_of(files.webp("VP8X", 512, 512, true)).animated)
    assert.same({ kind = "png" }, (facts_of "\137PNG\r\n\26\n"))
    assert.same({ kind = "webp" }, (facts_of "RIFF\0\0\0\0WEBPVP8X"))
  end)

  it("is audio or video for an MP4, by its tracks if its brand does not say", function()
    local cases = {
      { files.mp4 "isom", "mp4" }, { files.mp4("mp42", { "soun" }), "m4a" }, { files.mp4("M4A ", { "soun" }), "m4a" },
      { files.mp4("M4A ", { "soun", "vide" }), "mp4" }, { files.mp4("3gp4", { "vide" }), "3gp" },
      { files.mp4 "3g2a", "3g2" }, { files.mp4 "avif", "avif" }, { files.mp4 "qt  ", "quicktime" },
      { files.mp4("isom", {}), "mp4" }, { files.mp4("isom", { "soun" }, true), "m4a" },
    }
    for i, case in ipairs(cases) do assert.equal(case[2], facts_of(case[1]).kind, i) end
    assert.is_false(facts_of(files.mp4()).late)
    assert.is_true(facts_of(files.mp4("isom", nil, true)).late)
  end)

  it("includes the channels of Opus", function()
    assert.same({ kind = "opus", channels = 2 }, (facts_of(files.opus(2))))
  end)

  it("is an Office document by the names in it, at any position", function()
    for folder, wanted in pairs { word = "docx", xl = "xlsx", ppt = "pptx", META = "zip" } do
      assert.equal(wanted, facts_of(files.office(folder)).kind)
    end
    assert.equal("docx", facts_of(files.office "word" .. ("c"):rep(3000)).kind) -- a comment after the list
    for entry, wanted in pairs { WordDocument = "doc", Workbook = "xls", Book = "xls", ["PowerPoint Document"] = "ppt", Else = "ole" } do
      assert.equal(wanted, facts_of(files.ole(entry)).kind)
    end
  end)

  it("is text only if it is UTF-8 without a zero", function()
    local good = { "a", "\t\r\n", "\194\128", "\223\191", "\224\160\128", "\237\159\191", "\239\191\191", "\240\144\128\128", "\244\143\191\191" }
    local bad = { "\128", "a\255", "\192\128", "\193\191", "\224\159\191", "\237\160\128", "\240\143\191\191", "\244\144\128\128", "\245\128\128\128",
      "\194", "\226\130", "a\0b", "\255\254A\0" }
    for _, text in ipairs(good) do assert.equal("text", facts_of(text).kind, text) end
    for _, text in ipairs(bad) do assert.is_nil(facts_of(text).kind, text) end
    assert.equal("text", facts_of(("\226\130\172"):rep(30000)).kind) -- cut within a character
  end)

  it("is not mistaken for another kind because of its first letters", function()
    for _, text in ipairs { "ID3 tags are old", "RIFF, he said", "GIF8 is no version", "OggS is a word", "II* and MM", "PK is no zip" } do
      assert.equal("text", facts_of(text).kind, text)
    end
  end)

  it("is found with few reads", function()
    local cases = { files.mp4(), files.mp4("isom", nil, true), files.png(), files.opus(), files.pdf, files.jpeg }
    for i, bytes in ipairs(cases) do
      local _, file = facts_of(bytes, 100 * MB)
      assert.is_true(file.read < 8192, i)
    end
    for _, bytes in ipairs { "PK\3\4" .. ("x"):rep(100), ("text "):rep(100), "\208\207\17\224\161\177\26\225" } do
      local _, file = facts_of(bytes, 100 * MB)
      assert.is_true(file.read < 200000)
    end
  end)

  it("is found without an error in a file that is cut or changed", function()
    local all = {
      files.jpeg, files.png(), files.webp("VP8X", 1, 1), files.webp("VP8L", 1, 1), files.mp4(), files.opus(), files.id3, files.office "word",
      files.ole "Book", files.webm, files.pdf,
    }
    for _, bytes in ipairs(all) do
      for length = 0, #bytes, math.max(1, math.floor(#bytes / 200)) do
        facts_of(bytes:sub(1, length))
        facts_of(bytes:sub(1, length) .. ("\255"):rep(64) .. bytes:sub(length + 65))
        facts_of(bytes:sub(1, length) .. ("\0"):rep(16) .. bytes:sub(length + 17), 10 * MB)
      end
    end
  end)
end)

describe("a plan for a file", function()
  it("has the exact type, an extension that fits and the type of message that shows it", function()
    local cases = {
      { files.jpeg, "a.JPEG", "image/jpeg", "a.JPEG", "image" }, { files.png(), "a.jpg", "image/png", "a.png", "image" },
      { files.webp("VP8X", 512, 512), "x", "image/webp", "x.webp", "sticker" }, { files.mp4(), "v.mov", "video/mp4", "v.mp4", "video" },
      { files.mp4("3gp4"), "v.mp4", "video/3gpp", "v.3gp", "video" }, { files.aac, "a", "audio/aac", "a.aac", "audio" },
      { files.mp4("M4A ", { "soun" }), "a.mp4", "audio/mp4", "a.m4a", "audio" }, { files.amr, "a", "audio/amr", "a.amr", "audio" },
      { files.id3, "song.v2", "audio/mpeg", "song.v2.mp3", "audio" },
      { files.opus(), "a.opus", "audio/ogg; codecs=opus", "a.ogg", "audio" }, { files.pdf, "b", "application/pdf", "b.pdf", "document" },
      { files.ole "WordDocument", "b.doc", "application/msword", "b.doc", "document" },
      { files.ole "Workbook", "b", "application/vnd.ms-excel", "b.xls", "document" },
      { files.ole "PowerPoint Document", "b", "application/vnd.ms-powerpoint", "b.ppt", "document" },
      { files.office "word", "b.doc", "application/vnd.openxmlformats-officedocument.wordprocessingml.document", "b.docx", "document" },
      { files.office "xl", "b", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "b.xlsx", "document" },
      { files.office "ppt", "b", "application/vnd.openxmlformats-officedocument.presentationml.presentation", "b.pptx", "document" },
      { "a,b\n", "c.csv", "text/plain", "c.csv.txt", "document" },
    }
    for _, case in ipairs(cases) do
      local plan = assert(plan_of(case[1], {}, nil, case[2]))
      assert.same({ case[3], case[4], case[5] }, { plan.type, plan.filename, plan.as })
    end
  end)

  it("uses the caller's type if the bytes do not tell the type, and writes a known type in the API's form", function()
    assert.equal("application/x-new", plan_of("\1\2\3", { type = "application/x-new" }).type)
    local words = {
      { files.opus(), "audio/opus", "audio/ogg; codecs=opus" }, { files.opus(), "audio/ogg", "audio/ogg; codecs=opus" },
      { files.opus(), "Audio/OGG;codecs=opus", "audio/ogg; codecs=opus" }, { files.jpeg, "image/jpg", "image/jpeg" },
      { files.mp3, "audio/mp3", "audio/mpeg" }, { files.mp4 "3gp4", "video/3gp", "video/3gpp" },
      { files.mp4 "isom", "audio/mp4", "audio/mp4" }, { "a,b", "text/csv", "text/csv" }, { "\1\2", "audio/mp3", "audio/mpeg" },
      { files.zip { "x" }, "application/vnd.oasis.opendocument.text", "application/vnd.oasis.opendocument.text" },
      { files.ole "Else", "application/msword", "application/msword" }, { files.gif, "image/gif", "image/gif" },
    }
    for _, case in ipairs(words) do assert.equal(case[3], assert(plan_of(case[1], { type = case[2] })).type) end
  end)

  it("refuses a type that the bytes contradict, and bytes of no kind", function()
    local cases = {
      { files.jpeg, "image/png" }, { files.png(), "application/octet-stream" }, { "<html>", "image/jpeg" }, { files.zip { "x" }, "application/pdf" },
      { files.ole "Book", "application/msword" }, { files.mp4(), "video/3gpp" }, { files.webm, "video/mp4" }, { "text", "application/msword" },
    }
    for i, case in ipairs(cases) do assert.same({ "type enum" }, problems_of(case[1], { type = case[2] }), i) end
    assert.same({ "file format" }, problems_of "\1\2\3")
    local _, text = plan_of(files.jpeg, { type = "image/png" })
    assert.equal("type: image/png, but the bytes are image/jpeg", text)
    _, text = plan_of(files.jpeg, { type = "image/png", as = "sticker" })
    assert.equal("type: image/png, but the bytes are image/jpeg; as: image/png cannot be shown as sticker, only as image or document", text)
  end)

  it("refuses kinds that the API does not accept, and names an alternative", function()
    for _, bytes in ipairs { files.gif, files.heic, files.tiff, files.webm, files.wav, files.flac, files.vorbis, files.amr_wb, files.zip { "x" } } do
      assert.same({ "file enum" }, problems_of(bytes))
    end
    assert.equal("file: the API does not take image/gif: send it as an MP4 video", (select(2, plan_of(files.gif))))
  end)

  it("checks the API's limits of size, unless the caller turns the check off", function()
    local cases = {
      { files.jpeg, 5 * MB }, { files.mp4(), 16 * MB }, { files.opus(), 16 * MB }, { files.pdf, 100 * MB },
      { files.webp("VP8X", 512, 512), 100 * 1024 }, { files.webp("VP8X", 512, 512, true), 500 * 1024 },
    }
    for _, case in ipairs(cases) do
      local bytes, limit = case[1], case[2]
      assert.same({}, problems_of(bytes, nil, limit))
      assert.same({ "file.size range" }, problems_of(bytes, nil, limit + 1))
      assert.same({}, problems_of(bytes, { check_size = false }, limit + 1))
      local _, _, details = plan_of(bytes, nil, limit + 1)
      assert.same({ limit, limit + 1 }, { details.problems[1].limit, details.problems[1].actual })
    end
    assert.same({ "file.size range" }, problems_of("", { type = "text/plain", check_size = false }))
    assert.same({ "file.size range" }, problems_of("", { as = "image" }))
    assert.same({ "file.size range" }, problems_of "") -- and not that its kind is unknown
    assert.same({}, problems_of(files.jpeg, { as = "document" }, 50 * MB))
  end)

  it("checks stickers, PNGs and voice messages", function()
    assert.same({ "file.width range", "file.height range" }, problems_of(files.webp("VP8L", 511, 513)))
    assert.same({}, problems_of(files.webp("VP8 ", 512, 512)))
    assert.same({ "file.depth enum" }, problems_of(files.png(1, 1, 16, 2)))
    assert.same({ "file.colour enum" }, problems_of(files.png(1, 1, 8, 3)))
    assert.same({}, problems_of(files.png(1, 1, 8, 2)))
    assert.same({}, problems_of(files.png(1, 1, 16, 3), { as = "document" }))
    assert.same({ "file.channels range" }, problems_of(files.opus(2), { voice = true }))
    assert.same({}, problems_of(files.opus(1), { voice = true }))
    assert.same({ "voice format" }, problems_of(files.mp3, { voice = true }))
    assert.same({ "as enum" }, problems_of(files.jpeg, { as = "sticker" }))
    assert.same({}, problems_of(files.jpeg, { as = "document" }))
  end)

  it("reports all problems at once", function()
    local _, text, details = plan_of(files.webp("VP8X", 1, 2), { type = "image/png" }, 20 * MB)
    assert.is_truthy(text:find("type: image/png, but the bytes are image/webp; file.size: ", 1, true), text)
    assert.is_true(details.count >= 2)
  end)

  it("only warns about a doubtful file, and in lenient mode about every problem", function()
    local plan, warnings = plan_of(files.opus(2))
    assert.same({ "audio/ogg; codecs=opus", "file.channels" }, { plan.type, warnings[1].path })
    assert.equal("file", select(2, plan_of(files.mp4("isom", nil, true)))[1].path)
    local tracks = { "vide hvc1", "soun mp4a" }
    assert.equal("file.codec", select(2, plan_of(files.mp4("isom", tracks)))[1].path)
    assert.is_nil((select(2, plan_of(files.mp4("isom", { "vide avc1", "soun mp4a" })))))
    plan, warnings = plan_of(files.gif, { mode = "lenient" }, 200 * MB)
    assert.same({ "image/gif", "file" }, { plan.type, warnings[1].path })
    assert.is_nil((select(2, plan_of(files.jpeg))))
  end)
end)

describe("the limits of files", function()
  it("are the API's limits", function()
    assert.same({ image = 5 * MB, audio = 16 * MB, video = 16 * MB, document = 100 * MB }, kind.MAX)
    assert.same({ static = 102400, animated = 512000 }, kind.MAX_STICKER)
    assert.equal(104857600, media.MAX_INCOMING)
    assert.same({ "application/msword", "application/pdf", "application/vnd.ms-excel", "application/vnd.ms-powerpoint",
      "application/vnd.openxmlformats-officedocument.presentationml.presentation",
      "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
      "application/vnd.openxmlformats-officedocument.wordprocessingml.document", "audio/aac", "audio/amr", "audio/mp4", "audio/mpeg",
      "audio/ogg", "image/jpeg", "image/png", "image/webp", "text/plain", "video/3gpp", "video/mp4" }, kind.taken())
  end)
end)

describe("the sniffer", function()
  local fuzz = require "spec.support.fuzz_sniff"

  local function be(value)
    local bytes = {}
    for i = 4, 1, -1 do bytes[i], value = string.char(value % 256), math.floor(value / 256) end
    return table.concat(bytes)
  end
  local HEAD = be(24) .. "ftypisom\0\0\0\0mp42isom"

  it("never raises for the bytes of a file", function()
    assert.equal(20000, fuzz(20000, 1))
  end)

  it("looks at a limited number of boxes, to a limited depth", function()
    local count = 100000
    local nested = { HEAD }
    for i = 1, count do nested[i + 1] = be(8 * (count - i + 1)) .. (i == 1 and "moov" or "trak") end
    local cases = {
      table.concat(nested), HEAD .. be(8 + 8 * count) .. "moov" .. (be(8) .. "trak"):rep(count), HEAD .. (be(8) .. "free"):rep(count),
      HEAD .. (be(0) .. "moov" .. be(0) .. "trak"):rep(1000), HEAD .. be(16 * 1000) .. "moov" .. (be(1) .. "trak\0\0\0\0\0\0\0\16"):rep(1000),
    }
    for i, bytes in ipairs(cases) do
      local facts, file = facts_of(bytes)
      assert.equal("mp4", facts.kind, i)
      assert.is_true(file.read < 40000, i .. ": " .. file.read)
    end
  end)

  it("does not read a box's neighbours as its content", function()
    local hdlr = be(20) .. "hdlr" .. ("\0"):rep(8) .. "soun"
    local bytes = HEAD .. be(8 + 8 + 20) .. "moov" .. be(8) .. "trak" .. hdlr
    assert.same({ soun = true }, facts_of(bytes).tracks) -- the box of the movie is read once
    assert.same({}, facts_of(HEAD .. be(8 + 8) .. "moov" .. be(8) .. "trak" .. hdlr).tracks)
  end)
end)

describe("a safe name", function()
  local function safe(filename, mime_type, more)
    local event = { type = "document", media = { id = "12", filename = filename, mime_type = mime_type or "application/pdf" } }
    for key, value in pairs(more or {}) do event[key] = value end
    return media.safe_name(event)
  end

  it("has the id, no folder, no control character, no dot and no trick in it", function()
    local cases = {
      ["a.pdf"] = "12-a.pdf", ["../../etc/passwd"] = "12-passwd.pdf", ["..\\..\\a.pdf"] = "12-a.pdf", ["/"] = "document-12.pdf",
      [".."] = "document-12.pdf", [".bashrc"] = "12-bashrc.pdf", ["a\0b\n.pdf"] = "12-ab.pdf", ["a.pdf\0.exe"] = "12-a_pdf_exe.pdf",
      ["-rf"] = "12-rf.pdf", ["~x"] = "12-x.pdf", ["CON"] = "12-CON.pdf", ["nul.pdf"] = "12-nul.pdf", ["a:b|c?.pdf"] = "12-a_b_c_.pdf",
      ["fdp\226\128\174exe.pdf"] = "12-fdpexe.pdf", ["\255\254x.pdf"] = "12-__x.pdf", ["Stra\195\159e.pdf"] = "12-Stra\195\159e.pdf",
      ["x. . "] = "12-x.pdf", ["\194\133\216\156\226\128\139.a"] = "12-a.pdf", [" .. x"] = "12-x.pdf",
      ["a\226\128\168b\194\173.pdf"] = "12-ab.pdf", ["a.v2.pdf"] = "12-a_v2.pdf", [".htaccess"] = "12-htaccess.pdf", ["a.PDF"] = "12-a.PDF",
    }
    for given, wanted in pairs(cases) do assert.equal(wanted, safe(given), given) end
  end)

  it("has the extension of the type, with any name before", function()
    assert.equal("12-virus_exe.pdf", safe "virus.exe")
    assert.equal("12-a.JPEG", safe("a.JPEG", "image/jpeg"))
    assert.equal("12-voice.ogg", safe("voice.ogg", "audio/ogg; codecs=opus"))
    assert.equal("12-voice.opus", safe("voice.opus", "audio/ogg"))
    assert.equal("12-a.zip", safe("a.zip", "application/zip"))
  end)

  it("does not keep the sender's extension if the type is unknown", function()
    for _, called in ipairs { "x.php", "x.html", "x.exe", "web.config", "desktop.ini", "x.desktop", "x.PhP", "x.a.b", "x" } do
      for _, mime_type in ipairs { "application/x-new", "", "text/html", "application/x-ole-storage" } do
        local got = safe(called, mime_type)
        assert.is_truthy(got:find "^12%-[%w_]+%.bin$", got)
      end
    end
  end)

  it("is made of the type and the id if the name looks empty", function()
    local blanks = { 0xA0, 0xAD, 0x34F, 0x61C, 0x115F, 0x1160, 0x1680, 0x17B4, 0x180B, 0x180E, 0x2000, 0x200A, 0x200B, 0x200F, 0x2028, 0x202E, 0x202F,
      0x205F, 0x2060, 0x206F, 0x2800, 0x3000, 0x3164, 0xFE00, 0xFE0F, 0xFEFF, 0xFFA0, 0xFFF9, 0x1D159, 0x1D173, 0xE0001, 0xE0020, 0xE007F, 0xE01EF }
    for _, code in ipairs(blanks) do
      local character = utf8(code)
      local names = { character, character:rep(3), character .. " " .. character, "." .. character, "_" .. character }
      for _, called in ipairs(names) do assert.equal("document-12.pdf", safe(called), ("U+%04X"):format(code)) end
      local dotted = safe(character .. ".pdf") -- an invisible name, and a visible extension
      assert.is_true(dotted == "document-12.pdf" or dotted == "12-pdf.pdf", dotted)
    end
    for _, called in ipairs { "", " ", ".", "...", "_", "___", "/", "a/", "\0", "\r\n", ".pdf." } do
      assert.is_truthy(safe(called):find "^%w+%-12%.pdf$" or safe(called) == "12-pdf.pdf", called)
    end
  end)

  it("is different for different files", function()
    assert.are_not.equal(safe("invoice.pdf", nil), safe("invoice.pdf", nil, { media = { id = "13", filename = "invoice.pdf" } }))
  end)

  it("has a limited length, and never ends within a character", function()
    assert.equal(120, #safe(("x"):rep(5000) .. ".pdf"))
    local long = safe(("\226\130\172"):rep(200))
    assert.is_true(#long <= 120)
    assert.is_nil(sniff.bad_utf8(long))
    assert.equal(".pdf", long:sub(-4))
    local family = "\240\159\145\168\226\128\141\240\159\145\169" -- a joiner does not remain in a name
    assert.is_nil(safe(family:rep(50)):find("\226\128\141", 1, true))
    local marked = ("e\204\129"):rep(100)
    assert.is_truthy(safe(marked):find "\204\129%.pdf$")
    assert.is_true(#safe("a", nil, { media = { id = ("1"):rep(500), filename = ("y"):rep(500) } }) <= 120)
  end)

  it("is made of the id if there is no usable name", function()
    assert.equal("image-77.jpg", media.safe_name { type = "image", media = { id = "77", mime_type = "image/jpeg" } })
    assert.equal("file-0.bin", media.safe_name {})
    assert.is_true(#media.safe_name { type = ("t"):rep(500), media = { id = ("7"):rep(500) } } <= 120)
    assert.equal("1-x.pdf", media.safe_name { id = "1", filename = "x", mime_type = "application/pdf" })
    local odd = media.safe_name { type = {}, media = { id = {}, filename = 5, mime_type = {} } }
    assert.equal("file-0.bin", odd)
    assert.equal("file-1.bin", media.safe_name { type = "a/../b", media = { id = "1" } })
    for _, id in ipairs { "../1", "-rf", "a b", "", ".1", "_1" } do
      assert.equal("0-x.bin", media.safe_name { media = { id = id, filename = "x" } })
    end
    assert.is_false((pcall(media.safe_name, "x")))
  end)

  it("is safe for any bytes", function()
    math.randomseed(3)
    for _ = 1, 20000 do
      local bytes = {}
      for i = 1, math.random(0, 40) do bytes[i] = string.char(math.random(4) == 1 and ("./\\ -~_:"):byte(math.random(9)) or math.random(0, 255)) end
      local got = safe(table.concat(bytes), math.random(2) == 1 and "application/pdf" or "x/y")
      assert.is_nil(got:find "[%c/\\:]", got)
      assert.is_truthy(got:find "^%w+%-.+%.%w+$", got)
      assert.is_nil(got:sub(1, -5):find(".", 1, true), got)
      assert.is_nil(sniff.bad_utf8(got))
    end
  end)
end)

describe("a name that is uploaded", function()
  it("is the part after the last slash", function()
    assert.same({ "b.pdf", "b.pdf", "b", "file", "ab" },
      { name.base "/a/b.pdf", name.base "a\\b.pdf", name.base "a/b/", name.base "/", name.base "a\r\nb" })
  end)

  it("keeps a last word that is not an extension of another kind", function()
    local function fit(base) return name.fitting(base, kind.ROWS.pdf) end
    assert.same({ "a.PDF", "a.v2.pdf", "a.pdf", "Mr. X.pdf", ".x.pdf" }, { fit "a.PDF", fit "a.v2", fit "a.docx", fit "Mr. X", fit ".x" })
  end)
end)

describe("a file to upload", function()
  it("is a path, or bytes with a name", function()
    assert.same({ path = "/a/b", filename = "b" }, source.usable "/a/b")
    assert.same({ data = "x", filename = "n" }, source.usable { data = "x", filename = "d/n" })
    for _, wrong in ipairs { false, 5, "", "a\0b", {}, { path = "x", data = "y" }, { data = 5 }, { data = "x", filename = 5 } } do
      assert.is_nil((source.usable(wrong)))
    end
  end)

  it("reports why it cannot be read", function()
    assert.is_truthy((select(2, source.open { path = "/nowhere/x" })):find("/nowhere/x", 1, true))
    assert.is_truthy((select(2, source.open { path = "/" })):find("directory", 1, true))
  end)

  it("must not be a pipe, because a pipe may never end", function()
    local path = os.tmpname()
    os.execute(("rm -f '%s' && mkfifo '%s'"):format(path, path))
    local pipe, text = source.open { path = path, filename = "x" }
    os.remove(path)
    assert.is_nil(pipe)
    assert.is_truthy(text:find(path, 1, true))
  end)
end)

describe("a SHA-256", function()
  local HEX = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

  it("is the same in hexadecimal digits and in base64", function()
    assert.equal(HEX, digest.hex "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=")
    assert.equal(HEX, digest.hex(HEX:upper()))
    assert.equal(HEX, digest.new():final())
    assert.equal(HEX, source.sha256(opened ""))
    assert.equal("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", source.sha256(opened "abc"))
    assert.equal("30e14955ebf1352266dc2ff8067e68104607e750abb9d3b36582b8af909fcb58", source.sha256(opened("", MB)))
  end)

  it("is not found in a text that is not a hash", function()
    local wrong = { "", "x", HEX:sub(2), HEX .. "0", ("g"):rep(64), "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFV=", ("="):rep(44),
      "47DEQpj8HBSa*/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=", "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFUx" }
    for _, text in ipairs(wrong) do assert.is_nil(digest.hex(text), text) end
    assert.is_nil(digest.hex(nil))
    assert.is_nil(digest.hex(5))
  end)
end)
