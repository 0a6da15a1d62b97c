import HTTPMessage
import Wire

extension Timestamp {
    /// As the `Date` of an answer.
    var httpDate: String { HTTPDate(unixSeconds: Int(milliseconds / 1000)).description }
}
