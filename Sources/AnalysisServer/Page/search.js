// What a person writes in the search field, in the parameters of the API.

const forms = [
  [/^(macsec|esp|ah)$/i, word => ({ protocol: word.toLowerCase() })],
  [/^an[:=]?([0-3])$/i, (_, an) => ({ an })],
  [/^(0x[0-9a-f]{1,8}|[0-9a-f]{8})$/i, spi => ({ spi })],
  [/^spi[:=]?((0x)?[0-9a-f]+)$/i, (_, spi) => ({ spi })],
  [/^[0-9a-f]{16}$/i, sci => ({ sci })],
  [/^([0-9a-f]{2}:){5}[0-9a-f]{2}\/\d{1,5}$/i, sci => ({ sci })],
  [/^([0-9a-f]{2}[:-]){5}[0-9a-f]{2}$/i, address => ({ address })],
  [/^([0-9a-f:.]+)\/(\d{1,3})$/i, (prefix, address, length) =>
    isAddress(address) && length <= (address.includes(':') ? 128 : 32) ? { prefix } : null],
  [/^[0-9a-f:.]+$/i, address => isAddress(address) ? { address } : null],
  [/^(\d{1,3}(?:\.\d{1,3}){3}):\d{1,5}$/, (_, address) => ({ address })],
  [/^\[([0-9a-f:.]+)\]:\d{1,5}$/i, (_, address) => ({ address })],
  // Part of a name; the API does not ask for it.
  [/^vlan:[\d.]+$/i, () => ({})],
  [/^lost>=?(\d+)$/i, (text, lost) => ({ minLost: text.includes('=') ? lost : +lost + 1 })],
  [/^(?:lost|loss)>=?([\d.]+)%$/i, (_, percent) => ({ minLossRatio: percent / 100 })],
];

/** What the first form says that the word has. */
function meaning(word) {
  for (const [pattern, parameters] of forms) {
    const match = pattern.exec(word), found = match && parameters(...match);
    if (found) return found;
  }
  return null;
}

/** Half an address, as while one writes it, is none. */
function isAddress(text) {
  if (!text.includes(':')) {
    const octets = text.split('.');
    return octets.length === 4 && octets.every(octet => /^\d{1,3}$/.test(octet) && octet <= 255);
  }
  return URL.canParse(`http://[${text}]/`);
}

export const searchHelp = 'SCI, SPI, address, prefix, AN 1, esp, lost>10 or loss>0.1%';

/**
 * `{ parameters, unknown }`: the filters, and the words that are none. The name of an association,
 * as the table shows it, finds it.
 */
export function parseSearch(text) {
  const parameters = {}, unknown = [];
  const words = text.replace(/\b(an|spi|vlan)\s+(?=\w)/gi, '$1:').replace(/\s*(>=?)\s*/g, '$1')
    .split(/[\s,→]+/).filter(word => word !== '');
  for (const word of words) {
    const found = meaning(word);
    if (!found) {
      unknown.push(word);
      continue;
    }
    // The API finds by one end; a second address of a name is that of the other.
    for (const [name, value] of Object.entries(found)) parameters[name] ??= value;
  }
  return { parameters, unknown };
}
