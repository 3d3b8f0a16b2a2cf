-- The queries and bodies of the endpoints in graph/endpoints: their fields, kinds and limits. The definitions of templates are
-- in another file. Data only.
local rows = require "whatsapp.graph.rows"

local flag, id, integer, list, map, object, text = rows.flag, rows.id, rows.integer, rows.list, rows.map, rows.object, rows.text

local objects = {}

local function add(name, section, doc, fields, rules)
  objects[name] = { section = section, doc = doc, fields = fields, rules = rules }
end

local STRING, ID = { kind = "string", class = "G", min = 1 }, { kind = "id", class = "G" }

local function product() -- the API requires this field in every body
  return text("messaging_product", "Filled in if absent.", { required = true, fill = "whatsapp", values = { "whatsapp" } })
end

local function chosen_fields()
  return rows.names("fields", "The fields of the answer: a list, or a string with commas.")
end

-- ---- queries ----------------------------------------------------------------------------------------------------------------

local GRAPH = "../../graph-api/results"

local function page(most)
  return integer("limit", "Number of items in a page.", { min = 1, max = most or 1000 }),
    text("after", "Gets the page after this cursor: `paging.cursors.after` of a page.", { min = 1 }),
    text("before", "Gets the page before this cursor: `paging.cursors.before` of a page.", { min = 1 })
end

add("FieldsQuery", GRAPH, "Chooses the fields of an answer.", { chosen_fields() })
add("ListQuery", GRAPH, "Chooses a page of a list.", { chosen_fields(), page() })
add("GroupListQuery", "groups/reference", "Chooses a page of the groups.", { page(1024) })
add("CursorQuery", GRAPH, "Chooses a page of a list.", { page() })

add("TemplateQuery", "templates/template-management", "Chooses templates.", {
  chosen_fields(),
  text("name", "Only templates with this text in their name.", { min = 1 }),
  text("status", "The status.", {
    open = true,
    values = {
      "APPROVED", "IN_APPEAL", "PENDING", "REJECTED", "PENDING_DELETION", "DELETED", "DISABLED", "PAUSED", "LIMIT_EXCEEDED",
      "ARCHIVED",
    },
  }),
  text("category", "The category.", { values = { "MARKETING", "UTILITY", "AUTHENTICATION" }, open = true }),
  text("language", "The language's code.", { min = 1 }),
  text("content", "Only templates with this text in their content.", { min = 1 }),
  text("name_or_content", "Only templates with this text in their name or content.", { min = 1 }),
  text("quality_score", "The quality rating.", { values = { "GREEN", "YELLOW", "RED", "UNKNOWN" }, open = true }),
  page(),
})

add("TemplateDeletion", "templates/template-management", "Chooses templates: all languages of a name, one, or ids.", {
  text("name", "The template's name.", { min = 1, max = 512 }),
  id("hsm_id", "With the name: the id of the only language to delete."),
  list("hsm_ids", ID, "The ids of the templates to delete.", { min = 1, max = 100, json = true }),
}, { { rule = "exactly_one", names = { "name", "hsm_ids" } } })

-- ---- groups -----------------------------------------------------------------------------------------------------------------

local GROUPS = "groups/reference"

add("Group", GROUPS, "A new group.", {
  product(),
  text("subject", "The group's name.", { required = true, min = 1, max = 128 }),
  text("description", "The text below the name.", { max = 2048 }),
  text("join_approval_mode", "Whether users who open the invite link wait for the business's approval.",
    { values = { "approval_required", "auto_approve" }, open = true }),
})
add("GroupChange", GROUPS, "New texts of a group.", {
  product(),
  text("subject", "The group's name.", { min = 1, max = 128 }),
  text("description", "The text below the name.", { max = 2048 }),
}, { { rule = "at_least_one", names = { "subject", "description" } } })
add("Participants", GROUPS, "Users of a group.", {
  product(), list("participants", "Participant", "The users.", { required = true, min = 1, max = 8 }),
})
add("Participant", GROUPS, "A user: a phone number, or an id.", {
  text("user", "The phone number.", { min = 1 }), text("user_id", "The business-scoped user id.", { min = 1 }),
}, { { rule = "exactly_one", names = { "user", "user_id" } } })
add("JoinRequests", GROUPS, "Requests to join a group.", {
  product(), list("join_requests", STRING, "The ids of the requests.", { required = true, min = 1 }),
})
add("Product", GROUPS, "A body with only the product's name.", { product() })

-- ---- users and the profile --------------------------------------------------------------------------------------------------

add("BlockedUsers", "block-users", "The users to block or to unblock.", {
  product(), list("block_users", "BlockedUser", "The users.", { required = true, min = 1, max = 1000 }),
})
add("BlockedUser", "block-users", "A user. If there are both members, the API uses the phone number.", {
  text("user", "The phone number.", { min = 1 }), text("user_id", "The business-scoped user id.", { min = 1 }),
}, { { rule = "at_least_one", names = { "user", "user_id" } } })

local LINK = { kind = "string", class = "G", min = 1, max = 256, format = "web_link" }
local VERTICALS = {
  "ALCOHOL", "APPAREL", "AUTO", "BEAUTY", "EDU", "ENTERTAIN", "EVENT_PLAN", "FINANCE", "GOVT", "GROCERY", "HEALTH", "HOTEL",
  "MATRIMONY_SERVICE", "NONPROFIT", "ONLINE_GAMBLING", "OTC_DRUGS", "OTHER", "PHYSICAL_GAMBLING", "PROF_SERVICES", "RESTAURANT",
  "RETAIL", "TRAVEL",
}

