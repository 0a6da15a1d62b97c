import Foundation
import Testing

/// The program of `docs/http-server.md`, run by somebody who wants the HTTP server and nothing else of Kassa.
@Suite("The example of the HTTP server")
struct ExampleTests {
    @Test func `answers, serves files, and ends when it is told to`() async throws {
        let files = projectRoot.appending(path: "public")
        let example = try await Program([files.path], in: projectRoot, settings: [:], of: "http-server-example")
        defer { example.kill() }

        let greeted = try await Exchange(method: "POST", url: example.url + "/greetings/Anna", body: "Hello").answer()
        #expect(greeted.text == "Hello, Anna!\n")
        #expect(try await Exchange(method: "GET", url: example.url + "/health").answer().text == #"{"status": "ok"}"#)
        let page = try await Exchange(method: "GET", url: example.url + "/").answer()
        #expect(page.body == Array(try Data(contentsOf: files.appending(path: "index.html"))))
        #expect(try await Exchange(method: "GET", url: example.url + "/nothing").answer().status == 404)

        example.terminate()
        #expect(example.waitForExit() == 0)
    }
}
