import { ask } from './api.js';
import { element } from './dom.js';
import { exact, nanoseconds } from './format.js';
import { BarLane } from './lanes.js';
import { Timeline } from './timeline.js';

/** Points that have a lane, those that lost most: more make a picture that nobody reads. */
const mostLanes = 8;

/** What was lost at each point over time, of a run that has a history: a live capture or a replay. */
export class RunChart {
  constructor() {
    this.ended = new AbortController();
    /** By what they are of. */
    this.lanes = new Map();
    this.note = element('p.note');
    this.section = element('section.panel.wide.run-chart', {
      'aria-label': 'Loss over time', hidden: true,
    });
  }

  remove() {
    this.ended.abort();
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
    if (!this.timeline) this.build(begin);
    const { timeline } = this;
    timeline.setWhole([begin, end].map(time => Number(time - timeline.origin)));
    this.setLanes(series);
    timeline.axis.set(timeline.lanes.filter(({ kind }) => kind === 'lost'));
    timeline.setBlind(blind.items, (interval, lane) => interval.point === lane.point);
    const isReplay = summary.lastTime && nanoseconds(summary.lastTime) < begin;
    this.note.replaceChildren(...[
      ...(blind.items.length > 0 ? [element('span.swatch.blind'), ' the capture was blind. '] : []),
      isReplay ? 'A replay: the time is that of the replay, not of its packets. ' : '',
      points.length > mostLanes
        ? `The ${mostLanes} points that lost most, of ${exact(points.length)}.` : '',
    ]);
    // The range that is shown, where it is not the whole.
    if (timeline.isWhole) timeline.draw();
    else await this.loadRange();
  }

  build(origin) {
    this.timeline = new Timeline('Loss over time at each point', origin, () => this.loadRange());
    this.section.replaceChildren(
      element('h2', {}, 'Over time'), this.timeline.element, this.note);
  }

  async loadRange() {
    this.setLanes(await this.series(this.timeline.question));
    this.timeline.draw();
  }

  series(question) {
    return Promise.all(this.points.map(({ name }) =>
      this.ask(`points/${encodeURIComponent(name)}/series`, question)));
  }

  ask(path, parameters) {
    return ask(path, { run: this.run, ...parameters }, this.ended.signal);
  }

  /** A lane for the losses of each point, one for its own drops where it has any. */
  setLanes(series) {
    this.timeline.lanes = this.points.flatMap((point, index) => {
      const { items, stepNanoseconds } = series[index];
      const placed = items.map(item => ({ ...item, start: this.timeline.time(item.start) }));
      const made = [this.lane(`Lost at ${point.name}`, 'lost', 44, point)];
      if (point.capturedDrops > 0) {
        made.push(this.lane(`Our own drops at ${point.name}`, 'drops', 28, point));
      }
      for (const lane of made) lane.set(placed, stepNanoseconds ?? 1);
      return made;
    });
  }

  lane(name, column, height, { name: point }) {
    if (!this.lanes.has(name)) this.lanes.set(name, new BarLane(name, column, { height, point }));
    return this.lanes.get(name);
  }
}
