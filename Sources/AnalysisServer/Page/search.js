// What a person writes in the search field, in the parameters of the API.

const forms = [
  [/^(macsec|esp|ah)$/i, word => ({ protocol: word.toLowerCase() })],
  [/^an[:=]?([0-3])$/i, (_, an) => ({ an })],
  [/^0x[0-9a-f]{1,8}$/i, spi => ({ spi })],
  [/^spi[:=]?((0x)?[0-9a-f]+)$/i, (_, spi) => ({ spi })],
  [/^[0-9a-f]{16}$/i, sci => ({ sci })],
  [/^([0-9a-f]{2}:){5}[0-9a-f]{2}\/\d{1,5}$/i, sci => ({ sci })],
  [/^([0-9a-f]{2}[:-]){5}[0-9a-f]{2}$/i, address => ({ address })],
  [/^(\d{1,3}(\.\d{1,3}){3}|[0-9a-f:]*:[0-9a-f:.]*)\/\d{1,3}$/i, prefix => ({ prefix })],
  [/^(\d{1,3}(\.\d{1,3}){3}|[0-9a-f:]*:[0-9a-f:.]*)$/i, address => ({ address })],
  [/^(\d{1,3}(?:\.\d{1,3}){3}):\d{1,5}$/, (_, address) => ({ address })],
  [/^\[([0-9a-f:.]+)\]:\d{1,5}$/i, (_, address) => ({ address })],
  // Part of a name; the API does not ask for it.
  [/^vlan:[\d.]+$/i, () => ({})],
  [/^lost>=?(\d+)$/i, (text, lost) => ({ minLost: text.includes('=') ? lost : +lost + 1 })],
  [/^(?:lost|loss)>=?([\d.]+)%$/i, (_, percent) => ({ minLossRatio: percent / 100 })],
];

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
    const form = forms.find(([pattern]) => pattern.test(word));
    if (!form) {
      unknown.push(word);
      continue;
    }
    const found = form[1](...form[0].exec(word));
    // The API finds by one end; a second address of a name is that of the other.
    for (const [name, value] of Object.entries(found)) parameters[name] ??= value;
  }
  return { parameters, unknown };
}
