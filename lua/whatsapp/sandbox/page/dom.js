// Builds elements. Data becomes text, never markup: this file never parses HTML.

// h("div.card", { onclick, title }, child, "text", [more]); the object may be absent
export function h(name, props, ...children) {
  const [tag, ...classes] = name.split(".");
  const element = document.createElement(tag);
  if (tag === "button") element.type = "button";
  if (!props || Object.getPrototypeOf(props) !== Object.prototype) [props, children] = [{}, [props, ...children]];
  if (classes.length) element.className = classes.join(" ");
  for (const [key, value] of Object.entries(props)) {
    if (value === undefined || value === null || value === false) continue;
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else if (key in element && key !== "list" && key !== "role" && !key.includes("-")) element[key] = value;
    else element.setAttribute(key, value === true ? "" : value);
  }
  add(element, children);
  return element;
}

export function add(element, children) {
  for (const child of children.flat(Infinity)) {
    if (child === undefined || child === null || child === false || child === "") continue;
    element.append(child instanceof Node ? child : String(child));
  }
}

export function fill(element, ...children) {
  element.replaceChildren();
  add(element, children);
  return element;
}

const SVG = "http://www.w3.org/2000/svg";
const PATHS = {
  send: "M3 11.5 21 3l-5.5 18-3.6-7.400z", attach: "M12 4v16M4 12h16", more: "M12 6h.01M12 12h.01M12 18h.01",
  file: "M6 3h8l4 4v14H6zM14 3v4h4", pin: "M12 21s7-6.5 7-11.500A7 7 0 0 0 5 9.500C5 14.5 12 21 12 21zM12 11.500a2 2 0 1 0 0-4 2 2 0 0 0 0 4z",
  person: "M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM4 21c1-4.5 4.5-6 8-6s7 1.5 8 6", split: "M3 5h18v14H3zM12 5v14",
  list: "M8 6h13M8 12h13M8 18h13M3 6h.01M3 12h.01M3 18h.01", link: "M14 4h6v6M20 4l-9 9M18 13v7H4V6h7", reply: "M10 7 4 12l6 5M4 12h10c4 0 6 2.5 6 6",
  call: "M5 3h4l2 5-2.5 1.800a12 12 0 0 0 5.7 5.700L16 13l5 2v4a2 2 0 0 1-2 2A16 16 0 0 1 3 5a2 2 0 0 1 2-2z",
  cart: "M3 4h2.500l2 11h10l2.5-8H6.500M9 20h.01M17 20h.01", flow: "M4 4h16v16H4zM8 9h8M8 13h8M8 17h4", close: "M6 6l12 12M18 6 6 18",
  play: "M7 4v16l13-8z", clock: "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM12 7v5l3.5 2",
};

export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", PATHS[name]);
  svg.append(path);
  return svg;
}

// ---- text ----------------------------------------------------------------------------------------------------------------

