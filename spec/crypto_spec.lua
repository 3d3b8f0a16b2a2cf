-- whatsapp.crypto against the test vectors of RFC 4231.
local crypto = require "whatsapp.crypto"

describe("crypto.hmac_sha256", function()
  local cases = {
    { ("\11"):rep(20), "Hi There", "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7" },
    { "Jefe", "what do ya want for nothing?", "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843" },
    { ("\170"):rep(20), ("\221"):rep(50), "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe" },
    { ("\170"):rep(131), "Test Using Larger Than Block-Size Key - Hash Key First",
      "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54" },
  }
  it("makes the digests of RFC 4231", function()
    for _, case in ipairs(cases) do assert.equal(case[3], crypto.hmac_sha256(case[1], case[2])) end
  end)

  it("takes any bytes, and none", function()
    assert.equal(64, #crypto.hmac_sha256("", ""))
    assert.are_not.equal(crypto.hmac_sha256("a\0b", "x"), crypto.hmac_sha256("a", "x"))
    assert.is_false(pcall(crypto.hmac_sha256, "key"))
  end)
end)

describe("crypto.digest", function()
  -- FIPS 180-4: nothing, one block, two blocks, a million bytes
  local vectors = {
    { "", 0, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" },
    { "abc", 1, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" },
    { "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 1,
      "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1" },
    { ("a"):rep(1000), 1000, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0" },
  }

  it("makes the SHA-256 of what comes in pieces", function()
    for _, vector in ipairs(vectors) do
      local digest = crypto.digest "sha256"
      for _ = 1, vector[2] do digest:update(vector[1]) end
      assert.equal(vector[3], digest:final())
    end
    assert.equal(vectors[2][3], crypto.digest("sha256"):update("a"):update(""):update("bc"):final "hex")
  end)

  it("gives digits or bytes", function()
    local bytes = crypto.digest("sha256"):update("a\0b"):final "binary"
    assert.equal(32, #bytes)
    local digits = bytes:gsub(".", function(byte) return ("%02x"):format(byte:byte()) end)
    assert.equal(crypto.digest("sha256"):update("a\0b"):final(), digits)
  end)

  it("ends with final, and raises on anything else", function()
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
  it("gives as many bytes as asked for, never the same ones", function()
    assert.equal(32, #crypto.random(16))
    assert.equal(128, #crypto.random(64))
    assert.is_truthy(crypto.random(8):find "^%x+$")
    assert.are_not.equal(crypto.random(16), crypto.random(16))
    for _, wrong in ipairs { 0, -1, 65 } do assert.is_false(pcall(crypto.random, wrong)) end
  end)
end)
