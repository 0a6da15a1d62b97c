import Mustache

/// The hosted page and the pages about its outcome, as HTML.
struct PageRenderer: Sendable {
    private let library: MustacheLibrary

    init() throws {
        var library = MustacheLibrary()
        try library.register(SandboxAssets.layout, named: "layout")
        try library.register(SandboxAssets.payment, named: "payment")
        try library.register(SandboxAssets.outcome, named: "outcome")
        self.library = library
    }

    func payment(_ session: HPPSession, _ hosted: HostedPurchase, path: String) -> String {
        render(PaymentModel(session, hosted, path: path), "payment")
    }

    func outcome(_ outcome: OutcomeModel) -> String { render(outcome, "outcome") }

    private func render(_ model: some Sendable, _ template: String) -> String {
        library.render(model, withTemplate: template) ?? ""
    }
}
