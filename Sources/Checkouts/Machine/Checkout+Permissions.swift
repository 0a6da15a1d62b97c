internal import Klarna
internal import Money

/// What an order's state allows.
extension Checkout {
    /// What has moved and what may have, for deciding on what is to move next.
    var orderParts: OrderParts {
        OrderParts(
            lines: orderLines,
            country: purchase.country,
            captured: parts(takenBy: .capture),
            refunded: parts(takenBy: .refund),
            amounts: OrderParts.Amounts(
                captured: order?.capturedAmount ?? .zero,
                refunded: difference(order?.capturedAmount ?? .zero, refundableAmount),
                remaining: capturableAmount,
            ),
            captureCount: operations(.capture).count { $0.mayCount },
        )
    }

    func isPending(_ effect: OrderEffect) -> Bool { operations(effect).contains(where: \.isPending) }

    /// An operation that the same request asked for, or, of those that it makes no sense to do twice at a time, the one under
    /// way: a double click is one wish.
    func underWay(_ effect: OrderEffect, askedBy requestKey: String?) -> OrderOperation? {
        if let requestKey, let known = operations(effect).last(where: { $0.requestKey == requestKey }) {
            return known.mayCount ? known : nil
        }
        switch effect {
        case .cancel, .release, .extendAuthorization, .acknowledge, .sendOut:
            return operations(effect).first(where: \.isPending)
        case .capture, .refund, .updateAuthorization, .merchantReferences, .customerDetails, .shippingInfo,
            .captureShippingInfo, .extendDueDate:
            return nil
        }
    }

    func requireOrder() throws(DeskError) {
        guard status == .orderPlaced, order != nil else {
            throw .notAllowed(self, reason: "The checkout is \(status.rawValue): it has no order.")
        }
        guard operations.count < Checkout.operationsMax.all else {
            throw .notAllowed(self, reason: "More was done with this order than is kept of one.")
        }
        guard operations.reduce(0, { $0 + $1.parts.count }) < Checkout.partsMax else {
            throw .notAllowed(
                self,
                reason: "The order was taken apart into more parts than are kept: name amounts alone.",
            )
        }
        guard operations.count(where: \.isPending) < Checkout.operationsMax.pending else {
            throw .notAllowed(self, reason: "Too much waits to be done with this order: try again later.")
        }
    }

    /// Throws while it is not known how much is authorized, and of what.
    func requireSettledAuthorization() throws(DeskError) {
        guard !isPending(.updateAuthorization) else {
            throw .notAllowed(self, reason: "What is authorized is being changed: try again once that is known.")
        }
    }

    /// So many operations are kept with one order, and so many may wait to be done.
    private static let operationsMax = (all: 1000, pending: 20)

    /// So many parts of lines are kept with one order.
    private static let partsMax = 20_000

    /// Throws unless the order can still be changed.
    func requireOpen() throws(DeskError) {
        switch order?.status {
        case "cancelled", "expired":
            throw .notAllowed(self, reason: "The order is \(order?.status ?? "").")
        case _: break
        }
        guard !isPending(.cancel), !isPending(.release) else {
            throw .notAllowed(self, reason: "The order is being cancelled, or what remains of it released.")
        }
    }

    func requireCapturable() throws(DeskError) {
        try requireOpen()
        try requireSettledAuthorization()
        switch order?.fraudStatus {
        case "PENDING":
            throw .notAllowed(
                self,
                reason: "Klarna still looks at the risk of the order: nothing may be captured yet.",
            )
        case "REJECTED", "STOPPED":
            throw .notAllowed(self, reason: "Klarna rejected the risk of the order: nothing may be captured.")
        case _: break
        }
    }
}
