import { isReport, recordedAnswer } from './recorded.js';

/** An answer that says what is wrong: RFC 9457. */
export class Problem extends Error {
  constructor(status, { detail, parameter }) {
    super(detail);
    this.status = status;
    this.parameter = parameter;
  }
}

/** No answer came: the server is gone, or the way to it. */
export class Unreachable extends Error {}

const answerTimeoutMilliseconds = 15_000;

/** The address of a question; parameters without a value are left out. */
export function address(path, parameters = {}) {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) {
    if (value !== null && value !== undefined && value !== '') query.set(name, value);
  }
  const text = query.toString();
  return `api/v1/${path}${text ? `?${text}` : ''}`;
}

/** Asks the API; throws a `Problem`, `Unreachable`, or what aborted `signal`. */
export async function ask(path, parameters = {}, signal) {
  if (isReport) {
    const answer = recordedAnswer(path, parameters);
    if (answer) return answer;
    throw new Problem(404, {
      detail: 'This report does not hold it; ask gapscope serve about the database.',
    });
  }
  const timeout = AbortSignal.timeout(answerTimeoutMilliseconds);
  let response, body;
  try {
    response = await fetch(
      address(path, parameters), { signal: signal ? AbortSignal.any([signal, timeout]) : timeout });
    body = await response.json();
  } catch (error) {
    signal?.throwIfAborted();
    throw new Unreachable(`no answer to ${path}`, { cause: error });
  }
  if (!response.ok) throw new Problem(response.status, body);
  return body;
}
