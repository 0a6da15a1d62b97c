import Klarna
import Synchronization
import Wire

/// Answers every request alike and remembers it.
final class CannedTransport: Transport {
    private let answer: Result<InboundResponse, TransportError>
    private let sent = Mutex<[OutboundRequest]>([])

    init(_ answer: Result<InboundResponse, TransportError>) { self.answer = answer }

    convenience init(_ status: Int, _ body: [UInt8] = [], fields: [(name: String, value: String)] = []) {
        self.init(.success(InboundResponse(status: status, fields: fields, body: body)))
    }

    var requests: [OutboundRequest] { sent.withLock(\.self) }

    func send(_ request: OutboundRequest) async throws(TransportError) -> InboundResponse {
        sent.withLock { $0.append(request) }
        return try answer.get()
    }
}

extension KlarnaAccount {
    static func sample(
        _ environment: Environment = .playground,
        _ region: Region = .eu,
        baseURLOverride: String? = nil,
    ) throws(KlarnaAccount.Invalid) -> KlarnaAccount {
        try KlarnaAccount(
            username: "PK12345_abc",
            password: Secret("hunter2"),
            environment: environment,
            region: region,
            baseURLOverride: baseURLOverride,
        )
    }
}

extension KlarnaClient {
    static func sample(_ transport: some Transport) throws(KlarnaAccount.Invalid) -> KlarnaClient {
        KlarnaClient(account: try .sample(), transport: transport, version: "1.2.3")
    }
}

extension JSON {
    /// The same value with the members of every object sorted, for comparing what order does not matter in.
    var sorted: JSON {
        switch self {
        case .object(let object):
            .object(JSONObject(object.members.sorted { $0.name < $1.name }.map { ($0.name, $0.value.sorted) }))
        case .array(let elements): .array(elements.map(\.sorted))
        case .null, .bool, .integer, .number, .string: self
        }
    }

    func without(_ names: String...) -> JSON {
        guard case .object(var object) = self else { return self }
        for name in names { object[name] = nil }
        return .object(object)
    }
}
