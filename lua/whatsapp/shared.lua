-- The name that version 0.1 had for the two stores in nginx's shared dicts: whatsapp.nginx has them. Holds nothing.
local nginx = require "whatsapp.nginx"

return { limits = nginx.limits, events = nginx.events }
