-- The table of error codes: each code of the API has one class, a name, and advice in plain English, which details returns. Never
-- touches a network.
local codes = require "whatsapp.wire.error_codes"
local outcome = require "whatsapp.wire.outcome"

-- the codes that Meta's pages and the public clients name, by subject
local CODES = {
  authorization = { 0, 3, 10, 104, 190, 803, 131005 },
  policies = { 368, 130497, 131031 },
  limits = { 4, 17, 613, 80007, 130429, 131048, 131049, 131056, 131064, 133016 },
  requests = { 1, 2, 33, 100, 506, 131000, 131008, 131009, 131014, 131016, 135000 },
  recipients = { 130403, 130472, 131021, 131026, 131030, 131043, 131047, 131050, 131062, 137000 },
  messages = { 131051, 131052, 131053, 131055, 131059, 131063 },
  accounts = { 131037, 131042, 131044, 131045, 131057, 2494100, 1752041, 2593107, 2593108, 2593109 },
  registration = { 133000, 133004, 133005, 133006, 133008, 133009, 133010, 133015, 136024, 136025,
    2388012, 2388091, 2388093, 2388103 },
  groups = { 131020, 131041, 131201, 131202, 131204, 131207, 131208, 131209, 131210, 131211, 131212, 131213, 131214, 131215 },
  templates = { 132000, 132001, 132005, 132007, 132008, 132012, 132015, 132016, 132018, 134100, 134101, 134102, 134103,
    200005, 200006, 200007, 2388019, 2388039, 2388040, 2388047, 2388072, 2388073, 2388293, 2388299 },
  direct_send = { 132021, 139200 },
  flows = { 132068, 132069, 139000, 139001, 139002, 139003, 139004 },
  payments = { 134011, 2040, 2046, 2047 },
  calls = { 138000, 138001, 138002, 138003, 138004, 138005, 138006, 138007, 138009, 138012, 138013, 138014, 138015, 138017,
    138018, 138019, 138020, 138021, 138022, 138023 },
  blocked = { 139100, 139101, 139102, 139103 },
  user_names = { 147001, 147002, 147003, 147004, 147005 },
  sign_up = { 2494164, 2494165, 2494166, 2494167, 2494168, 2494176, 2494177, 2494179 },
}
local FIRST_PERMISSION, LAST_PERMISSION = 200, 299

-- the details of a failure whose code is of this class: retryable, may_have_been_sent
local CLASSES = { safe = { true, false }, unknown = { false, true }, wait = { false, false }, never = { false, false } }

-- words without a meaning, or that a reader whose first language is not English must read twice
local UNCLEAR = {
  "whoever", "nobody", "till", "beside", "stands", "none", "so many", "for want of", "of what", "of nothing", "by who", "for who",
  "is to be", "contract", "documentation", "docs", "contact support", "please",
}
local BEGINNINGS = { "of", "what", "where" } -- a sentence must not begin with these

-- the first unclear word of a text
local function unclear(text)
  local words = " " .. text:lower():gsub("[^%w_]+", " ") .. " "
  for _, word in ipairs(UNCLEAR) do
    if words:find(" " .. word .. " ", 1, true) then return word end
  end
  for sentence in text:gmatch "[^.:]+" do
    for _, word in ipairs(BEGINNINGS) do
      if sentence:lower():find("^%s*" .. word .. "%s") then return word .. " at the beginning" end
    end
  end
end

-- returns the fault of an advice; nil if it has no fault
local function fault_of(advice)
  if type(advice) ~= "string" then return "no string" end
  if #advice < 20 or #advice > 160 then return #advice .. " bytes" end
  if not advice:find "^%u" then return "no capital" end
  if not advice:find "[%w%)]%.$" then return "no full stop" end
  if advice:find "%s%s" or advice:find "[^\32-\126]" then return "white space or bytes that are no ASCII" end
  return unclear(advice)
end

local function name_fault_of(name)
  if type(name) ~= "string" or not name:find "^[%u(]..." then return "no name" end
  return unclear(name)
end

-- the codes of the rows, as they are written in the file
local function written()
  local file = assert(io.open("lua/whatsapp/wire/error_codes.lua"))
  local list = {}
  for code in file:read("*a"):gmatch "\n  { (%d+), \"" do list[#list + 1] = tonumber(code) end
  file:close()
  return list
end

describe("the table of error codes", function()
  for subject, list in pairs(CODES) do
    it("has the codes of " .. subject, function()
      for _, code in ipairs(list) do assert.is_table(codes[code], tostring(code)) end
    end)
  end

  it("has all permission codes", function()
    for code = FIRST_PERMISSION, LAST_PERMISSION do assert.equal(codes[FIRST_PERMISSION], codes[code]) end
  end)

  it("has no code that this list lacks", function()
    local listed = {}
    for _, list in pairs(CODES) do
      for _, code in ipairs(list) do
        assert.is_nil(listed[code], tostring(code))
        listed[code] = true
      end
    end
    for code in pairs(codes) do
      assert.is_true(listed[code] or (code >= FIRST_PERMISSION and code <= LAST_PERMISSION), tostring(code))
    end
  end)

  it("has one row for each code", function()
    local seen, count = {}, 0
    for _, code in ipairs(written()) do
      assert.is_nil(seen[code], tostring(code))
      assert.is_table(codes[code], tostring(code))
      seen[code], count = true, count + 1
    end
    local all = 0
    for _ in pairs(codes) do all = all + 1 end
    assert.equal(all, count + LAST_PERMISSION - FIRST_PERMISSION)
  end)

  it("has a name, a class and an advice in plain English for each code", function()
    local faults = {}
    for code, row in pairs(codes) do
      local fault = fault_of(row.advice) or name_fault_of(row.name) or not CLASSES[row.retry] and "no class"
      if fault then faults[#faults + 1] = ("%d: %s: %s"):format(code, fault, tostring(row.advice)) end
    end
    assert.same({}, faults)
  end)

  it("finds the faults that it looks for", function()
    for _, advice in ipairs { false, "Too short.", "small letters begin this sentence.", "This one has no full stop",
      ("Too long. "):rep(20) .. "End.", "Read the documentation of the API.", "This stands for what went wrong.",
      "Send it. What the API says is wrong.", "Two  blanks are in this sentence.", "Wait till the limit has ended." } do
      assert.is_string(fault_of(advice), tostring(advice))
    end
    assert.is_nil(fault_of "Wait until the limit has ended, then send it again.")
  end)

  it("reaches the details of an answer and of a status", function()
    for code, row in pairs(codes) do
      local body = ('{"error":{"code":%d}}'):format(code)
      local result, err, details = outcome.message { status = 400, headers = {}, body = body }
      assert.is_nil(result)
      assert.is_truthy(err:find(row.name, 1, true), tostring(code))
      assert.equal(row.advice, details.advice)
      assert.same(CLASSES[row.retry], { details.retryable, details.may_have_been_sent }, tostring(code))
      local _, told = outcome.reported { code = code }
      assert.equal(row.advice, told.advice)
    end
    local _, _, details = outcome.message { status = 400, headers = {}, body = '{"error":{"code":999999}}' }
    assert.is_nil(details.advice)
  end)

  it("never lets a marketing limit of a user be repeated", function() -- Meta punishes the account for it
    local _, details = outcome.reported { code = 131049 }
    assert.is_false(details.retryable)
  end)
end)
