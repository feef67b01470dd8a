import * as React from 'react';

import type { EdgeDevice, EdgeDeviceList } from '../../api/edge';
import { Button } from '../../ui/Button';
import type { Tone } from '../../ui/Chip';
import { Chip } from '../../ui/Chip';
import { Code } from '../../ui/Code';
import { metric, ms } from '../../ui/format';
import { Card } from '../../ui/Page';
import { Empty } from '../../ui/states';
import type { IColumn } from '../../ui/Table';
import { Table } from '../../ui/Table';
import { Time } from '../../ui/Time';
import { trans } from '../../words';

/** How a device stands, in one word and a tone. */
export function standing(device: EdgeDevice): [Tone, string] {
  if (device.silent) {
    return ['idle', trans.__('silent')];
  }
  switch (device.standing) {
    case 'current':
      return ['good', trans.__('current')];
    case 'behind':
      return ['warn', trans.__('behind')];
    case 'ahead':
      return ['warn', trans.__('ahead')];
    case 'empty':
      return ['bad', trans.__('no model')];
  }
}

/** What a device said is wrong: a refused pull counts more than a failed prediction. */
export function trouble(device: EdgeDevice): string {
  if (device.refusal) {
    return trans.__('Refused: %1', device.refusal);
  }
  return device.last_error ? trans.__('Newest error: %1', device.last_error) : '–';
}

const columns = (refused: string | undefined, onRemove: (device: EdgeDevice) => void): IColumn<EdgeDevice>[] => [
  { id: 'device', title: trans.__('Device'), cell: row => <b>{row.device}</b>, sort: row => row.device },
  { id: 'version', title: trans.__('Holds'), cell: row => (row.version === null ? '–' : `v${row.version}`), sort: row => row.version },
  {
    id: 'standing',
    title: '',
    cell: row => {
      const [tone, word] = standing(row);
      return <Chip tone={tone}>{word}</Chip>;
    },
    sort: row => row.standing
  },
  { id: 'seen', title: trans.__('Last seen'), cell: row => <Time at={row.last_seen_at} />, sort: row => row.last_seen_at },
  { id: 'requests', title: trans.__('Requests'), numeric: true, cell: row => metric(row.requests), sort: row => row.requests },
  { id: 'errors', title: trans.__('Failed'), numeric: true, cell: row => metric(row.errors), sort: row => row.errors },
  { id: 'p95', title: trans.__('95 %'), numeric: true, cell: row => (row.latency_p95_ms === null ? '–' : ms(row.latency_p95_ms)), sort: row => row.latency_p95_ms },
  { id: 'trouble', title: trans.__('What it says'), wraps: true, cell: row => trouble(row) },
  { id: 'consumer', title: trans.__('Token of'), cell: row => row.consumer, sort: row => row.consumer },
  {
    id: 'remove',
    title: '',
    cell: row => (
      <Button kind="quiet" refused={refused} label={trans.__('Remove device %1', row.device)} onClick={() => onRemove(row)}>
        {trans.__('Remove')}
      </Button>
    )
  }
];

/** Props of the devices of a deployment. */
export interface IDevicesProps {
  deployment: string;
  project: string;
  list: EdgeDeviceList;
  /** Why who looks may not remove one. */
  refused: string | undefined;
  onRemove: (device: EdgeDevice) => void;
}

/** The devices that hold a deployment's model, those that need a look first. */
export function Devices(props: IDevicesProps): React.JSX.Element {
  const { list } = props;
  const live = list.live_version;
  return (
    <Card title={trans.__('Devices')} count={list.items.length} aside={live === null ? undefined : <Chip>{trans.__('v%1 is live', live)}</Chip>}>
      {!list.pullable && (
        <p role="note" className="jp-octavo-Muted">
          {list.why_not}
        </p>
      )}
      {list.items.length > 0 ? <Table label={trans.__('Devices')} rows={list.items} columns={columns(props.refused, props.onRemove)} rowKey={row => row.device} low /> : <First {...props} />}
    </Card>
  );
}

/** How the first device comes to follow this deployment. */
function First(props: IDevicesProps): React.JSX.Element {
  const command = ['octavo keys keys.json', `octavo-edge --key keys.json --url ${trans.__('ADDRESS')} --project ${props.project} \\`, `  --deployment ${props.deployment} --device ${trans.__('NAME')} --token-file token run`].join('\n');
  return (
    <Empty title={trans.__('No device follows this deployment')} action={<Code code={command} label={trans.__('How a device follows')} />}>
      {trans.__('A device pulls the live version as a signed ONNX bundle and predicts without network. Make a consumer with a token for it, install octavo[edge] there, and run:')}
    </Empty>
  );
}
