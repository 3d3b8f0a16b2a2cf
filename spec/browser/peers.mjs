// A client that this project did not write uses the sandbox: make test-peers. @kapso/whatsapp-cloud-api sends every kind, uploads
// media and lists templates; its receiver verifies and reads the webhooks. The last line is "N passed, N failed".
import http from "node:http";
import { WhatsAppClient } from "@kapso/whatsapp-cloud-api";
import { verifySignature, normalizeWebhook } from "@kapso/whatsapp-cloud-api/server";
import { test, run, equal, truthy, until, start_sandbox, client_of } from "./support.mjs";

const phoneNumberId = "106540352242922", to = "16505551234", wabaId = "102290129340398";
const at = { phoneNumberId, to };
const link = "https://example.com/a";

// its functions for these two send parameters that the API does not document
const raw = (m, type, more) => m.sendInteractiveRaw({ ...at, interactive: { type, body: { text: "?" }, ...more } });

// what is sent -> how; the same names as in the project's own examples
const KINDS = {
  text: (m) => m.sendText({ ...at, body: "Hello from a stranger" }),
  image: (m) => m.sendImage({ ...at, image: { link: `${link}.png`, caption: "A picture" } }),
  audio: (m) => m.sendAudio({ ...at, audio: { link: `${link}.ogg` } }),
  document: (m) => m.sendDocument({ ...at, document: { link: `${link}.pdf`, filename: "a.pdf" } }),
  video: (m) => m.sendVideo({ ...at, video: { link: `${link}.mp4` } }),
  sticker: (m) => m.sendSticker({ ...at, sticker: { link: `${link}.webp` } }),
  location: (m) => m.sendLocation({ ...at, location: { latitude: -33.45, longitude: -70.66, name: "Santiago" } }),
  contacts: (m) => m.sendContacts({ ...at, contacts: [{ name: { formattedName: "John Doe", firstName: "John" }, phones: [{ phone: "+15551234567", type: "WORK" }] }] }),
  template: (m) => m.sendTemplate({ ...at, template: { name: "hello_world", language: { code: "en_US" } } }),
  buttons: (m) => m.sendInteractiveButtons({ ...at, bodyText: "Pick one", buttons: [{ id: "yes", title: "Yes" }, { id: "no", title: "No" }] }),
  list: (m) => m.sendInteractiveList({ ...at, bodyText: "Pick one", buttonText: "Choose", sections: [{ title: "All", rows: [{ id: "a", title: "A" }] }] }),
  product: (m) => m.sendInteractiveProduct({ ...at, catalogId: "1", productRetailerId: "tea" }),
  product_list: (m) => m.sendInteractiveProductList({ ...at, bodyText: "All", header: { type: "text", text: "Products" }, catalogId: "1", sections: [{ title: "Drinks", productItems: [{ productRetailerId: "tea" }] }] }),
  flow: (m) => m.sendInteractiveFlow({ ...at, bodyText: "Book", parameters: { flowId: "1", flowCta: "Book", flowToken: "t", flowAction: "navigate", flowActionPayload: { screen: "FIRST" } } }),
  address: (m) => m.sendInteractiveAddress({ ...at, bodyText: "Where to?", parameters: { country: "IN" } }),
  location_request: (m) => raw(m, "location_request_message", { action: { name: "send_location" } }),
  call_permission: (m) => raw(m, "call_permission_request", { action: { name: "call_permission_request" } }),
  cta_url: (m) => m.sendInteractiveCtaUrl({ ...at, bodyText: "See the dates", parameters: { displayText: "See Dates", url: link } }),
  carousel: (m) => m.sendInteractiveCarousel({ ...at, bodyText: "Choose", cards: [0, 1].map((cardIndex) => ({ cardIndex, header: { type: "image", image: { link: `${link}.png` } }, bodyText: `Card ${cardIndex}`, action: { type: "cta_url", displayText: "View", url: link } })) }),
  catalog: (m) => m.sendInteractiveCatalogMessage({ ...at, bodyText: "Browse", parameters: { thumbnailProductRetailerId: "tea" } }),
};

for (const [name, send] of Object.entries(KINDS)) {
  test(`sends: ${name}`, async ({ client }) => {
    const sent = await send(client.messages);
    truthy(/^wamid\./.test(sent.messages[0].id), JSON.stringify(sent));
  });
}

