import Klarna
import Money
import Testing
import Wire

@testable import Checkouts

@Suite("What a new checkout is for")
struct NewCheckoutTermsTests {
    @Test(arguments: Intent.allCases)
    func `is an intent, which recurs only with a subscription`(intent: Intent) throws {
        let word: [String: JSON] = ["intent": .string(intent.rawValue)]
        #expect(try NewCheckout.read(NewCheckout.subscription(word)).terms.intent == intent)
        #expect(NewCheckout.pointers(NewCheckout.body(word)) == (intent == .buy ? [] : ["/order_lines"]))
    }

    @Test(arguments: Intent.allCases)
    func `may cost nothing where the shopper only agrees to be charged`(intent: Intent) {
        let term: JSON = ["name": "Mug", "interval": "DAY", "interval_count": 30]
        let line: JSON = [
            "name": "Trial", "quantity": 1, "unit_price": 0, "total_amount": 0, "subscription": term,
        ]
        let json = NewCheckout.body([
            "order_amount": 0, "order_lines": [line], "intent": .string(intent.rawValue),
        ])
        #expect(NewCheckout.pointers(json) == (intent == .tokenize ? [] : ["/order_amount"]))
    }

    @Test(
        arguments: [
            (["name": "", "interval": "MONTH", "interval_count": 1], "name"),
            (["interval": "MONTH", "interval_count": 1], "name"),
            (["name": "Mug", "interval": "month", "interval_count": 1], "interval"),
            (["name": "Mug", "interval_count": 1], "interval"),
            (["name": "Mug", "interval": "YEAR", "interval_count": 0], "interval_count"),
            (["name": "Mug", "interval": "YEAR"], "interval_count"),
            (["name": "Mug", "interval": "YEAR", "interval_count": 1, "until": "x"], "until"),
        ] as [(JSON, String)]
    )
    func `has whole subscriptions`(subscription: JSON, name: String) {
        let line = NewCheckout.mugs(["subscription": subscription])
        #expect(
            NewCheckout.pointers(NewCheckout.body(["order_lines": [line]])) == ["/order_lines/0/subscription/\(name)"]
        )
    }

    @Test(
        arguments: [
            (PlaceOrderMode.none, Intent.buy, "klarna_payments", true), (.placeOrder, .buy, "klarna_payments", true),
            (.captureOrder, .buy, "klarna_payments", true), (.none, .tokenize, "klarna_payments", true),
            (.placeOrder, .tokenize, "klarna_payments", false),
            (.captureOrder, .buyAndTokenize, "klarna_payments", false),
            (.placeOrder, .buyAndDefaultTokenize, "klarna_payments", false),
            (.none, .buy, "klarna_checkout", true), (.placeOrder, .buy, "klarna_checkout", false),
            (.captureOrder, .buy, "klarna_checkout", false),
        ]
    )
    func `leaves placing to Klarna only where there is an order to be placed`(
        mode: PlaceOrderMode,
        intent: Intent,
        provider: String,
        isAccepted: Bool,
    ) {
        let json = NewCheckout.subscription([
            "place_order_mode": .string(mode.rawValue), "intent": .string(intent.rawValue),
            "provider": .string(provider), "order_tax_amount": 5000,
        ])
        #expect(NewCheckout.pointers(json) == (isAccepted ? [] : ["/place_order_mode"]))
    }

    @Test func `is held against the limits of the provider`() throws {
        func json(_ provider: String, _ amount: Int64) -> JSON {
            let line: JSON = [
                "name": "Boat", "quantity": 1, "unit_price": .integer(amount), "total_amount": .integer(amount),
                "tax_rate": 0, "total_tax_amount": 0,
            ]
            return NewCheckout.body([
                "provider": .string(provider), "order_amount": .integer(amount), "order_tax_amount": 0,
                "order_lines": [line],
            ])
        }
        #expect(try NewCheckout.read(json("klarna_payments", 200_000_000)).provider == .payments)
        #expect(try NewCheckout.read(json("klarna_checkout", 100_000_000)).provider == .checkout)
        let places = ["/order_amount", "/order_lines/0/unit_price", "/order_lines/0/total_amount"]
        #expect(NewCheckout.pointers(json("klarna_payments", 200_000_001)) == places)
        #expect(NewCheckout.pointers(json("klarna_checkout", 100_000_001)) == places)
    }

    @Test func `says more of taxes to Klarna Checkout`() {
        let line = NewCheckout.mugs(["tax_rate": .null, "total_tax_amount": .null])
        let json = NewCheckout.body(["provider": "klarna_checkout", "order_lines": [line]])
        #expect(
            NewCheckout.pointers(json) == [
                "/order_tax_amount", "/order_lines/0/tax_rate", "/order_lines/0/total_tax_amount",
            ]
        )
        #expect(NewCheckout.pointers(NewCheckout.body(["order_lines": [line]])) == [])
    }

    @Test(
        arguments: [
            ("intent", "tokenize", "/intent"), ("acquiring_channel", "IN_STORE", "/acquiring_channel"),
            ("design", "blue", "/design"), ("custom_payment_method_ids", ["a"], "/custom_payment_method_ids"),
            ("payment_options", [:], "/payment_options"),
        ] as [(String, JSON, String)]
    )
    func `asks Klarna Checkout for nothing it does not know`(name: String, value: JSON, pointer: String) {
        let json = NewCheckout.subscription([
            "provider": "klarna_checkout", "order_tax_amount": 5000, name: value,
        ])
        #expect(NewCheckout.pointers(json) == [pointer])
    }

    @Test(
        arguments: [
            ("ECOMMERCE", .eCommerce, .kassa), ("in_store", .inStore, .none), ("TELESALES", .telesales, .none),
        ]
            as [(String, AcquiringChannel, Checkout.ReturnURLs)]
    )
    func `goes back to a page only where there is a browser`(
        word: String,
        channel: AcquiringChannel,
        returnURLs: Checkout.ReturnURLs,
    ) throws {
        let members: [String: JSON] = ["acquiring_channel": .string(word)]
        let new = try NewCheckout.read(NewCheckout.body(members))
        #expect(new.terms.acquiringChannel == channel && new.returnURLs == returnURLs)
        let null = NewCheckout.body(members.merging(["return_urls": .null]) { $1 })
        #expect(try NewCheckout.read(null).returnURLs == .none)
        let urls = NewCheckout.body(members.merging(["return_urls": [:]]) { $1 })
        #expect(NewCheckout.pointers(urls) == (returnURLs == .kassa ? [] : ["/return_urls"]))
    }

    @Test func `carries what Klarna keeps for the merchant`() throws {
        let new = try NewCheckout.read(
            NewCheckout.body([
                "merchant_reference": "order-1", "merchant_reference2": "cart-1", "merchant_data": "a\nb",
                "design": "blue", "custom_payment_method_ids": ["promo-1", "promo-2"],
                "payment_options": ["color_text": "#0a0B0c", "radius_border": "5px"],
                "attachment": ["content_type": "application/x+json", "body": ["air": [["pnr": "X1"]]]],
            ])
        )
        #expect(new.purchase.merchantReference1 == "order-1" && new.purchase.merchantReference2 == "cart-1")
        #expect(new.purchase.merchantData == "a\nb")
        #expect(new.terms.design == "blue" && new.terms.customPaymentMethodIDs == ["promo-1", "promo-2"])
        #expect(new.terms.options == ["color_text": "#0a0B0c", "radius_border": "5px"])
        #expect(new.purchase.attachment?.contentType == "application/x+json")
        #expect(new.purchase.attachment?.body == #"{"air":[{"pnr":"X1"}]}"#)
        #expect(new.warnings.isEmpty)
    }

    @Test(
        arguments: [
            ("merchant_data", .string(String(repeating: "x", count: 6001)), "/merchant_data"),
            ("merchant_reference2", "", "/merchant_reference2"),
            ("design", 1, "/design"),
            ("acquiring_channel", "MOTO", "/acquiring_channel"),
            ("custom_payment_method_ids", [""], "/custom_payment_method_ids/0"),
            ("custom_payment_method_ids", "promo", "/custom_payment_method_ids"),
            ("payment_options", ["color_text": "red"], "/payment_options/color_text"),
            ("payment_options", ["color_text": "#12345g"], "/payment_options/color_text"),
            ("payment_options", ["color_button": "#123456"], "/payment_options/color_button"),
            ("attachment", ["body": "{}"], "/attachment/content_type"),
            ("attachment", ["content_type": "a/b"], "/attachment/body"),
            ("attachment", ["content_type": "a/b", "body": "{"], "/attachment/body"),
            ("attachment", ["content_type": "a/b", "body": ["n": "4111 1111 1111 1111"]], "/attachment/body"),
            ("attachment", ["content_type": "a/b", "body": 1], "/attachment/body"),
        ] as [(String, JSON, String)]
    )
    func `refuses what Klarna would refuse`(name: String, value: JSON, pointer: String) {
        #expect(NewCheckout.pointers(NewCheckout.body([name: value])) == [pointer])
    }

    /// The member, the longest it may be, whether it belongs to the line's product.
    @Test(
        arguments: [
            ("reference", 255, false), ("name", 255, false), ("quantity_unit", 8, false),
            ("merchant_data", 1024, false),
            ("brand", 70, true), ("category_path", 750, true), ("global_trade_item_number", 50, true),
            ("manufacturer_part_number", 70, true), ("color", 64, true), ("size", 64, true),
        ] as [(String, Int, Bool)]
    )
    func `has lines with texts of a limited length`(name: String, length: Int, isOfProduct: Bool) {
        func pointers(_ count: Int) -> [String] {
            let text = JSON.string(String(repeating: "x", count: count))
            let members: [String: JSON] = isOfProduct ? ["product_identifiers": [name: text]] : [name: text]
            return NewCheckout.pointers(NewCheckout.body(["order_lines": [NewCheckout.mugs(members)]]))
        }
        #expect(pointers(length) == [])
        #expect(pointers(length + 1) == ["/order_lines/0/\(isOfProduct ? "product_identifiers/" : "")\(name)"])
    }

    @Test(arguments: ["product_url", "image_url"])
    func `has lines with absolute URLs`(name: String) {
        func pointers(_ url: String) -> [String] {
            NewCheckout.pointers(NewCheckout.body(["order_lines": [NewCheckout.mugs([name: .string(url)])]]))
        }
        #expect(pointers("https://shop.example/p/1") == [])
        #expect(pointers("/p/1") == ["/order_lines/0/\(name)"])
        #expect(pointers("https://shop.example/" + String(repeating: "x", count: 1004)) == ["/order_lines/0/\(name)"])
    }

    @Test func `looks as the account has it unless it says otherwise`() throws {
        var defaults = PageOptions(placeOrderMode: .placeOrder, paymentMethodCategories: ["PAY_NOW"])
        defaults.pageTitle = "Our shop"
        defaults.purchaseType = "ORDER"
        defaults.backgroundImages = [BackgroundImage(url: "https://shop.example/1.jpg", width: 640)]
        let terms = NewCheckout.Terms(
            accounts: ["default": AccountTerms(page: defaults)],
            returnOrigins: ReturnOrigins(["https://shop.example"]),
        )
        #expect(try NewCheckout.read(NewCheckout.body(), terms: terms).page == defaults)
        let json = NewCheckout.body([
            "place_order_mode": "NONE", "page": ["payment_method_category": "pay_later", "page_title": "Pay here"],
        ])
        let page = try NewCheckout.read(json, terms: terms).page
        #expect(page.paymentMethodCategory == "PAY_LATER" && page.paymentMethodCategories == nil)
        #expect(page.pageTitle == "Pay here" && page.purchaseType == "ORDER" && page.placeOrderMode == .none)
        #expect(page.backgroundImages == defaults.backgroundImages)
        let recurring = NewCheckout.subscription(["intent": "tokenize"])
        #expect(try NewCheckout.read(recurring, terms: terms).page.placeOrderMode == .none)
    }
}
