import Foundation
import HTTPServer
import Testing

/// What a scanner finds that knows the mistakes of others.
@Suite("A scan of TLS")
struct TLSScanTests {
    @Test(
        .enabled(
            if: Tool.isInstalled("sslscan") || ProcessInfo.processInfo.environment["CI"] != nil,
            "sslscan, of the package of that name, is not installed",
        ),
        arguments: [["ec", "-pkeyopt", "ec_paramgen_curve:P-256"], ["rsa:2048"]],
    )
    func `finds nothing to complain about`(_ key: [String]) async throws {
        try await TLSServer.with { server in
            try await server.files.makePair(named: "localhost", key: key)
            try server.context.reload()
            let (status, report) = try await Tool.run("sslscan", ["--no-colour", "127.0.0.1:\(server.port)"])
            #expect(status == 0)
            let lines = report.split(separator: "\n").map(String.init)
            let words = lines.map { $0.split(separator: " ").map(String.init) }
            let versions = words.filter { $0.count == 2 && ["enabled", "disabled"].contains($0[1]) }
            #expect(
                Dictionary(uniqueKeysWithValues: versions.map { ($0[0], $0[1]) }) == [
                    "SSLv2": "disabled", "SSLv3": "disabled", "TLSv1.0": "disabled", "TLSv1.1": "disabled",
                    "TLSv1.2": "enabled", "TLSv1.3": "enabled",
                ]
            )
            let ciphers = words.filter { ["Preferred", "Accepted"].contains($0.first) && $0.count > 4 }.map { $0[4] }
            let owner = key[0] == "ec" ? "ECDSA" : "RSA"
            #expect(
                ciphers == [
                    "TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256",
                    "ECDHE-\(owner)-AES128-GCM-SHA256", "ECDHE-\(owner)-AES256-GCM-SHA384",
                    "ECDHE-\(owner)-CHACHA20-POLY1305",
                ]
            )
            #expect(lines.contains("Session renegotiation not supported"))
            #expect(!lines.contains("Compression enabled"))
            #expect(!lines.contains { $0.contains("heartbleed") && !$0.contains("not vulnerable") })
            try await server.expectHealth()
        }
    }
}
