import Klarna
import Money
import Testing
import Wire

@testable import Checkouts

@Suite("A body about an order")
struct OrderBodiesTests {
    @Test func `asks for a capture`() throws {
        let new = try NewCapture(
            json: [
                "amount": 94_800, "reference": "ship-5501", "description": "First parcel",
                "order_lines": [["reference": "SKU-1", "quantity": 1]],
                "shipping_info": [
                    [
                        "shipping_company": "PostNord SE", "shipping_method": "pickuppoint", "tracking_number": "0037",
                        "tracking_uri": "https://tracking.example/0037",
                    ]
                ],
            ]
        )
        #expect(new.amount == 94_800 && new.reference == "ship-5501" && new.description == "First parcel")
        #expect(new.lines?.map(\.reference) == ["SKU-1"] && new.lines?.map(\.pointer) == ["/order_lines/0"])
        #expect(new.shippingInfo.map(\.shippingMethod) == ["PickUpPoint"])
        let all = try NewCapture(json: [:])
        #expect(all.amount == nil && all.lines == nil && all.shippingInfo.isEmpty)
    }

    @Test(
        arguments: [
            ("amount", 0, "/amount"), ("amount", -1, "/amount"), ("amount", 200_000_001, "/amount"),
            ("amount", "100", "/amount"), ("amount", .number("1.0"), "/amount"),
            ("captured_amount", 1, "/captured_amount"),
            ("description", .string(text(256)), "/description"), ("reference", .string(text(256)), "/reference"),
            ("order_lines", [], "/order_lines"),
            ("order_lines", [["quantity": 1]], "/order_lines/0/reference"),
            ("order_lines", [["reference": "A", "quantity": -1]], "/order_lines/0/quantity"),
            ("order_lines", [["reference": "A", "type": "return_fee"]], "/order_lines/0/type"),
            ("order_lines", [["index": 1000]], "/order_lines/0/index"),
            ("order_lines", .array(Array(repeating: ["index": 0], count: 1001)), "/order_lines"),
            ("shipping_info", [["shipping_company": .string(text(101))]], "/shipping_info/0/shipping_company"),
            ("shipping_info", [["shipping_method": "Pigeon"]], "/shipping_info/0/shipping_method"),
            ("shipping_info", [["tracking_number": .string(text(101))]], "/shipping_info/0/tracking_number"),
            ("shipping_info", [["tracking_uri": "tracking.example"]], "/shipping_info/0/tracking_uri"),
            (
                "shipping_info", [["return_tracking_uri": .string("https://a.example/" + text(1024))]],
                "/shipping_info/0/return_tracking_uri",
            ),
            ("shipping_info", .array(Array(repeating: [:], count: 501)), "/shipping_info"),
        ] as [(String, JSON, String)]
    )
    func `asks for no capture that Klarna would refuse`(name: String, value: JSON, pointer: String) {
        #expect(faults { () throws(Faults) in _ = try NewCapture(json: .object([name: value])) } == [pointer])
    }

    @Test func `asks for a refund, with a fee or without`() throws {
        let new = try NewRefund(
            json: [
                "amount": 84_900, "reference": "rma-211", "description": "Returned",
                "order_lines": [
                    ["reference": "SKU-1", "quantity": 1],
                    [
                        "type": "return_fee", "name": "Return fee", "quantity": 1, "unit_price": -5000,
                        "total_amount": -5000,
                    ],
                ],
            ]
        )
        #expect(new.amount == 84_900 && new.reference == "rma-211" && new.description == "Returned")
        #expect(new.lines?.map(\.isReturnFee) == [false, true])
        #expect(faults { () throws(Faults) in _ = try NewRefund(json: ["shipping_info": []]) } == ["/shipping_info"])
        #expect(faults { () throws(Faults) in _ = try NewRefund(json: []) } == [""])
    }

