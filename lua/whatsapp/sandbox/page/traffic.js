// The tabs of requests and webhooks: lists with details. Never changes the bytes that it shows.
import { h, fill, keyed, exact, time, form, attempt, toast } from "./dom.js";
import { get, post } from "./api.js";
import { body as json } from "./json.js";

const MOST = 150; // rows of a list

// A list on the left, the details of the chosen item on the right.
class Pair {
  constructor(label) {
    this.items = [];
    this.chosen = null;
    this.list = h("ul.rows-list", { tabindex: "0", "aria-label": label });
    this.detail = h("div.detail");
    this.tools = h("div.bar");
    this.node = h("div.pair", h("div.side", this.tools, this.list), this.detail);
  }

  choose(id) {
    this.chosen = id;
    this.drawn = null;
    this.draw();
    if (matchMedia("(max-width: 800px)").matches) this.detail.scrollIntoView({ block: "start" });
  }

  draw() {
    if (!this.items.some((item) => item.id === this.chosen)) this.chosen = this.items[0]?.id ?? null;
    keyed(this.list, this.items.length ? this.items.map((item) => ({ ...this.line(item), id: item.id, on: item.id === this.chosen })) : [{ id: "empty", words: this.nothing }], (item) => item.id, (item) => item.words !== undefined ? h("li.nothing", item.words)
      : h("li", h("button.item" + (item.on ? ".on" : ""), { "aria-pressed": String(item.on), "data-focus": item.id, onclick: () => this.choose(item.id) },
        h("span.state" + (item.bad ? ".bad" : item.waits ? ".waits" : ".good"), {}, item.state), h("span.grow", { dir: "auto" }, item.title, h("span.small", item.more)), h("time", item.time))));
    const found = this.items.find((item) => item.id === this.chosen), data = JSON.stringify(found);
    if (data === this.drawn && this.detail.childElementCount) return;
    this.drawn = data;
    fill(this.detail, found ? this.details(found) : h("p.nothing", this.nothing));
  }
}

const block = (heading, ...content) => h("section.block", h("h3", heading), content);
const headers = (all) => h("dl.headers", Object.entries(all || {}).map(([name, value]) => [h("dt", name), h("dd", String(value))]));

// returns a short description of a sent message
function about(body) {
  try {
    const message = JSON.parse(body);
    return message.status ? `${message.status}` : `${message.type ?? ""} to ${message.to ?? message.recipient ?? "?"}`;
  } catch { return ""; }
}

export class Requests extends Pair {
  constructor() {
    super("Requests, newest first");
    this.kinds = new Set(["request", "reset"]);
    this.nothing = "No request came yet.";
    this.tools.remove();
  }

  async refresh() {
    const { requests } = await get("requests?limit=200");
    this.items = requests.slice(0, MOST).map((item) => ({ ...item, message_id: item.id, id: item.seq }));
    this.draw();
  }

  line(item) {
    return { state: String(item.status ?? item.fault ?? "?"), bad: !item.status || item.status >= 400, title: `${item.method} ${String(item.path || item.url || "").replace(/^https?:\/\/[^/]+/, "").replace(/^\/v\d+\.\d+\/\d*\/?/, "")}`, more: [about(item.request), item.rule && `rule ${item.rule}`, item.problems?.length && `refused: ${item.problems.length} problem${item.problems.length > 1 ? "s" : ""}`].filter(Boolean).join(" · "), time: exact(item.at) };
  }

  details(item) {
    return [h("h2", { dir: "ltr" }, `${item.method} ${item.path || item.url}`), h("p.small", [exact(item.at), item.ms !== undefined && `${item.ms} ms`, item.fault && `fault: ${item.fault.what || item.fault}`, item.rule && `rule ${item.rule}`].filter(Boolean).join(" · ")),
      block("Request", item.headers && h("details", h("summary", "headers"), headers(item.headers)), json(item.request ?? item.body, item.problems)),
      block(`Response ${item.status ?? ""}`, json(item.response ?? item.answer))];
  }
}

