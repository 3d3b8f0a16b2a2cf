-- Types of the messages, for the Lua language server. Generated from the schema by `make docs`: edit src/core/schema.c.
-- Never required by the library.
---@meta

---Whatever may be posted to /messages.
---@alias whatsapp.Message whatsapp.Receipt|whatsapp.SentMessage

---Marks a received message, and those before it, as read.
---@class whatsapp.Receipt
---@field messaging_product? "whatsapp" Filled in where absent.
---@field status "read" What became of the message.
---@field message_id string|integer The message that was received. (1 to 128 characters)
---@field typing_indicator? whatsapp.TypingIndicator Shown for 25 seconds, or until a message is sent.
---@field recipient_type? "individual"|"group" Tolerated.

---Shows that an answer is being written.
---@class whatsapp.TypingIndicator
---@field type "text" The kind of answer.

---A message to a user or a group.
---@alias whatsapp.SentMessage whatsapp.TextMessage|whatsapp.ImageMessage|whatsapp.VideoMessage|whatsapp.AudioMessage|whatsapp.DocumentMessage|whatsapp.StickerMessage|whatsapp.LocationMessage|whatsapp.ContactsMessage|whatsapp.ReactionMessage|whatsapp.TemplateMessage|whatsapp.InteractiveMessage|whatsapp.PinMessage

---What is answered.
---@class whatsapp.Context
---@field message_id string|integer The message that this one answers. (1 to 128 characters)

---Words.
---@class whatsapp.TextMessage
---@field messaging_product? "whatsapp" Filled in where absent.
---@field recipient_type? "individual"|"group" Filled in where absent.
---@field to? string|integer A phone number, a WhatsApp id or a group's id. (at least 1 character)
---@field recipient? string|integer A business-scoped user id; `to` wins where both are given. (at least 1 character)
---@field context? whatsapp.Context What is answered.
---@field biz_opaque_callback_data? string Your own words; the status webhooks repeat them. (0 to 512 characters)
---@field recipient_identity_key_hash? string Delivered only if it is the user's current hash.
---@field message_activity_sharing? boolean Whether to report what the user does with it.
---@field category? "utility"|"authentication"|string Of Direct Send (beta).
---@field product_policy? "CLOUD_API_FALLBACK"|"STRICT" Of /marketing_messages.
---@field type? "text" Filled in from the one member that is present.
---@field text whatsapp.Text The content.

---A message of words.
---@class whatsapp.Text
---@field body string The words; web links in them become links. (1 to 4096 characters)
---@field preview_url? boolean Whether to show a preview of the first link; false if absent.

---An image.
---@class whatsapp.ImageMessage
---@field messaging_product? "whatsapp" Filled in where absent.
---@field recipient_type? "individual"|"group" Filled in where absent.
---@field to? string|integer A phone number, a WhatsApp id or a group's id. (at least 1 character)
---@field recipient? string|integer A business-scoped user id; `to` wins where both are given. (at least 1 character)
---@field context? whatsapp.Context What is answered.
---@field biz_opaque_callback_data? string Your own words; the status webhooks repeat them. (0 to 512 characters)
---@field recipient_identity_key_hash? string Delivered only if it is the user's current hash.
---@field message_activity_sharing? boolean Whether to report what the user does with it.
---@field category? "utility"|"authentication"|string Of Direct Send (beta).
---@field product_policy? "CLOUD_API_FALLBACK"|"STRICT" Of /marketing_messages.
---@field type? "image" Filled in from the one member that is present.
---@field image whatsapp.Image The content.

---A JPEG or PNG of up to 5 MB.
---@class whatsapp.Image
---@field id? string|integer Of an uploaded file. (at least 1 character)
---@field link? string Where the API fetches the file from. (at least 1 character, an http or https link)
---@field caption? string The words under it. (0 to 1024 characters)
---@field provider? whatsapp.Provider Of the On-Premises API: leave it out.

---Of the On-Premises API; still printed in the payment guides.
---@class whatsapp.Provider
---@field name? string The provider's name.

---A video.
---@class whatsapp.VideoMessage
---@field messaging_product? "whatsapp" Filled in where absent.
---@field recipient_type? "individual"|"group" Filled in where absent.
---@field to? string|integer A phone number, a WhatsApp id or a group's id. (at least 1 character)
---@field recipient? string|integer A business-scoped user id; `to` wins where both are given. (at least 1 character)
---@field context? whatsapp.Context What is answered.
---@field biz_opaque_callback_data? string Your own words; the status webhooks repeat them. (0 to 512 characters)
---@field recipient_identity_key_hash? string Delivered only if it is the user's current hash.
---@field message_activity_sharing? boolean Whether to report what the user does with it.
---@field category? "utility"|"authentication"|string Of Direct Send (beta).
---@field product_policy? "CLOUD_API_FALLBACK"|"STRICT" Of /marketing_messages.
---@field type? "video" Filled in from the one member that is present.
---@field video whatsapp.Video The content.

---An MP4 or 3GP of up to 16 MB.
---@class whatsapp.Video
---@field id? string|integer Of an uploaded file. (at least 1 character)
---@field link? string Where the API fetches the file from. (at least 1 character, an http or https link)
---@field caption? string The words under it. (0 to 1024 characters)
---@field provider? whatsapp.Provider Of the On-Premises API: leave it out.

---A sound.
---@class whatsapp.AudioMessage
---@field messaging_product? "whatsapp" Filled in where absent.
---@field recipient_type? "individual"|"group" Filled in where absent.
---@field to? string|integer A phone number, a WhatsApp id or a group's id. (at least 1 character)
---@field recipient? string|integer A business-scoped user id; `to` wins where both are given. (at least 1 character)
---@field context? whatsapp.Context What is answered.
---@field biz_opaque_callback_data? string Your own words; the status webhooks repeat them. (0 to 512 characters)
---@field recipient_identity_key_hash? string Delivered only if it is the user's current hash.
---@field message_activity_sharing? boolean Whether to report what the user does with it.
---@field category? "utility"|"authentication"|string Of Direct Send (beta).
---@field product_policy? "CLOUD_API_FALLBACK"|"STRICT" Of /marketing_messages.
---@field type? "audio" Filled in from the one member that is present.
---@field audio whatsapp.Audio The content.

---A sound of up to 16 MB.
---@class whatsapp.Audio
---@field id? string|integer Of an uploaded file. (at least 1 character)
---@field link? string Where the API fetches the file from. (at least 1 character, an http or https link)
---@field voice? boolean Whether it is a voice message (OGG with the OPUS codec).
---@field caption? string Not documented here: leave it out. (0 to 1024 characters)
---@field filename? string Not documented here: leave it out.
---@field provider? whatsapp.Provider Of the On-Premises API: leave it out.