    @Test func `says what is to be changed of an order`() throws {
        let address: JSON = [
            "street_address": "Vasagatan 10", "postal_code": "411 24", "city": "Göteborg", "country": "se", "title": "",
        ]
        let change = try OrderChange(
            json: [
                "merchant_reference": "order-2", "merchant_reference2": "", "shipping_address": address,
                "shipping_info": [["shipping_method": "Home"]], "order_amount": 25_000, "description": "More",
                "order_lines": [NewCheckout.mugs()],
            ],
            country: "SE",
            captured: 25_000,
        )
        #expect(change.references == MerchantReferences(first: "order-2", second: ""))
        #expect(change.shippingAddress?.country == "SE" && change.shippingAddress?.title == "")
        #expect(change.shippingInfo == [ShippingInfo(shippingMethod: "Home")])
        #expect(change.authorization?.amount == 25_000 && change.authorization?.description == "More")
        #expect(change.authorization?.lines.map(\.quantity) == [2])
        let less = try OrderChange(json: ["merchant_reference1": "order-3"], country: "SE", captured: 0)
        #expect(less.references == MerchantReferences(first: "order-3") && less.authorization == nil)
    }

    @Test(
        arguments: [
            ([:], [""]), (["billing_address": ["city": "X"]], ["/billing_address"]),
            (["order_amount": 25_000], ["/order_lines"]), (["description": "x"], ["/description"]),
            (["order_lines": [NewCheckout.mugs()]], ["/order_amount"]),
            (["order_amount": 24_999, "order_lines": [NewCheckout.mugs()]], ["/order_amount", "/order_amount"]),
            (["order_amount": 0, "order_lines": []], ["/order_lines"]),
            (
                ["shipping_address": ["city": "X"]],
                ["street_address", "postal_code", "country"].map { "/shipping_address/\($0)" },
            ),
            (["merchant_reference": "a", "merchant_reference1": "b"], ["/merchant_reference1"]),
            (["merchant_reference2": .string(text(256))], ["/merchant_reference2"]),
            (["purchase_country": "SE", "merchant_reference": "a"], ["/purchase_country"]),
        ] as [(JSON, [String])]
    )
    func `changes nothing of an order that Klarna would not change`(json: JSON, pointers: [String]) {
        let found = faults { () throws(Faults) in _ = try OrderChange(json: json, country: "SE", captured: 25_000) }
        #expect(found == pointers)
    }

    @Test func `brings no order below what is captured of it`() throws {
        let json: JSON = ["order_amount": 25_000, "order_lines": [NewCheckout.mugs()]]
        let error = try #require(throws: Faults.self) { try OrderChange(json: json, country: "SE", captured: 25_001) }
        #expect(error.all.map(\.pointer) == ["/order_amount"])
        #expect(error.all[0].sum == Fault.Sum(expected: 25_001, given: 25_000, tolerance: 0))
    }

