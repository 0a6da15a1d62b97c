import Foundation
import Klarna
import KlarnaDocsSupport
import Money
import Testing
import Wire

@Suite("A request to Klarna")
struct KlarnaRequestTests {
    @Test func `mentions capturing when it is wanted, and people at no order`() throws {
        var purchase = Purchase.everything
        #expect(try JSON.parse(purchase.placeOrderBody())["auto_capture"] == true)
        #expect(try JSON.parse(purchase.paymentSessionBody(terms: PaymentSessionTerms()))["auto_capture"] == nil)
        for name in ["billing_address", "shipping_address", "customer"] {
            #expect(try JSON.parse(purchase.paymentSessionBody(terms: PaymentSessionTerms()))[name] != nil)
            #expect(try JSON.parse(purchase.placeOrderBody())[name] == nil)
        }
        purchase.autoCapture = false
        #expect(try JSON.parse(purchase.placeOrderBody())["auto_capture"] == nil)
    }

    @Test func `is the same bytes each time`() {
        let bytes = Purchase.everything.placeOrderBody()
        #expect(Purchase.everything.placeOrderBody() == bytes)
        #expect(Purchase(json: Purchase.everything.json)?.placeOrderBody() == bytes)
        let mug = Purchase(
            country: "SE",
            currency: "SEK",
            locale: "sv-SE",
            orderAmount: 12_500,
            orderTaxAmount: 2500,
            orderLines: [
                OrderLine(
                    name: "Mugg",
                    quantity: 1,
                    unitPrice: 12_500,
                    taxRate: 2500,
                    totalAmount: 12_500,
                    totalTaxAmount: 2500,
                )
            ],
            merchantReference1: "A-1",
        )
        #expect(
            String(decoding: mug.placeOrderBody(), as: UTF8.self)
                == #"{"purchase_country":"SE","purchase_currency":"SEK","locale":"sv-SE","order_amount":12500,"#
                + #""order_tax_amount":2500,"order_lines":[{"name":"Mugg","quantity":1,"unit_price":12500,"tax_rate":2500,"#
                + #""total_amount":12500,"total_tax_amount":2500}],"merchant_reference1":"A-1"}"#
        )
    }

    @Test(arguments: [
        "purchase_country", "purchase_currency", "locale", "order_amount", "order_lines", "order_lines/name",
        "order_lines/quantity", "order_lines/unit_price", "order_lines/total_amount",
    ])
    func `is not made of a purchase that lacks something`(missing: String) throws {
        var json = try #require(Purchase.jackets.json.object)
        let names = missing.split(separator: "/").map(String.init)
        if names.count == 2 {
            let lines = try #require(json[names[0]]?.array)
            json[names[0]] = .array(lines.dropLast() + [lines[lines.count - 1].without(names[1])])
        } else {
            json[names[0]] = nil
        }
        #expect(Purchase(json: .object(json)) == nil)
    }

    @Test func `leaves out merchant URLs that are not given, and names the profile beside the options`() async throws {
        let transport = CannedTransport(201, try Fixture.bytes("hpp-session-create.response"))
        _ = try await KlarnaClient.sample(transport).createHPPSession(
            for: .payments(PaymentSessionID(rawValue: "kp")),
            urls: MerchantURLs(),
            options: PageOptions(
                paymentMethodCategory: "pay_later",
                profileID: "87ab3565-5e06-4006-9ada-8eedc6926703",
            ),
        )
        let body = try JSON.parse(try #require(transport.requests.first?.body))
        #expect(
            body.sorted == [
                "options": ["payment_method_category": "PAY_LATER", "place_order_mode": "NONE"],
                "payment_session_url": "https://api.playground.klarna.com/payments/v1/sessions/kp",
                "profile_id": "87ab3565-5e06-4006-9ada-8eedc6926703",
            ]
        )
    }

    @Test(arguments: [PageOptions(), .full, PageOptions(placeOrderMode: .placeOrder, profileID: "p")])
    func `keeps options that were read as they were`(options: PageOptions) {
        #expect(PageOptions(json: options.json) == options)
    }

    @Test func `reads options that say nothing, and none that cannot be read`() {
        #expect(PageOptions(json: [:]) == PageOptions())
        #expect(PageOptions(json: []) == nil)
        #expect(PageOptions(json: ["place_order_mode": "SOMEDAY"]) == nil)
        #expect(PageOptions(json: ["background_images": [["url": "https://shop.example/a.png"]]]) == nil)
    }
}

