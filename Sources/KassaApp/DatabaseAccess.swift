internal import Foundation
internal import SQLiteStore
internal import Checkouts
internal import Settings

/// Opens the configuration's database for a command, beside a process that may be serving from it. Never makes one.
func openDatabase(_ settings: KassaSettings, _ access: SQLiteStore.Access) async throws(StartProblem) -> SQLiteStore {
    let path = settings.databasePath
    guard FileManager.default.fileExists(atPath: path) else {
        throw StartProblem("database_url", "there is no database \(path) yet; kassa serve makes it")
    }
    let keyInFile = settings.secretKey == nil ? try SecretKeyFile(databasePath: path).read() : nil
    guard let key = settings.secretKey?.reveal() ?? keyInFile else {
        throw StartProblem("secret_key", "the database \(path) exists, but its key file \(path).key does not")
    }
    let store: SQLiteStore
    do throws(StoreError) {
        store = try SQLiteStore(path: path, vault: Vault(secretKey: key), access: access)
        _ = try await store.nextJobDue()
    } catch {
        throw StartProblem("database_url", error)
    }
    try await requireFittingSecretKey(for: store)
    return store
}
