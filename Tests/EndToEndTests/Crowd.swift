import Foundation
import Wire

/// What a shopper does on Klarna's page, and what the merchant does meanwhile.
enum Story: String, Sendable, CaseIterable {
    case pays, paysAndIsNotSeenAgain, paysAfterDecline, paysImpatiently, paysInTwoTabs
    case goesAway, isDeclined, goesBack, meetsAnError, cancels
    case isClosed, isClosedWhilePaying
    case agreesToBeCharged, buysAndAgrees
    case paysAtKlarnaCheckout, paysAfterReopening, paysForAnotherBasket
}

/// One checkout as its merchant and its shopper remember it.
struct Memory: Sendable {
    let story: Story
    let reference: String
    let key: String
    let body: String
    var id = ""
    var hppSession = ""
    /// What the merchant did with the order.
    var aftermath = Aftermath.isLeft
    var deeds: [Deed] = []
    var charges: [Charge] = []
    /// Klarna told the shopper that they had paid.
    var wasApproved = false
    /// The merchant asked to close it: paid all the same, it may be given back.
    var mayBeReleased: Bool { story == .isClosed || story == .isClosedWhilePaying || story == .paysInTwoTabs }
}

/// Merchants and shoppers in great numbers, who do not let go when the service is away for a moment.
final class Crowd: Sendable {
    private let street: Street
    private let memories = Locked<[Memory]>([])

    init(_ street: Street) { self.street = street }

    var all: [Memory] { memories.value }

    /// Lets shoppers come, so many at a time, as long as `wants` says yes to the number of those before.
    func come(
        atOnce: Int,
        chance: inout Seed,
        stories: [Story] = Story.allCases,
        while wants: @Sendable (Int) async -> Bool,
    ) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            var number = 0
            while await wants(number) {
                if number >= atOnce { try await group.next() }
                let story = stories[number % stories.count]
                let seed = Seed(chance.next())
                let name = "\(number)"
                // Their numbers have no common factor: each story ends in each way.
                let aftermath = Aftermath.allCases[number % Aftermath.allCases.count]
                group.addTask { try await self.live(story, name, aftermath, seed) }
                number += 1
            }
            try await group.waitForAll()
        }
    }

    private func live(_ story: Story, _ name: String, _ aftermath: Aftermath, _ seed: Seed) async throws {
        var chance = seed
        var memory = try await open(story, name, tab: 1)
        if story == .paysInTwoTabs {
            var other = try await open(story, name, tab: 2)
            try await pay(&memory)
            try await pay(&other)
            remember(other)
        } else {
            try await act(story, &memory, &chance)
        }
        try await follow(&memory, aftermath, &chance)
        remember(memory)
    }

    private func act(_ story: Story, _ memory: inout Memory, _ chance: inout Seed) async throws {
        switch story {
        case .pays, .agreesToBeCharged, .buysAndAgrees, .paysAtKlarnaCheckout:
            try await comeBack(from: try await pay(&memory), times: 1)
        case .paysAndIsNotSeenAgain, .paysInTwoTabs: try await pay(&memory)
        case .paysImpatiently:
            try await comeBack(from: try await pay(&memory), times: Int.random(in: 2...5, using: &chance))
        case .paysAfterDecline:
            for action in ["decline", "back", "enter"] { _ = try await street.shop(action, on: memory.hppSession) }
            try await comeBack(from: try await pay(&memory), times: 1)
        case .paysAfterReopening:
            try await close(memory)
            memory.hppSession = try await street.insistOnReopening(memory.id, key: "\(memory.key)-again")
            try await comeBack(from: try await pay(&memory), times: 1)
        case .paysForAnotherBasket:
            try await street.insistOnOneMug(memory.id, key: "\(memory.key)-basket")
            try await comeBack(from: try await pay(&memory), times: 1)
        case .goesAway: break
        case .isDeclined: try await comeBack(from: try await street.shop("decline", on: memory.hppSession), times: 1)
        case .goesBack: try await comeBack(from: try await street.shop("back", on: memory.hppSession), times: 1)
        case .meetsAnError: try await comeBack(from: try await street.shop("error", on: memory.hppSession), times: 1)
        case .cancels: try await comeBack(from: try await street.shop("cancel", on: memory.hppSession), times: 1)
        case .isClosed: try await close(memory)
        case .isClosedWhilePaying:
            let opened = memory
            async let closing: Void = close(opened)
            try? await Task.sleep(for: .milliseconds(Int.random(in: 0...30, using: &chance)))
            try await pay(&memory)
            try await closing
        }
    }

    /// What the merchant does with what was bought.
    private func follow(_ memory: inout Memory, _ aftermath: Aftermath, _ chance: inout Seed) async throws {
        guard memory.wasApproved else { return }
        switch memory.story {
        case .pays, .paysAndIsNotSeenAgain, .paysAfterDecline, .paysImpatiently, .paysAtKlarnaCheckout,
            .paysAfterReopening:
            memory.aftermath = aftermath
            memory.deeds = try await street.doAfterwards(aftermath, with: memory.id, key: memory.key)
        case .agreesToBeCharged, .buysAndAgrees:
            let path = "/v1/checkouts/\(memory.id)"
            let ending = memory.story == .buysAndAgrees ? "order_placed" : "tokenized"
            let checkout = try await street.insist(on: ending, path) { $0["status"]?.string == ending }
            guard let token = checkout["customer_token"]?.string else { throw Failure("no token: \(checkout.text)") }
            for month in 1...Int.random(in: 1...3, using: &chance) {
                let charge = try await street.insistOnCharge(token, reference: "\(memory.reference)-\(month)")
                memory.charges.append(charge)
            }
            guard let charge = memory.charges.first, Bool.random(using: &chance) else { return }
            try await street.insistOnOrder(of: charge.checkout)
            let step = Step.capture(body: "{}", amount: 10_000)
            memory.deeds.append(try await street.insistOn(step, with: charge.checkout, key: "\(charge.key)-capture"))
        case .paysForAnotherBasket, .paysInTwoTabs, .goesAway, .isDeclined, .goesBack, .meetsAnError, .cancels,
            .isClosed, .isClosedWhilePaying:
            break
        }
    }

    private func remember(_ memory: Memory) { memories.change { $0.append(memory) } }

    /// Asks under one key until there is an answer, however often the service is killed meanwhile.
    private func open(_ story: Story, _ name: String, tab: Int) async throws -> Memory {
        var body = Street.mugs.replacingOccurrences(of: "order-1001", with: "order-\(name)")
        switch story {
        case .agreesToBeCharged: body = Street.plan("order-\(name)", intent: "tokenize")
        case .buysAndAgrees: body = Street.plan("order-\(name)", intent: "buy_and_tokenize")
        case .cancels:
            body = body.replacingOccurrences(of: "{\"merchant", with: "{\"return_urls\": null, \"merchant")
        case .paysAtKlarnaCheckout:
            body = body.replacingOccurrences(of: "{\"merchant", with: "{\"provider\": \"klarna_checkout\", \"merchant")
        case _: break
        }
        var memory = Memory(story: story, reference: "order-\(name)", key: "key-\(name)-\(tab)", body: body)
        let checkout = try await street.insistOnOpening(memory.body, key: memory.key).json
        memory.id = street.id(checkout)
        memory.hppSession = checkout["klarna"]?["hpp_session_id"]?.string ?? ""
        guard !memory.hppSession.isEmpty else { throw Failure("opened without a page: \(checkout.text)") }
        return memory
    }

    @discardableResult
    private func pay(_ memory: inout Memory) async throws -> String {
        let outcome = try await street.shopperActs("approve", on: memory.hppSession)
        memory.wasApproved = outcome.status == "COMPLETED"
        return outcome.location
    }

    /// The browser follows Klarna's redirect. When nobody answers, the shopper looks again a few times.
    private func comeBack(from location: String, times: Int) async throws {
        guard location.hasPrefix(street.shop) else { return }
        for _ in 0..<times { _ = try? await street.ask("GET", location) }
    }

    private func close(_ memory: Memory) async throws {
        _ = try await street.insist {
            try await self.street.ask("DELETE", $0 + "/v1/checkouts/\(memory.id)", headers: self.street.authorization)
        }
    }
}

