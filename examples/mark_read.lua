-- Marks a received message as read and shows that an answer is being written.
local client = dofile "examples/client.lua"

local received = os.getenv "WHATSAPP_RECEIVED" or "wamid.HBgLMTY1MDU1NTEyMzQVAgASGBQzQTdBRkY"
print(assert(client:mark_read(received)).success)
print(assert(client:mark_read(received, { typing = true })).success)
