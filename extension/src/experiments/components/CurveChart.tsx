import * as React from 'react';

import type { Axis, Curves } from '../../api/comparison';
import type { Requests } from '../../request';
import { Failure, Skeleton } from '../../ui/states';
import { trans } from '../../words';
import { axisName } from '../comparison/labels';
import type { IScale, Span } from '../comparison/scale';
import { linear, logarithmic, padded } from '../comparison/scale';
import type { ILineStyle } from '../comparison/styles';
import { extent, nearest } from '../comparison/trace';
import type { ICurvesState } from '../comparison/useCurves';
import { useCurves } from '../comparison/useCurves';
import { useSeen } from '../comparison/useSeen';
import { useZoom } from '../comparison/useZoom';
import { CurvePlot, FRAME } from './CurvePlot';
import { CurveReadout } from './CurveReadout';

/** Stands in where nothing has a height, so that one can still move on from there. */
const UNIT = linear([0, 1], [FRAME.height - FRAME.bottom, FRAME.top], 1);

/** How all charts of a comparison are drawn. */
export interface ICurveView {
  readonly axis: Axis;
  readonly smoothing: number;
  readonly log: boolean;
  /** The shown stretch of the axis; null for all of it. */
  readonly view: Span | null;
}

/** Props of a chart. */
export interface ICurveChartProps {
  requests: Requests;
  project: string;
  metric: string;
  runs: readonly string[];
  labels: ReadonlyMap<string, string>;
  styles: ReadonlyMap<string, ILineStyle>;
  shown: ICurveView;
  onView: (view: Span | null) => void;
  beat: number;
}

/** A metric of some runs as curves that can be zoomed into, down to the single value. */
export function CurveChart(props: ICurveChartProps): React.JSX.Element {
  const box = React.useRef<HTMLElement>(null);
  const { width, seen } = useSeen(box);
  const state = useAxis(props, width, seen);
  const { curves } = state;
  const title = React.useId();
  return (
    <figure className="jp-octavo-Curves-chart" ref={box} aria-labelledby={title} aria-busy={state.loading}>
      <figcaption title={props.metric}>
        <span id={title}>{props.metric}</span>
        {state.view && (
          <button type="button" className="jp-octavo-Link" onClick={() => props.onView(null)}>
            {trans.__('Show all')}
          </button>
        )}
      </figcaption>
      {state.error && <Failure error={state.error} onRetry={state.retry} compact />}
      {curves ? <Drawn {...props} curves={curves} picked={state.view} width={width} /> : !state.error && <Skeleton lines={5} />}
    </figure>
  );
}

/** The curves over the chosen axis; over time instead where all values were logged at the same step. */
function useAxis(props: ICurveChartProps, width: number, seen: boolean): ICurvesState {
  const { requests, project, runs, metric, beat, shown } = props;
  const points = Math.min(Math.max(Math.round(width), 100), 1000);
  const query = { requests, project, runs, metric, points, beat };
  const first = useCurves({ ...query, axis: shown.axis, view: shown.view, active: seen });
  const flat = shown.axis === 'step' && first.curves !== undefined && oneStep(first.curves);
  const second = useCurves({ ...query, axis: 'relative', view: null, active: seen && flat });
  return flat ? second : first;
}

function oneStep(curves: Curves): boolean {
  const { extent: ends } = curves;
  return curves.axis === 'step' && ends !== null && ends[0] === ends[1] && curves.curves.some(curve => curve.points > 1);
}

