import Dispatch
import Glibc
import HTTPMessage
import HTTPServer
import HTTPTypes
import Logging

var router = Router { refusal, _ in
    Response(refusal.status, contentType: "text/plain; charset=utf-8", bytes: Array("\(refusal.reason)\n".utf8))
}
router.onFast(.get, "/health") { _, _ in
    Response(.ok, contentType: "application/json", bytes: Array(#"{"status": "ok"}"#.utf8))
}
router.on(.post, "/greetings/{name}", bodyBytesMax: 1024) { request, path in
    let words = String(decoding: request.body, as: UTF8.self)
    return Response(.ok, contentType: "text/plain; charset=utf-8", bytes: Array("\(words), \(path["name"])!\n".utf8))
}
if CommandLine.arguments.count > 1 { router.files(try StaticFiles(directory: CommandLine.arguments[1])) }

let logger = Logger(label: "example")
let server = Server(logger: logger)
let address = try server.bind(ListenAddress(host: "127.0.0.1", port: 0))
logger.notice("listening on http://\(address)")
_ = signal(SIGTERM, SIG_IGN)
let stop = DispatchSource.makeSignalSource(signal: SIGTERM, queue: .main)
stop.setEventHandler { Task { await server.shutdown(grace: .seconds(10)) } }
stop.activate()
try await server.run(router)
