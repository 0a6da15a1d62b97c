import HTTPTypes

/// The field lines of one request: the bytes as they came, and where each name and value lies in them.
///
/// Nothing is turned into a `String` before somebody asks: a browser sends a dozen fields of which a handler reads one or two.
struct FieldLines: Sendable, Equatable {
    /// Where one field line lies, as offsets into ``bytes``. Heads are limited far below 64 KiB.
    struct Line: Sendable, Equatable {
        let nameStart: UInt16
        let nameCount: UInt16
        let valueStart: UInt16
        let valueCount: UInt16
    }

    let bytes: [UInt8]
    let lines: [Line]

    /// The values of the lines whose name equals `canonicalName` (lower case), in their order.
    func values(canonicalName: String) -> [String] {
        var values: [String] = []
        for line in lines where isNamed(line, canonicalName) {
            values.append(value(of: line))
        }
        return values
    }

    /// The first of these values as bytes, and how many there are.
    func first(canonicalName: String) -> (value: ArraySlice<UInt8>?, count: Int) {
        var first: ArraySlice<UInt8>?
        var count = 0
        for line in lines where isNamed(line, canonicalName) {
            if count == 0 { first = valueBytes(line) }
            count += 1
        }
        return (first, count)
    }

    /// The first value and whether it is the only one: most fields come once, and then nothing has to be joined.
    func joinedValue(canonicalName: String) -> String? {
        var joined: String?
        for line in lines where isNamed(line, canonicalName) {
            if let before = joined {
                joined = before + ", " + value(of: line)
            } else {
                joined = value(of: line)
            }
        }
        return joined
    }

    private func isNamed(_ line: Line, _ canonicalName: String) -> Bool {
        let name = canonicalName.utf8
        guard name.count == Int(line.nameCount) else { return false }
        var at = Int(line.nameStart)
        for byte in name {
            guard bytes[at].lowercasedASCII == byte else { return false }
            at += 1
        }
        return true
    }

    private func valueBytes(_ line: Line) -> ArraySlice<UInt8> {
        bytes[Int(line.valueStart)...].prefix(Int(line.valueCount))
    }

    private func value(of line: Line) -> String {
        String(decoding: valueBytes(line), as: UTF8.self)
    }
}

extension FieldLines {
    /// Writes `fields` out as a client would send them; what does not fit into a head is left out.
    init(_ fields: HTTPFields) {
        var bytes: [UInt8] = []
        var lines: [Line] = []
        for field in fields {
            let name = Array(field.name.rawName.utf8)
            let value = Array(field.value.utf8)
            guard bytes.count + name.count + value.count <= Int(UInt16.max) else { continue }
            lines.append(
                Line(
                    nameStart: UInt16(bytes.count),
                    nameCount: UInt16(name.count),
                    valueStart: UInt16(bytes.count + name.count),
                    valueCount: UInt16(value.count),
                )
            )
            bytes += name
            bytes += value
        }
        self.init(bytes: bytes, lines: lines)
    }
}
