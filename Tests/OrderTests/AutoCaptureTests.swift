import Klarna
import Testing
import Wire

@testable import Checkouts

/// Klarna captures while it places only an order that is placed with that wish.
@Suite("A capture as part of placing")
struct AutoCaptureTests {
    private static let wish: JSONObject = ["auto_capture": true]

    private static func basket(_ members: JSONObject) -> JSON {
        var all = wish
        for member in members.members { all[member.name] = member.value }
        return .basket(adding: all)
    }

    @Test(arguments: [
        ["provider": "klarna_checkout"], ["place_order_mode": "PLACE_ORDER"], ["place_order_mode": "place_order"],
        ["intent": "tokenize", "order_lines": JSON.charge["order_lines"] ?? [], "order_amount": 12_500],
    ])
    func `is refused where nobody would tell Klarna of it`(_ members: JSONObject) {
        #expect(faults(Self.basket(members), PageOptions()).contains("/auto_capture"))
    }

    @Test func `is refused where the account's pages place the order`() {
        #expect(faults(Self.basket([:]), PageOptions(placeOrderMode: .placeOrder)) == ["/auto_capture"])
    }

    @Test(arguments: [[:], ["place_order_mode": "NONE"], ["place_order_mode": "CAPTURE_ORDER"]])
    func `is taken where Klarna is told`(_ members: JSONObject) {
        #expect(faults(Self.basket(members), PageOptions()) == [])
    }

    private func faults(_ basket: JSON, _ page: PageOptions) -> [String] {
        let terms = NewCheckout.Terms(
            accounts: ["default": AccountTerms(page: page)],
            returnOrigins: ReturnOrigins([]),
        )
        do throws(Faults) {
            _ = try NewCheckout(json: basket, terms: terms)
            return []
        } catch {
            return error.all.map(\.pointer)
        }
    }
}
