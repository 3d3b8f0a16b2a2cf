-- client.media and the files of flows. It fetches files that Node's crypto encrypted, without the token, checks them, and
-- decrypts them to the disk or into a sink. A file that is not authentic leaves nothing on the disk. Over the memory transport,
-- in a folder of its own.
local crypto = require "whatsapp.crypto"
local memory = require "whatsapp.transport.memory"
local read = require "spec.support.read"
local scratch_folder = require "spec.support.scratch"
local vectors = require "spec.support.flow_vectors"
local whatsapp = require "whatsapp"

local URL = "https://mmg.whatsapp.net/v/t62.7118-24/1?ccb=11&oh=01"
local MEMBERS = { "encryption_key", "hmac_key", "iv", "encrypted_hash", "plaintext_hash" }

local scratch = scratch_folder.new()

-- returns a client whose transport is a host with these bytes
local function new(bytes, changes)
  local transport = memory.new(function() return { status = 200, headers = { ["content-type"] = "application/octet-stream" }, body = bytes } end)
  local options = { token = "a-token-of-a-test", phone_number_id = "106", transport = transport, retry = false }
  for name, value in pairs(changes or {}) do options[name] = value end
  return whatsapp.new(options), transport
end

local function file_of(media, changes)
  local metadata = {}
  for name, value in pairs(media.metadata) do metadata[name] = value end
  for name, value in pairs(changes or {}) do metadata[name] = value or nil end
  return { media_id = "790aba14-5f4a-4dbd-aa9e-0d75401da14b", file_name = "IMG_5237.jpg", cdn_url = URL, encryption_metadata = metadata }
end

local function hash(bytes) return crypto.base64(crypto.digest("sha256"):update(bytes):final "binary") end

-- a file with the HMAC of another key, or a cut file: all hashes are right
local function signed(body, media, key)
  local metadata = media.metadata
  local mac = crypto.digest("sha256", key or crypto.from_base64(metadata.hmac_key)):update(crypto.from_base64(metadata.iv))
    :update(body):final "binary"
  return body .. mac:sub(1, 10)
end

after_each(scratch.empty)
teardown(scratch.remove)

