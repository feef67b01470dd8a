import { fireEvent, render, screen } from '@testing-library/react';
import * as React from 'react';

import type { BatchPlan, BatchRequest } from '../../api/batches';
import { batch, batchPlan, partition } from '../../testing/deployments';
import { deployment, HOSTILE } from '../../testing/records';
import { FakeServer, fakeOctavo, until } from '../../testing/server';
import { BatchesTab } from '../batches';
import { BatchForm } from '../components/BatchForm';

const PATH = 'projects/flights/batches';

function page<T>(...items: T[]): { items: T[]; next_cursor: null } {
  return { items, next_cursor: null };
}

describe('batches', () => {
  it('teaches what one is where there is none', async () => {
    const server = new FakeServer({ [`GET ${PATH}`]: () => page() });
    render(<BatchesTab octavo={fakeOctavo(server)} project="flights" deployment={deployment()} />);
    expect(await screen.findByText('No table was scored yet')).toBeTruthy();
    expect(screen.getByText(/one signed output file for each partition/)).toBeTruthy();
    expect(server.asked.find(asked => asked.url.pathname.endsWith('/batches'))?.url.searchParams.get('model')).toBe(deployment().model);
  });

  it('opens one with its partitions, and names what failed as text', async () => {
    const failed = partition({ number: 1, name: 'month=2013-02', state: 'failed', digest: null, message: `Column ${HOSTILE}, row 7: null.`, remedy: 'Send a value.' });
    const server = new FakeServer({
      [`GET ${PATH}`]: () => page(batch()),
      [`GET ${PATH}/b1`]: () => batch(),
      [`GET ${PATH}/b1/partitions`]: () => page(partition(), failed)
    });
    render(<BatchesTab octavo={fakeOctavo(server)} project="flights" deployment={deployment()} />);
    fireEvent.click(await screen.findByText('curated/flights_late'));
    expect(await screen.findByText(`Column ${HOSTILE}, row 7: null. Send a value.`)).toBeTruthy();
    expect(document.querySelector('img')).toBeNull();
    expect(screen.getByText('dddddddd', { exact: false })).toBeTruthy();
    const bar = screen.getByRole('progressbar');
    expect([bar.getAttribute('aria-valuenow'), bar.getAttribute('aria-valuemax')]).toEqual(['3', '12']);
  });

  it('shows only partitions that failed when one asks, and further pages', async () => {
    const server = new FakeServer({
      [`GET ${PATH}`]: () => page(batch()),
      [`GET ${PATH}/b1`]: () => batch(),
      [`GET ${PATH}/b1/partitions`]: asked => (asked.url.searchParams.get('cursor') ? page(partition({ number: 1, name: 'month=2013-02' })) : { items: [partition()], next_cursor: '1' })
    });
    render(<BatchesTab octavo={fakeOctavo(server)} project="flights" deployment={deployment()} />);
    fireEvent.click(await screen.findByText('curated/flights_late'));
    fireEvent.click(await screen.findByText('Show more partitions'));
    expect(await screen.findByText('month=2013-02')).toBeTruthy();
    fireEvent.click(screen.getByText('Only those that failed'));
    await until(() => server.asked.some(asked => asked.url.searchParams.get('state') === 'failed'));
  });

  it('cancels what is under way and resumes what was cancelled', async () => {
    const server = new FakeServer({
      [`GET ${PATH}`]: () => page(batch()),
      [`GET ${PATH}/b1`]: () => batch(),
      [`GET ${PATH}/b1/partitions`]: () => page(partition()),
      [`POST ${PATH}/b1/cancel`]: () => batch({ state: 'cancelled', can_cancel: false, can_resume: true, message: 'scientist cancelled it.' }),
      [`POST ${PATH}/b1/resume`]: () => batch({ state: 'queued' })
    });
    render(<BatchesTab octavo={fakeOctavo(server)} project="flights" deployment={deployment()} />);
    fireEvent.click(await screen.findByText('curated/flights_late'));
    fireEvent.click(await screen.findByText('Cancel batch'));
    expect(await screen.findByText('scientist cancelled it.')).toBeTruthy();
    fireEvent.click(screen.getByText('Resume'));
    await until(() => server.asked.some(asked => asked.url.pathname.endsWith('/b1/resume')));
  });
});

describe('the form of a batch', () => {
  function form(plan: BatchPlan = batchPlan()): { planned: BatchRequest[]; started: BatchRequest[] } {
    const planned: BatchRequest[] = [];
    const started: BatchRequest[] = [];
    render(
      <BatchForm
        model="flights-late"
        version={1}
        environment="prod"
        onPlan={async body => {
          planned.push(body);
          return plan;
        }}
        onStart={async body => started.push(body)}
        onCancel={() => undefined}
      />
    );
    return { planned, started };
  }

  function type(label: string, value: string): void {
    fireEvent.change(screen.getByLabelText(label), { target: { value } });
  }

  it('says what it would do before it does anything', async () => {
    const { planned, started } = form();
    fireEvent.click(screen.getByText('Show what it would do'));
    expect(planned).toEqual([]);
    type('File or folder of the lake', 'curated/flights_late');
    type('Columns to keep', 'flight, tailnum,flight');
    fireEvent.click(screen.getByText('Show what it would do'));
    expect(await screen.findByText('12 partitions, 2.0 KiB')).toBeTruthy();
    expect(started).toEqual([]);
    fireEvent.click(screen.getByText('Start batch'));
    await until(() => started.length === 1);
    expect(started[0]).toEqual({ source: 'curated/flights_late', model: 'flights-late', version: 1, alias: null, environment: 'prod', keep: ['flight', 'tailnum'], max_failures: 5 });
  });

  it('plans again after every change, and takes an alias', async () => {
    const { planned } = form();
    type('File or folder of the lake', 'curated/flights_late');
    fireEvent.click(screen.getByText('Show what it would do'));
    await screen.findByText('Start batch');
    type('Version or alias of flights-late', 'champion');
    fireEvent.click(screen.getByText('Show what it would do'));
    await until(() => planned.length === 2);
    expect([planned[1]?.version, planned[1]?.alias]).toEqual([null, 'champion']);
  });

  it('starts nothing that is refused', async () => {
    const { started } = form(batchPlan({ refusal: 'The budget of flights for this month is used up.' }));
    type('File or folder of the lake', 'curated/flights_late');
    fireEvent.click(screen.getByText('Show what it would do'));
    expect(await screen.findByText('The budget of flights for this month is used up.')).toBeTruthy();
    fireEvent.click(screen.getByText('Start batch'));
    expect(started).toEqual([]);
    type('Partitions that may fail', '-1');
    expect(screen.getByText('Partitions that may fail are 0 to 2,000.')).toBeTruthy();
  });
});
