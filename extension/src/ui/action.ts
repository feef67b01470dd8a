import * as React from 'react';

import type { OctavoError } from '../request';
import { asOctavoError } from '../request';

/** Something a person can set off: whether it is under way, and how it failed. */
export interface IAction<A extends unknown[]> {
  readonly busy: boolean;
  readonly error: OctavoError | null;
  run(...args: A): void;
}

/** Wrap an asynchronous step so that a button can show that it runs and a view how it failed. */
export function useAction<A extends unknown[]>(step: (...args: A) => Promise<unknown>): IAction<A> {
  const [busy, setBusy] = React.useState(false);
  const [error, setError] = React.useState<OctavoError | null>(null);
  const run = (...args: A): void => {
    setBusy(true);
    setError(null);
    step(...args)
      .catch(failure => setError(asOctavoError(failure)))
      .finally(() => setBusy(false));
  };
  return { busy, error, run };
}
