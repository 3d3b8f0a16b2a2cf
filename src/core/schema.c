/* Every message of the API, as data: a table for each object, a row for each field, leaves first. This file has no
 * code. To add a field, add a row; to add a message type, add a table and its line among the variants at the end. The
 * second string of an object is its page in Meta's documentation.
 *
 * A row begins with the kind of the field (terms.h), and ends with its marks, 0 or some of
 * REQUIRED | RECOMMENDED | ... | GUIDE | SOFT, and one line that says what it is for:
 *
 *   STRING(name, least, most, marks, doc)     characters; a limit of 0 is none
 *   LIST(name, object, least, most, marks, doc)
 *   OBJECT(name, object, marks, doc)
 */
#include "schema.h"

/* clang-format off */

/* ---- the rows ------------------------------------------------------------------------------------------------------ */

#define DOC(text) WA_DOC(text)
#define FIELDS(...) (const wa_field[]){__VA_ARGS__, NO_FIELD}
#define NO_FIELD {.name = NULL}
#define RULES(...) (const wa_rule[]){__VA_ARGS__, {.kind = WA_NO_RULE}}
#define VARIANTS(...) (const wa_variant[]){__VA_ARGS__, {.value = NULL}}
#define VALUES(...) (const char *const[]){__VA_ARGS__, NULL}

#define ROW(k, n, m, d, ...) {.name = n, .doc = DOC(d), .kind = k, .marks = m, __VA_ARGS__}
/* a string: its format, its limits, and a lower upper limit that only some sources have */
#define TEXT(k, n, f, least, most, better, m, d) \
    ROW(k, n, m, d, .format = f, .min = least, .max = most, .recommended_max = better)
#define STRING(n, least, most, m, d) TEXT(WA_STRING, n, WA_ANY_FORMAT, least, most, 0, m, d)
#define FORMATTED(n, f, least, most, m, d) TEXT(WA_STRING, n, f, least, most, 0, m, d)
#define ID(n, least, most, m, d) TEXT(WA_ID, n, WA_ANY_FORMAT, least, most, 0, m, d)
/* a text with formats that are only advised */
#define ADVISED(k, n, least, most, m, d, ...) \
    ROW(k, n, m, d, .min = least, .max = most, .advice = {__VA_ARGS__})
#define CHOICE(n, m, d, ...) ROW(WA_STRING, n, m, d, .values = VALUES(__VA_ARGS__))
#define ID_CHOICE(n, m, d, ...) ROW(WA_ID, n, m, d, .values = VALUES(__VA_ARGS__))
#define CONSTANT(n, value, m, d) CHOICE(n, m, d, value)
#define BOOLEAN(n, m, d) ROW(WA_BOOLEAN, n, m, d, .min = 0)
#define INTEGER(n, least, most, m, d) ROW(WA_INTEGER, n, m, d, .min = least, .max = most)
#define NUMBER(n, least, most, m, d) ROW(WA_NUMBER, n, m, d, .min = least, .max = most)
#define ORDINAL(n, least, most, m, d) ROW(WA_ORDINAL, n, m, d, .min = least, .max = most)
#define MAP(n, least, m, d) ROW(WA_MAP, n, m, d, .min = least)
#define OBJECT(n, o, m, d) ROW(WA_OBJECT, n, m, d, .object = &(o))
#define LIST(n, o, least, most, m, d) ROW(WA_LIST, n, m, d, .object = &(o), .min = least, .max = most)
#define LIST_BELOW(n, o, least, most, better, m, d) \
    ROW(WA_LIST, n, m, d, .object = &(o), .min = least, .max = most, .recommended_max = better)
#define LIST_WITH_TOTAL(n, o, least, most, together, m, d) \
    ROW(WA_LIST, n, m, d, .object = &(o), .min = least, .max = most, .total = together)
#define STRINGS(n, m, d, ...) ROW(WA_LIST, n, m, d, .values = VALUES(__VA_ARGS__))
/* in an object with a base: the object does not have this field of the base */
#define REMOVED(n) ROW(WA_REMOVED, n, 0, "", .min = 0)

#define EXACTLY_ONE(a, b) {WA_EXACTLY_ONE, 0, {a, b}, NULL, NULL, 0}
#define AT_LEAST_ONE(a, b, m) {WA_AT_LEAST_ONE, m, {a, b}, NULL, NULL, 0}
#define ONLY_WHEN(a, b, value, m) {WA_ONLY_WHEN, m, {a, b}, value, NULL, 0}
#define ONLY_UNDER(a, b, value, m) {WA_ONLY_UNDER, m, {a, b}, value, NULL, 0}
#define ONLY_WITHOUT(a, b, m) {WA_ONLY_WITHOUT, m, {a, b}, NULL, NULL, 0}
#define NOT_WITH(a, b, m) {WA_NOT_WITH, m, {a, b}, NULL, NULL, 0}
#define NEEDS(a, b, m) {WA_NEEDS, m, {a, b}, NULL, NULL, 0}
#define AT_MOST_WHEN(a, most, b, value, m) {WA_AT_MOST_WHEN, m, {a, b}, value, NULL, most}
#define SUM(a, b, m, ...) {WA_SUM, m, {a, b}, NULL, VALUES(__VA_ARGS__), 0}

#define REQUIRED WA_REQUIRED
#define RECOMMENDED WA_RECOMMENDED
#define DEPRECATED WA_DEPRECATED
#define OPEN WA_OPEN
#define UNIQUE WA_UNIQUE
#define UNIQUE_SOFT WA_UNIQUE_SOFT
#define SAME WA_SAME
#define LIST_RULES WA_LIST_RULES
#define COUNTED WA_COUNTED
#define AMONG_MANY WA_AMONG_MANY
#define ALL_OR_NONE WA_ALL_OR_NONE
#define FILLED WA_FILLED
#define ONCE WA_ONCE
#define FEW WA_FEW
#define LEADING WA_LEADING
#define PARTS WA_PARTS
#define LESS_AMONG WA_LESS_AMONG
#define GUIDE WA_GUIDE
#define SOFT WA_SOFT

/* ---- rows that several objects have -------------------------------------------------------------------------------- */

#define ID_XOR_LINK RULES(EXACTLY_ONE("id", "link"))
#define MEDIA \
    ID("id", 1, 0, 0, "The id of an uploaded file."), \
    FORMATTED("link", WA_WEB_LINK, 1, 0, 0, "The URL from which the API gets the file.")
#define PROVIDER \
    OBJECT("provider", provider, DEPRECATED | SOFT, "Only for the old On-Premises API: leave it out.")
#define CAPTION STRING("caption", 0, 1024, 0, "The text below it.")
#define NO_CAPTION \
    STRING("caption", 0, 1024, DEPRECATED | SOFT, "Not documented here: leave it out.")
#define NO_FILENAME \
    STRING("filename", 0, 0, DEPRECATED | SOFT, "Not documented here: leave it out.")
#define FILENAME \
    TEXT(WA_STRING, "filename", WA_ANY_FORMAT, 0, 0, 240, 0, "Its extension decides how the document is shown.")
#define PLACE \
    NUMBER("latitude", 1, 0, REQUIRED, "Degrees, as a number or a string."), \
    NUMBER("longitude", 1, 0, REQUIRED, "Degrees, as a number or a string.")
/* according to one report, the API refuses a value of a template that has other white space */
#define ONE_LINE .advice = {WA_ONE_LINE}
#define TEXT_FIELD(n, d) STRING(n, 0, 0, 0, d)
#define PLACE_TYPE TEXT_FIELD("type", "HOME, WORK or any other word.")
#define MESSAGE_ID(d) ID("message_id", 1, 128, REQUIRED, d)
#define MESSAGING_PRODUCT \
    CONSTANT("messaging_product", "whatsapp", REQUIRED | FILLED, "Filled in if absent.")
#define PIN_FIELDS \
    STRING("type", 0, 0, REQUIRED | GUIDE, "Pin or unpin."), \
    MESSAGE_ID("The message.")
#define HEADER_FIELDS \
    STRING("type", 0, 0, REQUIRED, "The name of the member with the content."), \
    STRING("sub_text", 0, 60, 0, "A second line.")
#define INTERACTIVE_TYPE STRING("type", 0, 0, REQUIRED, "The type of the interactive message.")
#define HEADER(o) OBJECT("header", o, 0, "The header, above the body.")
#define NEEDED_HEADER(o) OBJECT("header", o, REQUIRED, "The header, above the body.")
#define ODD_HEADER(o) OBJECT("header", o, DEPRECATED | SOFT, "No documented example has it.")
#define BODY OBJECT("body", body, REQUIRED, "The text of the message.")
#define OPTIONAL_BODY OBJECT("body", body, 0, "The text of the message.")
#define FOOTER OBJECT("footer", footer, 0, "A small text below the body.")
#define ODD_FOOTER OBJECT("footer", footer, DEPRECATED | SOFT, "No documented example has it.")
#define ACTION(o) OBJECT("action", o, REQUIRED, "The actions of the user.")
#define ACTION_NAME(n) CONSTANT("name", n, REQUIRED, "The action's name.")
#define NO_NAME STRING("name", 0, 0, DEPRECATED | SOFT, "Not documented here: leave it out.")
#define PARAMETERS(o) OBJECT("parameters", o, REQUIRED, "The parameters of the action.")
#define SECTION_TITLE \
    STRING("title", 0, 24, AMONG_MANY, "Required if there are several sections.")
#define PRODUCT_ID ID("product_retailer_id", 1, 0, REQUIRED, "The product's id in the catalog.")
#define CATALOG_ID ID("catalog_id", 1, 0, REQUIRED, "The catalog.")
#define THUMBNAIL_ID \
    ID("thumbnail_product_retailer_id", 1, 0, RECOMMENDED, "The product whose image is shown.")
#define PRODUCT_SECTIONS(o) \
    LIST_WITH_TOTAL("sections", o, 1, 10, 30, REQUIRED | LIST_RULES, \
        "Products under titles; at most 30 together.")
#define DISPLAY_TEXT(m) STRING("display_text", 1, 20, (m) | GUIDE, "The title of the button.")
#define TTL_MINUTES(m) INTEGER("ttl_minutes", 1, 43200, (m) | GUIDE, "Minutes until the button stops working.")
#define CARD_INDEX INTEGER("card_index", 0, 9, REQUIRED | UNIQUE | GUIDE, "The card's index, from 0.")
#define CARD_FIELDS CARD_INDEX, \
    STRING("type", 0, 0, REQUIRED | SAME | GUIDE, "The type of the card.")
#define CARD_ACTION(o) OBJECT("action", o, REQUIRED | SAME | GUIDE, "The actions of the user.")
#define MAYBE(n, most, d) ID(n, 0, most, SOFT, d)
#define RECOMMENDED_OBJECT(n, o, d) OBJECT(n, o, RECOMMENDED | SOFT, d)
#define RECOMMENDED_STRING(n, d) ID(n, 0, 0, RECOMMENDED | SOFT, d)
#define AMOUNT_FIELDS \
    INTEGER("value", 0, 0, RECOMMENDED | SOFT, "The amount times the offset."), \
    INTEGER("offset", 100, 100, RECOMMENDED | SOFT, "Always 100.")
