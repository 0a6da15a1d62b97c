/// A way for Klarna to be: its behaviour, and what goes wrong by itself for as long as the sandbox runs.
public struct SandboxProfile: Sendable {
    public let name: String
    public let summary: String
    public internal(set) var behaviour = SandboxWorld.Behaviour()
    /// What decides where there is a choice; `nil` is another one each time.
    public var seed: UInt64?
    var faults: [Fault] = []

    init(_ name: String, _ summary: String, _ adjust: (inout SandboxProfile) -> Void = { _ in }) {
        self.name = name
        self.summary = summary
        adjust(&self)
    }

    /// As friendly as Klarna's documents allow.
    public static let standard = SandboxProfile("default", "as Klarna's documents have it, and nothing goes wrong")

    public static let all: [SandboxProfile] = [
        standard,
        SandboxProfile("strict", "what was done before is refused (403), and rate limits are enforced") {
            $0.behaviour.repeatedOrder = .consumed
            $0.behaviour.repeatedToken = .consumed
            $0.behaviour.makesTokensAfterOrders = false
            $0.behaviour.capturesPending = false
            $0.behaviour.enforcesRateLimits = true
        },
        SandboxProfile("forgetful", "a consumed token is unknown (404), and readings have gaps") {
            $0.behaviour.repeatedOrder = .gone
            $0.behaviour.repeatedToken = .anotherToken
            $0.behaviour.statusAfterRelease = .captured
            $0.behaviour.omissions = Set(SandboxWorld.Omission.allCases)
        },
        SandboxProfile("sticky", "for 30 % of the tokens the order is placed and every answer is 500") {
            $0.behaviour.repeatedOrder = .conflict
            $0.behaviour.orderShown = .besideToken
            $0.behaviour.placeTrouble = .init(percent: 30, status: 500, isSticky: true, ordersAnyway: true)
        },
        SandboxProfile("refusing", "for 30 % of the tokens no order is placed and every answer is 403") {
            $0.behaviour.placeTrouble = .init(percent: 30, status: 403, isSticky: true)
        },
        SandboxProfile("late", "30 % of the calls get no answer and are done up to 89 s later") {
            $0.behaviour.lateEffects = .init(percent: 30)
            $0.behaviour.completionDelay = .seconds(30)
        },
        SandboxProfile("tokens", "each page gives three authorizations, 5 s apart") {
            $0.behaviour.tokensPerPage = 3
            $0.behaviour.tokenRenewal = .seconds(5)
            $0.behaviour.showsFirstToken = true
        },
        SandboxProfile("silent", "no callback ever arrives") {
            $0.faults = [Fault(.callbackSilence, percent: 100)]
        },
        SandboxProfile("storm", "callbacks come twice, late, and out of order") {
            $0.faults = [
                Fault(.callbackDuplicate, percent: 40), Fault(.callbackReorder, percent: 40),
                Fault(.callbackDelay(.seconds(2)), percent: 40),
            ]
        },
        SandboxProfile("throttled", "rate limits are enforced, and 20 % of the calls get 429") {
            $0.behaviour.enforcesRateLimits = true
            $0.faults = [Fault(.rateLimit(seconds: 1), percent: 20)]
        },
        SandboxProfile("flaky", "a third of the calls fail: refused, cut, lost, garbled, slow") {
            $0.faults = [
                Fault(.status(503), percent: 8), Fault(.html(502), percent: 3), Fault(.closeBefore, percent: 6),
                Fault(.closeAfter, percent: 6), Fault(.truncated, percent: 3), Fault(.garbage, percent: 3),
                Fault(.oversized, percent: 2), Fault(.delay(.seconds(2)), percent: 4),
            ]
        },
    ]

    public static func named(_ name: String) -> SandboxProfile? { all.first { $0.name == name } }

    /// Any behaviour and any trouble, at rates that let a patient merchant through: the same for the same seed.
    public static func chaos(seed: UInt64) -> SandboxProfile {
        SandboxProfile("chaos", "drawn from the seed \(seed)") { profile in
            var random = SeededGenerator(seed: seed)
            profile.seed = seed
            profile.behaviour = .drawn(using: &random)
            let requests: [FaultEffect] = [
                .status(500), .status(503), .html(401), .html(502), .rateLimit(seconds: 1), .closeBefore, .closeAfter,
                .late(.seconds(Int64.random(in: 1...89, using: &random))), .garbage, .truncated, .oversized,
                .delay(.milliseconds(Int64.random(in: 1...3000, using: &random))),
            ]
            let callbacks: [FaultEffect] = [
                .callbackDrop, .callbackDuplicate, .callbackReorder, .callbackSilence,
                .callbackDelay(.milliseconds(Int64.random(in: 1...10_000, using: &random))),
            ]
            profile.faults = requests.map { Fault($0, percent: Int.random(in: 0...4, using: &random)) }
            profile.faults += callbacks.map { Fault($0, percent: Int.random(in: 0...25, using: &random)) }
        }
    }
}
