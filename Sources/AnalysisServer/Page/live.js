import { ask, Problem } from './api.js';
import { isReport } from './recorded.js';

const intervalMilliseconds = 3_000;

/**
 * Follows the state of a run, and says so: the one place that knows how news come.
 *
 * `onState(summary)` for each state, `onProblem(error)` where there is none; what comes after may be
 * a state again. Nothing is asked while nobody looks at the page. Gives a function that ends it.
 */
export function follow(run, { onState, onProblem }) {
  const ended = new AbortController();
  let timer = null;

  async function look() {
    clearTimeout(timer);
    if (!document.hidden) {
      try {
        onState(await ask('summary', { run, worst: 5 }, ended.signal));
      } catch (error) {
        if (ended.signal.aborted) return;
        onProblem(error);
        // A run that is not there does not come by waiting, but the latest may.
        if (run && error instanceof Problem && error.status === 404) return;
      }
    }
    if (!ended.signal.aborted && !isReport) timer = setTimeout(look, intervalMilliseconds);
  }

  const seen = () => { if (!document.hidden) look(); };
  document.addEventListener('visibilitychange', seen, { signal: ended.signal });
  look();
  return () => { ended.abort(); clearTimeout(timer); };
}
