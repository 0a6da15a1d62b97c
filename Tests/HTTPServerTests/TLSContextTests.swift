import Glibc
import Testing

@testable import HTTPServer

@Suite("A certificate and its key")
struct TLSContextTests {
    @Test(arguments: [
        ["ec", "-pkeyopt", "ec_paramgen_curve:P-256"], ["ec", "-pkeyopt", "ec_paramgen_curve:P-384"], ["rsa:2048"],
    ])
    func `are read, and the subject and the end of validity are known`(_ key: [String]) async throws {
        try await TLSFiles.with { files in
            try await files.makePair(named: "pay.example", key: key)
            let context = try TLSContext(certificate: files.certificate, privateKey: files.privateKey)
            #expect(context.certificate.subject == "CN=pay.example")
            let day = 24 * 3600
            let now = time(nil)
            #expect((now + 29 * day...now + 31 * day).contains(context.certificate.expiry))
        }
    }

    @Test func `may have a key in the older form, and text around what counts`() async throws {
        try await TLSFiles.with { files in
            try await files.openssl(["ec", "-in", files.privateKey, "-out", files.path("older.pem")])
            let chain = try "The first\n" + files.contents("cert.pem") + "The second\n" + files.contents("cert.pem")
            try files.write(chain, to: "chain.pem", mode: 0o644)
            _ = try TLSContext(certificate: files.path("chain.pem"), privateKey: files.path("older.pem"))
        }
    }

    @Test func `make new keys for tickets after half a day`() async throws {
        try await TLSFiles.with { files in
            let context = try TLSContext(certificate: files.certificate, privateKey: files.privateKey)
            let first = context.policy(at: .now)
            let later = Moment.now.advanced(by: .seconds(12 * 3600))
            let second = context.policy(at: later)
            #expect(first !== second)
            #expect(second === context.policy(at: later))
            #expect(second !== context.policy(at: later.advanced(by: .seconds(12 * 3600))))
        }
    }

    /// What is wrong with the certificate, and what is said about it behind the path.
    @Test(arguments: [
        ("missing.pem", "cannot be opened: No such file or directory"),
        (".", "is not a file"),
        ("empty.pem", "holds no certificate in PEM"),
        ("key.pem", "holds no certificate in PEM"),
        ("text.pem", "holds no certificate in PEM"),
        ("damaged.pem", "holds a damaged certificate: "),
        ("damaged-chain.pem", "holds a damaged certificate: "),
        ("weak.pem", "cannot be used: ee key too small"),
        ("large.pem", "is larger than 1 MiB"),
    ])
    func `is refused when the certificate is no good`(_ name: String, _ reason: String) async throws {
        try await TLSFiles.with { files in
            let certificate = try files.contents("cert.pem")
            try files.write("", to: "empty.pem")
            try files.write("Certificate:\n", to: "text.pem")
            try files.write(certificate.replacing("M", with: "?"), to: "damaged.pem")
            try files.write(certificate + certificate.replacing("M", with: "?"), to: "damaged-chain.pem")
            try files.write(String(repeating: certificate, count: 3000), to: "large.pem")
            var key = files.privateKey
            if name == "weak.pem" {
                key = files.path("weak-key.pem")
                try await files.openssl([
                    "req", "-x509", "-nodes", "-subj", "/CN=weak", "-newkey", "rsa:1024", "-keyout", key, "-out",
                    files.path(name),
                ])
            }
            let error = try #require(throws: TLSError.self) {
                try TLSContext(certificate: files.path(name), privateKey: key)
            }
            #expect(error.file == .certificate)
            #expect(error.reason.hasPrefix("\(files.path(name)) \(reason)"))
        }
    }

    @Test(arguments: [
        ("missing.pem", "cannot be opened: No such file or directory"),
        ("pipe.pem", "is not a file"),
        ("empty.pem", "holds no private key in PEM, or a damaged one"),
        ("cert.pem", "holds no private key in PEM, or a damaged one"),
        ("damaged.pem", "holds no private key in PEM, or a damaged one"),
        ("locked.pem", "is protected by a passphrase: store the key without one"),
        ("locked-older.pem", "is protected by a passphrase: store the key without one"),
        ("open.pem", "is a private key that everybody can read: run chmod o-r "),
        ("other.pem", "is not the key of the first certificate in "),
    ])
    func `is refused when the key is no good`(_ name: String, _ reason: String) async throws {
        try await TLSFiles.with { files in
            let key = try files.contents("key.pem")
            unsafe mkfifo(files.path("pipe.pem"), 0o600)
            try files.write("", to: "empty.pem")
            try files.write(key.replacing("M", with: "?"), to: "damaged.pem")
            try files.write(key, to: "open.pem", mode: 0o644)
            try await files.openssl([
                "pkcs8", "-topk8", "-in", files.privateKey, "-out", files.path("locked.pem"), "-passout", "pass:hidden",
            ])
            try await files.openssl([
                "ec", "-aes256", "-in", files.privateKey, "-out", files.path("locked-older.pem"), "-passout",
                "pass:hidden",
            ])
            try await files.openssl([
                "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", files.path("other.pem"),
            ])
            unsafe chmod(files.path("cert.pem"), 0o600)
            let error = try #require(throws: TLSError.self) {
                try TLSContext(certificate: files.certificate, privateKey: files.path(name))
            }
            #expect(error.file == .privateKey)
            #expect(error.reason.hasPrefix("\(files.path(name)) \(reason)"))
        }
    }
}
