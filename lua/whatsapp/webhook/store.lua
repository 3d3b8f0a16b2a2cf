-- The module name that version 0.1 had for the store of handled events; in new code, use whatsapp.webhook.memory_store(). Never
-- has code of its own.
return require("whatsapp.webhook").store
