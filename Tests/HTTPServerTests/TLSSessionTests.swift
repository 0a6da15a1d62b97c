import Foundation
import Glibc
import Testing

@testable import HTTPServer

@Suite("A session of TLS")
struct TLSSessionTests {
    /// All of it is one record, so it is decrypted as a whole, and the socket is empty from then on.
    @Test(arguments: [1, 99, 100, 101, 1000, 16_384])
    func `says that there is more than the buffer could hold`(_ count: Int) async throws {
        let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0) }
        let (near, far) = try Self.socketPair()
        defer { _ = close(far) }
        try await TLSFiles.with { files in
            let context = try TLSContext(certificate: files.certificate, privateKey: files.privateKey)
            async let client: Void = onThread {
                let wire = try TLSWire()
                try wire.attach(to: far)
                try wire.handshake()
                try wire.send(bytes)
                wire.announceEnd()
            }
            let (received, isAlwaysSaid) = try await onThread {
                let socket = Descriptor(owning: near)
                guard let session = context.session(on: socket, now: .now) else {
                    throw ClientError(description: "no memory")
                }
                let transport = Transport(socket, tls: session)
                var buffer = [UInt8](repeating: 0, count: 100)
                var received: [UInt8] = []
                var isAlwaysSaid = true
                while true {
                    switch transport.receive(into: &buffer) {
                    case .bytes(let count):
                        received += buffer.prefix(count)
                        isAlwaysSaid = isAlwaysSaid && (transport.hasUnread || received.count == bytes.count)
                    // It has read enough for one turn. The socket blocks, so this ends.
                    case .nothingYet: continue
                    case .end, .failed: return (received, isAlwaysSaid)
                    }
                }
            }
            #expect(isAlwaysSaid)
            let isWhole = received == bytes
            #expect(isWhole)
            try await client
        }
    }

    private static func socketPair() throws -> (Int32, Int32) {
        var ends: [Int32] = [0, 0]
        try #require(unsafe socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &ends) == 0)
        return (ends[0], ends[1])
    }
}

/// Runs what blocks on a thread of its own.
private func onThread<Value: Sendable>(_ work: @escaping @Sendable () throws -> Value) async throws -> Value {
    try await withCheckedThrowingContinuation { continuation in
        Thread.detachNewThread { continuation.resume(with: Result { try work() }) }
    }
}
