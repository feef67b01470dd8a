import * as React from 'react';

import type { Run } from '../api/experiments';
import { modelIcon } from '../icon';
import { matches, useQuery } from '../shell/hooks';
import type { IOctavo } from '../tokens';
import { StateDot } from '../ui/Chip';
import { metric, signed } from '../ui/format';
import { Row, Rows } from '../ui/Row';
import { Await, Empty, useResource } from '../ui/states';
import { Time } from '../ui/Time';
import { trans } from '../words';
import type { IRunActions } from './actions';
import { leadingMetrics, runTone, valueOf } from './components/runs';
import type { RecentRuns } from './recent';

/** The sidebar's section of runs. */
export function RunSection(props: { recent: RecentRuns; octavo: IOctavo; actions: IRunActions }): React.JSX.Element {
  const { recent, octavo } = props;
  const query = useQuery(octavo.session);
  const project = octavo.session.project;
  return (
    <Await resource={recent.runs.resource} compact lines={4}>
      {page => {
        const [lead] = leadingMetrics(page.metrics, 1);
        const shown = page.items.filter(run => matches(query, run.name, run.experiment, run.owner));
        return page.items.length === 0 ? (
          <Empty title={trans.__('No runs yet')}>{trans.__('Run a notebook that logs to MLflow; it appears here at once.')}</Empty>
        ) : (
          <Rows
            label={trans.__('Runs')}
            more={{ label: trans._n('Open the table', 'All %1 runs', page.total, page.total.toLocaleString('en-US')), onClick: () => octavo.open('runs', { project }) }}
          >
            {shown.map(run => (
              <Row
                key={run.run_id}
                lead={<StateDot tone={runTone(run)} label={run.status} />}
                title={run.name}
                figure={lead && <Figure run={run} name={lead} />}
                detail={
                  <>
                    {lead && `${lead} · `}
                    {run.baseline && `${trans.__('baseline')} · `}
                    <Time at={run.started_at} /> · {run.experiment}
                    {run.registered.length > 0 && ` · ${run.registered.join(', ')}`}
                  </>
                }
                onOpen={() => octavo.open('run', { project, id: run.run_id })}
                next={run.models > 0 ? { label: trans.__('Register'), icon: modelIcon, refused: octavo.session.refusal('registry.register'), onClick: () => props.actions.register(project, run) } : undefined}
              />
            ))}
          </Rows>
        );
      }}
    </Await>
  );
}

/** The leading metric, and how it differs from the baseline. */
function Figure(props: { run: Run; name: string }): React.JSX.Element {
  const { run, name } = props;
  const delta = run.baseline ? undefined : valueOf(run.deltas, name);
  return (
    <span title={typeof delta === 'number' ? trans.__('%1, %2 against the baseline', name, signed(delta)) : name}>
      {metric(valueOf(run.metrics, name))}
      {typeof delta === 'number' && <span className="jp-octavo-RunCell-aside">{signed(delta)}</span>}
    </span>
  );
}

/** How many runs are live. */
export function RunBadge(props: { recent: RecentRuns }): React.JSX.Element | null {
  const experiments = useResource(props.recent.experiments.resource).value;
  const page = useResource(props.recent.runs.resource).value;
  const live = experiments?.items.reduce((sum, experiment) => sum + experiment.live, 0) ?? 0;
  return page ? <>{live > 0 ? trans.__('%1 live', live) : page.total.toLocaleString('en-US')}</> : null;
}