#define ORDERED \
    CHOICE("status", REQUIRED | OPEN | GUIDE, "The state.", "pending", "processing", "partially_shipped", \
        "partially-shipped", "shipped", "completed", "canceled")
#define ORDER_STATE(n, o) {n, "payments/payments-in/orderstatustemplate", DOC("The new state of an order."), \
    .fields = FIELDS(ID("reference_id", 1, 0, REQUIRED | GUIDE, "The reference_id of the order's details."), \
        OBJECT("order", o, GUIDE, "The state of the order."), \
        OBJECT("payment", paid, GUIDE, "The state of the payment.")), \
    .rules = RULES(AT_LEAST_ONE("order", "payment", GUIDE))}
#define PARAMETER_TYPE STRING("type", 0, 0, REQUIRED, "The name of the member with the content.")
#define PARAMETER_NAME \
    STRING("parameter_name", 1, 0, ALL_OR_NONE | GUIDE, "In a template with named parameters.")
#define PARAMETER_FIELDS PARAMETER_TYPE, PARAMETER_NAME
#define IGNORED(n) ORDINAL(n, 0, 0, SOFT, "Accepted and ignored.")
#define ACTION_PARAMETER(o, m, d) FIELDS(PARAMETER_FIELDS, OBJECT("action", o, m, d))
#define BUTTON_PARAMETER(n, ...) \
    {n, "templates/utility-templates/utility-templates", DOC("A value for a template's button."), \
    .fields = FIELDS(PARAMETER_FIELDS), .discriminator = "type", .variants = VARIANTS(__VA_ARGS__)}
#define COMPONENT_TYPE STRING("type", 0, 0, REQUIRED, "The part of the template.")
#define SINGLE_COMPONENT_TYPE STRING("type", 0, 0, REQUIRED | ONCE, "The part of the template.")
#define VALUES_OF(o, least, most, m) \
    LIST("parameters", o, least, most, m, "A value for each variable, in the template's order or by name.")
/* a template has each component once, except buttons */
#define COMPONENT(n, d, ...) \
    {n, "messages/template-messages", DOC(d), .fields = FIELDS(SINGLE_COMPONENT_TYPE, __VA_ARGS__)}
#define BUTTON_FIELDS COMPONENT_TYPE, \
    STRING("sub_type", 0, 0, REQUIRED, "The button's kind."), BUTTON_INDEX
#define BUTTON_INDEX ORDINAL("index", 0, 9, RECOMMENDED | UNIQUE_SOFT, "The button's index, from 0.")
#define BUTTON_COMPONENT(n, d, o, m) \
    {n, "messages/template-messages", DOC(d), .fields = FIELDS(BUTTON_FIELDS, VALUES_OF(o, 0, 0, LIST_RULES | (m)))}
/* commerce and calls are not for groups */
#define NOT_IN_GROUPS(n) .rules = RULES(ONLY_UNDER(n, "recipient_type", "individual", SOFT))
#define PRIVATE_COMPONENT(n, d, o) \
    {n, "messages/template-messages", DOC(d), .fields = FIELDS(BUTTON_FIELDS, VALUES_OF(o, 0, 0, LIST_RULES)), \
    NOT_IN_GROUPS("sub_type")}
#define TYPE STRING("type", 0, 0, REQUIRED, "Filled in from the member that is present.")
#define MESSAGE(n, s, d, ...) {n, s, DOC(d), .base = &envelope, .fields = FIELDS(__VA_ARGS__)}
/* the guides do not list these types for groups */
#define NOT_FOR_GROUPS(n) ONLY_WHEN(n, "recipient_type", "individual", SOFT)
#define NOT_BY_DIRECT_SEND(n) NOT_WITH(n, "category", SOFT)
#define MEMBER(n, o) OBJECT(n, o, REQUIRED, "The content of the message.")
#define DIRECT_SEND "direct-send"
#define DIRECT_TEXT(n, least, better, m, d) TEXT(WA_STRING, n, WA_ANY_FORMAT, least, 0, better, m, d)
#define DIRECT_FIELDS INTERACTIVE_TYPE, HEADER(direct_header), \
    OBJECT("body", direct_body, REQUIRED, "The text of the message."), \
    OBJECT("footer", direct_footer, 0, "A small text below the body.")

/* ---- text ---------------------------------------------------------------------------------------------------------- */

static const wa_object text = {"Text", "messages/text-messages", DOC("A text message."),
    .fields = FIELDS(
        STRING("body", 1, 4096, REQUIRED, "The text. URLs in it become links."),
        BOOLEAN("preview_url", 0, "Show a preview of the first link. Absent: false."))};

/* ---- media --------------------------------------------------------------------------------------------------------- */

static const wa_object provider = {"Provider", "payments/payments-in/overview",
    DOC("Only for the old On-Premises API; the payment guides still show it."),
    .fields = FIELDS(STRING("name", 0, 0, 0, "The provider's name."))};

static const wa_object image = {"Image", "messages/image-messages", DOC("A JPEG or PNG of up to 5 MB."),
    .fields = FIELDS(MEDIA, CAPTION, PROVIDER), .rules = ID_XOR_LINK};
static const wa_object video = {"Video", "messages/video-messages", DOC("An MP4 or 3GP of up to 16 MB."),
    .fields = FIELDS(MEDIA, CAPTION, NO_FILENAME, PROVIDER), .rules = ID_XOR_LINK};
static const wa_object document = {"Document", "messages/document-messages", DOC("A file of up to 100 MB."),
    .fields = FIELDS(MEDIA, CAPTION, FILENAME, PROVIDER), .rules = ID_XOR_LINK};
static const wa_object audio = {"Audio", "messages/audio-messages", DOC("A sound of up to 16 MB."),
    .fields = FIELDS(MEDIA,
        BOOLEAN("voice", GUIDE, "Whether it is a voice message (OGG with the OPUS codec)."),
        NO_CAPTION,
        NO_FILENAME,
        PROVIDER),
    .rules = ID_XOR_LINK};
static const wa_object sticker = {"Sticker", "messages/sticker-messages", DOC("A WebP of 512 by 512 pixels."),
    .fields = FIELDS(MEDIA), .rules = ID_XOR_LINK};

/* media in a header or in a parameter of a template */
static const wa_object bare_media = {"Media", "messages/interactive-reply-buttons-messages",
    DOC("An image, a video or a GIF in a header or a parameter."),
    .fields = FIELDS(MEDIA, NO_CAPTION, PROVIDER), .rules = ID_XOR_LINK};
static const wa_object bare_document = {"MediaDocument", "messages/interactive-reply-buttons-messages",
    DOC("A document in a header or a parameter."),
    .fields = FIELDS(MEDIA, FILENAME, NO_CAPTION, PROVIDER), .rules = ID_XOR_LINK};

/* ---- location ------------------------------------------------------------------------------------------------------ */

static const wa_object location = {"Location", "messages/location-messages", DOC("A place."),
    .fields = FIELDS(PLACE,
        TEXT(WA_STRING, "name", WA_ANY_FORMAT, 0, 0, 100, 0, "The place's name."),
        TEXT(WA_STRING, "address", WA_ANY_FORMAT, 0, 0, 300, 0, "The place's address; shown if there is a name."))};
static const wa_object template_location = {"TemplateLocation", "templates/utility-templates/utility-templates",
    DOC("A place in a template's header."),
    .fields = FIELDS(PLACE,
        ROW(WA_STRING, "name", 0, "The place's name.", .recommended_max = 100, ONE_LINE),
        ROW(WA_STRING, "address", 0, "The place's address; shown if there is a name.", .recommended_max = 300,
        ONE_LINE))};

/* ---- contacts ------------------------------------------------------------------------------------------------------ */

static const wa_object contact_name = {"ContactName", "messages/contacts-messages", DOC("The names of a contact."),
    .fields = FIELDS(
        STRING("formatted_name", 1, 0, REQUIRED | GUIDE, "The whole name."),
        TEXT_FIELD("first_name", "The first name."), TEXT_FIELD("last_name", "The last name."),
        TEXT_FIELD("middle_name", "The middle name."), TEXT_FIELD("suffix", "A suffix of the name."),
        TEXT_FIELD("prefix", "A prefix of the name."))};
static const wa_object contact_phone = {"ContactPhone", "messages/contacts-messages",
    DOC("A phone number of a contact."),
    .fields = FIELDS(
        ID("phone", 0, 0, RECOMMENDED, "The number as it is shown."),
        ID("wa_id", 0, 0, 0, "The WhatsApp id. Without it, the app offers to invite the contact."),
        PLACE_TYPE)};
static const wa_object contact_email = {"ContactEmail", "messages/contacts-messages",
    DOC("An e-mail address of a contact."),
    .fields = FIELDS(STRING("email", 0, 0, RECOMMENDED, "The address."), PLACE_TYPE)};
static const wa_object contact_url = {"ContactUrl", "messages/contacts-messages", DOC("A web page of a contact."),
    .fields = FIELDS(STRING("url", 0, 0, RECOMMENDED, "The URL."), PLACE_TYPE)};
static const wa_object contact_address = {"ContactAddress", "messages/contacts-messages",
    DOC("A postal address of a contact."),
    .fields = FIELDS(
        TEXT_FIELD("street", "Street and number."), TEXT_FIELD("city", "The city."),
        TEXT_FIELD("state", "The state."), ID("zip", 0, 0, 0, "The postal code."),
        TEXT_FIELD("country", "The country's name."), TEXT_FIELD("country_code", "Two letters."), PLACE_TYPE)};
static const wa_object contact_org = {"ContactOrganization", "messages/contacts-messages",
    DOC("The company of a contact."),
    .fields = FIELDS(TEXT_FIELD("company", "The company."), TEXT_FIELD("department", "The department."),
        TEXT_FIELD("title", "The contact's job title."))};
static const wa_object contact = {"Contact", "messages/contacts-messages", DOC("A contact card."),
    .fields = FIELDS(
        OBJECT("name", contact_name, REQUIRED | GUIDE, "The names of the contact."),
        FORMATTED("birthday", WA_DATE, 0, 0, 0, "YYYY-MM-DD."),
        LIST("phones", contact_phone, 0, 0, 0, "Phone numbers."),
        LIST("emails", contact_email, 0, 0, 0, "E-mail addresses."),
        LIST("urls", contact_url, 0, 0, 0, "URLs of web pages."),
        LIST("addresses", contact_address, 0, 0, 0, "Postal addresses."),
        OBJECT("org", contact_org, 0, "The company of the contact."))};

/* ---- reaction, status calls, pin ----------------------------------------------------------------------------------- */

static const wa_object reaction = {"Reaction", "messages/reaction-messages", DOC("A reaction to a message: an emoji."),
    .fields = FIELDS(MESSAGE_ID("The id of the message; at most 30 days old."),
        STRING("emoji", 0, 0, REQUIRED, "One emoji; the empty string removes the reaction."))};

static const wa_object typing_indicator = {"TypingIndicator", "typing-indicators",
    DOC("Shows the user that you write an answer."),
    .fields = FIELDS(CONSTANT("type", "text", REQUIRED, "The kind of the answer."))};

