extension Schema {
    /// - `held_reference` is set while a checkout alone may become the order of its merchant reference.
    /// - `deadline` is by when a job has to be done to be of use, by Klarna's clock; without one, when it falls due.
    /// - Jobs that place orders wait in an order of their own. The others wait in the order in which they fall due.
    /// - `orphan_callbacks` are for checkouts that are not in this database.
    static let version2 = """
        ALTER TABLE checkouts ADD COLUMN account TEXT NOT NULL DEFAULT 'default';
        UPDATE checkouts SET account = json_extract(document, '$.account')
            WHERE iif(json_valid(document), json_extract(document, '$.account'), NULL) <> 'default';
        ALTER TABLE checkouts ADD COLUMN held_reference TEXT;
        CREATE UNIQUE INDEX checkouts_by_held_reference ON checkouts (held_reference)
            WHERE held_reference IS NOT NULL;
        CREATE INDEX checkouts_unsettled ON checkouts (status, created_at, id)
            WHERE status IN ('created', 'waiting', 'in_progress', 'authorized', 'needs_review');
        CREATE INDEX checkouts_committed ON checkouts (account, merchant_reference, id)
            WHERE merchant_reference IS NOT NULL AND status IN ('authorized', 'order_placed', 'needs_review');

        ALTER TABLE jobs ADD COLUMN deadline INTEGER;
        DROP INDEX jobs_waiting;
        CREATE INDEX jobs_waiting ON jobs (kind = 'place', due_at, deadline)
            WHERE lease_until IS NULL AND due_at IS NOT NULL;
        CREATE INDEX jobs_placing ON jobs (coalesce(deadline, due_at), due_at)
            WHERE kind = 'place' AND lease_until IS NULL AND due_at IS NOT NULL;

        CREATE INDEX jobs_hints ON jobs (due_at) WHERE kind = 'hint' AND lease_until IS NULL AND due_at IS NOT NULL;

        CREATE TABLE orphan_callbacks (
            checkout_id TEXT NOT NULL,
            event_id TEXT NOT NULL,
            at INTEGER NOT NULL,
            hpp_session_id TEXT,
            status TEXT,
            PRIMARY KEY (checkout_id, event_id)
        ) STRICT, WITHOUT ROWID;
        """
}
