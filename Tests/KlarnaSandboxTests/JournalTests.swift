import KlarnaSandbox
import Testing

@Suite("A journal")
struct JournalTests {
    @Test func `forgets its oldest entries and still finds the others by their numbers`() {
        var journal = Journal<Int>()
        let max = Journal<Int>.entriesMax
        let numbers = (0...2 * max).map { journal.append($0) }
        #expect(numbers == Array(0...2 * max))
        #expect(journal.entries == Array(max...2 * max))
        journal.change(numbers[0]) { $0 = -1 }
        journal.change(numbers[max]) { $0 = -2 }
        journal.change(numbers[2 * max]) { $0 = -3 }
        #expect(journal.entries.first == -2)
        #expect(journal.entries.last == -3)
        #expect(!journal.entries.contains(-1))
    }
}
