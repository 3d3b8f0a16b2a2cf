-- Keeps the answers of a transport until wait() returns them. A caller, such as a batch, begins a request with start(request,
-- slot, inbox). The slot is any value that names the request: wait(seconds, inbox) returns it with the answer. The inbox is any
-- value that names the caller: wait() returns only answers of this inbox.
--
-- For each inbox there is a box: the list of its answers that have arrived, in the order of their arrival. An entry holds one
-- answer. Entries are made in advance, and are reused after wait() has returned their answers. So an arriving answer needs no
-- memory, and a lack of memory loses no answer. This file never waits: the transport wakes the caller that waits for a box.
local Inboxes = {}
Inboxes.__index = Inboxes

local inboxes = {}

-- types of inboxes that the garbage collector never removes from a weak table: take() removes them
local KEPT = { string = true, number = true, boolean = true }

---@return table inboxes the inboxes of one transport
function inboxes.new()
  local self = setmetatable({ free = false, boxes = setmetatable({}, { __mode = "k" }) }, Inboxes)
  self.common = self.new_box() -- for requests without an inbox
  return self
end

---Makes a box. It is empty while `first` is false.
---@return table box the transport may add members
function Inboxes.new_box() return { first = false, last = false, under_way = 0 } end

---@param inbox any
---@return table box the box of this inbox
function Inboxes:box(inbox)
  if inbox == nil then return self.common end
  local box = self.boxes[inbox]
  if not box then
    box = self.new_box()
    self.boxes[inbox] = box
  end
  return box
end

local function new_entry()
  return { slot = false, box = false, response = false, err = false, details = false, after = false }
end

---Makes an entry in advance, so that the next expect() needs no memory.
function Inboxes:reserve()
  if not self.free then self.free = new_entry() end
end

---Returns an entry for the answer to a request. Raises if there is no memory: so call this function before the request begins,
---or after reserve().
---@param slot any
---@param box table
---@return table entry
function Inboxes:expect(slot, box)
  self:reserve()
  local entry = self.free
  self.free = entry.after
  entry.slot, entry.box, entry.after = slot, box, false
  box.under_way = box.under_way + 1
  return entry
end

---Frees the entry of a request that did not begin.
---@param entry table
function Inboxes:release(entry)
  local box = entry.box
  box.under_way = box.under_way - 1
  entry.slot, entry.box, entry.response, entry.err, entry.details = false, false, false, false, false
  entry.after, self.free = self.free, entry
end

---Puts an answer into the box of its entry.
---@param entry table
---@return table box the transport must wake its waiter
function Inboxes.put(entry, response, err, details)
  local box = entry.box
  entry.response, entry.err, entry.details = response or false, err or false, details or false
  if box.last then box.last.after = entry
  else box.first = entry end
  box.last = entry
  return box
end

---@param box table
---@param inbox any? the inbox of the box
---@return any slot no value: the box is empty
---@return table? response
---@return string? err
---@return table? details
function Inboxes:take(box, inbox)
  local entry = box.first
  if not entry then return end
  local slot, response, err, details = entry.slot, entry.response, entry.err, entry.details
  box.first = entry.after
  if not box.first then box.last = false end
  self:release(entry)
  if box.under_way == 0 and KEPT[type(inbox)] then self.boxes[inbox] = nil end
  if response then return slot, response end
  return slot, nil, err or nil, details or nil
end

return inboxes
