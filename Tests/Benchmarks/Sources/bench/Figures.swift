import Foundation

/// What several rounds gave.
struct Figures {
    private(set) var values: [Double] = []

    mutating func add(_ value: Double) { values.append(value) }

    var median: Double { percentile(50) }

    /// By the nearest rank; zero when there are none.
    func percentile(_ rank: Double) -> Double {
        let sorted = values.sorted()
        guard let last = sorted.last else { return 0 }
        let index = Int((rank / 100 * Double(sorted.count)).rounded(.up)) - 1
        return sorted.indices.contains(index) ? sorted[index] : (index < 0 ? sorted.first ?? 0 : last)
    }

    /// The quotients of the same rounds.
    func over(_ others: Figures) -> Figures {
        var quotients = Figures()
        for (value, other) in zip(values, others.values) where other > 0 { quotients.add(value / other) }
        return quotients
    }

    /// The median, and where the rounds lie.
    func shown(_ decimals: Int) -> String {
        let least = text(values.min() ?? 0, decimals)
        let most = text(values.max() ?? 0, decimals)
        return "\(text(median, decimals)) (\(least)–\(most))"
    }
}

/// A number with thousands apart.
func text(_ value: Double, _ decimals: Int) -> String {
    let plain = String(format: "%.\(decimals)f", value)
    guard abs(value) >= 1000, decimals == 0 else { return plain }
    var grouped = ""
    for (offset, digit) in plain.reversed().enumerated() {
        if offset > 0, offset % 3 == 0, digit != "-" { grouped.append(",") }
        grouped.append(digit)
    }
    return String(grouped.reversed())
}

struct Table {
    let title: String
    let columns: [String]
    private var rows: [[String]] = []

    init(_ title: String, _ columns: [String]) {
        self.title = title
        self.columns = columns
    }

    mutating func add(_ cells: [String]) { rows.append(cells) }

    func text(isMarkdown: Bool) -> String { isMarkdown ? markdown : plain }

    private var markdown: String {
        let lines = [columns, columns.map { _ in "---" }] + rows
        return "### \(title)\n\n" + lines.map { "| \($0.joined(separator: " | ")) |" }.joined(separator: "\n")
    }

    private var plain: String {
        let lines = [columns] + rows
        let widths = columns.indices.map { column in lines.map { $0[column].count }.max() ?? 0 }
        return "\(title)\n"
            + lines.map { line in
                let cells = zip(line, widths).map { $0 + String(repeating: " ", count: $1 - $0.count) }
                return "  " + cells.joined(separator: "  ")
            }.joined(separator: "\n")
    }
}

extension Duration {
    var milliseconds: Double { self / .milliseconds(1) }
    var seconds: Double { self / .seconds(1) }
}

/// Says what goes on, apart from the figures.
func progress(_ text: String) { FileHandle.standardError.write(Data("bench: \(text)\n".utf8)) }
