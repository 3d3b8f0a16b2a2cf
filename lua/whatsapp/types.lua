-- Types of the messages, for the Lua language server. Generated from the schema by `make docs`: edit src/core/schema.c.
-- Never required by the library.
---@meta

---Everything that may be posted to /messages.
---@alias whatsapp.Message whatsapp.Receipt|whatsapp.SentMessage

---Marks a received message, and the messages before it, as read.
---@class whatsapp.Receipt
---@field messaging_product? "whatsapp" Filled in if absent.
---@field status "read" The message was read.
---@field message_id string|integer The id of the received message. (1 to 128 characters)
---@field typing_indicator? whatsapp.TypingIndicator The user sees it for 25 seconds, or until your next message.
---@field recipient_type? "individual"|"group" The API accepts it, and ignores it.

---Shows the user that you write an answer.
---@class whatsapp.TypingIndicator
---@field type "text" The kind of the answer.

---The recipient of a message, and how it is sent.
---@class whatsapp.Envelope
---@field messaging_product? "whatsapp" Filled in if absent.
---@field recipient_type? "individual"|"group" Filled in if absent.
---@field to? string|integer A phone number, a WhatsApp id or a group's id. (at least 1 character, a phone number or the id of a group: a business-scoped user id goes to `recipient`, better without invisible characters, better a number or an id: a user name is not an address, better a phone number or the id of a group: both have digits)
---@field recipient? string|integer A business-scoped user id; if `to` is present too, `to` is used. (at least 1 character, better without invisible characters, better a number or an id: a user name is not an address, better a business-scoped user id: a phone number goes to `to`)
---@field context? whatsapp.Context Quotes an earlier message.
---@field biz_opaque_callback_data? string Your own text; the status webhooks of the message have it. (0 to 512 characters)
---@field recipient_identity_key_hash? string Delivered only if the user still has this hash.
---@field message_activity_sharing? boolean Report what the user does with the message.
---@field messaging_account_id? string|integer The messaging account that is charged.
---@field paid_messaging_account_id? string|integer The old name of `messaging_account_id`.
---@field category? "utility"|"authentication"|"service"|string For Direct Send (beta).
---@field ttl_seconds? integer For Direct Send (beta): seconds until the API gives up. (30 to 43200)
---@field direct_send_config? whatsapp.DirectSendConfig For Direct Send (beta).
---@field bid_spec? whatsapp.BidSpec For marketing messages (beta).
---@field product_policy? "CLOUD_API_FALLBACK"|"STRICT" For /marketing_messages only.
---@field type? string Filled in from the member that is present.

---A message to a user or a group.
---@alias whatsapp.SentMessage whatsapp.TextMessage|whatsapp.ImageMessage|whatsapp.VideoMessage|whatsapp.AudioMessage|whatsapp.DocumentMessage|whatsapp.StickerMessage|whatsapp.LocationMessage|whatsapp.ContactsMessage|whatsapp.ReactionMessage|whatsapp.TemplateMessage|whatsapp.InteractiveMessage|whatsapp.PinMessage

---Quotes an earlier message.
---@class whatsapp.Context
---@field message_id string|integer The id of the message that the new message answers. (1 to 128 characters)

---A name for Direct Send (beta).
---@class whatsapp.DirectSendConfig
---@field template_name? string The name of the template that the API makes. (0 to 512 characters, a string of the letters a to z, digits and _ only)

---The bid for a marketing message (beta).
---@class whatsapp.BidSpec
---@field per_message_bid_multiplier? number|string Over 0. (at least 1 character)

---A text message.
---@class whatsapp.TextMessage: whatsapp.Envelope
---@field type? "text" Filled in from the member that is present.
---@field text whatsapp.Text|whatsapp.DirectText The content of the message.

---A text message.
---@class whatsapp.Text
---@field body string The text. URLs in it become links. (1 to 4096 characters)
---@field preview_url? boolean Show a preview of the first link. Absent: false.

---A text by Direct Send (beta).
---@class whatsapp.DirectTextMessage: whatsapp.Envelope
---@field type? "text" Filled in from the member that is present.
---@field text whatsapp.DirectText The content of the message.

---A text message by Direct Send.
---@class whatsapp.DirectText
---@field body string The text. URLs in it become links. (1 to 4096 characters, better at most 1024)
---@field preview_url? boolean Not for Direct Send: leave it out.

---An image.
---@class whatsapp.ImageMessage: whatsapp.Envelope
---@field type? "image" Filled in from the member that is present.
---@field image whatsapp.Image The content of the message.