---A file.
---@class whatsapp.DocumentMessage
---@field messaging_product? "whatsapp" Filled in where absent.
---@field recipient_type? "individual"|"group" Filled in where absent.
---@field to? string|integer A phone number, a WhatsApp id or a group's id. (at least 1 character)
---@field recipient? string|integer A business-scoped user id; `to` wins where both are given. (at least 1 character)
---@field context? whatsapp.Context What is answered.
---@field biz_opaque_callback_data? string Your own words; the status webhooks repeat them. (0 to 512 characters)
---@field recipient_identity_key_hash? string Delivered only if it is the user's current hash.
---@field message_activity_sharing? boolean Whether to report what the user does with it.
---@field category? "utility"|"authentication"|string Of Direct Send (beta).
---@field product_policy? "CLOUD_API_FALLBACK"|"STRICT" Of /marketing_messages.
---@field type? "document" Filled in from the one member that is present.
---@field document whatsapp.Document The content.

---A file of up to 100 MB.
---@class whatsapp.Document
---@field id? string|integer Of an uploaded file. (at least 1 character)
---@field link? string Where the API fetches the file from. (at least 1 character, an http or https link)
---@field caption? string The words under it. (0 to 1024 characters)
---@field filename? string Its extension decides how the document is shown. (better at most 240)
---@field provider? whatsapp.Provider Of the On-Premises API: leave it out.

---A sticker.
---@class whatsapp.StickerMessage
---@field messaging_product? "whatsapp" Filled in where absent.
---@field recipient_type? "individual"|"group" Filled in where absent.
---@field to? string|integer A phone number, a WhatsApp id or a group's id. (at least 1 character)
---@field recipient? string|integer A business-scoped user id; `to` wins where both are given. (at least 1 character)
---@field context? whatsapp.Context What is answered.
---@field biz_opaque_callback_data? string Your own words; the status webhooks repeat them. (0 to 512 characters)
---@field recipient_identity_key_hash? string Delivered only if it is the user's current hash.
---@field message_activity_sharing? boolean Whether to report what the user does with it.
---@field category? "utility"|"authentication"|string Of Direct Send (beta).
---@field product_policy? "CLOUD_API_FALLBACK"|"STRICT" Of /marketing_messages.
---@field type? "sticker" Filled in from the one member that is present.
---@field sticker whatsapp.Sticker The content.

---A WebP of 512 by 512 pixels.
---@class whatsapp.Sticker
---@field id? string|integer Of an uploaded file. (at least 1 character)
---@field link? string Where the API fetches the file from. (at least 1 character, an http or https link)

---A place.
---@class whatsapp.LocationMessage
---@field messaging_product? "whatsapp" Filled in where absent.
---@field recipient_type? "individual"|"group" Filled in where absent.
---@field to? string|integer A phone number, a WhatsApp id or a group's id. (at least 1 character)
---@field recipient? string|integer A business-scoped user id; `to` wins where both are given. (at least 1 character)
---@field context? whatsapp.Context What is answered.
---@field biz_opaque_callback_data? string Your own words; the status webhooks repeat them. (0 to 512 characters)
---@field recipient_identity_key_hash? string Delivered only if it is the user's current hash.
---@field message_activity_sharing? boolean Whether to report what the user does with it.
---@field category? "utility"|"authentication"|string Of Direct Send (beta).
---@field product_policy? "CLOUD_API_FALLBACK"|"STRICT" Of /marketing_messages.
---@field type? "location" Filled in from the one member that is present.
---@field location whatsapp.Location The content.

---A place.
---@class whatsapp.Location
---@field latitude number|string Degrees, as a number or a string. (at least 1 character)
---@field longitude number|string Degrees, as a number or a string. (at least 1 character)
---@field name? string The place's name. (better at most 100)
---@field address? string Shown only beside a name. (better at most 300)

---Contact cards.
---@class whatsapp.ContactsMessage
---@field messaging_product? "whatsapp" Filled in where absent.
---@field recipient_type? "individual"|"group" Filled in where absent.
---@field to? string|integer A phone number, a WhatsApp id or a group's id. (at least 1 character)
---@field recipient? string|integer A business-scoped user id; `to` wins where both are given. (at least 1 character)
---@field context? whatsapp.Context What is answered.
---@field biz_opaque_callback_data? string Your own words; the status webhooks repeat them. (0 to 512 characters)
---@field recipient_identity_key_hash? string Delivered only if it is the user's current hash.
---@field message_activity_sharing? boolean Whether to report what the user does with it.
---@field category? "utility"|"authentication"|string Of Direct Send (beta).
---@field product_policy? "CLOUD_API_FALLBACK"|"STRICT" Of /marketing_messages.
---@field type? "contacts" Filled in from the one member that is present.
---@field contacts whatsapp.Contact[] The cards. (at least 1 item, better at most 257)

---A contact card.
---@class whatsapp.Contact
---@field name whatsapp.ContactName What the contact is called.
---@field birthday? string YYYY-MM-DD. (YYYY-MM-DD)
---@field phones? whatsapp.ContactPhone[] Phone numbers.
---@field emails? whatsapp.ContactEmail[] E-mail addresses.
---@field urls? whatsapp.ContactUrl[] Web addresses.
---@field addresses? whatsapp.ContactAddress[] Postal addresses.
---@field org? whatsapp.ContactOrganization Where the contact works.

---What a contact is called.
---@class whatsapp.ContactName
---@field formatted_name string The whole name. (at least 1 character)
---@field first_name? string The first name.
---@field last_name? string The last name.
---@field middle_name? string The middle name.
---@field suffix? string What stands behind the name.
---@field prefix? string What stands before the name.

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

---Where a contact works.
---@class whatsapp.ContactOrganization
---@field company? string The company.
---@field department? string The department.
---@field title? string The contact's title there.

---An emoji on a message.
---@class whatsapp.ReactionMessage
---@field messaging_product? "whatsapp" Filled in where absent.
---@field recipient_type? "individual"|"group" Filled in where absent.
---@field to? string|integer A phone number, a WhatsApp id or a group's id. (at least 1 character)
---@field recipient? string|integer A business-scoped user id; `to` wins where both are given. (at least 1 character)
---@field biz_opaque_callback_data? string Your own words; the status webhooks repeat them. (0 to 512 characters)
---@field recipient_identity_key_hash? string Delivered only if it is the user's current hash.
---@field message_activity_sharing? boolean Whether to report what the user does with it.
---@field category? "utility"|"authentication"|string Of Direct Send (beta).
---@field product_policy? "CLOUD_API_FALLBACK"|"STRICT" Of /marketing_messages.
---@field type? "reaction" Filled in from the one member that is present.
---@field reaction whatsapp.Reaction The content.

---An emoji on a message.
---@class whatsapp.Reaction
---@field message_id string|integer The message reacted to; not older than 30 days. (1 to 128 characters)
---@field emoji string One emoji; the empty string takes the reaction back.

