import { tableRowsIcon } from '@jupyterlab/ui-components';
import * as React from 'react';

import type { IResourceState } from '../../resource';
import { Button } from '../../ui/Button';
import { Empty, Failure, Skeleton, Stale } from '../../ui/states';
import { trans } from '../../words';
import type { IFound, RunsModel } from '../runsModel';

/** What stands above the table, or instead of it: loading, out of date, failed, nothing found, nothing yet. */
export function TableState(props: { state: IResourceState<IFound>; refused: boolean; model: RunsModel }): React.JSX.Element | null {
  const { state, model } = props;
  const refresh = (): void => void model.found.refresh();
  if (!state.value && state.error?.code === 'still_reading') {
    return (
      <>
        <p role="status" className="jp-octavo-Muted">
          {state.error.message}
        </p>
        <Skeleton lines={12} />
      </>
    );
  }
  if (!state.value) {
    return state.error && !props.refused ? <Failure error={state.error} onRetry={refresh} /> : props.refused ? null : <Skeleton lines={12} />;
  }
  const shown = props.refused ? { ...state, error: undefined } : state;
  const { error } = model.lines;
  return (
    <>
      <Stale state={shown} onRefresh={refresh} />
      {state.value.stale && (
        <div className="jp-octavo-Stale" role="status">
          {state.value.stale}
        </div>
      )}
      {error && !state.error && <Failure error={error} compact onRetry={refresh} />}
      {model.lines.total === 0 && <Nothing model={model} nowhere={state.value.nowhere} />}
    </>
  );
}

function Nothing(props: { model: RunsModel; nowhere: readonly string[] }): React.JSX.Element {
  const { model, nowhere } = props;
  return model.asked.filter ? (
    <Empty icon={tableRowsIcon} title={trans.__('No run matches')} action={<Button onClick={() => model.ask({ filter: '' })}>{trans.__('Show all runs')}</Button>}>
      <code>{model.asked.filter}</code>
      {nowhere.length > 0 && <p>{trans.__('No run of the project has %1.', nowhere.join(', '))}</p>}
    </Empty>
  ) : (
    <Empty icon={tableRowsIcon} title={trans.__('No runs yet')}>
      {trans.__('Run a notebook that logs to MLflow; its runs appear here at once.')}
    </Empty>
  );
}
