import { drawing, element } from './dom.js';
import { counted, duration, exact, milliseconds, rfc3339 } from './format.js';

// Lanes over one axis of time, which can be zoomed and moved. Times are nanoseconds after `origin`,
// so that they are exact as numbers.

const laneGap = 14, titleHeight = 20, axisHeight = 24, shortestRange = 1_000;

const reasons = {
  ringFull: 'the ring was full', interfaceDown: 'the interface was down', restart: 'between two runs',
  interfaceStatistics: 'its statistics say so', dropCount: 'a frame says so',
};

/** Why a capture could not see, and how long. */
export function blindText({ reason, drops, start, end }) {
  const length = start && end
    ? ` for ${duration((milliseconds(end) - milliseconds(start)) * 1e6)}` : '';
  const lost = drops > 0 ? `, ${exact(drops)} frames dropped` : '';
  return `The capture could not see${length}: ${reasons[reason] ?? reason}${lost}`;
}

/**
 * A lane has `height`, `title(range)`, `note(range)`, `draw(scale)`, which gives the marks of what
 * lies in `scale.from` to `scale.to`, and `describe(time, tolerance)`, what is there, or null.
 */
export class Timeline {
  /** @param onRange is told the range whenever it changes. */
  constructor({ label, origin, whole, lanes, onRange }) {
    Object.assign(this, { label, origin, lanes, onRange });
    /** Intervals in which the capture could not see: `{ from, to, text }`, and the `lanes` they are of. */
    this.blind = [];
    /** Where something begins: `{ time, name, text }`. */
    this.marks = [];
    this.whole = this.range = whole;
    this.svg = drawing('svg.timeline', { role: 'img' });
    this.tip = element('div.tip', { 'aria-hidden': 'true', hidden: true });
    this.text = element('p.note', { role: 'status' });
    this.plot = element('div.plot', {
      tabindex: 0, role: 'group',
      'aria-label': `${label}. Arrow keys move, plus and minus zoom, 0 shows all.`,
      onkeydown: event => this.pressed(event),
    }, this.svg, this.tip);
    const button = (text, name, act) =>
      element('button', { type: 'button', 'aria-label': name, title: name, onclick: act }, text);
    this.element = element('div', {},
      element('div.tools', {},
        button('←', 'Earlier', () => this.move(-0.5)), button('→', 'Later', () => this.move(0.5)),
        button('+', 'Zoom in', () => this.zoom(0.5)), button('−', 'Zoom out', () => this.zoom(2)),
        button('Whole', 'Whole time', () => this.setRange(this.whole)), this.text),
      this.plot);
    this.listen();
    this.observer = new ResizeObserver(() => this.draw());
    this.observer.observe(this.plot);
  }

  remove() { this.observer.disconnect(); }

  get isWhole() { return this.range[0] <= this.whole[0] && this.range[1] >= this.whole[1]; }

  /** The whole has grown; who looked at all of it goes on to do so. */
  setWhole(whole) {
    const follows = this.isWhole;
    this.whole = whole;
    if (follows) this.range = whole;
  }

  setRange([from, to]) {
    const [first, last] = this.whole;
    const length = Math.min(Math.max(to - from, shortestRange), last - first);
    const start = Math.min(Math.max(from, first), last - length);
    if (start === this.range[0] && start + length === this.range[1]) return;
    this.range = [start, start + length];
    this.draw();
    this.onRange(this.range);
  }

  move(part) {
    const [from, to] = this.range;
    this.setRange([from + (to - from) * part, to + (to - from) * part]);
  }

  /** About a place: 0 is the left end, 1 the right. */
  zoom(factor, about = 0.5) {
    const [from, to] = this.range;
    const centre = from + (to - from) * about, length = (to - from) * factor;
    this.setRange([centre - length * about, centre + length * (1 - about)]);
  }

