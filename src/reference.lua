-- Makes lua/whatsapp/README.md: every public function with its signature, parameters and results, every table of options, and
-- the error codes with advice. It reads the annotations in the Lua files, so a comment there is the only place to edit. Run by
-- `make docs`. Of the files that it describes, it requires only the table of error codes.
local reference = {}

-- a row for each chapter: title, one sentence about it, its files; `names`: the name that a user has for a file's local table
local CHAPTERS = {
  { "whatsapp", "What `require \"whatsapp\"` returns.", { "lua/whatsapp/init.lua" } },
  { "A client", "Sends messages, and asks any other endpoint. `whatsapp.new(options)` makes one.", { "lua/whatsapp/client.lua" },
    names = { M = false } },
  { "Many messages, limits and calls", "What `client:each`, `client:call` and `client:pages` take and return, and the limits.",
    { "lua/whatsapp/send/batch.lua", "lua/whatsapp/send/limits.lua", "lua/whatsapp/send/retry.lua", "lua/whatsapp/graph/call.lua",
      "lua/whatsapp/graph/pages.lua" },
    names = { Batch = "batch", batch = false, Pages = "pages", pages = false }, classes_only = { "limits", "retry", "call" } },
  { "Failures", "A function that fails returns `nil, err, details`. `print(details)` shows the details on a few lines.",
    { "lua/whatsapp/wire/outcome.lua" },
    classes_only = { "outcome" } },
  { "Files", "`client.media`: uploads, looks up, downloads and deletes files.", { "lua/whatsapp/media/client.lua" },
    names = { media = "client.media", M = false } },
  { "Messages", "`whatsapp.message`: each function returns a plain table, which `client:send` takes.",
    { "lua/whatsapp/message.lua" },
    names = { message = "whatsapp.message" } },
  { "Webhooks", "`whatsapp.webhook`: reads what the API posts.",
    { "lua/whatsapp/webhook.lua", "lua/whatsapp/webhook/handler.lua", "lua/whatsapp/webhook/events.lua" },
    names = { webhook = "whatsapp.webhook" }, classes_only = { "handler", "events" } },
  { "Statuses", "`whatsapp.status`: what became of messages.", { "lua/whatsapp/status.lua" },
    names = { status = "whatsapp.status" } },
  { "The 24-hour window", "`whatsapp.window`: who may get a message without a template.", { "lua/whatsapp/window.lua" },
    names = { window = "whatsapp.window" } },
  { "Names and stores of files", "`whatsapp.media`.", { "lua/whatsapp/media.lua" }, names = { media = "whatsapp.media" } },
  { "Templates", "`whatsapp.templates`: checks and renders before anything is sent.", { "lua/whatsapp/templates.lua" },
    names = { templates = "whatsapp.templates" } },
  { "Flows", "`whatsapp.flows`: the encrypted endpoint of flows, and its keys.", { "lua/whatsapp/flows.lua",
    "lua/whatsapp/flows/endpoint.lua" }, names = { flows = "whatsapp.flows" }, classes_only = { "endpoint" } },
  { "Outbox", "`whatsapp.outbox`: messages that a store keeps until they were sent.",
    { "lua/whatsapp/outbox/init.lua", "lua/whatsapp/outbox/memory.lua", "lua/whatsapp/outbox/sql.lua",
      "lua/whatsapp/outbox/redis.lua" },
    names = { outbox = "whatsapp.outbox", Outbox = "outbox", memory = "whatsapp.outbox.memory", sql = "whatsapp.outbox.sql",
      redis = "whatsapp.outbox.redis", Store = false, Pooled = false } },
  { "Metrics", "`whatsapp.metrics`: counters for Prometheus.", { "lua/whatsapp/metrics.lua" },
    names = { metrics = "whatsapp.metrics", Metrics = "metrics" } },
  { "nginx", "`require \"whatsapp.nginx\"`: the endpoint of webhooks and the stores that all workers share.",
    { "lua/whatsapp/nginx.lua" }, names = { Limits = false, Events = false } },
  { "The sandbox", "`require \"whatsapp.sandbox\"`: a WhatsApp inside a test.",
    { "lua/whatsapp/sandbox/init.lua", "lua/whatsapp/sandbox/users.lua", "lua/whatsapp/sandbox/clock.lua",
      "lua/whatsapp/sandbox/chaos.lua" },
    names = { sandbox = "whatsapp.sandbox", Box = "box", User = "user", Clock = "box.clock", Chaos = "box.chaos", Book = false,
      clock = false, chaos = false, users = false } },
  { "The sandbox's server", "`require \"whatsapp.sandbox.server\"`: the sandbox in nginx.", { "lua/whatsapp/sandbox/server.lua" },
    names = { M = "whatsapp.sandbox.server" } },
  { "Transports", "What moves the bytes. Each is `require \"whatsapp.transport.NAME\".new(options)`.",
    { "lua/whatsapp/transport/curl.lua", "lua/whatsapp/transport/cqueues.lua", "lua/whatsapp/transport/luv.lua",
      "lua/whatsapp/transport/resty.lua", "lua/whatsapp/transport/copas.lua", "lua/whatsapp/transport/callback.lua",
      "lua/whatsapp/transport/memory.lua" }, names = { M = "FILE", transport = "FILE", Watch = false } },
}

