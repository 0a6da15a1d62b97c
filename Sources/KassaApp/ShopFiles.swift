internal import Checkouts
internal import Foundation
internal import HTTPServer
internal import Logging
internal import Settings

/// The file under `catalog`. Its default may be missing: not everybody sells to browsers.
struct CatalogFile {
    let given: GivenPath

    init(_ given: GivenPath) { self.given = given }

    func load(_ logger: Logger) throws(StartProblem) -> Catalog? {
        guard FileManager.default.fileExists(atPath: given.path) else {
            if given.isExplicit { throw StartProblem("catalog", "the file \(given.path) does not exist") }
            logger.notice("there is no catalog: /checkout is switched off", metadata: ["path": "\(given.path)"])
            return nil
        }
        guard let contents = FileManager.default.contents(atPath: given.path) else {
            throw StartProblem("catalog", "the file \(given.path) cannot be read")
        }
        do throws(Faults) {
            return try Catalog(parsing: Array(contents))
        } catch {
            let faults = error.all.map { $0.pointer.isEmpty ? $0.detail : "\($0.pointer) \($0.detail)" }
            throw StartProblem("catalog", "\(given.path): \(faults.joined(separator: "; "))")
        }
    }
}

/// The directory under `public_directory`. Its default may be missing as well.
struct PublicDirectory {
    let given: GivenPath

    init(_ given: GivenPath) { self.given = given }

    func load(_ logger: Logger, limits: ServerLimits = .init()) throws(StartProblem) -> StaticFiles? {
        var isDirectory = ObjCBool(false)
        let exists = unsafe FileManager.default.fileExists(atPath: given.path, isDirectory: &isDirectory)
        guard exists else {
            if given.isExplicit {
                throw StartProblem("public_directory", "the directory \(given.path) does not exist")
            }
            logger.notice("there is no public directory: no files are served", metadata: ["path": "\(given.path)"])
            return nil
        }
        guard isDirectory.boolValue else {
            throw StartProblem("public_directory", "\(given.path) is not a directory")
        }
        do {
            return try StaticFiles(directory: given.path, limits: limits)
        } catch {
            throw StartProblem("public_directory", "the directory \(given.path) cannot be served")
        }
    }
}
