-- whatsapp schema: prints every field of every message, or the JSON Schema of the messages, for other programs.
local ORDER = { "path", "kind", "required", "min", "max", "values", "doc" }

local function run(context)
  local whatsapp = require "whatsapp"
  if context.options.json_schema then
    return context.terminal:out(require("whatsapp.cli.json_line").of(whatsapp.json_schema(), { "$schema", "$id", "title" }))
  end
  for _, row in ipairs(whatsapp.schema()) do
    local line = not context.options.json and ("%s\t%s\t%s"):format(row.path, row.kind, row.required and "required" or "optional")
    context.emit(row, line or nil, ORDER)
  end
end

return {
  name = "schema",
  summary = "print every field of every message",
  description = "Prints one line for each field, separated by tabs: path, type, required or optional. With --json, "
    .. "prints everything that the schema says about the field.",
  options = { { "--json-schema", nil, "the messages as a JSON Schema (draft 2020-12)" } },
  examples = { "whatsapp schema | grep title", "whatsapp schema --json-schema >messages.schema.json" },
  run = run,
}
