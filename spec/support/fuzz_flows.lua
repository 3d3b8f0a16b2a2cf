-- Fuzzes the endpoint of flows with bodies that Node's crypto has made: each body is changed in one of many ways and signed again. The
-- endpoint must never raise. It must call a function only if all members of the body are those of one authentic body. It must answer with
-- a documented status.
--   $LUA spec/support/fuzz_flows.lua 1000000 [seed]        or, from a spec: require("spec.support.fuzz_flows")(runs, seed)
package.path = "./?.lua;" .. package.path
local crypto = require "whatsapp.crypto"
local json = require "whatsapp.wire.json"
local vectors = require "spec.support.flow_vectors"
local whatsapp = require "whatsapp"

local random = math.random
local MEMBERS = { "encrypted_flow_data", "encrypted_aes_key", "initial_vector" }
local STATUSES = { [200] = true, [400] = true, [413] = true, [421] = true }

local function bytes_of(count)
  local list = {}
  for i = 1, count do list[i] = string.char(random(0, 255)) end
  return table.concat(list)
end

-- ---- changes of bytes ------------------------------------------------------------------------------------------------------

local BYTES = {
  function(bytes) return bytes:sub(1, random(0, #bytes)) end,
  function(bytes) return bytes:sub(random(1, #bytes + 1)) end,
  function(bytes) return bytes .. bytes_of(random(1, 40)) end,
  function(bytes)
    local at = random(0, #bytes)
    return bytes:sub(1, at) .. string.char(random(0, 255)) .. bytes:sub(at + 2)
  end,
  function(bytes)
    local at = random(1, math.max(1, #bytes))
    return bytes:sub(1, at - 1) .. bytes:sub(at + 1)
  end,
  function(bytes) return bytes_of(#bytes) end,
  function(bytes) return ("\0"):rep(#bytes) end,
  function(bytes) return bytes:reverse() end,
  function() return bytes_of(random(0, 300)) end,
  function(bytes) return bytes end,
}

local function changed(bytes)
  for _ = 1, random(1, 2) do bytes = BYTES[random(#BYTES)](bytes) end
  return bytes
end

-- ---- changes of a body -----------------------------------------------------------------------------------------------------

local function member() return MEMBERS[random(#MEMBERS)] end

local VALUES = { whatsapp.null, true, 5, "", "=", "x", "AAAA", ("A"):rep(340) .. "====", whatsapp.array {}, { a = 1 } }

-- Each function changes the members of a body, in base64. Its second argument has the members of another body.
local BODIES = {
  function(members)
    local name = member()
    members[name] = crypto.base64(changed(crypto.from_base64(members[name])))
  end,
  function(members)
    local name = member()
    members[name] = changed(members[name])
  end,
  function(members, others)
    local name = member()
    members[name] = others[name]
  end,
  function(members) members[member()] = VALUES[random(#VALUES)] end,
  function(members) members[member()] = nil end,
  function(members)
    local a, b = member(), member()
    members[a], members[b] = members[b], members[a]
  end,
}

local function members_of(exchange)
  return json.decode(exchange.body)
end

local function utf8_only(text)
  return type(text) == "string" and text:gsub("[\128-\255]", "?") or text
end

local function new_body(list)
  local exchange = list[random(#list)]
  local members, others = members_of(exchange), members_of(list[random(#list)])
  for _ = 1, random(1, 2) do
    local ok = pcall(BODIES[random(#BODIES)], members, others)
    if not ok then break end -- an earlier change has removed a member
  end
  for name, value in pairs(members) do members[name] = utf8_only(value) end
  local body = json.write(members)
  if random(8) == 1 then body = changed(body) end
  return body
end

-- ---- the check -------------------------------------------------------------------------------------------------------------

-- the joined members of each authentic body: only these may be decrypted
local function authentic(list)
  local known = {}
  for _, exchange in ipairs(list) do
    local members, bytes = members_of(exchange), {}
    for i, name in ipairs(MEMBERS) do bytes[i] = crypto.from_base64(members[name]) end
    known[table.concat(bytes, "|")] = true
  end
  return known
end

local function is_known(known, body)
  local members, bytes = json.decode(body), {}
  for i, name in ipairs(MEMBERS) do bytes[i] = crypto.from_base64(members[name]) end
  return known[table.concat(bytes, "|")] == true
end

local function fuzz(runs, seed)
  math.randomseed(seed or 1)
  local list, counts, seen = vectors.keys[1].exchanges, {}, { lines = 0, called = false }
  local function callback() seen.called = true return { screen = "S", data = {} } end
  local handle = whatsapp.flows.endpoint {
    private_key = vectors.keys[1].pkcs8, app_secret = vectors.secret,
    on = { init = callback, data_exchange = callback, back = callback, error = callback },
    on_error = function(line)
      seen.lines = seen.lines + 1
      assert(not line:find "[%c\127-\255]", "a line that cannot be logged")
    end,
  }
  local known = authentic(list)
  for run = 1, runs do
    local body = new_body(list)
    seen.called, seen.lines = false, 0
    local request = { method = "POST", body = body, headers = { ["x-hub-signature-256"] = "sha256=" .. crypto.hmac_sha256(vectors.secret, body) } }
    local ok, response = pcall(handle, request)
    local status = ok and response.status
    local is_refused = ok and status ~= 200 and seen.lines == 1 and not seen.called and response.body == ""
    if not (ok and STATUSES[status] and (is_refused or is_known(known, body))) then
      error(("run %d, status %s, %d lines, called %s, body %q: %s"):format(run, tostring(status), seen.lines, tostring(seen.called),
        body, tostring(response)))
    end
    counts[status] = (counts[status] or 0) + 1
  end
  return runs, counts
end

if arg and tostring(arg[0]):find "fuzz_flows%.lua$" then
  local runs, counts = fuzz(tonumber(arg[1] or 100000), tonumber(arg[2]))
  local shown = {}
  for status, count in pairs(counts) do shown[#shown + 1] = ("%d: %d"):format(status, count) end
  table.sort(shown)
  print(("%d bodies, none raised, nothing decrypted that is not authentic (%s)"):format(runs, table.concat(shown, ", ")))
end

return fuzz
