import Foundation
@testable import Telemetry
import Testing

@Suite("The process's figures")
struct ProcessFiguresTests {
    @Test func `are found behind a name of any form`() throws {
        let text = "42 (a) R (b 1 2) S 1 42 42 0 -1 4194560 5 0 0 0 150 50 0 0 20 0 9 0 3000 1000000 25 18446744\n"
        let status = try #require(ProcessStatus(text, ticksPerSecond: 100, pageBytes: 4096))
        #expect(status.cpuSeconds == 2)
        #expect(status.secondsAfterBoot == 30)
        #expect(status.residentBytes == 25 * 4096)
    }

    @Test(arguments: [
        "", "42", "42 (a)", "42 (a) S 1 2 3", "42 (a) S 1 42 42 0 -1 0 5 0 0 0 x 50 0 0 20 0 9 0 3000 1 25",
    ])
    func `are left out when the text is not as expected`(text: String) {
        #expect(ProcessStatus(text, ticksPerSecond: 100, pageBytes: 4096) == nil)
    }

    @Test func `are those of this process`() throws {
        var exposition = Exposition()
        ProcessFigures.add(to: &exposition)
        var values: [String: Double] = [:]
        for line in String(decoding: exposition.bytes, as: UTF8.self).split(separator: "\n") where line.first != "#" {
            let words = line.split(separator: " ")
            values[String(words[0])] = Double(words[1])
        }
        let memory = try #require(values["process_resident_memory_bytes"])
        #expect(memory > 1_000_000)
        let start = try #require(values["process_start_time_seconds"])
        let now = Date().timeIntervalSince1970
        #expect(start > 1_577_836_800 && start < now + 2)
        let (open, most) = (try #require(values["process_open_fds"]), try #require(values["process_max_fds"]))
        #expect(open >= 1 && open <= most)
        #expect(values["process_cpu_seconds_total"] != nil)
    }
}
