import * as React from 'react';

import type { Choices, Facet, FacetName } from '../../api/features';
import { trans } from '../../words';

/** What people call the facets. */
export function facetTitle(name: FacetName): string {
  const titles: Record<FacetName, string> = {
    project: trans.__('Project'),
    entity: trans.__('Entity'),
    owner: trans.__('Owner'),
    tag: trans.__('Tag'),
    freshness: trans.__('Freshness'),
    type: trans.__('Type'),
    online: trans.__('Online'),
    state: trans.__('State')
  };
  return titles[name];
}

const FEW = 5;

/** How the found views divide, as chips: a click narrows the search to what it names. */
export function Facets(props: { facets: readonly Facet[]; onToggle: (name: FacetName, value: string) => void }): React.JSX.Element {
  return (
    <div className="jp-octavo-Facets">
      {props.facets
        .filter(facet => facet.values.length > 1 || facet.values.some(one => one.chosen))
        .map(facet => (
          <FacetLine key={facet.name} facet={facet} onToggle={value => props.onToggle(facet.name, value)} />
        ))}
    </div>
  );
}

function FacetLine(props: { facet: Facet; onToggle: (value: string) => void }): React.JSX.Element {
  const { facet } = props;
  const [all, setAll] = React.useState(false);
  const shown = all ? facet.values : facet.values.filter((one, place) => place < FEW || one.chosen);
  const hidden = facet.values.length - shown.length + (all ? 0 : facet.more);
  const id = React.useId();
  return (
    <div role="group" aria-labelledby={id} className="jp-octavo-Facet">
      <span id={id} className="jp-octavo-Facet-title">
        {facetTitle(facet.name)}
      </span>
      {shown.map(one => (
        <button key={one.value} type="button" className="jp-octavo-Chip jp-octavo-Facet-value" aria-pressed={one.chosen} title={one.value} onClick={() => props.onToggle(one.value)}>
          <bdi>{one.value || trans.__('none')}</bdi>
          <span className="jp-octavo-Facet-count">{one.count.toLocaleString('en-US')}</span>
        </button>
      ))}
      {(hidden > 0 || all) && facet.values.length > FEW && (
        <button type="button" className="jp-octavo-Link" aria-expanded={all} onClick={() => setAll(!all)}>
          {all ? trans.__('fewer') : trans.__('%1 more', hidden)}
        </button>
      )}
    </div>
  );
}

/** What a search is narrowed to, each with a way out; nothing when it is not. */
export function Chosen(props: { choices: Choices; onToggle: (name: FacetName, value: string) => void; onClear: () => void }): React.JSX.Element | null {
  const chosen = [...props.choices].flatMap(([name, values]) => values.map(value => ({ name, value })));
  if (chosen.length === 0) {
    return null;
  }
  return (
    <div className="jp-octavo-Chips" role="group" aria-label={trans.__('Narrowed to')}>
      {chosen.map(({ name, value }) => (
        <button key={`${name} ${value}`} type="button" className="jp-octavo-Chip jp-mod-live" aria-label={trans.__('Remove %1 %2', facetTitle(name), value)} onClick={() => props.onToggle(name, value)}>
          <bdi>{trans.__('%1: %2', facetTitle(name), value || trans.__('none'))}</bdi>
          <span aria-hidden="true">×</span>
        </button>
      ))}
      <button type="button" className="jp-octavo-Link" onClick={props.onClear}>
        {trans.__('Clear all')}
      </button>
    </div>
  );
}
