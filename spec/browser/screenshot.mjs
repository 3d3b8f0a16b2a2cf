// Makes the picture of the sandbox's page that the README shows: make screenshot.
import { start_sandbox, client_of, start_bot, start_browser, open_page } from "./support.mjs";

const context = { browser: await start_browser(), bot: await start_bot() };
context.sandbox = await start_sandbox({ WEBHOOK: context.bot.url });
context.bot.secret = context.sandbox.app_secret;
const api = client_of(context.sandbox), to = "16505551234";
const act = (verb, body) => api.post(`users/${to}/${verb}`, body);
const reply = (id, title) => ({ type: "reply", reply: { id, title } });

await act("write", { text: "Hi! Do you have a table for *two* tonight? 🍝" });
await api.send({ to, type: "text", text: { body: "Good evening, Ana! We have _two_ free tables." } });
const { id } = await api.send({ to, type: "interactive", interactive: { type: "button", header: { type: "text", text: "Your table" }, body: { text: "Inside by the window, or out on the terrace?" }, footer: { text: "Open until 23:00" }, action: { buttons: [reply("in", "By the window"), reply("out", "Terrace")] } } });
await act("press", { message: id, button: "out" });
await api.send({ to, type: "location", location: { latitude: 52.5163, longitude: 13.3777, name: "Trattoria", address: "Pariser Platz 1, Berlin" } });
await act("write", { text: "شكرا جزيلا 🙏" });
const last = await api.send({ to, type: "text", text: { body: "Reserved for 19:00. See you!" } });
await act("react", { message: last.id, emoji: "❤️" });
await act("read", {});
await api.send({ to, type: "text", text: { body: "" } });
try {
  const page = await open_page(context, { viewport: { width: 1280, height: 760 } });
  await page.locator(".entry").last().waitFor();
  await page.waitForTimeout(800);
  await page.screenshot({ path: process.argv[2] });
} finally {
  await context.browser.close();
  await context.sandbox.stop();
  context.bot.stop();
}
