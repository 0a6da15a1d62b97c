import Checkouts
import Klarna
import KlarnaSandbox
import Wire

/// Watches over every commit and every request that arrives, with what nobody in the run knows: the books of both sides.
final class Audit {
    unowned let run: Run
    private(set) var violations: [Violation] = []
    /// By the authorization, or, of a charge, by the idempotency key.
    var intents: [String: Intent] = [:]
    var operations: [OrderOperation.ID: OperationIntent] = [:]
    var operationsByKey: [String: OrderOperation.ID] = [:]
    /// The one that Klarna works on now.
    var operating: OrderOperation.ID?
    /// Klarna's, by the ids of orders.
    var books: [String: Book] = [:]
    /// The orders of customer tokens, by the checkouts that they are of.
    var charges: [String: String] = [:]
    var orderReadings: [String: [OrderReadingAt]] = [:]
    /// Authorizations that were written down to be given back.
    var surplus: [String: Checkout.ID] = [:]
    /// When each page was last read.
    var readings: [String: Int64] = [:]
    /// When each payment session was last read.
    var paymentReadings: [String: Int64] = [:]
    /// When a worker last took up its order.
    var placings: [Checkout.ID: Int64] = [:]
    var openings: [Checkout.ID: Int64] = [:]
    /// When each got the status that it has.
    var endings: [Checkout.ID: Int64] = [:]
    var historyLengths: [Checkout.ID: Int] = [:]
    /// The pages that were ever written down, and of whom, by HPP session.
    var pages: [String: (id: Checkout.ID, url: String, openedAt: Int64)] = [:]
    /// Those that were closed without ever having been written down.
    var strayPages: Set<String> = []
    /// The payment sessions that were ever written down, and of whom: a request may come late, when there is another.
    var paymentSessions: [String: Checkout.ID] = [:]
    /// When each checkout was last asked to be closed.
    var closings: [Checkout.ID: Int64] = [:]
    var checkoutsByKey: [String: Checkout.ID] = [:]
    var acknowledgements: [(eventID: String, id: Checkout.ID)] = []
    var approvals: [Checkout.ID: Int64] = [:]
    var heldJobs: [(id: Checkout.ID, kind: JobOrder.Kind)] = []

    /// What was written down before anything was sent.
    struct Intent {
        let checkoutID: Checkout.ID
        let body: [UInt8]
        let key: String
        var attempts = 0
        var arrivals = 0
        /// The same of the customer token.
        var tokenAttempts = 0
        var tokenArrivals = 0
    }

    /// How long a request can still have its effect after it was sent: our time-out, Klarna's idle limit, late work.
    static let horizon: Int64 = 120_000

    init(_ run: Run) { self.run = run }

    func note(_ invariant: String, _ detail: String) {
        run.trace { "VIOLATION \(invariant): \(detail)" }
        violations.append(Violation(invariant: invariant, detail: detail))
    }

    func require(_ isTrue: Bool, _ invariant: String, _ detail: @autoclosure () -> String) {
        if !isTrue { note(invariant, detail()) }
    }
}
