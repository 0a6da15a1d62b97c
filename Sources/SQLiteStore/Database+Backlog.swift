internal import Checkouts
internal import GRDB
internal import Wire

/// What is not settled, found without looking at what is. The lists of statuses are those of the indexes, word for word.
extension Database {
    /// Nobody holds a job any more, and each is due by now.
    func resumeJobs(at now: Timestamp) throws {
        try run(
            "UPDATE jobs SET lease_until = NULL, due_at = min(due_at, :now) WHERE lease_until IS NOT NULL",
            ["now": now.milliseconds],
        )
        try run(
            """
            UPDATE jobs INDEXED BY jobs_waiting SET due_at = iif(kind = 'watch_order', min(due_at, :soon), :now)
            WHERE lease_until IS NULL AND due_at > :now
            """,
            ["now": now.milliseconds, "soon": (now + JobOrder.watchPauseMax).milliseconds],
        )
    }

    /// Each checkout that has not ended gets the job that moves it on, unless it has it.
    func orderMissingJobs(at now: Timestamp) throws {
        try run(
            """
            INSERT INTO jobs (checkout_id, kind, due_at, attempt, revision, epoch)
            SELECT id, iif(status = 'authorized', 'place', 'observe'), :now, 0, 1, 0
            FROM checkouts INDEXED BY checkouts_unsettled
            WHERE status IN ('created', 'waiting', 'in_progress', 'authorized', 'needs_review')
                AND status <> 'needs_review'
            ON CONFLICT (checkout_id, kind) DO UPDATE SET
                due_at = excluded.due_at, attempt = 0, revision = revision + 1
            WHERE due_at IS NULL
            """,
            ["now": now.milliseconds],
        )
    }

    func keep(_ orphan: OrphanCallback) throws {
        try run(
            """
            INSERT INTO orphan_callbacks (checkout_id, event_id, at, hpp_session_id, status) VALUES (?, ?, ?, ?, ?)
            ON CONFLICT (checkout_id, event_id) DO NOTHING
            """,
            [
                orphan.checkoutID.rawValue, orphan.eventID, orphan.at.milliseconds, orphan.hppSessionID, orphan.status,
            ],
        )
    }

    func backlog(at now: Timestamp) throws -> Backlog {
        var backlog = Backlog()
        for row in try unsettledCheckouts() {
            guard let status = Checkout.Status(rawValue: row["status"]) else { continue }
            backlog.checkouts[status] = Backlog.Group(
                count: row["count"],
                oldestCreatedAt: Timestamp(milliseconds: row["oldest"]),
            )
        }
        for row in try waitingJobs(at: now) {
            guard let kind = JobOrder.Kind(rawValue: row["kind"]) else { continue }
            backlog.jobs[kind] = Backlog.Queue(
                due: row["due"],
                count: row["count"],
                nextDeadline: (row["deadline"] as Int64?).map(Timestamp.init(milliseconds:)),
            )
        }
        backlog.orphanCallbacks = try row("SELECT count(*) AS count FROM orphan_callbacks")?["count"] ?? 0
        return backlog
    }

    private func unsettledCheckouts() throws -> [Row] {
        try rows(
            """
            SELECT status, count(*) AS count, min(created_at) AS oldest FROM checkouts INDEXED BY checkouts_unsettled
            WHERE status IN ('created', 'waiting', 'in_progress', 'authorized', 'needs_review')
            GROUP BY status
            """
        )
    }

    private func waitingJobs(at now: Timestamp) throws -> [Row] {
        try rows(
            """
            SELECT kind, sum(is_due) AS due, count(*) AS count, min(deadline) AS deadline FROM (
                SELECT kind, due_at <= :now AS is_due, deadline FROM jobs INDEXED BY jobs_waiting
                WHERE lease_until IS NULL AND due_at IS NOT NULL
                UNION ALL
                SELECT kind, due_at <= :now AND lease_until <= :now, deadline FROM jobs INDEXED BY jobs_held
                WHERE lease_until IS NOT NULL
            )
            GROUP BY kind
            """,
            ["now": now.milliseconds],
        )
    }
}
