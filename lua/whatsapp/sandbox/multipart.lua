-- Reads the body of a form (multipart/form-data, RFC 7578), as the API does for uploads. Pure. Never raises; returns an error for
-- a body that is not exactly a form.
local multipart = {}

-- returns a name without the three escapes that browsers write
local function unescaped(text)
  return (text:gsub("%%22", '"'):gsub("%%0[Dd]", "\r"):gsub("%%0[Aa]", "\n"))
end

-- returns a part of a form from its headers and its bytes; or nil and an error
local function part_of(head, data)
  local headers = {}
  for line in head:gmatch "[^\r\n]+" do
    local name, value = line:match "^([^:%s]+):%s*(.-)%s*$"
    if name then headers[name:lower()] = value end
  end
  local disposition = headers["content-disposition"] or ""
  local name = disposition:match '^form%-data;.-[; ]name="([^"]*)"'
  local filename = disposition:match '[; ]filename="([^"]*)"'
  if not name then return nil, "a part has no name" end
  return { name = unescaped(name), filename = filename and unescaped(filename), type = headers["content-type"], data = data }
end

---@param content_type string?
---@return string? boundary nil: the content type is not that of a form
function multipart.boundary(content_type)
  if type(content_type) ~= "string" or not content_type:lower():find "^multipart/form%-data%s*;" then return nil end
  return content_type:match ';%s*boundary="([^"]+)"' or content_type:match ';%s*boundary=([^%s;"]+)'
end

---@param body string
---@param boundary string
---@return { name: string, filename: string?, type: string?, data: string }[]? parts
---@return string? err
function multipart.parse(body, boundary)
  local list, delimiter = {}, "\r\n--" .. boundary
  if body:sub(1, #boundary + 2) ~= "--" .. boundary then return nil, "the body does not begin with its boundary" end
  local at = #boundary + 3
  while body:sub(at, at + 1) == "\r\n" do
    local head_end, data_at = body:find("\r\n\r\n", at, true)
    if not head_end then return nil, "the head of a part does not end" end
    local next_at, next_end = body:find(delimiter, data_at + 1, true)
    if not next_at then return nil, "the body ends within a part" end
    local part, err = part_of(body:sub(at, head_end - 1), body:sub(data_at + 1, next_at - 1))
    if not part then return nil, err end
    list[#list + 1] = part
    at = next_end + 1
  end
  if body:sub(at, at + 1) ~= "--" then return nil, "the body does not end with its boundary" end
  return list
end

return multipart
