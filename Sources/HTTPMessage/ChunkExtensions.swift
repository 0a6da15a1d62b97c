/// Reads past the extensions of one chunk (RFC 9112 7.1.1): `*( BWS ";" BWS name [ BWS "=" BWS ( token / quoted-string ) ] )`.
///
/// Nobody here needs one, but a line that is not exactly of this shape may end elsewhere for somebody else.
struct ChunkExtensions: Sendable, Equatable {
    private enum State: Equatable {
        /// Behind the size: the line may end here, without white space before its end.
        case begin
        case beforeSemicolon
        case beforeName
        case name
        case afterName
        case beforeValue
        case token
        case quoted
        case escaped
        case afterQuoted
    }

    private var state = State.begin

    /// Takes the next byte behind the chunk's size; true when it is the CR that ends the line.
    mutating func read(_ byte: UInt8) throws(Rejection) -> Bool {
        let isSpace = byte == .space || byte == .horizontalTab
        switch (state, byte) {
        case (.begin, .carriageReturn), (.name, .carriageReturn), (.token, .carriageReturn),
            (.afterQuoted, .carriageReturn):
            return true
        case (.begin, .semicolon), (.beforeSemicolon, .semicolon), (.name, .semicolon), (.afterName, .semicolon),
            (.token, .semicolon), (.afterQuoted, .semicolon):
            state = .beforeName
        case (.begin, _) where isSpace, (.beforeSemicolon, _) where isSpace, (.token, _) where isSpace,
            (.afterQuoted, _) where isSpace:
            state = .beforeSemicolon
        case (.beforeName, _) where isSpace, (.beforeValue, _) where isSpace:
            break
        case (.beforeName, _) where byte.isTokenByte, (.name, _) where byte.isTokenByte:
            state = .name
        case (.name, _) where isSpace, (.afterName, _) where isSpace:
            state = .afterName
        case (.name, .equals), (.afterName, .equals):
            state = .beforeValue
        case (.beforeValue, .quotationMark):
            state = .quoted
        case (.beforeValue, _) where byte.isTokenByte, (.token, _) where byte.isTokenByte:
            state = .token
        case (.quoted, .quotationMark):
            state = .afterQuoted
        case (.quoted, .backslash):
            state = .escaped
        case (.quoted, _) where byte.isText, (.escaped, _) where byte.isText:
            state = .quoted
        default:
            throw .malformed("A chunk's size or its extension is malformed.")
        }
        return false
    }
}

extension UInt8 {
    fileprivate static let semicolon = UInt8(ascii: ";")
    fileprivate static let equals = UInt8(ascii: "=")
    fileprivate static let quotationMark = UInt8(ascii: "\"")
    fileprivate static let backslash = UInt8(ascii: "\\")
}
