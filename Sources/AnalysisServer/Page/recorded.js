// A report that can be mailed has answers of the API inside: by question, and lists whole, which are
// filtered, sorted and cut here as the server would.

const place = document.getElementById('recorded');
const answers = place ? JSON.parse(place.textContent) : null;

export const isReport = answers !== null;

/** Whether an association can be opened: everywhere but in a report, which has the worst alone. */
export const canOpen = id => !isReport || `associations/${id}` in answers;

/** The answer to a question, or undefined: the report does not have it. */
export function recordedAnswer(encodedPath, parameters) {
  const path = decodeURIComponent(encodedPath), { run, ...asked } = parameters;
  const query = new URLSearchParams(
    Object.entries(asked).filter(([, value]) => value !== null && value !== undefined && value !== ''));
  const exact = answers[query.size > 0 ? `${path}?${query}` : path];
  if (exact) return exact;
  const answer = answers[path];
  return answer?.items && !answer.source ? cut(answer, asked) : answer;
}

function cut(answer, { limit = 100, cursor = 0, sort, total, ...filters }) {
  let items = answer.items.filter(item => passes(item, filters));
  if (sort) {
    const value = column(sort.replace('-', ''));
    items = items.map(item => [value(item), item]).sort(([one], [other]) => compare(one, other))
      .map(([, item]) => item);
    if (sort.startsWith('-')) items.reverse();
  }
  const end = Number(cursor) + Number(limit);
  const isAll = Object.values(filters).every(value => value === null || value === undefined);
  return {
    ...answer, items: items.slice(Number(cursor), end), next: end < items.length ? end : null,
    total: total ? (isAll ? answer.total : items.length) : undefined,
    // How many rows there are to choose from, where those are not all.
    recorded: answer.items.length < answer.total ? answer.items.length : undefined,
  };
}

function passes(item, { point, protocol, minLost, minMissing, from, to }) {
  return (!point || item.point === point) && (!protocol || item.protocol === protocol)
    && !(item.lost < minLost) && !(item.missing < minMissing)
    && !(from && item.after?.time < from) && !(to && item.before?.time > to);
}

const column = name => ({
  time: item => item.after?.time, beforeTime: item => item.before?.time,
}[name] ?? (item => item[name]));

/** Packet numbers are texts of digits; what has no value comes first. */
function compare(one, other) {
  if (one === other) return 0;
  if (one === null || one === undefined) return -1;
  if (other === null || other === undefined) return 1;
  if (/^\d+$/.test(one) && /^\d+$/.test(other)) return BigInt(one) < BigInt(other) ? -1 : 1;
  return one < other ? -1 : 1;
}
