import HTTPTypes
import Klarna
import Settings
import Testing
import Wire

@testable import KassaApp

private let playgroundEU = "https://api.playground.klarna.com"
private let playgroundNA = "https://api-na.playground.klarna.com"
private let playgroundOC = "https://api-oc.playground.klarna.com"
private let productionEU = "https://api.klarna.com"
private let productionNA = "https://api-na.klarna.com"
private let productionOC = "https://api-oc.klarna.com"
private let all = [playgroundEU, playgroundNA, playgroundOC, productionEU, productionNA, productionOC]

@Suite("The check of an account's credentials")
struct CredentialCheckTests {
    @Test func `finds nothing wrong where Klarna lets the account in, and asks nobody else`() async throws {
        try await KlarnaDoubles.serve(known(at: playgroundEU)) { klarna in
            let trouble = try await trouble(klarna)
            #expect(trouble?.problem.description == nil)
            #expect(klarna.hosts == ["api.playground.klarna.com"])
            #expect(klarna.methods == ["GET"])
        }
    }

    @Test(arguments: [
        (
            productionEU, CredentialTrouble.Cause.wrongEnvironment, "klarna.environment",
            ["klarna.environment to production"],
        ),
        (playgroundNA, CredentialTrouble.Cause.wrongRegion, "klarna.region", ["klarna.region to na"]),
        (
            productionOC, CredentialTrouble.Cause.wrongEnvironmentAndRegion, "klarna.environment",
            ["klarna.environment to production", "klarna.region to oc"],
        ),
    ])
    func `says which key to change when another of Klarna's systems takes the credentials`(
        home: String,
        cause: CredentialTrouble.Cause,
        key: String,
        changes: [String],
    ) async throws {
        try await KlarnaDoubles.serve(known(at: home)) { klarna in
            let trouble = try #require(try await trouble(klarna))
            #expect(trouble.cause == cause)
            #expect(trouble.problem.key == key)
            #expect(trouble.problem.explanation.contains("\(playgroundEU) refuses"))
            #expect(trouble.problem.explanation.contains("good at \(home) "))
            #expect(trouble.problem.explanation.hasSuffix("set " + changes.joined(separator: " and ")))
            #expect(klarna.hosts.count == 6, "each is asked once")
            #expect(klarna.methods == ["GET"])
        }
    }

    @Test func `says so when the credentials are known elsewhere, but not for payments`() async throws {
        var hosts = known(at: productionEU)
        hosts[productionEU] = .knows(["user"], .forbidden)
        try await KlarnaDoubles.serve(hosts) { klarna in
            let trouble = try await trouble(klarna)
            #expect(trouble?.cause == .wrongEnvironment)
        }
    }

    @Test func `names the URL too when it was given`() async throws {
        try await KlarnaDoubles.serve(known(at: productionEU)) { klarna in
            let trouble = try #require(try await trouble(klarna, ["KASSA_KLARNA_URL": playgroundEU]))
            #expect(trouble.problem.explanation.hasSuffix("production and klarna.url to \(productionEU)"))
        }
    }

    @Test func `asks for a checkout where payments do not live, and keeps the two companies apart`() async throws {
        let kustom = ["https://api.playground.kustom.co", "https://api.kustom.co"]
        var hosts = known(at: productionEU)
        hosts[kustom[0]] = .knows([])
        hosts[kustom[1]] = .knows(["user"])
        try await KlarnaDoubles.serve(hosts) { klarna in
            let given = ["KASSA_KLARNA_URL": kustom[0], "KASSA_KLARNA_REGION": "na"]
            let trouble = try #require(try await trouble(klarna, given))
            #expect(trouble.cause == .wrongEnvironment)
            #expect(trouble.problem.explanation.hasSuffix("production and klarna.url to \(kustom[1])"))
            #expect(klarna.hosts == ["api.kustom.co", "api.playground.kustom.co"])
            #expect(klarna.paths.allSatisfy { $0.hasPrefix("/checkout/v3/orders/") })
        }
    }

    @Test func `calls the credentials wrong when every system refuses them`() async throws {
        try await KlarnaDoubles.serve(known(at: nil)) { klarna in
            let trouble = try #require(try await trouble(klarna))
            #expect(trouble.cause == .wrongCredentials)
            #expect(trouble.problem.key == "klarna.username")
            #expect(trouble.problem.explanation.contains("klarna.password"))
            #expect(!trouble.problem.explanation.contains("hunter2"))
            #expect(klarna.hosts.count == 6)
        }
    }

    @Test func `leaves open what it cannot know because a system does not answer`() async throws {
        var hosts = known(at: nil)
        hosts[productionNA] = .answers(.serviceUnavailable)
        try await KlarnaDoubles.serve(hosts) { klarna in
            let trouble = try #require(try await trouble(klarna))
            #expect(trouble.cause == .unclear)
            #expect(trouble.problem.explanation.hasSuffix("could not be asked: \(productionNA) (production, na)"))
        }
    }

    @Test func `knows credentials without a contract from wrong ones`() async throws {
        try await KlarnaDoubles.serve([playgroundEU: .knows(["user"], .forbidden)]) { klarna in
            let trouble = try #require(try await trouble(klarna))
            #expect(trouble.cause == .noContract)
            #expect(trouble.problem.key == "klarna.username")
            #expect(klarna.hosts.count == 1)
        }
    }

