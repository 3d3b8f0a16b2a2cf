-- The endpoint as a CGI program: one process a request, so that what was handled is remembered only within one body.
local handle = dofile "examples/webhook_bot.lua"

local length = tonumber(os.getenv "CONTENT_LENGTH") or 0
local response = handle {
  method = os.getenv "REQUEST_METHOD",
  query = os.getenv "QUERY_STRING",
  headers = { ["x-hub-signature-256"] = os.getenv "HTTP_X_HUB_SIGNATURE_256" },
  body = length > 0 and length <= 4194304 and io.read(length) or "",
}

io.write("Status: ", response.status, "\r\n")
for name, value in pairs(response.headers) do io.write(name, ": ", value, "\r\n") end
io.write("\r\n", response.body)
