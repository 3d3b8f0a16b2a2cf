-- Makes the answers of the sandbox's endpoints for objects: JSON in which an empty list stays a list, objects with the members
-- that the query names, and pages of a list with cursors. Never raises because of a request, and keeps no state.
local core = require "whatsapp.core"
local graph = require "whatsapp.sandbox.graph"
local json = require "whatsapp.wire.json"

local lists = {}

local DEFAULT_LIMIT, MOST = 25, 1000 -- items of a page: by default, and at most

---Makes a response.
---@param object table core.array must have made each list in the object
---@param status integer? 200 if absent
---@return table response
function lists.answer(object, status)
  local headers = { ["content-type"] = "application/json; charset=UTF-8" }
  return { status = status or 200, headers = headers, body = assert(json.write(object)) }
end

---@return table response
function lists.success() return lists.answer { success = true } end

---@param object table
---@param names string? the names of members, separated by commas; if absent, all members are chosen
---@param always string[] members that every answer has
---@return table object only the chosen members
function lists.chosen(object, names, always)
  if not names then return object end
  local made = {}
  for _, name in ipairs(always) do made[name] = object[name] end
  for name in names:gmatch "[%w_]+" do made[name] = object[name] end
  return made
end

-- returns the position of the item with an id
local function position_of(list, id)
  for i, item in ipairs(list) do
    if item.id == id then return i end
  end
end

local function view_of(item, query, always)
  return lists.chosen(item, query.fields, always)
end

-- returns the positions of the first and of the last item of a page
local function range_of(list, query)
  local limit = math.min(graph.whole(query.limit) or DEFAULT_LIMIT, MOST)
  local from = query.after and (position_of(list, query.after) or #list) + 1 or 1
  if query.before then
    local last = (position_of(list, query.before) or 1) - 1
    return math.max(1, last - limit + 1), last
  end
  return from, math.min(#list, from + limit - 1)
end

---Makes the response with a page of a list. The parameters limit, after and before of the query choose the items; the parameter
---fields chooses the members of each item.
---@param request table
---@param list { id: string }[] the id of an item is its cursor
---@param always string[] members that every item has
---@param name string? if present, `data` is an object, and the list is its member with this name
---@return table response
function lists.page(request, list, always, name)
  local query, items = graph.query(request), core.array {}
  local from, last = range_of(list, query)
  for i = from, last do items[#items + 1] = view_of(list[i], query, always) end
  local answer = { data = name and { [name] = items } or items }
  if #items > 0 then
    answer.paging = { cursors = { before = list[from].id, after = list[last].id } }
    if last < #list then answer.paging.next = request.url:gsub("[?].*$", "") .. "?after=" .. list[last].id end
  end
  return lists.answer(answer)
end

---Reads the body of a request. A request without a body has an empty object.
---@param request table
---@return table? object nil: the body is not a JSON object
---@return table? refusal the response that refuses the body
function lists.body(request)
  if (request.body or "") == "" and request.form == nil then return {} end
  local object
  local refusal = graph.reads_json(function(_, read)
    object = read
    return {}
  end)(nil, request)
  if object then return object end
  return nil, refusal
end

return lists
