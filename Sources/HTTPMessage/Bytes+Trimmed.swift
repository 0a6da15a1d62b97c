// Lists may have spaces and tabs between their members (RFC 9110 5.6.3).

extension BidirectionalCollection<UInt8> where SubSequence == Self {
    /// Without the spaces and tabs around it.
    var trimmed: Self {
        var bytes = drop { $0 == .space || $0 == .horizontalTab }
        while let last = bytes.last, last == .space || last == .horizontalTab { bytes = bytes.dropLast() }
        return bytes
    }
}

extension Substring {
    /// Without the spaces and tabs around it.
    var trimmed: Substring { Substring(utf8.trimmed) }
}
