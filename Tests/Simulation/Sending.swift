import Checkouts
import Klarna
import KlarnaSandbox
import Wire

/// One attempt at something that must have its effect once, as the network knows it.
final class Sending {
    enum Subject: Hashable {
        /// The order of an authorization, or of a charge by its key.
        case order(String)
        case customerToken(authorization: String)
        case operation(OrderOperation.ID)
    }

    enum Heard {
        /// Nobody has heard anything yet.
        case nothing
        case notSent
        /// The sender has an answer that says what came of it.
        case answered(status: Int)
        /// The sender will never know.
        case lost
    }

    let checkoutID: Checkout.ID
    let subject: Subject
    /// The process that sent it.
    let sender: String
    let sentAt: Int64
    /// Whether its work may still be done.
    var mayArrive = true
    private(set) var heard = Heard.nothing
    private(set) var heardAt: Int64?

    init(_ checkoutID: Checkout.ID, _ subject: Subject, by sender: String, at sentAt: Int64) {
        self.checkoutID = checkoutID
        self.subject = subject
        self.sender = sender
        self.sentAt = sentAt
    }

    /// Whether the sender has to find out whether it took effect before it may send again.
    var isDoubtful: Bool {
        switch heard {
        case .nothing, .lost: true
        case .notSent: false
        case .answered(let status): ![401, 409, 423, 425, 429].contains(status)
        }
    }

    func hear(_ result: Result<InboundResponse, TransportError>, at now: Int64) {
        heardAt = now
        switch result {
        case .success(let response):
            // What is no refusal and does not say what was made says nothing.
            let isSaid =
                (200...299).contains(response.status)
                ? saysWhatWasMade(response) : (400...499).contains(response.status) && response.status != 408
            heard = isSaid ? .answered(status: response.status) : .lost
        case .failure(.notSent): heard = .notSent
        case .failure(.lost): heard = .lost
        }
    }

    private func saysWhatWasMade(_ response: InboundResponse) -> Bool {
        switch subject {
        case .order: (try? JSON.parse(response.body))?["order_id"]?.string != nil
        case .customerToken: (try? JSON.parse(response.body))?["token_id"]?.string != nil
        case .operation: true
        }
    }
}

extension OutboundRequest {
    func field(_ name: String) -> String? { fields.first { $0.name == name }?.value }

    /// The token in the path of a request to place, to release, or to make a customer token.
    var token: String? { segment(after: "/payments/v1/authorizations/") }

    /// The order in the path of a call of Order Management.
    var orderID: String? { segment(after: "/ordermanagement/v1/orders/") }

    private func segment(after marker: String) -> String? {
        guard let range = url.firstRange(of: marker) else { return nil }
        return String(url[range.upperBound...].prefix { $0 != "/" })
    }
}

extension CallPurpose {
    /// Whether it does something to an order that a merchant asked for.
    var isOperation: Bool {
        switch self {
        case .captureOrder, .refundOrder, .cancelOrder, .releaseRemainingAuthorization, .extendAuthorization,
            .updateAuthorization, .updateMerchantReferences, .updateCustomerDetails, .addShippingInfo,
            .addCaptureShippingInfo, .sendOutCapture, .extendDueDate:
            true
        case .createPaymentSession, .updatePaymentSession, .readPaymentSession, .createHPPSession, .readHPPSession,
            .disableHPPSession, .distributeHPPSession, .placeOrder, .releaseAuthorization, .createCustomerToken,
            .readCustomerToken, .cancelCustomerToken, .placeTokenOrder, .createCheckoutOrder, .readCheckoutOrder,
            .updateCheckoutOrder, .abortCheckoutOrder, .readOrder, .readCaptures, .readCapture, .readRefund,
            .readDueDateOptions, .acknowledgeOrder:
            false
        }
    }
}
