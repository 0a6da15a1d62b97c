import Checkouts
import Klarna
import KlarnaSandbox
import Wire

/// People at Klarna's portal, and Klarna itself.
extension Street {
    /// What somebody does with an order there: the same few things as here, at about the same time.
    func planPortal(_ id: Checkout.ID) {
        guard scheduler.dice.chance(400), let order = run.memory.checkouts[id]?.order?.orderID.rawValue else { return }
        for _ in 0..<scheduler.dice.pick([1, 1, 2, 3]) {
            let action = scheduler.dice.pick([
                OrderAction.capture, .capture, .capture, .refund, .refund, .cancel, .release, .expire, .accept, .reject,
                .stop,
            ])
            let amount = scheduler.dice.chance(700) ? scheduler.dice.pick(Errand.amounts) : nil
            meddle(action, order, amount, of: id, within: 400_000)
        }
    }

    func meddle(_ action: OrderAction, _ order: String, _ amount: Int64?, of id: Checkout.ID, within longest: Int64) {
        later(scheduler.dice.skewed(50, longest)) { [self] in
            let isDone = run.klarna.act(action, onOrder: order, amount)
            run.trace { "portal: \(action) \(amount ?? 0) of \(id): \(isDone)" }
            run.coverage.count("portal \(action.rawValue)", isDone ? "done" : "refused")
        }
    }

    /// What merchants have to be told of their orders.
    func report(_ callbacks: [OrderCallback]) {
        for callback in callbacks { report(callback.body, to: callback.url, callback.kind.rawValue) }
    }
}