---A message made beforehand.
---@class whatsapp.TemplateMessage
---@field messaging_product? "whatsapp" Filled in where absent.
---@field recipient_type? "individual"|"group" Filled in where absent.
---@field to? string|integer A phone number, a WhatsApp id or a group's id. (at least 1 character)
---@field recipient? string|integer A business-scoped user id; `to` wins where both are given. (at least 1 character)
---@field context? whatsapp.Context What is answered.
---@field biz_opaque_callback_data? string Your own words; the status webhooks repeat them. (0 to 512 characters)
---@field recipient_identity_key_hash? string Delivered only if it is the user's current hash.
---@field message_activity_sharing? boolean Whether to report what the user does with it.
---@field category? "utility"|"authentication"|string Of Direct Send (beta).
---@field product_policy? "CLOUD_API_FALLBACK"|"STRICT" Of /marketing_messages.
---@field type? "template" Filled in from the one member that is present.
---@field template whatsapp.Template The content.

---A message made beforehand and approved.
---@class whatsapp.Template
---@field name string The template's name. (1 to 512 characters)
---@field language whatsapp.Language The template's language.
---@field components? whatsapp.Component[] Values for the template's variables.

---The template's language.
---@class whatsapp.Language
---@field policy? "deterministic" deterministic, or absent.
---@field code string Such as en or en_US. (at least 1 character)

---Values for a part of a template.
---@alias whatsapp.Component whatsapp.HeaderComponent|whatsapp.BodyComponent|whatsapp.ButtonComponent|whatsapp.CarouselComponent|whatsapp.LimitedTimeOfferComponent|whatsapp.TapTargetComponent|whatsapp.OrderStatusComponent

---Values for the header.
---@class whatsapp.HeaderComponent
---@field type "header" Which part of the template.
---@field parameters? whatsapp.HeaderParameter[] A value for each variable, in the template's order or by name.

---A value for a template's header.
---@alias whatsapp.HeaderParameter whatsapp.HeaderTextParameter|whatsapp.CurrencyParameter|whatsapp.DateTimeParameter|whatsapp.ImageParameter|whatsapp.VideoParameter|whatsapp.GifParameter|whatsapp.DocumentParameter|whatsapp.LocationParameter|whatsapp.ProductParameter

---Words in a header.
---@class whatsapp.HeaderTextParameter
---@field type "text" Which of the others it holds.
---@field parameter_name? string In a template with named parameters. (at least 1 character)
---@field text string The words. (1 to 60 characters, no line end, no tab, at most 4 spaces in a row)

---An amount of money.
---@class whatsapp.CurrencyParameter
---@field type "currency" Which of the others it holds.
---@field parameter_name? string In a template with named parameters. (at least 1 character)
---@field currency whatsapp.Currency The amount.

---An amount of money.
---@class whatsapp.Currency
---@field fallback_value string What is shown if it cannot be localised. (at least 1 character)
---@field code string ISO 4217, three letters. (at least 1 character)
---@field amount_1000 integer The amount times 1000.

---A date.
---@class whatsapp.DateTimeParameter
---@field type "date_time" Which of the others it holds.
---@field parameter_name? string In a template with named parameters. (at least 1 character)
---@field date_time whatsapp.DateTime The date.

---A date.
---@class whatsapp.DateTime
---@field fallback_value string What is shown. (at least 1 character)
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
---@field type "image" Which of the others it holds.
---@field parameter_name? string In a template with named parameters. (at least 1 character)
---@field image whatsapp.Media The image.

---An image, a video or a GIF in a header or a parameter.
---@class whatsapp.Media
---@field id? string|integer Of an uploaded file. (at least 1 character)
---@field link? string Where the API fetches the file from. (at least 1 character, an http or https link)
---@field caption? string Not documented here: leave it out. (0 to 1024 characters)
---@field provider? whatsapp.Provider Of the On-Premises API: leave it out.

---A video in a header.
---@class whatsapp.VideoParameter
---@field type "video" Which of the others it holds.
---@field parameter_name? string In a template with named parameters. (at least 1 character)
---@field video whatsapp.Media The video.

---A GIF in a header.
---@class whatsapp.GifParameter
---@field type "gif" Which of the others it holds.
---@field parameter_name? string In a template with named parameters. (at least 1 character)
---@field gif whatsapp.Media The GIF, as an MP4.

---A PDF in a header.
---@class whatsapp.DocumentParameter
---@field type "document" Which of the others it holds.
---@field parameter_name? string In a template with named parameters. (at least 1 character)
---@field document whatsapp.MediaDocument The document.

---A document in a header or a parameter.
---@class whatsapp.MediaDocument
---@field id? string|integer Of an uploaded file. (at least 1 character)
---@field link? string Where the API fetches the file from. (at least 1 character, an http or https link)
---@field filename? string Its extension decides how the document is shown. (better at most 240)
---@field caption? string Not documented here: leave it out. (0 to 1024 characters)
---@field provider? whatsapp.Provider Of the On-Premises API: leave it out.

---A place in a header.
---@class whatsapp.LocationParameter
---@field type "location" Which of the others it holds.
---@field parameter_name? string In a template with named parameters. (at least 1 character)
---@field location whatsapp.Location The place.

---A product in a header.
---@class whatsapp.ProductParameter
---@field type "product" Which of the others it holds.
---@field parameter_name? string In a template with named parameters. (at least 1 character)
---@field product whatsapp.ProductReference The product.

---A product.
---@class whatsapp.ProductReference
---@field product_retailer_id string|integer The product's id in the catalog. (at least 1 character)
---@field catalog_id string|integer The catalog. (at least 1 character)

---Values for the body.
---@class whatsapp.BodyComponent
---@field type "body" Which part of the template.
---@field parameters? whatsapp.BodyParameter[] A value for each variable, in the template's order or by name.

---A value for a template's body.
---@alias whatsapp.BodyParameter whatsapp.BodyTextParameter|whatsapp.CurrencyParameter|whatsapp.DateTimeParameter

---Words in a body.
---@class whatsapp.BodyTextParameter
---@field type "text" Which of the others it holds.
---@field parameter_name? string In a template with named parameters. (at least 1 character)
---@field text string The words. (1 to 32768 characters, better at most 1024, no line end, no tab, at most 4 spaces in a row)

---Values for a button.
---@alias whatsapp.ButtonComponent whatsapp.QuickReplyComponent|whatsapp.UrlComponent|whatsapp.CopyCodeComponent|whatsapp.CatalogComponent|whatsapp.ProductsComponent|whatsapp.FlowComponent|whatsapp.OrderDetailsComponent|whatsapp.VoiceCallComponent|whatsapp.PhoneNumberComponent

---A button that answers.
---@class whatsapp.QuickReplyComponent
---@field type "button" Which part of the template.
---@field sub_type "quick_reply" The button's kind.
---@field index? integer|string Its place among the buttons, from 0. (0 to 9)
---@field parameters? whatsapp.QuickReplyParameter[] A value for each variable, in the template's order or by name.

---A value for a template's button.
---@alias whatsapp.QuickReplyParameter whatsapp.PayloadParameter|whatsapp.LabelParameter

---What a button sends back.
---@class whatsapp.PayloadParameter
---@field type "payload" Which of the others it holds.
---@field parameter_name? string In a template with named parameters. (at least 1 character)
---@field payload string Comes back when it is pressed. (at least 1 character, better at most 256)

