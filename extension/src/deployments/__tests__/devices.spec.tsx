import { fireEvent, render, screen } from '@testing-library/react';
import * as React from 'react';

import type { EdgeDevice, EdgeDeviceList } from '../../api/edge';
import { AT, HOSTILE } from '../../testing/records';
import { FakeServer, fakeOctavo, until } from '../../testing/server';
import { Devices, standing, trouble } from '../components/Devices';
import { DevicesTab } from '../devices';

const PATH = 'projects/flights/deployments/late/edge/devices';

function device(changes: Partial<EdgeDevice> = {}): EdgeDevice {
  return {
    device: 'kiosk-1',
    consumer: 'kiosks',
    client: 'octavo-edge 0.1.0',
    version: 2,
    standing: 'current',
    silent: false,
    requests: 1200,
    errors: 3,
    dropped: 0,
    latency_p50_ms: 0.1,
    latency_p95_ms: 0.4,
    latency_p99_ms: 0.9,
    last_error: null,
    refusal: null,
    first_seen_at: AT,
    last_seen_at: AT,
    ...changes
  };
}

function list(changes: Partial<EdgeDeviceList> = {}): EdgeDeviceList {
  return { items: [device()], next_cursor: null, live_version: 2, pullable: true, why_not: null, ...changes };
}

describe('devices of a deployment', () => {
  it('shows what each holds, how that stands, and what it says', async () => {
    const items = [device({ device: 'kiosk-2', version: 1, standing: 'behind', refusal: HOSTILE }), device()];
    const server = new FakeServer({ [`GET ${PATH}`]: () => list({ items }) });
    render(<DevicesTab octavo={fakeOctavo(server)} project="flights" deployment="late" />);
    expect(await screen.findByText('kiosk-2')).toBeTruthy();
    expect(screen.getByText('behind')).toBeTruthy();
    expect(screen.getByText('v2 is live')).toBeTruthy();
    expect(screen.getByText(`Refused: ${HOSTILE}`)).toBeTruthy();
    expect(document.querySelector('img')).toBeNull();
  });

  it('teaches how the first device follows', async () => {
    const server = new FakeServer({ [`GET ${PATH}`]: () => list({ items: [] }) });
    render(<DevicesTab octavo={fakeOctavo(server)} project="flights" deployment="late" />);
    expect(await screen.findByText('No device follows this deployment')).toBeTruthy();
    expect(screen.getByLabelText('How a device follows').textContent).toContain('--project flights');
    expect(screen.getByLabelText('How a device follows').textContent).toContain('--deployment late');
  });

  it('says why the live version has no form for devices', () => {
    const why = 'Version 2 of late has no ONNX form for devices: a forest.';
    render(<Devices project="flights" deployment="late" list={list({ pullable: false, why_not: why })} refused={undefined} onRemove={() => undefined} />);
    expect(screen.getByRole('note').textContent).toBe(why);
  });

  it('removes one that is gone, where one may', async () => {
    const removed: string[] = [];
    const props = { project: 'flights', deployment: 'late', list: list(), onRemove: (one: EdgeDevice) => void removed.push(one.device) };
    const { rerender } = render(<Devices {...props} refused={undefined} />);
    fireEvent.click(screen.getByLabelText('Remove device kiosk-1'));
    await until(() => removed.length === 1);
    rerender(<Devices {...props} refused="You may not remove devices." />);
    fireEvent.click(screen.getByLabelText(/Remove device kiosk-1/));
    expect(removed).toEqual(['kiosk-1']);
  });

  it('has a word for every standing', () => {
    expect(standing(device())).toEqual(['good', 'current']);
    expect(standing(device({ standing: 'ahead' }))).toEqual(['warn', 'ahead']);
    expect(standing(device({ standing: 'empty', version: null }))).toEqual(['bad', 'no model']);
    expect(standing(device({ standing: 'behind', silent: true }))).toEqual(['idle', 'silent']);
    expect(trouble(device())).toBe('–');
    expect(trouble(device({ last_error: 'Row 0 has no value.' }))).toBe('Newest error: Row 0 has no value.');
  });
});
