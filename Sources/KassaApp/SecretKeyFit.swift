internal import Checkouts

/// Tries the secret key on the newest checkout. With another key than the one it was sealed with, no order of this
/// database could be placed, and nobody would be told before the first shopper has paid.
func requireFittingSecretKey(for store: some Store) async throws(StartProblem) {
    var newest = CheckoutFilter()
    newest.limit = 1
    do throws(StoreError) {
        _ = try await store.checkouts(newest)
    } catch {
        throw StartProblem("secret_key", error)
    }
}
