import Checkouts
import Foundation
import Klarna
import MerchantAPI
import Money
import SQLiteStore
import Testing
import Wire

@testable import KassaApp

@Suite("kassa checkouts")
struct CheckoutReportTests {
    @Test func `lists newest first, a page at a time, as the API does`() async throws {
        try await withStore { store in
            let ids = try await (1...3).asyncMap { number in
                try await store.add(.sample(at: .start + .seconds(number), reference: "order-\(number)"))
            }
            let first = try await CheckoutPage(CheckoutFilter(limit: 2), in: store)
            #expect(first.json["data"]?.array?.compactMap { $0["id"]?.string } == [ids[2].rawValue, ids[1].rawValue])
            #expect(first.json["next"] == .string(ids[1].rawValue))
            let second = try await CheckoutPage(CheckoutFilter(limit: 2, after: first.next), in: store)
            #expect(second.json["next"] == .null)
            let checkout = try #require(try await store.checkout(ids[0]))
            #expect(second.json["data"] == [checkout.json])
            #expect(
                second.table.split(separator: "\n").map { $0.split(separator: " ").map(String.init) } == [
                    ["ID", "STATUS", "REFERENCE", "AMOUNT", "ACCOUNT", "CREATED"],
                    [ids[0].rawValue, "created", "order-1", "19.90", "EUR", "default", checkout.createdAt.description],
                ]
            )
        }
    }

    @Test func `shows what the API shows, and the history`() async throws {
        try await withStore { store in
            let id = try await store.add(.sample(at: .start, reference: "order-1"))
            let checkout = try #require(try await store.checkout(id))
            let report = CheckoutReport(checkout, events: try await store.events(of: id))
            var json = try #require(report.json.object)
            #expect(json["events"]?.array?.map { $0["type"] } == ["checkout.created"])
            json["events"] = nil
            #expect(.object(json) == checkout.json)
            let lines = report.description.split(separator: "\n", omittingEmptySubsequences: false).map {
                $0.split(separator: " ").joined(separator: " ")
            }
            #expect(lines.contains("order_amount 19.90 EUR"))
            #expect(lines.contains("order_lines[0] 2 x Mug, 19.90 EUR"))
            #expect(lines.contains("metadata.cart 17"))
            #expect(!lines.contains { $0.hasPrefix("problem") }, "what is null is left out")
            #expect(lines.last == #"\#(Timestamp.start) api checkout.created {"by":"test"}"#)
        }
    }

    @Test func `keeps what merchants wrote from moving the cursor`() {
        var table = Table()
        table.add(["a\u{1B}[2Jb\n\u{202E}c", "ä"])
        table.add(["é", "x"])
        #expect(table.description == "a[2Jbc  ä\né       x")
    }

    @Test func `orders a reading that whoever serves then makes, and says so in the history`() async throws {
        try await withStore { store in
            let id = try await store.add(.sample(at: .start))
            let checkout = try await orderReading(of: id, in: store, at: .start)
            #expect(checkout?.status == .created)
            let jobs = try await store.claimJobs(
                JobCapacity(placing: 1, other: 1),
                lease: .seconds(1),
                at: .start,
            )
            #expect(jobs.map(\.kind) == [.observe])
            #expect(jobs.map(\.checkoutID) == [id])
            let last = try #require(try await store.events(of: id).last?.event)
            #expect(last.type == "refresh.ordered")
            #expect(last.source == .operator)
        }
    }

    @Test func `knows no checkout of another database`() async throws {
        try await withStore { store in
            let id = Checkout.ID(ULID(at: .start))
            let checkout = try await orderReading(of: id, in: store, at: .start)
            #expect(checkout == nil)
            let due = try await store.nextJobDue()
            #expect(due == nil)
        }
    }
}

extension Timestamp {
    /// An arbitrary moment that tests count from.
    fileprivate static let start = Timestamp(milliseconds: 1_750_000_000_000)
}

extension Checkout {
    fileprivate static func sample(at time: Timestamp, reference: String? = nil) -> Checkout {
        let mugs = OrderLine(name: "Mug", quantity: 2, unitPrice: MinorUnits(995), totalAmount: MinorUnits(1990))
        let purchase = Purchase(
            country: "DE",
            currency: "EUR",
            locale: "de-DE",
            orderAmount: MinorUnits(1990),
            orderLines: [mugs],
            merchantReference1: reference,
        )
        return Checkout(id: ID(ULID(at: time)), purchase: purchase, metadata: ["cart": "17"], createdAt: time)
    }
}

extension SQLiteStore {
    fileprivate func add(_ checkout: Checkout) async throws -> Checkout.ID {
        let event = Event(at: checkout.createdAt, type: "checkout.created", source: .api, detail: ["by": "test"])
        try await commit(Change(checkout.id, checkout: checkout, events: [event]))
        return checkout.id
    }
}

extension Sequence where Element: Sendable {
    fileprivate func asyncMap<Value>(_ transform: (Element) async throws -> Value) async rethrows -> [Value] {
        var values: [Value] = []
        for element in self { values.append(try await transform(element)) }
        return values
    }
}

private func withStore(_ work: (SQLiteStore) async throws -> Void) async throws {
    let directory = FileManager.default.temporaryDirectory.appending(path: "kassa-checkouts-\(UUID())")
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: directory) }
    let key = (0..<32).map { UInt8($0) }
    let store = try SQLiteStore(path: directory.appending(path: "kassa.db").path(), vault: Vault(secretKey: key))
    try await work(store)
    await store.close()
}
