internal import Klarna
internal import Wire

extension NewCheckout {
    static func provider(_ reader: inout ObjectReader) -> Checkout.Provider {
        reader.choice("provider", Checkout.Provider.allCases.map(\.rawValue))
            .flatMap { Checkout.Provider(rawValue: $0) } ?? .payments
    }

    /// What the payment session is for. Klarna Payments v1, `POST /payments/v1/sessions`.
    ///
    /// `payment_options` is what Klarna calls `options` there: its Hosted Payment Page has an `options` of its own,
    /// which is `page` here.
    static func sessionTerms(_ reader: inout ObjectReader, _ provider: Checkout.Provider) -> PaymentSessionTerms {
        var terms = PaymentSessionTerms()
        let intents = Intent.allCases.map(\.rawValue)
        terms.intent = reader.choice("intent", intents).flatMap { Intent(rawValue: $0) } ?? .buy
        let channels = AcquiringChannel.allCases.map(\.rawValue)
        let channel = reader.choice("acquiring_channel", channels, ignoringCase: true)
        terms.acquiringChannel = channel.flatMap { AcquiringChannel(rawValue: $0) }
        terms.customPaymentMethodIDs = reader.texts("custom_payment_method_ids", 0...100)
        terms.design = reader.text("design", 1...255)
        terms.options = reader.object("payment_options") { options(&$0) }
        guard provider == .checkout else { return terms }
        if terms.intent != .buy { reader.note("intent", "must be buy with klarna_checkout") }
        if terms.acquiringChannel == .inStore || terms.acquiringChannel == .telesales {
            reader.note("acquiring_channel", "must be ECOMMERCE with klarna_checkout")
        }
        for name in ["custom_payment_method_ids", "design", "payment_options"] where reader.member(name) != nil {
            reader.note(name, "is known to klarna_payments only")
        }
        return terms
    }

    private static func options(_ reader: inout ObjectReader) -> JSONObject {
        var options = JSONObject()
        for name in ["color_border", "color_border_selected", "color_details", "color_text"] {
            guard let color = reader.text(name) else { continue }
            guard color.utf8.count == 7, color.hasPrefix("#"), color.dropFirst().allSatisfy(\.isHexDigit) else {
                reader.note(name, "must be a color such as #FF9900")
                continue
            }
            options[name] = .string(color)
        }
        options["radius_border"] = reader.text("radius_border", 1...32).map { .string($0) }
        return options
    }

    /// Extra merchant data, as text or as the object it stands for. Klarna Payments v1, `attachment`.
    static func attachment(_ reader: inout ObjectReader) -> Attachment? {
        reader.object("attachment") { reader -> Attachment? in
            let contentType = reader.text("content_type", 1...255, .anything, required: true)
            let body: String? =
                switch reader.member("body", required: true) {
                case nil: nil
                case .string(let text)? where (try? JSON.parse(text))?.object != nil: text
                case .object(let object)?: JSON.object(object).text
                case _?: reader.fault("body", "must be an object, or one as a string")
                }
            guard let contentType, let body else { return nil }
            reader.refuseCardNumber(in: body, "body", unlessArticleNumber: true)
            return Attachment(contentType: contentType, body: body)
        } ?? nil
    }
}
