import { addIcon } from '@jupyterlab/ui-components';
import * as React from 'react';

import type { Batch, BatchPartitionList } from '../api/batches';
import { cancelBatch, listBatches, listPartitions, planBatch, readBatch, resumeBatch, startBatch } from '../api/batches';
import type { DeploymentDetail } from '../api/deployments';
import type { IOctavo } from '../tokens';
import { useAction } from '../ui/action';
import { Button } from '../ui/Button';
import { openForm } from '../ui/form';
import { Card } from '../ui/Page';
import { Await, Empty, Failure } from '../ui/states';
import { trans } from '../words';
import { BatchCard, BatchTable, Partitions } from './components/Batches';
import { BatchForm } from './components/BatchForm';
import { usePolled } from './polled';

const SECONDS = 3;

interface ITabProps {
  octavo: IOctavo;
  project: string;
  deployment: DeploymentDetail;
}

/** Tables of the lake that the deployment's model scores, partition by partition. */
export function BatchesTab(props: ITabProps): React.JSX.Element {
  const { octavo, project, deployment } = props;
  const { requests } = octavo;
  const [chosen, setChosen] = React.useState<string | null>(null);
  const { resource: list, node } = usePolled(SECONDS, signal => listBatches(requests, project, deployment.model, signal));
  const refused = octavo.session.refusal('batches.run', project);
  const start = (): void =>
    openForm(trans.__('Score a table with %1', deployment.model), close => (
      <BatchForm
        model={deployment.model}
        version={deployment.traffic.find(share => share.role === 'stable')?.version ?? null}
        environment={deployment.environment}
        onCancel={close}
        onPlan={body => planBatch(requests, project, body)}
        onStart={async body => {
          setChosen((await startBatch(requests, project, body)).id);
          await list.refresh();
          close();
        }}
      />
    ));
  const button = (
    <Button icon={addIcon} refused={refused} onClick={start}>
      {trans.__('New batch')}
    </Button>
  );
  return (
    <div ref={node} className="jp-octavo-Part">
      <Await resource={list}>
        {page => (
          <Card title={trans.__('Batches of %1', deployment.model)} count={page.items.length} aside={button}>
            {page.items.length > 0 ? (
              <BatchTable batches={page.items} chosen={chosen} onOpen={one => setChosen(one.id === chosen ? null : one.id)} />
            ) : (
              <Empty title={trans.__('No table was scored yet')}>
                {trans.__('A batch scores a file or folder of the project’s lake with a registered version: one signed output file for each partition, and nothing twice when a worker dies.')}
              </Empty>
            )}
          </Card>
        )}
      </Await>
      {chosen !== null && <Chosen key={chosen} octavo={octavo} project={project} id={chosen} onChange={() => void list.refresh()} />}
    </div>
  );
}

function Chosen(props: { octavo: IOctavo; project: string; id: string; onChange: () => void }): React.JSX.Element {
  const { octavo, project, id, onChange } = props;
  const { requests } = octavo;
  const { resource, node } = usePolled(SECONDS, signal => readBatch(requests, project, id, signal));
  const step = useAction(async (change: () => Promise<Batch>) => {
    resource.put(await change());
    onChange();
  });
  return (
    <div ref={node} className="jp-octavo-Part">
      <Await resource={resource}>
        {batch => (
          <BatchCard
            batch={batch}
            busy={step.busy}
            refusals={{ cancel: octavo.session.refusal('batches.cancel', project), resume: octavo.session.refusal('batches.run', project) }}
            onCancel={() => step.run(() => cancelBatch(requests, project, id))}
            onResume={() => step.run(() => resumeBatch(requests, project, id))}
          >
            <Parts octavo={octavo} project={project} id={id} />
            {step.error && <Failure error={step.error} />}
          </BatchCard>
        )}
      </Await>
    </div>
  );
}

/** The first partitions as they are now; those that failed for themselves, wherever they stand. */
function Parts(props: { octavo: IOctavo; project: string; id: string }): React.JSX.Element {
  const { octavo, project, id } = props;
  const { requests } = octavo;
  const [failedOnly, setFailedOnly] = React.useState(false);
  const [more, setMore] = React.useState<BatchPartitionList | null>(null);
  const state = failedOnly ? 'failed' : null;
  const { resource, node } = usePolled(SECONDS, signal => listPartitions(requests, project, id, state, '', signal));
  React.useEffect(() => {
    setMore(null);
    void resource.refresh();
  }, [resource, failedOnly]);
  const next = useAction(async (cursor: string) => {
    const page = await listPartitions(requests, project, id, state, cursor);
    setMore({ items: [...(more?.items ?? []), ...page.items], next_cursor: page.next_cursor });
  });
  return (
    <div ref={node}>
      <Button kind="quiet" pressed={failedOnly} onClick={() => setFailedOnly(!failedOnly)}>
        {trans.__('Only those that failed')}
      </Button>
      <Await resource={resource}>
        {page => {
          const cursor = more ? more.next_cursor : page.next_cursor;
          return <Partitions partitions={[...page.items, ...(more?.items ?? [])]} onMore={cursor ? () => next.run(cursor) : undefined} />;
        }}
      </Await>
      {next.error && <Failure error={next.error} />}
    </div>
  );
}
