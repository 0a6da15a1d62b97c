internal import Foundation

/// Whose money it is, and where Klarna keeps it.
public struct KlarnaAccount: Sendable {
    public let username: String
    public let password: Secret
    public let environment: Environment
    public let region: Region
    /// Without a slash at its end. Requests, and with them the credentials, go to no other place.
    public let baseURL: String

    public enum Environment: String, Sendable, Hashable, CaseIterable {
        /// Klarna's test system.
        case playground
        case production
    }

    public enum Region: String, Sendable, Hashable, CaseIterable {
        /// Europe, and every country that is in none of the others.
        case eu
        /// The United States, Canada and Mexico.
        case na
        /// Australia and New Zealand.
        case oc
    }

    /// What is wrong with an account. It names no credentials.
    public struct Invalid: Error, Sendable, Hashable, CustomStringConvertible {
        public let description: String
    }

    /// The base URL is Klarna's own unless another is given: https, or plain http that stays on this machine. One of Klarna's
    /// or Kustom's has to belong to the environment and the region.
    public init(
        username: String,
        password: Secret,
        environment: Environment,
        region: Region,
        baseURLOverride: String? = nil,
    ) throws(Invalid) {
        // RFC 7617 2: a colon ends the user name, and control characters have no place.
        guard !username.isEmpty, !username.contains(":"), !hasControl(username) else {
            throw Invalid(description: "the user name is empty or holds a colon or a control character")
        }
        guard !password.reveal().isEmpty, !hasControl(password.reveal()) else {
            throw Invalid(description: "the password is empty or holds a control character")
        }
        self.username = username
        self.password = password
        self.environment = environment
        self.region = region
        guard let baseURLOverride else {
            baseURL = region.baseURL(environment)
            return
        }
        let other = try checked(baseURLOverride)
        try KlarnaAccount.check(other.host, environment, region)
        baseURL = other.base
    }

    /// The value of `Authorization`.
    var authorization: String { "Basic " + Data("\(username):\(password.reveal())".utf8).base64EncodedString() }
}

private func hasControl(_ text: String) -> Bool { text.unicodeScalars.contains { $0.value < 0x20 || $0.value == 0x7F } }

private func checked(_ text: String) throws(KlarnaAccount.Invalid) -> (base: String, host: String) {
    guard text.utf8.allSatisfy({ (0x21...0x7E).contains($0) }), let url = URLComponents(string: text),
        let host = url.host, !host.isEmpty, url.user == nil, url.password == nil, url.query == nil, url.fragment == nil
    else { throw KlarnaAccount.Invalid(description: "the base URL is not one of scheme, host, port and path alone") }
    let scheme = url.scheme?.lowercased()
    guard scheme == "https" || scheme == "http" && isLoopback(host) else {
        throw KlarnaAccount.Invalid(description: "the base URL must be https; http only to this machine itself")
    }
    var base = text[...]
    while base.hasSuffix("/") { base = base.dropLast() }
    return (String(base), host)
}

private func isLoopback(_ host: String) -> Bool {
    let octets = host.split(separator: ".", omittingEmptySubsequences: false).map { UInt8($0) }
    return host.lowercased() == "localhost" || host == "::1" || host == "[::1]"
        || octets.count == 4 && octets[0] == 127 && !octets.contains(nil)
}
