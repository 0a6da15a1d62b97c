public import Klarna
public import Money
public import Wire

/// One thing that is to be done with an order, once: everything that is sent, fixed before it is sent for the first time, and
/// what is known of how it went.
///
/// It is stored with its checkout before Klarna hears of it, so that a crash, a second node and a double click all find it.
public struct OrderOperation: Sendable, Hashable {
    public let id: ID
    public let effect: OrderEffect
    /// What is captured or refunded, or authorized from then on; `nil` for what moves no money.
    public let amount: MinorUnits?
    /// Which parts of the order's frozen lines it takes; none where only an amount is named.
    public package(set) var parts: [LinePart]
    /// The lines that replace the order's; `nil` for all but an update of the authorization, and once it is settled.
    public package(set) var replacedLines: [OrderLine]?
    /// The order's merchant references from then on, as far as they are named; `nil` for all but a change of these.
    public let references: MerchantReferences?
    /// By which Klarna shows it again: the merchant's own text for it, or else ``id``.
    public let reference: String
    public let origin: Origin
    /// Names the request that asked for it, so that a repetition finds it again.
    public let requestKey: String?
    public let createdAt: Timestamp
    /// What is sent, the same each time; empty where Klarna takes no body, and once it is settled.
    public package(set) var body: [UInt8]
    /// Klarna keeps what it did under a key for 24 hours.
    public package(set) var idempotencyKey: String
    /// When ``idempotencyKey`` was first sent, by Klarna's clock.
    public package(set) var keySince: Timestamp?
    public package(set) var attempts = EffectAttempts()
    public package(set) var outcome = Outcome.pending
    public package(set) var settledAt: Timestamp?

    /// `cap_`, `ref_` or `opn_` and a ULID.
    public struct ID: Sendable, Hashable, RawRepresentable, CustomStringConvertible {
        public let rawValue: String

        /// `nil` unless the text has the form of an id.
        public init?(rawValue: String) {
            guard ["cap_", "ref_", "opn_"].contains(rawValue.prefix(4)), ULID.isValid(rawValue.dropFirst(4)) else {
                return nil
            }
            self.rawValue = rawValue
        }

        public init(_ ulid: ULID, of effect: OrderEffect) {
            let prefix =
                switch effect {
                case .capture: "cap"
                case .refund: "ref"
                case _: "opn"
                }
            rawValue = "\(prefix)_\(ulid)"
        }

        public var description: String { rawValue }
    }

    /// Who did it.
    public enum Origin: String, Sendable, Hashable, CaseIterable {
        /// A merchant's program, through this one.
        case api
        /// Klarna, as part of placing the order.
        case placing
        /// Somebody else: in Klarna's merchant portal, or another program.
        case elsewhere
    }

    public enum Outcome: Sendable, Hashable {
        /// Not yet known to be done, nor known not to be.
        case pending
        /// Done, and what Klarna calls it.
        case succeeded(klarnaID: String?)
        case failed(Problem)
    }

    public init(
        id: ID,
        effect: OrderEffect,
        amount: MinorUnits? = nil,
        parts: [LinePart] = [],
        replacedLines: [OrderLine]? = nil,
        references: MerchantReferences? = nil,
        reference: String? = nil,
        origin: Origin = .api,
        requestKey: String? = nil,
        createdAt: Timestamp,
        body: [UInt8] = [],
    ) {
        self.id = id
        self.effect = effect
        self.amount = amount
        self.parts = parts
        self.replacedLines = replacedLines
        self.references = references
        self.reference = reference ?? id.rawValue
        self.origin = origin
        self.requestKey = requestKey
        self.createdAt = createdAt
        self.body = body
        idempotencyKey = OrderOperation.key(of: id, round: 0)
    }

    public var isPending: Bool { outcome == .pending }

    /// Whether it took effect or may have.
    public var mayCount: Bool {
        switch outcome {
        case .pending, .succeeded: true
        case .failed: false
        }
    }

    public var klarnaID: String? {
        guard case .succeeded(let klarnaID) = outcome else { return nil }
        return klarnaID
    }

    /// For how long a repetition under the same key is the first one again: Klarna keeps keys for 24 hours.
    static let keyLife = Duration.seconds(23 * 3600)

    /// Whether it has to be looked for before it may be sent again.
    var mustBeLookedFor: Bool { attempts.uncertainSince != nil || attempts.refusals > 0 }

    /// It was proved not to have happened under its key: what is sent next is another request to Klarna.
    mutating func rekey() {
        idempotencyKey = OrderOperation.key(of: id, round: attempts.count)
        keySince = nil
        attempts = EffectAttempts(countingFrom: attempts.count)
    }

    /// Once it is settled, nothing of it is sent again.
    mutating func forgetWhatWasSent() {
        body = []
        replacedLines = nil
    }

    private static func key(of id: ID, round: Int) -> String { derivedUUID("kassa operation \(id) \(round)") }
}

extension OrderEffect {
    /// Its name in the history.
    var word: String {
        switch self {
        case .acknowledge: "acknowledge"
        case .capture: "capture"
        case .refund: "refund"
        case .cancel: "cancel"
        case .release: "release"
        case .extendAuthorization: "extend"
        case .updateAuthorization: "update_authorization"
        case .merchantReferences: "merchant_references"
        case .customerDetails: "customer_details"
        case .shippingInfo: "shipping_info"
        case .captureShippingInfo: "capture_shipping_info"
        case .sendOut: "send_out"
        case .extendDueDate: "extend_due_date"
        }
    }

    /// All the names, whichever capture they are about.
    static let words: [String] = {
        let capture = CaptureID(rawValue: "")
        let effects: [OrderEffect] = [
            .capture, .refund, .cancel, .release, .extendAuthorization, .updateAuthorization, .merchantReferences,
            .customerDetails, .shippingInfo, .captureShippingInfo(capture), .sendOut(capture), .extendDueDate(capture),
        ]
        return effects.map(\.word)
    }()

    /// The capture it is about.
    var capture: CaptureID? {
        switch self {
        case .captureShippingInfo(let id), .sendOut(let id), .extendDueDate(let id): id
        case .acknowledge, .capture, .refund, .cancel, .release, .extendAuthorization, .updateAuthorization,
            .merchantReferences, .customerDetails, .shippingInfo:
            nil
        }
    }

    init?(word: String, capture: CaptureID?) {
        let plain: [OrderEffect] = [
            .acknowledge, .capture, .refund, .cancel, .release, .extendAuthorization, .updateAuthorization,
            .merchantReferences, .customerDetails, .shippingInfo,
        ]
        let ofCapture = capture.map { [OrderEffect.captureShippingInfo($0), .sendOut($0), .extendDueDate($0)] } ?? []
        guard let effect = (plain + ofCapture).first(where: { $0.word == word }) else { return nil }
        self = effect
    }

    /// Whether a reading of the order shows that it was done.
    var isShown: Bool {
        switch self {
        case .capture, .refund, .cancel, .release: true
        case .acknowledge, .extendAuthorization, .updateAuthorization, .merchantReferences, .customerDetails,
            .shippingInfo, .captureShippingInfo, .sendOut, .extendDueDate:
            false
        }
    }

    /// Whether doing it again leaves everything as it is.
    var isRepeatable: Bool {
        switch self {
        case .acknowledge, .cancel, .release, .extendAuthorization, .updateAuthorization, .merchantReferences,
            .customerDetails:
            true
        case .capture, .refund, .shippingInfo, .captureShippingInfo, .sendOut, .extendDueDate: false
        }
    }
}
