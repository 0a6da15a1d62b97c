import KlarnaSandbox
import Testing
import Wire

@Suite("An idempotency key in the sandbox")
struct IdempotencyKeyTests {
    @Test func `makes two captures one`() throws {
        let merchant = Merchant()
        let order = try merchant.order()
        #expect(merchant.capture(order, 10).status == 201)
        #expect(merchant.capture(order, 10).status == 201)
        #expect(merchant.read(order, "captured_amount") == "20")
        let first = merchant.capture(order, 10, key: "k1")
        let again = merchant.capture(order, 10, key: "k1")
        #expect(merchant.read(order, "captured_amount") == "30")
        for name in ["Capture-Id", "Location"] { #expect(again.fields[name] == first.fields[name]) }
        #expect(again.status == 201)
        #expect(again.fields["Klarna-Correlation-Id"] != first.fields["Klarna-Correlation-Id"])
        #expect(merchant.capture(order, 10, key: "k2").fields["Capture-Id"] != first.fields["Capture-Id"])
        #expect(merchant.read(order, "captured_amount") == "40")
    }

    @Test func `counts whatever the body is, even one that cannot be read`() throws {
        let merchant = Merchant()
        let order = try merchant.order()
        let first = merchant.capture(order, 10, key: "k")
        for body in [["captured_amount": 20], [:], "nonsense"] as [JSON] {
            let again = merchant.call("POST", "\(order)/captures", body, idempotencyKey: "k")
            #expect(again.status == 201)
            #expect(again.fields["Capture-Id"] == first.fields["Capture-Id"])
        }
        #expect(merchant.read(order, "captured_amount") == "10")
    }

    @Test func `is forgotten a day after its first use`() throws {
        let merchant = Merchant()
        let order = try merchant.order()
        _ = merchant.capture(order, 10, key: "k")
        merchant.wait(.seconds(12 * 3600))
        _ = merchant.capture(order, 10, key: "k")
        merchant.wait(.seconds(12 * 3600 - 1))
        _ = merchant.capture(order, 10, key: "k")
        #expect(merchant.read(order, "captured_amount") == "10")
        merchant.wait(.seconds(1))
        _ = merchant.capture(order, 10, key: "k")
        #expect(merchant.read(order, "captured_amount") == "20")
    }

    @Test func `belongs to one merchant, one operation and one order`() throws {
        let merchant = Merchant()
        let order = try merchant.order(.mug, .partCaptured)
        let other = try merchant.order()
        #expect(merchant.capture(order, 10, key: "k").status == 201)
        #expect(merchant.refund(order, 10, key: "k").status == 201)
        #expect(merchant.capture(other, 10, key: "k").status == 201)
        let stranger = merchant.call(
            "POST",
            "\(order)/captures",
            ["captured_amount": 10],
            authorization: "Basic b3RoZXI6cGFzc3dvcmQ=",
            idempotencyKey: "k",
        )
        #expect(stranger.status == 201)
        #expect(merchant.read(order, "captured_amount", "refunded_amount") == "10020 10")
        #expect(merchant.read(other, "captured_amount") == "10")
    }

    @Test(arguments: [true, false])
    func `stands for a refusal too, or not`(repeatsRefusals: Bool) throws {
        let merchant = Merchant()
        merchant.world.behaviour.repeatsRefusals = repeatsRefusals
        let order = try merchant.order()
        #expect(merchant.capture(order, 25_001, key: "k").status == 403)
        let again = merchant.capture(order, 25_000, key: "k")
        #expect(again.status == (repeatsRefusals ? 403 : 201))
        #expect(again.errorCode == (repeatsRefusals ? "CAPTURE_NOT_ALLOWED" : nil))
        if repeatsRefusals {
            #expect(again.json["correlation_id"]?.string == again.fields["Klarna-Correlation-Id"])
        }
    }

    @Test func `may be told to count for nothing`() throws {
        let merchant = Merchant()
        merchant.world.behaviour.honoursOrderManagementKeys = false
        let order = try merchant.order()
        for _ in 1...2 { #expect(merchant.capture(order, 10, key: "k").status == 201) }
        #expect(merchant.read(order, "captured_amount") == "20")
    }

    @Test func `works for calls that are done late`() throws {
        let merchant = Merchant()
        let order = try merchant.order()
        merchant.world.behaviour.lateEffects = .init(percent: 100)
        for _ in 1...3 { #expect(!merchant.capture(order, 10, key: "k").isAnswered) }
        #expect(!merchant.capture(order, 10).isAnswered)
        merchant.world.behaviour.lateEffects = nil
        merchant.wait(.seconds(90))
        #expect(merchant.read(order, "captured_amount") == "20")
        #expect(merchant.capture(order, 10, key: "k").status == 201)
        #expect(merchant.read(order, "captured_amount") == "20")
    }

    @Test func `is not used up by a call that is not let in`() throws {
        let merchant = Merchant()
        let order = try merchant.order()
        let path = "\(order)/captures"
        let stranger = merchant.call("POST", path, ["captured_amount": 10], authorization: nil, idempotencyKey: "k")
        #expect(stranger.status == 401)
        merchant.world.behaviour.enforcesRateLimits = true
        let answers = (1...60).map { _ in merchant.call("POST", "\(order)/captures", [:], idempotencyKey: nil).status }
        #expect(answers.contains(429))
        #expect(merchant.capture(order, 10, key: "k").status == 429)
        merchant.wait(.seconds(1))
        #expect(merchant.capture(order, 10, key: "k").status == 201)
    }
}
