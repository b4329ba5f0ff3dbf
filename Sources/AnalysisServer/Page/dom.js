/**
 * An element: `element('a.name', { href: '#/' }, 'text', child)`.
 *
 * Properties that begin with `on` are listeners; the others are attributes, left out where they are
 * null or false. Children that are null are left out. Text is always text, never markup.
 */
export function element(name, attributes = {}, ...children) {
  const [kind, ...classes] = name.split('.'), made = document.createElement(kind);
  if (classes.length > 0) made.className = classes.join(' ');
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith('on')) made.addEventListener(key.slice(2), value);
    else if (value === true) made.setAttribute(key, '');
    else if (value !== null && value !== undefined && value !== false) {
      made.setAttribute(key, value);
    }
  }
  made.append(...children.flat().filter(child => child !== null && child !== undefined));
  return made;
}

/** Says something to those who do not see the page. */
export function announce(text) {
  const announcer = document.getElementById('announcer');
  if (announcer) announcer.textContent = text;
}

/** A picture of a part between 0 and 100, of which a text beside it says the same. */
export function track(from, to) {
  const bar = element('span.bar');
  bar.style.left = `${from}%`;
  bar.style.width = `max(${to - from}%, 3px)`;
  return element('span.track', { 'aria-hidden': 'true' }, bar);
}
