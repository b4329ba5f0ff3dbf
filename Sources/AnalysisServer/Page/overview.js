import { ask, Problem, Unreachable } from './api.js';
import { AssociationView } from './association.js';
import { AssociationTable } from './associations.js';
import { element, track } from './dom.js';
import {
  ago, agoFigure, count, counted, countFigure, durationFigure, exact, milliseconds, nanoseconds,
  octetFigure, ratioFigure, rfc3339,
} from './format.js';
import { isReport } from './recorded.js';
import { associationLink } from './route.js';
import { RunChart } from './runchart.js';
import { blindText } from './timeline.js';

/** A run at a glance: how much is lost, where most, what we missed ourselves; and the table. */
export class Overview {
  constructor(place, _, parameters) {
    this.place = place;
    this.parameters = parameters;
    this.heading = element('h1.unseen', {}, 'Overview');
    this.verdict = element('p.verdict', {}, 'Asking …');
    this.notes = element('ul.notes', { 'aria-label': 'Notes on the report', hidden: true });
    this.tiles = element('div.tiles');
    this.worst = element('section.panel', { 'aria-label': 'Worst associations' });
    this.latest = element('section.panel', { 'aria-label': 'Latest gaps' });
    this.points = element('section.panel.wide', { 'aria-label': 'Points of capture' });
    this.chart = new RunChart();
    this.panels = element('div.panels', {},
      this.worst, this.latest, this.points, this.chart.section);
    this.table = new AssociationTable(parameters);
    this.pictures = element('div');
    this.parts = [];
    place.replaceChildren(
      this.heading, this.verdict, this.notes, this.tiles, this.panels, this.pictures, this.table.section);
    this.table.update(parameters);
  }

  accepts(path, { run }) { return path.length === 0 && run === this.parameters.run; }

  update(parameters) {
    this.parameters = parameters;
    this.table.update(parameters);
  }

  remove() {
    this.table.remove();
    this.chart.remove();
    for (const part of this.parts) part.remove();
  }

  /** Nothing can be shown: says why, and what to do. */
  showProblem(problem) {
    this.tiles.replaceChildren();
    this.notes.hidden = true;
    this.panels.hidden = this.table.section.hidden = true;
    this.verdict.className = 'verdict warning';
    this.verdict.replaceChildren(
      element('strong', {}, problem.message), ' ',
      problem.status === 400 ? element('a', { href: '#/' }, 'Back to the latest run')
        : element('span', {}, 'Store something, and it shows here by itself: ',
          element('code', {}, 'gapscope capture -i eth0 --database live.db'), ' or ',
          element('code', {}, 'gapscope analyze link.pcap --database live.db'), '.'));
  }

  /** A new state of the run. */
  async show(state) {
    const news = [state.run, state.packets, state.sums.lost, state.progress?.state,
      isRunning(state)].join();
    // What comes meanwhile is in the next.
    if (news === this.news || this.isAsking) return;
    const isFirst = !this.news;
    [this.news, this.isAsking] = [news, true];
    this.panels.hidden = this.table.section.hidden = false;
    if (!isFirst) this.table.refresh();
    try {
      const run = state.run;
      const [summary, losers, gaps, points, events, blind] = await Promise.all([
        ask('summary', { run, worst: 5 }),
        ask('associations', { run, minLost: 1, limit: 1, total: true }),
        ask('gaps', { run, limit: 5 }),
        ask('points', { run, limit: 100 }), ask('events', { run, limit: 3 }),
        state.blind.intervals > 0 ? ask('blind', { run, limit: 3 }) : { items: [] },
      ]);
      const recent = await recentSeries(summary, points.items);
      this.showWorst(summary);
      this.showVerdict(summary, losers.total);
      this.showTiles(summary, losers.total, points.items, recent && lastMinute(recent));
      this.showLatest(gaps.items, events.items, blind.items);
      this.showPoints(summary, points.items, recent);
      this.table.setPoints(points.items.map(point => point.name));
      await this.chart.show(summary, byLoss(points.items, summary));
      if (isReport) this.showPictures(summary);
    } catch (error) {
      if (this.chart.ended.signal.aborted) return;
      // The next state comes by itself.
      this.news = null;
      if (!(error instanceof Problem || error instanceof Unreachable)) throw error;
    } finally {
      this.isAsking = false;
    }
  }

