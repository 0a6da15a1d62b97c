import Klarna

/// How often what met with what.
public struct Coverage: Sendable {
    public private(set) var counts: [String: Int] = [:]

    mutating func count(_ step: String, _ fault: String) { counts["\(step) x \(fault)", default: 0] += 1 }

    public mutating func add(_ other: Coverage) { counts.merge(other.counts) { $0 + $1 } }

    /// The pairs of a call and what can become of it that met less often than that, with how often.
    public func rare(below least: Int) -> [(pair: String, count: Int)] {
        Coverage.pairs.map { ($0, counts[$0] ?? 0) }.filter { $0.count < least }
    }

    /// Every call with everything that can become of it.
    private static let pairs: [String] = {
        let calls = CallPurpose.allCases.filter(\.isMade).flatMap { call in
            KlarnaWire.Fate.allCases.filter { $0.canHappen(to: call) }.map { "\(call.rawValue) x \($0.rawValue)" }
        }
        let reads = ["checkout", "rivals", "next"].flatMap { read in
            [StoreLine.Fate.done, .failedBefore].map { "store \(read) x \($0.rawValue)" }
        }
        let writes = ["commit", "claim", "end", "renew", "resume", "begin", "answer"].flatMap { write in
            StoreLine.Fate.allCases.map { "store \(write) x \($0.rawValue)" }
        }
        let processes = ["crash", "pause", "account missing", "clock put right", "clock set forward", "clock set back"]
        let news = ["callback", "redirect"].flatMap { kind in ["once", "repeated", "lost"].map { "\(kind) x \($0)" } }
        let operations = ["failed", "renewed", "twice where keys mean nothing"].map { "operation x \($0)" }
        let portal = ["capture", "refund", "cancel", "release", "expire", "accept", "reject", "stop"].map {
            "portal \($0) x done"
        }
        let others = ["page x reopened", "charge x 201", "charge x twice where keys mean nothing"]
        return operations + portal + others + calls + reads + writes + processes.map { "node x \($0)" } + news
    }()
}

extension KlarnaWire.Fate {
    /// What has an effect travels on a connection of its own and comes once, and only an order can be mixed up with
    /// another.
    fileprivate func canHappen(to call: CallPurpose) -> Bool {
        switch self {
        case .twice: !call.hasEffect
        case .mixedUp: call == .placeOrder
        case .answered, .notSent, .lostThere, .lostBack, .late, .slow, .garbled, .truncated, .failedAfter, .unavailable,
            .unauthorized, .rejected, .tooMany, .timedOut:
            true
        }
    }
}

extension CallPurpose {
    /// Whether it is sent on a connection of its own.
    fileprivate var hasEffect: Bool {
        switch self {
        case .createPaymentSession, .readPaymentSession, .createHPPSession, .readHPPSession, .readCustomerToken,
            .createCheckoutOrder, .readCheckoutOrder, .readOrder, .readCaptures, .readCapture, .readRefund,
            .readDueDateOptions:
            false
        case .updatePaymentSession, .disableHPPSession, .distributeHPPSession, .placeOrder, .releaseAuthorization,
            .createCustomerToken, .cancelCustomerToken, .placeTokenOrder, .updateCheckoutOrder, .abortCheckoutOrder,
            .acknowledgeOrder, .captureOrder, .refundOrder, .cancelOrder, .releaseRemainingAuthorization,
            .extendAuthorization, .updateAuthorization, .updateMerchantReferences, .updateCustomerDetails,
            .addShippingInfo, .addCaptureShippingInfo, .sendOutCapture, .extendDueDate:
            true
        }
    }

    /// Whether the desk makes such a call; the others are there for whoever uses the client alone.
    fileprivate var isMade: Bool {
        switch self {
        case .readCaptures, .readCapture, .readRefund, .readDueDateOptions:
            false
        case .createPaymentSession, .updatePaymentSession, .updateCheckoutOrder, .readPaymentSession, .createHPPSession,
            .readHPPSession, .disableHPPSession,
            .distributeHPPSession, .abortCheckoutOrder, .placeOrder, .releaseAuthorization, .createCustomerToken,
            .readCustomerToken,
            .cancelCustomerToken, .placeTokenOrder, .createCheckoutOrder, .readCheckoutOrder, .readOrder,
            .acknowledgeOrder, .captureOrder, .refundOrder, .cancelOrder, .releaseRemainingAuthorization,
            .extendAuthorization, .updateAuthorization, .updateMerchantReferences, .updateCustomerDetails,
            .addShippingInfo, .addCaptureShippingInfo, .sendOutCapture, .extendDueDate:
            true
        }
    }
}
