import Foundation

/// The memory of `kassa serve`: idle, and how it grows with purchases.
enum Memory {
    static func tables(_ options: Options) throws -> [Table] {
        let street = try Street(options, "memory")
        defer { street.close() }
        let shoppers = try Shoppers(street)
        let step = options.isQuick ? 500 : 2_500
        var table = Table(
            "Memory of `kassa serve`",
            ["purchases", "VmRSS MB", "RssAnon MB", "bytes of RssAnon per purchase since the line above"],
        )
        var before: Int?
        for count in stride(from: 0, through: 4 * step, by: step) {
            if count > 0 {
                progress("memory, \(count) of \(4 * step) purchases")
                try shoppers.buy(step, atOnce: 16)
            }
            let resident = try street.backend.memory("VmRSS")
            let own = try street.backend.memory("RssAnon")
            let growth = before.map { text(Double((own - $0) * 1024) / Double(step), 0) } ?? ""
            let note = count == 0 ? ", goal 40" : ""
            table.add(["\(count)", text(Double(resident) / 1024, 1) + note, text(Double(own) / 1024, 1), growth])
            before = own
        }
        return [table]
    }
}
