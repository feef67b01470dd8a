import type { OctavoError } from '../../request';
import { parseEvent, readEvents } from '../../request';
import { FakeServer, json, refusal } from '../../testing/server';

describe('Requests', () => {
  it('asks the server half and parses its answer', async () => {
    const server = new FakeServer({ 'GET projects/flights/x': () => ({ n: 1 }) });
    await expect(server.requests().send('projects/flights/x', { query: { q: 'a b', run: ['1', '2'], none: '' } })).resolves.toEqual({ n: 1 });
    expect(server.asked[0]?.url.search).toContain('?q=a+b&run=1&run=2');
  });

  it('gives every change a key of its own', async () => {
    const server = new FakeServer({ 'POST x': () => ({}) });
    await server.requests().send('x', { method: 'POST', body: { a: 1 } });
    await server.requests().send('x', { method: 'POST', body: { a: 1 } });
    const keys = server.asked.map(asked => asked.headers.get('Idempotency-Key'));
    expect(new Set(keys).size).toBe(2);
    expect(server.asked[0]?.body).toEqual({ a: 1 });
  });

  it('throws what the platform refused, with its remedy and request', async () => {
    const server = new FakeServer({ 'GET x': () => refusal(403, 'forbidden', 'You may not.') });
    const error = await server.requests().send('x').then(
      () => {
        throw new Error('It was not refused.');
      },
      (thrown: OctavoError) => thrown
    );
    expect([error.status, error.code, error.message, error.remedy, error.requestId]).toEqual([403, 'forbidden', 'You may not.', 'Do something else.', 'r1']);
    expect(error.details()).toContain('request: r1');
  });

  it('says so when the workspace does not answer', async () => {
    const server = new FakeServer({});
    server.failing = true;
    await expect(server.requests().send('x')).rejects.toMatchObject({ status: 0, code: 'unavailable' });
  });

  it('does not take a page for an answer', async () => {
    const server = new FakeServer({ 'GET x': () => new Response('<html>', { status: 200 }) });
    await expect(server.requests().send('x')).rejects.toMatchObject({ code: 'internal' });
  });

  it('takes an empty answer for done', async () => {
    const server = new FakeServer({ 'DELETE x': () => new Response(null, { status: 204 }) });
    await expect(server.requests().send('x', { method: 'DELETE' })).resolves.toBeNull();
  });
});

describe('event streams', () => {
  const stream = (...chunks: string[]): Response =>
    new Response(
      new ReadableStream<Uint8Array>({
        start: controller => {
          chunks.forEach(chunk => controller.enqueue(new TextEncoder().encode(chunk)));
          controller.close();
        }
      }),
      { headers: { 'Content-Type': 'text/event-stream' } }
    );

  it('reads a block, and passes over beats', () => {
    expect(parseEvent('id: 7\nevent: run\ndata: {"a":\ndata: 1}')).toEqual({ id: '7', name: 'run', data: '{"a":\n1}' });
    expect(parseEvent(': still here')).toBeNull();
  });

  it('reads events that come in pieces', async () => {
    const events = [];
    for await (const event of readEvents(stream('id: 1\nda', 'ta: a\n', '\nid: 2\r\ndata: b\r\n\r\n', 'data: unfinished'))) {
      events.push(event.data);
    }
    expect(events).toEqual(['a', 'b']);
  });

  it('comes back after what it heard last', async () => {
    let calls = 0;
    const server = new FakeServer({ 'GET e': () => (calls++ === 0 ? stream('id: 4\ndata: a\n\n') : stream('id: 5\ndata: b\n\n')) });
    const heard: string[] = [];
    await server.requests().listen(
      'e',
      event => {
        heard.push(event.data);
        return event.data !== 'b';
      },
      new AbortController().signal
    );
    expect(heard).toEqual(['a', 'b']);
    expect(server.asked[1]?.headers.get('Last-Event-ID')).toBe('4');
  });

  it('gives up when it is refused', async () => {
    const server = new FakeServer({ 'GET e': () => json({ error: 'not_found', message: 'gone' }, 404) });
    await expect(server.requests().listen('e', () => true, new AbortController().signal)).rejects.toMatchObject({ status: 404 });
  });
});
