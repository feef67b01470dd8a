import { caretDownEmptyThinIcon, caretRightIcon } from '@jupyterlab/ui-components';
import * as React from 'react';

import { Button } from '../../ui/Button';
import type { Tone } from '../../ui/Chip';
import { StateDot } from '../../ui/Chip';
import { Check } from '../../ui/Fields';
import { duration } from '../../ui/format';
import { useNow } from '../../ui/Time';
import { trans } from '../../words';
import type { CellState, ICellLine } from '../cells';

const TONES: Record<CellState, Tone> = { waiting: 'idle', running: 'live', done: 'good', failed: 'bad', left: 'warn' };
const FOLDED_LINES = 12;
const SECOND_MS = 1000;

function word(state: CellState): string {
  switch (state) {
    case 'waiting':
      return trans.__('waiting');
    case 'running':
      return trans.__('running');
    case 'done':
      return trans.__('done');
    case 'failed':
      return trans.__('failed');
    case 'left':
      return trans.__('stopped');
  }
}

/** Props of the cells of a run. */
export interface ICellListProps {
  cells: readonly ICellLine[];
  /** Whether the run goes on: then the cell that runs is kept in sight. */
  live: boolean;
}

/** The notebook of a run while it runs: each cell with its state, its time, its memory and what it prints. */
export function CellList(props: ICellListProps): React.JSX.Element {
  const { cells, live } = props;
  const list = React.useRef<HTMLOListElement>(null);
  const [follows, follow] = React.useState(true);
  const running = cells.find(cell => cell.state === 'running')?.index;
  React.useEffect(() => {
    if (live && follows && running !== undefined) {
      list.current?.querySelector('.jp-mod-running')?.scrollIntoView?.({ block: 'nearest' });
    }
  }, [live, follows, running]);
  if (cells.length === 0) {
    return <p className="jp-octavo-Muted">{live ? trans.__('No cell has started yet.') : trans.__('No cell was run.')}</p>;
  }
  const most = Math.max(...cells.map(cell => cell.memoryMib ?? 0), 1);
  return (
    <>
      {live && (
        <div className="jp-octavo-Cells-bar">
          <Check label={trans.__('Follow the cell that runs')} checked={follows} onChange={follow} />
        </div>
      )}
      <ol ref={list} className="jp-octavo-Cells" aria-label={trans.__('Cells')} tabIndex={0}>
        {cells.map(cell => (
          <Cell key={cell.index} cell={cell} most={most} />
        ))}
      </ol>
    </>
  );
}

const Cell = React.memo(function Cell(props: { cell: ICellLine; most: number }): React.JSX.Element {
  const { cell, most } = props;
  return cell.code ? (
    <li className={`jp-octavo-Cell jp-mod-${cell.state}`}>
      <div className="jp-octavo-Cell-head">
        <StateDot tone={TONES[cell.state]} label={word(cell.state)} />
        <span>{trans.__('Cell %1', cell.index + 1)}</span>
        <span className="jp-octavo-Cell-figures jp-octavo-Number">
          {cell.state === 'running' ? <Elapsed since={cell.startedAt} /> : cell.seconds !== null && duration(cell.seconds)}
          {cell.memoryMib !== null && <Memory mib={cell.memoryMib} most={most} />}
        </span>
      </div>
      {cell.source && <Source cell={cell} />}
      {cell.printed && (
        <pre className="jp-octavo-Cell-printed" aria-label={trans.__('Printed by cell %1', cell.index + 1)}>
          {cell.printed}
        </pre>
      )}
    </li>
  ) : (
    <li className="jp-octavo-Cell jp-mod-text">{cell.source}</li>
  );
});

function Elapsed(props: { since: string | null }): React.JSX.Element {
  const now = useNow(SECOND_MS);
  return <>{duration(props.since ? Math.max(0, (now.getTime() - Date.parse(props.since)) / 1000) : null)}</>;
}

function Memory(props: { mib: number; most: number }): React.JSX.Element {
  return (
    <span className="jp-octavo-Cell-memory" title={trans.__('Highest memory while the cell ran')}>
      <span aria-hidden="true">
        <span style={{ width: `${Math.min(100, (props.mib / props.most) * 100)}%` }} />
      </span>
      {trans.__('%1 MiB', Math.round(props.mib))}
    </span>
  );
}

/** The code of a cell; only the beginning of what is long, until more is asked for. */
function Source(props: { cell: ICellLine }): React.JSX.Element {
  const { cell } = props;
  const lines = cell.source.split('\n');
  const long = lines.length > FOLDED_LINES;
  const [open, setOpen] = React.useState(false);
  return (
    <>
      <pre className="jp-octavo-Cell-source" aria-label={trans.__('Code of cell %1', cell.index + 1)}>
        {long && !open ? lines.slice(0, FOLDED_LINES).join('\n') : cell.source}
      </pre>
      {long && (
        <Button kind="quiet" icon={open ? caretDownEmptyThinIcon : caretRightIcon} onClick={() => setOpen(!open)}>
          {open ? trans.__('Show less') : trans._n('%1 more line', '%1 more lines', lines.length - FOLDED_LINES)}
        </Button>
      )}
    </>
  );
}
