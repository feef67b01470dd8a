import * as React from 'react';

import type { ComparedRun, Comparison } from '../../api/comparison';
import { Button } from '../../ui/Button';
import { Choice } from '../../ui/Fields';
import { metric } from '../../ui/format';
import { Empty } from '../../ui/states';
import { trans } from '../../words';
import type { Brushes, IParallelAxis } from '../comparison/parallel';
import { axesOf, firstAxes, groupsOf, picked } from '../comparison/parallel';
import type { Span } from '../comparison/scale';
import { useSeen } from '../comparison/useSeen';
import { GroupLegend, groupClass } from './ParallelLegend';
import { ParallelAxis, PLOT } from './ParallelAxis';
import { leadingMetrics } from './runs';

/** Props of parallel coordinates. */
export interface IParallelProps {
  comparison: Comparison;
  labels: ReadonlyMap<string, string>;
  onOpen: (run: ComparedRun) => void;
  /** Compare only some of the runs. */
  onNarrow: (runs: readonly string[]) => void;
}

/** Each run a line across upright axes of parameters and metrics; stretches of axes can be picked. */
export function ParallelCoordinates(props: IParallelProps): React.JSX.Element {
  const { comparison, labels } = props;
  const runs = comparison.runs;
  const axes = React.useMemo(() => axesOf(comparison.fields), [comparison]);
  const [keys, setKeys] = React.useState<readonly string[]>(() => firstAxes(axes, leadingMetrics));
  const [brushes, brush] = React.useState<Brushes>(new Map());
  const metrics = React.useMemo(() => axes.filter(one => one.kind === 'metric' && one.span), [axes]);
  const [colour, setColour] = React.useState(() => leadingMetrics(metrics.map(one => one.name), 1)[0] ?? '');
  const [pointed, point] = React.useState<string | null>(null);
  const box = React.useRef<HTMLDivElement>(null);
  const { width } = useSeen(box);
  const shown = keys.map(key => axes.find(one => one.key === key)).filter((one): one is IParallelAxis => one !== undefined);
  const grouped = React.useMemo(() => groupsOf(metrics.find(one => one.name === colour), runs.length), [metrics, colour, runs.length]);
  if (axes.length === 0) {
    return <Empty title={trans.__('No parameter and no metric differs')}>{trans.__('Parallel coordinates show how parameters and results go together.')}</Empty>;
  }
  const place = (index: number): number => PLOT.left + (shown.length > 1 ? (index / (shown.length - 1)) * (width - PLOT.left - PLOT.right) : (width - PLOT.left - PLOT.right) / 2);
  const inside = runs.map((_, run) => picked(shown, brushes, run));
  const count = inside.filter(Boolean).length;
  const setBrush = (key: string, span: Span | null): void => brush(before => without(before, key, span));
  return (
    <div ref={box} className="jp-octavo-Parallel">
      <Bar axes={axes} keys={keys} onKeys={setKeys} metrics={metrics} colour={colour} onColour={setColour} />
      <GroupLegend metric={colour} ranges={grouped.ranges} groups={grouped.groups} />
      <svg viewBox={`0 0 ${width} ${PLOT.height}`} height={PLOT.height} className="jp-octavo-Parallel-plot" role="group" aria-label={trans.__('Parallel coordinates of %1 runs', runs.length)}>
        {order(inside, pointed, runs).map(index => {
          const run = runs[index];
          return (
            run && (
              <path
                key={run.run_id}
                className={`jp-octavo-Parallel-line ${groupClass(grouped.groups[index] ?? null, grouped.ranges.length)}${inside[index] ? '' : ' jp-mod-out'}${pointed === run.run_id ? ' jp-mod-pointed' : ''}`}
                d={line(shown, index, place)}
                onPointerEnter={() => point(run.run_id)}
                onPointerLeave={() => point(null)}
                onClick={() => props.onOpen(run)}
              >
                <title>{labels.get(run.run_id)}</title>
              </path>
            )
          );
        })}
        {shown.map((one, index) => (
          <ParallelAxis key={one.key} axis={one} x={place(index)} brush={brushes.get(one.key) ?? null} onBrush={span => setBrush(one.key, span)} />
        ))}
      </svg>
      <Picked {...props} inside={inside} count={count} pointed={pointed} onPoint={point} onClear={() => brush(new Map())} brushed={brushes.size > 0} colour={metrics.find(one => one.name === colour)} />
    </div>
  );
}

