/// Mistakes that a payment service can have. Each is planted into a run on purpose, and has to be found by it.
public enum PlantedBug: String, CaseIterable, Sendable {
    case comparesNoVersions
    case ignoresEpochs
    case claimsTwice
    case leasesNeverEnd
    case losesPlaceJobs
    case losesEvents
    case pollsNever
    case forgetsOrdersWhileHeld
    case sharesOrders
    case sharesReferences
    case takesEventsTwice
    case forgetsKeys
    case answersBeforeCommit
    case sweepsNotAtStart
    case forgetsSweepsAtStart
    case takesNewKeys
    case rendersAnew
    case takesSilenceForRefusal
    case takesLossForNotSent
    case trustsOwnClock
    case believesHeldAnswers
    case believesFirstRefusal
    case knowsNoHorizon
    case believesCallbacks
    case believesRedirects
    case acknowledgesBeforeRecording
    case placesWithoutJob
    case sendsTwice
    case takesSecondToken
    case skipsIntent
    case releasesTooEarly
    case operatesUnwritten
    case operatesWithNewKeys
    case rendersOperationsAnew
    case operatesWithoutLooking
    case believesOperationRefusals
    case forgetsPendingAmounts
    case takesPortalCaptures
    case countsCapturesTwice
    case capturesPendingOrders
    case losesOperateJobs
    case watchesNever
    case reopensWithoutProof
    case closesReopenedPages
    case chargesWithNewKeys
    case chargesAgain

    /// What is wrong.
    public var summary: String {
        switch self {
        case .comparesNoVersions: "the store takes a change made from an older state"
        case .ignoresEpochs: "the store takes writes of a worker that lost its job"
        case .claimsTwice: "the store gives a job that is held to a second worker"
        case .leasesNeverEnd: "a job whose worker died stays taken"
        case .losesPlaceJobs: "the job to place is not part of the commit that authorizes"
        case .losesEvents: "a change is committed without its history"
        case .pollsNever: "nobody reads a checkout that nobody told about"
        case .forgetsOrdersWhileHeld: "a job that was ordered while it was held is gone when it ends"
        case .sharesOrders: "the store takes one order for two checkouts"
        case .sharesReferences: "the store lets two checkouts hold one merchant reference"
        case .takesEventsTwice: "the store takes an event of Klarna's twice"
        case .forgetsKeys: "a repeated request opens a second checkout"
        case .answersBeforeCommit: "the store answers before it has written"
        case .sweepsNotAtStart: "a start does not take up what the process before left behind"
        case .forgetsSweepsAtStart: "a start drops what was to be read once more after its end"
        case .takesNewKeys: "each attempt to place has an idempotency key of its own"
        case .rendersAnew: "the order is rendered anew for each attempt"
        case .takesSilenceForRefusal: "no answer is taken for a refusal"
        case .takesLossForNotSent: "a lost connection is taken for one that was never made"
        case .trustsOwnClock: "Klarna's deadlines are judged by the machine's clock"
        case .believesHeldAnswers: "an answer that is not about the order counts as one that proves there is none"
        case .believesFirstRefusal: "the first refusal of an order is believed"
        case .knowsNoHorizon: "a reading counts although a request may still be under way"
        case .believesCallbacks: "a checkout is moved along by what a callback says"
        case .believesRedirects: "a checkout is moved along by the path the shopper comes back on"
        case .acknowledgesBeforeRecording: "a callback is answered before it is recorded"
        case .placesWithoutJob: "the shopper's return places the order by itself"
        case .sendsTwice: "the HTTP client repeats a request to place by itself"
        case .takesSecondToken: "a newer authorization replaces the one that was sent"
        case .skipsIntent: "an attempt is sent without being written down"
        case .releasesTooEarly: "the authorization is given back while its order is being placed"
        case .operatesUnwritten: "a capture or a refund is sent without being written down"
        case .operatesWithNewKeys: "each attempt at a capture or a refund has an idempotency key of its own"
        case .rendersOperationsAnew: "a capture or a refund is rendered anew for each attempt"
        case .operatesWithoutLooking: "an operation whose outcome is not known is sent again without looking for it"
        case .believesOperationRefusals: "a refusal is believed although an earlier attempt was not answered"
        case .forgetsPendingAmounts: "what may still be captured does not count captures under way"
        case .takesPortalCaptures: "a capture of the same amount in the portal is taken for one's own"
        case .countsCapturesTwice: "a capture counts once for the answer and once for the reading that shows it"
        case .capturesPendingOrders: "an order is captured while Klarna looks at its risk"
        case .losesOperateJobs: "the job to operate is not part of the commit that asks for it"
        case .watchesNever: "nobody looks at an order again once it is placed"
        case .closesReopenedPages: "the wish to close a page closes the one after it"
        case .reopensWithoutProof: "a page is opened again while the one before may be open"
        case .chargesWithNewKeys: "each attempt at a charge has an idempotency key of its own"
        case .chargesAgain: "a charge that is asked for again after a crash begins anew"
        }
    }
}