---A button's words; a payload is better.
---@class whatsapp.LabelParameter
---@field type "text" Which of the others it holds.
---@field parameter_name? string In a template with named parameters. (at least 1 character)
---@field text string|boolean The words.

---A button that opens a link.
---@class whatsapp.UrlComponent
---@field type "button" Which part of the template.
---@field sub_type "url" The button's kind.
---@field index? integer|string Its place among the buttons, from 0. (0 to 9)
---@field parameters? whatsapp.UrlButtonParameter[] A value for each variable, in the template's order or by name.

---A value for a template's button.
---@alias whatsapp.UrlButtonParameter whatsapp.UrlParameter|whatsapp.PayloadParameter

---The end of a button's link.
---@class whatsapp.UrlParameter
---@field type "text" Which of the others it holds.
---@field parameter_name? string In a template with named parameters. (at least 1 character)
---@field text string Appended to the template's link. (at least 1 character)
---@field payment_link_preview? boolean Whether to preview a payment link (India).

---A button that copies a code.
---@class whatsapp.CopyCodeComponent
---@field type "button" Which part of the template.
---@field sub_type "copy_code" The button's kind.
---@field index? integer|string Its place among the buttons, from 0. (0 to 9)
---@field parameters? whatsapp.CopyCodeParameter[] A value for each variable, in the template's order or by name.

---A value for a template's button.
---@alias whatsapp.CopyCodeParameter whatsapp.CouponParameter

---The code that a button copies.
---@class whatsapp.CouponParameter
---@field type "coupon_code" Which of the others it holds.
---@field parameter_name? string In a template with named parameters. (at least 1 character)
---@field coupon_code string The code. (1 to 15 characters)

---A button that opens the catalog.
---@class whatsapp.CatalogComponent
---@field type "button" Which part of the template.
---@field sub_type "catalog" The button's kind.
---@field index? integer|string Its place among the buttons, from 0. (0 to 9)
---@field parameters? whatsapp.CatalogButtonParameter[] A value for each variable, in the template's order or by name.

---A value for a template's button.
---@alias whatsapp.CatalogButtonParameter whatsapp.CatalogParameter

---A catalog button's image.
---@class whatsapp.CatalogParameter
---@field type "action" Which of the others it holds.
---@field parameter_name? string In a template with named parameters. (at least 1 character)
---@field action whatsapp.ThumbnailAction Which image.

---The image of a catalog button.
---@class whatsapp.ThumbnailAction
---@field thumbnail_product_retailer_id? string|integer The product whose image is shown. (at least 1 character)

---A button that opens products.
---@class whatsapp.ProductsComponent
---@field type "button" Which part of the template.
---@field sub_type "mpm" The button's kind.
---@field index? integer|string Its place among the buttons, from 0. (0 to 9)
---@field parameters? whatsapp.ProductsButtonParameter[] A value for each variable, in the template's order or by name.

---A value for a template's button.
---@alias whatsapp.ProductsButtonParameter whatsapp.ProductsParameter

---A products button's products.
---@class whatsapp.ProductsParameter
---@field type "action" Which of the others it holds.
---@field parameter_name? string In a template with named parameters. (at least 1 character)
---@field action whatsapp.ProductsAction Which products.

---The products of a button.
---@class whatsapp.ProductsAction
---@field thumbnail_product_retailer_id? string|integer The product whose image is shown. (at least 1 character)
---@field sections whatsapp.ProductSection[] Products under titles; 30 in all of them together. (1 to 10 items, at most 30 in its lists together)

---Products under a title.
---@class whatsapp.ProductSection
---@field title? string Required where there is more than one section. (0 to 24 characters)
---@field product_items whatsapp.ProductItem[] The products. (1 to 30 items)

---A product of a section.
---@class whatsapp.ProductItem
---@field product_retailer_id string|integer The product's id in the catalog. (at least 1 character)

---A button that opens a flow.
---@class whatsapp.FlowComponent
---@field type "button" Which part of the template.
---@field sub_type "flow" The button's kind.
---@field index? integer|string Its place among the buttons, from 0. (0 to 9)
---@field parameters? whatsapp.FlowButtonParameter[] A value for each variable, in the template's order or by name.

---A value for a template's button.
---@alias whatsapp.FlowButtonParameter whatsapp.FlowParameter

---How a button's flow opens.
---@class whatsapp.FlowParameter
---@field type "action" Which of the others it holds.
---@field parameter_name? string In a template with named parameters. (at least 1 character)
---@field action whatsapp.FlowButtonAction How it opens.

---How a flow opens.
---@class whatsapp.FlowButtonAction
---@field flow_token? string Your own word for this use of the flow.
---@field flow_action_data? table<string, any> Your own data, kept as it is.

---A button that pays an order.
---@class whatsapp.OrderDetailsComponent
---@field type "button" Which part of the template.
---@field sub_type "order_details" The button's kind.
---@field index? integer|string Its place among the buttons, from 0. (0 to 9)
---@field parameters? whatsapp.OrderButtonParameter[] A value for each variable, in the template's order or by name.

---A value for a template's button.
---@alias whatsapp.OrderButtonParameter whatsapp.OrderParameter

---The order that a button pays.
---@class whatsapp.OrderParameter
---@field type "action" Which of the others it holds.
---@field parameter_name? string In a template with named parameters. (at least 1 character)
---@field action whatsapp.OrderButtonAction Which order.

---The order of a button.
---@class whatsapp.OrderButtonAction
---@field order_details whatsapp.OrderDetails The order.

---An order and how it can be paid.
---@class whatsapp.OrderDetails
---@field reference_id string|integer Your own id of the order, used once. (at least 1 character, better at most 60)
---@field type? "digital-goods"|"physical-goods"|string What kind of goods.
---@field currency? "INR"|"BRL"|string The currency.
---@field total_amount? whatsapp.Amount Subtotal, tax and shipping less discount.
---@field payment_type? string|integer br in Brazil.
---@field payment_configuration? string|integer As set up (UPI, older). (0 to 60 characters)
---@field payment_settings? whatsapp.PaymentSetting[] Ways to pay.
---@field preferred_payment_methods? whatsapp.PaymentMethod[] Ways to pay that stand first.
---@field beneficiaries? whatsapp.Beneficiary[] Who receives shipped goods (India).
---@field shipping_info? whatsapp.ShippingInfo Where to ship.
---@field order whatsapp.Order What is bought.

---An amount of money.
---@class whatsapp.Amount
---@field value? integer The amount times the offset.
---@field offset? integer 100. (100 to 100)

---A way to pay.
---@class whatsapp.PaymentSetting
---@field type? "payment_gateway"|"upi_intent_link"|"payment_link"|"pix_dynamic_code"|"boleto"|"offsite_card_pay"|string Which of the others it holds.
---@field payment_gateway? whatsapp.PaymentGateway A gateway.
---@field upi_intent_link? whatsapp.UpiIntentLink A UPI link.
---@field payment_link? whatsapp.PaymentLink A payment link.
---@field pix_dynamic_code? whatsapp.PixDynamicCode A Pix code.
---@field boleto? whatsapp.Boleto A boleto.
---@field offsite_card_pay? whatsapp.OffsiteCardPay A stored card.

