// The tab of chats: the users on the left, one to three phones in the middle, the traffic on the right. Never keeps a message
// that the sandbox does not have.
import { h, icon, add, fill, keyed, time, exact, day, day_key, span, form, menu, attempt, toast, copy } from "./dom.js";
import { get, post, act } from "./api.js";
import { bubble, summary, send_location } from "./bubble.js";
import { as_lua, as_curl, first_steps } from "./snippets.js";

const EMOJI = ["👍", "❤️", "😂", "😮", "😢", "🙏"];
const MOST_PHONES = 3, MOST_EVENTS = 200, MOST_SHOWN = 150; // MOST_SHOWN: messages of a chat; a button shows earlier messages

const color = (id) => { let n = 0; for (const c of id) n = (n * 31 + c.charCodeAt(0)) % 360; return n; };

function avatar(user, size = "") {
  const node = h("div.avatar" + size, { "aria-hidden": "true", dir: "auto" }, [...(user.name || "?")][0]);
  node.style.setProperty("--hue", color(user.id));
  return node;
}

const base64 = (file) => new Promise((resolve, reject) => {
  const reader = new FileReader();
  reader.onload = () => resolve(reader.result.replace(/^[^,]*,/, ""));
  reader.onerror = () => reject(new Error("the file cannot be read"));
  reader.readAsDataURL(file);
});

// ---- one phone --------------------------------------------------------------------------------------------------------------

class Phone {
  constructor(user, page) {
    Object.assign(this, { user, page, entries: [], reply: null, forwarded: false, referral: false, reads: false, shown: MOST_SHOWN });
    this.log = h("ol.log", { tabindex: "0", onclosed: () => this.update(this.entries), "aria-label": `Messages of ${user.name}` });
    this.said = h("p.hidden", { "aria-live": "polite" });
    this.head = h("header.phone-head");
    this.quote = h("div.quoting", { hidden: true });
    this.input = h("textarea.input", {
      rows: 1, placeholder: `Write as ${user.name}`, "aria-label": `Write as ${user.name}`, dir: "auto", enterKeyHint: "send",
      oninput: () => this.grow(), onkeydown: (event) => {
        if (event.key === "Enter" && !event.shiftKey && !event.isComposing) { event.preventDefault(); this.send(); }
        if (event.key === "Escape") this.answer(null);
      },
    });
    this.file = h("input", { type: "file", hidden: true, tabIndex: -1, "aria-hidden": "true", onchange: attempt(() => this.send_file()) });
    this.node = h("section.phone", { "aria-label": `Phone of ${user.name}` }, this.head, this.log, this.said, this.quote,
      h("form.composer", { onsubmit: (event) => { event.preventDefault(); this.send(); } }, this.attach(), this.file, this.input,
        h("button.round.primary", { type: "submit", title: "Send", "aria-label": "Send" }, icon("send"))));
    this.context = {
      get user() { return user; }, act: (verb, body) => this.act(verb, body),
      find: (id) => this.entries.find((entry) => entry.id === id), tools: (entry, mine) => this.tools(entry, mine),
    };
  }

  act(verb, body) { return act(this.user.id, verb, body); }

  grow() {
    this.input.style.height = "auto";
    this.input.style.height = `${Math.min(140, this.input.scrollHeight)}px`;
  }

  more() {
    const more = { reply_to: this.reply?.id, forwarded: this.forwarded || undefined };
    if (this.referral) more.referral = { source_url: "https://fb.me/sandbox", source_id: "120210000000000001", source_type: "ad", headline: "An ad", body: "Write to us", media_type: "image", ctwa_clid: "sandbox" };
    return more;
  }

  done() {
    this.answer(null);
    this.forwarded = this.referral = false;
    this.options();
  }

  async send() {
    const words = this.input.value.trim();
    if (!words) return;
    this.input.value = "";
    this.grow();
    try {
      await this.act("write", { text: words, ...this.more() });
      this.done();
    } catch (problem) {
      this.input.value = words;
      toast(problem.message, "bad");
    }
  }

