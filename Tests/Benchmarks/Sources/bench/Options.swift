import Foundation

/// What `scripts/bench` passes on.
struct Options {
    enum Subject: String {
        case durable, purchases, http, all
        /// Klarna's calls without Kassa: the benchmark of purchases runs it as a process of its own.
        case bareCalls = "bare-calls"
    }

    var subject = Subject.all
    var isQuick = false
    var isMarkdown = false
    var rounds: Int?
    /// The release binary of the product.
    var kassa = ""
    var project = ""
    var directory = FileManager.default.temporaryDirectory
    /// The server without the rest of Kassa.
    var bareServer = ""
    /// The directory of the rivals' programs.
    var rivals = ""
    var nginx = ""
    /// The command as it was given, to be named with the figures.
    var command: String

    init(_ arguments: [String]) throws {
        // The script adds its own behind what it was given.
        let given = arguments.prefix { $0 != "--kassa" }
        command = (["scripts/bench"] + given).joined(separator: " ")
        var rest = arguments[...]
        while let word = rest.popFirst() {
            switch word {
            case "--quick": isQuick = true
            case "--markdown": isMarkdown = true
            case "--rounds":
                guard let count = rest.popFirst().flatMap({ Int($0) }), count > 0 else {
                    throw Failure("--rounds takes a number")
                }
                rounds = count
            case "--kassa": kassa = try Options.value(of: word, &rest)
            case "--project": project = try Options.value(of: word, &rest)
            case "--directory": directory = URL(filePath: try Options.value(of: word, &rest))
            case "--bare-server": bareServer = try Options.value(of: word, &rest)
            case "--rivals": rivals = try Options.value(of: word, &rest)
            case "--nginx": nginx = try Options.value(of: word, &rest)
            case _:
                guard let subject = Subject(rawValue: word), subject != .bareCalls else {
                    throw Failure(
                        "usage: scripts/bench [durable|purchases|http|all] [--quick] [--rounds N] [--markdown]"
                    )
                }
                self.subject = subject
            }
        }
    }

    /// How long one measurement of one round takes.
    var slice: Duration { isQuick ? .seconds(1) : .seconds(4) }

    func measures(_ subject: Subject) -> Bool { self.subject == subject || self.subject == .all }

    private static func value(of option: String, _ rest: inout ArraySlice<String>) throws -> String {
        guard let value = rest.popFirst() else { throw Failure("\(option) takes a value") }
        return value
    }
}