---Pays through a gateway.
---@class whatsapp.PaymentGateway
---@field type? "billdesk"|"razorpay"|"payu"|"zaakpay"|"ccavenue"|"cashfree"|string Which gateway.
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
---@field udf1? string|integer Your own. (0 to 255 characters)
---@field udf2? string|integer Your own. (0 to 255 characters)
---@field udf3? string|integer Your own. (0 to 255 characters)
---@field udf4? string|integer Your own. (0 to 255 characters)
---@field encrypted_payment_gateway_data? string|integer Encrypted data for the gateway.

---For Zaakpay.
---@class whatsapp.Zaakpay
---@field extra1? string|integer Your own. (0 to 180 characters)
---@field extra2? string|integer Your own. (0 to 180 characters)

---For BillDesk.
---@class whatsapp.Billdesk
---@field additional_info1? string|integer Your own. (0 to 120 characters)
---@field additional_info2? string|integer Your own. (0 to 120 characters)
---@field additional_info3? string|integer Your own. (0 to 120 characters)
---@field additional_info4? string|integer Your own. (0 to 120 characters)
---@field additional_info5? string|integer Your own. (0 to 120 characters)
---@field additional_info6? string|integer Your own. (0 to 120 characters)
---@field additional_info7? string|integer Your own. (0 to 120 characters)

---Pays through a UPI link.
---@class whatsapp.UpiIntentLink
---@field link? string|integer The link.

---Pays through a link.
---@class whatsapp.PaymentLink
---@field uri? string|integer The link.

---Pays through Pix.
---@class whatsapp.PixDynamicCode
---@field code? string|integer The Pix code.
---@field merchant_name? string|integer Who is paid.
---@field key? string|integer The Pix key.
---@field key_type? "CPF"|"CNPJ"|"EMAIL"|"PHONE"|"EVP"|string The key's kind.

---Pays through a boleto.
---@class whatsapp.Boleto
---@field digitable_line? string|integer The boleto's line of digits.

---Pays with a stored card.
---@class whatsapp.OffsiteCardPay
---@field last_four_digits? string|integer Of the card.
---@field credential_id? string|integer Of the card.

---A way to pay that is preferred.
---@class whatsapp.PaymentMethod
---@field method? "gpay"|"phonepe"|"paytm"|"amazonpay"|"cred"|"mobikwik"|string The app that pays.

---Who receives shipped goods (India).
---@class whatsapp.Beneficiary
---@field name? string|integer Who. (0 to 200 characters)
---@field address_line1? string|integer Where. (0 to 100 characters)
---@field address_line2? string|integer Where. (0 to 100 characters)
---@field city? string|integer The city.
---@field state? string|integer The state.
---@field country? string|integer The country.
---@field postal_code? string|integer The postal code. (0 to 6 characters)

---Where to ship.
---@class whatsapp.ShippingInfo
---@field country? string|integer Two letters.
---@field addresses? whatsapp.AddressValues[] Addresses to choose from.

---The parts of a delivery address.
---@class whatsapp.AddressValues
---@field name? string Who receives.
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

---What is bought.
---@class whatsapp.Order
---@field status? "pending"|string Where it stands.
---@field type? "quick_pay"|string Where it is a quick payment.
---@field catalog_id? string|integer The catalog.
---@field expiration? whatsapp.OrderExpiration When it ends.
---@field items? whatsapp.OrderItem[] Its lines. (at least 1 item)
---@field subtotal? whatsapp.Amount Of the lines.
---@field tax? whatsapp.DescribedAmount The tax.
---@field shipping? whatsapp.DescribedAmount What shipping costs.
---@field discount? whatsapp.Discount What is taken off.

---When the order ends.
---@class whatsapp.OrderExpiration
---@field timestamp? string|integer Seconds since 1970 in UTC, at least 300 ahead.
---@field description? string|integer What is said then. (0 to 120 characters)

---A line of an order.
---@class whatsapp.OrderItem
---@field retailer_id? string|integer The item's id; needed in Brazil.
---@field name? string|integer What it is. (0 to 60 characters)
---@field image? whatsapp.OrderItemImage Its picture.
---@field amount? whatsapp.Amount Its price.
---@field sale_amount? whatsapp.Amount Its price on sale.
---@field quantity? integer How many. (at least 1)
---@field country_of_origin? string|integer Where it comes from.
---@field importer_name? string|integer Who imports it.
---@field importer_address? whatsapp.ImporterAddress Where its importer is.

---An item's picture.
---@class whatsapp.OrderItemImage
---@field link? string|integer Where it is fetched from.

---Where an item's importer is.
---@class whatsapp.ImporterAddress
---@field address_line1? string|integer The address.
---@field address_line2? string|integer The address.
---@field city? string|integer The city.
---@field zone_code? string|integer The zone.
---@field postal_code? string|integer The postal code.
---@field country_code? string|integer Two letters.

---An amount of money and what it is.
---@class whatsapp.DescribedAmount
---@field value? integer The amount times the offset.
---@field offset? integer 100. (100 to 100)
---@field description? string|integer What it is. (0 to 60 characters)

---What is taken off.
---@class whatsapp.Discount
---@field value? integer The amount times the offset.
---@field offset? integer 100. (100 to 100)
---@field description? string|integer What it is. (0 to 60 characters)
---@field discount_program_name? string|integer Where it comes from. (0 to 60 characters)

---A button that calls the business.
---@class whatsapp.VoiceCallComponent
---@field type "button" Which part of the template.
---@field sub_type "voice_call" The button's kind.
---@field index? integer|string Its place among the buttons, from 0. (0 to 9)
---@field parameters? whatsapp.VoiceCallParameter[] A value for each variable, in the template's order or by name.

---A value for a template's button.
---@alias whatsapp.VoiceCallParameter whatsapp.CallPayloadParameter|whatsapp.TtlParameter

---What a call button sends back.
---@class whatsapp.CallPayloadParameter
---@field type "payload" Which of the others it holds.
---@field parameter_name? string In a template with named parameters. (at least 1 character)
---@field payload string Comes back when the user calls. (1 to 512 characters)

---How long a call button works.
---@class whatsapp.TtlParameter
---@field type "ttl_minutes" Which of the others it holds.
---@field parameter_name? string In a template with named parameters. (at least 1 character)
---@field ttl_minutes integer Minutes the button works. (1 to 43200)

---A button that calls a number.
---@class whatsapp.PhoneNumberComponent
---@field type "button" Which part of the template.
---@field sub_type "phone_number" The button's kind.
---@field index? integer|string Its place among the buttons, from 0. (0 to 9)
---@field parameters? whatsapp.PhoneNumberParameter[] A value for each variable, in the template's order or by name.

