-- Checks a file as an upload does, without a client: no token, no network. Never changes the file.
local media_check = {}

---@param path string
---@param options whatsapp.media.check_options
---@return whatsapp.media.plan? plan
---@return whatsapp.problem[]|string|nil warnings or err
---@return whatsapp.details? details
function media_check.plan(path, options)
  local usable, err = require("whatsapp.media.file").usable(path)
  if not usable then error(err, 0) end
  return require("whatsapp.media.upload").plan(usable, options)
end

return media_check
