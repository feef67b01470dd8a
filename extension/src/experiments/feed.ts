import { Token } from '@lumino/coreutils';
import type { ISignal } from '@lumino/signaling';

import type { IRunChange } from './recent';

/** What becomes of the shown project's runs, as it happens: one stream of events for all that listen. */
export interface IRunFeed {
  readonly runChanged: ISignal<unknown, IRunChange>;
}

/** The live runs of the shown project. */
export const IRunFeed = new Token<IRunFeed>('octavo-lab:IRunFeed', 'The live runs of the shown project.');
