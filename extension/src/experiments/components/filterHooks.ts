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

/**
 * Whether the word at the cursor looks like the beginning of a condition: of a field's name, or of a
 * field that still lacks its comparison. The platform reads either as a word to look for, the person seldom means it.
 */
export function begun(text: string, completion: FilterCompletion): boolean {
  const word = text.slice(completion.start, completion.end).toLowerCase();
  const names = word !== '' && completion.items.some(item => item.kind === 'field' && item.text.toLowerCase().startsWith(word));
  return names || completion.items.some(item => item.kind === 'operator');
}

/** The list of suggestions, as the keys see it. */
export interface ISuggestionKeys {
  readonly count: number;
  readonly chosen: number;
  readonly choose: (index: number) => void;
  readonly open: (open: boolean) => void;
  readonly accept: (index: number) => void;
  readonly use: () => void;
}

/** The keys of a filter: arrows choose, Tab and Enter take, Enter uses the filter, Escape closes the list. */
export function pressed(event: React.KeyboardEvent, list: ISuggestionKeys): void {
  const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0;
  if (step !== 0) {
    list.open(true);
    list.choose(turned(list.chosen, step, list.count));
  } else if (event.key === ' ' && event.ctrlKey) {
    list.open(true);
  } else if (event.key === 'Tab' && !event.shiftKey && list.count > 0) {
    list.accept(Math.max(list.chosen, 0));
  } else if (event.key === 'Enter' && list.chosen >= 0) {
    list.accept(list.chosen);
  } else if (event.key === 'Enter') {
    list.use();
  } else if (event.key === 'Escape' && list.count > 0) {
    list.open(false);
  } else {
    return;
  }
  event.preventDefault();
  event.stopPropagation();
}

/** The next choice: round and round, with none (-1) between the last and the first. */
function turned(chosen: number, step: number, count: number): number {
  return ((chosen + 1 + step + count + 1) % (count + 1)) - 1;
}
