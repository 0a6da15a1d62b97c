import KlarnaSandbox
import Testing
import Wire

@Suite("What happens to orders behind the merchant's back, in the sandbox")
struct OrderManagementLeverTests {
    @Test func `follows the rules of the interface`() throws {
        let merchant = Merchant()
        let order = try merchant.order()
        let id = String(order.split(separator: "/").last ?? "")
        #expect(throws: KlarnaRefusal.self) { try merchant.world.act(.refund, onOrder: id, at: merchant.now) }
        #expect(throws: KlarnaRefusal.self) { try merchant.world.act(.release, onOrder: id, at: merchant.now) }
        let part = try merchant.world.act(.capture, onOrder: id, body: ["amount": 10_000], at: merchant.now)
        #expect(part["status"] == "PART_CAPTURED")
        #expect(throws: KlarnaRefusal.self) { try merchant.world.act(.cancel, onOrder: id, at: merchant.now) }
        #expect(throws: KlarnaRefusal.self) {
            try merchant.world.act(.capture, onOrder: id, body: ["amount": 15_001], at: merchant.now)
        }
        #expect(try merchant.world.act(.capture, onOrder: id, at: merchant.now)["status"] == "CAPTURED")
        let refunded = try merchant.world.act(.refund, onOrder: id, body: ["amount": 1], at: merchant.now)
        #expect(refunded["refunded_amount"] == 1)
        #expect(try merchant.world.act(.refund, onOrder: id, at: merchant.now)["refunded_amount"] == 25_000)
        #expect(merchant.read(order, "status", "refunded_amount") == "CAPTURED 25000")
        #expect(throws: KlarnaRefusal.self) {
            try merchant.world.act(.capture, onOrder: id, body: ["amount": "1"], at: merchant.now)
        }
        #expect(throws: KlarnaRefusal.self) {
            try merchant.world.act(.capture, onOrder: Merchant.unknownID, at: merchant.now)
        }
    }

    @Test(arguments: [(OrderAction.cancel, "CANCELLED"), (.expire, "EXPIRED")])
    func `ends an order that nothing was captured of`(action: OrderAction, status: String) throws {
        let merchant = Merchant()
        let order = try merchant.order()
        let id = String(order.split(separator: "/").last ?? "")
        #expect(try merchant.world.act(action, onOrder: id, at: merchant.now)["status"]?.string == status)
        #expect(merchant.read(order, "status", "remaining_authorized_amount") == "\(status) 0")
        #expect(merchant.capture(order, 1).errorCode == "CAPTURE_NOT_ALLOWED")
    }

    @Test func `releases what remains`() throws {
        let merchant = Merchant()
        let order = try merchant.order(.mug, .partCaptured)
        let id = String(order.split(separator: "/").last ?? "")
        #expect(try merchant.world.act(.release, onOrder: id, at: merchant.now)["status"] == "CLOSED")
        #expect(merchant.read(order, "captured_amount", "remaining_authorized_amount") == "10000 0")
    }
}
