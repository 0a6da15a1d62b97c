public import Wire

/// Work that waits for its time.
struct LateWork: Sendable {
    enum Work: Sendable {
        /// A call that nobody waits for any more.
        case call(KlarnaCall)
        /// A page gives a newer authorization.
        case renewal(hppSessionID: String)
        /// Klarna's review of an order ends so.
        case fraudDecision(orderID: String, FraudDecision)
        /// Klarna cancels an order that it rejected, unless it was captured all the same.
        case cancellationOfRejected(orderID: String)
        case cancellationOfToken(id: String)
    }

    let due: Timestamp
    let work: Work
}

extension SandboxWorld {
    /// When the next late work is due: nothing changes by itself before that.
    public var nextLateWork: Timestamp? { lateWork.first?.due }

    /// Takes a call that gets no answer and does its work at `due`.
    ///
    /// - Returns: ``KlarnaAnswer/unanswered``.
    @discardableResult
    public mutating func leaveUnanswered(_ call: KlarnaCall, workAt due: Timestamp) -> KlarnaAnswer {
        schedule(.call(call), at: due)
        return .unanswered
    }

    /// Does the late work that is due, each at its own time and in their order.
    ///
    /// Whatever changes or shows the world begins with it; by itself it is called for the sake of what is read directly.
    public mutating func settle(at now: Timestamp) {
        while let next = lateWork.first, next.due <= now {
            lateWork.removeFirst()
            switch next.work {
            case .call(let call): _ = perform(call, at: next.due)
            case .renewal(let id): renewToken(onHPPSession: id, at: next.due)
            case .fraudDecision(let id, let decision): decideFraud(decision, onOrder: id, at: next.due)
            case .cancellationOfRejected(let id): cancelRejected(id, at: next.due)
            case .cancellationOfToken(let id): customerTokens[id]?.status = .cancelled
            }
        }
    }

    mutating func schedule(_ work: LateWork.Work, at due: Timestamp) {
        let index = lateWork.firstIndex { $0.due > due } ?? lateWork.endIndex
        lateWork.insert(LateWork(due: due, work: work), at: index)
    }

    /// This world once everything is done that is due.
    func settled(at now: Timestamp) -> SandboxWorld {
        var settled = self
        settled.settle(at: now)
        return settled
    }
}
