import { Notification } from '@jupyterlab/apputils';

import type { RunTagResult } from '../api/experiments';
import { asOctavoError } from '../request';
import { trans } from '../words';

const LONGEST_MESSAGE = 140;

/** Say that something failed that was asked for in passing, such as in a menu. */
export function failed(error: unknown): void {
  const { message, remedy } = asOctavoError(error);
  Notification.error([message, remedy].filter(Boolean).join(' ').slice(0, LONGEST_MESSAGE * 2), { autoClose: 10_000 });
}

/** Do something, or say why the person may not. */
export function unless(refusal: string | undefined, deed: () => void): void {
  if (refusal) {
    Notification.warning(refusal, { autoClose: 10_000 });
  } else {
    deed();
  }
}

/** Say what became of a change of tags, and offer to take it back. */
export function tagged(result: RunTagResult, undo: () => void): void {
  const lines = [trans._n('%1 run changed', '%1 runs changed', result.changed)];
  if (result.unchanged > 0) {
    lines.push(trans.__('%1 were that way before', result.unchanged));
  }
  const [first] = result.failed;
  if (first) {
    lines.push(trans.__('%1 failed: %2', result.failed.length, first.message.slice(0, LONGEST_MESSAGE).replace(/\.+$/, '')));
  }
  const actions = result.undo.length > 0 ? [{ label: trans.__('Undo'), callback: undo }] : [];
  (first ? Notification.warning : Notification.success)(`${lines.join(', ')}.`, { autoClose: 15_000, actions });
}

/** Say that something is gone, and offer to bring it back. */
export function removed(what: string, undo: () => void): void {
  Notification.info(what, { autoClose: 15_000, actions: [{ label: trans.__('Undo'), callback: undo }] });
}
