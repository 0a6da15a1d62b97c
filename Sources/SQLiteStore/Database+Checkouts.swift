internal import Checkouts
internal import FoundationEssentials
internal import GRDB
internal import Wire

/// Checkouts and their events, one statement each.
extension Database {
    /// Stores the next version of a checkout and returns it; throws ``StoreError/stale`` when another one was stored since.
    func put(_ record: CheckoutRecord) throws -> Int64 {
        guard try record.version == 0 ? insert(record) : update(record) else { throw StoreError.stale }
        return record.version + 1
    }

    private func insert(_ record: CheckoutRecord) throws -> Bool {
        try changes(
            """
            INSERT INTO checkouts (
                id, version, status, account, merchant_reference, held_reference, created_at, updated_at,
                hpp_session_id, order_id, document, sealed
            )
            SELECT :id, 1, :status, :account, :merchant_reference, :held_reference, :created_at, :updated_at,
                :hpp_session_id, :order_id, :document, :sealed
            WHERE NOT EXISTS (SELECT 1 FROM checkouts WHERE id = :id)
            """,
            [
                "id": record.id,
                "status": record.status,
                "account": record.account,
                "merchant_reference": record.merchantReference,
                "held_reference": record.heldReference,
                "created_at": record.createdAt.milliseconds,
                "updated_at": record.updatedAt.milliseconds,
                "hpp_session_id": record.hppSessionID,
                "order_id": record.orderID,
                "document": String(decoding: record.document, as: UTF8.self),
                "sealed": Data(record.sealed),
            ],
        )
    }

    private func update(_ record: CheckoutRecord) throws -> Bool {
        try changes(
            """
            UPDATE checkouts
            SET version = version + 1, status = :status, account = :account, merchant_reference = :merchant_reference,
                held_reference = :held_reference, updated_at = :updated_at, hpp_session_id = :hpp_session_id,
                order_id = :order_id, document = :document, sealed = :sealed
            WHERE id = :id AND version = :version
            """,
            [
                "id": record.id,
                "version": record.version,
                "status": record.status,
                "account": record.account,
                "merchant_reference": record.merchantReference,
                "held_reference": record.heldReference,
                "updated_at": record.updatedAt.milliseconds,
                "hpp_session_id": record.hppSessionID,
                "order_id": record.orderID,
                "document": String(decoding: record.document, as: UTF8.self),
                "sealed": Data(record.sealed),
            ],
        )
    }

    func checkout(id: String) throws -> CheckoutRecord? {
        try row("SELECT * FROM checkouts WHERE id = ?", [id]).map(CheckoutRecord.init)
    }

    /// Ids sort by the time they were made. `~` sorts after every id.
    func checkouts(_ filter: CheckoutFilter) throws -> [CheckoutRecord] {
        try rows(
            """
            SELECT * FROM checkouts
            WHERE id < coalesce(:after, '~')
                \(filter.status == nil ? "" : "AND status = :status")
                \(filter.merchantReference == nil ? "" : "AND merchant_reference = :merchant_reference")
            ORDER BY id DESC
            LIMIT :limit
            """,
            StatementArguments(
                [
                    "after": filter.after?.rawValue,
                    "limit": min(max(filter.limit, 1), 100),
                ] as [String: (any DatabaseValueConvertible)?]
            )
                + (filter.status.map { ["status": $0.rawValue] } ?? [:])
                + (filter.merchantReference.map { ["merchant_reference": $0] } ?? [:]),
        )
        .map(CheckoutRecord.init)
    }

    /// The newest 100 others with that merchant reference that have an authorization, an order, or may have one.
    func rivals(of id: String, account: String, merchantReference: String) throws -> [CheckoutRecord] {
        try rows(
            """
            SELECT * FROM checkouts
            WHERE account = ? AND merchant_reference = ? AND id <> ?
                AND status IN ('authorized', 'order_placed', 'needs_review')
            ORDER BY id DESC
            LIMIT 100
            """,
            [account, merchantReference, id],
        )
        .map(CheckoutRecord.init)
    }

    /// Appends an event, unless this checkout has one with the same event id already.
    func append(_ event: Event, toCheckout id: String) throws {
        try run(
            """
            INSERT INTO events (checkout_id, at, type, source, detail, event_id)
            VALUES (?, ?, ?, ?, ?, ?)
            ON CONFLICT (checkout_id, event_id) DO NOTHING
            """,
            [
                id, event.at.milliseconds, event.type, event.source.rawValue,
                String(decoding: JSON.object(event.detail).bytes, as: UTF8.self), event.eventID,
            ],
        )
    }

    func events(ofCheckout id: String) throws -> [StoredEvent] {
        try rows(
            """
            SELECT sequence, at, type, source, detail, event_id FROM events
            WHERE checkout_id = ? ORDER BY sequence
            """,
            [id],
        )
        .map(StoredEvent.init)
    }
}

extension CheckoutRecord {
    fileprivate init(_ row: Row) {
        self.init(
            id: row["id"],
            version: row["version"],
            status: row["status"],
            account: row["account"],
            merchantReference: row["merchant_reference"],
            heldReference: row["held_reference"],
            createdAt: Timestamp(milliseconds: row["created_at"]),
            updatedAt: Timestamp(milliseconds: row["updated_at"]),
            hppSessionID: row["hpp_session_id"],
            orderID: row["order_id"],
            document: Array((row["document"] as String).utf8),
            sealed: Array(row["sealed"] as Data),
        )
    }
}

extension StoredEvent {
    fileprivate init(_ row: Row) throws {
        let sequence: Int64 = row["sequence"]
        guard let source = Event.Source(rawValue: row["source"]),
            let detail = (try? JSON.parse(row["detail"] as String))?.object
        else { throw StoreError.unavailable(reason: "event \(sequence) is damaged") }
        let event = Event(
            at: Timestamp(milliseconds: row["at"]),
            type: row["type"],
            source: source,
            detail: detail,
            eventID: row["event_id"],
        )
        self.init(sequence: sequence, event: event)
    }
}
