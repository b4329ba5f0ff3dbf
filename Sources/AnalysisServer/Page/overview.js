import { ask, Problem, Unreachable } from './api.js';
import { AssociationTable } from './associations.js';
import { element, track } from './dom.js';
import {
  ago, agoFigure, count, countFigure, durationFigure, milliseconds, nanoseconds,
  octetFigure, ratioFigure, rfc3339,
} from './format.js';
import { associationLink } from './route.js';

/** A run at a glance: how much is lost, where most, what we missed ourselves; and the table. */
export class Overview {
  constructor(place, _, parameters) {
    this.place = place;
    this.parameters = parameters;
    this.heading = element('h1.unseen', {}, 'Overview');
    this.verdict = element('p.verdict', {}, 'Asking …');
    this.tiles = element('div.tiles');
    this.worst = element('section.panel', { 'aria-label': 'Worst associations' });
    this.latest = element('section.panel', { 'aria-label': 'Latest gaps' });
    this.points = element('section.panel.wide', { 'aria-label': 'Points of capture' });
    this.panels = element('div.panels', {}, this.worst, this.latest, this.points);
    this.table = new AssociationTable(parameters);
    place.replaceChildren(this.heading, this.verdict, this.tiles, this.panels, this.table.section);
    this.table.update(parameters);
  }

  accepts(path, { run }) { return path.length === 0 && run === this.parameters.run; }

  update(parameters) {
    this.parameters = parameters;
    this.table.update(parameters);
  }

  remove() { this.table.remove(); }

  /** Nothing can be shown: says why, and what to do. */
  showProblem(problem) {
    this.tiles.replaceChildren();
    this.panels.hidden = this.table.section.hidden = true;
    this.verdict.className = 'verdict warning';
    this.verdict.replaceChildren(
      element('strong', {}, problem.message), ' ',
      problem.status === 400 ? element('a', { href: '#/' }, 'Back to the latest run')
        : element('span', {}, 'Store something, and it shows here by itself: ',
          element('code', {}, 'gapscope capture -i eth0 --database live.db'), ' or ',
          element('code', {}, 'gapscope analyze link.pcap --database live.db'), '.'));
  }

  async show(summary) {
    const isNew = summary.run !== this.shown?.run || summary.packets !== this.shown.packets
      || summary.sums.lost !== this.shown.sums.lost;
    if (!isNew) return;
    const isFirst = !this.shown;
    this.shown = summary;
    this.panels.hidden = this.table.section.hidden = false;
    this.showWorst(summary);
    if (!isFirst) this.table.refresh();
    try {
      const run = summary.run;
      const [losers, gaps, points] = await Promise.all([
        ask('associations', { run, minLost: 1, limit: 1, total: true }),
        ask('gaps', { run, limit: 5 }),
        ask('points', { run, limit: 100 }),
      ]);
      const minute = await lastMinute(summary, points.items);
      if (this.shown !== summary) return;
      this.showVerdict(summary, losers.total);
      this.showTiles(summary, losers.total, points.items, minute);
      this.showLatest(gaps.items);
      this.showPoints(summary, points.items);
      this.table.setPoints(points.items.map(point => point.name));
    } catch (error) {
      // The next state comes by itself.
      if (!(error instanceof Problem || error instanceof Unreachable)) throw error;
    }
  }

  showVerdict({ sums, blind, lastTime }, losers) {
    const isOld = lastTime && Date.now() - milliseconds(lastTime) > 120_000;
    const parts = sums.associations === 0 ? ['No protected packets were seen: is this the right '
      + 'interface, and are the packets encrypted with MACsec or IPsec?']
      : sums.lost === 0 ? [`No packet is missing in ${count(sums.associations)} associations.`]
        : [`${count(losers)} of ${count(sums.associations)} associations lost packets.`];
    if (blind.intervals > 0) {
      parts.push(`The capture itself was blind in ${count(blind.intervals)} intervals.`);
    }
    if (isOld) parts.push(`The last packet came ${ago(lastTime)}.`);
    const kind = sums.lost > 0 ? 'bad'
      : blind.intervals > 0 || sums.associations === 0 ? 'warning' : 'good';
    this.verdict.className = `verdict ${kind}`;
    this.verdict.textContent = parts.join(' ');
  }

