import { address, ask, Problem, Unreachable } from './api.js';
import { copyButton } from './copy.js';
import { element, track } from './dom.js';
import {
  agoFigure, clock, clockFigure, count, countFigure, counted, durationFigure, exact, nanoseconds,
  octetFigure, ratioFigure,
} from './format.js';
import { GapTable } from './gaps.js';
import { BarLane, GapLane, SpacingLane } from './lanes.js';
import { isReport } from './recorded.js';
import { associationLink, link } from './route.js';
import { Timeline } from './timeline.js';

/** Gaps of the picture: the largest, where there are more. */
const mostGaps = 1_000;

/** One association: what it is, what it lost, when and where among its numbers. */
export class AssociationView {
  /**
   * @param cameFromTable whether the page before is the table
   * @param isPart whether it is a part of another view: the pictures, and no more
   */
  constructor(place, path, { run }, { cameFromTable = false, isPart = false } = {}) {
    [this.id, this.run, this.isPart] = [path[1] ?? '', run ?? null, isPart];
    this.path = `associations/${encodeURIComponent(this.id)}`;
    this.ended = new AbortController();
    this.content = element('div', {}, element('p', {}, 'Asking …'));
    if (isPart) return place.replaceChildren(this.content);
    place.replaceChildren(
      element('p.back', {}, element('a', {
        href: link([], { run: this.run }),
        // Back to the same page of the table, if one came from there.
        onclick: event => {
          if (!cameFromTable) return;
          event.preventDefault();
          history.back();
        },
      }, '← All associations')), this.content);
  }

  accepts(path, { run }) { return path[1] === this.id && (run ?? null) === this.run; }

  update() {}

  remove() {
    this.ended.abort();
    this.timeline?.remove();
  }

  ask(path, parameters = {}, signal = this.ended.signal) {
    return ask(path, { run: this.run, ...parameters }, signal);
  }

  showProblem(problem) {
    this.content.replaceChildren(element('p.verdict.warning', {}, problem.message, ' ',
      element('a', { href: link([], { run: this.run }) }, 'See which there are.')));
  }

  /** A new state of the run. */
  async show(summary) {
    const isSame = this.shown?.run === summary.run && this.shown.packets === summary.packets;
    if (isSame || this.isAsking) return;
    [this.shown, this.isAsking] = [summary, true];
    try {
      await this.load();
    } catch (error) {
      if (this.ended.signal.aborted) return;
      if (error instanceof Problem) this.showProblem(error);
      // The next state comes by itself.
      else if (error instanceof Unreachable) this.shown = null;
      else throw error;
    } finally {
      this.isAsking = false;
    }
  }

  async load() {
    const [{ association }, epochs, skips, first, last, bursts, blind] = await Promise.all([
      this.ask(this.path), this.ask(`${this.path}/epochs`, { limit: 1000, total: true }),
      this.ask(`${this.path}/skips`, { limit: 1000 }),
      this.ask(`${this.path}/gaps`, { sort: 'beforeTime', limit: 1 }),
      this.ask(`${this.path}/gaps`, { sort: '-time', limit: 1 }),
      this.ask(`${this.path}/gaps`, { sort: '-missing', limit: 1, minMissing: 2, total: true }),
      this.shown.blind.intervals > 0 ? this.ask('blind', { limit: 1000 }) : { items: [] },
    ]);
    this.association = association;
    this.skips = skips.items;
    [this.epochs, this.epochCount] = [epochs.items, epochs.total];
    if (!this.timeline && association.firstTime) this.build();
    const gaps = { first: first.items[0], last: last.items[0], bursts };
    const epoch = association.epoch > 0 || this.epochsOfAN().length > 1
      ? element('span.aside', {}, ` epoch ${association.epoch}`) : null;
    const parts = this.isPart ? [
      element('h2', {}, element('a', { href: associationLink(this.id, this.run) }, association.name),
        epoch, element('span.aside', {}, ` at ${association.point}`)),
      this.verdict(gaps), this.chart, this.epochTable(),
    ] : [
      element('h1', {}, association.name, epoch),
      this.verdict(gaps), this.tiles(), this.chart, this.epochTable(), this.facts(),
      this.gapTable?.section,
    ];
    if (this.content.children.length <= 1) {
      this.content.replaceChildren(...parts.filter(Boolean));
    } else {
      // What one works with stays; what is only read is made anew.
      for (const part of parts) {
        const kind = ['verdict', 'tiles', 'epochs', 'facts']
          .find(name => part?.classList.contains(name));
        if (kind) this.content.querySelector(`.${kind}`)?.replaceWith(part);
      }
    }
    if (!this.timeline) return;
    this.timeline.setWhole(this.whole());
    this.blind = blind.items.filter(({ point }) => point === association.point);
    this.timeline.marks = this.epochs.slice(1).filter(row => row.firstTime).map(row => ({
      from: this.time(row.firstTime), to: this.time(row.firstTime),
      text: `${row.name} epoch ${row.epoch} begins`,
      name: `${row.an === undefined ? '' : `AN ${row.an} `}epoch ${row.epoch}`,
    })).sort((one, other) => one.from - other.from);
    await this.loadRange();
  }

