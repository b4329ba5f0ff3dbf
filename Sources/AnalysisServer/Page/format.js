import { element } from './dom.js';
import { isReport } from './recorded.js';

// Figures for people; what stands behind them is in the title.

const steps = [[1e18, 'E'], [1e15, 'P'], [1e12, 'T'], [1e9, 'G'], [1e6, 'M'], [1e3, 'k']];

/** 9,999 as it is, then three digits: 1.23 M. */
export function count(value) {
  if (value === null || value === undefined) return '–';
  if (Math.abs(value) < 1e4) return exact(value);
  return scaled(value, steps);
}

function scaled(value, steps, unit = '') {
  const size = Math.abs(value);
  // What rounds up to the next step is written in it.
  const [step, prefix] = steps.find(([step]) => size >= step * 0.9995) ?? [1, ''];
  return `${digits(value / step)} ${prefix}${unit}`.trimEnd();
}

/** Three digits that say something. */
function digits(value) {
  return Number(value.toPrecision(3)).toLocaleString('en', { maximumFractionDigits: 20 });
}

export const exact = value => value.toLocaleString('en', { maximumFractionDigits: 3 });

export const octets = value =>
  Math.abs(value) < 1e3 ? `${value} B` : scaled(value, steps, 'B');

/** 1 gap, 2 gaps, 1.23 M gaps. */
export const counted = (value, noun) => `${count(value)} ${noun}${value === 1 ? '' : 's'}`;

/** A part of a whole in percent, two digits that say something. */
export function ratio(value) {
  if (value === null || value === undefined) return '–';
  if (value === 0) return '0%';
  const percent = value * 100;
  if (percent < 1e-7) return '<0.0000001%';
  // All but everything is not everything.
  if (percent > 99 && percent < 100) return '>99%';
  return `${Number(percent.toPrecision(2)).toLocaleString('en', { maximumFractionDigits: 9 })}%`;
}

export const exactRatio = value =>
  value === null || value === undefined ? 'nothing was expected'
    : `${(value * 100).toLocaleString('en', { maximumFractionDigits: 12 })}%`;

const durations = [
  [86400e9, 'd'], [3600e9, 'h'], [60e9, 'min'], [1e9, 's'], [1e6, 'ms'], [1e3, 'µs'],
];

export function duration(nanoseconds) {
  const [step, unit] = durations.find(([step]) => Math.abs(nanoseconds) >= step) ?? [1, 'ns'];
  return `${digits(nanoseconds / step)} ${unit}`;
}

/** Nanoseconds since 1970 of an RFC 3339 time in UTC: more digits than a number holds. */
export function nanoseconds(time) {
  const fraction = /\.(\d+)/.exec(time)?.[1] ?? '';
  const seconds = Date.parse(time.replace(/\.\d+/, '')) / 1000;
  return BigInt(seconds) * 1_000_000_000n + BigInt(fraction.padEnd(9, '0').slice(0, 9));
}

/** The reverse of `nanoseconds`. */
export function rfc3339(value) {
  const second = 1_000_000_000n;
  const fraction = ((value % second) + second) % second;
  const whole = new Date(Number((value - fraction) / second) * 1000).toISOString();
  return `${whole.slice(0, 19)}.${String(fraction).padStart(9, '0')}Z`;
}

export const milliseconds = time => Number(nanoseconds(time) / 1_000_000n);

/** 3 min ago; in a report, which is looked at whenever it is, the time itself. */
export function ago(time, now = Date.now()) {
  if (!time) return 'never';
  if (isReport) return clock(time);
  const seconds = (now - milliseconds(time)) / 1000;
  if (seconds < -60) return `in ${wholeDuration(-seconds)}`;
  if (seconds < 2) return 'now';
  return `${wholeDuration(seconds)} ago`;
}

function wholeDuration(seconds) {
  const units = [[31557600, 'years'], [86400, 'd'], [3600, 'h'], [60, 'min'], [1, 's']];
  const [step, unit] = units.find(([step]) => seconds >= step * 2 || step === 1);
  return `${Math.floor(seconds / step)} ${unit}`;
}

/** 2026-11-23 01:03:11. */
export const clock = time => time ? time.slice(0, 19).replace('T', ' ') : '–';

const figure = (text, title, kind = '') =>
  element(`span.figure${kind}`, { title: title === text ? null : title }, text);

export const countFigure = value => figure(count(value), exact(value ?? 0));
export const octetFigure = value => figure(octets(value), `${exact(value)} octets`);
export const ratioFigure = value => figure(ratio(value), exactRatio(value));
export const durationFigure = value => figure(duration(value), `${exact(value)} ns`);
export const clockFigure = time => figure(clock(time), time);

/** Grows older by itself: `refreshAges`. */
export function agoFigure(time) {
  return element('time.figure', { datetime: time, title: time ?? 'no time' }, ago(time));
}

export function refreshAges() {
  for (const made of document.querySelectorAll('time.figure[datetime]')) {
    const text = ago(made.getAttribute('datetime'));
    if (made.textContent !== text) made.textContent = text;
  }
}
