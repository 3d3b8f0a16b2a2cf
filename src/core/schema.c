/* Every message of the API, as data: one table an object, one line a field, leaves first. This file has no code.
 * To add a field, add a line; to add a message type, add a table and its line among the variants. Sections are those
 * of the contract of POST /{version}/{phone-number-id}/messages, which says where each limit comes from. */
#include "schema.h"

#include <stddef.h>

/* clang-format off */
#define F(n) .name = n
#define FIELDS(...) (const wa_field[]){__VA_ARGS__, {.name = NULL}}
#define RULES(...) (const wa_rule[]){__VA_ARGS__, {.kind = 0}}
#define VARIANTS(...) (const wa_variant[]){__VA_ARGS__, {.value = NULL}}
#define VALUES(...) (const char *const[]){__VA_ARGS__, NULL}

#define STRING(least, most) .kind = WA_STRING, .min = (least), .max = (most)
#define ID(most) .kind = WA_ID, .min = 1, .max = (most)
#define INTEGER(least, most) .kind = WA_INTEGER, .min = (least), .max = (most)
#define OBJECT(o) .kind = WA_OBJECT, .object = &(o)
#define LIST(o, least, most) .kind = WA_LIST, .object = &(o), .min = (least), .max = (most)
#define CONSTANT(v) .kind = WA_STRING, .values = VALUES(v)
#define REQUIRED .marks = WA_REQUIRED
#define ADVISED .marks = WA_RECOMMENDED
#define SOFT .class = WA_SOFT
#define GUIDE .class = WA_GUIDE
/* who has no use for the reference saves its bytes */
#ifdef WA_NO_DOCS
#define DOC(text) .doc = NULL
#else
#define DOC(text) .doc = text
#endif
#define ID_XOR_LINK RULES({WA_EXACTLY_ONE, .names = {"id", "link"}})

/* ---- 2.1 text -------------------------------------------------------------------------------------------------- */

static const wa_object text = {"Text", "2.1", DOC("A message of words."),
    .fields = FIELDS(
        {F("body"), STRING(1, 4096), REQUIRED, DOC("The words; web links in them become links.")},
        {F("preview_url"), .kind = WA_BOOLEAN, DOC("Whether to show a preview of the first link; false if absent.")})};

/* ---- 2.2 media ------------------------------------------------------------------------------------------------- */

static const wa_object provider = {"Provider", "2.2", DOC("Of the On-Premises API; still printed in the payment guides."),
    .fields = FIELDS({F("name"), STRING(0, 0), DOC("The provider's name.")})};

#define MEDIA \
    {F("id"), ID(0), DOC("Of an uploaded file.")}, \
    {F("link"), STRING(1, 0), .format = WA_WEB_LINK, DOC("Where the API fetches the file from.")}
#define PROVIDER \
    {F("provider"), OBJECT(provider), SOFT, .marks = WA_DEPRECATED, DOC("Of the On-Premises API: leave it out.")}
#define CAPTION {F("caption"), STRING(0, 1024), DOC("The words under it.")}
#define NO_CAPTION \
    {F("caption"), STRING(0, 1024), SOFT, .marks = WA_DEPRECATED, DOC("Not documented here: leave it out.")}
#define FILENAME \
    {F("filename"), STRING(0, 0), .recommended_max = 240, DOC("Its extension decides how the document is shown.")}

static const wa_object image = {"Image", "2.2", DOC("A JPEG or PNG of up to 5 MB."),
    .fields = FIELDS(MEDIA, CAPTION, PROVIDER), .rules = ID_XOR_LINK};
static const wa_object video = {"Video", "2.2", DOC("An MP4 or 3GP of up to 16 MB."),
    .fields = FIELDS(MEDIA, CAPTION, PROVIDER), .rules = ID_XOR_LINK};
static const wa_object document = {"Document", "2.2", DOC("A file of up to 100 MB."),
    .fields = FIELDS(MEDIA, CAPTION, FILENAME, PROVIDER), .rules = ID_XOR_LINK};
static const wa_object audio = {"Audio", "2.2", DOC("A sound of up to 16 MB."),
    .fields = FIELDS(MEDIA,
        {F("voice"), .kind = WA_BOOLEAN, GUIDE, DOC("Whether it is a voice message (OGG with the OPUS codec).")},
        NO_CAPTION,
        {F("filename"), STRING(0, 0), SOFT, .marks = WA_DEPRECATED, DOC("Not documented here: leave it out.")},
        PROVIDER),
    .rules = ID_XOR_LINK};
static const wa_object sticker = {"Sticker", "2.2", DOC("A WebP of 512 by 512 pixels."),
    .fields = FIELDS(MEDIA), .rules = ID_XOR_LINK};

/* in a header or a template parameter */
static const wa_object bare_media = {"Media", "3", DOC("An image, a video or a GIF in a header or a parameter."),
    .fields = FIELDS(MEDIA, NO_CAPTION, PROVIDER), .rules = ID_XOR_LINK};
static const wa_object bare_document = {"MediaDocument", "3", DOC("A document in a header or a parameter."),
    .fields = FIELDS(MEDIA, FILENAME, NO_CAPTION, PROVIDER), .rules = ID_XOR_LINK};

/* ---- 2.3 location ---------------------------------------------------------------------------------------------- */

static const wa_object location = {"Location", "2.3", DOC("A place."),
    .fields = FIELDS(
        {F("latitude"), .kind = WA_NUMBER, .min = 1, REQUIRED, DOC("Degrees, as a number or a string.")},
        {F("longitude"), .kind = WA_NUMBER, .min = 1, REQUIRED, DOC("Degrees, as a number or a string.")},
        {F("name"), STRING(0, 0), .recommended_max = 100, DOC("The place's name.")},
        {F("address"), STRING(0, 0), .recommended_max = 300, DOC("Shown only beside a name.")})};

/* ---- 2.4 contacts ---------------------------------------------------------------------------------------------- */

#define TEXT_FIELD(n, d) {F(n), STRING(0, 0), DOC(d)}
#define PLACE_TYPE TEXT_FIELD("type", "HOME, WORK or any other word.")

static const wa_object contact_name = {"ContactName", "2.4", DOC("What a contact is called."),
    .fields = FIELDS(
        {F("formatted_name"), STRING(1, 0), REQUIRED, GUIDE, DOC("The whole name.")},
        TEXT_FIELD("first_name", "The first name."), TEXT_FIELD("last_name", "The last name."),
        TEXT_FIELD("middle_name", "The middle name."), TEXT_FIELD("suffix", "What stands behind the name."),
        TEXT_FIELD("prefix", "What stands before the name."))};
static const wa_object contact_phone = {"ContactPhone", "2.4", DOC("A phone number of a contact."),
    .fields = FIELDS(
        {F("phone"), .kind = WA_ID, ADVISED, DOC("The number as it is shown.")},
        {F("wa_id"), .kind = WA_ID, DOC("The WhatsApp id; without it the app offers to invite the contact.")},
        PLACE_TYPE)};
static const wa_object contact_email = {"ContactEmail", "2.4", DOC("An e-mail address of a contact."),
    .fields = FIELDS({F("email"), STRING(0, 0), ADVISED, DOC("The address.")}, PLACE_TYPE)};
static const wa_object contact_url = {"ContactUrl", "2.4", DOC("A web address of a contact."),
    .fields = FIELDS({F("url"), STRING(0, 0), ADVISED, DOC("The address.")}, PLACE_TYPE)};
static const wa_object contact_address = {"ContactAddress", "2.4", DOC("A postal address of a contact."),
    .fields = FIELDS(
        TEXT_FIELD("street", "Street and number."), TEXT_FIELD("city", "The city."),
        TEXT_FIELD("state", "The state."), {F("zip"), .kind = WA_ID, DOC("The postal code.")},
        TEXT_FIELD("country", "The country's name."), TEXT_FIELD("country_code", "Two letters."), PLACE_TYPE)};
static const wa_object contact_org = {"ContactOrganization", "2.4", DOC("Where a contact works."),
    .fields = FIELDS(TEXT_FIELD("company", "The company."), TEXT_FIELD("department", "The department."),
        TEXT_FIELD("title", "The contact's title there."))};
static const wa_object contact = {"Contact", "2.4", DOC("A contact card."),
    .fields = FIELDS(
        {F("name"), OBJECT(contact_name), REQUIRED, GUIDE, DOC("What the contact is called.")},
        {F("birthday"), STRING(0, 0), .format = WA_DATE, DOC("YYYY-MM-DD.")},
        {F("phones"), LIST(contact_phone, 0, 0), DOC("Phone numbers.")},
        {F("emails"), LIST(contact_email, 0, 0), DOC("E-mail addresses.")},
        {F("urls"), LIST(contact_url, 0, 0), DOC("Web addresses.")},
        {F("addresses"), LIST(contact_address, 0, 0), DOC("Postal addresses.")},
        {F("org"), OBJECT(contact_org), DOC("Where the contact works.")})};

/* ---- 2.5 reaction, 2.6 status calls, 2.7 pin ------------------------------------------------------------------- */

