// A message of every type that the API takes, for the tests of the page; the media ids are filled in by who uses it.
const button = (id, title) => ({ type: "reply", reply: { id, title } });
const interactive = (type, rest) => ({ type: "interactive", interactive: { type, body: { text: `The body of ${type}` }, ...rest } });
const template = (name, components = []) => ({ type: "template", template: { name, language: { code: "en_US" }, components } });
const texts = (...list) => list.map((text) => ({ type: "text", text }));
const amount = (value) => ({ value, offset: 100 });
const order = { status: "pending", catalog_id: "194836987003835", items: [{ retailer_id: "tea", name: "Tea", amount: amount(400), quantity: 2 }], subtotal: amount(800), tax: amount(100) };

export const messages = (media) => ({
  text: { type: "text", text: { body: "*Bold*, _italic_, ~struck~, `code` and https://example.com", preview_url: true } },
  arabic: { type: "text", text: { body: "مرحبا بالعالم" } },
  image: { type: "image", image: { id: media.image, caption: "A picture" } },
  "image by link": { type: "image", image: { link: "https://example.com/a.png" } },
  audio: { type: "audio", audio: { id: media.audio } },
  voice: { type: "audio", audio: { id: media.audio, voice: true } },
  video: { type: "video", video: { link: "https://example.com/a.mp4", caption: "A film" } },
  document: { type: "document", document: { id: media.document, filename: "menu.txt", caption: "The menu" } },
  sticker: { type: "sticker", sticker: { link: "https://example.com/a.webp" } },
  location: { type: "location", location: { latitude: 52.5, longitude: 13.4, name: "Here", address: "A street" } },
  contacts: { type: "contacts", contacts: [{ name: { formatted_name: "Pat Example", first_name: "Pat" }, phones: [{ phone: "+16505550199", type: "CELL" }], emails: [{ email: "pat@example.com" }], urls: [{ url: "https://example.com" }], org: { company: "Example" }, addresses: [{ street: "A street", city: "Berlin" }] }] },
  button: interactive("button", { header: { type: "text", text: "A header" }, footer: { text: "A footer" }, action: { buttons: [button("yes", "Yes"), button("no", "No")] } }),
  "button with image": interactive("button", { header: { type: "image", image: { id: media.image } }, action: { buttons: [button("one", "One")] } }),
  list: interactive("list", { action: { button: "Choose", sections: [{ title: "First", rows: [{ id: "r1", title: "Row one", description: "the first row" }, { id: "r2", title: "Row two" }] }] } }),
  cta_url: interactive("cta_url", { action: { name: "cta_url", parameters: { display_text: "Open", url: "https://example.com" } } }),
  flow: interactive("flow", { action: { name: "flow", parameters: { flow_message_version: "3", flow_token: "token-1", flow_id: "1", flow_cta: "Book", flow_action: "navigate", flow_action_payload: { screen: "FIRST" } } } }),
  product: interactive("product", { action: { catalog_id: "194836987003835", product_retailer_id: "tea" } }),
  product_list: interactive("product_list", { header: { type: "text", text: "Products" }, action: { catalog_id: "194836987003835", sections: [{ title: "Drinks", product_items: [{ product_retailer_id: "tea" }, { product_retailer_id: "coffee" }] }] } }),
  catalog: interactive("catalog_message", { action: { name: "catalog_message", parameters: { thumbnail_product_retailer_id: "tea" } } }),
  location_request: interactive("location_request_message", { action: { name: "send_location" } }),
  address: interactive("address_message", { action: { name: "address_message", parameters: { country: "IN" } } }),
  carousel: interactive("carousel", { action: { cards: [0, 1].map((i) => ({ card_index: i, type: "cta_url", header: { type: "image", image: { link: `https://example.com/${i}.png` } }, body: { text: `Card ${i}` }, action: { name: "cta_url", parameters: { display_text: "Look", url: "https://example.com" } } })) } }),
  order_details: interactive("order_details", { action: { name: "review_and_pay", parameters: { reference_id: "ref-1", type: "digital-goods", currency: "INR", total_amount: amount(900), payment_settings: [{ type: "payment_gateway", payment_gateway: { type: "razorpay", configuration_name: "c" } }], order } } }),
  order_status: interactive("order_status", { action: { name: "review_order", parameters: { reference_id: "ref-1", order: { status: "shipped", description: "on its way" } } } }),
  call_permission: interactive("call_permission_request", { action: { name: "call_permission_request" } }),
  template: template("hello", [{ type: "header", parameters: [{ type: "image", image: { id: media.image } }] }, { type: "body", parameters: texts("Ana", "Friday") }, { type: "button", sub_type: "quick_reply", index: "0", parameters: [{ type: "payload", payload: "stop" }] }, { type: "button", sub_type: "url", index: "1", parameters: texts("path") }]),
  "template without parameters": template("hello_world"),
  "template with a coupon": template("coupon", [{ type: "button", sub_type: "copy_code", index: 0, parameters: [{ type: "coupon_code", coupon_code: "25OFF" }] }]),
  "template with cards": template("cards", [{ type: "body", parameters: texts("25") }, { type: "carousel", cards: [0, 1].map((i) => ({ card_index: i, components: [{ type: "header", parameters: [{ type: "image", image: { id: media.image } }] }, { type: "button", sub_type: "quick_reply", index: "0", parameters: [{ type: "payload", payload: `card-${i}` }] }] })) }]),
});
