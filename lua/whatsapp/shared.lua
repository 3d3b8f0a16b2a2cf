-- The name of two stores of whatsapp.nginx in version 0.1, for old programs. Never has other code.
local nginx = require "whatsapp.nginx"

return { limits = nginx.limits, events = nginx.events }
