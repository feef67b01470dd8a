import * as React from 'react';

import type { ComparedRun } from '../../api/comparison';
import { trans } from '../../words';
import type { ILineStyle } from '../comparison/styles';
import { Swatch } from './CurveReadout';

/** Props of a legend. */
export interface IRunLegendProps {
  runs: readonly ComparedRun[];
  labels: ReadonlyMap<string, string>;
  styles: ReadonlyMap<string, ILineStyle>;
  drawn: ReadonlySet<string>;
  /** Most runs that can be drawn together. */
  most: number;
  onDraw: (runs: ReadonlySet<string>) => void;
  onOpen: (run: ComparedRun) => void;
}

/** Which line is which run, and which are drawn. */
export function RunLegend(props: IRunLegendProps): React.JSX.Element {
  const { drawn } = props;
  const toggle = (run: string): void => {
    const next = new Set(drawn);
    if (!next.delete(run)) {
      next.add(run);
    }
    props.onDraw(next);
  };
  return (
    <ul className="jp-octavo-RunLegend" aria-label={trans.__('Runs')}>
      {props.runs.map(run => {
        const name = props.labels.get(run.run_id) ?? run.name;
        const full = !drawn.has(run.run_id) && drawn.size >= props.most;
        return (
          <li key={run.run_id}>
            <input
              type="checkbox"
              checked={drawn.has(run.run_id)}
              disabled={full}
              title={full ? trans.__('At most %1 runs are drawn together.', props.most) : undefined}
              aria-label={trans.__('Draw %1', name)}
              onChange={() => toggle(run.run_id)}
            />
            <Swatch style={props.styles.get(run.run_id)} />
            <button type="button" className="jp-octavo-Link" title={`${name} · ${run.experiment} · ${run.owner}`} onClick={() => props.onOpen(run)}>
              {name}
            </button>
          </li>
        );
      })}
    </ul>
  );
}
