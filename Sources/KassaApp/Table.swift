/// Rows of text in columns that begin below each other, for people at a terminal.
struct Table: CustomStringConvertible {
    private var rows: [[String]] = []

    init(_ heading: [String]? = nil) {
        if let heading { rows.append(heading) }
    }

    /// Control characters are left out: what a merchant's system sent must not move the cursor of whoever reads it.
    mutating func add(_ cells: [String]) {
        rows.append(cells.map { cell in String(String.UnicodeScalarView(cell.unicodeScalars.filter(Table.isPlain))) })
    }

    /// One row per line, without blanks at their ends.
    var description: String {
        let columns = rows.map(\.count).max() ?? 0
        let widths = (0..<columns).map { column in
            rows.map { column < $0.count ? $0[column].count : 0 }.max() ?? 0
        }
        return rows.map { cells in
            let padded = zip(cells, widths).map { cell, width in
                cell + String(repeating: " ", count: max(0, width - cell.count))
            }
            var line = padded.joined(separator: "  ")
            while line.hasSuffix(" ") { line.removeLast() }
            return line
        }.joined(separator: "\n")
    }

    private static func isPlain(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate: false
        case _: true
        }
    }
}
