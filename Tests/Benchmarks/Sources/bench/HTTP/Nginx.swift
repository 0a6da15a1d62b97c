import Contest
import Foundation

/// nginx with two workers and everything on that makes it fast, in a directory of its own.
enum Nginx {
    static func start(_ executable: String, in directory: URL, serving files: URL, _ identity: Identity) throws
        -> (program: Program, encryptedPort: Int)
    {
        let (port, encryptedPort) = (try Port.free(), try Port.free())
        let configuration = directory.appending(path: "nginx.conf")
        let text = text(directory, port: port, encryptedPort: encryptedPort, files, identity)
        try Data(text.utf8).write(to: configuration)
        let program = try Program(
            executable,
            ["-e", directory.appending(path: "errors.log").path(), "-c", configuration.path()],
            in: directory,
            port: port,
            lastSignal: .terminate,
        )
        return (program, encryptedPort)
    }

    private static func text(_ directory: URL, port: Int, encryptedPort: Int, _ files: URL, _ identity: Identity)
        -> String
    {
        let health = "location = /health { default_type \(Contest.contentType); return 200 '\(Contest.health)'; }"
        let temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map {
            "\($0)_temp_path \(directory.path())/\($0);"
        }
        return """
            daemon off;
            worker_processes 2;
            pid \(directory.path())/nginx.pid;
            error_log \(directory.path())/errors.log;
            \(geteuid() == 0 ? "user root;" : "")
            events { worker_connections 16384; }
            http {
                \(temporary.joined(separator: " "))
                types { text/css css; }
                access_log off;
                keepalive_requests 100000000;
                sendfile on;
                tcp_nopush on;
                open_file_cache max=1000;
                gzip_static on;
                ssl_certificate \(identity.certificate.path());
                ssl_certificate_key \(identity.privateKey.path());
                ssl_protocols TLSv1.2 TLSv1.3;
                ssl_session_cache shared:sessions:10m;
                server {
                    listen 127.0.0.1:\(port) reuseport backlog=1024;
                    root \(files.path());
                    \(health)
                }
                server {
                    listen 127.0.0.1:\(encryptedPort) ssl reuseport backlog=1024;
                    \(health)
                }
            }

            """
    }
}

/// A certificate for the loopback address, signed by itself.
struct Identity {
    let certificate: URL
    let privateKey: URL

    init(in directory: URL) throws {
        certificate = directory.appending(path: "certificate.pem")
        privateKey = directory.appending(path: "key.pem")
        _ = try Tool.run(
            "/usr/bin/openssl",
            [
                "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
                "-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1",
                "-keyout", privateKey.path(), "-out", certificate.path(),
            ],
        )
    }
}

enum Port {
    /// One of the loopback address that nobody listens on at the moment.
    static func free() throws -> Int {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let result = unsafe withUnsafeMutablePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                let bound = unsafe bind(descriptor, pointer, size)
                return bound == 0 ? unsafe getsockname(descriptor, pointer, &size) : bound
            }
        }
        guard result == 0 else { throw Failure("no free port: errno \(errno)") }
        return Int(UInt16(bigEndian: address.sin_port))
    }
}
