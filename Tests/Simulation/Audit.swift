import Checkouts
import Klarna
import KlarnaSandbox
import Wire

/// Watches over every commit and every request that arrives, with what nobody in the run knows: the books of both sides.
final class Audit {
    unowned let run: Run
    private(set) var violations: [Violation] = []
    var intents: [String: Intent] = [:]
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
    var pages: [Checkout.ID: String] = [:]
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

    func checkout(ofToken token: String) -> Checkout.ID? { intents[token]?.checkoutID }
}
