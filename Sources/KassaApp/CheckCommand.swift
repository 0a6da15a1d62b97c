internal import ArgumentParser
internal import Foundation
internal import HTTPServer
internal import Klarna
internal import Logging
internal import SQLiteStore
internal import Settings
internal import TimeAndChance
internal import Wire

/// `kassa check`: says what would keep `kassa serve` from working, without changing anything.
struct CheckCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Checks configuration, database, catalog and Klarna credentials.",
        discussion: "Where Klarna refuses the credentials of an account, its other environment and regions are asked "
            + "too, so that a wrong place can be told from a wrong password. Nothing is changed anywhere.",
    )

    @OptionGroup var configurationFile: ConfigurationOption
    @OptionGroup var output: JSONOption

    func run() async throws {
        let checkup = await Checkup(of: configurationFile.source(), transport: URLSessionTransport())
        for warning in checkup.warnings { announce("kassa: warning: \(warning)") }
        print(output.json ? String(decoding: checkup.json.bytes, as: UTF8.self) : checkup.table)
        for problem in checkup.problems { announce("kassa: \(problem)") }
        guard checkup.problems.isEmpty else { throw ExitCode.failure }
    }
}

extension Checkup {
    /// Looks at everything, however much of it is wrong.
    init(of source: SettingsSource, transport: any Transport) async {
        let settings: KassaSettings
        do throws(SettingsProblems) {
            settings = try KassaSettings.load(source)
            _ = try settings.accountTerms()
            _ = try settings.trustedProxies()
        } catch {
            self.init()
            let problems = error.problems.map { StartProblem($0.key, $0.explanation) }
            add(Finding(subject: "configuration", detail: "nothing else was looked at", problems: problems))
            return
        }
        self.init(warnings: settings.warnings)
        let accounts = settings.accounts.count
        add(Finding(subject: "configuration", detail: accounts == 1 ? "1 account" : "\(accounts) accounts"))
        let silent = Logger(label: "kassa") { _ in SwiftLogNoOpLogHandler() }
        await look("catalog", settings.catalog.path, else: "/checkout is switched off") {
            _ = try CatalogFile(settings.catalog).load(silent)
        }
        await look("public_directory", settings.publicDirectory.path, else: "no files are served") {
            _ = try PublicDirectory(settings.publicDirectory).load(silent)
        }
        if let tls = settings.tls {
            var warning: String?
            await look("tls", tls.certificate, else: "it is required") {
                warning = try TLSContext(tls).certificate.warning(at: SteadyClock.wallTime())
            }
            if let warning { warn("tls.certificate: \(warning)") }
        }
        await look("database", settings.databasePath, else: "kassa serve makes it") {
            try await checkDatabase(settings)
        }
        for (name, account) in settings.accounts.sorted(by: { $0.key < $1.key }) {
            let prefix = KassaSettings.accountPrefix(name)
            let check = CredentialCheck(
                prefix: prefix,
                settings: account,
                timeouts: KlarnaTimeouts(settings.timeouts),
                transport: transport,
            )
            let trouble = await check.trouble()
            let place = [account.isProduction ? "production" : "playground", account.region, account.url?.description]
            add(
                Finding(
                    subject: prefix,
                    detail: place.compactMap(\.self).joined(separator: ", "),
                    problems: trouble.map { [$0.problem] } ?? [],
                    cause: trouble?.cause,
                )
            )
        }
    }

    private mutating func look(
        _ subject: String,
        _ path: String,
        else without: String,
        _ check: () async throws -> Void,
    ) async {
        var problems: [StartProblem] = []
        do {
            try await check()
        } catch let problem as StartProblem {
            problems = [problem]
        } catch {
            problems = [StartProblem(subject, "the check could not be made")]
        }
        let isMissed = problems.isEmpty && !FileManager.default.fileExists(atPath: path)
        let detail = isMissed ? "there is no \(path): \(without)" : path
        add(Finding(subject: subject, detail: detail, problems: problems))
    }
}

/// Opens a database beside a process that may be serving from it; one that does not exist yet only needs a place.
private func checkDatabase(_ settings: KassaSettings) async throws(StartProblem) {
    let path = settings.databasePath
    guard FileManager.default.fileExists(atPath: path) else {
        if settings.secretKey == nil { _ = try SecretKeyFile(databasePath: path).read() }
        return try requirePlace(forDatabase: path)
    }
    let store = try await openDatabase(settings, .reading)
    await store.close()
    guard FileManager.default.isWritableFile(atPath: path) else {
        throw StartProblem("database_url", "\(path) is not writable")
    }
}

/// Looks whether the file, and the directories above it that are missing, could be made.
func requirePlace(forDatabase path: String) throws(StartProblem) {
    let files = FileManager.default
    var directory = parent(of: path)
    var isDirectory: ObjCBool = false
    while unsafe !files.fileExists(atPath: directory, isDirectory: &isDirectory), directory.count > 1 {
        directory = parent(of: directory)
    }
    guard isDirectory.boolValue, files.isWritableFile(atPath: directory) else {
        let reason = isDirectory.boolValue ? "is not writable" : "is not a directory"
        throw StartProblem("database_url", "\(path) cannot be made: \(directory) \(reason)")
    }
}

private func parent(of path: String) -> String {
    guard let slash = path.lastIndex(of: "/") else { return "." }
    return slash == path.startIndex ? "/" : String(path[..<slash])
}