add("Profile", "business-profiles", "The profile that users see. Absent fields stay as they are.", {
  product(),
  text("about", "The line below the name.", { min = 1, max = 139 }),
  text("address", "The postal address.", { max = 256 }),
  text("description", "The description.", { max = 512 }),
  text("email", "The e-mail address.", { max = 128, format = "email" }),
  text("profile_picture_handle", "The handle of the picture, as client.media:upload_sample returns it.", { min = 1 }),
  list("websites", LINK, "URLs of web pages.", { max = 2 }),
  text("vertical", "The industry.", { values = VERTICALS, open = true }),
})

-- ---- the phone number -------------------------------------------------------------------------------------------------------

local PIN = { required = true, min = 1, format = "pin", secret = true }

add("Registration", "business-phone-numbers/registration", "Registers the number for the Cloud API.", {
  product(),
  text("pin", "The PIN of the two-step verification, six digits: the present PIN, or a new PIN.", PIN),
  text("data_localization_region", "The country in which the API keeps the data.", { format = "region" }),
  object("backup", "Backup", "The backup of a number that was on the On-Premises API."),
})
add("Backup", "business-phone-numbers/registration", "A backup of the On-Premises API.", {
  text("data", "The data.", { required = true, min = 1, secret = true }),
  text("password", "The password.", { required = true, min = 1, secret = true }),
})
add("TwoStepPin", "business-phone-numbers/two-step-verification", "A new PIN.", { text("pin", "The PIN, six digits.", PIN) })
add("PublicKey", "reference/whatsapp-business-phone-number/whatsapp-business-encryption-api", "The public key for flows.", {
  text("business_public_key", "An RSA key in PEM with 2048 bits or more, as whatsapp.flows.public_key returns it.",
    { required = true, min = 1 }),
})
add("CodeRequest", "business-phone-numbers/phone-numbers", "Asks for a code that proves that the number is yours.", {
  text("code_method", "How you receive the code.", { required = true, values = { "SMS", "VOICE" } }),
  text("language", "The language's code.", { required = true, min = 1, format = "language" }),
})
add("Code", "business-phone-numbers/phone-numbers", "The code that you received.", {
  text("code", "The code, six digits.", PIN),
})
add("Settings", "business-phone-numbers/phone-numbers", "Settings of the number. Absent fields stay as they are.", {
  map("calling", "Calls: status, hours, SIP."),
  object("user_identity_change", "IdentityCheck", "Whether messages to users with a new identity are stopped."),
  map("payload_encryption", "The encryption of payloads."),
  object("storage_configuration", "Storage", "The country in which the API keeps the data."),
}, { { rule = "at_least_one", names = { "calling", "user_identity_change", "payload_encryption", "storage_configuration" } } })
add("IdentityCheck", "business-phone-numbers/phone-numbers", "The check of identities.", {
  flag("enable_identity_key_check", "Whether the check is on.", { required = true }),
})
add("Storage", "local-storage", "The local storage of data.", {
  text("status", "Whether the local storage is on.",
    { required = true, values = { "IN_COUNTRY_STORAGE_ENABLED", "IN_COUNTRY_STORAGE_DISABLED" }, open = true }),
  text("data_localization_region", "The country.", { format = "region" }),
})
add("SettingsQuery", "business-phone-numbers/phone-numbers", "Chooses the fields of the settings.", {
  flag("include_sip_credentials", "The answer then has the SIP credentials."),
})

-- ---- flows ------------------------------------------------------------------------------------------------------------------

local FLOWS = "flows/reference/flowsapi"

local CATEGORIES = {
  kind = "string", class = "G", open = true,
  values = {
    "SIGN_UP", "SIGN_IN", "APPOINTMENT_BOOKING", "LEAD_GENERATION", "CONTACT_US", "CUSTOMER_SUPPORT", "SURVEY", "OTHER",
  },
}

add("Flow", FLOWS, "A new flow.", {
  text("name", "The name; users do not see it.", { required = true, min = 1 }),
  list("categories", CATEGORIES, "The purposes.", { required = true, min = 1 }),
  text("flow_json", "The flow, as JSON.", { min = 2 }),
  flag("publish", "Publishes the flow at once; only with flow_json."),
  id("clone_flow_id", "The id of the flow to copy."),
  text("endpoint_uri", "The URL of the data endpoint.", { format = "web_link" }),
})
add("FlowChange", FLOWS, "Changes of a flow. Absent fields stay as they are.", {
  text("name", "The name.", { min = 1 }),
  list("categories", CATEGORIES, "The purposes.", { min = 1 }),
  text("endpoint_uri", "The URL of the data endpoint.", { format = "web_link" }),
  id("application_id", "The id of the app that has the endpoint."),
}, { { rule = "at_least_one", names = { "name", "categories", "endpoint_uri", "application_id" } } })
add("FlowFile", FLOWS, "The JSON of a flow: a text, or a file.", {
  text("json", "The text.", { min = 2 }), text("path", "The path of the file.", { min = 1 }),
}, { { rule = "exactly_one", names = { "json", "path" } } })

return objects
