import Foundation
import Logging
import Synchronization
@testable import Telemetry
import Testing

@Suite("A log line")
struct LineLogHandlerTests {
    @Test func `is one JSON object with the entry's parts and fields`() throws {
        let lines = written(.json) {
            $0.warning("late\n\"news\"", metadata: ["status": "waiting", "attempt": "\(3)"])
        }
        let line = try #require(lines.first)
        let parsed = try JSONSerialization.jsonObject(with: Data(line.utf8))
        let object = try #require(parsed as? [String: String])
        #expect(object["level"] == "warning")
        #expect(object["logger"] == "kassa")
        #expect(object["message"] == "late\n\"news\"")
        #expect(object["status"] == "waiting")
        #expect(object["attempt"] == "3")
        #expect(object["time"]?.hasSuffix("Z") == true)
    }

    @Test func `is readable as text`() throws {
        let line = try #require(
            written(.text) { $0.info("a \"b\"", metadata: ["path": "/x", "reason": "two words"]) }.first
        )
        #expect(line.hasSuffix(#"Z INFO kassa: a "b" path=/x reason="two words""#))
    }

    @Test(arguments: [LineLogHandler.Format.json, .text])
    func `stays one line whatever it is given`(format: LineLogHandler.Format) throws {
        let nasty = "a\r\nb\u{1B}[31m\u{0}\u{7F}\u{85}\u{2028}\u{202E}\tc"
        let line = try #require(written(format) { $0.error("\(nasty)", metadata: ["reason": "\(nasty)"]) }.first)
        let forbidden = line.unicodeScalars.filter {
            $0.properties.generalCategory == .control || $0 == "\u{2028}" || $0.properties.isBidiControl
        }
        #expect(forbidden.isEmpty)
    }

    @Test func `appears from its level on`() {
        let lines = written(.text, level: .notice) {
            $0.info("quiet")
            $0.notice("loud")
        }
        #expect(lines.count == 1)
    }

    @Test func `shows fields of the allow-list only`() throws {
        let line = try #require(
            written(.json) {
                $0.info(
                    "x",
                    metadata: ["authorization": "k-1", "email": "a@b.example", "path": "/v1?email=a@b.example"],
                )
            }.first
        )
        #expect(!line.contains("k-1"))
        #expect(!line.contains("a@b.example"))
        #expect(line.contains(#""authorization":"***""#))
        #expect(line.contains(#""path":"/v1?***""#))
    }

    @Test(arguments: [
        ("GET /return/s3cret/success 303", "GET /return/*** 303"),
        ("POST http://127.0.0.1:1/callbacks/s3cret/status", "POST http://127.0.0.1:1/callbacks/***"),
        ("Authorization: Basic s3cret", "Authorization: ***"),
        ("sent Bearer s3cret, got 401", "sent Bearer ***, got 401"),
        (#"{"authorization_token": "s3cret", "a": 1}"#, #"{"authorization_token": "***", "a": 1}"#),
        ("client_token=s3cret&x=1", "client_token=***&x=1"), ("whsec_s3cret", "whsec_***"),
        ("a token is missing", "a token is missing"), ("/returned/x", "/returned/x"), ("/return/", "/return/"),
        ("", ""),
    ])
    func `masks what looks like a secret`(text: String, masked: String) {
        #expect(Redaction.clean(text) == masked)
        #expect(Redaction.clean(.array(["\(text)"]), under: "reason") == "[\(masked)]")
        #expect(Redaction.clean(.dictionary(["email": "\(text)"]), under: "reason") == "[email: ***]")
    }

    @Test func `carries the error that came with it`() throws {
        struct Broken: Error, CustomStringConvertible { let description = "disk full" }
        let line = try #require(written(.text) { $0.error("cannot write", error: Broken()) }.first)
        #expect(line.hasSuffix(#"error="disk full""#))
    }
}

private func written(
    _ format: LineLogHandler.Format,
    level: Logger.Level = .trace,
    _ work: (Logger) -> Void,
) -> [String] {
    let lines = Lines()
    let handler = LineLogHandler(label: "kassa", level: level, format: format, output: LogOutput { lines.append($0) })
    work(Logger(label: "kassa") { _ in handler })
    return lines.all
}

private final class Lines: Sendable {
    private let lines = Mutex<[String]>([])

    var all: [String] { lines.withLock { $0 } }

    func append(_ line: String) { lines.withLock { $0.append(line) } }
}
