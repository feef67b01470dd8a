import { brief, bytes, duration, exact, metric, money, ms, percent, relative, shortDigest, signed, text } from '../format';

const NOW = new Date('2026-01-01T12:00:00Z');
const ago = (seconds: number): string => relative(new Date(NOW.getTime() - seconds * 1000), NOW);

describe('format', () => {
  it.each([
    [3, 'just now'],
    [120, '2 min ago'],
    [7200, '2 hr ago'],
    [-5400, 'in 2 hr']
  ])('%s seconds ago is %s', (seconds, words) => expect(ago(seconds)).toBe(words));

  it('writes the exact moment with its zone', () => expect(exact(NOW)).toContain('2026-01-01 12:00:00 UTC'));

  it.each([
    [0.76509812, '0.7651'],
    [336776, '336,776'],
    [null, '–'],
    [NaN, '–'],
    [0.00001234, '1.23e-5'],
    [-2.25, '-2.25']
  ])('metric %s is %s', (value, words) => expect(metric(value)).toBe(words));

  it.each([
    [0.74641, '0.746'],
    [-1234.56, '-1,230'],
    [12345, '12,345'],
    [12345678, '1.2e7'],
    [-0.00001234, '-1.2e-5'],
    [0, '0'],
    [NaN, '–']
  ])('where there is little room metric %s is %s', (value, words) => expect(brief(value)).toBe(words));

  it.each([
    [0.0121, '+0.0121'],
    [-0.0370656, '−0.0371'],
    [0, '±0']
  ])('difference %s is %s', (value, words) => expect(signed(value)).toBe(words));

  it.each([
    [3.14, '3.1 s'],
    [70, '1 min 10 s'],
    [3600, '1 h'],
    [90000, '1 d 1 h'],
    [null, '–']
  ])('%s seconds last %s', (seconds, words) => expect(duration(seconds)).toBe(words));

  it('writes sizes, shares, money and milliseconds', () => {
    expect([bytes(334), bytes(29500), percent(0.314), money(1.5), ms(6.04), ms(249.6)]).toEqual(['334 B', '28.8 KiB', '31.4 %', '1.50 €', '6.0 ms', '250 ms']);
  });

  it('shortens digests and shows any value', () => {
    expect(shortDigest(`sha256:${'ab'.repeat(32)}`)).toBe('abababababab');
    expect([text(null), text({ a: 1 }), text('x')]).toEqual(['–', '{"a":1}', 'x']);
  });
});
