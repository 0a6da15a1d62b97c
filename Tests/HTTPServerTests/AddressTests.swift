import HTTPMessage
import HTTPServer
import HTTPTypes
import Logging
import Testing

@Suite("Listen addresses")
struct AddressTests {
    @Test(arguments: [
        ("127.0.0.1:8080", "127.0.0.1", 8080, true), ("0.0.0.0:0", "0.0.0.0", 0, false), ("[::1]:80", "::1", 80, true),
        ("[::]:65535", "::", 65_535, false), ("localhost:1", "localhost", 1, true),
        ("127.9.9.9:1", "127.9.9.9", 1, true),
        ("127.example.com:1", "127.example.com", 1, false),
    ])
    func `are read and written`(_ text: String, _ host: String, _ port: Int, _ isLoopback: Bool) throws {
        let address = try #require(ListenAddress(text))
        #expect(address.host == host)
        #expect(address.port == port)
        #expect(address.isLoopback == isLoopback)
        #expect(address.description == text)
    }

    @Test(arguments: [("unix:/run/kassa.sock", "/run/kassa.sock"), ("unix:s", "s"), ("unix:a:80", "a:80")])
    func `of Unix-domain sockets are read and written`(_ text: String, _ path: String) throws {
        let address = try #require(ListenAddress(text))
        #expect(address == .unix(path: path))
        #expect(address.host == nil)
        #expect(address.port == 0)
        #expect(address.isLoopback)
        #expect(address.description == text)
    }

    @Test(arguments: [
        "", ":", ":80", "a", "a:", "a:b", "a:+1", "a:65536", "a: 1", "::1:80", "[::1]", "[]:1", "[a]:1", "a b:1",
        "a:1:2", "unix:", "unix:a\u{0}b",
    ])
    func `that are none are refused`(_ text: String) {
        #expect(ListenAddress(text) == nil)
    }

    @Test func `in use or without a meaning are told so`() throws {
        let first = Server(logger: Logger(label: "test"))
        let second = Server(logger: Logger(label: "test"))
        let address = try first.bind(ListenAddress(host: "127.0.0.1", port: 0))
        #expect(throws: BindError.self) { try second.bind(address) }
        let error = #expect(throws: BindError.self) {
            try second.bind(ListenAddress(host: "no.such.host.invalid", port: 0))
        }
        #expect(error?.description.hasPrefix("cannot listen on no.such.host.invalid:0: ") == true)
    }
}