  pressed(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const act = {
      ArrowLeft: () => this.move(-0.2), ArrowRight: () => this.move(0.2),
      '+': () => this.zoom(0.5), '=': () => this.zoom(0.5), '-': () => this.zoom(2),
      0: () => this.setRange(this.whole), Home: () => this.setRange(this.whole),
    }[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  }

  listen() {
    let begun = null;
    /** Fingers by their number: where each is, and on which moment it was put. */
    const fingers = new Map();
    const place = event => event.clientX - this.svg.getBoundingClientRect().left;
    this.svg.addEventListener('pointerdown', event => {
      if (event.button !== 0) return;
      const x = place(event);
      begun = { x, range: this.range, moves: event.shiftKey || event.pointerType === 'touch' };
      if (event.pointerType === 'touch') {
        fingers.set(event.pointerId, { x });
        for (const finger of fingers.values()) finger.time = this.time(finger.x);
      }
      this.svg.setPointerCapture(event.pointerId);
    });
    this.svg.addEventListener('pointermove', event => {
      const x = place(event);
      if (fingers.has(event.pointerId)) fingers.get(event.pointerId).x = x;
      if (fingers.size === 2) return this.pinch(...fingers.values());
      this.point(x, event.clientY);
      if (!begun) return;
      if (begun.moves) {
        const by = (begun.x - x) / this.width * (begun.range[1] - begun.range[0]);
        this.setRange([begun.range[0] + by, begun.range[1] + by]);
      } else {
        this.selection.setAttribute('x', Math.min(x, begun.x));
        this.selection.setAttribute('width', Math.abs(x - begun.x));
      }
    });
    this.svg.addEventListener('pointerup', event => {
      // The finger that stays moves on from where it is.
      if (fingers.delete(event.pointerId) && fingers.size > 0) {
        begun = { x: [...fingers.values()][0].x, range: this.range, moves: true };
        return;
      }
      if (!begun) return;
      const ends = [begun.x, place(event)].sort((a, b) => a - b);
      if (!begun.moves && ends[1] - ends[0] > 5) this.setRange(ends.map(x => this.time(x)));
      else this.selection.setAttribute('width', 0);
      begun = null;
    });
    this.svg.addEventListener('pointercancel', event => {
      fingers.delete(event.pointerId);
      begun = null;
      this.tip.hidden = true;
    });
    this.svg.addEventListener('pointerleave', () => { this.tip.hidden = true; });
    this.svg.addEventListener('dblclick', () => this.setRange(this.whole));
    // Without ctrl (or pinching) the wheel is the page's.
    this.svg.addEventListener('wheel', event => {
      if (event.ctrlKey) this.zoom(Math.exp(event.deltaY / 200), place(event) / this.width);
      else if (Math.abs(event.deltaX) > Math.abs(event.deltaY)) this.move(event.deltaX / this.width);
      else return;
      event.preventDefault();
    }, { passive: false });
  }

  /** Each finger stays on the moment on which it was put. */
  pinch(one, other) {
    const [left, right] = one.x < other.x ? [one, other] : [other, one];
    if (right.x - left.x < 10 || right.time <= left.time) return;
    const length = (right.time - left.time) / (right.x - left.x) * this.width;
    const from = left.time - left.x / this.width * length;
    this.setRange([from, from + length]);
  }

  time(x) { return this.range[0] + x / this.width * (this.range[1] - this.range[0]); }

  draw() {
    this.width = this.plot.clientWidth;
    if (this.width === 0) return;
    const [from, to] = this.range;
    const scale = {
      from, to, width: this.width, x: time => (time - from) / (to - from) * this.width,
    };
    const ticks = this.ticks(scale), parts = [], places = new Map();
    let top = 0;
    for (const lane of this.lanes) {
      places.set(lane, [top + titleHeight, top + titleHeight + lane.height]);
      parts.push(
        drawing('text.title', { x: 0, y: top + 14 }, lane.title(this.range)),
        drawing('text.limit', { x: this.width, y: top + 14, 'text-anchor': 'end' },
          lane.note(this.range)),
        drawing('g', { transform: `translate(0 ${top + titleHeight})` },
          drawing('rect.ground', { width: this.width, height: lane.height }),
          ticks.map(({ at }) => drawing('line.tick', { x1: at, x2: at, y2: lane.height })),
          lane.draw(scale)));
      top += titleHeight + lane.height + laneGap;
    }
    const bottom = top - laneGap;
    const clip = x => Math.min(Math.max(x, 0), this.width);
    const blind = this.blindWithin(from, to).map(interval => {
      const begin = clip(scale.x(interval.from)), end = clip(scale.x(interval.to));
      const heights = interval.lanes?.flatMap(lane => places.get(lane) ?? []) ?? [];
      const [high, low] = heights.length > 0
        ? [Math.min(...heights), Math.max(...heights)] : [titleHeight, bottom];
      return drawing('rect.blind', {
        x: begin, y: high, width: Math.max(end - begin, 2), height: low - high,
      }, drawing('title', {}, interval.text));
    });
    const marks = this.drawMarks(scale, bottom);
    this.selection = drawing('rect.selection', { y: 0, height: bottom, width: 0 });
    this.cursor = drawing('line.cursor', { y1: titleHeight, y2: bottom, visibility: 'hidden' });
    this.svg.setAttribute('viewBox', `0 0 ${this.width} ${bottom + axisHeight}`);
    this.svg.setAttribute('height', bottom + axisHeight);
    this.svg.setAttribute('aria-label', this.described());
    this.svg.replaceChildren(
      ...parts, ...blind, ...marks, ...this.axis(ticks, bottom), this.selection, this.cursor);
    this.text.textContent = this.rangeText();
  }

  blindWithin(from, to) { return this.blind.filter(item => item.to >= from && item.from <= to); }

  /** Names where there is room for them. */
  drawMarks({ from, to, x }, bottom) {
    let free = 0;
    return this.marks.filter(({ time }) => time >= from && time <= to)
      .sort((one, other) => one.time - other.time).flatMap(({ time, name, text }) => {
        const at = x(time), isRoom = at >= free && at + 100 < this.width;
        if (isRoom) free = at + 100;
        return [
          drawing('line.mark', { x1: at, x2: at, y1: titleHeight, y2: bottom },
            drawing('title', {}, text)),
          isRoom ? drawing('text.mark-name', { x: at + 4, y: bottom - 6 }, name) : null,
        ].filter(Boolean);
      });
  }

  rangeText() {
    const [from, to] = this.range.map(time => rfc3339(this.origin + BigInt(Math.round(time))));
    const length = this.range[1] - this.range[0];
    const digits = length < 1e9 ? 26 : length < 60e9 ? 23 : 19;
    const text = time => time.slice(0, digits).replace('T', ' ');
    const end = from.slice(0, 10) === to.slice(0, 10) ? text(to).slice(11) : text(to);
    return `${text(from)} to ${end} UTC, ${duration(this.range[1] - this.range[0])}`;
  }

  described() {
    const lanes = this.lanes.map(lane => `${lane.title(this.range)}: ${lane.note(this.range)}`);
    const blind = this.blindWithin(...this.range).length;
    const unseen = blind > 0 ? ` The capture was blind in ${counted(blind, 'interval')} of it.` : '';
    return `${this.label}. ${this.rangeText()}. ${lanes.join('. ')}.${unseen}`;
  }

  /** Round times, of which the labels have room: `{ at, text }`. */
  ticks({ from, to, width, x }) {
    const step = tickStep((to - from) / Math.max(width / 100, 1));
    const behind = Number((this.origin + BigInt(Math.floor(from))) % BigInt(step));
    const made = [];
    for (let time = Math.floor(from) - behind + step; time <= to; time += step) {
      made.push({
        at: x(time), text: tickText(rfc3339(this.origin + BigInt(Math.round(time))), step),
      });
    }
    return made;
  }

  axis(ticks, bottom) {
    // Those at the ends would be cut off.
    return ticks.filter(({ at }) => at > 42 && at < this.width - 42).map(({ at, text }) =>
      drawing('text.limit', { x: at, y: bottom + 17, 'text-anchor': 'middle' }, text));
  }

  /** Says what is under the pointer. */
  point(x, clientY) {
    const time = this.time(x), tolerance = (this.range[1] - this.range[0]) / this.width * 4;
    const stamp = rfc3339(this.origin + BigInt(Math.round(time)));
    const lines = [...this.lanes.map(lane => lane.describe(time, tolerance)).filter(Boolean),
      ...this.blindWithin(time - tolerance, time + tolerance).slice(0, 2).map(({ text }) => text)];
    this.tip.replaceChildren(
      ...[stamp.slice(11, 26), ...lines].map(line => element('div', {}, line)));
    this.tip.hidden = false;
    const box = this.plot.getBoundingClientRect();
    // Beside the pointer, within the chart.
    const left = x + 14 + this.tip.offsetWidth > this.width ? x - 14 - this.tip.offsetWidth : x + 14;
    this.tip.style.left = `${Math.max(left, 0)}px`;
    this.tip.style.top = `${clientY - box.top + 14}px`;
    this.cursor.setAttribute('x1', x);
    this.cursor.setAttribute('x2', x);
    this.cursor.setAttribute('visibility', 'visible');
  }
}

const tickSteps = [1, 10, 100, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8].flatMap(unit => [1, 2, 5].map(n => n * unit))
  .concat([1, 2, 5, 10, 15, 30].map(n => n * 1e9), [1, 2, 5, 10, 15, 30].map(n => n * 60e9),
    [1, 2, 3, 6, 12].map(n => n * 3600e9), [1, 2, 7, 30, 91, 365].map(n => n * 86400e9));

const tickStep = least => tickSteps.find(step => step >= least) ?? tickSteps.at(-1);

function tickText(time, step) {
  if (step >= 86400e9) return time.slice(0, 10);
  if (step >= 60e9) return time.slice(11, 16);
  if (step >= 1e9) return time.slice(11, 19);
  if (step >= 1e6) return time.slice(11, 23);
  return step >= 1e3 ? time.slice(17, 26) : time.slice(20, 29);
}