function without(before: Brushes, key: string, span: Span | null): Brushes {
  const after = new Map(before);
  after.delete(key);
  return span ? after.set(key, span) : after;
}

/** What is picked lies above what is not, what is pointed at above all. */
function order(inside: readonly boolean[], pointed: string | null, runs: readonly ComparedRun[]): number[] {
  const weight = (index: number): number => (runs[index]?.run_id === pointed ? 2 : inside[index] ? 1 : 0);
  return runs.map((_, index) => index).sort((a, b) => weight(a) - weight(b));
}

/** A run's line; it ends where the run has no value and goes on at the next axis. */
function line(axes: readonly IParallelAxis[], run: number, place: (index: number) => number): string {
  let text = '';
  let down = false;
  axes.forEach((axis, index) => {
    const share = axis.places[run] ?? null;
    const alone = share !== null && !down && (axes[index + 1]?.places[run] ?? null) === null;
    text += share === null ? '' : `${down ? 'L' : 'M'}${place(index).toFixed(1)},${(PLOT.floor - share * (PLOT.floor - PLOT.top)).toFixed(1)}${alone ? 'm-3,0h6m-3,0' : ''}`;
    down = share !== null;
  });
  return text;
}

function Bar(props: { axes: readonly IParallelAxis[]; keys: readonly string[]; onKeys: (keys: readonly string[]) => void; metrics: readonly IParallelAxis[]; colour: string; onColour: (name: string) => void }): React.JSX.Element {
  const { axes, keys, onKeys } = props;
  return (
    <div className="jp-octavo-Bar">
      <Choice label={trans.__('Colour by')} value={props.colour} options={[...props.metrics.map(one => ({ value: one.name, label: one.name })), { value: '', label: trans.__('Nothing') }]} onChange={props.onColour} />
      <details className="jp-octavo-Parallel-axes">
        <summary>{trans.__('Axes: %1 of %2', keys.length, axes.length)}</summary>
        <ul>
          {axes.map(axis => (
            <li key={axis.key}>
              <label>
                <input type="checkbox" checked={keys.includes(axis.key)} onChange={() => onKeys(keys.includes(axis.key) ? keys.filter(one => one !== axis.key) : axes.map(one => one.key).filter(one => one === axis.key || keys.includes(one)))} />
                {axis.name}
              </label>
            </li>
          ))}
        </ul>
      </details>
    </div>
  );
}

/** The picked runs as text, the best of the coloured metric first. */
function Picked(
  props: IParallelProps & { inside: readonly boolean[]; count: number; pointed: string | null; onPoint: (run: string | null) => void; onClear: () => void; brushed: boolean; colour: IParallelAxis | undefined }
): React.JSX.Element {
  const { comparison, colour } = props;
  const value = (index: number): number | null => {
    const found = colour?.values[index];
    return typeof found === 'number' ? found : null;
  };
  const rows = comparison.runs.map((run, index) => ({ run, index })).filter(row => props.inside[row.index]);
  rows.sort((a, b) => (value(b.index) ?? -Infinity) - (value(a.index) ?? -Infinity));
  return (
    <section aria-label={trans.__('Picked runs')}>
      <div className="jp-octavo-Bar">
        <span role="status">{trans._n('%2 of %1 run picked', '%2 of %1 runs picked', comparison.runs.length, props.count)}</span>
        {props.brushed && <Button onClick={props.onClear}>{trans.__('Pick all')}</Button>}
        {props.brushed && props.count >= 2 && props.count < comparison.runs.length && <Button kind="primary" onClick={() => props.onNarrow(rows.map(row => row.run.run_id))}>{trans.__('Compare these')}</Button>}
      </div>
      <ul className="jp-octavo-Parallel-runs">
        {rows.map(({ run, index }) => (
          <li key={run.run_id} className={props.pointed === run.run_id ? 'jp-mod-pointed' : undefined} onPointerEnter={() => props.onPoint(run.run_id)} onPointerLeave={() => props.onPoint(null)}>
            <button type="button" className="jp-octavo-Link" onFocus={() => props.onPoint(run.run_id)} onBlur={() => props.onPoint(null)} onClick={() => props.onOpen(run)}>
              {props.labels.get(run.run_id)}
            </button>
            {colour && <span className="jp-octavo-Number">{metric(value(index))}</span>}
          </li>
        ))}
      </ul>
    </section>
  );
}
