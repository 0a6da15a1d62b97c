import Contest
import Foundation

/// What every contestant of a match is asked.
struct Ask {
    var path: String
    /// Field lines beside `Host`: `Connection: close`.
    var fields: [String] = []
    /// Sent by POST, as JSON, unless it is empty.
    var body = ""
    var isEncrypted = false

    static let gzip = "Accept-Encoding: gzip"

    static let health = Ask(path: "/health")
    static let callback = Ask(path: "/callback", body: Callback.sample)

    func at(_ path: String) -> Ask {
        var ask = self
        ask.path = path
        return ask
    }

    func with(_ field: String) -> Ask {
        var ask = self
        ask.fields.append(field)
        return ask
    }

    var encrypted: Ask {
        var ask = self
        ask.isEncrypted = true
        return ask
    }

    /// What everybody has to agree on: the status, and the body freed from its compression. Asks once, and closes.
    func content(from port: Int) throws -> (status: Int, body: [UInt8]) {
        let answer = try answer(from: port)
        guard fields.contains(Ask.gzip), answer.status == 200 else { return (answer.status, answer.body) }
        // Compressors differ in what they make of the same bytes.
        guard answer.body.starts(with: [0x1F, 0x8B]) else { throw Failure("port \(port) does not compress \(path)") }
        return (answer.status, Array(try Tool.run("/usr/bin/gzip", ["-dc"], input: answer.body)))
    }

    private func answer(from port: Int) throws -> Answer {
        var lines = [body.isEmpty ? "GET \(path) HTTP/1.1" : "POST \(path) HTTP/1.1", "Host: 127.0.0.1"]
        lines += fields.filter { !$0.hasPrefix("Connection:") } + ["Connection: close"]
        if !body.isEmpty { lines += ["Content-Type: application/json", "Content-Length: \(body.utf8.count)"] }
        let request = Array((lines.joined(separator: "\r\n") + "\r\n\r\n" + body).utf8)
        guard isEncrypted else { return try Loader().answer(port, request) }
        // Its own words about the session go elsewhere with -quiet; -ign_eof lets it wait for the answer.
        let client = ["s_client", "-quiet", "-ign_eof", "-connect", "127.0.0.1:\(port)"]
        let bytes = try Tool.run("/usr/bin/openssl", client, input: request)
        guard let answer = try Answer(Array(bytes)) else { throw Failure("port \(port) did not answer over TLS") }
        return answer
    }
}
