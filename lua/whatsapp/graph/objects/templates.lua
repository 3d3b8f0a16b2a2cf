-- The definition of a template, in the form in which the API takes and lists it: its fields, their kinds and limits. Data only;
-- the rules about several fields are in templates/validate.
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

-- settings that can be changed later
local SETTINGS = {
  text("parameter_format", "Whether variables have numbers or names.", { values = { "POSITIONAL", "NAMED" } }),
  flag("allow_category_change", "Whether the API may change the category."),
  flag("cta_url_link_tracking_opted_out", "Turns off the tracking of links in buttons."),
  integer("message_send_ttl_seconds", "Seconds after which the API stops trying to deliver a message; -1: 30 days.",
    { min = -1, max = 2592000 }),
  text("sub_category", "The purpose of an order template.", { values = { "ORDER_DETAILS", "ORDER_STATUS" }, open = true }),
  text("display_format", "How the message is shown.", { values = { "ORDER_DETAILS" }, open = true }),
  flag("is_primary_device_delivery_only", "Whether the message goes only to the user's primary device."),
  text("send_type", "How marketing messages are sent.", { class = "S" }),
}

local function with_settings(fields)
  for _, row in ipairs(SETTINGS) do fields[#fields + 1] = row end
  return fields
end

objects.TemplateDefinition = {
  section = OVERVIEW, doc = "A template: texts with variables, which the API reviews before they are used.",
  fields = with_settings {
    text("name", "The name. Several templates may have one name, each in another language.",
      { required = true, min = 1, max = 512, format = "snake" }),
    text("language", "The language's code.", { required = true, min = 1, format = "language" }),
    text("category", "The purpose of the template.", CATEGORY_REQUIRED),
    list("components", "DefinitionComponent", "The parts of the template.", { required = true, min = 1, max = 10 }),
    answered("id", "The template's id."), answered("status", "The result of the review."),
    answered("quality_score", "The quality rating."), answered("rejected_reason", "The reason of a rejection."),
    answered("previous_category", "The category before the API changed it."),
    answered("correct_category", "The category to which the API will change it."),
    answered("library_template_name", "The template of the library from which it was made."),
    answered("last_updated_time", "The time of the last change."), answered("created_time", "The time of the creation."),
  },
}

objects.TemplateEdit = {
  section = "templates/template-management", doc = "Changes of a template. `components` replaces all components.",
  fields = with_settings {
    text("category", "The purpose; it cannot be changed in an approved template.", CATEGORY),
    list("components", "DefinitionComponent", "All parts of the template.", { min = 1, max = 10 }),
  },
}

objects.LibraryTemplate = {
  section = "templates/template-library", doc = "A new template from a template of the API's library.",
  fields = {
    text("name", "The name of the new template.", { required = true, min = 1, max = 512, format = "snake" }),
    text("language", "The language's code.", { required = true, min = 1, format = "language" }),
    text("category", "The purpose of the template.", CATEGORY_REQUIRED),
    text("library_template_name", "The name in the library.", { required = true, min = 1 }),
    rows.json("library_template_button_inputs", "Values for the buttons."),
    rows.json("library_template_body_inputs", "Values for the body."),
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
  text("format", "The kind of content.",
    { required = true, values = { "TEXT", "IMAGE", "VIDEO", "GIF", "DOCUMENT", "LOCATION", "PRODUCT" } }),
  text("text", "The text, if the format is TEXT; at most one variable.", { min = 1, max = 60 }),
  object("example", "HeaderExample", "A value for the variable, or the sample of the file."))

objects.HeaderExample = {
  section = COMPONENTS, doc = "Examples for a header.",
  fields = {
    list("header_text", STRING, "A value for {{1}}."),
    list("header_text_named_params", "NamedExample", "A value for the named variable."),
    list("header_handle", STRING, "The handle from client.media:upload_sample. In a listed template: the file's URL."),
  },
}

objects.NamedExample = {
  section = OVERVIEW, doc = "An example for a named variable.",
  fields = {
    text("param_name", "The name, without braces.", { required = true, min = 1, format = "snake" }),
    text("example", "The value.", { required = true, min = 1 }),
  },
}

objects.DefinitionBody = part("The body.", COMPONENTS,
  text("text", "The text. The API writes the text of an authentication template.", { min = 1, max = 1024 }),
  object("example", "BodyExample", "A value for each variable."),
  flag("add_security_recommendation", "In an authentication template: adds the advice not to share the code."))

objects.BodyExample = {
  section = COMPONENTS, doc = "Examples for a body.",
  fields = {
    rows.json("body_text", "A list that contains one list of values, in the order of the numbers."),
    list("body_text_named_params", "NamedExample", "The values of named variables."),
  },
}

objects.DefinitionFooter = part("The footer.", COMPONENTS,
  text("text", "The text, without variables.", { min = 1, max = 60 }),
  integer("code_expiration_minutes", "In an authentication template: minutes until the code expires.", { min = 1, max = 90 }))

objects.DefinitionButtons = part("The buttons.", COMPONENTS,
  list("buttons", "DefinitionButton", "The buttons, in the order on the screen.", { required = true, min = 1, max = 10 }))

objects.DefinitionCarousel = part("A carousel of cards.", "templates/marketing-templates/media-card-carousel-templates",
  list("cards", "DefinitionCard", "The cards. All cards have the same parts.", { required = true, min = 2, max = 10 }))

objects.DefinitionCard = {
  section = "templates/marketing-templates/media-card-carousel-templates", doc = "A card.",
  fields = { list("components", "CardPart", "A header, a body and buttons.", { required = true, min = 1, max = 3 }) },
}

-- not DefinitionComponent, because a card cannot have cards
objects.CardPart = {
  section = "templates/marketing-templates/media-card-carousel-templates", doc = "A part of a card.", by = "type", open = true,
  fields = {},
  variants = {
    { value = "HEADER", object = "DefinitionHeader" }, { value = "BODY", object = "DefinitionBody" },
    { value = "BUTTONS", object = "DefinitionButtons" },
  },
}

objects.DefinitionOffer = part("A limited-time offer.", "templates/marketing-templates/limited-time-offer-templates",
  object("limited_time_offer", "OfferText", "The offer.", REQUIRED))

objects.OfferText = {
  section = "templates/marketing-templates/limited-time-offer-templates", doc = "The text of a limited-time offer.",
  fields = {
    text("text", "The text.", { required = true, min = 1, max = 16 }),
    flag("has_expiration", "Whether the time until the end is shown."),
  },
}

objects.DefinitionCallPermission = part("Asks the user whether the business may call.",
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

objects.QuickReplyButton = part("The user answers with the label.", COMPONENTS, LABEL)
objects.UrlButton = part("Opens a web page.", COMPONENTS, LABEL,
  text("url", "The URL; at most one variable, at its end.",
    { required = true, min = 1, max = 2000, format = "web_link" }),
  list("example", STRING, "The URL, or its end, with a value for the variable.", { min = 1, max = 1 }))
objects.PhoneButton = part("Calls a number.", COMPONENTS, LABEL,
  text("phone_number", "The number.", { required = true, min = 1, max = 20 }))
objects.CopyCodeButton = part("Copies a code.", COMPONENTS, LABEL_IF_ANY,
  rows.json("example", "A code of at most 20 characters, or a list with one code.", REQUIRED))
objects.OtpButton = part("Copies the code of an authentication template, or passes the code to an app.", AUTHENTICATION,
  LABEL_IF_ANY,
  text("otp_type", "How the app gets the code.", { required = true, values = { "COPY_CODE", "ONE_TAP", "ZERO_TAP" } }),
  text("autofill_text", "The label of a button that passes the code to the app.", { min = 1, max = 25 }),
  list("supported_apps", "SupportedApp", "The apps that may get the code.", { min = 1, max = 5 }),
  flag("zero_tap_terms_accepted", "Must be true for the type ZERO_TAP."),
  text("package_name", "The older way to name one app.", { max = 224, format = "package" }),
  text("signature_hash", "The older way to name one app.", { format = "signature" }))
objects.SupportedApp = {
  section = AUTHENTICATION, doc = "An Android app that may get the code.",
  fields = {
    text("package_name", "The package name of the app.", { required = true, min = 1, max = 224, format = "package" }),
    text("signature_hash", "The hash of the key that signed it.", { required = true, min = 1, format = "signature" }),
  },
}
objects.FlowButton = part("Opens a flow.", "flows/guides/flows-templates", LABEL,
  id("flow_id", "The flow's id."), text("flow_name", "The flow's name.", { min = 1 }), text("flow_json", "A new flow, as JSON."),
  text("flow_action", "How the flow begins: with a screen, or with a request to its endpoint.",
    { values = { "NAVIGATE", "DATA_EXCHANGE" } }),
  text("navigate_screen", "The first screen, if the action is navigate.", { min = 1 }),
  text("icon", "The icon.", { class = "S" }))
objects.FlowButton.rules = { { rule = "exactly_one", names = { "flow_id", "flow_name", "flow_json" } } }
objects.CatalogButton = part("Opens the catalog.", "catalogs/catalog-template-messages", LABEL)
objects.MpmButton = part("Shows products.", "catalogs/mpm-template-messages", LABEL)
objects.SpmButton = part("Shows one product.", "catalogs/spm-template-messages", LABEL)
objects.VoiceCallButton = part("Calls the business.", "calling/call-button-messages-deep-links",
  text("text", "The label.", { min = 1, max = 20 }),
  integer("ttl_minutes", "Minutes until the button stops working.", { min = 1440, max = 43200 }))
objects.OrderDetailsButton = part("Shows the order, and asks for its payment.", PAYMENTS, LABEL_IF_ANY)
objects.PaymentRequestButton = part("Asks for a payment.", PAYMENTS, LABEL_IF_ANY)
objects.ContactInfoButton = part("Asks for the user's phone number.", "business-scoped-user-ids", LABEL_IF_ANY)

return objects
