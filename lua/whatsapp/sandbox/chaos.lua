-- The faults of a box (a simulated API). A rule says which requests or webhooks get a fault, which kind of fault, and how often.
-- add() adds a rule; fire() returns the rule that applies to a request or webhook; the caller of fire() then makes the fault.
-- Each kind of fault is a row of chaos.KINDS. Random faults depend on the seed of the box, so that a run can be repeated. Without
-- rules, there are no faults.
local codes = require "whatsapp.wire.error_codes"
local graph = require "whatsapp.sandbox.graph"
local options_of = require "whatsapp.util.options"
local show = require "whatsapp.util.show"
local values = require "whatsapp.util.values"

local chaos = {}

---@class whatsapp.sandbox.rule
---@field on "answer"|"webhook"|"status" answer: answers to requests; webhook: all webhooks; status: only webhooks of statuses
---@field what string a kind of fault: see chaos.KINDS
---@field match { type: string?, to: string?, endpoint: string? }? if absent, the rule matches everything. type: the type of a
---message, or the status in a webhook; to: a number or a user id; endpoint: the last word of the path, such as "messages" or
---"media"
---@field code integer? the error code of `throttle`, `error` and `fail`
---@field times integer? the rule fires at most this number of times
---@field every integer? the rule fires at every match with a multiple of this number: with 3, at the third, the sixth, and so on
---@field rate number? the rule fires at random, with this probability from 0 to 1
---@field after integer? how many matches come before the first match at which the rule may fire
---@field seconds number? for `slow`, `late`, `batch` and `reverse`: the seconds to wait
---@field copies integer? for `twice`: how often the webhook is sent; 2 if absent
---@field hold integer? for `reverse`: how many webhooks are held and then sent in reverse order; 2 if absent
---@field status integer? the HTTP status of `throttle`, `error` and `html`
---@field retry_after integer? for `throttle`: the seconds in the header Retry-After

-- ---- kinds --------------------------------------------------------------------------------------------------------------

local THROTTLES = { [4] = true, [80007] = true, [130429] = true, [131056] = true }

-- code -> HTTP status; a code that is not here has 400
local HTTP = {
  [0] = 401, [104] = 401, [190] = 401, [3] = 500, [10] = 403, [200] = 403, [368] = 403, [803] = 404, [2] = 500, [131000] = 500,
  [131005] = 403, [131016] = 500, [131031] = 403, [131045] = 500, [131057] = 500, [130497] = 403, [132001] = 404, [133004] = 503,
}

---Makes the response of the Graph API for an error code.
---@param code integer
---@param status integer? the HTTP status; the status of the code if absent
---@return whatsapp.response response
function chaos.error(code, status)
  local known = codes[code]
  local name = known and known.name or "Unknown error"
  return graph.fail(status or HTTP[code] or 400, {
    message = ("(#%d) %s"):format(code, name), code = code,
    error_data = { messaging_product = "whatsapp", details = name .. " (made by the sandbox)" },
  })
end

-- makes the response of a limit; traffic.lua reads is_throttled, and reports 100 percent of the usage
local function throttled(rule)
  local response = chaos.error(rule.code or 130429, rule.status)
  if rule.retry_after then response.headers["retry-after"] = ("%d"):format(rule.retry_after) end
  response.is_throttled = true
  return response
end

---@return whatsapp.response response to a request with an expired token
function chaos.expired()
  return graph.fail(401, {
    message = "Error validating access token: Session has expired", code = 190, error_subcode = 463,
  })
end

-- makes the response of a gateway: a page of HTML
local function gateway(rule)
  return {
    status = rule.status or 502, headers = { ["content-type"] = "text/html" },
    body = "<html><head><title>502 Bad Gateway</title></head><body><center><h1>502 Bad Gateway</h1></center></body></html>\n",
  }
end

-- Returns a function that makes a response whose bytes the client never gets whole: transport.lua and wire.lua read `fault`, and
-- simulate the fault. The status 500 is only for the events.
local function broken(what)
  return function(rule)
    return { status = 500, headers = {}, body = "", fault = { what = what, seconds = rule.seconds } }
  end
end

-- Returns a function that adds a fault to the box's response: the client gets this response slowly, late or cut off.
local function marked(what, seconds)
  return function(rule, response)
    response.fault = { what = what, seconds = rule.seconds or seconds }
    return response
  end
end

