import * as React from 'react';

import type { DeploymentDetail } from '../api/deployments';
import { changeRequestLog, readLoggedRows, readRequestLog } from '../api/serving';
import type { IOctavo } from '../tokens';
import { openForm } from '../ui/form';
import { Await } from '../ui/states';
import { trans } from '../words';
import { Kept, KeptForm, KeptRows } from './components/Kept';
import { usePolled } from './polled';

const SECONDS = 10;
const ROWS = 50;

/** What of the requests is kept: how much, without which columns, how long; and the newest of it. */
export function RequestLogTab(props: { octavo: IOctavo; project: string; deployment: DeploymentDetail }): React.JSX.Element {
  const { octavo, project, deployment } = props;
  const { requests } = octavo;
  const { name } = deployment;
  const { resource: log, node } = usePolled(SECONDS, signal => readRequestLog(requests, project, name, signal));
  const { resource: rows } = usePolled(null, signal => readLoggedRows(requests, project, name, ROWS, signal));
  return (
    <div ref={node} className="jp-octavo-Part">
      <Await resource={log}>
        {kept => (
          <Kept
            log={kept}
            refused={octavo.session.refusal('deployments.log_change', project)}
            onChange={() =>
              openForm(trans.__('What is kept of the requests'), close => (
                <KeptForm
                  log={kept}
                  columns={deployment.inputs.map(column => column.name)}
                  onCancel={close}
                  onChange={async body => {
                    log.put(await changeRequestLog(requests, project, name, body));
                    close();
                  }}
                />
              ))
            }
          />
        )}
      </Await>
      <Await resource={rows}>{page => <KeptRows rows={page.items} onRefresh={() => void rows.refresh()} />}</Await>
    </div>
  );
}
