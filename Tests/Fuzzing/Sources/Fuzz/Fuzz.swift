import CFuzzer

/// `Fuzz messages ARGUMENTS` or `Fuzz fields ARGUMENTS`, with libFuzzer's arguments. Whatever does not hold ends the
/// program, and libFuzzer keeps the input.
@main
struct Fuzz {
    static func main() {
        // What follows the first argument is libFuzzer's, for which that one is the program's name.
        var count = CommandLine.argc - 1
        var arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = unsafe CommandLine.unsafeArgv + 1
        switch CommandLine.arguments.dropFirst().first {
        case "messages":
            _ = unsafe LLVMFuzzerRunDriver(&count, &arguments) { start, count in
                MessageFuzz.take(unsafe Array(UnsafeBufferPointer(start: start, count: count)))
                return 0
            }
        case "fields":
            _ = unsafe LLVMFuzzerRunDriver(&count, &arguments) { start, count in
                FieldFuzz.take(unsafe Array(UnsafeBufferPointer(start: start, count: count)))
                return 0
            }
        default:
            fatalError("what to fuzz? messages or fields")
        }
    }
}

/// Ends the program unless `isTrue`. Unlike `precondition` it says what it saw.
func require(_ isTrue: Bool, _ explanation: @autoclosure () -> String) {
    if !isTrue { fatalError(explanation()) }
}
