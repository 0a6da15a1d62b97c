import Foundation
@testable import Settings
import Testing

@Suite("A configuration")
struct KassaSettingsTests {
    @Test func `needs nothing but Klarna credentials`() throws {
        let settings = try load(environment: credentials)
        #expect(settings.listen.description == "127.0.0.1:8080")
        #expect(settings.publicURL == nil)
        #expect(settings.databasePath == "data/kassa.db")
        #expect(settings.polling.waiting == [.seconds(60), .seconds(120), .seconds(300), .seconds(600)])
        #expect(settings.polling.inProgress.count == 51)
        #expect(settings.polling.inProgress.last == .seconds(300))
        #expect(settings.placeRetry.prefix(3) == [.zero, .seconds(1), .seconds(2)])
        #expect(settings.accounts["default"]?.region == "eu")
        #expect(settings.accounts["default"]?.isProduction == false)
        #expect(settings.limits.connections == 8192)
        #expect(settings.log.isJSON)
        #expect(!settings.catalog.isExplicit)
    }

    @Test func `takes the command line before the environment before the file`() throws {
        let file = "listen: 127.0.0.1:1\nshutdown: {grace: 1s}\nlog: {level: error}\n"
        let settings = try load(
            commandLine: ["listen": "127.0.0.1:3"],
            environment: credentials.merging(["KASSA_LISTEN": "127.0.0.1:2", "KASSA_SHUTDOWN_GRACE": "2s"]) { $1 },
            file: file,
        )
        #expect(settings.listen.description == "127.0.0.1:3")
        #expect(settings.shutdownGrace == .seconds(2))
        #expect(settings.log.level == "error")
    }

    @Test func `counts an empty variable as unset`() throws {
        let settings = try load(
            environment: credentials.merging(["KASSA_LISTEN": "", "KASSA_CONFIG": ""]) { $1 },
            file: "listen: '[::1]:7'",
        )
        #expect(settings.listen.description == "[::1]:7")
    }

    @Test func `reads lists from sequences and from commas alike`() throws {
        let yaml = try load(environment: credentials, file: "polling: {waiting: [1s, 5m]}")
        let commas = try load(environment: credentials.merging(["KASSA_POLLING_WAITING": "1s, 5m"]) { $1 })
        #expect(yaml.polling.waiting == [.seconds(1), .seconds(300)])
        #expect(commas.polling.waiting == yaml.polling.waiting)
    }

    @Test func `may be JSON`() throws {
        let json =
            #"{"klarna": {"username": "u", "password": "p\/w"}, "limits": {"fields": 50}, "return_origins": ["https://a.example"]}"#
        let settings = try load(file: json)
        #expect(settings.accounts["default"]?.password.reveal() == "p/w")
        #expect(settings.limits.fields == 50)
        #expect(settings.returnOrigins == ["https://a.example"])
    }

    @Test func `has as many Klarna accounts as it names`() throws {
        let settings = try load(
            environment: credentials.merging([
                "KASSA_ACCOUNTS_EU_USERNAME": "eu-user", "KASSA_ACCOUNTS_EU_PASSWORD": "x",
                "KASSA_ACCOUNTS_EU_TERMS_URL": "https://shop.example/terms",
                "KASSA_ACCOUNTS_NORTH_AMERICA_PASSWORD": "from the environment",
            ]) { $1 },
            file: "accounts: {north-america: {username: na-user, region: na}}",
        )
        #expect(settings.accounts.keys.sorted() == ["default", "eu", "north-america"])
        #expect(settings.accounts["eu"]?.username == "eu-user")
        #expect(settings.accounts["north-america"]?.region == "na")
        #expect(settings.accounts["north-america"]?.password.reveal() == "from the environment")
    }

    @Test func `warns of unknown variables and of what this version does not use`() throws {
        let settings = try load(
            environment: credentials.merging(["KASSA_SERVICE_HOST": "10.0.0.1", "KASSA_ADMIN_PASSWORD": "x"]) { $1 }
        )
        #expect(settings.warnings.contains { $0.contains("KASSA_SERVICE_HOST") })
        #expect(settings.warnings.contains { $0.contains("admin.password") })
        #expect(settings.warnings.contains { $0.contains("api_key") })
    }

