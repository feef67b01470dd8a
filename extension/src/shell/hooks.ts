import * as React from 'react';

import { useResource } from '../ui/states';
import type { Permission, Session } from './session';

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

/** Why the person may not use permissions in a project, as a hook: it asks one after the other. */
export function useRefusal(session: Session, project: string): (permission: Permission) => string | undefined {
  useResource(session.me);
  return permission => session.refusal(permission, project);
}

/** Whether any of the texts holds every word of the query. */
export function matches(query: string, ...texts: readonly (string | null | undefined)[]): boolean {
  const all = texts.join(' ').toLowerCase();
  return query
    .toLowerCase()
    .split(/\s+/)
    .every(word => all.includes(word));
}
