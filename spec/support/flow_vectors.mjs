// Makes spec/support/flow_vectors.lua with Node's crypto, which shares no code with ours: keys, requests to a flow's endpoint as
// WhatsApp's client encrypts them, the answers that it would accept, and encrypted media. Each run makes new keys.
//   node spec/support/flow_vectors.mjs >spec/support/flow_vectors.lua
import crypto from "node:crypto";

const SECRET = "the-app-secret-of-a-test";
const PASSPHRASE = "a passphrase of a test";

// ---- Lua ------------------------------------------------------------------------------------------------------------------

function lua(value, indent = "") {
  if (typeof value === "string") return `"${value.replace(/[\\"]/g, "\\$&").replace(/\n/g, "\\n")}"`;
  if (typeof value !== "object") return String(value);
  const deeper = indent + "  ";
  const rows = Array.isArray(value) ? value.map((item) => `${deeper}${lua(item, deeper)},\n`)
    : Object.entries(value).map(([name, item]) => `${deeper}${name} = ${lua(item, deeper)},\n`);
  return `{\n${rows.join("")}${indent}}`;
}

// ---- the exchange ---------------------------------------------------------------------------------------------------------

const flipped = (iv) => Buffer.from(iv.map((byte) => byte ^ 255));

function seal(key, iv, text) {
  const cipher = crypto.createCipheriv("aes-128-gcm", key, iv, { authTagLength: 16 });
  return Buffer.concat([cipher.update(text), cipher.final(), cipher.getAuthTag()]).toString("base64");
}

function exchange(publicKey, name, request, response) {
  const key = crypto.randomBytes(16), iv = crypto.randomBytes(16);
  const wrapped = crypto.publicEncrypt(
    { key: publicKey, padding: crypto.constants.RSA_PKCS1_OAEP_PADDING, oaepHash: "sha256" }, key);
  const body = JSON.stringify({
    encrypted_flow_data: seal(key, iv, JSON.stringify(request)), encrypted_aes_key: wrapped.toString("base64"),
    initial_vector: iv.toString("base64"),
  });
  const signature = "sha256=" + crypto.createHmac("sha256", SECRET).update(body).digest("hex");
  const text = JSON.stringify(response);
  return { name, body, signature, aes_key: key.toString("hex"), response: text, answer: seal(key, flipped(iv), text) };
}

const TOKEN = "booking-1042";
const CASES = [
  ["ping", { version: "3.0", action: "ping" }, { data: { status: "active" } }],
  ["init", { version: "3.0", action: "INIT", flow_token: TOKEN, screen: "", data: {} },
    { data: { days: [], greeting: "Olá, João 👋", most: 12345678901234, slots: [{ id: "9", title: "09:00" }] }, screen: "APPOINTMENT" }],
  ["data_exchange", { version: "3.0", action: "data_exchange", screen: "APPOINTMENT", flow_token: TOKEN,
    data: { day: "2026-12-01", slots: [], note: "kein \"Problem\"\n\u0000", none: null, many: [1, 2.5, "x"] } },
  { data: { extension_message_response: { params: { flow_token: TOKEN } } }, screen: "SUCCESS" }],
  ["back", { version: "3.0", action: "BACK", screen: "SUMMARY", flow_token: TOKEN, data: {} },
    { data: {}, screen: "APPOINTMENT" }],
  ["error", { version: "3.0", action: "data_exchange", screen: "APPOINTMENT", flow_token: TOKEN,
    data: { error: "invalid-screen-transition", error_message: "no such screen" } }, { data: { acknowledged: true } }],
  ["long", { version: "3.0", action: "data_exchange", screen: "NOTE", flow_token: TOKEN, data: { note: "ä".repeat(1500) } },
    { data: { text: "ß".repeat(1500) }, screen: "NOTE" }],
];

function keys(modulusLength) {
  const { privateKey, publicKey } = crypto.generateKeyPairSync("rsa", { modulusLength });
  const pkcs1 = (more) => privateKey.export({ type: "pkcs1", format: "pem", ...more });
  const pkcs8 = (more) => privateKey.export({ type: "pkcs8", format: "pem", ...more });
  return {
    bits: modulusLength,
    public: publicKey.export({ type: "spki", format: "pem" }),
    pkcs1: pkcs1(), pkcs8: pkcs8(),
    pkcs1_des3: pkcs1({ cipher: "des-ede3-cbc", passphrase: PASSPHRASE }),
    pkcs8_aes: pkcs8({ cipher: "aes-256-cbc", passphrase: PASSPHRASE }),
    exchanges: CASES.map((row) => exchange(publicKey, ...row)),
  };
}

// ---- media ----------------------------------------------------------------------------------------------------------------

function media(size) {
  const plain = Buffer.from(Array.from({ length: size }, (_, i) => (i * 7 + size) % 256));
  const key = crypto.randomBytes(32), hmacKey = crypto.randomBytes(32), iv = crypto.randomBytes(16);
  const cipher = crypto.createCipheriv("aes-256-cbc", key, iv);
  const bytes = Buffer.concat([cipher.update(plain), cipher.final()]);
  const mac = crypto.createHmac("sha256", hmacKey).update(iv).update(bytes).digest().subarray(0, 10);
  const file = Buffer.concat([bytes, mac]);
  const hash = (of) => crypto.createHash("sha256").update(of).digest("base64");
  return {
    plain: plain.toString("base64"), file: file.toString("base64"),
    metadata: {
      encryption_key: key.toString("base64"), hmac_key: hmacKey.toString("base64"), iv: iv.toString("base64"),
      plaintext_hash: hash(plain), encrypted_hash: hash(file),
    },
  };
}

const { privateKey: ec } = crypto.generateKeyPairSync("ec", { namedCurve: "P-256" });
const { privateKey: small } = crypto.generateKeyPairSync("rsa", { modulusLength: 1024 });
process.stdout.write(`-- Made by flow_vectors.mjs with Node ${process.version}: keys that protect nothing, and what was encrypted with them.
-- luacheck: ignore 631
return ${lua({
    secret: SECRET, passphrase: PASSPHRASE,
    ec: ec.export({ type: "pkcs8", format: "pem" }), small: small.export({ type: "pkcs8", format: "pem" }),
    keys: [keys(2048), keys(4096)], media: [0, 1, 15, 16, 17, 1000].map(media),
  })}
`);