  epochsOfAN() { return this.epochs.filter(row => row.an === this.association.an); }

  verdict({ first, last, bursts }) {
    const { lost, lostBlind, gaps, lastTime } = this.association;
    if (lost === 0) {
      return element('p.verdict.good', {}, 'No packet is missing. Last packet ',
        agoFigure(lastTime), '.');
    }
    const largest = bursts.items[0];
    const pattern = !largest ? 'Each gap is a single packet.'
      : bursts.total === gaps ? `No gap is a single packet, the largest is of ${count(largest.missing)}.`
      : `${count(gaps - bursts.total)} of ${count(gaps)} gaps are single packets, the largest is of `
        + `${count(largest.missing)}.`;
    const own = lostBlind > 0 ? ` ${count(lostBlind)} of them may be our own loss.` : '';
    return element('p.verdict.bad', {}, countFigure(lost),
      lost === 1 ? ' packet is missing, ' : ' packets are missing, ',
      ...(first ? ['since ', clockFigure(first.before.time), ' UTC, last ',
        agoFigure(last?.after.time), '. '] : ['']), `${pattern}${own}`);
  }

  tiles() {
    const row = this.association;
    const tile = (name, value, kind, ...notes) => element('section.tile',
      kind ? { 'data-kind': kind } : {}, element('h2', {}, name), element('p.value', {}, value),
      element('p.note', {}, notes));
    return element('div.tiles', {},
      tile('Loss', ratioFigure(row.lossRatio), row.lost > 0 ? 'bad' : 'good',
        countFigure(row.lost), ' lost of ', countFigure(row.expected), ' expected'),
      tile('Lost while blind', countFigure(row.lostBlind), row.lostBlind > 0 ? 'warning' : 'good',
        'may be our own loss'),
      tile('Gaps', countFigure(row.gaps), '', countFigure(row.skipped),
        ' numbers skipped by the sender'),
      tile('Reordered', countFigure(row.reordered), '', countFigure(row.duplicates),
        ' duplicates, ', countFigure(row.suspects), ' suspects'),
      tile('Packets', countFigure(row.packets), '', octetFigure(row.octets), '; last ',
        agoFigure(row.lastTime)));
  }

  // Times are nanoseconds after the first frame, numbers those above the lowest.

  time(text) { return this.timeline.time(text); }

  whole() {
    const end = Math.max(this.time(this.association.lastTime), 1_000);
    return [-end * 0.01, end * 1.01];
  }

  /** Without what was skipped below. */
  number(text) {
    const value = BigInt(text);
    let height = value - BigInt(this.association.lowestNumber ?? 0);
    for (const { firstSkipped, lastSkipped } of this.skips) {
      const [first, last] = [BigInt(firstSkipped), BigInt(lastSkipped)];
      if (value > last) height -= last - first + 1n;
    }
    return Number(height);
  }

  /** The reverse. */
  numberText(height) {
    let value = BigInt(Math.round(height)) + BigInt(this.association.lowestNumber ?? 0);
    for (const { firstSkipped, lastSkipped } of this.skips) {
      const [first, last] = [BigInt(firstSkipped), BigInt(lastSkipped)];
      if (value >= first) value += last - first + 1n;
    }
    return value.toLocaleString('en');
  }

