/// A second in time as HTTP writes it (RFC 9110 5.6.7): `Sun, 06 Nov 1994 08:49:37 GMT`.
public struct HTTPDate: Sendable, Hashable, Comparable, CustomStringConvertible {
    /// Seconds since 1970-01-01 00:00:00 UTC, from year 1 to 9999.
    public let unixSeconds: Int

    private static let days = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
    private static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
    private static let secondsOfDay = 86_400

    /// Seconds outside the years 1 to 9999 become the nearest second inside.
    public init(unixSeconds: Int) {
        self.unixSeconds = min(max(unixSeconds, -62_135_596_800), 253_402_300_799)
    }

    /// Reads all three forms that a recipient has to know: IMF-fixdate, RFC 850 and asctime. `now` tells the century of
    /// RFC 850's two-digit year: never more than 50 years ahead.
    public init?(_ text: String, now: HTTPDate) {
        let parts = text.split(separator: " ", omittingEmptySubsequences: false).map(String.init)
        if parts.count == 6, parts[0].count == 4, parts[0].hasSuffix(","), parts[5] == "GMT", parts[1].utf8.count == 2,
            parts[3].utf8.count == 4
        {
            self.init(year: Self.number(parts[3]), month: parts[2], day: Self.number(parts[1]), time: parts[4])
        } else if parts.count == 4, parts[0].hasSuffix(","), parts[3] == "GMT" {
            let date = parts[1].split(separator: "-").map(String.init)
            guard date.count == 3, date[2].utf8.count == 2, let twoDigits = Self.number(date[2]) else { return nil }
            let thisYear = Self.civil(now.unixSeconds).year
            let year = thisYear / 100 * 100 + twoDigits
            self.init(
                year: year > thisYear + 50 ? year - 100 : year,
                month: date[1],
                day: Self.number(date[0]),
                time: parts[2],
            )
        } else {
            let fields = parts.filter { !$0.isEmpty }
            guard fields.count == 5, Self.days.contains(fields[0]) else { return nil }
            self.init(year: Self.number(fields[4]), month: fields[1], day: Self.number(fields[2]), time: fields[3])
        }
    }

    private init?(year: Int?, month: String, day: Int?, time: String) {
        let clock = time.split(separator: ":", omittingEmptySubsequences: false).map { Self.number(String($0)) }
        guard let year, let day, let month = Self.months.firstIndex(of: month), year > 0, year <= 9999,
            clock.count == 3,
            let hour = clock[0], let minute = clock[1], let second = clock[2],
            hour < 24, minute < 60, second <= 60
        else { return nil }
        let dayNumber = Self.dayNumber(year: year, month: month + 1, day: day)
        let date = Self.civil(dayNumber * Self.secondsOfDay)
        // A day that does not exist, such as 30 February, comes back as another one.
        guard date.year == year, date.month == month + 1, date.day == day else { return nil }
        self.init(unixSeconds: dayNumber * Self.secondsOfDay + hour * 3600 + minute * 60 + second)
    }

    public var description: String {
        let date = Self.civil(unixSeconds)
        let second = unixSeconds - date.dayNumber * Self.secondsOfDay
        let day = Self.days[(date.dayNumber % 7 + 7) % 7]
        let time = [second / 3600, second / 60 % 60, second % 60].map { Self.padded($0, 2) }.joined(separator: ":")
        let month = Self.months[date.month - 1]
        return "\(day), \(Self.padded(date.day, 2)) \(month) \(Self.padded(date.year, 4)) \(time) GMT"
    }

    public static func < (left: HTTPDate, right: HTTPDate) -> Bool {
        left.unixSeconds < right.unixSeconds
    }

    private static func number(_ text: String) -> Int? {
        text.utf8.allSatisfy(\.isDigit) && text.utf8.count <= 4 ? Int(text) : nil
    }

    private static func padded(_ number: Int, _ width: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
    }

    /// Days since 1970-01-01 in the Gregorian calendar, whose years here begin in March so that leap days come last.
    private static func dayNumber(year: Int, month: Int, day: Int) -> Int {
        let year = month <= 2 ? year - 1 : year
        let era = (year >= 0 ? year : year - 399) / 400
        let yearOfEra = year - era * 400
        let dayOfYear = (153 * ((month + 9) % 12) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }

    private static func civil(_ unixSeconds: Int) -> (dayNumber: Int, year: Int, month: Int, day: Int) {
        let dayNumber = (unixSeconds >= 0 ? unixSeconds : unixSeconds - secondsOfDay + 1) / secondsOfDay
        let shifted = dayNumber + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        return (dayNumber, year, month, dayOfYear - (153 * shiftedMonth + 2) / 5 + 1)
    }
}
