import Checkouts
import Wire

extension Memory {
    /// A job, as long as its checkout is remembered.
    struct JobRow {
        let checkoutID: Checkout.ID
        let kind: JobOrder.Kind
        /// `nil` when it is done: the row stays, so that no epoch is given out twice.
        var dueAt: Timestamp?
        /// What was ordered while the job was held.
        var nextDueAt: Timestamp?
        var deadline: Timestamp?
        var attempt = 0
        var revision: Int64 = 0
        var epoch: Int64 = 0
        var leaseUntil: Timestamp?

        var claimed: ClaimedJob {
            ClaimedJob(
                checkoutID: checkoutID,
                kind: kind,
                dueAt: dueAt ?? Timestamp(milliseconds: 0),
                attempt: attempt,
                epoch: epoch,
                revision: revision,
            )
        }
    }
}

extension Memory.JobRow {
    mutating func order(_ job: JobOrder) {
        guard dueAt == nil || !job.onlyIfAbsent else { return }
        attempt = 0
        revision += 1
        deadline = job.deadline ?? deadline
        if leaseUntil == nil {
            dueAt = min(dueAt ?? job.dueAt, job.dueAt)
        } else {
            nextDueAt = min(nextDueAt ?? job.dueAt, job.dueAt)
        }
    }

    mutating func end(_ job: ClaimedJob, _ end: JobEnd) {
        switch end {
        case .done:
            dueAt = nextDueAt
            if nextDueAt == nil { deadline = nil }
            attempt = 0
        case .again(let time):
            attempt = nextDueAt.map { $0 < time } ?? false ? 0 : job.attempt + 1
            dueAt = min(nextDueAt ?? time, time)
        }
        nextDueAt = nil
        leaseUntil = nil
    }

    func isDue(at now: Timestamp) -> Bool { dueAt.map { $0 <= now } ?? false }

    func isFree(at now: Timestamp) -> Bool { leaseUntil.map { $0 <= now } ?? true }

    /// When it fell due; for a job that is due.
    var due: Timestamp { dueAt ?? Timestamp(milliseconds: .max) }

    /// What has no deadline should have been done when it fell due.
    func comesBefore(_ other: Memory.JobRow) -> Bool {
        (deadline ?? due, due, checkoutID.rawValue, kind.rawValue)
            < (other.deadline ?? other.due, other.due, other.checkoutID.rawValue, other.kind.rawValue)
    }
}
