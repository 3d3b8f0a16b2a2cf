// The tabs of requests and webhooks. Never changes the bytes that it shows.
import { h, fill, keyed, button, exact, date, dotted, form, toast } from "./dom.js";
import { get, post } from "./api.js";
import { body as json } from "./json.js";

const MOST = 150; // rows of a list

// A list on the left, the details of the chosen item on the right.
class Pair {
  constructor(app, label, kinds, nothing) {
    Object.assign(this, { app, nothing, kinds: new Set(kinds), items: [], chosen: null });
    this.list = h("ul.rows-list", { tabindex: "0", "aria-label": label });
    this.detail = h("div.detail");
    this.side = h("div.side", this.list);
    this.node = h("div.pair", this.side, this.detail);
  }

  choose(id) {
    this.chosen = id;
    this.drawn = null;
    this.draw();
    if (matchMedia("(max-width: 800px)").matches) this.detail.scrollIntoView({ block: "start" });
  }

  draw() {
    if (!this.items.some((item) => item.id === this.chosen)) this.chosen = this.items[0]?.id;
    keyed(this.list, this.items.map((item) => ({ ...this.line(item), id: item.id, on: item.id === this.chosen })), (item) => h("li",
      h("button.item" + (item.on ? ".on" : ""), { "aria-pressed": String(item.on), "data-focus": item.id, onclick: () => this.choose(item.id) },
        h(`span.state.${item.color}`, item.state), h("span.grow", item.title, h("span.small", item.more)), h("time", item.time))), this.nothing);
    const found = this.items.find((item) => item.id === this.chosen), data = JSON.stringify(found);
    if (data === this.drawn && this.detail.childElementCount) return;
    this.drawn = data;
    fill(this.detail, found ? this.details(found) : h("p.nothing", this.nothing));
  }
}

const block = (heading, ...content) => h("section.block", h("h3", heading), content);

// returns a short description of a sent message
function about(body) {
  try {
    const message = JSON.parse(body);
    return message.status || `${message.type ?? ""} to ${message.to ?? message.recipient ?? "?"}`;
  } catch { return ""; }
}

export class Requests extends Pair {
  constructor(app) { super(app, "Requests, newest first", ["request", "reset"], "No request came yet."); }

  async refresh() {
    this.items = (await get(`requests?limit=${MOST}`)).requests.map((item) => ({ ...item, id: item.seq }));
    this.draw();
  }

  line(item) {
    const count = item.problems?.length;
    return {
      state: item.status, color: item.status < 400 ? "good" : "bad", title: `${item.method} ${item.path.replace(/^\/v\d+\.\d+\/\d*\/?/, "")}`, time: exact(item.at),
      more: dotted(about(item.request), item.rule && `rule ${item.rule}`, count && `refused: ${count} problem${count > 1 ? "s" : ""}`),
    };
  }

  details(item) {
    return [h("h2", { dir: "ltr" }, `${item.method} ${item.path}`), h("p.small", dotted(exact(item.at), item.fault && `fault: ${item.fault}`, item.rule && `rule ${item.rule}`)),
      block("Request", json(item.request, item.problems)), block(`Response ${item.status}`, json(item.response))];
  }
}

export class Webhooks extends Pair {
  constructor(app) {
    super(app, "Deliveries, newest first", ["delivery", "reset", "handshake"], "No webhook was sent. Set the URL of your endpoint.");
    this.endpoint = h("p.small");
    this.side.prepend(h("div.bar", this.endpoint, button("Endpoint…", () => this.set_endpoint()), button("Handshake", () => this.do("handshake", {}, "asked for the challenge")),
      button("Send raw…", () => this.send_raw())));
  }

  // asks the sandbox for an action, and shows the result
  async do(path, body, words) {
    const said = await post(path, body);
    toast(said.problem || words);
    await this.refresh();
  }

  async set_endpoint() {
    const found = await form("Endpoint of the webhooks", [["url", "URL", this.url || "http://127.0.0.1:8080/webhook", "required"], ["number", "For one phone_number_id (optional)"]], "Set");
    if (found) await this.do("webhooks/endpoint", found, "set");
  }

  async send_raw() {
    const found = await form("Send a signed body", [["body", "Body", '{"object":"whatsapp_business_account","entry":[]}', "area"]]);
    if (found) await this.do("webhooks/raw", found, "sent");
  }

  async refresh() {
    const [{ deliveries, handshake }, { webhooks }] = await Promise.all([get(`webhooks?limit=${MOST}`), get("info")]);
    this.items = deliveries;
    this.url = webhooks[""];
    fill(this.endpoint, Object.entries(webhooks).map(([number, url]) => `${number} to ${url}`).join(", ") || "no endpoint is set", " ",
      handshake && h("span.state." + (handshake.ok ? "good" : "bad"), handshake.ok ? "handshake ok" : `handshake: ${handshake.problem}`));
    this.draw();
  }

  line({ state, attempts, about: id, what, next_at, at }) {
    const last = attempts.at(-1), waits = state === "waiting";
    return {
      state: last?.status ?? (last?.err ? "error" : state), color: state === "dropped" || (last && last.status !== 200) ? "bad" : waits ? "waits" : "good",
      title: what, more: dotted(id?.slice(-14), attempts.length > 1 && `${attempts.length} attempts`, waits && next_at && `again at ${exact(next_at)}`), time: exact(at),
    };
  }

  details(item) {
    const last = item.attempts.at(-1) || {};
    return [h("h2", `${item.what} · ${item.state}`),
      h("p", button("Redeliver", () => this.do(`webhooks/${item.id}/redeliver`, {}, "sent again"), "primary")),
      block("Attempts", h("table", h("thead", h("tr", ["at", "status", "ms", "answer"].map((name) => h("th", { scope: "col" }, name)))),
        h("tbody", item.attempts.map((one) => h("tr", [exact(one.at), one.status ?? one.err ?? "under way", one.ms, one.answer].map((value) => h("td", value)))))),
      item.next_at && h("p.small", `again at ${date(item.next_at).toLocaleString()}`)),
      block("Signature", h("code.long", last.signature), last.reserialised && [h("p.why", last.hint), h("code.long.why", last.reserialised)]),
      block("Body", json(item.body))];
  }
}
