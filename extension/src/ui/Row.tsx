import type { LabIcon } from '@jupyterlab/ui-components';
import * as React from 'react';

import { trans } from '../words';
import { Button } from './Button';
import { below } from './menu';

/** Props of a row of the sidebar. */
export interface IRowProps {
  title: string;
  /** What stands before the title: a state's dot, an icon. */
  lead?: React.ReactNode;
  /** The one figure or word that matters, right-aligned. */
  figure?: React.ReactNode;
  /** Second, quieter line. */
  detail?: React.ReactNode;
  onOpen: () => void;
  /** Opens the row's menu, by the right button or the menu key. */
  onMenu?: (at: { x: number; y: number }) => void;
  /** The next step of the golden path. */
  next?: { label: string; icon: LabIcon; refused?: string | undefined; onClick: () => void } | undefined;
}

/** One thing in the sidebar: opens its view, offers its next step. */
export function Row(props: IRowProps): React.JSX.Element {
  return (
    <li className={`jp-octavo-Row${props.next ? ' jp-mod-next' : ''}`} onContextMenu={props.onMenu && (event => context(event, props.onMenu))}>
      <button type="button" className="jp-octavo-Row-main" onClick={props.onOpen} title={props.title}>
        <span className="jp-octavo-Row-line">
          {props.lead}
          <span className="jp-octavo-Row-title">{props.title}</span>
          {props.figure !== undefined && <span className="jp-octavo-Row-figure">{props.figure}</span>}
        </span>
        {props.detail && <span className="jp-octavo-Row-detail">{props.detail}</span>}
      </button>
      {props.next && (
        <Button kind="quiet" icon={props.next.icon} label={trans.__('%1: %2', props.next.label, props.title)} refused={props.next.refused} onClick={props.next.onClick} />
      )}
    </li>
  );
}

/** The menu key tells of no place: then the menu opens under the row. */
function context(event: React.MouseEvent, open: IRowProps['onMenu']): void {
  event.preventDefault();
  event.stopPropagation();
  open?.(event.clientX || event.clientY ? { x: event.clientX, y: event.clientY } : below(event.currentTarget));
}

/** Rows of a section under one name, with a way to the rest when there are many; says so where the search leaves none. */
export function Rows(props: { label: string; children: readonly React.ReactElement[]; more?: { label: string; onClick: () => void } }): React.JSX.Element {
  return (
    <>
      {props.children.length > 0 ? (
        <ul className="jp-octavo-Rows" aria-label={props.label}>
          {props.children}
        </ul>
      ) : (
        <p className="jp-octavo-Rows-none">{trans.__('%1: nothing matches', props.label)}</p>
      )}
      {props.more && (
        <button type="button" className="jp-octavo-More" onClick={props.more.onClick}>
          {props.more.label}
        </button>
      )}
    </>
  );
}
