// The tab of chats: the users on the left, one to three phones in the middle, the traffic on the right. Never keeps a message
// that the sandbox does not have.
import { h, icon, fill, keyed, button, date, exact, day, dotted, hidden, span, form, menu, complain, copy } from "./dom.js";
import { get, post, act } from "./api.js";
import { bubble, summary, send_location } from "./bubble.js";
import { as_lua, as_curl, first_steps } from "./snippets.js";

const EMOJI = ["👍", "❤️", "😂", "😮", "😢", "🙏"];
const MOST_PHONES = 3, MOST_EVENTS = 200, MOST_SHOWN = 150; // MOST_SHOWN: messages of a chat; a button shows earlier messages

const color = (id) => { let n = 0; for (const c of id) n = (n * 31 + c.charCodeAt(0)) % 360; return n; };

const message_of = (entry) => entry.inbound || entry.message;
const address = (user) => user.number ? `+${user.number}` : user.user_id;

function avatar(user) {
  const node = h("div.avatar", { ...hidden, dir: "auto" }, [...(user.name || "?")][0]);
  node.style.setProperty("--hue", color(user.id));
  return node;
}

const base64 = (file) => new Promise((resolve, reject) => {
  const reader = Object.assign(new FileReader(), { onload: () => resolve(reader.result.replace(/^[^,]*,/, "")), onerror: () => reject(reader.error) });
  reader.readAsDataURL(file);
});

const AD = {
  source_url: "https://fb.me/sandbox", source_id: "120210000000000001", source_type: "ad", headline: "An ad", body: "Write to us", media_type: "image",
  ctwa_clid: "sandbox",
};

// ---- one phone

class Phone {
  constructor(user, page) {
    Object.assign(this, { user, page, entries: [], reply: null, forwarded: false, referral: false, reads: false, shown: MOST_SHOWN });
    this.log = h("ol.log", { tabindex: "0", onclosed: () => this.update(this.entries), "aria-label": `Messages of ${user.name}` });
    this.said = h("p.hidden", { "aria-live": "polite" });
    this.head = h("header.phone-head");
    this.quote = h("div.quoting", { hidden: true });
    this.input = h("textarea.input", {
      rows: 1, placeholder: `Write as ${user.name}`, "aria-label": `Write as ${user.name}`, enterKeyHint: "send",
      oninput: () => this.grow(), onkeydown: (event) => {
        if (event.key === "Enter" && !event.shiftKey && !event.isComposing) { event.preventDefault(); this.send(); }
        if (event.key === "Escape") this.answer(null);
      },
    });
    this.file = h("input", { type: "file", hidden: true, onchange: () => this.send_file() });
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
    return { reply_to: this.reply?.id, forwarded: this.forwarded || undefined, referral: this.referral ? AD : undefined };
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
      complain(problem);
    }
  }

  async send_file() {
    const file = this.file.files[0];
    if (!file) return;
    const voice = this.file.voice || undefined, caption = !voice && this.input.value.trim() || undefined;
    await this.act("file", { name: file.name, mime_type: file.type || undefined, base64: await base64(file), caption, voice, ...this.more() });
    this.file.value = "";
    if (caption) this.input.value = "";
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
      ["Location…", () => send_location(this.context, this.more())],
      ["Contact…", async () => {
        const found = await form("Contact", [["name", "Name", "Pat Example", "required"], ["phone", "Phone", "+16505550199", "required"]]);
        if (found) await this.act("contact", { ...found, ...this.more() });
      }],
      ["Unsupported message", () => this.act("unsupported")],
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
    fill(this.quote, h("span.grow", dotted(this.reply && `Reply to “${summary(message_of(this.reply)).slice(0, 80)}”`, this.forwarded && "forwarded", this.referral && "from an ad")),
      h("button.plain.round", { "aria-label": "Cancel", onclick: () => { this.forwarded = this.referral = false; this.answer(null); } }, icon("close")));
  }

  tools(entry, mine) {
    const id = encodeURIComponent(entry.id);
    const status = (word, body) => () => post(`messages/${id}/${word}`, body);
    const both = [["Reply", () => this.answer(entry)], ["Copy id", () => copy(entry.id)]];
    return menu("Message menu", icon("more"), () => mine ? both : [
      h("div.emoji", EMOJI.map((emoji) => h("button", { "aria-label": `React ${emoji}`, onclick: (event) => {
        event.currentTarget.closest("details").open = false;
        return this.act("react", { message: entry.id, emoji: entry.reaction === emoji ? "" : emoji });
      } }, emoji))),
      ...both, ["Mark delivered", status("deliver")], ["Mark read", () => this.act("read", { message: entry.id })],
      ...(entry.message?.audio ? [["Mark played", status("play")]] : []),
      ["Mark failed…", async () => {
        const found = await form("Fail with a code", [["code", "Code", 131026]], "Fail");
        if (found) await post(`messages/${id}/fail`, found);
      }],
      ["Copy as Lua", () => copy(as_lua(entry.message))], ["Copy as curl", () => copy(as_curl(entry.message, this.page.info))],
    ], `tools/${entry.id}`);
  }

  draw_head(now) {
    const user = this.user, left = Math.ceil(((user.window_until || 0) - now) / 60); // minutes
    const state = JSON.stringify([user.name, user.number, user.user_id, user.blocked, Math.max(0, left), this.reads]);
    if (state === this.head_state) return;
    this.head_state = state;
    fill(this.head, avatar(user), h("div.grow", h("h2", user.name), h("p.small", address(user))),
      h("span.chip" + (left > 0 ? ".open" : ""), { title: "While it is open, the business may send messages that are not templates" }, user.blocked ? "blocked" : left > 0 ? `window ${span(left * 60).replace(/:00$/, "")} h` : "window closed"),
      menu(`Menu of ${user.name}`, icon("more"), () => [
        [`${this.reads ? "✓ " : ""}Reads new messages`, () => { this.reads = !this.reads; this.see(); }], ["Read all now", () => this.act("read")],
        ["Call the business", () => this.act("call")],
        [user.blocked ? "Unblock the business" : "Block the business", () => this.act(user.blocked ? "unblock" : "block")],
        ...(this.page.open.length > 1 ? [["Close this phone", () => this.page.toggle(user.id)]] : []),
      ], `head/${user.id}`));
  }

  // if the user reads new messages, marks them as read while the chat is in view
  see() {
    if (this.reads && !document.hidden && this.user.unread) this.act("read").catch(complain);
  }

  update(entries) {
    const log = this.log, at_end = log.scrollHeight - log.scrollTop - log.clientHeight < 80 || !this.entries.length;
    const before = this.entries.length, known = new Set(this.entries.map((entry) => entry.id));
    this.entries = entries;
    const items = [], earlier = entries.length - this.shown;
    let last = null;
    if (earlier > 0) items.push({ id: "earlier", earlier });
    for (const entry of entries.slice(-this.shown)) {
      const key = date(entry.at).toDateString();
      if (key !== last) items.push({ id: `day ${key}`, day: entry.at });
      last = key;
      items.push(entry);
    }
    if (!items.length) items.push({ id: "empty", empty: true });
    keyed(log, items, (item) => item.empty ? this.empty() : item.earlier ? this.earlier(item.earlier) : item.day ? h("li.day", day(item.day)) : bubble(item, this.context));
    if (before) {
      const news = entries.filter((entry) => entry.message && !known.has(entry.id)).slice(-3);
      if (news.length) this.said.textContent = news.map((entry) => `Business: ${summary(entry.message)}`).join(". ");
    }
    if (at_end) log.scrollTop = log.scrollHeight;
    this.see();
  }

  earlier(count) {
    return h("li.earlier", button(`${count} earlier messages`, () => { this.shown += MOST_SHOWN; this.update(this.entries); }));
  }

  empty() {
    const program = first_steps(this.page.info, this.user);
    return h("li.empty", h("div.bubble-art", hidden, "👋"), h("p", `Write to your bot as ${this.user.name}, or send the first message from your program:`),
      h("pre", { tabindex: "0" }, program), button("Copy", () => copy(program)));
  }
}

