-- The name of two stores in version 0.1: they keep their data in nginx's shared dicts. Now they are in whatsapp.nginx.
local nginx = require "whatsapp.nginx"

return { limits = nginx.limits, events = nginx.events }
