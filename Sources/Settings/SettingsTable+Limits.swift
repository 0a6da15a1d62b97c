/// What the HTTP server takes from its peers. In brackets stands what a peer is answered at the limit.
extension SettingsTable {
    static let limits: [SettingRow] = [
        requestLineBytes.row, headBytes.row, fields.row, bodyBytesPerSecond.row, unsentBytes.row, discardedBytes.row,
        connections.row, connectionsPerAddress.row, spareLoopback.row, backlog.row, requestsPerConnection.row,
        pipelinedRequests.row, ranges.row, cachedFileBytes.row, fileCacheBytes.row, openFiles.row,
    ]

    static let limitTimes: [SettingRow] = [
        handshakeTime, headTime, bodyTime, bodyRateGrace, writeTime, idleTime, lingerTime, acceptPause,
    ].map(\.row)

    static let requestLineBytes = limit("request_line_bytes", 256...65_535, "8192", "Longest request line (414).")
    static let headBytes = limit(
        "head_bytes",
        1024...65_535,
        "16384",
        "Largest request head, the request line included (431).",
    )
    static let fields = limit("fields", 10...10_000, "100", "Most header fields in a request (431).")
    static let bodyBytesPerSecond = limit(
        "body_bytes_per_second",
        0...1_000_000,
        "500",
        "Slowest body on average, once `body_rate_grace` has passed (408). 0 leaves it to `body_time`.",
    )
    static let unsentBytes = limit(
        "unsent_bytes",
        1024...64 * 1024 * 1024,
        "262144",
        "Bytes that may wait for a peer; then the writer of a streamed answer waits, and so does the next request.",
    )
    static let discardedBytes = limit(
        "discarded_bytes",
        0...16 * 1024 * 1024,
        "65536",
        "Longest body nobody wants that is read and thrown away; a longer one is refused with 413 and costs its connection.",
    )
    static let connections = limit("connections", 1...1_000_000, "8192", "Most connections at once (503).")
    static let connectionsPerAddress = limit(
        "connections_per_address",
        1...1_000_000,
        "128",
        "Most connections at once from one address, or from one IPv6 network of 64 bits (503).",
    )
    static let spareLoopback = Setting(
        "limits.spare_loopback",
        .boolean,
        default: "true",
        help: "Whether connections from this machine, of a reverse proxy say, are spared `connections_per_address`.",
    )
    static let backlog = limit("backlog", 1...65_535, "1024", "Connections waiting to be accepted.")
    static let requestsPerConnection = limit(
        "requests_per_connection",
        1...1_000_000,
        "1000",
        "Requests after which a connection is closed.",
    )
    static let pipelinedRequests = limit(
        "pipelined_requests",
        1...1000,
        "16",
        "Answers that may wait unsent on a connection; its next request is read when they are gone.",
    )

    static let ranges = limit(
        "ranges",
        1...1000,
        "16",
        "Ranges of a file that one request may ask for; one that asks for more gets the whole file.",
    )
    static let cachedFileBytes = limit(
        "cached_file_bytes",
        0...16 * 1024 * 1024,
        "131072",
        "Longest file of `public_directory` that is held in memory once it was asked for.",
    )
    static let fileCacheBytes = limit(
        "file_cache_bytes",
        0...1024 * 1024 * 1024,
        "16777216",
        "Memory for such files; when it is full, it is emptied.",
    )
    static let openFiles = limit(
        "open_files",
        1...100_000,
        "128",
        "Longer files that are kept open; when there are more, all of them are closed.",
    )

    static let handshakeTime = limit("handshake_time", "10s", "Time for the handshake of TLS.")
    static let headTime = limit("head_time", "10s", "Time for a whole request head (408).")
    static let bodyTime = limit("body_time", "20s", "Time for a whole request body (408).")
    static let bodyRateGrace = limit(
        "body_rate_grace",
        "5s",
        "Time before a body is held to `body_bytes_per_second`. At most `body_time`.",
    )
    static let writeTime = limit(
        "write_time",
        "15s",
        "Time in which a peer has to take some more of its answer; then it is cut.",
    )
    static let idleTime = limit("idle_time", "30s", "Time a connection may stay open between two requests.")
    static let lingerTime = limit(
        "linger_time",
        "2s",
        "Time for which a peer that was told the end is still listened to, so that no reset overtakes its answer.",
    )
    static let acceptPause = limit(
        "accept_pause",
        "200ms",
        "Time for which no connection is accepted after the process ran out of descriptors.",
    )

    private static func limit(
        _ name: String,
        _ range: ClosedRange<Int>,
        _ fallback: String,
        _ help: String,
    ) -> Setting<Int> {
        Setting("limits.\(name)", .integer(range), default: fallback, help: help)
    }

    private static func limit(_ name: String, _ fallback: String, _ help: String) -> Setting<Duration> {
        Setting("limits.\(name)", .duration(.milliseconds(10) ... .seconds(3600)), default: fallback, help: help)
    }
}
