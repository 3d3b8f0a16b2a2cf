// Draws a message of either side as a bubble: every type of the API, with its buttons. Draws an unknown type as its JSON. Never
// sends anything by itself: `act` sends.
import { h, icon, formatted, outside, time, form, attempt, toast } from "./dom.js";
import { get, media } from "./api.js";
import { body as json } from "./json.js";

const text = (value) => value === undefined || value === null || value === "" ? null : h("p.words", { dir: "auto" }, formatted(value));
const small = (value) => value ? h("p.small", { dir: "auto" }, String(value)) : null;
const words = (value) => typeof value === "string" ? value : value?.text ?? "";
const list = (value) => Array.isArray(value) ? value : [];
const title = (value) => h("p.title", { dir: "auto" }, value);

// ---- media --------------------------------------------------------------------------------------------------------------

// shows a file that the sandbox has; the page itself never loads a link to another host
function bytes(object, show) {
  if (!object?.id) return linked(object);
  const shown = show(media(object.id));
  shown.addEventListener("error", () => shown.replaceWith(linked({ filename: `media ${object.id}` })));
  return h("div.media", shown);
}

function linked(object) {
  const name = object?.filename || object?.link || "file";
  return h("div.file", icon("file"), h("span.grow", { dir: "auto" }, object?.link ? outside(object.link, name) : name));
}

const MEDIA = {
  image: (o) => [bytes(o, (url) => h("img", { src: url, alt: o.caption || "image" })), text(o.caption)],
  sticker: (o) => bytes(o, (url) => h("img.sticker", { src: url, alt: "sticker" })),
  video: (o) => [bytes(o, (url) => h("video", { src: url, controls: true, "aria-label": o.caption || "video" })), text(o.caption)],
  audio: (o) => [bytes(o, (url) => h("audio", { src: url, controls: true, "aria-label": o.voice ? "voice message" : "audio" })), o.voice && small("voice message")],
  document: (o) => [bytes(o, (url) => h("a.file", { href: url, download: o.filename || "document" }, icon("file"), h("span.grow", { dir: "auto" }, o.filename || "document"))), text(o.caption)],
};

// ---- parts of interactive messages and templates ------------------------------------------------------------------------------

function header(part) {
  if (!part) return null;
  const type = part.type?.toLowerCase();
  if (type === "text") return title(words(part.text));
  if (MEDIA[type]) return MEDIA[type](part[type] || part);
  if (type === "location") return place(part.location || {});
  return null;
}

const part = (value) => text(words(value));
const footer = (value) => small(words(value));

function press(label, action, symbol, focus) {
  return h("button.press", { onclick: attempt(action), "data-focus": focus }, symbol && icon(symbol), h("span", { dir: "auto" }, label || "?"));
}

const link = (label, url) => h("div.press", icon("link"), outside(url || "", label || url || "?"));

function place(o) {
  const lat = Number(o.latitude), lon = Number(o.longitude);
  return h("div.place", h("div.map", { "aria-hidden": "true" }, icon("pin")), h("div",
    o.name && title(o.name), o.address && small(o.address),
    outside(`https://www.openstreetmap.org/?mlat=${lat}&mlon=${lon}`, `${o.latitude}, ${o.longitude}`)));
}

const contact = (c) => h("div.contact", h("div.avatar.tiny", { "aria-hidden": "true" }, icon("person")), h("div",
  title(c.name?.formatted_name || c.name?.first_name || "contact"), list(c.phones).map((p) => small(p.phone || p.wa_id)),
  list(c.emails).map((e) => small(e.email)), list(c.addresses).map((a) => small([a.street, a.zip, a.city, a.country].filter(Boolean).join(", "))),
  list(c.urls).map((u) => h("p.small", outside(u.url || "", u.url))), c.org && small([c.org.title, c.org.company].filter(Boolean).join(", "))));

const money = (amount) => amount ? (amount.value / (amount.offset || 100)).toFixed(2) : "";

