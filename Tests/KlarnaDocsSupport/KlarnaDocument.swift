internal import Foundation
public import Wire
internal import Yams

/// One of Klarna's OpenAPI documents, and whether a body is what it says.
///
/// The documents are Klarna's and are not part of this project. They are looked for in the directory that
/// `KASSA_KLARNA_DOCS` names, or else beside the checkout; tests that need them are skipped elsewhere.
public struct KlarnaDocument: Sendable {
    let root: JSON

    public enum Name: String, Sendable, CaseIterable {
        case payments = "klarna-payments-v1.yml"
        case hostedPaymentPage = "klarna-hpp-v1.yml"
        case orderManagement = "klarna-order-management-v1.yml"
        case customerToken = "klarna-customer-token-v1.yml"
        case checkout = "klarna-checkout-v3.yml"
        case checkoutCallbacks = "klarna-checkout-callbacks-v3.yml"
    }

    public enum Failure: Error {
        case noOperation(method: String, path: String)
        case notReadable(String)
    }

    public init(_ name: Name) throws {
        let file = KlarnaDocument.directory.appending(path: name.rawValue)
        try self.init(yaml: String(contentsOf: file, encoding: .utf8))
    }

    public init(yaml: String) throws {
        guard let node = try Yams.compose(yaml: yaml) else { throw Failure.notReadable("the document is empty") }
        root = JSON(node)
    }

    /// The document that describes a path, `/hpp/v1/sessions/1`.
    public static func describing(_ path: String) throws -> KlarnaDocument {
        switch path.split(separator: "/").first {
        case "payments": try KlarnaDocument(.payments)
        case "hpp": try KlarnaDocument(.hostedPaymentPage)
        case "ordermanagement": try KlarnaDocument(.orderManagement)
        case "customer-token": try KlarnaDocument(.customerToken)
        case "checkout": try KlarnaDocument(.checkout)
        case _: throw Failure.notReadable("no document describes \(path)")
        }
    }

    /// What is wrong with the body of a request; empty when nothing is. Members that the document does not know count as
    /// wrong. Nothing does at the pointers that are listed. The path is as it is sent, with ids: `/hpp/v1/sessions/1`.
    public func requestFaults(
        _ method: String,
        _ path: String,
        body: JSON?,
        except pointers: Set<String> = [],
    ) throws -> [String] {
        let hasBody = try operation(method, path)["requestBody"] != nil
        guard let body else { return hasBody ? ["\(method) \(path) is documented with a body"] : [] }
        guard hasBody else { return ["\(method) \(path) is documented without a body"] }
        let schema = try requestSchema(method, path)
        var check = SchemaCheck(root: root, isRequest: true, exceptions: pointers)
        check.check(body, against: schema, at: "")
        return check.faults
    }

    /// What is wrong with the answer to a request; empty when nothing is.
    ///
    /// A body that is missing where the document has a schema is a fault, and so is one that is there without.
    public func responseFaults(
        _ method: String,
        _ path: String,
        status: Int,
        body: JSON?,
        except pointers: Set<String> = [],
    ) throws -> [String] {
        let responses = try operation(method, path)["responses"]
        guard let response = (responses?[String(status)] ?? responses?["default"]).map({ resolved($0, in: root) })
        else {
            return ["status \(status) is not documented for \(method) \(path)"]
        }
        guard let schema = response["content"]?["application/json"]?["schema"] else {
            // Klarna's error object is common to all, and left out of most operations.
            return body == nil || status >= 400 ? [] : ["status \(status) is documented without a body"]
        }
        // Klarna's document of Order Management has a bare text where the answer is empty.
        guard let body else { return schema["type"] == "string" ? [] : ["status \(status) is documented with a body"] }
        var check = SchemaCheck(root: root, isRequest: false, exceptions: pointers)
        check.check(body, against: schema, at: "")
        return check.faults
    }

    func requestSchema(_ method: String, _ path: String) throws -> JSON {
        guard let body = try operation(method, path)["requestBody"],
            let schema = resolved(body, in: root)["content"]?.object?.members.first?.value["schema"]
        else { throw Failure.noOperation(method: method, path: path) }
        return schema
    }

    private func operation(_ method: String, _ path: String) throws -> JSON {
        let segments = path.split(separator: "/")
        let candidates = (root["paths"]?.object?.members ?? []).filter { member in
            let template = member.name.split(separator: "/")
            return template.count == segments.count
                && zip(template, segments).allSatisfy { $0.hasPrefix("{") || $0 == $1 }
        }
        // A literal segment wins over a parameter.
        let best = candidates.min { $0.name.count { $0 == "{" } < $1.name.count { $0 == "{" } }
        guard let operation = best?.value[method.lowercased()] else {
            throw Failure.noOperation(method: method, path: path)
        }
        return operation
    }
}

extension KlarnaDocument {
    public static let absence = "Klarna's OpenAPI documents are not here; KASSA_KLARNA_DOCS may name their directory"

    /// Whether the documents are there to be read.
    public static let isAvailable = FileManager.default.fileExists(
        atPath: directory.appending(path: Name.payments.rawValue).path
    )

    private static let directory: URL = {
        let checkout = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let named = ProcessInfo.processInfo.environment["KASSA_KLARNA_DOCS"].map { URL(filePath: $0) }
        let directory = named ?? checkout.deletingLastPathComponent().appending(path: "shared/klarna")
        let inner = directory.appending(path: "openapi")
        return FileManager.default.fileExists(atPath: inner.path) ? inner : directory
    }()
}

/// Follows `$ref` within the document, as often as needed.
func resolved(_ value: JSON, in root: JSON) -> JSON {
    var value = value
    var steps = 0
    while let reference = value["$ref"]?.string, reference.hasPrefix("#/"), steps < 32 {
        steps += 1
        var target: JSON? = root
        for name in reference.dropFirst(2).split(separator: "/") { target = target?[String(name)] }
        guard let target else { return value }
        value = target
    }
    return value
}

extension JSON {
    /// YAML as JSON. Plain scalars that look like numbers and truth values are such, anything quoted is a text.
    fileprivate init(_ node: Node) {
        switch node {
        case .mapping(let mapping):
            self = .object(JSONObject(mapping.map { ($0.key.string ?? "", JSON($0.value)) }))
        case .sequence(let sequence):
            self = .array(sequence.map { JSON($0) })
        case .scalar(let scalar):
            guard scalar.style == .plain || scalar.style == .any else {
                self = .string(scalar.string)
                return
            }
            switch scalar.string {
            case "true": self = true
            case "false": self = false
            case "null", "~", "": self = .null
            case let text: self = Int64(text).map { .integer($0) } ?? .string(text)
            }
        case .alias:
            self = .null
        }
    }
}