#define MESSAGE_ID(d) {F("message_id"), ID(128), REQUIRED, DOC(d)}

static const wa_object reaction = {"Reaction", "2.5", DOC("An emoji on a message."),
    .fields = FIELDS(MESSAGE_ID("The message reacted to; not older than 30 days."),
        {F("emoji"), STRING(0, 0), REQUIRED, DOC("One emoji; the empty string takes the reaction back.")})};

static const wa_object typing_indicator = {"TypingIndicator", "2.6", DOC("Shows that an answer is being written."),
    .fields = FIELDS({F("type"), CONSTANT("text"), REQUIRED, DOC("The kind of answer.")})};

#define MESSAGING_PRODUCT \
    {F("messaging_product"), CONSTANT("whatsapp"), .marks = WA_REQUIRED | WA_FILLED, DOC("Filled in where absent.")}

static const wa_object receipt = {"Receipt", "2.6", DOC("Marks a received message, and those before it, as read."),
    .fields = FIELDS(MESSAGING_PRODUCT,
        {F("status"), CONSTANT("read"), REQUIRED, DOC("What became of the message.")},
        MESSAGE_ID("The message that was received."),
        {F("typing_indicator"), OBJECT(typing_indicator), DOC("Shown for 25 seconds, or until a message is sent.")},
        {F("recipient_type"), .kind = WA_STRING, .values = VALUES("individual", "group"), DOC("Tolerated.")})};

#define PIN_FIELDS \
    {F("type"), .kind = WA_STRING, REQUIRED, GUIDE, DOC("Whether to pin or to unpin.")}, \
    MESSAGE_ID("The message.")

static const wa_object pin_pin = {"Pin", "2.7", DOC("Pins a message of a group."),
    .fields = FIELDS(PIN_FIELDS, {F("expiration_days"), .kind = WA_ORDINAL, .min = 1, .max = 30, REQUIRED, GUIDE, DOC("Days it stays pinned.")})};
static const wa_object pin_unpin = {"Unpin", "2.7", DOC("Takes a pinned message of a group down."),
    .fields = FIELDS(PIN_FIELDS)};
static const wa_object pin_or_unpin = {"PinOrUnpin", "2.7", DOC("Pins or unpins a message of a group."),
    .fields = FIELDS(PIN_FIELDS), .discriminator = "type", .variants = VARIANTS({"pin", &pin_pin}, {"unpin", &pin_unpin})};

/* ---- 3 interactive: header, body, footer ----------------------------------------------------------------------- */

#define HEADER_FIELDS \
    {F("type"), .kind = WA_STRING, REQUIRED, DOC("Which of the others it holds.")}, \
    {F("sub_text"), STRING(0, 60), DOC("A second line.")}

static const wa_object header_text = {"HeaderText", "3", DOC("Words above the body."),
    .fields = FIELDS(HEADER_FIELDS, {F("text"), STRING(1, 60), REQUIRED, DOC("The words; no markdown.")})};
static const wa_object header_image = {"HeaderImage", "3", DOC("An image above the body."),
    .fields = FIELDS(HEADER_FIELDS, {F("image"), OBJECT(bare_media), REQUIRED, DOC("The image.")})};
static const wa_object header_video = {"HeaderVideo", "3", DOC("A video above the body."),
    .fields = FIELDS(HEADER_FIELDS, {F("video"), OBJECT(bare_media), REQUIRED, DOC("The video.")})};
static const wa_object header_document = {"HeaderDocument", "3", DOC("A document above the body."),
    .fields = FIELDS(HEADER_FIELDS, {F("document"), OBJECT(bare_document), REQUIRED, DOC("The document.")})};
static const wa_object header_gif = {"HeaderGif", "3", DOC("A GIF above the body."),
    .fields = FIELDS(HEADER_FIELDS, {F("gif"), OBJECT(bare_media), REQUIRED, DOC("The GIF, as an MP4.")})};

static const wa_object any_header = {"Header", "3", DOC("What stands above the body."),
    .fields = FIELDS(HEADER_FIELDS), .discriminator = "type",
    .variants = VARIANTS({"text", &header_text}, {"image", &header_image}, {"video", &header_video},
        {"document", &header_document}, {"gif", &header_gif})};
static const wa_object words_header = {"TextHeader", "3", DOC("Words above the body; nothing else here."),
    .fields = FIELDS(HEADER_FIELDS), .discriminator = "type", .variants = VARIANTS({"text", &header_text})};
static const wa_object card_header = {"CardHeader", "3.11", DOC("The image or the video of a card."),
    .fields = FIELDS(HEADER_FIELDS), .discriminator = "type",
    .variants = VARIANTS({"image", &header_image}, {"video", &header_video})};

static const wa_object body = {"Body", "3", DOC("The words of the message."),
    .fields = FIELDS({F("text"), STRING(1, 1024), REQUIRED, DOC("The words.")})};
static const wa_object list_body = {"ListBody", "3.2", DOC("The words of a list message."),
    .fields = FIELDS({F("text"), STRING(1, 4096), .recommended_max = 1024, REQUIRED, GUIDE, DOC("The words.")})};
static const wa_object card_body = {"CardBody", "3.11", DOC("The words of a card."),
    .fields = FIELDS({F("text"), STRING(1, 160), REQUIRED, GUIDE, .format = WA_FEW_LINES, DOC("The words.")})};
static const wa_object footer = {"Footer", "3", DOC("Small words below the body."),
    .fields = FIELDS({F("text"), STRING(0, 60), REQUIRED, DOC("The words.")})};

#define INTERACTIVE_TYPE {F("type"), .kind = WA_STRING, REQUIRED, DOC("Which interactive message it is.")}
#define HEADER(o) {F("header"), OBJECT(o), DOC("What stands above the body.")}
#define NEEDED_HEADER(o) {F("header"), OBJECT(o), REQUIRED, DOC("What stands above the body.")}
#define ODD_HEADER(o) {F("header"), OBJECT(o), SOFT, .marks = WA_DEPRECATED, DOC("In no documented example.")}
#define BODY {F("body"), OBJECT(body), REQUIRED, DOC("The words of the message.")}
#define OPTIONAL_BODY {F("body"), OBJECT(body), DOC("The words of the message.")}
#define FOOTER {F("footer"), OBJECT(footer), DOC("Small words below the body.")}
#define ODD_FOOTER {F("footer"), OBJECT(footer), SOFT, .marks = WA_DEPRECATED, DOC("In no documented example.")}
#define ACTION(o) {F("action"), OBJECT(o), REQUIRED, DOC("What the user can do.")}
#define ACTION_NAME(n) {F("name"), CONSTANT(n), REQUIRED, DOC("The action's name.")}
#define PARAMETERS(o) {F("parameters"), OBJECT(o), REQUIRED, DOC("What the action needs.")}

/* ---- 3.1 button, 3.2 list -------------------------------------------------------------------------------------- */

static const wa_object reply = {"Reply", "3.1", DOC("What a reply button says and sends back."),
    .fields = FIELDS(
        {F("id"), ID(256), .marks = WA_REQUIRED | WA_UNIQUE, .format = WA_TRIMMED, DOC("Comes back when it is pressed.")},
        {F("title"), STRING(1, 20), .marks = WA_REQUIRED | WA_UNIQUE, DOC("What stands on it; no markdown.")})};
static const wa_object reply_button = {"ReplyButton", "3.1", DOC("A button that answers."),
    .fields = FIELDS({F("type"), CONSTANT("reply"), REQUIRED, DOC("The button's kind.")},
        {F("reply"), OBJECT(reply), REQUIRED, DOC("What it says and sends back.")})};
static const wa_object button_action = {"ButtonAction", "3.1", DOC("Up to three reply buttons."),
    .fields = FIELDS({F("buttons"), LIST(reply_button, 1, 3), .marks = WA_REQUIRED | WA_LIST_RULES, DOC("The buttons.")})};
static const wa_object button = {"InteractiveButton", "3.1", DOC("Reply buttons."),
    .fields = FIELDS(INTERACTIVE_TYPE, HEADER(any_header), BODY, FOOTER, ACTION(button_action))};

#define SECTION_TITLE \
    {F("title"), STRING(0, 24), .marks = WA_AMONG_MANY, DOC("Required where there is more than one section.")}

static const wa_object row = {"Row", "3.2", DOC("A line of a list."),
    .fields = FIELDS(
        {F("id"), ID(200), .marks = WA_REQUIRED | WA_UNIQUE_SOFT, DOC("Comes back when it is chosen.")},
        {F("title"), STRING(1, 24), REQUIRED, DOC("What stands there.")},
        {F("description"), STRING(0, 72), DOC("Small words below the title.")})};
static const wa_object section = {"Section", "3.2", DOC("A part of a list."),
    .fields = FIELDS(SECTION_TITLE,
        {F("rows"), LIST(row, 1, 10), .marks = WA_REQUIRED | WA_COUNTED, DOC("Its lines.")})};
