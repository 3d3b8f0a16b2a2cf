// Draws a JSON body as it was sent. Marks the places that a problem names.
// Paths are those of Lua: lists count from 1. Never changes a value.
import { h } from "./dom.js";

export const pretty = (value) => JSON.stringify(value ?? {}, null, 2);

const TOKEN = /\s*("(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*|true|false|null|[[\]{},:])/g;

function reader(text) {
  const tokens = [...text.matchAll(TOKEN)].map((found) => found[1]);
  let at = 0;
  return { next: () => tokens[at++], peek: () => tokens[at] };
}

const kind = (token) => token[0] === '"' ? "string" : /[-\d]/.test(token[0]) ? "number" : "atom";

const readable = (token) => token[0] === '"' ? JSON.stringify(JSON.parse(token)) : token;

function note(node, path, problems) {
  const found = problems.filter((problem) => problem.path === path);
  if (!found.length) return node;
  return h("span.wrong", h("mark", node), found.map((problem) => h("span.why", problem.message)));
}

const member = (path, name) => /^[A-Za-z_]\w*$/.test(name) ? (path ? `${path}.${name}` : name) : `${path}["${name}"]`;

function value(tokens, path, problems, depth) {
  const token = tokens.next();
  if (depth > 200) throw new Error("too deep to be drawn");
  if (token !== "{" && token !== "[") return note(h("span." + kind(token), readable(token)), path, problems);
  const out = [], close = token === "{" ? "}" : "]";
  for (let i = 1; tokens.peek() !== close; i++) {
    let here = `${path}[${i}]`, name = null;
    if (token === "{") {
      name = tokens.next();
      here = member(path, JSON.parse(name));
      tokens.next();
    }
    const inner = value(tokens, here, problems, depth + 1);
    const comma = tokens.peek() === "," ? tokens.next() : "";
    out.push(h("div", name && [h("span.name", readable(name)), ": "], inner, comma));
  }
  tokens.next();
  return note(h("span", token, out.length ? h("div.inner", out) : null, close), path, problems);
}

// problems: { path, message }; a problem whose place is not in the body is shown after the body
export function body(text, problems = []) {
  text = String(text ?? "");
  let drawn;
  try {
    JSON.parse(text);
    drawn = value(reader(text), "", problems, 0);
  } catch {
    drawn = text;
  }
  const view = h("pre.json", { tabindex: "0" }, drawn || "(empty)");
  const placed = new Set([...view.querySelectorAll(".why")].map((node) => node.textContent));
  return h("div", view, problems.filter(({ message }) => !placed.has(message)).map(({ path, message }) => h("p.why", path ? `${path}: ` : "", message)));
}
