const TIMERS = [
  'hrtime',
  'nextTick',
  'performance',
  'queueMicrotask',
  'requestAnimationFrame',
  'cancelAnimationFrame',
  'requestIdleCallback',
  'cancelIdleCallback',
  'setImmediate',
  'clearImmediate',
  'setInterval',
  'clearInterval',
  'setTimeout',
  'clearTimeout'
] as const;

/** Let the clock stand at a moment for the tests of a file; timers go on as always. */
export function stopClock(at: string): void {
  beforeAll(() => jest.useFakeTimers({ now: new Date(at), doNotFake: [...TIMERS] }));
  afterAll(() => jest.useRealTimers());
}