static const wa_object receipt = {"Receipt", "typing-indicators",
    DOC("Marks a received message, and the messages before it, as read."),
    .fields = FIELDS(MESSAGING_PRODUCT,
        CONSTANT("status", "read", REQUIRED, "The message was read."),
        MESSAGE_ID("The id of the received message."),
        OBJECT("typing_indicator", typing_indicator, 0, "The user sees it for 25 seconds, or until your next message."),
        CHOICE("recipient_type", 0, "The API accepts it, and ignores it.", "individual", "group"))};

static const wa_object pin_pin = {"Pin", "groups/groups-messaging", DOC("Pins a message of a group."),
    .fields = FIELDS(PIN_FIELDS, ORDINAL("expiration_days", 1, 30, REQUIRED | GUIDE, "Days until it is unpinned."))};
static const wa_object pin_unpin = {"Unpin", "groups/groups-messaging", DOC("Unpins a message of a group."),
    .fields = FIELDS(PIN_FIELDS)};
static const wa_object pin_or_unpin = {"PinOrUnpin", "groups/groups-messaging",
    DOC("Pins or unpins a message of a group."),
    .fields = FIELDS(PIN_FIELDS), .discriminator = "type", .variants = VARIANTS({"pin", &pin_pin}, {"unpin",
    &pin_unpin})};

/* ---- interactive: header, body, footer ----------------------------------------------------------------------------- */

static const wa_object header_text = {"HeaderText", "messages/interactive-reply-buttons-messages",
    DOC("A text above the body."),
    .fields = FIELDS(HEADER_FIELDS, STRING("text", 1, 60, REQUIRED, "The text; markdown is not formatted."))};
static const wa_object header_image = {"HeaderImage", "messages/interactive-reply-buttons-messages",
    DOC("An image above the body."),
    .fields = FIELDS(HEADER_FIELDS, OBJECT("image", bare_media, REQUIRED, "The image."))};
static const wa_object header_video = {"HeaderVideo", "messages/interactive-reply-buttons-messages",
    DOC("A video above the body."),
    .fields = FIELDS(HEADER_FIELDS, OBJECT("video", bare_media, REQUIRED, "The video."))};
static const wa_object header_document = {"HeaderDocument", "messages/interactive-reply-buttons-messages",
    DOC("A document above the body."),
    .fields = FIELDS(HEADER_FIELDS, OBJECT("document", bare_document, REQUIRED, "The document."))};
static const wa_object header_gif = {"HeaderGif", "messages/interactive-reply-buttons-messages",
    DOC("A GIF above the body."),
    .fields = FIELDS(HEADER_FIELDS, OBJECT("gif", bare_media, REQUIRED, "The GIF, as an MP4."))};

static const wa_object any_header = {"Header", "messages/interactive-reply-buttons-messages",
    DOC("The header, above the body."),
    .fields = FIELDS(HEADER_FIELDS), .discriminator = "type",
    .variants = VARIANTS({"text", &header_text}, {"image", &header_image}, {"video", &header_video},
        {"document", &header_document}, {"gif", &header_gif})};
static const wa_object words_header = {"TextHeader", "messages/interactive-reply-buttons-messages",
    DOC("A text above the body."),
    .fields = FIELDS(HEADER_FIELDS), .discriminator = "type", .variants = VARIANTS({"text", &header_text})};
static const wa_object card_header = {"CardHeader", "messages/interactive-media-carousel-messages",
    DOC("The image or the video of a card."),
    .fields = FIELDS(HEADER_FIELDS), .discriminator = "type",
    .variants = VARIANTS({"image", &header_image}, {"video", &header_video})};

static const wa_object body = {"Body", "messages/interactive-reply-buttons-messages", DOC("The text of the message."),
    .fields = FIELDS(STRING("text", 1, 1024, REQUIRED, "The text."))};
static const wa_object list_body = {"ListBody", "messages/interactive-list-messages",
    DOC("The text of a list message."),
    .fields = FIELDS(TEXT(WA_STRING, "text", WA_ANY_FORMAT, 1, 4096, 1024, REQUIRED | GUIDE, "The text."))};
static const wa_object card_body = {"CardBody", "messages/interactive-media-carousel-messages",
    DOC("The text of a card."),
    .fields = FIELDS(FORMATTED("text", WA_FEW_LINES, 1, 160, REQUIRED | GUIDE, "The text."))};
static const wa_object footer = {"Footer", "messages/interactive-reply-buttons-messages",
    DOC("A small text below the body."),
    .fields = FIELDS(STRING("text", 0, 60, REQUIRED, "The text."))};

/* ---- button, list -------------------------------------------------------------------------------------------------- */

static const wa_object reply = {"Reply", "messages/interactive-reply-buttons-messages",
    DOC("The title of a reply button, and its id."),
    .fields = FIELDS(
        TEXT(WA_ID, "id", WA_TRIMMED, 1, 256, 0, REQUIRED | UNIQUE,
        "The webhook has it after the user pressed the button."),
        STRING("title", 1, 20, REQUIRED | UNIQUE, "The title of the button; markdown is not formatted."))};
static const wa_object reply_button = {"ReplyButton", "messages/interactive-reply-buttons-messages",
    DOC("A button that answers."),
    .fields = FIELDS(CONSTANT("type", "reply", REQUIRED, "The button's kind."),
        OBJECT("reply", reply, REQUIRED, "Its title and its id."))};
static const wa_object button_action = {"ButtonAction", "messages/interactive-reply-buttons-messages",
    DOC("Up to three reply buttons."),
    .fields = FIELDS(LIST("buttons", reply_button, 1, 3, REQUIRED | LIST_RULES, "The buttons."))};
static const wa_object button = {"InteractiveButton", "messages/interactive-reply-buttons-messages",
    DOC("Reply buttons."),
    .fields = FIELDS(INTERACTIVE_TYPE, HEADER(any_header), BODY, FOOTER, ACTION(button_action))};

static const wa_object row = {"Row", "messages/interactive-list-messages", DOC("A row of a list."),
    .fields = FIELDS(
        ID("id", 1, 200, REQUIRED | UNIQUE_SOFT, "The webhook has this id after the user chose the row."),
        STRING("title", 1, 24, REQUIRED, "The title of the line."),
        STRING("description", 0, 72, 0, "A small text below the title."))};
static const wa_object section = {"Section", "messages/interactive-list-messages", DOC("A part of a list."),
    .fields = FIELDS(SECTION_TITLE,
        LIST("rows", row, 1, 10, REQUIRED | COUNTED, "The rows."))};
static const wa_object list_action = {"ListAction", "messages/interactive-list-messages",
    DOC("A list behind a button."),
    .fields = FIELDS(
        STRING("button", 1, 20, REQUIRED, "The title of the button that opens the list."),
        LIST_WITH_TOTAL("sections", section, 1, 10, 10, REQUIRED | LIST_RULES,
        "The sections; they have at most 10 rows together."))};
static const wa_object list = {"InteractiveList", "messages/interactive-list-messages", DOC("A list to choose from."),
    .fields = FIELDS(INTERACTIVE_TYPE, HEADER(words_header),
        OBJECT("body", list_body, REQUIRED, "The text of the message."), FOOTER, ACTION(list_action))};

/* ---- product, product_list, catalog_message ------------------------------------------------------------------------ */

static const wa_object product_action = {"ProductAction", "catalogs/sell-products-and-services/share-products",
    DOC("The product."),
    .fields = FIELDS(NO_NAME, CATALOG_ID, PRODUCT_ID)};
static const wa_object product = {"InteractiveProduct", "catalogs/sell-products-and-services/share-products",
    DOC("One product."),
    .fields = FIELDS(INTERACTIVE_TYPE, OPTIONAL_BODY, FOOTER, ACTION(product_action))};

static const wa_object product_item = {"ProductItem", "catalogs/sell-products-and-services/share-products",
    DOC("A product of a section."), .fields = FIELDS(PRODUCT_ID)};
static const wa_object product_section = {"ProductSection", "catalogs/sell-products-and-services/share-products",
    DOC("Products under a title."),
    .fields = FIELDS(SECTION_TITLE,
        LIST("product_items", product_item, 1, 30, REQUIRED | COUNTED, "The products."))};

static const wa_object product_list_action = {"ProductListAction", "catalogs/sell-products-and-services/share-products",
    DOC("The products."),
    .fields = FIELDS(NO_NAME, CATALOG_ID, PRODUCT_SECTIONS(product_section))};
static const wa_object product_list = {"InteractiveProductList", "catalogs/sell-products-and-services/share-products",
    DOC("Up to thirty products."),
    .fields = FIELDS(INTERACTIVE_TYPE, NEEDED_HEADER(words_header), BODY, FOOTER, ACTION(product_list_action))};

static const wa_object catalog_parameters = {"CatalogParameters", "catalogs/sell-products-and-services/share-products",
    DOC("The look of the catalog."),
    .fields = FIELDS(THUMBNAIL_ID)};
static const wa_object catalog_action = {"CatalogAction", "catalogs/sell-products-and-services/share-products",
    DOC("Opens the catalog."),
    .fields = FIELDS(ACTION_NAME("catalog_message"),
        OBJECT("parameters", catalog_parameters, RECOMMENDED, "The look of the catalog."))};
static const wa_object catalog_message = {"InteractiveCatalog", "catalogs/sell-products-and-services/share-products",
    DOC("The whole catalog."),
    .fields = FIELDS(INTERACTIVE_TYPE, ODD_HEADER(any_header), BODY, FOOTER, ACTION(catalog_action))};

/* ---- flow ---------------------------------------------------------------------------------------------------------- */

static const wa_object flow_payload = {"FlowActionPayload", "messages/interactive-flow-messages",
    DOC("The first screen of a flow, and its data."),
    .fields = FIELDS(STRING("screen", 0, 0, 0, "The first screen. Absent: FIRST_ENTRY_SCREEN."),
        MAP("data", 1, SOFT, "Your own data for that screen, sent unchanged."))};
static const wa_object flow_parameters = {"FlowParameters", "messages/interactive-flow-messages",
    DOC("The flow, and how it opens."),
    .fields = FIELDS(
        ID_CHOICE("flow_message_version", REQUIRED | OPEN, "The format's version.", "3"),
        ID("flow_id", 1, 0, 0, "The flow's id, if there is no flow_name."),
        STRING("flow_name", 1, 0, 0, "The flow's name, if there is no flow_id."),
        TEXT(WA_STRING, "flow_cta", WA_ANY_FORMAT, 1, 0, 20, REQUIRED, "The title of the button."),
        CHOICE("mode", 0, "The state of the flow. Absent: published.", "draft", "published"),
        STRING("flow_token", 0, 0, 0, "Your own name for this use of the flow. Absent: \"unused\"."),
        CHOICE("flow_action", 0, "The first action. Absent: navigate.", "navigate", "data_exchange"),
        OBJECT("flow_action_payload", flow_payload, 0, "The first screen of the flow, and its data.")),
    .rules = RULES(EXACTLY_ONE("flow_id", "flow_name"),
        ONLY_WHEN("flow_action_payload", "flow_action", "navigate", SOFT))};
static const wa_object flow_action = {"FlowAction", "messages/interactive-flow-messages", DOC("Opens a flow."),
    .fields = FIELDS(ACTION_NAME("flow"), PARAMETERS(flow_parameters))};
