internal import Klarna
internal import Money
public import Wire

/// Changing a placed order: its references, the shipping address, how it travels, what is authorized.
extension CheckoutDesk {
    /// Changes what is named and nothing else, one call to Klarna for each kind of change, one after another.
    ///
    /// - Returns: The last operation: the one that failed or is not known to be done, if any is.
    public func change(
        _ id: Checkout.ID,
        _ json: JSON,
        for asker: Asker? = nil,
    ) async throws(DeskError) -> Operated {
        let checkout = try await checkout(id)
        guard let order = checkout.order else {
            throw .notAllowed(checkout, reason: "The checkout is \(checkout.status.rawValue): it has no order.")
        }
        let country = checkout.purchase.country
        let change = try fitting { () throws(Faults) in
            try OrderChange(json: json, country: country, captured: order.capturedAmount)
        }
        // All of it is written down before any of it is waited for.
        var ordered: [OrderOperation.ID] = []
        for (effect, wish) in change.wishes {
            let operationID = try await self.order(on: id, effect, for: asker) { current, _ throws(DeskError) in
                // What is captured or closed may still get other references; what is over may not.
                if effect != .merchantReferences || current.order?.status == "cancelled" { try current.requireOpen() }
                if effect == .updateAuthorization { try current.requireUpdatable(to: wish.amount ?? .zero) }
                return wish
            }
            ordered.append(operationID)
        }
        var last: Operated?
        for operationID in ordered {
            let operated = try await outcome(of: operationID, on: id)
            last = operated
            guard case .succeeded = operated.operation.outcome else { return operated }
        }
        guard let last else { throw .notFound }
        return last
    }
}

extension OrderChange {
    /// What is to be sent, in the order in which it is done: what moves money first.
    fileprivate var wishes: [(OrderEffect, Wish)] {
        var wishes: [(OrderEffect, Wish)] = []
        if let authorization {
            wishes.append(
                (
                    .updateAuthorization,
                    Wish(
                        amount: authorization.amount,
                        replacedLines: authorization.lines,
                        body: authorization.bytes,
                    ),
                )
            )
        }
        if let references {
            wishes.append((.merchantReferences, Wish(references: references, body: references.bytes)))
        }
        if let shippingAddress {
            wishes.append((.customerDetails, Wish(body: CustomerDetails(shippingAddress: shippingAddress).bytes)))
        }
        if !shippingInfo.isEmpty { wishes.append((.shippingInfo, Wish(body: shippingInfo.bytes))) }
        return wishes
    }
}

extension Checkout {
    /// Throws while the amount that is captured in the end is not known, or is more.
    fileprivate func requireUpdatable(to amount: MinorUnits) throws(DeskError) {
        guard !isPending(.capture) else {
            throw .notAllowed(self, reason: "A capture is under way: change what is authorized once it is known.")
        }
        guard order?.status != "captured" else {
            throw .notAllowed(self, reason: "The order is captured as a whole.")
        }
        guard amount >= order?.capturedAmount ?? .zero else {
            let captured = order?.capturedAmount ?? .zero
            let reason = "must be at least \(captured), which is captured, given \(amount)"
            throw .invalid(Faults([Fault("/order_amount", reason)]))
        }
    }
}
