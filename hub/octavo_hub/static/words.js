// How numbers, money and time are said.

const MINUTE = 60,
  HOUR = 3600,
  DAY = 86400;

/** An amount of euro with as many decimals as it needs to say something: 0.0042, 3.40, 499.99, 1,204. */
export function euro(amount) {
  if (amount > 0 && amount < 0.01) return amount.toFixed(amount < 0.0001 ? 6 : 4);
  const cents = Math.round(Math.abs(amount) * 100);
  const digits = cents >= 10_000 && cents % 100 === 0 ? 0 : 2;
  return amount.toLocaleString("en", { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

/** A number with at most `digits` decimals. */
export function number(value, digits = 1) {
  return value.toLocaleString("en", { maximumFractionDigits: digits });
}

/** A span of time in its two largest units: 2 h 05 min, 40 s. */
export function span(seconds) {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < MINUTE) return `${whole} s`;
  if (whole < HOUR) return `${Math.round(whole / MINUTE)} min`;
  if (whole < DAY)
    return `${Math.floor(whole / HOUR)} h ${String(Math.floor((whole % HOUR) / MINUTE)).padStart(2, "0")} min`;
  return `${Math.floor(whole / DAY)} d ${Math.floor((whole % DAY) / HOUR)} h`;
}

/** A number of hours; below one hour in minutes or seconds, so that little isn't nothing. */
export function hours(count) {
  return count > 0 && count < 1 ? span(count * HOUR) : `${number(count)} h`;
}

/** A moment as people say it, "3 h ago" or "in 5 min", in an element that holds the exact one. */
export function moment(iso) {
  const at = new Date(iso);
  const element = document.createElement("time");
  element.dateTime = iso;
  element.title = exact(iso);
  element.textContent = relative(at);
  return element;
}

/** The exact moment in UTC. */
export function exact(iso) {
  return `${new Date(iso).toISOString().slice(0, 16).replace("T", " ")} UTC`;
}

function relative(at) {
  const seconds = (Date.now() - at.getTime()) / 1000;
  if (Math.abs(seconds) < 45) return "just now";
  const units = [
    [DAY * 30, "mo"],
    [DAY, "d"],
    [HOUR, "h"],
    [MINUTE, "min"],
  ];
  const [size, name] = units.find(([one]) => Math.abs(seconds) >= one) || units[3];
  const count = Math.max(1, Math.round(Math.abs(seconds) / size));
  return seconds > 0 ? `${count} ${name} ago` : `in ${count} ${name}`;
}

/** A count with its noun: 1 person, 3 people. */
export function count(amount, one, many) {
  return `${number(amount, 0)} ${amount === 1 ? one : many}`;
}
