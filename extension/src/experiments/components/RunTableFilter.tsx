import { filterIcon } from '@jupyterlab/ui-components';
import * as React from 'react';

import type { FilterProblem, FilterSuggestion } from '../../api/experiments';
import { trans } from '../../words';
import type { Complete } from './filterHooks';
import { accepted, begun, pressed, useCompletion } from './filterHooks';
import { Suggestions } from './RunTableSuggestions';

const MOST_CHARACTERS = 2000;
/** A filter that can be read is used this long after the last key. */
const USE_AFTER_MS = 450;

/** Props of the filter bar. */
export interface IRunFilterProps {
  /** The filter in use. */
  value: string;
  complete: Complete;
  /** Why the platform refused the filter in use. */
  refused: string | undefined;
  onUse: (filter: string) => void;
}

/** The filter: completes fields, operators and values, and says at its place what can't be read. */
export function RunTableFilter(props: IRunFilterProps): React.JSX.Element {
  const id = React.useId();
  const input = React.useRef<HTMLInputElement>(null);
  const typed = useTyped(props, input);
  const { text, items, chosen, problem } = typed;
  const shown = problem ? problem.message : props.refused;
  return (
    <div className="jp-octavo-Filter">
      <div className={`jp-octavo-Filter-box${shown ? ' jp-mod-error' : ''}`}>
        <filterIcon.react tag="span" className="jp-octavo-Filter-icon" />
        <Marks text={text} problem={problem} input={input} />
        <input
          ref={input}
          role="combobox"
          aria-label={trans.__('Filter runs')}
          aria-autocomplete="list"
          aria-expanded={items.length > 0}
          aria-controls={`${id}-list`}
          aria-activedescendant={chosen >= 0 ? `${id}-${chosen}` : undefined}
          aria-invalid={Boolean(shown)}
          aria-describedby={`${id}-said`}
          placeholder={trans.__('metrics.auc > 0.7 and owner = "ann", or any word')}
          value={text}
          maxLength={MOST_CHARACTERS}
          autoComplete="off"
          spellCheck={false}
          onChange={event => typed.change(event.target.value, event.target.selectionStart ?? event.target.value.length, true)}
          onSelect={event => typed.moveTo(event.currentTarget.selectionStart ?? 0)}
          onKeyDown={typed.onKeyDown}
          onFocus={() => typed.focus(true)}
          onBlur={() => typed.focus(false)}
        />
        {text && <Clear onClear={typed.clear} />}
      </div>
      {items.length > 0 && <Suggestions id={id} items={items} chosen={chosen} onChoose={typed.accept} />}
      <p id={`${id}-said`} className={`jp-octavo-Filter-said${shown ? ' jp-mod-error' : ''}`} role={shown ? 'alert' : undefined}>
        {problem ? trans.__('Character %1: %2', problem.position + 1, problem.message) : (props.refused ?? typed.next)}
      </p>
      {typed.other && (
        <p className="jp-octavo-Filter-said">
          {props.value ? trans.__('Shown below: the runs of the last filter in use, %1', props.value) : trans.__('Shown below: all runs, no filter is in use yet')}
        </p>
      )}
    </div>
  );
}

interface ITyped {
  readonly text: string;
  readonly items: readonly FilterSuggestion[];
  /** The suggestion that Enter takes; -1 for none. */
  readonly chosen: number;
  readonly problem: FilterProblem | null;
  /** What may come next in a filter that isn't finished. */
  readonly next: string;
  /** The runs below are those of another filter than this. */
  readonly other: boolean;
  readonly change: (text: string, at: number, show: boolean) => void;
  readonly moveTo: (at: number) => void;
  readonly focus: (focused: boolean) => void;
  readonly clear: () => void;
  readonly accept: (index: number) => void;
  readonly onKeyDown: (event: React.KeyboardEvent) => void;
}

/** What is being typed, what may stand there, and what is wrong with it. */
function useTyped(props: IRunFilterProps, input: React.RefObject<HTMLInputElement>): ITyped {
  const [text, setText] = React.useState(props.value);
  const [at, setAt] = React.useState(props.value.length);
  const [focused, setFocused] = React.useState(false);
  const [open, setOpen] = React.useState(false);
  const [chosen, setChosen] = React.useState(-1);
  // What was typed comes back trimmed: the space behind a word is where its comparison goes.
  React.useEffect(() => setText(now => (now.trim() === props.value.trim() ? now : props.value)), [props.value]);
  const { completion, about } = useCompletion(props.complete, text, at, focused);
  const fresh = about === text ? completion : null;
  const items = open && fresh ? fresh.items : [];
  const waits = Boolean(fresh && !fresh.problem && text.trim() !== props.value.trim() && begun(text, fresh));
  useUse(text, fresh !== null && fresh.problem === null && !waits, props);
  const unfinished = Boolean(focused && fresh?.problem && fresh.problem.position >= text.trimEnd().length);
  const change = (value: string, caret: number, show: boolean): void => {
    setText(value);
    setAt(caret);
    setOpen(show);
    setChosen(-1);
  };
  const accept = (index: number): void => {
    const item = items[index];
    if (fresh && item) {
      const next = accepted(text, fresh, item);
      change(next.text, next.at, item.kind !== 'value');
      window.requestAnimationFrame(() => input.current?.setSelectionRange(next.at, next.at));
    }
  };
  const use = (): void => (setOpen(false), props.onUse(text));
  return {
    text,
    items,
    chosen,
    problem: unfinished ? null : (fresh?.problem ?? null),
    next: unfinished ? expected(fresh?.problem ?? null) : waits ? trans.__('Press Enter to look for it as a word') : '',
    other: text.trim() !== props.value.trim() && (waits || Boolean(fresh?.problem)),
    change,
    moveTo: setAt,
    focus: now => (setFocused(now), now || setOpen(false)),
    clear: () => (change('', 0, false), props.onUse('')),
    accept,
    onKeyDown: event => pressed(event, { count: items.length, chosen, choose: setChosen, open: setOpen, accept, use })
  };
}

/** Use a filter by itself once it can be read and the person has paused. */
function useUse(text: string, readable: boolean, props: IRunFilterProps): void {
  const { value, onUse } = props;
  React.useEffect(() => {
    if (!readable || text.trim() === value.trim()) {
      return;
    }
    const timer = window.setTimeout(() => onUse(text), USE_AFTER_MS);
    return () => window.clearTimeout(timer);
  }, [text, readable, value, onUse]);
}

function expected(problem: FilterProblem | null): string {
  return problem && problem.expected.length > 0 ? trans.__('Next: %1', problem.expected.join(', ')) : '';
}

function Clear(props: { onClear: () => void }): React.JSX.Element {
  return (
    <button type="button" className="jp-octavo-Filter-clear" aria-label={trans.__('Clear the filter')} onClick={props.onClear}>
      ×
    </button>
  );
}

/** Underlines what can't be read: the same text behind the field, moved along with it. */
function Marks(props: { text: string; problem: FilterProblem | null; input: React.RefObject<HTMLInputElement> }): React.JSX.Element | null {
  const { text, problem } = props;
  if (!problem) {
    return null;
  }
  const end = problem.position + problem.length;
  return (
    <div className="jp-octavo-Filter-marks" aria-hidden="true">
      <div style={{ transform: `translateX(${-(props.input.current?.scrollLeft ?? 0)}px)` }}>
        {text.slice(0, problem.position)}
        <mark>{text.slice(problem.position, end) || ' '}</mark>
        {text.slice(end)}
      </div>
    </div>
  );
}
