public import Money

/// One thing that is wrong with a value from outside, and where it stands.
public struct Fault: Sendable, Hashable {
    /// RFC 6901, from the top of the body. A missing member is pointed at by the pointer it would have.
    public let pointer: String
    /// One sentence that helps whoever has to correct it. Never repeats text that was given.
    public let detail: String
    /// For an amount that does not add up: what it should be.
    public let sum: Sum?

    public struct Sum: Sendable, Hashable {
        public let expected: MinorUnits
        public let given: MinorUnits
        /// How far the given amount may be off.
        public let tolerance: Int64
    }

    public init(_ pointer: String, _ detail: String, sum: Sum? = nil) {
        self.pointer = pointer
        self.detail = detail
        self.sum = sum
    }
}

/// Everything that is wrong with one body: at least one fault.
public struct Faults: Error, Sendable, Hashable {
    public let all: [Fault]

    public init(_ all: [Fault]) { self.all = all }
}
