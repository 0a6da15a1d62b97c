import Klarna
import Money
import Wire

extension KlarnaClient {
    /// Makes a call of that kind, with all that its body may hold.
    func make(_ purpose: CallPurpose) async throws(KlarnaError) {
        let token = AuthorizationToken(rawValue: "t")
        let page = HPPSessionID(rawValue: "h")
        let session = PaymentSessionID(rawValue: "p")
        let customer = KlarnaTokenID(rawValue: "c")
        let checkout = CheckoutOrderID(rawValue: "k")
        let order = OrderID(rawValue: "o")
        let capture = CaptureID(rawValue: "a")
        switch purpose {
        case .createPaymentSession: _ = try await createPaymentSession(.everything, terms: .everything)
        case .updatePaymentSession:
            try await updatePaymentSession(session, .everything, terms: .everything)
        case .readPaymentSession: _ = try await paymentSession(session)
        case .createHPPSession:
            _ = try await createHPPSession(for: .payments(session), urls: .shop, options: .full)
        case .readHPPSession: _ = try await hppSession(page)
        case .disableHPPSession: try await disableHPPSession(page)
        case .distributeHPPSession: try await distribute(page, .email("customer@email.se"))
        case .placeOrder:
            let body = Purchase.everything.placeOrderBody(urls: .shop)
            _ = try await placeOrder(token, body: body, idempotencyKey: "k")
        case .releaseAuthorization: try await releaseAuthorization(token)
        case .createCustomerToken: _ = try await createCustomerToken(token, .club)
        case .readCustomerToken: _ = try await customerToken(customer)
        case .cancelCustomerToken: try await cancelCustomerToken(customer)
        case .placeTokenOrder:
            let body = Purchase.everything.tokenOrderBody(urls: .shop)
            _ = try await placeTokenOrder(customer, body: body, idempotencyKey: "k")
        case .createCheckoutOrder:
            _ = try await createCheckoutOrder(body: Purchase.everything.checkoutBody)
        case .readCheckoutOrder: _ = try await checkoutOrder(checkout)
        case .updateCheckoutOrder:
            _ = try await updateCheckoutOrder(checkout, body: Purchase.everything.checkoutBody)
        case .abortCheckoutOrder: try await abortCheckoutOrder(checkout)
        case .readOrder: _ = try await self.order(order)
        case .readCaptures: _ = try await captures(order)
        case .readCapture: _ = try await self.capture(order, capture)
        case .readRefund: _ = try await refund(order, RefundID(rawValue: "r"))
        case .readDueDateOptions: _ = try await dueDateOptions(order, capture)
        case .acknowledgeOrder: _ = try await perform(.acknowledge, on: order, idempotencyKey: "k")
        case .captureOrder: try await perform(.capture, CaptureRequest.whole.bytes)
        case .refundOrder: try await perform(.refund, RefundRequest.returned.bytes)
        case .cancelOrder: try await perform(.cancel)
        case .releaseRemainingAuthorization: try await perform(.release)
        case .extendAuthorization: try await perform(.extendAuthorization)
        case .updateAuthorization:
            try await perform(.updateAuthorization, AuthorizationUpdate.dearer.bytes)
        case .updateMerchantReferences:
            try await perform(.merchantReferences, MerchantReferences(first: "A-1", second: "").bytes)
        case .updateCustomerDetails: try await perform(.customerDetails, CustomerDetails.moved.bytes)
        case .addShippingInfo: try await perform(.shippingInfo, [ShippingInfo.parcel].bytes)
        case .addCaptureShippingInfo:
            try await perform(.captureShippingInfo(capture), [ShippingInfo.parcel].bytes)
        case .sendOutCapture: try await perform(.sendOut(capture))
        case .extendDueDate:
            try await perform(.extendDueDate(capture), DueDateExtension(days: 14).bytes)
        }
    }

    private func perform(_ effect: OrderEffect, _ body: [UInt8]? = nil) async throws(KlarnaError) {
        _ = try await perform(effect, on: OrderID(rawValue: "o"), body: body, idempotencyKey: "k")
    }
}

