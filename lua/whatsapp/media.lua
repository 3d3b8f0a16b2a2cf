-- Files: safe names for received files, and a store of the ids of uploads. Has the public functions that need no client;
-- client.media sends and receives files. Never reads a user's file.
local expiring = require "whatsapp.util.expiring"
local options_of = require "whatsapp.util.options"

---A store of the ids of uploaded files.
---@class whatsapp.media_store
---@field get fun(self: any, key: string): string? id
---@field set fun(self: any, key: string, id: string, ttl: number) keeps the id for ttl seconds
---@field delete fun(self: any, key: string)

---A file, with the fields that events and look-ups have.
---@class whatsapp.media.named
---@field id string?
---@field mime_type string?
---@field filename string?
---@field media whatsapp.media.named?

---@class whatsapp.media
local media = {}

---The largest file, in bytes, that the API lets a user send.
media.MAX_INCOMING = require("whatsapp.media.kinds").MAX_INCOMING

---Returns a safe name, without a folder and of at most 120 bytes, for a file that came from outside: ID-NAME.EXTENSION. ID is the
---media's id. NAME is the name that the sender gave the file, without slashes, dots, control characters and invisible characters.
---EXTENSION belongs to the MIME type. If the sender gave no name, the result is TYPE-ID.EXTENSION, with the message's type.
---@param event whatsapp.event|whatsapp.media.named an event with media, or its member `media`
---@return string
function media.safe_name(event)
  if type(event) ~= "table" then error("an event is a table, got a " .. type(event), 2) end
  return require("whatsapp.media.filename").safe(event)
end

local STORE = { max = "count", now = "callable", on_forget = "callable" }

---Returns a store of the ids of uploaded files in the memory of this process, for the option media_store of whatsapp.new. An
---nginx shared dictionary has the same three functions: get, set and delete.
---@param options whatsapp.expiring_options? max: entries, 1,000 if absent
---@return whatsapp.media_store
function media.store(options)
  local checked = options_of.check(options, STORE, 2)
  return expiring.new { max = checked.max or 1000, now = checked.now, on_forget = checked.on_forget }
end

return media
