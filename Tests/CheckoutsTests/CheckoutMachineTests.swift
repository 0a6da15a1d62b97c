import Klarna
import Money
import Testing
import Wire

@testable import Checkouts

@Suite("A checkout")
struct CheckoutMachineTests {
    @Test func `waits for the shopper once its sessions are recorded`() throws {
        var checkout = Checkout.sample()
        #expect(try checkout.apply(.opened(.sample), at: .start) == [.observe])
        #expect(checkout.status == .waiting)
        #expect(checkout.sessions == .sample)
    }

    @Test func `keeps the sessions it has when others were created in a race`() throws {
        var checkout = Checkout.waiting()
        #expect(throws: Checkout.IllegalTransition.self) { try checkout.apply(.opened(.sample), at: .start) }
        #expect(checkout == .waiting())
    }

    @Test(arguments: ["IN_PROGRESS", "BACK", "FAILED", "ERROR", "MANUAL_ID_CHECK", "TIMEOUT", "SOMETHING_NEW"])
    func `stays open whatever the page says that is not an end`(hppStatus: String) throws {
        var checkout = Checkout.waiting()
        #expect(try checkout.apply(.pageOpen(hppStatus: hppStatus), at: .start) == [.observe])
        #expect(try checkout.apply(.pageOpen(hppStatus: hppStatus), at: .start) == [])
        #expect(checkout.status == .inProgress)
        #expect(checkout.hppStatus == hppStatus)
        #expect(try checkout.apply(.authorized(.sample, ifEnded: .release), at: .start) == [.placeOrder])
    }

    @Test func `places the order once however often it hears that the session completed`() throws {
        var checkout = Checkout.waiting()
        #expect(try checkout.apply(.authorized(.sample, ifEnded: .release), at: .start) == [.placeOrder])
        #expect(checkout.status == .authorized)
        #expect(try checkout.apply(.authorized(.sample, ifEnded: .release), at: .start) == [])
        #expect(checkout.spareAuthorizations == [])
    }

    @Test func `keeps a second token and never sends it instead of the first`() throws {
        var checkout = Checkout.authorized()
        let second = OrderPlacement(
            token: AuthorizationToken(rawValue: "token-2"),
            body: [],
            idempotencyKey: "key-2",
            authorizedAt: .start,
        )
        #expect(try checkout.apply(.authorized(second, ifEnded: .release), at: .start) == [])
        #expect(checkout.placement?.token == OrderPlacement.sample.token)
        #expect(checkout.spareAuthorizations.map(\.token) == [second.token])
        #expect(
            try checkout.apply(.orderFound(.sample), at: .start) == [.releaseAuthorizations, .readOrder, .watchOrder]
        )
    }

    @Test func `forgets the token and the frozen bytes once the order is placed`() throws {
        var checkout = Checkout.authorized()
        #expect(try checkout.apply(.orderFound(.sample), at: .start) == [.readOrder, .watchOrder])
        #expect(checkout.status == .orderPlaced)
        #expect(checkout.order == .sample)
        #expect(checkout.placement == nil)
    }

    @Test func `refuses a second order`() throws {
        var checkout = Checkout.placed()
        #expect(try checkout.apply(.orderFound(.sample), at: .start) == [])
        let other = Order(
            orderID: OrderID(rawValue: "other"),
            authorizedAmount: 1,
            remainingAuthorizedAmount: 1,
            placedAt: .start,
        )
        #expect(throws: Checkout.IllegalTransition.self) { try checkout.apply(.orderFound(other), at: .start) }
        #expect(checkout.order == .sample)
    }

    @Test(arguments: [Checkout.News.pageCancelled, .pageDisabled, .pageExpired])
    func `gives back an authorization that comes after it was closed`(end: Checkout.News) throws {
        var checkout = Checkout.waiting()
        _ = try checkout.apply(end, at: .start)
        let closed = checkout.status
        #expect(closed.isFinal)
        #expect(try checkout.apply(.authorized(.sample, ifEnded: .release), at: .start) == [.releaseAuthorizations])
        #expect(checkout.status == closed)
        #expect(checkout.surplusAuthorizations == [OrderPlacement.sample.token])
        _ = try checkout.apply(.released([OrderPlacement.sample.token]), at: .start)
        #expect(checkout.spareAuthorizations == [])
    }

    @Test(arguments: [
        Checkout.News.pageOpen(hppStatus: "FAILED"), .pageCancelled, .pageDisabled, .pageExpired,
        .authorized(.sample, ifEnded: .release),
    ])
    func `is not moved back by late news once the order is placed`(late: Checkout.News) throws {
        var checkout = Checkout.placed()
        #expect(try checkout.apply(late, at: .start) == [])
        #expect(checkout == .placed())
    }

    @Test(arguments: [Checkout.News.pageCancelled, .pageDisabled, .pageExpired, .pageOpen(hppStatus: "BACK")])
    func `is settled by placing alone once authorized`(news: Checkout.News) throws {
        var checkout = Checkout.authorized()
        #expect(try checkout.apply(news, at: .start) == [])
        #expect(checkout.status == .authorized)
    }

    @Test func `says that the outcome is unknown for as long as one attempt was not answered`() throws {
        var checkout = Checkout.authorized()
        let refusal = Problem.KlarnaAnswer(status: 503, errorCode: nil, errorMessages: [], correlationID: nil)
        _ = try checkout.apply(.placementSent(at: .start, exclusively: false), at: .start)
        #expect(checkout.placement?.attempts.uncertainSince == .start)
        _ = try checkout.apply(.placementUnanswered(nil), at: .start)
        #expect(checkout.problem?.type == .placementUnknown)
        _ = try checkout.apply(
            .placementSent(at: .start + .seconds(10), exclusively: false),
            at: .start + .seconds(10),
        )
        _ = try checkout.apply(.placementRefused(refusal, at: .start + .seconds(11)), at: .start + .seconds(11))
        #expect(checkout.placement?.attempts.uncertainSince == .start)
        #expect(checkout.problem?.type == .placementUnknown)
        #expect(checkout.status == .authorized)
    }

    @Test func `counts an attempt that ended with its process as unanswered`() throws {
        var checkout = Checkout.authorized()
        _ = try checkout.apply(.placementSent(at: .start, exclusively: false), at: .start)
        _ = try checkout.apply(
            .placementSent(at: .start + .seconds(60), exclusively: false),
            at: .start + .seconds(60),
        )
        _ = try checkout.apply(.placementNotSent(reason: "refused"), at: .start + .seconds(61))
        #expect(checkout.placement?.attempts.count == 2)
        #expect(checkout.placement?.attempts.uncertainSince == .start)
    }

    @Test func `ends with its problem and releases the authorization when there will be no order`() throws {
        var checkout = Checkout.authorized()
        let problem = Problem(.authorizationExpired, "Too late.")
        #expect(
            try checkout.apply(.placementFailed(problem, next: nil), at: .start) == [.releaseAuthorizations, .sweep]
        )
        #expect(checkout.status == .orderFailed)
        #expect(checkout.problem == problem)
        #expect(checkout.surplusAuthorizations == [OrderPlacement.sample.token])
    }

    @Test(arguments: [Checkout.Status.orderFailed, .needsReview])
    func `believes an order that is found after all`(end: Checkout.Status) throws {
        var checkout = Checkout.authorized()
        let problem = Problem(.orderUnidentified, "Gone.")
        _ = try checkout.apply(
            end == .orderFailed ? .placementFailed(problem, next: nil) : .placementUnidentified(problem),
            at: .start,
        )
        #expect(checkout.status == end)
        _ = try checkout.apply(.orderFound(.sample), at: .start)
        #expect(checkout.status == .orderPlaced)
        #expect(checkout.problem == nil)
    }

    @Test func `never leaves a final state except for an order that exists`() throws {
        let finals = try [Checkout.News.pageCancelled, .pageDisabled, .pageExpired].map { news in
            var checkout = Checkout.waiting()
            _ = try checkout.apply(news, at: .start)
            return checkout
        }
        let news: [Checkout.News] = [
            .opened(.sample), .pageOpen(hppStatus: "IN_PROGRESS"), .pageCancelled, .pageDisabled, .pageExpired,
            .placementSent(at: .start, exclusively: false), .placementComplete(at: .start), .orderRead(.sample),
            .placementUnidentified(Problem(.orderMismatch, "")),
        ]
        for checkout in finals {
            for piece in news {
                var copy = checkout
                _ = try? copy.apply(piece, at: .start)
                #expect(copy.status == checkout.status)
            }
            var copy = checkout
            #expect(try copy.apply(.orderFound(.sample), at: .start) == [.readOrder, .watchOrder])
            #expect(copy.status == .orderPlaced)
        }
    }

    @Test func `gives a person the page whose order cannot be identified`() throws {
        var checkout = Checkout.waiting()
        let problem = Problem.orderMismatch(OrderID(rawValue: "other"))
        #expect(try checkout.apply(.placementUnidentified(problem), at: .start) == [])
        #expect(checkout.status == .needsReview)
        #expect(checkout.problem == problem)
    }
}

