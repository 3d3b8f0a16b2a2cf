-- The definition of a template, as it is created and listed: the fields, their kinds and limits. Data; the rules that need more
-- than one field are in templates/validate.
local rows = require "whatsapp.graph.rows"

local answered, flag, id, integer, list, object, text =
  rows.answered, rows.flag, rows.id, rows.integer, rows.list, rows.object, rows.text

local REQUIRED = { required = true }
local STRING = { kind = "string", class = "G" }

local COMPONENTS, OVERVIEW = "templates/components", "templates/overview"
local AUTHENTICATION = "templates/authentication-templates/authentication-templates"
local PAYMENTS = "payments/payments-in/orderdetailstemplate"

local objects = {}

local CATEGORY = { values = { "MARKETING", "UTILITY", "AUTHENTICATION" } }
local CATEGORY_REQUIRED = { values = CATEGORY.values, required = true }

-- settings that may be changed later
local SETTINGS = {
  text("parameter_format", "Whether variables have numbers or names.", { values = { "POSITIONAL", "NAMED" } }),
  flag("allow_category_change", "The API may choose another category."),
  flag("cta_url_link_tracking_opted_out", "The addresses of buttons are not tracked."),
  integer("message_send_ttl_seconds", "Seconds in which a message is delivered or never; -1: 30 days.",
    { min = -1, max = 2592000 }),
  text("sub_category", "What an order template is for.", { values = { "ORDER_DETAILS", "ORDER_STATUS" }, open = true }),
  text("display_format", "How it is shown.", { values = { "ORDER_DETAILS" }, open = true }),
  flag("is_primary_device_delivery_only", "It is delivered to the user's first device only."),
  text("send_type", "How marketing messages are sent.", { class = "S" }),
}

