// What the tests of the page share: a sandbox of their own, a bot that answers its webhooks, a browser, and a list of tests.
import { spawn } from "node:child_process";
import { createHmac, timingSafeEqual } from "node:crypto";
import http from "node:http";

export const VERIFY_TOKEN = "sandbox";

// ---- tests ------------------------------------------------------------------------------------------------------------------

const tests = [];
export const test = (name, run) => tests.push({ name, run });

export class Failure extends Error {}

export function equal(actual, expected, words = "") {
  const [a, b] = [JSON.stringify(actual, null, 1), JSON.stringify(expected, null, 1)];
  if (a !== b) throw new Failure(`${words}\n      got ${a}\n      not ${b}`);
}

export function truthy(value, words) {
  if (!value) throw new Failure(words);
  return value;
}

const PATIENCE = 60; // seconds that a condition may take: the machine may be slow, and nothing here measures time

// waits until something holds
export async function until(check, words, seconds = PATIENCE) {
  const deadline = Date.now() + seconds * 1000;
  for (;;) {
    const value = await check();
    if (value) return value;
    if (Date.now() > deadline) throw new Failure(`waited ${seconds} s for ${words}`);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}

const MOST = 600; // seconds: tests that come later fail without being run

// runs them in their order; the last line counts them
export async function run(context) {
  let passed = 0, failed = 0;
  const ends = Date.now() + MOST * 1000;
  for (const { name, run: body } of tests) {
    if (process.env.ONLY && !name.includes(process.env.ONLY)) continue;
    const began = Date.now();
    if (began > ends) {
      failed++;
      console.log(`FAILED  ${name}: not run, ${MOST} seconds are over`);
      continue;
    }
    try {
      await body(context);
      passed++;
      console.log(`ok      ${name}${process.env.TIMES ? ` (${Date.now() - began} ms)` : ""}`);
    } catch (problem) {
      failed++;
      console.log(`FAILED  ${name}\n    ${problem instanceof Failure ? problem.message : problem.stack.split("\n").slice(0, 6).join("\n    ")}`);
    }
  }
  console.log(`${passed} passed, ${failed} failed`);
  return failed;
}

// ---- the sandbox --------------------------------------------------------------------------------------------------------------

// starts `make sandbox`'s program on a free port; resolves to what it printed
export function start_sandbox(environment = {}) {
  const child = spawn(process.env.LUA || "lua5.4", ["examples/sandbox.lua"], { env: { ...process.env, PORT: "0", ...environment }, stdio: ["ignore", "pipe", "pipe"], detached: true });
  let printed = "", errors = "";
  child.stderr.on("data", (data) => { errors += data; });
  return new Promise((resolve, reject) => {
    child.on("exit", (code) => reject(new Failure(`the sandbox ended with ${code}: ${errors}`)));
    child.stdout.on("data", (data) => {
      printed += data;
      const values = Object.fromEntries([...printed.matchAll(/^(page|base_url|phone_number_id|app secret|token) +(\S+)$/gm)].map((found) => [found[1], found[2]]));
      if (!values.token) return;
      resolve({
        page: values.page, base_url: values.base_url, phone_number_id: values.phone_number_id, app_secret: values["app secret"], printed: () => printed,
        stop: () => new Promise((ended) => { child.removeAllListeners("exit"); child.on("exit", ended); process.kill(-child.pid, "SIGINT"); }),
      });
    });
  });
}

// the sandbox over HTTP, as programs use it
export function client_of(sandbox) {
  const ask = async (method, path, body) => {
    const answer = await fetch(`${sandbox.base_url}/_sandbox/${path}`, { method, headers: body ? { "content-type": "application/json" } : {}, body: body && JSON.stringify(body) });
    const text = await answer.text();
    return { status: answer.status, ...(text ? JSON.parse(text) : {}) };
  };
  return {
    get: (path) => ask("GET", path), post: (path, body = {}) => ask("POST", path, body),
    async send(message) {
      const answer = await fetch(`${sandbox.base_url}/v26.0/${sandbox.phone_number_id}/messages`, { method: "POST", headers: { authorization: "Bearer t", "content-type": "application/json" }, body: JSON.stringify({ messaging_product: "whatsapp", recipient_type: "individual", ...message }) });
      const body = await answer.json();
      return { status: answer.status, id: body.messages?.[0]?.id, body };
    },
    async upload(bytes, type, name) {
      const form = new FormData();
      form.set("messaging_product", "whatsapp");
      form.set("file", new Blob([bytes], { type }), name);
      const answer = await fetch(`${sandbox.base_url}/v26.0/${sandbox.phone_number_id}/media`, { method: "POST", headers: { authorization: "Bearer t" }, body: form });
      return (await answer.json()).id;
    },
  };
}

// ---- the bot ------------------------------------------------------------------------------------------------------------------

// An endpoint that keeps the webhooks whose signature is right, and may answer a message. `secret` is set when it is known.
export function start_bot() {
  const bot = { messages: [], statuses: [], wrong: 0, status: 200, secret: null, answer: null };
  const server = http.createServer((request, response) => {
    const chunks = [];
    request.on("data", (chunk) => chunks.push(chunk));
    request.on("end", () => {
      const query = new URL(request.url, "http://bot").searchParams;
      if (request.method === "GET") return response.end(query.get("hub.verify_token") === VERIFY_TOKEN ? query.get("hub.challenge") : "no");
      const body = Buffer.concat(chunks);
      const expected = "sha256=" + createHmac("sha256", bot.secret || "").update(body).digest("hex"), got = request.headers["x-hub-signature-256"] || "";
      const is_right = got.length === expected.length && timingSafeEqual(Buffer.from(got), Buffer.from(expected));
      if (!is_right) bot.wrong++;
      response.statusCode = is_right ? bot.status : 401;
      response.end("ok");
      if (!is_right || bot.status !== 200) return;
      for (const entry of JSON.parse(body).entry) for (const change of entry.changes) {
        bot.statuses.push(...(change.value.statuses || []));
        for (const message of change.value.messages || []) {
          bot.messages.push(message);
          bot.answer?.(message);
        }
      }
    });
  });
  return new Promise((resolve) => server.listen(0, "127.0.0.1", () => {
    bot.url = `http://127.0.0.1:${server.address().port}/webhook`;
    bot.stop = () => { server.closeAllConnections(); server.close(); };
    resolve(bot);
  }));
}

// ---- the browser --------------------------------------------------------------------------------------------------------------

const FLAGS = ["--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage"];

// Without a browser the program ends here, with one line and a count.
export async function start_browser() {
  const executablePath = process.env.CHROMIUM || "/usr/bin/chromium";
  const as_root = process.getuid?.() === 0 ? ["--no-sandbox"] : []; // as root it does not start otherwise
  try {
    const { chromium } = await import("playwright-core");
    return await chromium.launch({ executablePath, args: [...FLAGS, ...as_root], timeout: PATIENCE * 1000 });
  } catch (problem) {
    console.log(`FAILED  no browser: ${executablePath} does not start: ${problem.message.split("\n")[0]}\n0 passed, 1 failed`);
    process.exit(1);
  }
}

// A page of the sandbox; notes what it must not do: errors on the console, requests to other hosts
export async function open_page(context, options = {}, hash = "chats") {
  const page = await context.browser.newPage({ viewport: { width: 1280, height: 800 }, reducedMotion: "reduce", ...options });
  page.setDefaultTimeout(PATIENCE * 1000);
  page.troubles = [];
  page.on("pageerror", (error) => page.troubles.push(`error: ${error.message}`));
  page.on("console", (message) => { if (message.type() === "error" && !message.text().startsWith("Failed to load resource")) page.troubles.push(message.text()); });
  page.on("request", (request) => { if (!request.url().startsWith(context.sandbox.base_url)) page.troubles.push(`asked ${request.url()}`); });
  await page.goto(`${context.sandbox.base_url}/_sandbox/page/#${hash}`);
  await page.waitForSelector(".live.on");
  return page;
}
