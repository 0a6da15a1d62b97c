import Checkouts
import Klarna
import Money
import Testing
import Wire

/// One route of the merchant API, with a body that is good for it.
struct MerchantRoute: Sendable, CustomTestStringConvertible {
    let method: String
    /// `{id}`, `{capture_id}`, `{refund_id}` and `{token_id}` stand for what exists.
    let path: String
    var body: JSON?
    var isKeyRequired = false
    /// Where a checkout stands that the call is refused for.
    var refusedIn: Stage?

    enum Stage { case waiting, placed, nothing }

    var testDescription: String { "\(method) \(path)" }

    var isAboutCheckout: Bool { path.hasPrefix("/v1/checkouts/{id}") }

    func path(_ id: Checkout.ID, capture: String = unknownCapture) -> String {
        path.replacing("{id}", with: id.rawValue).replacing("{capture_id}", with: capture)
            .replacing("{refund_id}", with: MerchantRoute.unknownRefund)
            .replacing("{token_id}", with: CustomerToken.ID(madeBy: id).rawValue)
    }

    static let unknownCapture = "cap_00000000000000000000000000"
    static let unknownRefund = "ref_00000000000000000000000000"

    private static let charge: JSON = [
        "purchase_currency": "SEK", "order_amount": 10_000, "order_tax_amount": 2000,
        "order_lines": [
            ["name": "Plan", "quantity": 1, "unit_price": 10_000, "tax_rate": 2500, "total_amount": 10_000]
        ],
    ]

    private static let basket: JSON = [
        "order_amount": 10_000, "order_tax_amount": 2000,
        "order_lines": [
            ["name": "Mug", "quantity": 1, "unit_price": 10_000, "tax_rate": 2500, "total_amount": 10_000]
        ],
    ]

    static let all = [
        MerchantRoute(method: "POST", path: "/v1/checkouts", body: Site.mugs()),
        MerchantRoute(method: "GET", path: "/v1/checkouts"),
        MerchantRoute(method: "GET", path: "/v1/checkouts/{id}"),
        MerchantRoute(method: "PATCH", path: "/v1/checkouts/{id}", body: basket, refusedIn: .placed),
        MerchantRoute(method: "DELETE", path: "/v1/checkouts/{id}", refusedIn: .placed),
        MerchantRoute(method: "GET", path: "/v1/checkouts/{id}/events"),
        MerchantRoute(method: "POST", path: "/v1/checkouts/{id}/refresh"),
        MerchantRoute(
            method: "POST",
            path: "/v1/checkouts/{id}/distribution",
            body: ["method": "email", "email": "a@shop.example"],
            refusedIn: .placed,
        ),
        MerchantRoute(method: "POST", path: "/v1/checkouts/{id}/reopening", refusedIn: .waiting),
        MerchantRoute(
            method: "POST",
            path: "/v1/checkouts/{id}/captures",
            body: [:],
            isKeyRequired: true,
            refusedIn: .waiting,
        ),
        MerchantRoute(method: "GET", path: "/v1/checkouts/{id}/captures"),
        MerchantRoute(method: "GET", path: "/v1/checkouts/{id}/captures/{capture_id}"),
        MerchantRoute(
            method: "POST",
            path: "/v1/checkouts/{id}/captures/{capture_id}/shipping_info",
            body: ["shipping_info": [["tracking_number": "1"]]],
        ),
        MerchantRoute(method: "GET", path: "/v1/checkouts/{id}/captures/{capture_id}/due_date_options"),
        MerchantRoute(
            method: "POST",
            path: "/v1/checkouts/{id}/captures/{capture_id}/due_date",
            body: ["number_of_days": 14],
        ),
        MerchantRoute(method: "POST", path: "/v1/checkouts/{id}/captures/{capture_id}/send_out"),
        MerchantRoute(
            method: "POST",
            path: "/v1/checkouts/{id}/refunds",
            body: [:],
            isKeyRequired: true,
            refusedIn: .waiting,
        ),
        MerchantRoute(method: "GET", path: "/v1/checkouts/{id}/refunds"),
        MerchantRoute(method: "GET", path: "/v1/checkouts/{id}/refunds/{refund_id}"),
        MerchantRoute(method: "POST", path: "/v1/checkouts/{id}/cancellation", refusedIn: .waiting),
        MerchantRoute(method: "POST", path: "/v1/checkouts/{id}/release", refusedIn: .waiting),
        MerchantRoute(method: "POST", path: "/v1/checkouts/{id}/extension", refusedIn: .waiting),
        MerchantRoute(
            method: "PATCH",
            path: "/v1/checkouts/{id}/order",
            body: ["merchant_reference1": "order-2"],
            refusedIn: .waiting,
        ),
        MerchantRoute(method: "GET", path: "/v1/customer_tokens/{token_id}"),
        MerchantRoute(method: "DELETE", path: "/v1/customer_tokens/{token_id}"),
        MerchantRoute(
            method: "POST",
            path: "/v1/customer_tokens/{token_id}/orders",
            body: charge,
            isKeyRequired: true,
        ),
    ]
}

