import Testing

@testable import LiveCapture

/// What is asked about an interface while others change its name.
@Suite("Names of interfaces")
struct RenamingTests {
  /// Names by number; each answer may be followed by a change.
  private final class Names {
    var names: [Int32: String]
    var changes: [(inout [Int32: String]) -> Void]

    init(_ names: [Int32: String], _ changes: [(inout [Int32: String]) -> Void] = []) {
      (self.names, self.changes) = (names, changes)
    }

    /// Also the name that was asked for last.
    func find(_ index: Int32?) -> (name: String?, found: String?) {
      var last: String?
      let found = LiveInterface.find(index) { index in
        defer { if !changes.isEmpty { changes.removeFirst()(&names) } }
        return names[index]
      } named: { name in
        last = name
        return names.first { $0.value == name ?? "eth0" }.map { ($0.value, $0.key) }
      }
      return (last, found?.interface)
    }
  }

  @Test("one that was renamed between two questions was taken for one that is down")
  func renamedBetween() {
    let (name, found) = Names([3: "eth0"], [{ $0[3] = "eth1" }]).find(3)
    #expect(name == "eth1")
    #expect(found == "eth1")
  }

  @Test("one that got its old name between two questions is not taken for it")
  func nameGivenAway() {
    let names = Names([3: "eth0"], [{ ($0[3], $0[4]) = ("eth1", "eth0") }])
    let (name, found) = names.find(3)
    #expect(name == "eth1")
    #expect(found == "eth1")
  }

  @Test("where the number is gone, what has the first name is taken")
  func removed() {
    let (name, found) = Names([4: "eth0"]).find(3)
    #expect(name == nil)
    #expect(found == "eth0")
  }

  @Test("names that never stand still are given up")
  func restless() {
    let change: (inout [Int32: String]) -> Void = { $0[3] = ($0[3] ?? "") + "x" }
    let (name, found) = Names([3: "eth0"], [change, change, change, change]).find(3)
    #expect(name != nil)
    #expect(found == nil)
  }
}
