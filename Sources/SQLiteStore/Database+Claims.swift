internal import Checkouts
internal import GRDB
internal import Wire

/// Who works on which job, and until when.
extension Database {
    /// Of the jobs that have waited longest so many are looked at, however many wait: the work of a claim has a limit.
    private static let consideredMax = 512

    /// Takes the orders to place with the nearest deadlines.
    func claimPlacings(limit: Int, until leaseEnd: Timestamp, at now: Timestamp) throws -> [ClaimedJob] {
        try claim(
            """
            SELECT * FROM (
                SELECT checkout_id, kind, due_at, deadline FROM jobs
                WHERE kind = 'place' AND lease_until IS NULL AND due_at <= :now
                ORDER BY coalesce(deadline, due_at), due_at
                LIMIT :limit
            )
            UNION ALL
            SELECT checkout_id, kind, due_at, deadline FROM jobs
            WHERE kind = 'place' AND lease_until <= :now AND due_at <= :now
            """,
            ["lease_end": leaseEnd.milliseconds, "now": now.milliseconds, "limit": limit],
        )
    }

    /// Takes those with the nearest deadlines among the other jobs that have been due longest, and among hints and operations:
    /// those do not wait behind a long queue. What has no deadline should have been done when it fell due.
    func claimOthers(limit: Int, until leaseEnd: Timestamp, at now: Timestamp) throws -> [ClaimedJob] {
        try claim(
            """
            SELECT * FROM (
                SELECT checkout_id, kind, due_at, deadline FROM jobs
                WHERE (kind = 'place') = 0 AND lease_until IS NULL AND due_at <= :now
                ORDER BY due_at
                LIMIT max(:limit, \(Database.consideredMax))
            )
            UNION
            SELECT * FROM (
                SELECT checkout_id, kind, due_at, deadline FROM jobs
                WHERE kind = 'hint' AND lease_until IS NULL AND due_at <= :now
                ORDER BY due_at
                LIMIT :limit
            )
            UNION
            SELECT * FROM (
                SELECT checkout_id, kind, due_at, deadline FROM jobs
                WHERE kind = 'operate' AND lease_until IS NULL AND due_at <= :now
                ORDER BY due_at
                LIMIT :limit
            )
            UNION
            SELECT checkout_id, kind, due_at, deadline FROM jobs
            WHERE kind <> 'place' AND lease_until <= :now AND due_at <= :now
            """,
            ["lease_end": leaseEnd.milliseconds, "now": now.milliseconds, "limit": limit],
        )
    }

    /// What was ordered for a later time while an earlier holder had the job still stands; the rest is done by this one.
    private func claim(_ candidates: String, _ arguments: StatementArguments) throws -> [ClaimedJob] {
        try rows(
            """
            UPDATE jobs
            SET epoch = epoch + 1, lease_until = :lease_end, next_due_at = iif(next_due_at > :now, next_due_at, NULL)
            WHERE (checkout_id, kind) IN (
                SELECT checkout_id, kind FROM (\(candidates))
                ORDER BY coalesce(deadline, due_at), due_at, checkout_id, kind
                LIMIT :limit
            )
            RETURNING checkout_id, kind, due_at, attempt, epoch, revision, coalesce(deadline, due_at) AS deadline
            """,
            arguments,
        )
        .map { row in
            (row: row, order: (row["deadline"] as Int64, row["due_at"] as Int64, row["checkout_id"] as String))
        }
        // The rows come back in no particular order.
        .sorted { $0.order < $1.order }
        .compactMap { ClaimedJob($0.row) }
    }

    func nextJobDue() throws -> Timestamp? {
        let next: Int64? = try row(
            """
            SELECT min(at) AS at FROM (
                SELECT min(due_at) AS at FROM jobs
                WHERE (kind = 'place') = 0 AND lease_until IS NULL AND due_at IS NOT NULL
                UNION ALL
                SELECT min(due_at) FROM jobs WHERE (kind = 'place') = 1 AND lease_until IS NULL AND due_at IS NOT NULL
                UNION ALL
                SELECT min(max(due_at, lease_until)) FROM jobs WHERE lease_until IS NOT NULL
            )
            """
        )?["at"]
        return next.map(Timestamp.init(milliseconds:))
    }

    /// Throws ``StoreError/leaseLost`` unless the job is still held by this claim.
    func requireHeld(_ job: ClaimedJob) throws {
        let held = try row(
            "SELECT 1 FROM jobs WHERE checkout_id = ? AND kind = ? AND epoch = ? AND lease_until IS NOT NULL",
            [job.checkoutID.rawValue, job.kind.rawValue, job.epoch],
        )
        guard held != nil else { throw StoreError.leaseLost }
    }

    func renew(_ job: ClaimedJob, until leaseEnd: Timestamp) throws {
        let isHeld = try changes(
            """
            UPDATE jobs SET lease_until = ?
            WHERE checkout_id = ? AND kind = ? AND epoch = ? AND lease_until IS NOT NULL
            """,
            [leaseEnd.milliseconds, job.checkoutID.rawValue, job.kind.rawValue, job.epoch],
        )
        guard isHeld else { throw StoreError.leaseLost }
    }
}

extension ClaimedJob {
    /// `nil` for a job of a kind that a later version ordered: it waits for that version and holds up no other.
    fileprivate init?(_ row: Row) {
        guard let id = Checkout.ID(rawValue: row["checkout_id"]), let kind = JobOrder.Kind(rawValue: row["kind"]) else {
            return nil
        }
        self.init(
            checkoutID: id,
            kind: kind,
            dueAt: Timestamp(milliseconds: row["due_at"]),
            attempt: row["attempt"],
            epoch: row["epoch"],
            revision: row["revision"],
        )
    }
}
