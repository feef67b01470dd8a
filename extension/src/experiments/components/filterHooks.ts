import * as React from 'react';

import type { FilterCompletion, FilterSuggestion } from '../../api/experiments';

const PAUSE_MS = 90;

/** Asks what may stand at a place of a filter, and what is wrong with the filter. */
export type Complete = (filter: string, at: number, signal: AbortSignal) => Promise<FilterCompletion>;

/** What is known about a filter that is being typed. */
export interface ITyping {
  /** The newest answer; null until there is one, or when the platform doesn't answer. */
  readonly completion: FilterCompletion | null;
  /** The text that the answer is about. */
  readonly about: string;
}

/** Ask about the filter as it is typed, once the person pauses; answers that were overtaken are dropped. */
export function useCompletion(complete: Complete, text: string, at: number, active: boolean): ITyping {
  const [typing, setTyping] = React.useState<ITyping>({ completion: null, about: '' });
  React.useEffect(() => {
    if (!active && text === '') {
      setTyping({ completion: null, about: '' });
      return;
    }
    const abort = new AbortController();
    const timer = window.setTimeout(() => {
      complete(text, at, abort.signal)
        .then(completion => !abort.signal.aborted && setTyping({ completion, about: text }))
        .catch(() => !abort.signal.aborted && setTyping({ completion: null, about: text }));
    }, PAUSE_MS);
    return () => {
      abort.abort();
      window.clearTimeout(timer);
    };
  }, [complete, text, at, active]);
  return typing;
}

/** The filter with a suggestion in it, and where the cursor stands then. */
export function accepted(text: string, completion: FilterCompletion, item: FilterSuggestion): { text: string; at: number } {
  const before = text.slice(0, completion.start);
  const after = text.slice(completion.end);
  const gap = after.startsWith(' ') || item.text.endsWith(' ') || item.text.endsWith('(') ? '' : ' ';
  return { text: before + item.text + gap + after, at: completion.start + item.text.length + (gap || after.startsWith(' ') ? 1 : 0) };
}
