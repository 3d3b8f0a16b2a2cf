-- The name in version 0.1 of the memory of handled events. Now use whatsapp.webhook.memory_store().
return require("whatsapp.webhook").store