---A value for a template's button.
---@alias whatsapp.PhoneNumberParameter whatsapp.LabelParameter|whatsapp.PayloadParameter

---Values for the cards.
---@class whatsapp.CarouselComponent
---@field type "carousel" Which part of the template.
---@field cards whatsapp.TemplateCard[] As many as the template has. (1 to 10 items)

---Values for a card.
---@class whatsapp.TemplateCard
---@field card_index integer Its place, from 0. (0 to 9, unique)
---@field components whatsapp.CardComponent[] Values for its parts.

---Values for a part of a card.
---@alias whatsapp.CardComponent whatsapp.HeaderComponent|whatsapp.BodyComponent|whatsapp.ButtonComponent

---When an offer ends.
---@class whatsapp.LimitedTimeOfferComponent
---@field type "limited_time_offer" Which part of the template.
---@field parameters whatsapp.LimitedTimeOfferParameter[] A value for each variable, in the template's order or by name. (1 to 1 items)

---When an offer ends.
---@class whatsapp.LimitedTimeOfferParameter
---@field type "limited_time_offer" What it is.
---@field limited_time_offer whatsapp.LimitedTimeOffer When the offer ends.

---When an offer ends.
---@class whatsapp.LimitedTimeOffer
---@field expiration_time_ms integer Milliseconds since 1970.

---Another title for a link.
---@class whatsapp.TapTargetComponent
---@field type "tap_target_configuration" Which part of the template.
---@field parameters whatsapp.TapTargetParameter[] A value for each variable, in the template's order or by name. (1 to 1 items)

---Another title for a link.
---@class whatsapp.TapTargetParameter
---@field type "tap_target_configuration" What it is.
---@field tap_target_configuration whatsapp.TapTarget[] A list of one. (1 to 1 items)

---A link and its title.
---@class whatsapp.TapTarget
---@field url string What opens. (at least 1 character)
---@field title string What is shown. (at least 1 character)

---News of an order.
---@class whatsapp.OrderStatusComponent
---@field type "order_status" Which part of the template.
---@field parameters whatsapp.OrderStatusParameter[] A value for each variable, in the template's order or by name. (1 to 1 items)

---News of an order.
---@class whatsapp.OrderStatusParameter
---@field type "order_status" What it is.
---@field order_status whatsapp.OrderStatus The news.

---News of an order.
---@class whatsapp.OrderStatus
---@field reference_id string|integer Of the order's details. (at least 1 character)
---@field order? whatsapp.OrderState Where the order stands.
---@field payment? whatsapp.PaymentState Where the payment stands.

---Where an order stands.
---@class whatsapp.OrderState
---@field status "pending"|"processing"|"partially_shipped"|"partially-shipped"|"shipped"|"completed"|"canceled"|string Where it stands.
---@field description? string A word about it. (0 to 120 characters)

---Where a payment stands (Brazil).
---@class whatsapp.PaymentState
---@field status "pending"|"captured"|"failed"|string Where it stands.
---@field timestamp? integer Seconds since 1970 in UTC.

---Something to press.
---@class whatsapp.InteractiveMessage
---@field messaging_product? "whatsapp" Filled in where absent.
---@field recipient_type? "individual"|"group" Filled in where absent.
---@field to? string|integer A phone number, a WhatsApp id or a group's id. (at least 1 character)
---@field recipient? string|integer A business-scoped user id; `to` wins where both are given. (at least 1 character)
---@field context? whatsapp.Context What is answered.
---@field biz_opaque_callback_data? string Your own words; the status webhooks repeat them. (0 to 512 characters)
---@field recipient_identity_key_hash? string Delivered only if it is the user's current hash.
---@field message_activity_sharing? boolean Whether to report what the user does with it.
---@field category? "utility"|"authentication"|string Of Direct Send (beta).
---@field product_policy? "CLOUD_API_FALLBACK"|"STRICT" Of /marketing_messages.
---@field type? "interactive" Filled in from the one member that is present.
---@field interactive whatsapp.Interactive The content.
---@field interactive? table<string, any> What it says, kept as it is.

---A message with something to press.
---@alias whatsapp.Interactive whatsapp.InteractiveButton|whatsapp.InteractiveList|whatsapp.InteractiveProduct|whatsapp.InteractiveProductList|whatsapp.InteractiveCatalog|whatsapp.InteractiveFlow|whatsapp.InteractiveCtaUrl|whatsapp.InteractiveLocationRequest|whatsapp.InteractiveContactRequest|whatsapp.InteractiveCallPermission|whatsapp.InteractiveVoiceCall|whatsapp.InteractiveAddress|whatsapp.InteractiveCarousel|whatsapp.InteractiveOrderDetails|whatsapp.InteractiveOrderStatus

---Reply buttons.
---@class whatsapp.InteractiveButton
---@field type "button" Which interactive message it is.
---@field header? whatsapp.Header What stands above the body.
---@field body whatsapp.Body The words of the message.
---@field footer? whatsapp.Footer Small words below the body.
---@field action whatsapp.ButtonAction What the user can do.

---What stands above the body.
---@alias whatsapp.Header whatsapp.HeaderText|whatsapp.HeaderImage|whatsapp.HeaderVideo|whatsapp.HeaderDocument|whatsapp.HeaderGif

---Words above the body.
---@class whatsapp.HeaderText
---@field type "text" Which of the others it holds.
---@field sub_text? string A second line. (0 to 60 characters)
---@field text string The words; no markdown. (1 to 60 characters)

---An image above the body.
---@class whatsapp.HeaderImage
---@field type "image" Which of the others it holds.
---@field sub_text? string A second line. (0 to 60 characters)
---@field image whatsapp.Media The image.

---A video above the body.
---@class whatsapp.HeaderVideo
---@field type "video" Which of the others it holds.
---@field sub_text? string A second line. (0 to 60 characters)
---@field video whatsapp.Media The video.

---A document above the body.
---@class whatsapp.HeaderDocument
---@field type "document" Which of the others it holds.
---@field sub_text? string A second line. (0 to 60 characters)
---@field document whatsapp.MediaDocument The document.

---A GIF above the body.
---@class whatsapp.HeaderGif
---@field type "gif" Which of the others it holds.
---@field sub_text? string A second line. (0 to 60 characters)
---@field gif whatsapp.Media The GIF, as an MP4.

---The words of the message.
---@class whatsapp.Body
---@field text string The words. (1 to 1024 characters)

---Small words below the body.
---@class whatsapp.Footer
---@field text string The words. (0 to 60 characters)

---Up to three reply buttons.
---@class whatsapp.ButtonAction
---@field buttons whatsapp.ReplyButton[] The buttons. (1 to 3 items)

---A button that answers.
---@class whatsapp.ReplyButton
---@field type "reply" The button's kind.
---@field reply whatsapp.Reply What it says and sends back.

---What a reply button says and sends back.
---@class whatsapp.Reply
---@field id string|integer Comes back when it is pressed. (1 to 256 characters, no space at its ends, unique)
---@field title string What stands on it; no markdown. (1 to 20 characters, unique)

