import { searchIcon } from '@jupyterlab/ui-components';
import * as React from 'react';

import type { SearchHit } from '../api/features';
import type { IOctavo, ViewArgs } from '../tokens';
import { Page, Split } from '../ui/Page';
import { trans } from '../words';
import { Found, Narrowing, useSearch } from './components/Finder';
import { FeatureSearch } from './search';

const MANY = 50;

/** A search over the features of all projects that a person may read. */
export class FinderModel extends FeatureSearch {
  constructor(octavo: IOctavo, args: ViewArgs) {
    super(octavo.requests, MANY);
    this.type(args['text'] ?? '');
    this.refresh();
  }
}

/** Search in the main area: words at the top, facets at the side, arrows from the words into the hits. */
export function FinderPage(props: { model: FinderModel; octavo: IOctavo; onUse: (hit: SearchHit) => void }): React.JSX.Element {
  const { model, octavo } = props;
  const { text } = useSearch(model);
  const box = React.useRef<HTMLInputElement>(null);
  const hits = React.useRef<HTMLUListElement>(null);
  React.useEffect(() => box.current?.focus(), []);
  const keys = (event: React.KeyboardEvent): void => {
    const first = hits.current?.querySelector<HTMLElement>('.jp-octavo-Row-main');
    if (event.key === 'ArrowDown') {
      event.preventDefault();
      first?.focus();
    } else if (event.key === 'Enter') {
      first?.click();
    } else if (event.key === 'Escape' && text) {
      model.type('');
    }
  };
  return (
    <Page icon={searchIcon} title={trans.__('Find features')}>
      <input
        ref={box}
        type="search"
        className="jp-mod-styled jp-octavo-Finder-box"
        aria-label={trans.__('Search features')}
        placeholder={trans.__('Name, column, tag, owner or what it means; arrow down goes to the hits, Ctrl+Enter inserts code')}
        value={text}
        maxLength={200}
        autoComplete="off"
        spellCheck={false}
        onChange={event => model.type(event.target.value)}
        onKeyDown={keys}
      />
      <Split
        main={<Found search={model} project={octavo.session.project} start={hits} onLeave={() => box.current?.focus()} actions={{ open: hit => octavo.open('feature', { project: hit.project, name: hit.name }), use: props.onUse }} />}
        side={<Narrowing search={model} />}
      />
    </Page>
  );
}
