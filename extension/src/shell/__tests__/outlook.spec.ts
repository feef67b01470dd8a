import { AT, gpuMine, mine } from '../../testing/records';
import { clock } from '../../ui/format';
import { atWork, details, idleRule, minutesUntil, outlook } from '../outlook';

const NOW = new Date(AT);
const at = (minutes: number): string => new Date(NOW.getTime() + minutes * 60_000).toISOString();

describe('the outlook of a workspace', () => {
  it('counts down to the idle stop, and warns in the last ten minutes', () => {
    expect(outlook(mine(), NOW)).toEqual({ text: 'idle stop in 54 min', level: 'quiet' });
    expect(outlook(mine({ idle_stop_at: at(9.2) }), NOW)).toEqual({ text: 'idle stop in 10 min', level: 'warn' });
    expect(outlook(mine({ idle_stop_at: at(-1) }), NOW).text).toBe('idle stop in 0 min');
  });

  it('says what keeps the workspace instead of a countdown', () => {
    const said = (['cell', 'terminal', 'gpu', 'idle', 'unknown'] as const).map(activity => outlook(mine({ idle_stop_at: null, activity }), NOW).text);
    expect(said).toEqual(['cell running', 'terminal at work', 'GPU at work', 'idle', 'activity not known yet']);
    expect(atWork(mine({ activity: 'cell' }))).toBe('cell running');
  });

  it('puts an order to stop before all else, with its reason', () => {
    const ordered = mine({ stop_at: at(5), stop_reason: 'quota', activity: 'cell', idle_stop_at: null });
    expect(outlook(ordered, NOW)).toEqual({ text: `stops ${clock(at(5))} · quota`, level: 'bad' });
    expect(outlook(mine({ stop_at: at(5), stop_reason: 'orphaned' }), NOW).text).toMatch(/by the platform$/);
  });

  it('announces the longest life’s end when that comes first', () => {
    expect(outlook(mine({ ends_at: at(34), idle_stop_at: null, activity: 'cell' }), NOW)).toEqual({ text: 'cell running, ends in 34 min', level: 'warn' });
    expect(outlook(mine({ ends_at: at(34), idle_stop_at: null, activity: 'unknown' }), NOW).text).toBe('ends in 34 min');
    expect(outlook(mine({ ends_at: at(8) }), NOW).level).toBe('bad');
    expect(outlook(mine({ ends_at: at(58) }), NOW).text).toBe('idle stop in 54 min');
  });

  it('rounds up, so that nothing stops before it was said', () => {
    expect([minutesUntil(at(0.1), NOW), minutesUntil(at(-3), NOW), minutesUntil(null, NOW)]).toEqual([1, 0, null]);
  });
});

it('the details hold the exact times in the reader’s zone', () => {
  const text = details(mine({ extended_until: at(90) }));
  expect(text).toContain('Small CPU in flights');
  expect(text).toContain('0.42 € for 3 h 30 min so far, 0.12 € an hour');
  expect(text).toMatch(/Idle stop: Jan 1, 2026.*:54:00.*(UTC|GMT|[A-Z]{3})/);
  expect(text).toMatch(/Extended until: /);
  expect(text).not.toContain('Must stop');
});

it('the idle rule says what holds for a GPU too', () => {
  expect(idleRule(mine())).toBe('Stops after 60 min without a running cell, terminal or input');
  expect(idleRule(gpuMine())).toMatch(/; after 15 min without GPU use and running cell$/);
});
