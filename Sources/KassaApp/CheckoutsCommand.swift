internal import ArgumentParser
internal import Checkouts
internal import Foundation
internal import MerchantAPI
internal import SQLiteStore
internal import Settings
internal import Wire

/// `kassa checkouts`: what the database of a configuration knows, whether or not a backend runs on it.
struct CheckoutsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "checkouts",
        abstract: "Lists, shows and refreshes checkouts, from the database itself.",
        subcommands: [CheckoutsListCommand.self, CheckoutsShowCommand.self, CheckoutsRefreshCommand.self],
    )
}

/// `kassa checkouts list`: one page, newest first.
struct CheckoutsListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "Lists checkouts, newest first.")

    @OptionGroup var configurationFile: ConfigurationOption
    @OptionGroup var output: JSONOption

    @Option(help: ArgumentHelp("Only those with this status.", valueName: "STATUS"))
    var status: String?

    @Option(help: ArgumentHelp("Only those with this merchant reference.", valueName: "TEXT"))
    var merchantReference: String?

    @Option(help: ArgumentHelp("How many at the most, from 1 to 100.", valueName: "NUMBER"))
    var limit = 20

    @Option(help: ArgumentHelp("Only those older than this one.", valueName: "ID"))
    var after: String?

    func validate() throws { _ = try filter() }

    func run() async throws {
        let filter = try filter()
        try await reportingProblems {
            let page = try await withDatabase(configurationFile, .reading) { store throws(StoreError) in
                try await CheckoutPage(filter, in: store)
            }
            print(output.json ? page.json.text : page.table)
            guard let next = page.next, !output.json else { return }
            announce("kassa: there are more: add --after \(next)")
        }
    }

    private func filter() throws -> CheckoutFilter {
        var filter = CheckoutFilter(merchantReference: merchantReference, limit: limit)
        if let status {
            let words = Checkout.Status.allCases.map(\.rawValue).joined(separator: ", ")
            guard let known = Checkout.Status(rawValue: status) else {
                throw ValidationError("--status: expected one of \(words)")
            }
            filter.status = known
        }
        guard (1...100).contains(limit) else { throw ValidationError("--limit: expected a number from 1 to 100") }
        if let after { filter.after = try Checkout.ID(argument: after, "--after") }
        return filter
    }
}

/// `kassa checkouts show ID`: everything that is known of one, and its history.
struct CheckoutsShowCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Shows one checkout with its history.",
    )

    @OptionGroup var configurationFile: ConfigurationOption
    @OptionGroup var output: JSONOption

    @Argument(help: ArgumentHelp("The checkout, chk_ and 26 characters.", valueName: "ID"))
    var id: String

    func validate() throws { _ = try Checkout.ID(argument: id, "ID") }

    func run() async throws {
        let id = try Checkout.ID(argument: id, "ID")
        try await reportingProblems {
            let report = try await withDatabase(configurationFile, .reading) { store throws(StoreError) in
                guard let checkout = try await store.checkout(id) else { return CheckoutReport?.none }
                return CheckoutReport(checkout, events: try await store.events(of: id))
            }
            guard let report else { throw StartProblem.noCheckout(id) }
            print(output.json ? report.json.text : report.description)
        }
    }
}

/// `kassa checkouts refresh ID`: orders that Klarna be asked, which the backend of this database then does.
struct CheckoutsRefreshCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "refresh",
        abstract: "Has the backend read a checkout at Klarna.",
        discussion: "The reading is ordered in the database. A running backend makes it within seconds, and one that "
            + "does not run makes it when it starts. What is shown is what is known until then.",
    )

    @OptionGroup var configurationFile: ConfigurationOption
    @OptionGroup var output: JSONOption

    @Argument(help: ArgumentHelp("The checkout, chk_ and 26 characters.", valueName: "ID"))
    var id: String

    func validate() throws { _ = try Checkout.ID(argument: id, "ID") }

    func run() async throws {
        let id = try Checkout.ID(argument: id, "ID")
        try await reportingProblems {
            let checkout = try await withDatabase(configurationFile, .visiting) { store throws(StoreError) in
                try await orderReading(of: id, in: store)
            }
            guard let checkout else { throw StartProblem.noCheckout(id) }
            print(output.json ? checkout.json.text : "\(id) is \(checkout.status.rawValue) as far as is known")
            announce("kassa: a reading is ordered: a running backend makes it within seconds, else the next to start")
        }
    }
}

/// Opens the configuration's database for as long as some work with it takes.
private func withDatabase<Value>(
    _ configurationFile: ConfigurationOption,
    _ access: SQLiteStore.Access,
    _ work: (SQLiteStore) async throws(StoreError) -> Value,
) async throws -> Value {
    let settings = try KassaSettings.load(configurationFile.source())
    let store = try await openDatabase(settings, access)
    let outcome: Result<Value, StoreError>
    do throws(StoreError) {
        outcome = .success(try await work(store))
    } catch {
        outcome = .failure(error)
    }
    await store.close()
    return try outcome.mapError { StartProblem("database_url", $0) }.get()
}

extension Checkout.ID {
    fileprivate init(argument: String, _ name: String) throws {
        guard let id = Checkout.ID(rawValue: argument) else {
            throw ValidationError("\(name): expected a checkout's id, chk_ and 26 characters")
        }
        self = id
    }
}

extension StartProblem {
    fileprivate static func noCheckout(_ id: Checkout.ID) -> StartProblem {
        StartProblem("database_url", "there is no checkout \(id) in this database")
    }
}

extension JSON {
    fileprivate var text: String { String(decoding: bytes, as: UTF8.self) }
}
