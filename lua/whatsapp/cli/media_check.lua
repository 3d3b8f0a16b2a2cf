-- Checks a file as an upload does, but without a client: a check needs no token and no network. Never changes the file.
local media_check = {}

---Checks a file. Raises the error string if the file cannot be read.
---@param path string
---@param options whatsapp.media.check_options
---@return whatsapp.media.plan? plan how the client would upload the file; nil: the client would refuse the file
---@return whatsapp.problem[]|string|nil warnings or, without a plan, the error string
---@return whatsapp.details? details
function media_check.plan(path, options)
  local usable, err = require("whatsapp.media.file").usable(path)
  if not usable then error(err, 0) end
  return require("whatsapp.media.upload").plan(usable, options)
end

return media_check