static const wa_object flow = {"InteractiveFlow", "messages/interactive-flow-messages",
    DOC("A button that opens a flow."),
    .fields = FIELDS(INTERACTIVE_TYPE, HEADER(any_header), BODY, FOOTER, ACTION(flow_action))};

/* ---- cta_url ------------------------------------------------------------------------------------------------------- */

static const wa_object cta_url_parameters = {"CtaUrlParameters", "messages/interactive-cta-url-messages",
    DOC("A button and its link."),
    .fields = FIELDS(DISPLAY_TEXT(REQUIRED),
        FORMATTED("url", WA_ABSOLUTE, 1, 0, REQUIRED | GUIDE, "The URL that the button opens."),
        BOOLEAN("payment_link_preview", GUIDE, "Show a preview of a payment link (India; without a header).")),
    .rules = RULES(ONLY_WITHOUT("payment_link_preview", "header", SOFT))};
static const wa_object cta_url_action = {"CtaUrlAction", "messages/interactive-cta-url-messages", DOC("Opens a link."),
    .fields = FIELDS(ACTION_NAME("cta_url"), PARAMETERS(cta_url_parameters))};
static const wa_object cta_url = {"InteractiveCtaUrl", "messages/interactive-cta-url-messages",
    DOC("A button that opens a link."),
    .fields = FIELDS(INTERACTIVE_TYPE, HEADER(any_header), BODY, FOOTER, ACTION(cta_url_action))};

/* ---- requests ------------------------------------------------------------------------------------------------------ */

static const wa_object send_location = {"SendLocationAction", "messages/location-request-messages",
    DOC("Asks for a place."),
    .fields = FIELDS(ACTION_NAME("send_location"))};
static const wa_object location_request = {"InteractiveLocationRequest", "messages/location-request-messages",
    DOC("Asks the user for a location."),
    .fields = FIELDS(INTERACTIVE_TYPE, BODY, ACTION(send_location))};

static const wa_object contact_info_action = {"ContactInfoAction", "business-scoped-user-ids",
    DOC("Asks for the phone number."),
    .fields = FIELDS(ACTION_NAME("request_contact_info"))};
static const wa_object request_contact_info = {"InteractiveContactRequest", "business-scoped-user-ids",
    DOC("Asks the user for contact details."),
    .fields = FIELDS(INTERACTIVE_TYPE, BODY, ACTION(contact_info_action))};

static const wa_object call_permission_action = {"CallPermissionAction", "calling/user-call-permissions",
    DOC("Asks for permission to call."),
    .fields = FIELDS(ACTION_NAME("call_permission_request"))};
static const wa_object call_permission_request = {"InteractiveCallPermission", "calling/user-call-permissions",
    DOC("Asks for permission to call."),
    .fields = FIELDS(INTERACTIVE_TYPE, OPTIONAL_BODY, ACTION(call_permission_action))};

/* ---- voice_call ---------------------------------------------------------------------------------------------------- */

static const wa_object voice_call_parameters = {"VoiceCallParameters", "calling/call-button-messages-deep-links",
    DOC("A button that calls."),
    .fields = FIELDS(DISPLAY_TEXT(0), TTL_MINUTES(0),
        STRING("payload", 0, 512, GUIDE, "The webhook of the call has it."))};
static const wa_object voice_call_action = {"VoiceCallAction", "calling/call-button-messages-deep-links",
    DOC("Calls the business."),
    .fields = FIELDS(ACTION_NAME("voice_call"),
        OBJECT("parameters", voice_call_parameters, GUIDE, "The button's title, and the minutes that it works."))};
static const wa_object voice_call = {"InteractiveVoiceCall", "calling/call-button-messages-deep-links",
    DOC("A button that calls the business."),
    .fields = FIELDS(INTERACTIVE_TYPE, ODD_HEADER(any_header), BODY, ODD_FOOTER, ACTION(voice_call_action))};

/* ---- address_message ----------------------------------------------------------------------------------------------- */

static const wa_object address_values = {"AddressValues", "messages/address-messages",
    DOC("The parts of a delivery address."),
    .fields = FIELDS(
        TEXT_FIELD("name", "The name of the receiver."), ID("phone_number", 0, 0, 0, "The receiver's phone number."),
        ID("in_pin_code", 0, 6, SOFT, "The postal code in India."),
        ID("sg_post_code", 0, 6, SOFT, "The postal code in Singapore."),
        ID("house_number", 0, 0, 0, "The house."), ID("floor_number", 0, 0, 0, "The floor."),
        ID("tower_number", 0, 0, 0, "The tower."), TEXT_FIELD("building_name", "The building."),
        TEXT_FIELD("address", "The address."), TEXT_FIELD("landmark_area", "A landmark near it."),
        ID("unit_number", 0, 0, 0, "The unit."), TEXT_FIELD("city", "The city."), TEXT_FIELD("state", "The state."))};
static const wa_object saved_address = {"SavedAddress", "messages/address-messages", DOC("An address to choose."),
    .fields = FIELDS(ID("id", 0, 0, 0, "The webhook has this id after the user chose the row."),
        OBJECT("value", address_values, 0, "The address."))};
static const wa_object address_parameters = {"AddressParameters", "messages/address-messages",
    DOC("The content of the address form."),
    .fields = FIELDS(STRING("country", 1, 0, REQUIRED | GUIDE, "Two letters, such as IN."),
        OBJECT("values", address_values, GUIDE, "The values that are filled in."),
        LIST("saved_addresses", saved_address, 0, 0, GUIDE, "Addresses to choose from."),
        MAP("validation_errors", 0, GUIDE, "Errors by the name of the field."))};
static const wa_object address_action = {"AddressAction", "messages/address-messages", DOC("Opens the address form."),
    .fields = FIELDS(ACTION_NAME("address_message"), PARAMETERS(address_parameters))};
static const wa_object address_message = {"InteractiveAddress", "messages/address-messages",
    DOC("Asks for a delivery address."),
    .fields = FIELDS(INTERACTIVE_TYPE, HEADER(any_header), BODY, FOOTER, ACTION(address_action))};

/* ---- carousel ------------------------------------------------------------------------------------------------------ */

static const wa_object quick_reply = {"QuickReply", "messages/interactive-media-carousel-messages",
    DOC("The title of a card's button, and its id."),
    .fields = FIELDS(ID("id", 1, 256, REQUIRED | UNIQUE_SOFT | GUIDE,
        "The webhook has this id after the user pressed the button. All ids in a message differ."),
        STRING("title", 1, 20, REQUIRED | GUIDE, "The title of the button."))};
static const wa_object card_button = {"CardButton", "messages/interactive-media-carousel-messages",
    DOC("A button of a card."),
    .fields = FIELDS(CONSTANT("type", "quick_reply", REQUIRED | GUIDE, "The button's kind."),
        OBJECT("quick_reply", quick_reply, REQUIRED | GUIDE, "Its title and its id."))};
static const wa_object card_buttons_action = {"CardButtonsAction", "messages/interactive-media-carousel-messages",
    DOC("Buttons of a card."),
    .fields = FIELDS(LIST("buttons", card_button, 1, 0, REQUIRED | SAME | GUIDE,
    "The buttons; every card has the same number."))};
static const wa_object card_action = {"CardAction", "messages/interactive-media-carousel-messages",
    DOC("A link or buttons; the same kind on every card."),
    .fields = FIELDS(ACTION_NAME("cta_url"), PARAMETERS(cta_url_parameters)),
    .variants = VARIANTS({"buttons", &card_buttons_action})};
static const wa_object card_product = {"CardProduct", "messages/interactive-product-carousel-messages",
    DOC("A product; every card has the same catalog."),
    .fields = FIELDS(PRODUCT_ID,
        ID("catalog_id", 1, 0, REQUIRED | SAME | GUIDE, "The catalog."))};

static const wa_object media_card = {"MediaCard", "messages/interactive-media-carousel-messages",
    DOC("An image or a video with a link or buttons."),
    .fields = FIELDS(CARD_FIELDS, OBJECT("header", card_header, REQUIRED | GUIDE, "The image or the video."),
        OBJECT("body", card_body, GUIDE, "The text of the card."), CARD_ACTION(card_action))};
static const wa_object product_card = {"ProductCard", "messages/interactive-product-carousel-messages",
    DOC("A product."),
    .fields = FIELDS(CARD_FIELDS, ACTION(card_product))};
static const wa_object card = {"Card", "messages/interactive-media-carousel-messages", DOC("A card of a carousel."),
    .fields = FIELDS(CARD_FIELDS), .discriminator = "type",
    .variants = VARIANTS({"cta_url", &media_card}, {"product", &product_card})};
static const wa_object carousel_action = {"CarouselAction", "messages/interactive-media-carousel-messages",
    DOC("The cards."),
    .fields = FIELDS(LIST("cards", card, 2, 10, REQUIRED | LIST_RULES | GUIDE, "The cards."))};
static const wa_object carousel = {"InteractiveCarousel", "messages/interactive-media-carousel-messages",
    DOC("Cards to swipe through."),
    .fields = FIELDS(INTERACTIVE_TYPE, BODY, ACTION(carousel_action))};

/* ---- order_details: countries differ, so only the presence of three fields is a problem ---------------------------- */

static const wa_object amount = {"Amount", "payments/payments-in/upi-intent",
    DOC("An amount of money."), .fields = FIELDS(AMOUNT_FIELDS)};
static const wa_object described_amount = {"DescribedAmount", "payments/payments-in/upi-intent",
    DOC("An amount of money with a description."),
    .fields = FIELDS(AMOUNT_FIELDS, MAYBE("description", 60, "A description."))};
static const wa_object discount = {"Discount", "payments/payments-in/upi-intent", DOC("A discount."),
    .fields = FIELDS(AMOUNT_FIELDS, MAYBE("description", 60, "A description."),
        MAYBE("discount_program_name", 60, "The origin."))};

static const wa_object razorpay = {"Razorpay", "payments/payments-in/pg", DOC("For Razorpay."),
    .fields = FIELDS(MAYBE("receipt", 40, "A receipt's number."), MAP("notes", 0, 0, "Your own notes."),
        MAYBE("encrypted_payment_gateway_data", 0, "Encrypted data for the gateway."))};
static const wa_object payu = {"Payu", "payments/payments-in/pg", DOC("For PayU."),
    .fields = FIELDS(MAYBE("udf1", 255, "Your own data."), MAYBE("udf2", 255, "Your own data."),
    MAYBE("udf3", 255, "Your own data."),
        MAYBE("udf4", 255, "Your own data."), MAYBE("encrypted_payment_gateway_data", 0,
        "Encrypted data for the gateway."))};
static const wa_object zaakpay = {"Zaakpay", "payments/payments-in/pg", DOC("For Zaakpay."),
    .fields = FIELDS(MAYBE("extra1", 180, "Your own data."), MAYBE("extra2", 180, "Your own data."))};
