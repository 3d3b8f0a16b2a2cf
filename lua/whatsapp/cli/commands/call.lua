-- whatsapp call: calls any endpoint of the Graph API through client:call, which adds the token and repeats GET and DELETE. Never
-- shows the token.
local exit = require "whatsapp.cli.exit"

local METHODS = { GET = true, POST = true, DELETE = true }

-- Returns an object with the values of the items: name=text sets a string, name:=JSON sets any value. Returns nil without items.
local function object_of(words)
  local items, object = require "whatsapp.cli.items", nil
  for _, word in ipairs(words) do
    local path, sign, value = items.split(word)
    if not path then exit.stop("usage", ("%q is not an item: name=text or name:=JSON"):format(word)) end
    if sign == ":=" then
      local err
      value, err = require("whatsapp.core").decode(value)
      if value == nil then exit.stop("usage", ("%s:= takes JSON: %s"):format(path, tostring(err))) end
    end
    object = object or {}
    items.set(object, path, value)
  end
  return object
end

-- returns the parameters of --query, or nil
local function query_of(words)
  local query
  for _, word in ipairs(words or {}) do
    local name, value = word:match "^([^=]+)=(.*)$"
    if not name then exit.stop("usage", ("--query takes NAME=VALUE, got %q"):format(word)) end
    query = query or {}
    query[name] = value
  end
  return query
end

-- Returns the argument of client:call. The items are the body of a POST, or parameters of the query.
local function request_of(options)
  local method = options.method:upper()
  if not METHODS[method] then exit.stop("usage", ("the method must be GET, POST or DELETE, got %s"):format(options.method)) end
  local items = object_of(options.words)
  local request = { method = method, path = options.path, query = query_of(options.query) }
  if options.body then
    if items then exit.stop("usage", "use --body or items, not both") end
    request.body = require("whatsapp.cli.records").one(options.body)
  elseif method == "POST" then request.body = items
  elseif items then
    request.query = request.query or {}
    for name, value in pairs(items) do request.query[name] = value end
  end
  return request
end

-- Calls a method of the client, and returns its values. If the method raises, ends the command: the arguments are wrong.
local function protected(method, ...)
  local ok, result, err, details = pcall(method, ...)
  if not ok then exit.stop("usage", (tostring(result):gsub("^[^:]+:%d+: ", ""))) end
  return result, err, details
end

-- prints the items of all pages
local function pages(context, client, request)
  if request.method ~= "GET" then exit.stop("usage", "--all needs GET") end
  request.method = nil
  local next_item = protected(client.pages, client, request)
  while true do
    local item, err, details = next_item()
    if item == nil then return end
    if item == false then exit.for_failure(err, details, true) end
    context.terminal:out(require("whatsapp.cli.json_line").of(item, { "id", "name" }))
  end
end

local function run(context)
  local request = request_of(context.options)
  local client = context.settings():account_client()
  if context.options.all then return pages(context, client, request) end
  local result, err, details = protected(client.call, client, request)
  if not result then exit.for_failure(err, details, request.method ~= "POST") end
  context.terminal:out(require("whatsapp.cli.json_line").of(result, { "id", "name", "data", "paging" }))
end

return {
  name = "call",
  summary = "call any endpoint of the Graph API",
  description = "Calls an endpoint and prints its answer as JSON. PATH is relative to the API's version; {waba} and "
    .. "{phone} become the ids of the settings. An ITEM is a member of the body for POST, and a parameter of "
    .. "the query for GET and DELETE.",
  arguments = { { "method", "1", "GET, POST or DELETE", argname = "METHOD" }, { "path", "1",
    "such as {phone} or {waba}/message_templates",
    argname = "PATH" }, { "words", "*", "name=text or name:=JSON", argname = "ITEM" } },
  options = {
    { "--query", "NAME=VALUE", "a parameter of the query", many = true },
    { "--body", "FILE", "a file with the body as JSON; -: stdin" },
    { "--all", nil, "print every page of a list, one item a line" },
  },
  examples = { "whatsapp call GET {phone} fields=quality_rating,throughput", "whatsapp call GET {waba}/message_templates --all" },
  run = run,
}
