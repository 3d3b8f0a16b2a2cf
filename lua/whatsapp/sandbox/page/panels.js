// The tabs with settings: templates, chaos and clock, numbers.
import { h, fill, keyed, exact, span, form, attempt, toast, copy } from "./dom.js";
import { get, post, remove } from "./api.js";
import { body as json } from "./json.js";

const button = (label, action, kind = "plain") => h(`button.${kind}`, { onclick: attempt(action) }, label);
const card = (title, ...content) => h("section.panel", h("h2", title), content);

// ---- templates --------------------------------------------------------------------------------------------------------------

function preview(template) {
  const parts = Array.isArray(template.components) ? template.components : [];
  const of = (type) => parts.find((one) => String(one.type).toUpperCase() === type);
  const head = of("HEADER"), cards = of("CAROUSEL")?.cards || [];
  return h("div.bubble.preview", head && h("p.title", { dir: "auto" }, head.text || `[${String(head.format || "").toLowerCase()}]`), of("BODY") && h("p.words", { dir: "auto" }, of("BODY").text || "Your code is {{1}}."), of("FOOTER") && h("p.small", of("FOOTER").text || ""),
    (of("BUTTONS")?.buttons || []).map((one) => h("div.press", one.text || String(one.type).toLowerCase().replaceAll("_", " "))), cards.length > 0 && h("p.small", `${cards.length} cards`));
}

export class Templates {
  constructor() {
    this.kinds = new Set(["template", "reset"]);
    this.list = h("div.cards-grid");
    this.node = h("div.page-panel", h("div.bar", button("New template…", () => this.create())), this.list);
  }

  async create() {
    const found = await form("A new template", [{ name: "definition", label: "Definition (JSON)", type: "area", required: true, value: JSON.stringify({ name: "hello", language: "en", category: "UTILITY", components: [{ type: "BODY", text: "Hello {{1}}, your table is ready.", example: { body_text: [["Ana"]] } }] }, null, 2) }], "Create");
    if (!found) return;
    await post("templates", JSON.parse(found.definition));
    await this.refresh();
  }

  async refresh() {
    const { templates = [] } = await get("templates");
    const items = templates.length ? templates : [{ id: "empty" }];
    keyed(this.list, items, (item) => item.id, (item) => item.id === "empty" ? h("p.nothing", "No templates yet. Create one here or with the API (POST /{waba}/message_templates); without templates, the sandbox accepts every template message.")
      : h("section.panel.template", { "aria-label": item.name }, h("header", h("h2", item.name), h("span.state." + ({ APPROVED: "good", REJECTED: "bad" }[item.status] || "waits"), {}, item.status)),
        h("p.small", `${item.language} · ${item.category ?? ""}`), preview(item), h("div.actions", ["approve", "reject", "pause"].map((verb) => button(verb[0].toUpperCase() + verb.slice(1), async () => { await post(`templates/${encodeURIComponent(item.id)}/${verb}`); await this.refresh(); }))),
        h("details", h("summary", "definition"), json(JSON.stringify(item)))));
  }
}

// ---- chaos and clock ----------------------------------------------------------------------------------------------------------

const WHAT = {
  answer: ["hang", "reset", "refuse", "truncated", "html", "slow", "late", "throttle", "error", "token_expired"],
  webhook: ["twice", "late", "drop", "lose", "reverse", "batch", "garble", "empty_values"],
  status: ["fail", "twice", "late", "drop", "lose", "reverse", "batch"],
};
const IN_WORDS = {
  hang: "accepts the message, then sends no answer", reset: "accepts the message, then resets the connection", refuse: "resets the connection before it accepts the message", truncated: "sends half an answer", html: "answers with a page of HTML, 502",
  slow: "sends the answer bit by bit", late: "arrives late", throttle: "answers: too many messages", error: "answers with an error", token_expired: "says that the token has expired", twice: "sends it twice", drop: "drops the first attempt",
  lose: "loses it for good", reverse: "sends in reverse order", batch: "sends many in one POST", garble: "has a wrong signature", empty_values: "sends changes without values", fail: "fails",
};
const PRESETS = [["The next answer is lost", { on: "answer", what: "reset", times: 1 }], ["The next send is throttled", { on: "answer", what: "throttle", times: 1 }], ["Each webhook comes twice", { on: "webhook", what: "twice" }], ["5 % of answers are 502", { on: "answer", what: "html", rate: 0.05 }]];

export class Chaos {
  constructor(app) {
    Object.assign(this, { app, kinds: new Set(["chaos", "clock", "request", "reset"]) });
    this.time = h("p.big-time");
    this.date = h("p.small");
    this.rules = h("ul.rules");
    this.gauges = h("div.gauges");
    const set = h("input", { type: "datetime-local", step: 1, "aria-label": "Set the clock to" });
    const move = async (how) => app.set_clock(await post("clock", how)), advance = (label, seconds) => button(label, () => move({ advance: seconds }));
    this.freeze = button("Freeze", () => move({ freeze: !app.clock.frozen }));
    this.node = h("div.page-panel.two", card("Clock", this.time, this.date, h("div.actions", advance("+1 min", 60), advance("+1 h", 3600), advance("+24 h", 86400), this.freeze),
      h("form.inline", { onsubmit: attempt(async (event) => { event.preventDefault(); if (set.value) await move({ set: new Date(set.value).getTime() / 1000 }); }) }, set, h("button.plain", { type: "submit" }, "Set")),
      h("p.small", "A move of the clock does everything that becomes due, one by one: retries of webhooks, statuses, the end of windows and of files.")),
    card("Chaos", h("div.actions", PRESETS.map(([label, rule]) => button(label, () => this.add(rule))), button("New rule…", () => this.create())), this.rules), card("Limits", this.gauges),
    card("Start again", h("p.small", "Forgets messages, users, webhooks and rules."), h("div.actions", button("Reset the sandbox", async () => { await post("reset"); toast("reset"); }, "danger"))));
  }

