import Foundation
import HTTPMessage
import HTTPServer
import HTTPTypes
import Synchronization
import Testing

/// All limits but the one under test are far away, so what ends the slow is that one.
@Suite("Slow peers", .serialized, .timeLimit(.minutes(10)))
struct AbuseSlowTests {
    @Test func `whose heads come a byte at a time are answered 408, and all others at once`() async {
        await #expect(processExitsWith: .success) {
            var limits = ServerLimits()
            limits.headTimeout = .seconds(2)
            try await Siege.run(limits, rounds: 1) { siege in
                let peers = try siege.peers()
                for peer in peers { peer.send("GET / HTTP/1.1\r\nHost: a\r\nX: ") }
                async let answers = trickle(peers)
                try await siege.expectService()
                for answer in try await answers { #expect(answer.isAnswer(408)) }
            }
        }
    }

    @Test func `whose bodies come below the least rate are answered 408 long before the deadline`() async {
        await #expect(processExitsWith: .success) {
            var limits = ServerLimits()
            limits.bodyRateGrace = .milliseconds(500)
            limits.bodyBytesPerSecondMin = 100_000
            try await Siege.run(limits, rounds: 1) { router in
                router.on(.post, "/body", bodyBytesMax: 10_000_000) { _, _ in Response(.ok) }
            } abuse: { siege in
                let peers = try siege.peers()
                for (number, peer) in peers.enumerated() {
                    let framing = number % 2 == 0 ? "Content-Length: 9000000" : "Transfer-Encoding: chunked"
                    peer.send("POST /body HTTP/1.1\r\nHost: a\r\n\(framing)\r\n\r\n")
                    if number % 2 == 1 { peer.send("FFFF\r\n") }
                }
                async let answers = trickle(peers)
                try await siege.expectService()
                for answer in try await answers { #expect(answer.isAnswer(408)) }
            }
        }
    }

    @Test func `that read nothing of a large answer cost no copy of it, and are cut`() async {
        await #expect(processExitsWith: .success) {
            var limits = ServerLimits()
            limits.writeStallTimeout = .milliseconds(300)
            let answerBytes = 10 << 20
            let body = [UInt8](repeating: 0x78, count: answerBytes)
            try await Siege.run(limits, rounds: 1) { router in
                router.onFast(.get, "/large") { _, _ in Response(.ok, contentType: "text/plain", bytes: body) }
            } abuse: { siege in
                let memory = Footprint.anonymousBytes
                let descriptors = Footprint.descriptors
                let peers = try siege.peers(40, receiveBufferBytes: 4096)
                for peer in peers { peer.send(get("/large")) }
                try await siege.expectService()
                let grown = Footprint.anonymousBytes - memory
                if !Siege.isSanitized { #expect(grown < 2 * answerBytes, "\(grown) bytes for forty answers") }
                try await Siege.wait { Footprint.descriptors <= descriptors + peers.count + Footprint.spareDescriptors }
                for count in try await onOwnThread({ peers.map { $0.restCount() } }) { #expect(count < answerBytes) }
            }
        }
    }

    @Test func `of a streamed answer let its writer wait, and are cut`() async {
        await #expect(processExitsWith: .success) {
            var limits = ServerLimits()
            limits.writeStallTimeout = .milliseconds(300)
            limits.unsentBytesMax = 10_000
            let writers = Atomic(0)
            let written = Atomic(0)
            try await Siege.run(limits, rounds: 1) { router in
                router.on(.get, "/endless") { _, _ in
                    Response(
                        .ok,
                        body: .stream { write in
                            writers.wrappingAdd(1, ordering: .relaxed)
                            defer { writers.wrappingSubtract(1, ordering: .relaxed) }
                            while true {
                                try await write([UInt8](repeating: 0x78, count: 5000))
                                written.wrappingAdd(5000, ordering: .relaxed)
                            }
                        },
                    )
                }
            } abuse: { siege in
                written.store(0, ordering: .relaxed)
                let peers = try siege.peers(40, receiveBufferBytes: 4096)
                for peer in peers { peer.send(get("/endless")) }
                try await siege.expectService()
                try await Siege.wait { written.load(ordering: .relaxed) > 0 && writers.load(ordering: .relaxed) == 0 }
                // What the buffers of the system hold, which is a few MiB for each.
                #expect(written.load(ordering: .relaxed) < peers.count * 10_000_000)
            }
        }
    }

    @Test func `that read nothing of a large file cost no copy of it, and are cut`() async {
        await #expect(processExitsWith: .success) {
            var limits = ServerLimits()
            limits.writeStallTimeout = .milliseconds(300)
            let directory = FileManager.default.temporaryDirectory.appending(path: "kassa-abuse-\(UUID())")
            try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
            defer { try? FileManager.default.removeItem(at: directory) }
            let fileBytes = 32 << 20
            try Data(repeating: 0x78, count: fileBytes).write(to: directory.appending(path: "large.bin"))
            try await Siege.run(limits, rounds: 1) { router in
                try router.files(StaticFiles(directory: directory.path()))
            } abuse: { siege in
                let memory = Footprint.anonymousBytes
                let descriptors = Footprint.descriptors
                let peers = try siege.peers(40, receiveBufferBytes: 4096)
                for peer in peers { peer.send(get("/large.bin")) }
                try await siege.expectService()
                let grown = Footprint.anonymousBytes - memory
                if !Siege.isSanitized { #expect(grown < fileBytes, "\(grown) bytes for forty files") }
                try await Siege.wait { Footprint.descriptors <= descriptors + peers.count + Footprint.spareDescriptors }
                for count in try await onOwnThread({ peers.map { $0.restCount() } }) { #expect(count < fileBytes) }
            }
        }
    }
}

/// Sends a byte to each now and then, as long as it has got no answer, and returns the answers.
private func trickle(_ peers: [Peer]) async throws -> [[UInt8]] {
    var answers = [[UInt8]](repeating: [], count: peers.count)
    while answers.contains(where: \.isEmpty) {
        for (number, peer) in peers.enumerated() where answers[number].isEmpty {
            if let answer = peer.receive(waits: false) {
                answers[number] = answer.isEmpty ? Array("closed without a word".utf8) : answer
            } else {
                peer.send("x", waits: false)
            }
        }
        try await Task.sleep(for: .milliseconds(20))
    }
    return answers
}
