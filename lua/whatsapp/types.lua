-- Types of the messages, for the Lua language server. Generated from the schema by `make docs`: edit src/core/schema.c.
-- Never required by the library.
---@meta

---Everything that may be posted to /messages.
---@alias whatsapp.Message whatsapp.Receipt|whatsapp.SentMessage

---Marks a received message, and those before it, as read.
---@class whatsapp.Receipt
---@field messaging_product? "whatsapp" Filled in if absent.
---@field status "read" The message was read.
---@field message_id string|integer The message that was received. (1 to 128 characters)
---@field typing_indicator? whatsapp.TypingIndicator Shown for 25 seconds, or until a message is sent.
---@field recipient_type? "individual"|"group" The API accepts it, and ignores it.

---Shows that an answer is being written.
---@class whatsapp.TypingIndicator
---@field type "text" The kind of answer.

---A message to a user or a group.
---@alias whatsapp.SentMessage whatsapp.TextMessage|whatsapp.ImageMessage|whatsapp.VideoMessage|whatsapp.AudioMessage|whatsapp.DocumentMessage|whatsapp.StickerMessage|whatsapp.LocationMessage|whatsapp.ContactsMessage|whatsapp.ReactionMessage|whatsapp.TemplateMessage|whatsapp.InteractiveMessage|whatsapp.PinMessage

---The message that is answered.
---@class whatsapp.Context
---@field message_id string|integer The message that this one answers. (1 to 128 characters)

---A text message.
---@class whatsapp.TextMessage
---@field messaging_product? "whatsapp" Filled in if absent.
---@field recipient_type? "individual"|"group" Filled in if absent.
---@field to? string|integer A phone number, a WhatsApp id or a group's id. (at least 1 character)
---@field recipient? string|integer A business-scoped user id; `to` wins where both are given. (at least 1 character)
---@field context? whatsapp.Context The message that is answered.
---@field biz_opaque_callback_data? string Your own text; status webhooks repeat it. (0 to 512 characters)
---@field recipient_identity_key_hash? string Delivered only if it is the user's current hash.
---@field message_activity_sharing? boolean Report what the user does with the message.
---@field category? "utility"|"authentication"|string For Direct Send (beta).
---@field product_policy? "CLOUD_API_FALLBACK"|"STRICT" For /marketing_messages only.
---@field type? "text" Filled in from the member that is present.
---@field text whatsapp.Text The content of the message.

---A text message.
---@class whatsapp.Text
---@field body string The text. Web addresses in it become links. (1 to 4096 characters)
---@field preview_url? boolean Show a preview of the first link. Absent: false.

---An image.
---@class whatsapp.ImageMessage
---@field messaging_product? "whatsapp" Filled in if absent.
---@field recipient_type? "individual"|"group" Filled in if absent.
---@field to? string|integer A phone number, a WhatsApp id or a group's id. (at least 1 character)
---@field recipient? string|integer A business-scoped user id; `to` wins where both are given. (at least 1 character)
---@field context? whatsapp.Context The message that is answered.
---@field biz_opaque_callback_data? string Your own text; status webhooks repeat it. (0 to 512 characters)
---@field recipient_identity_key_hash? string Delivered only if it is the user's current hash.
---@field message_activity_sharing? boolean Report what the user does with the message.
---@field category? "utility"|"authentication"|string For Direct Send (beta).
---@field product_policy? "CLOUD_API_FALLBACK"|"STRICT" For /marketing_messages only.
---@field type? "image" Filled in from the member that is present.
---@field image whatsapp.Image The content of the message.

