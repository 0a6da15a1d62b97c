import Foundation

@main
enum Bench {
    static func main() async {
        do {
            let arguments = Array(CommandLine.arguments.dropFirst())
            if arguments.first == Options.Subject.bareCalls.rawValue {
                return try await BareCalls.run(Array(arguments.dropFirst()))
            }
            try run(try Options(arguments))
        } catch {
            progress("\(error)")
            exit(1)
        }
    }

    private static func run(_ options: Options) throws {
        if options.measures(.durable) { try show(.durable, options) { try Durable.tables(options) } }
        if options.measures(.purchases) {
            try show(.purchases, options) { try Purchases.tables(options) + Memory.tables(options) }
        }
        if options.measures(.http) { try show(.http, options) { try HTTP.tables(options) } }
    }

    /// Prints what was measured about a subject; the document has a place for each.
    private static func show(_ subject: Options.Subject, _ options: Options, _ measure: () throws -> [Table]) throws {
        var machine = Machine.description(of: options.directory)
        if subject == .http { machine += "; " + (try HTTP.versions(options)) }
        let tables = try measure()
        let code = options.isMarkdown ? "`" : ""
        if options.isMarkdown { print("<!-- figures: \(subject.rawValue) -->\n") }
        print("\(code)\(options.command)\(code) on \(machine).")
        print("Medians over the rounds, with the least and the greatest; ratios within each round.")
        for table in tables { print("\n" + table.text(isMarkdown: options.isMarkdown)) }
        if options.isMarkdown { print("\n<!-- end of figures -->") }
    }
}