  async send_file() {
    const file = this.file.files[0];
    if (!file) return;
    const voice = this.file.voice || undefined;
    const caption = this.input.value.trim() || undefined;
    await this.act("file", { name: file.name, mime_type: file.type || undefined, base64: await base64(file), caption: voice ? undefined : caption, voice, ...this.more() });
    this.file.value = "";
    if (!voice) this.input.value = "";
    this.done();
  }

  choose_file(voice) {
    this.file.voice = voice;
    this.file.accept = voice ? "audio/*" : "";
    this.file.click();
  }

  attach() {
    const flag = (name) => () => { this[name] = !this[name]; this.options(); this.input.focus(); };
    return menu("Attach", icon("attach"), () => [
      ["File…", () => this.choose_file(false)], ["Voice message…", () => this.choose_file(true)],
      ["Location…", attempt(() => send_location(this.context, this.more()))],
      ["Contact…", attempt(async () => {
        const found = await form("Contact", [{ name: "name", label: "Name", value: "Pat Example", required: true }, { name: "phone", label: "Phone", value: "+16505550199", required: true }]);
        if (found) await this.act("contact", { ...found, ...this.more() });
      })],
      ["Unsupported message", attempt(() => this.act("unsupported"))],
      [`${this.forwarded ? "✓ " : ""}Next message is forwarded`, flag("forwarded")], [`${this.referral ? "✓ " : ""}Next message comes from an ad`, flag("referral")],
    ], "attach");
  }

  answer(entry) {
    this.reply = entry;
    this.options();
    if (entry) this.input.focus();
  }

  options() {
    this.quote.hidden = !(this.reply || this.forwarded || this.referral);
    fill(this.quote, h("span.grow", { dir: "auto" }, [this.reply && `Reply to “${summary(this.reply.inbound || this.reply.message).slice(0, 80)}”`, this.forwarded && "forwarded", this.referral && "from an ad"].filter(Boolean).join(" · ")),
      h("button.plain.round", { "aria-label": "Cancel", onclick: () => { this.forwarded = this.referral = false; this.answer(null); } }, icon("close")));
  }

  tools(entry, mine) {
    const id = encodeURIComponent(entry.id);
    const status = (word, body) => attempt(() => post(`messages/${id}/${word}`, body));
    return menu("Message menu", icon("more"), () => mine ? [["Reply", () => this.answer(entry)], ["Copy id", () => copy(entry.id)]] : [
      h("div.emoji", EMOJI.map((emoji) => h("button", { "aria-label": `React ${emoji}`, onclick: attempt((event) => {
        event.currentTarget.closest("details").open = false;
        return this.act("react", { message: entry.id, emoji: entry.reaction === emoji ? "" : emoji });
      }) }, emoji))),
      ["Reply", () => this.answer(entry)], ["Mark delivered", status("deliver")], ["Mark read", attempt(() => this.act("read", { message: entry.id }))],
      ...(entry.message?.audio ? [["Mark played", status("play")]] : []),
      ["Mark failed…", attempt(async () => {
        const found = await form("Fail with a code", [{ name: "code", label: "Code", type: "number", value: 131026, required: true }], "Fail");
        if (found) await post(`messages/${id}/fail`, found);
      })],
      ["Copy as Lua", () => copy(as_lua(entry.message))], ["Copy as curl", () => copy(as_curl(entry.message, this.page.info))], ["Copy id", () => copy(entry.id)],
    ], `tools/${entry.id}`);
  }

