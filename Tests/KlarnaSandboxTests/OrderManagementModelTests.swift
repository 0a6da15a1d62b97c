import KlarnaSandbox
import Testing
import Wire

@Suite("The sandbox's books, whatever is done to an order,")
struct OrderManagementModelTests {
    @Test(arguments: 1...40)
    func `agree`(seed: UInt64) throws {
        var chance = Chance(state: seed)
        let merchant = Merchant(behaviour: .drawn(using: &chance))
        merchant.world.behaviour.placeTrouble = nil
        merchant.world.behaviour.lateEffects = nil
        merchant.world.behaviour.enforcesRateLimits = false
        merchant.world.behaviour.omissions = []
        merchant.world.behaviour.showsFirstToken = false
        let reviews = ["", "+pend-accept-05", "+pend-reject-05"]
        let email = "customer\(try #require(reviews.randomElement(using: &chance)))@email.se"
        let order = try merchant.order(.mug(email: email))
        var books = Books()
        for _ in 1...60 {
            let before = merchant.call("GET", order).json
            let answer = merchant.doAnything(to: order, &chance)
            let reading = merchant.call("GET", order).json
            #expect(answer.status < 500)
            if answer.status >= 400 { #expect(reading == before) }
            #expect(books.faults(in: reading) == [], "after \(answer)")
            if chance.happens(percent: 10) { merchant.wait(.seconds(.random(in: 0...(9 * 86_400), using: &chance))) }
        }
    }
}

/// What was read of an order, and what may never become of it.
private struct Books {
    private var captured: Int64 = 0
    private var refunded: Int64 = 0
    private var captureIDs: [String?] = []

    mutating func faults(in reading: JSON) -> [String] {
        let amount = reading["order_amount"]?.integer ?? -1
        let captured = reading["captured_amount"]?.integer ?? -1
        let refunded = reading["refunded_amount"]?.integer ?? -1
        let remaining = reading["remaining_authorized_amount"]?.integer ?? -1
        let captures = reading["captures"]?.array ?? []
        let refunds = reading["refunds"]?.array ?? []
        let captureIDs = captures.map { $0["capture_id"]?.string }
        let claims = [
            "0 <= refunded <= captured <= order_amount": 0 <= refunded && refunded <= captured && captured <= amount,
            "captured is the sum of the captures": captures.sum("captured_amount") == captured,
            "refunded is the sum of the refunds": refunds.sum("refunded_amount") == refunded,
            "refunds are allotted to captures": captures.sum("refunded_amount") == refunded,
            "no capture is refunded beyond itself": captures.allSatisfy {
                (0...($0["captured_amount"]?.integer ?? -1)).contains($0["refunded_amount"]?.integer ?? -1)
            },
            "what remains is all or nothing of the rest": [0, amount - captured].contains(remaining),
            "captures and refunds are never taken back": captured >= self.captured && refunded >= self.refunded
                && captureIDs.starts(with: self.captureIDs),
            "captures have names of their own": Set(captureIDs).count == captureIDs.count,
            "only an open order has something left": remaining <= 0
                || ["AUTHORIZED", "PART_CAPTURED"].contains(reading["status"]?.string),
        ]
        (self.captured, self.refunded, self.captureIDs) = (captured, refunded, captureIDs)
        return claims.filter { !$0.value }.map(\.key)
    }
}

/// SplitMix64.
private struct Chance: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = (state ^ state >> 30) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
        return mixed ^ mixed >> 31
    }

    mutating func happens(percent: Int) -> Bool { Int.random(in: 0..<100, using: &self) < percent }
}

extension Merchant {
    fileprivate func doAnything(to order: String, _ chance: inout Chance) -> KlarnaAnswer {
        let amounts: [Int64] = [0, 1, 3000, 10_000, 24_999, 25_000, 25_001, 199_999_999]
        let amount = amounts.randomElement(using: &chance) ?? 1
        let key = chance.happens(percent: 50) ? "k\(Int.random(in: 0...9, using: &chance))" : nil
        switch Int.random(in: 0...9, using: &chance) {
        case 0...3: return capture(order, amount, key: key)
        case 4, 5: return refund(order, amount, key: key)
        case 6: return call("PATCH", "\(order)/authorization", ["order_amount": .integer(amount)], idempotencyKey: key)
        case _:
            guard let operation = operations.randomElement(using: &chance) else { return refund(order, 0) }
            return call(operation, on: order)
        }
    }
}

extension [JSON] {
    fileprivate func sum(_ name: String) -> Int64 { reduce(0) { $0 + ($1[name]?.integer ?? 0) } }
}
