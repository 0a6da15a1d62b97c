import Foundation
import Testing
import Wire

/// The rest of the schedules: what happens to our own door, process and calls meanwhile.
@Suite("Races at our own door")
struct RacesAtOurDoorTests {
    /// Klarna waits three seconds. An answer after that is none, and the same event comes again, up to four times.
    @Test(arguments: [2900, 3100])
    func `R13 our endpoint answers that late, the same event comes again: one effect`(milliseconds: Int) async throws {
        let door = try SlowDoor()
        defer { door.close() }
        let street = try await Street(settings: ["KASSA_PUBLIC_URL": door.url])
        defer { street.close() }
        door.lead(to: street.shop, delay: .milliseconds(milliseconds))
        let checkout = try await street.openCheckout("r13")
        _ = try await street.act("approve", on: checkout)
        _ = try await street.waitForStatus("order_placed", of: checkout)
        let callback = try await street.waitForCallback(of: checkout)
        let events = try await street.events(of: checkout)
        #expect(events.count { $0["event_id"] == callback["event_id"] } == 1)
        #expect(events.count { $0["type"] == "order.placed" } == 1)
        try await street.expectOneOrder(checkout)
    }

    @Test func `R14 all callbacks and redirects are dropped: the poller alone finishes`() async throws {
        let street = try await Street(settings: [
            "KASSA_POLLING_WAITING": "200ms", "KASSA_POLLING_IN_PROGRESS": "200ms",
        ])
        defer { street.close() }
        try await street.fault("POST", "/", "callback_drop", count: 100)
        let checkout = try await street.openCheckout("r14")
        _ = try await street.act("approve", on: checkout)
        _ = try await street.waitForStatus("order_placed", of: checkout)
        try await street.expectOneOrder(checkout)
        #expect(
            try await street.events(of: checkout).allSatisfy {
                $0["source"] != "callback" && $0["source"] != "redirect"
            }
        )
    }

    @Test func `R15 the page places the order and the redirect names another one: the one that is read wins`()
        async throws
    {
        let street = try await Street()
        defer { street.close() }
        let checkout = try await street.openCheckout("r15", adding: "\"place_order_mode\": \"PLACE_ORDER\", ")
        let success = try await street.act("approve", on: checkout)
        let query = "order_id=00000000-0000-0000-0000-000000000000&authorization_token=another"
        _ = try await street.ask("GET", "\(success)?\(query)")
        let paid = try await street.waitForStatus("order_placed", of: checkout)
        try await street.expectOneOrder(checkout)
        #expect(paid["order"]?["order_id"] == (try await street.orders(of: checkout).first)?["order_id"])
    }

    @Test func `R16 the session of another payment in our success URL: refused, nothing changes`() async throws {
        let street = try await Street()
        defer { street.close() }
        let ours = try await street.openCheckout("r16-a")
        let theirs = try await street.openCheckout("r16-b")
        let success = try await street.successURL(of: ours)
        _ = try await street.act("approve", on: theirs)
        let paid = try await street.waitForStatus("order_placed", of: theirs)
        let session = theirs["klarna"]?["hpp_session_id"]?.string ?? ""
        let order = paid["order"]?["order_id"]?.string ?? ""
        let answer = try await street.ask("GET", "\(success)?sid=\(session)&order_id=\(order)")
        #expect(!answer.text.contains(session) && !answer.text.contains(order))
        #expect(try await street.refresh(ours).json["status"] == "waiting")
        // A token that is not ours does not even lead to a question at Klarna.
        let calls = try await street.requests().count
        let forged = success.replacingOccurrences(of: "/return/", with: "/return/x")
        #expect(try await street.ask("GET", forged).status == 404)
        #expect(try await street.requests().count == calls)
        try await street.expectOneOrder(theirs)
    }

    @Test func `R21 SIGTERM in the middle of placing: finished in its grace, one order`() async throws {
        let street = try await Street()
        defer { street.close() }
        try await street.fault("POST", "/payments/v1/authorizations", "delay_ms:1500", count: 1)
        let checkout = try await street.openCheckout("r21")
        _ = try await street.act("approve", on: checkout)
        try await street.waitForRequest(containing: "/order")
        street.terminate()
        #expect(street.waitForExit() == 0)
        try await street.restart()
        _ = try await street.waitForStatus("order_placed", of: checkout)
        try await street.expectOneOrder(checkout)
        let placements = try await street.requests().count { $0["path"]?.string?.hasSuffix("/order") == true }
        #expect(placements == 1)
    }

    @Test(arguments: [429, 503])
    func `R22 Klarna turns calls away during a burst: it backs off, and everybody is served in the end`(
        status: Int
    ) async throws {
        let street = try await Street()
        defer { street.close() }
        var paid: [JSON] = []
        for number in 0..<20 { paid.append(try await street.openCheckout("r22-\(number)")) }
        try await street.fault("POST", "/payments/v1/authorizations", "status:\(status)", count: 30)
        try await street.fault("GET", "/hpp/v1/sessions", "status:\(status)", count: 10)
        let burst = paid
        try await withThrowingTaskGroup(of: Void.self) { group in
            for checkout in burst {
                group.addTask { _ = try await street.ask("GET", try await street.act("approve", on: checkout)) }
            }
            try await group.waitForAll()
        }
        // A shopper who comes now is served, whatever waits.
        _ = try await street.openCheckout("r22-late")
        for checkout in burst {
            _ = try await street.waitForStatus("order_placed", of: checkout)
            try await street.expectOneOrder(checkout)
        }
        // Thirty were turned away, and twenty orders exist: nobody hammered.
        let sends = try await street.requests().count { $0["path"]?.string?.hasSuffix("/order") == true }
        #expect(sends <= 50)
    }
}

