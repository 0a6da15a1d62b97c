internal import HTTPMessage
internal import HTTPTypes
internal import Metrics

/// Counts the answers by the area of the interface that was asked for. One look at the path and one atomic each, since this
/// happens on every answer.
struct AnswerCounts: Sendable {
    /// A few areas instead of paths, which hold ids and secrets; the raw value is its name in metrics.
    enum Area: String, CaseIterable {
        case api, callbacks
        case results = "return"
        case checkout, health, metrics
        /// Files, and what does not exist.
        case other
        /// Not even the head could be read.
        case unreadable

        init(path: String?) {
            guard let path else {
                self = .unreadable
                return
            }
            let segment = path.utf8.dropFirst().prefix { $0 != UInt8(ascii: "/") }
            self = Area.segments[String(Substring(segment))] ?? .other
        }

        /// What a path of theirs begins with.
        private static let segments: [String: Area] = [
            "callbacks": .callbacks, "v1": .api, "return": .results, "checkout": .checkout, "health": .health,
            "metrics": .metrics,
        ]
    }

    private static let classes = 2...5
    private let counters: [Area: [Counter]]

    init() {
        let counters = Area.allCases.map { area in
            let ofArea = AnswerCounts.classes.map { number in
                Counter(
                    label: "kassa_http_responses_total",
                    dimensions: [("area", area.rawValue), ("class", "\(number)xx")],
                )
            }
            return (area, ofArea)
        }
        self.counters = Dictionary(uniqueKeysWithValues: counters)
    }

    /// `path` is `nil` when the request's head could not be read.
    func count(_ response: Response, path: String?) {
        let number = response.status.code / 100
        guard AnswerCounts.classes.contains(number), let ofArea = counters[Area(path: path)] else { return }
        ofArea[number - AnswerCounts.classes.lowerBound].increment()
    }
}