    @Test func `shows the credentials to nobody else when the URL is somebody else's`() async throws {
        try await KlarnaDoubles.serve(known(at: productionEU).merging(["https://proxy.example": .knows([])]) { $1 }) {
            klarna in
            let trouble = try #require(try await trouble(klarna, ["KASSA_KLARNA_URL": "https://proxy.example"]))
            #expect(trouble.cause == .wrongCredentials)
            #expect(trouble.problem.explanation.contains("klarna.url"))
            #expect(klarna.hosts == ["proxy.example"])
        }
    }

    @Test(arguments: [
        (HTTPResponse.Status.tooManyRequests, CredentialTrouble.Cause.busy), (.badGateway, .failing),
        (.movedPermanently, .notKlarna),
        (.ok, .notKlarna),
    ])
    func `tells an answer that is no verdict from one that is`(
        status: HTTPResponse.Status,
        cause: CredentialTrouble.Cause,
    ) async throws {
        try await KlarnaDoubles.serve([playgroundEU: .answers(status)]) { klarna in
            let trouble = try #require(try await trouble(klarna))
            #expect(trouble.cause == cause)
            #expect(trouble.problem.key == "klarna.url")
            #expect(trouble.problem.explanation.contains("\(status.code)"))
        }
    }

    @Test func `tells a host that is not known, a refused connection, failed TLS and silence apart`() async throws {
        let refusing = try RefusingPort()
        try await KlarnaDoubles.serve(["plain": .answers(.ok), "silent": .isSilent]) { doubles in
            let cases: [(way: String, cause: CredentialTrouble.Cause)] = [
                ("http://kassa.invalid", .hostUnknown), ("http://127.0.0.1:\(refusing.port)", .cannotConnect),
                (try doubles.way("plain").replacing("http://", with: "https://"), .tlsFailed),
                (try doubles.way("silent"), .timedOut),
            ]
            for (way, cause) in cases {
                let klarna = Rerouting([playgroundEU: way])
                let trouble = try #require(try await trouble(klarna, patience: cause == .timedOut ? "200ms" : "60s"))
                #expect(trouble.cause == cause, "\(trouble.problem)")
                #expect(trouble.problem.key == "klarna.url")
                #expect(trouble.problem.explanation.hasPrefix("\(playgroundEU) cannot be asked: "))
            }
        }
    }
}

@Suite("kassa check")
struct CheckupTests {
    @Test func `looks at each account by itself and says all that is wrong`() async throws {
        var hosts = known(at: playgroundEU)
        hosts[playgroundNA] = .knows(["other"])
        try await KlarnaDoubles.serve(hosts) { klarna in
            let source = source([
                "KASSA_ACCOUNTS_NA_USERNAME": "user", "KASSA_ACCOUNTS_NA_PASSWORD": "hunter2",
                "KASSA_ACCOUNTS_NA_REGION": "na", "KASSA_DATABASE_URL": "sqlite:/dev/null/kassa.db",
                "KASSA_CATALOG": "/nonexistent.json",
            ])
            let checkup = await Checkup(of: source, transport: klarna)
            #expect(checkup.problems.map(\.key) == ["catalog", "database_url", "accounts.na.region"])
            #expect(
                checkup.findings.map(\.subject) == [
                    "configuration", "catalog", "public_directory", "database", "klarna", "accounts.na",
                ]
            )
            #expect(checkup.findings.last?.cause == .wrongRegion)
            let lines = checkup.table.split(separator: "\n")
            #expect(lines.contains { $0.hasPrefix("klarna ") && $0.contains(" ok ") })
            #expect(lines.contains { $0.hasPrefix("catalog ") && $0.hasSuffix(" FAILED  /nonexistent.json") })
            #expect(lines.contains { $0.hasPrefix("accounts.na ") && $0.contains(" FAILED ") })
            #expect(checkup.json["ok"] == false)
            #expect(checkup.json["checks"]?.array?.last?["cause"] == "wrong_region")
            #expect(!String(decoding: checkup.json.bytes, as: UTF8.self).contains("hunter2"))
        }
    }

    @Test func `asks nobody when the configuration cannot be read`() async throws {
        try await KlarnaDoubles.serve(known(at: playgroundEU)) { klarna in
            let checkup = await Checkup(of: source(["KASSA_LISTEN": "nowhere"]), transport: klarna)
            #expect(checkup.problems.map(\.key) == ["listen"])
            #expect(checkup.json["checks"]?.array?.count == 1)
            #expect(klarna.hosts.isEmpty)
        }
    }
}

/// All of Klarna's hosts, one of which knows the credentials.
private func known(at home: String?) -> [String: KlarnaDoubles.Manner] {
    Dictionary(uniqueKeysWithValues: all.map { ($0, .knows($0 == home ? ["user"] : [])) })
}

private func source(_ environment: [String: String]) -> SettingsSource {
    SettingsSource(
        environment: ["KASSA_KLARNA_USERNAME": "user", "KASSA_KLARNA_PASSWORD": "hunter2"].merging(environment) { $1 },
        workingDirectory: "/nonexistent",
    )
}

/// What is found out about the default account, in the playground for Europe unless the environment says otherwise.
private func trouble(
    _ klarna: Rerouting,
    _ environment: [String: String] = [:],
    patience: String = "60s",
) async throws -> CredentialTrouble? {
    let given = environment.merging(["KASSA_TIMEOUTS_KLARNA_READ": patience]) { $1 }
    let settings = try KassaSettings.load(source(given))
    let check = CredentialCheck(
        prefix: "klarna",
        settings: try #require(settings.accounts["default"]),
        timeouts: KlarnaTimeouts(settings.timeouts),
        transport: klarna,
    )
    return await check.trouble()
}
