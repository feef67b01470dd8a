import { runIcon } from '@jupyterlab/ui-components';
import * as React from 'react';

import type { MaterializationPipeline, MaterializationPipelineList } from '../../api/materialization';
import { matches } from '../../shell/hooks';
import type { ProjectList } from '../../shell/list';
import type { IOctavo } from '../../tokens';
import { StateDot } from '../../ui/Chip';
import { Row, Rows } from '../../ui/Row';
import { useResource } from '../../ui/states';
import { Time } from '../../ui/Time';
import { trans } from '../../words';
import { stateTone } from './components/states';
import { askMaterialize } from './forms';

/** Materialisations among the pipelines of the sidebar; nothing where a project has none. */
export function MaterializationRows(props: { list: ProjectList<MaterializationPipelineList>; octavo: IOctavo; query: string }): React.JSX.Element | null {
  const { octavo } = props;
  const state = useResource(props.list.resource);
  const items = (state.value?.items ?? []).filter(one => matches(props.query, one.name));
  const project = octavo.session.project;
  if (items.length === 0) {
    return state.error && !state.value ? <p className="jp-octavo-Muted">{trans.__('Materialisations can not be read: %1', state.error.message)}</p> : null;
  }
  return (
    <>
      <p className="jp-octavo-Rows-title">{trans.__('Materialisations')}</p>
      <Rows label={trans.__('Materialisations')}>
        {items.map(one => (
          <MaterializationRow
            key={`${one.kind}:${one.name}`}
            pipeline={one}
            onOpen={() => octavo.open('materialization', { project, kind: one.kind, name: one.name })}
            refused={octavo.session.refusal('features.materialize')}
            onRun={() => askMaterialize(octavo, { project, kind: one.kind, name: one.name }, false)}
          />
        ))}
      </Rows>
    </>
  );
}

function MaterializationRow(props: { pipeline: MaterializationPipeline; refused: string | undefined; onOpen: () => void; onRun: () => void }): React.JSX.Element {
  const { pipeline } = props;
  const { last } = pipeline;
  const late = pipeline.late.length > 0;
  const tone = late ? 'bad' : last ? stateTone(last.state) : 'idle';
  return (
    <Row
      lead={<StateDot tone={tone} label={late ? trans.__('late') : (last?.state ?? trans.__('never ran'))} />}
      title={pipeline.name}
      figure={figureOf(pipeline)}
      detail={
        late ? (
          pipeline.late[0]
        ) : (
          <>
            {pipeline.kind === 'service' ? trans.__('service') : trans.__('view')}
            {pipeline.next_at && (
              <>
                {` · ${trans.__('next')} `}
                <Time at={pipeline.next_at} />
              </>
            )}
          </>
        )
      }
      onOpen={props.onOpen}
      next={{ label: trans.__('Materialise'), icon: runIcon, refused: props.refused, onClick: props.onRun }}
    />
  );
}

function figureOf(pipeline: MaterializationPipeline): React.ReactNode {
  const { last } = pipeline;
  if (pipeline.late.length > 0) {
    return trans.__('late');
  }
  if (last?.state === 'running') {
    return trans.__('%1 of %2', last.windows_done, last.windows);
  }
  return last ? last.state : trans.__('never ran');
}
