// Draws a message of either side as a bubble: every type of the API, with its buttons. Draws an unknown type as its JSON. Never
// sends anything by itself: `act` sends.
import { h, icon, button, formatted, outside, date, time, dotted, plain, hidden, form, open_dialog, toast, copy } from "./dom.js";
import { get, media } from "./api.js";
import { body as json, pretty } from "./json.js";

const text = (value) => (value ?? "") === "" ? null : h("p.words", formatted(value));
const small = (value) => value ? h("p.small", value) : null;
const words = (value) => typeof value === "string" ? value : value?.text ?? "";
const list = (value) => Array.isArray(value) ? value : [];
const title = (value) => h("p.title", value);

// ---- media

// shows a file that the sandbox has; the page itself never loads a link to another host
function bytes(object, show) {
  if (!object?.id) return linked(object);
  const shown = show(media(object.id));
  shown.addEventListener("error", () => shown.replaceWith(linked({ filename: `media ${object.id}` })));
  return h("div.media", shown);
}

function linked(object) {
  const { link: url, filename = url || "file" } = object || {};
  return h("div.file", icon("file"), h("span.grow", url ? outside(url, filename) : filename));
}

const MEDIA = {
  image: (o) => [bytes(o, (url) => h("img", { src: url, alt: o.caption || "image" })), text(o.caption)],
  sticker: (o) => bytes(o, (url) => h("img.sticker", { src: url, alt: "sticker" })),
  video: (o) => [bytes(o, (url) => h("video", { src: url, controls: true, "aria-label": o.caption || "video" })), text(o.caption)],
  audio: (o) => [bytes(o, (url) => h("audio", { src: url, controls: true, "aria-label": o.voice ? "voice message" : "audio" })), o.voice && small("voice message")],
  document: (o) => [bytes(o, (url) => h("a.file", { href: url, download: o.filename || "document" }, icon("file"), h("span.grow", o.filename || "document"))), text(o.caption)],
};

// ---- parts of interactive messages and templates

function header(part) {
  if (!part) return null;
  const type = part.type?.toLowerCase();
  if (type === "text") return title(words(part.text));
  if (MEDIA[type]) return MEDIA[type](part[type] || part);
  return type === "location" ? place(part.location || {}) : null;
}

const part = (value) => text(words(value));
const footer = (value) => small(words(value));

const press = (label, action, symbol, focus) => button([icon(symbol), h("span", label || "?")], action, "press", { "data-focus": focus });

const link = (label, url) => h("div.press", icon("link"), outside(url || "", label || url || "?"));

function place(o) {
  const { latitude, longitude, name, address } = o;
  return h("div.place", h("div.map", hidden, icon("pin")), h("div", name && title(name), small(address),
    outside(`https://www.openstreetmap.org/?mlat=${Number(latitude)}&mlon=${Number(longitude)}`, `${latitude}, ${longitude}`)));
}

const contact = (c) => h("div.contact", h("div.avatar", hidden, icon("person")), h("div",
  title(c.name?.formatted_name || c.name?.first_name || "contact"), list(c.phones).map((p) => small(p.phone || p.wa_id)),
  list(c.emails).map((e) => small(e.email)), list(c.addresses).map((a) => small(dotted(a.street, a.zip, a.city, a.country))),
  list(c.urls).map((u) => h("p.small", outside(u.url || "", u.url))), small(dotted(c.org?.title, c.org?.company))));

const money = (amount) => amount ? (amount.value / (amount.offset || 100)).toFixed(2) : "";

// ---- answers that need a form

async function answer_flow(context, entry, heading, suggestion) {
  const found = await form(heading, [["response", "Answers (JSON)", pretty(suggestion), "area"]]);
  if (found) await context.act("flow", { message: entry.id, response: JSON.parse(found.response) });
}

// Without an endpoint, a person writes the answer.
async function open_flow(context, entry, heading, suggestion) {
  if (!(await get("info")).flow_endpoint) return answer_flow(context, entry, heading, suggestion);
  let step = await context.act("flow/open", { message: entry.id });
  while (!step.problem && !step.response) {
    const found = await form(`${heading}: ${step.screen}`, [["shown", "The screen's data", pretty(step.data), "area"],
      ["data", "What the user submits (JSON)", "{}", "area"], ["step", "Then", ["submit", "back"]]]);
    if (!found) return;
    step = await context.act(`flow/${found.step}`, { message: entry.id, screen: step.screen, data: JSON.parse(found.data) });
  }
  if (step.problem) toast(step.error_msg || step.problem, "bad");
}

