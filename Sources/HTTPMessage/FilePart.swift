/// A part of an open file, to be sent without being brought into this process.
public struct FilePart: Sendable {
    public let descriptor: Int32
    /// The bytes of the file that are meant, by their offsets.
    public let range: Range<Int>
    /// Keeps the descriptor open, for as long as somebody holds the part.
    public let owner: any AnyObject & Sendable

    public init(descriptor: Int32, range: Range<Int>, owner: any AnyObject & Sendable) {
        self.descriptor = descriptor
        self.range = range
        self.owner = owner
    }

    /// Another part of the same file.
    public func part(_ range: Range<Int>) -> FilePart {
        FilePart(descriptor: descriptor, range: range, owner: owner)
    }
}
