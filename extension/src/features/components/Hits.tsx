import { addBelowIcon } from '@jupyterlab/ui-components';
import * as React from 'react';

import type { SearchHit } from '../../api/features';
import { Button } from '../../ui/Button';
import { StateDot } from '../../ui/Chip';
import type { Tone } from '../../ui/Chip';
import { Time } from '../../ui/Time';
import { trans } from '../../words';
import { shortReason, wholeReason } from '../explain';

const TONES: Record<SearchHit['freshness']['state'], Tone> = { fresh: 'good', stale: 'warn', empty: 'bad', unknown: 'idle' };

/** What can be done with a found view. */
export interface IHitActions {
  open: (hit: SearchHit) => void;
  use: (hit: SearchHit) => void;
}

/** Found views as one stop of the Tab key: arrows move, Enter opens, Ctrl+Enter inserts its code. */
export function Hits(props: { label: string; hits: readonly SearchHit[]; project: string | null; actions: IHitActions; onLeave?: () => void; start?: React.RefObject<HTMLUListElement> }): React.JSX.Element {
  const { hits, actions } = props;
  const own = React.useRef<HTMLUListElement>(null);
  const list = props.start ?? own;
  const [at, setAt] = React.useState(0);
  const current = Math.min(at, hits.length - 1);
  const focus = (place: number): void => {
    if (place < 0) {
      props.onLeave?.();
      return;
    }
    const next = Math.min(place, hits.length - 1);
    setAt(next);
    list.current?.querySelectorAll<HTMLElement>('.jp-octavo-Row-main')[next]?.focus();
  };
  const move = (event: React.KeyboardEvent): void => {
    const steps: Record<string, number | undefined> = { ArrowDown: current + 1, ArrowUp: current - 1, Home: 0, End: hits.length - 1, PageDown: current + 10, PageUp: Math.max(current - 10, 0) };
    const next = steps[event.key];
    const hit = hits[current];
    const beyond = (event.key === 'ArrowUp' && current === 0) || (event.key === 'ArrowDown' && current === hits.length - 1);
    if (beyond && !props.onLeave) {
      return; // the sidebar goes on to what stands above or below
    }
    if (next !== undefined) {
      event.preventDefault();
      focus(next);
    } else if (event.key === 'Enter' && (event.ctrlKey || event.metaKey) && hit) {
      event.preventDefault();
      actions.use(hit);
    } else if (event.key === 'Escape') {
      props.onLeave?.();
    }
  };
  return (
    <ul className="jp-octavo-Rows" aria-label={props.label} ref={list} onKeyDown={move}>
      {hits.map((hit, place) => (
        <HitRow key={`${hit.project}/${hit.name}`} hit={hit} stop={place === current} foreign={hit.project !== props.project} actions={actions} onFocus={() => setAt(place)} />
      ))}
    </ul>
  );
}

function HitRow(props: { hit: SearchHit; stop: boolean; foreign: boolean; actions: IHitActions; onFocus: () => void }): React.JSX.Element {
  const { hit, actions } = props;
  const why = shortReason(hit);
  const marks = [props.foreign ? hit.project : '', hit.unused ? trans.__('unused') : '', hit.freshness.state === 'stale' ? trans.__('stale') : ''].filter(Boolean);
  const columns = hit.columns.length + hit.more_columns;
  return (
    <li className="jp-octavo-Row jp-mod-next">
      <button
        type="button"
        className="jp-octavo-Row-main"
        tabIndex={props.stop ? 0 : -1}
        title={hit.reasons.length > 0 ? wholeReason(hit) : hit.name}
        onFocus={props.onFocus}
        onClick={() => actions.open(hit)}
      >
        <span className="jp-octavo-Row-line">
          <StateDot tone={TONES[hit.freshness.state]} label={trans.__('data is %1', hit.freshness.state)} />
          <bdi className="jp-octavo-Row-title">{hit.name}</bdi>
          <span className="jp-octavo-Row-figure">
            <span className="jp-octavo-Muted">{trans._n('%1 column', '%1 columns', columns, columns)}</span>
          </span>
        </span>
        <span className="jp-octavo-Row-detail">{why || hit.description || trans.__('no description')}</span>
        <span className="jp-octavo-Row-detail">
          {marks.length > 0 && <b>{marks.join(' · ')} · </b>}
          <bdi>{hit.owner || trans.__('no owner')}</bdi> · <Time at={hit.freshness.newest_event_at} none={trans.__('no events')} />
        </span>
      </button>
      <Button kind="quiet" icon={addBelowIcon} label={trans.__('Use in notebook: %1', hit.name)} onClick={() => actions.use(hit)} />
    </li>
  );
}
