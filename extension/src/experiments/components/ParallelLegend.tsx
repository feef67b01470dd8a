import * as React from 'react';

import { metric } from '../../ui/format';
import { trans } from '../../words';
import { GROUPS } from '../comparison/parallel';
import type { Span } from '../comparison/scale';

/** The look of one of `count` groups: its colour, and with it the width of its line; the largest values stand out most, however few groups there are. */
export function groupClass(group: number | null, count: number): string {
  return group === null ? 'jp-mod-nogroup' : `jp-mod-group${count > 1 ? Math.round((group * (GROUPS - 1)) / (count - 1)) : GROUPS - 1}`;
}

/** Which colour and width stand for which values of the metric. */
export function GroupLegend(props: { metric: string; ranges: readonly Span[]; groups: readonly (number | null)[] }): React.JSX.Element | null {
  const without = props.groups.filter(group => group === null).length;
  if (!props.metric || props.ranges.length === 0) {
    return null;
  }
  return (
    <ul className="jp-octavo-Parallel-legend" aria-label={trans.__('Colours of %1', props.metric)}>
      <li className="jp-octavo-Muted">{props.metric}</li>
      {props.ranges.map((range, group) => (
        <li key={group}>
          <Line group={group} count={props.ranges.length} />
          {range[0] === range[1] ? metric(range[0]) : trans.__('%1 to %2', metric(range[0]), metric(range[1]))}
          <span className="jp-octavo-Muted">{` ${trans._n('%1 run', '%1 runs', size(props.groups, group), size(props.groups, group))}`}</span>
        </li>
      ))}
      {without > 0 && (
        <li>
          <Line group={null} count={props.ranges.length} />
          {trans._n('%1 run without it', '%1 runs without it', without, without)}
        </li>
      )}
    </ul>
  );
}

function size(groups: readonly (number | null)[], group: number): number {
  return groups.filter(one => one === group).length;
}

function Line(props: { group: number | null; count: number }): React.JSX.Element {
  return (
    <svg width="24" height="10" aria-hidden="true">
      <path className={`jp-octavo-Parallel-line ${groupClass(props.group, props.count)}`} d="M0,5h24" />
    </svg>
  );
}
