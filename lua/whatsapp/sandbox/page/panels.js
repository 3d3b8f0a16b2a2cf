// The tabs with settings: templates, chaos and clock, numbers. Never polls.
import { h, fill, keyed, button, exact, day, dotted, plain, span, form, toast, copy } from "./dom.js";
import { get, post, remove } from "./api.js";
import { body as json, pretty } from "./json.js";

const card = (title, ...content) => h("section.panel", h("h2", title), content);

// ---- templates

function preview(template) {
  const part = (type) => template.components?.find((one) => String(one.type).toUpperCase() === type);
  const head = part("HEADER"), body = part("BODY"), foot = part("FOOTER"), cards = part("CAROUSEL")?.cards;
  return h("div.bubble.preview",
    head && h("p.title", head.text || `[${plain(head.format)}]`), body && h("p.words", body.text || "Your code is {{1}}."), foot && h("p.small", foot.text),
    part("BUTTONS")?.buttons?.map((one) => h("div.press", one.text || plain(one.type))), cards && h("p.small", `${cards.length} cards`));
}

const EXAMPLE = {
  name: "hello", language: "en", category: "UTILITY",
  components: [{ type: "BODY", text: "Hello {{1}}, your table is ready.", example: { body_text: [["Ana"]] } }],
};
const COLORS = { APPROVED: "good", REJECTED: "bad" };

export class Templates {
  constructor() {
    this.kinds = new Set(["template", "reset"]);
    this.list = h("div.cards-grid");
    this.node = h("div.page-panel", h("div.bar", button("New template…", () => this.create())), this.list);
  }

  async create() {
    const found = await form("A new template", [["definition", "Definition (JSON)", pretty(EXAMPLE), "area"]], "Create");
    if (!found) return;
    await post("templates", JSON.parse(found.definition));
    await this.refresh();
  }

  async refresh() {
    keyed(this.list, (await get("templates")).templates, (item) => h("section.panel.template", { "aria-label": item.name },
      h("header", h("h2", item.name), h(`span.state.${COLORS[item.status] || "waits"}`, item.status)),
      h("p.small", dotted(item.language, item.category)), preview(item),
      h("div.actions", ["Approve", "Reject", "Pause"].map((label) => button(label, async () => {
        await post(`templates/${encodeURIComponent(item.id)}/${label.toLowerCase()}`);
        await this.refresh();
      }))),
      h("details", h("summary", "definition"), json(JSON.stringify(item)))),
    "No templates yet. Without templates, the sandbox accepts every template message.");
  }
}

// ---- chaos and clock

const WHAT = {
  answer: {
    hang: "taken, then silence", reset: "taken, then the connection is reset", refuse: "reset before it is taken", truncated: "half an answer", html: "a page of HTML, 502",
    slow: "bit by bit", late: "comes late", throttle: "too many", error: "an error", token_expired: "the token has expired",
  },
  webhook: {
    twice: "comes twice", late: "comes late", drop: "comes with the next attempt", lose: "never comes", reverse: "in reverse order", batch: "many in one POST",
    garble: "signed wrongly", empty_values: "changes without values",
  },
};
WHAT.status = { fail: "the message fails", ...WHAT.webhook };

const PRESETS = [
  ["The next answer is lost", { on: "answer", what: "reset", times: 1 }], ["The next send is throttled", { on: "answer", what: "throttle", times: 1 }],
  ["Each webhook comes twice", { on: "webhook", what: "twice" }], ["5 % of answers are 502", { on: "answer", what: "html", rate: 0.05 }],
];
const SHOWN = ["times", "every", "rate", "after", "code", "seconds"];
const words_of = (object, names) => names.filter((name) => object[name] !== undefined).map((name) => `${name} ${object[name]}`).join(", ");

