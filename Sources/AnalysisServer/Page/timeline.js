import { Problem, Unreachable } from './api.js';
import { element } from './dom.js';
import { counted, duration, exact, milliseconds, nanoseconds, rfc3339 } from './format.js';
import { AxisLane } from './lanes.js';

// Charts over one axis of time, which can be zoomed and moved: dygraphs draws them and understands the
// mouse and fingers. Times are nanoseconds after `origin`, so that they are exact as numbers.

const { Dygraph } = window;
// It would write styles into the page, which our policy forbids.
Dygraph.PLUGINS = Dygraph.PLUGINS.filter(plugin => plugin !== Dygraph.Plugins.Legend);

const { defaultInteractionModel: gestures } = Dygraph;
const shortestRange = 1_000;

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
 * A lane has `height`, the `kind` that its colour has in the style sheet, `title()`, `note(range)`,
 * `rows(range, whole)` of `[time, value]`, `label(value)` where its axis has labels, `options(colour)`
 * for dygraphs to draw it, and `describe(time, tolerance)`, what is there, or null.
 */
export class Timeline {
  /** @param load asks for what lies in the range, after that was changed. */
  constructor(label, origin, load) {
    Object.assign(this, { label, origin, load, lanes: [], blind: [] });
    /** Where something begins, `from` and `to` there: `{ from, to, name, text }`. */
    this.marks = [];
    this.axis = new AxisLane();
    /** Lanes as they are drawn, that of the axis too: their charts, and elements of them. */
    this.parts = new Map();
    this.picture = element('div.timeline');
    this.cursor = element('div.cursor', { hidden: true });
    this.tip = element('div.tip', { 'aria-hidden': 'true', hidden: true });
    this.text = element('p.note', { role: 'status' });
    this.plot = element('div.plot', {
      tabindex: 0, role: 'group',
      'aria-label': `${label}. Arrow keys move, plus and minus zoom, 0 shows all.`,
      onkeydown: event => this.pressed(event), onpointermove: event => this.point(event),
      onpointerleave: () => this.point(null), onpointercancel: () => this.point(null),
    }, this.picture, this.cursor, this.tip);
    const button = (text, name, act) =>
      element('button', { type: 'button', 'aria-label': name, title: name, onclick: act }, text);
    this.element = element('div', {},
      element('div.tools', {},
        button('←', 'Earlier', () => this.move(-0.5)), button('→', 'Later', () => this.move(0.5)),
        button('+', 'Zoom in', () => this.zoom(0.5)), button('−', 'Zoom out', () => this.zoom(2)),
        button('Whole', 'Whole time', () => this.setRange(this.whole)), this.text),
      this.plot);
    this.ended = new AbortController();
    this.listen(this.ended.signal);
    this.observer = new ResizeObserver(() => this.draw());
    this.observer.observe(this.plot);
  }

  remove() {
    this.ended.abort();
    this.observer.disconnect();
    clearTimeout(this.timer);
    this.clear();
  }

  clear() {
    for (const { chart } of this.parts.values()) chart.destroy();
    this.parts.clear();
    this.picture.replaceChildren();
  }

  time(text) { return Number(nanoseconds(text) - this.origin); }

  stamp(time) { return rfc3339(this.origin + BigInt(Math.round(time))); }

  get isWhole() { return this.range[0] <= this.whole[0] && this.range[1] >= this.whole[1]; }

  /** The range as parameters of the API, which answers with the whole where there are none. */
  get question() {
    const [from, to] = this.isWhole ? [] : this.range.map(time => this.stamp(time));
    return { from, to };
  }

  /** The whole has grown; who looked at all of it goes on to do so. */
  setWhole(whole) {
    if (!this.range || this.isWhole) this.range = whole;
    this.whole = whole;
  }

  /** Intervals in which the capture could not see, as the API has them: of each the lanes it is of. */
  setBlind(intervals, isOf = () => true) {
    this.blind = intervals.map(interval => ({
      from: interval.start ? this.time(interval.start) : -Infinity,
      to: interval.end ? this.time(interval.end) : Infinity, text: blindText(interval),
      lanes: this.lanes.filter(lane => isOf(interval, lane)),
    })).filter(({ lanes }) => lanes.length > 0);
  }

  /** @param chosenBy the lane whose chart shows this already. */
  setRange([from, to], chosenBy = null) {
    const [first, last] = this.whole;
    const length = Math.min(Math.max(to - from, shortestRange), last - first);
    const start = Math.min(Math.max(from, first), last - length);
    const isNew = start !== this.range[0] || start + length !== this.range[1];
    // Fingers that lie upon each other are no range.
    if (to > from) this.range = [start, start + length];
    const isWithin = Math.abs(from - start) + Math.abs(to - start - length) < length * 1e-6;
    this.draw(isWithin ? chosenBy : null);
    if (!isNew) return;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.load().catch(error => {
      if (error.name === 'AbortError' || error instanceof Unreachable) return;
      if (!(error instanceof Problem)) throw error;
      this.text.textContent = error.message;
    }), 200);
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

