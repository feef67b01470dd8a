import * as React from 'react';

import type { Axis, Curve } from '../../api/comparison';
import { metric } from '../../ui/format';
import { trans } from '../../words';
import { placeText } from '../comparison/labels';
import type { ILineStyle } from '../comparison/styles';
import { nearest } from '../comparison/trace';

/** Lines of a readout before it says how many more there are. */
const MOST = 12;

/** Props of a readout. */
export interface IReadoutProps {
  curves: readonly Curve[];
  labels: ReadonlyMap<string, string>;
  styles: ReadonlyMap<string, ILineStyle>;
  axis: Axis;
  x: number;
}

/** What the runs have at a place: a value, or how many values between which bounds. */
export function valueText(curve: Curve, index: number): string {
  const mean = curve.mean[index] ?? null;
  if (mean === null) {
    return trans.__('not a finite number');
  }
  const count = curve.exact ? 1 : (curve.count[index] ?? 1);
  if (count === 1) {
    return metric(mean);
  }
  const missing = curve.gaps[index] ?? 0;
  const more = missing > 0 ? trans._n(', %1 of them not a finite number', ', %1 of them not finite numbers', missing, missing) : '';
  return trans.__('%1 (%2 to %3 in %4 values%5)', metric(mean), metric(curve.low[index]), metric(curve.high[index]), metric(count), more);
}

/** The runs' values at the place that is pointed at, the largest first; spoken when it moves. */
export function CurveReadout(props: IReadoutProps): React.JSX.Element {
  const lines = props.curves
    .map(curve => ({ curve, index: nearest(curve, props.x) }))
    .filter(line => line.index >= 0)
    .sort((a, b) => (b.curve.mean[b.index] ?? -Infinity) - (a.curve.mean[a.index] ?? -Infinity));
  const place = lines[0] ? (lines[0].curve.x[lines[0].index] ?? props.x) : props.x;
  return (
    <div className="jp-octavo-Readout" role="status">
      <div className="jp-octavo-Muted">{placeText(props.axis, place)}</div>
      <ul>
        {lines.slice(0, MOST).map(({ curve, index }) => {
          const style = props.styles.get(curve.run_id);
          return (
            <li key={curve.run_id}>
              <Swatch style={style} />
              <span className="jp-octavo-Readout-name">{props.labels.get(curve.run_id)}</span>
              <b className="jp-octavo-Number">{valueText(curve, index)}</b>
            </li>
          );
        })}
      </ul>
      {lines.length > MOST && <div className="jp-octavo-Muted">{trans.__('%1 more', lines.length - MOST)}</div>}
    </div>
  );
}

/** A short piece of a run's line. */
export function Swatch(props: { style: ILineStyle | undefined }): React.JSX.Element {
  return (
    <svg className={`jp-octavo-Swatch ${props.style?.className ?? ''}`} width="22" height="8" aria-hidden="true">
      <path d="M0,4h22" strokeDasharray={props.style?.dash} />
    </svg>
  );
}
