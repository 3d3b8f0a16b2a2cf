-- The name that version 0.1 had for the memory of handled events: whatsapp.webhook.memory_store() is the same. Holds nothing.
return require("whatsapp.webhook").store
