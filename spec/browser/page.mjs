// The tests of the sandbox's page: make test-page. Starts a sandbox, a bot and Debian's chromium; the last line is
// "N passed, N failed". Touches no other host.
import fs from "node:fs";
import { createRequire } from "node:module";
import { test, run, equal, truthy, until, start_sandbox, client_of, start_bot, start_browser, open_page } from "./support.mjs";
import { messages } from "./messages.mjs";

const AXE = fs.readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const TABS = ["chats", "requests", "webhooks", "templates", "chaos", "numbers"];
const PIXEL = Buffer.from("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==", "base64");
const OGG = Buffer.concat([Buffer.from("OggS\0\x02\0\0\0\0\0\0\0\0\x01\0\0\0\0\0\0\0\0\0\0\0\x01\x13OpusHead\x01\x01\0\0\x80\xbb\0\0\0\0\0", "latin1"), Buffer.alloc(64)]);

let people = 0;
// a user whom no other test knows, with the phone open
async function user_of(context, name = `User ${people + 1}`) {
  const number = `1650555${String(2000 + people++)}`;
  const made = await context.api.post("users", { name, number });
  equal(made.status, 200, "adds a user");
  return { number, name, id: made.id };
}

async function phone_of(context, page, user) {
  await page.click(`.person:has-text("${user.name}")`);
  const phone = page.locator(`.phone[aria-label="Phone of ${user.name}"]`);
  await phone.waitFor();
  return phone;
}

const last_of = (context, user) => context.bot.messages.filter((message) => message.from === user.number).at(-1);

// the webhook that the bot got, with what differs from run to run taken out
async function heard(context, user, type) {
  const message = await until(() => { const last = last_of(context, user); return last?.type === type && last; }, `a webhook of type ${type}`);
  truthy(/^wamid\./.test(message.id), "the id of the message");
  truthy(/^\d{10}$/.test(message.timestamp), "the time of the message");
  const { id, timestamp, ...rest } = message;
  return rest;
}

async function menu(scope, name, item) {
  await scope.locator(`summary[aria-label="${name}"]`).last().click();
  await scope.locator(".items button", { hasText: item }).last().click();
}

// ---- every type, and axe while there is little to look at ---------------------------------------------------------------