    @Test func `charges a customer token`() throws {
        let new = try NewCharge(
            json: [
                "purchase_currency": "sek", "order_amount": 25_000, "order_tax_amount": 5000,
                "order_lines": [NewCheckout.mugs()], "merchant_reference": "april", "auto_capture": true,
                "merchant_data": "x", "metadata": ["month": "4"],
            ]
        )
        let agreed = try NewCheckout.read(NewCheckout.body(["locale": "en-SE"])).purchase
        let purchase = try new.purchase(like: agreed, reference: "chk_1")
        #expect(purchase.country == "SE" && purchase.currency == "SEK" && purchase.locale == "en-SE")
        #expect(purchase.orderAmount == 25_000 && purchase.orderTaxAmount == 5000 && purchase.autoCapture)
        #expect(purchase.merchantReference1 == "april" && purchase.merchantReference2 == "chk_1")
        #expect(purchase.merchantData == "x" && new.metadata == ["month": "4"])
        let german = try NewCheckout.read(
            NewCheckout.body(["purchase_country": "DE", "purchase_currency": "EUR", "locale": "de-DE"])
        ).purchase
        #expect(
            faults { () throws(Faults) in _ = try new.purchase(like: german, reference: "x") } == ["/purchase_currency"]
        )
    }

    @Test(
        arguments: [
            ("order_amount", .null, "/order_amount"), ("purchase_currency", .null, "/purchase_currency"),
            ("order_lines", .null, "/order_lines"), ("order_amount", 100_000_001, "/order_amount"),
            ("order_lines", [NewCheckout.mugs(["merchant_data": .string(text(256))])], "/order_lines/0/merchant_data"),
            ("order_tax_amount", 4998, "/order_tax_amount"), ("merchant_data", .string(text(6001)), "/merchant_data"),
            (
                "shipping_address", ["city": "X", "country": "SE", "postal_code": "1"],
                "/shipping_address/street_address",
            ),
            ("auto_capture", 1, "/auto_capture"), ("return_urls", [:], "/return_urls"),
        ] as [(String, JSON, String)]
    )
    func `charges nothing that Klarna would refuse`(name: String, value: JSON, pointer: String) {
        var body: JSONObject = [
            "purchase_currency": "SEK", "order_amount": 25_000, "order_lines": [NewCheckout.mugs()],
        ]
        body[name] = value
        #expect(faults { () throws(Faults) in _ = try NewCharge(json: .object(body)) } == [pointer])
    }

    @Test func `charges at least one, and knows where prices exclude tax`() throws {
        let nothing: JSON = ["name": "A", "quantity": 1, "unit_price": 0, "total_amount": 0]
        let free: JSON = ["purchase_currency": "SEK", "order_amount": 0, "order_lines": [nothing]]
        #expect(faults { () throws(Faults) in _ = try NewCharge(json: free) } == ["/order_amount"])
        let american: JSON = ["purchase_currency": "USD", "order_amount": 25_000, "order_lines": [NewCheckout.mugs()]]
        let places = ["/order_lines/0/tax_rate", "/order_lines/0/total_tax_amount"]
        #expect(faults { () throws(Faults) in _ = try NewCharge(json: american) } == places)
    }

    @Test(
        arguments: [
            (["method": "email", "email": "a@shop.example"], .email("a@shop.example")),
            (
                ["method": "SMS", "phone": "0701740615", "phone_country": "se"],
                .sms(phone: "0701740615", country: "SE"),
            ),
            (["method": "token", "access_id": "klarna:5d0e"], .token(accessID: "klarna:5d0e")),
        ] as [(JSON, Distribution)]
    )
    func `sends a link`(json: JSON, distribution: Distribution) throws {
        #expect(try Distribution(json: json) == distribution)
    }

    @Test(
        arguments: [
            ([:], ["/method"]), (["method": "pigeon"], ["/method"]), (["method": "email"], ["/email"]),
            (["method": "email", "email": ""], ["/email"]), (["method": "email", "email": "nobody"], ["/email"]),
            (["method": "sms"], ["/phone", "/phone_country"]),
            (["method": "sms", "phone": "0701740615"], ["/phone_country"]),
            (["method": "sms", "phone": "1", "phone_country": "Sweden"], ["/phone", "/phone_country"]),
            (["method": "token"], ["/access_id"]), (["method": "email", "email": "a@b.example", "to": "c"], ["/to"]),
            ([], [""]),
        ] as [(JSON, [String])]
    )
    func `sends no link into the void`(json: JSON, pointers: [String]) {
        #expect(faults { () throws(Faults) in _ = try Distribution(json: json) } == pointers)
    }

    @Test func `extends a due date by some days`() throws {
        #expect(try DueDateExtension(json: ["number_of_days": 14]) == DueDateExtension(days: 14))
        for json in [[:], ["number_of_days": 0], ["number_of_days": "14"]] as [JSON] {
            #expect(faults { () throws(Faults) in _ = try DueDateExtension(json: json) } == ["/number_of_days"])
        }
    }

    @Test func `adds shipping info later`() throws {
        let list = try ShippingInfo.list(json: ["shipping_info": [["tracking_number": "0037"], [:]]])
        #expect(list.map(\.trackingNumber) == ["0037", nil])
        for json in [[:], ["shipping_info": []], ["shipping_info": .null]] as [JSON] {
            #expect(faults { () throws(Faults) in _ = try ShippingInfo.list(json: json) } == ["/shipping_info"])
        }
    }
}

private func text(_ count: Int) -> String { String(repeating: "x", count: count) }

private func faults(_ work: () throws(Faults) -> Void) -> [String] {
    do throws(Faults) {
        try work()
        return []
    } catch {
        return error.all.map(\.pointer)
    }
}
