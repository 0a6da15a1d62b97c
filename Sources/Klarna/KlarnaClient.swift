internal import Foundation
public import Wire

/// Klarna's endpoints as typed calls, for one account.
///
/// Each call is one request. Nothing is retried here, since what may be tried again is the caller's decision, and nothing is
/// fetched from a URL in an answer: the credentials go to the account's base URL alone.
public struct KlarnaClient: Sendable {
    private let account: KlarnaAccount
    private let transport: any Transport
    private let timeouts: KlarnaTimeouts
    private let userAgent: String
    private var isUrgent = false
    /// What keeps this account's calls within Klarna's limits; `nil` when nothing does.
    public let gate: KlarnaGate?

    /// The version is Kassa's, as Klarna is told it.
    public init(
        account: KlarnaAccount,
        transport: any Transport,
        timeouts: KlarnaTimeouts = KlarnaTimeouts(),
        version: String = "0.1.0",
        gate: KlarnaGate? = nil,
    ) {
        self.account = account
        self.transport = transport
        self.timeouts = timeouts
        self.gate = gate
        userAgent = described(version)
    }

    /// The same client for calls that cannot wait, as placing cannot in any case: they go first, may use what the limiter
    /// keeps in reserve, and are made even when the circuit breaker is open.
    public var urgent: KlarnaClient {
        var client = self
        client.isUrgent = true
        return client
    }

    /// The time by Klarna's clock, as far as the gate has heard it.
    public var klarnaNow: Timestamp? { gate?.klarnaNow }
}

extension KlarnaClient {
    /// Makes one call when its turn has come, and tells the gate what came of it. A key is of printable ASCII.
    func call<Reading: AnswerReading>(
        _ purpose: CallPurpose,
        _ method: String,
        _ path: [String],
        body: [UInt8]? = nil,
        key: String? = nil,
    ) async throws(KlarnaError) -> Reading {
        if let key, key.isEmpty || !key.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) {
            throw .notSent(reason: "the idempotency key is not printable ASCII")
        }
        let request = try request(purpose, method, path, body, key)
        let admission = try await gate?.admit(purpose, isUrgent: isUrgent)
        var answer: KlarnaAnswer?
        do throws(KlarnaError) {
            let whole = try await exchange(request)
            answer = whole
            if purpose.manner == .read, let gate, let admission, gate.isOutdated(admission) {
                throw .unknown(Lost(reason: "the answer is old: this process stood still, or a clock was set"))
            }
            let reading = try Reading(whole)
            if let gate, let admission { gate.settle(admission, answer: whole, error: nil) }
            return reading
        } catch {
            if let gate, let admission { gate.settle(admission, answer: answer, error: error) }
            throw error
        }
    }

    private func exchange(_ request: OutboundRequest) async throws(KlarnaError) -> KlarnaAnswer {
        do throws(TransportError) {
            return KlarnaAnswer(try await transport.send(request))
        } catch {
            switch error {
            case .notSent(let reason): throw .notSent(reason: reason)
            case .lost(let reason): throw .unknown(Lost(reason: reason))
            }
        }
    }

    private func request(
        _ purpose: CallPurpose,
        _ method: String,
        _ path: [String],
        _ body: [UInt8]?,
        _ key: String?,
    ) throws(KlarnaError) -> OutboundRequest {
        var fields = [
            (name: "Authorization", value: account.authorization),
            (name: "Accept", value: "application/json"),
            (name: "User-Agent", value: userAgent),
        ]
        if body != nil { fields.append((name: "Content-Type", value: "application/json")) }
        if let key { fields.append((name: "Klarna-Idempotency-Key", value: key)) }
        let timeout = timeout(purpose.manner)
        return OutboundRequest(
            method: method,
            url: try url(path),
            fields: fields,
            body: body,
            timeout: timeout,
            connectTimeout: min(timeouts.connect, timeout),
            isEffect: purpose.manner == .effect,
            bodyBytesMax: timeouts.bodyBytesMax,
            purpose: purpose,
        )
    }

    private func timeout(_ manner: CallManner) -> Duration {
        switch manner {
        case .read: timeouts.read
        case .create: timeouts.create
        case .effect: timeouts.effect
        }
    }

    /// The base URL and the segments, each of which stays one segment whatever stands in it.
    func url(_ path: [String]) throws(KlarnaError) -> String {
        var url = account.baseURL
        for segment in path {
            // Klarna's ids have at most 255 characters, its tokens are no longer.
            guard !segment.isEmpty, segment != ".", segment != "..", segment.utf8.count <= 255 else {
                throw .notSent(reason: "an id cannot stand in a path")
            }
            url += "/"
            for byte in segment.utf8 { url += encoded(byte) }
        }
        return url
    }
}

/// Unreserved characters stay as they are (RFC 3986 2.3).
private func encoded(_ byte: UInt8) -> String {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
        UInt8(ascii: "~"):
        String(Unicode.Scalar(byte))
    case _: "%\(byte < 16 ? "0" : "")\(String(byte, radix: 16, uppercase: true))"
    }
}

/// Components of the form `Key/Name_version`, as in Klarna's own libraries.
private func described(_ version: String) -> String {
    let system = ProcessInfo.processInfo.operatingSystemVersion
    return "Application/Kassa_\(version) OS/Linux_\(system.majorVersion).\(system.minorVersion) Language/Swift_\(swift)"
}

/// What this was compiled with.
private let swift: String = {
    #if compiler(>=6.4)
        "6.4"
    #else
        "6.3"
    #endif
}()
