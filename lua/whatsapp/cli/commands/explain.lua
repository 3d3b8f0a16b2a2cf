-- whatsapp explain: prints the type, the limits and the meaning of a path of a message, from the schema. Never reads a message.
local exit = require "whatsapp.cli.exit"
local paths = require "whatsapp.cli.paths"

-- class of a row of the schema (how sure its rule is) -> words
local CLASSES = { H = "the API refuses it", G = "the guides say so", S = "a warning only" }

-- returns words such as "1-20 characters", "at most 3 items"; nil: the row has no limits
local function range_of(row, unit)
  if not (row.min or row.max) then return nil end
  local both = row.min and row.max and ("%s-%s"):format(row.min, row.max)
  return ("%s%s"):format(both or (row.min and "at least " .. row.min) or "at most " .. row.max, unit ~= "" and " " .. unit or "")
end

-- returns the condition under which a message has the row, such as "type = text"; nil: no condition
local function when_of(row)
  local words = {}
  for _, choice in ipairs(row.when) do
    words[#words + 1] = choice.value and ("%s = %s"):format(choice.path, choice.value) or choice.path .. " is present"
  end
  return #words > 0 and table.concat(words, ", ") or nil
end

-- returns a line such as "string, required, 1-20 characters, unique"
local function facts_of(row, terms)
  local kind = terms.kinds[row.kind]
  local facts = { row.kind, row.required and "required" or "optional" }
  facts[#facts + 1] = range_of(row, kind and kind.unit or "")
  if row.advised_max then facts[#facts + 1] = ("at most %d advised"):format(row.advised_max) end
  if row.unique then facts[#facts + 1] = "unique" end
  if row.same then facts[#facts + 1] = "the same in all items" end
  if row.format and terms.formats[row.format] then facts[#facts + 1] = terms.formats[row.format].text end
  if row.values then facts[#facts + 1] = "one of " .. table.concat(row.values, ", ") end
  return table.concat(facts, ", ")
end

-- Prints the rows of a path. If rows follow each other with the same facts, prints the facts once.
local function describe(context, path, rows)
  local schema = require "whatsapp.schema"
  local terms, terminal, last = schema.terms(), context.terminal, nil
  terminal:out(path)
  for _, row in ipairs(rows) do
    local facts, when = facts_of(row, terms), when_of(row)
    if facts ~= last then
      terminal:out("  " .. facts)
      if row.doc and row.doc ~= "" then terminal:out("    " .. row.doc) end
      terminal:out(("    %s%s%s"):format(terms.documentation, row.section, CLASSES[row.class] and "  (" .. CLASSES[row.class]
        .. ")" or ""))
    end
    if when then terminal:out("    if " .. when) end
    last = facts
  end
end

-- prints the members of an object
local function list(context, path)
  local below = paths.below(path)
  if #below == 0 then return end
  local width = 0
  for _, row in ipairs(below) do width = math.max(width, #row.name) end
  if path ~= "" then context.terminal:out "" end
  for _, row in ipairs(below) do
    local line = ("  %s%s  %s%s"):format(row.name, (" "):rep(width - #row.name), row.kind, row.required and ", required" or "")
    if row.doc and row.doc ~= "" then line = ("%s: %s"):format(line, row.doc) end
    context.terminal:out(line)
  end
end

local ORDER = { "path", "kind", "required", "min", "max", "values", "doc" }

local function run(context)
  local path = context.options.path or ""
  local rows = path == "" and {} or paths.rows(path)
  if not rows then
    local near = paths.nearest(path)
    exit.stop("usage", ("there is no %s in a message%s"):format(path, near and (", did you mean %s?"):format(near) or ""))
  end
  if context.options.json then
    for _, row in ipairs(#rows > 0 and rows or paths.below "") do context.emit(row, nil, ORDER) end
    return
  end
  if #rows > 0 then describe(context, paths.plain(path), rows) end
  list(context, path)
end

return {
  name = "explain",
  summary = "describe a path of a message",
  description = "Prints the type, limits and meaning of a field, and the fields of an object. Without PATH, prints the "
    .. "fields of a message.",
  arguments = { { "path", "?", "such as interactive.action.buttons[].reply.title", argname = "PATH" } },
  examples = { "whatsapp explain interactive.action.buttons[].reply.title", "whatsapp explain template" },
  run = run,
}