test("reacts to a message of a user, and marks it as read", async ({ client, api }) => {
  const { id } = await api.post(`users/${to}/write`, { text: "hello" });
  await client.messages.sendReaction({ ...at, reaction: { messageId: id, emoji: "👍" } });
  const marked = await client.messages.markRead({ phoneNumberId, messageId: id });
  equal(marked.success, true, "marked");
});

test("uploads a file, looks it up, downloads and deletes it", async ({ client }) => {
  const file = Buffer.from("the bytes of a file");
  const { id } = await client.media.upload({ phoneNumberId, type: "document", file: new Blob([file], { type: "text/plain" }), fileName: "a.txt" });
  const found = await client.media.get({ mediaId: id, phoneNumberId });
  truthy(found.url, JSON.stringify(found));
  const bytes = Buffer.from(await client.media.download({ mediaId: id, phoneNumberId, auth: "always", headers: { "user-agent": "stranger/1.0.0" } })); // the API wants one like this
  equal(bytes.toString(), file.toString(), "the bytes");
  equal((await client.media.delete({ mediaId: id, phoneNumberId })).success, true, "deleted");
});

test("creates and lists templates", async ({ client }) => {
  await client.templates.create({ businessAccountId: wabaId, name: "from_a_stranger", language: "en_US", category: "UTILITY", components: [{ type: "BODY", text: "Your order is on its way." }] });
  const { data } = await client.templates.list({ businessAccountId: wabaId });
  truthy(data.some((one) => one.name === "from_a_stranger"), JSON.stringify(data));
});

test("is told what is wrong with a message", async ({ client }) => {
  const refused = await client.messages.sendRaw({ phoneNumberId, payload: { messaging_product: "whatsapp", to, type: "text", text: { body: "x".repeat(5000) } } }).then(() => null, (problem) => problem);
  truthy(refused, "it was taken");
  equal(refused.code, 131009, String(refused));
});

test("verifies and reads what a user does", async ({ api, got }) => {
  got.length = 0;
  await api.post(`users/${to}/write`, { text: "a/b @c 😀 مرحبا <b>" });
  const { id } = await api.send({ to, type: "interactive", interactive: { type: "button", body: { text: "?" }, action: { buttons: [{ type: "reply", reply: { id: "yes", title: "Yes" } }] } } });
  await api.post(`users/${to}/press`, { message: id, button: "yes" });
  await until(() => got.flatMap((one) => one.read.messages).length >= 2, "both messages");
  const [text, press] = got.flatMap((one) => one.read.messages);
  equal(text.text.body, "a/b @c 😀 مرحبا <b>", "the text");
  equal(press.interactive.buttonReply, { id: "yes", title: "Yes" }, "the button");
  await until(() => got.flatMap((one) => one.read.statuses).some((one) => one.id === id && one.status === "delivered"), "the status");
  equal(got.filter((one) => !one.verified).length, 0, "signatures that it does not verify");
});

// its receiver as an endpoint
function start_receiver(got, secret) {
  const server = http.createServer((request, response) => {
    const chunks = [];
    request.on("data", (chunk) => chunks.push(chunk));
    request.on("end", () => {
      const query = new URL(request.url, "http://receiver").searchParams;
      response.end(query.get("hub.challenge") || "ok");
      if (request.method === "GET") return;
      const rawBody = Buffer.concat(chunks);
      got.push({ verified: verifySignature({ appSecret: secret(), rawBody, signatureHeader: request.headers["x-hub-signature-256"] }), read: normalizeWebhook(JSON.parse(rawBody)) });
    });
  });
  return new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(server)));
}

const context = { got: [] };
let sandbox;
const server = await start_receiver(context.got, () => sandbox.app_secret);
sandbox = await start_sandbox({ WEBHOOK: `http://127.0.0.1:${server.address().port}/` });
context.client = new WhatsAppClient({ accessToken: "any", baseUrl: sandbox.base_url, graphVersion: "v26.0" });
context.api = client_of(sandbox);
try {
  process.exitCode = (await run(context)) ? 1 : 0;
} finally {
  await sandbox.stop();
  server.closeAllConnections();
  server.close();
}
