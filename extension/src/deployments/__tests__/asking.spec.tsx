import { fireEvent, render, screen } from '@testing-library/react';
import * as React from 'react';

import { card } from '../../testing/records';
import { modelVersion } from '../../testing/registry';
import { until } from '../../testing/server';
import { fault, firstValues, planOf } from '../asking';
import { DeployForm } from '../components/DeployForm';
import { planSentences, trafficWords } from '../words';

describe('asking for a deployment', () => {
  const open = (onRequest: (body: object) => Promise<unknown>, existing: string[]): void => {
    render(<DeployForm model="late" version={2} versions={[modelVersion({ version: 2 }), modelVersion({ aliases: ['champion'] })]} profiles={[card()]} existing={existing} onRequest={onRequest} onCancel={() => undefined} />);
    fireEvent.change(screen.getByLabelText('Reason'), { target: { value: 'Better on June.' } });
  };

  it('suggests a canary where the model is live already, all traffic where it is not', async () => {
    const sent: object[] = [];
    open(async body => sent.push(body), ['late']);
    fireEvent.click(screen.getByText('Request deployment'));
    await until(() => sent.length === 1);
    expect(sent[0]).toMatchObject({ deployment: 'late', version: 2, alias: null, traffic: { kind: 'canary', percent: 10, steps: [], shadow: null }, objectives: { error_rate: 0.01, latency_p99_ms: null }, rate_limit: null });
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
    open(send, ['late']);
    fireEvent.change(screen.getByLabelText(label), { target: { value } });
    fireEvent.click(screen.getByText('Request deployment'));
    expect(send).not.toHaveBeenCalled();
  });

  it('sends steps, copies, objectives, limits and an alias as they are typed', async () => {
    const sent: object[] = [];
    open(async body => sent.push(body), ['late']);
    fireEvent.change(screen.getByLabelText('Version of late'), { target: { value: '@champion' } });
    fireEvent.change(screen.getByLabelText('How it takes over'), { target: { value: 'steps' } });
    fireEvent.click(screen.getByLabelText('Remove Step 3'));
    fireEvent.click(screen.getByLabelText('Copies of requests first'));
    fireEvent.change(screen.getByLabelText('Slowest it allows'), { target: { value: '40' } });
    fireEvent.click(screen.getByLabelText('Limit what one caller may send'));
    fireEvent.click(screen.getByText('Request deployment'));
    await until(() => sent.length === 1);
    expect(sent[0]).toMatchObject({
      version: null,
      alias: 'champion',
      traffic: { kind: 'canary', then: 'promote', shadow: { percent: 100, bake_s: 600 }, steps: [{ percent: 5, bake_s: 600, min_requests: 100 }, { percent: 25 }] },
      objectives: { latency_p99_ms: 40 },
      rate_limit: { per_second: 50, burst: 100 }
    });
  });

  it('says what is wrong with a plan, at which step, with which value', () => {
    const values = { ...firstValues('late', 'late', 2, 'cpu-small'), takeover: 'steps' as const, reason: 'Better on June.' };
    const step = { percent: '10', minutes: '10', requests: '100' };
    expect(fault({ ...values, steps: [step, { ...step, percent: '10' }] })).toBe('Step 2: its share of 10 % has to be larger than the step’s before.');
    expect(fault({ ...values, steps: [{ ...step, minutes: '-1' }] })).toBe('Step 1: -1 is no time of 0 to 10080 minutes.');
    expect(fault({ ...values, steps: [{ ...step, requests: '' }] })).toBe('Step 1: – is no number of 1 to 1,000,000 requests.');
    expect(fault({ ...values, shadowed: true, shadow: { ...step, percent: '101' } })).toBe('Copies: 101 is no share of 1 to 100 percent.');
    expect(fault(values)).toBeUndefined();
  });

  it('says in sentences what a plan does, in its order', () => {
    const values = firstValues('late', 'late', 2, 'cpu-small');
    expect(planSentences(planOf({ ...values, takeover: 'direct' }))).toEqual(['All requests as soon as it is ready.']);
    expect(planSentences(planOf({ ...values, takeover: 'shadow' }))).toEqual(['Copies of 100 % of the requests, read by nobody, for at least 10 min and 100 requests.', 'A person promotes it or ends it.']);
    expect(planSentences(planOf({ ...values, takeover: 'steps', shadowed: true }))).toHaveLength(5);
    expect(trafficWords(planOf({ ...values, takeover: 'steps' }))).toBe('canary of 5, 25, 50 %');
  });
});
