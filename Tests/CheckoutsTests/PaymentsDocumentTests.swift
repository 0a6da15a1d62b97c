import Foundation
import Klarna
import Testing

@testable import Checkouts

@Suite("docs/payments.md")
struct PaymentsDocumentTests {
    @Test func `draws exactly the moves that the machine makes`() throws {
        let document = try String(contentsOf: projectRoot.appending(path: "docs/payments.md"), encoding: .utf8)
        let drawn = Set(
            document.split(separator: "\n").compactMap { line -> Move? in
                let parts = line.split(separator: " ", omittingEmptySubsequences: true)
                guard parts.count == 3, parts[1] == "-->", parts[0] != "[*]" else { return nil }
                return Move(from: String(parts[0]), to: String(parts[2]))
            }
        )
        #expect(drawn == machineMoves())
    }

    /// Every news told to a checkout in every state.
    private func machineMoves() -> Set<Move> {
        let problem = Problem(.orderRejected, "No.")
        let answer = Problem.KlarnaAnswer(status: 403, errorCode: nil, errorMessages: [], correlationID: nil)
        let token = CustomerToken(
            madeBy: Checkout.sample().id,
            token: KlarnaTokenID(rawValue: "klarna-token"),
            createdAt: .start,
        )
        let news: [Checkout.News] = [
            .opened(.sample), .openingRefused(problem), .pageOpen(hppStatus: "WAITING"), .pageOpen(hppStatus: "BACK"),
            .authorized(.sample, ifEnded: .release), .authorized(.sample, ifEnded: .place), .orderFound(.sample),
            .pageCancelled, .pageDisabled, .pageExpired, .placementSent(at: .start, exclusively: true),
            .placementNotSent(reason: ""), .placementWaits(problem), .lapsed([]), .placementUnanswered(nil),
            .placementHeld(answer),
            .placementRefused(answer, at: .start), .placementComplete(at: .start),
            .placementFailed(problem, next: nil), .placementFailed(problem, next: .sample),
            .placementOverdue(.seconds(600)), .placementUnidentified(problem), .orderRead(.sample), .released([]),
            .paidBefore(Checkout.sample().id), .pageEnding, .reopened(.sample), .tokenSent(at: .start),
            .tokenCreated(token), .tokenWaits(.unanswered(nil)), .tokenRefused(problem),
        ]
        var moves: Set<Move> = []
        for start in [Checkout.sample(), .tokenizing()] { visit(start, news, &moves) }
        return moves
    }

    private func visit(_ start: Checkout, _ news: [Checkout.News], _ moves: inout Set<Move>) {
        var known: [Checkout.Status: Checkout] = [.created: start]
        var toVisit = [start]
        while let checkout = toVisit.popLast() {
            for piece in news {
                var next = checkout
                guard (try? next.apply(piece, at: .start)) != nil, next.status != checkout.status else { continue }
                moves.insert(Move(from: checkout.status.rawValue, to: next.status.rawValue))
                guard known[next.status] == nil else { continue }
                known[next.status] = next
                toVisit.append(next)
            }
        }
    }

    private struct Move: Hashable {
        let from: String
        let to: String
    }

    private var projectRoot: URL {
        URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    }
}
