import { ServerConnection } from '@jupyterlab/services';
import { waitFor } from '@testing-library/react';

import { Requests } from '../request';
import { Session } from '../shell/session';
import type { IOctavo, ViewArgs } from '../tokens';

/** What a test's server was asked. */
export interface IAsked {
  method: string;
  url: URL;
  headers: Headers;
  body: unknown;
}

/** How a test's server answers: a value is sent as JSON, a Response as it is, a promise when it is kept. */
export type Answer = (asked: IAsked) => unknown;

/**
 * A server made for the tests.
 *
 * - `answers`  method and path below the API to an answer; the first whose path matches wins
 * - `asked`    everything it was asked, oldest first
 * Unknown paths get the platform's 404; `failing` makes every request fail as a lost network does.
 */
export class FakeServer {
  readonly asked: IAsked[] = [];
  failing = false;

  constructor(readonly answers: Record<string, Answer>) {}

  /** The requests that go to this server. */
  requests(): Requests {
    const settings = ServerConnection.makeSettings({
      baseUrl: 'http://lab/user/s/',
      wsUrl: 'ws://lab/user/s/',
      fetch: async (input: RequestInfo | URL, init?: RequestInit) => this._answer(new Request(input, init))
    });
    return new Requests(settings);
  }

  private async _answer(request: Request): Promise<Response> {
    if (this.failing) {
      throw new TypeError('network');
    }
    const text = await request.text();
    const url = new URL(request.url);
    const asked: IAsked = { method: request.method, url, headers: request.headers, body: text ? JSON.parse(text) : undefined };
    this.asked.push(asked);
    const path = url.pathname.replace('/user/s/octavo/', '').replace(/^api\//, '');
    const answer = this.answers[`${request.method} ${path}`];
    if (!answer) {
      return refusal(404, 'not_found', `There is no ${path}.`);
    }
    const value = await answer(asked);
    return value instanceof Response ? value : json(value);
  }
}

/** A JSON answer. */
export function json(value: unknown, status = 200): Response {
  return new Response(JSON.stringify(value), { status, headers: { 'Content-Type': 'application/json' } });
}

/** A refusal in the platform's error shape. */
export function refusal(status: number, error: string, message: string, remedy = 'Do something else.'): Response {
  return json({ error, message, remedy, request_id: 'r1' }, status);
}

/** The shell as an area sees it; remembers which views were opened. */
export interface IFakeOctavo extends IOctavo {
  readonly opened: [string, ViewArgs][];
}

/** Make a shell on a server made for the tests, its project already picked. */
export function fakeOctavo(server: FakeServer, project = 'flights'): IFakeOctavo {
  const requests = server.requests();
  const session = new Session(requests);
  session.settings = { refreshSeconds: 3600, project };
  if (project) {
    session.pick(project);
  }
  const opened: [string, ViewArgs][] = [];
  return {
    requests,
    session,
    opened,
    open: (kind, args) => opened.push([kind, args]),
    addView: () => undefined,
    addSection: () => undefined
  };
}

/** Wait until a condition holds; fails after two seconds. */
export async function until(condition: () => boolean): Promise<void> {
  await waitFor(
    () => {
      if (!condition()) {
        throw new Error(`Not within two seconds: ${condition.toString()}`);
      }
    },
    { timeout: 2000 }
  );
}