  async add(rule) { await post("chaos", rule); await this.refresh(); }

  async create() {
    const where = await form("Where?", [{ name: "on", label: "Where", options: Object.keys(WHAT), value: "answer" }], "Next");
    if (!where) return;
    const found = await form(`Chaos on each ${where.on}`, [{ name: "what", label: "What happens", options: WHAT[where.on] }, { name: "when", label: "When", options: ["always", "times", "every", "rate", "after"], value: "times" }, { name: "count", label: "N (a rate: 0 to 1)", value: "1" },
      { name: "type", label: "Only messages of this type", value: "" }, { name: "to", label: "Only to this number", value: "" }, { name: "code", label: "Code", value: "" }], "Add");
    if (!found) return;
    const match = {};
    if (found.type) match.type = found.type;
    if (found.to) match.to = found.to;
    const rule = { on: where.on, what: found.what, code: found.code ? Number(found.code) : undefined, match: Object.keys(match).length ? match : undefined };
    if (found.when !== "always") rule[found.when] = Number(found.count);
    await this.add(rule);
  }

  async refresh() {
    const answer = await get("chaos");
    const list = answer.rules || answer.chaos || [];
    this.app.badge(list);
    keyed(this.rules, list.length ? list : [{ id: "empty" }], (rule) => rule.id, (rule) => rule.id === "empty" ? h("li.nothing", "No rules: nothing fails by itself.")
      : h("li.rule" + (rule.over ? ".over" : ""), {}, h("span.grow", h("strong", `${rule.on}: ${rule.what}`), h("span.small", [IN_WORDS[rule.what], ["times", "every", "rate", "after", "code", "seconds"].filter((name) => rule[name] != null).map((name) => `${name} ${rule[name]}`).join(", "), rule.match && Object.entries(rule.match).map(([k, v]) => `${k} ${v}`).join(", "), `fired ${rule.fired ?? 0}`].filter(Boolean).join(" · "))),
        button("Remove", async () => { await remove(`chaos/${encodeURIComponent(rule.id)}`); await this.refresh(); })));
    const gauge = (name, used) => h("label.gauge", h("span", name), h("meter", { max: 100, value: used }), h("span", `${used} %`));
    const users = (await get("chats")).users.filter((user) => user.limits);
    fill(this.gauges, users.length ? [gauge("Your number", Math.max(...users.map((user) => user.limits.number))), users.map((user) => gauge(`To ${user.name}`, user.limits.pair))] : h("p.small", "Not enforced. Start the sandbox with limits = \"api\" to get the errors 130429 and 131056."));
    this.tick();
  }

  tick() {
    const { clock } = this.app, now = this.app.now();
    this.time.textContent = new Date(now * 1000).toLocaleTimeString([], { hour12: false });
    this.date.textContent = [new Date(now * 1000).toLocaleDateString([], { weekday: "long", year: "numeric", month: "long", day: "numeric" }), Math.round(clock.offset) > 0 && `${span(clock.offset)} ahead`, clock.frozen && "frozen"].filter(Boolean).join(" · ");
    this.freeze.textContent = clock.frozen ? "Let it run" : "Freeze";
    this.freeze.setAttribute("aria-pressed", String(!!clock.frozen));
  }
}

// ---- numbers ------------------------------------------------------------------------------------------------------------------

export class Numbers {
  constructor(app) {
    Object.assign(this, { app, kinds: new Set(["reset"]) });
    this.list = h("div.cards-grid");
    this.values = h("div");
    this.node = h("div.page-panel", card("For your program", this.values), this.list);
  }

  async refresh() {
    const info = this.app.info, { numbers = [] } = await get("numbers");
    const rows = [["base_url", info.base_url], ["phone_number_id", info.phone_number_id], ["waba_id", info.waba_id ?? info.waba], ["token", info.token ?? "any"], ["app_secret", info.app_secret], ["verify_token", info.verify_token], ["version", info.version]].filter(([, value]) => value !== undefined && value !== null);
    fill(this.values, h("ul.values", rows.map(([name, value]) => h("li", h("span.small", name), h("code.long", String(value)), h("button.plain", { "aria-label": `Copy ${name}`, onclick: () => copy(String(value)) }, "Copy")))));
    keyed(this.list, numbers, (number) => number.id, (number) => h("section.panel", h("h2", number.verified_name || number.id), h("dl.headers", Object.entries(number).filter(([, value]) => value !== null && typeof value !== "object").map(([name, value]) => [h("dt", name.replaceAll("_", " ")), h("dd", String(value))]))));
  }
}
