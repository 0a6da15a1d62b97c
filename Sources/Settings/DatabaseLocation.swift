internal import Foundation

/// What `database_url` names.
public enum DatabaseLocation: Sendable {
    /// A file, relative to the working directory unless the path begins with `/`.
    case sqlite(path: String)
    /// A server; the URL holds a password.
    case postgres(url: Secret<String>)

    init?(_ text: String) {
        if text.hasPrefix("sqlite:") {
            let path = String(text.dropFirst("sqlite:".count))
            // A path such as `:memory:` or `file:x?mode=ro` means something else to SQLite than to whoever reads it.
            guard !path.isEmpty, !path.hasPrefix(":"), !path.hasPrefix("//"), !path.hasPrefix("file:"),
                !path.hasSuffix("/"), !path.utf8.contains(0)
            else { return nil }
            self = .sqlite(path: path)
        } else if text.hasPrefix("postgres://") || text.hasPrefix("postgresql://") {
            guard let host = URLComponents(string: text)?.host, !host.isEmpty else { return nil }
            self = .postgres(url: Secret(text))
        } else {
            return nil
        }
    }
}

enum Base64 {
    /// Standard alphabet, padding required; `nil` for anything else.
    static func decode(_ text: some StringProtocol) -> [UInt8]? {
        Data(base64Encoded: String(text)).map { Array($0) }
    }
}
