-- In version 0.1, the two stores of whatsapp.nginx were in this module. Only for old programs; never has code of its own.
local nginx = require "whatsapp.nginx"

return { limits = nginx.limits, events = nginx.events }