export class Chaos {
  constructor(app) {
    Object.assign(this, { app, kinds: new Set(["chaos", "clock", "request", "reset"]), time: h("p.big-time"), date: h("p.small"), rules: h("ul.rules"), gauges: h("div.gauges") });
    const move = async (how) => app.set_clock(await post("clock", how));
    const advance = (label, seconds) => button(label, () => move({ advance: seconds }));
    const set = h("input", { type: "datetime-local", step: 1, required: true, "aria-label": "Set the clock to" });
    this.freeze = button("Freeze", () => move({ freeze: !app.clock.frozen }));
    const set_clock = (event) => {
      event.preventDefault();
      return move({ set: new Date(set.value).getTime() / 1000 });
    };
    this.node = h("div.page-panel.two",
      card("Clock", this.time, this.date, h("div.actions", advance("+1 min", 60), advance("+1 h", 3600), advance("+24 h", 86400), this.freeze),
        h("form.inline", { onsubmit: set_clock }, set, h("button.plain", { type: "submit" }, "Set")),
        h("p.small", "Everything that becomes due happens, one by one.")),
      card("Chaos", h("div.actions", PRESETS.map(([label, rule]) => button(label, () => this.add(rule))), button("New rule…", () => this.create())), this.rules),
      card("Limits", this.gauges),
      card("Start again", h("p.small", "Forgets messages, users, webhooks and rules."), h("div.actions", button("Reset the sandbox", async () => { await post("reset"); toast("reset"); }, "danger"))));
  }

  async add(rule) { await post("chaos", rule); await this.refresh(); }

  async create() {
    const where = await form("Where?", [["on", "Where", Object.keys(WHAT)]], "Next");
    const found = where && await form(`Chaos on each ${where.on}`, [["what", "What happens", Object.keys(WHAT[where.on])],
      ["when", "When", ["times", "always", "every", "rate", "after"]], ["count", "N (a rate: 0 to 1)", "1"],
      ["type", "Only messages of this type"], ["to", "Only to this number"], ["code", "Code"]], "Add");
    if (!found) return;
    const { what, when, count, type, to, code } = found;
    await this.add({ ...where, what, code: code && Number(code), match: type || to ? { type, to } : undefined, ...(when === "always" ? {} : { [when]: Number(count) }) });
  }

  async refresh() {
    const { rules } = await get("chaos");
    this.app.badge(rules);
    keyed(this.rules, rules, (rule) => h("li.rule" + (rule.active ? "" : ".over"),
      h("span.grow", h("strong", `${rule.on}: ${rule.what}`),
        h("span.small", dotted(WHAT[rule.on][rule.what], words_of(rule, SHOWN), rule.match && words_of(rule.match, Object.keys(rule.match)), `fired ${rule.fired}`))),
      button("Remove", async () => { await remove(`chaos/${rule.id}`); await this.refresh(); })),
    "No rules: nothing fails by itself.");
    this.draw_gauges((await get("chats")).users.filter((user) => user.limits));
    this.tick();
  }

  draw_gauges(users) {
    const gauge = (name, used) => h("label.gauge", h("span", name), h("meter", { max: 100, value: used }), h("span", `${used} %`));
    fill(this.gauges, users.length ? [gauge("Your number", Math.max(...users.map((user) => user.limits.number))), users.map((user) => gauge(`To ${user.name}`, user.limits.pair))]
      : h("p.small", "Not enforced. Start the sandbox with limits = \"api\" to get 130429 and 131056."));
  }

  tick() {
    const { offset, frozen } = this.app.clock, now = this.app.now();
    this.time.textContent = exact(now);
    this.date.textContent = dotted(day(now, { year: "numeric" }), Math.round(offset) > 0 && `${span(offset)} ahead`, frozen && "frozen");
    this.freeze.textContent = frozen ? "Let it run" : "Freeze";
    this.freeze.setAttribute("aria-pressed", String(frozen));
  }
}

// ---- numbers

const VALUES = ["base_url", "phone_number_id", "waba_id", "token", "app_secret", "verify_token"];

export class Numbers {
  constructor(app) {
    Object.assign(this, { app, kinds: new Set(["reset"]), list: h("div.cards-grid"), values: h("ul.values") });
    this.node = h("div.page-panel", card("For your program", this.values), this.list);
  }

  async refresh() {
    const info = { token: "any", ...this.app.info };
    fill(this.values, VALUES.map((name) => h("li", h("span.small", name), h("code.long", info[name]), button("Copy", () => copy(info[name]), "plain", { "aria-label": `Copy ${name}` }))));
    keyed(this.list, (await get("numbers")).numbers, (number) => h("section.panel", h("h2", number.verified_name),
      h("dl.headers", Object.entries(number).filter(([, value]) => typeof value !== "object").map(([name, value]) => [h("dt", plain(name)), h("dd", value)]))));
  }
}
