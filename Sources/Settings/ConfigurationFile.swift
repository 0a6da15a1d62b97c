internal import Foundation
internal import Yams

/// The keys and values of a YAML or JSON file (JSON is YAML), flat: `klarna: {username: x}` is `klarna.username`.
struct ConfigurationFile {
    var values: [String: String] = [:]
    /// Keys whose value is a sequence; their items are joined by commas as an environment variable would have them.
    var lists: Set<String> = []
    var problems: [SettingsProblem] = []
    var isReadableByAll = false

    private static let bytesMax = 1 << 20

    init() {}

    /// Reads what can be read; everything else becomes a problem.
    init(reading path: String, called name: String) {
        guard let contents = FileManager.default.contents(atPath: path) else {
            let reason = FileManager.default.fileExists(atPath: path) ? "cannot be read" : "does not exist"
            problems = [SettingsProblem(key: "config", "the file \(name) \(reason)")]
            return
        }
        guard contents.count <= ConfigurationFile.bytesMax else {
            problems = [SettingsProblem(key: "config", "the file \(name) is larger than 1 MiB")]
            return
        }
        let attributes = try? FileManager.default.attributesOfItem(atPath: path)
        isReadableByAll = (attributes?[.posixPermissions] as? Int ?? 0) & 0o004 != 0
        parse(contents, name)
    }

    private mutating func parse(_ contents: Data, _ name: String) {
        guard let text = String(data: contents, encoding: .utf8) else {
            problems.append(SettingsProblem(key: "config", "the file \(name) is not UTF-8"))
            return
        }
        do {
            guard let root = try Yams.compose(yaml: text) else { return }
            switch root {
            case .mapping(let mapping): add(mapping, under: [])
            case .scalar(let scalar) where scalar.string.isEmpty: break
            case .scalar, .sequence, .alias:
                problems.append(SettingsProblem(key: "config", "the file \(name) must hold keys and values"))
            }
        } catch {
            problems.append(SettingsProblem(key: "config", "the file \(name) is not YAML: \(describe(error))"))
        }
    }

    private mutating func add(_ mapping: Node.Mapping, under path: [String]) {
        for (nameNode, value) in mapping {
            guard let name = nameNode.string else {
                let place = path.isEmpty ? "config" : path.joined(separator: ".")
                problems.append(SettingsProblem(key: place, "has a key that is not text"))
                continue
            }
            let keyPath = path + [name]
            let key = keyPath.joined(separator: ".")
            switch value {
            case .mapping(let inner): add(inner, under: keyPath)
            case .scalar(let scalar): set(key, value.null == nil ? scalar.string : "")
            case .sequence(let sequence):
                let items = sequence.compactMap(\.scalar?.string)
                guard items.count == sequence.count else {
                    problems.append(SettingsProblem(key: key, "expected a list of plain values"))
                    continue
                }
                lists.insert(key)
                set(key, items.joined(separator: ","))
            case .alias: problems.append(SettingsProblem(key: key, "is an alias, which is not supported"))
            }
        }
    }

    private mutating func set(_ key: String, _ value: String) {
        if values.updateValue(value, forKey: key) != nil {
            problems.append(SettingsProblem(key: key, "is given twice"))
        }
    }

    /// Where and what, without the file's own text: Yams would quote the line, and the line may hold a secret.
    private func describe(_ error: any Error) -> String {
        switch error as? YamlError {
        case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
            .composer(_, let problem, let mark, _):
            return "\(problem) in line \(mark.line), column \(mark.column)"
        case .reader(let problem, _, _, _): return problem
        case .duplicatedKeysInMapping(let keys, _): return "\(keys.sorted().joined(separator: ", ")) is given twice"
        case .no, .memory, .writer, .emitter, .representer, .dataCouldNotBeDecoded, nil: return "it cannot be parsed"
        }
    }
}
