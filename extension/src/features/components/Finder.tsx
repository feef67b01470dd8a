import * as React from 'react';

import type { FacetName } from '../../api/features';
import { Await, Empty, useResource } from '../../ui/states';
import { useAction } from '../../ui/action';
import { trans } from '../../words';
import type { FeatureSearch } from '../search';
import { Chosen, Facets } from './Facets';
import type { IHitActions } from './Hits';
import { Hits } from './Hits';

/** Redraw when the wish or the hits of a search change. */
export function useSearch(search: FeatureSearch): FeatureSearch['wish'] {
  const [, redraw] = React.useReducer((count: number) => count + 1, 0);
  React.useEffect(() => {
    search.changed.connect(redraw);
    return () => {
      search.changed.disconnect(redraw);
    };
  }, [search]);
  return search.wish;
}

/** Props of what a search found. */
export interface IFoundProps {
  search: FeatureSearch;
  /** The project at hand: what is from others says so. */
  project: string;
  actions: IHitActions;
  /** A facet that is not the reader's to lift here. */
  fixed?: readonly FacetName[];
  onLeave?: () => void;
  start?: React.RefObject<HTMLUListElement>;
}

/** What a search found, with why, and a way to more of it. */
export function Found(props: IFoundProps): React.JSX.Element {
  const { search } = props;
  const wish = useSearch(search);
  const more = useAction(() => search.more());
  return (
    <Await resource={search.page} compact lines={5}>
      {page =>
        page.total === 0 ? (
          <NothingFound search={search} unknown={page.unknown_words} fixed={props.fixed ?? []} />
        ) : (
          <>
            <p className="jp-octavo-Facets-total" role="status">
              {trans._n('%1 view', '%1 views', page.total, page.total.toLocaleString('en-US'))} · {trans._n('%1 feature', '%1 features', page.columns_total, page.columns_total.toLocaleString('en-US'))}
              {page.unknown_words.length > 0 && ` · ${trans.__('nothing is like “%1”', page.unknown_words.join('”, “'))}`}
            </p>
            <Hits label={wish.text ? trans.__('Found feature views') : trans.__('Feature views')} hits={search.hits} project={props.project} actions={props.actions} {...(props.onLeave ? { onLeave: props.onLeave } : {})} {...(props.start ? { start: props.start } : {})} />
            {search.hits.length < page.total && (
              <button type="button" className="jp-octavo-More" disabled={more.busy} onClick={() => more.run()}>
                {trans.__('Show more of %1', page.total.toLocaleString('en-US'))}
              </button>
            )}
            {more.error && <p role="alert">{more.error.message}</p>}
          </>
        )
      }
    </Await>
  );
}

function NothingFound(props: { search: FeatureSearch; unknown: readonly string[]; fixed: readonly FacetName[] }): React.JSX.Element {
  const { search, unknown } = props;
  const narrowed = [...search.wish.choices.keys()].some(name => !props.fixed.includes(name));
  if (!search.wish.text && !narrowed) {
    return <Empty title={trans.__('No features yet')}>{trans.__('Publish a feature repository to fill this list.')}</Empty>;
  }
  return (
    <Empty
      title={trans.__('No feature matches')}
      action={
        narrowed && (
          <button type="button" className="jp-octavo-Link" onClick={() => search.clear(props.fixed)}>
            {trans.__('Search without filters')}
          </button>
        )
      }
    >
      {unknown.length > 0 ? trans.__('No name, column, tag, owner or description is like “%1”.', unknown.join('”, “')) : trans.__('Each word is found somewhere, but no view has all of them.')}
    </Empty>
  );
}

/** The facets of what was found, and what it is narrowed to. */
export function Narrowing(props: { search: FeatureSearch; hidden?: readonly FacetName[] }): React.JSX.Element {
  const { search } = props;
  const { choices } = useSearch(search);
  const hidden = props.hidden ?? [];
  const facets = (useResource(search.page).value?.facets ?? []).filter(facet => !hidden.includes(facet.name));
  const shown = new Map([...choices].filter(([name]) => !hidden.includes(name)));
  return (
    <>
      <Chosen choices={shown} onToggle={(name, value) => search.toggle(name, value)} onClear={() => search.clear(hidden)} />
      <Facets facets={facets} onToggle={(name, value) => search.toggle(name, value)} />
    </>
  );
}
