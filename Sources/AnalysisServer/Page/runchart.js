import { ask, Problem, Unreachable } from './api.js';
import { element } from './dom.js';
import { exact, nanoseconds, rfc3339 } from './format.js';
import { BarLane } from './lanes.js';
import { blindText, Timeline } from './timeline.js';

/** Points that have a lane, those that lost most: more make a picture that nobody reads. */
const mostLanes = 8;

/** What was lost at each point over time, of a run that has a history: a live capture or a replay. */
export class RunChart {
  constructor() {
    this.ended = new AbortController();
    this.note = element('p.note');
    this.section = element('section.panel.wide.run-chart', {
      'aria-label': 'Loss over time', hidden: true,
    });
  }

  remove() {
    this.ended.abort();
    clearTimeout(this.timer);
    this.timeline?.remove();
  }

  /** A new state of the run; `points` in the order of their losses. */
  async show(summary, points) {
    [this.run, this.points] = [summary.run, points.slice(0, mostLanes)];
    const [series, blind] = await Promise.all([
      this.series(), summary.blind.intervals > 0 ? this.ask('blind', { limit: 1000 }) : { items: [] },
    ]);
    const known = series.filter(({ source, items }) => source === 'history' && items.length > 0);
    this.section.hidden = known.length === 0;
    if (known.length === 0) return;
    const ends = known.map(({ from, to }) => [nanoseconds(from), nanoseconds(to)]);
    const begin = ends.map(([from]) => from).reduce((a, b) => a < b ? a : b);
    const end = ends.map(([, to]) => to).reduce((a, b) => a > b ? a : b);
    this.origin ??= begin;
    const whole = [begin, end].map(time => Number(time - this.origin));
    if (!this.timeline) this.build(whole);
    this.timeline.setWhole(whole);
    this.setLanes(series);
    const names = this.points.map(({ name }) => name);
    this.timeline.blind = blind.items.filter(({ point }) => names.includes(point)).map(interval => ({
      from: interval.start ? this.time(interval.start) : -Infinity,
      to: interval.end ? this.time(interval.end) : Infinity,
      text: blindText(interval), point: interval.point, lanes: this.lanesOf.get(interval.point),
    }));
    const isReplay = summary.lastTime && nanoseconds(summary.lastTime) < begin;
    this.note.replaceChildren(...[
      ...(blind.items.length > 0 ? [element('span.swatch.blind'), ' the capture was blind. '] : []),
      isReplay ? 'A replay: the time is that of the replay, not of its packets. ' : '',
      points.length > mostLanes
        ? `The ${mostLanes} points that lost most, of ${exact(points.length)}.` : '',
    ]);
    // The range that is shown, where it is not the whole.
    if (this.timeline.isWhole) this.timeline.draw();
    else await this.loadRange();
  }

  build(whole) {
    this.timeline = new Timeline({
      label: 'Loss over time at each point', origin: this.origin, whole, lanes: [], onRange: () => {
        clearTimeout(this.timer);
        this.timer = setTimeout(() => this.loadRange().catch(error => {
          if (this.ended.signal.aborted || error instanceof Unreachable) return;
          if (!(error instanceof Problem)) throw error;
          this.note.textContent = error.message;
        }), 200);
      },
    });
    this.section.replaceChildren(
      element('h2', {}, 'Over time'), this.timeline.element, this.note);
  }

  async loadRange() {
    const [from, to] = this.timeline.isWhole ? [null, null]
      : this.timeline.range.map(time => rfc3339(this.origin + BigInt(Math.round(time))));
    this.setLanes(await this.series({ from, to }));
    this.timeline.draw();
  }

  series(range = {}) {
    const points = Math.min(Math.max(Math.round(this.timeline?.width ?? 600), 100), 1000);
    return Promise.all(this.points.map(({ name }) =>
      this.ask(`points/${encodeURIComponent(name)}/series`, { ...range, points })));
  }

  ask(path, parameters) {
    return ask(path, { run: this.run, ...parameters }, this.ended.signal);
  }

  time(text) { return Number(nanoseconds(text) - this.origin); }

  /** A lane for the losses of each point, one for its own drops where it has any. */
  setLanes(series) {
    this.lanesOf = new Map();
    const lanes = [];
    for (const [index, { name }] of this.points.entries()) {
      const { items, stepNanoseconds } = series[index];
      const placed = items.map(item => ({ ...item, start: this.time(item.start) }));
      const made = [new BarLane(`Lost at ${name}`, 'lost', { height: 44 })];
      if (this.points[index].capturedDrops > 0) {
        made.push(new BarLane(`Our own drops at ${name}`, 'drops', { height: 28 }));
      }
      for (const lane of made) lane.set(placed, stepNanoseconds ?? 1);
      this.lanesOf.set(name, made);
      lanes.push(...made);
    }
    // Its intervals of blindness stay with the lanes that are new.
    for (const interval of this.timeline.blind) {
      interval.lanes = this.lanesOf.get(interval.point) ?? interval.lanes;
    }
    this.timeline.lanes = lanes;
  }
}
