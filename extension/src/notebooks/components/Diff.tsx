import * as React from 'react';

import type { CellDiff, NotebookDiff } from '../../api/notebooks';
import { Sentences } from '../../ui/lists';
import { trans } from '../../words';

const MARKS = { same: ' ', added: '+', removed: '−' } as const;

/** A cell somebody wants to see; a new object each time, as one may ask for the same cell twice. */
export interface ISought {
  readonly cell: number;
}

/** The notebook cell by cell against the line's last release; what is the same is folded. */
export function Diff(props: { diff: NotebookDiff; sought?: ISought | null }): React.JSX.Element {
  const { diff, sought } = props;
  return (
    <>
      {diff.parameters_changed.length > 0 && <Sentences label={trans.__('Changed parameters')} sentences={diff.parameters_changed} />}
      <Cells cells={diff.cells} first={diff.base === null} label={trans.__('Notebook diff')} sought={sought ?? null} />
    </>
  );
}

/** Cells of two notebooks in order; what is the same is folded unless there is nothing to compare with. */
export function Cells(props: { cells: readonly CellDiff[]; first: boolean; label: string; sought?: ISought | null }): React.JSX.Element {
  const { cells, first, sought } = props;
  const [all, setAll] = React.useState(first);
  const list = React.useRef<HTMLDivElement>(null);
  React.useEffect(() => {
    const node = sought && list.current?.querySelector<HTMLElement>(`[data-cell="${sought.cell}"]`);
    if (node) {
      node.scrollIntoView({ block: 'center' });
      node.focus();
    } else if (sought && cells.some(cell => cell.new_index === sought.cell)) {
      setAll(true);
    }
  }, [sought, cells, all]);
  const same = cells.filter(cell => cell.op === 'same').length;
  return (
    <>
      <div ref={list} className="jp-octavo-Diff" role="list" aria-label={props.label}>
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
    <div role="listitem" data-cell={cell.new_index ?? undefined} tabIndex={-1} className={`jp-octavo-Diff-cell jp-mod-${op}`}>
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
