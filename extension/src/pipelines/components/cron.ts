import { trans } from '../../words';

interface IField {
  name: string;
  low: number;
  high: number;
}

const FIELDS: readonly IField[] = [
  { name: 'minute', low: 0, high: 59 },
  { name: 'hour', low: 0, high: 23 },
  { name: 'day', low: 1, high: 31 },
  { name: 'month', low: 1, high: 12 },
  { name: 'weekday', low: 0, high: 7 }
];
const HORIZON_DAYS = 366 * 5;
const DAY_MS = 86_400_000;

/** A cron line, each field as the numbers it allows; weekday 0 is Sunday. */
export interface ICron {
  minutes: readonly number[];
  hours: readonly number[];
  days: ReadonlySet<number>;
  months: ReadonlySet<number>;
  weekdays: ReadonlySet<number>;
  /** Whether day and weekday were both given: then either of them is enough. */
  either: boolean;
}

/** Read a line of five fields; a string says what is wrong with it. */
export function parseCron(line: string): ICron | string {
  const words = line.trim().split(/\s+/);
  if (words.length !== FIELDS.length) {
    return trans.__('A cron line has five fields: minute, hour, day, month, weekday.');
  }
  const sets: number[][] = [];
  for (const [index, field] of FIELDS.entries()) {
    const numbers = parseField(words[index] ?? '', field);
    if (!numbers) {
      return trans.__('%1 is no %2 from %3 to %4.', words[index] ?? '', field.name, field.low, field.high);
    }
    sets.push(numbers);
  }
  const [minutes = [], hours = [], days = [], months = [], weekdays = []] = sets;
  return {
    minutes,
    hours,
    days: new Set(days),
    months: new Set(months),
    weekdays: new Set(weekdays.map(day => day % 7)),
    either: words[2] !== '*' && words[4] !== '*'
  };
}

function parseField(text: string, field: IField): number[] | null {
  const found = new Set<number>();
  for (const part of text.split(',')) {
    const match = /^(?:(\*)|(\d{1,2})(?:-(\d{1,2}))?)(?:\/(\d{1,2}))?$/.exec(part);
    if (!match) {
      return null;
    }
    const step = Number(match[4] ?? 1);
    const low = match[1] ? field.low : Number(match[2]);
    const high = match[1] || (match[4] && !match[3]) ? field.high : Number(match[3] ?? match[2]);
    if (step < 1 || low < field.low || high > field.high || low > high) {
      return null;
    }
    for (let value = low; value <= high; value += step) {
      found.add(value);
    }
  }
  return [...found].sort((a, b) => a - b);
}

/** Whether the browser knows a time zone. */
export function knowsZone(zone: string): boolean {
  try {
    return Boolean(new Intl.DateTimeFormat('en', { timeZone: zone }));
  } catch {
    return false;
  }
}

/** The zone's offset from UTC at a moment, in milliseconds. */
function offset(zone: string, at: number): number {
  const parts = new Intl.DateTimeFormat('en-US', {
    timeZone: zone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric'
  }).formatToParts(at);
  const part = (type: string): number => Number(parts.find(one => one.type === type)?.value);
  return Date.UTC(part('year'), part('month') - 1, part('day'), part('hour'), part('minute'), part('second')) - at + (at % 1000);
}

/** The moment at which clocks in the zone show a wall time; null in the hour that spring skips. */
function instant(zone: string, wall: number): number | null {
  const guess = wall - offset(zone, wall);
  const at = wall - offset(zone, guess);
  return at + offset(zone, at) === wall ? at : null;
}

function dayMatches(cron: ICron, day: Date): boolean {
  const date = cron.days.has(day.getUTCDate());
  const weekday = cron.weekdays.has(day.getUTCDay());
  return cron.months.has(day.getUTCMonth() + 1) && (cron.either ? date || weekday : date && weekday);
}

/** The next times after `from` at which a cron line is due in a time zone. */
export function nextTimes(cron: ICron, zone: string, from: Date, count: number): Date[] {
  const found: Date[] = [];
  const local = from.getTime() + offset(zone, from.getTime());
  const midnight = local - (local % DAY_MS);
  for (let day = 0; day < HORIZON_DAYS && found.length < count; day++) {
    const start = midnight + day * DAY_MS;
    if (!dayMatches(cron, new Date(start))) {
      continue;
    }
    for (const hour of cron.hours) {
      for (const minute of cron.minutes) {
        const at = instant(zone, start + (hour * 60 + minute) * 60_000);
        if (at !== null && at > from.getTime() && found.length < count) {
          found.push(new Date(at));
        }
      }
    }
  }
  return found;
}

/** Write a time as the clocks of a zone show it: "Tuesday, 24 November, 05:00 UTC". */
export function wallTime(at: Date, zone: string): string {
  return new Intl.DateTimeFormat(undefined, {
    timeZone: zone,
    weekday: 'long',
    day: 'numeric',
    month: 'long',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
    timeZoneName: 'short'
  }).format(at);
}
