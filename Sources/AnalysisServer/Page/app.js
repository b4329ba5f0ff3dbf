import { ask, Problem, Unreachable } from './api.js';
import { AssociationView } from './association.js';
import { element } from './dom.js';
import { clock, ratio, refreshAges } from './format.js';
import { follow } from './live.js';
import { Overview } from './overview.js';
import { isReport } from './recorded.js';
import { currentRoute, go, link } from './route.js';

// The frame of the page: which view is shown, which run it is about, and whether news come.

const content = document.getElementById('content');
const connection = document.getElementById('connection');
let view = null, followed, unfollow = () => {}, lastState = null, lostSince = null;

function show() {
  const { path, parameters } = currentRoute();
  const run = parameters.run ?? null;
  const wanted = path[0] === 'association' ? AssociationView : Overview;
  if (view instanceof wanted && view.accepts(path, parameters)) {
    view.update(parameters);
  } else {
    view?.remove();
    view = new wanted(content, path, parameters, { cameFromTable: view instanceof Overview });
    // Who came by keyboard goes on from here; who just opened the page begins at its top.
    if (lastState) content.focus({ preventScroll: true });
    window.scrollTo(0, 0);
  }
  if (run !== followed) {
    unfollow();
    followed = run;
    lastState = null;
    unfollow = follow(run, { onState, onProblem });
  } else if (lastState) {
    view.show(lastState);
  }
}

function onState(summary) {
  const isOther = lostSince || lastState?.run !== summary.run;
  if (isOther && !isReport) listRuns(summary.run);
  lastState = summary;
  lostSince = null;
  document.body.classList.remove('lost');
  mark(isReport ? '' : 'good', isReport ? `Report of ${clock(summary.storedAt)} UTC` : 'Connected');
  document.title = summary.sums.lost > 0
    ? `${ratio(summary.sums.lossRatio)} lost – Gapscope` : 'Gapscope';
  view.show(summary);
}

function onProblem(error) {
  if (error instanceof Unreachable) {
    lostSince ??= new Date();
    document.body.classList.add('lost');
    mark('bad', `Connection lost since ${lostSince.toTimeString().slice(0, 8)}: `
      + 'is gapscope serve still running? What you see is the state before.');
  } else if (error instanceof Problem) {
    mark('warning', error.status === 503 ? 'Waiting for the database' : 'Nothing to show yet');
    if (!lastState) view.showProblem(error);
  } else {
    throw error;
  }
}

function mark(kind, text) {
  if (connection.textContent === text) return;
  connection.className = kind;
  connection.textContent = text;
}

/** A choice, where there is one. */
async function listRuns(current) {
  const place = document.getElementById('run');
  try {
    const { items } = await ask('runs', { limit: 100 });
    if (items.length < 2) return place.replaceChildren();
    const chosen = currentRoute().parameters.run ?? '';
    const choice = element('select', {
      'aria-label': 'Run',
      onchange: event => go(link([], { run: event.target.value })),
    }, element('option', { value: '', selected: chosen === '' }, 'Latest run'),
    items.map(run => element(
      'option', { value: run.run, selected: chosen === String(run.run) },
      `Run ${run.run}, ${clock(run.storedAt)}`)));
    place.replaceChildren(choice);
  } catch (error) {
    if (!(error instanceof Problem || error instanceof Unreachable)) throw error;
    place.replaceChildren(`Run ${current}`);
  }
}

document.addEventListener('keydown', event => {
  const isTyping = event.target.closest('input, select, textarea');
  if (event.key !== '/' || isTyping || event.ctrlKey || event.metaKey || event.altKey) return;
  const field = document.querySelector('input[type=search]');
  if (!field) return;
  event.preventDefault();
  field.focus();
});

document.body.classList.toggle('report', isReport);
setInterval(refreshAges, 1_000);
window.addEventListener('hashchange', show);
show();