@Suite(
    "A request to Klarna, by Klarna's own documents",
    .enabled(if: KlarnaDocument.isAvailable, "\(KlarnaDocument.absence)"),
)
struct KlarnaRequestDocumentTests {
    @Test(arguments: SamplePurchase.allCases)
    func `creates a payment session`(sample: SamplePurchase) throws {
        let body = try JSON.parse(sample.purchase.paymentSessionBody(terms: PaymentSessionTerms()))
        let faults = try KlarnaDocument(.payments).requestFaults("POST", "/payments/v1/sessions", body: body)
        #expect(faults == [])
    }

    @Test(arguments: SamplePurchase.allCases)
    func `places an order`(sample: SamplePurchase) throws {
        let body = try JSON.parse(sample.purchase.placeOrderBody())
        let faults = try KlarnaDocument(.payments).requestFaults(
            "POST",
            "/payments/v1/authorizations/token/order",
            body: body,
        )
        #expect(faults == [])
    }

    @Test(arguments: [PageOptions(), .full, PageOptions(placeOrderMode: .placeOrder, paymentMethodCategory: "klarna")])
    func `creates an HPP session`(options: PageOptions) async throws {
        let transport = CannedTransport(201, try Fixture.bytes("hpp-session-create.response"))
        _ = try await KlarnaClient.sample(transport).createHPPSession(
            for: .payments(PaymentSessionID(rawValue: "kp")),
            urls: .shop,
            options: options,
        )
        let body = try JSON.parse(try #require(transport.requests.first?.body))
        let faults = try KlarnaDocument(.hostedPaymentPage).requestFaults(
            "POST",
            "/hpp/v1/sessions",
            body: body,
            // In the guides and not in the document.
            except: ["/options/payment_fallback"],
        )
        #expect(faults == [])
    }

    @Test(arguments: [
        ("kp-session-create.response", KlarnaDocument.Name.payments, "POST", "/payments/v1/sessions", 200),
        ("kp-session-read.response.authorized", .payments, "GET", "/payments/v1/sessions/1", 200),
        ("kp-order-create.response", .payments, "POST", "/payments/v1/authorizations/1/order", 200),
        ("hpp-session-create.response", .hostedPaymentPage, "POST", "/hpp/v1/sessions", 201),
        ("hpp-session-read.response.waiting", .hostedPaymentPage, "GET", "/hpp/v1/sessions/1", 200),
        ("om-order.response.captured-refunded", .orderManagement, "GET", "/ordermanagement/v1/orders/1", 200),
    ])
    func `is answered in the shape of the examples`(
        name: String,
        document: KlarnaDocument.Name,
        method: String,
        path: String,
        status: Int,
    ) throws {
        let body = try Fixture.json(name)
        let faults = try KlarnaDocument(document).responseFaults(method, path, status: status, body: body)
        #expect(faults == [])
    }
}

/// Purchases by a name that fits into the list of tests.
enum SamplePurchase: CaseIterable {
    case plain, everything