---The kinds of faults: rule.on -> rule.what -> row. A fault of an answer has one of two functions. `instead` makes the answer,
---and the box does not see the request. `answer` gets the answer of the box, and changes or replaces it. A fault of a webhook has
---no function: outbound.lua and statuses.lua make it. takes: the members that a rule of this kind may have; needs: the member
---that such a rule must have; codes: the error codes that such a rule may name.
---@type table<string, table<string, table>>
chaos.KINDS = {
  answer = {
    hang = { answer = broken "hang" },
    reset = { answer = broken "reset" },
    refuse = { instead = broken "refuse" },
    truncated = { answer = marked "truncated" },
    html = { answer = gateway, takes = { status = true } },
    slow = { answer = marked("slow", 5), takes = { seconds = true } },
    late = { answer = marked("late", 1), takes = { seconds = true } },
    throttle = { instead = throttled, takes = { code = true, retry_after = true, status = true }, codes = THROTTLES },
    error = {
      instead = function(rule) return chaos.error(rule.code, rule.status) end,
      takes = { code = true, status = true }, needs = "code", codes = codes,
    },
    token_expired = { instead = chaos.expired },
  },
  webhook = {
    twice = { takes = { copies = true } },
    late = { takes = { seconds = true } },
    drop = {},
    lose = {},
    reverse = { takes = { hold = true, seconds = true } },
    batch = { takes = { seconds = true } },
    garble = {},
    empty_values = {},
  },
  status = { fail = { takes = { code = true }, codes = codes } },
}
for what, row in pairs(chaos.KINDS.webhook) do chaos.KINDS.status[what] = row end

-- ---- checks -------------------------------------------------------------------------------------------------------------

local function is_count(value) return type(value) == "number" and value % 1 == 0 and value > 0 and value <= 1e6 end
local function is_chance(value) return type(value) == "number" and value >= 0 and value <= 1 end
local function is_seconds(value) return type(value) == "number" and value >= 0 and value <= 30 * 86400 end

-- member of a rule -> { test, the words after "must be", always = }; always: rules of all kinds may have this member
local MEMBERS = {
  on = { function(value) return chaos.KINDS[value] ~= nil end, '"answer", "webhook" or "status"', always = true },
  what = { function(value) return type(value) == "string" end, "a kind of fault", always = true },
  match = { function(value) return type(value) == "table" end, "a table with type, to and endpoint", always = true },
  times = { is_count, "a whole number from 1 to 1000000", always = true },
  every = { is_count, "a whole number from 1 to 1000000", always = true },
  rate = { is_chance, "a number from 0 to 1", always = true },
  after = { function(value) return value == 0 or is_count(value) end, "a whole number from 0 to 1000000", always = true },
  code = { function(value) return values.integer(value) ~= nil end, "an error code" },
  status = { function(value) return is_count(value) and value >= 400 and value <= 599 end, "an HTTP status from 400 to 599" },
  seconds = { is_seconds, "a number of seconds from 0 to 2592000" },
  copies = { function(value) return is_count(value) and value <= 100 end, "a whole number from 1 to 100" },
  hold = { function(value) return is_count(value) and value <= 1000 end, "a whole number from 1 to 1000" },
  retry_after = { is_count, "a whole number of seconds from 1 to 1000000" },
}
local MATCHES = { type = true, to = true, endpoint = true }
local TIMES = { "times", "every", "rate" }

