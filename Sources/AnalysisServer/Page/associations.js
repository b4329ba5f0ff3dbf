import { ask, Problem, Unreachable } from './api.js';
import { announce, element } from './dom.js';
import { agoFigure, countFigure, exact, ratioFigure } from './format.js';
import { associationLink, currentRoute, go, link } from './route.js';
import { isReport } from './recorded.js';
import { parseSearch, searchHelp } from './search.js';

const pageLength = 50;

/** Columns: the heading, the API's name to sort by, and what stands in a cell. */
const columns = [
  ['Association', 'position', (row, run) => element('th', { scope: 'row' },
    element('a', { href: associationLink(row.id, run) }, row.name),
    row.epoch > 0 ? element('span.aside', {}, ` epoch ${row.epoch}`) : null)],
  ['Point', 'point', row => element('td', {}, row.point)],
  ['Loss', 'lossRatio', row => number(ratioFigure(row.lossRatio), row.lost > 0 ? '.bad' : '')],
  ['Lost', 'lost', row => number(countFigure(row.lost))],
  ['While blind', 'lostBlind', row => number(countFigure(row.lostBlind))],
  ['Gaps', 'gaps', row => number(countFigure(row.gaps))],
  ['Reordered', 'reordered', row => number(countFigure(row.reordered))],
  ['Duplicates', 'duplicates', row => number(countFigure(row.duplicates))],
  ['Suspects', 'suspects', row => number(countFigure(row.suspects))],
  ['Packets', 'packets', row => number(countFigure(row.packets))],
  ['Last packet', 'lastTime', row => number(agoFigure(row.lastTime))],
];

const number = (content, kind = '') => element(`td.number${kind}`, {}, content);

/** The cursors of the pages of a question, for who comes back from an association. */
let seen = { key: null, cursors: [null] };

/**
 * The table of associations. What is asked stands in the address; the server filters, sorts and
 * cuts, so that it makes no difference how many there are.
 */
export class AssociationTable {
  constructor(parameters) {
    this.ended = new AbortController();
    this.search = element('input', {
      type: 'search', id: 'search', placeholder: searchHelp, autocomplete: 'off', spellcheck: 'false',
      'aria-describedby': 'search-note', value: parameters.search,
      oninput: () => this.typed(),
    });
    this.note = element('p.note', { id: 'search-note', role: 'status' });
    this.point = this.choice('Point', 'point', ['']);
    this.protocol = this.choice('Protocol', 'protocol', ['', 'macsec', 'esp', 'ah']);
    this.losing = element('input', {
      type: 'checkbox', onchange: event => this.choose({ losing: event.target.checked ? 1 : '' }),
    });
    this.head = element('tr');
    this.body = element('tbody');
    this.range = element('span', { role: 'status' });
    this.rest = element('p.note', { hidden: true });
    this.previous = element('button', { onclick: () => this.turn(-1) }, '← Previous');
    this.next = element('button', { onclick: () => this.turn(1) }, 'Next →');
    this.section = element('section.panel.wide', { 'aria-labelledby': 'associations-heading' },
      element('h2', { id: 'associations-heading' }, 'Associations'),
      element('form.filters', {
        role: 'search', 'aria-label': 'Associations', onsubmit: event => event.preventDefault() },
        element('label.grow', { for: 'search' }, 'Search', this.search),
        element('label', {}, 'Point', this.point), element('label', {}, 'Protocol', this.protocol),
        element('label.check', {}, this.losing, 'with losses only'), this.note),
      element('div.scroll', { tabindex: 0, role: 'region', 'aria-label': 'Table of associations' },
        element('table.associations', {}, element('thead', {}, this.head), this.body)),
      element('nav.pages', { 'aria-label': 'Pages' }, this.previous, this.range, this.next),
      this.rest);
  }

  choice(name, parameter, values) {
    return element('select', {
      onchange: event => this.choose({ [parameter]: event.target.value }),
    }, values.map(value => option(value)));
  }

  setPoints(names) {
    const known = [...this.point.options].map(option => option.value).slice(1);
    if (known.join('\n') === names.join('\n')) return;
    this.point.replaceChildren(option(''), ...names.map(name => option(name)));
    this.point.value = this.parameters.point ?? '';
  }

  remove() { this.ended.abort(); }

