internal import Checkouts
internal import HTTPMessage
internal import HTTPTypes
internal import Klarna
internal import Money
internal import Wire

extension OrderOperation {
    /// A capture or a refund as merchants see it in a list, whoever made it.
    var json: JSON {
        [
            "id": .string(id.rawValue),
            "klarna_id": klarnaID.json,
            "amount": (amount ?? .zero).json,
            "status": .string(outcome.word),
            "origin": .string(origin.rawValue),
            "reference": .string(reference),
            "order_lines": .array(parts.map(\.json)),
            "created_at": .string(createdAt.description),
            "settled_at": settledAt.json,
            "problem": outcome.problem?.json ?? .null,
        ]
    }
}

extension OrderOperation.Outcome {
    fileprivate var word: String {
        switch self {
        case .pending: "pending"
        case .succeeded: "succeeded"
        case .failed: "failed"
        }
    }

    fileprivate var problem: Problem? {
        switch self {
        case .pending, .succeeded: nil
        case .failed(let problem): problem
        }
    }
}

extension CheckoutDesk.Operated {
    /// The answer to a capture or a refund: made, or, while Klarna gave no usable answer, on its way.
    func answer(in collection: String) throws(ProblemDetails) -> Response {
        let status: HTTPResponse.Status
        switch operation.outcome {
        case .succeeded: status = .created
        case .pending: status = .accepted
        case .failed(let problem): throw ProblemDetails(problem)
        }
        let json: JSON = [
            "id": .string(operation.id.rawValue),
            "klarna_id": operation.klarnaID.json,
            "amount": (operation.amount ?? .zero).json,
            "status": .string(operation.outcome.word),
            "checkout": checkout.json,
        ]
        return .json(status, json, fields: [.location: "/v1/checkouts/\(checkout.id)/\(collection)/\(operation.id)"])
    }

    /// The checkout once it is done.
    func done() throws(ProblemDetails) -> Checkout {
        switch operation.outcome {
        case .succeeded: return checkout
        case .pending:
            throw ProblemDetails(
                .klarnaUnreachable,
                "Klarna gave no usable answer yet; it goes on being tried. Read the checkout, or repeat the request.",
            )
        case .failed(let problem): throw ProblemDetails(problem)
        }
    }
}
