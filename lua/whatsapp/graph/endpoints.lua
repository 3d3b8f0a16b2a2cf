-- The endpoints of client.templates, client.groups and similar tables, as rows. Each row is a method. To add an endpoint, add
-- one row here; its query or body is an object of graph/objects. Data only.
local endpoints = {}

---@class whatsapp.graph.endpoint
---@field name string the name of the method
---@field method "GET"|"POST"|"DELETE"
---@field path string[] {waba} and {phone} are the client's ids; every other name in braces is an argument of the method
---@field doc string
---@field section string a page of Meta's documentation
---@field query string? the name of the object in graph/objects for the query
---@field body string? the name of the object for the body
---@field check ("definition"|"edit")? the function of templates/validate that checks the body
---@field form boolean? true: the body is sent as a form with a file (a flow's JSON)
---@field idempotent boolean? true: this POST may be repeated without harm
---@field each boolean? true: the method returns the items of all pages
---@field list string? the name of the list in `data`

---@class whatsapp.graph.endpoint_table
---@field name string the name of the client's field
---@field doc string
---@field rows whatsapp.graph.endpoint[]

local MANAGEMENT, GROUPS, FLOWS = "templates/template-management", "groups/reference", "flows/reference/flowsapi"
local ENCRYPTION = "reference/whatsapp-business-phone-number/whatsapp-business-encryption-api"
local NUMBERS = "business-phone-numbers/phone-numbers"

---@type whatsapp.graph.endpoint_table[]
endpoints.TABLES = {
  { name = "templates", doc = "Templates of the account (waba_id).", rows = {
    { name = "list", method = "GET", path = { "{waba}", "message_templates" }, query = "TemplateQuery", section = MANAGEMENT,
      doc = "A page of templates." },
    { name = "each", method = "GET", path = { "{waba}", "message_templates" }, query = "TemplateQuery", section = MANAGEMENT,
      each = true, doc = "All templates, one after the other." },
    { name = "get", method = "GET", path = { "{id}" }, query = "FieldsQuery", section = MANAGEMENT, doc = "A template." },
    { name = "create", method = "POST", path = { "{waba}", "message_templates" }, body = "TemplateDefinition",
      check = "definition", section = MANAGEMENT,
      doc = "Creates a template. The API then reviews it. At most 100 templates in an hour." },
    { name = "edit", method = "POST", path = { "{id}" }, body = "TemplateEdit", check = "edit", section = MANAGEMENT,
      doc = "Changes a template. An approved template can be changed once a day, and ten times in 30 days." },
    { name = "delete", method = "DELETE", path = { "{waba}", "message_templates" }, query = "TemplateDeletion",
      section = MANAGEMENT, doc = "Deletes templates. The name of an approved template cannot be used again for 30 days." },
  } },
  { name = "groups", doc = "Groups of the phone number.", rows = {
    { name = "list", method = "GET", path = { "{phone}", "groups" }, query = "GroupListQuery", section = GROUPS, list = "groups",
      doc = "A page of the active groups: `data.groups`." },
    { name = "each", method = "GET", path = { "{phone}", "groups" }, query = "GroupListQuery", section = GROUPS, list = "groups",
      each = true, doc = "All active groups, one after the other." },
    { name = "create", method = "POST", path = { "{phone}", "groups" }, body = "Group", section = GROUPS,
      doc = "Creates a group; its id and its invite link come in a webhook." },
    { name = "get", method = "GET", path = { "{group}" }, query = "FieldsQuery", section = GROUPS, doc = "A group." },
    { name = "update", method = "POST", path = { "{group}" }, body = "GroupChange", idempotent = true, section = GROUPS,
      doc = "Changes the texts of a group." },
    { name = "delete", method = "DELETE", path = { "{group}" }, section = GROUPS,
      doc = "Deletes a group and removes all its participants." },
    { name = "add_participants", method = "POST", path = { "{group}", "participants" }, body = "Participants", section = GROUPS,
      doc = "Adds users, if the API allows it. Usually users join with the invite link." },
    { name = "remove_participants", method = "DELETE", path = { "{group}", "participants" }, body = "Participants",
      section = GROUPS, doc = "Removes users. They cannot join again with the link." },
    { name = "invite_link", method = "GET", path = { "{group}", "invite_link" }, section = GROUPS, doc = "The invite link." },
    { name = "reset_invite_link", method = "POST", path = { "{group}", "invite_link" }, body = "Product", section = GROUPS,
      doc = "Makes a new invite link; the older links no longer work." },
    { name = "delete_invite_link", method = "DELETE", path = { "{group}", "invite_link" }, body = "Product", section = GROUPS,
      doc = "Deletes the invite link." },
    { name = "join_requests", method = "GET", path = { "{group}", "join_requests" }, query = "CursorQuery", section = GROUPS,
      doc = "A page of the users who want to join." },
    { name = "each_join_request", method = "GET", path = { "{group}", "join_requests" }, query = "CursorQuery", each = true,
      section = GROUPS, doc = "All users who want to join, one after the other." },
    { name = "approve_join_requests", method = "POST", path = { "{group}", "join_requests" }, body = "JoinRequests",
      section = GROUPS, doc = "Approves requests: the users join the group." },
    { name = "reject_join_requests", method = "DELETE", path = { "{group}", "join_requests" }, body = "JoinRequests",
      section = GROUPS, doc = "Rejects requests to join." },
  } },
  { name = "blocked", doc = "Users that the phone number has blocked.", rows = {
    { name = "list", method = "GET", path = { "{phone}", "block_users" }, query = "CursorQuery", section = "block-users",
      doc = "A page of the blocked users." },
    { name = "each", method = "GET", path = { "{phone}", "block_users" }, query = "CursorQuery", each = true,
      section = "block-users", doc = "All blocked users, one after the other." },
    { name = "add", method = "POST", path = { "{phone}", "block_users" }, body = "BlockedUsers", idempotent = true,
      section = "block-users", doc = "Blocks users who wrote in the last 24 hours." },
    { name = "remove", method = "DELETE", path = { "{phone}", "block_users" }, body = "BlockedUsers", section = "block-users",
      doc = "Unblocks users." },
  } },
  { name = "profile", doc = "The profile of the phone number.", rows = {
    { name = "get", method = "GET", path = { "{phone}", "whatsapp_business_profile" }, query = "FieldsQuery",
      section = "business-profiles", doc = "The profile: `data[1]`." },
    { name = "update", method = "POST", path = { "{phone}", "whatsapp_business_profile" }, body = "Profile", idempotent = true,
      section = "business-profiles", doc = "Changes the profile." },
  } },
  { name = "phone", doc = "The phone number, and all phone numbers of the account.", rows = {
    { name = "list", method = "GET", path = { "{waba}", "phone_numbers" }, query = "ListQuery", section = NUMBERS,
      doc = "A page of the account's phone numbers." },
    { name = "each", method = "GET", path = { "{waba}", "phone_numbers" }, query = "ListQuery", each = true, section = NUMBERS,
      doc = "All phone numbers of the account, one after the other." },
    { name = "get", method = "GET", path = { "{phone}" }, query = "FieldsQuery", section = NUMBERS, doc = "The phone number." },
    { name = "register", method = "POST", path = { "{phone}", "register" }, body = "Registration",
      section = "business-phone-numbers/registration",
      doc = "Registers the number. register and deregister together are allowed ten times in 72 hours." },
    { name = "deregister", method = "POST", path = { "{phone}", "deregister" }, section = "business-phone-numbers/registration",
      doc = "Deregisters the number." },
    { name = "set_pin", method = "POST", path = { "{phone}" }, body = "TwoStepPin", idempotent = true,
      section = "business-phone-numbers/two-step-verification", doc = "Sets the PIN of the two-step verification." },
    { name = "request_code", method = "POST", path = { "{phone}", "request_code" }, body = "CodeRequest", section = NUMBERS,
      doc = "Asks for a code that proves that the number is yours." },
    { name = "verify_code", method = "POST", path = { "{phone}", "verify_code" }, body = "Code", section = NUMBERS,
      doc = "Sends the code that you received." },
    { name = "settings", method = "GET", path = { "{phone}", "settings" }, query = "SettingsQuery", section = NUMBERS,
      doc = "The settings." },
    { name = "set", method = "POST", path = { "{phone}", "settings" }, body = "Settings", idempotent = true, section = NUMBERS,
      doc = "Changes settings." },
  } },
  { name = "flows", doc = "Flows of the account.", rows = {
    { name = "list", method = "GET", path = { "{waba}", "flows" }, query = "ListQuery", section = FLOWS,
      doc = "A page of flows." },
    { name = "each", method = "GET", path = { "{waba}", "flows" }, query = "ListQuery", each = true, section = FLOWS,
      doc = "All flows, one after the other." },
    { name = "create", method = "POST", path = { "{waba}", "flows" }, body = "Flow", section = FLOWS, doc = "Creates a draft." },
    { name = "get", method = "GET", path = { "{flow}" }, query = "FieldsQuery", section = FLOWS, doc = "A flow." },
    { name = "update", method = "POST", path = { "{flow}" }, body = "FlowChange", idempotent = true, section = FLOWS,
      doc = "Changes the name, the categories or the endpoint of a draft." },
    { name = "upload", method = "POST", path = { "{flow}", "assets" }, body = "FlowFile", form = true, idempotent = true,
      section = FLOWS, doc = "Replaces the JSON of a draft; the answer has the errors that the API found in it." },
    { name = "assets", method = "GET", path = { "{flow}", "assets" }, query = "CursorQuery", section = FLOWS,
      doc = "The files of a flow." },
    { name = "publish", method = "POST", path = { "{flow}", "publish" }, section = FLOWS,
      doc = "Publishes a draft. A published flow cannot be changed or deleted." },
    { name = "deprecate", method = "POST", path = { "{flow}", "deprecate" }, section = FLOWS,
      doc = "Retires a published flow; this cannot be undone." },
    { name = "delete", method = "DELETE", path = { "{flow}" }, section = FLOWS, doc = "Deletes a draft." },
    { name = "public_key", method = "GET", path = { "{phone}", "whatsapp_business_encryption" }, section = ENCRYPTION,
      doc = "The public key of the phone number: `data[1]`. WhatsApp encrypts the requests of flows with it." },
    { name = "set_public_key", method = "POST", path = { "{phone}", "whatsapp_business_encryption" }, body = "PublicKey",
      idempotent = true, section = ENCRYPTION,
      doc = "Uploads the public key of whatsapp.flows.generate_key for the phone number." },
  } },
}

---The rows of TABLES by their names.
---@type table<string, whatsapp.graph.endpoint_table>
endpoints.by_name = {}
for _, one in ipairs(endpoints.TABLES) do endpoints.by_name[one.name] = one end

return endpoints
