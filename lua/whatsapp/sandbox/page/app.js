// The page of the sandbox: tabs, the clock, the stream of events. Never keeps data that it does not show.
import { h, time, complain } from "./dom.js";
import { get, listen } from "./api.js";
import { Chats } from "./chats.js";
import { Requests, Webhooks } from "./traffic.js";
import { Templates, Chaos, Numbers } from "./panels.js";

const TABS = [["chats", "Chats", Chats], ["requests", "Requests", Requests], ["webhooks", "Webhooks", Webhooks],
  ["templates", "Templates", Templates], ["chaos", "Chaos and clock", Chaos], ["numbers", "Numbers", Numbers]];
const PAUSE = 60; // milliseconds: the shortest time between two refreshes of a tab
const RECENT = 100; // earlier events that the page shows
const element = (id) => document.getElementById(id);

const app = {
  info: {}, clock: { now: Date.now() / 1000, offset: 0, frozen: false }, taken: performance.now(), tabs: {}, active: null,
  now: () => app.clock.now + (app.clock.frozen ? 0 : (performance.now() - app.taken) / 1000),

  show(name, focus) {
    if (!app.tabs[name]) name = "chats";
    app.active = name;
    for (const [id, tab] of Object.entries(app.tabs)) {
      tab.button.setAttribute("aria-selected", String(id === name));
      tab.button.tabIndex = id === name ? 0 : -1;
      tab.panel.hidden = id !== name;
    }
    if (focus) app.tabs[name].button.focus();
    app.tabs[name].button.scrollIntoView({ inline: "nearest", block: "nearest" });
    history.replaceState(null, "", `#${name}`);
    refresh(name);
  },

  set_clock(clock) {
    Object.assign(app.clock, clock);
    app.taken = performance.now();
    tick();
  },

  badge(rules) {
    const armed = rules.filter((rule) => rule.active).length, badge = element("chaos-badge");
    badge.hidden = !armed;
    badge.textContent = `chaos: ${armed} rule${armed > 1 ? "s" : ""}`;
  },
};

// ---- reading the sandbox

const under_way = {};

// runs one refresh at a time for each tab; a call during a refresh makes one more refresh
async function refresh(name) {
  if (!app.info.base_url) return; // start() refreshes later
  const state = under_way[name] ||= { busy: false, again: false };
  if (state.busy) { state.again = true; return; }
  state.busy = true;
  do {
    state.again = false;
    await app.tabs[name].view.refresh().catch(complain);
    await new Promise((resolve) => setTimeout(resolve, PAUSE));
  } while (state.again);
  state.busy = false;
}

const look_at_clock = async () => app.set_clock(await get("clock"));

const look_at_chaos = async () => app.badge((await get("chaos")).rules);

function tick() {
  element("clock-chip").textContent = time(app.now()) + (app.clock.frozen ? " ❄" : app.clock.offset > 1 ? " ⏩" : "");
  app.tabs.chats.view.tick();
  if (app.active === "chaos") app.tabs.chaos.view.tick();
}

function hear(event) {
  app.tabs.chats.view.note(event);
  if (["clock", "reset", "gap"].includes(event.kind)) look_at_clock().catch(complain);
  if (["chaos", "reset"].includes(event.kind)) look_at_chaos().catch(complain);
  refresh("chats");
  if (app.active !== "chats" && (event.kind === "gap" || app.tabs[app.active].view.kinds.has(event.kind))) refresh(app.active);
}

// ---- the frame

function move(event) {
  const names = TABS.map(([name]) => name), at = names.indexOf(app.active);
  const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: names.length - 1 }[event.key];
  if (to === undefined) return;
  event.preventDefault();
  app.show(names[(to + names.length) % names.length], true);
}

function build() {
  for (const [name, label, View] of TABS) {
    const view = new View(app);
    const button = h("button.tab", { id: `tab-${name}`, role: "tab", "aria-controls": `panel-${name}`, onclick: () => app.show(name), onkeydown: move }, label);
    const panel = h("div.tab-panel", { id: `panel-${name}`, role: "tabpanel", "aria-labelledby": `tab-${name}`, hidden: true }, view.node);
    app.tabs[name] = { view, button, panel };
    element("tabs").append(button);
    element("main").append(panel);
  }
  element("clock-chip").onclick = element("chaos-badge").onclick = () => app.show("chaos", true);
}

function say(state) {
  const live = element("live");
  live.textContent = state;
  live.classList.toggle("on", state === "live");
  if (state === "live") start().catch(complain);
}

// runs at each connection, also after a lost connection: reads everything again
async function start() {
  app.info = await get("info");
  await Promise.all([look_at_clock(), look_at_chaos()]);
  refresh("chats");
  if (app.active !== "chats") refresh(app.active);
}

build();
app.show(location.hash.slice(1) || "chats");
get("info").then((info) => info.seq, () => 0).then((seq) => listen(Math.max(0, seq - RECENT), hear, say));
setInterval(tick, 1000);
document.addEventListener("visibilitychange", () => { if (!document.hidden) refresh("chats"); });
