import { fireEvent, render, screen } from '@testing-library/react';
import * as React from 'react';

import type { Replay } from '../../api/deployments';
import { evidence } from '../../testing/deployments';
import { AT, deploymentRequest, HOSTILE } from '../../testing/records';
import { FakeServer, fakeOctavo, until } from '../../testing/server';
import { Grounds, sides } from '../components/Grounds';
import { DeploymentRequestPage } from '../review';
import { DeploymentRequestModel } from '../reviewing';

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
      'GET projects/flights/deployments/requests/q1': () => deploymentRequest({ evidence: evidence() }),
      'POST projects/flights/deployments/requests/q1/review': () => deploymentRequest({ state: 'approved', requested_at: AT })
    });
    const octavo = fakeOctavo(server);
    const model = new DeploymentRequestModel(octavo, { project: 'flights', id: 'q1' });
    render(<DeploymentRequestPage model={model} octavo={octavo} />);
    fireEvent.change(await screen.findByLabelText('Reason'), { target: { value: 'Signed and scanned.' } });
    fireEvent.click(screen.getByText('Approve'));
    await until(() => server.asked.some(asked => asked.method === 'POST'));
    expect(server.asked.find(asked => asked.method === 'POST')?.body).toEqual({ decision: 'approve', reason: 'Signed and scanned.', digest: 'ab'.repeat(32), evidence_digest: 'cd'.repeat(32) });
    model.dispose();
  });

  it('shows what both versions did with the same requests, to whom and at what cost', () => {
    render(<Grounds evidence={evidence()} busy={false} onGather={() => undefined} />);
    expect(sides(evidence().replay as Replay).map(side => [side.candidate, side.champion])).toContainEqual(['0.004200 €', '0.004200 €']);
    const segment = screen.getByText('carrier = UA').closest('tr')?.textContent;
    expect(segment).toContain('−0.2');
    expect(screen.getByText('booking-site').closest('tr')?.textContent).toContain('not yet');
    expect(screen.getByText(/Its newest value is 2 h old/)).toBeTruthy();
  });

  it('says that evidence is under way, out of date or missing', () => {
    const gather = jest.fn();
    const { rerender } = render(<Grounds evidence={evidence({ state: 'gathering', message: 'Scoring 200 requests.' })} busy={false} onGather={gather} />);
    expect(screen.getByRole('progressbar', { name: 'Gathering evidence' })).toBeTruthy();
    rerender(<Grounds evidence={evidence({ stale_because: ['The alias champion moved to v3.'] })} busy={false} onGather={gather} />);
    expect(screen.getByText('out of date')).toBeTruthy();
    fireEvent.click(screen.getByText('Gather again'));
    expect(gather).toHaveBeenCalledTimes(1);
    rerender(<Grounds evidence={evidence({ replay: null, consumers: [] })} busy={false} refused="The request is applied." onGather={gather} />);
    expect(screen.getByText(/nothing to replay/)).toBeTruthy();
    fireEvent.click(screen.getByText('Gather again'));
    expect(gather).toHaveBeenCalledTimes(1);
  });
});
