/// The one source of chance in a run: SplitMix64 (Steele, Lea, Flood 2014), seeded.
struct Dice: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed
        // Neighbouring seeds would otherwise give the same numbers, one step later.
        state = next() ^ (seed << 32)
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    /// True in so many of a thousand cases.
    mutating func chance(_ permille: Int) -> Bool { below(1000) < permille }

    /// 0 ..< bound.
    mutating func below(_ bound: Int) -> Int { Int(((next() >> 32) * UInt64(bound)) >> 32) }

    mutating func between(_ low: Int64, _ high: Int64) -> Int64 {
        low + Int64((next() >> 1) % UInt64(high - low + 1))
    }

    mutating func pick<Element>(_ elements: [Element]) -> Element { elements[below(elements.count)] }

    /// Between two durations, each order of magnitude as likely as another: mostly short, sometimes long.
    mutating func skewed(_ low: Int64, _ high: Int64) -> Int64 {
        var bound = low + 1
        while bound < high, chance(600) { bound *= 4 }
        return between(low, min(bound, high))
    }
}
