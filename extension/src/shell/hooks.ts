import * as React from 'react';

import type { Session } from './session';

/** The shown project, as a hook. */
export function useProject(session: Session): string {
  return React.useSyncExternalStore(
    React.useCallback(
      notify => {
        session.projectChanged.connect(notify);
        return () => {
          session.projectChanged.disconnect(notify);
        };
      },
      [session]
    ),
    () => session.project
  );
}

/** What is searched for, as a hook. */
export function useQuery(session: Session): string {
  return React.useSyncExternalStore(
    React.useCallback(
      notify => {
        session.queryChanged.connect(notify);
        return () => {
          session.queryChanged.disconnect(notify);
        };
      },
      [session]
    ),
    () => session.query
  );
}

/** Whether any of the texts holds every word of the query. */
export function matches(query: string, ...texts: readonly (string | null | undefined)[]): boolean {
  const all = texts.join(' ').toLowerCase();
  return query
    .toLowerCase()
    .split(/\s+/)
    .every(word => all.includes(word));
}