  showVerdict({ sums, blind, lastTime, progress, damagedCaptures, approximate, notes }, losers) {
    const parts = sums.associations === 0 ? ['No protected packets were seen: is this the right '
      + 'interface, and are the packets encrypted with MACsec or IPsec?']
      : sums.lost === 0 ? [`No packet is missing in ${count(sums.associations)} associations.`]
        : [`${count(losers)} of ${count(sums.associations)} associations lost packets.`];
    if (blind.intervals > 0) {
      parts.push(`The capture itself was blind in ${counted(blind.intervals, 'interval')}.`);
    }
    if (damagedCaptures > 0) {
      parts.push(`${counted(damagedCaptures, 'capture')} could not be read to the end.`);
    }
    if (approximate.length > 0) {
      parts.push('Approximate: a limit was reached, and the notes say what was given up.');
    }
    const state = progress?.state;
    if (state === 'interrupted') {
      parts.push(`The capture was interrupted ${ago(progress.storedUntil)}: start it again.`);
    } else if (lastTime && !isRunning({ progress })) {
      parts.push(`The last packet came ${ago(lastTime)}.`);
    }
    if (progress?.failedStates > 0) {
      parts.push(`${count(progress.failedStates)} states could not be stored: is the disk full?`);
    }
    const kind = sums.lost > 0 ? 'bad' : blind.intervals > 0 || sums.associations === 0
      || state === 'interrupted' || progress?.failedStates > 0
      || damagedCaptures > 0 || approximate.length > 0 ? 'warning' : 'good';
    this.verdict.className = `verdict ${kind}`;
    this.verdict.textContent = parts.join(' ');
    this.notes.hidden = notes.length === 0;
    this.notes.replaceChildren(...notes.map(note => element('li', {}, note)));
  }

  showTiles(summary, losers, points, minute) {
    const { sums, blind } = summary;
    const drops = points.reduce((sum, point) => sum + (point.capturedDrops ?? 0), 0)
      || blind.drops;
    const isTold = blind.intervals > 0 || points.some(point => point.capturedDrops !== null);
    const seconds = summary.firstTime
      ? Number(nanoseconds(summary.lastTime) - nanoseconds(summary.firstTime)) : 0;
    this.tiles.replaceChildren(
      minute
        ? tile('Loss now', ratioFigure(minute.ratio), minute.lost > 0 ? 'bad' : 'good',
          countFigure(minute.lost), ' lost in the last minute; ', ratioFigure(sums.lossRatio),
          ' of the whole run')
        : tile('Loss', ratioFigure(sums.lossRatio), sums.lost > 0 ? 'bad' : 'good',
          countFigure(sums.lost), ' lost of ', countFigure(sums.expected), ' expected'),
      tile('Losing associations', countFigure(losers), losers > 0 ? 'bad' : 'good',
        'of ', countFigure(sums.associations), '; ', countFigure(sums.gaps), ' gaps'),
      tile('Our own drops', isTold ? countFigure(drops) : unknown(),
        !isTold ? '' : drops > 0 || blind.intervals > 0 ? 'warning' : 'good',
        countFigure(blind.intervals),
        blind.intervals === 1 ? ' blind interval; ' : ' blind intervals; ', countFigure(sums.lostBlind),
        ' of the lost may be ours'),
      tile('Out of order', countFigure(sums.reordered), '', countFigure(sums.duplicates),
        ' duplicates, ', countFigure(sums.suspects), ' suspects, ', countFigure(sums.skipped),
        ' skipped'),
      tile('Packets', countFigure(summary.packets), '', octetFigure(summary.octets), ' in ',
        durationFigure(seconds), '; last ', agoFigure(summary.lastTime)));
  }

  showWorst({ worst, shares }) {
    const isPointed = new Set(shares.map(share => share.point)).size > 1;
    const isTwice = row => worst.some(other =>
      other !== row && other.name === row.name && other.point === row.point);
    const epoch = row => row.epoch > 0 || isTwice(row)
      ? element('span.aside', {}, ` epoch ${row.epoch}`) : null;
    this.worst.replaceChildren(element('h2', {}, 'Worst associations'), worst.length === 0
      ? element('p.empty', {}, 'None lost a packet.')
      : element('ol.bars', {}, worst.map(row => element('li', {},
        element('a', { href: associationLink(row.id, this.parameters.run ?? null) }, row.name,
          epoch(row)),
        element('span.aside', {}, isPointed ? `${row.point}: ` : '', countFigure(row.lost),
          ' lost, ', ratioFigure(row.lossRatio)),
        track(0, row.lost / worst[0].lost * 100)))));
  }

  showLatest(gaps, events, blind) {
    const gap = ({ association, name, missing, after }) => element('li', {},
      element('a', { href: associationLink(association, this.parameters.run ?? null) }, name),
      element('span.aside', {}, countFigure(missing), ' missing, ', agoFigure(after.time)));
    const event = ({ kind, detail, time }) => element('li', {},
      element('span', {}, `${kind}: ${detail ?? ''}`),
      element('span.aside', {}, agoFigure(time)));
    this.latest.replaceChildren(element('h2', {}, 'Latest gaps'), gaps.length === 0
      ? element('p.empty', {}, 'There are none.') : element('ol.plain', {}, gaps.map(gap)));
    if (blind.length > 0) {
      this.latest.append(element('h2', {}, 'When the capture was blind'),
        element('ol.plain.unseen-times', {}, blind.map(interval => element('li', {},
          element('span', {}, `${interval.point}: ${blindText(interval)}`),
          element('span.aside', {}, agoFigure(interval.end ?? interval.start))))));
    }
    if (events.length > 0) {
      this.latest.append(element('h2', {}, 'Latest events of the capture'),
        element('ol.plain', {}, events.map(event)));
    }
  }