async function send_order(context, entry, items, catalog) {
  const offered = items.slice(0, 10);
  const found = await form("Order", [...offered.map((id, i) => [`q${i}`, `${id}: quantity`, i ? 0 : 1]), ["text", "Message to the business"]], "Place the order");
  if (!found) return;
  const chosen = offered.map((id, i) => ({ product_retailer_id: id, quantity: found[`q${i}`] })).filter((item) => item.quantity > 0);
  if (!chosen.length) throw new Error("the cart is empty");
  await context.act("order", { message: entry.id, items: chosen, catalog_id: catalog, text: found.text });
}

export async function send_location(context, more = {}) {
  const found = await form("Location", [["latitude", "Latitude", 52.5163], ["longitude", "Longitude", 13.3777],
    ["name", "Name", "Brandenburg Gate"], ["address", "Address", "Pariser Platz, Berlin"]]);
  if (found) await context.act("location", { ...more, ...found });
}

function choose(context, entry, sections) {
  const row = ({ id, title, description }) => button([h("span", title), description && h("span.small", description)], () => {
    dialog.close();
    return context.act("choose", { message: entry.id, row: id });
  }, "row");
  const dialog = open_dialog("Choose a row", h("div.rows", h("h2", "Choose"),
    sections.map((section) => h("section", section.title && h("h3", section.title), list(section.rows).map(row))),
    h("div.actions", button("Close", () => dialog.close()))));
}

// ---- interactive

const products = (action) => [action?.product_retailer_id, ...list(action?.sections).flatMap((s) => list(s.product_items).map((p) => p.product_retailer_id)),
  ...list(action?.cards).map((card) => card.action?.product_retailer_id), action?.parameters?.thumbnail_product_retailer_id].filter(Boolean);

const product = (id) => h("div.product", h("div.thumb", hidden, icon("cart")), h("span", id));

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

const carousel = (cards, c, e, draw) => h("ul.cards", { tabindex: "0", "aria-label": "cards" }, list(cards).map((one, i) => draw(one, c, e, i)));

function order_lines(o) {
  return h("div", list(o?.items).map((item) => line(`${item.quantity ?? 1} × ${item.name ?? item.retailer_id ?? ""}`, money(item.amount))),
    ["subtotal", "tax", "shipping", "discount"].map((name) => o?.[name] && line(name, money(o[name]))));
}

const line = (left, ...right) => h("div.line", h("span.grow", left), right);

const order = (o) => [order_lines(o?.order), o?.total_amount && line("Total", h("strong", `${o.currency ?? ""} ${money(o.total_amount)}`)), o?.reference_id && small(`Reference ${o.reference_id}`)];

const buy = (label) => (i, c, e) => {
  const ids = products(i.action);
  return [ids.slice(0, 3).map(product), ids.length > 3 && small(`and ${ids.length - 3} more`),
    press(label, () => send_order(c, e, ids.length ? ids : ["product-1"], i.action?.catalog_id), "cart", `${e.id}/order`)];
};

