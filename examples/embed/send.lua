-- A message from a C program: host.c runs this and gives it a transport, a C function that knows the way to the network.
local transport = ...

local whatsapp = require "whatsapp"
local client = whatsapp.new { token = "TOKEN", phone_number_id = "106540352242922", transport = transport }
local sent = assert(client:send { to = "16505551234", text = { body = "Hello from a C program" } })
print("accepted as " .. sent.messages[1].id)
