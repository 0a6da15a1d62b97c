import Checkouts
import Klarna
import Wire

/// The way from one process to Klarna and back, on which everything can happen that happens on networks.
final class KlarnaWire: Transport, @unchecked Sendable {
    // Unchecked: used by the one thread of its run.
    private unowned let run: Run
    private let lane: Lane
    private let clock: @Sendable () -> Timestamp

    init(_ run: Run, _ lane: Lane, clock: @escaping @Sendable () -> Timestamp) {
        self.run = run
        self.lane = lane
        self.clock = clock
    }

    /// What the network and the edge of Klarna do to one request.
    enum Fate: String, CaseIterable {
        case answered
        /// It does not leave.
        case notSent
        /// It gets lost on the way there.
        case lostThere
        /// The work is done, and the answer gets lost.
        case lostBack
        /// It arrives so late that the caller has given up.
        case late
        /// The work is done, and the answer is late or takes its time.
        case slow
        /// It arrives twice. Not what has an effect: that travels on a connection of its own.
        case twice
        /// The work is done, and the answer is something else.
        case garbled, truncated, failedAfter
        /// The work is done, and the answer is one that another caller should have got.
        case mixedUp
        /// Somebody before Klarna's service answers.
        case unavailable, unauthorized, rejected, tooMany, timedOut
    }

    func send(_ request: OutboundRequest) async throws(TransportError) -> InboundResponse {
        guard lane.isAlive else { throw .notSent(reason: "the process is gone") }
        let request = run.bug.map { rewritten(request, $0) } ?? request
        let fate = run.weather.fate(of: request)
        run.coverage.count(request.purpose?.rawValue ?? request.method, fate.rawValue)
        var sending: Sending?
        if let (id, subject) = run.audit.subject(of: request) {
            let begun = Sending(id, subject, by: lane.name, at: run.scheduler.now)
            run.audit.leaves(begun, lane)
            run.klarna.left(begun)
            sending = begun
        }
        run.trace { "\(self.lane.name) -> Klarna \(request.purpose?.rawValue ?? request.method) \(fate)" }
        run.weather.strike(lane, within: 2000)
        let result = await exchange(request, fate, sending)
        run.trace { "\(self.lane.name) <- Klarna \(request.purpose?.rawValue ?? request.method) \(result.summary)" }
        let told = run.bug.map { misread(result, of: request, $0) } ?? result
        return try told.get()
    }

    private func exchange(
        _ request: OutboundRequest,
        _ fate: Fate,
        _ sending: Sending?,
    ) async -> Result<InboundResponse, TransportError> {
        let gone = Result<InboundResponse, TransportError>.failure(.lost(reason: "the process is gone"))
        let scheduler = run.scheduler
        let abort = Abort()
        return await withTaskCancellationHandler {
            await lane.wait(ifDead: gone) { end in
                func finish(_ result: Result<InboundResponse, TransportError>) {
                    guard !abort.isOver else { return }
                    abort.isOver = true
                    scheduler.cancel(abort.alarm)
                    sending?.hear(result, at: scheduler.now)
                    end(result)
                }
                abort.finish = finish
                abort.alarm = scheduler.after(request.timeout.milliseconds) {
                    finish(.failure(.lost(reason: "no answer in time")))
                }
                travel(request, fate, sending, finish)
            }
        } onCancel: {
            abort.finish?(.failure(.lost(reason: "the call was given up")))
        }
    }

    /// One caller's end of an exchange. Unchecked for the same reason as the wire.
    private final class Abort: @unchecked Sendable {
        var isOver = false
        var alarm = 0
        var finish: ((Result<InboundResponse, TransportError>) -> Void)?
    }