// type -> function(interactive, context, entry, parameters of the action)
const INTERACTIVE = {
  button: (i, c, e) => replies(i.action, c, e),
  list: (i, c, e) => press(i.action?.button || "Choose", () => choose(c, e, list(i.action?.sections)), "list", `${e.id}/list`),
  cta_url: (i, c, e, p) => link(p.display_text, p.url),
  flow: (i, c, e, p) => press(p.flow_cta, () => open_flow(c, e, p.flow_cta || "Flow", p.flow_action_payload?.data || { field: "value" }), "flow", `${e.id}/flow`),
  address_message: (i, c, e, p) => press("Provide address", () => answer_flow(c, e, "Address", { values: p.values || { name: "Ana", in_pin_code: "400063" } }), "pin", `${e.id}/address`),
  location_request_message: (i, c) => press("Send location", () => send_location(c), "pin"),
  request_contact_info: (i, c) => press("Share contact", () => c.act("contact", { name: c.user.name, phone: `+${c.user.number}` }), "person"),
  product: buy("View"), product_list: buy("View items"), catalog_message: buy("View catalog"),
  carousel: (i, c, e) => carousel(i.action?.cards, c, e, card),
  order_details: (i, c, e, p) => order(p),
  order_status: (i, c, e, p) => [line(`Order ${p.reference_id ?? ""}`, h("strong", p.order?.status)), small(p.order?.description)],
  call_permission_request: (i, c, e) => [title("May the business call you?"), [["Allow", "accept", "call"], ["Not now", "reject", "close"]]
    .map(([label, button, symbol]) => press(label, () => c.act("press", { message: e.id, button }), symbol, `${e.id}/${button}`))],
  voice_call: (i, c, e, p) => press(p.display_text || "Call now", () => c.act("call"), "call"),
  button_reply: (i) => text(i.button_reply?.title),
  list_reply: (i) => [text(i.list_reply?.title), small(i.list_reply?.description)],
  nfm_reply: (i) => [text(i.nfm_reply?.body || "Sent"), h("details", h("summary", "answers"), json(i.nfm_reply?.response_json))],
  call_permission_reply: (i) => text(`Calls: ${i.call_permission_reply?.response === "accept" ? "allowed" : "not now"}`),
};

function interactive(i, c, e) {
  const draw = INTERACTIVE[i?.type?.toLowerCase()];
  return [header(i.header), part(i.body), footer(i.footer), draw ? draw(i, c, e, i.action?.parameters || {}) : json(JSON.stringify(i))];
}

// ---- templates

const filled = (p) => p?.text ?? p?.currency?.fallback_value ?? p?.date_time?.fallback_value ?? p?.payload ?? p?.coupon_code ?? p?.product?.product_retailer_id ?? "";
const low = (value) => String(value ?? "").toLowerCase();

const goods = (b, c, e, first) => press(b.text || "View items", () => send_order(c, e, [...products(first.action), "product-1"].slice(0, 5)), "cart");
const code = (b, c, e, first) => {
  const value = b.code || filled(first);
  return press(`Copy ${value || "code"}`, () => copy(value), "file");
};
const call = (b, c) => press(b.text || "Call", () => c.act("call"), "call");

// type -> function(button, context, entry, its first parameter, its index)
const BUTTONS = {
  quick_reply: (b, c, e, first, index) => {
    const label = b.text || filled(first) || "quick reply";
    return press(label, () => c.act("press", { message: e.id, button: b.payload ?? first.payload ?? label }), "reply", `${e.id}/${index}`);
  },
  url: (b) => link(b.text || "Open", b.url),
  flow: (b, c, e, first) => press(b.text || "Open", () => open_flow(c, e, b.text || "Flow", first.action?.flow_action_data || { field: "value" }), "flow"),
  catalog: goods, mpm: goods, spm: goods, copy_code: code, coupon_code: code, voice_call: call, phone_number: call,
  order_details: (b, c, e, first) => order(first.action?.order_details),
};

function template_button(b, index, c, e) {
  const type = low(b.sub_type || b.type), first = list(b.parameters)[0] || {}, draw = BUTTONS[type];
  return draw ? draw(b, c, e, first, index) : h("div.press", h("span", b.text || filled(first) || plain(type)));
}

// type of a header's parameter -> draws it
const HEADS = { ...MEDIA, location: place, product: (o) => product(o.product_retailer_id) };

const parameter = (p) => p.limited_time_offer ? small(`Offer ends ${date(p.limited_time_offer.expiration_time_ms / 1000).toLocaleString()}`) : h("span.filled", filled(p));

const parameters = (one, c, e, all) => all.map(parameter);

// type -> function(component, context, entry, its parameters)
const COMPONENTS = {
  header: (one, c, e, all) => all.map((p) => HEADS[p.type] ? HEADS[p.type](p[p.type] || {}) : title(filled(p))),
  body: parameters, limited_time_offer: parameters, footer: parameters,
  button: (one, c, e) => template_button(one, one.index ?? 0, c, e),
  carousel: (one, c, e) => carousel(one.cards, c, e, (k) => h("li.card", list(k.components).map((inner) => component(inner, c, e)))),
  order_status: (one, c, e, all) => all.map((p) => small(`Order ${p.order_status?.reference_id ?? ""}: ${p.order_status?.order?.status ?? ""}`)),
};