static const wa_object list_action = {"ListAction", "3.2", DOC("A list behind a button."),
    .fields = FIELDS(
        {F("button"), STRING(1, 20), REQUIRED, DOC("What stands on the button that opens the list.")},
        {F("sections"), LIST(section, 1, 10), .total = 10, .marks = WA_REQUIRED | WA_LIST_RULES,
            DOC("Its parts; 10 rows in all of them together.")})};
static const wa_object list = {"InteractiveList", "3.2", DOC("A list to choose from."),
    .fields = FIELDS(INTERACTIVE_TYPE, HEADER(words_header),
        {F("body"), OBJECT(list_body), REQUIRED, DOC("The words of the message.")}, FOOTER, ACTION(list_action))};

/* ---- 3.3 product, 3.4 product_list, 3.5 catalog_message --------------------------------------------------------- */

#define PRODUCT_ID {F("product_retailer_id"), ID(0), REQUIRED, DOC("The product's id in the catalog.")}
#define CATALOG_ID {F("catalog_id"), ID(0), REQUIRED, DOC("The catalog.")}
#define THUMBNAIL_ID \
    {F("thumbnail_product_retailer_id"), ID(0), ADVISED, DOC("The product whose image is shown.")}

static const wa_object product_action = {"ProductAction", "3.3", DOC("Which product."),
    .fields = FIELDS(CATALOG_ID, PRODUCT_ID)};
static const wa_object product = {"InteractiveProduct", "3.3", DOC("One product."),
    .fields = FIELDS(INTERACTIVE_TYPE, OPTIONAL_BODY, FOOTER, ACTION(product_action))};

static const wa_object product_item = {"ProductItem", "3.4", DOC("A product of a section."), .fields = FIELDS(PRODUCT_ID)};
static const wa_object product_section = {"ProductSection", "3.4", DOC("Products under a title."),
    .fields = FIELDS(SECTION_TITLE,
        {F("product_items"), LIST(product_item, 1, 30), .marks = WA_REQUIRED | WA_COUNTED, DOC("The products.")})};

#define PRODUCT_SECTIONS \
    {F("sections"), LIST(product_section, 1, 10), .total = 30, .marks = WA_REQUIRED | WA_LIST_RULES, \
        DOC("Products under titles; 30 in all of them together.")}

static const wa_object product_list_action = {"ProductListAction", "3.4", DOC("Which products."),
    .fields = FIELDS(CATALOG_ID, PRODUCT_SECTIONS)};
static const wa_object product_list = {"InteractiveProductList", "3.4", DOC("Up to thirty products."),
    .fields = FIELDS(INTERACTIVE_TYPE, NEEDED_HEADER(words_header), BODY, FOOTER, ACTION(product_list_action))};

static const wa_object catalog_parameters = {"CatalogParameters", "3.5", DOC("How the catalog is shown."),
    .fields = FIELDS(THUMBNAIL_ID)};
static const wa_object catalog_action = {"CatalogAction", "3.5", DOC("Opens the catalog."),
    .fields = FIELDS(ACTION_NAME("catalog_message"),
        {F("parameters"), OBJECT(catalog_parameters), ADVISED, DOC("How the catalog is shown.")})};
static const wa_object catalog_message = {"InteractiveCatalog", "3.5", DOC("The whole catalog."),
    .fields = FIELDS(INTERACTIVE_TYPE, ODD_HEADER(any_header), BODY, FOOTER, ACTION(catalog_action))};

/* ---- 3.6 flow -------------------------------------------------------------------------------------------------- */

static const wa_object flow_payload = {"FlowActionPayload", "3.6", DOC("Where a flow starts, and with what."),
    .fields = FIELDS({F("screen"), STRING(0, 0), DOC("The first screen; FIRST_ENTRY_SCREEN if absent.")},
        {F("data"), .kind = WA_MAP, .min = 1, SOFT, DOC("Your own data for that screen, kept as it is.")})};
static const wa_object flow_parameters = {"FlowParameters", "3.6", DOC("Which flow, and how it opens."),
    .fields = FIELDS(
        {F("flow_message_version"), .kind = WA_ID, .values = VALUES("3"), .marks = WA_REQUIRED | WA_OPEN,
            DOC("The format's version.")},
        {F("flow_id"), ID(0), DOC("The flow; or its name.")},
        {F("flow_name"), STRING(1, 0), DOC("The flow's name; or its id.")},
        {F("flow_cta"), STRING(1, 0), .recommended_max = 20, REQUIRED, DOC("What stands on the button.")},
        {F("mode"), .kind = WA_STRING, .values = VALUES("draft", "published"), DOC("published if absent.")},
        {F("flow_token"), STRING(0, 0), DOC("Your own word for this use of the flow; \"unused\" if absent.")},
        {F("flow_action"), .kind = WA_STRING, .values = VALUES("navigate", "data_exchange"),
            DOC("navigate if absent.")},
        {F("flow_action_payload"), OBJECT(flow_payload), DOC("Where the flow starts, and with what.")}),
    .rules = RULES({WA_EXACTLY_ONE, .names = {"flow_id", "flow_name"}},
        {WA_ONLY_WHEN, SOFT, .names = {"flow_action_payload", "flow_action"}, .value = "navigate"})};
static const wa_object flow_action = {"FlowAction", "3.6", DOC("Opens a flow."),
    .fields = FIELDS(ACTION_NAME("flow"), PARAMETERS(flow_parameters))};
static const wa_object flow = {"InteractiveFlow", "3.6", DOC("A button that opens a flow."),
    .fields = FIELDS(INTERACTIVE_TYPE, HEADER(any_header), BODY, FOOTER, ACTION(flow_action))};

/* ---- 3.7 cta_url ----------------------------------------------------------------------------------------------- */

#define DISPLAY_TEXT(f) {F("display_text"), STRING(1, 20), f, GUIDE, DOC("What stands on the button.")}

static const wa_object cta_url_parameters = {"CtaUrlParameters", "3.7", DOC("A button and its link."),
    .fields = FIELDS(DISPLAY_TEXT(REQUIRED),
        {F("url"), STRING(1, 0), .format = WA_ABSOLUTE, REQUIRED, GUIDE, DOC("What the button opens.")},
        {F("payment_link_preview"), .kind = WA_BOOLEAN, GUIDE, DOC("Whether to preview a payment link (India; without a header).")}),
    .rules = RULES({WA_ONLY_UNDER, SOFT, .names = {"payment_link_preview", "header"}})};
static const wa_object cta_url_action = {"CtaUrlAction", "3.7", DOC("Opens a link."),
    .fields = FIELDS(ACTION_NAME("cta_url"), PARAMETERS(cta_url_parameters))};
static const wa_object cta_url = {"InteractiveCtaUrl", "3.7", DOC("A button that opens a link."),
    .fields = FIELDS(INTERACTIVE_TYPE, HEADER(any_header), BODY, FOOTER, ACTION(cta_url_action))};

/* ---- 3.8 requests ---------------------------------------------------------------------------------------------- */

static const wa_object send_location = {"SendLocationAction", "3.8", DOC("Asks for a place."),
    .fields = FIELDS(ACTION_NAME("send_location"))};
static const wa_object location_request = {"InteractiveLocationRequest", "3.8", DOC("Asks the user for a location."),
    .fields = FIELDS(INTERACTIVE_TYPE, BODY, ACTION(send_location))};

static const wa_object contact_info_action = {"ContactInfoAction", "3.8", DOC("Asks for the phone number."),
    .fields = FIELDS(ACTION_NAME("request_contact_info"))};
static const wa_object request_contact_info = {"InteractiveContactRequest", "3.8", DOC("Asks the user for contact details."),
    .fields = FIELDS(INTERACTIVE_TYPE, BODY, ACTION(contact_info_action))};

static const wa_object call_permission_action = {"CallPermissionAction", "3.8", DOC("Asks for permission to call."),
    .fields = FIELDS(ACTION_NAME("call_permission_request"))};
static const wa_object call_permission_request = {"InteractiveCallPermission", "3.8", DOC("Asks whether you may call."),
    .fields = FIELDS(INTERACTIVE_TYPE, OPTIONAL_BODY, ACTION(call_permission_action))};

/* ---- 3.9 voice_call -------------------------------------------------------------------------------------------- */

#define TTL_MINUTES(f) {F("ttl_minutes"), INTEGER(1, 43200), f, GUIDE, DOC("Minutes the button works.")}

static const wa_object voice_call_parameters = {"VoiceCallParameters", "3.9", DOC("A button that calls."),
    .fields = FIELDS(DISPLAY_TEXT(.marks = 0), TTL_MINUTES(.marks = 0),
        {F("payload"), STRING(0, 512), GUIDE, DOC("Comes back when the user calls.")})};
static const wa_object voice_call_action = {"VoiceCallAction", "3.9", DOC("Calls the business."),
    .fields = FIELDS(ACTION_NAME("voice_call"),
        {F("parameters"), OBJECT(voice_call_parameters), GUIDE, DOC("What the button says, and how long it works.")})};
static const wa_object voice_call = {"InteractiveVoiceCall", "3.9", DOC("A button that calls the business."),
    .fields = FIELDS(INTERACTIVE_TYPE, ODD_HEADER(any_header), BODY, ODD_FOOTER, ACTION(voice_call_action))};

