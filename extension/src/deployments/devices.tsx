import * as React from 'react';

import { listDevices, removeDevice } from '../api/edge';
import type { IOctavo } from '../tokens';
import { askReason } from '../ui/form';
import { Await } from '../ui/states';
import { trans } from '../words';
import { LEAST } from './asking';
import { Devices } from './components/Devices';
import { usePolled } from './polled';

const SECONDS = 10;

/** The devices that hold a deployment's model away from the platform. */
export function DevicesTab(props: { octavo: IOctavo; project: string; deployment: string }): React.JSX.Element {
  const { octavo, project, deployment } = props;
  const { requests } = octavo;
  const { resource, node } = usePolled(SECONDS, signal => listDevices(requests, project, deployment, signal));
  return (
    <div ref={node} className="jp-octavo-Part">
      <Await resource={resource}>
        {list => (
          <Devices
            project={project}
            deployment={deployment}
            list={list}
            refused={octavo.session.refusal('edge.manage', project)}
            onRemove={device =>
              askReason({
                title: trans.__('Remove %1', device.device),
                body: trans.__('What it told is forgotten. A device that is still there joins again; revoke its token to keep it out.'),
                submit: trans.__('Remove'),
                label: trans.__('Why'),
                least: LEAST,
                danger: true,
                step: async reason => resource.put(await removeDevice(requests, project, deployment, device.device, reason))
              })
            }
          />
        )}
      </Await>
    </div>
  );
}
