import * as React from 'react';

import type { Axis, ComparedRun } from '../../api/comparison';
import type { Requests } from '../../request';
import { Button } from '../../ui/Button';
import { Check, Choice, TextField } from '../../ui/Fields';
import { Empty } from '../../ui/states';
import { trans } from '../../words';
import { axisName, runLabels } from '../comparison/labels';
import type { Span } from '../comparison/scale';
import type { ILineStyle } from '../comparison/styles';
import type { ICurveView } from './CurveChart';
import { CurveChart } from './CurveChart';
import { leadingMetrics } from './runs';

const PAGE = 12;
const AXES: readonly Axis[] = ['step', 'relative', 'time'];

/** Props of the curves of some runs. */
export interface ICurvesPanelProps {
  requests: Requests;
  project: string;
  /** The runs whose curves are drawn. */
  runs: readonly ComparedRun[];
  styles: ReadonlyMap<string, ILineStyle>;
  metrics: readonly string[];
  /** Another number draws anew, as when a live run has gone on. */
  beat: number;
}

/** One chart a metric over the same axis; zooming into one zooms into all. */
export function CurvesPanel(props: ICurvesPanelProps): React.JSX.Element {
  const [shown, show] = React.useState<ICurveView>({ axis: 'step', smoothing: 0, log: false, view: null });
  const [search, setSearch] = React.useState('');
  const [most, setMost] = React.useState(PAGE);
  const runs = React.useMemo(() => props.runs.map(run => run.run_id), [props.runs]);
  const labels = React.useMemo(() => runLabels(props.runs), [props.runs]);
  const metrics = React.useMemo(() => found(props.metrics, search), [props.metrics, search]);
  const onView = React.useCallback((view: Span | null) => show(before => ({ ...before, view })), []);
  if (props.metrics.length === 0) {
    return <Empty title={trans.__('No curves')}>{trans.__('None of these runs has logged a metric more than once. Log it with a step, as in mlflow.log_metric("loss", value, step=step).')}</Empty>;
  }
  return (
    <>
      <Controls shown={shown} onShow={show} search={search} onSearch={setSearch} />
      {metrics.length === 0 && <Empty title={trans.__('No metric matches')} />}
      {runs.length === 0 && <Empty title={trans.__('No run is ticked')}>{trans.__('Tick a run above to draw its curves.')}</Empty>}
      {runs.length > 0 && (
        <div className="jp-octavo-Curves">
          {metrics.slice(0, most).map(metric => (
            <CurveChart key={metric} requests={props.requests} project={props.project} metric={metric} runs={runs} labels={labels} styles={props.styles} shown={shown} onView={onView} beat={props.beat} />
          ))}
        </div>
      )}
      {metrics.length > most && <Button onClick={() => setMost(most + PAGE)}>{trans.__('Show %1 more', Math.min(PAGE, metrics.length - most))}</Button>}
    </>
  );
}

function found(metrics: readonly string[], search: string): readonly string[] {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  const matching = metrics.filter(name => words.every(word => name.toLowerCase().includes(word)));
  return leadingMetrics(matching, matching.length);
}

function Controls(props: { shown: ICurveView; onShow: (shown: ICurveView) => void; search: string; onSearch: (text: string) => void }): React.JSX.Element {
  const { shown, onShow } = props;
  const slider = React.useId();
  return (
    <div className="jp-octavo-Bar jp-octavo-Curves-bar">
      <TextField label={trans.__('Find metrics')} type="search" value={props.search} placeholder={trans.__('part of a name')} onChange={props.onSearch} />
      <Choice
        label={trans.__('Over')}
        value={shown.axis}
        options={AXES.map(axis => ({ value: axis, label: axisName(axis) }))}
        onChange={value => onShow({ ...shown, axis: AXES.find(axis => axis === value) ?? 'step', view: null })}
      />
      <div className="jp-octavo-Field">
        <label htmlFor={slider}>{trans.__('Smoothing %1', shown.smoothing.toFixed(2))}</label>
        <input id={slider} type="range" min={0} max={0.99} step={0.01} value={shown.smoothing} onChange={event => onShow({ ...shown, smoothing: Number(event.target.value) })} />
      </div>
      <Check label={trans.__('Log scale')} checked={shown.log} onChange={log => onShow({ ...shown, log })} />
      {shown.view && <Button onClick={() => onShow({ ...shown, view: null })}>{trans.__('Show all')}</Button>}
    </div>
  );
}
