public import Klarna
public import Wire

extension DueDateExtension {
    /// Reads `{"number_of_days": 14}`. Which numbers there are to choose from Klarna says for each capture.
    ///
    /// - Throws: Every fault of the body at once.
    public init(json: JSON) throws(Faults) {
        guard let object = json.object else { throw Faults([Fault("", "must be an object")]) }
        var reader = ObjectReader(object)
        let days = reader.integer("number_of_days", 1...366, required: true)
        reader.end()
        guard let days, reader.faults.isEmpty else { throw Faults(reader.faults) }
        self.init(days: days)
    }
}
