import type { LabIcon } from '@jupyterlab/ui-components';
import { Token } from '@lumino/coreutils';
import type { IDisposable } from '@lumino/disposable';
import type * as React from 'react';

import type { Requests } from './request';
import type { Session } from './shell/session';

/** What a view is about: its project and the names or ids in it. */
export type ViewArgs = Readonly<Record<string, string>>;

/** One kind of main-area view. */
export interface IViewSpec<M extends IDisposable> {
  /** Stable name, also part of the tab's id. */
  readonly kind: string;
  readonly icon: LabIcon;
  /** The tab's title. */
  readonly title: (args: ViewArgs) => string;
  /** Makes the view's model; it is disposed with the tab. */
  readonly model: (args: ViewArgs) => M;
  readonly body: React.ComponentType<{ model: M; octavo: IOctavo }>;
}

/** One collapsible section of the sidebar. */
export interface ISection {
  readonly id: string;
  readonly title: string;
  /** Sections stand in this order. */
  readonly rank: number;
  /** Shown to people with this role alone. */
  readonly role?: string;
  readonly body: React.ComponentType;
  /** What stands at the right of the section's head: a count, what waits. */
  readonly badge?: React.ComponentType;
  /** The head's own buttons. */
  readonly actions?: readonly ISectionAction[];
}

/** A button in a section's head. */
export interface ISectionAction {
  readonly label: string;
  readonly icon: LabIcon;
  /** Why it can't be used now. */
  readonly refused?: () => string | undefined;
  readonly onClick: () => void;
}

/** What the areas' plugins build on. */
export interface IOctavo {
  readonly requests: Requests;
  readonly session: Session;
  /** Open a view, or bring the one that shows the same to the front. */
  open(kind: string, args: ViewArgs): void;
  addView<M extends IDisposable>(spec: IViewSpec<M>): void;
  addSection(section: ISection): void;
}

/** The shell: session, sidebar and views. */
export const IOctavo = new Token<IOctavo>('octavo-lab:IOctavo', "Octavo's session, sidebar sections and main-area views.");
