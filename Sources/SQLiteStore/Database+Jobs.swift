internal import Checkouts
internal import GRDB
internal import Wire

/// Jobs and their leases, one statement each.
extension Database {
    /// Orders a job. One that waits keeps the earlier due time; one that is held is due again once its holder ends it.
    func order(_ job: JobOrder, forCheckout id: String) throws {
        try run(
            """
            INSERT INTO jobs (checkout_id, kind, due_at, attempt, revision, epoch) VALUES (:id, :kind, :due_at, 0, 1, 0)
            ON CONFLICT (checkout_id, kind) DO UPDATE SET
                due_at = iif(lease_until IS NULL, min(coalesce(due_at, :due_at), :due_at), due_at),
                next_due_at = iif(lease_until IS NULL, next_due_at, min(coalesce(next_due_at, :due_at), :due_at)),
                attempt = 0,
                revision = revision + 1
            """,
            ["id": id, "kind": job.kind.rawValue, "due_at": job.dueAt.milliseconds],
        )
    }

    /// What was ordered for a later time while an earlier holder had the job still stands; the rest is done by this one.
    func claimJobs(limit: Int, until leaseEnd: Timestamp, at now: Timestamp) throws -> [ClaimedJob] {
        try rows(
            """
            UPDATE jobs
            SET epoch = epoch + 1, lease_until = :lease_end, next_due_at = iif(next_due_at > :now, next_due_at, NULL)
            WHERE (checkout_id, kind) IN (
                SELECT checkout_id, kind FROM (
                    SELECT * FROM (
                        SELECT checkout_id, kind, due_at FROM jobs WHERE lease_until IS NULL AND due_at <= :now
                        ORDER BY due_at, checkout_id, kind
                        LIMIT :limit
                    )
                    UNION ALL
                    SELECT checkout_id, kind, due_at FROM jobs WHERE lease_until <= :now AND due_at <= :now
                )
                ORDER BY due_at, checkout_id, kind
                LIMIT :limit
            )
            RETURNING checkout_id, kind, due_at, attempt, epoch, revision
            """,
            ["lease_end": leaseEnd.milliseconds, "now": now.milliseconds, "limit": limit],
        )
        .compactMap(ClaimedJob.init)
        // The rows come back in no particular order.
        .sorted { ($0.dueAt, $0.checkoutID.rawValue) < ($1.dueAt, $1.checkoutID.rawValue) }
    }

    func nextJobDue() throws -> Timestamp? {
        let next: Int64? = try row(
            """
            SELECT min(at) AS at FROM (
                SELECT min(due_at) AS at FROM jobs WHERE lease_until IS NULL AND due_at IS NOT NULL
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
            UPDATE jobs SET due_at = next_due_at, next_due_at = NULL, attempt = 0, lease_until = NULL
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

    func releaseJobs() throws { try run("UPDATE jobs SET lease_until = NULL WHERE lease_until IS NOT NULL") }
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
