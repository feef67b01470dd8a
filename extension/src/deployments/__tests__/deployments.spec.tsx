import { fireEvent, render, screen } from '@testing-library/react';
import * as React from 'react';

import { event, judgement, live, liveVersion, rollout } from '../../testing/deployments';
import { alert, AT, deployment, deploymentRequest } from '../../testing/records';
import { FakeServer, fakeOctavo, refusal } from '../../testing/server';
import { story } from '../components/History';
import { linesOf, Live } from '../components/Live';
import { stageWords } from '../components/Stage';
import { Traffic } from '../components/Traffic';
import { TryIt } from '../components/TryIt';
import { DeploymentModel } from '../model';
import { DeploymentPage } from '../page';
import { monitorUrl } from '../plugin';
import { columnFault, curlOf, entityOf, rowOf, scoreText } from '../trying';
import { shareLine } from '../words';

const PATH = 'projects/flights/deployments/late';
const nothing = (): void => undefined;
const moves = { busy: false, onPromote: nothing, onRollBack: nothing, onPause: nothing, onResume: nothing };

describe('trying a deployment', () => {
  const { inputs } = deployment();

  it('sends a row of the model’s own types, without what is empty', () => {
    expect(rowOf(inputs, new Map([['distance', '529'], ['carrier', 'US'], ['plane_delay', '']]))).toEqual({ distance: 529, carrier: 'US' });
  });

  it('names what is missing or no number', () => {
    const [distance, , optional] = inputs as [(typeof inputs)[0], (typeof inputs)[0], (typeof inputs)[0]];
    expect(columnFault(distance, '')).toBe('distance is needed.');
    expect(columnFault(distance, 'far')).toBe('far is no number.');
    expect(columnFault(optional, '')).toBeUndefined();
    expect(columnFault(distance, '', true)).toBeUndefined();
  });

  it('begins with the example and shows the score, who gave it and how fast', async () => {
    const rows: object[] = [];
    const answer = { predictions: [[0.96, 0.04]], model: 'late', version: 1, model_digest: 'd', latency_ms: 6.2, request_id: 'r', failed_over: false, features_missing: [] };
    render(
      <TryIt
        deployment={deployment()}
        onScore={async row => {
          rows.push(row);
          return answer;
        }}
      />
    );
    fireEvent.click(screen.getByText('Score'));
    expect((await screen.findByRole('status', { name: 'Score' })).textContent).toBe('0.96 · 0.04v1 · 6.2 ms');
    expect(rows).toEqual([{ distance: 529, carrier: 'US' }]);
    expect(scoreText(0.31234)).toBe('0.3123');
  });

  it('writes a curl that a shell takes as it is', () => {
    const curl = curlOf(deployment(), 'http://host', { carrier: "O'Hare" });
    expect(curl).toContain(`"O'\\''Hare"`);
    expect(curl).toContain("'http://host/services/octavo/api/v1/projects/flights/deployments/late/invocations'");
    expect(curl).not.toContain('Bearer ey');
    expect(curlOf(deployment(), 'http://host', {}, { carrier: 'UA' })).toContain(`-d '{ "entities": [ { "carrier": "UA" } ] }'`);
  });

  it('reads keys as they are typed', () => {
    expect(entityOf('carrier=UA, flight = 12')).toEqual({ carrier: 'UA', flight: 12 });
    expect(entityOf('carrier')).toBeUndefined();
    expect(entityOf('carrier=UA,')).toBeUndefined();
  });

  it('lets the online store fill what is empty, and says what it had not', async () => {
    const asked: unknown[] = [];
    const answer = { predictions: [0.3], model: 'late', version: 1, model_digest: 'd', latency_ms: 3, request_id: 'r', failed_over: false, features_missing: [{ row: 0, column: 'plane_delay', why: 'expired' as const }] };
    render(
      <TryIt
        deployment={deployment({ example: {} })}
        onScore={async (row, entity) => {
          asked.push([row, entity]);
          return answer;
        }}
      />
    );
    fireEvent.click(screen.getByText('Score'));
    expect(asked).toEqual([]);
    fireEvent.click(screen.getByLabelText('Fill what is empty from the online store'));
    fireEvent.change(screen.getByLabelText('Entity keys'), { target: { value: 'carrier=UA' } });
    fireEvent.click(screen.getByText('Score'));
    expect(await screen.findByText('plane_delay: too old')).toBeTruthy();
    expect(asked).toEqual([[{}, { carrier: 'UA' }]]);
  });
});

