-- Decrypts files that a user chose in a flow. Such a file is encrypted with AES-256-CBC, and ends with the first 10 bytes of an
-- HMAC-SHA256. Its metadata has the keys, and the hashes of the file before and after the encryption. libcrypto decrypts. Reads
-- and writes in pieces. Never writes a byte of a file that is not authentic, and never puts a key into an error.
local digest = require "whatsapp.util.sha256"
local show = require "whatsapp.util.show"
local source = require "whatsapp.media.file"

local sealed = {}

local PIECE, MAC_SIZE, BLOCK = 65536, 10, 16

-- rows: the name of a key, and its number of bytes
local KEYS = { { "encryption_key", 32 }, { "hmac_key", 32 }, { "iv", 16 } }
local HASHES = { "encrypted_hash", "plaintext_hash" }

---@class whatsapp.media.sealed
---@field encryption_key string 32 bytes
---@field hmac_key string 32 bytes
---@field iv string 16 bytes
---@field encrypted_hash string 64 hexadecimal digits
---@field plaintext_hash string 64 hexadecimal digits

---Reads the keys and hashes of a file.
---@param metadata any the member encryption_metadata of the file
---@return whatsapp.media.sealed? read
---@return string? err
---@return string? path the path of the wrong member
function sealed.read(metadata)
  local crypto = require "whatsapp.crypto"
  if type(metadata) ~= "table" then return nil, "the keys of the file are missing", "encryption_metadata" end
  local read = {}
  for _, row in ipairs(KEYS) do
    local name, size, text = row[1], row[2], metadata[row[1]]
    local bytes = type(text) == "string" and crypto.from_base64(text) or ""
    if #bytes ~= size then return nil, ("must be %d bytes in base64"):format(size), "encryption_metadata." .. name end
    read[name] = bytes
  end
  for _, name in ipairs(HASHES) do
    read[name] = digest.hex(metadata[name])
    if not read[name] then return nil, "must be a SHA-256 in base64", "encryption_metadata." .. name end
  end
  return read
end

-- Calls `take(piece)` for the bytes of a file up to `stop`. Returns true, or nil and an error.
local function each_piece(opened, stop, take)
  local offset = 0
  while offset < stop do
    local piece = opened.at(offset, math.min(PIECE, stop - offset))
    if piece == "" then return nil, "the file cannot be read to its end" end
    local ok, err = take(piece)
    if not ok then return nil, err end
    offset = offset + #piece
  end
  return true
end

local function is_authentic(read, opened, stop)
  local crypto = require "whatsapp.crypto"
  local mac = crypto.digest("sha256", read.hmac_key):update(read.iv)
  local ok, err = each_piece(opened, stop, function(piece) return mac:update(piece) end)
  if not ok then return nil, err end
  if crypto.equal(mac:final("binary"):sub(1, MAC_SIZE), opened.at(stop, MAC_SIZE)) then return true end
  return nil, "the file is not authentic: its HMAC belongs to another file or another key"
end

-- decrypts into an open file; returns the size of the decrypted file
local function pour(read, opened, stop, file)
  local decipher, sum, size = require("whatsapp.crypto").decipher(read.encryption_key, read.iv), digest.new(), 0
  local function put(plain)
    sum:update(plain)
    size = size + #plain
    return file:write(plain)
  end
  local ok, err = each_piece(opened, stop, function(piece) return put(decipher:update(piece)) end)
  if not ok then return nil, err end
  local last = decipher:final()
  if not last then return nil, "the file cannot be decrypted: its last block is wrong" end
  ok, err = put(last)
  if not ok then return nil, err end
  if sum:final() ~= read.plaintext_hash then return nil, "the SHA-256 of the decrypted file differs from its metadata" end
  return size
end

local function decrypt_to(read, opened, stop, path)
  local created, err = source.create(path)
  if not created then return nil, err end
  local file
  file, err = io.open(path, "wb")
  if not file then return nil, err end
  local size, problem = pour(read, opened, stop, file)
  local closed, unclosed = file:close()
  if size and closed then return size end
  return nil, problem or unclosed
end

---Decrypts a file into a new file. Before this call, the caller must check `encrypted_hash`; after a failure, the caller must
---remove the new file.
---@param read whatsapp.media.sealed
---@param from string path
---@param to string path
---@return integer? size
---@return string? err
function sealed.decrypt(read, from, to)
  local opened, err = source.open { path = from, filename = "part" }
  if not opened then return nil, err end
  local stop, size = opened.size - MAC_SIZE, nil
  if stop < BLOCK or stop % BLOCK ~= 0 then
    opened.close()
    return nil, ("a file of %.0f bytes cannot be an encrypted file"):format(opened.size)
  end
  local ok
  ok, err = is_authentic(read, opened, stop)
  if ok then size, err = decrypt_to(read, opened, stop, to) end
  opened.close()
  return size, not size and show.value(err) or nil
end

return sealed
