// Builds elements. Data becomes text, never markup: this file never parses HTML.

const WORDS = new Set(["span", "p", "h2", "h3", "blockquote", "textarea"]); // Arabic in them runs from the right

// shows a problem in the sandbox's words
export const complain = (problem) => toast(problem.message, "bad");
const guarded = (action) => async (event) => {
  try { return await action(event); } catch (problem) { complain(problem); }
};

// h("div.card", { onclick, title }, child, "text", [more]); the object may be absent
export function h(name, props, ...children) {
  const [tag, ...classes] = name.split(".");
  const element = document.createElement(tag);
  if (tag === "button") element.type = "button";
  if (WORDS.has(tag)) element.dir = "auto";
  if (!props || Object.getPrototypeOf(props) !== Object.prototype) [props, children] = [{}, [props, ...children]];
  if (classes.length) element.className = classes.join(" ");
  for (const [key, value] of Object.entries(props)) {
    if (value === false || (value ?? null) === null) continue;
    if (key.startsWith("on")) element.addEventListener(key.slice(2), guarded(value));
    else if (key in element && key !== "list" && key !== "role" && !key.includes("-")) element[key] = value;
    else element.setAttribute(key, value === true ? "" : value);
  }
  add(element, children);
  return element;
}

export function add(element, children) {
  for (const child of children.flat(Infinity)) {
    if (child !== false && (child ?? "") !== "") element.append(child);
  }
}

export function fill(element, ...children) {
  element.replaceChildren();
  add(element, children);
  return element;
}

const PATHS = {
  send: "M3 11.5 21 3l-5.5 18-3.6-7.4z", attach: "M12 4v16M4 12h16", more: "M12 6h.01M12 12h.01M12 18h.01",
  file: "M6 3h8l4 4v14H6zM14 3v4h4", pin: "M12 21s7-6.5 7-11.5A7 7 0 0 0 5 9.5C5 14.5 12 21 12 21zM12 11.5a2 2 0 1 0 0-4 2 2 0 0 0 0 4z",
  person: "M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM4 21c1-4.5 4.5-6 8-6s7 1.5 8 6", split: "M3 5h18v14H3zM12 5v14",
  list: "M8 6h13M8 12h13M8 18h13M3 6h.01M3 12h.01M3 18h.01", link: "M14 4h6v6M20 4l-9 9M18 13v7H4V6h7", reply: "M10 7 4 12l6 5M4 12h10c4 0 6 2.5 6 6",
  call: "M5 3h4l2 5-2.5 1.8a12 12 0 0 0 5.7 5.7L16 13l5 2v4a2 2 0 0 1-2 2A16 16 0 0 1 3 5a2 2 0 0 1 2-2z",
  cart: "M3 4h2.5l2 11h10l2.5-8H6.5M9 20h.01M17 20h.01", flow: "M4 4h16v16H4zM8 9h8M8 13h8M8 17h4", close: "M6 6l12 12M18 6 6 18",
};

function drawing(tag, attributes, ...children) {
  const node = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
}

export const icon = (name) => drawing("svg", { viewBox: "0 0 24 24", class: "icon", ...hidden }, drawing("path", { d: PATHS[name] }));

// ---- text

