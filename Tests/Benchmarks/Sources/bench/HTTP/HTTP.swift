import Foundation

/// Kassa's HTTP server beside its rivals: the same work, by turns, on the same machine.
enum HTTP {
    /// What Kassa's side is called: an asynchronous handler of the bare server, its fast path, and the whole backend.
    private static let handler = "handler"
    private static let fast = "fast path"
    private static let backend = "kassa serve"
    private static let decoder = "JSONDecoder"
    private static let scanner = "scanner"
    private static let files = "static files"
    private static let hummingbird = "Hummingbird"
    private static let flyingFox = "FlyingFox"
    private static let nginx = "nginx"

    static func tables(_ options: Options) throws -> [Table] {
        allowDescriptors()
        let servers = try Servers(options)
        var matches = try matches(servers)
        let rounds = options.rounds ?? (options.isQuick ? 3 : 5)
        for index in matches.indices {
            try matches[index].play(rounds: rounds, seconds: options.isQuick ? 1 : 3, scripts: servers.scripts)
        }
        var goals = Table("HTTP: goals", Goal.columns)
        var figures = Table("HTTP: what was measured", Match.columns)
        for match in matches {
            for line in match.goalLines { goals.add(line) }
            for line in match.lines { figures.add(line) }
        }
        matches = []
        let idle = try idleConnections(servers, &goals, rounds: min(rounds, 5))
        let starts = try firstAnswers(servers, &goals, rounds: options.rounds ?? (options.isQuick ? 9 : 21))
        return [goals, figures, idle, starts]
    }

    /// What was measured beside what.
    static func versions(_ options: Options) throws -> String {
        let swift = String(decoding: try Tool.run("/usr/bin/env", ["swift", "--version"]), as: UTF8.self)
        let number = swift.firstMatch(of: /Swift version ([0-9.]+)/).map { "Swift \($0.1)" } ?? "Swift"
        let wrk = try packageVersion("wrk")
        return "\(number), Hummingbird 2.28.1, FlyingFox 0.27.1, \(try nginxVersion(options)), wrk \(wrk)"
    }

    private static func packageVersion(_ name: String) throws -> String {
        let output = try Tool.run("/usr/bin/dpkg-query", ["-W", "-f=${Version}", name])
        return String(decoding: output, as: UTF8.self)
    }

    private static func nginxVersion(_ options: Options) throws -> String {
        let output = try Tool.run("/bin/sh", ["-c", "\"$0\" -v 2>&1", options.nginx])
        let text = String(decoding: output, as: UTF8.self)
        return text.firstMatch(of: /nginx\/([0-9.]+)/).map { "nginx \($0.1)" } ?? "nginx"
    }

    /// Thousands of connections need as many descriptors, here and in the programs started from here.
    private static func allowDescriptors() {
        var limit = rlimit()
        let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
        guard unsafe getrlimit(resource, &limit) == 0 else { return }
        limit.rlim_cur = min(limit.rlim_max, 65_536)
        _ = unsafe setrlimit(resource, &limit)
    }

    // MARK: The matches