/* ---- 3.10 address_message -------------------------------------------------------------------------------------- */

static const wa_object address_values = {"AddressValues", "3.10", DOC("The parts of a delivery address."),
    .fields = FIELDS(
        TEXT_FIELD("name", "Who receives."), {F("phone_number"), .kind = WA_ID, DOC("The receiver's phone number.")},
        {F("in_pin_code"), .kind = WA_ID, .max = 6, SOFT, DOC("The postal code in India.")},
        {F("sg_post_code"), .kind = WA_ID, .max = 6, SOFT, DOC("The postal code in Singapore.")},
        {F("house_number"), .kind = WA_ID, DOC("The house.")}, {F("floor_number"), .kind = WA_ID, DOC("The floor.")},
        {F("tower_number"), .kind = WA_ID, DOC("The tower.")}, TEXT_FIELD("building_name", "The building."),
        TEXT_FIELD("address", "The address."), TEXT_FIELD("landmark_area", "A landmark near it."),
        {F("unit_number"), .kind = WA_ID, DOC("The unit.")}, TEXT_FIELD("city", "The city."), TEXT_FIELD("state", "The state."))};
static const wa_object saved_address = {"SavedAddress", "3.10", DOC("An address to choose."),
    .fields = FIELDS({F("id"), .kind = WA_ID, DOC("Comes back when it is chosen.")},
        {F("value"), OBJECT(address_values), DOC("The address.")})};
static const wa_object address_parameters = {"AddressParameters", "3.10", DOC("What the address form shows."),
    .fields = FIELDS({F("country"), STRING(1, 0), REQUIRED, GUIDE, DOC("Two letters, such as IN.")},
        {F("values"), OBJECT(address_values), GUIDE, DOC("What is already filled in.")},
        {F("saved_addresses"), LIST(saved_address, 0, 0), GUIDE, DOC("Addresses to choose from.")},
        {F("validation_errors"), .kind = WA_MAP, GUIDE, DOC("Names of fields, and what is wrong with them.")})};
static const wa_object address_action = {"AddressAction", "3.10", DOC("Opens the address form."),
    .fields = FIELDS(ACTION_NAME("address_message"), PARAMETERS(address_parameters))};
static const wa_object address_message = {"InteractiveAddress", "3.10", DOC("Asks for a delivery address."),
    .fields = FIELDS(INTERACTIVE_TYPE, HEADER(any_header), BODY, FOOTER, ACTION(address_action))};

/* ---- 3.11 carousel --------------------------------------------------------------------------------------------- */

static const wa_object quick_reply = {"QuickReply", "3.11", DOC("What a card's button says and sends back."),
    .fields = FIELDS({F("id"), ID(256), REQUIRED, GUIDE, DOC("Comes back when it is pressed.")},
        {F("title"), STRING(1, 20), REQUIRED, GUIDE, DOC("What stands on it.")})};
static const wa_object card_button = {"CardButton", "3.11", DOC("A button of a card."),
    .fields = FIELDS({F("type"), CONSTANT("quick_reply"), REQUIRED, GUIDE, DOC("The button's kind.")},
        {F("quick_reply"), OBJECT(quick_reply), REQUIRED, GUIDE, DOC("What it says and sends back.")})};
static const wa_object card_buttons_action = {"CardButtonsAction", "3.11", DOC("Buttons of a card."),
    .fields = FIELDS({F("buttons"), LIST(card_button, 1, 0), .marks = WA_REQUIRED | WA_SAME, GUIDE,
        DOC("As many on every card.")})};
static const wa_object card_action = {"CardAction", "3.11", DOC("A link or buttons; the same kind on every card."),
    .fields = FIELDS(ACTION_NAME("cta_url"), PARAMETERS(cta_url_parameters)),
    .variants = VARIANTS({"buttons", &card_buttons_action})};
static const wa_object card_product = {"CardProduct", "3.11", DOC("Which product; the same catalog on every card."),
    .fields = FIELDS(PRODUCT_ID,
        {F("catalog_id"), ID(0), .marks = WA_REQUIRED | WA_SAME, GUIDE, DOC("The catalog.")})};

#define CARD_INDEX {F("card_index"), INTEGER(0, 9), .marks = WA_REQUIRED | WA_UNIQUE, GUIDE, DOC("Its place, from 0.")}
#define CARD_FIELDS CARD_INDEX, \
    {F("type"), .kind = WA_STRING, .marks = WA_REQUIRED | WA_SAME, GUIDE, DOC("What the card shows.")}
#define CARD_ACTION(o) {F("action"), OBJECT(o), .marks = WA_REQUIRED | WA_SAME, GUIDE, DOC("What the user can do.")}

static const wa_object media_card = {"MediaCard", "3.11", DOC("An image or a video with a link or buttons."),
    .fields = FIELDS(CARD_FIELDS, {F("header"), OBJECT(card_header), REQUIRED, GUIDE, DOC("The image or the video.")},
        {F("body"), OBJECT(card_body), GUIDE, DOC("The words of the card.")}, CARD_ACTION(card_action))};
static const wa_object product_card = {"ProductCard", "3.11", DOC("A product."),
    .fields = FIELDS(CARD_FIELDS, ACTION(card_product))};
static const wa_object card = {"Card", "3.11", DOC("A card of a carousel."),
    .fields = FIELDS(CARD_FIELDS), .discriminator = "type",
    .variants = VARIANTS({"cta_url", &media_card}, {"product", &product_card})};
static const wa_object carousel_action = {"CarouselAction", "3.11", DOC("The cards."),
    .fields = FIELDS({F("cards"), LIST(card, 2, 10), .marks = WA_REQUIRED | WA_LIST_RULES, GUIDE, DOC("The cards.")})};
static const wa_object carousel = {"InteractiveCarousel", "3.11", DOC("Cards to swipe through."),
    .fields = FIELDS(INTERACTIVE_TYPE, BODY, ACTION(carousel_action))};

/* ---- 3.12 order_details: countries differ, so only the presence of three fields is a problem --------------------- */

#define MAYBE(n, most, d) {F(n), .kind = WA_ID, .max = (most), SOFT, DOC(d)}
#define ADVISED_OBJECT(n, o, d) {F(n), OBJECT(o), SOFT, ADVISED, DOC(d)}
#define ADVISED_STRING(n, d) {F(n), .kind = WA_ID, SOFT, ADVISED, DOC(d)}
#define AMOUNT_FIELDS \
    {F("value"), INTEGER(0, 0), SOFT, .marks = WA_RECOMMENDED, DOC("The amount times the offset.")}, \
    {F("offset"), INTEGER(100, 100), SOFT, ADVISED, DOC("100.")}

static const wa_object amount = {"Amount", "3.12", DOC("An amount of money."), .fields = FIELDS(AMOUNT_FIELDS)};
static const wa_object described_amount = {"DescribedAmount", "3.12", DOC("An amount of money and what it is."),
    .fields = FIELDS(AMOUNT_FIELDS, MAYBE("description", 60, "What it is."))};
static const wa_object discount = {"Discount", "3.12", DOC("What is taken off."),
    .fields = FIELDS(AMOUNT_FIELDS, MAYBE("description", 60, "What it is."),
        MAYBE("discount_program_name", 60, "Where it comes from."))};

static const wa_object razorpay = {"Razorpay", "3.12", DOC("For Razorpay."),
    .fields = FIELDS(MAYBE("receipt", 40, "A receipt's number."), {F("notes"), .kind = WA_MAP, DOC("Your own notes.")},
        MAYBE("encrypted_payment_gateway_data", 0, "Encrypted data for the gateway."))};
static const wa_object payu = {"Payu", "3.12", DOC("For PayU."),
    .fields = FIELDS(MAYBE("udf1", 255, "Your own."), MAYBE("udf2", 255, "Your own."), MAYBE("udf3", 255, "Your own."),
        MAYBE("udf4", 255, "Your own."), MAYBE("encrypted_payment_gateway_data", 0, "Encrypted data for the gateway."))};
static const wa_object zaakpay = {"Zaakpay", "3.12", DOC("For Zaakpay."),
    .fields = FIELDS(MAYBE("extra1", 180, "Your own."), MAYBE("extra2", 180, "Your own."))};
static const wa_object billdesk = {"Billdesk", "3.12", DOC("For BillDesk."),
    .fields = FIELDS(MAYBE("additional_info1", 120, "Your own."), MAYBE("additional_info2", 120, "Your own."),
        MAYBE("additional_info3", 120, "Your own."), MAYBE("additional_info4", 120, "Your own."),
        MAYBE("additional_info5", 120, "Your own."), MAYBE("additional_info6", 120, "Your own."),
        MAYBE("additional_info7", 120, "Your own."))};