---A list to choose from.
---@class whatsapp.InteractiveList
---@field type "list" Which interactive message it is.
---@field header? whatsapp.TextHeader What stands above the body.
---@field body whatsapp.ListBody The words of the message.
---@field footer? whatsapp.Footer Small words below the body.
---@field action whatsapp.ListAction What the user can do.

---Words above the body; nothing else here.
---@alias whatsapp.TextHeader whatsapp.HeaderText

---The words of a list message.
---@class whatsapp.ListBody
---@field text string The words. (1 to 4096 characters, better at most 1024)

---A list behind a button.
---@class whatsapp.ListAction
---@field button string What stands on the button that opens the list. (1 to 20 characters)
---@field sections whatsapp.Section[] Its parts; 10 rows in all of them together. (1 to 10 items, at most 10 in its lists together)

---A part of a list.
---@class whatsapp.Section
---@field title? string Required where there is more than one section. (0 to 24 characters)
---@field rows whatsapp.Row[] Its lines. (1 to 10 items)

---A line of a list.
---@class whatsapp.Row
---@field id string|integer Comes back when it is chosen. (1 to 200 characters)
---@field title string What stands there. (1 to 24 characters)
---@field description? string Small words below the title. (0 to 72 characters)

---One product.
---@class whatsapp.InteractiveProduct
---@field type "product" Which interactive message it is.
---@field body? whatsapp.Body The words of the message.
---@field footer? whatsapp.Footer Small words below the body.
---@field action whatsapp.ProductAction What the user can do.

---Which product.
---@class whatsapp.ProductAction
---@field catalog_id string|integer The catalog. (at least 1 character)
---@field product_retailer_id string|integer The product's id in the catalog. (at least 1 character)

---Up to thirty products.
---@class whatsapp.InteractiveProductList
---@field type "product_list" Which interactive message it is.
---@field header whatsapp.TextHeader What stands above the body.
---@field body whatsapp.Body The words of the message.
---@field footer? whatsapp.Footer Small words below the body.
---@field action whatsapp.ProductListAction What the user can do.

---Which products.
---@class whatsapp.ProductListAction
---@field catalog_id string|integer The catalog. (at least 1 character)
---@field sections whatsapp.ProductSection[] Products under titles; 30 in all of them together. (1 to 10 items, at most 30 in its lists together)

---The whole catalog.
---@class whatsapp.InteractiveCatalog
---@field type "catalog_message" Which interactive message it is.
---@field header? whatsapp.Header In no documented example.
---@field body whatsapp.Body The words of the message.
---@field footer? whatsapp.Footer Small words below the body.
---@field action whatsapp.CatalogAction What the user can do.

---Opens the catalog.
---@class whatsapp.CatalogAction
---@field name "catalog_message" The action's name.
---@field parameters? whatsapp.CatalogParameters How the catalog is shown.

---How the catalog is shown.
---@class whatsapp.CatalogParameters
---@field thumbnail_product_retailer_id? string|integer The product whose image is shown. (at least 1 character)

---A button that opens a flow.
---@class whatsapp.InteractiveFlow
---@field type "flow" Which interactive message it is.
---@field header? whatsapp.Header What stands above the body.
---@field body whatsapp.Body The words of the message.
---@field footer? whatsapp.Footer Small words below the body.
---@field action whatsapp.FlowAction What the user can do.

---Opens a flow.
---@class whatsapp.FlowAction
---@field name "flow" The action's name.
---@field parameters whatsapp.FlowParameters What the action needs.

---Which flow, and how it opens.
---@class whatsapp.FlowParameters
---@field flow_message_version "3"|string The format's version.
---@field flow_id? string|integer The flow; or its name. (at least 1 character)
---@field flow_name? string The flow's name; or its id. (at least 1 character)
---@field flow_cta string What stands on the button. (at least 1 character, better at most 20)
---@field mode? "draft"|"published" published if absent.
---@field flow_token? string Your own word for this use of the flow; "unused" if absent.
---@field flow_action? "navigate"|"data_exchange" navigate if absent.
---@field flow_action_payload? whatsapp.FlowActionPayload Where the flow starts, and with what.

---Where a flow starts, and with what.
---@class whatsapp.FlowActionPayload
---@field screen? string The first screen; FIRST_ENTRY_SCREEN if absent.
---@field data? table<string, any> Your own data for that screen, kept as it is. (at least 1 character)

---A button that opens a link.
---@class whatsapp.InteractiveCtaUrl
---@field type "cta_url" Which interactive message it is.
---@field header? whatsapp.Header What stands above the body.
---@field body whatsapp.Body The words of the message.
---@field footer? whatsapp.Footer Small words below the body.
---@field action whatsapp.CtaUrlAction What the user can do.

---Opens a link.
---@class whatsapp.CtaUrlAction
---@field name "cta_url" The action's name.
---@field parameters whatsapp.CtaUrlParameters What the action needs.

---A button and its link.
---@class whatsapp.CtaUrlParameters
---@field display_text string What stands on the button. (1 to 20 characters)
---@field url string What the button opens. (at least 1 character, a URL with its scheme)
---@field payment_link_preview? boolean Whether to preview a payment link (India; without a header).

---Asks the user for a location.
---@class whatsapp.InteractiveLocationRequest
---@field type "location_request_message" Which interactive message it is.
---@field body whatsapp.Body The words of the message.
---@field action whatsapp.SendLocationAction What the user can do.

---Asks for a place.
---@class whatsapp.SendLocationAction
---@field name "send_location" The action's name.

---Asks the user for contact details.
---@class whatsapp.InteractiveContactRequest
---@field type "request_contact_info" Which interactive message it is.
---@field body whatsapp.Body The words of the message.
---@field action whatsapp.ContactInfoAction What the user can do.

---Asks for the phone number.
---@class whatsapp.ContactInfoAction
---@field name "request_contact_info" The action's name.

---Asks whether you may call.
---@class whatsapp.InteractiveCallPermission
---@field type "call_permission_request" Which interactive message it is.
---@field body? whatsapp.Body The words of the message.
---@field action whatsapp.CallPermissionAction What the user can do.

---Asks for permission to call.
---@class whatsapp.CallPermissionAction
---@field name "call_permission_request" The action's name.

---A button that calls the business.
---@class whatsapp.InteractiveVoiceCall
---@field type "voice_call" Which interactive message it is.
---@field header? whatsapp.Header In no documented example.
---@field body whatsapp.Body The words of the message.
---@field footer? whatsapp.Footer In no documented example.
---@field action whatsapp.VoiceCallAction What the user can do.

---Calls the business.
---@class whatsapp.VoiceCallAction
---@field name "voice_call" The action's name.
---@field parameters? whatsapp.VoiceCallParameters What the button says, and how long it works.

---A button that calls.
---@class whatsapp.VoiceCallParameters
---@field display_text? string What stands on the button. (1 to 20 characters)
---@field ttl_minutes? integer Minutes the button works. (1 to 43200)
---@field payload? string Comes back when the user calls. (0 to 512 characters)