const component = (one, c, e) => COMPONENTS[low(one.type)]?.(one, c, e, list(one.parameters));

// draws a rendered template or card
const rendered = (r, components, c, e) => [
  r.format === "TEXT" ? title(r.header) : list(components).filter((one) => low(one.type) === "header").map((one) => component(one, c, e)),
  small(r.offer), text(r.body), small(r.footer), list(r.buttons).map((b, i) => template_button(b, i, c, e))];

// without a definition, draws the parameters of the message
function template(t, c, e) {
  const sent = list(t.components), name = small(`template ${t.name} · ${t.language?.code ?? ""}`);
  if (!e.rendered) return [name, sent.map((one) => component(one, c, e))];
  const cards = list(sent.find((one) => low(one.type) === "carousel")?.cards);
  return [rendered(e.rendered, sent, c, e), e.rendered.cards && carousel(e.rendered.cards, c, e, (card, _, __, i) => h("li.card", rendered(card, cards[i]?.components, c, e))), name];
}

// ---- bubbles

const TYPES = {
  ...MEDIA, text: (o) => text(o.body), location: place, contacts: (o) => list(o).map(contact), interactive, template,
  reaction: (o) => text(o.emoji ? `reacted ${o.emoji}` : "removed the reaction"),
  button: (o) => text(o.text),
  order: (o) => [list(o.product_items).map((item) => line([icon("cart"), ` ${item.quantity} × ${item.product_retailer_id}`], `${item.item_price} ${item.currency}`)), text(o.text)],
  unsupported: () => small("a message of a type that the API does not pass on"),
  system: (o) => small(o.body), request_welcome: () => small("opened the chat"),
  pin: (o) => small(`${o.type === "unpin" ? "unpinned" : "pinned"} a message`),
};

const EMPTY = new Set(["unsupported", "request_welcome"]);
const type_of = (m) => m.type?.toLowerCase() || Object.keys(TYPES).find((name) => m[name]) || "text";

export function drawn(m, context, entry) {
  const type = type_of(m), object = m[type] || (EMPTY.has(type) && {});
  return object && TYPES[type] ? TYPES[type](object, context, entry) : json(JSON.stringify(m));
}

// returns one line for a quote, a screen reader and the list of chats
export function summary(m) {
  if (!m) return "";
  const type = type_of(m), o = m[type] || {}, i = m.interactive || {};
  if (type === "template") return `template ${o.name}`;
  return String(words(o.body) || (o.caption ?? i.button_reply?.title ?? i.list_reply?.title ?? o.text ?? o.emoji ?? o.name ?? o.filename ?? plain(type)));
}

const TICKS = { accepted: "…", sent: "✓", delivered: "✓✓", read: "✓✓", played: "▶", failed: "!" };

function ticks({ status, statuses }) {
  const when = Object.entries(statuses).map(([name, at]) => `${name} ${time(at)}`).join(", ");
  return h("span.ticks." + status, { title: when || status }, h("span", hidden, TICKS[status]), h("span", status));
}

export function bubble(entry, context) {
  const mine = entry.from === "user", m = mine ? entry.inbound : entry.message;
  const quoted = m.context?.id || m.context?.message_id, original = quoted && context.find(quoted);
  const who = mine ? context.user.name : "Business";
  return h("li.entry" + (mine ? ".mine" : ".theirs"), { "data-id": entry.id },
    h("article.bubble" + (type_of(m) === "sticker" ? ".bare" : ""), { "aria-label": `${who}, ${time(entry.at)}: ${summary(m).slice(0, 120)}` },
      m.context?.forwarded && h("p.small.forwarded", "forwarded"),
      m.referral && small(`from the ad “${m.referral.headline || m.referral.source_id || ""}”`),
      quoted && h("blockquote", original ? summary(original.inbound || original.message).slice(0, 140) : "a message"),
      drawn(m, context, entry),
      entry.error && h("p.failed", `failed: ${entry.error.code ?? entry.error} ${entry.error.title ?? ""}`),
      h("div.meta", h("time", time(entry.at)), !mine && ticks(entry), context.tools(entry, mine))),
    entry.reaction && h("span.reaction", { "aria-label": `reaction ${entry.reaction}` }, entry.reaction));
}
