import * as React from 'react';

import type { Axis, Curve } from '../../api/comparison';
import { metric } from '../../ui/format';
import { trans } from '../../words';
import { tickText } from '../comparison/labels';
import type { IScale, Span } from '../comparison/scale';
import type { ILineStyle } from '../comparison/styles';
import { trace } from '../comparison/trace';

/** Where the drawing's frame lies in it. */
export const FRAME = { left: 72, right: 10, top: 8, bottom: 24, height: 220 };

/** Props of a drawing of curves. */
export interface ICurvePlotProps {
  curves: readonly Curve[];
  styles: ReadonlyMap<string, ILineStyle>;
  width: number;
  axis: Axis;
  x: IScale;
  y: IScale;
  view: Span;
  whole: Span;
  smoothing: number;
}

/** Curves within a frame, with ticks; what runs over the frame is cut off. */
export const CurvePlot = React.memo(function CurvePlot(props: ICurvePlotProps): React.JSX.Element {
  const { curves, x, y, width } = props;
  const clip = React.useId();
  const traces = curves.map(curve => trace(curve, x, y, props.smoothing, props.whole, props.view));
  const floor = FRAME.height - FRAME.bottom;
  return (
    <>
      <clipPath id={clip}>
        <rect x={FRAME.left} y={FRAME.top} width={Math.max(width - FRAME.left - FRAME.right, 0)} height={floor - FRAME.top} />
      </clipPath>
      <Ticks {...props} floor={floor} />
      <g clipPath={`url(#${clip})`}>
        {curves.map((curve, index) => {
          const style = props.styles.get(curve.run_id);
          const drawn = traces[index];
          return (
            drawn && (
              <g key={curve.run_id} className={`jp-octavo-Curve ${style?.className ?? ''}${props.smoothing > 0 ? ' jp-mod-smooth' : ''}`}>
                {drawn.band && <path className="jp-octavo-Curve-band" d={drawn.band} />}
                <path className="jp-octavo-Curve-line" d={drawn.line} strokeDasharray={props.smoothing > 0 ? 'none' : style?.dash} />
                {drawn.dots && <path className="jp-octavo-Curve-dots" d={drawn.dots} />}
                {drawn.smooth && <path className="jp-octavo-Curve-smooth" d={drawn.smooth} strokeDasharray={style?.dash} />}
                {drawn.gaps.map((place, n) => (
                  <path key={n} className="jp-octavo-Curve-gap" d={`M${place.toFixed(1)},${floor - 6}v6`}>
                    <title>{trans.__('A value that is no finite number')}</title>
                  </path>
                ))}
              </g>
            )
          );
        })}
      </g>
    </>
  );
});

function Ticks(props: ICurvePlotProps & { floor: number }): React.JSX.Element {
  const { x, y, width, floor } = props;
  const room = (width - FRAME.left - FRAME.right) / Math.max(x.ticks.length, 1);
  const every = Math.max(1, Math.ceil(70 / Math.max(room, 1)));
  return (
    <>
      {y.ticks.map(tick => (
        <g key={tick} className="jp-octavo-Chart-grid">
          <line x1={FRAME.left} x2={width - FRAME.right} y1={y.place(tick)} y2={y.place(tick)} />
          <text x={FRAME.left - 6} y={y.place(tick) + 4} textAnchor="end">
            {metric(tick)}
          </text>
        </g>
      ))}
      <line className="jp-octavo-Chart-axis" x1={FRAME.left} x2={width - FRAME.right} y1={floor} y2={floor} />
      {x.ticks
        .filter((_, index) => index % every === 0)
        .map(tick => (
          <text key={tick} x={Math.min(Math.max(x.place(tick), FRAME.left + 12), width - FRAME.right - 16)} y={FRAME.height - 7} textAnchor="middle">
            {tickText(props.axis, tick, props.view)}
          </text>
        ))}
    </>
  );
}
