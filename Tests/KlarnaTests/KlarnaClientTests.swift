import Klarna
import Testing
import Wire

@Suite("The client")
struct KlarnaClientTests {
    @Test(arguments: [
        (KlarnaAccount.Environment.playground, KlarnaAccount.Region.eu, "https://api.playground.klarna.com"),
        (.playground, .na, "https://api-na.playground.klarna.com"),
        (.playground, .oc, "https://api-oc.playground.klarna.com"),
        (.production, .eu, "https://api.klarna.com"), (.production, .na, "https://api-na.klarna.com"),
        (.production, .oc, "https://api-oc.klarna.com"),
    ])
    func `finds each region and environment`(
        environment: KlarnaAccount.Environment,
        region: KlarnaAccount.Region,
        url: String,
    ) throws {
        #expect(try KlarnaAccount.sample(environment, region).baseURL == url)
    }

    @Test(arguments: [
        ("https://sandbox.example", "https://sandbox.example"),
        ("https://sandbox.example/klarna/", "https://sandbox.example/klarna"),
        ("http://127.0.0.1:8081", "http://127.0.0.1:8081"), ("http://127.8.9.1:1", "http://127.8.9.1:1"),
        ("http://localhost:8081/", "http://localhost:8081"), ("http://[::1]:8081", "http://[::1]:8081"),
    ])
    func `takes another base URL`(given: String, url: String) throws {
        #expect(try KlarnaAccount.sample(baseURLOverride: given).baseURL == url)
    }

    @Test(arguments: [
        "", "/", "http://", "https://", "http://sandbox.example", "http://127.0.0.1.example", "http://128.0.0.1",
        "ftp://127.0.0.1",
        "https://user:pw@sandbox.example", "https://sandbox.example?a=b", "https://sandbox.example#a",
        "https://sand box.example",
        "sandbox.example", "https://sandbox.example\r\n", "http://127.1", "http://localhost.example",
    ])
    func `takes no base URL that would show the credentials or is none`(given: String) {
        #expect(throws: KlarnaAccount.Invalid.self) { try KlarnaAccount.sample(baseURLOverride: given) }
    }

    @Test(arguments: KlarnaAccount.known + KlarnaAccount.kustom)
    func `takes Klarna's hosts for what they are, and in no other environment`(
        host: KlarnaAccount.Host
    ) throws {
        for environment in KlarnaAccount.Environment.allCases {
            for url in [
                host.baseURL, host.baseURL.uppercased().replacing("HTTPS", with: "https"),
                host.baseURL + ".:443",
            ] {
                do throws(KlarnaAccount.Invalid) {
                    _ = try KlarnaAccount.sample(environment, host.region, baseURLOverride: url)
                    #expect(environment == host.environment)
                } catch {
                    #expect(environment != host.environment)
                    #expect(error.description.contains(host.environment.rawValue))
                    #expect(error.description.contains(environment.rawValue))
                }
            }
        }
    }

    @Test(arguments: KlarnaAccount.known, KlarnaAccount.Region.allCases)
    func `takes Klarna's hosts in their own region alone`(
        host: KlarnaAccount.Host,
        region: KlarnaAccount.Region,
    ) throws {
        #expect(try KlarnaAccount.sample(host.environment, host.region).baseURL == host.baseURL)
        do throws(KlarnaAccount.Invalid) {
            _ = try KlarnaAccount.sample(host.environment, region, baseURLOverride: host.baseURL)
            #expect(region == host.region)
        } catch {
            #expect(region != host.region)
            #expect(error.description.contains("region \(host.region.rawValue)"))
            #expect(error.description.hasSuffix("account to \(region.rawValue)"))
        }
    }

    @Test(arguments: [
        "https://klarna.com.example", "https://notklarna.com", "https://playground.example",
        "https://kustom.com",
    ])
    func `takes hosts that are not Klarna's in every environment`(url: String) throws {
        for environment in KlarnaAccount.Environment.allCases {
            #expect(try KlarnaAccount.sample(environment, baseURLOverride: url).baseURL == url)
        }
    }

