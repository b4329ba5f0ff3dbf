import { announce, element } from './dom.js';

export function copyButton(text, name) {
  return element('button.copy', {
    type: 'button', 'aria-label': `Copy ${name}`,
    onclick: async event => {
      const button = event.currentTarget;
      try {
        await navigator.clipboard.writeText(text);
        button.textContent = 'Copied';
        announce(`Copied ${name}`);
      } catch {
        // Without a secure context: by hand.
        window.prompt('Copy with Ctrl+C', text);
      }
      setTimeout(() => { button.textContent = 'Copy'; }, 2_000);
    },
  }, 'Copy');
}
