public import Wire

/// What a hosted page is opened around.
public enum PaymentSessionReference: Sendable, Hashable {
    case payments(PaymentSessionID)
    /// An order of Klarna Checkout. The URL is where Klarna said that it is, if it did.
    case checkout(CheckoutOrderID, url: String?)
}

/// An HPP session that was created. Klarna Hosted Payment Page v1, `POST /hpp/v1/sessions`.
public struct CreatedHPPSession: Sendable, Hashable {
    public let id: HPPSessionID
    /// For reading and closing it; needs credentials.
    public let sessionURL: String?
    /// Where the shopper is sent: `https`, or `http` of a sandbox.
    public let redirectURL: String
    /// A picture that leads to the same page; public.
    public let qrCodeURL: String?
    /// For sending the link by e-mail or text message; needs credentials.
    public let distributionURL: String?
    public let manualIDCheckURL: String?
    /// A page of Klarna's, for staff, that hands the link to the shopper.
    public let distributionModule: DistributionModule?
    /// When the shopper can no longer pay.
    public let expiresAt: Timestamp?
    public let correlationID: String?

    /// Klarna Hosted Payment Page v1, `distribution_module`.
    public struct DistributionModule: Sendable, Hashable {
        public let token: Secret?
        public let standaloneURL: String?
        public let generationURL: String?
    }
}

/// An HPP session as it was read. Klarna Hosted Payment Page v1, `GET /hpp/v1/sessions/{session_id}`.
public struct HPPSessionReading: Sendable, Hashable {
    public let status: HPPStatus
    /// When completed in mode `NONE`.
    public let authorizationToken: AuthorizationToken?
    /// When completed in one of the modes that place the order.
    public let orderID: OrderID?
    public let klarnaReference: String?
    public let updatedAt: Timestamp?
    public let expiresAt: Timestamp?
    public let correlationID: String?
    /// Klarna's clock when it answered.
    public let klarnaTime: Timestamp?
}

/// Where the shopper stands on the hosted page. Only completed, cancelled and disabled are final.
public enum HPPStatus: RawRepresentable, Sendable, Hashable {
    case waiting
    case inProgress
    case completed
    case cancelled
    /// The shopper went back; the page can still be used.
    case back
    /// Declined; the shopper may try again.
    case failed
    /// A technical error; the shopper may try again.
    case error
    /// Closed by the merchant.
    case disabled
    case manualIDCheck
    /// The shopper left. Known from callbacks only.
    case timeout
    /// A word that was not known when this was written.
    case other(String)

    public init(rawValue: String) {
        switch rawValue.uppercased() {
        case "WAITING": self = .waiting
        case "IN_PROGRESS": self = .inProgress
        // One page of the documents calls it so.
        case "COMPLETED", "COMPLETE": self = .completed
        case "CANCELLED": self = .cancelled
        case "BACK": self = .back
        case "FAILED": self = .failed
        case "ERROR": self = .error
        case "DISABLED": self = .disabled
        case "MANUAL_ID_CHECK": self = .manualIDCheck
        case "TIMEOUT": self = .timeout
        case _: self = .other(rawValue)
        }
    }

    /// Klarna's word.
    public var rawValue: String {
        switch self {
        case .waiting: "WAITING"
        case .inProgress: "IN_PROGRESS"
        case .completed: "COMPLETED"
        case .cancelled: "CANCELLED"
        case .back: "BACK"
        case .failed: "FAILED"
        case .error: "ERROR"
        case .disabled: "DISABLED"
        case .manualIDCheck: "MANUAL_ID_CHECK"
        case .timeout: "TIMEOUT"
        case .other(let word): word
        }
    }
}

extension CreatedHPPSession: AnswerReading {
    init(_ answer: KlarnaAnswer) throws(KlarnaError) {
        let json = try answer.success()
        guard let id = json.text("session_id") else { throw answer.malformed("the answer names no HPP session") }
        guard let redirectURL = json.text("redirect_url"), isWebURL(redirectURL) else {
            throw answer.malformed("the answer has no URL of a hosted page")
        }
        self.init(
            id: HPPSessionID(rawValue: id),
            sessionURL: json.text("session_url"),
            redirectURL: redirectURL,
            qrCodeURL: json.text("qr_code_url").flatMap { isWebURL($0) ? $0 : nil },
            distributionURL: json.text("distribution_url"),
            manualIDCheckURL: json.text("manual_identification_check_url"),
            distributionModule: json["distribution_module"].flatMap { DistributionModule($0) },
            expiresAt: json.time("expires_at"),
            correlationID: answer.correlationID,
        )
    }
}

extension CreatedHPPSession.DistributionModule {
    fileprivate init?(_ json: JSON) {
        guard json.object != nil else { return nil }
        self.init(
            token: json.text("token").map { Secret($0) },
            standaloneURL: json.text("standalone_url"),
            generationURL: json.text("generation_url"),
        )
    }
}

/// It becomes a `Location` in a browser, so it may neither be a script nor break a header.
private func isWebURL(_ text: String) -> Bool {
    (text.hasPrefix("https://") || text.hasPrefix("http://")) && text.utf8.count <= 4096
        && text.utf8.allSatisfy { (0x21...0x7E).contains($0) }
}

extension HPPSessionReading: AnswerReading {
    init(_ answer: KlarnaAnswer) throws(KlarnaError) {
        let json = try answer.success()
        guard let status = json.text("status") else { throw answer.malformed("the answer names no status") }
        self.init(
            status: HPPStatus(rawValue: status),
            authorizationToken: json.text("authorization_token").map { AuthorizationToken(rawValue: $0) },
            orderID: json.text("order_id").map { OrderID(rawValue: $0) },
            klarnaReference: json.text("klarna_reference"),
            updatedAt: json.time("updated_at"),
            expiresAt: json.time("expires_at"),
            correlationID: answer.correlationID,
            klarnaTime: answer.klarnaTime,
        )
    }
}
