import { trans } from '../words';

const UNITS: [Intl.RelativeTimeFormatUnit, number][] = [
  ['year', 31_536_000],
  ['month', 2_592_000],
  ['day', 86_400],
  ['hour', 3600],
  ['minute', 60],
  ['second', 1]
];

// Making a formatter takes longer than formatting a whole table with it.
const RELATIVE = new Intl.RelativeTimeFormat(undefined, { numeric: 'always', style: 'short' });
const WHOLE = new Intl.NumberFormat('en-US');
const FRACTION = new Intl.NumberFormat('en-US', { maximumFractionDigits: 6 });

/** Say how long ago, or in how long, with the largest unit that fits: "2 minutes ago". */
export function relative(at: Date, now: Date): string {
  const seconds = (at.getTime() - now.getTime()) / 1000;
  if (Math.abs(seconds) < 10) {
    return trans.__('just now');
  }
  const [unit, size] = UNITS.find(([, length]) => Math.abs(seconds) >= length) ?? ['second', 1];
  return RELATIVE.format(Math.round(seconds / size), unit).replace('.', '');
}

/** Write a moment out with its zone, in UTC and in the reader's own. */
export function exact(at: Date): string {
  const utc = at.toISOString().replace('T', ' ').replace(/\.\d+Z$/, ' UTC');
  const local = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'long' }).format(at);
  return `${utc}\n${local}`;
}

/** Write a moment in full in the reader's own zone, the zone's name with it. */
export function local(at: string | Date): string {
  return new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'long' }).format(new Date(at));
}

/** Write the day of a moment in the reader's own zone. */
export function day(at: string | Date): string {
  return new Intl.DateTimeFormat(undefined, { dateStyle: 'medium' }).format(new Date(at));
}

/** Write the time of day in the reader's own zone. */
export function clock(at: string | Date): string {
  return new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' }).format(new Date(at));
}

/** Write a metric with four significant digits; a missing one as a dash. */
export function metric(value: number | null | undefined): string {
  if (value === null || value === undefined || !Number.isFinite(value)) {
    return '–';
  }
  if (Number.isInteger(value) && Math.abs(value) < 1e9) {
    return WHOLE.format(value);
  }
  const size = Math.abs(value);
  return size >= 1e6 || size < 1e-3 ? value.toExponential(2) : FRACTION.format(Number(value.toPrecision(4)));
}

/** Write a metric's value where there is room for six characters. */
export function brief(value: number | null | undefined): string {
  if (value === null || value === undefined || !Number.isFinite(value)) {
    return metric(value);
  }
  const size = Math.abs(value);
  const large = size >= 1e5 || (size > 0 && size < 1e-3);
  return large ? value.toExponential(1).replace('e+', 'e') : metric(Number.isInteger(value) ? value : Number(value.toPrecision(3)));
}

/** Write a difference with its sign. */
export function signed(value: number): string {
  return `${value > 0 ? '+' : value < 0 ? '−' : '±'}${metric(Number(Math.abs(value).toPrecision(3)))}`;
}

/** Write a share between 0 and 1 as a percentage. */
export function percent(share: number | null | undefined, digits = 1): string {
  return share === null || share === undefined ? '–' : `${(share * 100).toFixed(digits)} %`;
}

/** Write an amount of euro. */
export function money(euro: number | null | undefined): string {
  return euro === null || euro === undefined ? '–' : `${euro.toFixed(2)} €`;
}

/** Write a span of seconds in its two largest units. */
export function duration(seconds: number | null | undefined): string {
  if (seconds === null || seconds === undefined || !Number.isFinite(seconds)) {
    return '–';
  }
  if (seconds < 60) {
    return `${seconds < 10 ? seconds.toFixed(1) : Math.round(seconds)} s`;
  }
  const parts: [number, string][] = [
    [Math.floor(seconds / 86_400), 'd'],
    [Math.floor((seconds % 86_400) / 3600), 'h'],
    [Math.floor((seconds % 3600) / 60), 'min'],
    [Math.floor(seconds % 60), 's']
  ];
  const first = parts.findIndex(([amount]) => amount > 0);
  return parts
    .slice(first, first + 2)
    .filter(([amount]) => amount > 0)
    .map(([amount, unit]) => `${amount} ${unit}`)
    .join(' ');
}

/** Write a size in the unit that keeps it short. */
export function bytes(size: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  const power = Math.min(Math.floor(Math.log2(Math.max(size, 1)) / 10), units.length - 1);
  return `${(size / 1024 ** power).toFixed(power === 0 ? 0 : 1)} ${units[power]}`;
}

/** Write a milliseconds figure. */
export function ms(value: number | null | undefined): string {
  return value === null || value === undefined ? '–' : `${value < 10 ? value.toFixed(1) : Math.round(value)} ms`;
}

/** Shorten a digest to what tells it from others; a leading `sha256:` is dropped. */
export function shortDigest(digest: string): string {
  return digest.replace(/^sha256:/, '').slice(0, 12);
}

/** Show any value of a parameter or a manifest as text. */
export function text(value: unknown): string {
  if (value === null || value === undefined) {
    return '–';
  }
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}