static const wa_object billdesk = {"Billdesk", "payments/payments-in/pg", DOC("For BillDesk."),
    .fields = FIELDS(MAYBE("additional_info1", 120, "Your own data."), MAYBE("additional_info2", 120, "Your own data."),
        MAYBE("additional_info3", 120, "Your own data."), MAYBE("additional_info4", 120, "Your own data."),
        MAYBE("additional_info5", 120, "Your own data."), MAYBE("additional_info6", 120, "Your own data."),
        MAYBE("additional_info7", 120, "Your own data."))};
static const wa_object payment_gateway = {"PaymentGateway", "payments/payments-in/pg", DOC("Pays through a gateway."),
    .fields = FIELDS(
        CHOICE("type", RECOMMENDED | OPEN | SOFT, "The gateway.", "billdesk", "razorpay", "payu", "zaakpay",
        "ccavenue", "cashfree"),
        MAYBE("configuration_name", 60, "As set up in the business manager."),
        OBJECT("razorpay", razorpay, 0, "For Razorpay."), OBJECT("payu", payu, 0, "For PayU."),
        OBJECT("zaakpay", zaakpay, 0, "For Zaakpay."), OBJECT("billdesk", billdesk, 0, "For BillDesk."),
        MAP("ccavenue", 0, SOFT, "For CCAvenue."),
        MAP("cashfree", 0, SOFT, "For Cashfree."),
        STRINGS("enabled_payment_options", OPEN | SOFT, "Ways to pay.", "upi", "web"),
        MAYBE("encrypted_payment_gateway_data", 0, "Encrypted data for the gateway."))};
static const wa_object upi_intent_link = {"UpiIntentLink", "payments/payments-in/upi-intent",
    DOC("Pays through a UPI link."),
    .fields = FIELDS(RECOMMENDED_STRING("link", "The link."))};
static const wa_object payment_link = {"PaymentLink", "payments/payments-in/payment-links", DOC("Pays through a link."),
    .fields = FIELDS(RECOMMENDED_STRING("uri", "The link."))};
static const wa_object pix_dynamic_code = {"PixDynamicCode", "payments/payments-br/offsite-pix",
    DOC("Pays through Pix."),
    .fields = FIELDS(RECOMMENDED_STRING("code", "The Pix code."),
    RECOMMENDED_STRING("merchant_name", "The name of the payee."),
        RECOMMENDED_STRING("key", "The Pix key."),
        CHOICE("key_type", RECOMMENDED | OPEN | SOFT, "The key's kind.", "CPF", "CNPJ", "EMAIL", "PHONE", "EVP"))};
static const wa_object boleto = {"Boleto", "payments/payments-br/boleto", DOC("Pays through a boleto."),
    .fields = FIELDS(RECOMMENDED_STRING("digitable_line", "The boleto's line of digits."))};
static const wa_object offsite_card_pay = {"OffsiteCardPay", "payments/payments-br/one-click-payments",
    DOC("Pays with a stored card."),
    .fields = FIELDS(RECOMMENDED_STRING("last_four_digits", "A detail of the card."),
    RECOMMENDED_STRING("credential_id", "A detail of the card."))};
static const wa_object payment_setting = {"PaymentSetting", "payments/payments-in/upi-intent", DOC("A way to pay."),
    .fields = FIELDS(
        CHOICE("type", RECOMMENDED | OPEN | SOFT, "The name of the member with the content.", "payment_gateway",
        "upi_intent_link", "payment_link", "pix_dynamic_code", "boleto", "offsite_card_pay"),
        OBJECT("payment_gateway", payment_gateway, 0, "A gateway."),
        OBJECT("upi_intent_link", upi_intent_link, 0, "A UPI link."),
        OBJECT("payment_link", payment_link, 0, "A payment link."),
        OBJECT("pix_dynamic_code", pix_dynamic_code, 0, "A Pix code."),
        OBJECT("boleto", boleto, 0, "A boleto."),
        OBJECT("offsite_card_pay", offsite_card_pay, 0, "A stored card."))};
static const wa_object payment_method = {"PaymentMethod", "payments/payments-in/upi-intent",
    DOC("A way to pay that is preferred."),
    .fields = FIELDS(CHOICE("method", RECOMMENDED | OPEN | SOFT, "The app that pays.", "gpay", "phonepe", "paytm",
    "amazonpay", "cred", "mobikwik"))};
static const wa_object beneficiary = {"Beneficiary", "payments/payments-in/upi-intent",
    DOC("A receiver of shipped goods (India)."),
    .fields = FIELDS(MAYBE("name", 200, "The name."), MAYBE("address_line1", 100, "The address."),
        MAYBE("address_line2", 100, "The address."), MAYBE("city", 0, "The city."), MAYBE("state", 0, "The state."),
        MAYBE("country", 0, "The country."), MAYBE("postal_code", 6, "The postal code."))};
static const wa_object shipping_info = {"ShippingInfo", "payments/payments-in/checkout-button-templates",
    DOC("The shipping address."),
    .fields = FIELDS(MAYBE("country", 0, "Two letters."),
        LIST("addresses", address_values, 0, 0, 0, "Addresses to choose from."))};
static const wa_object order_expiration = {"OrderExpiration", "payments/payments-in/upi-intent",
    DOC("The time until which the order can be paid."),
    .fields = FIELDS(RECOMMENDED_STRING("timestamp", "Seconds since 1970 in UTC, at least 300 ahead."),
        MAYBE("description", 120, "The text at that time."))};
static const wa_object item_image = {"OrderItemImage", "payments/payments-in/upi-intent",
    DOC("The picture of an item."),
    .fields = FIELDS(RECOMMENDED_STRING("link", "The URL of the picture."))};
static const wa_object importer_address = {"ImporterAddress", "payments/payments-in/upi-intent",
    DOC("The address of an item's importer."),
    .fields = FIELDS(MAYBE("address_line1", 0, "The address."), MAYBE("address_line2", 0, "The address."),
        MAYBE("city", 0, "The city."), MAYBE("zone_code", 0, "The zone."), MAYBE("postal_code", 0, "The postal code."),
        MAYBE("country_code", 0, "Two letters."))};
static const wa_object order_item = {"OrderItem", "payments/payments-in/upi-intent", DOC("An item of an order."),
    .fields = FIELDS(MAYBE("retailer_id", 0, "The item's id; needed in Brazil."),
        ID("name", 0, 60, RECOMMENDED | SOFT, "The name."),
        OBJECT("image", item_image, 0, "Its picture."),
        RECOMMENDED_OBJECT("amount", amount, "Its price."), OBJECT("sale_amount", amount, 0, "Its price on sale."),
        INTEGER("quantity", 1, 0, RECOMMENDED | SOFT, "The number of pieces."),
        MAYBE("country_of_origin", 0, "The origin."), MAYBE("importer_name", 0, "The name of the importer."),
        OBJECT("importer_address", importer_address, 0, "The address of the importer."))};
static const wa_object order = {"Order", "payments/payments-in/upi-intent", DOC("The order."),
    .fields = FIELDS(
        CONSTANT("status", "pending", RECOMMENDED | OPEN | SOFT, "The state."),
        CONSTANT("type", "quick_pay", OPEN | SOFT, "Only of a quick payment."),
        MAYBE("catalog_id", 0, "The catalog."), OBJECT("expiration", order_expiration, 0, "The last time to pay."),
        LIST("items", order_item, 1, 0, RECOMMENDED | SOFT, "The items."),
        OBJECT("subtotal", amount, RECOMMENDED | SOFT, "The sum of the items."),
        OBJECT("tax", described_amount, RECOMMENDED | SOFT, "The tax."),
        OBJECT("shipping", described_amount, 0, "The cost of shipping."),
        OBJECT("discount", discount, 0, "A discount."))};

/* in an interactive message and, as `order_details`, in a template's button */
static const wa_object order_details_parameters = {"OrderDetails", "payments/payments-in/upi-intent",
    DOC("An order and how it can be paid."),
    .fields = FIELDS(
        TEXT(WA_ID, "reference_id", WA_ANY_FORMAT, 1, 0, 60, REQUIRED | GUIDE, "Your own id of the order, used once."),
        CHOICE("type", RECOMMENDED | OPEN | SOFT, "The kind of goods.", "digital-goods", "physical-goods"),
        CHOICE("currency", RECOMMENDED | OPEN | SOFT, "The currency.", "INR", "BRL"),
        OBJECT("total_amount", amount, RECOMMENDED | SOFT, "Subtotal, tax and shipping less discount."),
        MAYBE("payment_type", 0, "br in Brazil."), MAYBE("payment_configuration", 60, "As set up (UPI, older)."),
        LIST("payment_settings", payment_setting, 0, 0, 0, "Ways to pay."),
        LIST("preferred_payment_methods", payment_method, 0, 0, 0, "Ways to pay that are shown first."),
        LIST("beneficiaries", beneficiary, 0, 0, 0, "A receiver of shipped goods (India)."),
        OBJECT("shipping_info", shipping_info, 0, "The shipping address."),
        OBJECT("order", order, REQUIRED | GUIDE, "The order.")),
    .rules = RULES(SUM("total_amount", "order", SOFT, "+subtotal", "+tax", "+shipping", "-discount"))};
static const wa_object order_details_action = {"OrderDetailsAction", "payments/payments-in/upi-intent",
    DOC("Reviews and pays an order."),
    .fields = FIELDS(ACTION_NAME("review_and_pay"), PARAMETERS(order_details_parameters))};
static const wa_object order_details = {"InteractiveOrderDetails", "payments/payments-in/upi-intent",
    DOC("An order to pay."),
    .fields = FIELDS(INTERACTIVE_TYPE, HEADER(any_header), BODY, FOOTER, ACTION(order_details_action))};

/* ---- order_status -------------------------------------------------------------------------------------------------- */

static const wa_object ordered = {"OrderState", "payments/payments-in/orderstatustemplate",
    DOC("The state of an order."),
    .fields = FIELDS(ORDERED, STRING("description", 0, 120, GUIDE, "A remark."))};
static const wa_object template_ordered = {"TemplateOrderState", "payments/payments-in/orderstatustemplate",
    DOC("The state of an order."),
    .fields = FIELDS(ORDERED,
        ADVISED(WA_STRING, "description", 0, 120, GUIDE, "A remark.", WA_ONE_LINE))};
static const wa_object paid = {"PaymentState", "payments/payments-br/orders", DOC("The state of a payment (Brazil)."),
    .fields = FIELDS(CHOICE("status", REQUIRED | OPEN | GUIDE, "The state.", "pending", "captured", "failed"),
        INTEGER("timestamp", 0, 0, GUIDE, "Seconds since 1970 in UTC."))};
static const wa_object order_state = ORDER_STATE("OrderStatus", ordered);
static const wa_object template_order_state = ORDER_STATE("TemplateOrderStatus", template_ordered);
static const wa_object order_status_action = {"OrderStatusAction", "payments/payments-in/orderstatustemplate",
    DOC("Reviews an order."),
    .fields = FIELDS(ACTION_NAME("review_order"), PARAMETERS(order_state))};
static const wa_object order_status = {"InteractiveOrderStatus", "payments/payments-in/orderstatustemplate",
    DOC("The new state of an order."),
    .fields = FIELDS(INTERACTIVE_TYPE, ODD_HEADER(any_header), BODY, FOOTER, ACTION(order_status_action))};