// ---- answers that need a form -----------------------------------------------------------------------------------------------

function parsed(words) {
  try { return JSON.parse(words); } catch { throw new Error("that is not JSON"); }
}

async function answer_flow(context, entry, heading, suggestion) {
  const found = await form(heading, [{ name: "response", label: "Answers (JSON)", type: "area", value: JSON.stringify(suggestion, null, 2), required: true }]);
  if (found) await context.act("flow", { message: entry.id, response: parsed(found.response) });
}

const pretty = (value) => JSON.stringify(value ?? {}, null, 2);

// Without an endpoint, a person writes the user's answer. With an endpoint, each screen comes from it, until a screen ends the
// flow.
async function open_flow(context, entry, heading, suggestion) {
  if (!(await get("info")).flow_endpoint) return answer_flow(context, entry, heading, suggestion);
  let step = await context.act("flow/open", { message: entry.id });
  while (!step.problem && !step.response) {
    const found = await form(`${heading}: ${step.screen}`, [
      { name: "shown", label: "The screen's data", type: "area", value: pretty(step.data) },
      { name: "data", label: "What the user submits (JSON)", type: "area", value: "{}", required: true },
      { name: "step", label: "Then", options: ["submit", "back"] }]);
    if (!found) return;
    step = await context.act(`flow/${found.step}`, { message: entry.id, screen: step.screen, data: parsed(found.data) });
  }
  if (step.problem) toast(step.error_msg || step.problem, "bad");
}

async function send_order(context, entry, items, catalog) {
  const found = await form("Order", [
    ...items.slice(0, 10).map((id, i) => ({ name: `q${i}`, label: `${id}: quantity`, type: "number", value: i ? 0 : 1 })),
    { name: "text", label: "Message to the business", value: "" }], "Place the order");
  if (!found) return;
  const chosen = items.slice(0, 10).map((id, i) => ({ product_retailer_id: id, quantity: found[`q${i}`] })).filter((item) => item.quantity > 0);
  if (!chosen.length) return toast("the cart is empty", "bad");
  await context.act("order", { message: entry.id, items: chosen, catalog_id: catalog, text: found.text || undefined });
}

export async function send_location(context, more = {}) {
  const found = await form("Location", [
    { name: "latitude", label: "Latitude", type: "number", step: "any", value: 52.5163, required: true },
    { name: "longitude", label: "Longitude", type: "number", step: "any", value: 13.3777, required: true },
    { name: "name", label: "Name", value: "Brandenburg Gate" }, { name: "address", label: "Address", value: "Pariser Platz, Berlin" }]);
  if (found) await context.act("location", { ...more, ...found, name: found.name || undefined, address: found.address || undefined });
}

async function choose(context, entry, sections) {
  const rows = sections.flatMap((section) => list(section.rows));
  const dialog = h("dialog.rows", { "aria-label": "Choose a row", onclose: () => dialog.remove() },
    h("h2", "Choose"),
    sections.map((section) => h("section", section.title && h("h3", { dir: "auto" }, section.title), list(section.rows).map((row) =>
      h("button.row", { onclick: attempt(async () => { dialog.close(); await context.act("choose", { message: entry.id, row: row.id }); }) },
        h("span", { dir: "auto" }, row.title), row.description && h("span.small", { dir: "auto" }, row.description))))),
    h("div.actions", h("button.plain", { onclick: () => dialog.close() }, `Close (${rows.length} rows)`)));
  document.body.append(dialog);
  dialog.showModal();
}

// ---- interactive ------------------------------------------------------------------------------------------------------------

const products = (action) => [action?.product_retailer_id, ...list(action?.sections).flatMap((s) => list(s.product_items).map((p) => p.product_retailer_id)),
  ...list(action?.cards).map((card) => card.action?.product_retailer_id), action?.parameters?.thumbnail_product_retailer_id].filter(Boolean);