    @Test(arguments: [("", "p"), ("a:b", "p"), ("a\n", "p"), ("a", ""), ("a", "p\r\n")])
    func `takes no credentials that cannot be sent`(username: String, password: String) {
        #expect(throws: KlarnaAccount.Invalid.self) {
            try KlarnaAccount(username: username, password: Secret(password), environment: .playground, region: .eu)
        }
    }

    @Test func `shows neither passwords nor tokens`() throws {
        let account = try KlarnaAccount.sample()
        let token = AuthorizationToken(rawValue: "token-1")
        let customer = KlarnaTokenID(rawValue: "token-1")
        let way = Distribution.sms(phone: "token-1", country: "SE")
        let client = try KlarnaClient.sample(CannedTransport(200))
        var dumped = ""
        dump((account, client, token, customer, way), to: &dumped)
        let reflected = String(reflecting: (account, token, customer, way))
        let shown = "\(account) \(client) \(token) \([token]) \(customer) \(way) \(reflected) \(dumped)"
        #expect(!shown.contains("hunter2") && !shown.contains("token-1"))
        #expect("\(token)" == "***" && "\(account.password)" == "***")
    }

    @Test func `sends what Klarna expects`() async throws {
        let transport = CannedTransport(200, Array(#"{"order_id":"o"}"#.utf8))
        let body = Array(#"{"a":1}"#.utf8)
        _ = try await KlarnaClient.sample(transport).placeOrder(
            AuthorizationToken(rawValue: "t-1"),
            body: body,
            idempotencyKey: "key-1",
        )
        let request = try #require(transport.requests.first)
        #expect(request.method == "POST")
        #expect(request.url == "https://api.playground.klarna.com/payments/v1/authorizations/t-1/order")
        #expect(request.body == body)
        #expect(request.isEffect && request.purpose == .placeOrder)
        #expect(request.timeout == .seconds(30) && request.connectTimeout == .seconds(5))
        #expect(request.bodyBytesMax == 1 << 20)
        var fields = Dictionary(uniqueKeysWithValues: request.fields.map { ($0.name, $0.value) })
        let agent = fields.removeValue(forKey: "User-Agent") ?? ""
        let pattern = /Application\/Kassa_1\.2\.3 OS\/Linux_\d+\.\d+ Language\/Swift_\d+\.\d+/
        #expect(agent.wholeMatch(of: pattern) != nil, "\(agent)")
        #expect(
            fields == [
                "Authorization": "Basic UEsxMjM0NV9hYmM6aHVudGVyMg==", "Accept": "application/json",
                "Content-Type": "application/json", "Klarna-Idempotency-Key": "key-1",
            ]
        )
        #expect(!"\(request)".contains("t-1"))
    }

    @Test(arguments: [
        ("a/b", "a%2Fb"), ("a?b#c", "a%3Fb%23c"), ("../x", "..%2Fx"), ("å\r\n", "%C3%A5%0D%0A"), ("a b%", "a%20b%25"),
        ("klarna:5d0e", "klarna%3A5d0e"), ("A-z_0.9~", "A-z_0.9~"),
    ])
    func `keeps an id within its path segment`(id: String, segment: String) async throws {
        let transport = CannedTransport(404)
        _ = try? await KlarnaClient.sample(transport).order(OrderID(rawValue: id))
        #expect(
            transport.requests.map(\.url) == ["https://api.playground.klarna.com/ordermanagement/v1/orders/\(segment)"]
        )
    }

    @Test(arguments: ["", ".", "..", String(repeating: "x", count: 256)])
    func `sends nothing for an id that can be none`(id: String) async throws {
        let transport = CannedTransport(200, Array(#"{"order_id":"o","status":"s"}"#.utf8))
        let client = try KlarnaClient.sample(transport)
        await #expect(throws: KlarnaError.self) { try await client.order(OrderID(rawValue: id)) }
        await #expect(throws: KlarnaError.self) { try await client.hppSession(HPPSessionID(rawValue: id)) }
        await #expect(throws: KlarnaError.self) { try await client.paymentSession(PaymentSessionID(rawValue: id)) }
        await #expect(throws: KlarnaError.self) {
            try await client.releaseAuthorization(AuthorizationToken(rawValue: id))
        }
        await #expect(throws: KlarnaError.self) {
            try await client.placeOrder(AuthorizationToken(rawValue: id), body: [], idempotencyKey: "k")
        }
        await #expect(throws: KlarnaError.self) {
            try await client.createHPPSession(
                for: .payments(PaymentSessionID(rawValue: id)),
                urls: nil,
                options: PageOptions(),
            )
        }
        #expect(transport.requests.isEmpty)
    }

    @Test(arguments: ["", "a b", "a\r\nX: y", "ä"])
    func `sends nothing with a key that cannot stand in a field`(key: String) async throws {
        let transport = CannedTransport(200)
        let client = try KlarnaClient.sample(transport)
        await #expect(throws: KlarnaError.self) {
            try await client.placeOrder(AuthorizationToken(rawValue: "t"), body: [], idempotencyKey: key)
        }
        #expect(transport.requests.isEmpty)
    }

    @Test func `places an order over a real connection, and says nothing secret when that is refused`() async throws {
        let server = try RawServer { connection in
            while let request = connection.readRequest() {
                let isFirst = request.contains("Klarna-Idempotency-Key: key-1\r\n")
                connection.write(
                    isFirst
                        ? "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 18\r\n\r\n{\"order_id\":\"o-1\"}"
                        : "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic realm=\"x\"\r\nKlarna-Correlation-Id: c-1\r\n"
                            + "Content-Length: 6\r\n\r\n<html>"
                )
            }
        }
        let client = KlarnaClient(
            account: try .sample(baseURLOverride: server.url),
            transport: URLSessionTransport(),
        )
        let token = AuthorizationToken(rawValue: "token-1")
        let placed = try await client.placeOrder(token, body: Array("{}".utf8), idempotencyKey: "key-1")
        #expect(placed.orderID.rawValue == "o-1")
        let request = try #require(server.requests.first?.request)
        #expect(request.hasPrefix("POST /payments/v1/authorizations/token-1/order HTTP/1.1\r\n"))
        #expect(request.contains("Authorization: Basic UEsxMjM0NV9hYmM6aHVudGVyMg==\r\n"))
        do throws(KlarnaError) {
            _ = try await client.placeOrder(token, body: Array("{}".utf8), idempotencyKey: "key-2")
            Issue.record("it was placed")
        } catch {
            #expect("\(error)" == "Klarna refused with 401 correlation id c-1")
        }
    }
}