static const wa_object interactive = {"Interactive", "messages/interactive-reply-buttons-messages",
    DOC("A message with buttons, a list, products or a flow."),
    .fields = FIELDS(INTERACTIVE_TYPE), .discriminator = "type",
    .variants = VARIANTS({"button", &button}, {"list", &list}, {"product", &product}, {"product_list", &product_list},
        {"catalog_message", &catalog_message}, {"flow", &flow}, {"cta_url", &cta_url},
        {"location_request_message", &location_request}, {"request_contact_info", &request_contact_info},
        {"call_permission_request", &call_permission_request}, {"voice_call", &voice_call},
        {"address_message", &address_message}, {"carousel", &carousel}, {"order_details", &order_details},
        {"order_status", &order_status})};

/* ---- template parameters ------------------------------------------------------------------------------------------- */

static const wa_object currency = {"Currency", "templates/utility-templates/utility-templates",
    DOC("An amount of money."),
    .fields = FIELDS(FORMATTED("fallback_value", WA_ONE_LINE, 1, 0, REQUIRED,
    "The text that is shown if the amount cannot be localised."),
        STRING("code", 1, 0, REQUIRED, "ISO 4217, three letters."),
        INTEGER("amount_1000", 0, 0, REQUIRED, "The amount times 1000."))};
static const wa_object date_time = {"DateTime", "templates/utility-templates/utility-templates", DOC("A date."),
    .fields = FIELDS(FORMATTED("fallback_value", WA_ONE_LINE, 1, 0, REQUIRED, "The text that is shown."),
        IGNORED("day_of_week"), IGNORED("year"), IGNORED("month"), IGNORED("day_of_month"), IGNORED("hour"),
        IGNORED("minute"), STRING("calendar", 0, 0, SOFT, "Accepted and ignored."),
        IGNORED("timestamp"))};
static const wa_object product_reference = {"ProductReference", "templates/marketing-templates/spm-templates",
    DOC("A product."),
    .fields = FIELDS(PRODUCT_ID, CATALOG_ID)};

static const wa_object header_words = {"HeaderTextParameter", "templates/utility-templates/utility-templates",
    DOC("A text in a header."),
    .fields = FIELDS(PARAMETER_FIELDS,
        FORMATTED("text", WA_ONE_LINE, 1, 60, REQUIRED, "The text."))};
static const wa_object body_words = {"BodyTextParameter", "templates/utility-templates/utility-templates",
    DOC("A text in a body."),
    .fields = FIELDS(PARAMETER_FIELDS,
        TEXT(WA_STRING, "text", WA_ONE_LINE, 1, 32768, 1024, REQUIRED | LESS_AMONG,
        "The text; shorter where the body is not alone."))};
static const wa_object currency_parameter = {"CurrencyParameter", "templates/utility-templates/utility-templates",
    DOC("An amount of money."),
    .fields = FIELDS(PARAMETER_FIELDS, OBJECT("currency", currency, REQUIRED, "The amount."))};
static const wa_object date_time_parameter = {"DateTimeParameter", "templates/utility-templates/utility-templates",
    DOC("A date."),
    .fields = FIELDS(PARAMETER_FIELDS, OBJECT("date_time", date_time, REQUIRED, "The date."))};
static const wa_object image_parameter = {"ImageParameter", "templates/utility-templates/utility-templates",
    DOC("An image in a header."),
    .fields = FIELDS(PARAMETER_FIELDS, OBJECT("image", bare_media, REQUIRED, "The image."))};
static const wa_object video_parameter = {"VideoParameter", "templates/utility-templates/utility-templates",
    DOC("A video in a header."),
    .fields = FIELDS(PARAMETER_FIELDS, OBJECT("video", bare_media, REQUIRED, "The video."))};
static const wa_object gif_parameter = {"GifParameter", "templates/utility-templates/utility-templates",
    DOC("A GIF in a header."),
    .fields = FIELDS(PARAMETER_FIELDS, OBJECT("gif", bare_media, REQUIRED | SOFT, "The GIF, as an MP4."))};
static const wa_object document_parameter = {"DocumentParameter", "templates/utility-templates/utility-templates",
    DOC("A PDF in a header."),
    .fields = FIELDS(PARAMETER_FIELDS, OBJECT("document", bare_document, REQUIRED, "The document."))};
static const wa_object location_parameter = {"LocationParameter", "templates/utility-templates/utility-templates",
    DOC("A place in a header."),
    .fields = FIELDS(PARAMETER_FIELDS, OBJECT("location", template_location, REQUIRED | GUIDE, "The place."))};
static const wa_object product_parameter = {"ProductParameter", "templates/marketing-templates/spm-templates",
    DOC("A product in a header."),
    .fields = FIELDS(PARAMETER_FIELDS, OBJECT("product", product_reference, REQUIRED | GUIDE, "The product."))};

static const wa_object header_parameter = {"HeaderParameter", "templates/utility-templates/utility-templates",
    DOC("A value for a template's header."),
    .fields = FIELDS(PARAMETER_FIELDS), .discriminator = "type",
    .variants = VARIANTS({"text", &header_words}, {"currency", &currency_parameter}, {"date_time",
    &date_time_parameter},
        {"image", &image_parameter}, {"video", &video_parameter}, {"gif", &gif_parameter},
        {"document", &document_parameter}, {"location", &location_parameter}, {"product", &product_parameter})};
static const wa_object body_parameter = {"BodyParameter", "templates/utility-templates/utility-templates",
    DOC("A value for a template's body."),
    .fields = FIELDS(PARAMETER_FIELDS), .discriminator = "type",
    .variants = VARIANTS({"text", &body_words}, {"currency", &currency_parameter}, {"date_time",
    &date_time_parameter})};

/* parameters of buttons */
static const wa_object payload_parameter = {"PayloadParameter", "templates/utility-templates/utility-templates",
    DOC("The payload of a button."),
    .fields = FIELDS(PARAMETER_FIELDS,
        ADVISED(WA_STRING, "payload", 1, 512, REQUIRED | GUIDE, "The webhook has it after the user pressed the button.",
        WA_ONE_LINE))};
static const wa_object call_payload_parameter = {"CallPayloadParameter", "calling/call-button-messages-deep-links",
    DOC("The payload of a call button."),
    .fields = FIELDS(PARAMETER_FIELDS,
        ADVISED(WA_STRING, "payload", 1, 512, REQUIRED | GUIDE, "The webhook of the call has it.",
        WA_ONE_LINE))};
static const wa_object label_parameter = {"LabelParameter", "templates/utility-templates/utility-templates",
    DOC("The text of a button; a payload is better."),
    .fields = FIELDS(PARAMETER_FIELDS, ADVISED(WA_LABEL, "text", 0, 0, REQUIRED | SOFT, "The text.", WA_ONE_LINE))};
static const wa_object suffix_parameter = {"UrlParameter", "templates/utility-templates/utility-templates",
    DOC("The end of a button's URL."),
    .fields = FIELDS(PARAMETER_FIELDS, ADVISED(WA_STRING, "text", 1, 0, REQUIRED, "Appended to the template's URL.", WA_NO_SPACE),
        BOOLEAN("payment_link_preview", GUIDE, "Show a preview of a payment link (India)."))};
static const wa_object coupon_parameter = {"CouponParameter", "templates/marketing-templates/coupon-templates",
    DOC("The code that a button copies."),
    .fields = FIELDS(PARAMETER_FIELDS, ADVISED(WA_STRING, "coupon_code", 1, 20, REQUIRED | GUIDE, "The code.",
        WA_ONE_LINE))};
static const wa_object ttl_parameter = {"TtlParameter", "calling/call-button-messages-deep-links",
    DOC("How long a call button works."),
    .fields = FIELDS(PARAMETER_FIELDS, TTL_MINUTES(REQUIRED))};

static const wa_object template_section = {"TemplateSection", "templates/marketing-templates/mpm-templates",
    DOC("Products under a title."),
    .fields = FIELDS(ROW(WA_STRING, "title", AMONG_MANY, "Required if there are several sections.", .max = 24, ONE_LINE),
        LIST("product_items", product_item, 1, 30, REQUIRED | COUNTED, "The products."))};
static const wa_object thumbnail = {"ThumbnailAction", "templates/marketing-templates/catalog-templates",
    DOC("The image of a catalog button."),
    .fields = FIELDS(THUMBNAIL_ID)};
static const wa_object products_action = {"ProductsAction", "templates/marketing-templates/mpm-templates",
    DOC("The products of a button."),
    .fields = FIELDS(THUMBNAIL_ID, PRODUCT_SECTIONS(template_section))};
static const wa_object flow_button_action = {"FlowButtonAction", "messages/interactive-flow-messages",
    DOC("The data of a flow that opens."),
    .fields = FIELDS(STRING("flow_token", 0, 0, 0, "Your own name for this use of the flow."),
        MAP("flow_action_data", 0, 0, "Your own data, sent unchanged."))};
static const wa_object order_button_action = {"OrderButtonAction", "payments/payments-in/orderdetailstemplate",
    DOC("The order of a button."),
    .fields = FIELDS(OBJECT("order_details", order_details_parameters, REQUIRED | GUIDE, "The order."))};

/* payments in Brazil */
static const wa_object payment_code = {"PaymentCode", "payments/payments-br/overview", DOC("A Pix code."),
    .fields = FIELDS(RECOMMENDED_STRING("code", "The code."))};
static const wa_object requested_setting = {"RequestedPaymentSetting", "payments/payments-br/overview",
    DOC("A way to pay."),
    .fields = FIELDS(
        CHOICE("type", RECOMMENDED | OPEN | SOFT, "The member with the content.", "pix_dynamic_code", "boleto",
        "payment_link"),
        OBJECT("pix_dynamic_code", payment_code, SOFT, "A Pix code."),
        OBJECT("boleto", boleto, SOFT, "A boleto."),
        OBJECT("payment_link", payment_link, SOFT, "A payment link."))};
static const wa_object payment_request = {"PaymentRequest", "payments/payments-br/overview",
    DOC("A request for a payment (Brazil)."),
    .fields = FIELDS(RECOMMENDED_OBJECT("payment_setting", requested_setting, "A way to pay."))};
static const wa_object payment_action = {"PaymentRequestAction", "payments/payments-br/overview",
    DOC("The payment of a button."),
    .fields = FIELDS(OBJECT("payment_request", payment_request, REQUIRED | SOFT, "The payment."))};
static const wa_object payment_parameter = {"PaymentParameter", "payments/payments-br/overview",
    DOC("The payment that a button asks for."),
    .fields = ACTION_PARAMETER(payment_action, REQUIRED | SOFT, "The payment.")};

static const wa_object catalog_parameter = {"CatalogParameter", "templates/marketing-templates/catalog-templates",
    DOC("A catalog button's image."),
    .fields = ACTION_PARAMETER(thumbnail, REQUIRED, "The image.")};
static const wa_object mpm_parameter = {"ProductsParameter", "templates/marketing-templates/mpm-templates",
    DOC("A products button's products."),
    .fields = ACTION_PARAMETER(products_action, REQUIRED, "The products.")};
static const wa_object flow_parameter = {"FlowParameter", "messages/interactive-flow-messages",
    DOC("The flow of a button."),
    .fields = ACTION_PARAMETER(flow_button_action, REQUIRED, "The way it opens.")};