const product = (id) => h("div.product", h("div.thumb", { "aria-hidden": "true" }, icon("cart")), h("span", id));

function replies(action, c, e) {
  return list(action?.buttons).map((b) => {
    const reply = b.reply || b.quick_reply;
    return reply && press(reply.title, () => c.act("press", { message: e.id, button: reply.id }), "reply", `${e.id}/${reply.id}`);
  });
}

function card(one, c, e) {
  const action = one.action || {};
  return h("li.card", header(one.header), part(one.body), action.product_retailer_id && product(action.product_retailer_id),
    action.parameters?.url && link(action.parameters.display_text, action.parameters.url), replies(action, c, e),
    one.type === "product" && press("View", () => send_order(c, e, [action.product_retailer_id], action.catalog_id), "cart"));
}

const carousel = (cards, c, e, draw) => h("ul.cards", { tabindex: "0", "aria-label": "cards" }, list(cards).map((one) => draw(one, c, e)));

function order_lines(o) {
  return h("div", list(o?.items).map((item) => h("div.line", h("span.grow", { dir: "auto" }, `${item.quantity ?? 1} × ${item.name ?? item.retailer_id ?? ""}`), money(item.amount))),
    ["subtotal", "tax", "shipping", "discount"].map((name) => o?.[name] && h("div.line.small", h("span.grow", name), money(o[name]))));
}

const buy = (c, e, label) => (i) => {
  const ids = products(i.action);
  return [ids.slice(0, 3).map(product), ids.length > 3 && small(`and ${ids.length - 3} more`),
    press(label, () => send_order(c, e, ids.length ? ids : ["product-1"], i.action?.catalog_id), "cart", `${e.id}/order`)];
};

const INTERACTIVE = {
  button: (i, c, e) => replies(i.action, c, e),
  list: (i, c, e) => press(i.action?.button || "Choose", () => choose(c, e, list(i.action?.sections)), "list", `${e.id}/list`),
  cta_url: (i) => link(i.action?.parameters?.display_text, i.action?.parameters?.url),
  flow: (i, c, e) => press(i.action?.parameters?.flow_cta, () => open_flow(c, e, i.action?.parameters?.flow_cta || "Flow", i.action?.parameters?.flow_action_payload?.data || { field: "value" }), "flow", `${e.id}/flow`),
  address_message: (i, c, e) => press("Provide address", () => answer_flow(c, e, "Address", { saved_address_id: undefined, values: i.action?.parameters?.values || { name: "Ana", phone_number: "+16505551234", in_pin_code: "400063" } }), "pin", `${e.id}/address`),
  location_request_message: (i, c) => press("Send location", () => send_location(c), "pin"),
  request_contact_info: (i, c) => press("Share contact", () => c.act("contact", { name: c.user.name, phone: `+${c.user.number}` }), "person"),
  product: (i, c, e) => buy(c, e, "View")(i),
  product_list: (i, c, e) => buy(c, e, "View items")(i),
  catalog_message: (i, c, e) => buy(c, e, "View catalog")(i),
  carousel: (i, c, e) => carousel(i.action?.cards, c, e, card),
  order_details: (i, c, e) => [order_lines(i.action?.parameters?.order), h("div.line", h("strong.grow", "Total"), h("strong", `${i.action?.parameters?.currency ?? ""} ${money(i.action?.parameters?.total_amount)}`)),
    small(`Reference ${i.action?.parameters?.reference_id ?? ""}`)],
  order_status: (i) => [h("div.line", h("span.grow", `Order ${i.action?.parameters?.reference_id ?? ""}`), h("strong", i.action?.parameters?.order?.status)), small(i.action?.parameters?.order?.description)],
  call_permission_request: (i, c, e) => [title("May the business call you?"), press("Allow", () => c.act("press", { message: e.id, button: "accept" }), "call", `${e.id}/accept`), press("Not now", () => c.act("press", { message: e.id, button: "reject" }), "close", `${e.id}/reject`)],
  voice_call: (i, c) => press(i.action?.parameters?.display_text || "Call now", () => c.act("call"), "call"),
  button_reply: (i) => text(i.button_reply?.title),
  list_reply: (i) => [text(i.list_reply?.title), small(i.list_reply?.description)],
  nfm_reply: (i) => [text(i.nfm_reply?.body || "Sent"), h("details", h("summary", "answers"), json(i.nfm_reply?.response_json))],
  call_permission_reply: (i) => text(`Calls: ${i.call_permission_reply?.response === "accept" ? "allowed" : "not now"}`),
};