/// A door before the service that passes every request on at once, and its answer late.
final class SlowDoor: Sendable {
    let url: String
    private let listener: Int32
    private let way = Locked<(target: String, delay: Duration)?>(nil)

    init() throws {
        let port = try freePort()
        url = "http://127.0.0.1:\(port)"
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_in(loopbackPort: port)
        let bound = unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                unsafe bind(listener, pointer, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard bound == 0, listen(listener, 64) == 0 else { throw Failure("the door does not open: errno \(errno)") }
        self.listener = listener
        let way = way
        Thread.detachNewThread {
            while case let visitor = accept(listener, nil, nil), visitor >= 0 {
                Thread.detachNewThread { SlowDoor.serve(visitor, way.value) }
            }
        }
    }

    func lead(to target: String, delay: Duration) { way.value = (target, delay) }

    /// Wakes the thread that waits in accept, which then ends.
    func close() { shutdown(listener, Int32(SHUT_RDWR)) }

    private static func serve(_ visitor: Int32, _ way: (target: String, delay: Duration)?) {
        defer { Glibc.close(visitor) }
        guard let way, let port = URLComponents(string: way.target)?.port else { return }
        let request = received(from: visitor)
        guard let service = try? Exchange(method: "", url: way.target).connected("127.0.0.1", port) else { return }
        defer { Glibc.close(service) }
        _ = unsafe send(service, request, request.count, Int32(MSG_NOSIGNAL))
        let answer = received(from: service)
        Thread.sleep(
            forTimeInterval: Double(way.delay.components.seconds) + Double(way.delay.components.attoseconds) / 1e18
        )
        _ = unsafe send(visitor, answer, answer.count, Int32(MSG_NOSIGNAL))
    }

    /// A head and a body of the length that it states.
    private static func received(from descriptor: Int32) -> [UInt8] {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let size = buffer.count
            let count = unsafe recv(descriptor, &buffer, size, 0)
            guard count > 0 else { return bytes }
            bytes += buffer[..<count]
            guard let end = bytes.firstRange(of: Array("\r\n\r\n".utf8)) else { continue }
            let head = String(decoding: bytes[..<end.lowerBound], as: UTF8.self).lowercased()
            let length = head.components(separatedBy: "content-length: ").dropFirst().first.flatMap {
                Int($0.prefix { $0.isNumber })
            }
            if bytes.count >= end.upperBound + (length ?? 0) { return bytes }
        }
    }
}