// ---- the tab

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
    Object.assign(this, { app, open: [], phones: new Map(), users: [] });
    this.rail = h("ul.people");
    this.stage = h("div.phones");
    this.wire = h("ol.wire", { tabindex: "0", "aria-label": "What happened, newest first" });
    this.node = h("div.chats", h("nav.rail", { "aria-label": "Users" }, h("h2", "Users"), this.rail,
      button("Add a user…", () => this.add_user(), "plain.wide")), this.stage,
      h("aside.traffic", { "aria-label": "Traffic" }, h("h2", "Traffic"), this.wire));
  }

  get info() { return this.app.info; }

  async add_user() {
    const found = await form("A new user", [["name", "Name", "", "required"], ["number", "Number, with the country code"], ["user_id", "User id (optional)"]], "Add");
    if (!found) return;
    const { id } = await post("users", found);
    await this.refresh();
    this.only(id);
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
    this.users = (await get("chats")).users;
    this.open = this.open.filter((id) => this.users.some((user) => user.id === id));
    if (!this.open.length && this.users.length) this.open = [this.users[0].id];
    this.draw();
    await this.load();
  }

  async load() {
    await Promise.all(this.open.map(async (id) => {
      const { entries } = await get(`chats/${encodeURIComponent(id)}`);
      this.phones.get(id)?.update(entries);
    }));
  }

  draw() {
    for (const user of this.users) {
      const phone = this.phones.get(user.id);
      if (phone) Object.assign(phone.user, user);
      else if (this.open.includes(user.id)) this.phones.set(user.id, new Phone({ ...user }, this));
    }
    const rows = this.users.map(({ id, name, number, user_id, unread }) => ({ id, name, number, user_id, unread, on: this.open.includes(id) }));
    keyed(this.rail, rows, (user) => h("li" + (user.on ? ".on" : ""),
      h("button.person", { "aria-current": user.on ? "true" : undefined, "data-focus": user.id, onclick: () => this.only(user.id) }, avatar(user), h("span.grow", h("span.name", user.name), h("span.small", address(user))),
        user.unread > 0 && h("span.count", { "aria-label": `${user.unread} unread` }, user.unread)),
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
    const tab = { request: "requests", delivery: "webhooks" }[event.kind];
    const line = h("li", h(tab ? "button.event" : "div.event", tab ? { onclick: () => this.app.show(tab) } : {}, h("time", exact(event.at)), h("span.mark", hidden, mark), h("span.grow", words), more && h("span.state" + (bad ? ".bad" : ""), more)));
    this.wire.prepend(line);
    if (this.wire.childElementCount > MOST_EVENTS) this.wire.lastChild.remove();
  }
}
