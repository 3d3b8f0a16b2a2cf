-- The API's error codes: what each is called and whether a send may be repeated after it (contract, 4.2). Data only.
--   safe     refused before it was processed: repeating cannot send twice
--   unknown  the message may have gone out all the same
--   wait     not by itself: after hours, or when something has changed
--   never    the same request will fail again
local codes = {}

local function add(retry, rows)
  for code, name in pairs(rows) do codes[code] = { name = name, retry = retry } end
end

add("safe", {
  [4] = "API Too Many Calls",
  [17] = "User request limit",
  [613] = "Calls exceeded rate",
  [80007] = "Rate limit issues",
  [130429] = "Rate limit hit",
  [131056] = "(Business Account, Consumer Account) pair rate limit hit",
})

add("unknown", {
  [1] = "API Unknown",
  [2] = "API Service",
  [131000] = "Something went wrong",
  [131016] = "Service unavailable",
  [131057] = "Account in maintenance mode",
  [133000] = "Incomplete deregistration",
  [133004] = "Server temporarily unavailable",
  [134102] = "Template unavailable",
  [139102] = "Concurrent update",
  [139103] = "Internal error",
  [2494100] = "Number in maintenance mode",
})

add("wait", {
  [131048] = "Spam rate limit hit",
  [131049] = "Not delivered to keep a healthy ecosystem",
  [131064] = "Messaging limit of template classification",
  [131208] = "Group rate limit hit",
  [132015] = "Template is paused",
  [132069] = "Flow throttled",
  [133008] = "Too many PIN guesses",
  [133009] = "PIN guessed too fast",
  [133015] = "Wait before registering",
  [133016] = "Register and deregister rate limit hit",
  [134101] = "Template is syncing",
  [138002] = "Too many calls at once",
  [138005] = "Call rate limit hit",
  [138013] = "Permission look-up limit hit",
})

add("never", {
  [0] = "AuthException",
  [3] = "API Method",
  [10] = "Permission Denied",
  [33] = "Parameter value is not valid",
  [100] = "Invalid parameter",
  [104] = "No access token",
  [190] = "Access token has expired",
  [368] = "Temporarily blocked for policies violations",
  [506] = "Duplicate post",
  [803] = "Object does not exist",
  [130403] = "User blocked by the business",
  [130472] = "User's number is part of an experiment",
  [130497] = "Business account is restricted from messaging users in this country",
  [131005] = "Access denied",
  [131008] = "Required parameter is missing",
  [131009] = "Parameter value is not valid",
  [131020] = "Group has a single member",
  [131021] = "Recipient cannot be sender",
  [131026] = "Message undeliverable",
  [131030] = "Recipient is not in the allowed list",
  [131031] = "Account has been locked",
  [131037] = "Display name needs approval",
  [131041] = "Group is unknown",
  [131042] = "Business eligibility payment issue",
  [131043] = "Message expired",
  [131044] = "Business eligibility payment issue",
  [131045] = "Incorrect certificate",
  [131047] = "Re-engagement message",
  [131050] = "User has stopped marketing messages",
  [131051] = "Unsupported message type",
  [131052] = "Media download error",
  [131053] = "Media upload error",
  [131055] = "Method not allowed",
  [131059] = "Cursor has expired",
  [131062] = "Business-scoped user ids are not supported for this message",
  [131063] = "Marketing templates are disabled",
  [131201] = "Group operation succeeded in part",
  [131202] = "Duplicate group participant",
  [131204] = "Group is over its limit",
  [131207] = "Group is suspended",
  [131209] = "Group picture has a wrong ratio",
  [131210] = "Group picture is too small",
  [131211] = "Group creation limit reached",
  [131212] = "Participant is not in the group",
  [131213] = "No such join request",
  [131214] = "Group creation is disabled",
  [131215] = "Not eligible for groups",
  [132000] = "Template param count mismatch",
  [132001] = "Template does not exist",
  [132005] = "Template hydrated text too long",
  [132007] = "Template format character policy violated",
  [132008] = "Template parameter value is not valid",
  [132012] = "Template parameter format mismatch",
  [132016] = "Template is disabled",
  [132018] = "Template parameter is not valid",
  [132068] = "Flow is blocked",
  [133005] = "Two step verification PIN mismatch",
  [133006] = "Phone number re-verification needed",
  [133010] = "Phone number not registered",
  [134011] = "Payments terms not accepted",
  [134100] = "Only marketing templates",
  [135000] = "Generic user error",
  [136024] = "Code could not be requested",
  [136025] = "Code could not be verified",
  [137000] = "Recipient identity key mismatch",
})

return codes