    @Test func `reports all mistakes at once, each with its key`() {
        let problems = problems(
            environment: ["KASSA_LISTEN": "nowhere", "KASSA_TIMEOUTS_KLARNA_READ": "10"],
            file: "nonsense: 1\nklarna: {username: u, colour: red}\nlog: {level: loud}\n",
        )
        #expect(
            Set(problems.map(\.key)) == [
                "listen", "timeouts.klarna_read", "nonsense", "klarna.colour", "klarna.password", "log.level",
            ]
        )
    }

    @Test func `says what was expected, what was given and where`() {
        let problems = problems(environment: credentials.merging(["KASSA_SHUTDOWN_GRACE": "soon"]) { $1 })
        #expect(
            problems.map(\.description) == [
                #"shutdown.grace: expected a duration such as 250ms, 30s, 5m or 48h, not "soon" (KASSA_SHUTDOWN_GRACE)"#
            ]
        )
    }

    @Test(arguments: SettingsTable.rows)
    func `refuses a bad value of every key and never repeats a secret`(row: SettingRow) throws {
        let bad = "bad\u{1}value"
        let problems = problems(environment: credentials.merging([row.environmentName: bad]) { $1 })
        let problem = try #require(problems.first { $0.key == row.name })
        #expect(problem.explanation.contains("expected"))
        #expect(problem.explanation.contains("value") != row.isSecret)
    }

    @Test(arguments: SettingsTable.rows.compactMap { row in row.fallback.map { (row.environmentName, $0) } })
    func `has defaults that could be given as well`(name: String, fallback: String) throws {
        _ = try load(environment: credentials.merging([name: fallback]) { $1 })
    }

    @Test(arguments: [
        ("ops.listen", "127.0.0.1:9090"), ("database_url", "postgres://u:hidden-word@db/kassa"),
    ])
    func `refuses what this version does not offer`(key: String, value: String) throws {
        let row = try #require(SettingsTable.rows.first { $0.name == key })
        let problems = problems(environment: credentials.merging([row.environmentName: value]) { $1 })
        #expect(problems.map(\.key) == [key])
        #expect(problems.first?.explanation.contains("this version") == true)
        #expect(problems.first?.explanation.contains("hidden-word") == false)
    }

    @Test func `takes a certificate only together with its key`() throws {
        let both = ["KASSA_TLS_CERTIFICATE": "cert.pem", "KASSA_TLS_PRIVATE_KEY": "key.pem"]
        let tls = try #require(try load(environment: credentials.merging(both) { $1 }).tls)
        #expect(tls.certificate == "cert.pem")
        #expect(tls.privateKey == "key.pem")
        #expect(try load(environment: credentials).tls == nil)
        for (given, missing) in [("certificate", "private_key"), ("private_key", "certificate")] {
            let one = ["KASSA_TLS_\(given.uppercased())": "file.pem"]
            #expect(
                problems(environment: credentials.merging(one) { $1 }).map(\.description) == [
                    "tls.\(missing): required with tls.\(given)"
                ]
            )
        }
    }

    @Test func `needs a public URL unless it listens on loopback`() throws {
        #expect(
            problems(environment: credentials.merging(["KASSA_LISTEN": "0.0.0.0:80"]) { $1 }).map(\.key) == [
                "public_url"
            ]
        )
        let settings = try load(
            environment: credentials.merging([
                "KASSA_LISTEN": "0.0.0.0:80", "KASSA_PUBLIC_URL": "https://Shop.example:443/pay/",
            ]) { $1 }
        )
        #expect(settings.publicURL?.description == "https://shop.example/pay")
        #expect(settings.publicURL?.origin == "https://shop.example")
    }

    @Test(arguments: [
        "http://shop.example", "shop.example", "https://", "https://user:hunter2@shop.example",
        "https://shop.example?x=1",
        "https://shop.example/#top", "ftp://shop.example", "https://shop.example:0", "https://sh op.example",
    ])
    func `refuses a public URL that shoppers should not be sent through`(url: String) {
        let problems = problems(environment: credentials.merging(["KASSA_PUBLIC_URL": url]) { $1 })
        #expect(problems.map(\.key) == ["public_url"])
        #expect(problems.first?.explanation.contains("hunter2") == false)
    }

    @Test(arguments: [
        ("production", "http://127.0.0.1:8181", false), ("production", "https://localhost", false),
        ("production", "https://api.playground.klarna.com", false), ("production", "https://api.klarna.com", true),
        ("production", "https://klarna-proxy.example", true), ("playground", "https://api.klarna.com", false),
        ("playground", "https://api-na.klarna.com", false), ("playground", "https://api.playground.klarna.com", true),
        ("playground", "http://127.0.0.1:8181", true), ("playground", "http://sandbox.example", false),
    ])
    func `keeps play money and real money apart`(environment: String, url: String, isFine: Bool) {
        let problems = problems(
            environment: credentials.merging(["KASSA_KLARNA_ENVIRONMENT": environment, "KASSA_KLARNA_URL": url]) { $1 }
        )
        #expect(problems.map(\.key) == (isFine ? [] : ["klarna.url"]))
    }

    @Test(arguments: ["default", "Eu", "1st", "a.b", "ü", "x y"])
    func `refuses account names that would not work as variables`(name: String) {
        let problems = problems(environment: credentials, file: "accounts: {'\(name)': {username: u, password: p}}")
        #expect(!problems.isEmpty)
        #expect(problems.allSatisfy { $0.key.hasPrefix("accounts.") })
    }
}

