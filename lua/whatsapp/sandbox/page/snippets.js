// Text to copy: a message as Lua and as curl, and the first lines of a program. Never shows a real token.

const NAME = /^[A-Za-z_]\w*$/;
const RESERVED = new Set("and break do else elseif end false for function goto if in local nil not or repeat return then true until while".split(" "));
const string = (text) => JSON.stringify(text).replace(/\\u([\da-f]{4})/g, (_, hex) => `\\${String(parseInt(hex, 16)).padStart(3, "0")}`); // as Lua 5.1 reads it

export function lua(value, indent = "") {
  if (value === null || value === undefined) return "whatsapp.null";
  if (typeof value === "string") return string(value);
  if (typeof value !== "object") return String(value);
  const inner = indent + "  ";
  const lines = Array.isArray(value) ? value.map((item) => lua(item, inner))
    : Object.entries(value).map(([key, item]) => `${NAME.test(key) && !RESERVED.has(key) ? key : `[${string(key)}]`} = ${lua(item, inner)}`);
  const short = `{ ${lines.join(", ")} }`;
  if (!lines.length) return "{}";
  return short.length + indent.length < 100 && !short.includes("\n") ? short : `{\n${lines.map((line) => inner + line + ",\n").join("")}${indent}}`;
}

// returns a message as Lua, without the members that the client adds
export function as_lua({ messaging_product, recipient_type, ...message }) {
  return `client:send ${lua(recipient_type === "group" ? { recipient_type, ...message } : message)}`;
}

const quoted = (text) => `'${text.replaceAll("'", "'\\''")}'`;

export function as_curl(message, info) {
  return `curl ${info.base_url}/v26.0/${info.phone_number_id}/messages -H 'Authorization: Bearer any' -H 'Content-Type: application/json' -d ${quoted(JSON.stringify(message))}`;
}

export function first_steps(info, user) {
  const to = user.number ? `to = "${user.number}"` : `recipient = "${user.user_id}"`;
  return `local whatsapp = require "whatsapp"
local client = whatsapp.new {
  token = "any", phone_number_id = "${info.phone_number_id}",
  base_url = "${info.base_url}", allow_http = true,
}
print(client:send { ${to}, text = { body = "Hello" } })`;
}
