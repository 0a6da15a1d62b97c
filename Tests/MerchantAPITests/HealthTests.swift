import Testing
import Wire

@Suite("Health")
struct HealthTests {
    @Test func `is fine while everything works`() async throws {
        try await Site.open(works: false) { site in
            for path in ["/health", "/health/live", "/health/ready"] {
                let answer = try await site.send("GET", path)
                #expect(answer.status == 200 && answer.json["status"] == "ok")
                #expect(try await site.send("HEAD", path).status == 200)
            }
        }
    }

    @Test func `names the part that fails, and only that`() async throws {
        try await Site.open(works: false) { site in
            site.store.fail()
            let answer = try await site.send("GET", "/health/ready")
            #expect(answer.status == 503 && answer.json["failing"] == ["database"])
            #expect(!answer.text.contains("secret"))
            #expect(try await site.send("GET", "/health").status == 503)
            #expect(try await site.send("GET", "/health/live").status == 200)
        }
    }

    @Test func `is examined anew for each who asks whether all is ready`() async throws {
        try await Site.open(works: false) { site in
            for isDown in [false, true, false, true] {
                site.store.fail(isDown)
                let answer = try await site.send("GET", "/health/ready")
                #expect(answer.status == (isDown ? 503 : 200))
            }
        }
    }
}
