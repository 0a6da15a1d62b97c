import Foundation
import Glibc
import Logging
import Synchronization
import Testing
import Wire

@testable import HTTPServer
@testable import KassaApp
@testable import Settings

@Suite("The certificate of https")
struct CertificateTests {
    @Test func `is read again at SIGHUP, and the old one stays when the new one is no good`() async throws {
        try await Pair.with { pair in
            let log = KeptLog()
            let context = try TLSContext(pair.settings)
            let service = await CertificateService(context: context, logger: Logger(label: "test") { _ in log })
            #expect(log.lines.map(\.message) == ["info the certificate was read"])
            #expect(log.lines.last?.metadata["subject"] == "CN=first.example")
            let running = Task { try await service.run() }

            try pair.make("second.example")
            kill(getpid(), SIGHUP)
            try await log.waitForLine(2)
            #expect(context.certificate.subject == "CN=second.example")
            #expect(log.lines.last?.metadata["subject"] == "CN=second.example")

            try Data("no PEM".utf8).write(to: URL(filePath: pair.settings.certificate))
            kill(getpid(), SIGHUP)
            try await log.waitForLine(3)
            #expect(log.lines.last?.message == "error the new certificate cannot be used; the old one stays")
            #expect(
                log.lines.last?.metadata["reason"]
                    == "\(pair.settings.certificate) holds no certificate in PEM"
            )
            #expect(context.certificate.subject == "CN=second.example")
            running.cancel()
            try await running.value
        }
    }

    @Test func `is named by its setting when it cannot be used, and so is its key`() async throws {
        try await Pair.with { pair in
            let none = pair.directory.appending(path: "none.pem").path()
            for (key, settings) in [
                ("tls.certificate", TLSSettings(certificate: none, privateKey: pair.settings.privateKey)),
                ("tls.private_key", TLSSettings(certificate: pair.settings.certificate, privateKey: none)),
            ] {
                let problem = try #require(throws: StartProblem.self) { try TLSContext(settings) }
                #expect(problem.description == "\(key): \(none) cannot be opened: No such file or directory")
            }
        }
    }

    @Test func `is looked at by kassa check`() async throws {
        try await Pair.with { pair in
            let good = await checkup(pair.settings)
            #expect(good.problems.filter { $0.key.hasPrefix("tls") }.isEmpty)
            #expect(good.warnings.filter { $0.hasPrefix("tls") }.isEmpty)
            #expect(good.findings.contains { $0.subject == "tls" && $0.detail == pair.settings.certificate })
            try pair.make("late.example", days: 13)
            let warnings = await checkup(pair.settings).warnings.filter { $0.hasPrefix("tls") }
            #expect(warnings.count == 1)
            #expect(
                warnings.first?.hasPrefix("tls.certificate: the certificate of CN=late.example expires at 2") == true
            )
            unsafe chmod(pair.settings.privateKey, 0o644)
            #expect(await checkup(pair.settings).problems.map(\.key).contains("tls.private_key"))
        }
    }

    @Test(arguments: [(-1, "expired at"), (0, "expired at"), (1, "expires at"), (13, "expires at"), (14, nil)])
    func `is spoken of when it ends within two weeks`(_ days: Int64, _ word: String?) {
        let now = Timestamp(milliseconds: 1_800_000_000_000)
        let certificate = TLSCertificate(subject: "CN=a", expiry: 1_800_000_000 + Int(days) * 24 * 3600)
        #expect(
            certificate.warning(at: now) == word.map { "the certificate of CN=a \($0) \(certificate.end)" }
        )
    }

    private func checkup(_ tls: TLSSettings) async -> Checkup {
        let source = SettingsSource(
            environment: [
                "KASSA_KLARNA_USERNAME": "u", "KASSA_KLARNA_PASSWORD": "p", "KASSA_KLARNA_URL": "http://127.0.0.1:1",
                "KASSA_TLS_CERTIFICATE": tls.certificate, "KASSA_TLS_PRIVATE_KEY": tls.privateKey,
            ],
            workingDirectory: "/nonexistent",
        )
        return await Checkup(of: source, transport: Rerouting([:]))
    }
}

/// A certificate and its key in a directory of their own.
private struct Pair {
    let directory: URL

    var settings: TLSSettings {
        TLSSettings(
            certificate: directory.appending(path: "cert.pem").path(),
            privateKey: directory.appending(path: "key.pem").path(),
        )
    }

    static func with(_ test: (Pair) async throws -> Void) async throws {
        let pair = try Pair()
        defer { try? FileManager.default.removeItem(at: pair.directory) }
        try await test(pair)
    }

    private init() throws {
        directory = FileManager.default.temporaryDirectory.appending(path: "kassa-pair-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: false)
        try make("first.example")
    }

    /// By the command of the package openssl.
    func make(_ name: String, days: Int = 30) throws {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = [
            "openssl", "req", "-x509", "-nodes", "-subj", "/CN=\(name)", "-days", "\(days)", "-newkey", "ec",
            "-pkeyopt", "ec_paramgen_curve:P-256", "-keyout", settings.privateKey, "-out", settings.certificate,
        ]
        process.standardError = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        try #require(process.terminationStatus == 0)
    }
}

/// Keeps what is logged.
private struct KeptLog: LogHandler {
    struct Line: Sendable {
        let message: String
        let metadata: [String: String]
    }

    private final class Lines: Sendable {
        let lines = Mutex<[Line]>([])
    }

    private let kept = Lines()
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.trace

    var lines: [Line] { kept.lines.withLock { $0 } }

    func waitForLine(_ count: Int) async throws {
        while lines.count < count { try await Task.sleep(for: .milliseconds(10)) }
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        let line = Line(
            message: "\(event.level) \(event.message)",
            metadata: (event.metadata ?? [:]).mapValues { "\($0)" },
        )
        kept.lines.withLock { $0.append(line) }
    }
}
