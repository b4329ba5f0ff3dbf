import { canOpen } from './recorded.js';

// Where one is stands behind the # of the address: `#/association/ID?run=3`, so that going back,
// marking and sending it work as everywhere.

/** `{ path: ['association', ID], parameters: { run: '3' } }` */
export function currentRoute() {
  const [path, query = ''] = location.hash.replace(/^#\/?/, '').split('?');
  return {
    path: path.split('/').filter(part => part !== '').map(decodeURIComponent),
    parameters: Object.fromEntries(new URLSearchParams(query)),
  };
}

export function link(path, parameters = {}) {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) {
    if (value !== null && value !== undefined && value !== '') query.set(name, value);
  }
  const text = query.toString();
  return `#/${path.map(encodeURIComponent).join('/')}${text ? `?${text}` : ''}`;
}

/** Null where a report does not have it: then its name is no link. */
export const associationLink = (id, run) => canOpen(id) ? link(['association', id], { run }) : null;

/** Goes there; `replacing` where it is the same question still, as while one types. */
export function go(target, { replacing = false } = {}) {
  if (target === location.hash) return;
  if (!replacing) {
    location.hash = target;
    return;
  }
  history.replaceState(null, '', target);
  window.dispatchEvent(new HashChangeEvent('hashchange'));
}
