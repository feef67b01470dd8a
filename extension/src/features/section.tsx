import { filterIcon } from '@jupyterlab/ui-components';
import type { IDisposable } from '@lumino/disposable';
import * as React from 'react';

import type { SearchHit } from '../api/features';
import type { Session } from '../shell/session';
import type { IOctavo } from '../tokens';
import { Button } from '../ui/Button';
import { useResource } from '../ui/states';
import { trans } from '../words';
import { Found, Narrowing, useSearch } from './components/Finder';
import { FeatureSearch } from './search';

const FEW = 25;

/** The sidebar's search: it follows the words in the sidebar's box, and the shown project. */
export class SidebarSearch implements IDisposable {
  constructor(private readonly _session: Session) {
    this.search = new FeatureSearch(_session.requests, FEW);
    _session.queryChanged.connect(this._type, this);
    _session.projectChanged.connect(this._project, this);
    _session.touched.connect(this._renew, this);
    if (_session.project) {
      this._project();
    }
  }

  readonly search: FeatureSearch;

  get isDisposed(): boolean {
    return this.search.isDisposed;
  }

  dispose(): void {
    this._session.queryChanged.disconnect(this._type, this);
    this._session.projectChanged.disconnect(this._project, this);
    this._session.touched.disconnect(this._renew, this);
    this.search.dispose();
  }

  private _type(): void {
    this.search.type(this._session.query);
  }

  private _renew(): void {
    this.search.refresh();
  }

  private _project(): void {
    this.search.clear();
    this.search.choose('project', [this._session.project]);
    this.search.page.poll(Math.max(this._session.settings.refreshSeconds, 30));
  }
}

/** The sidebar's section of feature views. */
export function FeatureSection(props: { list: SidebarSearch; octavo: IOctavo; onUse: (hit: SearchHit) => void }): React.JSX.Element {
  const { octavo } = props;
  const { search } = props.list;
  const [narrowing, setNarrowing] = React.useState(false);
  const { choices } = useSearch(search);
  const filters = [...choices].filter(([name]) => name !== 'project').length;
  return (
    <>
      <div className="jp-octavo-Section-tools">
        <Button kind="quiet" icon={filterIcon} pressed={narrowing} onClick={() => setNarrowing(!narrowing)}>
          {filters > 0 ? trans._n('%1 filter', '%1 filters', filters, filters) : trans.__('Filter')}
        </Button>
        <button type="button" className="jp-octavo-Link" onClick={() => octavo.open('features', {})}>
          {trans.__('Search all projects')}
        </button>
      </div>
      {(narrowing || filters > 0) && <Narrowing search={search} hidden={['project']} />}
      <Found search={search} project={octavo.session.project} fixed={['project']} actions={{ open: hit => octavo.open('feature', { project: hit.project, name: hit.name }), use: props.onUse }} />
    </>
  );
}

/** How many feature views there are. */
export function FeatureCount(props: { list: SidebarSearch }): React.JSX.Element | null {
  const page = useResource(props.list.search.page).value;
  return page ? <>{page.total.toLocaleString('en-US')}</> : null;
}
