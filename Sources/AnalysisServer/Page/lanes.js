import { count, duration, exact } from './format.js';

/** What was counted in successive intervals. */
export class BarLane {
  /**
   * @param column of the items, which are `{ start, … }`
   * @param rare shown only where there is something of it
   * @param point of capture, where it is of one
   */
  constructor(name, column, { height = 56, rare = false, point = null } = {}) {
    Object.assign(this, { name, column, height, kind: column, rare, point, items: [], step: 1 });
  }

  set(items, step) { [this.items, this.step] = [items, step]; }

  shown([from, to]) {
    return this.items.filter(item => item.start + this.step > from && item.start < to);
  }

  rows() { return this.items.map(item => [item.start + this.step / 2, item[this.column]]); }

  label(value) { return Number.isInteger(value) ? count(value) : ''; }

  title() { return `${this.name} in ${duration(this.step)}`; }

  note(range) {
    const values = this.shown(range).map(item => item[this.column]);
    const sum = values.reduce((sum, value) => sum + value, 0);
    const least = Math.min(0, ...values);
    const back = least < 0 ? `, ${exact(-least)} taken back at once` : '';
    return `${count(sum)} in all, at most ${count(Math.max(0, ...values))}${back}`;
  }

  options(colour) {
    return { includeZero: true, plotter: event => this.plot(event, colour(this.kind)) };
  }

  plot({ dygraph, drawingContext: context, points }, colour) {
    context.fillStyle = colour;
    const width = Math.max(dygraph.toDomXCoord(this.step) - dygraph.toDomXCoord(0), 1);
    const base = dygraph.toDomYCoord(0);
    for (const { canvasx, canvasy, yval } of points) {
      if (!yval) continue;
      // What is there shows, however little it is.
      const height = Math.sign(base - canvasy) * Math.max(Math.abs(base - canvasy), 2);
      context.fillRect(canvasx - width / 2, base, width, -height);
    }
  }

  at(time) { return this.items.find(({ start }) => start <= time && time < start + this.step); }

  describe(time) { return `${this.name}: ${exact(this.at(time)?.[this.column] ?? 0)}`; }
}

/** How long it took from one packet to the next, in the mean of each interval: what stalls, rises. */
export class SpacingLane extends BarLane {
  constructor(options) { super('Mean time between packets', 'spacing', options); }

  set(items, step) {
    super.set(items.filter(item => item.packets > 0)
      .map(item => ({ ...item, spacing: step / item.packets })), step);
  }

  note(range) {
    const values = this.shown(range).map(item => item.spacing);
    if (values.length === 0) return 'no packets';
    return `${duration(Math.min(...values))} to ${duration(Math.max(...values))}`;
  }

  label(value) { return duration(value); }

  describe(time) {
    return this.at(time) ? `${this.name}: ${duration(this.at(time).spacing)}` : null;
  }
}

/**
 * Where packets are missing, in time and among the numbers: the line is how the numbers rose, a mark
 * each gap. Numbers that the sender passed over are left out of the scale.
 */
export class GapLane {
  constructor({ height = 220 } = {}) {
    Object.assign(this, { height, kind: 'missing', gaps: [], line: [], total: 0 });
  }

  /**
   * Gaps are `{ from, to, low, high, text }`, with `low` and `high` numbers above the lowest; the
   * line is of `[time, number]`, in order of time. `total` is how many gaps there are in all;
   * `recorded`, of how many a report chose these.
   */
  set({ gaps, line, total, recorded, number }) {
    Object.assign(this, { gaps, line, total, recorded, number });
  }

  title() { return 'Numbers, and where they are missing'; }

  shown([from, to]) { return this.gaps.filter(gap => gap.to >= from && gap.from <= to); }

