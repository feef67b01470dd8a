import * as React from 'react';

import { Resource } from '../resource';

/**
 * A resource of its own for a part of a page: loaded while the part is drawn.
 *
 * With `seconds` it is loaded again and again, but not while the tab it stands in is hidden.
 */
export function usePolled<T>(seconds: number | null, load: (signal: AbortSignal) => Promise<T>): { resource: Resource<T>; node: React.RefObject<HTMLDivElement> } {
  const node = React.useRef<HTMLDivElement>(null);
  const newest = React.useRef(load);
  newest.current = load;
  const resource = React.useMemo(() => new Resource<T>(signal => newest.current(signal)), []);
  React.useEffect(() => {
    resource.shown = () => Boolean(node.current?.getClientRects().length);
    if (seconds === null) {
      void resource.refresh();
    } else {
      resource.poll(seconds);
    }
    return () => resource.dispose();
  }, [resource, seconds]);
  return { resource, node };
}