extension Street {
    /// Acts as the shopper; where the browser would go.
    func shop(_ action: String, on hppSession: String) async throws -> String {
        try await shopperActs(action, on: hppSession).location
    }

    func shopperActs(_ action: String, on hppSession: String) async throws -> (status: String, location: String) {
        let answer = try await ask("POST", "\(sandbox)/sandbox/hpp/\(hppSession)/\(action)")
        guard answer.status == 200 else { throw Failure("\(action): \(answer.status) \(answer.text)") }
        let json = try answer.json
        return (json["status"]?.string ?? "", json["location"]?.string ?? "")
    }

    func insistOnOpening(_ body: String, key: String) async throws -> Answer {
        let headers = authorization.merging(["Content-Type": "application/json", "Idempotency-Key": key]) { $1 }
        let answer = try await insist {
            try await self.ask("POST", $0 + "/v1/checkouts", headers: headers, body: body)
        }
        guard answer.status == 201 else { throw Failure("opening: \(answer.status) \(answer.text)") }
        return answer
    }

    /// Asks until somebody answers for good: not a killed process, not one that has no answer yet.
    func insist(_ ask: (_ shop: String) async throws -> Answer) async throws -> Answer {
        var last = "nothing"
        let end = ContinuousClock.now + .seconds(90)
        while ContinuousClock.now < end {
            do {
                let answer = try await ask(shop)
                let isInFlight = answer.status == 409 && answer.text.contains("in-flight")
                guard answer.status >= 500 || answer.status == 429 || isInFlight else { return answer }
                last = "\(answer.status) \(answer.text)"
            } catch {
                last = "\(error)"
            }
            try await Task.sleep(for: .milliseconds(50))
        }
        throw Failure("no answer in the end; the last was \(last)")
    }
}
