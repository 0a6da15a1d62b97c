/// How long calls may take, and how long answers may be.
public struct KlarnaTimeouts: Sendable, Hashable {
    /// Until a request with a body begins to leave: name, connection, TLS.
    public var connect: Duration
    /// For a read, from the call to the last byte of its answer; so too the following two.
    public var read: Duration
    public var create: Duration
    /// For what changes money: more patience, because not knowing is dear.
    public var effect: Duration
    public var bodyBytesMax: Int

    public init(
        connect: Duration = .seconds(5),
        read: Duration = .seconds(10),
        create: Duration = .seconds(15),
        effect: Duration = .seconds(30),
        bodyBytesMax: Int = 1 << 20,
    ) {
        self.connect = connect
        self.read = read
        self.create = create
        self.effect = effect
        self.bodyBytesMax = bodyBytesMax
    }
}