static const wa_object payment_gateway = {"PaymentGateway", "3.12", DOC("Pays through a gateway."),
    .fields = FIELDS(
        {F("type"), .kind = WA_STRING, .marks = WA_RECOMMENDED | WA_OPEN, SOFT, DOC("Which gateway."),
            .values = VALUES("billdesk", "razorpay", "payu", "zaakpay", "ccavenue", "cashfree")},
        MAYBE("configuration_name", 60, "As set up in the business manager."),
        {F("razorpay"), OBJECT(razorpay), DOC("For Razorpay.")}, {F("payu"), OBJECT(payu), DOC("For PayU.")},
        {F("zaakpay"), OBJECT(zaakpay), DOC("For Zaakpay.")}, {F("billdesk"), OBJECT(billdesk), DOC("For BillDesk.")},
        {F("ccavenue"), .kind = WA_MAP, SOFT, DOC("For CCAvenue.")},
        {F("cashfree"), .kind = WA_MAP, SOFT, DOC("For Cashfree.")},
        {F("enabled_payment_options"), .kind = WA_LIST, .marks = WA_OPEN, SOFT, .values = VALUES("upi", "web"),
            DOC("Ways to pay.")},
        MAYBE("encrypted_payment_gateway_data", 0, "Encrypted data for the gateway."))};
static const wa_object upi_intent_link = {"UpiIntentLink", "3.12", DOC("Pays through a UPI link."),
    .fields = FIELDS(ADVISED_STRING("link", "The link."))};
static const wa_object payment_link = {"PaymentLink", "3.12", DOC("Pays through a link."),
    .fields = FIELDS(ADVISED_STRING("uri", "The link."))};
static const wa_object pix_dynamic_code = {"PixDynamicCode", "3.12", DOC("Pays through Pix."),
    .fields = FIELDS(ADVISED_STRING("code", "The Pix code."), ADVISED_STRING("merchant_name", "Who is paid."),
        ADVISED_STRING("key", "The Pix key."),
        {F("key_type"), .kind = WA_STRING, SOFT, .marks = WA_RECOMMENDED | WA_OPEN, DOC("The key's kind."),
            .values = VALUES("CPF", "CNPJ", "EMAIL", "PHONE", "EVP")})};
static const wa_object boleto = {"Boleto", "3.12", DOC("Pays through a boleto."),
    .fields = FIELDS(ADVISED_STRING("digitable_line", "The boleto's line of digits."))};
static const wa_object offsite_card_pay = {"OffsiteCardPay", "3.12", DOC("Pays with a stored card."),
    .fields = FIELDS(ADVISED_STRING("last_four_digits", "Of the card."), ADVISED_STRING("credential_id", "Of the card."))};
static const wa_object payment_setting = {"PaymentSetting", "3.12", DOC("A way to pay."),
    .fields = FIELDS(
        {F("type"), .kind = WA_STRING, SOFT, .marks = WA_RECOMMENDED | WA_OPEN, DOC("Which of the others it holds."),
            .values = VALUES("payment_gateway", "upi_intent_link", "payment_link", "pix_dynamic_code", "boleto",
                "offsite_card_pay")},
        {F("payment_gateway"), OBJECT(payment_gateway), DOC("A gateway.")},
        {F("upi_intent_link"), OBJECT(upi_intent_link), DOC("A UPI link.")},
        {F("payment_link"), OBJECT(payment_link), DOC("A payment link.")},
        {F("pix_dynamic_code"), OBJECT(pix_dynamic_code), DOC("A Pix code.")},
        {F("boleto"), OBJECT(boleto), DOC("A boleto.")},
        {F("offsite_card_pay"), OBJECT(offsite_card_pay), DOC("A stored card.")})};
static const wa_object payment_method = {"PaymentMethod", "3.12", DOC("A way to pay that is preferred."),
    .fields = FIELDS({F("method"), .kind = WA_STRING, SOFT, .marks = WA_RECOMMENDED | WA_OPEN, DOC("The app that pays."),
        .values = VALUES("gpay", "phonepe", "paytm", "amazonpay", "cred", "mobikwik")})};
static const wa_object beneficiary = {"Beneficiary", "3.12", DOC("Who receives shipped goods (India)."),
    .fields = FIELDS(MAYBE("name", 200, "Who."), MAYBE("address_line1", 100, "Where."),
        MAYBE("address_line2", 100, "Where."), MAYBE("city", 0, "The city."), MAYBE("state", 0, "The state."),
        MAYBE("country", 0, "The country."), MAYBE("postal_code", 6, "The postal code."))};
static const wa_object shipping_info = {"ShippingInfo", "3.12", DOC("Where to ship."),
    .fields = FIELDS(MAYBE("country", 0, "Two letters."),
        {F("addresses"), LIST(address_values, 0, 0), DOC("Addresses to choose from.")})};
static const wa_object order_expiration = {"OrderExpiration", "3.12", DOC("When the order ends."),
    .fields = FIELDS(ADVISED_STRING("timestamp", "Seconds since 1970 in UTC, at least 300 ahead."),
        MAYBE("description", 120, "What is said then."))};
static const wa_object item_image = {"OrderItemImage", "3.12", DOC("An item's picture."),
    .fields = FIELDS(ADVISED_STRING("link", "Where it is fetched from."))};
static const wa_object importer_address = {"ImporterAddress", "3.12", DOC("Where an item's importer is."),
    .fields = FIELDS(MAYBE("address_line1", 0, "The address."), MAYBE("address_line2", 0, "The address."),
        MAYBE("city", 0, "The city."), MAYBE("zone_code", 0, "The zone."), MAYBE("postal_code", 0, "The postal code."),
        MAYBE("country_code", 0, "Two letters."))};
static const wa_object order_item = {"OrderItem", "3.12", DOC("A line of an order."),
    .fields = FIELDS(MAYBE("retailer_id", 0, "The item's id; needed in Brazil."),
        {F("name"), .kind = WA_ID, .max = 60, SOFT, ADVISED, DOC("What it is.")},
        {F("image"), OBJECT(item_image), DOC("Its picture.")},
        ADVISED_OBJECT("amount", amount, "Its price."), {F("sale_amount"), OBJECT(amount), DOC("Its price on sale.")},
        {F("quantity"), INTEGER(1, 0), SOFT, ADVISED, DOC("How many.")},
        MAYBE("country_of_origin", 0, "Where it comes from."), MAYBE("importer_name", 0, "Who imports it."),
        {F("importer_address"), OBJECT(importer_address), DOC("Where its importer is.")})};
static const wa_object order = {"Order", "3.12", DOC("What is bought."),
    .fields = FIELDS(
        {F("status"), CONSTANT("pending"), SOFT, .marks = WA_RECOMMENDED | WA_OPEN, DOC("Where it stands.")},
        {F("type"), CONSTANT("quick_pay"), SOFT, .marks = WA_OPEN, DOC("Where it is a quick payment.")},
        MAYBE("catalog_id", 0, "The catalog."), {F("expiration"), OBJECT(order_expiration), DOC("When it ends.")},
        {F("items"), LIST(order_item, 1, 0), SOFT, ADVISED, DOC("Its lines.")},
        {F("subtotal"), OBJECT(amount), SOFT, .marks = WA_RECOMMENDED, DOC("Of the lines.")},
        {F("tax"), OBJECT(described_amount), SOFT, .marks = WA_RECOMMENDED, DOC("The tax.")},
        {F("shipping"), OBJECT(described_amount), DOC("What shipping costs.")},
        {F("discount"), OBJECT(discount), DOC("What is taken off.")})};

/* in an interactive message and, as `order_details`, in a template's button */
static const wa_object order_details_parameters = {"OrderDetails", "3.12", DOC("An order and how it can be paid."),
    .fields = FIELDS(
        {F("reference_id"), ID(0), .recommended_max = 60, REQUIRED, GUIDE, DOC("Your own id of the order, used once.")},
        {F("type"), .kind = WA_STRING, SOFT, .marks = WA_RECOMMENDED | WA_OPEN, DOC("What kind of goods."),
            .values = VALUES("digital-goods", "physical-goods")},
        {F("currency"), .kind = WA_STRING, SOFT, .marks = WA_RECOMMENDED | WA_OPEN, DOC("The currency."),
            .values = VALUES("INR", "BRL")},
        {F("total_amount"), OBJECT(amount), SOFT, .marks = WA_RECOMMENDED,
            DOC("Subtotal, tax and shipping less discount.")},
        MAYBE("payment_type", 0, "br in Brazil."), MAYBE("payment_configuration", 60, "As set up (UPI, older)."),
        {F("payment_settings"), LIST(payment_setting, 0, 0), DOC("Ways to pay.")},
        {F("preferred_payment_methods"), LIST(payment_method, 0, 0), DOC("Ways to pay that stand first.")},
        {F("beneficiaries"), LIST(beneficiary, 0, 0), DOC("Who receives shipped goods (India).")},
        {F("shipping_info"), OBJECT(shipping_info), DOC("Where to ship.")},
        {F("order"), OBJECT(order), REQUIRED, GUIDE, DOC("What is bought.")}),
    .rules = RULES({WA_SUM, SOFT, .names = {"total_amount", "order"},
        .parts = (const char *const[]){"+subtotal", "+tax", "+shipping", "-discount", NULL}})};
