import { OctavoError } from '../../request';
import { Resource } from '../../resource';

const refused = new OctavoError(503, 'unavailable', 'Away.', 'Wait.', 'r');

describe('Resource', () => {
  it('loads, says so, and keeps when', async () => {
    const resource = new Resource(() => Promise.resolve(1));
    const seen: boolean[] = [];
    resource.changed.connect(() => seen.push(resource.state.loading));
    await resource.refresh();
    expect(resource.state.value).toBe(1);
    expect(resource.state.at).toBeInstanceOf(Date);
    expect(seen).toEqual([true, false]);
  });

  it('keeps its last value when a newer one can not be had', async () => {
    let fail = false;
    const resource = new Resource(() => (fail ? Promise.reject(refused) : Promise.resolve('old')));
    await resource.refresh();
    fail = true;
    await resource.refresh();
    expect(resource.state).toMatchObject({ value: 'old', error: refused, loading: false });
  });

  it('drops an answer that a newer request has overtaken', async () => {
    const answers: ((value: string) => void)[] = [];
    const resource = new Resource<string>(() => new Promise(resolve => answers.push(resolve)));
    const first = resource.refresh();
    const second = resource.refresh();
    answers[1]?.('new');
    answers[0]?.('old');
    await Promise.all([first, second]);
    expect(resource.state.value).toBe('new');
  });

  it('forgets its value when it is reset', async () => {
    const resource = new Resource(() => Promise.reject(refused));
    resource.put('x' as never);
    await resource.reset();
    expect(resource.state.value).toBeUndefined();
  });

  it('is polled only while somebody looks', async () => {
    jest.useFakeTimers();
    const load = jest.fn(() => Promise.resolve(1));
    const resource = new Resource(load);
    let looked = true;
    resource.shown = () => looked;
    resource.poll(1);
    await jest.advanceTimersByTimeAsync(2500);
    const before = load.mock.calls.length;
    looked = false;
    await jest.advanceTimersByTimeAsync(5000);
    const meanwhile = load.mock.calls.length;
    looked = true;
    await jest.advanceTimersByTimeAsync(2500);
    jest.useRealTimers();
    resource.dispose();
    expect(before).toBeGreaterThan(1);
    expect(meanwhile - before).toBeLessThanOrEqual(1);
    expect(load.mock.calls.length).toBeGreaterThan(meanwhile);
  });

  it('is silent once it is disposed', async () => {
    const load = jest.fn(() => Promise.resolve(1));
    const resource = new Resource(load);
    resource.dispose();
    await resource.refresh();
    expect(load).not.toHaveBeenCalled();
    expect(resource.isDisposed).toBe(true);
  });
});