describe("a flow's file", function()
  it("is decrypted to a path and into a sink", function()
    for _, media in ipairs(vectors.media) do
      local plain = crypto.from_base64(media.plain)
      local client, transport = new(crypto.from_base64(media.file))
      local got = assert(client.media:download(file_of(media), scratch.path "photo.jpg", { replace = true }))
      assert.same({ path = scratch.path "photo.jpg", size = #plain, verified = true, sha256 = crypto.digest("sha256"):update(plain):final() },
        got)
      assert.equal(plain, read(scratch.path "photo.jpg"))
      assert.equal("600\n", scratch.run "stat -c %a photo.jpg")
      assert.same({ "photo.jpg" }, scratch.list())
      local pieces = {}
      assert(client.media:download(file_of(media), function(piece) pieces[#pieces + 1] = piece end))
      assert.equal(plain, table.concat(pieces))
      for _, request in ipairs(transport.requests) do
        assert.same({ "GET", URL }, { request.method, request.url })
        assert.is_nil(request.headers.Authorization)
      end
    end
  end)

  it("leaves no file if anything is wrong, and shows no key", function()
    local media = vectors.media[#vectors.media]
    local bytes = crypto.from_base64(media.file)
    local body, plain_hash = bytes:sub(1, -11), hash(crypto.from_base64(media.plain))
    local function rehashed(changed, changes)
      changes = changes or {}
      changes.encrypted_hash = hash(changed)
      return { changed, changes }
    end
    local rows = {
      { bytes:sub(1, -2), {}, "does not have the SHA-256" },
      { bytes:sub(1, 100) .. "x" .. bytes:sub(102), {}, "does not have the SHA-256" },
      { bytes, { encrypted_hash = plain_hash }, "does not have the SHA-256" },
      { rehashed(bytes:sub(1, 100) .. "\0" .. bytes:sub(102)), "its HMAC belongs" },
      { rehashed(bytes:sub(1, -11) .. ("\0"):rep(10)), "its HMAC belongs" },
      { rehashed(bytes:sub(1, -2)), "cannot be an encrypted file" },
      { rehashed(bytes:sub(1, 10)), "cannot be an encrypted file" },
      { rehashed "", "no bytes|cannot be an encrypted file" },
      { bytes, { hmac_key = crypto.base64(("h"):rep(32)) }, "its HMAC belongs" },
      { bytes, { iv = crypto.base64(("i"):rep(16)) }, "its HMAC belongs" },
      { bytes, { encryption_key = crypto.base64(("k"):rep(32)) }, "last block is wrong|differs from its metadata" },
      { bytes, { plaintext_hash = media.metadata.encrypted_hash }, "differs from its metadata" },
      { rehashed(signed(body:sub(1, -17), media)), "last block is wrong|differs from its metadata" },
      { rehashed(signed(body .. body:sub(1, 16), media)), "last block is wrong|differs from its metadata" },
    }
    for i, row in ipairs(rows) do
      local wanted = row[#row]
      local given_bytes, changes = row[1], row[2]
      if type(row[1]) == "table" then given_bytes, changes = row[1][1], row[1][2] end
      for _, target in ipairs { scratch.path "photo.jpg", function() error "not for a sink" end } do
        local got, err, details = new(given_bytes).media:download(file_of(media, changes), target)
        assert.is_nil(got, "row " .. i)
        local found = false
        for words in wanted:gmatch "[^|]+" do found = found or err:find(words, 1, true) ~= nil end
        assert.is_true(found, ("row %d: %s"):format(i, err))
        assert.equal("protocol", details.kind)
        assert.is_false(details.may_have_been_sent)
        assert.same({}, scratch.list())
      end
    end
  end)

  it("is not fetched if its metadata are wrong", function()
    local media = vectors.media[1]
    for _, name in ipairs(MEMBERS) do
      for _, wrong in ipairs { false, "", "x", 5, {}, crypto.base64(("k"):rep(31)), "not base64!" } do
        local client, transport = new "x"
        local got, err, details = client.media:download(file_of(media, { [name] = wrong }), scratch.path "x")
        assert.is_nil(got)
        assert.equal("encryption_metadata." .. name, details.problems[1].path)
        assert.is_truthy(err:find("encryption_metadata." .. name, 1, true))
        assert.equal(0, #transport.requests)
      end
    end
    for _, wrong in ipairs { false, "x", 5 } do
      local file = file_of(media)
      file.encryption_metadata = wrong or nil
      local _, _, details = new("x").media:download(file, scratch.path "x")
      assert.equal("encryption_metadata", details.problems[1].path)
    end
  end)

  it("is fetched from WhatsApp's hosts and from those that the client names, and never with the token", function()
    local media = vectors.media[2]
    local bytes = crypto.from_base64(media.file)
    local rows = {
      { "https://mmg.whatsapp.net/a", true }, { "https://media-fra3-1.cdn.whatsapp.net/a?b", true }, { "https://cdn.example/a", false },
      { "https://graph.facebook.com/v26.0/1", false }, { "https://lookaside.fbsbx.com/a", false }, { "http://mmg.whatsapp.net/a", false },
      { "https://mmg.whatsapp.net@evil.example/a", false }, { "https://mmg.whatsapp.net.evil.example/a", false },
      { "https://evilwhatsapp.net/a", false }, { "file:///etc/passwd", false }, { "https://127.0.0.1/a", false }, { "", false },
    }
    for _, row in ipairs(rows) do
      local client, transport = new(bytes)
      local file = file_of(media)
      file.cdn_url = row[1]
      local got, err = client.media:download(file, scratch.path "x", { replace = true })
      assert.equal(row[2], got ~= nil, row[1] .. ": " .. tostring(err))
      assert.equal(row[2] and 1 or 0, #transport.requests)
    end
    local client, transport = new(bytes, { media_hosts = { "cdn.example" } })
    local file = file_of(media)
    file.cdn_url = "https://cdn.example/a"
    assert(client.media:download(file, scratch.path "x", { replace = true }))
    assert.is_nil(transport.requests[1].headers.Authorization)
    for _, wrong in ipairs { 5, {}, true } do
      file.cdn_url = wrong
      assert.is_nil((client.media:download(file, scratch.path "x", { replace = true })))
    end
  end)

  it("replaces a file only with the option replace, and has a limit", function()
    local media = vectors.media[#vectors.media]
    local client = new(crypto.from_base64(media.file))
    scratch.write("old", "old")
    assert.is_nil((client.media:download(file_of(media), scratch.path "old")))
    assert.equal("old", read(scratch.path "old"))
    local _, err = client.media:download(file_of(media), scratch.path "new", { max = 100 })
    assert.is_truthy(err:find "100", err)
    assert.same({ "old" }, scratch.list())
  end)
end)