static const wa_object order_details_action = {"OrderDetailsAction", "3.12", DOC("Reviews and pays an order."),
    .fields = FIELDS(ACTION_NAME("review_and_pay"), PARAMETERS(order_details_parameters))};
static const wa_object order_details = {"InteractiveOrderDetails", "3.12", DOC("An order to pay."),
    .fields = FIELDS(INTERACTIVE_TYPE, HEADER(any_header), BODY, FOOTER, ACTION(order_details_action))};

/* ---- 3.13 order_status ----------------------------------------------------------------------------------------- */

static const wa_object ordered = {"OrderState", "3.13", DOC("Where an order stands."),
    .fields = FIELDS(
        {F("status"), .kind = WA_STRING, .marks = WA_REQUIRED | WA_OPEN, GUIDE, DOC("Where it stands."),
            .values = VALUES("pending", "processing", "partially_shipped", "partially-shipped", "shipped", "completed",
                "canceled")},
        {F("description"), STRING(0, 120), GUIDE, DOC("A word about it.")})};
static const wa_object paid = {"PaymentState", "3.13", DOC("Where a payment stands (Brazil)."),
    .fields = FIELDS({F("status"), .kind = WA_STRING, .marks = WA_REQUIRED | WA_OPEN, GUIDE, DOC("Where it stands."),
            .values = VALUES("pending", "captured", "failed")},
        {F("timestamp"), INTEGER(0, 0), GUIDE, DOC("Seconds since 1970 in UTC.")})};
static const wa_object order_state = {"OrderStatus", "3.13", DOC("News of an order."),
    .fields = FIELDS({F("reference_id"), ID(0), REQUIRED, GUIDE, DOC("Of the order's details.")},
        {F("order"), OBJECT(ordered), GUIDE, DOC("Where the order stands.")},
        {F("payment"), OBJECT(paid), GUIDE, DOC("Where the payment stands.")}),
    .rules = RULES({WA_AT_LEAST_ONE, GUIDE, .names = {"order", "payment"}})};
static const wa_object order_status_action = {"OrderStatusAction", "3.13", DOC("Reviews an order."),
    .fields = FIELDS(ACTION_NAME("review_order"), PARAMETERS(order_state))};
static const wa_object order_status = {"InteractiveOrderStatus", "3.13", DOC("News of an order."),
    .fields = FIELDS(INTERACTIVE_TYPE, ODD_HEADER(any_header), BODY, FOOTER, ACTION(order_status_action))};

static const wa_object interactive = {"Interactive", "3", DOC("A message with something to press."),
    .fields = FIELDS(INTERACTIVE_TYPE), .discriminator = "type",
    .variants = VARIANTS({"button", &button}, {"list", &list}, {"product", &product}, {"product_list", &product_list},
        {"catalog_message", &catalog_message}, {"flow", &flow}, {"cta_url", &cta_url},
        {"location_request_message", &location_request}, {"request_contact_info", &request_contact_info},
        {"call_permission_request", &call_permission_request}, {"voice_call", &voice_call},
        {"address_message", &address_message}, {"carousel", &carousel}, {"order_details", &order_details},
        {"order_status", &order_status})};

/* ---- 4.2 template parameters ----------------------------------------------------------------------------------- */

#define PARAMETER_TYPE {F("type"), .kind = WA_STRING, REQUIRED, DOC("Which of the others it holds.")}
#define PARAMETER_NAME \
    {F("parameter_name"), STRING(1, 0), .marks = WA_ALL_OR_NONE, GUIDE, DOC("In a template with named parameters.")}
#define PARAMETER_FIELDS PARAMETER_TYPE, PARAMETER_NAME

static const wa_object currency = {"Currency", "4.2", DOC("An amount of money."),
    .fields = FIELDS({F("fallback_value"), STRING(1, 0), REQUIRED, DOC("What is shown if it cannot be localised.")},
        {F("code"), STRING(1, 0), REQUIRED, DOC("ISO 4217, three letters.")},
        {F("amount_1000"), .kind = WA_INTEGER, REQUIRED, DOC("The amount times 1000.")})};
#define IGNORED(n) {F(n), .kind = WA_ORDINAL, SOFT, DOC("Accepted and ignored.")}
static const wa_object date_time = {"DateTime", "4.2", DOC("A date."),
    .fields = FIELDS({F("fallback_value"), STRING(1, 0), REQUIRED, DOC("What is shown.")},
        IGNORED("day_of_week"), IGNORED("year"), IGNORED("month"), IGNORED("day_of_month"), IGNORED("hour"),
        IGNORED("minute"), {F("calendar"), STRING(0, 0), SOFT, DOC("Accepted and ignored.")},
        IGNORED("timestamp"))};
static const wa_object product_reference = {"ProductReference", "4.2", DOC("A product."),
    .fields = FIELDS(PRODUCT_ID, CATALOG_ID)};

static const wa_object header_words = {"HeaderTextParameter", "4.2", DOC("Words in a header."),
    .fields = FIELDS(PARAMETER_FIELDS,
        {F("text"), STRING(1, 60), REQUIRED, .format = WA_ONE_LINE, DOC("The words.")})};
static const wa_object body_words = {"BodyTextParameter", "4.2", DOC("Words in a body."),
    .fields = FIELDS(PARAMETER_FIELDS,
        {F("text"), STRING(1, 32768), .recommended_max = 1024, REQUIRED, .format = WA_ONE_LINE, DOC("The words.")})};
static const wa_object currency_parameter = {"CurrencyParameter", "4.2", DOC("An amount of money."),
    .fields = FIELDS(PARAMETER_FIELDS, {F("currency"), OBJECT(currency), REQUIRED, DOC("The amount.")})};
static const wa_object date_time_parameter = {"DateTimeParameter", "4.2", DOC("A date."),
    .fields = FIELDS(PARAMETER_FIELDS, {F("date_time"), OBJECT(date_time), REQUIRED, DOC("The date.")})};
static const wa_object image_parameter = {"ImageParameter", "4.2", DOC("An image in a header."),
    .fields = FIELDS(PARAMETER_FIELDS, {F("image"), OBJECT(bare_media), REQUIRED, DOC("The image.")})};
static const wa_object video_parameter = {"VideoParameter", "4.2", DOC("A video in a header."),
    .fields = FIELDS(PARAMETER_FIELDS, {F("video"), OBJECT(bare_media), REQUIRED, DOC("The video.")})};
static const wa_object gif_parameter = {"GifParameter", "4.2", DOC("A GIF in a header."),
    .fields = FIELDS(PARAMETER_FIELDS, {F("gif"), OBJECT(bare_media), REQUIRED, SOFT, DOC("The GIF, as an MP4.")})};
static const wa_object document_parameter = {"DocumentParameter", "4.2", DOC("A PDF in a header."),
    .fields = FIELDS(PARAMETER_FIELDS, {F("document"), OBJECT(bare_document), REQUIRED, DOC("The document.")})};
static const wa_object location_parameter = {"LocationParameter", "4.2", DOC("A place in a header."),
    .fields = FIELDS(PARAMETER_FIELDS, {F("location"), OBJECT(location), REQUIRED, GUIDE, DOC("The place.")})};
static const wa_object product_parameter = {"ProductParameter", "4.2", DOC("A product in a header."),
    .fields = FIELDS(PARAMETER_FIELDS, {F("product"), OBJECT(product_reference), REQUIRED, GUIDE, DOC("The product.")})};

static const wa_object header_parameter = {"HeaderParameter", "4.2", DOC("A value for a template's header."),
    .fields = FIELDS(PARAMETER_FIELDS), .discriminator = "type",
    .variants = VARIANTS({"text", &header_words}, {"currency", &currency_parameter}, {"date_time", &date_time_parameter},
        {"image", &image_parameter}, {"video", &video_parameter}, {"gif", &gif_parameter},
        {"document", &document_parameter}, {"location", &location_parameter}, {"product", &product_parameter})};
static const wa_object body_parameter = {"BodyParameter", "4.2", DOC("A value for a template's body."),
    .fields = FIELDS(PARAMETER_FIELDS), .discriminator = "type",
    .variants = VARIANTS({"text", &body_words}, {"currency", &currency_parameter}, {"date_time", &date_time_parameter})};

/* of buttons */
static const wa_object payload_parameter = {"PayloadParameter", "4.2", DOC("What a button sends back."),
    .fields = FIELDS(PARAMETER_FIELDS,
        {F("payload"), STRING(1, 0), .recommended_max = 256, REQUIRED, DOC("Comes back when it is pressed.")})};
static const wa_object call_payload_parameter = {"CallPayloadParameter", "4.2", DOC("What a call button sends back."),
    .fields = FIELDS(PARAMETER_FIELDS,
        {F("payload"), STRING(1, 512), REQUIRED, GUIDE, DOC("Comes back when the user calls.")})};
static const wa_object label_parameter = {"LabelParameter", "4.2", DOC("A button's words; a payload is better."),
    .fields = FIELDS(PARAMETER_FIELDS, {F("text"), .kind = WA_LABEL, REQUIRED, SOFT, DOC("The words.")})};
