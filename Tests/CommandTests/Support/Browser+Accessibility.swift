import Foundation
import Testing

/// What can be computed of whether a page can be read and worked with by everybody (WCAG 2.2, AA).
extension Browser {
  /// Contrast of WCAG AA; names of what can be worked with; headings; no scrolling to the side.
  func checkAccessibility() async throws {
    #expect(try await faint() == [])
    let width = try await run(
      "return document.documentElement.scrollWidth - document.documentElement.clientWidth")
    #expect(width as? Int == 0)
    let nodes =
      try await devTools("Accessibility.getFullAXTree", [:])["nodes"] as? [[String: Any]]
      ?? []
    let roles: Set = [
      "button", "link", "searchbox", "textbox", "combobox", "checkbox", "image", "region", "search",
      "navigation", "columnheader", "table", "heading",
    ]
    func value(_ node: [String: Any], _ name: String) -> String {
      (node[name] as? [String: Any])?["value"] as? String ?? ""
    }
    let named = nodes.filter { node in
      node["ignored"] as? Bool != true && roles.contains(value(node, "role"))
    }
    #expect(named.count > 20)
    // A table stands in a region that has the name.
    for node in named where value(node, "role") != "table" {
      #expect(value(node, "name") != "", "\(value(node, "role")) without a name")
    }
    #expect(try await texts("h1").count == 1)
    #expect(
      try await run(
        "return document.querySelectorAll('[id]').length - new Set([...document.querySelectorAll('[id]')].map(found => found.id)).size"
      ) as? Int == 0)
  }

  /// Texts that are read aloud.
  func spoken() async throws -> [String] {
    let nodes =
      try await devTools("Accessibility.getFullAXTree", [:])["nodes"] as? [[String: Any]] ?? []
    return nodes.compactMap { node in
      guard node["ignored"] as? Bool != true,
        (node["role"] as? [String: Any])?["value"] as? String == "StaticText"
      else { return nil }
      return (node["name"] as? [String: Any])?["value"] as? String
    }
  }

  /// Texts and marks that are too faint.
  func faint() async throws -> [String]? { try await run(Self.contrastScript) as? [String] }

  func focusContrast() async throws -> Double {
    try await run(Self.outlineScript) as? Double ?? 0
  }

  private static let luminanceScript = """
    const canvas = document.createElement('canvas');
    canvas.width = canvas.height = 1;
    const context = canvas.getContext('2d', { willReadFrequently: true });
    function channels(colours) {
      context.fillStyle = '#fff';
      context.fillRect(0, 0, 1, 1);
      for (const colour of colours) { context.fillStyle = colour; context.fillRect(0, 0, 1, 1); }
      return [...context.getImageData(0, 0, 1, 1).data].slice(0, 3);
    }
    function luminance(colours) {
      const [r, g, b] = channels(colours).map(value => value / 255)
        .map(value => value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4);
      return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    }
    function grounds(element) {
      const found = [];
      for (let behind = element; behind; behind = behind.parentElement) {
        found.unshift(getComputedStyle(behind).backgroundColor);
      }
      return found;
    }

    """

  /// Texts whose contrast with what is behind them is below 4.5, or 3 where they are large; marks of
  /// pictures below 3 (WCAG 1.4.3, 1.4.11).
  private static let contrastScript =
    luminanceScript + """
      const faint = [];
      function compare(behind, colour, least, name) {
        const [low, high] = [luminance(behind), luminance([...behind, colour])].sort((a, b) => a - b);
        const contrast = (high + 0.05) / (low + 0.05);
        if (contrast < least) faint.push(`${contrast.toFixed(2)}: ${name}`);
      }
      const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
      for (let node = walker.nextNode(); node; node = walker.nextNode()) {
        const element = node.parentElement;
        if (node.data.trim() === '' || !element.checkVisibility()) continue;
        if (element.closest(':disabled, .unseen, noscript')) continue;
        for (let behind = element; behind; behind = behind.parentElement) {
          if (getComputedStyle(behind).opacity < 1) faint.push(`shines through: ${node.data.trim()}`);
        }
        const { color, fontSize } = getComputedStyle(element);
        const isLarge = parseFloat(fontSize) >= 24;
        compare(grounds(element), color, isLarge ? 3 : 4.5, node.data.trim());
      }
      for (const chart of document.querySelectorAll('.chart[data-kind]')) {
        const style = getComputedStyle(chart), { kind } = chart.dataset;
        compare(grounds(chart), style.getPropertyValue(`--${kind}`), 3, kind);
        // Numbers beside the line of those that came, and the line itself.
        if (kind !== 'missing') continue;
        compare(grounds(chart), style.getPropertyValue('--aside'), 4.5, 'numbers');
        compare(grounds(chart), style.getPropertyValue('--packets'), 3, 'line');
      }
      return faint;
      """

  /// Contrast of the frame around what has the focus with what is behind it; 0 where there is none.
  private static let outlineScript =
    luminanceScript + """
      const focused = document.activeElement, style = getComputedStyle(focused);
      if (style.outlineStyle === 'none' || parseFloat(style.outlineWidth) < 2) return 0;
      const [low, high] = [luminance(grounds(focused.parentElement)), luminance([style.outlineColor])]
        .sort((a, b) => a - b);
      return (high + 0.05) / (low + 0.05);
      """
}