function interactive(i, c, e) {
  const draw = INTERACTIVE[i?.type?.toLowerCase()];
  return [header(i.header), part(i.body), footer(i.footer), draw ? draw(i, c, e) : json(JSON.stringify(i))];
}

// ---- templates --------------------------------------------------------------------------------------------------------------

const filled = (p) => p?.text ?? p?.currency?.fallback_value ?? p?.date_time?.fallback_value ?? p?.payload ?? p?.coupon_code ?? p?.product?.product_retailer_id ?? "";

function template_button(b, index, c, e) {
  const type = String(b.sub_type || b.type || "").toLowerCase(), first = list(b.parameters)[0] || {};
  const label = b.text || b.title || filled(first) || type.replaceAll("_", " ");
  if (type === "quick_reply") return press(label, () => c.act("press", { message: e.id, button: b.payload ?? first.payload ?? label }), "reply", `${e.id}/${index}`);
  if (type === "url") return link(b.text || "Open", b.url || "");
  if (type === "flow") return press(b.text || "Open", () => open_flow(c, e, b.text || "Flow", first.action?.flow_action_data || { field: "value" }), "flow");
  if (type === "catalog" || type === "mpm" || type === "spm") return press(b.text || "View items", () => send_order(c, e, products(first.action || {}).concat("product-1").slice(0, 5), undefined), "cart");
  if (type === "copy_code" || type === "coupon_code") return press(`Copy ${filled(first) || b.text || "code"}`, () => toast("copied"), "file");
  if (type === "voice_call" || type === "phone_number") return press(b.text || "Call", () => c.act("call"), "call");
  if (type === "order_details") { const o = first.action?.order_details; return [order_lines(o?.order), o?.total_amount && h("div.line", h("strong.grow", "Total"), money(o.total_amount))]; }
  return h("div.press", h("span", label));
}

function component(one, c, e) {
  const type = String(one.type || "").toLowerCase(), parameters = list(one.parameters);
  if (type === "header") return parameters.map((p) => MEDIA[p.type] ? MEDIA[p.type](p[p.type] || {}) : p.type === "location" ? place(p.location || {}) : p.type === "product" ? product(filled(p)) : title(filled(p)));
  if (type === "body" || type === "limited_time_offer" || type === "footer") return parameters.map((p) => p.limited_time_offer ? small(`Offer ends ${new Date(p.limited_time_offer.expiration_time_ms).toLocaleString()}`) : h("span.filled", { dir: "auto" }, filled(p)));
  if (type === "button") return template_button(one, one.index ?? 0, c, e);
  if (type === "carousel") return carousel(one.cards, c, e, (k) => h("li.card", list(k.components).map((inner) => component(inner, c, e))));
  if (type === "order_status") return parameters.map((p) => small(`Order ${p.order_status?.reference_id ?? ""}: ${p.order_status?.order?.status ?? ""}`));
  return null;
}

// draws what the sandbox rendered from the definition; without it, draws the parameters of the message
function template(t, c, e) {
  const r = e.rendered;
  const name = small(`template ${t.name} · ${t.language?.code ?? ""}`);
  if (!r) return [name, list(t.components).map((one) => component(one, c, e))];
  const top = r.header && (typeof r.header === "string" ? title(r.header) : header(r.header.format ? { type: r.header.format, ...r.header } : r.header));
  const cards = list(t.components).filter((one) => String(one.type).toLowerCase() === "carousel");
  return [top, part(r.body), footer(r.footer), list(r.buttons).map((b, i) => template_button(b, i, c, e)), cards.map((one) => component(one, c, e)), name];
}

