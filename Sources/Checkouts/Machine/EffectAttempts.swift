public import Wire

/// What is known of the attempts at one effect: a request that must have its effect once and may have had it already.
///
/// The same for placing an order, capturing, refunding and cancelling. All times are by Klarna's clock.
public struct EffectAttempts: Sendable, Hashable {
    public package(set) var count = 0
    /// When the first one began.
    public package(set) var firstBegunAt: Timestamp?
    /// When the attempt began that is under way, or was when the process ended.
    public package(set) var inFlightSince: Timestamp?
    /// When the latest attempt began that Klarna never answered.
    public package(set) var unansweredAt: Timestamp?
    /// How many attempts Klarna refused, and since when.
    public package(set) var refusals = 0
    public package(set) var firstRefusedAt: Timestamp?
    public package(set) var lastRefusal: Problem.KlarnaAnswer?
    /// How many attempts were answered by something about us: a wrong password, too many calls.
    public package(set) var held = 0

    public init() {}

    /// None yet of this request, after so many of one that came to nothing.
    init(countingFrom count: Int) { self.count = count }

    /// When the latest attempt began whose outcome is not known; `nil` when every attempt was answered or never left.
    public var uncertainSince: Timestamp? { [inFlightSince, unansweredAt].compactMap(\.self).max() }

    /// Whether no attempt can have reached Klarna.
    var neverArrived: Bool { unansweredAt == nil && refusals == 0 && held == 0 }

    /// An attempt begins. One that was under way before ended with the process that made it, unanswered.
    mutating func begin(at now: Timestamp) {
        unansweredAt = uncertainSince
        inFlightSince = now
        firstBegunAt = firstBegunAt ?? now
        count += 1
    }

    /// No byte of the attempt left.
    mutating func end() { inFlightSince = nil }

    /// It was answered, though not about the effect.
    mutating func hold() {
        inFlightSince = nil
        held += 1
    }

    mutating func loseAnswer() {
        unansweredAt = uncertainSince
        inFlightSince = nil
    }

    mutating func countRefusal(_ answer: Problem.KlarnaAnswer, at now: Timestamp) {
        inFlightSince = nil
        refusals += 1
        firstRefusedAt = firstRefusedAt ?? now
        lastRefusal = answer
    }
}
