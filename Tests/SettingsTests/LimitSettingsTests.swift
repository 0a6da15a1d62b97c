import Testing

@testable import Settings

@Suite("Limits")
struct LimitSettingsTests {
    @Test(arguments: [
        (["LIMITS_HEAD_BYTES": "4096"], "limits.head_bytes"),
        (["LIMITS_REQUEST_LINE_BYTES": "20000"], "limits.head_bytes"),
        (["LIMITS_BODY_RATE_GRACE": "21s"], "limits.body_rate_grace"),
        (["LIMITS_CONNECTIONS": "100", "LIMITS_CONNECTIONS_PER_ADDRESS": "101"], "limits.connections_per_address"),
        (["LIMITS_FILE_CACHE_BYTES": "100", "LIMITS_CACHED_FILE_BYTES": "101"], "limits.cached_file_bytes"),
        (["LIMITS_PIPELINED_REQUESTS": "0"], "limits.pipelined_requests"),
        (["LIMITS_HEAD_BYTES": "65536"], "limits.head_bytes"),
        (["LIMITS_IDLE_TIME": "0s"], "limits.idle_time"),
    ])
    func `that make no sense, or none together, are refused`(given: [String: String], key: String) {
        #expect(problems(environment: environment(given)).map(\.key) == [key])
    }

    @Test(arguments: [
        ["LIMITS_HEAD_BYTES": "4096", "LIMITS_REQUEST_LINE_BYTES": "4096"],
        ["LIMITS_CONNECTIONS": "1"],
        ["LIMITS_BODY_TIME": "1s"],
        ["LIMITS_BODY_BYTES_PER_SECOND": "0", "LIMITS_DISCARDED_BYTES": "0"],
    ])
    func `can be lowered one by one`(given: [String: String]) throws {
        _ = try load(environment: environment(given))
    }

    private func environment(_ given: [String: String]) -> [String: String] {
        credentials.merging(given.map { ("KASSA_" + $0, $1) }) { $1 }
    }
}