    var purchase: Purchase {
        switch self {
        case .plain: .jackets
        case .everything: .everything
        }
    }
}

extension Purchase {
    static let jackets = Purchase(
        country: "SE",
        currency: "SEK",
        locale: "sv-SE",
        orderAmount: 174_700,
        orderTaxAmount: 34_940,
        orderLines: [
            OrderLine(
                type: "physical",
                reference: "TRJ-0417-M",
                name: "Trail running jacket, size M",
                quantity: 2,
                quantityUnit: "pcs",
                unitPrice: 89_900,
                taxRate: 2500,
                totalAmount: 179_800,
                totalDiscountAmount: 0,
                totalTaxAmount: 35_960,
                productURL: "https://shop.example/p/trj-0417",
                imageURL: "https://shop.example/i/trj-0417.jpg",
                productIdentifiers: [
                    "brand": "Norrhimmel", "category_path": "Outdoor > Running > Jackets",
                    "global_trade_item_number": "7350001234568", "manufacturer_part_number": "NH-TRJ-0417",
                ],
            ),
            OrderLine(
                type: "shipping_fee",
                reference: "SHIP-STD",
                name: "Standard shipping",
                quantity: 1,
                unitPrice: 4900,
                taxRate: 2500,
                totalAmount: 4900,
                totalDiscountAmount: 0,
                totalTaxAmount: 980,
            ),
            OrderLine(
                type: "discount",
                reference: "WINTER10",
                name: "Winter campaign",
                quantity: 1,
                unitPrice: -10_000,
                taxRate: 2500,
                totalAmount: -10_000,
                totalDiscountAmount: 0,
                totalTaxAmount: -2000,
            ),
        ],
        merchantReference1: "NO-2025-004711",
        merchantReference2: "cart-88213",
    )

    /// Every field there is.
    static let everything: Purchase = {
        var purchase = jackets
        purchase.billingAddress = Address(
            givenName: "Test",
            familyName: "Person-se",
            email: "customer@email.se",
            title: "Mx",
            phone: "+46701740615",
            streetAddress: "Södra Blasieholmshamnen 2",
            streetAddress2: "3 tr",
            postalCode: "111 48",
            city: "Stockholm",
            region: "Stockholm",
            country: "SE",
            organizationName: "Norrhimmel AB",
            attention: "Reception",
        )
        purchase.shippingAddress = purchase.billingAddress
        purchase.customer = ["date_of_birth": "1941-03-21", "type": "person"]
        purchase.merchantData = "cart 88213"
        purchase.attachment = Attachment(
            contentType: "application/vnd.klarna.internal.emd-v2+json",
            body: #"{"customer_account_info":[]}"#,
        )
        purchase.autoCapture = true
        purchase.orderLines[0].merchantData = "{\"aisle\":4}"
        purchase.orderLines[0].subscription = ["name": "Club", "interval": "MONTH", "interval_count": 1]
        return purchase
    }()
}

extension PageOptions {
    static let full = PageOptions(
        placeOrderMode: .captureOrder,
        paymentMethodCategories: ["PAY_LATER", "PAY_NOW"],
        paymentFallback: true,
        purchaseType: "ORDER",
        pageTitle: "Slutför ditt köp",
        logoURL: "https://shop.example/logo.png",
        backgroundImages: [
            BackgroundImage(url: "https://shop.example/bg-1920.jpg", width: 1920),
            BackgroundImage(url: "https://shop.example/bg-640.jpg", width: 640),
        ],
        showSubtotalDetail: "HIDE",
    )
}

extension MerchantURLs {
    static let shop = MerchantURLs(
        success: "https://shop.example/hpp/ok?k=b4d1&sid={{session_id}}&authorization_token={{authorization_token}}",
        back: "https://shop.example/hpp/back?k=b4d1&sid={{session_id}}",
        failure: "https://shop.example/hpp/declined?k=b4d1&sid={{session_id}}",
        error: "https://shop.example/hpp/error?k=b4d1&sid={{session_id}}",
        statusUpdate: "https://shop.example/hpp/status?hpp={{session_id}}&secret=0b5e7d0c-6a42-4f1e-9d8b-73c2a90e51f4",
    )
}
