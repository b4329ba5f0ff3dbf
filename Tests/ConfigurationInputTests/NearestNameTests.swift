import Testing

@testable import ConfigurationInput

@Suite("The nearest name")
struct NearestNameTests {
  @Test(
    "is suggested for a slip, in either case, and not where none is near",
    arguments: [
      ("gasp", "gaps"), ("JSON", "json"), ("intrface", "interface"), ("interface", nil),
      ("", nil), ("xyz", nil),
    ] as [(String, String?)])
  func nearest(name: String, expected: String?) {
    let known =
      expected == "interface" ? ["interface", "json"] : ["json", "gaps", "filter", "from"]
    #expect(NearestName.of(name, among: known) == expected)
  }
}