local function names_of(rows)
  local names = {}
  for name in pairs(rows) do names[#names + 1] = name end
  table.sort(names)
  return table.concat(names, ", ")
end

local hint = options_of.hint

-- returns the error for a name that no rule has
local function unknown(rule)
  for name in pairs(rule) do
    if not MEMBERS[name] then return ("%s is not known%s"):format(tostring(name), hint(name, MEMBERS)) end
  end
end

-- returns the problem of a member; nil: all members are right
local function check_members(rule, kind)
  for name, value in pairs(rule) do
    local member = MEMBERS[name]
    if not (member.always or kind.takes and kind.takes[name]) then return ("%s has no %s"):format(rule.what, name) end
    if not member[1](value) then return ("%s must be %s"):format(name, member[2]) end
  end
  for name, value in pairs(rule.match or values.NONE) do
    if not MATCHES[name] then return ("match.%s is not known%s"):format(tostring(name), hint(name, MATCHES)) end
    if type(value) ~= "string" then return ("match.%s must be a string"):format(name) end
  end
end

-- returns the problem of a rule; nil: the rule is right
local function check(rule)
  if type(rule) ~= "table" then return "a rule must be a table" end
  local err, kinds = unknown(rule), chaos.KINDS[rule.on]
  if err then return err end
  if not kinds then return "on must be " .. MEMBERS.on[2] .. hint(rule.on, chaos.KINDS) end
  local kind = kinds[rule.what]
  if not kind then
    return ("on %s: what must be one of %s%s"):format(rule.on, names_of(kinds), hint(rule.what, kinds))
  end
  local problem = check_members(rule, kind)
  if problem then return problem end
  if kind.needs and rule[kind.needs] == nil then return ("%s needs %s"):format(rule.what, kind.needs) end
  if rule.code and not kind.codes[rule.code] then return ("%s takes no code %s"):format(rule.what, tostring(rule.code)) end
  local count = 0
  for _, name in ipairs(TIMES) do count = count + (rule[name] ~= nil and 1 or 0) end
  if count > 1 then return "a rule takes only one of times, every and rate" end
end

-- ---- rules --------------------------------------------------------------------------------------------------------------

---@class whatsapp.sandbox.chaos
local Chaos = {}
Chaos.__index = Chaos

local MOST = 100 -- rules

---Adds a rule. Raises at the caller's line if the rule is wrong.
---@param rule whatsapp.sandbox.rule
---@return string id
function Chaos:add(rule)
  local id, problem = self:try(rule)
  if not id then error("chaos: " .. show.line(problem), 2) end
  return id
end

---Adds a rule, as add() does; but returns the problem of a wrong rule instead of raising an error.
---@param rule whatsapp.sandbox.rule
---@return string? id
---@return string? problem
function Chaos:try(rule)
  local problem = check(rule)
  if problem then return nil, problem end
  if #self.rules >= MOST then return nil, ("the box has %d rules already"):format(MOST) end
  self.count = self.count + 1
  local kept = values.copy(rule)
  kept.id, kept.seen, kept.fired = ("c%d"):format(self.count), 0, 0
  self.rules[#self.rules + 1] = kept
  return kept.id
end

---@param id string
---@return boolean removed false: there is no such rule
function Chaos:remove(id)
  for i, rule in ipairs(self.rules) do
    if rule.id == id then
      table.remove(self.rules, i)
      return true
    end
  end
  return false
end

---Removes every rule.
function Chaos:clear() self.rules = {} end

-- returns whether a rule may fire again
local function is_active(rule) return not rule.times or rule.fired < rule.times end

---@return whatsapp.sandbox.rule[] rules copies of the rules, with id; seen, the number of matches; fired; active, whether the
---rule may fire again
function Chaos:list()
  local list = {}
  for i, rule in ipairs(self.rules) do
    list[i] = values.copy(rule)
    list[i].active = is_active(rule)
  end
  return list
end

local function plain(address) return (tostring(address):gsub("[^%w.]", "")) end

-- returns whether a rule matches the type, the endpoint and the recipient of a subject
local function matches(rule, subject)
  local match = rule.match
  if not match then return true end
  if match.type and match.type ~= subject.type then return false end
  if match.endpoint and match.endpoint ~= subject.endpoint then return false end
  return not match.to or (subject.to ~= nil and plain(match.to) == plain(subject.to))
end

-- returns whether a rule fires at the match that was just counted
local function is_time(self, rule)
  local seen = rule.seen - (rule.after or 0)
  if seen <= 0 then return false end
  if rule.times then return rule.fired < rule.times end
  if rule.every then return seen % rule.every == 0 end
  if rule.rate then return self.draw() < rule.rate end
  return true
end

---Returns the rule that fires for a subject. If several rules would fire, only the first of them does; but each rule that matches
---the subject counts the match.
---@param on table<string, boolean> the values of rule.on that may fire here
---@param subject { type: string?, to: string?, endpoint: string?, fails: boolean? } a request or webhook; fails: true asks only
---for rules of the kind `fail`, else rules of this kind do not fire
---@return whatsapp.sandbox.rule? rule nil: no rule fires
function Chaos:fire(on, subject)
  local first
  for _, rule in ipairs(self.rules) do
    if on[rule.on] and (rule.what == "fail") == (subject.fails == true) and matches(rule, subject) then
      rule.seen = rule.seen + 1
      if is_time(self, rule) and not first then first = rule end
    end
  end
  if not first then return nil end
  first.fired = first.fired + 1
  self.tell { kind = "chaos", rule = first.id, on = first.on, what = first.what }
  return first
end

---@param needs_message boolean? true: counts only rules that match a type or a recipient of messages
---@return boolean has_answers whether the box has such a rule for answers
function Chaos:has_answers(needs_message)
  for _, rule in ipairs(self.rules) do
    local match = rule.match
    if rule.on == "answer" and (not needs_message or (match and (match.type or match.to))) then return true end
  end
  return false
end

---Reads a rule from a text such as "webhook twice times=1 type=text".
---@param text string
---@return whatsapp.sandbox.rule? rule
---@return string? problem
function chaos.parse(text)
  local words, rule = {}, {}
  for word in text:gmatch "%S+" do words[#words + 1] = word end
  rule.on, rule.what = words[1], words[2]
  for i = 3, #words do
    local name, value = words[i]:match "^([%l_]+)=(.+)$"
    if not name then return nil, ("%s is not name=value; a rule is `answer hang times=1 type=text`"):format(words[i]) end
    if MATCHES[name] then
      rule.match = rule.match or {}
      rule.match[name] = value
    else rule[name] = tonumber(value) or value end
  end
  local problem = check(rule)
  if problem then return nil, problem end
  return rule
end

---@param draw fun(): number returns a random number from 0 to 1
---@param tell fun(event: whatsapp.sandbox.event) records the event of a rule that fires
---@return whatsapp.sandbox.chaos chaos
function chaos.new(draw, tell)
  return setmetatable({ rules = {}, count = 0, draw = draw, tell = tell }, Chaos)
end

return chaos