  draw_head(now) {
    const user = this.user, left = (user.window_until || 0) - now;
    const state = `${user.name}|${user.number}|${user.user_id}|${user.blocked}|${left > 0 ? Math.ceil(left / 60) : "closed"}|${this.reads}`;
    if (state === this.head_state) return;
    this.head_state = state;
    fill(this.head, avatar(user), h("div.grow", h("h2", { dir: "auto" }, user.name), h("p.small", user.number ? `+${user.number}` : user.user_id)),
      h("span.chip" + (left > 0 ? ".open" : ""), { title: "While the window is open, the business may send messages that are not templates" }, user.blocked ? "blocked" : left > 0 ? `window ${span(Math.ceil(left / 60) * 60).replace(/:00$/, "")} h` : "window closed"),
      menu(`Menu of ${user.name}`, icon("more"), () => [
        [`${this.reads ? "✓ " : ""}Reads new messages`, () => { this.reads = !this.reads; this.see(); }], ["Read all now", attempt(() => this.act("read"))],
        ["Call the business", attempt(() => this.act("call"))],
        [user.blocked ? "Unblock the business" : "Block the business", attempt(() => this.act(user.blocked ? "unblock" : "block"))],
        ...(this.page.open.length > 1 ? [["Close this phone", () => this.page.toggle(user.id)]] : []),
      ], `head/${user.id}`));
  }

  // if the user reads new messages, marks them as read while the chat is in view
  see() {
    if (this.reads && !document.hidden && this.user.unread) attempt(() => this.act("read"))();
  }

  update(entries) {
    const log = this.log, at_end = log.scrollHeight - log.scrollTop - log.clientHeight < 80 || !this.entries.length;
    const before = this.entries.length, known = new Set(this.entries.map((entry) => entry.id));
    this.entries = entries;
    const items = [], hidden = Math.max(0, entries.length - this.shown);
    let last = null;
    if (hidden) items.push({ id: "earlier", hidden });
    for (const entry of entries.slice(-this.shown)) {
      const key = day_key(entry.at);
      if (key !== last) items.push({ id: `day ${key}`, day: entry.at });
      last = key;
      items.push(entry);
    }
    if (!items.length) items.push({ id: "empty", empty: true });
    keyed(log, items, (item) => item.id, (item) => item.empty ? this.empty() : item.hidden ? this.earlier(item.hidden) : item.day ? h("li.day", day(item.day)) : bubble(item, this.context));
    if (before) {
      const news = entries.filter((entry) => !known.has(entry.id) && !entry.inbound).slice(-3);
      if (news.length) this.said.textContent = news.map((entry) => `Business: ${summary(entry.message)}`).join(". ");
    }
    if (at_end) log.scrollTop = log.scrollHeight;
    this.see();
  }

  earlier(count) {
    return h("li.earlier", h("button.plain", { onclick: () => { this.shown += MOST_SHOWN; this.update(this.entries); } }, `${count} earlier messages`));
  }

  empty() {
    return h("li.empty", h("div.bubble-art", { "aria-hidden": "true" }, "👋"), h("p", `Write to your bot as ${this.user.name}, or send the first message from your program:`),
      h("pre", { tabindex: "0" }, first_steps(this.page.info, this.user)), h("button.plain", { onclick: () => copy(first_steps(this.page.info, this.user)) }, "Copy"));
  }
}

// ---- the tab ----------------------------------------------------------------------------------------------------------------

const LINES = {
  request: (e) => ["→", `${e.method} ${e.path.replace(/^\/v\d+\.\d+/, "")}`, e.status ?? "", e.status >= 400 || e.fault],
  inbound: (e) => ["←", `${e.name}: ${summary(e.message)}`, ""],
  status: (e) => ["✓", e.status, e.code ?? "", e.status === "failed"],
  delivery: (e) => ["⇢", `webhook ${e.what}`, e.status ?? e.err ?? e.state, e.status !== 200],
  handshake: (e) => ["⇢", "handshake", e.ok ? "ok" : e.problem, !e.ok],
  chaos: (e) => ["⚡", `chaos ${e.what ?? ""}`, ""],
};

export class Chats {
  constructor(app) {
    Object.assign(this, { app, open: [], phones: new Map(), users: [], events: [], kinds: null });
    this.rail = h("ul.people");
    this.stage = h("div.phones");
    this.wire = h("ol.wire", { tabindex: "0", "aria-label": "What happened, newest first" });
    this.node = h("div.chats", h("nav.rail", { "aria-label": "Users" }, h("h2", "Users"), this.rail,
      h("button.plain.wide", { onclick: attempt(() => this.add_user()) }, "Add a user…")), this.stage,
      h("aside.traffic", { "aria-label": "Traffic" }, h("h2", "Traffic"), this.wire));
  }

