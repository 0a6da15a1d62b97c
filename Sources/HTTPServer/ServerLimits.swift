/// Every limit of the server, each with its name. A limit is part of the design: what happens at it is said here.
public struct ServerLimits: Sendable {
    /// A longer request line is answered 414.
    public var requestLineBytesMax = 8 * 1024
    /// A longer head (request line and fields) is answered 431. At most 65,535: offsets into a head have 16 bits.
    public var headBytesMax = 16 * 1024
    /// More field lines are answered 431.
    public var fieldsMax = 100
    /// For the handshake of TLS; then the connection is closed without a word.
    public var handshakeTimeout = Duration.seconds(10)
    /// From the first chance to send a request until its head is complete; then 408, or a silent close if nothing came.
    public var headTimeout = Duration.seconds(10)
    /// For a whole body; then 408.
    public var bodyTimeout = Duration.seconds(20)
    /// A body slower than this on average, once ``bodyRateGrace`` has passed, is answered 408.
    public var bodyBytesPerSecondMin = 500
    public var bodyRateGrace = Duration.seconds(5)
    /// A peer that takes nothing of what waits for it is cut after this time.
    public var writeStallTimeout = Duration.seconds(15)
    /// Unsent bytes above which the writer of a streamed body has to wait, and no further request of the connection is read.
    public var unsentBytesMax = 256 * 1024
    /// An idle connection is closed after this time.
    public var keepAliveTimeout = Duration.seconds(30)
    /// The connection is closed after this many requests.
    public var requestsPerConnectionMax = 1000
    /// Answers that may wait unsent on one connection before its next request is read.
    public var pipelineMax = 16
    /// A body up to this size that nobody wants is read and thrown away; a longer one is refused and costs the connection.
    public var discardBytesMax = 64 * 1024
    /// How long a closed connection is still read, so that the peer gets its last answer instead of a reset. In a
    /// shutdown also how long a connection that has just come may take to send its first request.
    public var lingerTimeout = Duration.seconds(2)
    /// Open connections of the whole server; further ones are answered 503.
    public var connectionsMax = 8192
    /// Open connections from one address; further ones are answered 503.
    public var connectionsPerAddressMax = 128
    /// Whether a reverse proxy on this machine, which speaks for many, is spared ``connectionsPerAddressMax``.
    public var sparesLoopback = true
    /// Ranges of a file that one request may ask for; one that asks for more gets the whole file.
    public var rangesMax = 16
    /// A file up to this size is held in memory once it was asked for; a longer one is sent from the disk.
    public var cachedFileBytesMax = 128 * 1024
    /// Memory for files, of each ``StaticFiles``; when it is full, it is emptied.
    public var fileCacheBytesMax = 16 * 1024 * 1024
    /// Long files that are kept open, of each ``StaticFiles``; when there are more, all of them are closed.
    public var openFilesMax = 128
    /// Connections that may wait to be accepted, per loop.
    public var backlog = 1024
    /// How long no connection is accepted after the process ran out of descriptors.
    public var acceptPause = Duration.milliseconds(200)

    public init() {}
}