  showTiles(summary, losers, points, minute) {
    const { sums, blind } = summary;
    const drops = points.reduce((sum, point) => sum + (point.capturedDrops ?? 0), 0)
      || blind.drops;
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
      tile('Our own drops', countFigure(drops), drops > 0 || blind.intervals > 0 ? 'warning' : 'good',
        countFigure(blind.intervals), ' blind intervals; ', countFigure(sums.lostBlind),
        ' of the lost may be ours'),
      tile('Out of order', countFigure(sums.reordered), '', countFigure(sums.duplicates),
        ' duplicates, ', countFigure(sums.suspects), ' suspects, ', countFigure(sums.skipped),
        ' skipped'),
      tile('Packets', countFigure(summary.packets), '', octetFigure(summary.octets), ' in ',
        durationFigure(seconds), '; last ', agoFigure(summary.lastTime)));
  }

  showWorst({ worst, shares }) {
    const isPointed = new Set(shares.map(share => share.point)).size > 1;
    this.worst.replaceChildren(element('h2', {}, 'Worst associations'), worst.length === 0
      ? element('p.empty', {}, 'None lost a packet.')
      : element('ol.bars', {}, worst.map(row => element('li', {},
        element('a', { href: associationLink(row.id, this.parameters.run ?? null) }, row.name),
        element('span.aside', {}, isPointed ? `${row.point}: ` : '', countFigure(row.lost),
          ' lost, ', ratioFigure(row.lossRatio)),
        track(0, row.lost / worst[0].lost * 100)))));
  }

  showLatest(gaps) {
    this.latest.replaceChildren(element('h2', {}, 'Latest gaps'), gaps.length === 0
      ? element('p.empty', {}, 'There are none.')
      : element('ol.plain', {}, gaps.map(gap => element('li', {},
        element('a', {
          href: associationLink(gap.association, this.parameters.run ?? null),
        }, gap.name),
        element('span.aside', {}, countFigure(gap.missing), ' missing, ',
          agoFigure(gap.after.time))))));
  }

  showPoints({ shares }, points) {
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
        cell(countFigure(point.packets)), cell(agoFigure(point.lastTime)));
    };
    const names = ['Point', 'Protocols', 'Associations', 'Loss', 'Lost', 'Own drops',
      'Blind intervals', 'Packets', 'Last packet'];
    this.points.replaceChildren(element('h2', {}, 'Points of capture'),
      element('div.scroll', { tabindex: 0, role: 'region', 'aria-label': 'Points of capture' },
        element('table', {}, element('thead', {}, element('tr', {}, names.map((name, index) =>
          element(index < 2 ? 'th' : 'th.number', { scope: 'col' }, name)))),
        element('tbody', {}, points.map(row)))));
  }
}

const cell = content => element('td.number', {}, content);
const unknown = () => element('span.figure', { title: 'The capture does not say.' }, '–');

function tile(name, value, kind, ...notes) {
  return element('section.tile', kind ? { 'data-kind': kind } : {},
    element('h2', {}, name), element('p.value', {}, value), element('p.note', {}, notes));
}

/**
 * What was lost in the minute before the last packet, of a run that goes on; null where it does not,
 * or no history tells.
 */
async function lastMinute(summary, points) {
  if (!summary.lastTime || Date.now() - milliseconds(summary.lastTime) > 120_000) return null;
  const from = rfc3339(nanoseconds(summary.lastTime) - 60_000_000_000n);
  let lost = 0, packets = 0, isKnown = false;
  for (const point of points.slice(0, 8)) {
    const series = await ask(
      `points/${encodeURIComponent(point.name)}/series`, { run: summary.run, from });
    isKnown ||= series.source === 'history';
    for (const item of series.items) [lost, packets] = [lost + item.lost, packets + item.packets];
  }
  // A loss that is taken back makes it negative.
  lost = Math.max(lost, 0);
  return isKnown ? { lost, ratio: packets + lost > 0 ? lost / (packets + lost) : null } : null;
}