static const wa_object suffix_parameter = {"UrlParameter", "4.2", DOC("The end of a button's link."),
    .fields = FIELDS(PARAMETER_FIELDS, {F("text"), STRING(1, 0), REQUIRED, DOC("Appended to the template's link.")},
        {F("payment_link_preview"), .kind = WA_BOOLEAN, GUIDE, DOC("Whether to preview a payment link (India).")})};
static const wa_object coupon_parameter = {"CouponParameter", "4.2", DOC("The code that a button copies."),
    .fields = FIELDS(PARAMETER_FIELDS, {F("coupon_code"), STRING(1, 15), REQUIRED, GUIDE, DOC("The code.")})};
static const wa_object ttl_parameter = {"TtlParameter", "4.2", DOC("How long a call button works."),
    .fields = FIELDS(PARAMETER_FIELDS, TTL_MINUTES(REQUIRED))};

static const wa_object thumbnail = {"ThumbnailAction", "4.2", DOC("The image of a catalog button."),
    .fields = FIELDS(THUMBNAIL_ID)};
static const wa_object products_action = {"ProductsAction", "4.2", DOC("The products of a button."),
    .fields = FIELDS(THUMBNAIL_ID, PRODUCT_SECTIONS)};
static const wa_object flow_button_action = {"FlowButtonAction", "4.2", DOC("How a flow opens."),
    .fields = FIELDS({F("flow_token"), STRING(0, 0), DOC("Your own word for this use of the flow.")},
        {F("flow_action_data"), .kind = WA_MAP, DOC("Your own data, kept as it is.")})};
static const wa_object order_button_action = {"OrderButtonAction", "4.2", DOC("The order of a button."),
    .fields = FIELDS({F("order_details"), OBJECT(order_details_parameters), REQUIRED, GUIDE, DOC("The order.")})};

#define ACTION_PARAMETER(o, f, d) FIELDS(PARAMETER_FIELDS, {F("action"), OBJECT(o), f, DOC(d)})
static const wa_object catalog_parameter = {"CatalogParameter", "4.2", DOC("A catalog button's image."),
    .fields = ACTION_PARAMETER(thumbnail, REQUIRED, "Which image.")};
static const wa_object mpm_parameter = {"ProductsParameter", "4.2", DOC("A products button's products."),
    .fields = ACTION_PARAMETER(products_action, REQUIRED, "Which products.")};
static const wa_object flow_parameter = {"FlowParameter", "4.2", DOC("How a button's flow opens."),
    .fields = ACTION_PARAMETER(flow_button_action, REQUIRED, "How it opens.")};
static const wa_object order_parameter = {"OrderParameter", "4.2", DOC("The order that a button pays."),
    .fields = ACTION_PARAMETER(order_button_action, REQUIRED, "Which order.")};

#define BUTTON_PARAMETER(n, ...) {n, "4.2", DOC("A value for a template's button."), \
    .fields = FIELDS(PARAMETER_FIELDS), .discriminator = "type", .variants = VARIANTS(__VA_ARGS__)}
static const wa_object quick_reply_parameters =
    BUTTON_PARAMETER("QuickReplyParameter", {"payload", &payload_parameter}, {"text", &label_parameter});
static const wa_object url_parameters =
    BUTTON_PARAMETER("UrlButtonParameter", {"text", &suffix_parameter}, {"payload", &payload_parameter});
static const wa_object copy_code_parameters = BUTTON_PARAMETER("CopyCodeParameter", {"coupon_code", &coupon_parameter});
static const wa_object catalog_button_parameters = BUTTON_PARAMETER("CatalogButtonParameter", {"action", &catalog_parameter});
static const wa_object mpm_parameters = BUTTON_PARAMETER("ProductsButtonParameter", {"action", &mpm_parameter});
static const wa_object flow_button_parameters = BUTTON_PARAMETER("FlowButtonParameter", {"action", &flow_parameter});
static const wa_object order_parameters = BUTTON_PARAMETER("OrderButtonParameter", {"action", &order_parameter});
static const wa_object voice_call_button_parameters = BUTTON_PARAMETER("VoiceCallParameter",
    {"payload", &call_payload_parameter}, {"ttl_minutes", &ttl_parameter});
static const wa_object phone_number_parameters = BUTTON_PARAMETER("PhoneNumberParameter",
    {"text", &label_parameter}, {"payload", &payload_parameter});

/* ---- 4.1 components -------------------------------------------------------------------------------------------- */

#define COMPONENT_TYPE {F("type"), .kind = WA_STRING, REQUIRED, DOC("Which part of the template.")}
#define VALUES_OF(o, least, most, f) \
    {F("parameters"), LIST(o, least, most), f, DOC("A value for each variable, in the template's order or by name.")}
#define COMPONENT(n, d, ...) {n, "4.1", DOC(d), .fields = FIELDS(COMPONENT_TYPE, __VA_ARGS__)}

static const wa_object header_component = COMPONENT("HeaderComponent", "Values for the header.",
    VALUES_OF(header_parameter, 0, 0, .marks = WA_LIST_RULES));
static const wa_object body_component = COMPONENT("BodyComponent", "Values for the body.",
    VALUES_OF(body_parameter, 0, 0, .marks = WA_LIST_RULES));

#define BUTTON_FIELDS COMPONENT_TYPE, \
    {F("sub_type"), .kind = WA_STRING, REQUIRED, DOC("The button's kind.")}, \
    {F("index"), .kind = WA_ORDINAL, .min = 0, .max = 9, ADVISED, DOC("Its place among the buttons, from 0.")}
#define BUTTON_COMPONENT(n, d, o, f) \
    {n, "4.1", DOC(d), .fields = FIELDS(BUTTON_FIELDS, VALUES_OF(o, 0, 0, .marks = WA_LIST_RULES | (f)))}
/* commerce and calls are not for groups */
#define NOT_IN_GROUPS(n) .rules = RULES({WA_ONLY_UNDER, SOFT, .names = {n, "recipient_type"}, .value = "individual"})
#define PRIVATE_COMPONENT(n, d, o) \
    {n, "4.1", DOC(d), .fields = FIELDS(BUTTON_FIELDS, VALUES_OF(o, 0, 0, .marks = WA_LIST_RULES)), NOT_IN_GROUPS("sub_type")}
static const wa_object quick_reply_component =
    BUTTON_COMPONENT("QuickReplyComponent", "A button that answers.", quick_reply_parameters, WA_RECOMMENDED);
static const wa_object url_component =
    BUTTON_COMPONENT("UrlComponent", "A button that opens a link.", url_parameters, WA_RECOMMENDED);
static const wa_object copy_code_component =
    BUTTON_COMPONENT("CopyCodeComponent", "A button that copies a code.", copy_code_parameters, WA_RECOMMENDED);
static const wa_object catalog_component =
    PRIVATE_COMPONENT("CatalogComponent", "A button that opens the catalog.", catalog_button_parameters);
static const wa_object mpm_component =
    PRIVATE_COMPONENT("ProductsComponent", "A button that opens products.", mpm_parameters);
static const wa_object flow_component =
    BUTTON_COMPONENT("FlowComponent", "A button that opens a flow.", flow_button_parameters, 0);
static const wa_object order_details_component =
    PRIVATE_COMPONENT("OrderDetailsComponent", "A button that pays an order.", order_parameters);
static const wa_object voice_call_component =
    PRIVATE_COMPONENT("VoiceCallComponent", "A button that calls the business.", voice_call_button_parameters);
static const wa_object phone_number_component =
    BUTTON_COMPONENT("PhoneNumberComponent", "A button that calls a number.", phone_number_parameters, 0);
static const wa_object button_component = {"ButtonComponent", "4.1", DOC("Values for a button."),
    .fields = FIELDS(BUTTON_FIELDS), .discriminator = "sub_type", .open = true,
    .variants = VARIANTS({"quick_reply", &quick_reply_component}, {"url", &url_component},
        {"copy_code", &copy_code_component}, {"catalog", &catalog_component}, {"mpm", &mpm_component},
        {"flow", &flow_component}, {"order_details", &order_details_component}, {"voice_call", &voice_call_component},
        {"phone_number", &phone_number_component})};

static const wa_object offer = {"LimitedTimeOffer", "4.2", DOC("When an offer ends."),
    .fields = FIELDS({F("expiration_time_ms"), .kind = WA_INTEGER, REQUIRED, GUIDE, DOC("Milliseconds since 1970.")})};
static const wa_object offer_parameter = {"LimitedTimeOfferParameter", "4.2", DOC("When an offer ends."),
    .fields = FIELDS({F("type"), CONSTANT("limited_time_offer"), REQUIRED, GUIDE, DOC("What it is.")},
        {F("limited_time_offer"), OBJECT(offer), REQUIRED, GUIDE, DOC("When the offer ends.")})};
static const wa_object offer_component = COMPONENT("LimitedTimeOfferComponent", "When an offer ends.",
    VALUES_OF(offer_parameter, 1, 1, REQUIRED));