---A JPEG or PNG of up to 5 MB.
---@class whatsapp.Image
---@field id? string|integer The id of an uploaded file. (at least 1 character)
---@field link? string The address that the API fetches the file from. (at least 1 character, an http:// or https:// link)
---@field caption? string The text below it. (0 to 1024 characters)
---@field provider? whatsapp.Provider A leftover of the On-Premises API: leave it out.

---A leftover of the On-Premises API, which the payment guides still print.
---@class whatsapp.Provider
---@field name? string The provider's name.

---A video.
---@class whatsapp.VideoMessage
---@field messaging_product? "whatsapp" Filled in if absent.
---@field recipient_type? "individual"|"group" Filled in if absent.
---@field to? string|integer A phone number, a WhatsApp id or a group's id. (at least 1 character)
---@field recipient? string|integer A business-scoped user id; `to` wins where both are given. (at least 1 character)
---@field context? whatsapp.Context The message that is answered.
---@field biz_opaque_callback_data? string Your own text; status webhooks repeat it. (0 to 512 characters)
---@field recipient_identity_key_hash? string Delivered only if it is the user's current hash.
---@field message_activity_sharing? boolean Report what the user does with the message.
---@field category? "utility"|"authentication"|string For Direct Send (beta).
---@field product_policy? "CLOUD_API_FALLBACK"|"STRICT" For /marketing_messages only.
---@field type? "video" Filled in from the member that is present.
---@field video whatsapp.Video The content of the message.

---An MP4 or 3GP of up to 16 MB.
---@class whatsapp.Video
---@field id? string|integer The id of an uploaded file. (at least 1 character)
---@field link? string The address that the API fetches the file from. (at least 1 character, an http:// or https:// link)
---@field caption? string The text below it. (0 to 1024 characters)
---@field provider? whatsapp.Provider A leftover of the On-Premises API: leave it out.

---An audio message.
---@class whatsapp.AudioMessage
---@field messaging_product? "whatsapp" Filled in if absent.
---@field recipient_type? "individual"|"group" Filled in if absent.
---@field to? string|integer A phone number, a WhatsApp id or a group's id. (at least 1 character)
---@field recipient? string|integer A business-scoped user id; `to` wins where both are given. (at least 1 character)
---@field context? whatsapp.Context The message that is answered.
---@field biz_opaque_callback_data? string Your own text; status webhooks repeat it. (0 to 512 characters)
---@field recipient_identity_key_hash? string Delivered only if it is the user's current hash.
---@field message_activity_sharing? boolean Report what the user does with the message.
---@field category? "utility"|"authentication"|string For Direct Send (beta).
---@field product_policy? "CLOUD_API_FALLBACK"|"STRICT" For /marketing_messages only.
---@field type? "audio" Filled in from the member that is present.
---@field audio whatsapp.Audio The content of the message.

---A sound of up to 16 MB.
---@class whatsapp.Audio
---@field id? string|integer The id of an uploaded file. (at least 1 character)
---@field link? string The address that the API fetches the file from. (at least 1 character, an http:// or https:// link)
---@field voice? boolean It is a voice message (OGG with the OPUS codec).
---@field caption? string Not documented here: leave it out. (0 to 1024 characters)
---@field filename? string Not documented here: leave it out.
---@field provider? whatsapp.Provider A leftover of the On-Premises API: leave it out.

---A file.
---@class whatsapp.DocumentMessage
---@field messaging_product? "whatsapp" Filled in if absent.
---@field recipient_type? "individual"|"group" Filled in if absent.
---@field to? string|integer A phone number, a WhatsApp id or a group's id. (at least 1 character)
---@field recipient? string|integer A business-scoped user id; `to` wins where both are given. (at least 1 character)
---@field context? whatsapp.Context The message that is answered.
---@field biz_opaque_callback_data? string Your own text; status webhooks repeat it. (0 to 512 characters)
---@field recipient_identity_key_hash? string Delivered only if it is the user's current hash.
---@field message_activity_sharing? boolean Report what the user does with the message.
---@field category? "utility"|"authentication"|string For Direct Send (beta).
---@field product_policy? "CLOUD_API_FALLBACK"|"STRICT" For /marketing_messages only.
---@field type? "document" Filled in from the member that is present.
---@field document whatsapp.Document The content of the message.

---A file of up to 100 MB.
---@class whatsapp.Document
---@field id? string|integer The id of an uploaded file. (at least 1 character)
---@field link? string The address that the API fetches the file from. (at least 1 character, an http:// or https:// link)
---@field caption? string The text below it. (0 to 1024 characters)
---@field filename? string Its extension decides how the document is shown. (better at most 240)
---@field provider? whatsapp.Provider A leftover of the On-Premises API: leave it out.

---A sticker.
---@class whatsapp.StickerMessage
---@field messaging_product? "whatsapp" Filled in if absent.
---@field recipient_type? "individual"|"group" Filled in if absent.
---@field to? string|integer A phone number, a WhatsApp id or a group's id. (at least 1 character)
---@field recipient? string|integer A business-scoped user id; `to` wins where both are given. (at least 1 character)
---@field context? whatsapp.Context The message that is answered.
---@field biz_opaque_callback_data? string Your own text; status webhooks repeat it. (0 to 512 characters)
---@field recipient_identity_key_hash? string Delivered only if it is the user's current hash.
---@field message_activity_sharing? boolean Report what the user does with the message.
---@field category? "utility"|"authentication"|string For Direct Send (beta).
---@field product_policy? "CLOUD_API_FALLBACK"|"STRICT" For /marketing_messages only.
---@field type? "sticker" Filled in from the member that is present.
---@field sticker whatsapp.Sticker The content of the message.

---A WebP of 512 by 512 pixels.
---@class whatsapp.Sticker
---@field id? string|integer The id of an uploaded file. (at least 1 character)
---@field link? string The address that the API fetches the file from. (at least 1 character, an http:// or https:// link)

---A place.
---@class whatsapp.LocationMessage
---@field messaging_product? "whatsapp" Filled in if absent.
---@field recipient_type? "individual"|"group" Filled in if absent.
---@field to? string|integer A phone number, a WhatsApp id or a group's id. (at least 1 character)
---@field recipient? string|integer A business-scoped user id; `to` wins where both are given. (at least 1 character)
---@field context? whatsapp.Context The message that is answered.
---@field biz_opaque_callback_data? string Your own text; status webhooks repeat it. (0 to 512 characters)
---@field recipient_identity_key_hash? string Delivered only if it is the user's current hash.
---@field message_activity_sharing? boolean Report what the user does with the message.
---@field category? "utility"|"authentication"|string For Direct Send (beta).
---@field product_policy? "CLOUD_API_FALLBACK"|"STRICT" For /marketing_messages only.
---@field type? "location" Filled in from the member that is present.
---@field location whatsapp.Location The content of the message.

---A place.
---@class whatsapp.Location
---@field latitude number|string Degrees, as a number or a string. (at least 1 character)
---@field longitude number|string Degrees, as a number or a string. (at least 1 character)
---@field name? string The place's name. (better at most 100)
---@field address? string The place's address; shown if there is a name. (better at most 300)

---Contact cards.
---@class whatsapp.ContactsMessage
---@field messaging_product? "whatsapp" Filled in if absent.
---@field recipient_type? "individual"|"group" Filled in if absent.
---@field to? string|integer A phone number, a WhatsApp id or a group's id. (at least 1 character)
---@field recipient? string|integer A business-scoped user id; `to` wins where both are given. (at least 1 character)
---@field context? whatsapp.Context The message that is answered.
---@field biz_opaque_callback_data? string Your own text; status webhooks repeat it. (0 to 512 characters)
---@field recipient_identity_key_hash? string Delivered only if it is the user's current hash.
---@field message_activity_sharing? boolean Report what the user does with the message.
---@field category? "utility"|"authentication"|string For Direct Send (beta).
---@field product_policy? "CLOUD_API_FALLBACK"|"STRICT" For /marketing_messages only.
---@field type? "contacts" Filled in from the member that is present.
---@field contacts whatsapp.Contact[] The cards. (at least 1 item, better at most 257)

---A contact card.
---@class whatsapp.Contact
---@field name whatsapp.ContactName The names of the contact.
---@field birthday? string YYYY-MM-DD. (a date as YYYY-MM-DD)
---@field phones? whatsapp.ContactPhone[] Phone numbers.
---@field emails? whatsapp.ContactEmail[] E-mail addresses.
---@field urls? whatsapp.ContactUrl[] Web addresses.
---@field addresses? whatsapp.ContactAddress[] Postal addresses.
---@field org? whatsapp.ContactOrganization The company of the contact.

---The names of a contact.
---@class whatsapp.ContactName
---@field formatted_name string The whole name. (at least 1 character)
---@field first_name? string The first name.
---@field last_name? string The last name.
---@field middle_name? string The middle name.
---@field suffix? string A suffix of the name.
---@field prefix? string A prefix of the name.

---A phone number of a contact.
---@class whatsapp.ContactPhone
---@field phone? string|integer The number as it is shown.
---@field wa_id? string|integer The WhatsApp id; without it the app offers to invite the contact.
---@field type? string HOME, WORK or any other word.

---An e-mail address of a contact.
---@class whatsapp.ContactEmail
---@field email? string The address.
---@field type? string HOME, WORK or any other word.

---A web address of a contact.
---@class whatsapp.ContactUrl
---@field url? string The address.
---@field type? string HOME, WORK or any other word.

---A postal address of a contact.
---@class whatsapp.ContactAddress
---@field street? string Street and number.
---@field city? string The city.
---@field state? string The state.
---@field zip? string|integer The postal code.
---@field country? string The country's name.
---@field country_code? string Two letters.
---@field type? string HOME, WORK or any other word.

---The company of a contact.
---@class whatsapp.ContactOrganization
---@field company? string The company.
---@field department? string The department.
---@field title? string The contact's job title.

---An emoji on a message.
---@class whatsapp.ReactionMessage
---@field messaging_product? "whatsapp" Filled in if absent.
---@field recipient_type? "individual"|"group" Filled in if absent.
---@field to? string|integer A phone number, a WhatsApp id or a group's id. (at least 1 character)
---@field recipient? string|integer A business-scoped user id; `to` wins where both are given. (at least 1 character)
---@field biz_opaque_callback_data? string Your own text; status webhooks repeat it. (0 to 512 characters)
---@field recipient_identity_key_hash? string Delivered only if it is the user's current hash.
---@field message_activity_sharing? boolean Report what the user does with the message.
---@field category? "utility"|"authentication"|string For Direct Send (beta).
---@field product_policy? "CLOUD_API_FALLBACK"|"STRICT" For /marketing_messages only.
---@field type? "reaction" Filled in from the member that is present.
---@field reaction whatsapp.Reaction The content of the message.

---An emoji on a message.
---@class whatsapp.Reaction
---@field message_id string|integer The message reacted to; not older than 30 days. (1 to 128 characters)
---@field emoji string One emoji; the empty string takes the reaction back.

---A template message.
---@class whatsapp.TemplateMessage
---@field messaging_product? "whatsapp" Filled in if absent.
---@field recipient_type? "individual"|"group" Filled in if absent.
---@field to? string|integer A phone number, a WhatsApp id or a group's id. (at least 1 character)
---@field recipient? string|integer A business-scoped user id; `to` wins where both are given. (at least 1 character)
---@field context? whatsapp.Context The message that is answered.
---@field biz_opaque_callback_data? string Your own text; status webhooks repeat it. (0 to 512 characters)
---@field recipient_identity_key_hash? string Delivered only if it is the user's current hash.
---@field message_activity_sharing? boolean Report what the user does with the message.
---@field category? "utility"|"authentication"|string For Direct Send (beta).
---@field product_policy? "CLOUD_API_FALLBACK"|"STRICT" For /marketing_messages only.
---@field type? "template" Filled in from the member that is present.
---@field template whatsapp.Template The content of the message.

---A message that was written before and approved.
---@class whatsapp.Template
---@field name string The template's name. (1 to 512 characters)
---@field language whatsapp.Language The template's language.
---@field components? whatsapp.Component[] Values for the template's variables.

---The template's language.
---@class whatsapp.Language
---@field policy? "deterministic" Always deterministic.
---@field code string Such as en or en_US. (at least 1 character)

---Values for a part of a template.
---@alias whatsapp.Component whatsapp.HeaderComponent|whatsapp.BodyComponent|whatsapp.ButtonComponent|whatsapp.CarouselComponent|whatsapp.LimitedTimeOfferComponent|whatsapp.TapTargetComponent|whatsapp.OrderStatusComponent

---Values for the header.
---@class whatsapp.HeaderComponent
---@field type "header" The part of the template.
---@field parameters? whatsapp.HeaderParameter[] A value for each variable, in the template's order or by name.

---A value for a template's header.
---@alias whatsapp.HeaderParameter whatsapp.HeaderTextParameter|whatsapp.CurrencyParameter|whatsapp.DateTimeParameter|whatsapp.ImageParameter|whatsapp.VideoParameter|whatsapp.GifParameter|whatsapp.DocumentParameter|whatsapp.LocationParameter|whatsapp.ProductParameter

---A text in a header.
---@class whatsapp.HeaderTextParameter
---@field type "text" The name of the member that it has.
---@field parameter_name? string In a template with named parameters. (at least 1 character)
---@field text string The text. (1 to 60 characters, one line without tabs and without more than 4 spaces in a row)

---An amount of money.
---@class whatsapp.CurrencyParameter
---@field type "currency" The name of the member that it has.
---@field parameter_name? string In a template with named parameters. (at least 1 character)
---@field currency whatsapp.Currency The amount.

---An amount of money.
---@class whatsapp.Currency
---@field fallback_value string The text that is shown if the amount cannot be localised. (at least 1 character)
---@field code string ISO 4217, three letters. (at least 1 character)
---@field amount_1000 integer The amount times 1000.

---A date.
---@class whatsapp.DateTimeParameter
---@field type "date_time" The name of the member that it has.
---@field parameter_name? string In a template with named parameters. (at least 1 character)
---@field date_time whatsapp.DateTime The date.

---A date.
---@class whatsapp.DateTime
---@field fallback_value string The text that is shown. (at least 1 character)
---@field day_of_week? integer|string Accepted and ignored.
---@field year? integer|string Accepted and ignored.
---@field month? integer|string Accepted and ignored.
---@field day_of_month? integer|string Accepted and ignored.
---@field hour? integer|string Accepted and ignored.
---@field minute? integer|string Accepted and ignored.
---@field calendar? string Accepted and ignored.
---@field timestamp? integer|string Accepted and ignored.

---An image in a header.
---@class whatsapp.ImageParameter
---@field type "image" The name of the member that it has.
---@field parameter_name? string In a template with named parameters. (at least 1 character)
---@field image whatsapp.Media The image.

---An image, a video or a GIF in a header or a parameter.
---@class whatsapp.Media
---@field id? string|integer The id of an uploaded file. (at least 1 character)
---@field link? string The address that the API fetches the file from. (at least 1 character, an http:// or https:// link)
---@field caption? string Not documented here: leave it out. (0 to 1024 characters)
---@field provider? whatsapp.Provider A leftover of the On-Premises API: leave it out.

---A video in a header.
---@class whatsapp.VideoParameter
---@field type "video" The name of the member that it has.
---@field parameter_name? string In a template with named parameters. (at least 1 character)
---@field video whatsapp.Media The video.

---A GIF in a header.
---@class whatsapp.GifParameter
---@field type "gif" The name of the member that it has.
---@field parameter_name? string In a template with named parameters. (at least 1 character)
---@field gif whatsapp.Media The GIF, as an MP4.

---A PDF in a header.
---@class whatsapp.DocumentParameter
---@field type "document" The name of the member that it has.
---@field parameter_name? string In a template with named parameters. (at least 1 character)
---@field document whatsapp.MediaDocument The document.

---A document in a header or a parameter.
---@class whatsapp.MediaDocument
---@field id? string|integer The id of an uploaded file. (at least 1 character)
---@field link? string The address that the API fetches the file from. (at least 1 character, an http:// or https:// link)
---@field filename? string Its extension decides how the document is shown. (better at most 240)
---@field caption? string Not documented here: leave it out. (0 to 1024 characters)
---@field provider? whatsapp.Provider A leftover of the On-Premises API: leave it out.

---A place in a header.
---@class whatsapp.LocationParameter
---@field type "location" The name of the member that it has.
---@field parameter_name? string In a template with named parameters. (at least 1 character)
---@field location whatsapp.Location The place.

---A product in a header.
---@class whatsapp.ProductParameter
---@field type "product" The name of the member that it has.
---@field parameter_name? string In a template with named parameters. (at least 1 character)
---@field product whatsapp.ProductReference The product.

---A product.
---@class whatsapp.ProductReference
---@field product_retailer_id string|integer The product's id in the catalog. (at least 1 character)
---@field catalog_id string|integer The catalog. (at least 1 character)

---Values for the body.
---@class whatsapp.BodyComponent
---@field type "body" The part of the template.
---@field parameters? whatsapp.BodyParameter[] A value for each variable, in the template's order or by name.

---A value for a template's body.
---@alias whatsapp.BodyParameter whatsapp.BodyTextParameter|whatsapp.CurrencyParameter|whatsapp.DateTimeParameter

---A text in a body.
---@class whatsapp.BodyTextParameter
---@field type "text" The name of the member that it has.
---@field parameter_name? string In a template with named parameters. (at least 1 character)
---@field text string The text. (1 to 32768 characters, better at most 1024, one line without tabs and without more than 4 spaces in a row)

---Values for a button.
---@alias whatsapp.ButtonComponent whatsapp.QuickReplyComponent|whatsapp.UrlComponent|whatsapp.CopyCodeComponent|whatsapp.CatalogComponent|whatsapp.ProductsComponent|whatsapp.FlowComponent|whatsapp.OrderDetailsComponent|whatsapp.VoiceCallComponent|whatsapp.PhoneNumberComponent

---A button that answers.
---@class whatsapp.QuickReplyComponent
---@field type "button" The part of the template.
---@field sub_type "quick_reply" The button's kind.
---@field index? integer|string Its place among the buttons, from 0. (0 to 9)
---@field parameters? whatsapp.QuickReplyParameter[] A value for each variable, in the template's order or by name.

---A value for a template's button.
---@alias whatsapp.QuickReplyParameter whatsapp.PayloadParameter|whatsapp.LabelParameter

---The payload of a button.
---@class whatsapp.PayloadParameter
---@field type "payload" The name of the member that it has.
---@field parameter_name? string In a template with named parameters. (at least 1 character)
---@field payload string The webhook repeats it when the button is pressed. (at least 1 character, better at most 256)

---The text of a button; a payload is better.
---@class whatsapp.LabelParameter
---@field type "text" The name of the member that it has.
---@field parameter_name? string In a template with named parameters. (at least 1 character)
---@field text string|boolean The text.

---A button that opens a link.
---@class whatsapp.UrlComponent
---@field type "button" The part of the template.
---@field sub_type "url" The button's kind.
---@field index? integer|string Its place among the buttons, from 0. (0 to 9)
---@field parameters? whatsapp.UrlButtonParameter[] A value for each variable, in the template's order or by name.

---A value for a template's button.
---@alias whatsapp.UrlButtonParameter whatsapp.UrlParameter|whatsapp.PayloadParameter

---The end of a button's address.
---@class whatsapp.UrlParameter
---@field type "text" The name of the member that it has.
---@field parameter_name? string In a template with named parameters. (at least 1 character)
---@field text string Appended to the template's address. (at least 1 character)
---@field payment_link_preview? boolean Show a preview of a payment link (India).

---A button that copies a code.
---@class whatsapp.CopyCodeComponent
---@field type "button" The part of the template.
---@field sub_type "copy_code" The button's kind.
---@field index? integer|string Its place among the buttons, from 0. (0 to 9)
---@field parameters? whatsapp.CopyCodeParameter[] A value for each variable, in the template's order or by name.

---A value for a template's button.
---@alias whatsapp.CopyCodeParameter whatsapp.CouponParameter

---The code that a button copies.
---@class whatsapp.CouponParameter
---@field type "coupon_code" The name of the member that it has.
---@field parameter_name? string In a template with named parameters. (at least 1 character)
---@field coupon_code string The code. (1 to 15 characters)

---A button that opens the catalog.
---@class whatsapp.CatalogComponent
---@field type "button" The part of the template.
---@field sub_type "catalog" The button's kind.
---@field index? integer|string Its place among the buttons, from 0. (0 to 9)
---@field parameters? whatsapp.CatalogButtonParameter[] A value for each variable, in the template's order or by name.

---A value for a template's button.
---@alias whatsapp.CatalogButtonParameter whatsapp.CatalogParameter

---A catalog button's image.
---@class whatsapp.CatalogParameter
---@field type "action" The name of the member that it has.
---@field parameter_name? string In a template with named parameters. (at least 1 character)
---@field action whatsapp.ThumbnailAction The image.

---The image of a catalog button.
---@class whatsapp.ThumbnailAction
---@field thumbnail_product_retailer_id? string|integer The product whose image is shown. (at least 1 character)

---A button that opens products.
---@class whatsapp.ProductsComponent
---@field type "button" The part of the template.
---@field sub_type "mpm" The button's kind.
---@field index? integer|string Its place among the buttons, from 0. (0 to 9)
---@field parameters? whatsapp.ProductsButtonParameter[] A value for each variable, in the template's order or by name.

---A value for a template's button.
---@alias whatsapp.ProductsButtonParameter whatsapp.ProductsParameter

---A products button's products.
---@class whatsapp.ProductsParameter
---@field type "action" The name of the member that it has.
---@field parameter_name? string In a template with named parameters. (at least 1 character)
---@field action whatsapp.ProductsAction The products.

---The products of a button.
---@class whatsapp.ProductsAction
---@field thumbnail_product_retailer_id? string|integer The product whose image is shown. (at least 1 character)
---@field sections whatsapp.ProductSection[] Products under titles; at most 30 together. (1 to 10 items, at most 30 in its lists together)

---Products under a title.
---@class whatsapp.ProductSection
---@field title? string Required if there are several sections. (0 to 24 characters)
---@field product_items whatsapp.ProductItem[] The products. (1 to 30 items)

---A product of a section.
---@class whatsapp.ProductItem
---@field product_retailer_id string|integer The product's id in the catalog. (at least 1 character)

---A button that opens a flow.
---@class whatsapp.FlowComponent
---@field type "button" The part of the template.
---@field sub_type "flow" The button's kind.
---@field index? integer|string Its place among the buttons, from 0. (0 to 9)
---@field parameters? whatsapp.FlowButtonParameter[] A value for each variable, in the template's order or by name.

---A value for a template's button.
---@alias whatsapp.FlowButtonParameter whatsapp.FlowParameter

---The flow of a button.
---@class whatsapp.FlowParameter
---@field type "action" The name of the member that it has.
---@field parameter_name? string In a template with named parameters. (at least 1 character)
---@field action whatsapp.FlowButtonAction The way it opens.

---The data of a flow that opens.
---@class whatsapp.FlowButtonAction
---@field flow_token? string Your own name for this use of the flow.
---@field flow_action_data? table<string, any> Your own data, sent as it is.

---A button that pays an order.
---@class whatsapp.OrderDetailsComponent
---@field type "button" The part of the template.
---@field sub_type "order_details" The button's kind.
---@field index? integer|string Its place among the buttons, from 0. (0 to 9)
---@field parameters? whatsapp.OrderButtonParameter[] A value for each variable, in the template's order or by name.

---A value for a template's button.
---@alias whatsapp.OrderButtonParameter whatsapp.OrderParameter

---The order that a button pays.
---@class whatsapp.OrderParameter
---@field type "action" The name of the member that it has.
---@field parameter_name? string In a template with named parameters. (at least 1 character)
---@field action whatsapp.OrderButtonAction The order.

---The order of a button.
---@class whatsapp.OrderButtonAction
---@field order_details whatsapp.OrderDetails The order.

---An order and how it can be paid.
---@class whatsapp.OrderDetails
---@field reference_id string|integer Your own id of the order, used once. (at least 1 character, better at most 60)
---@field type? "digital-goods"|"physical-goods"|string The kind of goods.
---@field currency? "INR"|"BRL"|string The currency.
---@field total_amount? whatsapp.Amount Subtotal, tax and shipping less discount.
---@field payment_type? string|integer br in Brazil.
---@field payment_configuration? string|integer As set up (UPI, older). (0 to 60 characters)
---@field payment_settings? whatsapp.PaymentSetting[] Ways to pay.
---@field preferred_payment_methods? whatsapp.PaymentMethod[] Ways to pay that are shown first.
---@field beneficiaries? whatsapp.Beneficiary[] A receiver of shipped goods (India).
---@field shipping_info? whatsapp.ShippingInfo The shipping address.
---@field order whatsapp.Order The order.

---An amount of money.
---@class whatsapp.Amount
---@field value? integer The amount times the offset.
---@field offset? integer Always 100. (100 to 100)

---A way to pay.
---@class whatsapp.PaymentSetting
---@field type? "payment_gateway"|"upi_intent_link"|"payment_link"|"pix_dynamic_code"|"boleto"|"offsite_card_pay"|string The name of the member that it has.
---@field payment_gateway? whatsapp.PaymentGateway A gateway.
---@field upi_intent_link? whatsapp.UpiIntentLink A UPI link.
---@field payment_link? whatsapp.PaymentLink A payment link.
---@field pix_dynamic_code? whatsapp.PixDynamicCode A Pix code.
---@field boleto? whatsapp.Boleto A boleto.
---@field offsite_card_pay? whatsapp.OffsiteCardPay A stored card.

---Pays through a gateway.
---@class whatsapp.PaymentGateway
---@field type? "billdesk"|"razorpay"|"payu"|"zaakpay"|"ccavenue"|"cashfree"|string The gateway.
---@field configuration_name? string|integer As set up in the business manager. (0 to 60 characters)
---@field razorpay? whatsapp.Razorpay For Razorpay.
---@field payu? whatsapp.Payu For PayU.
---@field zaakpay? whatsapp.Zaakpay For Zaakpay.
---@field billdesk? whatsapp.Billdesk For BillDesk.
---@field ccavenue? table<string, any> For CCAvenue.
---@field cashfree? table<string, any> For Cashfree.
---@field enabled_payment_options? string[] Ways to pay.
---@field encrypted_payment_gateway_data? string|integer Encrypted data for the gateway.

---For Razorpay.
---@class whatsapp.Razorpay
---@field receipt? string|integer A receipt's number. (0 to 40 characters)
---@field notes? table<string, any> Your own notes.
---@field encrypted_payment_gateway_data? string|integer Encrypted data for the gateway.

---For PayU.
---@class whatsapp.Payu
---@field udf1? string|integer Your own data. (0 to 255 characters)
---@field udf2? string|integer Your own data. (0 to 255 characters)
---@field udf3? string|integer Your own data. (0 to 255 characters)
---@field udf4? string|integer Your own data. (0 to 255 characters)
---@field encrypted_payment_gateway_data? string|integer Encrypted data for the gateway.

---For Zaakpay.
---@class whatsapp.Zaakpay
---@field extra1? string|integer Your own data. (0 to 180 characters)
---@field extra2? string|integer Your own data. (0 to 180 characters)

---For BillDesk.
---@class whatsapp.Billdesk
---@field additional_info1? string|integer Your own data. (0 to 120 characters)
---@field additional_info2? string|integer Your own data. (0 to 120 characters)
---@field additional_info3? string|integer Your own data. (0 to 120 characters)
---@field additional_info4? string|integer Your own data. (0 to 120 characters)
---@field additional_info5? string|integer Your own data. (0 to 120 characters)
---@field additional_info6? string|integer Your own data. (0 to 120 characters)
---@field additional_info7? string|integer Your own data. (0 to 120 characters)

---Pays through a UPI link.
---@class whatsapp.UpiIntentLink
---@field link? string|integer The link.

---Pays through a link.
---@class whatsapp.PaymentLink
---@field uri? string|integer The link.

---Pays through Pix.
---@class whatsapp.PixDynamicCode
---@field code? string|integer The Pix code.
---@field merchant_name? string|integer The name of the payee.
---@field key? string|integer The Pix key.
---@field key_type? "CPF"|"CNPJ"|"EMAIL"|"PHONE"|"EVP"|string The key's kind.

---Pays through a boleto.
---@class whatsapp.Boleto
---@field digitable_line? string|integer The boleto's line of digits.

---Pays with a stored card.
---@class whatsapp.OffsiteCardPay
---@field last_four_digits? string|integer A detail of the card.
---@field credential_id? string|integer A detail of the card.

---A way to pay that is preferred.
---@class whatsapp.PaymentMethod
---@field method? "gpay"|"phonepe"|"paytm"|"amazonpay"|"cred"|"mobikwik"|string The app that pays.

---A receiver of shipped goods (India).
---@class whatsapp.Beneficiary
---@field name? string|integer The name. (0 to 200 characters)
---@field address_line1? string|integer The address. (0 to 100 characters)
---@field address_line2? string|integer The address. (0 to 100 characters)
---@field city? string|integer The city.
---@field state? string|integer The state.
---@field country? string|integer The country.
---@field postal_code? string|integer The postal code. (0 to 6 characters)

---The shipping address.
---@class whatsapp.ShippingInfo
---@field country? string|integer Two letters.
---@field addresses? whatsapp.AddressValues[] Addresses to choose from.

---The parts of a delivery address.
---@class whatsapp.AddressValues
---@field name? string The name of the receiver.
---@field phone_number? string|integer The receiver's phone number.
---@field in_pin_code? string|integer The postal code in India. (0 to 6 characters)
---@field sg_post_code? string|integer The postal code in Singapore. (0 to 6 characters)
---@field house_number? string|integer The house.
---@field floor_number? string|integer The floor.
---@field tower_number? string|integer The tower.
---@field building_name? string The building.
---@field address? string The address.
---@field landmark_area? string A landmark near it.
---@field unit_number? string|integer The unit.
---@field city? string The city.
---@field state? string The state.

---The order.
---@class whatsapp.Order
---@field status? "pending"|string The state.
---@field type? "quick_pay"|string Only of a quick payment.
---@field catalog_id? string|integer The catalog.
---@field expiration? whatsapp.OrderExpiration The end of the order.
---@field items? whatsapp.OrderItem[] Its lines. (at least 1 item)
---@field subtotal? whatsapp.Amount The sum of the lines.
---@field tax? whatsapp.DescribedAmount The tax.
---@field shipping? whatsapp.DescribedAmount The cost of shipping.
---@field discount? whatsapp.Discount A discount.

---The end of the order.
---@class whatsapp.OrderExpiration
---@field timestamp? string|integer Seconds since 1970 in UTC, at least 300 ahead.
---@field description? string|integer The text at that time. (0 to 120 characters)

---A line of an order.
---@class whatsapp.OrderItem
---@field retailer_id? string|integer The item's id; needed in Brazil.
---@field name? string|integer The name. (0 to 60 characters)
---@field image? whatsapp.OrderItemImage Its picture.
---@field amount? whatsapp.Amount Its price.
---@field sale_amount? whatsapp.Amount Its price on sale.
---@field quantity? integer The number of pieces. (at least 1)
---@field country_of_origin? string|integer The origin.
---@field importer_name? string|integer The name of the importer.
---@field importer_address? whatsapp.ImporterAddress The address of the importer.

---The picture of an item.
---@class whatsapp.OrderItemImage
---@field link? string|integer The address of the picture.

---The address of an item's importer.
---@class whatsapp.ImporterAddress
---@field address_line1? string|integer The address.
---@field address_line2? string|integer The address.
---@field city? string|integer The city.
---@field zone_code? string|integer The zone.
---@field postal_code? string|integer The postal code.
---@field country_code? string|integer Two letters.

---An amount of money with a description.
---@class whatsapp.DescribedAmount
---@field value? integer The amount times the offset.
---@field offset? integer Always 100. (100 to 100)
---@field description? string|integer A description. (0 to 60 characters)

---A discount.
---@class whatsapp.Discount
---@field value? integer The amount times the offset.
---@field offset? integer Always 100. (100 to 100)
---@field description? string|integer A description. (0 to 60 characters)
---@field discount_program_name? string|integer The origin. (0 to 60 characters)

---A button that calls the business.
---@class whatsapp.VoiceCallComponent
---@field type "button" The part of the template.
---@field sub_type "voice_call" The button's kind.
---@field index? integer|string Its place among the buttons, from 0. (0 to 9)
---@field parameters? whatsapp.VoiceCallParameter[] A value for each variable, in the template's order or by name.

---A value for a template's button.
---@alias whatsapp.VoiceCallParameter whatsapp.CallPayloadParameter|whatsapp.TtlParameter

---The payload of a call button.
---@class whatsapp.CallPayloadParameter
---@field type "payload" The name of the member that it has.
---@field parameter_name? string In a template with named parameters. (at least 1 character)
---@field payload string The webhook repeats it when the user calls. (1 to 512 characters)

---The time that a call button works.
---@class whatsapp.TtlParameter
---@field type "ttl_minutes" The name of the member that it has.
---@field parameter_name? string In a template with named parameters. (at least 1 character)
---@field ttl_minutes integer Minutes the button works. (1 to 43200)

---A button that calls a number.
---@class whatsapp.PhoneNumberComponent
---@field type "button" The part of the template.
---@field sub_type "phone_number" The button's kind.
---@field index? integer|string Its place among the buttons, from 0. (0 to 9)
---@field parameters? whatsapp.PhoneNumberParameter[] A value for each variable, in the template's order or by name.

---A value for a template's button.
---@alias whatsapp.PhoneNumberParameter whatsapp.LabelParameter|whatsapp.PayloadParameter

---Values for the cards.
---@class whatsapp.CarouselComponent
---@field type "carousel" The part of the template.
---@field cards whatsapp.TemplateCard[] The cards; as many as the template has. (1 to 10 items)

---Values for a card.
---@class whatsapp.TemplateCard
---@field card_index integer Its place, from 0. (0 to 9, unique)
---@field components whatsapp.CardComponent[] Values for its parts.

---Values for a part of a card.
---@alias whatsapp.CardComponent whatsapp.HeaderComponent|whatsapp.BodyComponent|whatsapp.ButtonComponent

---The end of an offer.
---@class whatsapp.LimitedTimeOfferComponent
---@field type "limited_time_offer" The part of the template.
---@field parameters whatsapp.LimitedTimeOfferParameter[] A value for each variable, in the template's order or by name. (1 to 1 items)

---The end of an offer.
---@class whatsapp.LimitedTimeOfferParameter
---@field type "limited_time_offer" The type.
---@field limited_time_offer whatsapp.LimitedTimeOffer The end of the offer.

---The end of an offer.
---@class whatsapp.LimitedTimeOffer
---@field expiration_time_ms integer Milliseconds since 1970.

---Another title for a link.
---@class whatsapp.TapTargetComponent
---@field type "tap_target_configuration" The part of the template.
---@field parameters whatsapp.TapTargetParameter[] A value for each variable, in the template's order or by name. (1 to 1 items)

---Another title for a link.
---@class whatsapp.TapTargetParameter
---@field type "tap_target_configuration" The type.
---@field tap_target_configuration whatsapp.TapTarget[] A list with one item. (1 to 1 items)

---A link and its title.
---@class whatsapp.TapTarget
---@field url string The address that opens. (at least 1 character)
---@field title string The text that is shown. (at least 1 character)

---The new state of an order.
---@class whatsapp.OrderStatusComponent
---@field type "order_status" The part of the template.
---@field parameters whatsapp.OrderStatusParameter[] A value for each variable, in the template's order or by name. (1 to 1 items)

---The new state of an order.
---@class whatsapp.OrderStatusParameter
---@field type "order_status" The type.
---@field order_status whatsapp.OrderStatus The new state.

---The new state of an order.
---@class whatsapp.OrderStatus
---@field reference_id string|integer The reference_id of the order's details. (at least 1 character)
---@field order? whatsapp.OrderState The state of the order.
---@field payment? whatsapp.PaymentState The state of the payment.

---The state of an order.
---@class whatsapp.OrderState
---@field status "pending"|"processing"|"partially_shipped"|"partially-shipped"|"shipped"|"completed"|"canceled"|string The state.
---@field description? string A remark. (0 to 120 characters)

---The state of a payment (Brazil).
---@class whatsapp.PaymentState
---@field status "pending"|"captured"|"failed"|string The state.
---@field timestamp? integer Seconds since 1970 in UTC.

---A message with buttons or the like.
---@class whatsapp.InteractiveMessage
---@field messaging_product? "whatsapp" Filled in if absent.
---@field recipient_type? "individual"|"group" Filled in if absent.
---@field to? string|integer A phone number, a WhatsApp id or a group's id. (at least 1 character)
---@field recipient? string|integer A business-scoped user id; `to` wins where both are given. (at least 1 character)
---@field context? whatsapp.Context The message that is answered.
---@field biz_opaque_callback_data? string Your own text; status webhooks repeat it. (0 to 512 characters)
---@field recipient_identity_key_hash? string Delivered only if it is the user's current hash.
---@field message_activity_sharing? boolean Report what the user does with the message.
---@field category? "utility"|"authentication"|string For Direct Send (beta).
---@field product_policy? "CLOUD_API_FALLBACK"|"STRICT" For /marketing_messages only.
---@field type? "interactive" Filled in from the member that is present.
---@field interactive whatsapp.Interactive The content of the message.
---@field interactive? table<string, any> The content, sent as it is.

---A message with something to press.
---@alias whatsapp.Interactive whatsapp.InteractiveButton|whatsapp.InteractiveList|whatsapp.InteractiveProduct|whatsapp.InteractiveProductList|whatsapp.InteractiveCatalog|whatsapp.InteractiveFlow|whatsapp.InteractiveCtaUrl|whatsapp.InteractiveLocationRequest|whatsapp.InteractiveContactRequest|whatsapp.InteractiveCallPermission|whatsapp.InteractiveVoiceCall|whatsapp.InteractiveAddress|whatsapp.InteractiveCarousel|whatsapp.InteractiveOrderDetails|whatsapp.InteractiveOrderStatus

---Reply buttons.
---@class whatsapp.InteractiveButton
---@field type "button" The type of the interactive message.
---@field header? whatsapp.Header The header, above the body.
---@field body whatsapp.Body The text of the message.
---@field footer? whatsapp.Footer A small text below the body.
---@field action whatsapp.ButtonAction The actions of the user.

---The header, above the body.
---@alias whatsapp.Header whatsapp.HeaderText|whatsapp.HeaderImage|whatsapp.HeaderVideo|whatsapp.HeaderDocument|whatsapp.HeaderGif

---A text above the body.
---@class whatsapp.HeaderText
---@field type "text" The name of the member that it has.
---@field sub_text? string A second line. (0 to 60 characters)
---@field text string The text; markdown is not formatted. (1 to 60 characters)

---An image above the body.
---@class whatsapp.HeaderImage
---@field type "image" The name of the member that it has.
---@field sub_text? string A second line. (0 to 60 characters)
---@field image whatsapp.Media The image.

---A video above the body.
---@class whatsapp.HeaderVideo
---@field type "video" The name of the member that it has.
---@field sub_text? string A second line. (0 to 60 characters)
---@field video whatsapp.Media The video.

---A document above the body.
---@class whatsapp.HeaderDocument
---@field type "document" The name of the member that it has.
---@field sub_text? string A second line. (0 to 60 characters)
---@field document whatsapp.MediaDocument The document.

---A GIF above the body.
---@class whatsapp.HeaderGif
---@field type "gif" The name of the member that it has.
---@field sub_text? string A second line. (0 to 60 characters)
---@field gif whatsapp.Media The GIF, as an MP4.

---The text of the message.
---@class whatsapp.Body
---@field text string The text. (1 to 1024 characters)

---A small text below the body.
---@class whatsapp.Footer
---@field text string The text. (0 to 60 characters)

---Up to three reply buttons.
---@class whatsapp.ButtonAction
---@field buttons whatsapp.ReplyButton[] The buttons. (1 to 3 items)

---A button that answers.
---@class whatsapp.ReplyButton
---@field type "reply" The button's kind.
---@field reply whatsapp.Reply Its title and its id.

---The title of a reply button, and its id.
---@class whatsapp.Reply
---@field id string|integer The webhook repeats it when the button is pressed. (1 to 256 characters, without spaces at its ends, unique)
---@field title string The title of the button; markdown is not formatted. (1 to 20 characters, unique)

---A list to choose from.
---@class whatsapp.InteractiveList
---@field type "list" The type of the interactive message.
---@field header? whatsapp.TextHeader The header, above the body.
---@field body whatsapp.ListBody The text of the message.
---@field footer? whatsapp.Footer A small text below the body.
---@field action whatsapp.ListAction The actions of the user.

---A text above the body.
---@alias whatsapp.TextHeader whatsapp.HeaderText

---The text of a list message.
---@class whatsapp.ListBody
---@field text string The text. (1 to 4096 characters, better at most 1024)

---A list behind a button.
---@class whatsapp.ListAction
---@field button string The title of the button that opens the list. (1 to 20 characters)
---@field sections whatsapp.Section[] The sections; they have at most 10 rows together. (1 to 10 items, at most 10 in its lists together)

---A part of a list.
---@class whatsapp.Section
---@field title? string Required if there are several sections. (0 to 24 characters)
---@field rows whatsapp.Row[] Its lines. (1 to 10 items)

---A line of a list.
---@class whatsapp.Row
---@field id string|integer The webhook repeats it when the line is chosen. (1 to 200 characters)
---@field title string The title of the line. (1 to 24 characters)
---@field description? string A small text below the title. (0 to 72 characters)

---One product.
---@class whatsapp.InteractiveProduct
---@field type "product" The type of the interactive message.
---@field body? whatsapp.Body The text of the message.
---@field footer? whatsapp.Footer A small text below the body.
---@field action whatsapp.ProductAction The actions of the user.

---The product.
---@class whatsapp.ProductAction
---@field catalog_id string|integer The catalog. (at least 1 character)
---@field product_retailer_id string|integer The product's id in the catalog. (at least 1 character)

---Up to thirty products.
---@class whatsapp.InteractiveProductList
---@field type "product_list" The type of the interactive message.
---@field header whatsapp.TextHeader The header, above the body.
---@field body whatsapp.Body The text of the message.
---@field footer? whatsapp.Footer A small text below the body.
---@field action whatsapp.ProductListAction The actions of the user.

---The products.
---@class whatsapp.ProductListAction
---@field catalog_id string|integer The catalog. (at least 1 character)
---@field sections whatsapp.ProductSection[] Products under titles; at most 30 together. (1 to 10 items, at most 30 in its lists together)

---The whole catalog.
---@class whatsapp.InteractiveCatalog
---@field type "catalog_message" The type of the interactive message.
---@field header? whatsapp.Header No documented example has it.
---@field body whatsapp.Body The text of the message.
---@field footer? whatsapp.Footer A small text below the body.
---@field action whatsapp.CatalogAction The actions of the user.

---Opens the catalog.
---@class whatsapp.CatalogAction
---@field name "catalog_message" The action's name.
---@field parameters? whatsapp.CatalogParameters The look of the catalog.

---The look of the catalog.
---@class whatsapp.CatalogParameters
---@field thumbnail_product_retailer_id? string|integer The product whose image is shown. (at least 1 character)

---A button that opens a flow.
---@class whatsapp.InteractiveFlow
---@field type "flow" The type of the interactive message.
---@field header? whatsapp.Header The header, above the body.
---@field body whatsapp.Body The text of the message.
---@field footer? whatsapp.Footer A small text below the body.
---@field action whatsapp.FlowAction The actions of the user.

---Opens a flow.
---@class whatsapp.FlowAction
---@field name "flow" The action's name.
---@field parameters whatsapp.FlowParameters The parameters of the action.

---The flow, and how it opens.
---@class whatsapp.FlowParameters
---@field flow_message_version "3"|string The format's version.
---@field flow_id? string|integer The flow; or its name. (at least 1 character)
---@field flow_name? string The flow's name; or its id. (at least 1 character)
---@field flow_cta string The title of the button. (at least 1 character, better at most 20)
---@field mode? "draft"|"published" The state of the flow. Absent: published.
---@field flow_token? string Your own name for this use of the flow. Absent: "unused".
---@field flow_action? "navigate"|"data_exchange" The first action. Absent: navigate.
---@field flow_action_payload? whatsapp.FlowActionPayload The first screen of the flow, and its data.

---The first screen of a flow, and its data.
---@class whatsapp.FlowActionPayload
---@field screen? string The first screen. Absent: FIRST_ENTRY_SCREEN.
---@field data? table<string, any> Your own data for that screen, sent as it is. (at least 1 name)

---A button that opens a link.
---@class whatsapp.InteractiveCtaUrl
---@field type "cta_url" The type of the interactive message.
---@field header? whatsapp.Header The header, above the body.
---@field body whatsapp.Body The text of the message.
---@field footer? whatsapp.Footer A small text below the body.
---@field action whatsapp.CtaUrlAction The actions of the user.

---Opens a link.
---@class whatsapp.CtaUrlAction
---@field name "cta_url" The action's name.
---@field parameters whatsapp.CtaUrlParameters The parameters of the action.

---A button and its link.
---@class whatsapp.CtaUrlParameters
---@field display_text string The title of the button. (1 to 20 characters)
---@field url string The address that the button opens. (at least 1 character, a URL with its scheme, such as https://example.com)
---@field payment_link_preview? boolean Show a preview of a payment link (India; without a header).

---Asks the user for a location.
---@class whatsapp.InteractiveLocationRequest
---@field type "location_request_message" The type of the interactive message.
---@field body whatsapp.Body The text of the message.
---@field action whatsapp.SendLocationAction The actions of the user.

---Asks for a place.
---@class whatsapp.SendLocationAction
---@field name "send_location" The action's name.

---Asks the user for contact details.
---@class whatsapp.InteractiveContactRequest
---@field type "request_contact_info" The type of the interactive message.
---@field body whatsapp.Body The text of the message.
---@field action whatsapp.ContactInfoAction The actions of the user.

---Asks for the phone number.
---@class whatsapp.ContactInfoAction
---@field name "request_contact_info" The action's name.

---Asks for permission to call.
---@class whatsapp.InteractiveCallPermission
---@field type "call_permission_request" The type of the interactive message.
---@field body? whatsapp.Body The text of the message.
---@field action whatsapp.CallPermissionAction The actions of the user.

---Asks for permission to call.
---@class whatsapp.CallPermissionAction
---@field name "call_permission_request" The action's name.

---A button that calls the business.
---@class whatsapp.InteractiveVoiceCall
---@field type "voice_call" The type of the interactive message.
---@field header? whatsapp.Header No documented example has it.
---@field body whatsapp.Body The text of the message.
---@field footer? whatsapp.Footer No documented example has it.
---@field action whatsapp.VoiceCallAction The actions of the user.

---Calls the business.
---@class whatsapp.VoiceCallAction
---@field name "voice_call" The action's name.
---@field parameters? whatsapp.VoiceCallParameters The title of the button, and how long it works.

---A button that calls.
---@class whatsapp.VoiceCallParameters
---@field display_text? string The title of the button. (1 to 20 characters)
---@field ttl_minutes? integer Minutes the button works. (1 to 43200)
---@field payload? string The webhook repeats it when the user calls. (0 to 512 characters)

---Asks for a delivery address.
---@class whatsapp.InteractiveAddress
---@field type "address_message" The type of the interactive message.
---@field header? whatsapp.Header The header, above the body.
---@field body whatsapp.Body The text of the message.
---@field footer? whatsapp.Footer A small text below the body.
---@field action whatsapp.AddressAction The actions of the user.

---Opens the address form.
---@class whatsapp.AddressAction
---@field name "address_message" The action's name.
---@field parameters whatsapp.AddressParameters The parameters of the action.

---The content of the address form.
---@class whatsapp.AddressParameters
---@field country string Two letters, such as IN. (at least 1 character)
---@field values? whatsapp.AddressValues The values that are filled in.
---@field saved_addresses? whatsapp.SavedAddress[] Addresses to choose from.
---@field validation_errors? table<string, any> Errors by the name of the field.

---An address to choose.
---@class whatsapp.SavedAddress
---@field id? string|integer The webhook repeats it when the line is chosen.
---@field value? whatsapp.AddressValues The address.

---Cards to swipe through.
---@class whatsapp.InteractiveCarousel
---@field type "carousel" The type of the interactive message.
---@field body whatsapp.Body The text of the message.
---@field action whatsapp.CarouselAction The actions of the user.

---The cards.
---@class whatsapp.CarouselAction
---@field cards whatsapp.Card[] The cards. (2 to 10 items)

---A card of a carousel.
---@alias whatsapp.Card whatsapp.MediaCard|whatsapp.ProductCard

---An image or a video with a link or buttons.
---@class whatsapp.MediaCard
---@field card_index integer Its place, from 0. (0 to 9, unique)
---@field type "cta_url" The type of the card.
---@field header whatsapp.CardHeader The image or the video.
---@field body? whatsapp.CardBody The text of the card.
---@field action whatsapp.CardAction The actions of the user.

---The image or the video of a card.
---@alias whatsapp.CardHeader whatsapp.HeaderImage|whatsapp.HeaderVideo

---The text of a card.
---@class whatsapp.CardBody
---@field text string The text. (1 to 160 characters, of at most 2 line ends)

---A link or buttons; the same kind on every card.
---@class whatsapp.CardAction
---@field name "cta_url" The action's name.
---@field parameters whatsapp.CtaUrlParameters The parameters of the action.
---@field buttons? whatsapp.CardButton[] The buttons; every card has the same number. (at least 1 item)

---Buttons of a card.
---@class whatsapp.CardButtonsAction
---@field buttons whatsapp.CardButton[] The buttons; every card has the same number. (at least 1 item)

---A button of a card.
---@class whatsapp.CardButton
---@field type "quick_reply" The button's kind.
---@field quick_reply whatsapp.QuickReply Its title and its id.

---The title of a card's button, and its id.
---@class whatsapp.QuickReply
---@field id string|integer The webhook repeats it when the button is pressed. (1 to 256 characters)
---@field title string The title of the button. (1 to 20 characters)

---A product.
---@class whatsapp.ProductCard
---@field card_index integer Its place, from 0. (0 to 9, unique)
---@field type "product" The type of the card.
---@field action whatsapp.CardProduct The actions of the user.

---A product; every card has the same catalog.
---@class whatsapp.CardProduct
---@field product_retailer_id string|integer The product's id in the catalog. (at least 1 character)
---@field catalog_id string|integer The catalog. (at least 1 character)

---An order to pay.
---@class whatsapp.InteractiveOrderDetails
---@field type "order_details" The type of the interactive message.
---@field header? whatsapp.Header The header, above the body.
---@field body whatsapp.Body The text of the message.
---@field footer? whatsapp.Footer A small text below the body.
---@field action whatsapp.OrderDetailsAction The actions of the user.

---Reviews and pays an order.
---@class whatsapp.OrderDetailsAction
---@field name "review_and_pay" The action's name.
---@field parameters whatsapp.OrderDetails The parameters of the action.

---The new state of an order.
---@class whatsapp.InteractiveOrderStatus
---@field type "order_status" The type of the interactive message.
---@field header? whatsapp.Header No documented example has it.
---@field body whatsapp.Body The text of the message.
---@field footer? whatsapp.Footer A small text below the body.
---@field action whatsapp.OrderStatusAction The actions of the user.

---Reviews an order.
---@class whatsapp.OrderStatusAction
---@field name "review_order" The action's name.
---@field parameters whatsapp.OrderStatus The parameters of the action.

---For Direct Send (beta).
---@class whatsapp.DirectInteractiveMessage
---@field messaging_product? "whatsapp" Filled in if absent.
---@field recipient_type? "individual"|"group" Filled in if absent.
---@field to? string|integer A phone number, a WhatsApp id or a group's id. (at least 1 character)
---@field recipient? string|integer A business-scoped user id; `to` wins where both are given. (at least 1 character)
---@field context? whatsapp.Context The message that is answered.
---@field biz_opaque_callback_data? string Your own text; status webhooks repeat it. (0 to 512 characters)
---@field recipient_identity_key_hash? string Delivered only if it is the user's current hash.
---@field message_activity_sharing? boolean Report what the user does with the message.
---@field category? "utility"|"authentication"|string For Direct Send (beta).
---@field product_policy? "CLOUD_API_FALLBACK"|"STRICT" For /marketing_messages only.
---@field type? "interactive" Filled in from the member that is present.
---@field interactive table<string, any> The content, sent as it is.

---Pins or unpins a message of a group.
---@class whatsapp.PinMessage
---@field messaging_product? "whatsapp" Filled in if absent.
---@field recipient_type "group" Only groups have pinned messages.
---@field to? string|integer A phone number, a WhatsApp id or a group's id. (at least 1 character)
---@field recipient? string|integer A business-scoped user id; `to` wins where both are given. (at least 1 character)
---@field context? whatsapp.Context The message that is answered.
---@field biz_opaque_callback_data? string Your own text; status webhooks repeat it. (0 to 512 characters)
---@field recipient_identity_key_hash? string Delivered only if it is the user's current hash.
---@field message_activity_sharing? boolean Report what the user does with the message.
---@field category? "utility"|"authentication"|string For Direct Send (beta).
---@field product_policy? "CLOUD_API_FALLBACK"|"STRICT" For /marketing_messages only.
---@field type? "pin" Filled in from the member that is present.
---@field pin whatsapp.PinOrUnpin The content of the message.

---Pins or unpins a message of a group.
---@alias whatsapp.PinOrUnpin whatsapp.Pin|whatsapp.Unpin

---Pins a message of a group.
---@class whatsapp.Pin
---@field type "pin" Pin or unpin.
---@field message_id string|integer The message. (1 to 128 characters)
---@field expiration_days integer|string Days it stays pinned. (1 to 30)

---Takes a pinned message of a group down.
---@class whatsapp.Unpin
---@field type "unpin" Pin or unpin.
---@field message_id string|integer The message. (1 to 128 characters)
