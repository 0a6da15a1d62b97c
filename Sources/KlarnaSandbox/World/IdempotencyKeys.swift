import Wire

/// What `Klarna-Idempotency-Key` stands for. Only the key counts, not the body; whose it is and for which call belongs to
/// it, as far as anybody knows.
struct KeyedCall: Sendable, Hashable {
    /// The credentials as they were sent: each merchant has its own keys.
    let authorization: String?
    let method: String
    let path: String
    let key: String
}

/// An answer that Klarna would give again to whoever comes with the same idempotency key.
struct KeyedAnswer: Sendable {
    static let lifetime = Duration.seconds(24 * 3600)

    let answer: Result<KlarnaAnswer, KlarnaRefusal>
    let until: Timestamp

    init(_ answer: Result<KlarnaAnswer, KlarnaRefusal>, at now: Timestamp) {
        self.answer = answer
        until = now + KeyedAnswer.lifetime
    }
}

extension SandboxWorld {
    /// Does the work of a call, or answers as the first call with its key was answered within the last 24 hours.
    ///
    /// Klarna Order Management v1, header `Klarna-Idempotency-Key`. Answers of 500 and above are not kept.
    mutating func answerOnce(
        _ call: KlarnaCall,
        at now: Timestamp,
        if honoursKeys: Bool,
        _ work: (inout SandboxWorld) throws(KlarnaRefusal) -> KlarnaAnswer,
    ) throws(KlarnaRefusal) -> KlarnaAnswer {
        guard honoursKeys, behaviour.honoursOrderManagementKeys, let key = call.idempotencyKey, !key.isEmpty else {
            return try work(&self)
        }
        let keyed = KeyedCall(authorization: call.authorization, method: call.method, path: call.path, key: key)
        if let kept = keyedCalls[keyed], now < kept.until { return try kept.answer.get() }
        do throws(KlarnaRefusal) {
            let answer = try work(&self)
            keyedCalls[keyed] = KeyedAnswer(.success(answer), at: now)
            return answer
        } catch {
            if behaviour.repeatsRefusals, error.status < 500 {
                keyedCalls[keyed] = KeyedAnswer(.failure(error), at: now)
            }
            throw error
        }
    }
}
