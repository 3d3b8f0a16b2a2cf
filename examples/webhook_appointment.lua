-- Serves the flow of appointment.json: the encrypted endpoint that its screens ask, and the webhook that gets its answer, at one
-- URL. WHATSAPP_FLOW_KEY names the file of the private key, WHATSAPP_FLOW_PASSPHRASE opens it. Serve it like the other webhooks:
--   lua examples/webhook_server.lua 8080 examples/webhook_appointment.lua
local whatsapp = require "whatsapp"

local DAYS = { { id = "tue", title = "Tuesday" }, { id = "wed", title = "Wednesday" } }
local SLOTS = { { id = "09:00", title = "9 a.m." }, { id = "14:30", title = "2.30 p.m." } }

local booked = {} -- "tue 09:00" -> the flow_token that has it; a real endpoint asks its data base

local function log(...) io.stderr:write(table.concat({ ... }, " "), "\n") end

-- returns the id if the list has it
local function known(list, id)
  for _, one in ipairs(list) do
    if one.id == id then return id end
  end
end

local function free_slots(day)
  local free = whatsapp.array {} -- a list, also while it is empty
  for _, slot in ipairs(SLOTS) do
    if not booked[day .. " " .. slot.id] then free[#free + 1] = slot end
  end
  return free
end

local function first_screen()
  return { screen = "APPOINTMENT", data = { days = DAYS, slots = whatsapp.array {} } }
end

-- what each step of a screen leads to
local STEPS = {
  day = function(_, data) return { screen = "APPOINTMENT", data = { days = DAYS, slots = free_slots(data.day) } } end,
  slot = function(_, data)
    return { screen = "SUMMARY", data = { day = data.day, slot = data.slot, summary = data.day .. ", " .. data.slot } }
  end,
  book = function(request, data)
    local slot = data.day .. " " .. data.slot
    if booked[slot] and booked[slot] ~= request.flow_token then
      return whatsapp.flows.used_up "Someone was faster. Please ask for another time." -- WhatsApp shows this, and ends the flow
    end
    booked[slot] = request.flow_token
    return { screen = "SUCCESS", data = { extension_message_response = { params = {
      flow_token = request.flow_token, day = data.day, slot = data.slot,
    } } } }
  end,
}

local function read(path)
  local file = assert(io.open(path, "rb"))
  local text = file:read "*a"
  file:close()
  return text
end

local endpoint = whatsapp.flows.endpoint {
  private_key = read(assert(os.getenv "WHATSAPP_FLOW_KEY", "WHATSAPP_FLOW_KEY names no file")),
  passphrase = os.getenv "WHATSAPP_FLOW_PASSPHRASE",
  app_secret = os.getenv "WHATSAPP_APP_SECRET",
  on = {
    init = first_screen,
    back = first_screen,
    data_exchange = function(request)
      local step = STEPS[request.data.step]
      if not step then return nil, "a step that is not known" end
      return step(request, request.data)
    end,
  },
  on_error = function(err) log("flow:", err) end,
}

local webhook = whatsapp.webhook.handler {
  app_secret = os.getenv "WHATSAPP_APP_SECRET",
  verify_token = os.getenv "WHATSAPP_VERIFY_TOKEN",
  on = {
    message = function(event)
      log(tostring(event))
      local response = event.response or {} -- the params of SUCCESS, from the user's phone: only ids of ours come into the log
      local day, slot = known(DAYS, response.day), known(SLOTS, response.slot)
      if day and slot then log("booked:", day, slot) end
    end,
  },
  on_error = function(err) log("error", err) end,
}

-- both verify the signature by themselves, so that it does no harm to look at the body before
return function(request)
  local is_flow = request.method == "POST" and (request.body or ""):find('"encrypted_flow_data"', 1, true)
  return (is_flow and endpoint or webhook)(request)
end