  /** Whoever prints a report, or only scrolls, sees the worst associations too. */
  showPictures(summary) {
    this.parts = summary.worst.filter(({ id }) => associationLink(id)).map(({ id }) => {
      const place = element('section.panel.picture', { 'aria-label': 'One of the worst associations' });
      this.pictures.append(place);
      return new AssociationView(place, ['association', id], this.parameters, { isPart: true });
    });
    for (const part of this.parts) part.show(summary);
  }

  showPoints({ shares }, points, recent) {
    const row = point => {
      const own = shares.filter(share => share.point === point.name);
      const lost = own.reduce((sum, share) => sum + share.lost, 0);
      const expected = own.reduce((sum, share) => sum + share.expected, 0);
      return element('tr', {},
        element('th', { scope: 'row' }, point.name),
        element('td', {}, own.map(share => share.protocol).join(', ') || '–'),
        cell(countFigure(own.reduce((sum, share) => sum + share.associations, 0))),
        cell(ratioFigure(expected > 0 ? lost / expected : null)),
        cell(countFigure(lost)),
        cell(point.capturedDrops === null ? unknown() : countFigure(point.capturedDrops)),
        cell(countFigure(point.blindIntervals)),
        cell(countFigure(point.packets)), cell(agoFigure(point.lastTime)),
        recent ? element('td', {}, sparkline(recent.get(point.name) ?? [])) : null);
    };
    const names = ['Point', 'Protocols', 'Associations', 'Loss', 'Lost', 'Own drops',
      'Blind intervals', 'Packets', 'Last packet', ...(recent ? ['Lost in the last 10 min'] : [])];
    this.points.replaceChildren(element('h2', {}, 'Points of capture'),
      element('div.scroll', { tabindex: 0, role: 'region', 'aria-label': 'Points of capture' },
        element('table', {}, element('thead', {}, element('tr', {}, names.map((name, index) =>
          element(index < 2 || index > 8 ? 'th' : 'th.number', { scope: 'col' }, name)))),
        element('tbody', {}, points.map(row)))));
  }
}

/** Those that lost most first. */
function byLoss(points, { shares }) {
  const lost = ({ name }) => shares.filter(share => share.point === name)
    .reduce((sum, share) => sum + share.lost, 0);
  return points.map(point => [lost(point), point]).sort(([one], [other]) => other - one)
    .map(([, point]) => point);
}

const cell = content => element('td.number', {}, content);
const unknown = () => element('span.figure', { title: 'The capture does not say.' }, '–');

function tile(name, value, kind, ...notes) {
  return element('section.tile', kind ? { 'data-kind': kind } : {},
    element('h2', {}, name), element('p.value', {}, value), element('p.note', {}, notes));
}

/** Whether a process stores states now; a replay does too, and its packets are of another time. */
const isRunning = ({ progress }) => !isReport && progress?.state === 'running'
  && Date.now() - milliseconds(progress.storedUntil) < 120_000;

const recentSeconds = 600;

/**
 * What happened at each point in the ten minutes before the last state of a run that goes on, second
 * by second; null where none does, or no history tells.
 */
async function recentSeries(summary, points) {
  if (!isRunning(summary)) return null;
  const from = rfc3339(nanoseconds(summary.progress.storedUntil) - BigInt(recentSeconds) * 1_000_000_000n);
  const answers = await Promise.all(points.slice(0, 16).map(point => ask(
    `points/${encodeURIComponent(point.name)}/series`, { run: summary.run, from, step: '1s' })));
  if (!answers.some(({ source }) => source === 'history')) return null;
  const end = milliseconds(summary.progress.storedUntil);
  return new Map(answers.map(({ items }, index) => [points[index].name, items.map(item => ({
    lost: item.lost, packets: item.packets, age: (end - milliseconds(item.start)) / 1000,
  }))]));
}

/** The last of these minutes, of all points. */
function lastMinute(recent) {
  const items = [...recent.values()].flat().filter(({ age }) => age < 60);
  const sum = name => items.reduce((sum, item) => sum + item[name], 0);
  // A loss that is taken back makes it negative.
  const lost = Math.max(sum('lost'), 0), packets = sum('packets');
  return { lost, ratio: packets + lost > 0 ? lost / (packets + lost) : null };
}

/** When something was lost, at a glance: a bar for each ten seconds. */
function sparkline(items) {
  const bars = new Array(recentSeconds / 10).fill(0);
  for (const { age, lost } of items) {
    const place = bars.length - 1 - Math.floor(Math.max(age, 0) / 10);
    if (place >= 0) bars[place] += lost;
  }
  const most = Math.max(...bars, 1), sum = bars.reduce((sum, lost) => sum + lost, 0);
  const text = `${exact(sum)} lost in ten minutes, at most ${exact(Math.max(...bars))} in 10 s`;
  return element('div.sparkline', { role: 'img', 'aria-label': text, title: text }, bars.map(lost => {
    const bar = element('span');
    bar.style.height = lost > 0 ? `max(${lost / most * 100}%, 2px)` : 0;
    return bar;
  }));
}
