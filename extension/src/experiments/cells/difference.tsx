import { notebookIcon } from '@jupyterlab/ui-components';
import type { IDisposable } from '@lumino/disposable';
import * as React from 'react';

import type { NotebookDifference as Difference, NotebookSide } from '../../api/cells';
import { compareNotebooks } from '../../api/cells';
import { Cells } from '../../notebooks/components/Diff';
import { Resource } from '../../resource';
import type { IOctavo, ViewArgs } from '../../tokens';
import { Digest } from '../../ui/Chip';
import { Page } from '../../ui/Page';
import { Await } from '../../ui/states';
import { trans } from '../../words';

/** Two runs as notebooks: loaded once, for versions can't change. */
export class DifferenceModel implements IDisposable {
  constructor(octavo: IOctavo, args: ViewArgs) {
    this.project = args['project'] ?? '';
    this.runs = (args['runs'] ?? '').split(',').filter(Boolean);
    this.difference = new Resource(signal => compareNotebooks(octavo.requests, this.project, this.runs, signal));
    void this.difference.refresh();
  }

  readonly project: string;
  readonly runs: readonly string[];
  readonly difference: Resource<Difference>;

  get isDisposed(): boolean {
    return this.difference.isDisposed;
  }

  dispose(): void {
    this.difference.dispose();
  }
}

/** Say what a difference amounts to. */
export function differenceLine(found: Difference): string {
  return found.added + found.removed + found.changed === 0
    ? trans._n('The notebooks say the same in %1 cell', 'The notebooks say the same in all %1 cells', found.same, found.same)
    : trans.__('%1 added, %2 changed, %3 removed, %4 the same', found.added, found.changed, found.removed, found.same);
}

function Side(props: { side: NotebookSide; name: string | undefined; label: string; onOpen: () => void }): React.JSX.Element {
  const { side } = props;
  return (
    <div className="jp-octavo-Side" role="group" aria-label={props.label}>
      <span className="jp-octavo-Muted">{props.label}</span>
      <button type="button" className="jp-octavo-Link" onClick={props.onOpen}>
        {props.name ?? side.name}
      </button>
      <span>
        {side.path}
        {side.cell_index !== null && ` · ${trans.__('cell %1 made it', side.cell_index + 1)}`}
        {side.as_it_ran && ` · ${trans.__('shown as it ran, it was saved otherwise or not at all')}`}
      </span>
      <Digest value={side.sha256} what={trans.__('Notebook version')} />
    </div>
  );
}

/** Two runs as notebooks, cell by cell; outputs are not compared. `names` tells runs of the same name apart. */
export function NotebookDifference(props: { difference: Difference; names?: ReadonlyMap<string, string>; onOpen: (run: string) => void }): React.JSX.Element {
  const { difference } = props;
  return (
    <>
      <div className="jp-octavo-Sides">
        <Side label={trans.__('before')} side={difference.old} name={props.names?.get(difference.old.run_id)} onOpen={() => props.onOpen(difference.old.run_id)} />
        <Side label={trans.__('after')} side={difference.new} name={props.names?.get(difference.new.run_id)} onOpen={() => props.onOpen(difference.new.run_id)} />
      </div>
      <Cells cells={difference.cells} first={false} label={trans.__('What differs between the notebooks')} />
    </>
  );
}

/** Two runs as notebooks in the main area. */
export function DifferencePage(props: { model: DifferenceModel; octavo: IOctavo }): React.JSX.Element {
  const { model, octavo } = props;
  return (
    <Await resource={model.difference} lines={10}>
      {found => (
        <Page icon={notebookIcon} title={trans.__('%1 against %2', found.new.name, found.old.name)} answer={differenceLine(found)}>
          <NotebookDifference difference={found} onOpen={run => octavo.open('notebook-version', { project: model.project, run })} />
        </Page>
      )}
    </Await>
  );
}
