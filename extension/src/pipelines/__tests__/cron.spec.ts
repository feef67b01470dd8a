import { knowsZone, nextTimes, parseCron, wallTime } from '../components/cron';

function next(line: string, zone: string, from: string, count = 2): string[] {
  const cron = parseCron(line);
  if (typeof cron === 'string') {
    throw new Error(cron);
  }
  return nextTimes(cron, zone, new Date(from), count).map(at => at.toISOString().slice(0, 16));
}

describe('cron', () => {
  it('is due at its time, every day', () => {
    expect(next('0 5 * * *', 'UTC', '2026-01-01T05:00:00Z')).toEqual(['2026-01-02T05:00', '2026-01-03T05:00']);
  });

  it('follows the clocks of its zone over both changes', () => {
    expect(next('30 5 * * *', 'Europe/Berlin', '2026-03-28T00:00:00Z', 3)).toEqual(['2026-03-28T04:30', '2026-03-29T03:30', '2026-03-30T03:30']);
    expect(next('0 5 * * *', 'America/New_York', '2026-10-31T00:00:00Z', 2)).toEqual(['2026-10-31T09:00', '2026-11-01T10:00']);
  });

  it('leaves out a time that spring skips', () => {
    expect(next('30 2 29 3 *', 'Europe/Berlin', '2026-03-01T00:00:00Z', 1)).toEqual(['2027-03-29T00:30']);
  });

  it('knows steps, ranges and lists', () => {
    expect(next('*/30 8-9 * * *', 'UTC', '2026-01-01T08:45:00Z', 3)).toEqual(['2026-01-01T09:00', '2026-01-01T09:30', '2026-01-02T08:00']);
    expect(next('0 0 1,15 * *', 'UTC', '2026-01-02T00:00:00Z')).toEqual(['2026-01-15T00:00', '2026-02-01T00:00']);
  });

  it('takes day or weekday where both are given, and Sunday as 0 and 7', () => {
    expect(next('0 0 13 * 5', 'UTC', '2026-01-10T00:00:00Z', 2)).toEqual(['2026-01-13T00:00', '2026-01-16T00:00']);
    expect(next('0 0 * * 7', 'UTC', '2026-01-01T00:00:00Z', 1)).toEqual(next('0 0 * * 0', 'UTC', '2026-01-01T00:00:00Z', 1));
  });

  it('has no next time on a day that never comes', () => expect(next('0 0 31 2 *', 'UTC', '2026-01-01T00:00:00Z')).toEqual([]));

  it.each(['', '* * * *', '60 * * * *', '* 24 * * *', '* * 0 * *', '* * * 13 *', '* * * * 8', 'a * * * *', '5-1 * * * *', '*/0 * * * *'])('refuses %s', line =>
    expect(typeof parseCron(line)).toBe('string')
  );

  it('knows zones, and writes a time as their clocks show it', () => {
    expect([knowsZone('Europe/Berlin'), knowsZone('Mars/Olympus'), knowsZone('')]).toEqual([true, false, false]);
    expect(wallTime(new Date('2026-01-01T04:00:00Z'), 'Europe/Berlin')).toContain('05:00');
  });
});
