import HTTPMessage
import HTTPTypes

@testable import HTTPServer

/// Values of fields, headers of proxies and settings. The first byte of an input chooses who reads the others.
enum FieldFuzz {
    private static let readers: [@Sendable ([UInt8]) -> Void] = [
        readDate, readRanges, readCodings, readConditions, readPercent, readForm, readListenAddress, readIPAddress,
        readProxyHeader, readForwarded,
    ]

    static func take(_ input: [UInt8]) {
        guard let choice = input.first else { return }
        readers[Int(choice) % readers.count](Array(input.dropFirst()))
    }

    private static func readDate(_ bytes: [UInt8]) {
        let now = HTTPDate(unixSeconds: 1_800_000_000)
        guard let date = HTTPDate(text(bytes), now: now) else { return }
        require(HTTPDate(date.description, now: now) == date, "\(date) is another date when it is read again")
    }

    private static func readRanges(_ bytes: [UInt8]) {
        for length in [0, 1, 10, Int.max] {
            switch ByteRanges(text(bytes), length: length, rangesMax: 4) {
            case .parts(let parts):
                require((1...4).contains(parts.count), "\(parts.count) ranges")
                require(
                    parts.allSatisfy { !$0.isEmpty && $0.lowerBound >= 0 && $0.upperBound <= length },
                    "\(parts) of \(length) bytes",
                )
            case .whole, .unsatisfiable: break
            }
        }
    }

    private static func readCodings(_ bytes: [UInt8]) {
        _ = AcceptEncoding(text(bytes)).prefersGzip
    }

    private static func readConditions(_ bytes: [UInt8]) {
        let now = HTTPDate(unixSeconds: 1_800_000_000)
        let validators = Validators(entityTag: EntityTag(opaque: "a"), lastModified: now)
        for name in [HTTPField.Name.ifMatch, .ifNoneMatch, .ifModifiedSince, .ifUnmodifiedSince, .ifRange] {
            let request = Request(
                method: .get,
                path: "/",
                fields: HTTPFields([HTTPField(name: name, value: text(bytes))]),
            )
            _ = validators.outcome(for: request, now: now)
            _ = validators.allowsRange(for: request, now: now)
        }
    }

    private static func readPercent(_ bytes: [UInt8]) {
        let text = text(bytes)
        require(
            PercentEncoding.decode(PercentEncoding.encode(text)) == text,
            "\(text) is another text when it is read again",
        )
        _ = PercentEncoding.decode(text)
    }

    private static func readForm(_ bytes: [UInt8]) {
        _ = FormFields(parsing: bytes)?["a"]
    }

    private static func readListenAddress(_ bytes: [UInt8]) {
        guard let address = ListenAddress(text(bytes)) else { return }
        require(ListenAddress(address.description) == address, "\(address) is another address when it is read again")
    }

    private static func readIPAddress(_ bytes: [UInt8]) {
        let text = text(bytes)
        if let address = IPAddress(text) {
            require(IPAddress(address.description) == address, "\(address) is another address when it is read again")
            require(Network(address.description)?.contains(address) == true, "\(address) is not its own network")
        }
        _ = Network(text)
    }

    private static func readProxyHeader(_ bytes: [UInt8]) {
        var reader = ProxyHeaderReader()
        let whole = reader.read(bytes.span)
        require(whole.count <= bytes.count, "more bytes were taken than there are")
        var slowReader = ProxyHeaderReader()
        var count = 0
        var step = ProxyHeaderReader.Step.needsMore
        while count < bytes.count, step == .needsMore {
            step = slowReader.read(bytes.span.extracting(count..<count + 1)).step
            count += 1
        }
        require(step == whole.step && count == whole.count, "\(step) byte by byte and \(whole.step) at once")
    }

    private static func readForwarded(_ bytes: [UInt8]) {
        let value = text(bytes.filter { $0 >= 0x20 && $0 != 0x7F })
        for (name, fields) in [("Forwarded", TrustedProxies.Fields.forwarded), ("X-Forwarded-For", .xForwarded)] {
            let message = Array(
                "GET / HTTP/1.1\r\nHost: a\r\n\(name): \(value)\r\nX-Forwarded-Proto: \(value)\r\n\r\n".utf8
            )
            var connection = HTTPConnection(limits: MessageLimits())
            connection.receive(message.span)
            guard case .head(let head) = connection.next(),
                let proxies = try? TrustedProxies(["10.0.0.0/8"], fields: fields)
            else { continue }
            _ = proxies.client(of: head, through: IPAddress("10.0.0.1"))
        }
    }

    private static func text(_ bytes: [UInt8]) -> String {
        String(decoding: bytes, as: UTF8.self)
    }
}
