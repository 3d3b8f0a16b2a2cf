-- whatsapp media: uploads, downloads, looks up and deletes the files of the phone number, through client.media; also checks a
-- file without a client. Never replaces a file without --replace.
local exit = require "whatsapp.cli.exit"

local KINDS = { "image", "video", "audio", "document", "sticker" }

-- Calls a method of client.media, and returns its values. If the method raises, ends the command: the arguments are wrong.
local function call(method, media, ...)
  local ok, result, err, details = pcall(media[method], media, ...)
  if not ok then exit.stop("usage", (tostring(result):gsub("^[^:]+:%d+: ", ""))) end
  return result, err, details
end

-- returns the function that shows the progress of a transfer; nil: stderr is no terminal, or -q is set
local function progress_of(context)
  if context.options.quiet or not context.terminal:is_terminal(2) then return nil end
  return function(done, total)
    context.terminal:progress(total and total > 0 and ("%d of %d bytes, %d%%"):format(done, total, math.floor(100 * done / total))
      or ("%d bytes"):format(done))
  end
end

local function up(context)
  local options = context.options
  local media = context.settings():client().media
  local result, err, details = call("upload", media, options.file, { as = options.as, type = options.type,
    progress = progress_of(context) })
  if not result then exit.for_failure(err, details) end
  context.emit({ id = result.id, file = options.file }, result.id, { "id" })
end

local function info(context)
  local found, err, details = call("get", context.settings():client().media, context.options.id)
  if not found then exit.for_failure(err, details, true) end
  context.emit(found, ("%s\t%s\t%s bytes\t%s"):format(found.id, tostring(found.mime_type), tostring(found.file_size),
    tostring(found.sha256)),
    { "id", "mime_type", "file_size", "sha256", "url" })
end

-- Downloads a file. If the command line names no file to write, looks the id up and makes a safe name from the answer.
local function down(context)
  local options = context.options
  local media, file = context.settings():client().media, options.file
  local what = options.id
  if not file then
    local found = { id = what:match "^[%w_-]+$" or "file" }
    if what == found.id then
      local err, details
      found, err, details = call("get", media, what)
      if not found then exit.for_failure(err, details, true) end
      what = found
    end
    file = require("whatsapp.media").safe_name(found)
  end
  local got, err, details = call("download", media, what, file, { replace = options.replace, progress = progress_of(context) })
  if not got then exit.for_failure(err, details, true) end
  context.emit(got, got.path, { "path", "size", "sha256", "mime_type" })
end

local function rm(context)
  local result, err, details = call("delete", context.settings():client().media, context.options.id)
  if not result then exit.for_failure(err, details, true) end
  context.emit({ id = context.options.id, deleted = true }, nil, { "id" })
end

-- checks a file without a client
local function check(context)
  local options = context.options
  local ok, plan, warnings, details = pcall(require("whatsapp.cli.media_check").plan, options.file, { as = options.as,
    type = options.type })
  if not ok then exit.stop("usage", tostring(plan)) end
  if not plan then exit.for_failure(warnings, details) end
  for _, warning in ipairs(warnings or {}) do context.terminal:note("warning: " .. warning.message) end
  context.emit({ filename = plan.filename, type = plan.type, size = plan.size, as = plan.as },
    ("%s\t%s\t%d bytes\tsent as %s"):format(plan.filename, plan.type, plan.size, plan.as), { "filename", "type", "size", "as" })
end

local FILE = { "file", "1", "the file", argname = "FILE" }
local ID = { "id", "1", "the id of the file", argname = "ID" }
local AS = { "--as", "TYPE", "the type of the message that shows the file", choices = KINDS }
local TYPE = { "--type", "MIME", "the MIME type, if the bytes do not tell it" }

return {
  name = "media",
  summary = "upload, download, look up, delete and check files",
  examples = { "whatsapp media up photo.jpg", "whatsapp media down 1037543291543636 photo.jpg" },
  commands = {
    { name = "up", summary = "upload a file and print its id", arguments = { FILE }, options = { AS, TYPE },
      examples = { "id=$(whatsapp media up photo.jpg)" }, run = up },
    { name = "down", summary = "download a file and check its checksum", arguments = {
        { "id", "1", "the id of the file, or its URL", argname = "ID|URL" },
        { "file", "?", "the file to write", argname = "FILE" } },
      options = { { "--replace", nil, "replace FILE if it exists" } },
        examples = { "whatsapp media down 1037543291543636 photo.jpg" },
      run = down },
    { name = "info", summary = "print type, size, checksum and URL of a file", arguments = { ID },
      examples = { "whatsapp media info 1037543291543636" },
      run = info },
    { name = "rm", summary = "delete a file", arguments = { ID }, examples = { "whatsapp media rm 1037543291543636" }, run = rm },
    { name = "check", summary = "check a file; needs no token", arguments = { FILE }, options = { AS, TYPE },
      examples = { "whatsapp media check photo.jpg" }, run = check },
  },
}
