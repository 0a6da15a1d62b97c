internal import Checkouts
internal import GRDB
internal import Wire

/// Jobs from their order to their end, one statement each.
extension Database {
    /// Orders a job. One that waits keeps the earlier due time; one that is held is due again once its holder ends it. One
    /// that is only wanted if there is none leaves both as they are.
    func order(_ job: JobOrder, forCheckout id: String) throws {
        try run(
            """
            INSERT INTO jobs (checkout_id, kind, due_at, deadline, attempt, revision, epoch)
            VALUES (:id, :kind, :due_at, :deadline, 0, 1, 0)
            ON CONFLICT (checkout_id, kind) DO UPDATE SET
                due_at = iif(lease_until IS NULL, min(coalesce(due_at, :due_at), :due_at), due_at),
                next_due_at = iif(lease_until IS NULL, next_due_at, min(coalesce(next_due_at, :due_at), :due_at)),
                deadline = coalesce(:deadline, deadline),
                attempt = 0,
                revision = revision + 1
            WHERE NOT :only_if_absent OR due_at IS NULL
            """,
            [
                "id": id,
                "kind": job.kind.rawValue,
                "due_at": job.dueAt.milliseconds,
                "deadline": job.deadline?.milliseconds,
                "only_if_absent": job.onlyIfAbsent,
            ],
        )
    }

    func end(_ job: ClaimedJob, _ end: JobEnd) throws {
        let isHeld =
            switch end {
            case .done: try finish(job)
            case .again(let time): try putOff(job, to: time)
            }
        guard isHeld else { throw StoreError.leaseLost }
    }

    private func finish(_ job: ClaimedJob) throws -> Bool {
        try changes(
            """
            UPDATE jobs
            SET due_at = next_due_at, next_due_at = NULL, deadline = iif(next_due_at IS NULL, NULL, deadline),
                attempt = 0, lease_until = NULL
            WHERE checkout_id = ? AND kind = ? AND epoch = ? AND lease_until IS NOT NULL
            """,
            [job.checkoutID.rawValue, job.kind.rawValue, job.epoch],
        )
    }

    private func putOff(_ job: ClaimedJob, to time: Timestamp) throws -> Bool {
        try changes(
            """
            UPDATE jobs
            SET due_at = min(coalesce(next_due_at, :time), :time), attempt = iif(next_due_at < :time, 0, :attempt),
                next_due_at = NULL, lease_until = NULL
            WHERE checkout_id = :id AND kind = :kind AND epoch = :epoch AND lease_until IS NOT NULL
            """,
            [
                "time": time.milliseconds,
                "attempt": job.attempt + 1,
                "id": job.checkoutID.rawValue,
                "kind": job.kind.rawValue,
                "epoch": job.epoch,
            ],
        )
    }
}
