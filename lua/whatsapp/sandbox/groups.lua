-- The endpoints of the sandbox for groups, their participants, invite links and join requests. They answer as the API does, but a
-- new group exists at once: the API needs some time. box.objects.groups keeps the groups of all numbers, at most 10,000.
local core = require "whatsapp.core"
local graph = require "whatsapp.sandbox.graph"
local lists = require "whatsapp.sandbox.lists"

local groups = {}

local MOST, PARTICIPANTS = 10000, 8 -- groups of a box; participants of a group

local function group_of(box, id)
  for _, group in ipairs(box.objects.groups) do
    if group.id == id then return group end
  end
end

local function new_link(box)
  box.objects.count = box.objects.count + 1
  return ("https://chat.whatsapp.com/SANDBOX%08X"):format(box.objects.count)
end

local function create(box, body)
  local list = box.objects.groups
  if #list >= MOST then return graph.refuse("Invalid parameter", 100, ("The sandbox keeps at most %d groups"):format(MOST)) end
  box.objects.count = box.objects.count + 1
  local id = ("SANDBOXGROUP%06d"):format(box.objects.count)
  list[#list + 1] = {
    id = id, messaging_product = "whatsapp", subject = body.subject, description = body.description, suspended = false,
    join_approval_mode = body.join_approval_mode or "auto_approve", participants = core.array {}, total_participant_count = 0,
    invite_link = new_link(box), join_requests = {},
  }
  return lists.answer { messaging_product = "whatsapp", request_id = "request." .. id }
end

local ALWAYS = { "id", "messaging_product" } -- members that every answer about a group has

local function list(box, request)
  local found = {}
  for i, group in ipairs(box.objects.groups) do found[i] = { id = group.id, subject = group.subject } end
  return lists.page(request, found, { "id", "subject" }, "groups")
end

local function get(_, request, _, group)
  return lists.answer(lists.chosen(group, graph.query(request).fields or "", ALWAYS))
end

local function update(_, body, _, group)
  group.subject, group.description = body.subject or group.subject, body.description or group.description
  return lists.success()
end

local function delete(box, _, id)
  for i = #box.objects.groups, 1, -1 do
    if box.objects.groups[i].id == id then table.remove(box.objects.groups, i) end
  end
  return lists.success()
end

-- removes a user from the participants of a group
local function without(group, user)
  for i = #group.participants, 1, -1 do
    local one = group.participants[i]
    if one.user == user.user and one.user_id == user.user_id then table.remove(group.participants, i) end
  end
end

-- returns the endpoint that adds the users of a body to a group, or removes them
local function changer(is_added)
  return function(_, body, _, group)
    for _, user in ipairs(body.participants) do
      without(group, user)
      if is_added and #group.participants < PARTICIPANTS then table.insert(group.participants, user) end
    end
    group.total_participant_count = #group.participants
    return lists.answer { messaging_product = "whatsapp", success = true }
  end
end

local function link_of(group) return lists.answer { messaging_product = "whatsapp", invite_link = group.invite_link } end

local function get_link(_, _, _, group) return link_of(group) end

local function reset_link(box, _, _, group)
  group.invite_link = new_link(box)
  return link_of(group)
end

local function delete_link(_, _, _, group)
  group.invite_link = nil
  return lists.success()
end

local function get_requests(_, request, _, group) return lists.page(request, group.join_requests, { "join_request_id" }) end

-- Returns the endpoint that approves or rejects the join requests of a body: both only remove them. member: the member of the
-- answer with their ids.
local function decider(member)
  return function(_, body, _, group)
    local done = core.array {}
    for _, id in ipairs(body.join_requests) do
      for i = #group.join_requests, 1, -1 do
        if group.join_requests[i].id == id then
          table.remove(group.join_requests, i)
          done[#done + 1] = id
        end
      end
    end
    return lists.answer { messaging_product = "whatsapp", [member] = done }
  end
end

---@param number_of fun(box: table, id: string): table? returns the number with an id
---@param objects table sandbox/objects
---@return table[] routes rows for the routes of a box
function groups.routes(number_of, objects)
  local reads, asks = objects.reads, objects.asks
  local PHONE, GROUP = "^/v%d+%.%d+/(%d+)/groups$", "^/v%d+%.%d+/(SANDBOXGROUP%d+)"
  return {
    { "POST", PHONE, reads("Group", number_of, create) }, { "GET", PHONE, asks(number_of, list) },
    { "GET", GROUP .. "$", asks(group_of, get) }, { "POST", GROUP .. "$", reads("GroupChange", group_of, update) },
    { "DELETE", GROUP .. "$", asks(group_of, delete) },
    { "POST", GROUP .. "/participants$", reads("Participants", group_of, changer(true)) },
    { "DELETE", GROUP .. "/participants$", reads("Participants", group_of, changer(false)) },
    { "GET", GROUP .. "/invite_link$", asks(group_of, get_link) },
    { "POST", GROUP .. "/invite_link$", asks(group_of, reset_link) },
    { "DELETE", GROUP .. "/invite_link$", asks(group_of, delete_link) },
    { "GET", GROUP .. "/join_requests$", asks(group_of, get_requests) },
    { "POST", GROUP .. "/join_requests$", reads("JoinRequests", group_of, decider "approved_join_requests") },
    { "DELETE", GROUP .. "/join_requests$", reads("JoinRequests", group_of, decider "rejected_join_requests") },
  }
end

return groups
