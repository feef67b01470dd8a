import * as React from 'react';

import { compareNotebooks } from '../../api/cells';
import type { ComparedRun } from '../../api/comparison';
import type { IOctavo } from '../../tokens';
import { Choice } from '../../ui/Fields';
import { Await } from '../../ui/states';
import { trans } from '../../words';
import { differenceLine, NotebookDifference } from '../cells/difference';
import { useAsked } from './Artifacts';

/** Props of the notebooks of two runs. */
export interface INotebookTabProps {
  octavo: IOctavo;
  project: string;
  runs: readonly ComparedRun[];
  labels: ReadonlyMap<string, string>;
}

/** Two of the runs as notebooks, cell by cell. */
export function NotebookTab(props: INotebookTabProps): React.JSX.Element {
  const { runs, labels } = props;
  const [before, setBefore] = React.useState(runs[0]?.run_id ?? '');
  const [after, setAfter] = React.useState(runs[1]?.run_id ?? '');
  const options = (other: string): { value: string; label: string; disabled: boolean }[] =>
    runs.map(run => ({ value: run.run_id, label: labels.get(run.run_id) ?? run.name, disabled: run.run_id === other }));
  return (
    <>
      {runs.length > 2 && (
        <div className="jp-octavo-Bar">
          <Choice label={trans.__('Before')} value={before} options={options(after)} onChange={setBefore} />
          <Choice label={trans.__('After')} value={after} options={options(before)} onChange={setAfter} />
        </div>
      )}
      <Pair key={`${before} ${after}`} {...props} before={before} after={after} />
    </>
  );
}

function Pair(props: INotebookTabProps & { before: string; after: string }): React.JSX.Element {
  const { octavo, project, before, after } = props;
  const load = React.useCallback((signal: AbortSignal) => compareNotebooks(octavo.requests, project, [before, after], signal), [octavo, project, before, after]);
  const difference = useAsked(load);
  return (
    <Await resource={difference} lines={8}>
      {found => (
        <>
          <p>{differenceLine(found)}</p>
          <NotebookDifference difference={found} names={props.labels} onOpen={run => octavo.open('notebook-version', { project, run })} />
        </>
      )}
    </Await>
  );
}