// words between two marks that no letter or digit touches from outside
const between = (m) => new RegExp(`(?<![\\p{L}\\p{N}${m}])[${m}](\\S(?:[^${m}\\n]*\\S)?)[${m}](?![\\p{L}\\p{N}${m}])`, "u");
const MARKS = [
  [/```([\s\S]+?)```/, "code"], [/`([^`\n]+)`/, "code"], [between("*"), "strong"], [between("_"), "em"], [between("~"), "s"],
  [/(https?:\/\/[^\s<>"]+[^\s<>".,;:!?)\]])/, "a"],
];

// draws *bold*, _italic_, ~strike~, `code` and links, as WhatsApp does
export function formatted(text) {
  text = String(text);
  let first = null, tag;
  for (const [pattern, name] of MARKS) {
    const found = pattern.exec(text);
    if (found && (!first || found.index < first.index)) [first, tag] = [found, name];
  }
  if (!first) return text ? [text] : [];
  const node = tag === "a" ? outside(first[1], first[1]) : h(tag, tag === "code" ? first[1] : formatted(first[1]));
  return [text.slice(0, first.index), node, ...formatted(text.slice(first.index + first[0].length))];
}

// makes a link that the user may open; the page itself loads nothing from another host
export function outside(url, ...children) {
  if (!/^https?:\/\//i.test(url)) return h("span", children);
  return h("a", { href: url, target: "_blank", rel: "noreferrer noopener" }, children);
}

export const button = (label, action, kind = "plain", more) => h(`button.${kind}`, { onclick: action, ...more }, label);
export const dotted = (...words) => words.filter(Boolean).join(" · ");
export const plain = (word) => String(word).toLowerCase().replaceAll("_", " ");
export const hidden = { "aria-hidden": "true" };

export const date = (at) => new Date(at * 1000);
export const exact = (at) => at ? date(at).toLocaleTimeString([], { hour12: false }) : "";
export const time = (at) => exact(at).replace(/:\d+$/, "");
export const day = (at, more) => date(at).toLocaleDateString([], { weekday: "long", day: "numeric", month: "long", ...more });
export const span = (seconds) => {
  const s = Math.max(0, Math.round(seconds)), pad = (n) => String(n).padStart(2, "0");
  return s > 99 * 3600 ? `${Math.floor(s / 86400)} d ${Math.floor(s / 3600) % 24} h` : `${pad(Math.floor(s / 3600))}:${pad(Math.floor(s / 60) % 60)}:${pad(s % 60)}`;
};

// ---- lists that change

// Updates the children of an element by the ids of their data. Draws a child again only if its data changed; the focus does not
// move. `nothing` is the text for no items.
export function keyed(element, items, draw, nothing) {
  if (!items.length && nothing) {
    fill(element, h(element.tagName === "UL" ? "li.nothing" : "p.nothing", nothing));
    element.drawn = null;
    return;
  }
  if (!element.drawn) element.replaceChildren();
  const before = element.drawn || new Map(), after = new Map();
  const focused = element.contains(document.activeElement) ? document.activeElement.dataset.focus : null;
  let place = element.firstChild;
  for (const item of items) {
    const { id } = item, data = JSON.stringify(item);
    let entry = before.get(id);
    const busy = entry?.data !== data && entry?.node.querySelector("details.menu[open]"); // drawn again when the menu closes
    if (!busy && entry?.data !== data) {
      const node = draw(item);
      if (entry) {
        if (place === entry.node) place = node;
        entry.node.replaceWith(node);
      }
      entry = { data, node };
    }
    after.set(id, entry);
    if (entry.node === place) place = place.nextSibling;
    else element.insertBefore(entry.node, place);
  }
  while (place) {
    const next = place.nextSibling;
    place.remove();
    place = next;
  }
  element.drawn = after;
  if (focused) element.querySelector(`[data-focus="${CSS.escape(focused)}"]`)?.focus();
}

// ---- words

export function toast(words, kind = "good") {
  const node = h("div.toast." + kind, words);
  document.getElementById("toasts").append(node);
  setTimeout(() => node.remove(), 6000);
}

export async function copy(text) {
  await navigator.clipboard.writeText(text);
  toast("copied");
}

export function open_dialog(title, content, onclose) {
  const dialog = h("dialog", { "aria-label": title, onclose: () => { dialog.remove(); onclose?.(); } }, content);
  document.body.append(dialog);
  dialog.showModal();
  return dialog;
}

// the input of a field; `kind` is "area", "required" or nothing
function input_of([name, , value = "", kind]) {
  if (Array.isArray(value)) return h("select", { name }, value.map((option) => h("option", { value: option }, option)));
  if (kind === "area") return h("textarea", { name, value, rows: 6, required: true });
  const number = typeof value === "number";
  return h("input", { name, type: number ? "number" : "text", step: value % 1 ? "any" : null, value, required: number || kind === "required" });
}

// A form in a dialog; a field is [name, label, value, kind]. Resolves to the values, or to null.
export function form(title, fields, submit = "Send") {
  return new Promise((resolve) => {
    let result = null;
    const read = ({ type, value }) => type === "number" ? Number(value) : value || undefined;
    const body = h("form", { method: "dialog", onsubmit: (event) => {
      event.preventDefault();
      result = Object.fromEntries(fields.map(([name]) => [name, read(body.elements[name])]));
      dialog.close();
    } }, h("h2", title), fields.map((field) => h("label", h("span", field[1]), input_of(field))),
    h("div.actions", button("Cancel", () => dialog.close()), h("button.primary", { type: "submit" }, submit)));
    const dialog = open_dialog(title, body, () => resolve(result));
  });
}

// a menu under a button; closes when something else is chosen
export function menu(label, symbol, items, focus) {
  const node = h("details.menu", {
    onkeydown: (event) => { if (event.key === "Escape" && node.open) { node.open = false; node.firstChild.focus(); event.stopPropagation(); } },
    onfocusout: (event) => { if (event.relatedTarget && !node.contains(event.relatedTarget)) node.open = false; },
    ontoggle: () => {
      const drawn = node.childElementCount > 1;
      if (drawn && !node.open) {
        node.lastChild.remove();
        node.dispatchEvent(new Event("closed", { bubbles: true }));
      } else if (node.open && !drawn) node.append(h("div.items", items().map((item) => item instanceof Node ? item : h("button", { onclick: () => {
        node.open = false;
        return item[1]();
      } }, item[0]))));
    },
  }, h("summary", { title: label, "aria-label": label, "data-focus": focus }, symbol));
  return node;
}
addEventListener("click", (event) => {
  for (const open of document.querySelectorAll("details.menu[open]")) if (!open.contains(event.target)) open.open = false;
});
