import Checkouts
import Klarna
import Wire

extension PlantedBug {
    /// What the store is given instead of a change; `nil` when it is not given anything.
    func rewritten(_ change: Change) -> Change? {
        switch self {
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