  note(range) {
    const shown = this.shown(range).length;
    if (this.recorded) return `${exact(shown)} of the ${exact(this.recorded)} largest gaps`;
    return this.gaps.length < this.total
      ? `the ${exact(this.gaps.length)} largest of ${exact(this.total)} gaps`
      : `${exact(shown)} ${shown === 1 ? 'gap' : 'gaps'}`;
  }

  interpolated(time) {
    const after = this.line.findIndex(point => point[0] >= time);
    if (after < 0) return this.line.at(-1)?.[1] ?? null;
    const [end, high] = this.line[after];
    if (after === 0 || end === time) return high;
    const [begin, low] = this.line[after - 1];
    return low + (high - low) * (time - begin) / (end - begin);
  }

  /** The numbers that are in sight. */
  rows([from, to]) {
    return [[from, this.interpolated(from)],
      ...this.line.filter(([time]) => time > from && time < to), [to, this.interpolated(to)]];
  }

  options(colour) {
    const { linePlotter } = window.Dygraph.Plotters;
    return {
      colors: [colour('packets')], strokeWidth: 1.5,
      plotter: [linePlotter, event => this.plot(event, colour)],
    };
  }

  plot({ dygraph, drawingContext: context, points, plotArea: area }, colour) {
    const clip = x => Math.min(Math.max(x, area.x - 9), area.x + area.w + 9);
    context.fillStyle = colour('missing');
    for (const gap of this.shown(dygraph.xAxisRange())) {
      const begin = clip(dygraph.toDomXCoord(gap.from)), end = clip(dygraph.toDomXCoord(gap.to));
      const high = dygraph.toDomYCoord(gap.high), low = dygraph.toDomYCoord(gap.low);
      context.fillRect(begin, high - 2, Math.max(end - begin, 4), Math.max(low - high, 4));
    }
    const values = points.map(({ yval }) => yval).filter(Number.isFinite);
    if (!this.number || values.length === 0) return;
    // No axis has the room for numbers in billions; here the line does not go, since it rises.
    [context.fillStyle, context.font] = [colour('aside'), '12px system-ui, sans-serif'];
    context.fillText(this.number(values.at(-1)), area.x + 4, area.y + 14);
    context.textAlign = 'end';
    context.fillText(this.number(values[0]), area.x + area.w - 4, area.y + area.h - 5);
    context.textAlign = 'start';
  }

  describe(time, tolerance) {
    const near = this.gaps
      .filter(gap => gap.to >= time - tolerance && gap.from <= time + tolerance);
    if (near.length === 0) return null;
    const rest = near.length > 3 ? `, and ${exact(near.length - 3)} more` : '';
    return `Missing: ${near.slice(0, 3).map(gap => gap.text).join(', ')}${rest}`;
  }
}

/** The axis of time, and below it the whole time, of which a part is chosen. */
export class AxisLane {
  height = 54;
  sums = [];

  /** Lanes of the whole time, whose sum it shows. */
  set(lanes) {
    const sums = new Map();
    for (const { items, column, step } of lanes) {
      for (const { start, [column]: value } of items) {
        sums.set(start, (sums.get(start) ?? 0) + value);
        sums.set(start + step, sums.get(start + step) ?? 0);
      }
    }
    // Nothing is none: zero would have a height.
    this.sums = [...sums].map(([time, sum]) => [time, sum || null]);
  }

  rows(_, [first, last]) {
    return this.sums.map(([time, sum]) => [Math.min(Math.max(time, first), last), sum]);
  }

  options(colour) {
    return {
      plotter: () => {}, stepPlot: true, interactionModel: {}, showRangeSelector: true,
      rangeSelectorHeight: 28, rangeSelectorVeilColour: colour('veil'),
      rangeSelectorPlotStrokeColor: '', rangeSelectorPlotFillColor: colour('lost'),
      rangeSelectorPlotFillGradientColor: colour('lost'),
      rangeSelectorForegroundStrokeColor: colour('aside'),
      rangeSelectorBackgroundStrokeColor: colour('line'),
    };
  }
}