// ---- bubbles ----------------------------------------------------------------------------------------------------------------

const TYPES = {
  ...MEDIA, text: (o) => text(o.body), location: place, contacts: (o) => list(o).map(contact), interactive, template,
  reaction: (o) => text(o.emoji ? `reacted ${o.emoji}` : "removed the reaction"),
  button: (o) => text(o.text),
  order: (o) => [list(o.product_items).map((item) => h("div.line", icon("cart"), h("span.grow", `${item.quantity} × ${item.product_retailer_id}`), `${item.item_price} ${item.currency}`)), text(o.text)],
  unsupported: () => small("a message of a type that the API does not pass on"),
  system: (o) => small(o.body), request_welcome: () => small("opened the chat"),
  pin: (o) => small(`${o.type === "unpin" ? "unpinned" : "pinned"} a message`),
};

const type_of = (m) => m.type?.toLowerCase() || Object.keys(TYPES).find((name) => m[name]) || "text";

export function drawn(m, context, entry) {
  const type = type_of(m), draw = TYPES[type], object = m[type];
  if (draw && (object || type === "unsupported" || type === "request_welcome")) return draw(object || {}, context, entry);
  return json(JSON.stringify(m));
}

// returns one line for a quote, a screen reader and the list of chats
export function summary(m) {
  if (!m) return "";
  const type = type_of(m), o = m[type] || {}, i = m.interactive || {};
  return String(o.body?.text ?? (typeof o.body === "string" ? o.body : undefined) ?? o.caption ?? i.button_reply?.title ?? i.list_reply?.title ?? o.text
    ?? o.emoji ?? (type === "template" ? `template ${o.name}` : undefined) ?? o.name ?? o.filename ?? type.replaceAll("_", " "));
}

const TICKS = { accepted: ["…", "accepted"], sent: ["✓", "sent"], delivered: ["✓✓", "delivered"], read: ["✓✓", "read"], played: ["▶", "played"], failed: ["!", "failed"] };

function ticks(entry) {
  const [mark, word] = TICKS[entry.status] || TICKS.accepted;
  const when = Object.entries(entry.statuses || {}).map(([name, at]) => `${name} ${new Date(at * 1000).toLocaleTimeString()}`).join(", ");
  return h("span.ticks." + word, { title: when || word }, h("span", { "aria-hidden": "true" }, mark), h("span.word", word));
}

export function bubble(entry, context) {
  const m = entry.inbound || entry.message || {}, mine = !!entry.inbound || entry.from === "user";
  const quoted = m.context?.id || m.context?.message_id, original = quoted && context.find(quoted);
  const who = mine ? context.user.name : "Business";
  return h("li.entry" + (mine ? ".mine" : ".theirs"), { "data-id": entry.id },
    h("article.bubble" + (type_of(m) === "sticker" ? ".bare" : ""), { "aria-label": `${who}, ${time(entry.at)}: ${summary(m).slice(0, 120)}` },
      m.context?.forwarded && h("p.small.forwarded", "forwarded"),
      m.referral && small(`from the ad “${m.referral.headline || m.referral.source_id || ""}”`),
      quoted && h("blockquote", { dir: "auto" }, original ? summary(original.inbound || original.message).slice(0, 140) : "a message"),
      drawn(m, context, entry),
      entry.error && h("p.failed", `failed: ${entry.error.code ?? entry.error} ${entry.error.title ?? ""}`),
      h("div.meta", h("time", time(entry.at)), !mine && ticks(entry), context.tools(entry, mine))),
    entry.reaction && h("span.reaction", { "aria-label": `reaction ${entry.reaction}` }, entry.reaction));
}
