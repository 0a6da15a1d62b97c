internal import Wire

/// Lets calls pass at a steady rate, and a few more at once after a time of rest.
///
/// It counts in thousandths of a token, one of which is added for every millisecond and unit of the rate: nothing is rounded.
struct TokenBucket: Sendable {
    /// Tokens a second.
    private var rate: Int64
    private var thousandthsMax: Int64
    private var thousandths: Int64
    /// In the future while it is paused.
    private var filledAt: Timestamp

    /// A full one. Rate and capacity are at least 1.
    init(rate: Int, capacity: Int) {
        self.rate = Int64(max(1, rate))
        thousandthsMax = Int64(max(1, capacity)) * 1000
        thousandths = thousandthsMax
        filledAt = Timestamp(milliseconds: 0)
    }

    /// Becomes another one, with what it holds as far as there is room for it.
    mutating func change(rate: Int, capacity: Int) {
        self.rate = Int64(max(1, rate))
        thousandthsMax = Int64(max(1, capacity)) * 1000
        thousandths = min(thousandths, thousandthsMax)
    }

    mutating func fill(until now: Timestamp) {
        guard now > filledAt else { return }
        // After that time it is full at any rate, and the product stays small.
        let elapsed = min((now - filledAt).milliseconds, thousandthsMax)
        thousandths = min(thousandthsMax, thousandths + elapsed * rate)
        filledAt = now
    }

    /// How long until it has had so many tokens to give; zero if it has them. To be asked when filled.
    func wait(for tokens: Int, at now: Timestamp) -> Duration {
        let lacking = max(0, Int64(tokens) * 1000 - thousandths)
        return max(.zero, filledAt - now) + .milliseconds((lacking + rate - 1) / rate)
    }

    mutating func take() { thousandths -= 1000 }

    /// Gives nothing until then, and starts with a single token: to begin with a burst would be to meet the limit again.
    mutating func pause(until end: Timestamp) {
        guard end >= filledAt else { return }
        thousandths = 1000
        filledAt = end
    }
}
