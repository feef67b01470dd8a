import { fireEvent, render, screen } from '@testing-library/react';
import * as React from 'react';

import { alert, AT, card, deployment, deploymentRequest, HOSTILE } from '../../testing/records';
import { modelVersion } from '../../testing/registry';
import { FakeServer, fakeOctavo, refusal, until } from '../../testing/server';
import { DeployForm } from '../components/DeployForm';
import { story } from '../components/History';
import { Traffic } from '../components/Traffic';
import { columnFault, curlOf, rowOf, scoreText, TryIt } from '../components/TryIt';
import { DeploymentModel, DeploymentRequestModel } from '../model';
import { DeploymentPage, DeploymentRequestPage, shareLine } from '../panel';
import { monitorUrl } from '../plugin';

const PATH = 'projects/flights/deployments/late';

describe('asking for a deployment', () => {
  const open = (onRequest: (body: object) => Promise<unknown>, existing: string[]): void => {
    render(<DeployForm model="late" version={2} versions={[modelVersion({ version: 2 }), modelVersion()]} profiles={[card()]} existing={existing} onRequest={onRequest} onCancel={() => undefined} />);
    fireEvent.change(screen.getByLabelText('Reason'), { target: { value: 'Better on June.' } });
  };

  it('suggests a canary where the model is live already, all traffic where it is not', async () => {
    const sent: object[] = [];
    open(async body => sent.push(body), ['late']);
    fireEvent.click(screen.getByText('Request deployment'));
    await until(() => sent.length === 1);
    expect(sent[0]).toMatchObject({ deployment: 'late', version: 2, traffic: { kind: 'canary', percent: 10 }, objectives: { error_rate: 0.01 } });
  });

  it.each([
    ['Share of the requests', '75'],
    ['Share of the requests', 'half'],
    ['Deployment', 'Late Flights'],
    ['Latency it promises', '0'],
    ['Errors it allows', '101'],
    ['Reason', 'short']
  ])('keeps back %s of %s', (label, value) => {
    const send = jest.fn(() => Promise.resolve());
    open(send, []);
    fireEvent.change(screen.getByLabelText(label), { target: { value } });
    fireEvent.click(screen.getByText('Request deployment'));
    expect(send).not.toHaveBeenCalled();
  });
});

describe('trying a deployment', () => {
  const { inputs } = deployment();

  it('sends a row of the model’s own types, without what is empty', () => {
    expect(rowOf(inputs, { distance: '529', carrier: 'US', plane_delay: '' })).toEqual({ distance: 529, carrier: 'US' });
  });

  it('names what is missing or no number', () => {
    const [distance, , optional] = inputs as [(typeof inputs)[0], (typeof inputs)[0], (typeof inputs)[0]];
    expect(columnFault(distance, '')).toBe('distance is needed.');
    expect(columnFault(distance, 'far')).toBe('far is no number.');
    expect(columnFault(optional, '')).toBeUndefined();
  });

  it('begins with the example and shows the score, who gave it and how fast', async () => {
    const rows: object[] = [];
    const answer = { predictions: [[0.96, 0.04]], model: 'late', version: 1, model_digest: 'd', latency_ms: 6.2, request_id: 'r', failed_over: false };
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
    const curl = curlOf(deployment({ example: { carrier: "O'Hare" } }), 'http://host');
    expect(curl).toContain(`"O'\\''Hare"`);
    expect(curl).toContain("'http://host/services/octavo/api/v1/projects/flights/deployments/late/invocations'");
    expect(curl).not.toContain('Bearer ey');
  });
});

describe('a deployment', () => {
  function server(): FakeServer {
    return new FakeServer({
      [`GET ${PATH}`]: () => deployment(),
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
    const nothing = (): void => undefined;
    const { rerender } = render(<Traffic deployment={deployment()} busy={false} onPromote={nothing} onRollBack={nothing} />);
    expect(screen.getByText('Roll back to v1')).toBeTruthy();
    rerender(<Traffic deployment={deployment({ can_promote: false, can_roll_back: false })} busy={false} onPromote={nothing} onRollBack={nothing} />);
    expect(screen.queryByText('Promote')).toBeNull();
  });

  it('tells its story newest first', () => {
    const asked = deploymentRequest({ review: { reviewer: 'reviewer', decision: 'approve', reason: 'Fine.', digest: 'd', at: '2026-01-02T12:00:00Z' } });
    expect(story(deployment({ requests: [asked] }), () => undefined).map(moment => moment.key)).toEqual(['review q1', 'request q1']);
    expect(shareLine(deployment())).toBe('v1 90 %, v2 10 %');
  });

  it('has its dashboard in the workspace, its names encoded', () => {
    const url = monitorUrl('/user/s/', 'my flights', 'flights', 'a&b');
    expect(url).toContain('/user/s/voila/render/my%20flights/monitor.ipynb?');
    expect(new URLSearchParams(url.split('?')[1]).get('deployment')).toBe('a&b');
  });
});

describe('a deployment request', () => {
  it('shows a hostile reason as text, and tells who may not decide why', async () => {
    const server = new FakeServer({ 'GET projects/flights/deployments/requests/q1': () => deploymentRequest({ reason: HOSTILE, may_review: false, may_not_review_because: 'You asked for it.' }) });
    const octavo = fakeOctavo(server);
    const model = new DeploymentRequestModel(octavo, { project: 'flights', id: 'q1' });
    render(<DeploymentRequestPage model={model} octavo={octavo} />);
    expect((await screen.findByRole('note')).textContent).toContain('You asked for it.');
    expect(screen.getByText(HOSTILE)).toBeTruthy();
    expect(document.querySelector('img')).toBeNull();
    model.dispose();
  });

  it('is decided on exactly what is shown', async () => {
    const server = new FakeServer({
      'GET projects/flights/deployments/requests/q1': () => deploymentRequest(),
      'POST projects/flights/deployments/requests/q1/review': () => deploymentRequest({ state: 'approved', requested_at: AT })
    });
    const octavo = fakeOctavo(server);
    const model = new DeploymentRequestModel(octavo, { project: 'flights', id: 'q1' });
    render(<DeploymentRequestPage model={model} octavo={octavo} />);
    fireEvent.change(await screen.findByLabelText('Reason'), { target: { value: 'Signed and scanned.' } });
    fireEvent.click(screen.getByText('Approve'));
    await until(() => server.asked.some(asked => asked.method === 'POST'));
    expect(server.asked.find(asked => asked.method === 'POST')?.body).toEqual({ decision: 'approve', reason: 'Signed and scanned.', digest: 'ab'.repeat(32) });
    model.dispose();
  });
});
