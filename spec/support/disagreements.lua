-- The points on which Meta's pages disagree with each other or with the API, and the client's decision on each. `make docs` makes the
-- last chapter of MESSAGES.md from the rows, and a spec checks the example of each row. Each row: the subject, the text of the pages,
-- the client's decision with its reason, the outcome of the example ("accepted", "warned" or "refused"), and the example without `to`.
local function with_parameters(...) return { template = { name = "n", language = { code = "en" }, components = { ... } } } end
local function contact(card)
  card.name = card.name or { formatted_name = "Ana", first_name = "Ana" }
  return { contacts = { card } }
end
local function permission(more)
  local interactive = { type = "call_permission_request", action = { name = "call_permission_request" } }
  for key, value in pairs(more) do interactive[key] = value end
  return { interactive = interactive }
end
local function image(more)
  more.link = "https://example.com/a.png"
  return more
end
local HEADER_TEXT = { type = "header", parameters = { { type = "text", text = "Ana" } } }
local function body_text(length) return { type = "body", parameters = { { type = "text", text = ("x"):rep(length) } } } end
local function header_image(caption)
  return with_parameters { type = "header", parameters = { { type = "image", image = image { caption = caption } } } }
end
local function list(sections)
  return { interactive = { type = "list", body = { text = "b" }, action = { button = "b", sections = sections } } }
end

return {
  -- the envelope
  { "`recipient_type`", "Required on one page, optional on another.", "Optional: the client writes `individual`.", "accepted",
    { text = { body = "b" } } },
  { "`context` without `message_id`", "Optional.", "Refused: an answer to no message is a mistake.", "refused",
    { context = {}, text = { body = "b" } } },
  { "`type = \"hsm\"`", "Of the On-Premises API.", "Refused: the Cloud API does not know it.", "refused", { type = "hsm" } },
  { "a message with `hsm` and another content", "Of the On-Premises API.", "Refused: the Cloud API does not know it.", "refused",
    { hsm = {}, text = { body = "b" } } },
  { "`preview_url` outside of `text`", "Of the On-Premises API.", "Refused, and the place where it belongs is named.", "refused",
    { preview_url = true, text = { body = "b" } } },
  { "`status` other than `read`", "A string.", "Refused: the API has no other value.", "refused",
    { status = "delivered", message_id = "wamid.1" } },
  -- media and places
  { "`provider` of an image, video, audio or document", "A string, of the On-Premises API.",
    "A warning: the Cloud API does not use it.", "warned", { image = image { provider = "p" } } },
  { "`provider` of a sticker", "A string, of the On-Premises API.", "Refused.", "refused", { sticker = image { provider = "p" } } },
  { "`caption` of an audio", "Listed on one page, excluded on another.", "A warning.", "warned", { audio = image { caption = "c" } } },
  { "`latitude` and `longitude`", "Optional on one page.", "Required: a place without them shows nothing.", "refused",
    { location = { name = "Here" } } },
  -- contacts
  { "`name` of a contact", "Optional on one page.", "Required: the API refuses a card without it.", "refused",
    { contacts = { { phones = { { phone = "+1" } } } } } },
  { "`name.formatted_name`", "Optional on one page.", "Required: the API refuses a card without it.", "refused",
    { contacts = { { name = { first_name = "Ana" } } } } },
  { "`type` of an address, e-mail, phone or URL", "`HOME` or `WORK` (phones have more).",
    "Any word: published examples have others, and the API takes them.", "accepted",
    contact { emails = { { email = "a@example.com", type = "OTHER" } } } },
  { "an entry of `emails` without `email`, of `phones` without `phone`, of `urls` without `url`", "Required on one page.",
    "A warning: the API takes it.", "warned", contact { emails = { { type = "HOME" } } } },
  { "the form of e-mail addresses, URLs and country codes", "Formats.", "Not checked: the API takes any text.", "accepted",
    contact { emails = { { email = "not an address" } }, addresses = { { country_code = "USA" } } } },
  { "`birthday`", "A date.", "Only its form, YYYY-MM-DD, is checked.", "accepted", contact { birthday = "1990-13-45" } },
  -- reactions
  { "`emoji` of a reaction", "One emoji.", "Any text: new emoji appear each year, and `\"\"` takes the reaction back.", "accepted",
    { reaction = { message_id = "wamid.1", emoji = "ok" } } },
  { "a reaction with `context`", "Every message may have it.", "Refused: the reaction already has the id of its message.", "refused",
    { context = { message_id = "wamid.1" }, reaction = { message_id = "wamid.1", emoji = "x" } } },
  -- interactive messages
  { "two rows of a list with one `id`", "Must be unique.", "A warning: the API takes it, but answers cannot be told apart.", "warned",
    list { { rows = { { id = "1", title = "a" }, { id = "1", title = "b" } } } } },
  { "`product_items` in a section of a list", "In the same object as `rows`.", "Refused: only a list of products has them.", "refused",
    list { { rows = { { id = "1", title = "a" } }, product_items = { { product_retailer_id = "p" } } } } },
  { "a section without `rows`", "Optional.", "Refused: it would show nothing.", "refused", list { { title = "t" } } },
  { "`body` of a request to call", "Required on one page, optional on another.", "Optional.", "accepted", permission {} },
  { "`header` of a request to call", "Optional for all kinds but products.", "Refused: its own page has none.", "refused",
    permission { header = { type = "text", text = "h" } } },
  { "`footer` of a request to call", "Optional for all kinds.", "Refused: its own page has none.", "refused",
    permission { footer = { text = "f" } } },
  -- templates
  { "`language.policy`", "Required on one page.", "Optional: the API assumes `deterministic`.", "accepted", with_parameters() },
  { "`template.namespace`", "Of the On-Premises API.", "Refused: the Cloud API does not know it.", "refused",
    { template = { namespace = "x", name = "n", language = { code = "en" } } } },
  { "`index` of a button", "Required.", "A warning: published examples leave it out.", "warned",
    with_parameters { type = "button", sub_type = "quick_reply", parameters = { { type = "payload", payload = "p" } } } },
  { "`parameters` of a button", "Required.", "A warning: a button without a variable has none.", "warned",
    with_parameters { type = "button", sub_type = "url", index = "0" } },
  { "`caption` of an image, video or document in a header", "Listed with media, but not supported in templates.", "A warning.",
    "warned", header_image "c" },
  { "length of a text in `body`", "1,024 characters if the template has other components, else 32,768.",
    "The same: with a header, more than 1,024 characters are refused.", "refused", with_parameters(HEADER_TEXT, body_text(1025)) },
  { "length of a text in a `body` that is alone", "32,768 characters.", "Accepted up to there.", "accepted",
    with_parameters(body_text(32768)) },
}
