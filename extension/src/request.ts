import { URLExt } from '@jupyterlab/coreutils';
import { ServerConnection } from '@jupyterlab/services';
import { UUID } from '@lumino/coreutils';

import { trans } from './words';

/** What a refused request says: the one error shape of the platform. */
export class OctavoError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly remedy: string,
    readonly requestId: string
  ) {
    super(message);
    this.name = 'OctavoError';
  }

  /** Everything a supporter needs, as text for the clipboard. */
  details(): string {
    return [
      this.message,
      this.remedy,
      `code: ${this.code} (${this.status})`,
      `request: ${this.requestId}`
    ]
      .filter(line => line)
      .join('\n');
  }
}

/** Query values; what is undefined, null or empty is left out, a list is repeated. */
export type Query = Record<string, string | number | boolean | null | undefined | readonly string[]>;

/** How a request differs from a plain GET. */
export interface IRequestOptions {
  method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  query?: Query;
  body?: object;
  /** Makes a repeated POST answer the same instead of doing it twice; made up when left out. */
  idempotencyKey?: string;
  signal?: AbortSignal;
}

/** One event of an event stream. */
export interface IStreamEvent {
  id: string;
  name: string;
  data: string;
}

const RETRY_MS = [500, 1000, 2000, 5000, 10000, 30000];

/** The only way of the panels to any server: the Jupyter Server half, same origin, XSRF-checked. */
export class Requests {
  constructor(private readonly _settings: ServerConnection.ISettings) {}

  /** Ask the platform and parse its JSON answer; throws OctavoError. */
  async send<T>(path: string, options: IRequestOptions = {}): Promise<T> {
    return this._json<T>(await this._fetch(`api/${path}`, options));
  }

  /** The address of something that the browser fetches by itself, such as a file to keep. */
  address(path: string, query: Query = {}): string {
    return URLExt.join(this._settings.baseUrl, 'octavo', 'api', path) + search(query);
  }

  /** Where this workspace is, from the server half itself. */
  async workspace<T>(): Promise<T> {
    return this._json<T>(await this._fetch('workspace', {}));
  }

  /**
   * Listen to an event stream until `signal` aborts; reconnects after what was last heard.
   *
   * `hear` answers false to end the stream for good.
   */
  async listen(path: string, hear: (event: IStreamEvent) => boolean, signal: AbortSignal): Promise<void> {
    let last = '';
    let failures = 0;
    while (!signal.aborted) {
      try {
        const response = await this._fetch(`api/${path}`, { signal }, last, 'text/event-stream');
        if (!response.ok) {
          await this._json(response);
        }
        failures = 0;
        for await (const event of readEvents(response)) {
          last = event.id || last;
          if (!hear(event)) {
            return;
          }
        }
      } catch (error) {
        if (error instanceof OctavoError && error.status < 500 && error.status !== 429) {
          throw error;
        }
      }
      await pause(RETRY_MS[Math.min(failures++, RETRY_MS.length - 1)] ?? 30000, signal);
    }
  }

  private async _fetch(path: string, options: IRequestOptions, lastEventId = '', accept = 'application/json'): Promise<Response> {
    const method = options.method ?? 'GET';
    const url = URLExt.join(this._settings.baseUrl, 'octavo', path) + search(options.query);
    const headers: Record<string, string> = { Accept: accept };
    if (lastEventId) {
      headers['Last-Event-ID'] = lastEventId;
    }
    if (method !== 'GET') {
      headers['Content-Type'] = 'application/json';
      headers['Idempotency-Key'] = options.idempotencyKey ?? UUID.uuid4();
    }
    const init: RequestInit = { method, headers };
    if (options.signal) {
      init.signal = options.signal;
    }
    if (method !== 'GET' && method !== 'DELETE') {
      init.body = JSON.stringify(options.body ?? {});
    }
    try {
      return await ServerConnection.makeRequest(url, init, this._settings);
    } catch (error) {
      if (options.signal?.aborted) {
        throw error;
      }
      throw new OctavoError(
        0,
        'unavailable',
        trans.__('Your workspace did not answer.'),
        trans.__('Check your connection; if the workspace was stopped, start it again.'),
        ''
      );
    }
  }

  private async _json<T>(response: Response): Promise<T> {
    const text = await response.text();
    const body: any = parse(text);
    if (response.ok && body !== undefined) {
      return body as T;
    }
    throw new OctavoError(
      response.status,
      String(body?.error ?? 'internal'),
      String(body?.message ?? trans.__('The answer with status %1 could not be read.', response.status)),
      String(body?.remedy ?? trans.__('Try again; if it stays, tell your platform admin.')),
      String(body?.request_id ?? response.headers.get('X-Request-Id') ?? '')
    );
  }
}

/** Turn anything thrown into an OctavoError, so that every failure can be shown the same way. */
export function asOctavoError(error: unknown): OctavoError {
  if (error instanceof OctavoError) {
    return error;
  }
  const message = error instanceof Error ? error.message : String(error);
  return new OctavoError(0, 'panel', message, trans.__('Reload the page; if it stays, copy the details and report it.'), '');
}

function parse(text: string): unknown {
  if (text.trim() === '') {
    return null;
  }
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function search(query: Query | undefined): string {
  const values = new URLSearchParams();
  for (const [name, value] of Object.entries(query ?? {})) {
    const list = Array.isArray(value) ? value : [value];
    for (const one of list) {
      if (one !== undefined && one !== null && one !== '') {
        values.append(name, String(one));
      }
    }
  }
  const text = values.toString();
  return text ? `?${text}` : '';
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise(resolve => {
    const timer = window.setTimeout(resolve, ms);
    signal.addEventListener('abort', () => {
      window.clearTimeout(timer);
      resolve();
    });
  });
}

/** Parse a `text/event-stream` body as it comes. */
export async function* readEvents(response: Response): AsyncGenerator<IStreamEvent> {
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  let rest = '';
  while (reader) {
    const { done, value } = await reader.read();
    if (done) {
      return;
    }
    const blocks = (rest + value.replace(/\r\n?/g, '\n')).split('\n\n');
    rest = blocks.pop() ?? '';
    for (const block of blocks) {
      const event = parseEvent(block);
      if (event) {
        yield event;
      }
    }
  }
}

/** Read one block of an event stream; null for a comment or a beat. */
export function parseEvent(block: string): IStreamEvent | null {
  const event: IStreamEvent = { id: '', name: 'message', data: '' };
  const data: string[] = [];
  for (const line of block.split('\n')) {
    const colon = line.indexOf(':');
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
    if (field === 'data') {
      data.push(value);
    } else if (field === 'event') {
      event.name = value;
    } else if (field === 'id') {
      event.id = value;
    }
  }
  event.data = data.join('\n');
  return data.length > 0 ? event : null;
}