extension PaymentMerchantURLs {
    static let shop = PaymentMerchantURLs(
        confirmation: "https://shop.example/kp/confirmation?sid={session.id}&oid={order.id}",
        notification: "https://shop.example/kp/fraud?oid={order.id}",
        push: "https://shop.example/kp/push?oid={order.id}",
        authorization: "https://shop.example/kp/authorized",
    )
}

extension PaymentSessionTerms {
    /// Every field there is.
    static let everything = PaymentSessionTerms(
        intent: .buyAndTokenize,
        acquiringChannel: .telesales,
        merchantURLs: .shop,
        customPaymentMethodIDs: ["promotion-1"],
        design: "design-1",
        options: ["color_border": "#FF9900", "radius_border": "5px"],
    )
}

extension CheckoutMerchantURLs {
    static let shop = CheckoutMerchantURLs(
        terms: "https://shop.example/terms",
        checkout: "https://shop.example/checkout?oid={checkout.order.id}",
        confirmation: "https://shop.example/thanks?oid={checkout.order.id}",
        push: "https://shop.example/kco/push?oid={checkout.order.id}",
        validation: "https://shop.example/kco/validate?oid={checkout.order.id}",
        notification: "https://shop.example/kco/fraud?oid={checkout.order.id}",
    )
}

extension CustomerTokenRequest {
    static let club = CustomerTokenRequest(
        country: "SE",
        currency: "SEK",
        locale: "sv-SE",
        description: "Gear club monthly membership",
        billingAddress: .stockholm,
        customer: ["date_of_birth": "1941-03-21"],
    )
}

extension Address {
    static let stockholm = Address(
        givenName: "Test",
        familyName: "Person-se",
        email: "customer@email.se",
        phone: "+46701740615",
        streetAddress: "Södra Blasieholmshamnen 2",
        postalCode: "111 48",
        city: "Stockholm",
        country: "SE",
    )

    static let gothenburg: Address = {
        var address = stockholm
        address.streetAddress = "Vasagatan 10"
        address.postalCode = "411 24"
        address.city = "Göteborg"
        return address
    }()
}

extension Purchase {
    var checkoutBody: [UInt8] {
        checkoutOrderBody(
            urls: .shop,
            options: CheckoutOptions(
                options: ["allow_separate_shipping_address": false],
                recurring: false,
            ),
        )
    }

    static let jacket: OrderLine = {
        var line = jackets.orderLines[0]
        line.quantity = 1
        line.totalAmount = 89_900
        line.totalTaxAmount = 17_980
        line.productURL = nil
        line.imageURL = nil
        line.productIdentifiers = nil
        return line
    }()
}

extension ShippingInfo {
    static let parcel = ShippingInfo(
        shippingCompany: "PostNord SE",
        shippingMethod: "PickUpPoint",
        trackingNumber: "00373500489530470000",
        trackingURI: "https://tracking.example/00373500489530470000",
        returnShippingCompany: "PostNord SE",
        returnTrackingNumber: "00373500489530479999",
        returnTrackingURI: "https://tracking.example/00373500489530479999",
    )
}

extension CaptureRequest {
    static let whole = CaptureRequest(
        amount: 174_700,
        description: "Whole order shipped",
        reference: "ship-5501",
        lines: Purchase.jackets.orderLines,
        shippingInfo: [.parcel],
    )
    static let partial = CaptureRequest(
        amount: 94_800,
        description: "First parcel",
        reference: "ship-5501",
        lines: [Purchase.jacket, Purchase.jackets.orderLines[1]],
        shippingInfo: [.parcel],
    )
}

extension RefundRequest {
    static let returned = RefundRequest(
        amount: 89_900,
        description: "Returned jacket",
        reference: "rma-210",
        lines: [Purchase.jacket],
    )
    static let withFee = RefundRequest(
        amount: 84_900,
        reference: "rma-211",
        lines: [
            Purchase.jacket,
            OrderLine(
                type: "return_fee",
                name: "Return fee",
                quantity: 1,
                unitPrice: -5000,
                totalAmount: -5000,
            ),
        ],
    )
}

extension AuthorizationUpdate {
    static let dearer = AuthorizationUpdate(
        amount: 184_700,
        description: "Campaign discount withdrawn",
        lines: Array(Purchase.jackets.orderLines.prefix(2)),
    )
}

extension CustomerDetails {
    static let moved = CustomerDetails(shippingAddress: .gothenburg)
}
