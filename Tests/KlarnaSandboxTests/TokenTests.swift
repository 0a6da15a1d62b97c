import KlarnaSandbox
import Testing
import Wire

@Suite("Several authorizations for one session")
struct TokenTests {
    @Test func `come from approving again, as many as allowed`() throws {
        let merchant = Merchant()
        merchant.world.behaviour.tokensPerPage = 3
        let session = try merchant.open()
        var tokens: [String?] = []
        for callbacks in [2, 1, 1, 0] {
            let outcome = try merchant.act(.approve, session.hppSession)
            #expect(outcome.status == .completed)
            tokens.append(merchant.token(of: session.hppSession))
            #expect(outcome.callbacks.count == callbacks)
        }
        #expect(Set(tokens).count == 3)
        #expect(tokens[3] == tokens[2])
    }

    @Test(arguments: [true, false])
    func `replace each other or stand side by side, and one becomes the order`(keepsOlder: Bool) throws {
        let merchant = Merchant()
        merchant.world.behaviour.tokensPerPage = 2
        merchant.world.behaviour.keepsOlderTokens = keepsOlder
        let session = try merchant.open()
        _ = try merchant.act(.approve, session.hppSession)
        let first = try #require(merchant.token(of: session.hppSession))
        _ = try merchant.act(.approve, session.hppSession)
        let second = try #require(merchant.token(of: session.hppSession))
        #expect(merchant.place(first).status == (keepsOlder ? 200 : 404))
        #expect(merchant.place(second).status == (keepsOlder ? 404 : 200))
        #expect(merchant.orderCount == 1)
        let record = try #require(merchant.world.sessions(at: merchant.now).first)
        #expect(record.authorizations.map(\.state) == (keepsOlder ? [.consumed, .void] : [.void, .consumed]))
        #expect(try merchant.act(.approve, session.hppSession).callbacks.isEmpty)
    }

    @Test func `come later by themselves while nothing was placed`() throws {
        let merchant = Merchant()
        merchant.world.behaviour.tokensPerPage = 3
        merchant.world.behaviour.tokenRenewal = .seconds(20)
        let session = try merchant.open()
        _ = try merchant.act(.approve, session.hppSession)
        let first = merchant.token(of: session.hppSession)
        merchant.wait(.seconds(19))
        #expect(merchant.token(of: session.hppSession) == first)
        merchant.wait(.seconds(1))
        let second = try #require(merchant.token(of: session.hppSession))
        #expect(second != first)
        #expect(merchant.place(second).status == 200)
        merchant.wait(.seconds(20))
        #expect(merchant.token(of: session.hppSession) == second)
    }

    @Test func `do not come back once the merchant let go`() throws {
        let merchant = Merchant()
        merchant.world.behaviour.tokensPerPage = 3
        merchant.world.behaviour.tokenRenewal = .seconds(20)
        let token = try merchant.authorize()
        #expect(merchant.call("DELETE", "/payments/v1/authorizations/\(token)").status == 204)
        merchant.wait(.seconds(60))
        #expect(merchant.world.sessions(at: merchant.now).first?.authorizations.map(\.state) == [.void])
    }

    @Test func `may read differently in the two sessions`() throws {
        let merchant = Merchant()
        merchant.world.behaviour.tokensPerPage = 2
        merchant.world.behaviour.keepsOlderTokens = true
        merchant.world.behaviour.showsFirstToken = true
        let session = try merchant.open()
        _ = try merchant.act(.approve, session.hppSession)
        let first = merchant.token(of: session.hppSession)
        _ = try merchant.act(.approve, session.hppSession)
        #expect(merchant.token(of: session.hppSession) == first)
        let path = "/payments/v1/sessions/\(session.paymentSession)"
        let newest = try #require(merchant.call("GET", path).json["authorization_token"]?.string)
        #expect(newest != first)
        #expect(merchant.call("DELETE", "/payments/v1/authorizations/\(newest)").status == 204)
        #expect(merchant.call("GET", path).json["authorization_token"]?.string == first)
    }

    @Test func `are in the books with their session, its references and its order`() throws {
        let merchant = Merchant()
        let session = try merchant.open(.mug.with("merchant_reference2", "chk_1"))
        var record = try #require(merchant.world.sessions(at: merchant.now).first)
        #expect(record.isOpen)
        #expect(record.authorizations.isEmpty)
        _ = try merchant.act(.approve, session.hppSession)
        let token = try #require(merchant.token(of: session.hppSession))
        record = try #require(merchant.world.sessions(at: merchant.now).first)
        #expect(record.hppSessionID == session.hppSession)
        #expect(record.paymentSessionID == session.paymentSession)
        #expect(record.merchantReference1 == "order-1001")
        #expect(record.merchantReference2 == "chk_1")
        #expect(record.status == .completed)
        #expect(!record.isOpen)
        #expect(record.authorizations.map(\.token) == [token])
        #expect(record.authorizations.map(\.state) == [.live])
        #expect(record.orderID == nil)
        merchant.wait(.seconds(3600))
        #expect(merchant.world.sessions(at: merchant.now).first?.authorizations.map(\.state) == [.expired])
        let other = try merchant.authorize()
        let orderID = merchant.place(other).json["order_id"]?.string
        record = try #require(merchant.world.sessions(at: merchant.now).last)
        #expect(record.orderID == orderID)
        #expect(record.authorizations.map(\.state) == [.consumed])
    }
}
