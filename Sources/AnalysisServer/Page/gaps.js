import { address, Problem, Unreachable } from './api.js';
import { copyButton } from './copy.js';
import { element } from './dom.js';
import { isReport } from './recorded.js';
import { clock, countFigure, duration, exact, nanoseconds } from './format.js';

const pageLength = 50;

const columns = [
  ['Numbers', 'firstMissing'], ['Missing', 'missing'], ['Packet below came', 'beforeTime'],
  ['Packet above came', 'time'], ['Frames', null], ['Wireshark display filter', null],
  ...(isReport ? [] : [['API', null]]),
];

/** The gaps of an association in the range of time that its picture shows. */
export class GapTable {
  /** @param owner asks the API: its `path`, `run` and `ask`. */
  constructor(owner) {
    Object.assign(this, { owner, sort: 'firstMissing', cursors: [null], page: 0, range: [] });
    this.head = element('tr');
    this.body = element('tbody');
    this.status = element('span', { role: 'status' });
    this.previous = element('button', { type: 'button', onclick: () => this.turn(-1) }, '← Previous');
    this.next = element('button', { type: 'button', onclick: () => this.turn(1) }, 'Next →');
    this.all = element('a', {}, 'in the API');
    this.section = element('section.panel.wide', { 'aria-label': 'Gaps' },
      element('h2', {}, 'Gaps in the time shown above'),
      element('div.scroll', { tabindex: 0, role: 'region', 'aria-label': 'Gaps' },
        element('table.gaps', {}, element('thead', {}, this.head), this.body)),
      element('nav.pages', { 'aria-label': 'Pages of gaps' },
        this.previous, this.status, this.next, isReport ? null : this.all));
  }

  /** The same range again: something may have come, but who works with a row keeps it. */
  setRange(from, to) {
    if (this.total !== undefined && from === this.range[0] && to === this.range[1]) {
      this.total = null;
      if (!this.body.contains(document.activeElement)) this.load();
      return;
    }
    this.range = [from, to];
    this.restart();
  }

  restart() {
    [this.cursors, this.page, this.total] = [[null], 0, null];
    this.load();
  }

  turn(by) {
    this.page += by;
    this.load();
  }

  async load() {
    const [from, to] = this.range, { path, run } = this.owner;
    const question = { from, to, sort: this.sort };
    this.all.href = address(`${path}/gaps`, { run, ...question });
    this.showHead();
    try {
      const asked = this.asked = {};
      const answer = await this.owner.ask(`${path}/gaps`, {
        ...question, limit: pageLength, cursor: this.cursors[this.page],
        total: this.total === null ? true : null,
      });
      if (this.asked !== asked) return;
      this.total = answer.total ?? this.total;
      this.cursors[this.page + 1] = answer.next;
      this.show(answer.items, answer.recorded);
    } catch (error) {
      if (this.owner.ended.signal.aborted || error instanceof Unreachable) return;
      if (!(error instanceof Problem)) throw error;
      if (error.parameter === 'cursor') this.restart();
      else this.showText(error.message);
    }
  }

  showHead() {
    const isDescending = this.sort.startsWith('-');
    const sorted = isDescending ? this.sort.slice(1) : this.sort;
    const focused = this.head.contains(document.activeElement)
      ? document.activeElement.dataset.column : null;
    this.head.replaceChildren(...columns.map(([name, column]) => {
      const kind = column ? 'th.number' : 'th';
      if (!column) return element(kind, { scope: 'col' }, name);
      const isSorted = column === sorted;
      return element(kind, {
        scope: 'col', 'aria-sort': isSorted ? (isDescending ? 'descending' : 'ascending') : null,
      }, element('button', {
        type: 'button', 'data-column': column, onclick: () => {
          this.sort = isSorted && !isDescending || !isSorted && column === 'missing'
            ? `-${column}` : column;
          this.restart();
        },
      }, name, element('span.arrow', { 'aria-hidden': 'true' },
        isSorted ? (isDescending ? '▼' : '▲') : '')));
    }));
    if (focused) this.head.querySelector(`[data-column=${focused}]`)?.focus();
  }

  show(gaps, recorded) {
    if (gaps.length === 0) return this.showText('None.');
    this.body.replaceChildren(...gaps.map(gap => this.row(gap)));
    const first = this.page * pageLength + 1;
    this.status.textContent =
      `${exact(first)}–${exact(first + gaps.length - 1)} of ${exact(this.total)}`
      + (recorded ? `; this report has the ${exact(recorded)} largest` : '');
    this.previous.disabled = this.page === 0;
    this.next.disabled = !this.cursors[this.page + 1];
  }

  showText(text) {
    this.body.replaceChildren(
      element('tr', {}, element('td.empty', { colspan: columns.length }, text)));
    this.status.textContent = '';
    this.previous.disabled = this.next.disabled = true;
  }

  row(gap) {
    const number = content => element('td.number', {}, content);
    const { before, after, firstMissing, lastMissing } = gap;
    const time = frame => element('span.figure', { title: frame.time }, frame.time
      ? `${clock(frame.time)}${frame.time.slice(19, 23)}` : '–');
    const name = `the display filter of ${firstMissing}`;
    const frames = before.file === after.file ? `${before.frame}–${after.frame}`
      : `${before.frame}; ${after.frame}`;
    const numbers = [...new Set([firstMissing, lastMissing])]
      .map(number => exact(BigInt(number))).join('–');
    return element('tr', {},
      number(numbers), number(countFigure(gap.missing)), number(time(before)),
      number(before.time && after.time ? later(before.time, after.time) : time(after)),
      element('td', { title: [...new Set([before.file, after.file])].join(', ') }, frames),
      element('td', {}, gap.displayFilters.map(({ file, filter }) => element('span.filter', {},
        copyButton(filter, name), element('code', { title: `${filter}\n${file}` }, filter)))),
      isReport ? null : element('td', {}, element('a', {
        href: address(`${this.owner.path}/gaps`,
          { run: this.owner.run, from: before.time, to: after.time }),
        'aria-label': `The gap of ${gap.firstMissing} in the API`,
      }, 'JSON')));
  }
}

/** How much later than another; before it, where packets were reordered. */
function later(before, after) {
  const difference = Number(nanoseconds(after) - nanoseconds(before));
  return element('span.figure', { title: after },
    `${duration(Math.abs(difference))} ${difference < 0 ? 'sooner' : 'later'}`);
}
