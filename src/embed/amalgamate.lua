-- Writes the library as few files that a C program compiles in: whatsapp.h, a file for each C module, and whatsapp_lua.c.
-- The same sources make the same bytes. Run by `make amalgamation`, in the root of the project.
--   lua src/embed/amalgamate.lua FOLDER
--
-- File-scope names must be unique in a module, because all its files become one. The many short names of schema.c come
-- last, so that no local variable of another file shadows them.
package.path = "src/?.lua;" .. package.path
local modules = require "modules"

local LAST = "src/core/schema.c"
local MODULES = { core = "whatsapp.c", curl = "whatsapp_curl.c", crypto = "whatsapp_crypto.c",
  files = "whatsapp_files.c" }
local LONGEST = 4000 -- C99 promises string literals of 4095 characters
-- Lua files that are left out: one has only comments; the others need a disk or nginx, which a C host does not have
local LEFT_OUT = { ["whatsapp.types"] = true }
for _, name in ipairs { "server", "nginx", "process", "settings", "driver", "files", "stream", "wire" } do
  LEFT_OUT["whatsapp.sandbox." .. name] = true
end
local function is_left_out(name) return LEFT_OUT[name] == true or name:find "^whatsapp%.cli%f[^%w]" ~= nil end

local function read(path)
  local file = assert(io.open(path, "rb"))
  local text = file:read "*a"
  file:close()
  return text
end

local function write(path, lines)
  local file = assert(io.open(path, "wb"))
  assert(file:write(table.concat(lines, "\n"), "\n"))
  assert(file:close())
end

local function compile(text, name, globals)
  if setfenv then return setfenv(assert(loadstring(text, name)), globals) end
  return assert(load(text, name, "t", globals))
end

local version = read "lua/whatsapp/init.lua":match '_VERSION = "(.-)"'