  listen(signal) {
    // Fingers may lie on several lanes: they are followed on all of them as on one.
    const context = {};
    for (const name of ['touchstart', 'touchmove', 'touchend']) {
      this.picture.addEventListener(name, event => {
        const [one, other] = event.touches;
        // Up and down the page moves, if the style sheet lets it.
        event.preventDefault = () => {};
        gestures[name](event, this.parts.get(this.axis).chart, context);
        context.touchDirections = { x: !other || Math.abs(one.pageX - other.pageX) > 10, y: false };
      });
    }
    // Without ctrl (or pinching) the wheel is the page's.
    this.picture.addEventListener('wheel', event => {
      const { at, width } = this.place(event);
      if (event.ctrlKey) this.zoom(Math.exp(event.deltaY / 200), at / width);
      else if (Math.abs(event.deltaX) > Math.abs(event.deltaY)) this.move(event.deltaX / width);
      else return;
      event.preventDefault();
    }, { passive: false });
    // A canvas keeps its colours and its resolution.
    const again = isPrinted => {
      document.documentElement.classList.toggle('printing', isPrinted);
      this.isOnPaper = false;
      this.clear();
      this.draw();
      if (!isPrinted) return;
      // What is drawn now Chromium prints stroke by stroke, and as white what is cleared: copy the picture.
      // Upon copies nothing can be drawn.
      this.isOnPaper = true;
      for (const canvas of this.picture.querySelectorAll('canvas')) {
        const copy = canvas.cloneNode();
        copy.getContext('2d').drawImage(canvas, 0, 0);
        canvas.replaceWith(copy);
      }
    };
    window.addEventListener('beforeprint', () => again(true), { signal });
    window.addEventListener('afterprint', () => again(false), { signal });
    matchMedia('(prefers-color-scheme: dark)')
      .addEventListener('change', () => { if (!this.isOnPaper) again(false); }, { signal });
  }

  /** Where a pointer is within what is drawn. */
  place({ clientX }) {
    const { x, w } = this.parts.get(this.axis)?.chart.getArea() ?? { x: 0, w: 0 };
    return { at: clientX - this.picture.getBoundingClientRect().left - x, left: x, width: w };
  }

  draw(chosenBy = null) {
    if (this.isDrawing || this.isOnPaper || this.plot.clientWidth === 0) return;
    this.isDrawing = true;
    const lanes = [...this.lanes, this.axis];
    const drawn = [...this.parts.keys()];
    if (lanes.some((lane, index) => lane !== drawn[index]) || drawn.length > lanes.length) this.clear();
    for (const lane of lanes) {
      if (!this.parts.has(lane)) this.parts.set(lane, this.build(lane));
      // Drawn anew while a part is chosen by it, the axis would lose what is dragged.
      if (lane !== this.axis || chosenBy !== lane) this.drawLane(lane, this.parts.get(lane));
    }
    this.isDrawing = false;
    this.text.textContent = this.rangeText();
  }

  build(lane) {
    const title = element('span.title'), note = element('span.limit'), over = element('div.over');
    // What it shows is said by the texts above it and in the table of gaps.
    const place = element('div.chart', { 'data-kind': lane.kind, 'aria-hidden': 'true' });
    const style = getComputedStyle(place);
    place.style.height = `${lane.height}px`;
    this.picture.append(element('div.lane', {}, element('p', {}, title, note), place));
    const chart = new Dygraph(place, [[this.whole[0], null]], {
      labels: ['time', 'value'], labelsUTC: true, dateWindow: this.range, rightGap: 6,
      highlightCircleSize: 0, axisLabelFontSize: 12, axisLineColor: 'gray', gridLineColor: 'gray',
      pixelRatio: document.documentElement.classList.contains('printing') ? 3 : null,
      axes: {
        x: {
          drawAxis: lane === this.axis, ticker: this.ticks, axisLabelFormatter,
          axisLabelWidth: 90, pixelsPerLabel: 90,
        },
        y: {
          axisLabelWidth: 44, pixelsPerLabel: 17,
          ...lane.label ? { axisLabelFormatter: value => lane.label(value) } : { ticker: () => [] },
        },
      },
      drawCallback: chart => { if (!this.isDrawing) this.setRange(chart.xAxisRange(), lane); },
      interactionModel: {
        dblclick: gestures.dblclick, willDestroyContextMyself: true,
        mousedown: (event, chart, context) => {
          if (event.button !== 0) return;
          // It takes the focus, as everything that is clicked on; texts cannot be chosen anyway.
          event.preventDefault = () => {};
          gestures.mousedown(event, chart, context);
          // Time alone is zoomed: however far one drags across, it is no stretch.
          context.dragStartY = NaN;
        },
      },
      ...lane.options(name => style.getPropertyValue(`--${name}`)),
    });
    place.append(over);
    return { title, note, over, place, chart };
  }

