import Foundation
import Wire
import Yams

/// One of Klarna's own API descriptions, read where it lies: they are no part of this project.
struct OpenAPIDocument {
    private let root: Node

    /// The directory that holds `openapi/` and `examples/`: `KASSA_KLARNA_DOCS`, else `../shared/klarna` beside the
    /// checkout.
    static let directory: String? = {
        let beside = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../../shared/klarna")
        let path = ProcessInfo.processInfo.environment["KASSA_KLARNA_DOCS"] ?? beside.standardized.path
        return FileManager.default.fileExists(atPath: "\(path)/openapi") ? path : nil
    }()

    static let missing = "Klarna's API descriptions are not here: name their directory in KASSA_KLARNA_DOCS"

    init(_ name: String) throws {
        let text = try String(contentsOfFile: "\(Self.directory ?? "")/openapi/\(name).yml", encoding: .utf8)
        guard let root = try Yams.compose(yaml: text) else { throw CocoaError(.fileReadCorruptFile) }
        self.root = root
    }

    static func example(_ name: String) throws -> JSON {
        let data = try Data(contentsOf: URL(filePath: "\(directory ?? "")/examples/\(name).json"))
        return try JSON.parse(Array(data))
    }

    /// What is wrong with a value by the schema of that name: nothing, when it conforms.
    func violations(of value: JSON, _ schema: String) -> [String] {
        guard let node = root["components"]?["schemas"]?[schema] else { return ["there is no schema \(schema)"] }
        return violations(value, node, "")
    }

    /// Values in place of the good ones in `value`, each of which the schema refuses, with the paths they stand at.
    func spoilt(_ value: JSON, _ schema: String) -> [(path: String, value: JSON)] {
        guard let node = root["components"]?["schemas"]?[schema] else { return [] }
        return spoilt(value, node, "")
    }

    private func resolve(_ schema: Node) -> Node {
        guard let reference = schema["$ref"]?.string else { return schema }
        let steps = reference.split(separator: "/").dropFirst().map(String.init)
        return steps.reduce(Optional(root)) { $0?[$1] } ?? schema
    }

    private func violations(_ value: JSON, _ schema: Node, _ path: String) -> [String] {
        let schema = resolve(schema)
        switch schema["type"]?.string {
        case "object":
            guard case .object(let object) = value else { return ["\(path) is no object"] }
            let names = (schema["required"]?.sequence ?? []).compactMap(\.string)
            let missing = names.filter { object[$0] == nil }.map { "\(path).\($0) is missing" }
            return missing
                + object.members.flatMap { member -> [String] in
                    guard let property = schema["properties"]?[member.name] else { return [] }
                    return violations(member.value, property, "\(path).\(member.name)")
                }
        case "array":
            guard case .array(let elements) = value else { return ["\(path) is no array"] }
            let isRight = isWithin(Int64(elements.count), schema["minItems"]?.int, schema["maxItems"]?.int)
            return (isRight ? [] : ["\(path) has \(elements.count) items"])
                + elements.enumerated().flatMap { index, element in
                    schema["items"].map { violations(element, $0, "\(path)[\(index)]") } ?? []
                }
        case "string": return textViolations(value, schema, path)
        case "integer":
            guard case .integer(let number) = value else { return ["\(path) is no integer"] }
            return isWithin(number, schema["minimum"]?.int, schema["maximum"]?.int) ? [] : ["\(path) is out of range"]
        case "boolean":
            guard case .bool = value else { return ["\(path) is no boolean"] }
            return []
        case _: return []
        }
    }

    private func textViolations(_ value: JSON, _ schema: Node, _ path: String) -> [String] {
        guard case .string(let text) = value else { return ["\(path) is no string"] }
        if !isWithin(Int64(text.utf16.count), schema["minLength"]?.int, schema["maxLength"]?.int) {
            return ["\(path) has a wrong length"]
        }
        // In one of the documents an enumeration is a single string, joined with bars.
        let words = (schema["enum"]?.sequence ?? []).compactMap(\.string).flatMap { $0.split(separator: "|") }
        if !words.isEmpty, !words.contains(where: { $0 == text }) { return ["\(path) is none of \(words)"] }
        if let pattern = schema["pattern"]?.string, let regex = try? Regex(pattern),
            (try? regex.wholeMatch(in: text)) == nil
        {
            return ["\(path) does not match \(pattern)"]
        }
        if schema["format"]?.string == "date-time", Timestamp(text) == nil { return ["\(path) is no time"] }
        return []
    }

    private func isWithin(_ number: Int64, _ least: Int?, _ most: Int?) -> Bool {
        number >= least.map(Int64.init) ?? .min && number <= most.map(Int64.init) ?? .max
    }

    private func spoilt(_ value: JSON, _ schema: Node, _ path: String) -> [(path: String, value: JSON)] {
        let schema = resolve(schema)
        guard schema["readOnly"]?.bool != true else { return [] }
        var candidates: [JSON] = [7, "seven", true, [:], [], ["x"], .number("7.5")]
        if let most = schema["maxLength"]?.int { candidates.append(.string(String(repeating: "m", count: most + 1))) }
        if let most = schema["maximum"]?.int { candidates.append(.integer(Int64(most) + 1)) }
        if let least = schema["minimum"]?.int { candidates.append(.integer(Int64(least) - 1)) }
        if schema["minLength"] != nil || schema["pattern"] != nil || schema["enum"] != nil { candidates.append("") }
        let own =
            path.isEmpty
            ? [] : candidates.filter { !violations($0, schema, path).isEmpty }.map { (path: path, value: $0) }
        switch value {
        case .object(let object):
            let names = (schema["required"]?.sequence ?? []).compactMap(\.string)
            let absent = names.map { (path: path.isEmpty ? $0 : "\(path).\($0)", value: JSON.null) }
            return own + absent
                + object.members.flatMap { member -> [(path: String, value: JSON)] in
                    guard let property = schema["properties"]?[member.name] else { return [] }
                    return spoilt(member.value, property, path.isEmpty ? member.name : "\(path).\(member.name)")
                }
        case .array(let elements):
            guard let items = schema["items"], let first = elements.first else { return own }
            return own + spoilt(first, items, "\(path)[0]")
        case .null, .bool, .integer, .number, .string: return own
        }
    }
}
