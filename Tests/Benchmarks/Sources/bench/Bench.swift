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
        let machine = Machine.description(of: options.directory)
        var tables: [Table] = []
        if options.subject != .purchases { tables += try Durable.tables(options) }
        if options.subject != .durable { tables += try Purchases.tables(options) + Memory.tables(options) }
        let code = options.isMarkdown ? "`" : ""
        print("\(code)\(options.command)\(code) on \(machine).")
        print("Medians over the rounds, with the least and the greatest; ratios within each round.")
        for table in tables { print("\n" + table.text(isMarkdown: options.isMarkdown)) }
    }
}
