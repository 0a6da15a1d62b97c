public import HTTPTypes

/// Fields that many answers have in common, as the bytes they are on the wire: written out once and not each time.
public struct CommonFields: Sendable {
    /// The fields themselves, each name once.
    public let fields: HTTPFields
    private let names: [HTTPField.Name]
    private let lines: [[UInt8]]
    private let allLines: [UInt8]

    public static let none = CommonFields([:])

    /// At most 64. Of several fields of one name the values are joined; those that are the server's to say are left out.
    public init(_ fields: HTTPFields) {
        var once = HTTPFields()
        for field in fields where !ResponseFraming.isServers(field.name) { once[field.name] = fields[field.name] }
        precondition(once.count <= 64, "more than 64 common fields")
        self.fields = once
        names = once.map(\.name)
        lines = once.map { Array("\r\n\($0.name.rawName): \($0.value)".utf8) }
        allLines = lines.flatMap { $0 }
    }

    /// Which of these fields a response has itself, one bit each.
    struct Said {
        fileprivate var bits: UInt64 = 0
    }

    /// Notes that the response says `name` itself.
    func note(_ name: HTTPField.Name, in said: inout Said) {
        for index in names.indices where names[index].isEqual(to: name) {
            said.bits |= 1 << UInt64(index)
        }
    }

    /// Writes what the response does not say itself.
    func append(without said: Said, to bytes: inout [UInt8]) {
        if said.bits == 0 {
            bytes += allLines
            return
        }
        for (index, line) in lines.enumerated() where said.bits & 1 << UInt64(index) == 0 {
            bytes += line
        }
    }
}

extension HTTPField.Name {
    /// `==` with a look at the lengths first, which nearly always is enough.
    func isEqual(to other: HTTPField.Name) -> Bool {
        canonicalName.utf8.count == other.canonicalName.utf8.count && canonicalName == other.canonicalName
    }
}
