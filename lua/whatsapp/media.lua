-- Files: what they are, under which names they may lie on a disk, and where it is kept what was uploaded. The public face;
-- client.media moves them. Loads only what is asked for, reads no file but those it is told to.
---@class whatsapp.media
local media = {}

---Bytes that the API lets users send at most.
media.MAX_INCOMING = require("whatsapp.media.kinds").MAX_INCOMING

---A name for a file that came from outside, to be put behind a folder of yours: the media's id, what the sender called it (no
---folder, no dot, no control character, nothing that cannot be seen), and an extension of its MIME type. Not long.
---@param event whatsapp.event|table with a media member, or that member
---@return string
function media.safe_name(event)
  if type(event) ~= "table" then error("an event is a table, got a " .. type(event), 2) end
  return require("whatsapp.media.filename").safe(event)
end

---A store of ids in the memory of this process: the option media_store of whatsapp.new.
---@param options { max: integer?, now: (fun(): number)? }? max: entries, 1,000 if absent
---@return whatsapp.media_store
function media.store(options)
  return require("whatsapp.media.store").memory(options)
end

return media
