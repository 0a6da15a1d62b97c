public import Klarna
public import Money
public import Wire

extension Checkout {
    /// What can happen to a checkout. Each is a fact: read from Klarna, or done by us.
    public enum News: Sendable, Hashable {
        /// Both sessions exist and are recorded from here on.
        case opened(Sessions)
        /// Klarna refused to create the sessions.
        case openingRefused(Problem)
        /// The HPP session is open and says so in Klarna's word: `WAITING`, `IN_PROGRESS`, `BACK`, `FAILED`, `ERROR`, or one
        /// that is not known here.
        case pageOpen(hppStatus: String)
        /// The shopper was authorized: this is how the order would be placed, also of a checkout that has ended or only not.
        case authorized(OrderPlacement, ifEnded: LatePayment)
        /// An order exists and is ours.
        case orderFound(Order)
        /// The merchant wants the page closed: it is written down before Klarna hears of it.
        case pageUnwanted
        case pageCancelled
        case pageDisabled
        /// The session is gone from Klarna and was never completed.
        case pageExpired
        /// An attempt to place begins: it is written down before a byte is sent. Exclusively: no other checkout with the same
        /// merchant reference may do so as well.
        case placementSent(at: Timestamp, exclusively: Bool)
        /// No byte of the attempt left: nothing can have happened.
        case placementNotSent(reason: String)
        /// The attempt went out and no usable answer came back.
        case placementUnanswered(Problem.KlarnaAnswer?)
        /// It is not tried now, and why.
        case placementWaits(Problem)
        /// Klarna answered, but not about the order: the password is wrong, or there were too many calls.
        case placementHeld(Problem.KlarnaAnswer)
        case placementRefused(Problem.KlarnaAnswer, at: Timestamp)
        /// The payment session says that an order exists, and nobody told us its id.
        case placementComplete(at: Timestamp)
        /// There is no order of this placement and there will be none. The next one is of another authorization, if there is
        /// one.
        case placementFailed(Problem, next: OrderPlacement?)
        /// The authorization is that old and there is still no order.
        case placementOverdue(Duration)
        /// An order may exist that cannot be identified, or is not the one that was asked for.
        case placementUnidentified(Problem)
        /// Order Management was read.
        case orderRead(Order)
        /// These authorizations, which will not become orders, are given back.
        case released([AuthorizationToken])
        /// These could not be given back for as long as they lived.
        case lapsed([AuthorizationToken])
        /// Another checkout with the same merchant reference has an order already.
        case paidBefore(Checkout.ID)
        /// The hosted page will close soon.
        case pageEnding
        /// Something else is to be bought: it is written down before Klarna hears of it.
        case revising(Purchase, at: Timestamp)
        /// Klarna took the other basket, or did not.
        case revised(Bool)
        /// The page was closed for good, and a new one takes its place.
        case reopened(Sessions)
        /// A customer token was made of the authorization, for charges to come.
        case tokenCreated(CustomerToken)
        /// An attempt to make the customer token begins.
        case tokenSent(at: Timestamp)
        /// It did not lead to a token, so far.
        case tokenWaits(TokenAnswer)
        /// There will be no customer token: the order is placed without.
        case tokenRefused(Problem)
        /// What Klarna says of the customer token now.
        case tokenRead(CustomerTokenStatus, paymentMethodType: String?, maskedNumber: String?)
        /// Something is to be done with the order.
        case operationOrdered(OrderOperation)
        /// An attempt at it begins: it is written down before a byte is sent.
        case operationSent(OrderOperation.ID, at: Timestamp)
        /// It did not succeed, so far.
        case operationWaits(OrderOperation.ID, OperationAnswer)
        /// It is proved not to have happened, and is asked for anew.
        case operationRekeyed(OrderOperation.ID)
        case operationDone(OrderOperation, klarnaID: String?)
        /// What Klarna calls something that is known to be done.
        case operationNamed(OrderOperation.ID, klarnaID: String)
        case operationFailed(OrderOperation, Problem)
        /// Order Management shows something that nobody asked for here.
        case operationSeen(OrderOperation)
        /// The order is another than it was, and no operation from here made it so.
        case orderChanged(OrderChangeSeen)
        /// Klarna's sums and what is known of the order differ, or no longer (`nil`).
        case orderDisagrees(Problem?)
    }

    /// Why a customer token is not there yet.
    public enum TokenAnswer: Sendable, Hashable {
        case notSent(reason: String)
        case unanswered(Problem.KlarnaAnswer?)
        case held(Problem.KlarnaAnswer)
    }

    /// Why an operation is not done yet.
    public enum OperationAnswer: Sendable, Hashable {
        case notSent(reason: String)
        case unanswered(Problem.KlarnaAnswer?)
        /// Klarna answered, but not about the operation.
        case held(Problem.KlarnaAnswer)
        case refused(Problem.KlarnaAnswer, at: Timestamp)
    }

    /// What was done to an order elsewhere that is no capture and no refund.
    public enum OrderChangeSeen: Sendable, Hashable {
        case cancelled
        case released
        case expired
        case extended(until: Timestamp)
        case amount(MinorUnits)
        /// What Klarna thinks of the risk is known now, or changed.
        case fraudStatus(String)
    }

    /// What becomes of a payment that a shopper makes when nothing is to be paid any more.
    public enum LatePayment: String, Sendable, Hashable, CaseIterable {
        /// The authorization is given back.
        case release
        /// The order is placed all the same.
        case place
    }

    /// What has to follow from a piece of news. It is ordered in the same commit.
    public enum Effect: Sendable, Hashable {
        case observe
        /// Close the page, should whoever asked for it not live to do so.
        case closePage
        case placeOrder
        case releaseAuthorizations
        case readOrder
        /// Read it again from time to time: what is done in Klarna's portal is not told.
        case watchOrder
        /// Tell Klarna that the order arrived here.
        case acknowledge
        /// Work off the order's operations.
        case operate
        /// Look again for a while at what has ended: the shopper may have been quicker.
        case sweep
    }

    /// The news contradicts what is known: it is recorded and changes nothing.
    public struct IllegalTransition: Error, Sendable, Hashable {
        public let from: Status
        public let news: String
    }
}