  drawLane(lane, { title, note, over, chart }) {
    const [first, last] = this.whole;
    const file = [[first, null], ...lane.rows(this.range, this.whole), [last, null]];
    chart.resize();
    chart.updateOptions({ file: file.sort(([one], [other]) => one - other), dateWindow: this.range });
    if (lane === this.axis) return;
    title.textContent = lane.title();
    note.textContent = lane.note(this.range);
    const { x, w } = chart.getArea();
    [over.style.left, over.style.width] = [`${x}px`, `${w}px`];
    const blind = this.blind.filter(({ lanes }) => lanes.includes(lane));
    let free = lane === this.lanes.at(-1) ? 0 : Infinity;
    over.replaceChildren(...this.within([...blind, ...this.marks]).map(({ from, to, name, text }) => {
      const [left, right] = [from, to].map(time => Math.min(Math.max(chart.toDomXCoord(time) - x, 0), w));
      // Names where there is room for them.
      const isNamed = name && left >= free && left + 100 < w;
      if (isNamed) free = left + 100;
      const made = element(name ? 'div.mark' : 'div.blind', { title: text },
        isNamed ? element('span.mark-name', {}, name) : null);
      [made.style.left, made.style.width] = [`${left}px`, `${right - left}px`];
      return made;
    }));
  }

  within(items, [from, to] = this.range) {
    return items.filter(item => item.to >= from && item.from <= to);
  }

  rangeText() {
    const [from, to] = this.range.map(time => this.stamp(time));
    const length = this.range[1] - this.range[0];
    const digits = length < 1e9 ? 26 : length < 60e9 ? 23 : 19;
    const text = time => time.slice(0, digits).replace('T', ' ');
    const end = from.slice(0, 10) === to.slice(0, 10) ? text(to).slice(11) : text(to);
    const blind = this.within(this.blind).length;
    return `${text(from)} to ${end} UTC, ${duration(length)}`
      + (blind > 0 ? `, the capture blind in ${counted(blind, 'interval')} of it` : '');
  }

  /** Round times, as dygraphs finds them: below milliseconds, of which it knows, round nanoseconds. */
  ticks = (from, to, width, options, chart) => {
    const [ticker, unit, origin] = to - from < 1e7
      ? [Dygraph.numericTicks, 1, Number(this.origin % 1_000_000_000n)]
      : [Dygraph.dateTicker, 1e6, Number(this.origin) / 1e6];
    const ticks = ticker(origin + from / unit, origin + to / unit, width, options, chart);
    return ticks.map(({ v, label }) => ({ v: (v - origin) * unit, label }))
      // At the end it would be cut off.
      .filter(({ v }) => (to - v) / (to - from) * width > 42);
  };

  /** Says what is under the pointer. */
  point(event) {
    const { at, left, width } = event ? this.place(event) : {};
    this.tip.hidden = this.cursor.hidden = !(at >= 0 && at <= width)
      || this.parts.get(this.axis).place.contains(event.target);
    if (this.tip.hidden) return;
    const [from, to] = this.range, time = from + at / width * (to - from);
    const tolerance = (to - from) / width * 4;
    const lines = [...this.lanes.map(lane => lane.describe(time, tolerance)).filter(Boolean),
      ...this.within(this.blind, [time - tolerance, time + tolerance]).slice(0, 2).map(({ text }) => text)];
    this.tip.replaceChildren(
      ...[this.stamp(time).slice(11, 26), ...lines].map(line => element('div', {}, line)));
    // Beside the pointer, within the chart.
    const space = this.tip.offsetWidth + 14;
    this.tip.style.left = `${Math.max(left + (at + space > width ? at - space : at + 14), 0)}px`;
    this.tip.style.top = `${event.clientY - this.plot.getBoundingClientRect().top + 14}px`;
    this.cursor.style.left = `${left + at}px`;
  }
}

/** Of a time, or of nanoseconds of a second. */
function axisLabelFormatter(value, granularity, options) {
  if (!(value instanceof Date)) return String(Math.round(value) % 1e9).padStart(9, '0');
  return granularity < Dygraph.Granularity.SECONDLY ? value.toISOString().slice(11, 23)
    : Dygraph.dateAxisLabelFormatter(value, granularity, options);
}
