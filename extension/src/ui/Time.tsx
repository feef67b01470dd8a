import * as React from 'react';

import { exact, relative } from './format';

const TICK_MS = 20_000;

/** The present moment, renewed while it is on screen. */
export function useNow(everyMs = TICK_MS): Date {
  const [now, setNow] = React.useState(() => new Date());
  React.useEffect(() => {
    const timer = window.setInterval(() => setNow(new Date()), everyMs);
    return () => window.clearInterval(timer);
  }, [everyMs]);
  return now;
}

/** A moment as a person says it, the exact one on hover. */
export function Time(props: { at: string | Date | null | undefined; none?: string }): React.JSX.Element {
  const now = useNow();
  if (!props.at) {
    return <span className="jp-octavo-Muted">{props.none ?? '–'}</span>;
  }
  const at = new Date(props.at);
  return (
    <time className="jp-octavo-Time" dateTime={at.toISOString()} title={exact(at)}>
      {relative(at, at > now && at.getTime() - now.getTime() < TICK_MS ? at : now)}
    </time>
  );
}