    private func travel(
        _ request: OutboundRequest,
        _ fate: Fate,
        _ sending: Sending?,
        _ finish: @escaping (Result<InboundResponse, TransportError>) -> Void,
    ) {
        let scheduler = run.scheduler
        let there = run.weather.latency()
        let back = run.weather.latency()
        let klarna = run.klarna
        /// Does the work, and gives the answer to whatever comes after it.
        func work(after delay: Int64, _ answered: @escaping (InboundResponse) -> Void) {
            scheduler.after(delay) { [self] in
                let response = klarna.arrive(request)
                if request.purpose == .readOrder { run.audit.orderRead(request.orderID ?? "", by: lane.name) }
                sending?.mayArrive = response == nil
                run.trace {
                    "Klarna does \(request.purpose?.rawValue ?? request.method): \(response?.told ?? "no answer")"
                }
                if let response { answered(response) }
            }
        }
        func answer(_ response: InboundResponse) { scheduler.after(back) { finish(.success(response)) } }
        func edge(_ status: Int, _ fields: [(name: String, value: String)] = [], body: String = "") {
            sending?.mayArrive = false
            let date = (name: "Date", value: klarna.now.httpDate)
            scheduler.after(there + back) {
                finish(.success(InboundResponse(status: status, fields: fields + [date], body: Array(body.utf8))))
            }
        }
        switch fate {
        case .answered: work(after: there, answer)
        case .notSent:
            sending?.mayArrive = false
            scheduler.after(there) { finish(.failure(.notSent(reason: "no connection"))) }
        case .lostThere:
            sending?.mayArrive = false
            guard scheduler.dice.chance(500) else { return }
            scheduler.after(there) { finish(.failure(.lost(reason: "the connection was reset"))) }
        case .lostBack:
            work(after: there) { _ in
                guard scheduler.dice.chance(500) else { return }
                scheduler.after(back) { finish(.failure(.lost(reason: "the connection was reset"))) }
            }
        case .late:
            // Klarna ends a connection that is idle for 59 s; what it received before may still be worked on.
            let limit = request.timeout.milliseconds
            work(after: limit + 59_000 - scheduler.dice.skewed(0, 59_000)) { _ in }
        case .slow:
            let pause = scheduler.dice.between(0, request.timeout.milliseconds + 2000)
            work(after: there) { response in scheduler.after(pause) { finish(.success(response)) } }
        case .twice:
            work(after: there, answer)
            work(after: there + scheduler.dice.skewed(0, 60_000)) { _ in }
        case .garbled:
            work(after: there) { response in
                answer(InboundResponse(status: response.status, fields: response.fields, body: Array("<html>".utf8)))
            }
        case .truncated:
            work(after: there) { response in
                let part = Array(response.body.prefix(scheduler.dice.below(response.body.count + 1)))
                answer(InboundResponse(status: response.status, fields: response.fields, body: part))
            }
        case .failedAfter:
            work(after: there) { response in
                answer(InboundResponse(status: scheduler.dice.pick([500, 502, 504, 301]), fields: response.fields))
            }
        case .mixedUp: work(after: there) { [run] response in answer(run.audit.mixedUp(response)) }
        case .unavailable: edge(scheduler.dice.pick([500, 502, 503]))
        case .unauthorized: edge(401, body: "<html>401</html>")
        case .rejected: edge(403, body: "<html>403</html>")
        case .tooMany: edge(429, [(name: "Retry-After", value: String(scheduler.dice.between(1, 40)))])
        case .timedOut:
            // Whoever says so may have passed on what came in time.
            if scheduler.dice.chance(500) {
                work(after: there) { _ in
                    scheduler.after(back) { finish(.success(InboundResponse(status: 408))) }
                }
            } else {
                edge(408)
            }
        }
    }
}

extension InboundResponse {
    /// For the trace: the status, and what a reading says.
    fileprivate var told: String {
        let json = try? JSON.parse(body)
        let words = ["status", "order_id", "error_code"].compactMap { json?[$0]?.string }
        return ([String(status)] + words).joined(separator: " ")
    }
}

extension Result where Success == InboundResponse, Failure == TransportError {
    fileprivate var summary: String {
        switch self {
        case .success(let response): String(response.status)
        case .failure(.notSent): "not sent"
        case .failure(.lost(let reason)): reason
        }
    }
}

/// Bugs of whoever speaks to Klarna.
extension KlarnaWire {
    private func rewritten(_ request: OutboundRequest, _ bug: PlantedBug) -> OutboundRequest {
        var fields = request.fields
        var body = request.body
        switch (bug, request.purpose) {
        case (.takesNewKeys, .placeOrder), (.chargesWithNewKeys, .placeTokenOrder),
            (.operatesWithNewKeys, .captureOrder), (.operatesWithNewKeys, .refundOrder):
            fields = fields.map { field in
                let isKey = field.name == "Klarna-Idempotency-Key"
                return isKey ? (field.name, "key-\(run.scheduler.dice.next())") : field
            }
        case (.rendersAnew, .placeOrder), (.rendersOperationsAnew, .captureOrder),
            (.rendersOperationsAnew, .refundOrder):
            body = body.map { $0 + (run.scheduler.dice.chance(500) ? [0x20] : []) }
        case _: return request
        }
        return OutboundRequest(
            method: request.method,
            url: request.url,
            fields: fields,
            body: body,
            timeout: request.timeout,
            connectTimeout: request.connectTimeout,
            isEffect: request.isEffect,
            bodyBytesMax: request.bodyBytesMax,
            purpose: request.purpose,
        )
    }

    private func misread(
        _ result: Result<InboundResponse, TransportError>,
        of request: OutboundRequest,
        _ bug: PlantedBug,
    ) -> Result<InboundResponse, TransportError> {
        switch (bug, result) {
        case (.takesSilenceForRefusal, .failure(.lost)): .success(InboundResponse(status: 400))
        case (.takesLossForNotSent, .failure(.lost(let reason))): .failure(.notSent(reason: reason))
        case (.believesHeldAnswers, .success(let response))
        where request.purpose == .placeOrder && [401, 429].contains(response.status):
            .failure(.notSent(reason: "\(response.status)"))
        case (.trustsOwnClock, .success(let response)):
            .success(
                InboundResponse(
                    status: response.status,
                    fields: response.fields.filter { $0.name.lowercased() != "date" }
                        + [(name: "Date", value: clock().httpDate)],
                    body: response.body,
                )
            )
        case _: result
        }
    }
}

extension Timestamp {
    /// `Tue, 04 Mar 2025 09:15:31 GMT` (RFC 9110 5.6.7). The name of the day is not read by anybody here.
    var httpDate: String {
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        let text = Array(description.utf8)
        func part(_ range: Range<Int>) -> String { String(decoding: text[range], as: UTF8.self) }
        let month = months[(Int(part(5..<7)) ?? 1) - 1]
        return "Tue, \(part(8..<10)) \(month) \(part(0..<4)) \(part(11..<19)) GMT"
    }
}
