// Draws a JSON body: every name, number and string as it was sent, in the same order. Marks the places that a problem names.
// Paths are those of Lua: lists count from 1. Never changes a value.
import { h } from "./dom.js";

const TOKEN = /\s*("(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*|true|false|null|[[\]{},:])/y;

function reader(text) {
  TOKEN.lastIndex = 0;
  const tokens = [];
  let last = 0;
  for (let found; (found = TOKEN.exec(text)); last = TOKEN.lastIndex) tokens.push(found[1]);
  if (text.slice(last).trim()) throw new SyntaxError("not JSON");
  let at = 0;
  return { next: () => tokens[at++], peek: () => tokens[at] };
}

const kind = (token) => token[0] === '"' ? "string" : /[-\d]/.test(token[0]) ? "number" : "atom";

function readable(token) {
  if (token[0] !== '"') return token;
  try { return JSON.stringify(JSON.parse(token)); } catch { return token; }
}

function note(node, path, problems) {
  const found = problems.filter((problem) => problem.path === path);
  if (!found.length) return node;
  return h("span.wrong", h("mark", node), found.map((problem) => h("span.why", problem.message || problem.problem)));
}

const member = (path, name) => /^[A-Za-z_]\w*$/.test(name) ? (path ? `${path}.${name}` : name) : `${path}["${name}"]`;

function value(tokens, path, problems, depth) {
  const token = tokens.next();
  if (token === undefined || depth > 200) throw new SyntaxError("not JSON");
  if (token !== "{" && token !== "[") return note(h("span." + kind(token), {}, readable(token)), path, problems);
  const out = [], close = token === "{" ? "}" : "]";
  for (let i = 1; tokens.peek() !== close; i++) {
    let here = `${path}[${i}]`, name = null;
    if (token === "{") {
      name = tokens.next();
      here = member(path, JSON.parse(name));
      if (tokens.next() !== ":") throw new SyntaxError("not JSON");
    }
    const inner = value(tokens, here, problems, depth + 1);
    const comma = tokens.peek() === "," ? tokens.next() : "";
    out.push(h("div", name && [h("span.name", readable(name)), ": "], inner, comma));
    if (!comma && tokens.peek() !== close) throw new SyntaxError("not JSON");
  }
  tokens.next();
  return note(h("span", token, out.length ? h("div.inner", out) : null, close), path, problems);
}

// problems: { path, message }; a problem whose place is not in the body is shown after the body
export function body(text, problems = []) {
  text = text === undefined || text === null ? "" : String(text);
  const list = Array.isArray(problems) ? problems : [];
  let drawn;
  try {
    const tokens = reader(text);
    drawn = tokens.peek() === undefined ? text : value(tokens, "", list, 0);
  } catch {
    drawn = text;
  }
  const view = h("pre.json", { tabindex: "0" }, drawn || "(empty)");
  const placed = new Set([...view.querySelectorAll(".why")].map((node) => node.textContent));
  const rest = list.filter((problem) => !placed.has(problem.message || problem.problem));
  return h("div", view, rest.map((problem) => h("p.why", problem.path ? `${problem.path}: ` : "", problem.message || problem.problem)));
}
