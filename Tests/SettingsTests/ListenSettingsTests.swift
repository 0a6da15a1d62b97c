import Testing

@testable import Settings

@Suite("Settings of listening")
struct ListenSettingsTests {
    private static func load(_ variables: [String: String]) throws(SettingsProblems) -> KassaSettings {
        var environment = ["KASSA_KLARNA_USERNAME": "u", "KASSA_KLARNA_PASSWORD": "p"]
        for (name, value) in variables { environment["KASSA_\(name)"] = value }
        return try KassaSettings.load(SettingsSource(environment: environment, workingDirectory: "/"))
    }

    private static func problems(_ variables: [String: String]) -> [String] {
        do throws(SettingsProblems) {
            _ = try load(variables)
            return []
        } catch {
            return error.problems.map(\.key)
        }
    }

    @Test func `trust nobody and share nothing unless they say so`() throws {
        let settings = try Self.load([:])
        #expect(settings.proxies.trusted == [])
        #expect(!settings.proxies.speakProxyProtocol)
        #expect(!settings.proxies.writeForwarded)
        #expect(!settings.sharesPort)
    }

    @Test func `list proxies and say how they speak`() throws {
        let settings = try Self.load([
            "TRUSTED_PROXIES": "127.0.0.1, 10.0.0.0/8 ,unix", "PROXY_PROTOCOL": "true", "FORWARDED_FIELDS": "forwarded",
            "LISTEN_REUSE_PORT": "true",
        ])
        #expect(settings.proxies.trusted == ["127.0.0.1", "10.0.0.0/8", "unix"])
        #expect(settings.proxies.speakProxyProtocol)
        #expect(settings.proxies.writeForwarded)
        #expect(settings.sharesPort)
    }

    @Test(arguments: [
        ("TRUSTED_PROXIES", "10.0.0.1,,10.0.0.2", "trusted_proxies"), ("PROXY_PROTOCOL", "true", "trusted_proxies"),
        ("PROXY_PROTOCOL", "v2", "proxy_protocol"), ("FORWARDED_FIELDS", "both", "forwarded_fields"),
        ("LISTEN_REUSE_PORT", "1", "listen_reuse_port"), ("LISTEN", "unix:", "listen"),
        ("LISTEN", "unix:/" + String(repeating: "s", count: 107), "listen"),
    ])
    func `that make no sense are told by their key`(_ name: String, _ value: String, _ key: String) {
        #expect(Self.problems([name: value]) == [key])
    }

    @Test func `may name the file of a socket, which needs a public URL`() throws {
        let path = "/run/" + String(repeating: "s", count: 102)
        #expect(Self.problems(["LISTEN": "unix:\(path)"]) == ["public_url"])
        let settings = try Self.load(["LISTEN": "unix:\(path)", "PUBLIC_URL": "https://pay.shop.example"])
        #expect(settings.listen == .unix(path: path))
        #expect(settings.listen.description == "unix:\(path)")
    }
}