local function read(path)
  local file = io.open(path, "rb")
  if not file then return nil end
  local text = file:read "*a"
  file:close()
  return text
end

-- ---- annotations ------------------------------------------------------------------------------------------------------------

-- returns the type at the start of the rest of an annotation, and the words after it
local function type_and_words(rest)
  local depth, i = 0, 1
  while i <= #rest do
    local char = rest:sub(i, i)
    if char:find "[%(%{<%[]" then depth = depth + 1
    elseif char:find "[%)%}>%]]" then depth = depth - 1
    elseif char == " " and depth == 0 and not rest:sub(1, i - 1):find "[:,|]$" then break end
    i = i + 1
  end
  return rest:sub(1, i - 1), rest:sub(i + 1)
end

-- Returns the comment of these lines: { text =, params =, returns =, class =, fields =, private = }. A line without @ continues
-- the line before it.
local function comment_of(lines)
  local joined, comment = {}, { text = {}, params = {}, returns = {}, fields = {} }
  for _, line in ipairs(lines) do
    local words = line:match "^%-%-%-%s?(.*)"
    if words:find "^@" or #joined == 0 or not joined[#joined]:find "^@" then joined[#joined + 1] = words
    else joined[#joined] = joined[#joined] .. " " .. words end
  end
  for _, line in ipairs(joined) do
    local tag, rest = line:match "^@(%w+)%s*(.*)"
    local name, after = (rest or ""):match "^(%S+)%s+(.*)"
    if not tag then comment.text[#comment.text + 1] = line
    elseif tag == "param" then
      local kind, words = type_and_words(after or "")
      comment.params[#comment.params + 1] = { name = name, kind = kind, words = words }
    elseif tag == "field" then
      local kind, words = type_and_words(after or "")
      comment.fields[#comment.fields + 1] = { name = name, kind = kind, words = words }
    elseif tag == "return" then
      local kind, words = type_and_words(rest)
      comment.returns[#comment.returns + 1] = { kind = kind, words = words }
    elseif tag == "class" then
      comment.class, comment.about = rest:match "^(%S+)%s*(.*)"
      comment.class = comment.class:gsub(":$", "")
    elseif tag == "private" then comment.private = true end
  end
  return comment
end

-- returns the comments of a file, each with the line after it: { line =, comment = }
local function items_of(text)
  local items, lines = {}, {}
  for line in (text .. "\n"):gmatch "(.-)\n" do
    if line:find "^%-%-%-" then lines[#lines + 1] = line
    else
      if #lines > 0 then items[#items + 1] = { line = line, comment = comment_of(lines) } end
      lines = {}
    end
  end
  return items
end

-- ---- the page --------------------------------------------------------------------------------------------------------------

local function cell(text) return (text:gsub("|", "\\|")) end

local documented = {} -- names of the classes that have a heading

-- returns a type as code, with a link if it is a class that has a heading
local function kind_text(kind)
  local class = kind:match "^(whatsapp%.[%w_.]+)[%?%[%]]*$"
  if not documented[class] then return ("`%s`"):format(cell(kind)) end
  return ("[`%s`](#%s)"):format(kind, (class:lower():gsub("[^%w_-]", "")))
end

local function table_of(title, rows)
  local out = { ("| %s | type | |"):format(title), "| --- | --- | --- |" }
  for _, row in ipairs(rows) do
    out[#out + 1] = ("| `%s` | %s | %s |"):format((row.name:gsub("%?$", "")), kind_text(row.kind), cell(row.words))
  end
  return table.concat(out, "\n")
end

local function public_name(chapter, path, receiver)
  local name = chapter.names and chapter.names[receiver]
  if name == nil then return receiver end
  return name == "FILE" and path:match "lua/(.*)%.lua$":gsub("/", ".") or name
end

-- Returns receiver, dot or colon, name and parameters of a function, and of a function of another module, such as in
-- whatsapp.encode = core.encode.
local function signature_of(item)
  local receiver, dot, name, parameters = item.line:match "^function ([%w_]+)([.:])([%w_]+)%((.-)%)"
  if receiver then return receiver, dot, name, parameters end
  receiver, name = item.line:match "^(%w+)%.([%w_]+) = core%.[%w_]+$"
  local names = {}
  for i, param in ipairs(item.comment.params) do names[i] = param.name end
  if #names > 0 then return receiver, ".", name, table.concat(names, ", ") end
end

local function function_text(chapter, path, item)
  local receiver, dot, name, parameters = signature_of(item)
  if not receiver or name:find "^__" or item.comment.private then return nil end
  local owner = public_name(chapter, path, receiver)
  if not owner then return nil end
  local comment = item.comment
  if parameters:find "^_" then dot, parameters = ":", parameters:gsub("^_[, ]*", "") end -- a method that does not need its object
  local out = { ("### %s%s%s(%s)"):format(owner, dot, name, parameters), table.concat(comment.text, " ") }
  if #comment.params > 0 then out[#out + 1] = table_of("parameter", comment.params) end
  local returns = {}
  for _, value in ipairs(comment.returns) do
    returns[#returns + 1] = ("- %s %s"):format(kind_text(value.kind), value.words)
  end
  if #returns > 0 then out[#out + 1] = "Returns\n\n" .. table.concat(returns, "\n") end
  return table.concat(out, "\n\n")
end

local function class_text(item)
  local comment = item.comment
  if not comment.class or #comment.fields == 0 or comment.private then return nil end
  local words = table.concat(comment.text, " ") .. (comment.about ~= "" and " " .. comment.about or "")
  local out = { "### " .. comment.class }
  if words:find "%S" then out[#out + 1] = (words:gsub("^%s+", "")) end
  out[#out + 1] = table_of("field", comment.fields)
  return table.concat(out, "\n\n")
end

local function add_file(out, chapter, path, seen)
  local text = read(path)
  if not text then return end
  local only_classes = false
  for _, name in ipairs(chapter.classes_only or {}) do
    only_classes = only_classes or path:find("/" .. name .. "%.lua$") ~= nil
  end
  local classes = {}
  for _, item in ipairs(items_of(text)) do
    local made = not only_classes and function_text(chapter, path, item)
    if made then out[#out + 1] = made end
    local class = class_text(item)
    if class and not seen[item.comment.class] then
      seen[item.comment.class] = true
      classes[#classes + 1] = class
    end
  end
  for _, class in ipairs(classes) do out[#out + 1] = class end
end

local RETRIED = { safe = "may be repeated", unknown = "may have been sent", wait = "later", never = "no" }

local function codes_text()
  local codes, list = require "whatsapp.wire.error_codes", {}
  for code in pairs(codes) do
    if codes[code] ~= codes[200] or code == 200 then list[#list + 1] = code end
  end
  table.sort(list)
  local out = { "| code | | send again? | what to do |", "| --- | --- | --- | --- |" }
  for _, code in ipairs(list) do
    local row = codes[code]
    local shown = code == 200 and "200 to 299" or code
    out[#out + 1] = ("| %s | %s | %s | %s |"):format(shown, cell(row.name), RETRIED[row.retry], cell(row.advice))
  end
  return table.concat(out, "\n")
end

local HEAD = [[
# Reference

Every public function. Generated from the comments in these files by `make docs`. The objects of messages are in
[MESSAGES.md](MESSAGES.md); how to do things is in the [cookbook](../../examples/README.md).

A function raises an error for wrong use: an unknown option, a wrong type. For data and the world it returns
`nil, err, details`: `err` is one line, `details` a [table](#whatsappdetails). `?` behind a type: it may be absent.
]]

local function find_classes()
  for _, chapter in ipairs(CHAPTERS) do
    for _, path in ipairs(chapter[3]) do
      for _, item in ipairs(items_of(read(path) or "")) do
        if class_text(item) then documented[item.comment.class] = true end
      end
    end
  end
end

---@return string text of lua/whatsapp/README.md
function reference.text()
  local out, seen = { HEAD }, {}
  find_classes()
  local contents = {}
  for _, chapter in ipairs(CHAPTERS) do
    contents[#contents + 1] = ("[%s](#%s)"):format(chapter[1], (chapter[1]:lower():gsub("[^%w -]", ""):gsub(" ", "-")))
  end
  contents[#contents + 1] = "[Error codes](#error-codes)"
  out[#out + 1] = table.concat(contents, " · ")
  for _, chapter in ipairs(CHAPTERS) do
    out[#out + 1] = ("## %s\n\n%s"):format(chapter[1], chapter[2])
    for _, path in ipairs(chapter[3]) do add_file(out, chapter, path, seen) end
  end
  out[#out + 1] = "## Error codes\n\nThe API's codes, in `details.code`. `details.advice` has the same advice."
  out[#out + 1] = codes_text()
  return (table.concat(out, "\n\n"):gsub("\n\n\n+", "\n\n"):gsub(" +\n", "\n")) .. "\n"
end

return reference
