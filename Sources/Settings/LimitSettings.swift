/// What the HTTP server takes from its peers; `ServerLimits` says what each limit does.
public struct LimitSettings: Sendable, Hashable {
    public let requestLineBytes: Int
    public let headBytes: Int
    public let fields: Int
    public let bodyBytesPerSecond: Int
    public let unsentBytes: Int
    public let discardedBytes: Int
    public let connections: Int
    public let connectionsPerAddress: Int
    public let sparesLoopback: Bool
    public let backlog: Int
    public let requestsPerConnection: Int
    public let pipelinedRequests: Int
    public let ranges: Int
    public let cachedFileBytes: Int
    public let fileCacheBytes: Int
    public let openFiles: Int
    public let handshakeTime: Duration
    public let headTime: Duration
    public let bodyTime: Duration
    public let bodyRateGrace: Duration
    public let writeTime: Duration
    public let idleTime: Duration
    public let lingerTime: Duration
    public let acceptPause: Duration
}

extension LimitSettings {
    init(_ reader: inout SettingsReader) {
        typealias Table = SettingsTable
        requestLineBytes = reader.value(Table.requestLineBytes)
        headBytes = reader.value(Table.headBytes)
        fields = reader.value(Table.fields)
        bodyBytesPerSecond = reader.value(Table.bodyBytesPerSecond)
        unsentBytes = reader.value(Table.unsentBytes)
        discardedBytes = reader.value(Table.discardedBytes)
        connections = reader.value(Table.connections)
        connectionsPerAddress = reader.value(Table.connectionsPerAddress)
        sparesLoopback = reader.value(Table.spareLoopback)
        backlog = reader.value(Table.backlog)
        requestsPerConnection = reader.value(Table.requestsPerConnection)
        pipelinedRequests = reader.value(Table.pipelinedRequests)
        ranges = reader.value(Table.ranges)
        cachedFileBytes = reader.value(Table.cachedFileBytes)
        fileCacheBytes = reader.value(Table.fileCacheBytes)
        openFiles = reader.value(Table.openFiles)
        handshakeTime = reader.value(Table.handshakeTime)
        headTime = reader.value(Table.headTime)
        bodyTime = reader.value(Table.bodyTime)
        bodyRateGrace = reader.value(Table.bodyRateGrace)
        writeTime = reader.value(Table.writeTime)
        idleTime = reader.value(Table.idleTime)
        lingerTime = reader.value(Table.lingerTime)
        acceptPause = reader.value(Table.acceptPause)
        checkTogether(&reader)
    }

    /// Limits that another one makes pointless are a mistake, unless they are only defaults: lowering `connections` alone
    /// must not need a second line.
    private func checkTogether(_ reader: inout SettingsReader) {
        if headBytes < requestLineBytes {
            reader.problem(
                "limits.head_bytes",
                "\(headBytes) is less than limits.request_line_bytes, \(requestLineBytes), which a head includes",
            )
        }
        if bodyRateGrace > bodyTime, reader.isGiven(SettingsTable.bodyRateGrace) {
            reader.problem("limits.body_rate_grace", "is longer than limits.body_time, so it would never end")
        }
        if cachedFileBytes > fileCacheBytes, reader.isGiven(SettingsTable.cachedFileBytes) {
            reader.problem(
                "limits.cached_file_bytes",
                "is more than limits.file_cache_bytes, into which it has to fit",
            )
        }
        if connectionsPerAddress > connections, reader.isGiven(SettingsTable.connectionsPerAddress) {
            reader.problem(
                "limits.connections_per_address",
                "is more than limits.connections, so it would never count",
            )
        }
    }
}
