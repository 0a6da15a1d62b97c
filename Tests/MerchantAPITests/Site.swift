import Checkouts
import Foundation
import HTTPServer
import Klarna
import Logging
import MerchantAPI
import Metrics
import SQLiteStore
import Telemetry
import TimeAndChance
import Wire

/// The whole service on a port of its own, with a database in a directory of its own and a Klarna that does as it is
/// told.
struct Site: Sendable {
    let klarna: FakeKlarna
    let store: UnreliableStore
    let pathSecret: PathSecret
    let desk: CheckoutDesk
    let port: Int
    /// What answers there, to be asked over no wire.
    let router: Router

    static let key = "kassa-test-key"

    static func open(
        catalog: String? = Site.catalog,
        page: PageOptions = PageOptions(),
        works: Bool = true,
        patience: Duration = .seconds(600),
        _ visit: (Site) async throws -> Void,
    ) async throws {
        let directory = FileManager.default.temporaryDirectory.appending(path: "kassa-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: directory) }
        let shop = directory.appending(path: "public")
        try FileManager.default.createDirectory(at: shop, withIntermediateDirectories: true)
        try Data("<!doctype html><title>Shop</title>".utf8).write(to: shop.appending(path: "index.html"))
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        let secretKey = [UInt8](repeating: 7, count: 32)
        let database = try SQLiteStore(
            path: directory.appending(path: "kassa.db").path(percentEncoded: false),
            vault: Vault(secretKey: secretKey),
        )
        let store = UnreliableStore(database)
        let klarna = FakeKlarna()
        let clock: @Sendable () -> Timestamp = { Timestamp(milliseconds: Int64(Date().timeIntervalSince1970 * 1000)) }
        let account = try KlarnaAccount(
            username: "user",
            password: Secret("password"),
            environment: .playground,
            region: .eu,
        )
        let surroundings = Surroundings(now: clock)
        var policy = Policy()
        policy.operationPatience = patience
        let registry = MetricsRegistry()
        let desk = withMetricsFactory(registry) {
            CheckoutDesk(
                store: store,
                clients: ["default": KlarnaClient(account: account, transport: klarna)],
                publicURL: "https://kassa.example",
                pathSecret: PathSecret(secretKey: secretKey),
                policy: policy,
                surroundings: surroundings,
                logger: logger,
            )
        }
        // Who waits for an order that will come does so as long as this machine needs; for one that will not, not long.
        var limits = API.Limits()
        limits.returnPatience = works ? .seconds(600) : .seconds(4)
        let readiness = Readiness(
            [Readiness.Check("database") { try await store.checkWritable() }],
            logger: logger,
        )
        let metrics = MetricsReport(
            registry: registry,
            backlog: { try await store.backlog(at: $0) },
            readiness: readiness,
            version: "1.0.0",
            surroundings: surroundings,
            klarnaNow: clock,
        )
        let api = try withMetricsFactory(registry) {
            try API(
                desk: desk,
                pathSecret: PathSecret(secretKey: secretKey),
                keys: APIKeys(["test": key, "other": "another-key"]),
                accounts: ["default": AccountTerms(page: page, region: .eu)],
                catalog: try catalog.map { try Catalog(parsing: Array($0.utf8)) },
                returnOrigins: ReturnOrigins(["https://shop.example"]),
                files: try StaticFiles(directory: shop.path(percentEncoded: false)),
                readiness: readiness,
                metrics: metrics,
                limits: limits,
                clock: clock,
                logger: logger,
            )
        }
        let server = Server(loops: 1, logger: logger)
        guard let anywhere = ListenAddress("127.0.0.1:0") else { return }
        let address = try server.bind(anywhere)
        let worker = Worker(desk: desk, logger: logger)
        let site = Site(
            klarna: klarna,
            store: store,
            pathSecret: PathSecret(secretKey: secretKey),
            desk: desk,
            port: address.port,
            router: api.router(),
        )
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await server.run(site.router) }
            if works { group.addTask { await worker.run() } }
            do {
                try await visit(site)
            } catch {
                await close(server, worker)
                throw error
            }
            await close(server, worker)
            try await group.waitForAll()
        }
        await database.close()
    }

    private static func close(_ server: Server, _ worker: Worker) async {
        worker.drain()
        await server.shutdown(grace: .seconds(1))
    }

    func send(
        _ method: String,
        _ target: String,
        _ fields: [(String, String)] = [],
        body: [UInt8] = [],
    ) async throws -> Answer {
        var head = "\(method) \(target) HTTP/1.1\r\nHost: kassa.example\r\nConnection: close\r\n"
        if !body.isEmpty || method == "POST" { head += "Content-Length: \(body.count)\r\n" }
        for (name, value) in fields { head += "\(name): \(value)\r\n" }
        return try await BrowserlessClient.send(port: port, Array("\(head)\r\n".utf8) + body)
    }

    /// A call of the merchant API, with its key.
    func call(_ method: String, _ target: String, _ body: JSON? = nil, idempotencyKey: String? = nil) async throws
        -> Answer
    {
        var fields = [("Authorization", "Bearer \(Site.key)")]
        if body != nil { fields.append(("Content-Type", "application/json")) }
        if let idempotencyKey { fields.append(("Idempotency-Key", idempotencyKey)) }
        return try await send(method, target, fields, body: body?.bytes ?? [])
    }

    /// Opens a checkout and returns it as the API shows it.
    func openCheckout(_ members: [String: JSON] = [:]) async throws -> OpenCheckout {
        let answer = try await call("POST", "/v1/checkouts", Site.mugs(members))
        guard let text = answer.json["id"]?.string, let id = Checkout.ID(rawValue: text),
            let page = answer.json["klarna"]?["hpp_session_id"]?.string
        else { throw BrowserlessClient.Failure(reason: "not opened: \(answer.status) \(answer.text)") }
        return OpenCheckout(id: id, page: page)
    }

    /// A checkout that was paid, with its order.
    func placedCheckout(_ members: [String: JSON] = [:]) async throws -> OpenCheckout {
        let open = try await openCheckout(members)
        klarna.approve(open.page)
        _ = try await send("GET", returnPath(open.id, "success"))
        return open
    }

    /// A customer token that a shopper agreed to, and the checkout of that.
    func customerToken() async throws -> (id: CustomerToken.ID, checkout: OpenCheckout) {
        let line: JSON = [
            "type": "digital", "reference": "PLAN", "name": "Plan", "quantity": 1, "unit_price": 0, "total_amount": 0,
            "subscription": ["name": "Plan", "interval": "MONTH", "interval_count": 1],
        ]
        let open = try await placedCheckout([
            "intent": "tokenize", "order_amount": 0, "order_tax_amount": 0, "order_lines": [line],
        ])
        return (CustomerToken.ID(madeBy: open.id), open)
    }

    struct OpenCheckout {
        let id: Checkout.ID
        /// The HPP session's id.
        let page: String
    }

    func returnPath(_ id: Checkout.ID, _ outcome: String) -> String {
        "/return/\(pathSecret.token(for: id, .returning))/\(outcome)"
    }

    func callbackPath(_ id: Checkout.ID, _ kind: CheckoutDesk.CallbackKind = .status) -> String {
        "/callbacks/\(pathSecret.token(for: id, .callback))/\(kind.rawValue)"
    }

    /// The body of a checkout of two mugs, with some members put in their place.
    static func mugs(_ members: [String: JSON] = [:]) -> JSON {
        var body: JSONObject = [
            "merchant_reference": "order-1001", "purchase_country": "SE", "purchase_currency": "SEK", "locale": "sv-SE",
            "order_amount": 25_000, "order_tax_amount": 5000,
            "order_lines": [
                [
                    "type": "physical", "reference": "SKU-1", "name": "Mug", "quantity": 2, "unit_price": 12_500,
                    "tax_rate": 2500, "total_amount": 25_000, "total_tax_amount": 5000,
                ]
            ],
        ]
        for (name, value) in members { body[name] = value }
        return .object(body)
    }

    static let catalog = """
        {"country": "SE", "currency": "SEK", "locale": "sv-SE",
         "products": [{"reference": "MUG", "name": "Mug", "unit_price": 12500, "tax_rate": 2500}],
         "shipping": [{"reference": "DELIVERY", "name": "Delivery", "unit_price": 4900, "tax_rate": 2500}]}
        """
}