static const wa_object order_parameter = {"OrderParameter", "payments/payments-in/orderdetailstemplate",
    DOC("The order that a button pays."),
    .fields = ACTION_PARAMETER(order_button_action, REQUIRED, "The order.")};

static const wa_object quick_reply_parameters =
    BUTTON_PARAMETER("QuickReplyParameter", {"payload", &payload_parameter}, {"text", &label_parameter});
static const wa_object url_parameters =
    BUTTON_PARAMETER("UrlButtonParameter", {"text", &suffix_parameter}, {"payload", &payload_parameter});
static const wa_object copy_code_parameters = BUTTON_PARAMETER("CopyCodeParameter", {"coupon_code", &coupon_parameter});
static const wa_object catalog_button_parameters = BUTTON_PARAMETER("CatalogButtonParameter", {"action",
    &catalog_parameter});
static const wa_object mpm_parameters = BUTTON_PARAMETER("ProductsButtonParameter", {"action", &mpm_parameter});
static const wa_object flow_button_parameters = BUTTON_PARAMETER("FlowButtonParameter", {"action", &flow_parameter});
static const wa_object order_parameters = BUTTON_PARAMETER("OrderButtonParameter", {"action", &order_parameter});
static const wa_object payment_parameters = BUTTON_PARAMETER("PaymentButtonParameter", {"action", &payment_parameter});
static const wa_object voice_call_button_parameters = BUTTON_PARAMETER("VoiceCallParameter",
    {"payload", &call_payload_parameter}, {"ttl_minutes", &ttl_parameter});
static const wa_object phone_number_parameters = BUTTON_PARAMETER("PhoneNumberParameter",
    {"text", &label_parameter}, {"payload", &payload_parameter});

/* ---- components ---------------------------------------------------------------------------------------------------- */

static const wa_object header_component = COMPONENT("HeaderComponent", "Values for the header.",
    VALUES_OF(header_parameter, 0, 0, LIST_RULES));
static const wa_object body_component = COMPONENT("BodyComponent", "Values for the body.",
    VALUES_OF(body_parameter, 0, 0, LIST_RULES));

static const wa_object quick_reply_component =
    BUTTON_COMPONENT("QuickReplyComponent", "A button that answers.", quick_reply_parameters, RECOMMENDED);
static const wa_object url_component =
    BUTTON_COMPONENT("UrlComponent", "A button that opens a link.", url_parameters, RECOMMENDED);
static const wa_object copy_code_component =
    BUTTON_COMPONENT("CopyCodeComponent", "A button that copies a code.", copy_code_parameters, RECOMMENDED);
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
static const wa_object payment_component = {"PaymentComponent", "payments/payments-br/overview",
    DOC("A button that asks for a payment (Brazil)."),
    .fields = FIELDS(COMPONENT_TYPE,
        ROW(WA_STRING, "sub_type", REQUIRED | FEW, "The button's kind; at most three of it.", .total = 3), BUTTON_INDEX,
        VALUES_OF(payment_parameters, 0, 0, LIST_RULES | RECOMMENDED))};
static const wa_object button_component = {"ButtonComponent", "messages/template-messages", DOC("Values for a button."),
    .fields = FIELDS(BUTTON_FIELDS), .discriminator = "sub_type", .open = true,
    .variants = VARIANTS({"quick_reply", &quick_reply_component}, {"url", &url_component},
        {"copy_code", &copy_code_component}, {"catalog", &catalog_component}, {"mpm", &mpm_component},
        {"flow", &flow_component}, {"order_details", &order_details_component}, {"voice_call", &voice_call_component},
        {"phone_number", &phone_number_component}, {"payment_request", &payment_component})};

static const wa_object offer = {"LimitedTimeOffer", "templates/marketing-templates/limited-time-offer-templates",
    DOC("The time at which an offer ends."),
    .fields = FIELDS(INTEGER("expiration_time_ms", 0, 0, REQUIRED | GUIDE, "Milliseconds since 1970."))};
static const wa_object offer_parameter = {"LimitedTimeOfferParameter", "templates/marketing-templates/limited-time-offer-templates",
    DOC("The time at which an offer ends."),
    .fields = FIELDS(CONSTANT("type", "limited_time_offer", REQUIRED | GUIDE, "The type."),
        OBJECT("limited_time_offer", offer, REQUIRED | GUIDE, "The time at which the offer ends."))};
static const wa_object offer_component = COMPONENT("LimitedTimeOfferComponent", "The time at which an offer ends.",
    VALUES_OF(offer_parameter, 1, 1, REQUIRED));

static const wa_object tap_target = {"TapTarget", "templates/tap-target-url-title-override",
    DOC("A link and its title."),
    .fields = FIELDS(ADVISED(WA_STRING, "url", 1, 0, REQUIRED | GUIDE, "The URL that the link opens.", WA_NO_SPACE),
        ADVISED(WA_STRING, "title", 1, 0, REQUIRED | GUIDE, "The text that is shown.", WA_ONE_LINE))};
static const wa_object tap_target_parameter = {"TapTargetParameter", "templates/tap-target-url-title-override",
    DOC("Another title for a link."),
    .fields = FIELDS(CONSTANT("type", "tap_target_configuration", REQUIRED | GUIDE, "The type."),
        LIST("tap_target_configuration", tap_target, 1, 1, REQUIRED | GUIDE, "A list with one item."))};
static const wa_object tap_target_component = COMPONENT("TapTargetComponent", "Another title for a link.",
    VALUES_OF(tap_target_parameter, 1, 1, REQUIRED));

static const wa_object order_status_parameter = {"OrderStatusParameter", "payments/payments-in/orderstatustemplate",
    DOC("The new state of an order."),
    .fields = FIELDS(CONSTANT("type", "order_status", REQUIRED | GUIDE, "The type."),
        OBJECT("order_status", template_order_state, REQUIRED | GUIDE, "The new state."))};
static const wa_object order_status_component = {"OrderStatusComponent", "payments/payments-in/orderstatustemplate",
    DOC("The new state of an order."),
    .fields = FIELDS(SINGLE_COMPONENT_TYPE, VALUES_OF(order_status_parameter, 1, 1, REQUIRED)),
    NOT_IN_GROUPS("parameters")};

/* a card of a template holds a header, a body and buttons: no card holds cards */
static const wa_object card_component = {"CardComponent", "templates/marketing-templates/media-card-carousel-templates",
    DOC("Values for a part of a card."),
    .fields = FIELDS(COMPONENT_TYPE), .discriminator = "type",
    .variants = VARIANTS({"header", &header_component}, {"body", &body_component}, {"button", &button_component})};
static const wa_object template_card = {"TemplateCard", "templates/marketing-templates/media-card-carousel-templates",
    DOC("Values for a card."),
    .fields = FIELDS(CARD_INDEX,
        LIST("components", card_component, 0, 0, REQUIRED | LIST_RULES | PARTS | GUIDE, "Values for its parts."))};
static const wa_object carousel_component = COMPONENT("CarouselComponent", "Values for the cards.",
    LIST("cards", template_card, 1, 10, REQUIRED | LIST_RULES | GUIDE, "The cards; as many as the template has."));

static const wa_object component = {"Component", "messages/template-messages", DOC("Values for a part of a template."),
    .fields = FIELDS(COMPONENT_TYPE), .discriminator = "type",
    .variants = VARIANTS({"header", &header_component}, {"body", &body_component}, {"button", &button_component},
        {"carousel", &carousel_component}, {"limited_time_offer", &offer_component},
        {"tap_target_configuration", &tap_target_component}, {"order_status", &order_status_component})};

static const wa_object language = {"Language", "messages/template-messages", DOC("The template's language."),
    .fields = FIELDS(CONSTANT("policy", "deterministic", 0, "Always deterministic."),
        ADVISED(WA_STRING, "code", 1, 0, REQUIRED, "Such as en or en_US.", WA_LANGUAGE))};
static const wa_object template = {"Template", "messages/template-messages",
    DOC("A message that was written and approved earlier."),
    .fields = FIELDS(STRING("name", 1, 512, REQUIRED, "The template's name."),
        OBJECT("language", language, REQUIRED, "The template's language."),
        LIST("components", component, 0, 0, LIST_RULES | PARTS, "Values for the template's variables."))};

/* ---- the envelope -------------------------------------------------------------------------------------------------- */

static const wa_object context = {"Context", "messages/contextual-replies", DOC("Quotes an earlier message."),
    .fields = FIELDS(MESSAGE_ID("The id of the message that the new message answers."))};

static const wa_object direct_send_config = {"DirectSendConfig", "direct-send", DOC("A name for Direct Send (beta)."),
    .fields = FIELDS(ROW(WA_STRING, "template_name", RECOMMENDED | SOFT, "The name of the template that the API makes.",
        .max = 512, .format = WA_SNAKE))};
static const wa_object bid_spec = {"BidSpec", "marketing-messages/send-marketing-messages",
    DOC("The bid for a marketing message (beta)."),
    .fields = FIELDS(NUMBER("per_message_bid_multiplier", 1, 0, SOFT, "Over 0."))};

static const wa_object envelope = {"Envelope", "messages/send-messages",
    DOC("The recipient of a message, and how it is sent."),
    .fields = FIELDS(MESSAGING_PRODUCT,
        CHOICE("recipient_type", FILLED, "Filled in if absent.", "individual", "group"),
        ROW(WA_ID, "to", GUIDE, "A phone number, a WhatsApp id or a group's id.", .min = 1, .format = WA_NO_USER_ID,
            .advice = {WA_VISIBLE, WA_NO_NAME, WA_HAS_DIGIT}),
        ADVISED(WA_ID, "recipient", 1, 0, GUIDE, "A business-scoped user id; if `to` is present too, `to` is used.",
            WA_VISIBLE, WA_NO_NAME, WA_NO_PHONE),
        OBJECT("context", context, 0, "Quotes an earlier message."),
        STRING("biz_opaque_callback_data", 0, 512, 0, "Your own text; the status webhooks of the message have it."),
        STRING("recipient_identity_key_hash", 0, 0, GUIDE, "Delivered only if the user still has this hash."),
        BOOLEAN("message_activity_sharing", SOFT, "Report what the user does with the message."),
        ID("messaging_account_id", 0, 0, GUIDE, "The messaging account that is charged."),
        ID("paid_messaging_account_id", 0, 0, DEPRECATED | GUIDE, "The old name of `messaging_account_id`."),
        CHOICE("category", OPEN | SOFT, "For Direct Send (beta).", "utility", "authentication", "service"),
        INTEGER("ttl_seconds", 30, 43200, SOFT, "For Direct Send (beta): seconds until the API gives up."),
        OBJECT("direct_send_config", direct_send_config, GUIDE, "For Direct Send (beta)."),
        OBJECT("bid_spec", bid_spec, SOFT, "For marketing messages (beta)."),
        CHOICE("product_policy", 0, "For /marketing_messages only.", "CLOUD_API_FALLBACK", "STRICT"),
        TYPE),
    .rules = RULES(AT_LEAST_ONE("to", "recipient", GUIDE),
        NEEDS("ttl_seconds", "category", GUIDE), NEEDS("direct_send_config", "category", SOFT),
        ONLY_WHEN("direct_send_config", "category", "utility", SOFT),
        AT_MOST_WHEN("ttl_seconds", 900, "category", "authentication", SOFT))};

