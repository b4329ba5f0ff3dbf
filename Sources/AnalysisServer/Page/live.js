import { address, ask, Problem, Unreachable } from './api.js';
import { isReport } from './recorded.js';

// The one place that knows how news come: those of the latest run by the event stream; those of
// another run, or where no stream comes, by asking again and again.

/** States come each second; what they lead to is asked less often. */
const leastMilliseconds = 2_900;
const silenceMilliseconds = 10_000;
const askAgainMilliseconds = 5_000;

/**
 * Follows the state of a run: `onState(state)` for each, `onProblem(error)` where there is none;
 * what comes after may be a state again. Gives a function that ends it.
 */
export function follow(run, listener) {
  const ended = new AbortController();
  if (isReport || run) askAgain(run, listener, ended.signal);
  else listen(listener, ended.signal);
  return () => ended.abort();
}

function listen(listener, signal) {
  const { onState, onProblem } = listener;
  let stream = null, last, silence;
  const heard = () => {
    clearTimeout(silence);
    silence = setTimeout(() => onProblem(new Unreachable('nothing comes')), silenceMilliseconds);
  };
  const close = () => {
    clearTimeout(silence);
    stream?.close();
    stream = null;
  };
  const open = () => {
    last = 0;
    stream = new EventSource(address('stream'));
    stream.addEventListener('state', ({ data }) => {
      heard();
      if (Date.now() - last < leastMilliseconds) return;
      last = Date.now();
      onState(JSON.parse(data));
    });
    stream.addEventListener('unavailable', ({ data }) => {
      heard();
      const problem = JSON.parse(data);
      onProblem(new Problem(problem.status, problem));
    });
    stream.addEventListener('error', ({ target }) => {
      last = 0;
      // The browser tries again by itself, unless the answer was none of a stream.
      if (target.readyState !== EventSource.CLOSED) return onProblem(new Unreachable('it ended'));
      close();
      ended.abort();
      askAgain(null, listener, signal);
    });
  };
  // A browser has six connections to a server for all its pages: one that nobody looks at, or that is
  // kept for going back to, leaves its own to the others.
  const look = () => {
    close();
    if (!document.hidden) open();
  };
  const ended = new AbortController();
  signal.addEventListener('abort', () => { close(); ended.abort(); });
  document.addEventListener('visibilitychange', look, { signal: ended.signal });
  look();
}

async function askAgain(run, { onState, onProblem }, signal) {
  while (!signal.aborted) {
    if (!document.hidden) {
      try {
        onState(await ask('summary', { run, worst: 0 }, signal));
      } catch (error) {
        if (signal.aborted) return;
        onProblem(error);
        // A run that is not there does not come by waiting, but the latest may.
        if (run && error instanceof Problem && error.status === 404) return;
      }
    }
    if (isReport) return;
    await new Promise(resolve => setTimeout(resolve, askAgainMilliseconds));
  }
}
