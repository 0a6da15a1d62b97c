import Foundation
import Testing
import Wire

/// The picture behind `qr_code_url`, as it comes over HTTP.
@Suite("The QR code of a page", .timeLimit(.minutes(2)))
struct QRCodeTests {
    @Test func `is a public picture with the three eyes of its kind`() async throws {
        try await RunningSandbox.serve { sandbox in
            let drawn = try await sandbox.qrCode()
            #expect(drawn.answer.status == 200)
            #expect(drawn.answer.fields["content-type"] == "image/svg+xml")
            let picture = try Picture(svg: drawn.answer.text)
            let far = picture.side - Picture.quietZone - 7
            for (x, y) in [(4, 4), (far, 4), (4, far)] { #expect(picture.hasEye(x, y)) }
            #expect(!picture.hasEye(far, far))
            #expect(!picture.isDark(0, 0))
        }
    }

    @Test(.enabled(if: Picture.readerIsThere, "zbarimg, of the package zbar-tools, is not installed"))
    func `leads to the page`() async throws {
        try await RunningSandbox.serve { sandbox in
            let drawn = try await sandbox.qrCode()
            #expect(try Picture(svg: drawn.answer.text).read() == drawn.page)
        }
    }

    @Test func `is not there for a page that is not`() async throws {
        try await RunningSandbox.serve { sandbox in
            let session = try await sandbox.open()
            #expect(try await sandbox.send("GET", "/eu/hpp/payments/unknown/qr").status == 404)
            #expect(try await sandbox.send("GET", "/na/hpp/payments/\(session.id)/qr").status == 404)
        }
    }
}

extension RunningSandbox {
    fileprivate func qrCode() async throws -> (answer: Answer, page: String) {
        let created = try await send("POST", "/payments/v1/sessions", .mug).json
        let url = "\(base)/payments/v1/sessions/\(try #require(created["session_id"]?.string))"
        let hosted = try await send("POST", "/hpp/v1/sessions", ["payment_session_url": .string(url)]).json
        let answer = try await send("GET", try #require(hosted["qr_code_url"]?.string))
        return (answer, try #require(hosted["redirect_url"]?.string))
    }
}

/// What the SVG shows, module by module.
private struct Picture {
    static let quietZone = 4
    private static let reader = "/usr/bin/zbarimg"

    static var readerIsThere: Bool { FileManager.default.isExecutableFile(atPath: reader) }

    let side: Int
    private var dark: Set<[Int]> = []

    init(svg: String) throws {
        side = try #require(svg.firstMatch(of: /viewBox="0 0 (\d+)/).flatMap { Int($0.1) })
        for stretch in svg.matches(of: /M(\d+) (\d+)h(\d+)v1h-(\d+)z/) {
            let (x, y, length) = (Int(stretch.1) ?? 0, Int(stretch.2) ?? 0, Int(stretch.3) ?? 0)
            #expect(stretch.3 == stretch.4)
            for column in x..<x + length { dark.insert([column, y]) }
        }
    }

    func isDark(_ x: Int, _ y: Int) -> Bool { dark.contains([x, y]) }

    /// A dark frame of seven modules around a light one of five around a dark square of three.
    func hasEye(_ x: Int, _ y: Int) -> Bool {
        (0..<7).allSatisfy { row in
            (0..<7).allSatisfy { column in
                let distance = max(abs(row - 3), abs(column - 3))
                return isDark(x + column, y + row) == (distance != 2)
            }
        }
    }

    /// What an independent reader makes of it.
    func read() throws -> String {
        let scale = 6
        var image = Data("P5 \(side * scale) \(side * scale) 255\n".utf8)
        for y in 0..<side * scale {
            for x in 0..<side * scale { image.append(isDark(x / scale, y / scale) ? 0 : 255) }
        }
        let file = FileManager.default.temporaryDirectory.appending(path: "kassa-qr-\(UUID().uuidString).pgm")
        try image.write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        let process = Process()
        let output = Pipe()
        process.executableURL = URL(filePath: Picture.reader)
        process.arguments = ["--raw", "--quiet", file.path]
        process.standardOutput = output
        try process.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        return text.trimmingCharacters(in: .newlines)
    }
}
