-- Opens a store by its name, for the processes of the crash tests and of the benchmark:
--   memory:    sqlite:PATH    sqlite-normal:PATH    redis:PORT    postgres:PORT
---@param name string
---@param queue string?
---@param busy_timeout number? seconds, of SQLite
return function(name, queue, busy_timeout)
  local kind, where = name:match "^([^:]+):(.*)$"
  if kind == "memory" then return require("whatsapp.outbox.memory").new() end
  if kind == "redis" then return require("whatsapp.outbox.redis").new { port = tonumber(where), queue = queue, timeout = 5 } end
  local sql = require "whatsapp.outbox.sql"
  if kind == "postgres" then
    return sql.postgres { database = "postgres", user = "postgres", host = "127.0.0.1", port = tonumber(where), queue = queue }
  end
  return sql.sqlite { path = where, queue = queue, busy_timeout = busy_timeout,
    synchronous = kind == "sqlite-normal" and "NORMAL" or "FULL" }
end