test("a message of every type is drawn, without raw JSON, undefined or null", async (context) => {
  const { api } = context, user = await user_of(context, "Every Type"), page = await open_page(context), phone = await phone_of(context, page, user);
  const media = { image: await api.upload(PIXEL, "image/png", "a.png"), audio: await api.upload(OGG, "audio/ogg", "a.ogg"), document: await api.upload(Buffer.from("the menu"), "text/plain", "menu.txt") };
  const all = Object.entries(messages(media));
  const ids = [];
  for (const [name, message] of all) {
    const sent = await api.send({ to: user.number, ...message });
    equal(sent.status, 200, `${name}: ${JSON.stringify(sent.body)}`);
    ids.push([name, sent.id]);
  }
  for (const [name, id] of ids) {
    const bubble = phone.locator(`[data-id="${id}"] .bubble`);
    await bubble.waitFor();
    const words = (await bubble.locator("xpath=.").evaluate((node) => { const copy = node.cloneNode(true); copy.querySelector(".meta").remove(); return copy.textContent; })).trim();
    truthy(!/undefined|null|\[object|NaN/.test(words), `${name}: ${words}`);
    equal(await bubble.locator("pre.json").count(), 0, `${name} is drawn as JSON`);
    truthy(words || await bubble.locator("img, audio, video").count(), `${name} is empty`);
  }
  await phone.locator(".bubble img[src^='/_sandbox/media/']").first().waitFor();
  equal(page.troubles, [], "what the page must not do");
  await page.close();
});

// what does not depend on colours is looked for in light colours only
for (const width of [1280, 380]) {
  test(`axe finds no violation on any tab, light and dark, at ${width} pixels`, async (context) => {
    const page = await open_page(context, { viewport: { width, height: 800 }, bypassCSP: true });
    await phone_of(context, page, { name: "Every Type" });
    await page.locator(".entry").first().waitFor();
    await page.evaluate(AXE);
    const found = [];
    for (const [colorScheme, only] of [["light", ""], ["dark", ", runOnly: ['color-contrast']"]]) {
      await page.emulateMedia({ colorScheme });
      for (const tab of TABS) {
        await page.evaluate((id) => document.getElementById(`tab-${id}`).click(), tab);
        await page.waitForTimeout(200);
        const { violations } = await page.evaluate(`axe.run({ resultTypes: ['violations']${only} })`);
        for (const one of violations) found.push(`${colorScheme} ${tab}: ${one.id}: ${one.nodes[0].html.slice(0, 160)} ${one.nodes[0].any[0]?.message ?? ""}`);
      }
    }
    equal(found, [], "violations");
    await page.close();
  });
}

// ---- the conversation ---------------------------------------------------------------------------------------------------------

function answering(context) {
  const { api } = context;
  context.bot.answer = (message) => {
    const to = message.from, ask = message.text?.body;
    if (ask === "hello") api.send({ to, type: "interactive", interactive: { type: "button", body: { text: "Yes or no?" }, action: { buttons: [{ type: "reply", reply: { id: "yes", title: "Yes" } }, { type: "reply", reply: { id: "no", title: "No" } }] } } });
    if (message.interactive?.button_reply?.id === "yes") api.send({ to, type: "interactive", interactive: { type: "list", body: { text: "Which one?" }, action: { button: "Choose", sections: [{ title: "All", rows: [{ id: "one", title: "Row one", description: "the first" }, { id: "two", title: "Row two" }] }] } } });
    if (message.interactive?.list_reply) api.send({ to, type: "text", text: { body: `You chose ${message.interactive.list_reply.title}` } });
  };
}

test("the whole conversation by mouse: write, press, choose, ticks, reaction, read", async (context) => {
  answering(context);
  const user = await user_of(context, "Mia Mouse"), page = await open_page(context), phone = await phone_of(context, page, user);
  await phone.locator("textarea").fill("hello");
  await phone.locator("button[aria-label=Send]").click();
  await phone.locator(".press", { hasText: "Yes" }).click();
  await phone.locator(".press", { hasText: "Choose" }).click();
  await page.locator("dialog .row", { hasText: "Row two" }).click();
  const answer = phone.locator(".entry.theirs", { hasText: "You chose Row two" });
  await answer.waitFor();
  await answer.locator(".ticks.delivered").waitFor();
  await answer.locator("summary").click();
  await answer.locator(".items button[aria-label='React 👍']").click();
  await answer.locator(".reaction", { hasText: "👍" }).waitFor();
  await menu(answer, "Message menu", "Mark read");
  await answer.locator(".ticks.read").waitFor();
  equal(context.bot.wrong, 0, "signatures that were wrong");
  equal(page.troubles, [], "what the page must not do");
  await page.close();
});

test("the whole conversation by keyboard alone", async (context) => {
  answering(context);
  const user = await user_of(context, "Kim Keys"), page = await open_page(context);
  const reach = async (pick, words) => {
    for (let i = 0; i < 200; i++) {
      await page.keyboard.press("Tab");
      if (await page.evaluate(pick)) return;
    }
    throw new Error(`Tab reaches no ${words}`);
  };
  await reach("document.activeElement.classList.contains('person') && document.activeElement.textContent.includes('Kim Keys')", "user");
  await page.keyboard.press("Enter");
  await page.waitForFunction("document.activeElement.matches('.phone[aria-label=\"Phone of Kim Keys\"] textarea')");
  await page.keyboard.type("hello");
  await page.keyboard.press("Enter");
  const phone = page.locator(".phone[aria-label='Phone of Kim Keys']");
  await phone.locator(".press", { hasText: "Yes" }).waitFor();
  await page.evaluate("document.querySelector('.phone .log').focus()"); // as Shift+Tab does
  await reach("document.activeElement.classList.contains('press') && document.activeElement.textContent.includes('Yes')", "button");
  await page.keyboard.press("Enter");
  await phone.locator(".press", { hasText: "Choose" }).waitFor();
  await reach("document.activeElement.classList.contains('press') && document.activeElement.textContent.includes('Choose')", "list");
  await page.keyboard.press("Space");
  await reach("document.activeElement.classList.contains('row') && document.activeElement.textContent.includes('Row one')", "row");
  await page.keyboard.press("Enter");
  await phone.locator(".entry.theirs", { hasText: "You chose Row one" }).waitFor();
  await page.evaluate("document.querySelector('.tab[aria-selected=true]').focus()");
  for (const name of ["Requests", "Webhooks", "Templates", "Chaos and clock", "Numbers"]) {
    await page.keyboard.press("ArrowRight");
    equal(await page.evaluate("document.activeElement.textContent"), name, "the arrow moves to the next tab");
  }
  equal(page.troubles, [], "what the page must not do");
  await page.close();
});

test("an empty chat says how to begin, with the values of this sandbox", async (context) => {
  const user = await user_of(context, "Emma Empty"), page = await open_page(context), phone = await phone_of(context, page, user);
  const words = await phone.locator(".empty pre").textContent();
  truthy(words.includes(`base_url = "${context.sandbox.base_url}"`) && words.includes(`to = "${user.number}"`) && !words.includes("undefined"), words);
  await page.reload();
  await page.waitForSelector(".live.on");
  await phone_of(context, page, user);
  truthy(!(await phone.locator(".empty pre").textContent()).includes("undefined"), "after it was loaded again");
  await page.close();
});

test("several phones are side by side", async (context) => {
  const [a, b] = [await user_of(context, "Side A"), await user_of(context, "Side B")], page = await open_page(context);
  await phone_of(context, page, a);
  await page.click(`button[aria-label="Side B side by side"]`);
  await page.waitForFunction("document.querySelectorAll('.phone').length === 2");
  await context.api.send({ to: b.number, type: "text", text: { body: "only for B" } });
  await page.locator(".phone[aria-label='Phone of Side B'] .entry", { hasText: "only for B" }).waitFor();
  equal(await page.locator(".phone[aria-label='Phone of Side A'] .entry").count(), 0, "messages of the other");
  await page.close();
});

// ---- every type -----------------------------------------------------------------------------------------------------------------

test("an unknown type is drawn as its JSON", async (context) => {
  const page = await open_page(context);
  const drawn = await page.evaluate(async () => {
    const { drawn } = await import("/_sandbox/page/bubble.js");
    const node = document.createElement("div");
    node.append(...[drawn({ type: "hologram", hologram: { depth: 3 } }, {}, {})].flat());
    return node.textContent;
  });
  truthy(drawn.includes('"hologram"') && drawn.includes('"depth": 3'), drawn);
  await page.close();
});

test("markup in a message is text", async (context) => {
  const user = await user_of(context, "<b>Mal</b>"), page = await open_page(context);
  await page.locator(".person", { hasText: "<b>Mal</b>" }).click();
  const evil = "<img src=x onerror=\"document.title='owned'\"><script>document.title='owned'</script> javascript:alert(1)";
  await context.api.send({ to: user.number, type: "text", text: { body: evil } });
  await context.api.send({ to: user.number, type: "interactive", interactive: { type: "cta_url", body: { text: "x" }, action: { name: "cta_url", parameters: { display_text: "<i>go</i>", url: "https://example.com" } } } });
  const bubble = page.locator(".phone .bubble", { hasText: "onerror" });
  await bubble.waitFor();
  truthy((await bubble.textContent()).includes(evil), "the whole text");
  equal(await page.locator(".phone .log img, .phone .log script, .phone .log i").count(), 0, "elements of the message");
  equal(await page.title(), "WhatsApp sandbox", "the title");
  await page.close();
});

// ---- what is pressed -----------------------------------------------------------------------------------------------------------

const BUSINESS = "15550783881";

test("every thing that can be pressed gives the webhook of the API, key by key", async (context) => {
  const { api } = context, user = await user_of(context, "Pat Press"), page = await open_page(context), phone = await phone_of(context, page, user);
  context.bot.answer = null;
  const all = messages({ image: "1", audio: "1", document: "1" });
  const send = async (name) => {
    const { id, body } = await api.send({ to: user.number, ...all[name] });
    truthy(id, `${name}: ${JSON.stringify(body)}`);
    return { id, entry: phone.locator(`[data-id="${id}"]`) };
  };
  const from = { from: user.number }, about = (id) => ({ context: { from: BUSINESS, id } });
  const check = async (type, expected, words) => { const got = await heard(context, user, type); equal(sorted(got), sorted({ ...from, type, ...expected }), words); context.bot.messages.length = 0; };
  const answer = (type, reply) => ({ interactive: { type, [type]: reply } });

  let sent = await send("button");
  await sent.entry.locator(".press", { hasText: "No" }).click();
  await check("interactive", { ...about(sent.id), ...answer("button_reply", { id: "no", title: "No" }) }, "a button");

  sent = await send("list");
  await sent.entry.locator(".press").click();
  await page.locator("dialog .row", { hasText: "Row one" }).click();
  await check("interactive", { ...about(sent.id), ...answer("list_reply", { id: "r1", title: "Row one", description: "the first row" }) }, "a row");

  sent = await send("template");
  await sent.entry.locator("button.press").first().click();
  await check("button", { ...about(sent.id), button: { payload: "stop", text: "stop" } }, "a quick reply of a template");

  sent = await send("template with cards");
  await sent.entry.locator(".card").nth(1).locator("button.press").click();
  await check("button", { ...about(sent.id), button: { payload: "card-1", text: "card-1" } }, "a quick reply of a card");

  sent = await send("call_permission");
  await sent.entry.locator(".press", { hasText: "Allow" }).click();
  const call = await heard(context, user, "interactive");
  equal(call.interactive.call_permission_reply.response, "accept", "a call permission");
  context.bot.messages.length = 0;

  sent = await send("flow");
  await sent.entry.locator(".press").click();
  await page.locator("dialog textarea").fill('{"day":"Friday"}');
  await page.locator("dialog button[type=submit]").click();
  const flow = await heard(context, user, "interactive");
  equal(JSON.parse(flow.interactive.nfm_reply.response_json), { day: "Friday", flow_token: "token-1" }, "the answers to a flow");
  equal(flow.context.id, sent.id, "the flow that is answered");
  context.bot.messages.length = 0;

  sent = await send("product_list");
  await sent.entry.locator("button.press").click();
  await page.locator("dialog button[type=submit]").click();
  const order = await heard(context, user, "order");
  equal(order.order.product_items.map((item) => [item.product_retailer_id, item.quantity]), [["tea", 1]], "an order");
  context.bot.messages.length = 0;

  sent = await send("location_request");
  await sent.entry.locator("button.press").click();
  await page.locator("dialog button[type=submit]").click();
  await check("location", { location: { latitude: 52.5163, longitude: 13.3777, name: "Brandenburg Gate", address: "Pariser Platz, Berlin" } }, "a place");

  sent = await send("address");
  await sent.entry.locator("button.press").click();
  await page.locator("dialog button[type=submit]").click();
  equal((await heard(context, user, "interactive")).interactive.nfm_reply.name, "address_message", "an address");
  equal(page.troubles, [], "what the page must not do");
  await page.close();
});

// with the keys of every object in order: JSON objects have none
function sorted(value) {
  if (Array.isArray(value)) return value.map(sorted);
  if (!value || typeof value !== "object") return value;
  return Object.fromEntries(Object.keys(value).sort().map((key) => [key, sorted(value[key])]));
}

test("the composer sends files, contacts, replies, forwarded texts and texts from an ad", async (context) => {
  const { api } = context, user = await user_of(context, "Cora Composer"), page = await open_page(context), phone = await phone_of(context, page, user);
  context.bot.answer = null;
  await phone.locator("input[type=file]").setInputFiles({ name: "a.png", mimeType: "image/png", buffer: PIXEL });
  const image = (await heard(context, user, "image")).image;
  equal(image.mime_type, "image/png", "the type of the file");
  truthy(image.sha256 && image.id, "the hash and the id of the file");
  await phone.locator(".mine .bubble img").waitFor();
  await menu(phone.locator(".composer"), "Attach", "Contact…");
  await page.locator("dialog button[type=submit]").click();
  equal((await heard(context, user, "contacts")).contacts[0].name.formatted_name, "Pat Example", "the contact");
  const { id } = await api.send({ to: user.number, type: "text", text: { body: "answer me" } });
  const entry = phone.locator(`[data-id="${id}"]`);
  await menu(entry, "Message menu", "Reply");
  await phone.locator("textarea").fill("an answer");
  await page.keyboard.press("Enter");
  equal(sorted((await heard(context, user, "text")).context), { from: BUSINESS, id }, "what is quoted");
  await menu(phone.locator(".composer"), "Attach", "Next message is forwarded");
  await phone.locator("textarea").fill("passed on");
  await page.keyboard.press("Enter");
  await until(() => last_of(context, user)?.text?.body === "passed on", "the forwarded text");
  equal(last_of(context, user).context.forwarded, true, "forwarded");
  await menu(phone.locator(".composer"), "Attach", "Next message comes from an ad");
  await phone.locator("textarea").fill("saw your ad");
  await page.keyboard.press("Enter");
  await until(() => last_of(context, user)?.text?.body === "saw your ad", "the text from an ad");
  equal(last_of(context, user).referral.source_type, "ad", "the ad");
  await menu(phone.locator(".composer"), "Attach", "Unsupported");
  equal((await heard(context, user, "unsupported")).errors[0].code, 131051, "the unsupported message");
  equal(page.troubles, [], "what the page must not do");
  await page.close();
});

test("a status by hand: failed with a code, on the bubble and to the bot", async (context) => {
  const { api } = context, user = await user_of(context, "Fay Failed"), page = await open_page(context), phone = await phone_of(context, page, user);
  const { id } = await api.send({ to: user.number, type: "text", text: { body: "will fail" } });
  const entry = phone.locator(`[data-id="${id}"]`);
  await menu(entry, "Message menu", "Mark failed");
  await page.locator("dialog input[name=code]").fill("131047");
  await page.locator("dialog button[type=submit]").click();
  await entry.locator(".ticks.failed").waitFor();
  const status = await until(() => context.bot.statuses.find((one) => one.id === id && one.status === "failed"), "the failed status");
  equal(status.errors[0].code, 131047, "the code");
  await page.close();
});

// ---- what goes over the wire --------------------------------------------------------------------------------------------------------

test("a refused message is marked where it is wrong", async (context) => {
  const user = await user_of(context), page = await open_page(context, {}, "requests");
  await context.api.send({ to: user.number, type: "interactive", interactive: { type: "button", body: { text: "x" }, action: { buttons: [{ type: "reply", reply: { id: "a", title: "Fine" } }, { type: "reply", reply: { id: "b", title: "a title that is much too long for it" } }] } } });
  await page.locator(".item .state.bad", { hasText: "400" }).first().click();
  const marked = page.locator("#panel-requests .wrong");
  await marked.waitFor();
  equal(await marked.locator("mark").textContent(), '"a title that is much too long for it"', "what is marked");
  equal(await marked.locator(".why").textContent(), "interactive.action.buttons[2].reply.title: 36 characters, at most 20", "why");
  await page.close();
});

test("a webhook that fails shows its attempts, and is sent again by hand", async (context) => {
  const user = await user_of(context), page = await open_page(context, {}, "webhooks");
  context.bot.status = 500;
  await context.api.post(`users/${user.id}/write`, { text: "fail please" });
  const row = page.locator("#panel-webhooks .item").first();
  await row.locator(".state", { hasText: "500" }).waitFor();
  await row.click();
  context.bot.status = 200;
  await page.locator("#panel-webhooks button", { hasText: "Redeliver" }).click();
  await until(() => last_of(context, user)?.text?.body === "fail please", "the webhook again");
  await page.locator("#panel-webhooks .item .state.good").first().waitFor();
  await page.close();
});

test("the handshake is asked for, and its result is shown", async (context) => {
  const page = await open_page(context, {}, "webhooks");
  await page.locator("#panel-webhooks button", { hasText: "Handshake" }).click();
  await page.locator("#panel-webhooks .bar", { hasText: "handshake ok" }).waitFor();
  await page.close();
});

test("the clock moves, and the window closes", async (context) => {
  const user = await user_of(context, "Willa Window"), page = await open_page(context), phone = await phone_of(context, page, user);
  await context.api.post(`users/${user.id}/write`, { text: "hi" });
  await phone.locator(".chip", { hasText: "window 24:00" }).waitFor();
  await page.click("#tab-chaos");
  await page.locator("#panel-chaos button", { hasText: "+24 h" }).click();
  await page.locator("#panel-chaos", { hasText: "ahead" }).waitFor();
  await page.click("#tab-chats");
  await phone.locator(".chip", { hasText: "window closed" }).waitFor();
  await page.close();
});

test("a rule of chaos is armed, seen and removed", async (context) => {
  const page = await open_page(context, {}, "chaos");
  await page.locator("#panel-chaos button", { hasText: "The next send is throttled" }).click();
  await page.locator("#chaos-badge", { hasText: "1 rule" }).waitFor();
  const user = await user_of(context);
  const { status } = await context.api.send({ to: user.number, type: "text", text: { body: "x" } });
  truthy(status >= 400, `throttled: ${status}`);
  await page.locator(".rule", { hasText: "fired 1" }).waitFor();
  await page.locator(".rule button", { hasText: "Remove" }).click();
  await page.locator("#panel-chaos", { hasText: "No rules" }).waitFor();
  truthy(await page.locator("#chaos-badge").isHidden(), "the badge goes");
  await page.close();
});

test("a template is created, approved and rejected", async (context) => {
  const page = await open_page(context, {}, "templates");
  await page.locator("button", { hasText: "New template" }).click();
  await page.locator("dialog button[type=submit]").click();
  const card = page.locator(".template", { hasText: "hello" });
  await card.waitFor();
  await card.locator("button", { hasText: "Approve" }).click();
  await card.locator(".state.good", { hasText: "APPROVED" }).waitFor();
  await card.locator("button", { hasText: "Reject" }).click();
  await card.locator(".state.bad", { hasText: "REJECTED" }).waitFor();
  equal(page.troubles, [], "what the page must not do");
  await page.close();
});

// ---- everyone can use it ------------------------------------------------------------------------------------------------------------

test("nothing scrolls sideways at 380 pixels, nor at 320, which is 400 % zoom", async (context) => {
  for (const width of [380, 320]) {
    const page = await open_page(context, { viewport: { width, height: 700 } });
    await phone_of(context, page, { name: "Every Type" });
    for (const tab of TABS) {
      await page.evaluate((id) => document.getElementById(`tab-${id}`).click(), tab);
      await page.waitForTimeout(100);
      const wide = await page.evaluate("document.documentElement.scrollWidth - innerWidth");
      truthy(wide <= 0, `${tab} is ${wide} pixels too wide at ${width}`);
    }
    await page.close();
  }
});

test("a new message is announced to a screen reader", async (context) => {
  const user = await user_of(context, "Rhea Reader"), page = await open_page(context), phone = await phone_of(context, page, user);
  await context.api.send({ to: user.number, type: "text", text: { body: "first" } });
  await phone.locator(".entry", { hasText: "first" }).waitFor();
  await context.api.send({ to: user.number, type: "text", text: { body: "second" } });
  await phone.locator("[aria-live=polite]", { hasText: "Business: second" }).waitFor();
  await page.close();
});

test("a long conversation stays quick, and the page has one stream", async (context) => {
  const { api } = context, user = await user_of(context, "Lou Long"), page = await open_page(context), phone = await phone_of(context, page, user);
  for (let i = 0; i < 400; i += 20) await Promise.all(Array.from({ length: 20 }, (_, n) => api.send({ to: user.number, type: "text", text: { body: `number ${i + n}` } })));
  await api.send({ to: user.number, type: "text", text: { body: "the last one" } });
  await phone.locator(".entry", { hasText: "the last one" }).waitFor();
  equal(await phone.locator(".entry").count(), 150, "messages that are drawn at once");
  await phone.locator("button", { hasText: "251 earlier messages" }).click();
  await until(async () => await phone.locator(".entry").count() === 300, "the earlier messages");
  const streams = await page.evaluate("performance.getEntriesByType('resource').filter((one) => one.name.includes('/events')).length");
  truthy(streams <= 1, `${streams} streams`);
  equal(page.troubles, [], "what the page must not do");
  await page.close();
});

test("the page is small, and asks no other host", async (context) => {
  const page = await open_page(context);
  const bytes = await page.evaluate(() => [...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")]
    .filter((one) => one.name.includes("/page/")).reduce((sum, one) => sum + one.decodedBodySize, 0));
  truthy(bytes > 10000 && bytes <= 80 * 1024, `${bytes} bytes, and not compressed`);
  equal(page.troubles, [], "what the page must not do");
  await page.close();
});

// ---- guards -------------------------------------------------------------------------------------------------------------------------

test("a page of another host gets 403, and so does a form", async (context) => {
  const { base_url } = context.sandbox, url = `${base_url}/_sandbox/users/16505551234/write`;
  const status = async (at, options) => (await fetch(at, options)).status;
  const json = { "content-type": "application/json" }, body = '{"text":"x"}';
  equal(await status(url, { method: "POST", headers: { ...json, origin: "https://evil.example" }, body }), 403, "a foreign Origin");
  equal(await status(url, { method: "POST", headers: { "content-type": "application/x-www-form-urlencoded" }, body: "text=x" }), 403, "a form");
  equal(await status(`${base_url}/_sandbox/events`, { headers: { origin: "https://evil.example" } }), 403, "the stream with a foreign Origin");
  const http = await import("node:http");
  const foreign = (path) => new Promise((resolve) => http.get(base_url + path, { headers: { host: "evil.example" } }, (answer) => { answer.resume(); resolve(answer.statusCode); }));
  for (const path of ["/_sandbox/info", "/_sandbox/events", "/_sandbox/messages"]) equal(await foreign(path), 403, `a foreign Host at ${path}`);
});

const context = { browser: await start_browser() };
context.bot = await start_bot();
context.sandbox = await start_sandbox({ WEBHOOK: context.bot.url });
context.bot.secret = context.sandbox.app_secret;
context.api = client_of(context.sandbox);
let failed = 1;
try {
  failed = await run(context);
} finally {
  await context.browser.close();
  await context.sandbox.stop();
  context.bot.stop();
}
process.exitCode = failed ? 1 : 0;
