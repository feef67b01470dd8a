import { runIcon } from '@jupyterlab/ui-components';
import * as React from 'react';

import type { MaterializationPipelineList } from '../api/materialization';
import type { ReleaseList, SubmissionList } from '../api/notebooks';
import type { Pipeline, PipelineList, PipelineRunList } from '../api/pipelines';
import { MaterializationRows } from '../features/materialization/rows';
import { SubmissionRow, waiting } from '../notebooks/panel';
import { matches, useQuery } from '../shell/hooks';
import type { ProjectList } from '../shell/list';
import type { IOctavo } from '../tokens';
import { StateDot } from '../ui/Chip';
import { Row, Rows } from '../ui/Row';
import { Await, Empty, useResource } from '../ui/states';
import { Time } from '../ui/Time';
import { trans } from '../words';
import type { IPipelineActions } from './actions';
import { HandedOff, handedOff } from './components/HandedOff';
import { stateTone } from './components/RunList';

/** The lists of the sidebar's section. */
export interface IPipelineLists {
  submissions: ProjectList<SubmissionList>;
  releases: ProjectList<ReleaseList>;
  pipelines: ProjectList<PipelineList>;
  /** Views and services that are materialised. */
  materialized: ProjectList<MaterializationPipelineList>;
  /** The newest runs, handed-off ones among them. */
  runs: ProjectList<PipelineRunList>;
}

/** The sidebar's section: what waits for review, what runs, what could run. */
export function PipelineSection(props: { lists: IPipelineLists; octavo: IOctavo; actions: IPipelineActions }): React.JSX.Element {
  const { lists, octavo, actions } = props;
  const query = useQuery(octavo.session);
  const submissions = waiting(useResource(lists.submissions.resource).value).filter(one => matches(query, one.name, one.submitted_by));
  const releases = (useResource(lists.releases.resource).value?.items ?? []).filter(one => matches(query, one.name));
  const runs = useResource(lists.runs.resource).value?.items ?? [];
  const materialized = (useResource(lists.materialized.resource).value?.items ?? []).filter(one => matches(query, one.name)).length;
  const project = octavo.session.project;
  return (
    <Await resource={lists.pipelines.resource} compact>
      {page => (
        <>
          {submissions.length > 0 && <Rows label={trans.__('Submissions')}>{submissions.map(one => <SubmissionRow key={one.id} submission={one} octavo={octavo} />)}</Rows>}
          {page.items.length > 0 && (
            <Rows label={trans.__('Pipelines')}>
              {page.items
                .filter(pipeline => matches(query, pipeline.name, pipeline.title))
                .map(pipeline => (
                  <PipelineRow key={pipeline.name} pipeline={pipeline} onOpen={() => octavo.open('pipeline', { project, name: pipeline.name })} onRun={() => actions.run(pipeline)} />
                ))}
            </Rows>
          )}
          <MaterializationRows list={lists.materialized} octavo={octavo} query={query} />
          <HandedOff runs={handedOff(runs, query)} onOpen={id => octavo.open('pipeline-run', { project, id })} />
          {releases.length > 0 && (
            <>
              <p className="jp-octavo-Rows-title">{trans.__('Releases')}</p>
              <Rows label={trans.__('Releases')}>
                {releases.map(release => (
                  <Row
                    key={release.digest}
                    title={trans.__('%1 release %2', release.name, release.number)}
                    figure={<Time at={release.created_at} />}
                    onOpen={() => octavo.open('release', { project, digest: release.digest })}
                    next={{ label: trans.__('Run'), icon: runIcon, onClick: () => actions.runRelease(project, release.digest) }}
                  />
                ))}
              </Rows>
            </>
          )}
          {page.items.length + submissions.length + releases.length + materialized + handedOff(runs, query).length === 0 && (
            <Empty title={query ? trans.__('Nothing matches') : trans.__('Nothing released yet')}>
              {query ? '' : trans.__('Submit a notebook with the Octavo button in its toolbar.')}
            </Empty>
          )}
        </>
      )}
    </Await>
  );
}

function PipelineRow(props: { pipeline: Pipeline; onOpen: () => void; onRun: () => void }): React.JSX.Element {
  const { pipeline } = props;
  const last = pipeline.last_run;
  const next = pipeline.schedules.map(schedule => schedule.next_at).filter(Boolean).sort()[0];
  return (
    <Row
      lead={last ? <StateDot tone={stateTone(last.state)} label={last.state} /> : undefined}
      title={pipeline.name}
      figure={last ? (last.verdict ?? last.state) : trans.__('never ran')}
      detail={
        <>
          {pipeline.graph ? trans._n('%1 step', '%1 steps', pipeline.graph.steps.length) : trans.__('release %1', pipeline.release_number)}
          {next && (
            <>
              {` · ${trans.__('next')} `}
              <Time at={next} />
            </>
          )}
        </>
      }
      onOpen={props.onOpen}
      next={{ label: trans.__('Run'), icon: runIcon, onClick: props.onRun }}
    />
  );
}

/** How many submissions wait for somebody. */
export function ReviewBadge(props: { lists: IPipelineLists }): React.JSX.Element | null {
  const review = waiting(useResource(props.lists.submissions.resource).value).filter(one => one.state === 'reviewable').length;
  const pipelines = useResource(props.lists.pipelines.resource).value?.items.length;
  return review > 0 ? <>{trans.__('%1 to review', review)}</> : <>{pipelines ?? ''}</>;
}