function Drawn(props: ICurveChartProps & { curves: Curves; picked: Span | null; width: number }): React.JSX.Element {
  const { curves: found, picked, shown, width } = props;
  const svg = React.useRef<SVGSVGElement>(null);
  const [point, setPoint] = React.useState<number | null>(null);
  const instead = found.axis !== shown.axis;
  const whole: Span = React.useMemo(() => found.extent ?? [0, 1], [found]);
  const view: Span = React.useMemo(() => picked ?? padWhole(whole), [picked, whole]);
  const curves = React.useMemo(() => found.curves.filter(curve => curve.points > 0), [found]);
  const x = React.useMemo(() => xScale(found.axis, view, width), [found.axis, view, width]);
  const y = React.useMemo(() => yScale(found, view, shown.log), [found, view, shown.log]);
  const step = (way: 1 | -1): void => setPoint(before => neighbour(found, before, way, view));
  const zoom = useZoom(svg, width, { view, whole, scale: x, onView: instead ? () => undefined : props.onView, onPoint: setPoint, onStep: step });
  if (curves.length === 0) {
    return <p className="jp-octavo-Muted">{trans.__('No run has logged this metric.')}</p>;
  }
  return (
    <>
      <svg
        ref={svg}
        className="jp-octavo-Chart-plot"
        viewBox={`0 0 ${width} ${FRAME.height}`}
        height={FRAME.height}
        tabIndex={0}
        role="group"
        aria-roledescription={trans.__('chart')}
        aria-label={trans.__('%1 over %2. Arrow keys read values, Shift and arrow keys move, plus and minus zoom, 0 shows all.', props.metric, axisName(found.axis))}
        {...zoom.props}
      >
        <CurvePlot curves={curves} styles={props.styles} width={width} axis={found.axis} x={x} y={y ?? UNIT} view={view} whole={whole} smoothing={shown.smoothing} />
        {point !== null && <path className="jp-octavo-Curve-point" d={`M${x.place(point).toFixed(1)},${FRAME.top}V${FRAME.height - FRAME.bottom}`} />}
        {zoom.picking && <rect className="jp-octavo-Curve-picked" x={Math.min(...zoom.picking)} y={FRAME.top} width={Math.abs(zoom.picking[1] - zoom.picking[0])} height={FRAME.height - FRAME.top - FRAME.bottom} />}
      </svg>
      {!y && <p className="jp-octavo-Muted">{shown.log ? trans.__('Nothing here is above zero: a log scale shows none of it.') : trans.__('No finite value lies here.')}</p>}
      <Notes curves={found} instead={instead} />
      {point !== null && y && <CurveReadout curves={curves} labels={props.labels} styles={props.styles} axis={found.axis} x={point} />}
    </>
  );
}

function padWhole(whole: Span): Span {
  return whole[0] === whole[1] ? padded(whole) : whole;
}

function xScale(axis: Axis, view: Span, width: number): IScale {
  const scale = linear(view, [FRAME.left, width - FRAME.right], Math.max(width / 90, 2));
  const whole = scale.ticks.filter(tick => Number.isInteger(tick));
  return axis === 'step' && whole.length > 0 ? { ...scale, ticks: whole } : scale;
}

function yScale(found: Curves, view: Span, log: boolean): IScale | null {
  const places: Span = [FRAME.height - FRAME.bottom, FRAME.top];
  const span = extent(found.curves, view, log);
  if (!span) {
    return null;
  }
  return log ? logarithmic(span[0] === span[1] ? [span[0] / 2 || span[0], span[1] * 2] : span, places) : linear(padded(span), places);
}

/** The place of the next value of the first curve that has one; the middle of what is shown to begin with. */
function neighbour(found: Curves, before: number | null, way: 1 | -1, view: Span): number | null {
  const begun = before !== null && before >= view[0] && before <= view[1];
  const from = begun ? before : view[0] / 2 + view[1] / 2;
  const places = found.curves.map(curve => curve.x[nearest(curve, from) + (begun ? way : 0)]).filter(place => place !== undefined && place >= view[0] && place <= view[1]);
  return places[0] ?? before;
}

/** What one should know about a chart. */
function Notes(props: { curves: Curves; instead: boolean }): React.JSX.Element | null {
  const { curves } = props;
  const missing = curves.curves.reduce((sum, curve) => sum + curve.missing, 0);
  const notes = [
    props.instead && trans.__('All values were logged at one step: drawn over time.'),
    missing > 0 && trans._n('%1 value is not a finite number (gap).', '%1 values are not finite numbers (gaps).', missing, missing),
    curves.curves.some(curve => curve.truncated) && trans.__('A run logged more values than are read: the first 3 million are drawn.'),
    curves.curves.some(curve => curve.stale) && trans.__('MLflow does not answer: drawn as it was read before.')
  ].filter(Boolean);
  return notes.length > 0 ? <div className="jp-octavo-Curves-notes jp-octavo-Muted">{notes.join(' ')}</div> : null;
}
