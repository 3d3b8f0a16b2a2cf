-- Finds a path of the schema, such as interactive.action.buttons[1].reply.title: its rows, its members, and the most similar path
-- to a wrong one. A path has several rows if several types of messages have it. Reads the schema at the first use.
local did_you_mean = require("whatsapp.util.options").did_you_mean

local paths = {}

local by_path -- path -> its rows
local below -- path of an object -> its members: a list with one row for each name; also name -> row

-- fills both tables
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
---@return string plain the path with [] instead of each index, as the schema writes paths
function paths.plain(path) return (path:gsub("%[%d*%]", "[]")) end

---@param path string
---@return table[]? rows of the schema; nil: the schema has no such path
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

---@param path string
---@return boolean is_free true: the path is within free-form data, such as the data of a flow
function paths.is_free(path)
  local parent = paths.plain(path):match "^(.*)%.[^.]+$"
  while parent do
    local rows = paths.rows(parent)
    if rows then return rows[1].kind == "map" end
    parent = parent:match "^(.*)%.[^.]+$"
  end
  return false
end

---Corrects the first wrong name of a path.
---@param path string a wrong path
---@return string? near the path up to its first wrong name, with a similar name of the schema instead; nil: no name is similar
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