  build() {
    this.bars = [
      new BarLane('Lost', 'lost'), new BarLane('Reordered', 'reordered', { height: 40 }),
      new BarLane('Duplicates', 'duplicates', { height: 40, rare: true }),
      new BarLane('Suspects', 'suspects', { height: 40, rare: true }),
      new BarLane('Packets', 'packets'), new SpacingLane({ height: 40 }),
    ];
    this.map = new GapLane();
    this.timeline = new Timeline(`${this.association.name} over time`,
      nanoseconds(this.association.firstTime), () => this.loadRange());
    this.chartNote = element('p.note');
    this.chart = element('section.panel.wide', { 'aria-label': this.timeline.label },
      this.isPart ? null : element('h2', {}, 'Over time'), this.timeline.element, this.chartNote,
      element('p.note.key', {}, element('span.swatch.missing'), ' missing ',
        element('span.swatch.blind'), ' the capture was blind ',
        element('span.swatch.mark'), ' an epoch begins. ', element('span.hint', {},
          'Drag to zoom, shift and drag to move, double-click for all.')));
    if (!this.isPart) this.gapTable = new GapTable(this);
  }

  /** What lies in the range that is shown. */
  async loadRange() {
    const { timeline } = this;
    this.asking?.abort();
    const asking = this.asking = new AbortController();
    const signal = AbortSignal.any([asking.signal, this.ended.signal]);
    const { from, to } = timeline.question;
    try {
      const [series, gaps] = await Promise.all([
        this.ask(`${this.path}/series`, { from, to }, signal),
        this.ask(`${this.path}/gaps`,
          { from, to, sort: '-missing', limit: mostGaps, total: true }, signal),
      ]);
      this.showSeries(series);
      this.showGaps(gaps);
      timeline.setBlind(this.blind);
      timeline.draw();
      this.gapTable?.setRange(from, to);
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }

  showSeries(series) {
    const items = series.items.map(item => ({ ...item, start: this.time(item.start) }));
    // Of a replay, states have the time of the machine and packets that of the capture.
    const isElsewhere = series.source === 'history' && series.items.length > 0
      && (this.time(series.to) < this.whole()[0] || this.time(series.from) > this.whole()[1]);
    this.timeline.lanes = series.source === null || isElsewhere ? [this.map]
      : [...this.bars.filter(lane => !lane.rare || this.association[lane.column] > 0), this.map];
    for (const lane of this.bars) lane.set(items, series.stepNanoseconds ?? 1);
    if (this.timeline.isWhole) this.timeline.axis.set(isElsewhere ? [] : [this.bars[0]]);
    this.chartNote.textContent = series.source === null
      ? 'This run has no intervals of time, only gaps: gapscope analyze --bucket 1s stores them.'
      : isElsewhere ? 'A replay: its counts over time have the time of the replay, which is not that '
        + 'of the packets, and are not shown beside them. GET …/series in the API has them.'
        : series.partial ? 'Packets are partly left out: of this range only the moments were kept '
          + 'in which something happened.' : '';
  }

  showGaps({ items, total, recorded }) {
    const gaps = items.filter(gap => gap.before.time && gap.after.time).map(gap => {
      const [before, after] = [this.time(gap.before.time), this.time(gap.after.time)];
      const text = gap.missing === 1 ? gap.firstMissing
        : `${gap.firstMissing} to ${gap.lastMissing} (${exact(gap.missing)})`;
      return {
        from: Math.min(before, after), to: Math.max(before, after), text,
        low: this.number(gap.firstMissing), high: this.number(gap.lastMissing),
      };
    });
    const { lowestNumber, highestNumber, firstTime, lastTime } = this.association;
    const known = gaps.map(gap => [gap.to, gap.high + 1]);
    for (const skip of this.skips) {
      if (!skip.before.time || !skip.after.time) continue;
      known.push([this.time(skip.before.time), this.number(skip.firstSkipped) - 1],
        [this.time(skip.after.time), this.number(BigInt(skip.lastSkipped) + 1n)]);
    }
    known.sort((one, other) => one[0] - other[0]);
    const line = lowestNumber === null ? [] : [
      [this.time(firstTime), this.number(lowestNumber)], ...known,
      [this.time(lastTime), this.number(highestNumber)],
    ];
    this.map.set({ gaps, line, total, recorded, number: height => this.numberText(height) });
  }

  epochTable() {
    if (this.epochs.length < 2) return null;
    const times = this.epochs.filter(row => row.firstTime);
    const begin = times.map(row => nanoseconds(row.firstTime)).reduce((a, b) => a < b ? a : b);
    const end = times.map(row => nanoseconds(row.lastTime)).reduce((a, b) => a > b ? a : b);
    const part = time => Number(nanoseconds(time) - begin) / (Number(end - begin) || 1) * 100;
    const name = 'Epochs of this channel: rekeys and restarts';
    return element('section.panel.wide.epochs', { 'aria-label': name },
      element(this.isPart ? 'h3' : 'h2', {}, name),
      this.epochs.length < this.epochCount
        ? element('p.note', {}, `The first ${exact(this.epochs.length)} of ${exact(this.epochCount)}.`)
        : null,
      element('div.scroll', { tabindex: 0, role: 'region', 'aria-label': 'Epochs' },
        element('table', {}, element('thead', {}, element('tr', {},
          ['Association', 'When'].map(name => element('th', { scope: 'col' }, name)),
          ['Began', 'Last packet', 'Packets', 'Lost', 'Loss'].map(name =>
            element('th.number', { scope: 'col' }, name)))),
        element('tbody', {}, this.epochs.map(row => {
          const isThis = row.id === this.id;
          const name = `${row.an === undefined ? row.name : `AN ${row.an}`} epoch ${row.epoch}`;
          return element('tr', { 'aria-current': isThis ? 'true' : null },
            element('th', { scope: 'row' }, isThis ? element('strong', {}, name)
              : element('a', { href: associationLink(row.id, this.run) }, name)),
            element('td.span', {}, row.firstTime ? track(part(row.firstTime), part(row.lastTime)) : ''),
            element('td.number', {}, clockFigure(row.firstTime)),
            element('td.number', {}, clockFigure(row.lastTime)),
            element('td.number', {}, countFigure(row.packets)),
            element('td.number', {}, countFigure(row.lost)),
            element(`td.number${row.lost > 0 ? '.bad' : ''}`, {}, ratioFigure(row.lossRatio)));
        })))));
  }

  facts() {
    const row = this.association, between = row.interArrivalNanoseconds;
    const own = row.protocol === 'macsec' ? [
      ['SCI', `${row.sci} (${row.sciSource})`], ['AN', row.an],
      ['VLANs', row.vlans.join(', ') || 'none'],
      ['Encrypted', row.encrypted ? 'yes' : 'no, integrity only'],
      ['Source addresses', row.sourceAddresses.join(', ')],
      ['Illegal SecTAGs', countFigure(row.badTags)],
    ] : [
      ['SPI', row.spi], ['Source', row.source], ['Destination', row.destination],
      ['Encapsulation', row.encapsulation === 'udp'
        ? `UDP, ports ${row.sourcePort} and ${row.destinationPort}` : 'none'],
    ];
    const facts = [
      ['Point', row.point], ['Protocol', row.protocol === 'macsec' ? 'MACsec' : row.protocol.toUpperCase()],
      ...own, ['Destination addresses', row.destinationAddresses.join(', ')],
      ['Epoch', row.epoch],
      ['Numbers', row.lowestNumber === null ? 'none that fits'
        : `${exact(BigInt(row.lowestNumber))} to ${exact(BigInt(row.highestNumber))}`],
      ['First packet', `${clock(row.firstTime)} UTC`], ['Last packet', `${clock(row.lastTime)} UTC`],
      ['Between packets', between ? element('span', {}, durationFigure(between.min), ' to ',
        durationFigure(between.max), ', mean ', durationFigure(between.mean)) : '–'],
      ...row.approximate.map(({ reason, gaps, skips, packets }) => ['Approximate',
        reason === 'maxGaps'
          ? `the places of ${counted(gaps, 'gap')} and ${counted(skips, 'skip')} were forgotten`
          : `${counted(packets, 'packet')} in doubt judged early`]),
      ['Wireshark', element('span', {}, element('code', {}, row.displayFilter), ' ',
        copyButton(row.displayFilter, 'the display filter'))],
      ...(isReport ? []
        : [['API', element('a', { href: address(this.path, { run: this.run }) }, 'this association')]]),
    ];
    return element('section.panel.wide.facts', { 'aria-label': 'What it is' },
      element('h2', {}, 'What it is'),
      element('dl', {}, facts.map(([name, value]) => element('div', {},
        element('dt', {}, name), element('dd', {}, value)))));
  }
}
