public import Wire

/// A checkout as a store keeps it: a few columns to find it by, a document, and a sealed part for tokens and personal data.
///
/// Both stores keep the same record, so that neither has to know what a checkout is made of.
public struct CheckoutRecord: Sendable, Hashable {
    public let id: String
    public let version: Int64
    public let status: String
    public let account: String
    public let merchantReference: String?
    /// Account and merchant reference while this checkout alone may become their order. Unique among all checkouts.
    public let heldReference: String?
    public let createdAt: Timestamp
    public let updatedAt: Timestamp
    /// Unique among all checkouts.
    public let hppSessionID: String?
    /// Unique among all checkouts.
    public let orderID: String?
    /// JSON without secrets and personal data.
    public let document: [UInt8]
    /// AES-GCM under the checkout's id.
    public let sealed: [UInt8]

    public init(
        id: String,
        version: Int64,
        status: String,
        account: String,
        merchantReference: String?,
        heldReference: String?,
        createdAt: Timestamp,
        updatedAt: Timestamp,
        hppSessionID: String?,
        orderID: String?,
        document: [UInt8],
        sealed: [UInt8],
    ) {
        self.id = id
        self.version = version
        self.status = status
        self.account = account
        self.merchantReference = merchantReference
        self.heldReference = heldReference
        self.createdAt = createdAt
        self.updatedAt = updatedAt
        self.hppSessionID = hppSessionID
        self.orderID = orderID
        self.document = document
        self.sealed = sealed
    }
}
