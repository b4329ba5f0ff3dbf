import Foundation
import Testing

/// What is seen in the charts, which dygraphs draws on canvases.
extension Browser {
  /// Where the first chart of a kind has the colour of that kind: stretches of its columns, as parts of
  /// the width in which it draws.
  func drawn(_ kind: String, in place: String = "") async throws -> [ClosedRange<Double>] {
    // The table of gaps may be there before the charts are.
    try await wait(
      for: "document.querySelector('\(place) .chart[data-kind=\(kind)] canvas')?.clientWidth")
    let found = try await run(
      """
      const chart = document.querySelector('\(place) .chart[data-kind=\(kind)]');
      const canvas = chart.querySelector('canvas'), scale = canvas.width / canvas.clientWidth;
      const over = chart.querySelector('.over').style;
      const left = parseFloat(over.left), width = parseFloat(over.width);
      const own = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
      own.fillStyle = getComputedStyle(chart).getPropertyValue('--\(kind)');
      own.fillRect(0, 0, 1, 1);
      const colour = own.getImageData(0, 0, 1, 1).data;
      // A copy: what is read from a canvas is no longer drawn by the graphics card.
      own.canvas.width = canvas.width;
      own.canvas.height = canvas.height;
      own.drawImage(canvas, 0, 0);
      const { data } = own.getImageData(0, 0, canvas.width, canvas.height);
      const has = x => {
        for (let y = 0; y < canvas.height; y += 1) {
          const at = (y * canvas.width + x) * 4;
          if (data[at + 3] > 250 && [0, 1, 2].every(part => Math.abs(data[at + part] - colour[part]) < 4)) {
            return true;
          }
        }
        return false;
      };
      const stretches = [];
      let begin = null;
      for (let x = 0; x <= canvas.width; x += 1) {
        const isThere = x < canvas.width && has(x);
        if (isThere && begin === null) begin = x;
        if (isThere || begin === null) continue;
        stretches.push([begin, x].map(x => (x / scale - left) / width));
        begin = null;
      }
      return stretches;
      """)
    return try #require(found as? [[Double]]).map { $0[0]...$0[1] }
  }

  /// Where an element that lies over the charts begins and ends, as parts of the width of what is drawn.
  func extent(of selector: String) async throws -> [Double] {
    let found = try await run(
      """
      const part = document.querySelector('\(selector)');
      const box = part.getBoundingClientRect(), whole = part.parentElement.getBoundingClientRect();
      return [box.left, box.right].map(x => (x - whole.left) / whole.width);
      """)
    return try #require(found as? [Double])
  }

  /// A place of the window, by the part of the width that the first chart draws in, and that of its height.
  func place(_ part: Double, _ height: Double = 0.5) async throws -> (x: Double, y: Double) {
    let found = try await run(
      """
      const over = document.querySelector('.over');
      over.scrollIntoView({ block: 'center' });
      const box = over.getBoundingClientRect();
      return [box.left + box.width * \(part), box.top + box.height * \(height)];
      """)
    let place = try #require(found as? [Double])
    return (place[0], place[1])
  }

  /// Drags with the left button of the mouse.
  func drag(
    from: (x: Double, y: Double), to: (x: Double, y: Double), shift: Bool = false
  ) async throws {
    // The first move begins to drag a picture, as the ends of a part are.
    let moves = stride(from: 0.125, through: 1, by: 0.125).map { part in
      ("mouseMoved", (x: from.x + (to.x - from.x) * part, y: from.y + (to.y - from.y) * part))
    }
    for (kind, place) in [("mousePressed", from)] + moves + [("mouseReleased", to)] {
      try await devTools(
        "Input.dispatchMouseEvent",
        [
          "type": kind, "x": place.x, "y": place.y, "button": "left", "buttons": 1, "clickCount": 1,
          "modifiers": shift ? 8 : 0,
        ])
    }
  }
}