static const wa_object tap_target = {"TapTarget", "4.2", DOC("A link and its title."),
    .fields = FIELDS({F("url"), STRING(1, 0), REQUIRED, GUIDE, DOC("What opens.")},
        {F("title"), STRING(1, 0), REQUIRED, GUIDE, DOC("What is shown.")})};
static const wa_object tap_target_parameter = {"TapTargetParameter", "4.2", DOC("Another title for a link."),
    .fields = FIELDS({F("type"), CONSTANT("tap_target_configuration"), REQUIRED, GUIDE, DOC("What it is.")},
        {F("tap_target_configuration"), LIST(tap_target, 1, 1), REQUIRED, GUIDE, DOC("A list of one.")})};
static const wa_object tap_target_component = COMPONENT("TapTargetComponent", "Another title for a link.",
    VALUES_OF(tap_target_parameter, 1, 1, REQUIRED));

static const wa_object order_status_parameter = {"OrderStatusParameter", "4.2", DOC("News of an order."),
    .fields = FIELDS({F("type"), CONSTANT("order_status"), REQUIRED, GUIDE, DOC("What it is.")},
        {F("order_status"), OBJECT(order_state), REQUIRED, GUIDE, DOC("The news.")})};
static const wa_object order_status_component = {"OrderStatusComponent", "4.1", DOC("News of an order."),
    .fields = FIELDS(COMPONENT_TYPE, VALUES_OF(order_status_parameter, 1, 1, REQUIRED)), NOT_IN_GROUPS("parameters")};

/* a card of a template holds a header, a body and buttons: no card holds cards */
static const wa_object card_component = {"CardComponent", "4.3", DOC("Values for a part of a card."),
    .fields = FIELDS(COMPONENT_TYPE), .discriminator = "type",
    .variants = VARIANTS({"header", &header_component}, {"body", &body_component}, {"button", &button_component})};
static const wa_object template_card = {"TemplateCard", "4.3", DOC("Values for a card."),
    .fields = FIELDS(CARD_INDEX,
        {F("components"), LIST(card_component, 0, 0), REQUIRED, GUIDE, DOC("Values for its parts.")})};
static const wa_object carousel_component = COMPONENT("CarouselComponent", "Values for the cards.",
    {F("cards"), LIST(template_card, 1, 10), .marks = WA_REQUIRED | WA_LIST_RULES, GUIDE, DOC("As many as the template has.")});

static const wa_object component = {"Component", "4.1", DOC("Values for a part of a template."),
    .fields = FIELDS(COMPONENT_TYPE), .discriminator = "type",
    .variants = VARIANTS({"header", &header_component}, {"body", &body_component}, {"button", &button_component},
        {"carousel", &carousel_component}, {"limited_time_offer", &offer_component},
        {"tap_target_configuration", &tap_target_component}, {"order_status", &order_status_component})};

static const wa_object language = {"Language", "4", DOC("The template's language."),
    .fields = FIELDS({F("policy"), CONSTANT("deterministic"), DOC("deterministic, or absent.")},
        {F("code"), STRING(1, 0), REQUIRED, DOC("Such as en or en_US.")})};
static const wa_object template = {"Template", "4", DOC("A message made beforehand and approved."),
    .fields = FIELDS({F("name"), STRING(1, 512), REQUIRED, DOC("The template's name.")},
        {F("language"), OBJECT(language), REQUIRED, DOC("The template's language.")},
        {F("components"), LIST(component, 0, 0), DOC("Values for the template's variables.")})};

/* ---- 1 the envelope -------------------------------------------------------------------------------------------- */

static const wa_object context = {"Context", "1", DOC("What is answered."),
    .fields = FIELDS(MESSAGE_ID("The message that this one answers."))};

#define TYPE {F("type"), .kind = WA_STRING, REQUIRED, DOC("Filled in from the one member that is present.")}

static const wa_object envelope = {"Envelope", "1", DOC("Who gets a message, and what is known of it."),
    .fields = FIELDS(MESSAGING_PRODUCT,
        {F("recipient_type"), .kind = WA_STRING, .values = VALUES("individual", "group"), .marks = WA_FILLED,
            DOC("Filled in where absent.")},
        {F("to"), ID(0), DOC("A phone number, a WhatsApp id or a group's id.")},
        {F("recipient"), ID(0), GUIDE, DOC("A business-scoped user id; `to` wins where both are given.")},
        {F("context"), OBJECT(context), DOC("What is answered.")},
        {F("biz_opaque_callback_data"), STRING(0, 512), DOC("Your own words; the status webhooks repeat them.")},
        {F("recipient_identity_key_hash"), STRING(0, 0), GUIDE, DOC("Delivered only if it is the user's current hash.")},
        {F("message_activity_sharing"), .kind = WA_BOOLEAN, SOFT, DOC("Whether to report what the user does with it.")},
        {F("category"), .kind = WA_STRING, .values = VALUES("utility", "authentication"), SOFT, .marks = WA_OPEN,
            DOC("Of Direct Send (beta).")},
        {F("product_policy"), .kind = WA_STRING, .values = VALUES("CLOUD_API_FALLBACK", "STRICT"),
            DOC("Of /marketing_messages.")},
        TYPE),
    .rules = RULES({WA_AT_LEAST_ONE, GUIDE, .names = {"to", "recipient"}})};

#define MESSAGE(n, s, d, ...) {n, s, DOC(d), .base = &envelope, .fields = FIELDS(__VA_ARGS__)}
/* of what the guides do not list for groups */
#define NOT_FOR_GROUPS(n) RULES({WA_ONLY_WHEN, SOFT, .names = {n, "recipient_type"}, .value = "individual"})
#define MEMBER(n, o) {F(n), OBJECT(o), REQUIRED, DOC("The content.")}

static const wa_object text_message = MESSAGE("TextMessage", "2.1", "Words.", MEMBER("text", text));
static const wa_object image_message = MESSAGE("ImageMessage", "2.2", "An image.", MEMBER("image", image));
static const wa_object video_message = MESSAGE("VideoMessage", "2.2", "A video.", MEMBER("video", video));
static const wa_object audio_message = MESSAGE("AudioMessage", "2.2", "A sound.", MEMBER("audio", audio));
static const wa_object document_message = MESSAGE("DocumentMessage", "2.2", "A file.", MEMBER("document", document));
static const wa_object sticker_message = MESSAGE("StickerMessage", "2.2", "A sticker.", MEMBER("sticker", sticker));
static const wa_object location_message = {"LocationMessage", "2.3", DOC("A place."), .base = &envelope,
    .fields = FIELDS(MEMBER("location", location)), .rules = NOT_FOR_GROUPS("location")};
static const wa_object contacts_message = {"ContactsMessage", "2.4", DOC("Contact cards."), .base = &envelope,
    .fields = FIELDS({F("contacts"), LIST(contact, 1, 0), .recommended_max = 257, REQUIRED, DOC("The cards.")}),
    .rules = NOT_FOR_GROUPS("contacts")};
static const wa_object reaction_message = {"ReactionMessage", "2.5", DOC("An emoji on a message."), .base = &envelope,
    .fields = FIELDS({F("context"), .kind = WA_REMOVED}, MEMBER("reaction", reaction)),
    .rules = NOT_FOR_GROUPS("reaction")};
static const wa_object pin_message = MESSAGE("PinMessage", "2.7", "Pins or unpins a message of a group.",
    {F("recipient_type"), CONSTANT("group"), REQUIRED, GUIDE, DOC("Only groups have pinned messages.")}, MEMBER("pin", pin_or_unpin));
static const wa_object template_message = MESSAGE("TemplateMessage", "4", "A message made beforehand.",
    MEMBER("template", template));
/* Direct Send allows other buttons than an interactive message does, and is not documented yet: kept as it is */
static const wa_object direct_interactive_message = MESSAGE("DirectInteractiveMessage", "5", "Of Direct Send (beta).",
    {F("interactive"), .kind = WA_MAP, REQUIRED, SOFT, DOC("What it says, kept as it is.")});
static const wa_object interactive_message = {"InteractiveMessage", "3", DOC("Something to press."), .base = &envelope,
    .fields = FIELDS(MEMBER("interactive", interactive)),
    .rules = NOT_FOR_GROUPS("interactive"),
    .variants = VARIANTS({"category", &direct_interactive_message})};

static const wa_object sent_message = {"SentMessage", "1", DOC("A message to a user or a group."), .base = &envelope,
    .fields = FIELDS({.name = NULL}), .discriminator = "type", .inferred = true,
    .variants = VARIANTS({"text", &text_message}, {"image", &image_message}, {"video", &video_message},
        {"audio", &audio_message}, {"document", &document_message}, {"sticker", &sticker_message},
        {"location", &location_message}, {"contacts", &contacts_message}, {"reaction", &reaction_message},
        {"template", &template_message}, {"interactive", &interactive_message}, {"pin", &pin_message})};

WA_DATA_DEFINITION const wa_object wa_message = {"Message", "1", DOC("Whatever may be posted to /messages."),
    .fields = FIELDS({.name = NULL}),
    .variants = VARIANTS({"status", &receipt}, {"typing_indicator", &receipt}), .otherwise = &sent_message};
