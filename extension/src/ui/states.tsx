import { copyIcon, errorIcon, lockIcon, refreshIcon } from '@jupyterlab/ui-components';
import type { LabIcon } from '@jupyterlab/ui-components';
import * as React from 'react';

import type { OctavoError } from '../request';
import type { IResourceState, Resource } from '../resource';
import { trans } from '../words';
import { Button } from './Button';
import { Time, useNow } from './Time';

const STALE_MS = 5 * 60_000;

/** Grey bars in the shape of what is coming; they appear only when it takes longer than 200 ms. */
export function Skeleton(props: { lines?: number }): React.JSX.Element {
  return (
    <div className="jp-octavo-Skeleton" role="status" aria-label={trans.__('Loading')}>
      {Array.from({ length: props.lines ?? 4 }, (_, line) => (
        <div key={line} className="jp-octavo-Skeleton-line" style={{ width: `${92 - ((line * 23) % 50)}%` }} />
      ))}
    </div>
  );
}

/** What this place is for, and the one step that fills it. */
export function Empty(props: { icon?: LabIcon; title: string; children?: React.ReactNode; action?: React.ReactNode }): React.JSX.Element {
  return (
    <div className="jp-octavo-Empty">
      {props.icon && <props.icon.react tag="div" className="jp-octavo-Empty-icon" />}
      <p className="jp-octavo-Empty-title">{props.title}</p>
      {props.children && <div className="jp-octavo-Muted jp-octavo-Empty-text">{props.children}</div>}
      {props.action}
    </div>
  );
}

/** What went wrong with which value, what to do, and the details for whoever helps. */
export function Failure(props: { error: OctavoError; onRetry?: () => void; compact?: boolean }): React.JSX.Element {
  const [copied, setCopied] = React.useState(false);
  const denied = props.error.status === 403 || props.error.status === 401;
  const Icon = denied ? lockIcon : errorIcon;
  return (
    <div role="alert" className={`jp-octavo-Failure${denied ? ' jp-mod-denied' : ''}${props.compact ? ' jp-mod-compact' : ''}`}>
      <Icon.react tag="span" className="jp-octavo-Failure-icon" />
      <div className="jp-octavo-Failure-text">
        <p>{props.error.message}</p>
        {props.error.remedy && <p className="jp-octavo-Muted">{props.error.remedy}</p>}
        <div className="jp-octavo-Failure-actions">
          {props.onRetry && (
            <Button kind="quiet" icon={refreshIcon} onClick={props.onRetry}>
              {trans.__('Try again')}
            </Button>
          )}
          <Button
            kind="quiet"
            icon={copyIcon}
            onClick={() => void navigator.clipboard.writeText(props.error.details()).then(() => setCopied(true))}
          >
            {copied ? trans.__('Copied') : trans.__('Copy details')}
          </Button>
        </div>
      </div>
    </div>
  );
}

/** Says that what is shown is old, how old, and why. */
export function Stale(props: { state: IResourceState<unknown>; onRefresh: () => void }): React.JSX.Element | null {
  const now = useNow();
  const { at, error } = props.state;
  if (!at || (!error && now.getTime() - at.getTime() < STALE_MS)) {
    return null;
  }
  return (
    <div className="jp-octavo-Stale" role="status">
      <span>
        {trans.__('As of')} <Time at={at} />
        {error ? ` · ${error.message}` : ''}
      </span>
      <Button kind="quiet" icon={refreshIcon} onClick={props.onRefresh}>
        {trans.__('Refresh')}
      </Button>
    </div>
  );
}

/** In a view, before its page is drawn: what the page shows below its header; undefined anywhere else. */
export const PageNote = React.createContext<React.ReactNode | undefined>(undefined);

/** The newest state of a resource, as a hook. */
export function useResource<T>(resource: Resource<T>): IResourceState<T> {
  return React.useSyncExternalStore(
    React.useCallback(
      notify => {
        resource.changed.connect(notify);
        return () => {
          resource.changed.disconnect(notify);
        };
      },
      [resource]
    ),
    () => resource.state
  );
}

/** Shows a resource in whichever state it is: skeleton, failure, stale or its value. */
export function Await<T>(props: { resource: Resource<T>; lines?: number; compact?: boolean; children: (value: T) => React.ReactNode }): React.JSX.Element {
  const state = useResource(props.resource);
  const ofPage = React.useContext(PageNote) !== undefined;
  const refresh = (): void => void props.resource.refresh();
  if (state.value !== undefined) {
    return ofPage ? (
      <PageNote.Provider value={<Stale state={state} onRefresh={refresh} />}>{props.children(state.value)}</PageNote.Provider>
    ) : (
      <>
        <Stale state={state} onRefresh={refresh} />
        {props.children(state.value)}
      </>
    );
  }
  return state.error ? (
    <Failure error={state.error} onRetry={refresh} compact={props.compact ?? false} />
  ) : (
    <Skeleton lines={props.lines ?? (props.compact ? 2 : 6)} />
  );
}
