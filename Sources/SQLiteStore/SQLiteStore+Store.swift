public import Checkouts
internal import GRDB
public import Wire

extension SQLiteStore: Store {
    @discardableResult
    public func commit(_ change: Change) async throws(StoreError) -> Int64 {
        let record: CheckoutRecord?
        if let checkout = change.checkout {
            guard checkout.id == change.checkoutID else {
                throw .conflict(.other, reason: "the change is for another checkout than the one it carries")
            }
            record = try CheckoutRecord(checkout, vault: vault)
        } else {
            record = nil
        }
        return try await write { db in
            let id = change.checkoutID.rawValue
            if let job = change.job { try db.requireHeld(job) }
            let version = try record.map(db.put) ?? 0
            if let claim = change.claim { try db.link(claim, toCheckout: id) }
            for event in change.events { try db.append(event, toCheckout: id) }
            for job in change.jobs where !job.onlyIfAbsent { try db.order(job, forCheckout: id) }
            if let job = change.job, let end = change.jobEnd { try db.end(job, end) }
            // After the end: the job that this change is done with is one that is absent.
            for job in change.jobs where job.onlyIfAbsent { try db.order(job, forCheckout: id) }
            return version
        }
    }

    public func checkout(_ id: Checkout.ID) async throws(StoreError) -> Checkout? {
        try await read { db in try db.checkout(id: id.rawValue) }?.checkout(vault: vault)
    }

    public func checkouts(_ filter: CheckoutFilter) async throws(StoreError) -> [Checkout] {
        var checkouts: [Checkout] = []
        for record in try await read({ db in try db.checkouts(filter) }) {
            checkouts.append(try record.checkout(vault: vault))
        }
        return checkouts
    }

    public func events(of id: Checkout.ID) async throws(StoreError) -> [StoredEvent] {
        try await read { db in try db.events(ofCheckout: id.rawValue) }
    }

    public func rivals(of checkout: Checkout) async throws(StoreError) -> [Checkout] {
        guard let merchantReference = checkout.merchantReference else { return [] }
        let (id, account) = (checkout.id.rawValue, checkout.account)
        var rivals: [Checkout] = []
        for record in try await read({ db in
            try db.rivals(of: id, account: account, merchantReference: merchantReference)
        }) {
            rivals.append(try record.checkout(vault: vault))
        }
        return rivals
    }

    public func claimJobs(
        _ capacity: JobCapacity,
        lease: Duration,
        at now: Timestamp,
    ) async throws(StoreError) -> [ClaimedJob] {
        guard capacity.placing > 0 || capacity.other > 0 else { return [] }
        return try await write { db in
            try db.claimPlacings(limit: max(capacity.placing, 0), until: now + lease, at: now)
                + db.claimOthers(limit: max(capacity.other, 0), until: now + lease, at: now)
        }
    }

    public func nextJobDue() async throws(StoreError) -> Timestamp? {
        try await read { db in try db.nextJobDue() }
    }

    public func end(_ job: ClaimedJob, _ end: JobEnd) async throws(StoreError) {
        try await write { db in try db.end(job, end) }
    }

    public func renew(_ job: ClaimedJob, lease: Duration, at now: Timestamp) async throws(StoreError) {
        try await write { db in try db.renew(job, until: now + lease) }
    }

    public func resume(at now: Timestamp) async throws(StoreError) {
        try await write { db in
            try db.releaseKeys()
            try db.resumeJobs(at: now)
            try db.orderMissingJobs(at: now)
        }
    }

    public func keep(_ orphan: OrphanCallback) async throws(StoreError) {
        try await write { db in try db.keep(orphan) }
    }

    public func backlog(at now: Timestamp) async throws(StoreError) -> Backlog {
        try await read { db in try db.backlog(at: now) }
    }

    public func begin(
        _ request: IdempotentRequest,
        lease: Duration,
        at now: Timestamp,
    ) async throws(StoreError) -> IdempotentStart {
        let vault = self.vault
        return try await write { db in try db.begin(request, until: now + lease, at: now, vault: vault) }
    }

    public func end(_ claim: IdempotencyClaim, answer: StoredAnswer?, at now: Timestamp) async throws(StoreError) {
        guard let answer else { return try await write { db in try db.reopen(claim) } }
        let sealed = try SealedAnswer(answer, to: claim, vault: vault)
        try await write { db in try db.answer(claim, sealed, at: now) }
    }

    public func checkWritable() async throws(StoreError) {
        try await write(Schema.touch)
    }
}
