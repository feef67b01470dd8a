import * as React from 'react';

/** Amounts by name as horizontal bars, the figure at the end of each. */
export function Bars(props: { label: string; bars: readonly { name: string; value: number; text: string }[] }): React.JSX.Element {
  const top = Math.max(...props.bars.map(bar => bar.value), 1e-12);
  return (
    <ul className="jp-octavo-Bars" aria-label={props.label}>
      {props.bars.map(bar => (
        <li key={bar.name}>
          <span className="jp-octavo-Bars-name" title={bar.name}>
            {bar.name}
          </span>
          <span className="jp-octavo-Bars-track" aria-hidden="true">
            <span style={{ width: `${(bar.value / top) * 100}%` }} />
          </span>
          <span className="jp-octavo-Number">{bar.text}</span>
        </li>
      ))}
    </ul>
  );
}

/** Who gets which share of something that sums to 100. */
export function ShareBar(props: { label: string; shares: readonly { name: string; percent: number; role: string }[] }): React.JSX.Element {
  const described = props.shares.map(share => `${share.name} ${share.percent} %`).join(', ');
  return (
    <div className="jp-octavo-ShareBar" role="img" aria-label={`${props.label}: ${described}`}>
      {props.shares
        .filter(share => share.percent > 0)
        .map((share, index) => (
          <div key={share.name} className={`jp-mod-series${index % 6} jp-mod-${share.role}`} style={{ flexGrow: share.percent }} title={`${share.name}, ${share.role}: ${share.percent} %`}>
            <span>
              {share.name} <b>{share.percent} %</b>
            </span>
          </div>
        ))}
    </div>
  );
}

/** How far something long is; indeterminate while nobody knows how much there is. */
export function Progress(props: { label: string; done: number; all: number }): React.JSX.Element {
  const known = props.all > 0;
  return (
    <div
      className={`jp-octavo-Progress${known ? '' : ' jp-mod-unknown'}`}
      role="progressbar"
      aria-label={props.label}
      aria-valuemin={0}
      aria-valuemax={known ? props.all : undefined}
      aria-valuenow={known ? props.done : undefined}
    >
      <div style={known ? { width: `${(props.done / props.all) * 100}%` } : undefined} />
    </div>
  );
}
