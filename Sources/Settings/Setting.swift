/// One key of the configuration: its name, what it may hold, and what it is when nobody says.
struct Setting<Value: Sendable>: Sendable {
    let row: SettingRow
    let kind: Kind<Value>

    /// The default is written as it would be in a file, `nil` when the setting is then simply absent; `shownDefault` words
    /// it for the documentation where that is not readable.
    init(
        _ name: String,
        _ kind: Kind<Value>,
        default fallback: String? = nil,
        shownDefault: String? = nil,
        isSecret: Bool = false,
        availability: SettingRow.Availability = .offered,
        help: String,
    ) {
        self.kind = kind
        row = SettingRow(
            name: name,
            fallback: fallback,
            shownDefault: shownDefault ?? fallback.map { "`\($0)`" } ?? "unset",
            isSecret: isSecret,
            availability: availability,
            help: help,
        )
    }
}

/// What the documentation, the errors and `kassa check` know about a key.
public struct SettingRow: Sendable {
    public let name: String
    let fallback: String?
    /// In Markdown.
    public let shownDefault: String
    public let isSecret: Bool
    public let availability: Availability
    /// In Markdown, one sentence or two.
    public let help: String

    public enum Availability: Sendable {
        /// Does what it says.
        case offered
        /// Read and checked; setting it draws a warning because nothing uses it yet.
        case notUsedYet
        /// Read and checked; setting it stops the start, since going on without it would be a surprise.
        case refusedYet
    }

    /// `klarna.username` is `KASSA_KLARNA_USERNAME`.
    public var environmentName: String {
        "KASSA_" + String(name.uppercased().map { $0.isASCII && ($0.isLetter || $0.isNumber) ? $0 : "_" })
    }
}