local function heading(out, text)
  out[#out + 1] = ("/* ---- %s %s */"):format(text, ("-"):rep(110 - #text))
end

-- ---- C ------------------------------------------------------------------------------------------------------------------

-- One file has all files of a module: no other file sees its names, and it does not use all of them (see src/linkage.h).
local LINKAGE = [[
#define WA_EXPORT
#define WA_FUNC static
#define WA_DATA static
#define WA_DATA_DEFINITION static
#if defined(__GNUC__)
#pragma GCC diagnostic ignored "-Wunused-function"
#endif]]

-- returns the path of a header that a file includes
local function included(path, header)
  local folder = path:match "^(.*)/"
  while header:find "^%.%./" do
    folder, header = folder:match "^(.*)/", header:sub(4)
  end
  return folder .. "/" .. header
end

-- adds a file; replaces a line that includes a header of src/ by the header, the first time
local function add_source(out, path, seen, wishes)
  if seen[path] then return end
  seen[path] = true
  heading(out, path)
  for line in read(path):gmatch "([^\n]*)\n" do
    local header = line:match '^#include "(.-)"'
    if header then
      header = included(path, header)
      if not seen[header] then
        add_source(out, header, seen, wishes)
        heading(out, path)
      end
    elseif not wishes[line:match "^#define (%S+)" or ""] then -- add_wishes has put them on top
      out[#out + 1] = line
    end
  end
end

-- adds the macros by which a file asks for names of the system's headers: they must come before the first header
local function add_wishes(out, source, seen)
  for name, value in (read(source):match "^(.-)#include" or ""):gmatch "#define (%S+)([^\n]*)" do
    if not seen[name] then out[#out + 1] = ("#ifndef %s\n#define %s%s\n#endif"):format(name, name, value) end
    seen[name] = true
  end
end

local function write_module(folder, name, file)
  local sources, seen, wishes = modules.sources(name), { [LAST] = true }, {}
  local out = {
    ("/* lua-whatsapp %s: whatsapp.%s in one file, made by src/embed/amalgamate.lua; whatsapp.h says how to use it."):format(
      version, name),
    read "LICENSE":gsub("%s+$", "") .. " */",
  }
  for _, source in ipairs(sources) do add_wishes(out, source, wishes) end
  out[#out + 1] = LINKAGE
  out[#out + 1] = '#include "whatsapp.h"'
  for _, source in ipairs(sources) do add_source(out, source, seen, wishes) end
  if name == "core" then
    seen[LAST] = nil
    add_source(out, LAST, seen, wishes)
  end
  heading(out, "src/embed/preload.c")
  local ending = read "src/embed/preload.c":gsub("^/%*.-%*/\n", ""):gsub('#include "whatsapp.h"\n', ""):gsub("\n$", "")
  out[#out + 1] = ending:gsub("([._])core", "%1" .. name)
  write(folder .. "/" .. file, out)
end

-- ---- Lua ----------------------------------------------------------------------------------------------------------------

-- Returns a Lua file without comments and indentation. Each line keeps its number. Returns the file as it is if the short text
-- compiles to other code.
local function bare(path, chunk)
  local text = read(path)
  local lines = {}
  for line in text:gmatch "([^\n]*)\n" do
    lines[#lines + 1] = line:find "^%s*%-%-" and "" or line:gsub("^%s+", ""):gsub("%s+%-%- [^\"']*$", "")
  end
  local short = table.concat(lines, "\n") .. "\n"
  short = short:gsub("\n+$", "\n")
  local whole = string.dump(compile(text, chunk, {}))
  if short:find "%z" or string.dump(compile(short, chunk, {})) ~= whole then return text end
  return short
end

local ESCAPES = { ['"'] = '\\"', ["\\"] = "\\\\", ["?"] = "\\?", ["\n"] = "\\n" }

local function literal(text)
  return '"' .. text:gsub('["\\?\n]', ESCAPES):gsub("[\128-\255]", function(byte)
    return ("\\%03o"):format(byte:byte())
  end) .. '"'
end

-- adds a list of string literals, each of at most LONGEST characters
local function add_pieces(out, name, text)
  out[#out + 1] = ("static const char *const %s[] = {"):format(name)
  local size = 0
  for line in text:gmatch "[^\n]*\n" do
    if size > 0 and size + #line > LONGEST then
      out[#out] = out[#out] .. ","
      size = 0
    end
    out[#out + 1] = "    " .. literal(line)
    size = size + #line
  end
  out[#out] = out[#out] .. ","
  out[#out + 1] = "    NULL};"
end

local function write_lua(folder)
  local out = {
    "/* The Lua files of lua-whatsapp " .. version .. ", made by src/embed/amalgamate.lua; whatsapp.h says how to use it.",
    " * Each line is where it is in its file; comments and indentation are left out where that is safe. */",
    '#include "whatsapp.h"', "",
  }
  local rows = {}
  for i, module in ipairs(modules.lua()) do
    local chunk = "@" .. module.file:gsub("^lua/", "")
    if not is_left_out(module.name) then
      heading(out, module.file)
      add_pieces(out, "file_" .. i, bare(module.file, chunk))
      rows[#rows + 1] = ('    {"%s", "%s", file_%d},'):format(module.name, chunk, i)
    end
  end
  out[#out + 1] = "typedef struct lua_file {\n    const char *name, *chunk;"
  out[#out + 1] = "    const char *const *pieces; /* NULL ends */\n} lua_file;\n"
  out[#out + 1] = "static const lua_file lua_files[] = {\n" .. table.concat(rows, "\n") .. "\n    {NULL, NULL, NULL}};\n"
  out[#out + 1] = read "src/embed/searcher.c":gsub("\n$", "")
  write(folder .. "/whatsapp_lua.c", out)
end

local folder = assert((...), "amalgamate.lua FOLDER")
for name, file in pairs(MODULES) do write_module(folder, name, file) end
write(folder .. "/whatsapp.h", { (read "src/embed/whatsapp.h":gsub("@VERSION@", version):gsub("\n$", "")) })
write_lua(folder)
