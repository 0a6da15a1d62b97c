import Wire

/// The newest entries of what happened, oldest first, so that a long run does not fill the memory.
package struct Journal<Entry: Sendable>: Sendable {
    /// At least so many of the newest are kept, and at most twice as many.
    package static var entriesMax: Int { 10_000 }

    package private(set) var entries: [Entry] = []
    /// How many older ones were forgotten: the number of the first entry.
    private var forgotten = 0

    package init() {}

    /// By which the next entry can be changed.
    package var nextNumber: Int { forgotten + entries.count }

    /// - Returns: the number by which the entry can be changed later.
    @discardableResult
    package mutating func append(_ entry: Entry) -> Int {
        if entries.count >= 2 * Self.entriesMax {
            entries.removeFirst(Self.entriesMax)
            forgotten += Self.entriesMax
        }
        entries.append(entry)
        return nextNumber - 1
    }

    package mutating func change(_ number: Int, _ change: (inout Entry) -> Void) {
        guard entries.indices.contains(number - forgotten) else { return }
        change(&entries[number - forgotten])
    }
}

/// A request that came in, and how it was answered.
struct RequestRecord: Sendable {
    let at: Timestamp
    let method: String
    let path: String
    let idempotencyKey: String?
    let body: [UInt8]
    /// `nil` when the connection was closed without an answer.
    let status: Int?
    let correlationID: String?
    let fault: FaultEffect?

    var json: JSON {
        var json: JSONObject = ["at": .string(at.description), "method": .string(method), "path": .string(path)]
        if let idempotencyKey { json["idempotency_key"] = .string(idempotencyKey) }
        if !body.isEmpty {
            json["body"] = (try? JSON.parse(body)) ?? .string(String(decoding: body, as: UTF8.self))
        }
        json["status"] = status.map { .integer(Int64($0)) } ?? .null
        if let correlationID { json["correlation_id"] = .string(correlationID) }
        if let fault { json["fault"] = .string(fault.text) }
        return .object(json)
    }
}

/// A callback and every try to deliver it.
struct CallbackRecord: Sendable {
    enum State: String, Sendable {
        case pending
        /// It is called, or called again, when Klarna's clock says so.
        case scheduled
        /// The merchant knew of the order without being told.
        case acknowledged
        case delivered
        /// All calls were made and none was answered with a 2xx, or a fault made Klarna believe so.
        case abandoned
        /// A fault kept it from being sent.
        case dropped
    }

    struct Attempt: Sendable {
        let at: Timestamp
        let outcome: CallbackSender.Outcome
    }

    let at: Timestamp
    let callback: Callback
    var fault: FaultEffect?
    var state = State.pending
    var attempts: [Attempt] = []

    var json: JSON {
        var json: JSONObject = [
            "at": .string(at.description), "kind": .string(callback.kind.rawValue),
            "event_id": .string(callback.eventID),
        ]
        if let id = callback.hppSessionID { json["hpp_session_id"] = .string(id) }
        if let id = callback.orderID { json["order_id"] = .string(id) }
        if let status = callback.status { json["status"] = .string(status.rawValue) }
        json["url"] = .string(callback.url)
        if !callback.body.isNull { json["body"] = callback.body }
        json["state"] = .string(state.rawValue)
        json["attempts"] = .array(
            attempts.map { attempt in
                switch attempt.outcome {
                case .answered(let status):
                    ["at": .string(attempt.at.description), "status": .integer(Int64(status))]
                case .unanswered(let reason): ["at": .string(attempt.at.description), "error": .string(reason)]
                }
            }
        )
        if let fault { json["fault"] = .string(fault.text) }
        return .object(json)
    }
}