  typed() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.choose({ search: this.search.value }, true), 250);
  }

  /** Another question begins at its first page. */
  choose(changes, replacing = false) {
    if (this.ended.signal.aborted) return;
    const parameters = { ...currentRoute().parameters, ...changes };
    delete parameters.page;
    delete parameters.cursor;
    go(link([], parameters), { replacing });
  }

  turn(by) {
    const page = this.page + by;
    go(link([], {
      ...currentRoute().parameters, page: page > 0 ? page + 1 : '', cursor: this.cursors[page] ?? '',
    }));
  }

  /** Shows what the address asks for. */
  update(parameters) {
    this.parameters = parameters;
    this.page = parameters.cursor ? Math.max(Number(parameters.page) - 1 || 1, 1) : 0;
    this.sort = parameters.sort ?? '-lost';
    if (document.activeElement !== this.search) this.search.value = parameters.search ?? '';
    const { parameters: searched, unknown } = parseSearch(parameters.search ?? '');
    this.note.textContent = unknown.length > 0
      ? `Not understood: ${unknown.join(' ')}. Try: ${searchHelp}.` : '';
    this.question = {
      run: parameters.run, point: parameters.point, protocol: parameters.protocol,
      minLost: parameters.losing ? 1 : null, ...searched, sort: this.sort,
    };
    const key = JSON.stringify(this.question);
    if (seen.key !== key) seen = { key, cursors: [null] };
    if (key !== this.key) [this.key, this.cursors, this.total] = [key, seen.cursors, null];
    if (parameters.cursor) this.cursors[this.page] = parameters.cursor;
    if (![...this.point.options].some(option => option.value === (parameters.point ?? ''))) {
      this.point.append(option(parameters.point));
    }
    this.point.value = parameters.point ?? '';
    this.protocol.value = parameters.protocol ?? '';
    this.losing.checked = Boolean(parameters.losing);
    this.showHead();
    this.load();
  }

  /** The same question again, since something happened. */
  refresh() {
    this.total = null;
    this.load();
  }

  async load() {
    this.asking?.abort();
    const asking = this.asking = new AbortController();
    const signal = AbortSignal.any([asking.signal, this.ended.signal]);
    this.section.setAttribute('aria-busy', 'true');
    try {
      const answer = await ask('associations', {
        ...this.question, limit: pageLength, cursor: this.cursors[this.page],
        total: this.total === null ? true : null,
      }, signal);
      this.total = answer.total ?? this.total;
      this.cursors[this.page + 1] = answer.next;
      this.showRows(answer.items);
      if (isReport) this.showRest(answer);
    } catch (error) {
      if (signal.aborted) return;
      if (error instanceof Problem && error.parameter === 'cursor') {
        // Its row is gone: begin again.
        this.choose({}, true);
      } else if (error instanceof Problem) {
        this.showNothing(error.message);
      } else if (!(error instanceof Unreachable)) {
        throw error;
      }
    }
    this.section.setAttribute('aria-busy', 'false');
  }

  showHead() {
    const isDescending = this.sort.startsWith('-');
    const sorted = isDescending ? this.sort.slice(1) : this.sort;
    const focused = this.head.contains(document.activeElement)
      ? document.activeElement.dataset.column : null;
    this.head.replaceChildren(...columns.map(([name, column], index) => {
      const isSorted = column === sorted;
      // What is largest first is most often looked for.
      const next = isSorted ? (isDescending ? column : `-${column}`)
        : index < 2 ? column : `-${column}`;
      return element(index < 2 ? 'th' : 'th.number', {
        scope: 'col', 'aria-sort': isSorted ? (isDescending ? 'descending' : 'ascending') : null,
      }, element('button', {
        'data-column': column, onclick: () => this.choose({ sort: next }),
        title: column === 'position' ? 'In the order of their first packets' : null,
      }, name, element('span.arrow', { 'aria-hidden': 'true' },
        isSorted ? (isDescending ? '▼' : '▲') : '')));
    }));
    if (focused) this.head.querySelector(`[data-column=${focused}]`)?.focus();
  }

  showRows(rows) {
    if (rows.length === 0) return this.showNothing(null);
    const focused = this.body.contains(document.activeElement)
      ? document.activeElement.getAttribute('href') : null;
    this.body.replaceChildren(...rows.map(row => element('tr', {},
      columns.map(([, , cell]) => cell(row, this.parameters.run ?? null)))));
    if (focused) this.body.querySelector(`a[href="${CSS.escape(focused)}"]`)?.focus();
    const first = this.page * pageLength + 1, last = first + rows.length - 1;
    this.range.textContent = `${exact(first)}–${exact(last)} of ${exact(this.total)}`;
    this.previous.disabled = this.page === 0;
    this.next.disabled = !this.cursors[this.page + 1];
  }

  /** What a report has only in sum. */
  showRest({ rest, recorded }) {
    this.rest.hidden = !recorded;
    if (!recorded) return;
    this.rest.replaceChildren(`This report has the ${exact(recorded)} associations that lost most. The `
      + `other ${exact(rest.associations)} lost `, countFigure(rest.lost), ' of ',
    countFigure(rest.packets), ' packets together.');
  }

  showNothing(problem) {
    const isFiltered = ['search', 'point', 'protocol', 'losing']
      .some(name => this.parameters[name]);
    const text = problem ?? (isFiltered ? 'No association is like that.' : 'There is none yet.');
    this.body.replaceChildren(element('tr', {}, element('td.empty', { colspan: columns.length },
      text, ' ', isFiltered
        ? element('a', { href: link([], { run: this.parameters.run }) }, 'Show all')
        : null)));
    this.range.textContent = '';
    this.previous.disabled = this.next.disabled = true;
    announce(text);
  }
}

function option(value) {
  return element('option', { value }, value === '' ? 'all' : value ?? '');
}