export class Webhooks extends Pair {
  constructor(app) {
    super("Deliveries, newest first");
    Object.assign(this, { app, kinds: new Set(["delivery", "reset", "handshake"]), nothing: "No webhook was sent. Set the URL of your endpoint: then the sandbox posts the users' messages and each status." });
    this.endpoint = h("p.small");
    fill(this.tools, this.endpoint, h("button.plain", { onclick: attempt(() => this.set_endpoint()) }, "Endpoint…"),
      h("button.plain", { onclick: attempt(async () => { const said = await post("handshake"); toast(said.problem || "asked for the challenge"); await this.refresh(); }) }, "Handshake"),
      h("button.plain", { onclick: attempt(() => this.send_raw()) }, "Send raw…"));
  }

  async set_endpoint() {
    const found = await form("Endpoint of the webhooks", [{ name: "url", label: "URL", value: this.url || "http://127.0.0.1:8080/webhook" }, { name: "number", label: "For one phone_number_id (optional)", value: "" }], "Set");
    if (!found) return;
    await post("webhooks/endpoint", { url: found.url || undefined, number: found.number || undefined });
    await this.refresh();
  }

  async send_raw() {
    const found = await form("Send a signed body", [{ name: "body", label: "Body", type: "area", value: '{"object":"whatsapp_business_account","entry":[]}', required: true }]);
    if (found) { await post("webhooks/raw", { body: found.body }); await this.refresh(); }
  }

  async refresh() {
    const [answer, { webhooks }] = await Promise.all([get("webhooks?limit=200"), get("info")]);
    this.items = answer.deliveries.slice(0, MOST);
    this.url = webhooks[""];
    const to = Object.entries(webhooks).map(([number, url]) => `${number ? `${number} ` : ""}to ${url}`).join(", ");
    fill(this.endpoint, to || "no endpoint is set", " ");
    const shake = answer.handshake;
    if (shake) this.endpoint.append(h("span.state" + (shake.ok ? ".good" : ".bad"), {}, shake.ok ? "handshake ok" : `handshake: ${shake.problem}`));
    this.draw();
  }

  line(item) {
    const last = item.attempts?.at(-1);
    return { state: String(last?.status ?? (last?.err ? "error" : item.state)), bad: item.state === "dropped" || item.state === "lost" || (last && last.status !== 200), waits: item.state === "waiting",
      title: `${item.what || "raw"}`, more: [item.about && String(item.about).slice(-14), item.attempts?.length > 1 && `${item.attempts.length} attempts`, item.state === "waiting" && item.next_at && `again at ${exact(item.next_at)}`].filter(Boolean).join(" · "), time: exact(item.at) };
  }

  details(item) {
    const last = item.attempts?.at(-1) || {};
    return [h("h2", `${item.what || "raw"} · ${item.state}`),
      h("p", h("button.primary", { onclick: attempt(async () => { await post(`webhooks/${encodeURIComponent(item.id)}/redeliver`); toast("sent again"); await this.refresh(); }) }, "Redeliver")),
      block("Attempts", h("table", h("thead", h("tr", ["at", "status", "ms", "answer"].map((name) => h("th", { scope: "col" }, name)))), h("tbody", (item.attempts || []).map((one) => h("tr", h("td", exact(one.at)), h("td", one.status ?? one.err ?? "under way"), h("td", one.ms ?? ""), h("td.answer", one.answer ?? ""))))),
        item.next_at && h("p.small", `again at ${new Date(item.next_at * 1000).toLocaleString()}`)),
      block("Signature", h("code.long", last.signature || ""), last.reserialised && h("p.why", last.hint), last.reserialised && h("code.long.why", last.reserialised)),
      item.headers && block("Headers", headers(item.headers)), block("Body", json(item.body))];
  }
}