@Suite("A configuration file")
struct ConfigurationFileTests {
    @Test func `that is named must exist`() {
        let source = SettingsSource(
            environment: credentials,
            configFile: "missing.yaml",
            workingDirectory: "/nonexistent",
        )
        #expect(throws: SettingsProblems.self) { try KassaSettings.load(source) }
        let variable = SettingsSource(environment: credentials.merging(["KASSA_CONFIG": "/nonexistent"]) { $1 })
        #expect(throws: SettingsProblems.self) { try KassaSettings.load(variable) }
    }

    @Test func `in its standard place is read without being named`() throws {
        try inTemporaryDirectory { directory in
            try FileManager.default.createDirectory(atPath: "\(directory)/config", withIntermediateDirectories: true)
            try Data("listen: 127.0.0.1:9".utf8).write(to: URL(filePath: "\(directory)/config/kassa.yaml"))
            let settings = try KassaSettings.load(
                SettingsSource(environment: credentials, workingDirectory: directory)
            )
            #expect(settings.listen.description == "127.0.0.1:9")
        }
    }

    @Test(arguments: [
        ("klarna: [", "config"), ("- a\n- b", "config"), ("just text", "config"), ("listen: a\nlisten: b", "config"),
        ("klarna: {username: u}\nklarna.username: v", "klarna.username"), ("listen: [127.0.0.1:1]", "listen"),
        ("listen: {host: x}", "listen.host"), ("klarna: text", "klarna"),
        ("polling: {waiting: [{a: 1}]}", "polling.waiting"),
        ("1: {2: 3}", "1.2"), ("accounts: {eu: {colour: red}}", "accounts.eu.colour"), ("accounts: x", "accounts"),
    ])
    func `that is malformed is refused with its key`(text: String, key: String) {
        #expect(problems(environment: credentials, file: text).contains { $0.key == key })
    }

    @Test(arguments: ["", "# nothing\n", "klarna:\n", "listen: ~\n", "listen: null\n", "listen: ''\n", "---\n"])
    func `may leave things empty`(text: String) throws {
        _ = try load(environment: credentials, file: text)
    }

    @Test func `that is not YAML is described without its text`() {
        let problems = problems(environment: credentials, file: "klarna:\n  password: \"hunter2\n  x: [\n")
        #expect(!problems.isEmpty)
        #expect(!problems.contains { $0.description.contains("hunter2") })
    }

    @Test func `with secrets must not be readable by everybody`() throws {
        let secret = problems(environment: credentials, file: "api_key: hunter2", permissions: 0o644)
        #expect(secret.map(\.key) == ["api_key"])
        #expect(secret.first?.explanation.contains("chmod") == true)
        #expect(secret.first?.explanation.contains("hunter2") == false)
        _ = try load(environment: credentials, file: "api_key: hunter2", permissions: 0o640)
        _ = try load(environment: credentials, file: "database_url: sqlite:a.db", permissions: 0o644)
    }
}

@Suite("A secret")
struct SecretTests {
    @Test func `prints stars however it is printed`() {
        var dumped = ""
        dump(["key": Secret("hunter2")], to: &dumped)
        let printed = "\(Secret("hunter2")) \(String(reflecting: Secret("hunter2"))) \(dumped)"
        #expect(!printed.contains("hunter2"))
        #expect(printed.contains("***"))
    }
}

let credentials = ["KASSA_KLARNA_USERNAME": "u", "KASSA_KLARNA_PASSWORD": "p"]

func load(
    commandLine: [String: String] = [:],
    environment: [String: String] = [:],
    file: String? = nil,
    permissions: Int = 0o600,
) throws -> KassaSettings {
    try inTemporaryDirectory { directory in
        if let file {
            let path = "\(directory)/given.yaml"
            try Data(file.utf8).write(to: URL(filePath: path))
            try FileManager.default.setAttributes([.posixPermissions: permissions], ofItemAtPath: path)
        }
        return try KassaSettings.load(
            SettingsSource(
                commandLine: commandLine,
                environment: environment,
                configFile: file == nil ? nil : "given.yaml",
                workingDirectory: directory,
            )
        )
    }
}

func problems(
    environment: [String: String],
    file: String? = nil,
    permissions: Int = 0o600,
) -> [SettingsProblem] {
    do {
        _ = try load(environment: environment, file: file, permissions: permissions)
        return []
    } catch let problems as SettingsProblems {
        return problems.problems
    } catch {
        Issue.record(error)
        return []
    }
}

func inTemporaryDirectory<Result>(_ work: (String) throws -> Result) throws -> Result {
    let directory = FileManager.default.temporaryDirectory.appending(path: "kassa-settings-\(UUID())")
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: directory) }
    return try work(directory.path())
}