@Suite("Every route of the merchant API")
struct RouteTableTests {
    @Test func `is described, and none is described that is not here`() throws {
        var described: Set<String> = []
        var path = ""
        for line in try document("openapi.yaml").split(separator: "\n").prefix(while: { $0 != "components:" }) {
            if line.hasPrefix("  /") { path = String(line.dropFirst(2).dropLast()) }
            guard line.hasPrefix("    "), !line.hasPrefix("     "), path.hasPrefix("/v1/") else { continue }
            let method = line.dropFirst(4).dropLast()
            if ["get", "post", "patch", "delete", "put"].contains(method) {
                described.insert("\(method.uppercased()) \(path)")
            }
        }
        let known = MerchantRoute.all.map { "\($0.method) \($0.path.replacing("{token_id}", with: "{id}"))" }
        #expect(described == Set(known))
    }

    @Test(arguments: MerchantRoute.all)
    func `is closed to whoever has no key`(route: MerchantRoute) async throws {
        try await Site.open(works: false) { site in
            let open = try await site.openCheckout()
            let before = site.klarna.calls
            let events = try await site.desk.store.events(of: open.id).count
            for authorization in [nil, "Bearer wrong", "Basic a2Fzc2EtdGVzdC1rZXk6", "kassa-test-key"] as [String?] {
                let fields =
                    (authorization.map { [("Authorization", $0)] } ?? [])
                    + [("Content-Type", "application/json"), ("Idempotency-Key", "key-1")]
                let bytes = route.body?.bytes ?? []
                let answer = try await site.send(route.method, route.path(open.id), fields, body: bytes)
                #expect(answer.status == 401 && answer.problem == "unauthorized")
                #expect(answer["WWW-Authenticate"] == "Bearer")
            }
            #expect(site.klarna.calls == before)
            #expect(try await site.desk.store.events(of: open.id).count == events)
        }
    }

    @Test(arguments: MerchantRoute.all.filter { $0.path.contains("{") })
    func `knows nothing of an id that is none or of nobody`(route: MerchantRoute) async throws {
        try await Site.open(works: false) { site in
            let unknown = Checkout.ID(ULID(at: Timestamp(milliseconds: 0)))
            let malformed = route.path.replacing("{id}", with: "chk_1").replacing("{token_id}", with: "ctk_1")
                .replacing("{capture_id}", with: "cap_1").replacing("{refund_id}", with: "ref_1")
            for path in [route.path(unknown), malformed] {
                let answer = try await site.call(route.method, path, route.body, idempotencyKey: "key-\(path.count)")
                #expect(answer.status == 404 && answer.problem == "not-found", "\(path)")
            }
            #expect(site.klarna.calls.isEmpty)
        }
    }

    @Test(arguments: MerchantRoute.all.filter { $0.path.contains("{capture_id}") || $0.path.contains("{refund_id}") })
    func `knows nothing of a part that the order does not have`(route: MerchantRoute) async throws {
        try await Site.open { site in
            let open = try await site.placedCheckout()
            let answer = try await site.call(route.method, route.path(open.id), route.body, idempotencyKey: "key-1")
            #expect(answer.status == 404 && answer.problem == "not-found")
        }
    }

