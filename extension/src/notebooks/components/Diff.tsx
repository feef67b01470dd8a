import * as React from 'react';

import type { CellDiff, NotebookDiff } from '../../api/notebooks';
import { Sentences } from '../../ui/lists';
import { trans } from '../../words';

const MARKS = { same: ' ', added: '+', removed: '−' } as const;

/** The notebook cell by cell against the line's last release; what is the same is folded. */
export function Diff(props: { diff: NotebookDiff }): React.JSX.Element {
  const { diff } = props;
  return (
    <>
      {diff.parameters_changed.length > 0 && <Sentences label={trans.__('Changed parameters')} sentences={diff.parameters_changed} />}
      <Cells cells={diff.cells} first={diff.base === null} label={trans.__('Notebook diff')} />
    </>
  );
}

/** Cells of two notebooks in order; what is the same is folded unless there is nothing to compare with. */
export function Cells(props: { cells: readonly CellDiff[]; first: boolean; label: string }): React.JSX.Element {
  const { cells, first } = props;
  const [all, setAll] = React.useState(first);
  const same = cells.filter(cell => cell.op === 'same').length;
  return (
    <>
      <div className="jp-octavo-Diff" role="list" aria-label={props.label}>
        {cells
          .filter(cell => all || cell.op !== 'same')
          .map((cell, index) => (
            <CellBox key={index} cell={cell} first={first} />
          ))}
      </div>
      {!first && same > 0 && (
        <button type="button" className="jp-octavo-Link" onClick={() => setAll(!all)}>
          {all ? trans.__('Hide what is the same') : trans._n('Show %1 cell that is the same', 'Show %1 cells that are the same', same, same)}
        </button>
      )}
    </>
  );
}

/** Say what a diff amounts to. */
export function diffLine(diff: NotebookDiff): string {
  if (diff.base === null) {
    return trans._n('First release of its line: %1 cell', 'First release of its line: %1 cells', diff.cells.length, diff.cells.length);
  }
  return trans.__('%1 added, %2 changed, %3 removed since the last release', diff.added, diff.changed, diff.removed);
}

function CellBox(props: { cell: CellDiff; first: boolean }): React.JSX.Element {
  const { cell, first } = props;
  const op = first ? 'same' : cell.op;
  const number = cell.new_index ?? cell.old_index ?? 0;
  const words = { same: trans.__('same'), added: trans.__('added'), removed: trans.__('removed'), changed: trans.__('changed') };
  return (
    <div role="listitem" className={`jp-octavo-Diff-cell jp-mod-${op}`}>
      <div className="jp-octavo-Diff-head">
        <span>{trans.__('Cell %1', number + 1)}</span>
        <span className="jp-octavo-Muted">
          {cell.cell_type}
          {!first && ` · ${words[cell.op]}`}
          {!first && cell.outputs_changed && ` · ${trans.__('outputs differ')}`}
        </span>
      </div>
      <pre tabIndex={0}>
        {cell.lines.map((line, index) => (
          <span key={index} className={`jp-octavo-Diff-line jp-mod-${first ? 'same' : line.op}`}>
            {!first && <span aria-hidden="true">{MARKS[line.op]} </span>}
            {line.text}
            {'\n'}
          </span>
        ))}
      </pre>
    </div>
  );
}
