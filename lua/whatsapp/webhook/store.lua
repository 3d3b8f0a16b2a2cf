-- In version 0.1, the store of handled events was in this module. In new code, use whatsapp.webhook.memory_store(). Never has
-- code of its own.
return require("whatsapp.webhook").store