    private static func matches(_ servers: Servers) throws -> [Match] {
        let bare = try servers.bare()
        let kassa = try servers.kassa()
        let bird = try servers.hummingbird()
        let fox = try servers.flyingFox()
        let (engine, encryptedPort) = try servers.nginx()
        let encrypted = try servers.encrypted()
        let health = [
            Contestant(handler, bare, .health), Contestant(fast, bare, Ask.health.at("/fast")),
            Contestant(backend, kassa, .health, hasOwnWords: true), Contestant(hummingbird, bird, .health),
            Contestant(nginx, engine, .health),
        ]
        let closing = Ask.health.with("Connection: close")
        let file = Ask(path: "/\(Servers.file)")
        let squeezed = file.with(Ask.gzip)
        return [
            Match(
                "GET /health, 64 connections",
                health,
                [handler, backend].flatMap { ours in
                    [
                        Goal(ours: ours, rival: hummingbird, measure: .rate, limit: 2),
                        Goal(ours: ours, rival: hummingbird, measure: .cost, limit: 0.4),
                        Goal(ours: ours, rival: nginx, measure: .rate, limit: 1, floor: 0.85),
                    ]
                } + [Goal(ours: handler, rival: fast, measure: .cost, limit: 1.15)],
            ),
            Match(
                "GET /health, 1,000 connections",
                connections: 1000,
                health + [Contestant(flyingFox, fox, .health)],
                [handler, backend].flatMap { ours in
                    [
                        Goal(ours: ours, rival: hummingbird, measure: .rate, limit: 2),
                        Goal(ours: ours, rival: hummingbird, measure: .tail, limit: 0.2),
                        Goal(ours: ours, rival: nginx, measure: .rate, limit: 1, floor: 0.85),
                        Goal(ours: ours, rival: flyingFox, measure: .rate, limit: 5),
                    ]
                },
            ),
            Match(
                "GET /health, Connection: close, 64 at once",
                [
                    Contestant(handler, bare, closing), Contestant(backend, kassa, closing, hasOwnWords: true),
                    Contestant(flyingFox, fox, closing), Contestant(nginx, engine, closing),
                ],
                [handler, backend].map { Goal(ours: $0, rival: flyingFox, measure: .rate, limit: 1.7) },
            ),
            Match(
                "POST of a 2 KiB callback",
                [
                    Contestant(decoder, bare, .callback), Contestant(scanner, bare, Ask.callback.at("/scanned")),
                    Contestant(hummingbird, bird, .callback),
                ],
                [
                    Goal(ours: decoder, rival: hummingbird, measure: .rate, limit: 1.6),
                    Goal(ours: scanner, rival: hummingbird, measure: .rate, limit: 2.5),
                ],
            ),
            Match(
                "GET of a 20 KiB file",
                [Contestant(files, bare, file), Contestant(backend, kassa, file), Contestant(nginx, engine, file)],
                [files, backend].map { Goal(ours: $0, rival: nginx, measure: .rate, limit: 1) },
            ),
            Match(
                "GET of its gzip twin",
                [
                    Contestant(files, bare, squeezed), Contestant(backend, kassa, squeezed),
                    Contestant(nginx, engine, squeezed),
                ],
                [files, backend].map { Goal(ours: $0, rival: nginx, measure: .rate, limit: 1) },
            ),
            Match(
                "GET /health over TLS",
                [
                    Contestant(handler, encrypted, Ask.health.encrypted),
                    Contestant(nginx, engine, Ask.health.encrypted, port: encryptedPort),
                ],
                [Goal(ours: handler, rival: nginx, measure: .rate, limit: 0.95)],
            ),
        ]
    }

    // MARK: Memory and start

    private static func idleConnections(_ servers: Servers, _ goals: inout Table, rounds: Int) throws -> Table {
        let contestants = [
            IdleConnections.Contestant(name: handler) { try servers.bare() },
            IdleConnections.Contestant(name: backend) { try servers.kassa() },
            IdleConnections.Contestant(name: hummingbird) { try servers.hummingbird() },
            IdleConnections.Contestant(name: nginx) { try servers.nginx().program },
        ]
        let figures = try IdleConnections.bytesEach(contestants, rounds: rounds)
        let title = "HTTP: RssAnon per idle connection, of \(IdleConnections.count) that each asked once"
        var table = Table(title, ["server", "bytes each"])
        for (contestant, bytes) in zip(contestants, figures) { table.add([contestant.name, bytes.shown(0)]) }
        for (contestant, bytes) in zip(contestants, figures).prefix(2) {
            goals.add(
                [
                    "idle connection", contestant.name, "", "bytes of its own", bytes.shown(0),
                    "at most \(text(IdleConnections.limit, 0))",
                    bytes.median <= IdleConnections.limit ? "yes" : "no", "",
                ]
            )
        }
        return table
    }

    private static func firstAnswers(_ servers: Servers, _ goals: inout Table, rounds: Int) throws -> Table {
        let contestants = [
            FirstAnswer.Contestant(name: backend) { try servers.kassa(port: $0) },
            FirstAnswer.Contestant(name: handler) { try servers.bare(port: $0) },
            FirstAnswer.Contestant(name: hummingbird) { try servers.hummingbird(port: $0) },
        ]
        let times = try FirstAnswer.times(contestants, rounds: rounds)
        var table = Table("HTTP: from start to first answer, \(rounds) starts", ["server", "ms"])
        for (contestant, time) in zip(contestants, times) { table.add([contestant.name, time.shown(1)]) }
        for index in [0, 1] {
            let goal = Goal(
                ours: contestants[index].name,
                rival: hummingbird,
                measure: .start,
                limit: FirstAnswer.limit,
            )
            goals.add(goal.cells("first answer", times[index].over(times[2])))
        }
        return table
    }
}