    @Test(arguments: MerchantRoute.all.filter { $0.refusedIn != nil })
    func `is refused where the state forbids it`(route: MerchantRoute) async throws {
        try await Site.open { site in
            let open = route.refusedIn == .placed ? try await site.placedCheckout() : try await site.openCheckout()
            let answer = try await site.call(route.method, route.path(open.id), route.body, idempotencyKey: "key-1")
            #expect(answer.status == 409 && answer.problem == "conflict")
        }
    }

    @Test(arguments: MerchantRoute.all.filter { $0.body != nil })
    func `takes JSON of its own members and nothing else`(route: MerchantRoute) async throws {
        try await Site.open(works: false) { site in
            let id = Checkout.ID(ULID(at: Timestamp(milliseconds: 0)))
            let open = route.path.contains("/order") || route.method == "PATCH" ? try await paid(site) : id
            let path = route.path(open)
            let key = [("Authorization", "Bearer \(Site.key)")]
            let body = route.body?.bytes ?? []
            func send(_ fields: [(String, String)], _ body: [UInt8], _ number: Int) async throws -> Answer {
                let fields = key + fields + [("Idempotency-Key", "k\(number)")]
                return try await site.send(route.method, path, fields, body: body)
            }
            let json = [("Content-Type", "application/json")]
            #expect(try await send([], body, 1).status == 415)
            #expect(try await send([("Content-Type", "text/plain")], body, 2).status == 415)
            #expect(try await send(json + [("Content-Encoding", "gzip")], body, 3).status == 415)
            #expect(try await send(json, Array("{".utf8), 4).problem == "malformed-request")
            #expect(try await send(json, [], 5).status == 400)
            let list = try await send(json, Array("[]".utf8), 6)
            #expect(list.status == 422 && list.pointers == [""])
            let odd = try await send(json, Array("{\"odd\":1}".utf8), 7)
            #expect(odd.status == 422 && odd.pointers.contains("/odd"))
            let large = [UInt8](repeating: UInt8(ascii: " "), count: (1 << 20) + 1)
            #expect(try await send(json, large, 8).status == 413)
        }
    }

    @Test(arguments: MerchantRoute.all.filter(\.isKeyRequired))
    func `that moves money needs an idempotency key`(route: MerchantRoute) async throws {
        try await Site.open(works: false, patience: .zero) { site in
            let id = try await paid(site)
            let before = site.klarna.calls
            let answer = try await site.call(route.method, route.path(id), route.body)
            #expect(answer.status == 400 && answer.problem == "idempotency-key-required")
            #expect(site.klarna.calls == before)
            #expect(try await site.desk.checkout(id).operations.isEmpty)
        }
    }

    @Test(arguments: MerchantRoute.all.filter { $0.method != "GET" })
    func `answers the same under the same key`(route: MerchantRoute) async throws {
        try await Site.open { site in
            let open = route.refusedIn == .placed ? try await site.openCheckout() : try await site.placedCheckout()
            let first = try await site.call(route.method, route.path(open.id), route.body, idempotencyKey: "key-1")
            let before = site.klarna.calls.filter { !$0.hasPrefix("GET") }
            let second = try await site.call(route.method, route.path(open.id), route.body, idempotencyKey: "key-1")
            #expect(first["Idempotent-Replayed"] == nil && second["Idempotent-Replayed"] == "true")
            #expect(second.status == first.status && second.body == first.body)
            #expect(second["Location"] == first["Location"])
            #expect(site.klarna.calls.filter { !$0.hasPrefix("GET") } == before)
        }
    }

    /// A checkout with an order, which nobody works on.
    private func paid(_ site: Site) async throws -> Checkout.ID {
        let open = try await site.openCheckout()
        let known = try await site.desk.checkout(open.id)
        let order = Order(
            orderID: OrderID(rawValue: "order-1"),
            authorizedAmount: 25_000,
            remainingAuthorizedAmount: 25_000,
            placedAt: known.createdAt,
        )
        return try await site.desk.settle(known, because: .poll) { _ in [.orderFound(order)] }.id
    }
}
