public import Wire

/// Something that Klarna calls a merchant's server for.
public struct Callback: Sendable, Hashable {
    public enum Kind: String, Sendable, CaseIterable {
        /// HPP's `status_update`.
        case status
        /// Klarna Payments' `authorization`.
        case authorization
        /// Klarna Checkout's `validation`: the one whose answer decides something.
        case validation
        /// What became of an order that was held back for a review.
        case notification
        /// An order exists that nobody acknowledged.
        case push
    }

    public let kind: Kind
    /// The same in every try; `event_id` of a status update.
    public let eventID: String
    public var hppSessionID: String?
    public var orderID: String?
    /// Of the HPP session.
    public var status: HPPStatus?
    public let url: String
    /// `null` for a call without one.
    public let body: JSON

    public init(
        _ kind: Kind,
        eventID: String,
        hppSessionID: String? = nil,
        orderID: String? = nil,
        status: HPPStatus? = nil,
        url: String,
        body: JSON,
    ) {
        self.kind = kind
        self.eventID = eventID
        self.hppSessionID = hppSessionID
        self.orderID = orderID
        self.status = status
        self.url = url
        self.body = body
    }
}