  get info() { return this.app.info; }

  async add_user() {
    const found = await form("A new user", [{ name: "name", label: "Name", value: "", required: true }, { name: "number", label: "Number, with the country code", value: "" },
      { name: "user_id", label: "Business-scoped user id (optional)", value: "" }], "Add");
    if (!found) return;
    const made = await post("users", { name: found.name, number: found.number.replace(/\D/g, "") || undefined, user_id: found.user_id || undefined });
    await this.refresh();
    this.only(made.id || made.user?.id || found.number.replace(/\D/g, ""));
  }

  only(id) { this.open = [id]; this.show(); this.phones.get(id)?.input.focus({ preventScroll: true }); }

  toggle(id) {
    this.open = this.open.includes(id) ? this.open.filter((other) => other !== id) : [...this.open, id].slice(-MOST_PHONES);
    if (!this.open.length) this.open = [id];
    this.show();
  }

  async show() {
    this.draw();
    await this.load();
  }

  async refresh() {
    this.users = (await get("chats")).users || [];
    this.open = this.open.filter((id) => this.users.some((user) => user.id === id));
    if (!this.open.length && this.users.length) this.open = [this.users[0].id];
    this.draw();
    await this.load();
  }

  async load() {
    await Promise.all(this.open.map(async (id) => {
      const { entries } = await get(`chats/${encodeURIComponent(id)}`);
      this.phones.get(id)?.update(entries || []);
    }));
  }

  draw() {
    for (const user of this.users) {
      const phone = this.phones.get(user.id);
      if (phone) Object.assign(phone.user, user);
      else if (this.open.includes(user.id)) this.phones.set(user.id, new Phone({ ...user }, this));
    }
    keyed(this.rail, this.users.map((user) => ({ id: user.id, name: user.name, number: user.number, user_id: user.user_id, unread: user.unread, on: this.open.includes(user.id) })), (user) => user.id, (user) => h("li" + (user.on ? ".on" : ""), {},
      h("button.person", { "aria-current": user.on ? "true" : undefined, "data-focus": user.id, onclick: () => this.only(user.id) }, avatar(user), h("span.grow", h("span.name", { dir: "auto" }, user.name), h("span.small", user.number ? `+${user.number}` : user.user_id)),
        user.unread ? h("span.count", { "aria-label": `${user.unread} unread` }, user.unread) : null),
      h("button.plain.round.aside", { title: "Side by side", "aria-label": `${user.name} side by side`, "aria-pressed": String(user.on), "data-focus": `aside ${user.id}`, onclick: () => this.toggle(user.id) }, icon("split"))));
    const wanted = this.open.map((id) => this.phones.get(id)?.node).filter(Boolean);
    if (wanted.length !== this.stage.childElementCount || wanted.some((node, i) => this.stage.children[i] !== node)) this.stage.replaceChildren(...wanted);
    this.tick();
  }

  // draws what depends on the clock
  tick() { for (const id of this.open) this.phones.get(id)?.draw_head(this.app.now()); }

  note(event) {
    const draw = LINES[event.kind];
    const [mark, words, more, bad] = draw ? draw(event) : ["·", event.kind, ""];
    const tab = event.kind === "request" ? "requests" : event.kind === "delivery" ? "webhooks" : null;
    const line = h("li", h(tab ? "button.event" : "div.event", tab ? { onclick: () => this.app.show(tab) } : {}, h("time", exact(event.at)), h("span.mark", { "aria-hidden": "true" }, mark), h("span.grow", { dir: "auto" }, words), more && h("span.state" + (bad ? ".bad" : ""), {}, more)));
    this.wire.prepend(line);
    if (this.wire.childElementCount > MOST_EVENTS) this.wire.lastChild.remove();
  }
}
