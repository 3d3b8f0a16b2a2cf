-- The annotations of public functions, for editors: each parameter has a type, and no type is a bare `table`, `any` or `function`
-- if there is a class or a signature for it. Reads comments; runs nothing.
local lines_of = require "spec.support.lines"
local read = require "spec.support.read"

-- the public modules: the root, folders that are public by their names, and the files of the reference
local REFERENCE = lines_of "grep -o 'lua/whatsapp/[a-z0-9_/]*.lua' src/reference.lua"
local FILES, listed = lines_of "ls lua/whatsapp/*.lua lua/whatsapp/transport/*.lua", {}
for _, path in ipairs(FILES) do listed[path] = true end
for _, path in ipairs(REFERENCE) do
  if not listed[path] then FILES[#FILES + 1], listed[path] = path, true end
end

-- classes whose methods users call; the other classes are a file's own
local PUBLIC = { Batch = true, Pages = true, Outbox = true, Box = true, User = true, Clock = true, Chaos = true, Metrics = true }

-- functions that only the library calls
local OURS = { ["batch.new"] = true, ["pages.new"] = true, ["limits.new"] = true, ["users.new"] = true, ["call.check"] = true,
  ["call.request"] = true, ["call.run"] = true, ["call.pages"] = true }

local INTERNAL = { -- files of these folders that only the library itself requires
  ["lua/whatsapp/types.lua"] = true, ["lua/whatsapp/all.lua"] = true, ["lua/whatsapp/transport/libcurl.lua"] = true,
  ["lua/whatsapp/transport/inboxes.lua"] = true, ["lua/whatsapp/transport/progress.lua"] = true,
  ["lua/whatsapp/transport/request.lua"] = true,
}

-- a whole word, not part of a class or of table<K, V>
local function bare(type, word)
  for from, to in type:gmatch("()" .. word .. "()") do
    local before, after = type:sub(from - 1, from - 1), type:sub(to, to)
    if not before:find "[%w_.]" and not after:find "[%w_.<]" then return true end
  end
  return false
end

-- the type at the start of the rest of an annotation, up to the text that explains it
local function type_of(rest)
  local depth, i = 0, 1
  while i <= #rest do
    local char = rest:sub(i, i)
    if char:find "[%(%{<%[]" then depth = depth + 1
    elseif char:find "[%)%}>%]]" then depth = depth - 1
    elseif char == " " and depth == 0 and not rest:sub(1, i - 1):find "[:,|]$" then break end
    i = i + 1
  end
  return rest:sub(1, i - 1)
end

-- Public functions of a file: name, parameters, the annotations above it. A method without annotations is a file's own.
local function functions_of(text)
  local found, comments = {}, {}
  for line in (text .. "\n"):gmatch "(.-)\n" do
    if line:find "^%-%-%-" then comments[#comments + 1] = line:match "^%-%-%-%s?(.*)"
    else
      local name, parameters = line:match "^function ([%w_]+[.:][%w_]+)%((.-)%)"
      local is_local = name and (name:find "^%u%l" and (not PUBLIC[name:match "^%w+"] or not comments[1]) or OURS[name])
      if name and not is_local and not name:find "[.:]__" then
        found[#found + 1] = { name = name, parameters = parameters, comments = comments }
      end
      comments = {}
    end
  end
  return found
end

describe("the annotations of public functions", function()
  for _, path in ipairs(FILES) do
    if not INTERNAL[path] then
      it("name every parameter and no bare type: " .. path, function()
        for _, one in ipairs(functions_of(read(path))) do
          local params, private = {}, false
          for _, comment in ipairs(one.comments) do
            if comment:find "^@private" then private = true end
            local kind, rest = comment:match "^@(%l+) (.*)"
            local name = kind == "param" and rest:match "^([%w_]+)"
            local type = kind == "param" and rest:match "^[%w_]+%?? (.*)" or kind == "return" and rest or nil
            if name then params[name] = true end
            for _, word in ipairs { "table", "function" } do
              assert.is_false(type ~= nil and bare(type_of(type), word), ("%s: %s: %s"):format(path, one.name, comment))
            end
          end
          if not private then
            for parameter in one.parameters:gmatch "[%w_]+" do
              assert.is_true(params[parameter] or parameter == "_", ("%s: %s(%s)"):format(path, one.name, parameter))
            end
          end
        end
      end)
    end
  end

  -- names that annotations use for values with a class
  local CLASSED = {
    "request", "response", "message", "result", "details", "rule", "rules", "event", "problem", "warning", "usage",
  }

  -- returns the name in an annotation whose type is a bare `table`, as in `request: table`, `@param request table` and
  -- `@return table? request`
  local function unclassed(annotation)
    for _, name in ipairs(CLASSED) do
      for _, pattern in ipairs { "%f[%w_]NAME%??:? %(?table%f[^%w_<]", "%f[%w_]table%??[%[%]]* NAME%f[^%w_]" } do
        if annotation:find((pattern:gsub("NAME", name))) then return name end
      end
    end
  end

  it("name the class of each value that has one, also in fields of classes and in functions that are passed", function()
    local found = {}
    assert.is_true(#REFERENCE > 20)
    for _, path in ipairs(REFERENCE) do
      for annotation in read(path):gmatch "\n%-%-%-(@[fpr]%l+ [^\n]*)" do
        local name = unclassed(annotation)
        if name then found[#found + 1] = ("%s: %s"):format(path, annotation) end
      end
    end
    assert.same({}, found)
    assert.same({ "request", "request", "details", "rules" }, { unclassed "@field on fun(request: table)",
      unclassed "@param request table?", unclassed "@return table? details", unclassed "@return table[] rules" })
    assert.is_nil(unclassed "@param request table<string, string>")
  end)

  it("name no bare type in a field of a class", function()
    local found = {}
    for _, path in ipairs(FILES) do
      for field in (INTERNAL[path] and "" or read(path)):gmatch "\n%-%-%-@field ([^\n]*)" do
        local type = type_of(field:match "^%S+ (.*)" or "")
        if bare(type, "table") or bare(type, "function") then found[#found + 1] = ("%s: %s"):format(path, field) end
      end
    end
    assert.same({}, found)
  end)

  -- the text of a file up to a function, from the last blank line on
  local function annotations(text, declared)
    local at = assert(text:find("\n" .. declared, 1, true), declared)
    local before = text:sub(1, at)
    return before:sub((before:match ".*\n\n()" or 1))
  end

  it("take whatsapp.Message if they send, check or write one", function()
    local client, init = read "lua/whatsapp/client.lua", read "lua/whatsapp/init.lua"
    for declared, text in pairs {
      ["function client:send("] = client, ["function client:request("] = client, ["function client:reply("] = client,
      ["whatsapp.encode = "] = init, ["whatsapp.validate = "] = init,
    } do
      assert.truthy(annotations(text, declared):find("@param message whatsapp.Message", 1, true), declared)
    end
    assert.truthy(annotations(client, "function client:each("):find("whatsapp.Message[]|fun(): whatsapp.Message?", 1, true))
  end)

  -- the members of a class: name -> true
  local function declared(path, class)
    local text, names = read(path), {}
    local block = assert(text:match("%-%-%-@class " .. class:gsub("%p", "%%%0") .. "\n(.-)\n\n"), class)
    for name in block:gmatch "%-%-%-@field ([%w_]+)" do names[name] = true end
    return names
  end

  -- calls found(object, name) for each member that a line of Lua sets, such as a.b = 1, or a.b, a.c = 1, 2
  local function each_set(line, found)
    for object, name, rest in line:gmatch "%f[%w_](%l+)%.([%w_]+)()" do
      local after = line:sub(rest)
      while after:find "^, [%w_.]+" do after = after:gsub("^, [%w_.]+", "", 1) end
      if after:find "^ = " then found(object, name) end
    end
  end

  it("declare each member of details and info that the code sets", function()
    local details = declared("lua/whatsapp/wire/outcome.lua", "whatsapp.details")
    local info = declared("lua/whatsapp/client.lua", "whatsapp.info")
    local both, count, unknown = {}, 0, {}
    for name in pairs(details) do both[name] = info[name] end
    local classes = { details = details, info = info, about = both }
    for _, path in ipairs(lines_of "find lua -name '*.lua' | sort") do
      for line in read(path):gmatch "[^\n]+" do
        each_set(line, function(object, name)
          local class = classes[object]
          if object == "about" and not path:find "/media/" then return end -- about: details or info of a file
          if not class then return end
          count = count + 1
          if not class[name] then unknown[#unknown + 1] = ("%s: %s.%s"):format(path, object, name) end
        end)
      end
    end
    assert.same({}, unknown)
    assert.is_true(count > 20, count)
  end)
end)