describe('a deployment', () => {
  function server(): FakeServer {
    return new FakeServer({
      [`GET ${PATH}`]: () => deployment(),
      [`GET ${PATH}/live`]: () => live({ held_back: { version: 2, since: AT, reason: 'Its measurements are 20 s old.' } }),
      [`GET ${PATH}/history`]: () => ({ items: [event()], next_cursor: null }),
      'GET projects/flights/monitoring/late': () => refusal(404, 'not_found', 'Nothing was measured yet.'),
      'GET projects/flights/monitoring/alerts': () => ({ items: [alert()], next_cursor: null }),
      [`POST ${PATH}/rollback`]: () => deployment({ can_roll_back: false })
    });
  }

  it('shows what is there, and says what is not', async () => {
    const octavo = fakeOctavo(server());
    const model = new DeploymentModel(octavo, { project: 'flights', name: 'late' });
    const wanted = jest.fn();
    model.monitorWanted.connect((_, name) => wanted(name));
    render(<DeploymentPage model={model} octavo={octavo} />);
    expect(await screen.findByRole('img', { name: 'Traffic: v1 90 %, v2 10 %' })).toBeTruthy();
    expect(await screen.findByText('Nothing was measured yet.')).toBeTruthy();
    expect(await screen.findByText('carrier_delay drifted.')).toBeTruthy();
    expect(await screen.findByText(/v1 answers 90 %, v2 10 % as canary · 41.0 requests a second/)).toBeTruthy();
    expect(screen.getByText(/Its measurements are 20 s old/)).toBeTruthy();
    fireEvent.click(screen.getByText('Open monitor'));
    expect(wanted).toHaveBeenCalledWith('late');
    model.dispose();
  });

  it('rolls back with the reason', async () => {
    const asked = server();
    const model = new DeploymentModel(fakeOctavo(asked), { project: 'flights', name: 'late' });
    await model.rollBack('Errors went up.');
    expect(asked.asked.find(one => one.method === 'POST')?.body).toEqual({ reason: 'Errors went up.' });
    model.dispose();
  });

  it('offers promotion and rollback only while there is something to promote or roll back', () => {
    const { rerender } = render(<Traffic deployment={deployment()} {...moves} />);
    expect(screen.getByText('Roll back to v1')).toBeTruthy();
    rerender(<Traffic deployment={deployment({ can_promote: false, can_roll_back: false })} {...moves} />);
    expect(screen.queryByText('Promote')).toBeNull();
  });

  it('says how long a rollback took, who did it, and what a step measured', () => {
    const { rerender } = render(<Traffic deployment={deployment({ rollout: rollout({ id: 'o0', state: 'live', to_version: 1 }), undone: rollout({ state: 'rolled_back', rollback_s: 0.05, automatic: true, message: 'Errors rose.' }) })} {...moves} />);
    expect(screen.getByText('v2 was rolled back by itself; it took 0.050 s until the last answer of v2.')).toBeTruthy();
    expect(screen.getByText('v2: Errors rose.')).toBeTruthy();
    rerender(<Traffic deployment={deployment({ can_pause: true, rollout: rollout() })} {...moves} />);
    expect(screen.getByText('missed').closest('tr')?.textContent).toBe('Errors5.00 %1.00 %0.00 %missed');
    expect(screen.getByText('too early')).toBeTruthy();
    expect(screen.getByText('Pause')).toBeTruthy();
    expect(stageWords(rollout(), new Date('2026-01-01T12:08:00Z'))).toBe('Step 1 of 3, at least 2 min more');
    expect(stageWords(rollout({ paused_at: AT, paused_by: 'oncall' }), new Date(AT))).toBe('Step 1 of 3, held by oncall');
  });

  it('keeps copies out of the bar of those who answer', () => {
    const traffic = [...deployment().traffic, { version: 3, percent: 100, role: 'shadow' as const, scorer: 'ready' as const, restarts: 1, message: '' }];
    render(<Traffic deployment={deployment({ traffic })} shadow={{ version: 3, sent: 40, skipped: 2, failed: 1 }} {...moves} />);
    expect(screen.getByRole('img', { name: 'Traffic: v1 90 %, v2 10 %' })).toBeTruthy();
    expect(screen.getByText('40 copies sent, 2 left out, 1 failed')).toBeTruthy();
    expect(shareLine(deployment({ traffic }))).toBe('v1 90 %, v2 10 %');
  });

  it('draws each version for itself, copies by their name, gaps left out', () => {
    const versions = [liveVersion(), liveVersion({ version: 2, role: 'shadow', percent: 0, shadow_difference: 0.02 })];
    expect(linesOf(versions, point => point.latency_p99_ms).map(line => [line.name, line.points.length])).toEqual([
      ['v1', 1],
      ['v2, copies', 1]
    ]);
    render(<Live figures={live({ versions, dropped_log_rows: 3 })} />);
    expect(screen.getByText('Scores differ by')).toBeTruthy();
    expect(screen.queryByText('Errors, share of the requests')).toBeNull();
    expect(screen.getByText('3 rows could not be kept in the request log.')).toBeTruthy();
  });

  it('tells its story newest first', () => {
    const asked = deploymentRequest({ review: { reviewer: 'reviewer', decision: 'approve', reason: 'Fine.', digest: 'd', at: '2026-01-02T12:00:00Z' } });
    const back = rollout({ state: 'rolled_back', rollback_s: 0.412 });
    const moments = story(deployment({ requests: [asked], rollouts: [back] }), [event({ kind: 'rolled_back', at: '2026-01-03T12:00:00Z', judgement: judgement() }), event({ id: 'e0', at: '2026-01-01T13:00:00Z' })], () => undefined);
    expect(moments.map(moment => moment.key)).toEqual(['event e1', 'review q1', 'event e0', 'request q1']);
    render(<>{moments[0]?.title}</>);
    expect(screen.getByText('in 0.41 s')).toBeTruthy();
    expect(shareLine(deployment())).toBe('v1 90 %, v2 10 %');
  });

  it('has its dashboard in the workspace, its names encoded', () => {
    const url = monitorUrl('/user/s/', 'my flights', 'flights', 'a&b');
    expect(url).toContain('/user/s/voila/render/my%20flights/monitor.ipynb?');
    expect(new URLSearchParams(url.split('?')[1]).get('deployment')).toBe('a&b');
  });
});
