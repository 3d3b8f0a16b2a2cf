-- whatsapp.crypto against the test vectors of RFC 4231, and against the output of Node's crypto.
local crypto = require "whatsapp.crypto"
local run = require "spec.support.run"
local scratch_folder = require "spec.support.scratch"
local vectors = require "spec.support.flow_vectors"

describe("crypto.hmac_sha256", function()
  local cases = {
    { ("\11"):rep(20), "Hi There", "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7" },
    { "Jefe", "what do ya want for nothing?", "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843" },
    { ("\170"):rep(20), ("\221"):rep(50), "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe" },
    { ("\170"):rep(131), "Test Using Larger Than Block-Size Key - Hash Key First",
      "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54" },
  }
  it("returns the digests of RFC 4231", function()
    for _, case in ipairs(cases) do assert.equal(case[3], crypto.hmac_sha256(case[1], case[2])) end
  end)

  it("takes any bytes, and the empty string", function()
    assert.equal(64, #crypto.hmac_sha256("", ""))
    assert.are_not.equal(crypto.hmac_sha256("a\0b", "x"), crypto.hmac_sha256("a", "x"))
    assert.is_false(pcall(crypto.hmac_sha256, "key"))
  end)
end)

describe("crypto.digest", function()
  -- FIPS 180-4: nothing, one block, two blocks, a million bytes
  local rows = {
    { "", 0, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" },
    { "abc", 1, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" },
    { "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 1,
      "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1" },
    { ("a"):rep(1000), 1000, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0" },
  }

  it("returns the SHA-256 of bytes in pieces", function()
    for _, row in ipairs(rows) do
      local digest = crypto.digest "sha256"
      for _ = 1, row[2] do digest:update(row[1]) end
      assert.equal(row[3], digest:final())
    end
    assert.equal(rows[2][3], crypto.digest("sha256"):update("a"):update(""):update("bc"):final "hex")
  end)

  it("returns digits or bytes", function()
    local bytes = crypto.digest("sha256"):update("a\0b"):final "binary"
    assert.equal(32, #bytes)
    local digits = bytes:gsub(".", function(byte) return ("%02x"):format(byte:byte()) end)
    assert.equal(crypto.digest("sha256"):update("a\0b"):final(), digits)
  end)

  it("ends with final; after that, every call raises", function()
    local digest = crypto.digest "sha256"
    assert.is_false(pcall(digest.final, digest, "base64"))
    assert.is_false(pcall(digest.update, digest))
    digest:final()
    for _, method in ipairs { "update", "final" } do
      local ok, text = pcall(digest[method], digest, "x")
      assert.is_false(ok)
      assert.is_truthy(text:find("attempt to use a digest that is final", 1, true))
    end
    assert.is_false(pcall(crypto.digest, "md5"))
    assert.is_false(pcall(crypto.digest))
    for _, method in ipairs { "update", "final", "__gc" } do assert.is_false(pcall(digest[method], io.stdout, "x")) end
  end)

  it("may be forgotten", function()
    for _ = 1, 100 do crypto.digest("sha256"):update "x" end
    collectgarbage()
    collectgarbage()
  end)
end)

describe("crypto.digest with a key", function()
  it("returns the HMAC of pieces", function()
    for _, key in ipairs { "", "key", "a\0b", ("k"):rep(200) } do
      local digest = crypto.digest("sha256", key):update "a":update "":update "bc"
      assert.equal(crypto.hmac_sha256(key, "abc"), digest:final())
      assert.is_false(pcall(digest.update, digest, "x"))
    end
    assert.is_false(pcall(crypto.digest, "sha256", {}))
  end)
end)

describe("crypto.base64", function()
  it("writes and reads every byte", function()
    local rows = { { "", "" }, { "f", "Zg==" }, { "fo", "Zm8=" }, { "foo", "Zm9v" }, { "foob", "Zm9vYg==" }, { "fooba", "Zm9vYmE=" },
      { "foobar", "Zm9vYmFy" }, { "\0\255\254", "AP/+" } }
    for _, row in ipairs(rows) do
      assert.equal(row[2], crypto.base64(row[1]))
      assert.equal(row[1], crypto.from_base64(row[2]))
    end
    local bytes = {}
    for i = 0, 255 do bytes[i + 1] = string.char(i) end
    local all = table.concat(bytes):rep(100)
    assert.equal(all, crypto.from_base64(crypto.base64(all)))
  end)

  it("refuses every other form", function()
    for _, wrong in ipairs { "Z", "Zg", "Zg=", "Zg==\n", " Zg==", "Zg= =", "=Zg=", "Zg==Zg==", "====", "===", "Zm9v=", "Zm-_", "Zm\0v", "Zm9v\0" } do
      assert.is_nil((crypto.from_base64(wrong)), wrong)
    end
    assert.is_false(pcall(crypto.from_base64))
  end)
end)

describe("crypto.secret", function()
  it("opens only its own sealed bytes", function()
    local secret, iv = crypto.secret(("k"):rep(16)), ("i"):rep(16)
    for _, text in ipairs { "", "x", ("long"):rep(10000), "\0\255" } do
      local sealed = secret:seal(iv, text)
      assert.equal(#text + 16, #sealed)
      assert.equal(text, secret:open(iv, sealed))
      for at = 1, #sealed, 997 do
        local changed = sealed:sub(1, at - 1) .. string.char((sealed:byte(at) + 1) % 256) .. sealed:sub(at + 1)
        assert.is_nil((secret:open(iv, changed)))
      end
      assert.is_nil((secret:open(("j"):rep(16), sealed)))
      assert.is_nil((crypto.secret():open(iv, sealed)))
      assert.is_nil((secret:open(iv, sealed:sub(1, -2))))
      assert.is_nil((secret:open(iv, sealed .. "\0")))
    end
    for short = 0, 15 do assert.is_nil((secret:open(iv, ("x"):rep(short)))) end
  end)

  it("has 16 bytes and vectors of 16 bytes", function()
    for _, wrong in ipairs { "", ("k"):rep(15), ("k"):rep(17), {} } do assert.is_false(pcall(crypto.secret, wrong)) end
    local secret = crypto.secret()
    for _, wrong in ipairs { "", ("i"):rep(12), ("i"):rep(17) } do
      assert.is_false(pcall(secret.seal, secret, wrong, "x"))
      assert.is_false(pcall(secret.open, secret, wrong, ("x"):rep(32)))
    end
  end)

  it("returns an error after it was closed", function()
    local secret = crypto.secret()
    local gc = secret.__gc
    gc(secret)
    gc(secret)
    for _, method in ipairs { "seal", "open" } do
      local ok, err = pcall(secret[method], secret, ("i"):rep(16), ("x"):rep(32))
      assert.is_false(ok)
      assert.is_truthy(err:find "secret that is gone", err)
      assert.is_false(pcall(secret[method], io.stdout, ("i"):rep(16), "x"))
    end
  end)
end)

describe("crypto's keys", function()
  local key = crypto.private_key(vectors.keys[1].pkcs8)

  it("pass a secret on", function()
    local secret, iv = crypto.secret(), ("i"):rep(16)
    local wrapped = crypto.public_key(vectors.keys[1].public):wrap(secret)
    assert.equal(256, #wrapped)
    assert.are_not.equal(wrapped, key:wrap(secret))
    assert.equal("x", key:unwrap(wrapped):open(iv, secret:seal(iv, "x")))
    for _, wrong in ipairs { "", "x", wrapped:sub(2), wrapped .. "\0", ("\0"):rep(256), ("\255"):rep(256), wrapped:reverse() } do
      assert.is_nil((key:unwrap(wrong)))
    end
    assert.is_nil((crypto.private_key(vectors.keys[2].pkcs8):unwrap(wrapped)))
    assert.is_false(pcall(key.wrap, key, ("k"):rep(16)))
  end)

  -- libcrypto reads a number, and takes it without its leading zeros too
  it("refuse bytes that are too short, also where only a leading zero is missing", function()
    local public, secret = crypto.public_key(vectors.keys[1].public), crypto.secret()
    local wrapped
    repeat wrapped = public:wrap(secret) until wrapped:byte() == 0 -- one of 256
    assert.truthy(key:unwrap(wrapped))
    assert.is_nil((key:unwrap(wrapped:sub(2))))
  end)

  it("are written in the same form in which they were read", function()
    assert.equal(vectors.keys[1].pkcs8, key:private_pem())
    assert.equal(vectors.keys[1].public, key:public_pem())
    local again = crypto.private_key(key:private_pem "a pass\0phrase", "a pass\0phrase")
    assert.equal(vectors.keys[1].pkcs8, again:private_pem())
    assert.is_false(pcall(key.private_pem, key, ("x"):rep(2000))) -- longer than libcrypto allows
  end)

  it("cannot unwrap if they are public", function()
    local public = crypto.public_key(vectors.keys[1].public)
    assert.is_nil((public:unwrap(public:wrap(crypto.secret()))))
    assert.is_false((pcall(public.private_pem, public)))
  end)

  it("return an error after they were closed", function()
    local gone = crypto.private_key(vectors.keys[1].pkcs8)
    gone.__gc(gone)
    gone.__gc(gone)
    for _, method in ipairs { "unwrap", "wrap", "private_pem", "public_pem", "bits" } do
      local ok, err = pcall(gone[method], gone, crypto.secret())
      assert.is_false(ok)
      assert.is_truthy(err:find "key that is gone", err)
    end
  end)
end)

describe("crypto.decipher", function()
  local function decrypted(decipher, bytes, piece)
    local list = {}
    for at = 1, #bytes, piece do list[#list + 1] = decipher:update(bytes:sub(at, at + piece - 1)) end
    local last = decipher:final()
    return last and table.concat(list) .. last
  end

  it("decrypts what Node encrypted, in pieces of any size", function()
    for _, media in ipairs(vectors.media) do
      local metadata, file = media.metadata, crypto.from_base64(media.file)
      for _, piece in ipairs { 1, 7, 16, 1000 } do
        local decipher = crypto.decipher(crypto.from_base64(metadata.encryption_key), crypto.from_base64(metadata.iv))
        assert.equal(crypto.from_base64(media.plain), decrypted(decipher, file:sub(1, -11), piece))
      end
    end
  end)

  it("decrypts a long file that openssl encrypted", function()
    local scratch = scratch_folder.new()
    local plain = scratch.write("plain", ("0123456789"):rep(100000))
    local function hex(byte, count) return ("%02x"):format(byte):rep(count) end
    assert.equal(0, (run(("openssl enc -aes-256-cbc -K %s -iv %s -in %s -out %s"):format(hex(7, 32), hex(9, 16), plain, scratch.path "sealed"))))
    local file = assert(io.open(scratch.path "sealed", "rb"))
    local bytes = file:read "*a"
    file:close()
    scratch.remove()
    assert.equal(("0123456789"):rep(100000), decrypted(crypto.decipher(("\7"):rep(32), ("\9"):rep(16)), bytes, 65536))
  end)

  it("reports a file that is cut, and raises for wrong keys", function()
    local decipher = crypto.decipher(("k"):rep(32), ("i"):rep(16))
    decipher:update(("x"):rep(17))
    assert.is_nil((decipher:final()))
    for _, method in ipairs { "update", "final" } do
      local ok, err = pcall(decipher[method], decipher, "x")
      assert.is_false(ok)
      assert.is_truthy(err:find("decipher that is final", 1, true))
    end
    assert.is_false(pcall(crypto.decipher, ("k"):rep(16), ("i"):rep(16)))
    assert.is_false(pcall(crypto.decipher, ("k"):rep(32), ("i"):rep(12)))
    crypto.decipher(("k"):rep(32), ("i"):rep(16)):update "x"
    collectgarbage()
  end)
end)

describe("crypto.equal", function()
  it("compares bytes", function()
    assert.is_true(crypto.equal("a\0b", "a\0b"))
    assert.is_true(crypto.equal("", ""))
    for _, pair in ipairs { { "a", "b" }, { "a", "ab" }, { "a\0b", "a\0c" }, { "", "a" } } do
      assert.is_false(crypto.equal(pair[1], pair[2]))
    end
  end)
end)

describe("crypto.random", function()
  it("returns the requested number of bytes, and never the same bytes", function()
    assert.equal(32, #crypto.random(16))
    assert.equal(128, #crypto.random(64))
    assert.is_truthy(crypto.random(8):find "^%x+$")
    assert.are_not.equal(crypto.random(16), crypto.random(16))
    for _, wrong in ipairs { 0, -1, 65 } do assert.is_false(pcall(crypto.random, wrong)) end
  end)
end)
