internal import Checkouts
internal import FoundationEssentials
internal import GRDB
internal import Wire

/// Idempotency keys, one statement each.
extension Database {
    func begin(
        _ request: IdempotentRequest,
        until leaseEnd: Timestamp,
        at now: Timestamp,
        vault: Vault,
    ) throws -> IdempotentStart {
        guard
            let key = try row(
                "SELECT * FROM idempotency_keys WHERE scope = ? AND key = ?",
                [request.scope, request.key],
            )
        else {
            try insert(request, until: leaseEnd, at: now)
            return .ours(IdempotencyClaim(scope: request.scope, key: request.key, epoch: 1), resuming: nil)
        }
        guard key["fingerprint"] == request.fingerprint else { return .otherBody }
        if let answer = SealedAnswer(key) {
            return .answered(try answer.open(of: request.scope, request.key, vault: vault))
        }
        if let leaseUntil = key["lease_until"] as Int64?, leaseUntil > now.milliseconds {
            return .inFlight(retryAfter: Timestamp(milliseconds: leaseUntil) - now)
        }
        let claim = IdempotencyClaim(scope: request.scope, key: request.key, epoch: key["epoch"] + 1)
        try take(claim, until: leaseEnd)
        return .ours(claim, resuming: (key["checkout_id"] as String?).flatMap(Checkout.ID.init(rawValue:)))
    }

    private func insert(_ request: IdempotentRequest, until leaseEnd: Timestamp, at now: Timestamp) throws {
        try run(
            """
            INSERT INTO idempotency_keys (scope, key, fingerprint, created_at, epoch, lease_until)
            VALUES (?, ?, ?, ?, 1, ?)
            """,
            [request.scope, request.key, request.fingerprint, now.milliseconds, leaseEnd.milliseconds],
        )
    }

    private func take(_ claim: IdempotencyClaim, until leaseEnd: Timestamp) throws {
        try run(
            "UPDATE idempotency_keys SET epoch = ?, lease_until = ? WHERE scope = ? AND key = ?",
            [claim.epoch, leaseEnd.milliseconds, claim.scope, claim.key],
        )
    }

    /// The key remembers the checkout that was created under it.
    func link(_ claim: IdempotencyClaim, toCheckout id: String) throws {
        let isHeld = try changes(
            """
            UPDATE idempotency_keys SET checkout_id = ?
            WHERE scope = ? AND key = ? AND epoch = ? AND lease_until IS NOT NULL
            """,
            [id, claim.scope, claim.key, claim.epoch],
        )
        guard isHeld else { throw StoreError.leaseLost }
    }

    func answer(_ claim: IdempotencyClaim, _ answer: SealedAnswer, at now: Timestamp) throws {
        let isHeld = try changes(
            """
            UPDATE idempotency_keys
            SET answered_at = ?, answer_status = ?, answer_fields = ?, answer_body = ?, lease_until = NULL
            WHERE scope = ? AND key = ? AND epoch = ? AND lease_until IS NOT NULL
            """,
            [
                now.milliseconds, answer.status, answer.fields, answer.body,
                claim.scope, claim.key, claim.epoch,
            ],
        )
        guard isHeld else { throw StoreError.leaseLost }
    }

    func reopen(_ claim: IdempotencyClaim) throws {
        let isHeld = try changes(
            """
            UPDATE idempotency_keys SET lease_until = NULL
            WHERE scope = ? AND key = ? AND epoch = ? AND lease_until IS NOT NULL
            """,
            [claim.scope, claim.key, claim.epoch],
        )
        guard isHeld else { throw StoreError.leaseLost }
    }

    func releaseKeys() throws {
        try run("UPDATE idempotency_keys SET lease_until = NULL WHERE lease_until IS NOT NULL")
    }
}

/// An answer as it lies in the database: what was said to one caller, which may include personal data, is sealed.
struct SealedAnswer: Sendable {
    let status: Int
    let fields: Data
    let body: Data

    init(_ answer: StoredAnswer, to claim: IdempotencyClaim, vault: Vault) throws(StoreError) {
        let names = JSON.array(answer.fields.map { [.string($0.name), .string($0.value)] })
        status = answer.status
        fields = Data(try vault.seal(names.bytes, for: "fields \(claim.scope) \(claim.key)"))
        body = Data(try vault.seal(answer.body, for: "body \(claim.scope) \(claim.key)"))
    }

    /// `nil` while there is no answer.
    init?(_ row: Row) {
        guard let status = row["answer_status"] as Int?, let fields = row["answer_fields"] as Data?,
            let body = row["answer_body"] as Data?
        else { return nil }
        self.status = status
        self.fields = fields
        self.body = body
    }

    func open(of scope: String, _ key: String, vault: Vault) throws(StoreError) -> StoredAnswer {
        let names = try vault.open(Array(fields), for: "fields \(scope) \(key)")
        var opened: [StoredAnswer.Field] = []
        for pair in (try? JSON.parse(names))?.array ?? [] {
            guard let name = pair.array?.first?.string, let value = pair.array?.last?.string else { continue }
            opened.append(StoredAnswer.Field(name, value))
        }
        return StoredAnswer(
            status: status,
            fields: opened,
            body: try vault.open(Array(body), for: "body \(scope) \(key)"),
        )
    }
}
