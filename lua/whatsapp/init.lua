local core = require "whatsapp.core"
local whatsapp = {encode=core.encode,validate=core.validate}
return whatsapp
