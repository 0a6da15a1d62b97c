import CQRCode

/// A text as the square picture that telephones read.
///
/// The only place in this room that touches libqrencode: what it gives is copied and freed before anything else happens.
struct QRCode: Sendable {
    /// Of one side.
    let modulesCount: Int
    /// Whether each module is dark, row by row.
    let modules: [Bool]

    /// ISO/IEC 18004 asks for so much light around it.
    private static let quietZone = 4

    /// `nil` for a text that is too long (some 2,300 bytes) or empty.
    init?(_ text: String) {
        guard !text.isEmpty, let code = unsafe QRcode_encodeString8bit(text, 0, QR_ECLEVEL_M) else { return nil }
        defer { unsafe QRcode_free(code) }
        modulesCount = Int(unsafe code.pointee.width)
        let bytes = unsafe UnsafeBufferPointer(start: code.pointee.data, count: modulesCount * modulesCount)
        // The lowest bit is the colour; the others say what a module is for.
        modules = unsafe bytes.map { $0 & 1 == 1 }
    }

    /// A picture that can be drawn at any size, with each row's dark stretches in one path.
    var svg: String {
        var path = ""
        for row in 0..<modulesCount {
            var column = 0
            while column < modulesCount {
                let rest = modules[row * modulesCount + column..<(row + 1) * modulesCount]
                let length = rest.prefix { $0 }.count
                if length > 0 {
                    path += "M\(column + QRCode.quietZone) \(row + QRCode.quietZone)h\(length)v1h-\(length)z"
                }
                column += max(1, length)
            }
        }
        let side = modulesCount + 2 * QRCode.quietZone
        return """
            <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 \(side) \(side)" \
            width="\(8 * side)" height="\(8 * side)" role="img" aria-label="QR code of the payment page" \
            shape-rendering="crispEdges">\
            <rect width="100%" height="100%" fill="#fff"/><path d="\(path)" fill="#000"/></svg>

            """
    }
}
