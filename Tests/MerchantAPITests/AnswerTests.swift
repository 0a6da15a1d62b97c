import Checkouts
import HTTPMessage
import HTTPServer
import HTTPTypes
import Testing
import Wire
import Yams

@testable import MerchantAPI

@Suite("Answers")
struct AnswerTests {
    @Test func `serve the interface's description and what built-in pages need`() async throws {
        try await Site.open(works: false) { site in
            let openapi = try await site.send("GET", "/openapi.yaml")
            #expect(openapi.status == 200 && openapi.text.hasPrefix("openapi: 3.1.0"))
            #expect(openapi["Content-Type"] == "application/yaml")
            for (path, type) in [("css", "text/css"), ("js", "text/javascript")] {
                let asset = try await site.send("GET", "/assets/result.\(path)")
                #expect(asset.status == 200 && asset["Content-Type"]?.hasPrefix(type) == true && !asset.body.isEmpty)
            }
        }
    }

    @Test func `are described in YAML that names nothing twice`() throws {
        #expect(try Yams.compose(yaml: document("openapi.yaml"))?.mapping?.isEmpty == false)
    }

    @Test func `serve the shop, which may post its form to where Klarna is next`() async throws {
        try await Site.open(works: false) { site in
            let shop = try await site.send("GET", "/")
            #expect(shop.status == 200 && shop["Content-Type"]?.hasPrefix("text/html") == true)
            #expect(shop["Content-Security-Policy"] == "default-src 'self'; base-uri 'none'; frame-ancestors 'none'")
            #expect(shop["X-Content-Type-Options"] == "nosniff" && shop["Referrer-Policy"] == "no-referrer")
        }
    }

    @Test(arguments: [(true, "max-age=31536000"), (false, nil)] as [(Bool, String?)])
    func `ask a browser that came by https to stay with it, and never one that did not`(
        isSecure: Bool,
        transportSecurity: String?,
    ) async throws {
        try await Site.open(works: false) { site in
            for path in ["/health", "/", "/nothing", "/v1/checkouts"] {
                let answer = await site.router.answer(Request(method: .get, path: path, isSecure: isSecure))
                #expect(answer.fields[.strictTransportSecurity] == transportSecurity)
            }
        }
    }

    @Test(arguments: ProblemDetails.Kind.allCases)
    func `of every type are described`(kind: ProblemDetails.Kind) throws {
        let line = try #require(
            document("docs/problems.md").split(separator: "\n").first { $0.hasPrefix("| `\(kind.rawValue)` | ") }
        )
        #expect(line.contains(" \(kind.status.code) "))
        let problem = ProblemDetails(kind, "Why.").response
        #expect(problem.status == kind.status)
        #expect(problem.fields[.contentType] == "application/problem+json")
    }

    @Test func `are given by every path and method that the description names`() async throws {
        var paths: [String: Set<String>] = [:]
        var path = ""
        for line in try document("openapi.yaml").split(separator: "\n").prefix(while: { $0 != "components:" }) {
            if line.hasPrefix("  /") { path = String(line.dropFirst(2).dropLast()) }
            let word = line.hasPrefix("    ") && !line.hasPrefix("     ") ? String(line.dropFirst(4).dropLast()) : ""
            if ["get", "post", "put", "patch", "delete"].contains(word) {
                paths[path, default: []].insert(word.uppercased())
            }
        }
        #expect(paths.count > 10)
        let described = paths
        try await Site.open(works: false) { site in
            for (path, methods) in described {
                let example = path.replacing(/\{[a-z_]+\}/, with: "x")
                let answer = try await site.send("OPTIONS", example)
                let allowed = Set((answer["Allow"] ?? "").split(separator: ", ").map(String.init))
                #expect(allowed.subtracting(["HEAD", "OPTIONS"]) == methods, "\(path)")
            }
        }
    }

    @Test(arguments: Problem.Kind.allCases)
    func `describe every problem of a checkout`(kind: Problem.Kind) throws {
        #expect(try document("docs/problems.md").contains("| `\(kind.rawValue)` | `"))
    }

    @Test(
        arguments: [
            (nil, .none), ("*/*", .none), ("text/html", .html), ("application/json", .json),
            ("application/json, text/plain, */*", .json),
            ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", .html),
            ("application/json;q=0.5, text/html", .html), ("text/html;q=0.5, application/json;q=0.9", .json),
            ("application/json, text/html", .html), ("application/*", .json), ("text/html;q=0", .none),
            ("image/png", .none),
            ("text/html;q=x, application/json;q=0.1", .json), ("APPLICATION/JSON", .json),
        ] as [(String?, Preference)]
    )
    func `are what the sender prefers`(accept: String?, preference: Preference) {
        let fields: HTTPFields = accept.map { [.accept: $0] } ?? [:]
        #expect(Preference(Request(method: .post, path: "/checkout", fields: fields)) == preference)
    }

    @Test(
        arguments: [
            ("https://a.example", "https://a.example?x=1"), ("https://a.example/?", "https://a.example/?x=1"),
            ("https://a.example/?b=2", "https://a.example/?b=2&x=1"),
            ("https://a.example/?b&", "https://a.example/?b&x=1"),
            ("https://a.example/#f?g", "https://a.example/?x=1#f?g"),
            ("https://a.example/?b#f", "https://a.example/?b&x=1#f"),
        ]
    )
    func `add to a query and leave the fragment at the end`(url: String, expected: String) {
        #expect(appending("x=1", to: url) == expected)
    }
}
