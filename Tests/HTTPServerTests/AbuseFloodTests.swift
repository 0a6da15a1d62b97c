import HTTPMessage
import HTTPServer
import HTTPTypes
import Synchronization
import Testing

@Suite("Floods", .serialized, .timeLimit(.minutes(10)))
struct AbuseFloodTests {
    @Test func `of connections are turned away at the limit, and those inside are served`() async {
        await #expect(processExitsWith: .success) {
            var limits = ServerLimits()
            limits.connectionsMax = 20
            try await Siege.run(limits) { siege in
                // One is the well-behaved client's; another one may still be about to be closed.
                var inside: [Peer] = []
                while inside.count < limits.connectionsMax - 1 {
                    let peer = try Peer(port: siege.server.port)
                    peer.send(get("/health"))
                    if peer.receive()?.isAnswer(200) == true { inside.append(peer) }
                }
                let descriptors = Footprint.descriptors
                for _ in 0..<20 { #expect(try Peer(port: siege.server.port).rest().isAnswer(503)) }
                let outside = try siege.peers()
                for peer in outside { #expect(peer.rest().isAnswer(503)) }
                for peer in inside {
                    peer.send(get("/health"))
                    #expect(peer.receive()?.isAnswer(200) == true)
                }
                // What was turned away holds nothing of the server's.
                try await Siege.wait {
                    Footprint.descriptors <= descriptors + outside.count + Footprint.spareDescriptors
                }
            }
        }
    }

    @Test func `from some addresses leave the others their share`() async {
        await #expect(processExitsWith: .success) {
            var limits = ServerLimits()
            limits.sparesLoopback = false
            limits.connectionsPerAddressMax = 10
            try await Siege.run(limits) { siege in
                for lastByte in 2...5 as ClosedRange<UInt32> {
                    let peers = try (0..<30).map { _ in try Peer(port: siege.server.port, lastByte: lastByte) }
                    for peer in peers { peer.send(get("/health")) }
                    let answers = peers.map { $0.receive() ?? [] }
                    #expect(answers.count { $0.isAnswer(200) } == 10)
                    #expect(answers.count { $0.isAnswer(503) } == 20)
                    try await siege.expectService()
                }
            }
        }
    }

    @Test func `of connections that are closed before they are accepted are got through`() async {
        await #expect(processExitsWith: .success) {
            try await Siege.run { siege in
                let port = siege.server.port
                async let flood: Void = onOwnThread {
                    for number in 0..<5 * Siege.crowd {
                        let peer = try Peer(port: port)
                        if number % 2 == 0 { peer.resetAtClose() }
                    }
                }
                for _ in 0..<10 { try await siege.expectService() }
                try await flood
            }
        }
    }

    @Test(arguments: ["fast", "slow"])
    func `of a thousand requests in one write are answered in their order`(_ kind: String) async {
        await #expect(processExitsWith: .success) { [kind = kind as String] in
            try await Siege.run { router in
                router.onFast(.get, "/fast/{number}") { _, parameters in
                    Response(.ok, contentType: "text/plain", bytes: Array(parameters["number"].utf8))
                }
                router.on(.get, "/slow/{number}") { _, parameters in
                    await Task.yield()
                    return Response(.ok, contentType: "text/plain", bytes: Array(parameters["number"].utf8))
                }
            } abuse: { siege in
                let client = try siege.server.client()
                async let sent: Void = client.send((1...1001).map { get("/\(kind)/\($0)") }.joined())
                for number in 1...1000 {
                    let answer = try await client.answer()
                    #expect(answer.body == "\(number)")
                    // The limit of requests for one connection.
                    #expect(answer.closes == (number == 1000))
                }
                try await sent
                try await siege.expectService()
            }
        }
    }

    @Test func `of requests whose answers nobody reads are not worked off ahead`() async {
        await #expect(processExitsWith: .success) {
            var limits = ServerLimits()
            limits.pipelineMax = 4
            let handled = Atomic(0)
            let body = [UInt8](repeating: 0x78, count: 1 << 20)
            try await Siege.run(limits) { router in
                router.onFast(.get, "/large") { _, _ in
                    handled.wrappingAdd(1, ordering: .relaxed)
                    return Response(.ok, contentType: "text/plain", bytes: body)
                }
            } abuse: { siege in
                handled.store(0, ordering: .relaxed)
                let peers = try siege.peers(10, receiveBufferBytes: 4096)
                for peer in peers { peer.send(String(repeating: get("/large"), count: 500)) }
                try await siege.expectService()
                // Settled once two looks see the same. What the system's buffers take is a few MiB, beyond the limit's four.
                var before = -1
                while handled.load(ordering: .relaxed) != before {
                    before = handled.load(ordering: .relaxed)
                    try await Task.sleep(for: .milliseconds(100))
                }
                #expect(before >= peers.count)
                #expect(before < peers.count * 30)
                for peer in peers { peer.resetAtClose() }
            }
        }
    }
}
