internal import ArgumentParser
internal import Checkouts
internal import Foundation
internal import Klarna
internal import Logging
internal import SQLiteStore
internal import Settings
internal import TimeAndChance

/// `kassa check`: says what would keep `kassa serve` from working, without changing anything.
struct CheckCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Checks configuration, database, catalog and Klarna credentials.",
    )

    @OptionGroup var configurationFile: ConfigurationOption

    func run() async throws {
        try await reportingProblems {
            let settings = try KassaSettings.load(configurationFile.source())
            for warning in settings.warnings { announce("kassa: warning: \(warning)") }
            let silent = Logger(label: "kassa") { _ in SwiftLogNoOpLogHandler() }
            var problems: [StartProblem] = []
            problems += await problem(in: { _ = try CatalogFile(settings.catalog).load(silent) })
            problems += await problem(in: { _ = try PublicDirectory(settings.publicDirectory).load(silent) })
            problems += await problem(in: { try await checkDatabase(settings) })
            for (name, account) in settings.accounts.sorted(by: { $0.key < $1.key }) {
                let prefix = name == "default" ? "klarna" : "accounts.\(name)"
                problems += await problem(in: { try await checkCredentials(account, settings.timeouts, prefix) })
            }
            for problem in problems { announce("kassa: \(problem)") }
            guard problems.isEmpty else { throw ExitCode.failure }
            print("configuration, database, catalog and Klarna credentials are in order")
        }
    }
}

/// What one check finds, so that the others are still made.
private func problem(in check: () async throws -> Void) async -> [StartProblem] {
    do {
        try await check()
        return []
    } catch let problem as StartProblem {
        return [problem]
    } catch {
        return [StartProblem("kassa", "a check could not be made")]
    }
}

/// Opens a database beside a process that may be serving from it; one that does not exist yet only needs a place.
private func checkDatabase(_ settings: KassaSettings) async throws(StartProblem) {
    let path = settings.databasePath
    let keyInFile = settings.secretKey == nil ? try SecretKeyFile(databasePath: path).read() : nil
    guard FileManager.default.fileExists(atPath: path) else {
        return try requirePlace(forDatabase: path)
    }
    guard let key = settings.secretKey?.reveal() ?? keyInFile else {
        throw StartProblem("secret_key", "the database \(path) exists, but its key file \(path).key does not")
    }
    let store: SQLiteStore
    do throws(StoreError) {
        store = try SQLiteStore(path: path, vault: Vault(secretKey: key), access: .reading)
        _ = try await store.nextJobDue()
    } catch {
        throw StartProblem("database_url", error)
    }
    try await requireFittingSecretKey(for: store)
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

/// Asks Klarna for a session that nobody ever made: 404 means that the credentials were accepted.
private func checkCredentials(
    _ settings: KlarnaAccountSettings,
    _ timeouts: TimeoutSettings,
    _ prefix: String,
) async throws(StartProblem) {
    let client: KlarnaClient
    do {
        client = try KlarnaClient(settings, prefix, timeouts, Surroundings(now: SteadyClock.wallTime))
    } catch {
        throw StartProblem("\(prefix).url", "cannot be used")
    }
    do throws(KlarnaError) {
        _ = try await client.hppSession(HPPSessionID(rawValue: "00000000-0000-4000-8000-000000000000"))
    } catch {
        switch error {
        case .refused(let refusal) where refusal.status == 401 || refusal.status == 403:
            throw StartProblem(
                "\(prefix).username",
                "Klarna refuses user name or password (\(refusal.status)); do they belong to this environment and region?",
            )
        case .refused: return
        case .paused: throw StartProblem("\(prefix).url", "Klarna asks for a pause; try again in a minute")
        case .notSent(let reason): throw StartProblem("\(prefix).url", "Klarna cannot be reached: \(reason)")
        case .unknown(let lost): throw StartProblem("\(prefix).url", "Klarna gave no usable answer: \(lost.reason)")
        }
    }
}
