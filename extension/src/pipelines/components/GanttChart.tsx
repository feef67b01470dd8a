import * as React from 'react';

import { StateDot } from '../../ui/Chip';
import { duration, exact } from '../../ui/format';
import { Scroll } from '../../ui/Scroll';
import { useNow } from '../../ui/Time';
import { trans } from '../../words';
import type { IGanttLine, IPiece, ISpan } from '../gantt';
import { gantt, tickText } from '../gantt';
import { ended, stateTone } from './RunList';

const SECOND_MS = 1000;
const REST_MS = 20_000;

/** Props of a Gantt chart. */
export interface IGanttChartProps {
  label: string;
  spans: readonly ISpan[];
  onOpen: (id: string) => void;
}

/** When each run waited and when it ran, one line a run, on one axis of time. */
export function GanttChart(props: IGanttChartProps): React.JSX.Element {
  const live = props.spans.some(span => !ended(span.state));
  const now = useNow(live ? SECOND_MS : REST_MS);
  const drawn = React.useMemo(() => gantt(props.spans, now), [props.spans, now]);
  const list = React.useRef<HTMLUListElement>(null);
  return (
    <Scroll label={props.label}>
      <div className="jp-octavo-Gantt">
        <div className="jp-octavo-Gantt-axis" aria-hidden="true">
          {drawn.ticks.map(tick => (
            <span key={tick.at.getTime()} style={{ left: `${tick.left}%` }}>
              {tickText(tick.at, drawn.step)}
            </span>
          ))}
        </div>
        <ul ref={list} aria-label={props.label} onKeyDown={event => move(event, list.current)}>
          {drawn.lines.map(line => (
            <Line key={line.span.id} line={line} now={now} onOpen={props.onOpen} />
          ))}
        </ul>
        <p className="jp-octavo-Gantt-key jp-octavo-Muted" aria-hidden="true">
          <span className="jp-octavo-Gantt-waited" /> {trans.__('waited')} <span className="jp-octavo-Gantt-ran" /> {trans.__('ran')}
        </p>
      </div>
    </Scroll>
  );
}

function Line(props: { line: IGanttLine; now: Date; onOpen: (id: string) => void }): React.JSX.Element {
  const { span, waited, ran } = props.line;
  const said = sentence(span, props.now);
  return (
    <li>
      <button type="button" className="jp-octavo-Gantt-line" title={said} aria-label={said} onClick={() => props.onOpen(span.id)}>
        <span className="jp-octavo-Gantt-label">
          <StateDot tone={stateTone(span.state)} label={span.state} /> {span.label}
        </span>
        <span className="jp-octavo-Gantt-track">
          {waited && <span className="jp-octavo-Gantt-waited" style={placed(waited)} />}
          {ran && <span className={`jp-octavo-Gantt-ran jp-mod-${stateTone(span.state)}`} style={placed(ran)} />}
        </span>
      </button>
    </li>
  );
}

function placed(piece: IPiece): React.CSSProperties {
  return { left: `${piece.left}%`, width: `${piece.width}%` };
}

/** Everything that a line shows, in words. */
function sentence(span: ISpan, now: Date): string {
  const start = span.startedAt ? Date.parse(span.startedAt) : null;
  const end = span.endedAt ? Date.parse(span.endedAt) : now.getTime();
  const waited = Math.max(0, ((start ?? end) - Date.parse(span.queuedAt)) / 1000);
  return [
    `${span.label}: ${span.state}`,
    trans.__('waited %1', duration(waited)),
    start === null ? '' : trans.__('ran %1', duration(Math.max(0, (end - start) / 1000))),
    exact(new Date(start ?? span.queuedAt))
  ]
    .filter(Boolean)
    .join(' · ');
}

/** Arrow keys lead from line to line. */
function move(event: React.KeyboardEvent, list: HTMLUListElement | null): void {
  const step = new Map([
    ['ArrowDown', 1],
    ['ArrowUp', -1]
  ]).get(event.key);
  const buttons = [...(list?.querySelectorAll<HTMLElement>('button') ?? [])];
  const at = buttons.findIndex(button => button === document.activeElement);
  if (step && at >= 0) {
    event.preventDefault();
    buttons[at + step]?.focus();
  }
}