---A JPEG or PNG of up to 5 MB.
---@class whatsapp.Image
---@field id? string|integer The id of an uploaded file. (at least 1 character)
---@field link? string The URL from which the API gets the file. (at least 1 character, an http:// or https:// link)
---@field caption? string The text below it. (0 to 1024 characters)
---@field provider? whatsapp.Provider Only for the old On-Premises API: leave it out.

---Only for the old On-Premises API; the payment guides still show it.
---@class whatsapp.Provider
---@field name? string The provider's name.

---A video.
---@class whatsapp.VideoMessage: whatsapp.Envelope
---@field type? "video" Filled in from the member that is present.
---@field video whatsapp.Video The content of the message.

---An MP4 or 3GP of up to 16 MB.
---@class whatsapp.Video
---@field id? string|integer The id of an uploaded file. (at least 1 character)
---@field link? string The URL from which the API gets the file. (at least 1 character, an http:// or https:// link)
---@field caption? string The text below it. (0 to 1024 characters)
---@field filename? string Not documented here: leave it out.
---@field provider? whatsapp.Provider Only for the old On-Premises API: leave it out.

---An audio message.
---@class whatsapp.AudioMessage: whatsapp.Envelope
---@field type? "audio" Filled in from the member that is present.
---@field audio whatsapp.Audio The content of the message.

---A sound of up to 16 MB.
---@class whatsapp.Audio
---@field id? string|integer The id of an uploaded file. (at least 1 character)
---@field link? string The URL from which the API gets the file. (at least 1 character, an http:// or https:// link)
---@field voice? boolean Whether it is a voice message (OGG with the OPUS codec).
---@field caption? string Not documented here: leave it out. (0 to 1024 characters)
---@field filename? string Not documented here: leave it out.
---@field provider? whatsapp.Provider Only for the old On-Premises API: leave it out.

---A file.
---@class whatsapp.DocumentMessage: whatsapp.Envelope
---@field type? "document" Filled in from the member that is present.
---@field document whatsapp.Document The content of the message.

---A file of up to 100 MB.
---@class whatsapp.Document
---@field id? string|integer The id of an uploaded file. (at least 1 character)
---@field link? string The URL from which the API gets the file. (at least 1 character, an http:// or https:// link)
---@field caption? string The text below it. (0 to 1024 characters)
---@field filename? string Its extension decides how the document is shown. (better at most 240)
---@field provider? whatsapp.Provider Only for the old On-Premises API: leave it out.

---A sticker.
---@class whatsapp.StickerMessage: whatsapp.Envelope
---@field type? "sticker" Filled in from the member that is present.
---@field sticker whatsapp.Sticker The content of the message.

---A WebP of 512 by 512 pixels.
---@class whatsapp.Sticker
---@field id? string|integer The id of an uploaded file. (at least 1 character)
---@field link? string The URL from which the API gets the file. (at least 1 character, an http:// or https:// link)

---A place.
---@class whatsapp.LocationMessage: whatsapp.Envelope
---@field type? "location" Filled in from the member that is present.
---@field location whatsapp.Location The content of the message.

---A place.
---@class whatsapp.Location
---@field latitude number|string Degrees, as a number or a string. (at least 1 character)
---@field longitude number|string Degrees, as a number or a string. (at least 1 character)
---@field name? string The place's name. (better at most 100)
---@field address? string The place's address; shown if there is a name. (better at most 300)

---Contact cards.
---@class whatsapp.ContactsMessage: whatsapp.Envelope
---@field type? "contacts" Filled in from the member that is present.
---@field contacts whatsapp.Contact[] The cards. (at least 1 item, better at most 257)

---A contact card.
---@class whatsapp.Contact
---@field name whatsapp.ContactName The names of the contact.
---@field birthday? string YYYY-MM-DD. (a date as YYYY-MM-DD)
---@field phones? whatsapp.ContactPhone[] Phone numbers.
---@field emails? whatsapp.ContactEmail[] E-mail addresses.
---@field urls? whatsapp.ContactUrl[] URLs of web pages.
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
---@field wa_id? string|integer The WhatsApp id. Without it, the app offers to invite the contact.
---@field type? string HOME, WORK or any other word.

---An e-mail address of a contact.
---@class whatsapp.ContactEmail
---@field email? string The address.
---@field type? string HOME, WORK or any other word.

---A web page of a contact.
---@class whatsapp.ContactUrl
---@field url? string The URL.
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

---A reaction to a message: an emoji.
---@class whatsapp.ReactionMessage: whatsapp.Envelope
---@field type? "reaction" Filled in from the member that is present.
---@field context? nil This message does not have it.
---@field reaction whatsapp.Reaction The content of the message.

---A reaction to a message: an emoji.
---@class whatsapp.Reaction
---@field message_id string|integer The id of the message; at most 30 days old. (1 to 128 characters)
---@field emoji string One emoji; the empty string removes the reaction.

---A template message.
---@class whatsapp.TemplateMessage: whatsapp.Envelope
---@field type? "template" Filled in from the member that is present.
---@field template whatsapp.Template The content of the message.

---A message that was written and approved earlier.
---@class whatsapp.Template
---@field name string The template's name. (1 to 512 characters)
---@field language whatsapp.Language The template's language.
---@field components? whatsapp.Component[] Values for the template's variables.

---The template's language.
---@class whatsapp.Language
---@field policy? "deterministic" Always deterministic.
---@field code string Such as en or en_US. (at least 1 character, better a language code such as en, fil or pt_BR)

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
---@field type "text" The name of the member with the content.
---@field parameter_name? string In a template with named parameters. (at least 1 character)
---@field text string The text. (1 to 60 characters, one line without tabs and without more than 4 spaces in a row)

---An amount of money.
---@class whatsapp.CurrencyParameter
---@field type "currency" The name of the member with the content.
---@field parameter_name? string In a template with named parameters. (at least 1 character)
---@field currency whatsapp.Currency The amount.

---An amount of money.
---@class whatsapp.Currency
---@field fallback_value string The text that is shown if the amount cannot be localised. (at least 1 character, one line without tabs and without more than 4 spaces in a row)
---@field code string ISO 4217, three letters. (at least 1 character)
---@field amount_1000 integer The amount times 1000.

---A date.
---@class whatsapp.DateTimeParameter
---@field type "date_time" The name of the member with the content.
---@field parameter_name? string In a template with named parameters. (at least 1 character)
---@field date_time whatsapp.DateTime The date.

---A date.
---@class whatsapp.DateTime
---@field fallback_value string The text that is shown. (at least 1 character, one line without tabs and without more than 4 spaces in a row)
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
---@field type "image" The name of the member with the content.
---@field parameter_name? string In a template with named parameters. (at least 1 character)
---@field image whatsapp.Media The image.

---An image, a video or a GIF in a header or a parameter.
---@class whatsapp.Media
---@field id? string|integer The id of an uploaded file. (at least 1 character)
---@field link? string The URL from which the API gets the file. (at least 1 character, an http:// or https:// link)
---@field caption? string Not documented here: leave it out. (0 to 1024 characters)
---@field provider? whatsapp.Provider Only for the old On-Premises API: leave it out.

---A video in a header.
---@class whatsapp.VideoParameter
---@field type "video" The name of the member with the content.
---@field parameter_name? string In a template with named parameters. (at least 1 character)
---@field video whatsapp.Media The video.

---A GIF in a header.
---@class whatsapp.GifParameter
---@field type "gif" The name of the member with the content.
---@field parameter_name? string In a template with named parameters. (at least 1 character)
---@field gif whatsapp.Media The GIF, as an MP4.

---A PDF in a header.
---@class whatsapp.DocumentParameter
---@field type "document" The name of the member with the content.
---@field parameter_name? string In a template with named parameters. (at least 1 character)
---@field document whatsapp.MediaDocument The document.

---A document in a header or a parameter.
---@class whatsapp.MediaDocument
---@field id? string|integer The id of an uploaded file. (at least 1 character)
---@field link? string The URL from which the API gets the file. (at least 1 character, an http:// or https:// link)
---@field filename? string Its extension decides how the document is shown. (better at most 240)
---@field caption? string Not documented here: leave it out. (0 to 1024 characters)
---@field provider? whatsapp.Provider Only for the old On-Premises API: leave it out.

---A place in a header.
---@class whatsapp.LocationParameter
---@field type "location" The name of the member with the content.
---@field parameter_name? string In a template with named parameters. (at least 1 character)
---@field location whatsapp.TemplateLocation The place.

---A place in a template's header.
---@class whatsapp.TemplateLocation
---@field latitude number|string Degrees, as a number or a string. (at least 1 character)
---@field longitude number|string Degrees, as a number or a string. (at least 1 character)
---@field name? string The place's name. (better at most 100, better one line without tabs and without more than 4 spaces in a row)
---@field address? string The place's address; shown if there is a name. (better at most 300, better one line without tabs and without more than 4 spaces in a row)

---A product in a header.
---@class whatsapp.ProductParameter
---@field type "product" The name of the member with the content.
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
---@field type "text" The name of the member with the content.
---@field parameter_name? string In a template with named parameters. (at least 1 character)
---@field text string The text; shorter where the body is not alone. (1 to 32768 characters, at most 1024 among other components, one line without tabs and without more than 4 spaces in a row)

---Values for a button.
---@alias whatsapp.ButtonComponent whatsapp.QuickReplyComponent|whatsapp.UrlComponent|whatsapp.CopyCodeComponent|whatsapp.CatalogComponent|whatsapp.ProductsComponent|whatsapp.FlowComponent|whatsapp.OrderDetailsComponent|whatsapp.VoiceCallComponent|whatsapp.PhoneNumberComponent|whatsapp.PaymentComponent

---A button that answers.
---@class whatsapp.QuickReplyComponent
---@field type "button" The part of the template.
---@field sub_type "quick_reply" The button's kind.
---@field index? integer|string The button's index, from 0. (0 to 9)
---@field parameters? whatsapp.QuickReplyParameter[] A value for each variable, in the template's order or by name.

---A value for a template's button.
---@alias whatsapp.QuickReplyParameter whatsapp.PayloadParameter|whatsapp.LabelParameter

---The payload of a button.
---@class whatsapp.PayloadParameter
---@field type "payload" The name of the member with the content.
---@field parameter_name? string In a template with named parameters. (at least 1 character)
---@field payload string The webhook has it after the user pressed the button. (1 to 512 characters, better one line without tabs and without more than 4 spaces in a row)

---The text of a button; a payload is better.
---@class whatsapp.LabelParameter
---@field type "text" The name of the member with the content.
---@field parameter_name? string In a template with named parameters. (at least 1 character)
---@field text string|boolean The text. (better one line without tabs and without more than 4 spaces in a row)

---A button that opens a link.
---@class whatsapp.UrlComponent
---@field type "button" The part of the template.
---@field sub_type "url" The button's kind.
---@field index? integer|string The button's index, from 0. (0 to 9)
---@field parameters? whatsapp.UrlButtonParameter[] A value for each variable, in the template's order or by name.

---A value for a template's button.
---@alias whatsapp.UrlButtonParameter whatsapp.UrlParameter|whatsapp.PayloadParameter

---The end of a button's URL.
---@class whatsapp.UrlParameter
---@field type "text" The name of the member with the content.
---@field parameter_name? string In a template with named parameters. (at least 1 character)
---@field text string Appended to the template's URL. (at least 1 character, better without white space)
---@field payment_link_preview? boolean Show a preview of a payment link (India).

---A button that copies a code.
---@class whatsapp.CopyCodeComponent
---@field type "button" The part of the template.
---@field sub_type "copy_code" The button's kind.
---@field index? integer|string The button's index, from 0. (0 to 9)
---@field parameters? whatsapp.CopyCodeParameter[] A value for each variable, in the template's order or by name.

---A value for a template's button.
---@alias whatsapp.CopyCodeParameter whatsapp.CouponParameter

---The code that a button copies.
---@class whatsapp.CouponParameter
---@field type "coupon_code" The name of the member with the content.
---@field parameter_name? string In a template with named parameters. (at least 1 character)
---@field coupon_code string The code. (1 to 20 characters, better one line without tabs and without more than 4 spaces in a row)

---A button that opens the catalog.
---@class whatsapp.CatalogComponent
---@field type "button" The part of the template.
---@field sub_type "catalog" The button's kind.
---@field index? integer|string The button's index, from 0. (0 to 9)
---@field parameters? whatsapp.CatalogButtonParameter[] A value for each variable, in the template's order or by name.

---A value for a template's button.
---@alias whatsapp.CatalogButtonParameter whatsapp.CatalogParameter

---A catalog button's image.
---@class whatsapp.CatalogParameter
---@field type "action" The name of the member with the content.
---@field parameter_name? string In a template with named parameters. (at least 1 character)
---@field action whatsapp.ThumbnailAction The image.

---The image of a catalog button.
---@class whatsapp.ThumbnailAction
---@field thumbnail_product_retailer_id? string|integer The product whose image is shown. (at least 1 character)

---A button that opens products.
---@class whatsapp.ProductsComponent
---@field type "button" The part of the template.
---@field sub_type "mpm" The button's kind.
---@field index? integer|string The button's index, from 0. (0 to 9)
---@field parameters? whatsapp.ProductsButtonParameter[] A value for each variable, in the template's order or by name.

---A value for a template's button.
---@alias whatsapp.ProductsButtonParameter whatsapp.ProductsParameter

---A products button's products.
---@class whatsapp.ProductsParameter
---@field type "action" The name of the member with the content.
---@field parameter_name? string In a template with named parameters. (at least 1 character)
---@field action whatsapp.ProductsAction The products.

---The products of a button.
---@class whatsapp.ProductsAction
---@field thumbnail_product_retailer_id? string|integer The product whose image is shown. (at least 1 character)
---@field sections whatsapp.TemplateSection[] Products under titles; at most 30 together. (1 to 10 items, at most 30 in its lists together)

---Products under a title.
---@class whatsapp.TemplateSection
---@field title? string Required if there are several sections. (0 to 24 characters, better one line without tabs and without more than 4 spaces in a row)
---@field product_items whatsapp.ProductItem[] The products. (1 to 30 items)

---A product of a section.
---@class whatsapp.ProductItem
---@field product_retailer_id string|integer The product's id in the catalog. (at least 1 character)

---A button that opens a flow.
---@class whatsapp.FlowComponent
---@field type "button" The part of the template.
---@field sub_type "flow" The button's kind.
---@field index? integer|string The button's index, from 0. (0 to 9)
---@field parameters? whatsapp.FlowButtonParameter[] A value for each variable, in the template's order or by name.

---A value for a template's button.
---@alias whatsapp.FlowButtonParameter whatsapp.FlowParameter

---The flow of a button.
---@class whatsapp.FlowParameter
---@field type "action" The name of the member with the content.
---@field parameter_name? string In a template with named parameters. (at least 1 character)
---@field action whatsapp.FlowButtonAction The way it opens.

---The data of a flow that opens.
---@class whatsapp.FlowButtonAction
---@field flow_token? string Your own name for this use of the flow.
---@field flow_action_data? table<string, any> Your own data, sent unchanged.

---A button that pays an order.
---@class whatsapp.OrderDetailsComponent
---@field type "button" The part of the template.
---@field sub_type "order_details" The button's kind.
---@field index? integer|string The button's index, from 0. (0 to 9)
---@field parameters? whatsapp.OrderButtonParameter[] A value for each variable, in the template's order or by name.

---A value for a template's button.
---@alias whatsapp.OrderButtonParameter whatsapp.OrderParameter

---The order that a button pays.
---@class whatsapp.OrderParameter
---@field type "action" The name of the member with the content.
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
---@field type? "payment_gateway"|"upi_intent_link"|"payment_link"|"pix_dynamic_code"|"boleto"|"offsite_card_pay"|string The name of the member with the content.
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
---@field expiration? whatsapp.OrderExpiration The last time to pay.
---@field items? whatsapp.OrderItem[] The items. (at least 1 item)
---@field subtotal? whatsapp.Amount The sum of the items.
---@field tax? whatsapp.DescribedAmount The tax.
---@field shipping? whatsapp.DescribedAmount The cost of shipping.
---@field discount? whatsapp.Discount A discount.

---The time until which the order can be paid.
---@class whatsapp.OrderExpiration
---@field timestamp? string|integer Seconds since 1970 in UTC, at least 300 ahead.
---@field description? string|integer The text at that time. (0 to 120 characters)

---An item of an order.
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
---@field link? string|integer The URL of the picture.

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
---@field index? integer|string The button's index, from 0. (0 to 9)
---@field parameters? whatsapp.VoiceCallParameter[] A value for each variable, in the template's order or by name.

---A value for a template's button.
---@alias whatsapp.VoiceCallParameter whatsapp.CallPayloadParameter|whatsapp.TtlParameter

---The payload of a call button.
---@class whatsapp.CallPayloadParameter
---@field type "payload" The name of the member with the content.
---@field parameter_name? string In a template with named parameters. (at least 1 character)
---@field payload string The webhook of the call has it. (1 to 512 characters, better one line without tabs and without more than 4 spaces in a row)

---How long a call button works.
---@class whatsapp.TtlParameter
---@field type "ttl_minutes" The name of the member with the content.
---@field parameter_name? string In a template with named parameters. (at least 1 character)
---@field ttl_minutes integer Minutes until the button stops working. (1 to 43200)

---A button that calls a number.
---@class whatsapp.PhoneNumberComponent
---@field type "button" The part of the template.
---@field sub_type "phone_number" The button's kind.
---@field index? integer|string The button's index, from 0. (0 to 9)
---@field parameters? whatsapp.PhoneNumberParameter[] A value for each variable, in the template's order or by name.

---A value for a template's button.
---@alias whatsapp.PhoneNumberParameter whatsapp.LabelParameter|whatsapp.PayloadParameter

---A button that asks for a payment (Brazil).
---@class whatsapp.PaymentComponent
---@field type "button" The part of the template.
---@field sub_type "payment_request" The button's kind; at most three of it. (better at most 3 in the list)
---@field index? integer|string The button's index, from 0. (0 to 9)
---@field parameters? whatsapp.PaymentButtonParameter[] A value for each variable, in the template's order or by name.

---A value for a template's button.
---@alias whatsapp.PaymentButtonParameter whatsapp.PaymentParameter

---The payment that a button asks for.
---@class whatsapp.PaymentParameter
---@field type "action" The name of the member with the content.
---@field parameter_name? string In a template with named parameters. (at least 1 character)
---@field action whatsapp.PaymentRequestAction The payment.

---The payment of a button.
---@class whatsapp.PaymentRequestAction
---@field payment_request whatsapp.PaymentRequest The payment.

---A request for a payment (Brazil).
---@class whatsapp.PaymentRequest
---@field payment_setting? whatsapp.RequestedPaymentSetting A way to pay.

---A way to pay.
---@class whatsapp.RequestedPaymentSetting
---@field type? "pix_dynamic_code"|"boleto"|"payment_link"|string The member with the content.
---@field pix_dynamic_code? whatsapp.PaymentCode A Pix code.
---@field boleto? whatsapp.Boleto A boleto.
---@field payment_link? whatsapp.PaymentLink A payment link.

---A Pix code.
---@class whatsapp.PaymentCode
---@field code? string|integer The code.

---Values for the cards.
---@class whatsapp.CarouselComponent
---@field type "carousel" The part of the template.
---@field cards whatsapp.TemplateCard[] The cards; as many as the template has. (1 to 10 items)

---Values for a card.
---@class whatsapp.TemplateCard
---@field card_index integer The card's index, from 0. (0 to 9, unique)
---@field components whatsapp.CardComponent[] Values for its parts.

---Values for a part of a card.
---@alias whatsapp.CardComponent whatsapp.HeaderComponent|whatsapp.BodyComponent|whatsapp.ButtonComponent

---The time at which an offer ends.
---@class whatsapp.LimitedTimeOfferComponent
---@field type "limited_time_offer" The part of the template.
---@field parameters whatsapp.LimitedTimeOfferParameter[] A value for each variable, in the template's order or by name. (1 to 1 items)

---The time at which an offer ends.
---@class whatsapp.LimitedTimeOfferParameter
---@field type "limited_time_offer" The type.
---@field limited_time_offer whatsapp.LimitedTimeOffer The time at which the offer ends.

---The time at which an offer ends.
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
---@field url string The URL that the link opens. (at least 1 character, better without white space)
---@field title string The text that is shown. (at least 1 character, better one line without tabs and without more than 4 spaces in a row)

---The new state of an order.
---@class whatsapp.OrderStatusComponent
---@field type "order_status" The part of the template.
---@field parameters whatsapp.OrderStatusParameter[] A value for each variable, in the template's order or by name. (1 to 1 items)

---The new state of an order.
---@class whatsapp.OrderStatusParameter
---@field type "order_status" The type.
---@field order_status whatsapp.TemplateOrderStatus The new state.

---The new state of an order.
---@class whatsapp.TemplateOrderStatus
---@field reference_id string|integer The reference_id of the order's details. (at least 1 character)
---@field order? whatsapp.TemplateOrderState The state of the order.
---@field payment? whatsapp.PaymentState The state of the payment.

---The state of an order.
---@class whatsapp.TemplateOrderState
---@field status "pending"|"processing"|"partially_shipped"|"partially-shipped"|"shipped"|"completed"|"canceled"|string The state.
---@field description? string A remark. (0 to 120 characters, better one line without tabs and without more than 4 spaces in a row)

---The state of a payment (Brazil).
---@class whatsapp.PaymentState
---@field status "pending"|"captured"|"failed"|string The state.
---@field timestamp? integer Seconds since 1970 in UTC.

---A message with buttons or the like.
---@class whatsapp.InteractiveMessage: whatsapp.Envelope
---@field type? "interactive" Filled in from the member that is present.
---@field interactive whatsapp.Interactive|whatsapp.DirectInteractive The content of the message.

---A message with buttons, a list, products or a flow.
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
---@field type "text" The name of the member with the content.
---@field sub_text? string A second line. (0 to 60 characters)
---@field text string The text; markdown is not formatted. (1 to 60 characters)

---An image above the body.
---@class whatsapp.HeaderImage
---@field type "image" The name of the member with the content.
---@field sub_text? string A second line. (0 to 60 characters)
---@field image whatsapp.Media The image.

---A video above the body.
---@class whatsapp.HeaderVideo
---@field type "video" The name of the member with the content.
---@field sub_text? string A second line. (0 to 60 characters)
---@field video whatsapp.Media The video.

---A document above the body.
---@class whatsapp.HeaderDocument
---@field type "document" The name of the member with the content.
---@field sub_text? string A second line. (0 to 60 characters)
---@field document whatsapp.MediaDocument The document.

---A GIF above the body.
---@class whatsapp.HeaderGif
---@field type "gif" The name of the member with the content.
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
---@field id string|integer The webhook has it after the user pressed the button. (1 to 256 characters, without spaces at its ends, unique)
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
---@field rows whatsapp.Row[] The rows. (1 to 10 items)

---A row of a list.
---@class whatsapp.Row
---@field id string|integer The webhook has this id after the user chose the row. (1 to 200 characters)
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
---@field name? string Not documented here: leave it out.
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
---@field name? string Not documented here: leave it out.
---@field catalog_id string|integer The catalog. (at least 1 character)
---@field sections whatsapp.ProductSection[] Products under titles; at most 30 together. (1 to 10 items, at most 30 in its lists together)

---Products under a title.
---@class whatsapp.ProductSection
---@field title? string Required if there are several sections. (0 to 24 characters)
---@field product_items whatsapp.ProductItem[] The products. (1 to 30 items)

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
---@field flow_id? string|integer The flow's id, if there is no flow_name. (at least 1 character)
---@field flow_name? string The flow's name, if there is no flow_id. (at least 1 character)
---@field flow_cta string The title of the button. (at least 1 character, better at most 20)
---@field mode? "draft"|"published" The state of the flow. Absent: published.
---@field flow_token? string Your own name for this use of the flow. Absent: "unused".
---@field flow_action? "navigate"|"data_exchange" The first action. Absent: navigate.
---@field flow_action_payload? whatsapp.FlowActionPayload The first screen of the flow, and its data.

---The first screen of a flow, and its data.
---@class whatsapp.FlowActionPayload
---@field screen? string The first screen. Absent: FIRST_ENTRY_SCREEN.
---@field data? table<string, any> Your own data for that screen, sent unchanged. (at least 1 name)

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
---@field url string The URL that the button opens. (at least 1 character, a URL with its scheme, such as https://example.com)
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
---@field parameters? whatsapp.VoiceCallParameters The button's title, and the minutes that it works.

---A button that calls.
---@class whatsapp.VoiceCallParameters
---@field display_text? string The title of the button. (1 to 20 characters)
---@field ttl_minutes? integer Minutes until the button stops working. (1 to 43200)
---@field payload? string The webhook of the call has it. (0 to 512 characters)

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
---@field id? string|integer The webhook has this id after the user chose the row.
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
---@field card_index integer The card's index, from 0. (0 to 9, unique)
---@field type "cta_url" The type of the card.
---@field header whatsapp.CardHeader The image or the video.
---@field body? whatsapp.CardBody The text of the card.
---@field action whatsapp.CardAction The actions of the user.

---The image or the video of a card.
---@alias whatsapp.CardHeader whatsapp.HeaderImage|whatsapp.HeaderVideo

---The text of a card.
---@class whatsapp.CardBody
---@field text string The text. (1 to 160 characters, a text with at most 2 line ends)

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
---@field id string|integer The webhook has this id after the user pressed the button. All ids in a message differ. (1 to 256 characters)
---@field title string The title of the button. (1 to 20 characters)

---A product.
---@class whatsapp.ProductCard
---@field card_index integer The card's index, from 0. (0 to 9, unique)
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

---The new state of an order.
---@class whatsapp.OrderStatus
---@field reference_id string|integer The reference_id of the order's details. (at least 1 character)
---@field order? whatsapp.OrderState The state of the order.
---@field payment? whatsapp.PaymentState The state of the payment.

---The state of an order.
---@class whatsapp.OrderState
---@field status "pending"|"processing"|"partially_shipped"|"partially-shipped"|"shipped"|"completed"|"canceled"|string The state.
---@field description? string A remark. (0 to 120 characters)

---Buttons by Direct Send (beta).
---@class whatsapp.DirectInteractiveMessage: whatsapp.Envelope
---@field type? "interactive" Filled in from the member that is present.
---@field interactive whatsapp.DirectInteractive The content of the message.

---A message with buttons or a link.
---@alias whatsapp.DirectInteractive whatsapp.DirectInteractiveButton|whatsapp.DirectInteractiveCtaUrl|whatsapp.DirectInteractiveVoiceCall

---Reply buttons and links.
---@class whatsapp.DirectInteractiveButton
---@field type "button" The type of the interactive message.
---@field header? whatsapp.DirectHeader The header, above the body.
---@field body whatsapp.DirectBody The text of the message.
---@field footer? whatsapp.DirectFooter A small text below the body.
---@field action whatsapp.DirectButtonsAction The actions of the user.

---The header, above the body.
---@alias whatsapp.DirectHeader whatsapp.DirectHeaderText|whatsapp.DirectHeaderImage|whatsapp.DirectHeaderVideo|whatsapp.DirectHeaderDocument

---A text above the body.
---@class whatsapp.DirectHeaderText
---@field type "text" The name of the member with the content.
---@field sub_text? string A second line. (0 to 60 characters)
---@field text string The text; markdown is not formatted. (at least 1 character, better at most 60)

---An image above the body.
---@class whatsapp.DirectHeaderImage
---@field type "image" The name of the member with the content.
---@field sub_text? string A second line. (0 to 60 characters)
---@field image whatsapp.DirectMedia The image.

---An image or a video in a header.
---@class whatsapp.DirectMedia
---@field id? string|integer The id of an uploaded file. (at least 1 character)
---@field link? string The URL from which the API gets the file. (at least 1 character, an http:// or https:// link)
---@field caption? string Not documented here: leave it out. (0 to 1024 characters)
---@field provider? whatsapp.Provider Only for the old On-Premises API: leave it out.

---A video above the body.
---@class whatsapp.DirectHeaderVideo
---@field type "video" The name of the member with the content.
---@field sub_text? string A second line. (0 to 60 characters)
---@field video whatsapp.DirectMedia The video.

---A document above the body.
---@class whatsapp.DirectHeaderDocument
---@field type "document" The name of the member with the content.
---@field sub_text? string A second line. (0 to 60 characters)
---@field document whatsapp.DirectDocument The document.

---A document in a header.
---@class whatsapp.DirectDocument
---@field id? string|integer The id of an uploaded file. (at least 1 character)
---@field link? string The URL from which the API gets the file. (at least 1 character, an http:// or https:// link)
---@field filename? string Its extension decides how the document is shown. (better at most 240)
---@field caption? string Not documented here: leave it out. (0 to 1024 characters)
---@field provider? whatsapp.Provider Only for the old On-Premises API: leave it out.

---The text of the message.
---@class whatsapp.DirectBody
---@field text string The text. (at least 1 character, better at most 1024)

---A small text below the body.
---@class whatsapp.DirectFooter
---@field text string The text. (better at most 60)

---Up to ten buttons.
---@class whatsapp.DirectButtonsAction
---@field buttons whatsapp.DirectButton[] The buttons. (at least 1 item, better at most 10)

---A button.
---@alias whatsapp.DirectButton whatsapp.DirectReplyButton|whatsapp.DirectLinkButton

---A button that answers.
---@class whatsapp.DirectReplyButton
---@field type "reply" The button's kind.
---@field reply whatsapp.DirectReply Its title and its id.

---The title of a button, and its id.
---@class whatsapp.DirectReply
---@field id string|integer The webhook has it after a press. (1 to 256 characters, without spaces at its ends, unique)
---@field title string The title of the button; markdown is not formatted. (at least 1 character, better at most 20, unique)

---A button that opens a link.
---@class whatsapp.DirectLinkButton
---@field type "cta_url" The button's kind.
---@field cta_url whatsapp.DirectLink Its title and its link; at most two, and first. (better at most 2 in the list)

---The title of a button, and its link.
---@class whatsapp.DirectLink
---@field display_text string The title of the button. (at least 1 character, better at most 20)
---@field url string The URL that the button opens. (at least 1 character, a URL with its scheme, such as https://example.com)

---A button that opens a link.
---@class whatsapp.DirectInteractiveCtaUrl
---@field type "cta_url" The type of the interactive message.
---@field header? whatsapp.DirectHeader The header, above the body.
---@field body whatsapp.DirectBody The text of the message.
---@field footer? whatsapp.DirectFooter A small text below the body.
---@field action whatsapp.DirectLinkAction The actions of the user.

---Opens a link.
---@class whatsapp.DirectLinkAction
---@field name "cta_url" The action's name.
---@field parameters whatsapp.DirectLink The parameters of the action.

---A button that calls the business.
---@class whatsapp.DirectInteractiveVoiceCall
---@field type "voice_call" The type of the interactive message.
---@field header? whatsapp.DirectHeader The header, above the body.
---@field body whatsapp.DirectBody The text of the message.
---@field footer? whatsapp.DirectFooter A small text below the body.
---@field action whatsapp.VoiceCallAction The actions of the user.

---Pins or unpins a message of a group.
---@class whatsapp.PinMessage: whatsapp.Envelope
---@field type? "pin" Filled in from the member that is present.
---@field recipient_type "group" Only groups have pinned messages.
---@field pin whatsapp.PinOrUnpin The content of the message.

---Pins or unpins a message of a group.
---@alias whatsapp.PinOrUnpin whatsapp.Pin|whatsapp.Unpin

---Pins a message of a group.
---@class whatsapp.Pin
---@field type "pin" Pin or unpin.
---@field message_id string|integer The message. (1 to 128 characters)
---@field expiration_days integer|string Days until it is unpinned. (1 to 30)

---Unpins a message of a group.
---@class whatsapp.Unpin
---@field type "unpin" Pin or unpin.
---@field message_id string|integer The message. (1 to 128 characters)

-- The endpoints of the Graph API: generated from lua/whatsapp/graph/.

---Chooses templates.
---@class whatsapp.graph.TemplateQuery
---@field fields? string|string[] The fields of the answer: a list, or a string with commas.
---@field name? string Only templates with this text in their name. (at least 1 character)
---@field status? "APPROVED"|"IN_APPEAL"|"PENDING"|"REJECTED"|"PENDING_DELETION"|"DELETED"|"DISABLED"|"PAUSED"|"LIMIT_EXCEEDED"|"ARCHIVED"|string The status.
---@field category? "MARKETING"|"UTILITY"|"AUTHENTICATION"|string The category.
---@field language? string The language's code. (at least 1 character)
---@field content? string Only templates with this text in their content. (at least 1 character)
---@field name_or_content? string Only templates with this text in their name or content. (at least 1 character)
---@field quality_score? "GREEN"|"YELLOW"|"RED"|"UNKNOWN"|string The quality rating.
---@field limit? integer Number of items in a page. (1 to 1000)
---@field after? string Gets the page after this cursor: `paging.cursors.after` of a page. (at least 1 character)
---@field before? string Gets the page before this cursor: `paging.cursors.before` of a page. (at least 1 character)

---Chooses the fields of an answer.
---@class whatsapp.graph.FieldsQuery
---@field fields? string|string[] The fields of the answer: a list, or a string with commas.

---A template: texts with variables, which the API reviews before they are used.
---@class whatsapp.graph.TemplateDefinition
---@field name string The name. Several templates may have one name, each in another language. (1 to 512 characters, a string of the letters a to z, digits and _ only)
---@field language string The language's code. (at least 1 character, a language code such as en, fil or pt_BR)
---@field category "MARKETING"|"UTILITY"|"AUTHENTICATION" The purpose of the template.
---@field components whatsapp.graph.DefinitionComponent[] The parts of the template. (1 to 10 items)
---@field id? any The template's id. (only in answers)
---@field status? any The result of the review. (only in answers)
---@field quality_score? any The quality rating. (only in answers)
---@field rejected_reason? any The reason of a rejection. (only in answers)
---@field previous_category? any The category before the API changed it. (only in answers)
---@field correct_category? any The category to which the API will change it. (only in answers)
---@field library_template_name? any The template of the library from which it was made. (only in answers)
---@field last_updated_time? any The time of the last change. (only in answers)
---@field created_time? any The time of the creation. (only in answers)
---@field parameter_format? "POSITIONAL"|"NAMED" Whether variables have numbers or names.
---@field allow_category_change? boolean Whether the API may change the category.
---@field cta_url_link_tracking_opted_out? boolean Turns off the tracking of links in buttons.
---@field message_send_ttl_seconds? integer Seconds after which the API stops trying to deliver a message; -1: 30 days. (-1 to 2592000)
---@field sub_category? "ORDER_DETAILS"|"ORDER_STATUS"|string The purpose of an order template.
---@field display_format? "ORDER_DETAILS"|string How the message is shown.
---@field is_primary_device_delivery_only? boolean Whether the message goes only to the user's primary device.
---@field send_type? string How marketing messages are sent. (soft)

---A part of a template.
---@alias whatsapp.graph.DefinitionComponent whatsapp.graph.DefinitionHeader|whatsapp.graph.DefinitionBody|whatsapp.graph.DefinitionFooter|whatsapp.graph.DefinitionButtons|whatsapp.graph.DefinitionCarousel|whatsapp.graph.DefinitionOffer|whatsapp.graph.DefinitionCallPermission

---The header.
---@class whatsapp.graph.DefinitionHeader
---@field type string The part.
---@field format "TEXT"|"IMAGE"|"VIDEO"|"GIF"|"DOCUMENT"|"LOCATION"|"PRODUCT" The kind of content.
---@field text? string The text, if the format is TEXT; at most one variable. (1 to 60 characters)
---@field example? whatsapp.graph.HeaderExample A value for the variable, or the sample of the file.

---Examples for a header.
---@class whatsapp.graph.HeaderExample
---@field header_text? (string)[] A value for {{1}}.
---@field header_text_named_params? whatsapp.graph.NamedExample[] A value for the named variable.
---@field header_handle? (string)[] The handle from client.media:upload_sample. In a listed template: the file's URL.

---An example for a named variable.
---@class whatsapp.graph.NamedExample
---@field param_name string The name, without braces. (at least 1 character, a string of the letters a to z, digits and _ only)
---@field example string The value. (at least 1 character)

---The body.
---@class whatsapp.graph.DefinitionBody
---@field type string The part.
---@field text? string The text. The API writes the text of an authentication template. (1 to 1024 characters)
---@field example? whatsapp.graph.BodyExample A value for each variable.
---@field add_security_recommendation? boolean In an authentication template: adds the advice not to share the code.

---Examples for a body.
---@class whatsapp.graph.BodyExample
---@field body_text? any A list that contains one list of values, in the order of the numbers.
---@field body_text_named_params? whatsapp.graph.NamedExample[] The values of named variables.

---The footer.
---@class whatsapp.graph.DefinitionFooter
---@field type string The part.
---@field text? string The text, without variables. (1 to 60 characters)
---@field code_expiration_minutes? integer In an authentication template: minutes until the code expires. (1 to 90)

---The buttons.
---@class whatsapp.graph.DefinitionButtons
---@field type string The part.
---@field buttons whatsapp.graph.DefinitionButton[] The buttons, in the order on the screen. (1 to 10 items)

---A button.
---@alias whatsapp.graph.DefinitionButton whatsapp.graph.QuickReplyButton|whatsapp.graph.UrlButton|whatsapp.graph.PhoneButton|whatsapp.graph.CopyCodeButton|whatsapp.graph.OtpButton|whatsapp.graph.FlowButton|whatsapp.graph.CatalogButton|whatsapp.graph.MpmButton|whatsapp.graph.SpmButton|whatsapp.graph.VoiceCallButton|whatsapp.graph.OrderDetailsButton|whatsapp.graph.PaymentRequestButton|whatsapp.graph.ContactInfoButton

---The user answers with the label.
---@class whatsapp.graph.QuickReplyButton
---@field type string The part.
---@field text string The label. (1 to 25 characters)

---Opens a web page.
---@class whatsapp.graph.UrlButton
---@field type string The part.
---@field text string The label. (1 to 25 characters)
---@field url string The URL; at most one variable, at its end. (1 to 2000 characters, an http:// or https:// link)
---@field example? (string)[] The URL, or its end, with a value for the variable. (1 to 1 items)

---Calls a number.
---@class whatsapp.graph.PhoneButton
---@field type string The part.
---@field text string The label. (1 to 25 characters)
---@field phone_number string The number. (1 to 20 characters)

---Copies a code.
---@class whatsapp.graph.CopyCodeButton
---@field type string The part.
---@field text? string The label. (1 to 25 characters)
---@field example any A code of at most 20 characters, or a list with one code.

---Copies the code of an authentication template, or passes the code to an app.
---@class whatsapp.graph.OtpButton
---@field type string The part.
---@field text? string The label. (1 to 25 characters)
---@field otp_type "COPY_CODE"|"ONE_TAP"|"ZERO_TAP" How the app gets the code.
---@field autofill_text? string The label of a button that passes the code to the app. (1 to 25 characters)
---@field supported_apps? whatsapp.graph.SupportedApp[] The apps that may get the code. (1 to 5 items)
---@field zero_tap_terms_accepted? boolean Must be true for the type ZERO_TAP.
---@field package_name? string The older way to name one app. (0 to 224 characters, two or more words of letters, digits and _ with dots between them)
---@field signature_hash? string The older way to name one app. (11 characters of base64)

---An Android app that may get the code.
---@class whatsapp.graph.SupportedApp
---@field package_name string The package name of the app. (1 to 224 characters, two or more words of letters, digits and _ with dots between them)
---@field signature_hash string The hash of the key that signed it. (at least 1 character, 11 characters of base64)

---Opens a flow.
---@class whatsapp.graph.FlowButton
---@field type string The part.
---@field text string The label. (1 to 25 characters)
---@field flow_id? string|integer The flow's id.
---@field flow_name? string The flow's name. (at least 1 character)
---@field flow_json? string A new flow, as JSON.
---@field flow_action? "NAVIGATE"|"DATA_EXCHANGE" How the flow begins: with a screen, or with a request to its endpoint.
---@field navigate_screen? string The first screen, if the action is navigate. (at least 1 character)
---@field icon? string The icon. (soft)

---Opens the catalog.
---@class whatsapp.graph.CatalogButton
---@field type string The part.
---@field text string The label. (1 to 25 characters)

---Shows products.
---@class whatsapp.graph.MpmButton
---@field type string The part.
---@field text string The label. (1 to 25 characters)

---Shows one product.
---@class whatsapp.graph.SpmButton
---@field type string The part.
---@field text string The label. (1 to 25 characters)

---Calls the business.
---@class whatsapp.graph.VoiceCallButton
---@field type string The part.
---@field text? string The label. (1 to 20 characters)
---@field ttl_minutes? integer Minutes until the button stops working. (1440 to 43200)

---Shows the order, and asks for its payment.
---@class whatsapp.graph.OrderDetailsButton
---@field type string The part.
---@field text? string The label. (1 to 25 characters)

---Asks for a payment.
---@class whatsapp.graph.PaymentRequestButton
---@field type string The part.
---@field text? string The label. (1 to 25 characters)

---Asks for the user's phone number.
---@class whatsapp.graph.ContactInfoButton
---@field type string The part.
---@field text? string The label. (1 to 25 characters)

---A carousel of cards.
---@class whatsapp.graph.DefinitionCarousel
---@field type string The part.
---@field cards whatsapp.graph.DefinitionCard[] The cards. All cards have the same parts. (2 to 10 items)

---A card.
---@class whatsapp.graph.DefinitionCard
---@field components whatsapp.graph.CardPart[] A header, a body and buttons. (1 to 3 items)

---A part of a card.
---@alias whatsapp.graph.CardPart whatsapp.graph.DefinitionHeader|whatsapp.graph.DefinitionBody|whatsapp.graph.DefinitionButtons

---A limited-time offer.
---@class whatsapp.graph.DefinitionOffer
---@field type string The part.
---@field limited_time_offer whatsapp.graph.OfferText The offer.

---The text of a limited-time offer.
---@class whatsapp.graph.OfferText
---@field text string The text. (1 to 16 characters)
---@field has_expiration? boolean Whether the time until the end is shown.

---Asks the user whether the business may call.
---@class whatsapp.graph.DefinitionCallPermission
---@field type string The part.

---Changes of a template. `components` replaces all components.
---@class whatsapp.graph.TemplateEdit
---@field category? "MARKETING"|"UTILITY"|"AUTHENTICATION" The purpose; it cannot be changed in an approved template.
---@field components? whatsapp.graph.DefinitionComponent[] All parts of the template. (1 to 10 items)
---@field parameter_format? "POSITIONAL"|"NAMED" Whether variables have numbers or names.
---@field allow_category_change? boolean Whether the API may change the category.
---@field cta_url_link_tracking_opted_out? boolean Turns off the tracking of links in buttons.
---@field message_send_ttl_seconds? integer Seconds after which the API stops trying to deliver a message; -1: 30 days. (-1 to 2592000)
---@field sub_category? "ORDER_DETAILS"|"ORDER_STATUS"|string The purpose of an order template.
---@field display_format? "ORDER_DETAILS"|string How the message is shown.
---@field is_primary_device_delivery_only? boolean Whether the message goes only to the user's primary device.
---@field send_type? string How marketing messages are sent. (soft)

---Chooses templates: all languages of a name, one, or ids.
---@class whatsapp.graph.TemplateDeletion
---@field name? string The template's name. (1 to 512 characters)
---@field hsm_id? string|integer With the name: the id of the only language to delete.
---@field hsm_ids? (string|integer)[] The ids of the templates to delete. (1 to 100 items)

---Chooses a page of the groups.
---@class whatsapp.graph.GroupListQuery
---@field limit? integer Number of items in a page. (1 to 1024)
---@field after? string Gets the page after this cursor: `paging.cursors.after` of a page. (at least 1 character)
---@field before? string Gets the page before this cursor: `paging.cursors.before` of a page. (at least 1 character)

---A new group.
---@class whatsapp.graph.Group
---@field messaging_product? "whatsapp" Filled in if absent.
---@field subject string The group's name. (1 to 128 characters)
---@field description? string The text below the name. (0 to 2048 characters)
---@field join_approval_mode? "approval_required"|"auto_approve"|string Whether users who open the invite link wait for the business's approval.

---New texts of a group.
---@class whatsapp.graph.GroupChange
---@field messaging_product? "whatsapp" Filled in if absent.
---@field subject? string The group's name. (1 to 128 characters)
---@field description? string The text below the name. (0 to 2048 characters)

---Users of a group.
---@class whatsapp.graph.Participants
---@field messaging_product? "whatsapp" Filled in if absent.
---@field participants whatsapp.graph.Participant[] The users. (1 to 8 items)

---A user: a phone number, or an id.
---@class whatsapp.graph.Participant
---@field user? string The phone number. (at least 1 character)
---@field user_id? string The business-scoped user id. (at least 1 character)

---A body with only the product's name.
---@class whatsapp.graph.Product
---@field messaging_product? "whatsapp" Filled in if absent.

---Chooses a page of a list.
---@class whatsapp.graph.CursorQuery
---@field limit? integer Number of items in a page. (1 to 1000)
---@field after? string Gets the page after this cursor: `paging.cursors.after` of a page. (at least 1 character)
---@field before? string Gets the page before this cursor: `paging.cursors.before` of a page. (at least 1 character)

---Requests to join a group.
---@class whatsapp.graph.JoinRequests
---@field messaging_product? "whatsapp" Filled in if absent.
---@field join_requests (string)[] The ids of the requests. (at least 1 item)

---The users to block or to unblock.
---@class whatsapp.graph.BlockedUsers
---@field messaging_product? "whatsapp" Filled in if absent.
---@field block_users whatsapp.graph.BlockedUser[] The users. (1 to 1000 items)

---A user. If there are both members, the API uses the phone number.
---@class whatsapp.graph.BlockedUser
---@field user? string The phone number. (at least 1 character)
---@field user_id? string The business-scoped user id. (at least 1 character)

---The profile that users see. Absent fields stay as they are.
---@class whatsapp.graph.Profile
---@field messaging_product? "whatsapp" Filled in if absent.
---@field about? string The line below the name. (1 to 139 characters)
---@field address? string The postal address. (0 to 256 characters)
---@field description? string The description. (0 to 512 characters)
---@field email? string The e-mail address. (0 to 128 characters, an e-mail address)
---@field profile_picture_handle? string The handle of the picture, as client.media:upload_sample returns it. (at least 1 character)
---@field websites? (string)[] URLs of web pages. (0 to 2 items, each an http:// or https:// link)
---@field vertical? "ALCOHOL"|"APPAREL"|"AUTO"|"BEAUTY"|"EDU"|"ENTERTAIN"|"EVENT_PLAN"|"FINANCE"|"GOVT"|"GROCERY"|"HEALTH"|"HOTEL"|"MATRIMONY_SERVICE"|"NONPROFIT"|"ONLINE_GAMBLING"|"OTC_DRUGS"|"OTHER"|"PHYSICAL_GAMBLING"|"PROF_SERVICES"|"RESTAURANT"|"RETAIL"|"TRAVEL"|string The industry.

---Chooses a page of a list.
---@class whatsapp.graph.ListQuery
---@field fields? string|string[] The fields of the answer: a list, or a string with commas.
---@field limit? integer Number of items in a page. (1 to 1000)
---@field after? string Gets the page after this cursor: `paging.cursors.after` of a page. (at least 1 character)
---@field before? string Gets the page before this cursor: `paging.cursors.before` of a page. (at least 1 character)

---Registers the number for the Cloud API.
---@class whatsapp.graph.Registration
---@field messaging_product? "whatsapp" Filled in if absent.
---@field pin string The PIN of the two-step verification, six digits: the present PIN, or a new PIN. (at least 1 character, six digits)
---@field data_localization_region? string The country in which the API keeps the data. (two capital letters)
---@field backup? whatsapp.graph.Backup The backup of a number that was on the On-Premises API.

---A backup of the On-Premises API.
---@class whatsapp.graph.Backup
---@field data string The data. (at least 1 character)
---@field password string The password. (at least 1 character)

---A new PIN.
---@class whatsapp.graph.TwoStepPin
---@field pin string The PIN, six digits. (at least 1 character, six digits)

---Asks for a code that proves that the number is yours.
---@class whatsapp.graph.CodeRequest
---@field code_method "SMS"|"VOICE" How you receive the code.
---@field language string The language's code. (at least 1 character, a language code such as en, fil or pt_BR)

---The code that you received.
---@class whatsapp.graph.Code
---@field code string The code, six digits. (at least 1 character, six digits)

---Chooses the fields of the settings.
---@class whatsapp.graph.SettingsQuery
---@field include_sip_credentials? boolean The answer then has the SIP credentials.

---Settings of the number. Absent fields stay as they are.
---@class whatsapp.graph.Settings
---@field calling? table<string, any> Calls: status, hours, SIP.
---@field user_identity_change? whatsapp.graph.IdentityCheck Whether messages to users with a new identity are stopped.
---@field payload_encryption? table<string, any> The encryption of payloads.
---@field storage_configuration? whatsapp.graph.Storage The country in which the API keeps the data.

---The check of identities.
---@class whatsapp.graph.IdentityCheck
---@field enable_identity_key_check boolean Whether the check is on.

---The local storage of data.
---@class whatsapp.graph.Storage
---@field status "IN_COUNTRY_STORAGE_ENABLED"|"IN_COUNTRY_STORAGE_DISABLED"|string Whether the local storage is on.
---@field data_localization_region? string The country. (two capital letters)

---A new flow.
---@class whatsapp.graph.Flow
---@field name string The name; users do not see it. (at least 1 character)
---@field categories ("SIGN_UP"|"SIGN_IN"|"APPOINTMENT_BOOKING"|"LEAD_GENERATION"|"CONTACT_US"|"CUSTOMER_SUPPORT"|"SURVEY"|"OTHER"|string)[] The purposes. (at least 1 item)
---@field flow_json? string The flow, as JSON. (at least 2 characters)
---@field publish? boolean Publishes the flow at once; only with flow_json.
---@field clone_flow_id? string|integer The id of the flow to copy.
---@field endpoint_uri? string The URL of the data endpoint. (an http:// or https:// link)

---Changes of a flow. Absent fields stay as they are.
---@class whatsapp.graph.FlowChange
---@field name? string The name. (at least 1 character)
---@field categories? ("SIGN_UP"|"SIGN_IN"|"APPOINTMENT_BOOKING"|"LEAD_GENERATION"|"CONTACT_US"|"CUSTOMER_SUPPORT"|"SURVEY"|"OTHER"|string)[] The purposes. (at least 1 item)
---@field endpoint_uri? string The URL of the data endpoint. (an http:// or https:// link)
---@field application_id? string|integer The id of the app that has the endpoint.

---The JSON of a flow: a text, or a file.
---@class whatsapp.graph.FlowFile
---@field json? string The text. (at least 2 characters)
---@field path? string The path of the file. (at least 1 character)

---The public key for flows.
---@class whatsapp.graph.PublicKey
---@field business_public_key string An RSA key in PEM with 2048 bits or more, as whatsapp.flows.public_key returns it. (at least 1 character)

---A new template from a template of the API's library.
---@class whatsapp.graph.LibraryTemplate
---@field name string The name of the new template. (1 to 512 characters, a string of the letters a to z, digits and _ only)
---@field language string The language's code. (at least 1 character, a language code such as en, fil or pt_BR)
---@field category "MARKETING"|"UTILITY"|"AUTHENTICATION" The purpose of the template.
---@field library_template_name string The name in the library. (at least 1 character)
---@field library_template_button_inputs? any Values for the buttons.
---@field library_template_body_inputs? any Values for the body.

---Templates of the account (waba_id).
---@class whatsapp.templates_table
---@field list fun(self, query?: whatsapp.graph.TemplateQuery, options?: whatsapp.endpoint_options): whatsapp.json_object?, string?, whatsapp.info|whatsapp.details A page of templates.
---@field each fun(self, query?: whatsapp.graph.TemplateQuery, options?: whatsapp.endpoint_pages_options): whatsapp.pages All templates, one after the other.
---@field get fun(self, id: string|integer, query?: whatsapp.graph.FieldsQuery, options?: whatsapp.endpoint_options): whatsapp.json_object?, string?, whatsapp.info|whatsapp.details A template.
---@field create fun(self, body: whatsapp.graph.TemplateDefinition, options?: whatsapp.endpoint_options): whatsapp.json_object?, string?, whatsapp.info|whatsapp.details Creates a template. The API then reviews it. At most 100 templates in an hour.
---@field edit fun(self, id: string|integer, body: whatsapp.graph.TemplateEdit, options?: whatsapp.endpoint_options): whatsapp.json_object?, string?, whatsapp.info|whatsapp.details Changes a template. An approved template can be changed once a day, and ten times in 30 days.
---@field delete fun(self, query?: whatsapp.graph.TemplateDeletion, options?: whatsapp.endpoint_options): whatsapp.json_object?, string?, whatsapp.info|whatsapp.details Deletes templates. The name of an approved template cannot be used again for 30 days.

---Groups of the phone number.
---@class whatsapp.groups_table
---@field list fun(self, query?: whatsapp.graph.GroupListQuery, options?: whatsapp.endpoint_options): whatsapp.json_object?, string?, whatsapp.info|whatsapp.details A page of the active groups: `data.groups`.
---@field each fun(self, query?: whatsapp.graph.GroupListQuery, options?: whatsapp.endpoint_pages_options): whatsapp.pages All active groups, one after the other.
---@field create fun(self, body: whatsapp.graph.Group, options?: whatsapp.endpoint_options): whatsapp.json_object?, string?, whatsapp.info|whatsapp.details Creates a group; its id and its invite link come in a webhook.
---@field get fun(self, group: string|integer, query?: whatsapp.graph.FieldsQuery, options?: whatsapp.endpoint_options): whatsapp.json_object?, string?, whatsapp.info|whatsapp.details A group.
---@field update fun(self, group: string|integer, body: whatsapp.graph.GroupChange, options?: whatsapp.endpoint_options): whatsapp.json_object?, string?, whatsapp.info|whatsapp.details Changes the texts of a group.
---@field delete fun(self, group: string|integer, options?: whatsapp.endpoint_options): whatsapp.json_object?, string?, whatsapp.info|whatsapp.details Deletes a group and removes all its participants.
---@field add_participants fun(self, group: string|integer, body: whatsapp.graph.Participants, options?: whatsapp.endpoint_options): whatsapp.json_object?, string?, whatsapp.info|whatsapp.details Adds users, if the API allows it. Usually users join with the invite link.
---@field remove_participants fun(self, group: string|integer, body: whatsapp.graph.Participants, options?: whatsapp.endpoint_options): whatsapp.json_object?, string?, whatsapp.info|whatsapp.details Removes users. They cannot join again with the link.
---@field invite_link fun(self, group: string|integer, options?: whatsapp.endpoint_options): whatsapp.json_object?, string?, whatsapp.info|whatsapp.details The invite link.
---@field reset_invite_link fun(self, group: string|integer, body?: whatsapp.graph.Product, options?: whatsapp.endpoint_options): whatsapp.json_object?, string?, whatsapp.info|whatsapp.details Makes a new invite link; the older links no longer work.
---@field delete_invite_link fun(self, group: string|integer, body?: whatsapp.graph.Product, options?: whatsapp.endpoint_options): whatsapp.json_object?, string?, whatsapp.info|whatsapp.details Deletes the invite link.
---@field join_requests fun(self, group: string|integer, query?: whatsapp.graph.CursorQuery, options?: whatsapp.endpoint_options): whatsapp.json_object?, string?, whatsapp.info|whatsapp.details A page of the users who want to join.
---@field each_join_request fun(self, group: string|integer, query?: whatsapp.graph.CursorQuery, options?: whatsapp.endpoint_pages_options): whatsapp.pages All users who want to join, one after the other.
---@field approve_join_requests fun(self, group: string|integer, body: whatsapp.graph.JoinRequests, options?: whatsapp.endpoint_options): whatsapp.json_object?, string?, whatsapp.info|whatsapp.details Approves requests: the users join the group.
---@field reject_join_requests fun(self, group: string|integer, body: whatsapp.graph.JoinRequests, options?: whatsapp.endpoint_options): whatsapp.json_object?, string?, whatsapp.info|whatsapp.details Rejects requests to join.

---Users that the phone number has blocked.
---@class whatsapp.blocked_table
---@field list fun(self, query?: whatsapp.graph.CursorQuery, options?: whatsapp.endpoint_options): whatsapp.json_object?, string?, whatsapp.info|whatsapp.details A page of the blocked users.
---@field each fun(self, query?: whatsapp.graph.CursorQuery, options?: whatsapp.endpoint_pages_options): whatsapp.pages All blocked users, one after the other.
---@field add fun(self, body: whatsapp.graph.BlockedUsers, options?: whatsapp.endpoint_options): whatsapp.json_object?, string?, whatsapp.info|whatsapp.details Blocks users who wrote in the last 24 hours.
---@field remove fun(self, body: whatsapp.graph.BlockedUsers, options?: whatsapp.endpoint_options): whatsapp.json_object?, string?, whatsapp.info|whatsapp.details Unblocks users.

---The profile of the phone number.
---@class whatsapp.profile_table
---@field get fun(self, query?: whatsapp.graph.FieldsQuery, options?: whatsapp.endpoint_options): whatsapp.json_object?, string?, whatsapp.info|whatsapp.details The profile: `data[1]`.
---@field update fun(self, body: whatsapp.graph.Profile, options?: whatsapp.endpoint_options): whatsapp.json_object?, string?, whatsapp.info|whatsapp.details Changes the profile.

---The phone number, and all phone numbers of the account.
---@class whatsapp.phone_table
---@field list fun(self, query?: whatsapp.graph.ListQuery, options?: whatsapp.endpoint_options): whatsapp.json_object?, string?, whatsapp.info|whatsapp.details A page of the account's phone numbers.
---@field each fun(self, query?: whatsapp.graph.ListQuery, options?: whatsapp.endpoint_pages_options): whatsapp.pages All phone numbers of the account, one after the other.
---@field get fun(self, query?: whatsapp.graph.FieldsQuery, options?: whatsapp.endpoint_options): whatsapp.json_object?, string?, whatsapp.info|whatsapp.details The phone number.
---@field register fun(self, body: whatsapp.graph.Registration, options?: whatsapp.endpoint_options): whatsapp.json_object?, string?, whatsapp.info|whatsapp.details Registers the number. register and deregister together are allowed ten times in 72 hours.
---@field deregister fun(self, options?: whatsapp.endpoint_options): whatsapp.json_object?, string?, whatsapp.info|whatsapp.details Deregisters the number.
---@field set_pin fun(self, body: whatsapp.graph.TwoStepPin, options?: whatsapp.endpoint_options): whatsapp.json_object?, string?, whatsapp.info|whatsapp.details Sets the PIN of the two-step verification.
---@field request_code fun(self, body: whatsapp.graph.CodeRequest, options?: whatsapp.endpoint_options): whatsapp.json_object?, string?, whatsapp.info|whatsapp.details Asks for a code that proves that the number is yours.
---@field verify_code fun(self, body: whatsapp.graph.Code, options?: whatsapp.endpoint_options): whatsapp.json_object?, string?, whatsapp.info|whatsapp.details Sends the code that you received.
---@field settings fun(self, query?: whatsapp.graph.SettingsQuery, options?: whatsapp.endpoint_options): whatsapp.json_object?, string?, whatsapp.info|whatsapp.details The settings.
---@field set fun(self, body: whatsapp.graph.Settings, options?: whatsapp.endpoint_options): whatsapp.json_object?, string?, whatsapp.info|whatsapp.details Changes settings.

---Flows of the account.
---@class whatsapp.flows_table
---@field list fun(self, query?: whatsapp.graph.ListQuery, options?: whatsapp.endpoint_options): whatsapp.json_object?, string?, whatsapp.info|whatsapp.details A page of flows.
---@field each fun(self, query?: whatsapp.graph.ListQuery, options?: whatsapp.endpoint_pages_options): whatsapp.pages All flows, one after the other.
---@field create fun(self, body: whatsapp.graph.Flow, options?: whatsapp.endpoint_options): whatsapp.json_object?, string?, whatsapp.info|whatsapp.details Creates a draft.
---@field get fun(self, flow: string|integer, query?: whatsapp.graph.FieldsQuery, options?: whatsapp.endpoint_options): whatsapp.json_object?, string?, whatsapp.info|whatsapp.details A flow.
---@field update fun(self, flow: string|integer, body: whatsapp.graph.FlowChange, options?: whatsapp.endpoint_options): whatsapp.json_object?, string?, whatsapp.info|whatsapp.details Changes the name, the categories or the endpoint of a draft.
---@field upload fun(self, flow: string|integer, body: whatsapp.graph.FlowFile, options?: whatsapp.endpoint_options): whatsapp.json_object?, string?, whatsapp.info|whatsapp.details Replaces the JSON of a draft; the answer has the errors that the API found in it.
---@field assets fun(self, flow: string|integer, query?: whatsapp.graph.CursorQuery, options?: whatsapp.endpoint_options): whatsapp.json_object?, string?, whatsapp.info|whatsapp.details The files of a flow.
---@field publish fun(self, flow: string|integer, options?: whatsapp.endpoint_options): whatsapp.json_object?, string?, whatsapp.info|whatsapp.details Publishes a draft. A published flow cannot be changed or deleted.
---@field deprecate fun(self, flow: string|integer, options?: whatsapp.endpoint_options): whatsapp.json_object?, string?, whatsapp.info|whatsapp.details Retires a published flow; this cannot be undone.
---@field delete fun(self, flow: string|integer, options?: whatsapp.endpoint_options): whatsapp.json_object?, string?, whatsapp.info|whatsapp.details Deletes a draft.
---@field public_key fun(self, options?: whatsapp.endpoint_options): whatsapp.json_object?, string?, whatsapp.info|whatsapp.details The public key of the phone number: `data[1]`. WhatsApp encrypts the requests of flows with it.
---@field set_public_key fun(self, body: whatsapp.graph.PublicKey, options?: whatsapp.endpoint_options): whatsapp.json_object?, string?, whatsapp.info|whatsapp.details Uploads the public key of whatsapp.flows.generate_key for the phone number.