local function with_settings(fields)
  for _, row in ipairs(SETTINGS) do fields[#fields + 1] = row end
  return fields
end

objects.TemplateDefinition = {
  section = OVERVIEW, doc = "A template: texts that were written before, with variables.",
  fields = with_settings {
    text("name", "The name; each language of it is a template.", { required = true, min = 1, max = 512, format = "snake" }),
    text("language", "The language's code.", { required = true, min = 1, format = "language" }),
    text("category", "What it is for.", CATEGORY_REQUIRED),
    list("components", "DefinitionComponent", "Its parts.", { required = true, min = 1, max = 10 }),
    answered("id", "The template's id."), answered("status", "Whether it was approved."),
    answered("quality_score", "How users take it."), answered("rejected_reason", "Why it was rejected."),
    answered("previous_category", "The category before the API changed it."),
    answered("correct_category", "The category that the API will give it."),
    answered("library_template_name", "The template of the library that it was made of."),
    answered("last_updated_time", "When it was changed last."), answered("created_time", "When it was created."),
  },
}

objects.TemplateEdit = {
  section = "templates/template-management", doc = "What is changed of a template; `components` replaces all components.",
  fields = with_settings {
    text("category", "What it is for; not of an approved one.", CATEGORY),
    list("components", "DefinitionComponent", "All its parts.", { min = 1, max = 10 }),
  },
}

objects.LibraryTemplate = {
  section = "templates/template-library", doc = "A template that is made of one of the API's library.",
  fields = {
    text("name", "The name of the new template.", { required = true, min = 1, max = 512, format = "snake" }),
    text("language", "The language's code.", { required = true, min = 1, format = "language" }),
    text("category", "What it is for.", CATEGORY_REQUIRED),
    text("library_template_name", "The name in the library.", { required = true, min = 1 }),
    rows.json("library_template_button_inputs", "Values for its buttons."),
    rows.json("library_template_body_inputs", "Values for its body."),
  },
}

objects.DefinitionComponent = {
  section = COMPONENTS, doc = "A part of a template.", by = "type", open = true, fields = {},
  variants = {
    { value = "HEADER", object = "DefinitionHeader" }, { value = "BODY", object = "DefinitionBody" },
    { value = "FOOTER", object = "DefinitionFooter" }, { value = "BUTTONS", object = "DefinitionButtons" },
    { value = "CAROUSEL", object = "DefinitionCarousel" },
    { value = "LIMITED_TIME_OFFER", object = "DefinitionOffer" },
    { value = "CALL_PERMISSION_REQUEST", object = "DefinitionCallPermission" },
  },
}

local function part(doc, section, ...)
  return { doc = doc, section = section, fields = { text("type", "The part.", REQUIRED), ... } }
end

objects.DefinitionHeader = part("The header.", COMPONENTS,
  text("format", "Text, a file, a place or a product.",
    { required = true, values = { "TEXT", "IMAGE", "VIDEO", "GIF", "DOCUMENT", "LOCATION", "PRODUCT" } }),
  text("text", "Of the format TEXT; one variable at most.", { min = 1, max = 60 }),
  object("example", "HeaderExample", "A value for the variable, or the sample of the file."))

objects.HeaderExample = {
  section = COMPONENTS, doc = "Examples for a header.",
  fields = {
    list("header_text", STRING, "The value of {{1}}."),
    list("header_text_named_params", "NamedExample", "The value of the variable with a name."),
    list("header_handle", STRING, "The handle of client.media:upload_sample; in a template that was listed, an address."),
  },
}

objects.NamedExample = {
  section = OVERVIEW, doc = "An example for a variable with a name.",
  fields = {
    text("param_name", "The name, without braces.", { required = true, min = 1, format = "snake" }),
    text("example", "The value.", { required = true, min = 1 }),
  },
}

objects.DefinitionBody = part("The body.", COMPONENTS,
  text("text", "The text; not of an authentication template, whose text is the API's.", { min = 1, max = 1024 }),
  object("example", "BodyExample", "A value for each variable."),
  flag("add_security_recommendation", "Of an authentication template: it says that the code is not to be shared."))

objects.BodyExample = {
  section = COMPONENTS, doc = "Examples for a body.",
  fields = {
    rows.json("body_text", "A list with one list of values, in the order of the numbers."),
    list("body_text_named_params", "NamedExample", "The values of variables with names."),
  },
}

objects.DefinitionFooter = part("The footer.", COMPONENTS,
  text("text", "The text, without variables.", { min = 1, max = 60 }),
  integer("code_expiration_minutes", "Of an authentication template: how long the code is good.", { min = 1, max = 90 }))

objects.DefinitionButtons = part("The buttons.", COMPONENTS,
  list("buttons", "DefinitionButton", "In the order in which they are shown.", { required = true, min = 1, max = 10 }))

objects.DefinitionCarousel = part("Cards that are swiped.", "templates/marketing-templates/media-card-carousel-templates",
  list("cards", "DefinitionCard", "All with the same parts.", { required = true, min = 2, max = 10 }))

objects.DefinitionCard = {
  section = "templates/marketing-templates/media-card-carousel-templates", doc = "A card.",
  fields = { list("components", "CardPart", "A header, a body and buttons.", { required = true, min = 1, max = 3 }) },
}

-- separate from a template's components: if a card could hold cards, a table could contain itself
objects.CardPart = {
  section = "templates/marketing-templates/media-card-carousel-templates", doc = "A part of a card.", by = "type", open = true,
  fields = {},
  variants = {
    { value = "HEADER", object = "DefinitionHeader" }, { value = "BODY", object = "DefinitionBody" },
    { value = "BUTTONS", object = "DefinitionButtons" },
  },
}

objects.DefinitionOffer = part("An offer that ends.", "templates/marketing-templates/limited-time-offer-templates",
  object("limited_time_offer", "OfferText", "The offer.", REQUIRED))

objects.OfferText = {
  section = "templates/marketing-templates/limited-time-offer-templates", doc = "The text of an offer that ends.",
  fields = {
    text("text", "The text.", { required = true, min = 1, max = 16 }),
    flag("has_expiration", "The time until it ends is shown."),
  },
}

objects.DefinitionCallPermission = part("Asks whether the business may call.",
  "templates/marketing-templates/call-permission-request-message-template")

-- ---- buttons ----------------------------------------------------------------------------------------------------------------

objects.DefinitionButton = {
  section = COMPONENTS, doc = "A button.", by = "type", open = true, fields = {},
  variants = {
    { value = "QUICK_REPLY", object = "QuickReplyButton" }, { value = "URL", object = "UrlButton" },
    { value = "PHONE_NUMBER", object = "PhoneButton" }, { value = "COPY_CODE", object = "CopyCodeButton" },
    { value = "OTP", object = "OtpButton" }, { value = "FLOW", object = "FlowButton" },
    { value = "CATALOG", object = "CatalogButton" }, { value = "MPM", object = "MpmButton" },
    { value = "SPM", object = "SpmButton" }, { value = "VOICE_CALL", object = "VoiceCallButton" },
    { value = "ORDER_DETAILS", object = "OrderDetailsButton" },
    { value = "PAYMENT_REQUEST", object = "PaymentRequestButton" },
    { value = "REQUEST_CONTACT_INFO", object = "ContactInfoButton" },
  },
}

local LABEL = text("text", "The label.", { required = true, min = 1, max = 25 })
local LABEL_IF_ANY = text("text", "The label.", { min = 1, max = 25 })

objects.QuickReplyButton = part("Answers with its label.", COMPONENTS, LABEL)
objects.UrlButton = part("Opens an address.", COMPONENTS, LABEL,
  text("url", "The address, with one variable at its end at most.",
    { required = true, min = 1, max = 2000, format = "web_link" }),
  list("example", STRING, "The address, or its end, with a value.", { min = 1, max = 1 }))
objects.PhoneButton = part("Calls a number.", COMPONENTS, LABEL,
  text("phone_number", "The number.", { required = true, min = 1, max = 20 }))
objects.CopyCodeButton = part("Copies a code.", COMPONENTS, LABEL_IF_ANY,
  rows.json("example", "A code, or a list with one, of at most 20 characters.", REQUIRED))
objects.OtpButton = part("Copies the code of an authentication template, or hands it to an app.", AUTHENTICATION, LABEL_IF_ANY,
  text("otp_type", "How the code comes to the app.", { required = true, values = { "COPY_CODE", "ONE_TAP", "ZERO_TAP" } }),
  text("autofill_text", "The label of a button that hands it over.", { min = 1, max = 25 }),
  list("supported_apps", "SupportedApp", "The apps that may get the code.", { min = 1, max = 5 }),
  flag("zero_tap_terms_accepted", "Of the type ZERO_TAP: true."),
  text("package_name", "The older way to name one app.", { max = 224, format = "package" }),
  text("signature_hash", "The older way to name one app.", { format = "signature" }))
objects.SupportedApp = {
  section = AUTHENTICATION, doc = "An Android app that may get the code.",
  fields = {
    text("package_name", "The name of its package.", { required = true, min = 1, max = 224, format = "package" }),
    text("signature_hash", "The hash of the key that signed it.", { required = true, min = 1, format = "signature" }),
  },
}
objects.FlowButton = part("Opens a flow.", "flows/guides/flows-templates", LABEL,
  id("flow_id", "The flow's id."), text("flow_name", "The flow's name.", { min = 1 }), text("flow_json", "A new flow, as JSON."),
  text("flow_action", "How it begins.", { values = { "NAVIGATE", "DATA_EXCHANGE" } }),
  text("navigate_screen", "The first screen, where the action is navigate.", { min = 1 }),
  text("icon", "The icon.", { class = "S" }))
objects.FlowButton.rules = { { rule = "exactly_one", names = { "flow_id", "flow_name", "flow_json" } } }
objects.CatalogButton = part("Opens the catalog.", "catalogs/catalog-template-messages", LABEL)
objects.MpmButton = part("Shows products.", "catalogs/mpm-template-messages", LABEL)
objects.SpmButton = part("Shows the product.", "catalogs/spm-template-messages", LABEL)
objects.VoiceCallButton = part("Calls the business.", "calling/call-button-messages-deep-links",
  text("text", "The label.", { min = 1, max = 20 }),
  integer("ttl_minutes", "Minutes for which it works.", { min = 1440, max = 43200 }))
objects.OrderDetailsButton = part("Shows the order and takes its payment.", PAYMENTS, LABEL_IF_ANY)
objects.PaymentRequestButton = part("Asks for a payment.", PAYMENTS, LABEL_IF_ANY)
objects.ContactInfoButton = part("Asks for the user's number.", "business-scoped-user-ids", LABEL_IF_ANY)

return objects