const MARKS = [
  [/```([\s\S]+?)```/, "code"], [/`([^`\n]+)`/, "code"], [/(?<![\p{L}\p{N}*])\*(\S(?:[^*\n]*\S)?)\*(?![\p{L}\p{N}*])/u, "strong"],
  [/(?<![\p{L}\p{N}_])_(\S(?:[^_\n]*\S)?)_(?![\p{L}\p{N}_])/u, "em"], [/(?<![\p{L}\p{N}~])~(\S(?:[^~\n]*\S)?)~(?![\p{L}\p{N}~])/u, "s"],
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
  const inner = tag === "code" ? [first[1]] : tag === "a" ? [first[1]] : formatted(first[1]);
  const node = tag === "a" ? outside(first[1], first[1]) : h(tag, {}, inner);
  return [text.slice(0, first.index), node, ...formatted(text.slice(first.index + first[0].length))];
}

// makes a link that the user may open; the page itself loads nothing from another host
export function outside(url, ...children) {
  if (!/^https?:\/\//i.test(url)) return h("span", children);
  return h("a", { href: url, target: "_blank", rel: "noreferrer noopener" }, children);
}

export const time = (at) => at ? new Date(at * 1000).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", hour12: false }) : "";
export const exact = (at) => at ? new Date(at * 1000).toLocaleTimeString([], { hour12: false }) : "";
export const day = (at) => new Date(at * 1000).toLocaleDateString([], { weekday: "long", day: "numeric", month: "long" });
export const day_key = (at) => new Date((at || 0) * 1000).toDateString();
export const span = (seconds) => {
  const s = Math.max(0, Math.round(seconds)), pad = (n) => String(n).padStart(2, "0");
  return s > 99 * 3600 ? `${Math.floor(s / 86400)} d ${Math.floor(s / 3600) % 24} h` : `${pad(Math.floor(s / 3600))}:${pad(Math.floor(s / 60) % 60)}:${pad(s % 60)}`;
};

// ---- lists that change ----------------------------------------------------------------------------------------------------

// Updates the children of an element by key. Draws a child again only if its data changed; the focus does not move.
export function keyed(element, items, key, draw) {
  const before = element.drawn || new Map(), after = new Map();
  const focused = element.contains(document.activeElement) ? document.activeElement.dataset.focus : null;
  let place = element.firstChild;
  for (const item of items) {
    const id = key(item), data = JSON.stringify(item);
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

// ---- words ----------------------------------------------------------------------------------------------------------------

export function toast(words, kind = "") {
  const node = h("div.toast" + (kind && "." + kind), {}, words);
  document.getElementById("toasts").append(node);
  setTimeout(() => node.remove(), 6000);
}

// runs an action of the user; if the sandbox refuses it, shows the problem
export const attempt = (action) => async (event) => {
  try {
    return await action(event);
  } catch (problem) {
    toast(problem.message, "bad");
  }
};

export async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    toast("copied");
  } catch {
    const box = h("textarea", { value: text, readOnly: true });
    document.body.append(box);
    box.select();
    document.execCommand("copy");
    box.remove();
    toast("copied");
  }
}

// A form in a dialog: fields are { name, label, value, type, options }. Resolves to the values, or null.
export function form(title, fields, submit = "Send") {
  return new Promise((resolve) => {
    let result = null;
    const inputs = fields.map((field) => {
      const tag = field.type === "area" ? "textarea" : field.options ? "select" : "input";
      const input = h(tag, { name: field.name, required: field.required, placeholder: field.placeholder, step: field.step });
      if (tag === "input") input.type = field.type || "text";
      if (field.options) add(input, field.options.map((option) => h("option", { value: option }, option)));
      if (field.type === "checkbox") input.checked = field.value;
      else if (field.value !== undefined) input.value = field.value;
      if (tag === "textarea") input.rows = 6;
      return h("label" + (field.type === "checkbox" ? ".tick" : ""), {}, h("span", field.label), input);
    });
    const body = h("form", { method: "dialog", onsubmit: (event) => {
      event.preventDefault();
      result = {};
      for (const field of fields) {
        const input = body.elements[field.name];
        result[field.name] = field.type === "checkbox" ? input.checked : field.type === "number" ? Number(input.value) : field.type === "file" ? input.files[0] : input.value;
      }
      dialog.close();
    } }, h("h2", title), inputs, h("div.actions",
      h("button.plain", { onclick: () => dialog.close() }, "Cancel"), h("button.primary", { type: "submit" }, submit)));
    const dialog = h("dialog", { "aria-label": title, onclose: () => { dialog.remove(); resolve(result); } }, body);
    document.body.append(dialog);
    dialog.showModal();
  });
}

// a menu under a button; closes when something else is chosen
export function menu(label, symbol, items, focus) {
  const node = h("details.menu", {
    onkeydown: (event) => { if (event.key === "Escape" && node.open) { node.open = false; node.firstChild.focus(); event.stopPropagation(); } },
    onfocusout: (event) => { if (event.relatedTarget && !node.contains(event.relatedTarget)) node.open = false; },
    ontoggle: () => {
      if (!node.open || node.childElementCount > 1) return;
      node.append(h("div.items", items().map((item) => item instanceof Node ? item : h("button", { onclick: () => {
        node.open = false;
        item[1]();
      } }, item[0]))));
    },
  }, h("summary", { title: label, "aria-label": label, "data-focus": focus }, symbol));
  node.addEventListener("toggle", () => {
    if (node.open || node.childElementCount < 2) return;
    node.lastChild.remove();
    node.dispatchEvent(new Event("closed", { bubbles: true }));
  });
  return node;
}
addEventListener("click", (event) => {
  for (const open of document.querySelectorAll("details.menu[open]")) if (!open.contains(event.target)) open.open = false;
});
