import HTTPMessage
import HTTPServer
import HTTPTypes
import Synchronization
import Testing

@Suite("Peers that vanish", .serialized, .timeLimit(.minutes(10)))
struct AbuseResetTests {
    @Test(arguments: [true, false])
    func `at any point of an exchange leave nothing behind`(_ resets: Bool) async {
        await #expect(processExitsWith: .success) { [resets = resets as Bool] in
            let large = [UInt8](repeating: 0x78, count: 1 << 18)
            let gate = Mutex(Gate())
            let handlers = Atomic(0)
            try await Siege.run { router in
                router.onFast(.get, "/large") { _, _ in Response(.ok, contentType: "text/plain", bytes: large) }
                router.on(.post, "/body", bodyBytesMax: 1000) { _, _ in Response(.ok) }
                router.on(.get, "/wait") { _, _ in
                    handlers.wrappingAdd(1, ordering: .relaxed)
                    defer { handlers.wrappingSubtract(1, ordering: .relaxed) }
                    await gate.withLock { $0 }.pass()
                    return Response(.ok, contentType: "text/plain", bytes: large)
                }
                router.on(.get, "/stream") { _, _ in
                    Response(.ok, body: .stream { write in while true { try await write(large) } })
                }
            } abuse: { siege in
                for point in Point.allCases {
                    let present = Gate()
                    gate.withLock { $0 = present }
                    let peers = try siege.peers()
                    for peer in peers {
                        if resets { peer.resetAtClose() }
                        peer.send(point.request)
                    }
                    if point == .whileHandled {
                        try await Siege.wait { handlers.load(ordering: .relaxed) == peers.count }
                    }
                    if point.isAnswered { for peer in peers { #expect(peer.receive()?.isEmpty == false) } }
                    try await siege.expectService()
                    // The last reference: the sockets are closed here.
                    _ = consume peers
                    present.open()
                    try await siege.expectService()
                }
                try await Siege.wait { handlers.load(ordering: .relaxed) == 0 }
            }
        }
    }

    @Test func `while their handlers are suspended free their descriptors at once, and their handlers go on`() async {
        await #expect(processExitsWith: .success) {
            let gate = Mutex(Gate())
            let handlers = Atomic(0)
            try await Siege.run { router in
                router.on(.get, "/wait") { _, _ in
                    handlers.wrappingAdd(1, ordering: .relaxed)
                    await gate.withLock { $0 }.pass()
                    handlers.wrappingSubtract(1, ordering: .relaxed)
                    return Response(.ok)
                }
            } abuse: { siege in
                let present = Gate()
                gate.withLock { $0 = present }
                let descriptors = Footprint.descriptors
                var peers = try siege.peers(2 * Siege.crowd)
                for peer in peers {
                    peer.resetAtClose()
                    peer.send(get("/wait"))
                }
                try await Siege.wait { handlers.load(ordering: .relaxed) == peers.count }
                let count = peers.count
                peers = []
                try await Siege.wait { Footprint.descriptors <= descriptors + Footprint.spareDescriptors }
                #expect(handlers.load(ordering: .relaxed) == count)
                try await siege.expectService()
                present.open()
                try await Siege.wait { handlers.load(ordering: .relaxed) == 0 }
            }
        }
    }
}

/// Where in an exchange a peer goes away.
private enum Point: CaseIterable {
    case beforeHead, inHead, inBody, inChunks, inUnwanted, whileHandled, inAnswer, inStream, afterAnswer, inDiscarded

    var request: String {
        switch self {
        case .beforeHead: ""
        case .inHead: "GET /health HTTP/1.1\r\nHo"
        case .inBody: "POST /body HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nhalf"
        case .inChunks: "POST /body HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n8\r\nhalf"
        case .inUnwanted: "POST /none HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nhalf"
        case .whileHandled: get("/wait")
        case .inAnswer: get("/large")
        case .inStream: get("/stream")
        case .afterAnswer: get("/health")
        case .inDiscarded: "POST /body HTTP/1.1\r\nHost: a\r\nContent-Length: 1001\r\n\r\nhalf"
        }
    }

    /// The peer reads some of an answer before it goes.
    var isAnswered: Bool {
        switch self {
        case .inAnswer, .inStream, .afterAnswer, .inDiscarded: true
        case .beforeHead, .inHead, .inBody, .inChunks, .inUnwanted, .whileHandled: false
        }
    }
}
