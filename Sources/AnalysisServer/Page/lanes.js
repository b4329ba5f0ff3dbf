import { drawing } from './dom.js';
import { count, duration, exact } from './format.js';

/** What was counted in successive intervals. */
export class BarLane {
  /**
   * @param column of the items, which are `{ start, … }`
   * @param rare shown only where there is something of it
   */
  constructor(name, column, { height = 56, kind = column, rare = false } = {}) {
    Object.assign(this, { name, column, height, kind, rare, items: [], step: 1 });
  }

  set(items, step) { [this.items, this.step] = [items, step]; }

  shown([from, to]) {
    return this.items.filter(item => item.start + this.step > from && item.start < to);
  }

  limits(range) {
    const values = this.shown(range).map(item => item[this.column]);
    return [Math.min(0, ...values), Math.max(1, ...values)];
  }

  title() { return `${this.name} in ${duration(this.step)}`; }

  note(range) {
    const values = this.shown(range).map(item => item[this.column]);
    const sum = values.reduce((sum, value) => sum + value, 0);
    const least = Math.min(0, ...values);
    const back = least < 0 ? `, ${exact(-least)} taken back at once` : '';
    return `${count(sum)} in all, at most ${count(Math.max(0, ...values))}${back}`;
  }

  draw(scale) {
    const range = [scale.from, scale.to], [least, most] = this.limits(range);
    const y = value => (most - value) / (most - least || 1) * (this.height - 1) + 1;
    const path = this.shown(range).filter(item => item[this.column] !== 0).map(item => {
      const left = Math.max(scale.x(item.start), 0);
      const right = Math.min(scale.x(item.start + this.step), scale.width);
      const value = y(item[this.column]);
      // What is there shows, however little it is.
      const height = Math.sign(y(0) - value) * Math.max(Math.abs(y(0) - value), 2);
      return `M${left.toFixed(1)} ${y(0).toFixed(1)}v${(-height).toFixed(1)}`
        + `h${Math.max(right - left, 1).toFixed(1)}v${height.toFixed(1)}z`;
    });
    return [drawing(`path.${this.kind}`, { d: path.join('') }),
      drawing('line.base', { x1: 0, x2: scale.width, y1: y(0), y2: y(0) })];
  }

  describe(time) {
    const item = this.items.find(item => item.start <= time && time < item.start + this.step);
    return `${this.name}: ${exact(item?.[this.column] ?? 0)}`;
  }
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

  describe(time) {
    const item = this.items.find(item => item.start <= time && time < item.start + this.step);
    return item ? `${this.name}: ${duration(item.spacing)}` : null;
  }
}

/**
 * Where packets are missing, in time and among the numbers: the line is how the numbers rose, a mark
 * each gap. Numbers that the sender passed over are left out of the scale.
 */
export class GapLane {
  constructor({ height = 220 } = {}) {
    Object.assign(this, { height, gaps: [], line: [], total: 0 });
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

  /** The numbers that are in sight. */
  limits(range) {
    const values = this.shown(range).flatMap(gap => [gap.low, gap.high]);
    for (const time of range) {
      const value = this.interpolated(time);
      if (value !== null) values.push(value);
    }
    for (const [time, value] of this.line) {
      if (time >= range[0] && time <= range[1]) values.push(value);
    }
    if (values.length === 0) return [0, 1];
    const least = values.reduce((a, b) => Math.min(a, b));
    const most = values.reduce((a, b) => Math.max(a, b));
    return [least, Math.max(most, least + 1)];
  }

  interpolated(time) {
    const after = this.line.findIndex(point => point[0] >= time);
    if (after < 0) return this.line.at(-1)?.[1] ?? null;
    const [end, high] = this.line[after];
    if (after === 0 || end === time) return high;
    const [begin, low] = this.line[after - 1];
    return low + (high - low) * (time - begin) / (end - begin);
  }

  draw(scale) {
    const range = [scale.from, scale.to], [least, most] = this.limits(range);
    const margin = 6;
    const y = value =>
      margin + (most - value) / (most - least) * (this.height - 2 * margin);
    const clip = x => Math.min(Math.max(x, -9), scale.width + 9);
    const points = [[scale.from, this.interpolated(scale.from)],
      ...this.line.filter(([time]) => time > scale.from && time < scale.to),
      [scale.to, this.interpolated(scale.to)]].filter(([, value]) => value !== null);
    const line = points.map(([time, value]) => `${scale.x(time).toFixed(1)},${y(value).toFixed(1)}`);
    const marks = this.shown(range).map(gap => {
      const left = clip(scale.x(gap.from)), width = Math.max(clip(scale.x(gap.to)) - left, 4);
      const top = y(gap.high), height = Math.max(y(gap.low) - top, 4);
      return `M${(left).toFixed(1)} ${(top - 2).toFixed(1)}h${width.toFixed(1)}`
        + `v${height.toFixed(1)}h${(-width).toFixed(1)}z`;
    });
    // Where the line does not go: it rises.
    const label = (value, y, x, anchor) => this.number
      ? drawing('text.limit', { x, y, 'text-anchor': anchor }, this.number(value)) : null;
    return [drawing('polyline.numbers', { points: line.join(' ') }),
      drawing('path.missing', { d: marks.join('') }),
      label(most, 14, 4, 'start'),
      label(least, this.height - 5, scale.width - 4, 'end')].filter(Boolean);
  }

  describe(time, tolerance) {
    const near = this.gaps
      .filter(gap => gap.to >= time - tolerance && gap.from <= time + tolerance);
    if (near.length === 0) return null;
    const rest = near.length > 3 ? `, and ${exact(near.length - 3)} more` : '';
    return `Missing: ${near.slice(0, 3).map(gap => gap.text).join(', ')}${rest}`;
  }
}