---Asks for a delivery address.
---@class whatsapp.InteractiveAddress
---@field type "address_message" Which interactive message it is.
---@field header? whatsapp.Header What stands above the body.
---@field body whatsapp.Body The words of the message.
---@field footer? whatsapp.Footer Small words below the body.
---@field action whatsapp.AddressAction What the user can do.

---Opens the address form.
---@class whatsapp.AddressAction
---@field name "address_message" The action's name.
---@field parameters whatsapp.AddressParameters What the action needs.

---What the address form shows.
---@class whatsapp.AddressParameters
---@field country string Two letters, such as IN. (at least 1 character)
---@field values? whatsapp.AddressValues What is already filled in.
---@field saved_addresses? whatsapp.SavedAddress[] Addresses to choose from.
---@field validation_errors? table<string, any> Names of fields, and what is wrong with them.

---An address to choose.
---@class whatsapp.SavedAddress
---@field id? string|integer Comes back when it is chosen.
---@field value? whatsapp.AddressValues The address.

---Cards to swipe through.
---@class whatsapp.InteractiveCarousel
---@field type "carousel" Which interactive message it is.
---@field body whatsapp.Body The words of the message.
---@field action whatsapp.CarouselAction What the user can do.

---The cards.
---@class whatsapp.CarouselAction
---@field cards whatsapp.Card[] The cards. (2 to 10 items)

---A card of a carousel.
---@alias whatsapp.Card whatsapp.MediaCard|whatsapp.ProductCard

---An image or a video with a link or buttons.
---@class whatsapp.MediaCard
---@field card_index integer Its place, from 0. (0 to 9, unique)
---@field type "cta_url" What the card shows.
---@field header whatsapp.CardHeader The image or the video.
---@field body? whatsapp.CardBody The words of the card.
---@field action whatsapp.CardAction What the user can do.

---The image or the video of a card.
---@alias whatsapp.CardHeader whatsapp.HeaderImage|whatsapp.HeaderVideo

---The words of a card.
---@class whatsapp.CardBody
---@field text string The words. (1 to 160 characters, at most 2 line ends)

---A link or buttons; the same kind on every card.
---@class whatsapp.CardAction
---@field name "cta_url" The action's name.
---@field parameters whatsapp.CtaUrlParameters What the action needs.
---@field buttons? whatsapp.CardButton[] As many on every card. (at least 1 item)

---Buttons of a card.
---@class whatsapp.CardButtonsAction
---@field buttons whatsapp.CardButton[] As many on every card. (at least 1 item)

---A button of a card.
---@class whatsapp.CardButton
---@field type "quick_reply" The button's kind.
---@field quick_reply whatsapp.QuickReply What it says and sends back.

---What a card's button says and sends back.
---@class whatsapp.QuickReply
---@field id string|integer Comes back when it is pressed. (1 to 256 characters)
---@field title string What stands on it. (1 to 20 characters)

---A product.
---@class whatsapp.ProductCard
---@field card_index integer Its place, from 0. (0 to 9, unique)
---@field type "product" What the card shows.
---@field action whatsapp.CardProduct What the user can do.

---Which product; the same catalog on every card.
---@class whatsapp.CardProduct
---@field product_retailer_id string|integer The product's id in the catalog. (at least 1 character)
---@field catalog_id string|integer The catalog. (at least 1 character)

---An order to pay.
---@class whatsapp.InteractiveOrderDetails
---@field type "order_details" Which interactive message it is.
---@field header? whatsapp.Header What stands above the body.
---@field body whatsapp.Body The words of the message.
---@field footer? whatsapp.Footer Small words below the body.
---@field action whatsapp.OrderDetailsAction What the user can do.

---Reviews and pays an order.
---@class whatsapp.OrderDetailsAction
---@field name "review_and_pay" The action's name.
---@field parameters whatsapp.OrderDetails What the action needs.

---News of an order.
---@class whatsapp.InteractiveOrderStatus
---@field type "order_status" Which interactive message it is.
---@field header? whatsapp.Header In no documented example.
---@field body whatsapp.Body The words of the message.
---@field footer? whatsapp.Footer Small words below the body.
---@field action whatsapp.OrderStatusAction What the user can do.

---Reviews an order.
---@class whatsapp.OrderStatusAction
---@field name "review_order" The action's name.
---@field parameters whatsapp.OrderStatus What the action needs.

---Of Direct Send (beta).
---@class whatsapp.DirectInteractiveMessage
---@field messaging_product? "whatsapp" Filled in where absent.
---@field recipient_type? "individual"|"group" Filled in where absent.
---@field to? string|integer A phone number, a WhatsApp id or a group's id. (at least 1 character)
---@field recipient? string|integer A business-scoped user id; `to` wins where both are given. (at least 1 character)
---@field context? whatsapp.Context What is answered.
---@field biz_opaque_callback_data? string Your own words; the status webhooks repeat them. (0 to 512 characters)
---@field recipient_identity_key_hash? string Delivered only if it is the user's current hash.
---@field message_activity_sharing? boolean Whether to report what the user does with it.
---@field category? "utility"|"authentication"|string Of Direct Send (beta).
---@field product_policy? "CLOUD_API_FALLBACK"|"STRICT" Of /marketing_messages.
---@field type? "interactive" Filled in from the one member that is present.
---@field interactive table<string, any> What it says, kept as it is.

---Pins or unpins a message of a group.
---@class whatsapp.PinMessage
---@field messaging_product? "whatsapp" Filled in where absent.
---@field recipient_type "group" Only groups have pinned messages.
---@field to? string|integer A phone number, a WhatsApp id or a group's id. (at least 1 character)
---@field recipient? string|integer A business-scoped user id; `to` wins where both are given. (at least 1 character)
---@field context? whatsapp.Context What is answered.
---@field biz_opaque_callback_data? string Your own words; the status webhooks repeat them. (0 to 512 characters)
---@field recipient_identity_key_hash? string Delivered only if it is the user's current hash.
---@field message_activity_sharing? boolean Whether to report what the user does with it.
---@field category? "utility"|"authentication"|string Of Direct Send (beta).
---@field product_policy? "CLOUD_API_FALLBACK"|"STRICT" Of /marketing_messages.
---@field type? "pin" Filled in from the one member that is present.
---@field pin whatsapp.PinOrUnpin The content.

---Pins or unpins a message of a group.
---@alias whatsapp.PinOrUnpin whatsapp.Pin|whatsapp.Unpin

---Pins a message of a group.
---@class whatsapp.Pin
---@field type "pin" Whether to pin or to unpin.
---@field message_id string|integer The message. (1 to 128 characters)
---@field expiration_days integer|string Days it stays pinned. (1 to 30)

---Takes a pinned message of a group down.
---@class whatsapp.Unpin
---@field type "unpin" Whether to pin or to unpin.
---@field message_id string|integer The message. (1 to 128 characters)