@Suite("A checkout's record")
struct CheckoutRecordTests {
    private let vault = Vault(secretKey: Array(repeating: 7, count: 32))

    @Test(arguments: [
        Checkout.sample(), .waiting(), .authorized(), .placed(), .refusedTwice(), .tokenized(), .operatedOn(),
    ])
    func `gives back the checkout it was made from`(checkout: Checkout) throws {
        #expect(try CheckoutRecord(checkout, vault: vault).checkout(vault: vault) == checkout)
    }

    @Test func `shows neither tokens nor personal data outside its sealed part`() throws {
        let record = try CheckoutRecord(.authorized(), vault: vault)
        for secret in ["token-1", "ada@example.com", "Lovelace"] {
            #expect(!String(decoding: record.document, as: UTF8.self).contains(secret))
            #expect(!String(decoding: record.sealed, as: UTF8.self).contains(secret))
        }
    }

    @Test func `cannot be opened with another key or under another id`() throws {
        let record = try CheckoutRecord(.authorized(), vault: vault)
        #expect(throws: StoreError.self) {
            try record.checkout(vault: Vault(secretKey: Array(repeating: 8, count: 32)))
        }
        #expect(throws: StoreError.self) { try vault.open(record.sealed, for: "chk_other") }
    }
}

@Suite("A path secret")
struct PathSecretTests {
    private let secret = PathSecret(secretKey: Array(repeating: 7, count: 32))
    private let id = Checkout.sample().id

    @Test func `names the checkout it was made for, for its purpose alone`() {
        let token = secret.token(for: id, .returning)
        #expect(secret.checkoutID(in: token, .returning) == id)
        #expect(secret.checkoutID(in: token, .callback) == nil)
        #expect(PathSecret(secretKey: Array(repeating: 8, count: 32)).checkoutID(in: token, .returning) == nil)
    }

    @Test func `is refused when a single character differs`() {
        let token = Array(secret.token(for: id, .callback))
        for position in token.indices {
            var forged = token
            forged[position] = forged[position] == "A" ? "B" : "A"
            #expect(secret.checkoutID(in: String(forged), .callback) == nil)
        }
        for odd in [
            "", ".", "..", id.rawValue, "\(id).", "\(id)..", ".\(id)", String(token) + "x", String(token.dropLast()),
        ] {
            #expect(secret.checkoutID(in: odd, .callback) == nil)
        }
    }
}
