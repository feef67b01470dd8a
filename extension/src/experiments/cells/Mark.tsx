import * as React from 'react';

import type { CellHistory, CellRun } from '../../api/cells';
import { brief, metric, signed } from '../../ui/format';
import { trans } from '../../words';
import { leadingMetrics } from '../components/runs';

const WIDTH = 48;
const HEIGHT = 14;
const EDGE = 2;
/** How many metrics the tooltip lists. */
const LISTED = 6;

/** What the margin says of a cell's past executions. */
export interface ISummary {
  /** The metric that says most; undefined where no execution logged one. */
  readonly lead: string | undefined;
  /** The newest execution's value of it. */
  readonly value: number | null | undefined;
  /** How much it changed since the execution before. */
  readonly change: number | null;
  /** Its finite values, oldest first. */
  readonly trend: readonly number[];
  readonly newest: CellRun | undefined;
  readonly total: number;
}

/** Sum up a cell's past executions. */
export function summary(history: CellHistory): ISummary {
  const [newest] = history.runs;
  const [lead] = leadingMetrics(Object.keys(newest?.metrics ?? {}), 1);
  const values = lead === undefined ? [] : history.runs.map(run => (Object.hasOwn(run.metrics, lead) ? run.metrics[lead] : null));
  const finite = values.filter((value): value is number => typeof value === 'number' && Number.isFinite(value));
  const value = values[0];
  const before = values.slice(1).find((one): one is number => typeof one === 'number' && Number.isFinite(one));
  const change = typeof value === 'number' && before !== undefined ? value - before : null;
  return { lead, value, change, trend: finite.reverse(), newest, total: history.total };
}

/** Say a cell's past executions in one sentence, for who can't see the trend. */
export function sentence(found: ISummary, stale: boolean): string {
  const runs = trans._n('%1 run of this cell', '%1 runs of this cell', found.total, found.total);
  const parts = [
    found.lead === undefined ? trans.__('no metric') : `${found.lead} ${metric(found.value)}`,
    found.change === null ? '' : trans.__('%1 to the run before', signed(found.change)),
    runs,
    found.newest?.status === 'running' ? trans.__('running now') : '',
    found.newest?.status === 'failed' ? trans.__('the newest failed') : '',
    stale ? trans.__('the cell was changed since') : ''
  ];
  return parts.filter(Boolean).join(', ');
}

function details(found: ISummary, complete: boolean, stale: boolean): string {
  const metrics = found.newest?.metrics ?? {};
  const names = leadingMetrics(Object.keys(metrics), LISTED);
  const older = complete ? '' : trans.__('The notebook made so many runs that only its newest were looked at: older ones are not counted here.');
  return [found.newest?.name ?? '', ...names.map(name => `${name} ${metric(metrics[name])}`), sentence(found, stale), older].filter(Boolean).join('\n');
}

/** Where a line through the values goes, in the trend's own pixels. */
export function trendPath(values: readonly number[]): string {
  const low = Math.min(...values);
  const span = Math.max(...values) - low || 1;
  const step = (WIDTH - 2 * EDGE) / Math.max(values.length - 1, 1);
  return values
    .map((value, index) => {
      const y = HEIGHT - EDGE - ((value - low) / span) * (HEIGHT - 2 * EDGE);
      return `${index ? 'L' : 'M'}${(EDGE + index * step).toFixed(1)},${y.toFixed(1)}`;
    })
    .join('');
}

/** Props of a mark. */
export interface IMarkProps {
  history: CellHistory;
  /** False where the notebook made so many runs that only the newest were looked at. */
  complete: boolean;
  /** The cell's source is not what the newest execution ran. */
  stale: boolean;
  /** The cell is the active one, so that Tab leads here. */
  active: boolean;
  onOpen: () => void;
  onLeave: () => void;
}

/** The newest value and a small trend of a cell's past executions, in the margin beside it. */
export function Mark(props: IMarkProps): React.JSX.Element {
  const { stale } = props;
  const found = React.useMemo(() => summary(props.history), [props.history]);
  const status = found.newest?.status ?? 'finished';
  return (
    <button
      type="button"
      className={`jp-octavo-Mark jp-mod-${status}${stale ? ' jp-mod-stale' : ''}`}
      tabIndex={props.active ? 0 : -1}
      title={details(found, props.complete, stale)}
      aria-label={trans.__('%1. Show the runs.', sentence(found, stale))}
      onClick={props.onOpen}
      onKeyDown={event => event.key === 'Escape' && props.onLeave()}
    >
      <span className="jp-octavo-Mark-value">{found.lead === undefined ? trans._n('%1 run', '%1 runs', found.total, found.total) : brief(found.value)}</span>
      {found.trend.length > 1 && (
        <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} width={WIDTH} height={HEIGHT} aria-hidden="true">
          <path d={trendPath(found.trend)} />
        </svg>
      )}
    </button>
  );
}
