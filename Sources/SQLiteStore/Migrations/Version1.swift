extension Schema {
    /// Times are milliseconds since 1970 in UTC.
    ///
    /// - A job that is done keeps its row, with no due time, so that its epoch is never given out twice.
    /// - `next_due_at` holds what was ordered while the job was held; it becomes the due time when the holder ends.
    /// - `lease_until` is NULL when nobody holds the job or key.
    static let version1 = """
        CREATE TABLE checkouts (
            id TEXT NOT NULL PRIMARY KEY,
            version INTEGER NOT NULL CHECK (version > 0),
            status TEXT NOT NULL,
            merchant_reference TEXT,
            created_at INTEGER NOT NULL,
            updated_at INTEGER NOT NULL,
            hpp_session_id TEXT UNIQUE,
            order_id TEXT UNIQUE,
            document TEXT NOT NULL,
            sealed BLOB NOT NULL
        ) STRICT;
        CREATE INDEX checkouts_by_status ON checkouts (status, id);
        CREATE INDEX checkouts_by_merchant_reference ON checkouts (merchant_reference, id)
            WHERE merchant_reference IS NOT NULL;

        CREATE TABLE events (
            sequence INTEGER NOT NULL PRIMARY KEY,
            checkout_id TEXT NOT NULL REFERENCES checkouts (id),
            at INTEGER NOT NULL,
            type TEXT NOT NULL,
            source TEXT NOT NULL,
            detail TEXT NOT NULL,
            event_id TEXT
        ) STRICT;
        CREATE UNIQUE INDEX events_of_checkout ON events (checkout_id, event_id);

        CREATE TABLE jobs (
            checkout_id TEXT NOT NULL REFERENCES checkouts (id),
            kind TEXT NOT NULL,
            due_at INTEGER,
            next_due_at INTEGER,
            attempt INTEGER NOT NULL,
            revision INTEGER NOT NULL,
            epoch INTEGER NOT NULL,
            lease_until INTEGER,
            PRIMARY KEY (checkout_id, kind)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX jobs_waiting ON jobs (due_at) WHERE lease_until IS NULL AND due_at IS NOT NULL;
        CREATE INDEX jobs_held ON jobs (lease_until) WHERE lease_until IS NOT NULL;

        CREATE TABLE idempotency_keys (
            scope TEXT NOT NULL,
            key TEXT NOT NULL,
            fingerprint TEXT NOT NULL,
            created_at INTEGER NOT NULL,
            epoch INTEGER NOT NULL,
            lease_until INTEGER,
            checkout_id TEXT REFERENCES checkouts (id),
            answered_at INTEGER,
            answer_status INTEGER,
            answer_fields BLOB,
            answer_body BLOB,
            PRIMARY KEY (scope, key)
        ) STRICT, WITHOUT ROWID;
        """
}
