/// What a connection takes of one request, and of one peer.
public struct MessageLimits: Sendable {
    public var requestLineBytesMax: Int
    /// At most 65,535: offsets into a head have 16 bits.
    public var headBytesMax: Int
    public var fieldsMax: Int
    /// An unread body up to this size is thrown away to keep the connection; a longer one costs the connection.
    public var discardBytesMax: Int
    public var requestsMax: Int

    public init(
        requestLineBytesMax: Int = 8 * 1024,
        headBytesMax: Int = 16 * 1024,
        fieldsMax: Int = 100,
        discardBytesMax: Int = 64 * 1024,
        requestsMax: Int = 1000,
    ) {
        self.requestLineBytesMax = requestLineBytesMax
        self.headBytesMax = min(headBytesMax, Int(UInt16.max))
        self.fieldsMax = fieldsMax
        self.discardBytesMax = discardBytesMax
        self.requestsMax = requestsMax
    }
}
