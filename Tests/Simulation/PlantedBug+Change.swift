import Checkouts
import Klarna
import Wire

extension PlantedBug {
    /// What the store is given instead of a change; `nil` when it is not given anything.
    func rewritten(_ change: Change, _ memory: Memory) -> Change? {
        let known = memory.checkouts[change.checkoutID]
        return switch self {
        case .operatesUnwritten: change.events.contains { $0.type == "operation.sending" } ? nil : change
        case .operatesWithoutLooking: changed(change) { $0.forgetDoubts() }
        case .believesOperationRefusals: changed(change) { $0.believeRefusals() }
        case .forgetsPendingAmounts: changed(change) { $0.remember(known) }
        case .takesPortalCaptures: changed(change) { $0.takeWhatIsOthers() }
        case .countsCapturesTwice: changed(change) { $0.countAgain(since: known) }
        case .capturesPendingOrders:
            changed(change) {
                if $0.order?.fraudStatus == "PENDING" { $0.order = $0.order?.altered(fraudStatus: "ACCEPTED") }
            }
        case .closesReopenedPages:
            changed(change) { if known?.isDisabling ?? false { $0.isDisabling = true } }
        case .skipsIntent: change.events.contains { $0.type == "order.sending" } ? nil : change
        case .takesSecondToken: changed(change) { $0.takeSecondToken() }
        case .releasesTooEarly where change.jobs.contains { $0.kind == .place }:
            changed(change, adding: JobOrder(.release, at: change.checkout?.updatedAt ?? Timestamp(milliseconds: 0))) {
                $0.surplusAuthorizations += [$0.placement?.token].compactMap(\.self)
            }
        case _: change
        }
    }

    private func changed(
        _ change: Change,
        adding job: JobOrder? = nil,
        _ work: (inout Checkout) -> Void,
    ) -> Change {
        guard var checkout = change.checkout else { return change }
        work(&checkout)
        var changed = change
        changed.checkout = checkout
        changed.jobs += [job].compactMap(\.self)
        return changed
    }
}

extension Checkout {
    fileprivate mutating func takeSecondToken() {
        guard status == .authorized, let first = placement, let spare = spareAuthorizations.first else { return }
        spareAuthorizations.removeFirst()
        placement = OrderPlacement(
            token: spare.token,
            body: first.body,
            idempotencyKey: "\(first.idempotencyKey)-2",
            authorizedAt: spare.at,
        )
    }
}
