-- Flows in a box (a simulated API). post_key() keeps the public key of a number; step() does a step of a user through a flow. A
-- step asks the endpoint of the business, as the phone of the user would. If the endpoint is a function, this file calls the
-- function. If the endpoint is a URL, the driver (the caller of box:run) posts the request. flow.lua encrypts and decrypts.
local chats = require "whatsapp.sandbox.chats"
local crypto = require "whatsapp.crypto"
local flow = require "whatsapp.sandbox.flow"
local graph = require "whatsapp.sandbox.graph"
local show = require "whatsapp.util.show"

local flows = {}

-- step of a user -> action of the request
local ACTIONS = { open = "INIT", submit = "data_exchange", back = "BACK" }

-- ---- keys -----------------------------------------------------------------------------------------------------------------

---The endpoint of the API that keeps the public key of a number.
flows.post_key = graph.reads_json(function(box, object, _, id)
  local pem = object.business_public_key
  local key, err = crypto.public_key(type(pem) == "string" and pem or "")
  if not key then return graph.refuse("Invalid parameter", 100, "business_public_key is " .. err) end
  box.flow_keys[id] = pem
  return graph.answer(200, { success = true })
end)

---The endpoint of the API that returns the public key of a number.
---@param box whatsapp.sandbox
---@param id string phone_number_id
---@return table response
function flows.get_key(box, _, id)
  local pem = box.flow_keys[id]
  return graph.answer(200, { data = { pem and { business_public_key = pem, business_public_key_signature_status = "VALID" } } })
end

-- ---- steps ----------------------------------------------------------------------------------------------------------------

---@class whatsapp.sandbox.flow_step
---@field screen string? the next screen
---@field data table? the data of the screen
---@field response table? the user's answers, if the flow is over: the params of the screen SUCCESS
---@field problem string? why the step has no answer
---@field error_msg string? the text for the user in an answer with status 427
---@field is_over boolean true: the step has its answer or its problem

-- Returns the parameters of a message that opens a flow: flow_token, flow_action and flow_action_payload; nil: it opens no flow.
local function opening_of(message)
  local interactive = message.interactive
  local parameters = type(interactive) == "table" and type(interactive.action) == "table" and interactive.action.parameters
  if type(parameters) == "table" then return parameters end
  for _, component in ipairs(type(message.template) == "table" and message.template.components or {}) do
    if tostring(component.sub_type):lower() == "flow" then
      local first = type(component.parameters) == "table" and component.parameters[1]
      local action = type(first) == "table" and type(first.action) == "table" and first.action or {}
      return { flow_token = action.flow_token, flow_action_payload = { data = action.flow_action_data } }
    end
  end
end

-- ends a step with a result, a problem, or both; records an event
local function finish(box, step, result, problem)
  for name, value in pairs(result or {}) do step[name] = value end
  step.problem, step.is_over = problem, true
  local extension = type(step.data) == "table" and step.data.extension_message_response
  if step.screen == "SUCCESS" then step.response = type(extension) == "table" and extension.params or {} end
  box:tell {
    kind = "flow", user = step.user, message_id = step.message_id, step = step.name, screen = step.screen, problem = problem,
  }
end

-- ends a step with the answer of the endpoint; open: the reader that flow.request returned
local function read(box, step, open, response, err)
  if type(response) ~= "table" then return finish(box, step, nil, "the endpoint gave no answer: " .. show.value(err)) end
  local answer, problem, words = open(response)
  finish(box, step, answer or words and { error_msg = words.error_msg }, problem)
end

-- sends the request of a step: calls an endpoint that is a function, or asks the driver to post to a URL
local function ask(box, step, request, open)
  local endpoint = box.flow_endpoint
  if type(endpoint) ~= "string" then
    local ok, response = pcall(endpoint, request)
    return read(box, step, open, ok and response or nil, response)
  end
  box.effects[#box.effects + 1] = {
    post = {
      method = "POST", url = endpoint, headers = request.headers, body = request.body, timeout = box.webhook_timeout,
    },
    done = function(response, err)
      if not step.is_over then read(box, step, open, response, err) end
    end,
  }
  box:tell { kind = "flow", user = step.user, message_id = step.message_id, step = step.name }
end

-- returns the entry of the message that opens the flow, and the parameters of the message; or nil and the problem
local function entry_of(box, user, id)
  local entry = type(id) == "string" and chats.find(box, id)
  if not entry or entry.user ~= user.id or not entry.message then
    return nil, ("flow: %s has no message %s"):format(user.name, tostring(id))
  end
  local opening = opening_of(entry.message)
  if opening then return entry, opening end
  return nil, "flow: the message opens no flow"
end

---Does a step of a user: opens a flow, submits a screen, or goes back. Asks the endpoint, except if the user opens a flow whose
---message does not have the flow_action data_exchange.
---@param box whatsapp.sandbox
---@param user whatsapp.sandbox.user
---@param name "open"|"submit"|"back"
---@param body { message: string, screen: string?, data: table? }
---@return whatsapp.sandbox.flow_step? step if step.is_over is false, the endpoint has not answered yet: the table changes later
---@return string? problem
function flows.step(box, user, name, body)
  if not ACTIONS[name] then return nil, "flow: the step must be open, submit or back" end
  local entry, opening = entry_of(box, user, body.message)
  if not entry then return nil, opening end
  local step = { user = user.id, message_id = entry.id, name = name, is_over = false }
  local payload = type(opening.flow_action_payload) == "table" and opening.flow_action_payload or {}
  if name == "open" and opening.flow_action ~= "data_exchange" then
    finish(box, step, { screen = payload.screen or "FIRST_ENTRY_SCREEN", data = payload.data })
    return step
  end
  local key = box.flow_keys[entry.from]
  if not box.flow_endpoint then return nil, "flow: the sandbox has no endpoint of flows: set the option flow_endpoint" end
  if not key then return nil, "flow: the number has no public key: client.flows:set_public_key uploads one" end
  local request, open = flow.request(key, box.app_secret, {
    action = ACTIONS[name], screen = body.screen or "", data = body.data or {}, flow_token = opening.flow_token or "unused",
  })
  if not request then return nil, "flow: " .. open end
  ask(box, step, request, open)
  return step
end

return flows
