/// A point in time in UTC, in milliseconds since 1970-01-01T00:00:00Z, as RFC 3339 writes it.
public struct Timestamp: Sendable, Hashable, Comparable, CustomStringConvertible {
    public let milliseconds: Int64

    public init(milliseconds: Int64) { self.milliseconds = milliseconds }

    public static func < (left: Timestamp, right: Timestamp) -> Bool { left.milliseconds < right.milliseconds }

    public static func + (time: Timestamp, duration: Duration) -> Timestamp {
        Timestamp(milliseconds: time.milliseconds + duration.milliseconds)
    }

    public static func - (time: Timestamp, duration: Duration) -> Timestamp {
        Timestamp(milliseconds: time.milliseconds - duration.milliseconds)
    }

    /// How much later this is than `other`.
    public static func - (time: Timestamp, other: Timestamp) -> Duration {
        .milliseconds(time.milliseconds - other.milliseconds)
    }

    /// `2025-03-04T09:25:47.256Z`.
    public var description: String {
        let days = Int((milliseconds - (milliseconds < 0 ? 86_399_999 : 0)) / 86_400_000)
        let rest = Int(milliseconds) - days * 86_400_000
        let (year, month, day) = Timestamp.civil(fromDays: days)
        let (hour, minute, second) = (rest / 3_600_000, rest / 60_000 % 60, rest / 1000 % 60)
        return "\(pad(year, 4))-\(pad(month, 2))-\(pad(day, 2))T\(pad(hour, 2)):\(pad(minute, 2)):\(pad(second, 2))"
            + ".\(pad(rest % 1000, 3))Z"
    }

    /// Reads an RFC 3339 timestamp with `Z` or an offset and any number of decimals; `nil` when it is not one.
    public init?(_ text: String) {
        let bytes = Array(text.utf8)
        guard bytes.count >= 20, let year = decimal(bytes[0..<4]), bytes[4] == UInt8(ascii: "-"),
            let month = decimal(bytes[5..<7]), (1...12).contains(month), bytes[7] == UInt8(ascii: "-"),
            let day = decimal(bytes[8..<10]), (1...31).contains(day), bytes[10] | 0x20 == UInt8(ascii: "t"),
            let hour = decimal(bytes[11..<13]), hour < 24, bytes[13] == UInt8(ascii: ":"),
            let minute = decimal(bytes[14..<16]), minute < 60, bytes[16] == UInt8(ascii: ":"),
            let second = decimal(bytes[17..<19]), second <= 60
        else { return nil }
        var rest = bytes[19...]
        var fraction = 0
        if rest.first == UInt8(ascii: ".") {
            let digits = rest.dropFirst().prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
            guard !digits.isEmpty else { return nil }
            fraction = decimal(ArraySlice(Array((Array(digits) + [48, 48, 48]).prefix(3)))) ?? 0
            rest = rest.dropFirst(digits.count + 1)
        }
        guard let offsetMinutes = Timestamp.offset(Array(rest)) else { return nil }
        let days = Timestamp.days(fromCivil: year, month, day)
        guard Timestamp.civil(fromDays: days) == (year, month, day) else { return nil }
        let seconds = days * 86_400 + hour * 3600 + minute * 60 + second - offsetMinutes * 60
        self.init(milliseconds: Int64(seconds * 1000 + fraction))
    }

    private static func offset(_ zone: [UInt8]) -> Int? {
        if zone == [UInt8(ascii: "Z")] || zone == [UInt8(ascii: "z")] { return 0 }
        guard zone.count == 6, zone[3] == UInt8(ascii: ":"), let hours = decimal(zone[1..<3]), hours < 24,
            let minutes = decimal(zone[4..<6]), minutes < 60
        else { return nil }
        switch zone[0] {
        case UInt8(ascii: "+"): return hours * 60 + minutes
        case UInt8(ascii: "-"): return -(hours * 60 + minutes)
        case _: return nil
        }
    }

    /// Days since 1970-01-01 of a date in the proleptic Gregorian calendar; years begin in March, so leap days come last.
    private static func days(fromCivil year: Int, _ month: Int, _ day: Int) -> Int {
        let shifted = month <= 2 ? year - 1 : year
        let era = (shifted >= 0 ? shifted : shifted - 399) / 400
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }

    private static func civil(fromDays days: Int) -> (Int, Int, Int) {
        let shifted = days + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * shiftedMonth + 2) / 5 + 1)
    }
}

extension Duration {
    /// Whole milliseconds, rounded down.
    public var milliseconds: Int64 {
        components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000
    }
}

private func decimal(_ digits: ArraySlice<UInt8>) -> Int? {
    var value = 0
    for digit in digits {
        guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(digit) else { return nil }
        value = value * 10 + Int(digit - UInt8(ascii: "0"))
    }
    return value
}

private func pad(_ number: Int, _ width: Int) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(0, width - digits.count)) + digits
}
