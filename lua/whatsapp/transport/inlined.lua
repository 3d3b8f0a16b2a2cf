-- For transports that do not stream files: puts the files of a request into its body. Also checks `to_file`, the path of the
-- file for the answer, so that a wrong path fails before the request is sent. Never sends, and makes no file.
local inlined = {}

---@param request whatsapp.request
---@return whatsapp.request? request with `body` in place of `body_file` and `form`
---@return string? err
---@return whatsapp.details? details
function inlined.request(request)
  local made, err, details = require("whatsapp.send.body").inlined(request)
  if not made or request.to_file == nil then return made, err, details end
  local streams
  streams, err, details = require("whatsapp.transport.upload").read { to_file = request.to_file, max_file = request.max_file }
  if not streams then return nil, err, details end
  local path, file = request.to_file, require "whatsapp.media.file"
  if file.exists(path) then
    err = "the file exists already"
    return require("whatsapp.wire.outcome").invalid("to_file: " .. err, { { path = "to_file", rule = "file", message = err } })
  end
  return made
end

return inlined
