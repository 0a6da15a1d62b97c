import Wire

/// One thing that goes wrong with a request or a callback.
enum FaultEffect: Sendable, Hashable {
    /// Another service answers with this status; the work is not done.
    case status(Int)
    /// Some edge in front of Klarna answers with this status and a page for people; the work is not done.
    case html(Int)
    /// 429 with so many seconds to wait; the work is not done.
    case rateLimit(seconds: Int)
    /// The work is done at once, its answer comes late.
    case delay(Duration)
    /// The connection closes and the work is not done.
    case closeBefore
    /// The work is done and the connection closes without an answer.
    case closeAfter
    /// The connection closes at once and the work is done so much later, as far as it is Klarna's and not a page's.
    case late(Duration)
    /// The work is done and the answer is 200 with bytes that are not JSON.
    case garbage
    /// The work is done and the connection closes in the middle of the answer.
    case truncated
    /// The work is done and the answer is right, but followed by megabytes of white space.
    case oversized
    case callbackDrop
    case callbackDuplicate
    case callbackDelay(Duration)
    /// The callback changes places with the session's next one, if that comes soon.
    case callbackReorder
    /// Klarna believes that it called four times in vain.
    case callbackSilence

    var concernsCallbacks: Bool {
        switch self {
        case .status, .html, .rateLimit, .delay, .closeBefore, .closeAfter, .late, .garbage, .truncated, .oversized:
            false
        case .callbackDrop, .callbackDuplicate, .callbackDelay, .callbackReorder, .callbackSilence: true
        }
    }

    /// Milliseconds; ten minutes are longer than anybody waits.
    private static let delays = 0...600_000

    /// Reads `status:503`, `delay_ms:5000`, `close_before` and the others of the sandbox's interface.
    init?(_ text: String) {
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2 else {
            guard let plain = FaultEffect.plain.first(where: { $0.text == text }) else { return nil }
            self = plain
            return
        }
        switch (parts[0], Int(parts[1])) {
        case ("status", let status?) where (300...599).contains(status): self = .status(status)
        case ("html", let status?) where (200...599).contains(status) && status != 204 && status != 304:
            self = .html(status)
        case ("rate_limit", let seconds?) where (0...86_400).contains(seconds): self = .rateLimit(seconds: seconds)
        case ("delay_ms", let delay?) where FaultEffect.delays.contains(delay): self = .delay(.milliseconds(delay))
        case ("late_ms", let delay?) where FaultEffect.delays.contains(delay): self = .late(.milliseconds(delay))
        case ("callback_delay_ms", let delay?) where FaultEffect.delays.contains(delay):
            self = .callbackDelay(.milliseconds(delay))
        case _: return nil
        }
    }

    private static let plain: [FaultEffect] = [
        .closeBefore, .closeAfter, .garbage, .truncated, .oversized, .callbackDrop, .callbackDuplicate,
        .callbackReorder, .callbackSilence,
    ]

    /// As it is read.
    var text: String {
        switch self {
        case .status(let status): "status:\(status)"
        case .html(let status): "html:\(status)"
        case .rateLimit(let seconds): "rate_limit:\(seconds)"
        case .delay(let delay): "delay_ms:\(delay.milliseconds)"
        case .closeBefore: "close_before"
        case .closeAfter: "close_after"
        case .late(let delay): "late_ms:\(delay.milliseconds)"
        case .garbage: "garbage"
        case .truncated: "truncated"
        case .oversized: "oversized"
        case .callbackDrop: "callback_drop"
        case .callbackDuplicate: "callback_duplicate"
        case .callbackDelay(let delay): "callback_delay_ms:\(delay.milliseconds)"
        case .callbackReorder: "callback_reorder"
        case .callbackSilence: "callback_silence"
        }
    }
}
