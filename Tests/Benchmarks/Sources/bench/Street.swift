import Foundation

/// A backend and its sandbox, each a process of its own, in an empty directory.
final class Street {
    struct Checkout {
        let id: String
        let hppSession: String
    }

    /// Where Klarna calls back for a checkout, and what it says.
    struct CallbackTarget {
        let path: String
        let hppSession: String
    }

    let loader = Loader()
    let backend: Program
    let sandbox: Program
    let directory: URL
    var database: String { directory.appending(path: "kassa.db").path() }

    private static let key = "bench-0123456789abcdef"
    private var opened = 0

    /// Each has a merchant reference of its own, as in any shop: placing an order looks for others with the same one.
    private static func order(_ number: Int) -> String {
        """
        {"merchant_reference":"order-\(number)","purchase_country":"SE","purchase_currency":"SEK","locale":"sv-SE",\
        "order_amount":25000,"order_tax_amount":5000,"order_lines":[{"type":"physical","reference":"SKU-1",\
        "name":"Mug","quantity":2,"unit_price":12500,"tax_rate":2500,"total_amount":25000,"total_tax_amount":5000}]}
        """
    }

    init(_ options: Options, _ name: String) throws {
        directory = options.directory.appending(path: name)
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        sandbox = try Program(options.kassa, ["sandbox", "--listen", "127.0.0.1:0"], in: directory)
        backend = try Program(
            options.kassa,
            ["serve"],
            in: directory,
            settings: Street.settings(options, in: directory, klarna: sandbox.port),
        )
    }

    /// A backend's settings, its database in that directory and its Klarna at that port.
    static func settings(_ options: Options, in directory: URL, klarna: Int) -> [String: String] {
        [
            "KASSA_LISTEN": "127.0.0.1:0", "KASSA_API_KEY": key,
            "KASSA_KLARNA_URL": "http://127.0.0.1:\(klarna)",
            "KASSA_KLARNA_USERNAME": "user", "KASSA_KLARNA_PASSWORD": "password",
            "KASSA_DATABASE_URL": "sqlite:\(directory.appending(path: "kassa.db").path())",
            "KASSA_CATALOG": "\(options.project)/config/catalog.json",
            "KASSA_PUBLIC_DIRECTORY": "\(options.project)/public",
            // All shoppers and Klarna itself come from one address here.
            "KASSA_LIMITS_CONNECTIONS_PER_ADDRESS": "4096",
        ]
    }

    func close() {
        loader.hangUp()
        backend.stop()
        sandbox.stop()
        try? FileManager.default.removeItem(at: directory)
    }

    // MARK: Requests

    func open(then receive: @escaping (Checkout) throws -> Void) throws {
        opened += 1
        let order = Street.order(opened)
        try loader.ask(backend.port, request("POST", "/v1/checkouts", key: Street.key, body: order)) { answer in
            let json = try answer.expecting().json
            guard let id = json["id"] as? String, let klarna = json["klarna"] as? [String: Any],
                let session = klarna["hpp_session_id"] as? String
            else { throw Failure("a checkout without its ids: \(answer.text)") }
            try receive(Checkout(id: id, hppSession: session))
        }
    }

    func approve(_ session: String, then receive: @escaping () throws -> Void) throws {
        try loader.ask(sandbox.port, request("POST", "/sandbox/hpp/\(session)/approve")) { answer in
            _ = try answer.expecting()
            try receive()
        }
    }

    func openCheckouts(_ count: Int) throws -> [Checkout] {
        var opened: [Checkout] = []
        for _ in 0..<count {
            let before = opened.count
            try open { opened.append($0) }
            try loader.run { opened.count == before }
        }
        return opened
    }

    /// What the sandbox was asked so far: its newest requests.
    func journal() throws -> [[String: Any]] {
        let json = try loader.answer(sandbox.port, request("GET", "/sandbox/requests")).expecting().json
        return json["data"] as? [[String: Any]] ?? []
    }

    /// Where Klarna was told to call back for these checkouts.
    func callbackTargets(_ checkouts: [Checkout]) throws -> [CallbackTarget] {
        var sessions: [String: String] = [:]
        for checkout in checkouts { sessions[checkout.id] = checkout.hppSession }
        let targets = try journal().compactMap { entry -> CallbackTarget? in
            guard entry["path"] as? String == "/hpp/v1/sessions", let body = entry["body"] as? [String: Any],
                let urls = body["merchant_urls"] as? [String: Any], let url = urls["status_update"] as? String,
                let path = URL(string: url)?.path(), let id = sessions.keys.first(where: { path.contains($0) })
            else { return nil }
            return sessions[id].map { CallbackTarget(path: path, hppSession: $0) }
        }
        guard targets.count == checkouts.count else { throw Failure("not every checkout has a callback URL") }
        return targets
    }
}
