-- Paths of the schema, such as interactive.action.buttons[1].reply.title. Finds the rows of a path, and the path that is most
-- similar to a wrong path. Reads the schema at the first use. Never changes a message.
local did_you_mean = require("whatsapp.util.options").did_you_mean

local paths = {}

local by_path, below

local function read()
  by_path, below = {}, {}
  for _, row in ipairs(require("whatsapp.schema").rows()) do
    local list = by_path[row.path] or {}
    by_path[row.path], list[#list + 1] = list, row
    local parent, name = row.path:match "^(.*)%.([^.]+)$"
    parent, name = parent or "", name or row.path
    below[parent] = below[parent] or {}
    if not below[parent][name] then
      below[parent][name] = row
      table.insert(below[parent], row)
    end
  end
end

---@param path string
---@return string plain the path with [] instead of each index
function paths.plain(path) return (path:gsub("%[%d*%]", "[]")) end

---@param path string
---@return table[]? rows of the schema; nil: there is no such path
function paths.rows(path)
  if not by_path then read() end
  return by_path[paths.plain(path)]
end

---@param path string the path of an object or a list; "": the message
---@return table[] rows its members, one row for each name
function paths.below(path)
  if not by_path then read() end
  local plain = paths.plain(path)
  return below[plain] or below[plain .. "[]"] or {}
end

-- returns whether a path is within free-form data, such as the data of a flow
---@param path string
---@return boolean
function paths.is_free(path)
  local parent = paths.plain(path):match "^(.*)%.[^.]+$"
  while parent do
    local rows = paths.rows(parent)
    if rows then return rows[1].kind == "map" end
    parent = parent:match "^(.*)%.[^.]+$"
  end
  return false
end

---@param path string a wrong path
---@return string? near an existing path: the path up to its first wrong name, with a similar name instead
function paths.nearest(path)
  local parent = ""
  for name in paths.plain(path):gmatch "[^.]+" do
    local here = parent == "" and name or parent .. "." .. name
    if not paths.rows(here) then
      local names, bare = {}, name:gsub("%[%]", "")
      for _, row in ipairs(paths.below(parent)) do names[row.name] = true end
      if names[bare] then return (parent == "" and "" or parent .. ".") .. bare end
      local near = did_you_mean(bare, names)
      return near and ((parent == "" and "" or parent .. ".") .. near) or nil
    end
    local rows = paths.rows(here:gsub("%[%]$", ""))
    parent = rows and rows[1].kind == "list" and not here:find "%[%]$" and here .. "[]" or here
  end
end

return paths