/* ---- Direct Send (beta; where there is a `category`); uncertain limits make warnings ----------------------------- */

static const wa_object direct_text = {"DirectText", DIRECT_SEND, DOC("A text message by Direct Send."),
    .fields = FIELDS(
        TEXT(WA_STRING, "body", WA_ANY_FORMAT, 1, 4096, 1024, REQUIRED, "The text. URLs in it become links."),
        BOOLEAN("preview_url", DEPRECATED | SOFT, "Not for Direct Send: leave it out."))};
static const wa_object direct_media = {"DirectMedia", DIRECT_SEND, DOC("An image or a video in a header."),
    .fields = FIELDS(MEDIA, NO_CAPTION, PROVIDER), .rules = RULES(AT_LEAST_ONE("id", "link", GUIDE))};
static const wa_object direct_file = {"DirectDocument", DIRECT_SEND, DOC("A document in a header."),
    .fields = FIELDS(MEDIA, FILENAME, NO_CAPTION, PROVIDER), .rules = RULES(AT_LEAST_ONE("id", "link", GUIDE))};
static const wa_object direct_header_image = {"DirectHeaderImage", DIRECT_SEND, DOC("An image above the body."),
    .fields = FIELDS(HEADER_FIELDS, OBJECT("image", direct_media, REQUIRED | GUIDE, "The image."))};
static const wa_object direct_header_video = {"DirectHeaderVideo", DIRECT_SEND, DOC("A video above the body."),
    .fields = FIELDS(HEADER_FIELDS, OBJECT("video", direct_media, REQUIRED | GUIDE, "The video."))};
static const wa_object direct_header_document = {"DirectHeaderDocument", DIRECT_SEND,
    DOC("A document above the body."),
    .fields = FIELDS(HEADER_FIELDS, OBJECT("document", direct_file, REQUIRED | GUIDE, "The document."))};
static const wa_object direct_header_text = {"DirectHeaderText", DIRECT_SEND, DOC("A text above the body."),
    .fields = FIELDS(HEADER_FIELDS, DIRECT_TEXT("text", 1, 60, REQUIRED, "The text; markdown is not formatted."))};
static const wa_object direct_header = {"DirectHeader", DIRECT_SEND, DOC("The header, above the body."),
    .fields = FIELDS(HEADER_FIELDS), .discriminator = "type", .open = true,
    .variants = VARIANTS({"text", &direct_header_text}, {"image", &direct_header_image}, {"video", &direct_header_video},
        {"document", &direct_header_document})};

static const wa_object direct_body = {"DirectBody", DIRECT_SEND, DOC("The text of the message."),
    .fields = FIELDS(DIRECT_TEXT("text", 1, 1024, REQUIRED, "The text."))};
static const wa_object direct_footer = {"DirectFooter", DIRECT_SEND, DOC("A small text below the body."),
    .fields = FIELDS(DIRECT_TEXT("text", 0, 60, REQUIRED, "The text."))};
static const wa_object direct_link = {"DirectLink", DIRECT_SEND, DOC("The title of a button, and its link."),
    .fields = FIELDS(DIRECT_TEXT("display_text", 1, 20, REQUIRED | GUIDE, "The title of the button."),
        FORMATTED("url", WA_ABSOLUTE, 1, 0, REQUIRED | GUIDE, "The URL that the button opens."))};
static const wa_object direct_link_button = {"DirectLinkButton", DIRECT_SEND, DOC("A button that opens a link."),
    .fields = FIELDS(STRING("type", 0, 0, REQUIRED, "The button's kind."),
        ROW(WA_OBJECT, "cta_url", REQUIRED | FEW | LEADING | GUIDE, "Its title and its link; at most two, and first.",
            .object = &direct_link, .total = 2))};
static const wa_object direct_reply = {"DirectReply", DIRECT_SEND, DOC("The title of a button, and its id."),
    .fields = FIELDS(
        TEXT(WA_ID, "id", WA_TRIMMED, 1, 256, 0, REQUIRED | UNIQUE, "The webhook has it after a press."),
        DIRECT_TEXT("title", 1, 20, REQUIRED | UNIQUE, "The title of the button; markdown is not formatted."))};
static const wa_object direct_reply_button = {"DirectReplyButton", DIRECT_SEND, DOC("A button that answers."),
    .fields = FIELDS(STRING("type", 0, 0, REQUIRED, "The button's kind."),
        OBJECT("reply", direct_reply, REQUIRED, "Its title and its id."))};
static const wa_object direct_button = {"DirectButton", DIRECT_SEND, DOC("A button."),
    .fields = FIELDS(STRING("type", 0, 0, REQUIRED, "The button's kind.")), .discriminator = "type", .open = true,
    .variants = VARIANTS({"reply", &direct_reply_button}, {"cta_url", &direct_link_button})};
static const wa_object direct_buttons_action = {"DirectButtonsAction", DIRECT_SEND, DOC("Up to ten buttons."),
    .fields = FIELDS(LIST_BELOW("buttons", direct_button, 1, 0, 10, REQUIRED | LIST_RULES, "The buttons."))};
static const wa_object direct_buttons = {"DirectInteractiveButton", DIRECT_SEND, DOC("Reply buttons and links."),
    .fields = FIELDS(DIRECT_FIELDS, ACTION(direct_buttons_action))};
static const wa_object direct_link_action = {"DirectLinkAction", DIRECT_SEND, DOC("Opens a link."),
    .fields = FIELDS(ACTION_NAME("cta_url"), PARAMETERS(direct_link))};
static const wa_object direct_cta_url = {"DirectInteractiveCtaUrl", DIRECT_SEND, DOC("A button that opens a link."),
    .fields = FIELDS(DIRECT_FIELDS, ACTION(direct_link_action))};
static const wa_object direct_voice_call = {"DirectInteractiveVoiceCall", DIRECT_SEND,
    DOC("A button that calls the business."),
    .fields = FIELDS(DIRECT_FIELDS, ACTION(voice_call_action))};
static const wa_object direct_interactive = {"DirectInteractive", DIRECT_SEND, DOC("A message with buttons or a link."),
    .fields = FIELDS(INTERACTIVE_TYPE), .discriminator = "type", .open = true,
    .variants = VARIANTS({"button", &direct_buttons}, {"cta_url", &direct_cta_url}, {"voice_call", &direct_voice_call})};
static const wa_object direct_text_message = MESSAGE("DirectTextMessage", DIRECT_SEND, "A text by Direct Send (beta).",
    MEMBER("text", direct_text));
static const wa_object direct_interactive_message = MESSAGE("DirectInteractiveMessage", DIRECT_SEND,
    "Buttons by Direct Send (beta).", MEMBER("interactive", direct_interactive));

/* ---- the messages -------------------------------------------------------------------------------------------------- */

static const wa_object text_message = {"TextMessage", "messages/text-messages",
    DOC("A text message."), .base = &envelope,
    .fields = FIELDS(MEMBER("text", text)), .variants = VARIANTS({"category", &direct_text_message})};
static const wa_object image_message = MESSAGE("ImageMessage",
    "messages/image-messages", "An image.", MEMBER("image", image));
static const wa_object video_message = MESSAGE("VideoMessage",
    "messages/video-messages", "A video.", MEMBER("video", video));
static const wa_object audio_message = {"AudioMessage", "messages/audio-messages",
    DOC("An audio message."), .base = &envelope,
    .fields = FIELDS(MEMBER("audio", audio)), .rules = RULES(NOT_BY_DIRECT_SEND("audio"))};
static const wa_object document_message = MESSAGE("DocumentMessage",
    "messages/document-messages", "A file.", MEMBER("document", document));
static const wa_object sticker_message = {"StickerMessage", "messages/sticker-messages",
    DOC("A sticker."), .base = &envelope,
    .fields = FIELDS(MEMBER("sticker", sticker)), .rules = RULES(NOT_BY_DIRECT_SEND("sticker"))};
static const wa_object location_message = {"LocationMessage", "messages/location-messages",
    DOC("A place."), .base = &envelope,
    .fields = FIELDS(MEMBER("location", location)), .rules = RULES(NOT_FOR_GROUPS("location"), NOT_BY_DIRECT_SEND("location"))};
static const wa_object contacts_message = {"ContactsMessage", "messages/contacts-messages",
    DOC("Contact cards."), .base = &envelope,
    .fields = FIELDS(LIST_BELOW("contacts", contact, 1, 0, 257, REQUIRED, "The cards.")),
    .rules = RULES(NOT_FOR_GROUPS("contacts"), NOT_BY_DIRECT_SEND("contacts"))};
static const wa_object reaction_message = {"ReactionMessage", "messages/reaction-messages",
    DOC("A reaction to a message: an emoji."), .base = &envelope,
    .fields = FIELDS(REMOVED("context"), MEMBER("reaction", reaction)),
    .rules = RULES(NOT_FOR_GROUPS("reaction"), NOT_BY_DIRECT_SEND("reaction"))};
static const wa_object pin_message = MESSAGE("PinMessage",
    "groups/groups-messaging", "Pins or unpins a message of a group.",
    CONSTANT("recipient_type", "group", REQUIRED | GUIDE, "Only groups have pinned messages."),
    MEMBER("pin", pin_or_unpin));
static const wa_object template_message = MESSAGE("TemplateMessage",
    "messages/template-messages", "A template message.",
    MEMBER("template", template));
static const wa_object interactive_message = {"InteractiveMessage", "messages/interactive-reply-buttons-messages",
    DOC("A message with buttons or the like."), .base = &envelope,
    .fields = FIELDS(MEMBER("interactive", interactive)),
    .rules = RULES(NOT_FOR_GROUPS("interactive")),
    .variants = VARIANTS({"category", &direct_interactive_message})};

static const wa_object sent_message = {"SentMessage", "messages/send-messages",
    DOC("A message to a user or a group."), .base = &envelope,
    .fields = FIELDS(NO_FIELD), .discriminator = "type", .inferred = true,
    .variants = VARIANTS({"text", &text_message}, {"image", &image_message}, {"video", &video_message},
        {"audio", &audio_message}, {"document", &document_message}, {"sticker", &sticker_message},
        {"location", &location_message}, {"contacts", &contacts_message}, {"reaction", &reaction_message},
        {"template", &template_message}, {"interactive", &interactive_message}, {"pin", &pin_message})};

WA_DATA_DEFINITION const wa_object wa_message = {"Message", "messages/send-messages",
    DOC("Everything that may be posted to /messages."),
    .fields = FIELDS(NO_FIELD),
    .variants = VARIANTS({"status", &receipt}, {"typing_indicator", &receipt}, {"message_id", &receipt}),
    .otherwise = &sent_message};

static const wa_former_name former_names[] = {
    {"namespace", "only the On-Premises API had it, which is gone: leave it out"},
    {"hsm", "only the On-Premises API had it, which is gone: send a `template`"}, {NULL, NULL}};

const wa_former_name *wa_former_names(void)
{
    return former_names;
}
