import * as React from 'react';

import type { PipelineRun, PipelineRunEvent } from '../../api/pipelines';
import { Progress } from '../../ui/bars';
import { duration } from '../../ui/format';
import { useNow } from '../../ui/Time';
import { trans } from '../../words';
import { elapsed, ended } from './RunList';

const SECOND_MS = 1000;

/** Which cell a run is at by what was heard; the larger of the report and the events. */
export function cellsDone(run: PipelineRun, events: readonly PipelineRunEvent[]): { done: number; all: number } {
  const attempt = Math.max(0, ...events.map(event => event.attempt));
  const mine = events.filter(event => event.attempt === attempt);
  const finished = mine.filter(event => event.kind === 'cell_finished').length;
  const all = Math.max(run.progress.cells ?? 0, ...mine.map(event => event.cells ?? 0));
  return { done: ended(run.state) && run.state === 'succeeded' ? all : Math.max(run.progress.cell ?? 0, finished), all };
}

/** How far a run is, how long it has taken, how long it should take. */
export function RunProgress(props: { run: PipelineRun; events: readonly PipelineRunEvent[] }): React.JSX.Element {
  const { run, events } = props;
  const now = useNow(SECOND_MS);
  const { done, all } = cellsDone(run, events);
  const seconds = elapsed(run, now);
  return (
    <div className="jp-octavo-RunProgress">
      <Progress label={trans.__('Progress')} done={done} all={all} />
      <div className="jp-octavo-RunProgress-line">
        <span>{all > 0 ? trans.__('cell %1 of %2', done, all) : run.progress.step || trans.__('getting ready')}</span>
        <span className="jp-octavo-Number">
          {duration(seconds)}
          {run.expected_s !== null && ` · ${trans.__('expected %1', duration(run.expected_s))}`}
        </span>
      </div>
    </div>
  );
}

/** Lines of a log that are drawn before more are asked for: the newest. */
const SHOWN = 500;

/** What happened in a run, as it was heard; its newest part, and the rest when asked for. */
export function RunLog(props: { events: readonly PipelineRunEvent[] }): React.JSX.Element {
  const [most, setMost] = React.useState(SHOWN);
  const earlier = props.events.length - most;
  if (props.events.length === 0) {
    return <p className="jp-octavo-Muted">{trans.__('Nothing has happened yet.')}</p>;
  }
  return (
    <ol className="jp-octavo-Log" aria-label={trans.__('Log')} aria-live="off" tabIndex={0}>
      {earlier > 0 && (
        <li>
          <button type="button" className="jp-octavo-Link" onClick={() => setMost(most + SHOWN * 4)}>
            {trans._n('Show %1 earlier line', 'Show %1 earlier lines', earlier)}
          </button>
        </li>
      )}
      {props.events.slice(-most).map(event => (
        <li key={event.seq}>
          <time dateTime={event.at} title={event.at}>
            {event.at.slice(11, 19)}
          </time>
          <span>{sentence(event)}</span>
        </li>
      ))}
    </ol>
  );
}

function sentence(event: PipelineRunEvent): string {
  switch (event.kind) {
    case 'cell_started':
      return trans.__('cell %1 started', (event.cell ?? 0) + 1);
    case 'cell_finished':
      return trans.__('cell %1 finished in %2', (event.cell ?? 0) + 1, duration(event.seconds));
    case 'log':
      return trans.__('cell %1: %2', (event.cell ?? 0) + 1, event.message);
    case 'state':
      return [event.state ?? '', event.message].filter(Boolean).join(': ');
    default:
      return event.message || event.kind;
  }
}
